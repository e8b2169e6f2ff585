"""X-ray spectra of the tubes: tabulated fluence, filters, half-value layer and air kerma."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from stereosim.imaging.materials import (
    DATA,
    Array,
    attenuation_per_mm,
    mass_coefficient,
    read_table,
)
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

_JOULE_PER_KEV = 1.602176634e-16
_MM2_PER_CM2 = 100.0
_KG_PER_G = 1e-3
_MGY_PER_GY = 1e3
METRE_MM = 1000.0


@dataclass(frozen=True)
class Tube:
    """What is common to all tubes (data/xray.toml, ``[tube]``)."""

    output_scale: float
    focal_spot_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_tube() -> Tube:
    """Return the tube's parameters."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(Tube, tables["tube"], tables["sources"], "xray.toml: tube")


@dataclass(frozen=True)
class Spectrum:
    """Photons by energy at 1 m from the focus.

    Attributes
    ----------
    energies_kev : ndarray, shape (e,)
        Centre of each bin.
    fluence_mm2 : ndarray, shape (e,)
        Photons per mm^2, bin and mAs at 1 m.
    """

    energies_kev: Array
    fluence_mm2: Array

    def through(self, material: str, thickness_mm: float) -> Spectrum:
        """Return the spectrum behind `thickness_mm` of `material`, without scatter."""
        mu = attenuation_per_mm(material, self.energies_kev)
        return replace(self, fluence_mm2=self.fluence_mm2 * np.exp(-mu * thickness_mm))

    @property
    def air_kerma_mgy(self) -> float:
        """Air kerma in mGy per mAs at 1 m."""
        absorption = mass_coefficient("air_absorption", self.energies_kev)
        per_cm2 = self.fluence_mm2 * _MM2_PER_CM2
        gray = float(np.sum(per_cm2 * self.energies_kev * absorption)) * _JOULE_PER_KEV / _KG_PER_G
        return gray * _MGY_PER_GY

    @property
    def half_value_layer_mm(self) -> float:
        """Thickness of aluminium in mm that halves the air kerma."""
        kerma = self.fluence_mm2 * self.energies_kev
        kerma = kerma * mass_coefficient("air_absorption", self.energies_kev)
        mu = attenuation_per_mm("aluminium", self.energies_kev)
        low, high = 0.0, 10.0
        # Sixty halvings bring 10 mm below the spacing of doubles.
        for _ in range(60):
            middle = 0.5 * (low + high)
            if float(np.sum(kerma * np.exp(-mu * middle))) > 0.5 * float(np.sum(kerma)):
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def coarser(self) -> Spectrum:
        """Merge pairs of bins, each at its mean energy, and drop what carries no photons."""
        n = len(self.energies_kev) // 2 * 2
        fluence = self.fluence_mm2[:n].reshape(-1, 2)
        energies = self.energies_kev[:n].reshape(-1, 2)
        total = fluence.sum(axis=1)
        kept = total > 1e-6 * total.max()
        mean = (fluence[kept] * energies[kept]).sum(axis=1) / total[kept]
        return Spectrum(mean, total[kept])


@lru_cache(maxsize=1)
def _table() -> dict[str, Array]:
    names, values = read_table(DATA / "spectra.csv")
    return {name: values[:, i] for i, name in enumerate(names)}


def list_tubes() -> list[str]:
    """Return the names of the target/filter pairs, such as ``"W/Rh50"`` (filter in um)."""
    return list(dict.fromkeys(name.split("@")[0] for name in _table() if "@" in name))


def load_spectrum(target_filter: str, kilovolt: int) -> Spectrum:
    """Return the spectrum of a tube at a whole number of kilovolts, output scaled to a real tube.

    Raises
    ------
    KeyError
        If the pair or the voltage is not tabulated.
    """
    table = _table()
    name = f"{target_filter}@{kilovolt}"
    if name not in table:
        raise KeyError(f"no spectrum {name!r}; tubes are {', '.join(list_tubes())}, 24 to 35 kV")
    filled = table[name] > 0.0
    return Spectrum(table["energy_kev"][filled], table[name][filled] * load_tube().output_scale)
