"""Acoustic constants of the breast, and the echo of one calcification."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import spherical_jn, spherical_yn

from stereosim.imaging.ultrasound.probes import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Acoustics:
    """Acoustic constants; ``data/tissues.toml`` says where each comes from and what it means.

    Levels ``*_db`` are of scattered power against fat; attenuations are one way, in dB/(cm MHz^y)
    with the common exponent y = `attenuation_exponent`.
    """

    sound_speed_m_s: float
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
    wall_mm: float
    wall_specular_db: float
    tube_specular_db: float
    fat_attenuation: float
    gland_attenuation: float
    ligament_attenuation: float
    skin_attenuation: float
    muscle_attenuation: float
    attenuation_exponent: float
    fat_impedance_mrayl: float
    skin_impedance_mrayl: float
    gel_impedance_mrayl: float
    calcification_ka: tuple[float, ...]
    calcification_form_db: tuple[float, ...]
    needle_impedance_mrayl: float
    needle_diffuse_db: float
    needle_fall_db_per_deg: float
    needle_tip_radius_mm: float
    needle_sound_speed_m_s: float
    needle_tail_fall_db: float
    shadow_floor_db: float
    shadow_f_number: float
    fat_speed_m_s: float
    gland_speed_m_s: float
    speed_correlation_mm: float
    phantom_attenuation: float
    blood_db: float
    blood_attenuation: float
    air_impedance_mrayl: float
    air_haze_db: float
    air_haze_fall_db_per_mm: float
    bubbles_per_mm3: float
    bubble_radius_mm: float
    bubble_radius_spread: float
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
    """Differential backscatter cross-section of a calcification, mm^2/sr.

    That of an elastic sphere of equal volume (Faran's series), averaged over the pulse's band and
    over the plausible stiffness: Rayleigh's (ka)^4 below ka = 0.6, near a^2/4 above 4, a broad
    resonance between.

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
    ka = 2.0 * math.pi * radius / acoustics.wavelength_mm(frequency_mhz)
    known = np.log(acoustics.calcification_ka)
    x = np.log(np.maximum(ka, 1e-6))
    form_db = np.interp(x, known, acoustics.calcification_form_db)
    form_db += 40.0 * np.minimum(x - known[0], 0.0) / math.log(10.0)
    return np.asarray(radius**2 * 10.0 ** (form_db / 10.0))


_ORDERS = np.arange(12)  # of the series: enough up to ka = 5


def bubble_cross_section_mm2(
    radius_mm: ArrayLike, frequency_mhz: ArrayLike, acoustics: Acoustics
) -> Array:
    """Differential backscatter cross-section of a bubble of gas, mm^2/sr.

    That of a sphere without pressure on its surface (partial-wave series), which a bubble is far
    over its resonance (3.3 kHz mm over its radius): a^2 for small ones, about a^2/4 for large.

    Parameters
    ----------
    radius_mm, frequency_mhz : array_like
        Radius, mm, and frequency, MHz, broadcast against each other; ka up to 5.
    acoustics : Acoustics
        Constants.
    """
    radius = np.asarray(radius_mm, np.float64)
    k = 2.0 * math.pi / acoustics.wavelength_mm(frequency_mhz)
    ka = np.clip(k * radius, 1e-3, 5.0)[..., None]
    j, y = spherical_jn(_ORDERS, ka), spherical_yn(_ORDERS, ka)
    series = ((2 * _ORDERS + 1) * (-1.0) ** _ORDERS * j / (j + 1j * y)).sum(axis=-1)
    return np.asarray(np.abs(series / ka[..., 0]) ** 2 * radius**2)


def air_face_section(acoustics: Acoustics) -> float:
    """Backscatter per area of a ragged face of air that the beam meets at right angles, 1/sr.

    All is reflected, and by Lambert's law: a ragged face sends it everywhere.
    """
    air, fat = acoustics.air_impedance_mrayl, acoustics.fat_impedance_mrayl
    return float(((air - fat) / (air + fat)) ** 2 / math.pi)
