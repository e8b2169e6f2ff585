"""Progress and cancelling of long work, free of Qt and of the terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far the work has come.

    Attributes
    ----------
    stage : str
        What is being done.
    done, total : int
        Pieces finished and in all.
    elapsed_s : float
        Time so far.
    remaining_s : float or None
        Expected time left; None before the first piece is finished.
    """

    stage: str
    done: int
    total: int
    elapsed_s: float
    remaining_s: float | None


class CancelledError(Exception):
    """The work was cancelled; what was finished is kept."""


class Cancel:
    """A switch that long work looks at between pieces."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    def check(self) -> None:
        """Raise :class:`CancelledError` where the work was asked to stop."""
        if self._event.is_set():
            raise CancelledError


@dataclass
class Meter:
    """Counts finished pieces and reports to whoever listens.

    Attributes
    ----------
    stage : str
        What is being done.
    total : int
        Pieces in all.
    done : int
        Pieces that were there before the clock started.
    report : callable
        Receives a :class:`Progress` at every piece.
    """

    stage: str
    total: int
    report: Callable[[Progress], None]
    done: int = 0
    _start: float = field(default_factory=time.monotonic, init=False)
    _before: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Report where the work stands at the start."""
        self._before = self.done
        self._tell()

    def advance(self) -> None:
        """Count one piece."""
        self.done += 1
        self._tell()

    def _tell(self) -> None:
        elapsed = time.monotonic() - self._start
        fresh = self.done - self._before
        left = elapsed / fresh * (self.total - self.done) if fresh else None
        self.report(Progress(self.stage, self.done, self.total, elapsed, left))
