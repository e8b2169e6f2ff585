"""The dialog of settings: language, size of the texts, hints, where the data lie."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.settings import TEXT_SCALES


class SettingsDialog(QDialog):
    """Changes take effect when the dialog is accepted; the window is then made anew if need be.

    Parameters
    ----------
    app : AppModel
        Holds the settings.
    data : Path or None
        The data folder.
    parent : QWidget
        The window.
    """

    def __init__(self, app: AppModel, data: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.app = app
        self.data = data
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        settings = app.settings
        column = QVBoxLayout(self)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.language = QComboBox()
        # Each language in its own words, so that it is found by whoever cannot read the others.
        for name, code in (
            (self.tr("As the system"), ""),
            ("English", "en"),
            ("简体中文", "zh_CN"),
        ):
            self.language.addItem(name, code)
        self.language.setCurrentIndex(self.language.findData(settings.language))
        self.language.setAccessibleName(self.tr("Language"))
        self.language.setToolTip(
            self.tr("The window is made anew in that language; nothing is lost")
        )
        self.text_scale = QSpinBox()
        self.text_scale.setRange(*(round(100 * scale) for scale in TEXT_SCALES))
        self.text_scale.setSingleStep(10)
        self.text_scale.setSuffix(" %")
        self.text_scale.setValue(round(100 * settings.text_scale))
        self.text_scale.setAccessibleName(self.tr("Size of texts"))
        self.text_scale.setToolTip(self.tr("Size of all texts, from 100 to 200 per cent"))
        self.hints = QCheckBox(self.tr("Hints that teach (never in an exam)"))
        self.hints.setChecked(settings.hints)
        self.hints.setToolTip(
            self.tr("Below the images, say what a teacher beside you would say at this step")
        )
        form.addRow(self.tr("&Language"), self.language)
        form.addRow(self.tr("&Size of texts"), self.text_scale)
        form.addRow("", self.hints)
        column.addLayout(form)
        if data is not None:
            column.addLayout(self._folder_row(data))
        column.addStretch(1)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _folder_row(self, data: Path) -> QVBoxLayout:
        rows = QVBoxLayout()
        label = QLabel(self.tr("Your attempts, settings and the log are kept in"))
        label.setObjectName("quiet")
        row = QHBoxLayout()
        folder = QLineEdit(str(data))
        folder.setReadOnly(True)
        folder.setAccessibleName(self.tr("Data folder"))
        folder.setToolTip(self.tr("Nothing of it leaves this computer"))
        show = QPushButton(self.tr("Show"))
        show.setToolTip(self.tr("Open the data folder"))
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(data))))
        row.addWidget(folder, 1)
        row.addWidget(show)
        rows.addWidget(label)
        rows.addLayout(row)
        return rows

    def accept(self) -> None:
        """Change the settings."""
        self.text_scale.interpretText()
        changes = {
            "language": self.language.currentData(),
            "text_scale": self.text_scale.value() / 100,
            "hints": self.hints.isChecked(),
        }
        now = self.app.settings
        super().accept()
        changed = {key: value for key, value in changes.items() if value != getattr(now, key)}
        if changed:
            self.app.change_settings(**changed)
