"""The window: the gallery, or the page of the attempt that is open."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QStackedWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.texts import Text
from stereosim_gui.views.gallery import Gallery
from stereosim_gui.views.help import show_about, show_keys
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.listening import Listens
from stereosim_gui.views.settings import SettingsDialog
from stereosim_gui.views.tour import TourGuide

if TYPE_CHECKING:
    from stereosim_gui.views.practise import PractisePage

log = logging.getLogger(__name__)

_FIRST_SIZE = (1360, 860)
_LEAST_SIZE = (1000, 640)


class MainWindow(Listens, QMainWindow):
    """Shows the gallery until an attempt is opened, then its page.

    Parameters
    ----------
    app : AppModel
        What is shown.
    data : Path, optional
        The data folder, for the settings and for where the log is.
    """

    def __init__(self, app: AppModel, data: Path | None = None) -> None:
        super().__init__()
        self.app = app
        self.data = data
        self.page: PractisePage | None = None
        self.resize(*_FIRST_SIZE)
        self.setMinimumSize(*_LEAST_SIZE)
        self.stack = QStackedWidget()
        self.setCentralWidget(self.stack)
        self._message: QMessageBox | None = None
        self._unsaid: list[Text] = []
        self._build()
        self.hear(app.attempt_changed, self._show_attempt)
        self.hear(app.failed, self.show_error)
        self.hear(app.said, self.say)
        for name, act in (
            ("help", lambda: show_keys(self)),
            ("settings", self.show_settings),
            ("tour", lambda: self.tour.start()),
            ("fullscreen", self._toggle_full_screen),
            ("leave", app.leave),
            ("quit", self.close),
        ):
            bind(self, name, act, context=Qt.ShortcutContext.WindowShortcut)

    # --- pages ------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.gallery = Gallery(self.app)
        self.stack.addWidget(self.gallery)
        buttons = self.gallery.buttons
        buttons["keys"].clicked.connect(lambda: show_keys(self))
        buttons["about"].clicked.connect(lambda: show_about(self))
        buttons["settings"].clicked.connect(self.show_settings)
        self.tour = TourGuide(self.app, self)
        buttons["tour"].clicked.connect(self.tour.start)
        self._show_attempt()

    def rebuild(self) -> None:
        """Make all pages anew, in the language of now; the attempt goes on where it is."""
        self.tour.let_go()
        self.tour.deleteLater()
        self._drop_page()
        self.gallery.let_go()
        self.stack.removeWidget(self.gallery)
        self.gallery.deleteLater()
        self._build()

    def _drop_page(self) -> bool:
        """Throw the page of the attempt away; return whether there was one."""
        if self.page is None:
            return False
        self.page.let_go()
        self.stack.removeWidget(self.page)
        self.page.deleteLater()
        self.page = None
        return True

    def _show_attempt(self) -> None:
        came_back = self._drop_page()
        attempt = self.app.attempt
        if attempt is None:
            if came_back:
                self.gallery.refresh()
            self.stack.setCurrentWidget(self.gallery)
            self.gallery.cards.setFocus(Qt.FocusReason.OtherFocusReason)
            self.setWindowTitle("stereosim")
            return
        # Imported here: the gallery is there sooner without it.
        from stereosim_gui.views.practise import PractisePage

        self.page = PractisePage(self.app, attempt)
        self.stack.addWidget(self.page)
        self.stack.setCurrentWidget(self.page)
        spec = attempt.spec
        self.setWindowTitle(f"{self.gallery.title_of(spec.case, spec.seed)} - stereosim")

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self.app, self.data, self).open()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # --- messages ---------------------------------------------------------------------------------
    def show_error(self, error: BaseException) -> None:
        """Say what broke, with its details; the state is unchanged."""
        text = self.tr("Something went wrong, and nothing has been changed. You can go on.")
        if self.data is not None:
            where = fill(self.tr("The log is in {folder}"), folder=str(self.data))
            text = f"{text}\n\n{where}"
        details = "".join(traceback.format_exception(error))
        what = f"{type(error).__name__}: {error}"
        # One at a time: a fault in a timer would pile them up without end. The log has them all.
        if self._message is None:
            self._open_message(QMessageBox.Icon.Warning, text, what, details)

    def say(self, text: Text) -> None:
        """Tell the user something that has to be known; after the message that is open, if any."""
        if self._message is None:
            self._open_message(QMessageBox.Icon.Information, spoken(text))
        else:
            self._unsaid.append(text)

    def _open_message(
        self, icon: QMessageBox.Icon, text: str, what: str = "", details: str = ""
    ) -> None:
        box = QMessageBox(icon, "stereosim", text, QMessageBox.StandardButton.Ok, self)
        box.setInformativeText(what)
        if details:
            box.setDetailedText(details)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(self._message_closed)
        self._message = box
        box.open()

    def _message_closed(self) -> None:
        self._message = None
        if self._unsaid:
            self.say(self._unsaid.pop(0))

    # --- end --------------------------------------------------------------------------------------
    def let_go(self) -> None:
        """Have every page listen to nothing any more."""
        self.tour.let_go()
        self.gallery.let_go()
        super().let_go()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Drop the work that runs; what was done is in the attempt store."""
        self.app.leave()
        self.let_go()
        super().closeEvent(event)
