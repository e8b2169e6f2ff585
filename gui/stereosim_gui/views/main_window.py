"""The window: the gallery, or the page of the attempt that is open."""

from __future__ import annotations

import logging
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMessageBox, QStackedWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.views.gallery import Gallery
from stereosim_gui.views.help import show_keys
from stereosim_gui.views.keys import bind
from stereosim_gui.views.listening import Listens
from stereosim_gui.views.practise import PractisePage

log = logging.getLogger(__name__)

_FIRST_SIZE = (1360, 860)


class MainWindow(Listens, QMainWindow):
    """Shows the gallery until an attempt is opened, then its page."""

    def __init__(self, app: AppModel) -> None:
        super().__init__()
        self.app = app
        self.page: PractisePage | None = None
        self.setWindowTitle(self.tr("stereosim"))
        self.resize(*_FIRST_SIZE)
        self.setMinimumSize(1000, 640)
        self.stack = QStackedWidget()
        self.gallery = Gallery(app)
        self.stack.addWidget(self.gallery)
        self.setCentralWidget(self.stack)
        self.hear(app.attempt_changed, self._show_attempt)
        self.hear(app.failed, self.show_error)
        for name, act in (
            ("help", lambda: show_keys(self)),
            ("leave", self._leave),
            ("quit", self.close),
        ):
            bind(self, name, act, context=Qt.ShortcutContext.WindowShortcut)

    def _show_attempt(self) -> None:
        if self.page is not None:
            self.page.let_go()
            self.stack.removeWidget(self.page)
            self.page.deleteLater()
            self.page = None
        attempt = self.app.attempt
        if attempt is None:
            self.gallery.refresh()
            self.stack.setCurrentWidget(self.gallery)
            self.setWindowTitle(self.tr("stereosim"))
            return
        self.page = PractisePage(self.app, attempt)
        self.stack.addWidget(self.page)
        self.stack.setCurrentWidget(self.page)
        name = attempt.spec.case or self.tr("random patient")
        self.setWindowTitle(f"{name} - stereosim")

    def _leave(self) -> None:
        self.app.leave()

    def show_error(self, error: Any) -> None:
        """Say what broke; the state is unchanged."""
        text = self.tr("Something went wrong, and nothing has been changed.")
        QMessageBox.warning(self, "stereosim", f"{text}\n\n{type(error).__name__}: {error}")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Drop the work that runs; what was done is in the attempt store."""
        self.app.leave()
        self.let_go()
        super().closeEvent(event)
