"""How sure the reader of a sweep may be: the statistics' distributions where there is nothing.

They come from scans of breasts without any calcification or mass
(:mod:`stereosim.imaging.ultrasound.calibrate`): speckle, septa, lobules, vessels and the walls of
ducts all have had their chance to be mistaken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from stereosim.imaging.ultrasound.probes import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_parameters

SPECK_LOOKS = 2  # at the brightest focus and at the strongest group


@dataclass(frozen=True)
class Thresholds:
    """Null distributions of the largest statistic in a sweep (Gumbel), and the accepted error.

    Attributes
    ----------
    focus, cluster, mass : tuple of float
        Location and scale, dB, at `volume_cm3`.
    volume_cm3 : float
        Volume that was searched in the calibration; a larger search asks for more.
    false_alarm_rate : float
        Chance per sweep and kind of finding something where there is nothing.
    provenance : dict of str to Parameter
        How the numbers were obtained.
    """

    focus: tuple[float, float]
    cluster: tuple[float, float]
    mass: tuple[float, float]
    volume_cm3: float
    false_alarm_rate: float
    provenance: dict[str, Parameter]

    def at(self, null: tuple[float, float], rate: float, volume_cm3: float) -> float:
        """Return the level that a null search of `volume_cm3` exceeds with probability `rate`."""
        location, scale = self._law(null, volume_cm3)
        return location - scale * math.log(-math.log1p(-rate))

    def chance(
        self, null: tuple[float, float], statistic: float, volume_cm3: float, *, looks: int = 1
    ) -> float:
        """Return the probability that a null search of `volume_cm3` reaches `statistic`.

        With several `looks` (statistics that share the accepted error) it is the probability that
        any of them is as extreme; looks that go together make it too large, never too small.
        """
        location, scale = self._law(null, volume_cm3)
        exceedances = looks * math.exp(min((location - statistic) / scale, 700.0))
        return -math.expm1(-exceedances)

    def _law(self, null: tuple[float, float], volume_cm3: float) -> tuple[float, float]:
        """Location and scale of the largest statistic in `volume_cm3`."""
        location, scale = null
        return location + scale * math.log(max(volume_cm3, 1e-3) / self.volume_cm3), scale


@lru_cache(maxsize=1)
def _null_tables() -> dict[str, dict[str, Parameter]]:
    path = DATA / "observer.toml"
    tables = load_toml(path)
    sources = tables.pop("sources")
    return {
        name: read_parameters(table, sources, f"{path.name}.{name}")
        for name, table in tables.items()
    }


def load_thresholds(probe_name: str, *, false_alarm_rate: float = 0.05) -> Thresholds:
    """Return the thresholds calibrated for a probe.

    Raises
    ------
    KeyError
        When the probe was never calibrated.
    """
    tables = _null_tables()
    if probe_name not in tables:
        raise KeyError(f"probe {probe_name!r} has no calibrated observer: {', '.join(tables)}")
    table = tables[probe_name]
    return Thresholds(
        focus=(table["focus_location_db"].value, table["focus_scale_db"].value),
        cluster=(table["cluster_location_db"].value, table["cluster_scale_db"].value),
        mass=(table["mass_location_db"].value, table["mass_scale_db"].value),
        volume_cm3=table["volume_cm3"].value,
        false_alarm_rate=false_alarm_rate,
        provenance=table,
    )
