"""How a widget listens to the model, and stops when its page is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stereosim_gui.signals import Signal


class Listens:
    """Mix-in of widgets: remembers what the widget listens to.

    A model outlives its views.  Before a view is deleted, :meth:`let_go` is called on it, and the
    view calls it on the views that it holds.
    """

    def hear(self, signal: Signal[Any], listener: Callable[..., object]) -> None:
        """Have `listener` called whenever `signal` is emitted, until :meth:`let_go`."""
        signal.connect(listener)
        self.__dict__.setdefault("_heard", []).append((signal, listener))

    def let_go(self) -> None:
        """Listen to nothing any more."""
        for signal, listener in self.__dict__.pop("_heard", []):
            signal.disconnect(listener)
