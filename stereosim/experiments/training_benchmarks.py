"""A trainee's figures beside published ones and beside the trainee's own earlier attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stereosim.experiments.statistics import Interval
    from stereosim.procedures.scoring import Score


@dataclass(frozen=True)
class BenchmarkRow:
    """One figure of the trainee beside a published one.

    Attributes
    ----------
    metric : str
        Code of what is compared.
    value : float or None
        The trainee's figure; None where there is none yet.
    low, high : float or None
        What is published: from `low` to `high`; one of them None for a bound.
    unit : str
        Unit of all three; ``"1"`` for a proportion.
    source, status : str
        Where it was published, and how far it can be trusted.
    note : str
        What the figure means; may be empty.
    within : bool or None
        Whether the trainee's figure is on the right side; None where one attempt cannot tell.
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
    """The trainee's own attempts.

    Attributes
    ----------
    attempts, successes : int
        Attempts that ended with a needle fired or with a right refusal, and those that retrieved.
    success_ci95 : Interval or None
        Wilson's interval; None without attempts.
    first, later : tuple of two int
        Successes and attempts among the first cases and after them.
    """

    attempts: int
    successes: int
    success_ci95: Interval | None
    first: tuple[int, int]
    later: tuple[int, int]


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
        first.
    """
    raise NotImplementedError


def history(scores: Sequence[Mapping[str, Any]]) -> History:
    """Count successes in the trainee's scores, as the store keeps them, oldest first."""
    raise NotImplementedError
