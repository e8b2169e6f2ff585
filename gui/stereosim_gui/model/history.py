"""The history of an attempt: moments to go back and forth between, and the log that keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from stereosim.procedures.intents import Fire, Intent, Position, from_dict
from stereosim_gui.model.display import Picture
from stereosim_gui.model.engine import Engine, Marks, Stepped

if TYPE_CHECKING:
    from stereosim.experiments.progress import Cancel
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.worker import Report

Entry = tuple[str, dict[str, Any]]


class Log(Protocol):
    """Where the attempt is written down, entry by entry."""

    def append(self, kind: str, body: dict[str, Any]) -> None:
        """Write one entry; returns when it is safe."""


class NoLog:
    """Writes nothing: for tests, and where the attempt store cannot be opened."""

    def append(self, kind: str, body: dict[str, Any]) -> None:
        """Forget it."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What undo goes back to: a state of the procedure and the marks in progress.

    Attributes
    ----------
    state : ProcedureState
        Of the procedure.
    marks : Marks
        In progress.
    pictures : tuple of Picture
        Every picture so far, in the order of the exposures and films.
    """

    state: ProcedureState
    marks: Marks
    pictures: tuple[Picture, ...]

    def after(self, intent: Intent, stepped: Stepped) -> Moment:
        """Return the moment after `intent`; a new position takes the marks away."""
        marks = Marks() if isinstance(intent, Position) else self.marks
        return Moment(stepped.state, marks, (*self.pictures, *stepped.pictures))

    def marked(self, marks: Marks) -> Moment:
        """Return the moment with other marks."""
        return Moment(self.state, marks, self.pictures)


class History:
    """The moments of an attempt: where it is, and how far it can go back and forth.

    A shot of the needle cannot be taken back, so nothing goes back behind the newest one.

    Attributes
    ----------
    undone : int
        How many steps have been taken back so far.
    """

    def __init__(self) -> None:
        self._moments: list[Moment] = []
        self._at = -1
        self.undone = 0

    @property
    def started(self) -> bool:
        """Whether there is a moment."""
        return self._at >= 0

    @property
    def now(self) -> Moment:
        """The present moment."""
        return self._moments[self._at]

    @property
    def so_far(self) -> tuple[Moment, ...]:
        """The moments from the start to the present one."""
        return tuple(self._moments[: self._at + 1])

    @property
    def can_undo(self) -> bool:
        """Whether the present moment can be taken back."""
        return self._at > 0 and not self._fires(self._at)

    @property
    def can_redo(self) -> bool:
        """Whether there is a moment that was taken back."""
        return self._at < len(self._moments) - 1

    def push(self, moment: Moment) -> None:
        """Go on to `moment`; what was taken back before is forgotten."""
        del self._moments[self._at + 1 :]
        self._moments.append(moment)
        self._at += 1

    def undo(self) -> None:
        """Go back by one; the caller has asked :attr:`can_undo`."""
        self._at -= 1
        self.undone += 1

    def redo(self) -> None:
        """Go forth by one; the caller has asked :attr:`can_redo`."""
        self._at += 1

    def _fires(self, index: int) -> bool:
        """Whether moment `index` is the one in which the needle was fired."""
        intents = self._moments[index].state.intents
        before = self._moments[index - 1].state.intents
        return len(intents) > len(before) and isinstance(intents[-1], Fire)


def replayed(engine: Engine, entries: Sequence[Entry], cancel: Cancel, report: Report) -> History:
    """Go through the entries of a log, in the worker.

    Raises
    ------
    IntentError
        Where an entry does not fit: the log is not one of this version.
    """
    from stereosim.experiments.progress import Meter

    history = History()
    history.push(Moment(engine.begin(report), Marks(), ()))
    meter = Meter("going back to where you were", len(entries), report)
    for kind, body in entries:
        cancel.check()
        now = history.now
        if kind == "intent":
            intent = from_dict(body)
            history.push(now.after(intent, engine.step(now.state, intent)))
        elif kind == "draft":
            history.push(now.marked(_marks(body)))
        elif kind == "undo" and history.can_undo:
            history.undo()
        elif kind == "redo" and history.can_redo:
            history.redo()
        meter.advance()
    return history


def _marks(body: dict[str, Any]) -> Marks:
    left, right = body.get("left"), body.get("right")
    return Marks(
        None if left is None else (float(left[0]), float(left[1])),
        None if right is None else (float(right[0]), float(right[1])),
    )
