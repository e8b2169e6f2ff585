"""Opening the window: theme, language, worker, store, log, and what catches unexpected errors."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QMessageLogContext,
    QStandardPaths,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.choice import Choice
from stereosim_gui.model.settings import Settings, SettingsError, SettingsFile
from stereosim_gui.model.shelf import StoreShelf
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say
from stereosim_gui.model.warmup import warm_up
from stereosim_gui.views.courier import Courier
from stereosim_gui.views.language import speak
from stereosim_gui.views.main_window import MainWindow
from stereosim_gui.views.theme import dress
from stereosim_gui.worker import Worker

if TYPE_CHECKING:
    from stereosim.experiments.progress import Cancel
    from stereosim_gui.worker import Report

log = logging.getLogger(__name__)

_LOG_BYTES = 1_000_000
# How long the worker's Python code may keep the window waiting; each call of Qt waits anew, so
# that the usual 5 ms add up to 150.
_SWITCH_S = 0.0005
# How long closing waits for the job that the worker is at.
_PATIENCE_S = 0.3
_SETTINGS_READ = QT_TRANSLATE_NOOP(
    "Session", "Your settings cannot be read, and the usual ones are used: {why}"
)
_SETTINGS_KEPT = QT_TRANSLATE_NOOP("Session", "Your settings cannot be saved: {why}")


class Session:
    """The app from its window to its worker.

    Parameters
    ----------
    qt : QApplication
        Qt's part.
    data : Path
        Folder of attempts, settings and log; it is made where it does not exist.
    """

    def __init__(self, qt: QApplication, data: Path) -> None:
        self.qt = qt
        self.data = data
        # What is found wrong before there is a window to say it in.
        self._unsaid: list[Text] = []
        self._opened = False
        self._file = SettingsFile(data / "settings.json")
        self._courier = Courier()
        settings = self._read_settings()
        dress(qt, settings.text_scale)
        speak(qt, settings.language)
        self.app = AppModel(
            Worker(self._courier.deliver),
            shelf=StoreShelf(data / "attempts.sqlite", self._tell),
            settings=settings,
            keep_settings=self._keep_settings,
        )
        self._shown = settings
        self.app.settings_changed.connect(self._follow_settings)
        self.window = MainWindow(self.app, data)

    def open(self, case: str | None = None) -> None:
        """Show the window, then load the simulator behind it; begin `case` where one is named."""
        sys.setswitchinterval(_SWITCH_S)
        self.window.show()
        if case is not None:
            self.app.choose(Choice().of_case(case))
        QTimer.singleShot(0, self.window, lambda: self._prepare(case))

    def close(self) -> None:
        """Close the window, end the worker's thread, close the store."""
        self.window.close()
        self.app.worker.stop()
        if isinstance(self.app.shelf, StoreShelf):
            self.app.shelf.shut()

    def _prepare(self, case: str | None) -> None:
        self.app.prepare(_prepared)
        self._opened = True
        for text in self._unsaid:
            self.app.said.emit(text)
        self._unsaid.clear()
        if case is not None:
            self.app.begin(AttemptSpec(case, self.app.choice.seed, self.app.choice.guidance))

    # --- settings ---------------------------------------------------------------------------------
    def _read_settings(self) -> Settings:
        try:
            return self._file.load()
        except SettingsError as error:
            log.error("settings: %s", error)
            self._unsaid.append(say(_SETTINGS_READ, why=str(error)))
            return Settings()

    def _keep_settings(self, settings: Settings) -> None:
        try:
            self._file.keep(settings)
        except SettingsError as error:
            log.error("settings: %s", error)
            self._tell(say(_SETTINGS_KEPT, why=str(error)))

    def _follow_settings(self) -> None:
        """Dress and speak as the settings say; the window is made anew where that changes it."""
        before, self._shown = self._shown, self.app.settings
        if self._shown.text_scale != before.text_scale:
            dress(self.qt, self._shown.text_scale)
        if self._shown.language != before.language:
            speak(self.qt, self._shown.language)
            self.window.rebuild()

    def _tell(self, text: Text) -> None:
        if self._opened:
            self.app.said.emit(text)
        else:
            self._unsaid.append(text)

    # --- errors -----------------------------------------------------------------------------------
    def report(self, error: BaseException) -> None:
        """Log what was let through and say it in the window; the state is unchanged."""
        log.error("unexpected error", exc_info=error)
        self._courier.deliver(lambda: self.window.show_error(error))

    def watch(self) -> None:
        """Catch what slots and threads let through, and what Qt says."""

        def main_thread(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            self.report(error)

        def other_thread(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                self.report(args.exc_value)

        sys.excepthook = main_thread
        threading.excepthook = other_thread
        qInstallMessageHandler(_log_of_qt)


def _prepared(cancel: Cancel, report: Report) -> Iterator[None]:
    """Import the practice page and warm the simulator up; runs in the worker."""
    # Compiling makes millions of objects, and one search among them for garbage holds up the
    # window for 400 ms (30 ms without). Those that stay need not be searched ever again.
    gc.disable()
    try:
        importlib.import_module("stereosim_gui.views.practise")
        yield
        yield from warm_up(cancel, report)
        # It draws the learning curve; imported later it would hold the window up.
        importlib.import_module("pyqtgraph")
        yield
    finally:
        gc.freeze()
        gc.enable()


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _log_of_qt(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)


def write_log(data: Path) -> None:
    """Write the log of the app into the data folder, and what is serious to standard error."""
    handlers: list[logging.Handler] = []
    # A windowed program of Windows has no standard error.
    if sys.stderr is not None:
        serious = logging.StreamHandler()
        serious.setLevel(logging.ERROR)
        handlers.append(serious)
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            data / "stereosim.log", maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8"
        )
        handlers.append(file)
    except OSError as error:
        print(f"stereosim app: no log: {error}", file=sys.stderr)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=handlers,
    )
    logging.captureWarnings(True)


def data_folder() -> Path:
    """Return where this user's attempts and settings are kept."""
    where = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(where)


def show(case: str | None, data: Path | None = None) -> int:
    """Open the window, on `case` if one is named; return when it is closed."""
    QApplication.setApplicationName("stereosim")
    folder = data or data_folder()
    write_log(folder)
    # Ctrl+C in the terminal ends the app at once; every step is in the store by then.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    session = Session(qt, folder)
    session.watch()
    session.open(case)
    status = qt.exec()
    session.close()
    if not session.app.worker.ended(_PATIENCE_S):
        # A job is in compiled code that cannot be interrupted. Python's way out would pull Qt and
        # the interpreter from under it, which can crash; every step is in the store by now.
        logging.shutdown()
        sys.stdout.flush()
        os._exit(status)
    return status
