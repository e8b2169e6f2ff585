"""A procedure gone through again from its recording, without the images that it made.

The recording says in which order things were done, the truth where they went.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stereosim.biopsy.capture import take_core
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


@dataclass(eq=False)
class Story:
    """The procedure gone through again without its images, which cost time and change nothing.

    Attributes
    ----------
    state : ProcedureState
        Its end.
    tissue : Tissue
        As it is when the story has been told, without the needle; it follows the lesion's volume.
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
    tissue: Tissue = field(init=False)
    marks: list[MarkPair | MarkEcho | None] = field(default_factory=list, init=False)
    exposures: list[tuple[int, int]] = field(default_factory=list, init=False)
    by_hand: list[bool] = field(default_factory=list, init=False)
    cores: list[list[int]] = field(default_factory=list, init=False)
    _at: dict[int, Tissue] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Go through the recording."""
        seen, truth = self.state.seen, self.state.truth
        specks = truth.tissue.original
        lesion = enclosing_ellipsoid(specks.subset(specks.target))
        self.tissue = Tissue.untouched(specks, lesion)
        shots, pair = 0, (-1, -1)
        mark: MarkPair | MarkEcho | None = None
        newest: dict[str, int] = {}
        by_hand = False
        for intent in self.state.intents:
            match intent:
                case Position():
                    newest = {}
                case Expose(what):
                    for number in range(shots, shots + (1 if what == "scout" else 2)):
                        self._at[number] = self.tissue
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
                    self._sample(len(hours))
                case _:
                    pass

    def tissue_at(self, exposure: int) -> Tissue:
        """Return the tissue without the needle when `exposure` was made."""
        return self._at[exposure]

    def _sample(self, count: int) -> None:
        """Take the next cores again, with the tissue where the needle had carried it."""
        truth = self.state.truth
        target = truth.tissue.original.target
        firing = truth.firings[len(self.cores) - 1]
        carry = firing.lesion_mm - self.tissue.rest_mm[target].mean(axis=0)
        tissue = self.tissue.moved(carry)
        for _ in range(count):
            number = sum(len(taken) for taken in self.cores)
            core = truth.tissue.cores[number]
            tissue, _ = take_core(tissue, core.device, core.pose, core.clock_hour)
            self.cores[-1].append(number)
        self.tissue = tissue.moved(-carry)
