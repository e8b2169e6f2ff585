"""Intervals and tests for counts and means, chosen for the small numbers that biopsies come in.

Every function answers with finite numbers or raises :class:`ValueError`; where no interval can be
had (one value, no spread) the answer is None, never NaN.
SciPy's special functions are imported when they are needed: ``scipy.stats`` would cost 1.7 s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
Interval = tuple[float, float]

# Above this size the bootstrap and the t interval of a mean agree to three digits, and the
# bootstrap of a million trials would take longer than the trials.
BOOTSTRAP_LIMIT = 5000
RESAMPLES = 4000
# Resampled indices held at once: 4 million of 8 bytes are 32 MB.
_INDEX_BLOCK = 4_000_000


def _normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile of a confidence level in (0, 1)."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"confidence level {level} must lie between 0 and 1")
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def _check_count(k: float, n: float) -> None:
    """Refuse a count of k among n that cannot be."""
    if not (math.isfinite(k) and math.isfinite(n)) or n <= 0:
        raise ValueError(f"no interval for {k} of {n}: n must be positive")
    if k < 0 or k > n:
        raise ValueError(f"no interval for {k} of {n}: k must lie between 0 and n")


def wilson_interval(k: float, n: float, *, level: float = LEVEL) -> Interval:
    """Wilson's score interval for the proportion k/n.

    Parameters
    ----------
    k, n : float
        Successes and trials, ``0 <= k <= n``, ``n > 0``.  They may be fractions: an effective
        sample size (see :func:`clustered_proportion`) is not a whole number.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit, within [0, 1].

    Raises
    ------
    ValueError
        Where ``n <= 0`` or ``k`` lies outside [0, n].

    Notes
    -----
    Wilson 1927, J Am Stat Assoc 22:209; method 3 of Newcombe 1998, Stat Med 17:857.
    """
    _check_count(k, n)
    z = _normal_quantile(level)
    p = k / n
    centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z / (1.0 + z * z / n) * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    # At k = 0 and k = n the limits are 0 and 1; rounding would leave 1e-17.
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return low, high


def exact_interval(k: int, n: int, *, level: float = LEVEL) -> Interval:
    """Clopper and Pearson's exact interval for the proportion k/n (never too short).

    Raises
    ------
    ValueError
        Where ``n <= 0`` or ``k`` lies outside [0, n].
    """
    from scipy.special import betaincinv

    _check_count(k, n)
    tail = (1.0 - level) / 2.0
    _normal_quantile(level)
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - tail))
    return low, high


def newcombe_interval(
    k1: float, n1: float, k2: float, n2: float, *, level: float = LEVEL
) -> Interval:
    """Interval for the difference k1/n1 - k2/n2 of two independent proportions.

    Notes
    -----
    Hybrid score interval: method 10 of Newcombe 1998, Stat Med 17:873.
    """
    low1, high1 = wilson_interval(k1, n1, level=level)
    low2, high2 = wilson_interval(k2, n2, level=level)
    p1, p2 = k1 / n1, k2 / n2
    difference = p1 - p2
    low = difference - math.hypot(p1 - low1, high2 - p2)
    high = difference + math.hypot(high1 - p1, p2 - low2)
    return max(-1.0, low), min(1.0, high)


@dataclass(frozen=True)
class PairedTable:
    """The fourfold table of one outcome in n pairs.

    Attributes
    ----------
    both, first_only, second_only, neither : int
        Pairs in which both members, only the first, only the second, neither succeeded.
    """

    both: int
    first_only: int
    second_only: int
    neither: int

    def __post_init__(self) -> None:
        """Refuse negative counts."""
        if min(self.both, self.first_only, self.second_only, self.neither) < 0:
            raise ValueError("the counts of a paired table cannot be negative")

    @classmethod
    def of(cls, first: Sequence[bool], second: Sequence[bool]) -> PairedTable:
        """Count the pairs of two equally long sequences of outcomes."""
        pairs = list(zip(first, second, strict=True))
        return cls(
            both=sum(a and b for a, b in pairs),
            first_only=sum(a and not b for a, b in pairs),
            second_only=sum(b and not a for a, b in pairs),
            neither=sum(not a and not b for a, b in pairs),
        )

    @property
    def n(self) -> int:
        """Number of pairs."""
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def difference(self) -> float:
        """Proportion of the first minus that of the second; ValueError for no pair."""
        if self.n == 0:
            raise ValueError("no pair, hence no difference")
        return (self.first_only - self.second_only) / self.n


def newcombe_paired_interval(table: PairedTable, *, level: float = LEVEL) -> Interval:
    """Interval for the difference of two proportions measured on the same women.

    Parameters
    ----------
    table : PairedTable
        At least one pair.

    Notes
    -----
    Square-and-add of two Wilson intervals with the correlation of the table, its numerator
    corrected for continuity where positive: method 10 of Newcombe 1998, Stat Med 17:2635.
    """
    n, difference = table.n, table.difference
    first, second = table.both + table.first_only, table.both + table.second_only
    low1, high1 = wilson_interval(first, n, level=level)
    low2, high2 = wilson_interval(second, n, level=level)
    p1, p2 = first / n, second / n
    margins = first * (n - first) * second * (n - second)
    cross = float(table.both * table.neither - table.first_only * table.second_only)
    if cross > 0.0:
        cross = max(cross - n / 2.0, 0.0)
    phi = cross / math.sqrt(margins) if margins > 0 else 0.0

    def reach(a: float, b: float) -> float:
        # The form is a square at |phi| = 1, where rounding may take it below zero.
        return math.sqrt(max(0.0, a * a - 2.0 * phi * a * b + b * b))

    low = difference - reach(p1 - low1, high2 - p2)
    high = difference + reach(high1 - p1, p2 - low2)
    return max(-1.0, low), min(1.0, high)


def mcnemar_exact(table: PairedTable) -> float:
    """Two-sided exact p value of McNemar's test: the discordant pairs as a fair coin's throws.

    Without a discordant pair the answer is 1.
    """
    from scipy.special import bdtr

    discordant = table.first_only + table.second_only
    if discordant == 0:
        return 1.0
    smaller = min(table.first_only, table.second_only)
    return min(1.0, 2.0 * float(bdtr(float(smaller), discordant, 0.5)))


def mcnemar_sample_size(
    discordant: float, difference: float, *, power: float = 0.8, level: float = LEVEL
) -> int:
    """Return how many pairs McNemar's test needs to see a difference of proportions.

    Parameters
    ----------
    discordant : float
        Proportion of pairs that differ, at most 1 and at least ``abs(difference)``.
    difference : float
        Difference of the two proportions, not 0.
    power : float
        Wanted chance of a significant result.

    Notes
    -----
    Connor 1987, Biometrics 43:207, two-sided.
    """
    if difference == 0.0 or not abs(difference) <= discordant <= 1.0:
        raise ValueError(
            f"difference {difference} and discordant proportion {discordant}: need "
            "0 < |difference| <= discordant <= 1"
        )
    if not 0.0 < power < 1.0:
        raise ValueError(f"power {power} must lie between 0 and 1")
    z_power = NormalDist().inv_cdf(power)
    root = _normal_quantile(level) * math.sqrt(discordant) + z_power * math.sqrt(
        discordant - difference**2
    )
    return math.ceil((root / difference) ** 2)


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return values as a float64 vector, refusing what is empty or not finite."""
    x = np.asarray(values, dtype=np.float64).ravel()
    if x.size == 0:
        raise ValueError("no value, hence no mean")
    if not np.isfinite(x).all():
        raise ValueError("a mean needs finite values")
    return x


