"""The echo of a needle: a smooth steel cylinder with a rough surface and a point.

The shaft has two echoes.  The *specular* one, of a smooth cylinder, comes from the line of its
surface that faces the probe (Kirchhoff's integral around it by stationary phase).  It has the same
phase all along, so the beam itself adds it up where the shaft lies across the beam and cancels it
where the shaft is steep, as a real array does.  The *diffuse* one comes from scatterers all over
the upper half of the rough surface; it falls with the angle as published visibility does.  A needle
beside the plane fades with the elevational beam.

Reverberation, the bayonet artefact and the needle's shadow are left out.
"""

from __future__ import annotations

import math
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
    inside = (depth > 0.0) & (depth < medium.beam.grid.depth_mm)
    along, rough, around = along[inside], *_surface()[:, inside]
    middle = shaft.tip_mm - along[:, None] * shaft.axis
    radius = 0.5 * shaft.diameter_mm * np.clip(along / shaft.taper_mm, 0.0, 1.0)
    up, aside = _across(shaft.axis)

    ridge = middle + radius[:, None] * up
    metal, fat = a.needle_impedance_mrayl, a.fat_impedance_mrayl
    wavelength = a.wavelength_mm(medium.frequency_at(ridge))
    specular = (metal - fat) / (metal + fat) * np.sqrt(0.5 * radius / wavelength) * STEP_MM

    skin = middle + radius[:, None] * (
        np.cos(around)[:, None] * up + np.sin(around)[:, None] * aside
    )
    level_db = a.needle_diffuse_db - a.needle_fall_db_per_deg * shaft.tilt_deg
    # Lambert's law around the shaft; the mean of its square is 1/2.
    lambert = math.sqrt(2.0) * np.cos(around)
    diffuse = rough * lambert * np.sqrt(radius * STEP_MM * 10.0 ** (level_db / 10.0))

    point = [0.5 * a.needle_tip_radius_mm]  # root of a^2 / 4: a sphere larger than the wavelength
    places = np.concatenate([shaft.tip_mm[None], ridge, skin])
    return places, np.concatenate([point, specular, diffuse]) * medium.echo_at(places)


def _across(axis: Array) -> tuple[Array, Array]:
    """Return unit vectors across the shaft: toward the probe, and level with the skin.

    A vertical needle turns no side to the probe: the first of its vectors is 0.
    """
    up = axis[2] * axis - np.array([0.0, 0.0, 1.0])
    length = float(np.linalg.norm(up))
    if length < 1e-6:
        return np.zeros(3), np.array([1.0, 0.0, 0.0])
    return up / length, np.cross(axis, up) / length


@lru_cache(maxsize=1)
def _surface() -> Array:
    """Return strength and angle around the shaft (2, n) of its scatterers from the point on.

    They are fixed: the needle's own speckle goes with the needle.
    """
    rng = stream(0, "needle surface")
    count = round(LONGEST_MM / STEP_MM)
    around = rng.uniform(-0.5 * np.pi, 0.5 * np.pi, count)
    return np.stack([rng.standard_normal(count), around])
