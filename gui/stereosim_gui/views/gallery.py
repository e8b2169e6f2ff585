"""The case gallery."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.views.listening import Listens


class Gallery(Listens, QWidget):
    """Choose a case, a guidance and a mode."""

    def __init__(self, app: AppModel) -> None:
        super().__init__()
        self.app = app

    def refresh(self) -> None:
        """Show the newest history and thumbnails."""