def mean_t_interval(values: ArrayLike, *, level: float = LEVEL) -> tuple[float, Interval | None]:
    """Mean of values with Student's t interval; None where fewer than two values differ."""
    from scipy.special import stdtrit

    x = _finite(values)
    mean = float(x.mean())
    if x.size < 2 or np.ptp(x) == 0.0:
        return mean, None
    half = float(stdtrit(x.size - 1, 0.5 + level / 2.0)) * float(x.std(ddof=1)) / math.sqrt(x.size)
    return mean, (mean - half, mean + half)


def bootstrap_mean_interval(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    corrected: bool = True,
) -> tuple[float, Interval | None]:
    """Mean of values with a bootstrap interval; None where fewer than two values differ.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite numbers, at least one.
    rng : numpy.random.Generator
        Draws the resamples.
    resamples : int
        Number of resamples.
    corrected : bool
        Bias-corrected and accelerated (BCa, Efron 1987) limits; else plain percentiles.
    """
    x = _finite(values)
    mean = float(x.mean())
    if x.size < 2 or np.ptp(x) == 0.0:
        return mean, None
    means = np.empty(resamples)
    step = max(1, _INDEX_BLOCK // x.size)
    for start in range(0, resamples, step):
        stop = min(start + step, resamples)
        means[start:stop] = x[rng.integers(0, x.size, (stop - start, x.size))].mean(axis=1)
    z = _normal_quantile(level)
    bias = acceleration = 0.0
    if corrected:
        # Ties with the observed mean count half, and one resample either side keeps it finite.
        below = float(np.mean(means < mean) + 0.5 * np.mean(means == mean))
        below = min(max(below, 1.0 / resamples), 1.0 - 1.0 / resamples)
        bias = NormalDist().inv_cdf(below)
        # The jackknife means of a mean are (sum - x_i)/(n - 1): their skewness in closed form.
        centred = x - mean
        acceleration = float((centred**3).sum() / (6.0 * (centred**2).sum() ** 1.5))
    edges = [
        NormalDist().cdf(bias + (bias + side) / (1.0 - acceleration * (bias + side)))
        for side in (-z, z)
    ]
    low, high = np.quantile(means, edges)
    return mean, (float(low), float(high))


def clustered_proportion(
    k: Sequence[int], n: Sequence[int], *, level: float = LEVEL
) -> tuple[float, Interval, float]:
    """Proportion of items that come in clusters, such as cores of the same lesion.

    Parameters
    ----------
    k, n : sequence of int
        Successes and items of each cluster; clusters without items are left out.

    Returns
    -------
    estimate : float
        Sum of k over sum of n.
    interval : tuple of float
        Wilson's interval at the effective number of items.
    effective_n : float
        Items divided by the design effect (Rao and Scott 1992, Biometrics 48:577), at most all.

    Raises
    ------
    ValueError
        Where no cluster holds an item, or some k lies outside [0, n].
    """
    counts = np.array([(a, b) for a, b in zip(k, n, strict=True) if b > 0], dtype=np.float64)
    if counts.size == 0:
        raise ValueError("no item in any cluster")
    hits, items = counts[:, 0], counts[:, 1]
    if (hits < 0).any() or (hits > items).any():
        raise ValueError("a cluster holds fewer items than successes")
    total, clusters = float(items.sum()), len(items)
    p = float(hits.sum()) / total
    effective = total
    if clusters > 1 and 0.0 < p < 1.0:
        residuals = hits - p * items
        variance = clusters / (clusters - 1) * float((residuals**2).sum()) / total**2
        effect = max(1.0, variance / (p * (1.0 - p) / total))
        effective = total / effect
    elif clusters >= 1:
        # No spread to measure: the safe reading is one independent item per cluster.
        effective = float(clusters)
    return p, wilson_interval(p * effective, effective, level=level), effective
