"""A procedure gone through again from its recording: what belonged to which firing.

The recording says in which order things were done, the truth where they went.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stereosim.biopsy.tissue import Tissue
from stereosim.procedures.intents import (
    Advance,
    Expose,
    Fire,
    Insert,
    MarkEcho,
    MarkPair,
    Position,
    Sample,
)
from stereosim_phantoms.solids import Ellipsoids, Specks

if TYPE_CHECKING:
    from stereosim.procedures.state import ProcedureState


def enclosing_ellipsoid(specks: Specks) -> Ellipsoids:
    """Return the ellipsoid along the principal axes of `specks` that just holds their centres.

    No semi-axis is shorter than the mean radius of the specks, times what it takes to hold the
    outermost one.
    """
    centres = specks.solids.centres_mm
    middle = centres.mean(axis=0)
    away = centres - middle
    variance, axes = np.linalg.eigh(away.T @ away / len(away))
    least = 0.5 * float(specks.solids.diameters_mm.mean())
    semi = np.maximum(np.sqrt(np.maximum(variance, 0.0)), least)
    reach = float(np.sqrt((((away @ axes) / semi) ** 2).sum(axis=1)).max())
    return Ellipsoids(middle[None], (axes * semi * max(reach, 1.0))[None])


def untouched(specks: Specks) -> Tissue:
    """Return untouched tissue whose lesion, the ellipsoid of the target's specks, is followed."""
    target = specks.subset(specks.target)
    return Tissue.untouched(specks, enclosing_ellipsoid(target) if len(target) else None)


@dataclass(eq=False)
class Story:
    """What belongs to each firing of a procedure.

    Attributes
    ----------
    state : ProcedureState
        Its end.
    marks : list of MarkPair, MarkEcho or None
        For each firing, the marks that it was aimed by.
    exposures : list of (int, int)
        For each firing, the left and the right exposure that they were set in.
    by_hand : list of bool
        For each firing, whether the needle was led to its place by hand and eye.
    cores : list of list of int
        For each firing, the numbers of its cores, from 0.
    """

    state: ProcedureState
    marks: list[MarkPair | MarkEcho | None] = field(default_factory=list, init=False)
    exposures: list[tuple[int, int]] = field(default_factory=list, init=False)
    by_hand: list[bool] = field(default_factory=list, init=False)
    cores: list[list[int]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Go through the recording."""
        seen = self.state.seen
        shots, taken, pair = 0, 0, (-1, -1)
        mark: MarkPair | MarkEcho | None = None
        newest: dict[str, int] = {}
        by_hand = False
        for intent in self.state.intents:
            match intent:
                case Position():
                    newest = {}
                case Expose(what):
                    for number in range(shots, shots + (1 if what == "scout" else 2)):
                        if seen.shots[number].phase == "target":
                            newest[seen.shots[number].view] = number
                        shots = number + 1
                case MarkPair():
                    mark, pair = intent, (newest["left"], newest["right"])
                case MarkEcho():
                    mark = intent
                case Advance() | Insert():
                    by_hand = isinstance(intent, Insert)
                case Fire():
                    self.marks.append(mark)
                    self.by_hand.append(by_hand)
                    self.exposures.append(pair)
                    self.cores.append([])
                case Sample(hours):
                    self.cores[-1] += range(taken, taken + len(hours))
                    taken += len(hours)
                case _:
                    pass

    def tissue_at(self, exposure: int) -> Tissue:
        """Return the tissue as it was when `exposure` was made."""
        return self.state.truth.exposed[exposure]
