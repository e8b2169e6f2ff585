"""What is kept of an attempt: a header, the entries of its log, its line in the history.

Bodies are plain data (``intents.to_dict`` makes them of intents), so that this module knows nothing
of procedures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from stereosim import __version__

Kind = Literal["intent", "draft", "undo", "redo", "note"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Header:
    """What an attempt is of; with the entries, all that a replay needs.

    Attributes
    ----------
    case : str
        Name of the case, or of the cohort that the patient is drawn from.
    cohort : bool
        Whether `case` names a cohort.
    patient_seed, patient_index : int
        Seed of the patient, and the patient's number in a cohort.
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    unit, probe : str
        Names of catalogue entries.
    skill : str
        The skill whose hand holds a freehand needle.
    noise : bool
        Whether images carry noise.
    exam : bool
        Whether hints were off.
    seed : int
        Seed of the procedure.
    voxel_mm, step_mm : float
        Voxel edge of the X-ray images; distance between the frames of a sweep.
    nickname : str
        Chosen by the trainee; may be empty.
    version : str
        Of the program.
    extra : dict
        What the app wants to keep besides; plain data.
    id, made_at : str
        Given by the store: 32 hex digits, and ISO time in UTC.
    """

    case: str
    guidance: str
    seed: int
    cohort: bool = False
    patient_seed: int = 0
    patient_index: int = 0
    unit: str = ""
    probe: str = ""
    skill: str = "trained"
    noise: bool = True
    exam: bool = False
    voxel_mm: float = 0.5
    step_mm: float = 0.5
    nickname: str = ""
    version: str = __version__
    extra: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    made_at: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes
    ----------
    number : int
        From 1 upward.
    at : str
        ISO time in UTC.
    kind : str
        ``"intent"``, ``"draft"`` (marks in progress), ``"undo"``, ``"redo"`` or ``"note"``.
    body : dict
        Plain data; of an intent, what ``intents.to_dict`` gives.
    """

    number: int
    at: str
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One attempt as a line of the history.

    Attributes
    ----------
    header : Header
        What it was.
    entries : int
        Length of its log.
    outcome : str or None
        How it ended; None while it has not.
    score : dict or None
        Its score as plain data.
    closed_at, discarded_at : str or None
        ISO times in UTC.
    """

    header: Header
    entries: int
    outcome: str | None
    score: dict[str, Any] | None
    closed_at: str | None
    discarded_at: str | None

    @property
    def id(self) -> str:
        """Its identifier."""
        return self.header.id


def effective(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the moments that count: intents and drafts, after undo and redo.

    An undo takes back the last moment, a redo brings it back; a new moment clears what could be
    redone.  An undo of nothing and a redo of nothing do nothing.
    """
    done: list[Entry] = []
    undone: list[Entry] = []
    for entry in entries:
        if entry.kind in ("intent", "draft"):
            done.append(entry)
            undone.clear()
        elif entry.kind == "undo" and done:
            undone.append(done.pop())
        elif entry.kind == "redo" and undone:
            done.append(undone.pop())
    return tuple(done)
