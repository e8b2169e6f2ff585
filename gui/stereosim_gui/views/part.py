"""Base of the widgets that an attempt's page is put together from."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import Stage
from stereosim_gui.views.listening import Listens


class Part(Listens, QWidget):
    """A widget of the practice page.

    Parameters
    ----------
    app : AppModel
        Settings, windows, stage.
    attempt : Attempt
        What is drawn, and where intents are sent.
    """

    def __init__(self, app: AppModel, attempt: Attempt, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.app = app
        self.attempt = attempt

    def show_stage(self, stage: Stage) -> None:
        """Get ready for `stage`; called whenever the page is turned or what it shows may change."""


class Controls(Part):
    """What the right column offers at a stage, with the one thing to do next.

    The page's big button (Enter) shows :attr:`primary_text` and calls :meth:`do_primary`; a
    stage without one leaves the text empty.
    """

    primary_changed = Signal()

    @property
    def primary_text(self) -> str:
        """What the big button says; empty for none."""
        return ""

    @property
    def primary_enabled(self) -> bool:
        """Whether it can be done now."""
        return not self.attempt.busy

    def do_primary(self) -> None:
        """Do it."""
