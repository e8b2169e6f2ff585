"""What each core brought, by its number: as the specimen film shows it, lesion by lesion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stereosim.experiments.published import within_core
from stereosim.experiments.results import GUIDANCES, ArmResult
from stereosim.experiments.statistics import wilson_interval


def per_core_rows(results: Sequence[ArmResult], devices: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each guidance, device and number of core, as guided.

    Parameters
    ----------
    results : sequence of ArmResult
        All arms of all trials.
    devices : sequence of str
        In the order wanted.

    Returns
    -------
    list of dict
        ``guidance, device, core, lesions`` (lesions with a film), ``taken`` (those of which that
        core was taken), ``holding, share, ci95`` (those in which the film shows a speck in that
        core, of those taken), ``cumulative_k, cumulative, cumulative_ci95`` (lesions with a speck
        in any core up to that one, of all), ``specks`` (mean number seen in that core).  No row
        where nothing was filmed.
    """
    rows = []
    for device in devices:
        for guidance in GUIDANCES:
            arm = [
                r
                for r in results
                if (r.guidance, r.device, r.mode) == (guidance, device, "as guided")
                and r.specks_per_core
            ]
            most = max((len(r.specks_per_core or ()) for r in arm), default=0)
            for core in range(1, most + 1):
                rows.append(
                    {"guidance": guidance, "device": device, "core": core} | _row(arm, core)
                )
    return rows


def _row(arm: Sequence[ArmResult], core: int) -> dict[str, Any]:
    cores = [r.specks_per_core or () for r in arm]
    seen = [c[core - 1] for c in cores if len(c) >= core]
    holding = sum(n > 0 for n in seen)
    up_to = sum(k for k, _ in within_core(arm, core))
    return {
        "lesions": len(arm),
        "taken": len(seen),
        "holding": holding,
        "share": holding / len(seen),
        "ci95": list(wilson_interval(holding, len(seen))),
        "cumulative_k": up_to,
        "cumulative": up_to / len(arm),
        "cumulative_ci95": list(wilson_interval(up_to, len(arm))),
        "specks": sum(seen) / len(seen),
    }
