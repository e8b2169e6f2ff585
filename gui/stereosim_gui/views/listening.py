"""How a widget listens to the model, and stops when its page is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from stereosim_gui.signals import Signal


class Answer(Protocol):
    """What :meth:`~stereosim_gui.model.attempt.Attempt.compute` returns."""

    def set(self) -> None:
        """Deliver it no more."""


class Listens:
    """Mix-in of widgets: remembers what the widget listens to.

    A model outlives its views.  Before a view is deleted, :meth:`let_go` is called on it, and the
    view calls it on the views that it holds.
    """

    def hear(self, signal: Signal[Any], listener: Callable[..., object]) -> None:
        """Have `listener` called whenever `signal` is emitted, until :meth:`let_go`."""
        signal.connect(listener)
        self.__dict__.setdefault("_heard", []).append((signal, listener))

    def expect(self, answer: Answer) -> None:
        """Drop an answer that the worker is working out for this widget at :meth:`let_go`."""
        self.__dict__.setdefault("_expected", []).append(answer)

    def let_go(self) -> None:
        """Listen to nothing any more, and expect no answer."""
        for answer in self.__dict__.pop("_expected", []):
            answer.set()
        for signal, listener in self.__dict__.pop("_heard", []):
            signal.disconnect(listener)
