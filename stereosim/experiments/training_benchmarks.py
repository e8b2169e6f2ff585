"""A trainee's figures beside published ones and beside the trainee's own earlier attempts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stereosim.biopsy.safety import usual_limits
from stereosim.experiments.published import load_judging, load_published
from stereosim.experiments.results import SAMPLED, device_family
from stereosim.experiments.statistics import Interval, wilson_interval
from stereosim.procedures.published import load_training

if TYPE_CHECKING:
    from stereosim.procedures.scoring import Score
    from stereosim_phantoms.provenance import Parameter

# What is compared.  One attempt can be held against a bound; a rate belongs to many attempts.
METRICS = (
    "exposures",
    "dose",
    "minutes",
    "error-x",
    "error-y",
    "error-z",
    "stroke-margin",
    "removed-least",  # share of the target specks, against the threshold of 40 %
    "removed-all",  # the same, against all of them
    "retrieved",  # share of the trainee's attempts
    "success-first",  # the same, first cases only
    "success-later",
)

# Published rows of each kind of needle: retrieval, technical success of first and of later cases.
_RETRIEVED = {
    ("stereotactic", "NCB"): "V3",
    ("stereotactic", "VANCB"): "V6",
    ("ultrasound", "VANCB"): "U1",
}
_LEARNING = {"NCB": ("L1-first", "L1"), "VANCB": ("L1-11g-first", "L1-11g")}


@dataclass(frozen=True)
class BenchmarkRow:
    """One figure of the trainee beside a published one.

    Attributes
    ----------
    metric : str
        What is compared, a member of ``METRICS``.
    value : float or None
        The trainee's figure; None where there is none.
    low, high : float or None
        What is published: from `low` to `high`; one of them None for a bound; equal for a figure.
    unit : str
        Unit of all three; ``"1"`` for a proportion.
    source, status : str
        Where it was published, and how far it can be trusted.
    note : str
        What the published figure means; may be empty.
    within : bool or None
        Whether the trainee's figure is on the right side; None where one attempt, or too few,
        cannot tell.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    source: str
    status: str
    note: str
    within: bool | None


@dataclass(frozen=True)
class History:
    """The trainee's own attempts in which a needle was fired.

    Attributes
    ----------
    attempts, successes : int
        All of them, and those with calcification on the specimen film.
    success_ci95 : Interval or None
        Wilson's interval; None without attempts.
    first, later : tuple of two int
        Successes and attempts among the first cases, and after them.
    outcomes : tuple of bool
        Each attempt, oldest first: whether it was a success.
    """

    attempts: int
    successes: int
    success_ci95: Interval | None
    first: tuple[int, int]
    later: tuple[int, int]
    outcomes: tuple[bool, ...] = ()


def history(scores: Sequence[Mapping[str, Any]]) -> History:
    """Count successes in the trainee's scores, as the store keeps them, oldest first.

    An attempt without a shot (inaccessible, not found, declined) is neither success nor failure.
    """
    fired = [s["outcome"] == "retrieved" for s in scores if s.get("outcome") in SAMPLED]
    first = load_training().first_cases
    return History(
        attempts=len(fired),
        successes=sum(fired),
        success_ci95=wilson_interval(sum(fired), len(fired)) if fired else None,
        first=(sum(fired[:first]), len(fired[:first])),
        later=(sum(fired[first:]), len(fired[first:])),
        outcomes=tuple(fired),
    )


def benchmark_rows(
    score: Score,
    *,
    guidance: str,
    device: str | None,
    earlier: Sequence[Mapping[str, Any]] = (),
) -> tuple[BenchmarkRow, ...]:
    """Set the figures of one attempt beside the published ones.

    Parameters
    ----------
    score : Score
        Of the attempt.
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    device : str or None
        Name of the needle used.
    earlier : sequence of mapping
        Scores of the trainee's earlier attempts of that guidance, as the store keeps them, oldest
        first.  With this attempt they make the rates.
    """
    rows = list(_technique(score)) if guidance == "stereotactic" else []
    if score.outcome in SAMPLED:
        rows += _removed(score)
    if device is not None:
        own = history([*earlier, {"outcome": score.outcome}])
        rows += _rates(own, guidance, device)
    return tuple(rows)


def _technique(score: Score) -> Iterator[BenchmarkRow]:
    """Yield what the published series and quality control say of a stereotactic procedure."""
    training = load_training()
    known = training.provenance
    yield _bound("exposures", score.exposures, None, training.exposures, known["exposures"])
    # Less dose than in the series is no fault.
    low, high = training.dose_mgy
    within = score.dose_mgy <= high
    yield _row("dose", score.dose_mgy, low, high, known["dose_mgy"], within)
    yield _bound("minutes", score.minutes, None, training.minutes, known["minutes"])
    tolerance = training.tolerance_mm
    for axis, name in enumerate("xyz"):
        if score.error_mm is not None:
            error = abs(float(score.error_mm[axis]))
            yield _bound(f"error-{name}", error, None, tolerance, known["tolerance_mm"])
    if score.stroke_margin_mm is not None:
        limits = usual_limits()
        limit = limits.stroke_margin_mm
        above = score.stroke_margin_mm > limit
        parameter = limits.provenance["stroke_margin_mm"]
        yield _row("stroke-margin", score.stroke_margin_mm, limit, None, parameter, above)


def _removed(score: Score) -> Iterator[BenchmarkRow]:
    training = load_training()
    removed = score.fraction_removed
    if np.isnan(removed):
        return
    for name in ("least", "all"):
        limit = getattr(training, f"fraction_{name}")
        parameter = training.provenance[f"fraction_{name}"]
        yield _bound(f"removed-{name}", removed, limit, None, parameter)


def _rates(own: History, guidance: str, device: str) -> Iterator[BenchmarkRow]:
    family = device_family(device)
    if (guidance, family) in _RETRIEVED:
        counts = own.successes, own.attempts
        yield _rate("retrieved", counts, _RETRIEVED[guidance, family])
    if guidance == "stereotactic":
        first, later = _LEARNING[family]
        yield _rate("success-first", own.first, first)
        yield _rate("success-later", own.later, later)


def _rate(metric: str, counts: tuple[int, int], key: str) -> BenchmarkRow:
    """Hold a rate against a published one: worse only where chance does not explain it."""
    published = load_published()[key]
    k, n = counts
    parameter = next(iter(published.provenance.values()))
    within = None
    if n >= load_judging().fewest:
        within = wilson_interval(k, n)[1] >= published.estimate
    return BenchmarkRow(
        metric=metric,
        value=k / n if n else None,
        low=published.estimate,
        high=published.estimate,
        unit="1",
        source=parameter.source,
        status=parameter.status,
        note=f"{published.outcome}. {published.definition}",
        within=within,
    )


def _bound(
    metric: str, value: float, low: float | None, high: float | None, parameter: Parameter
) -> BenchmarkRow:
    """Return a row that is met from `low` up and from `high` down."""
    within = (low is None or value >= low) and (high is None or value <= high)
    return _row(metric, value, low, high, parameter, within)


def _row(
    metric: str,
    value: float,
    low: float | None,
    high: float | None,
    parameter: Parameter,
    within: bool,
) -> BenchmarkRow:
    return BenchmarkRow(
        metric=metric,
        value=float(value),
        low=low,
        high=high,
        unit=parameter.unit,
        source=parameter.source,
        status=parameter.status,
        note=parameter.note,
        within=bool(within),
    )
