"""What a finished procedure came to: each metric once, from the record and the truth.

The definitions stand in docs/scoring.md too.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.decisions import Decision, decisions
from stereosim.procedures.operators.sampling import FilmReading, read_film
from stereosim.procedures.state import ProcedureState


@dataclass(frozen=True)
class Score:
    """The metrics of one procedure.

    Attributes
    ----------
    outcome : str
        ``"retrieved"`` or ``"not retrieved"`` (the specimen film shows calcification or not), or
        why no needle was fired.
    fraction_removed : float
        Target specks that left the breast over all target specks, whatever the film shows; one
        that was cut counts by the share of it that left.
    target_sampled : bool
        Whether at least a part of one did.
    cores, cores_with_calcification : int
        Cores taken, and cores in which the last film shows a speck.
    first_core_calcification : bool
        Whether the first core truly holds a target speck or a part of one.
    error_mm : ndarray of 3, or None
        Aperture centre minus centroid of the target specks when first fired, arm's frame.
    exposures : int
        X-ray exposures of the patient.
    dose_mgy, minutes : float
        Mean glandular dose and time.
    passes : int
        Insertions.
    y_mismatch_mm : float or None
        Of the pair marked last; None under ultrasound, and where none was marked.
    stroke_margin_mm : float or None
        The least with which the needle was fired; None where it was not, or has no limit.
    film_cores : tuple of int
        Specks that the last film shows in each core on it; empty without a film.
    specimen_positive : bool or None
        Whether the last film shows calcification in any core; None without a film.
    volume_fraction_removed, lesion_fraction_removed : float
        The same share as `fraction_removed` of the specks' volume; and of the volume of the
        lesion, the ellipsoid that just holds the target's specks.
    decisions : tuple of Decision
        What was done after each post-fire image of a vacuum needle, and what was right.
    clip_mm : tuple of three floats, or None
        Clip minus target's middle in the released breast.
    """

    outcome: str
    fraction_removed: float
    target_sampled: bool
    cores: int
    cores_with_calcification: int
    first_core_calcification: bool
    error_mm: NDArray[np.float64] | None
    exposures: int
    dose_mgy: float
    minutes: float
    passes: int
    y_mismatch_mm: float | None
    stroke_margin_mm: float | None
    film_cores: tuple[int, ...] = ()
    specimen_positive: bool | None = None
    volume_fraction_removed: float = float("nan")
    lesion_fraction_removed: float = float("nan")
    decisions: tuple[Decision, ...] = ()
    clip_mm: tuple[float, float, float] | None = None

    @property
    def reading_correct(self) -> bool | None:
        """Whether every post-fire image was followed by what was right; None where none was."""
        return all(d.correct for d in self.decisions) if self.decisions else None

    @property
    def retarget_correct(self) -> bool | None:
        """Whether the needle was inserted anew where it had to be and only there; None likewise."""
        return all(d.retarget_correct for d in self.decisions) if self.decisions else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for a store, with the two verdicts on the decisions."""
        plain = dataclasses.asdict(self)
        plain |= {
            "reading_correct": self.reading_correct,
            "retarget_correct": self.retarget_correct,
        }
        return {name: _plain(value) for name, value in plain.items()}


def _plain(value: Any) -> Any:
    """Return arrays as lists, and what is no number as None."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def score(state: ProcedureState) -> Score:
    """Score a procedure that has ended.

    Raises
    ------
    ValueError
        Where it has not ended.
    """
    if state.outcome is None:
        raise ValueError("the procedure has not ended")
    seen, truth = state.seen, state.truth
    tissue = truth.tissue
    target = tissue.original.target
    film = read_film(seen.films[-1]) if seen.films else FilmReading(())
    outcome = state.outcome
    if outcome == "finished":
        outcome = "retrieved" if film.positive else "not retrieved"
    least = min((firing.stroke_margin_mm for firing in truth.firings), default=np.inf)
    first = tissue.cores[0].specks if tissue.cores else ()
    return Score(
        outcome=outcome,
        fraction_removed=tissue.fraction_removed(),
        target_sampled=tissue.fraction_removed() > 0.0,
        cores=seen.cores,
        cores_with_calcification=film.holding,
        first_core_calcification=any(bool(target[i]) for i in first),
        error_mm=truth.error_mm,
        exposures=seen.exposures,
        dose_mgy=seen.dose_mgy,
        minutes=seen.minutes,
        passes=seen.passes,
        y_mismatch_mm=None if seen.target is None else seen.target.y_mismatch_mm,
        stroke_margin_mm=least if np.isfinite(least) else None,
        film_cores=film.cores,
        specimen_positive=film.positive if seen.films else None,
        volume_fraction_removed=tissue.volume_fraction_removed(),
        lesion_fraction_removed=tissue.lesion_fraction_removed(),
        decisions=decisions(state),
        clip_mm=None if truth.clip is None else _three(truth.clip.miss_mm),
    )


def _three(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(part) for part in vector)
    return x, y, z
