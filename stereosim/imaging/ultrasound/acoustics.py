"""Acoustic constants of the breast, and the echo of one calcification."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.imaging.ultrasound.probes import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Acoustics:
    """Acoustic constants; ``data/tissues.toml`` says where each comes from and what it means.

    Levels ``*_db`` are of scattered power against fat; attenuations are one way, in dB/(cm MHz^y) with
    the common exponent y = `attenuation_exponent`.
    """

    sound_speed_m_s: float
    density_kg_m3: float
    fat_backscatter: float
    fat_backscatter_exponent: float
    gland_db: float
    skin_db: float
    ligament_db: float
    muscle_db: float
    ligament_specular_db: float
    specular_acceptance_deg: float
    texture_db: float
    texture_mm: float
    muscle_texture_db: float
    fibre_length_mm: float
    fascia_mm: float
    fat_attenuation: float
    gland_attenuation: float
    ligament_attenuation: float
    skin_attenuation: float
    mass_attenuation: float
    muscle_attenuation: float
    attenuation_exponent: float
    fat_impedance_mrayl: float
    skin_impedance_mrayl: float
    gel_impedance_mrayl: float
    calcification_sound_speed_m_s: float
    calcification_density_kg_m3: float
    calcification_high_ka: float
    calcification_low_ka: float
    broadening_per_cm: float
    phantom_attenuation: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False, compare=False)

    def fat_backscatter_per_mm(self, frequency_mhz: ArrayLike) -> Array:
        """Backscatter coefficient of fat at `frequency_mhz`, 1/(sr mm)."""
        f = np.asarray(frequency_mhz, np.float64)
        return np.asarray(0.1 * self.fat_backscatter * f**self.fat_backscatter_exponent)

    def wavelength_mm(self, frequency_mhz: ArrayLike) -> Array:
        """Wavelength at `frequency_mhz`, mm."""
        return self.sound_speed_m_s * 1e-3 / np.asarray(frequency_mhz, np.float64)


@lru_cache(maxsize=1)
def load_acoustics() -> Acoustics:
    """Return the acoustic constants of ``data/tissues.toml``."""
    path = DATA / "tissues.toml"
    tables = load_toml(path)
    return read_spec(Acoustics, tables["acoustics"], tables["sources"], f"{path.name}.acoustics")


def calcification_cross_section_mm2(
    radius_mm: ArrayLike, frequency_mhz: ArrayLike, acoustics: Acoustics
) -> Array:
    """Differential backscatter cross-section of a small stiff sphere, mm^2/sr.

    ``high a^2 x^4 / (x^4 + high / low)`` with x = ka joins the long-wave law ``low a^2 x^4`` to the
    short-wave mean ``high a^2``.  Elastic resonances (+-5 dB) are averaged out: a real
    speck is rough, porous and no sphere.

    Parameters
    ----------
    radius_mm : array_like
        Radius of the sphere of equal volume, mm.
    frequency_mhz : array_like
        Frequency, MHz; broadcast against `radius_mm`.
    acoustics : Acoustics
        Constants.
    """
    radius = np.asarray(radius_mm, np.float64)
    x4 = (2.0 * math.pi * radius / acoustics.wavelength_mm(frequency_mhz)) ** 4
    high, low = acoustics.calcification_high_ka, acoustics.calcification_low_ka
    return np.asarray(high * radius**2 * x4 / (x4 + high / low))
