"""The window: the case library on the left, four images on the right, progress below."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMainWindow,
    QMessageBox,
    QProgressBar,
    QSplitter,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui import looks
from stereosim_gui.image_pane import ImagePane
from stereosim_gui.model import PRESETS, VIEWS, AppModel, Picture
from stereosim_gui.theme import dress
from stereosim_gui.worker import Worker

log = logging.getLogger(__name__)

_FIRST_SIZE = (1360, 860)
_LIBRARY_WIDTH = 330


class Courier(QObject):
    """Carries calls from the worker's thread into the thread of the window."""

    _sent = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._sent.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def deliver(self, call: Callable[[], None]) -> None:
        """Have `call` called in the window's thread."""
        # RuntimeError: the window is closed and Qt's part of this object is gone.
        with contextlib.suppress(RuntimeError):
            self._sent.emit(call)

    @Slot(object)
    def _run(self, call: Callable[[], None]) -> None:
        call()


class MainWindow(QMainWindow):
    """Draws the model and sends it what the user wants."""

    def __init__(self, model: AppModel) -> None:
        super().__init__()
        self._model = model
        self._active = VIEWS[0]
        self.setWindowTitle(self.tr("stereosim"))
        self.resize(*_FIRST_SIZE)
        self.panes = {view: ImagePane(view) for view in VIEWS}
        for pane in self.panes.values():
            pane.clear_picture(self.tr("choose a case"))
        self.list = QListWidget()
        self.text = QTextBrowser()
        self.presets = QComboBox()
        self.progress = QProgressBar()
        self.status = QLabel(self.tr("For teaching and research; not a medical device."))
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._library_side())
        splitter.addWidget(self._image_side())
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([_LIBRARY_WIDTH, _FIRST_SIZE[0] - _LIBRARY_WIDTH])
        self.setCentralWidget(splitter)
        self._listen()
        self._bind_keys()
        self._activate(VIEWS[0])

    def _library_side(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        heading = QLabel(self.tr("Case library"))
        heading.setObjectName("heading")
        heading.setBuddy(self.list)
        self.list.setAccessibleName(self.tr("Case library"))
        self.list.setToolTip(self.tr("Each case is a virtual patient made for one teaching point."))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for case in self._model.cases:
            self.list.addItem(f"{case.name}\n{case.title}")
        self.text.setAccessibleName(self.tr("Teaching text"))
        self.text.setPlaceholderText(self.tr("Choose a case to read what it teaches."))
        layout.addWidget(heading)
        layout.addWidget(self.list, 2)
        layout.addWidget(self.text, 3)
        return side

    def _image_side(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.addLayout(self._tools())
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, view in enumerate(VIEWS):
            grid.addWidget(self.panes[view], *divmod(number, 2))
        layout.addLayout(grid, 1)
        foot = QHBoxLayout()
        self.status.setObjectName("quiet")
        self.progress.setMaximumWidth(360)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.hide()
        foot.addWidget(self.status, 1)
        foot.addWidget(self.progress)
        layout.addLayout(foot)
        return side

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        label = QLabel(self.tr("&Window"))
        label.setBuddy(self.presets)
        self.presets.setAccessibleName(self.tr("Window preset"))
        self.presets.setToolTip(self.tr("Window presets of the image in use (keys 1 to 5)"))
        row.addWidget(label)
        row.addWidget(self.presets)
        for text, tip, act in (
            (self.tr("Auto"), self.tr("Fit the window to the image (A)"), self._auto),
            (self.tr("Invert"), self.tr("Exchange black and white (I)"), self._invert),
            (self.tr("Fit"), self.tr("Show the whole image (Ctrl+0)"), self._fit),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.clicked.connect(act)
            row.addWidget(button)
        row.addStretch(1)
        hint = QLabel(self.tr("Right-drag on an image: window and level"))
        hint.setObjectName("quiet")
        row.addWidget(hint)
        return row

    def _listen(self) -> None:
        model = self._model
        model.case_changed.connect(self._show_case)
        model.picture_ready.connect(self._show_picture)
        model.window_changed.connect(self._show_window)
        model.progress_changed.connect(self._show_progress)
        model.failed.connect(self._show_failure)
        # Not the current row: the list makes its first row current when it gets the focus.
        self.list.itemSelectionChanged.connect(self._choose_selected)
        self.presets.activated.connect(lambda index: self._preset(index + 1))
        for view, pane in self.panes.items():
            pane.activated.connect(self._activate)
            pane.window_dragged.connect(partial(self._drag, view))

    def _bind_keys(self) -> None:
        keys: list[tuple[str, Callable[[], Any]]] = [
            *((str(number), partial(self._preset, number)) for number in range(1, 6)),
            ("A", self._auto),
            ("I", self._invert),
            ("S", self._toggle_overlays),
            ("Ctrl+0", self._fit),
        ]
        self._overlays = True
        for key, act in keys:
            QShortcut(QKeySequence(key), self, activated=act)  # type: ignore[call-overload]

    # --- intents ---
    @property
    def _kind(self) -> str:
        return "ultrasound" if self._active == "ultrasound" else "xray"

    def _choose_selected(self) -> None:
        for index in self.list.selectedIndexes():
            self._model.choose(self._model.cases[index.row()].name)

    def _activate(self, view: str) -> None:
        self._active = view
        self.presets.clear()
        self.presets.addItems([name for name, _, _ in PRESETS[self._kind]])

    def _drag(self, view: str, width_by: float, level_by: float) -> None:
        if view != self._active:
            self._activate(view)
        self._model.drag_window(self._kind, width_by, level_by)

    def _preset(self, number: int) -> None:
        self.presets.setCurrentIndex(number - 1)
        self._model.apply_preset(self._kind, number)

    def _auto(self) -> None:
        self._model.fit_window(self._active)

    def _invert(self) -> None:
        self._model.invert(self._kind)

    # --- what the model says ---
    def _show_case(self) -> None:
        case = self._model.case
        assert case is not None
        row = self._model.cases.index(case)
        if self.list.currentRow() != row:
            self.list.blockSignals(True)
            self.list.setCurrentRow(row)
            self.list.blockSignals(False)
        self.setWindowTitle(f"{case.title} - stereosim")
        self.text.setMarkdown(case.teaching)
        for pane in self.panes.values():
            pane.clear_picture(self.tr("being made"))
        self.status.setText("")

    def _show_picture(self, picture: Picture) -> None:
        window = self._model.windows[picture.kind]
        self.panes[picture.view].show_picture(picture, window)

    def _show_window(self, kind: str) -> None:
        for view, pane in self.panes.items():
            picture = self._model.pictures.get(view)
            if picture is not None and picture.kind == kind:
                pane.show_window(self._model.windows[kind])

    def _show_progress(self) -> None:
        progress = self._model.progress
        self.progress.setVisible(progress is not None)
        if progress is None:
            self.status.setText("")
            return
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        left = ""
        if progress.remaining_s is not None and progress.done < progress.total:
            left = self.tr(", about {0} s left").format(round(progress.remaining_s))
        self.status.setText(f"{progress.stage}{left}")

    def _show_failure(self, reason: str) -> None:
        self.status.setText(self.tr("Could not make the images: {0}").format(reason))
        for view in VIEWS:
            if view not in self._model.pictures:
                self.panes[view].clear_picture(self.tr("could not be made"))

    # --- the view itself ---
    def _fit(self) -> None:
        for pane in self.panes.values():
            pane.fit()

    def _toggle_overlays(self) -> None:
        self._overlays = not self._overlays
        for pane in self.panes.values():
            pane.show_overlays(self._overlays)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Drop the work that runs."""
        self._model.cancel()
        super().closeEvent(event)


def build(courier: Courier) -> tuple[AppModel, MainWindow]:
    """Return the model over the real library and its window, not yet shown."""
    model = AppModel(looks.library(), looks.pictures, Worker(courier.deliver))
    return model, MainWindow(model)


def show(case: str | None) -> int:
    """Open the window, on `case` if one is named; return when it is closed."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    dress(app)
    courier = Courier()
    model, window = build(courier)
    sys.excepthook = partial(_report_exception, window)
    window.show()
    if case is not None:
        model.choose(case)
    return app.exec()


def _report_exception(window: MainWindow, kind: Any, error: BaseException, trace: Any) -> None:
    """Log what a slot let through and say it; the state is unchanged."""
    log.error("unexpected error", exc_info=(kind, error, trace))
    QMessageBox.warning(window, "stereosim", f"{kind.__name__}: {error}")
