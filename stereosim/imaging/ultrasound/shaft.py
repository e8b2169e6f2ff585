"""The echo of a needle: a smooth steel cylinder with a rough surface and a point.

The shaft has two echoes.  The *specular* one, of a smooth cylinder, comes from the line of its
surface that faces the probe (Kirchhoff's integral around it by stationary phase).  It has the same
phase all along, so the beam itself adds it up where the shaft lies across the beam and cancels it
where the shaft is steep, as a real array does.  The *diffuse* one comes from scatterers all over
the upper half of the rough surface; it falls with the angle as published visibility does.  A needle
beside the plane fades with the elevational beam.

Behind the shaft lies its *shadow*: steel lets nothing through that comes back in time, so the share
of the beam's width that meets the shaft on the way in, and again on the way back, is lost.  The
shadow is deep where the beam is narrower than the needle and lies on it, and a veil where it passes
beside.  Part of what enters the steel runs to and fro across it and comes back late: the *tail* of
weaker lines below the shaft.  The bayonet artefact (steel is faster than tissue) is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from stereosim.imaging.ultrasound.acoustics import Acoustics
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Beam
from stereosim.imaging.ultrasound.medium import Medium
from stereosim_phantoms.randomness import stream

Array = NDArray[np.float64]
Grids = NDArray[np.float32]

STEP_MM = 0.02  # under a fifth of the shortest wavelength, so that the steep shaft cancels
LONGEST_MM = 150.0
TAIL_LINES = 5
_COARSE = 8  # rows, and fine columns, between the places at which a shadow is computed


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
    echoes = np.concatenate([point, specular, diffuse]) * medium.echo_at(places)
    late, weaker = _tail(radius, a)
    below = ridge + late[..., None] * np.array([0.0, 0.0, 1.0])
    tail = weaker[:, None] * echoes[1 : 1 + len(ridge)]
    return np.concatenate([places, below.reshape(-1, 3)]), np.append(echoes, tail.ravel())


def _tail(radius: Array, a: Acoustics) -> tuple[Array, Array]:
    """Return how far below the shaft the lines of its tail seem to lie (lines, n), and how weak.

    Against the echo of the surface, with R reflected there: what enters and leaves is 1 - R^2, and
    it turns on the far side, where the echo is upside down.
    """
    line = np.arange(1.0, TAIL_LINES + 1.0)
    reflected = (a.needle_impedance_mrayl - a.fat_impedance_mrayl) / (
        a.needle_impedance_mrayl + a.fat_impedance_mrayl
    )
    spacing = 2.0 * radius * a.sound_speed_m_s / a.needle_sound_speed_m_s
    weaker = (reflected**2 - 1.0) * 10.0 ** (-a.needle_tail_fall_db * (line - 1.0) / 20.0)
    return line[:, None] * spacing, weaker


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


def shaft_shadow(
    tip_uvw: Array,
    behind_uvw: Array,
    diameter_mm: float,
    taper_mm: float,
    beam: Beam,
    columns: int,
    acoustics: Acoustics,
) -> Grids | None:
    """Return by how much a needle weakens the echoes of one plane from behind it.

    Parameters
    ----------
    tip_uvw, behind_uvw : ndarray (3,)
        The point, and a place on the axis behind it, in image coordinates: along the array from its
        middle, out of the plane, along the image lines, mm.
    diameter_mm, taper_mm : float
        As in :class:`Shaft`.
    beam : Beam
        Its elevational width is what passes beside the shaft.
    columns : int
        Columns of the fine grid.
    acoustics : Acoustics
        What fills the deepest shadow, and the aperture that blurs its end.

    Returns
    -------
    float32 ndarray (2, rows, columns / 2), or None
        Factor of the amplitude, two-way, at most 1; fine column f is at [f % 2, :, f // 2].
        None where the plane meets no shadow.
    """
    axis = tip_uvw - behind_uvw
    level = float(np.hypot(axis[0], axis[1]))
    if level < 1e-3 * float(np.linalg.norm(axis)):
        return None  # straight under the array: its shadow is narrower than any aperture
    along_u, along_v, down = axis[0] / level, axis[1] / level, axis[2] / level
    grid = beam.grid
    fine = 0.5 * beam.column_mm
    at_column = _places(columns, _COARSE)
    at_row = _places(grid.rows, _COARSE)
    u = (at_column - 0.5 * (columns - 2)) * fine - tip_uvw[0]
    w = (at_row * grid.row_mm)[:, None]
    along = (
        u * along_u - tip_uvw[1] * along_v
    )  # along the skin from the point on, below 0 behind it
    beside = -u * along_v - tip_uvw[1] * along_u
    depth = tip_uvw[2] + along * down
    radius = 0.5 * diameter_mm * np.clip(-along * np.hypot(1.0, down) / taper_mm, 0.0, 1.0)

    # Width of the beam where it passes the shaft: across the plane that of the lens, in the plane
    # the aperture's cone down to the place behind it.
    width_v = _elevational_sd(beam)[
        np.clip(np.rint(depth / grid.row_mm), 0, grid.rows - 1).astype(int)
    ]
    width_u = np.maximum(w - depth, fine) / (acoustics.shadow_f_number * np.sqrt(12.0))
    across = np.hypot(width_u * along_v, width_v * along_u)
    onward = np.hypot(width_u * along_u, width_v * along_v)
    met = ndtr((beside + radius) / across) - ndtr((beside - radius) / across)
    met *= ndtr(-along / onward) * (depth > 0.0) * (w > depth - radius)
    if not met.max() > 1e-3:
        return None
    darkest = 10.0 ** (acoustics.shadow_floor_db / 20.0)
    coarse = np.maximum((1.0 - met) ** 2, darkest).astype(np.float32)
    whole = _between(at_row, grid.rows) @ coarse @ _between(at_column, columns).T
    return np.ascontiguousarray(whole.reshape(grid.rows, columns // 2, 2).transpose(2, 0, 1))


def _places(count: int, step: int) -> Array:
    """Return every `step`-th index, and the last."""
    return np.append(np.arange(0.0, count - 1.0, step), count - 1.0)


def _between(places: Array, count: int) -> Grids:
    """Return the weights (count, places) of linear interpolation between the places."""
    at = np.arange(count)
    last = np.clip(np.searchsorted(places, at, side="left"), 1, places.size - 1)
    share = (at - places[last - 1]) / (places[last] - places[last - 1])
    weights = np.zeros((count, places.size), np.float32)
    weights[at, last], weights[at, last - 1] = share, 1.0 - share
    return weights


def _elevational_sd(beam: Beam) -> Array:
    """Return the one-way width (SD of its power) of the beam across the plane, (rows,), mm."""
    power = np.abs(beam.elevation)  # the square root of that of the way there and back
    v = (np.arange(power.shape[1]) + 0.5) * ELEVATION_BIN_MM
    return np.asarray(np.sqrt((power @ v**2) / power.sum(axis=1)))
