"""The F1 sheet of keys, and the box that says what the app is."""

from __future__ import annotations

import platform

from PySide6.QtCore import QCoreApplication, Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from stereosim import __version__
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP
from stereosim_gui.views.keys import KEYS, Key
from stereosim_gui.views.language import fill, spoken

# How the four keys are called that Qt has no single name for.
_ARROWS = QT_TRANSLATE_NOOP("Keys", "Arrows")


class _Sheet(QDialog):
    """A dialog with text that closes with Esc."""

    def __init__(self, parent: QWidget, title: str, width: int, height: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column = QVBoxLayout(self)
        room = parent.window().size()
        self.resize(min(width, room.width() - 40), min(height, room.height() - 40))

    def finish(self) -> None:
        """Add the button that closes it, and show it."""
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self.column.addWidget(buttons)
        self.open()


def key_groups() -> list[tuple[str, list[Key]]]:
    """Return the groups of the table with their keys, in its order."""
    groups: dict[str, list[Key]] = {}
    for key in KEYS.values():
        groups.setdefault(spoken(key.group), []).append(key)
    return list(groups.items())


def key_name(key: Key) -> str:
    """Return the keys of an entry as this system writes them; modifiers' variants are left out.

    An entry such as "F Shift+F Alt+F" says the same thing at three speeds: its first key is named.
    """
    names = []
    for sequence in key.keys:
        if "+" in sequence and sequence.rsplit("+", 1)[1] in key.keys:
            continue
        if _ARROWS[1] in sequence:
            names.append(sequence.replace(_ARROWS[1], QCoreApplication.translate(*_ARROWS)))
        else:
            native = QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)
            names.append(native or sequence)
    # Return and Enter have one name in some languages.
    return ", ".join(dict.fromkeys(names))


def show_keys(parent: QWidget) -> QDialog:
    """Show the sheet of keys: groups in two columns, as even as they come."""
    title = QCoreApplication.translate("Help", "Keys")
    scale = max(1.0, parent.fontMetrics().averageCharWidth() / 7)
    sheet = _Sheet(parent, title, round(940 * scale), round(780 * scale))
    inside = QWidget()
    columns = QHBoxLayout(inside)
    columns.setSpacing(28)
    groups = key_groups()
    # Lines of a group with its heading; the left column takes groups up to half of all lines.
    lines = [len(keys) + 2 for _, keys in groups]
    left = min(range(1, len(groups) + 1), key=lambda n: max(sum(lines[:n]), sum(lines[n:])))
    for part in (groups[:left], groups[left:]):
        column = QVBoxLayout()
        for name, keys in part:
            column.addLayout(_group(name, keys))
            column.addSpacing(10)
        column.addStretch(1)
        columns.addLayout(column, 1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setWidget(inside)
    scroll.setAccessibleName(title)
    sheet.column.addWidget(scroll, 1)
    sheet.finish()
    return sheet


def _group(name: str, keys: list[Key]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    heading = QLabel(name)
    heading.setObjectName("heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    # Entries that do the same (the presets) stand in one line.
    merged: dict[str, list[str]] = {}
    for key in keys:
        merged.setdefault(spoken(key.does), []).append(key_name(key))
    for row, (does, names) in enumerate(merged.items(), start=1):
        label = QLabel(_together(names))
        label.setObjectName("keyname")
        label.setMinimumWidth(15 * label.fontMetrics().averageCharWidth())
        what = QLabel(does)
        what.setWordWrap(True)
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(what, row, 1, Qt.AlignmentFlag.AlignTop)
    return grid


def _together(names: list[str]) -> str:
    """Return a row of keys such as Alt+1 to Alt+9 by its ends, others one by one."""
    fronts = {name[:-1] for name in names}
    if len(names) > 2 and len(fronts) == 1 and all(name[-1].isdigit() for name in names):
        return f"{names[0]} – {names[-1]}"
    return ", ".join(names)


def show_about(parent: QWidget) -> QDialog:
    """Say what the app is and is not, and the versions that a report of a fault needs."""
    text = QCoreApplication.translate(
        "Help",
        "An open simulator of stereotactic breast biopsy, compared with ultrasound guidance on the "
        "same virtual patient. For teaching and research.",
    )
    warning = QCoreApplication.translate(
        "Help",
        "Not a medical device. Do not use it for the care of patients: its patients, images and "
        "results are simulated.",
    )
    free = QCoreApplication.translate("Help", "Free software under the BSD 3-Clause License.")
    width = round(460 * max(1.0, parent.fontMetrics().averageCharWidth() / 7))
    sheet = _Sheet(parent, QCoreApplication.translate("Help", "About stereosim"), width, 300)
    versions = fill(
        QCoreApplication.translate("Help", "Version {version}; Qt {qt}, Python {python}, {system}"),
        version=__version__,
        qt=qVersion(),
        python=platform.python_version(),
        system=platform.platform(terse=True),
    )
    for words, name in (
        ("stereosim", "title"),
        (text, ""),
        (warning, "warn"),
        (free, ""),
        (versions, "quiet"),
    ):
        label = QLabel(words)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        sheet.column.addWidget(label)
    sheet.column.addStretch(1)
    sheet.finish()
    # As high as its lines, however large they are.
    sheet.resize(sheet.width(), sheet.column.totalHeightForWidth(sheet.width()))
    return sheet
