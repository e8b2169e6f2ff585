"""The trainee's learning curve: success by attempt, beside the published rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

if TYPE_CHECKING:
    from stereosim_gui.model.review import Review

# So many attempts make one point of the curve.
LAST = 5

_PUBLISHED = {
    "success-first": QT_TRANSLATE_NOOP("Curve", "published, first cases: {percent:.0f} %"),
    "success-later": QT_TRANSLATE_NOOP("Curve", "published, later cases: {percent:.0f} %"),
}


@dataclass(frozen=True)
class Curve:
    """What the chart shows.

    Attributes
    ----------
    outcomes : tuple of bool
        Each attempt in which a needle was fired, oldest first: retrieved or not.
    running : tuple of float
        Share of successes among the last attempts up to each one, percent.
    published : tuple of (Text, float)
        Published rates, percent, with what they are.
    """

    outcomes: tuple[bool, ...]
    running: tuple[float, ...]
    published: tuple[tuple[Text, float], ...]


def learning_curve(review: Review) -> Curve:
    """Return the curve of the trainee's attempts under this guidance."""
    outcomes = review.history.outcomes
    published = []
    for row in review.rows:
        if row.metric in _PUBLISHED and row.low is not None:
            percent = 100.0 * row.low
            published.append((say(_PUBLISHED[row.metric], percent=percent), percent))
    return Curve(outcomes, running_share(outcomes), tuple(published))


def running_share(outcomes: tuple[bool, ...]) -> tuple[float, ...]:
    """Return the share of successes among the last `LAST` up to each attempt, percent.

    >>> running_share((True, False, True))
    (100.0, 50.0, 66.66666666666667)
    """
    shares = []
    for end in range(1, len(outcomes) + 1):
        last = outcomes[max(0, end - LAST) : end]
        shares.append(100.0 * sum(last) / len(last))
    return tuple(shares)
