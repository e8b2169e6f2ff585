"""The echo of a needle: a smooth steel cylinder with a rough surface and a point.

The shaft is a row of scatterers along the line of its surface that faces the probe.  Each carries
two echoes.  The *specular* one is that of a smooth cylinder (Kirchhoff's integral around it by
stationary phase).  It has the same phase all along, so the beam itself adds it up where the shaft
lies across the beam and cancels it where the shaft is steep, as a real array does.  The *diffuse*
one, of the rough surface, has a random sign and falls with the angle as published visibility does.
A needle beside the plane fades with the elevational beam.

Reverberation, the bayonet artefact and the needle's shadow are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.ultrasound.medium import Medium
from stereosim_phantoms.randomness import stream

Array = NDArray[np.float64]

STEP_MM = 0.02  # under a fifth of the shortest wavelength, so that the steep shaft cancels
LONGEST_MM = 150.0


@dataclass(frozen=True, eq=False)
class Shaft:
    """A needle as ultrasound meets it, supine frame.

    Attributes
    ----------
    tip_mm : ndarray (3,)
        Its point.
    axis : ndarray (3,)
        Unit vector toward the point.
    diameter_mm : float
        Outer diameter.
    taper_mm : float
        Length over which the point widens to it.
    """

    tip_mm: Array
    axis: Array
    diameter_mm: float
    taper_mm: float

    @property
    def tilt_deg(self) -> float:
        """Angle between the shaft and the skin, 0 to 90."""
        return float(np.degrees(np.arcsin(min(1.0, abs(float(self.axis[2]))))))


def shaft_echoes(shaft: Shaft, medium: Medium) -> tuple[Array, Array]:
    """Return the places (n, 3), supine frame, of a needle's scatterers and their echoes (n,).

    The first is the point itself.  Echoes are against fat, root mm^3, as those of specks.
    """
    a = medium.acoustics
    along = STEP_MM * (np.arange(round(LONGEST_MM / STEP_MM)) + 0.5)
    depth = shaft.tip_mm[2] - along * shaft.axis[2]
    along = along[(depth > 0.0) & (depth < medium.beam.grid.depth_mm)]
    radius = 0.5 * shaft.diameter_mm * np.clip(along / shaft.taper_mm, 0.0, 1.0)
    places = shaft.tip_mm - along[:, None] * shaft.axis + radius[:, None] * _upward(shaft.axis)

    metal, fat = a.needle_impedance_mrayl, a.fat_impedance_mrayl
    wavelength = a.wavelength_mm(medium.frequency_at(places))
    specular = (metal - fat) / (metal + fat) * np.sqrt(0.5 * radius / wavelength) * STEP_MM
    level_db = a.needle_diffuse_db - a.needle_fall_db_per_deg * shaft.tilt_deg
    index = (along / STEP_MM).astype(np.int64)
    diffuse = _roughness()[index] * np.sqrt(radius * STEP_MM * 10.0 ** (level_db / 10.0))

    places = np.concatenate([shaft.tip_mm[None], places])
    point = np.array([0.5 * a.needle_tip_radius_mm])  # a^2 / 4: a sphere larger than the wavelength
    return places, np.concatenate([point, specular + diffuse]) * medium.echo_at(places)


def _upward(axis: Array) -> Array:
    """Return the unit vector across the shaft toward the probe; 0 for a vertical needle."""
    up = axis[2] * axis - np.array([0.0, 0.0, 1.0])
    length = float(np.linalg.norm(up))
    return np.asarray(up / length if length > 1e-6 else np.zeros(3))


@lru_cache(maxsize=1)
def _roughness() -> Array:
    """Return normal numbers along the shaft from the point: the surface goes with the needle."""
    return stream(0, "needle surface").standard_normal(round(LONGEST_MM / STEP_MM))
