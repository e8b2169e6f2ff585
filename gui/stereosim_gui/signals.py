"""A list of listeners, free of Qt, so that the model can be tested without a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """Something that happens, and whoever wants to hear of it.

    Examples
    --------
    >>> changed: Signal[[int]] = Signal()
    >>> heard = []
    >>> changed.connect(heard.append)
    >>> changed.emit(3)
    >>> heard
    [3]
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def connect(self, listener: Callable[P, object]) -> None:
        """Call `listener` whenever the signal is emitted, in the order of connecting."""
        self._listeners.append(listener)

    def disconnect(self, listener: Callable[P, object]) -> None:
        """Call `listener` no more; nothing happens where it never listened."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every listener."""
        for listener in tuple(self._listeners):
            listener(*args, **kwargs)
