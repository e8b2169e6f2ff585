"""Carries calls from the worker's thread into the thread of the window."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Courier(QObject):
    """Delivers in the thread that made it."""

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
