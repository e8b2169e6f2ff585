"""What a finished procedure came to: each metric once, from the record and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.operators.sampling import cores_with_calcification
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
        Target specks that left the breast over all target specks, whatever the film shows.
    target_sampled : bool
        Whether at least one did.
    cores, cores_with_calcification : int
        Cores taken, and cores in which the last film shows a speck.
    first_core_calcification : bool
        Whether the first core truly holds a target speck.
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
    gone = target & ~tissue.present
    with_calcification = cores_with_calcification(seen.films[-1]) if seen.films else 0
    outcome = state.outcome
    if outcome == "finished":
        outcome = "retrieved" if with_calcification else "not retrieved"
    least = min((firing.stroke_margin_mm for firing in truth.firings), default=np.inf)
    first = tissue.cores[0].specks if tissue.cores else ()
    return Score(
        outcome=outcome,
        fraction_removed=tissue.fraction_removed(),
        target_sampled=bool(gone.any()),
        cores=seen.cores,
        cores_with_calcification=with_calcification,
        first_core_calcification=any(bool(target[i]) for i in first),
        error_mm=truth.error_mm,
        exposures=seen.exposures,
        dose_mgy=seen.dose_mgy,
        minutes=seen.minutes,
        passes=seen.passes,
        y_mismatch_mm=None if seen.target is None else seen.target.y_mismatch_mm,
        stroke_margin_mm=least if np.isfinite(least) else None,
    )
