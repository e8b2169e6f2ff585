"""From rows of arms to the summary: every outcome by guidance, device, reading and stratum.

Two readings are always given.  **As guided**: practice as it is, where an ultrasound arm that sees
nothing declines; a decline counts as not sampled, and is named.  **Attempted**: what would have
come of it, had the declined been attempted all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from stereosim.experiments.per_core import per_core_rows
from stereosim.experiments.published import agreement_rule, beside_published, load_judging
from stereosim.experiments.results import (
    GUIDANCES,
    MODES,
    OUTCOMES,
    ArmResult,
    Guidance,
    Mode,
    device_family,
)
from stereosim.experiments.statistics import BOOTSTRAP_LIMIT as _BOOTSTRAP_LIMIT
from stereosim.experiments.statistics import (
    Interval,
    PairedTable,
    bootstrap_mean_interval,
    mcnemar_exact,
    mcnemar_sample_size,
    mean_t_interval,
    newcombe_paired_interval,
    wilson_interval,
)
from stereosim_phantoms.provenance import Parameter
from stereosim_phantoms.randomness import stream

Rows = Sequence[ArmResult]

# Strata are properties of the woman: the same for all arms of a trial, so that pairs stay pairs.
STRATA: Mapping[str, Callable[[ArmResult], bool]] = {
    "all": lambda r: True,
    "visible on ultrasound": lambda r: r.ultrasound_visible,
    "not visible on ultrasound": lambda r: not r.ultrasound_visible,
    "calcification only": lambda r: r.calcification_only,
    "with mass": lambda r: not r.calcification_only,
    "extent up to 10 mm": lambda r: r.extent_mm <= 10.0,
    "extent over 10 mm": lambda r: r.extent_mm > 10.0,
}
_WOMAN = (
    "patient", "ultrasound_saw_specks", "ultrasound_saw_mass", "calcification_only",
    "specks", "extent_mm", "mean_diameter_mm", "thickness_mm", "glandular_fraction",
)  # fmt: skip

# Name: (unit, which rows enter, value, bounded by 0 and 1).  Bounded or skewed ones: bootstrap.
_MEANS: Mapping[str, tuple[str, Callable[[ArmResult], bool], Callable[[ArmResult], float], str]] = {
    "fraction removed": ("1", lambda r: True, lambda r: r.fraction_removed, "bootstrap"),
    "volume removed": (
        "1", lambda r: r.volume_fraction_removed is not None,
        lambda r: r.volume_fraction_removed or 0.0, "bootstrap",
    ),
    "lesion removed": (
        "1", lambda r: r.lesion_fraction_removed is not None,
        lambda r: r.lesion_fraction_removed or 0.0, "bootstrap",
    ),
    "localisation error": (
        "mm", lambda r: r.error_norm_mm is not None, lambda r: r.error_norm_mm or 0.0, "bootstrap",
    ),
    "exposures": ("1", lambda r: True, lambda r: float(r.exposures), "t"),
    "dose": ("mGy", lambda r: True, lambda r: r.dose_mgy, "t"),
    "minutes": ("min", lambda r: True, lambda r: r.minutes, "t"),
    "cores": ("1", lambda r: r.biopsied, lambda r: float(r.cores), "t"),
    "clip to target": (
        "mm", lambda r: r.clip_mm is not None, lambda r: r.clip_distance_mm or 0.0, "bootstrap",
    ),
}  # fmt: skip


def check_trials(results: Iterable[ArmResult]) -> None:
    """Refuse results that cannot be paired.

    Raises
    ------
    ValueError
        Where an arm appears twice, or two arms of one trial describe different women.
    """
    women: dict[int, ArmResult] = {}
    arms: set[tuple[int, str, str, str]] = set()
    for r in results:
        key = (r.trial, r.guidance, r.device, r.mode)
        if key in arms:
            raise ValueError(f"trial {r.trial}: {r.guidance} {r.device} {r.mode!r} appears twice")
        arms.add(key)
        first = women.setdefault(r.trial, r)
        for name in _WOMAN:
            if getattr(r, name) != getattr(first, name):
                raise ValueError(
                    f"trial {r.trial}: {name} is {getattr(first, name)!r} in one arm and "
                    f"{getattr(r, name)!r} in another"
                )


def read_as(results: Iterable[ArmResult], mode: Mode) -> list[ArmResult]:
    """Return one row per trial, guidance and device, in the given reading.

    An arm carried out as guided is the same in both readings; an "attempted" row replaces the
    declined one.  The rows come in the order of the trials: workers finish in any order, and the
    resamples of the bootstrap follow the order of the values.
    """
    chosen: dict[tuple[int, str, str], ArmResult] = {}
    for r in results:
        key = (r.trial, r.guidance, r.device)
        if r.mode == mode or (r.mode == "as guided" and key not in chosen):
            chosen[key] = r
    return [chosen[key] for key in sorted(chosen)]


def devices_of(results: Iterable[ArmResult]) -> list[str]:
    """Return the devices, guns before vacuum devices, thin before thick."""
    return sorted({r.device for r in results}, key=lambda d: (device_family(d), _gauge(d), d))


def _gauge(device: str) -> int:
    """Return minus the gauge, so that the thinner needle sorts first; 0 where none is named."""
    digits = [part.removesuffix("g") for part in device.split("-") if part.endswith("g")]
    return -int(digits[0]) if digits and digits[0].isdigit() else 0


def summarise(
    results: Sequence[ArmResult],
    *,
    seed: int,
    version: str,
    fidelity: str,
    subject: str = "",
    command: str = "",
    one_case: bool = False,
    drawn: int | None = None,
    parameters: Mapping[str, Mapping[str, Parameter]] | None = None,
) -> dict[str, Any]:
    """Summarise all arms of all trials.

    Parameters
    ----------
    results : sequence of ArmResult
        Every arm of every trial.
    seed, version, fidelity
        What made them; the seed also draws the bootstrap.
    subject : str
        Case or cohort in words.
    command : str
        Command line that makes the same result again.
    one_case : bool
        The trials repeat one case with other noise, rather than drawing other women.
    drawn : int, optional
        Women drawn, where not all of them were referred.
    parameters : mapping, optional
        Catalogue name -> parameter name -> Parameter: all that the models used.

    Returns
    -------
    dict
        JSON-ready: ``trials, drawn, seed, version, fidelity, subject, command, one_case, rows,
        paired, per_core, published, agreement_rule, parameters``.  ``rows`` is long form
        (:func:`outcome_rows`), ``paired`` the differences stereotactic minus ultrasound
        (:func:`paired_rows`), ``per_core`` what each core brought
        (:func:`~stereosim.experiments.per_core.per_core_rows`).

    Raises
    ------
    ValueError
        Where there is no result, or the arms cannot be paired (:func:`check_trials`).
    """
    if not results:
        raise ValueError("no result to summarise")
    check_trials(results)
    trials = len({r.trial for r in results})
    return {
        "trials": trials,
        "drawn": trials if drawn is None else drawn,
        "seed": seed,
        "version": version,
        "fidelity": fidelity,
        "subject": subject,
        "command": command,
        "one_case": one_case,
        "rows": outcome_rows(results, seed=seed),
        "paired": paired_rows(results, seed=seed),
        "per_core": per_core_rows(results, devices_of(results)),
        "published": beside_published(results, one_case=one_case),
        "agreement_rule": agreement_rule(),
        "parameters": {
            catalogue: {name: asdict(parameter) for name, parameter in table.items()}
            for catalogue, table in (parameters or {}).items()
        },
    }


def summary_json(summary: Mapping[str, Any]) -> str:
    """Return the summary as JSON text, the same bytes for the same summary."""
    return json.dumps(summary, indent=1, allow_nan=False) + "\n"


def outcome_rows(results: Sequence[ArmResult], *, seed: int) -> list[dict[str, Any]]:
    """Return every outcome of every arm in long form.

    Returns
    -------
    list of dict
        ``guidance, device, family, mode, stratum, outcome, n, k`` (counts) or ``mean`` with
        ``unit`` (means), ``estimate, ci95, method``.  Where ``n`` is 0 the estimate is None; where
        no interval can be had, ``ci95`` is None.
    """
    rows: list[dict[str, Any]] = []
    for mode in MODES:
        reading = read_as(results, mode)
        for device in devices_of(results):
            for guidance in GUIDANCES:
                arm = [r for r in reading if r.device == device and r.guidance == guidance]
                for stratum, belongs in STRATA.items():
                    head = {
                        "guidance": guidance,
                        "device": device,
                        "family": device_family(device),
                        "mode": mode,
                        "stratum": stratum,
                    }
                    rows += _arm_rows(head, [r for r in arm if belongs(r)], seed)
    return rows


def _arm_rows(head: dict[str, Any], arm: Rows, seed: int) -> list[dict[str, Any]]:
    """Return the rows of one arm in one stratum."""
    n = len(arm)
    counts: dict[str, int] = {o: sum(r.outcome == o for r in arm) for o in OUTCOMES}
    counts["target sampled"] = sum(r.target_sampled for r in arm)
    rows = [
        head
        | {
            "outcome": outcome,
            "n": n,
            "k": k,
            "estimate": k / n if n else None,
            "ci95": list(wilson_interval(k, n)) if n else None,
            "method": "Wilson",
        }
        for outcome, k in counts.items()
    ]
    for outcome, (unit, enters, value, method) in _MEANS.items():
        values = [value(r) for r in arm if enters(r)]
        mean, interval, method = _mean(
            values, method, bounded=outcome.endswith("removed"), seed=seed,
            purpose=(*map(str, head.values()), outcome),
        )  # fmt: skip
        rows.append(
            head
            | {
                "outcome": outcome,
                "unit": unit,
                "n": len(values),
                "mean": mean,
                "estimate": mean,
                "ci95": None if interval is None else list(interval),
                "method": method,
            }
        )
    return rows


def _mean(
    values: Sequence[float], method: str, *, bounded: bool, seed: int, purpose: tuple[str, ...]
) -> tuple[float | None, Interval | None, str]:
    """Return mean, interval and the method that made it."""
    if not values:
        return None, None, "none: no value"
    if len(values) > 1 and np.ptp(values) > 0.0:
        if method == "t" or len(values) > _BOOTSTRAP_LIMIT:
            return *mean_t_interval(values), "Student t"
        rng = stream(seed, "bootstrap", *purpose)
        return *bootstrap_mean_interval(values, rng=rng), "bootstrap BCa"
    mean = float(values[0])
    if bounded:
        # A mean of values in [0, 1] varies at most as a proportion does, so Wilson's interval
        # is the safe one where the values show no spread of their own.
        return mean, wilson_interval(mean * len(values), len(values)), "Wilson (no spread)"
    return mean, None, "none: no spread"


def paired_rows(results: Sequence[ArmResult], *, seed: int) -> list[dict[str, Any]]:
    """Return the differences stereotactic minus ultrasound in the same women.

    Returns
    -------
    list of dict
        ``family, device, mode, stratum, outcome, n, difference, ci95, p_value, method, verdict``
        and, for the counted outcomes, ``both, stereotactic_only, ultrasound_only, neither,
        declined, women_needed``.  `verdict` is ``"stereotactic"``, ``"ultrasound"`` (more often in
        that arm beyond chance), ``"alike"``, ``"undecided"`` or ``"no women"``; `women_needed` is
        how many pairs would see a difference as large as "alike" allows, with power 80 % and the
        discordance observed.
    """
    rows: list[dict[str, Any]] = []
    for mode in MODES:
        reading = read_as(results, mode)
        for device in devices_of(results):
            arms: dict[Guidance, dict[int, ArmResult]] = {
                g: {r.trial: r for r in reading if r.guidance == g and r.device == device}
                for g in GUIDANCES
            }
            stereo, echo = arms["stereotactic"], arms["ultrasound"]
            pairs = [(stereo[trial], echo[trial]) for trial in sorted(stereo.keys() & echo.keys())]
            for stratum, belongs in STRATA.items():
                head = {
                    "family": device_family(device),
                    "device": device,
                    "mode": mode,
                    "stratum": stratum,
                }
                rows += _pair_rows(head, [p for p in pairs if belongs(p[0])], seed)
    return rows


def _pair_rows(
    head: dict[str, Any], pairs: Sequence[tuple[ArmResult, ArmResult]], seed: int
) -> list[dict[str, Any]]:
    """Return the paired differences of one device in one stratum."""
    declined = sum(echo.outcome == "declined: not visible" for _, echo in pairs)
    rows = []
    for outcome in ("retrieved", "target sampled"):
        field = outcome.replace(" ", "_")
        table = PairedTable.of(
            [getattr(stereo, field) for stereo, _ in pairs],
            [getattr(echo, field) for _, echo in pairs],
        )
        rows.append(head | {"outcome": outcome, "declined": declined} | _paired_counts(table))
    gains = [stereo.fraction_removed - echo.fraction_removed for stereo, echo in pairs]
    mean, interval, method = _mean(
        gains, "bootstrap", bounded=False, seed=seed,
        purpose=("paired", *map(str, head.values())),
    )  # fmt: skip
    rows.append(
        head
        | {
            "outcome": "fraction removed",
            "n": len(gains),
            "difference": mean,
            "ci95": None if interval is None else list(interval),
            "p_value": None,
            "method": method,
            "verdict": _verdict(len(gains), interval, None),
        }
    )
    return rows


def _paired_counts(table: PairedTable) -> dict[str, Any]:
    """Return a fourfold table with its difference, interval, test and verdict."""
    counts = {
        "n": table.n,
        "both": table.both,
        "stereotactic_only": table.first_only,
        "ultrasound_only": table.second_only,
        "neither": table.neither,
    }
    method = "Newcombe paired; exact McNemar"
    if table.n == 0:
        empty = dict.fromkeys(("difference", "ci95", "p_value", "women_needed"))
        return counts | empty | {"method": method, "verdict": "no women"}
    interval, p_value = newcombe_paired_interval(table), mcnemar_exact(table)
    margin = load_judging().alike_half_width
    discordant = (table.first_only + table.second_only) / table.n
    return counts | {
        "difference": table.difference,
        "ci95": list(interval),
        "p_value": p_value,
        "women_needed": mcnemar_sample_size(max(discordant, margin), margin),
        "method": method,
        "verdict": _verdict(table.n, interval, p_value),
    }


def _verdict(n: int, interval: Interval | None, p_value: float | None) -> str:
    """Return which arm did more, "alike", "undecided" or "no women"."""
    if n == 0:
        return "no women"
    if interval is None:
        return "undecided"
    low, high = interval
    margin = load_judging().alike_half_width
    # The interval and the exact test part at the edge: only both together are called clear.
    if (low > 0.0 or high < 0.0) and (p_value is None or p_value < 0.05):
        return "stereotactic" if low > 0.0 else "ultrasound"
    if -margin <= low and high <= margin:
        return "alike"
    return "undecided"
