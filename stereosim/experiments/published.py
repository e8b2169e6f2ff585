"""Published figures as data, and the simulated figures beside them; read after the trials only."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from stereosim.experiments.results import ArmResult
from stereosim.experiments.statistics import (
    Interval,
    clustered_proportion,
    newcombe_interval,
    wilson_interval,
)
from stereosim_phantoms.provenance import (
    Parameter,
    SpecError,
    load_toml,
    read_spec,
)

CATALOGUE = Path(__file__).parent / "data" / "published.toml"

# How agreement is defined; printed under every table of this comparison.
AGREEMENT = (
    "Agreement is judged by the 95 % interval of the difference, simulated minus published "
    "(Newcombe 1998, independent proportions): it does not agree where that interval excludes 0; "
    "it agrees where the interval holds 0 and reaches at most {reach:.0f} percentage points to "
    "either side; otherwise, or with fewer than {fewest:.0f} women, it cannot be judged. "
    "Agreement is compatibility, not proof."
)


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """One published proportion.

    Attributes
    ----------
    row : str
        Its number in facts/clinical.md.
    outcome, definition : str
        What was counted, in short and in full.
    measure : str
        Which simulated quantity stands beside it, a key of MEASURES.
    guidance, device : str
        Arms that it is compared with; device may be ``"any"``.
    like_for_like : bool
        The simulated quantity is the published one; else it is shown and not judged.
    role : str
        ``"calibrated"`` where the simulation was fitted to this figure, else ``"predicted"``.
    lesions : str
        Which lesions, a key of LESIONS.
    k, n : int or None
        Published counts, where known.
    fraction : float or None
        Published proportion where no count is known.
    provenance : dict
        Source and status of the numbers.
    """

    row: str
    outcome: str
    measure: str
    guidance: str
    device: str
    definition: str
    like_for_like: bool
    role: str
    lesions: str = "all"
    k: int | None = None
    n: int | None = None
    fraction: float | None = None
    provenance: dict[str, Parameter]

    @property
    def counts(self) -> tuple[int, int] | None:
        """Published k and n; k rounded from the proportion where only that was printed."""
        if self.n is None:
            return None
        if self.k is not None:
            return self.k, self.n
        return round((self.fraction or 0.0) * self.n), self.n

    @property
    def estimate(self) -> float:
        """Published proportion."""
        if self.k is not None and self.n is not None:
            return self.k / self.n
        return float(self.fraction or 0.0)

    @property
    def ci95(self) -> Interval | None:
        """Wilson's interval of the published counts, None where they are not known."""
        return None if self.counts is None else wilson_interval(*self.counts)


@dataclass(frozen=True)
class Judging:
    """When a difference can be judged, simulated against published and arm against arm.

    Attributes
    ----------
    widest_half_width : float
        Furthest reach of the interval of a difference that still judges agreement.
    fewest : int
        Fewest women that judge agreement.
    alike_half_width : float
        Two arms are alike where the interval of their difference lies within this.
    """

    widest_half_width: float
    fewest: int
    alike_half_width: float
    provenance: dict[str, Parameter]


LESIONS: Mapping[str, Callable[[ArmResult], bool]] = {
    "all": lambda r: True,
    "calcification only": lambda r: r.calcification_only,
    "with mass": lambda r: not r.calcification_only,
    "up to 10 mm": lambda r: r.extent_mm <= 10.0,
    "over 10 mm": lambda r: r.extent_mm > 10.0,
}


def _retrieved(rows: Sequence[ArmResult]) -> list[tuple[int, int]]:
    return [(int(r.retrieved), 1) for r in rows if r.biopsied]


def _cores(rows: Sequence[ArmResult]) -> list[tuple[int, int]]:
    return [(r.cores_with_calcification, r.cores) for r in rows if r.cores > 0]


def _first_five(rows: Sequence[ArmResult]) -> list[tuple[int, int]]:
    filmed = [r.specks_per_core[:5] for r in rows if r.specks_per_core]
    return [(sum(seen > 0 for seen in cores), len(cores)) for cores in filmed]


def within_core(rows: Sequence[ArmResult], core: int) -> list[tuple[int, int]]:
    """Return for each lesion of which cores were filmed whether any of the first `core` holds."""
    filmed = [r.specks_per_core[:core] for r in rows if r.specks_per_core]
    return [(int(any(cores)), 1) for cores in filmed]


def _clips(rows: Sequence[ArmResult], low: float, high: float) -> list[tuple[int, int]]:
    """Return for each clip whether it lies farther than `low` and no farther than `high`."""
    away = [r.clip_distance_mm for r in rows if r.clip_distance_mm is not None]
    return [(int(low < d <= high), 1) for d in away]


def _visible(rows: Sequence[ArmResult]) -> list[tuple[int, int]]:
    per_trial = {r.trial: r.ultrasound_visible for r in rows}
    return [(int(seen), 1) for seen in per_trial.values()]


# Each gives (successes, items) per woman.
MEASURES: Mapping[str, Callable[[Sequence[ArmResult]], list[tuple[int, int]]]] = {
    "none": lambda rows: [],
    "retrieved among biopsied": _retrieved,
    "cores with calcification": _cores,
    "first five cores with calcification": _first_five,
    **{f"calcification within core {n}": partial(within_core, core=n) for n in range(1, 7)},
    "clip within 5 mm": partial(_clips, low=-1.0, high=5.0),
    "clip beyond 20 mm": partial(_clips, low=20.0, high=math.inf),
    "visible on ultrasound": _visible,
}


@cache
def load_published() -> dict[str, PublishedRow]:
    """Load the published rows by key, in the order of the file.

    Raises
    ------
    SpecError
        Where the catalogue is wrong; names the row and the field.
    """
    raw = load_toml(CATALOGUE)
    rows = {}
    for key, table in raw["rows"].items():
        where = f"{CATALOGUE.name}: rows.{key}"
        row = read_spec(PublishedRow, table, raw["sources"], where)
        for field, known in (("measure", MEASURES), ("lesions", LESIONS)):
            if getattr(row, field) not in known:
                raise SpecError(f"{where}.{field}: {getattr(row, field)!r} is not known")
        if row.role not in ("calibrated", "predicted"):
            raise SpecError(f"{where}.role: {row.role!r} is neither calibrated nor predicted")
        if row.fraction is None and (row.k is None or row.n is None):
            raise SpecError(f"{where}: needs k and n, or fraction")
        rows[key] = row
    return rows


@cache
def load_judging() -> Judging:
    """Load the limits by which differences are judged."""
    raw = load_toml(CATALOGUE)
    return read_spec(Judging, raw["judging"], raw["sources"], f"{CATALOGUE.name}: judging")


def agreement_rule() -> str:
    """Return in words how agreement is judged."""
    limits = load_judging()
    return AGREEMENT.format(reach=100 * limits.widest_half_width, fewest=limits.fewest)


def beside_published(
    results: Sequence[ArmResult], *, one_case: bool = False
) -> list[dict[str, Any]]:
    """Set each published figure beside the simulated one.

    Parameters
    ----------
    results : sequence of ArmResult
        All arms of all trials; only those "as guided" are used, since the series are of that kind.
    one_case : bool
        The trials repeat one case.  Then figures are shown and agreement is not judged: a series
        of many women is not one woman many times.

    Returns
    -------
    list of dict
        ``row, outcome, guidance, device, published, published_ci95, published_k, published_n,
        simulated, simulated_ci95, simulated_k, simulated_n, direction, role, agrees, note,
        definition, source``; ``simulated`` and the intervals may be None, ``direction`` is where
        the simulated estimate lies, ``"higher"``, ``"lower"``, ``"equal"`` or None where it is
        another quantity or not simulated; ``agrees`` is True, False or None (not judged, `note`
        says why).
    """
    guided = sorted((r for r in results if r.mode == "as guided"), key=lambda r: r.trial)
    return [_compare(row, guided, one_case=one_case) for row in load_published().values()]


def _compare(row: PublishedRow, guided: Sequence[ArmResult], *, one_case: bool) -> dict[str, Any]:
    """Return the line of one published row."""
    arms = [
        r
        for r in guided
        if r.guidance == row.guidance
        and row.device in ("any", r.device)
        and LESIONS[row.lesions](r)
    ]
    items = MEASURES[row.measure](arms)
    k, n = sum(a for a, _ in items), sum(b for _, b in items)
    simulated: float | None = None
    interval: Interval | None = None
    agrees: bool | None = None
    if n:
        simulated, interval, effective = clustered(items)
        agrees, note = _judge(row, simulated, effective, women=len(items))
        if one_case:
            agrees, note = None, "one case: not judged"
    elif row.measure == "none":
        note = "not simulated"
    elif not any(r.device == row.device or row.device == "any" for r in guided):
        note = f"no trial with {row.device}"
    elif any(r.biopsied for r in arms):
        note = "not recorded in these rows"
    else:
        note = "no such patient in the trials"
    source = next(iter(row.provenance.values()))
    counts = row.counts if row.k is not None else (None, row.n)
    return {
        "row": row.row,
        "outcome": row.outcome,
        "guidance": row.guidance,
        "device": row.device,
        "published": row.estimate,
        "published_ci95": None if row.ci95 is None else list(row.ci95),
        "published_k": counts[0] if counts else None,
        "published_n": counts[1] if counts else None,
        "simulated": simulated,
        "simulated_ci95": None if interval is None else list(interval),
        "simulated_k": k if n else None,
        "simulated_n": n,
        "direction": _direction(row, simulated),
        "role": row.role,
        "agrees": agrees,
        "note": note,
        "definition": row.definition,
        "source": source.source,
    }


def _direction(row: PublishedRow, simulated: float | None) -> str | None:
    """Return on which side of the published figure the simulated one lies."""
    if simulated is None or not row.like_for_like:
        return None
    if simulated == row.estimate:
        return "equal"
    return "higher" if simulated > row.estimate else "lower"


def clustered(items: Sequence[tuple[int, int]]) -> tuple[float, Interval, float]:
    """Return proportion, interval and effective number of (successes, items) per woman."""
    k, n = sum(a for a, _ in items), sum(b for _, b in items)
    if n == len(items):  # one item per woman: nothing is clustered
        return k / n, wilson_interval(k, n), float(n)
    return clustered_proportion([a for a, _ in items], [b for _, b in items])


def _judge(
    row: PublishedRow, simulated: float, effective: float, *, women: int
) -> tuple[bool | None, str]:
    """Return whether the simulated figure agrees, and why not judged or how far off."""
    limits = load_judging()
    if not row.like_for_like:
        return None, "another quantity: not judged"
    if row.counts is None:
        return None, "no count published: not judged"
    if women < limits.fewest:
        return None, f"n = {women}: cannot judge"
    low, high = newcombe_interval(simulated * effective, effective, *row.counts)
    span = f"difference {100 * low:+.0f} to {100 * high:+.0f} points"
    if not low <= 0.0 <= high:
        return False, span
    if max(-low, high) > limits.widest_half_width:
        return None, f"{span}: too wide to judge"
    return True, span
