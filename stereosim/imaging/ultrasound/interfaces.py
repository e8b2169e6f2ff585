"""Thin interfaces that send the beam back where they face it: ligaments, walls, ducts, vessels."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from stereosim.imaging.ultrasound.acoustics import Acoustics
from stereosim.imaging.ultrasound.medium import LEVEL, Slant

Volume = NDArray[np.float32]


def wall_fraction(walled: Volume, spacing_mm: float, wall_mm: float) -> Volume:
    """Return the volume fraction of the walls, `wall_mm` thick, about what `walled` is a share of.

    Across a border the slope of the fraction adds up to 1, however soft it is on the voxels.
    """
    if not walled.any():
        return np.zeros_like(walled)
    slope = np.sqrt(sum(part * part for part in np.gradient(walled, spacing_mm)))
    return np.asarray(np.minimum(wall_mm * slope, 1.0), np.float32)


class Sheets(NamedTuple):
    """Voxels that hold thin sheets, how much these echo and how they lie.

    Attributes
    ----------
    voxel : int64 ndarray (n,)
        Index into the flat volume.
    power : float32 ndarray (n,)
        Scattered power against fat of sheets that face the beam.
    level : float32 ndarray (n,)
        How squarely they face the beam of a level probe, 0 to 1.
    slopes : float32 ndarray (6, n)
        Smoothed products of the slopes of their fraction: xx, yy, zz, xy, xz, yz.
    """

    voxel: NDArray[np.int64]
    power: Volume
    level: Volume
    slopes: Volume

    def gained(self, slant: Slant, acceptance_deg: float) -> Volume:
        """Return the power (n,) that a slanting beam hears over what a level one does."""
        return self.power * (_facing(self.slopes, acceptance_deg, slant) - self.level)

    def inner(self, shape: tuple[int, ...], edge: int) -> Sheets:
        """Return those that lie `edge` voxels or more within the sides of a box of `shape`."""
        nz, ny, nx = shape
        k, j, i = np.unravel_index(self.voxel, shape)
        kept = (j >= edge) & (j < ny - edge) & (i >= edge) & (i < nx - edge)
        at = (k[kept], j[kept] - edge, i[kept] - edge)
        voxel = np.ravel_multi_index(at, (nz, ny - 2 * edge, nx - 2 * edge))
        return Sheets(voxel, self.power[kept], self.level[kept], self.slopes[:, kept])


def sheets_in(fraction: Volume, power: Volume, acceptance_deg: float) -> Sheets:
    """Return the sheets of a volume fraction that echo with `power` where they face the beam.

    The structure tensor of the fraction gives the tilt of their normal; an echo within the
    acceptance angle comes back to the array.
    """
    voxel = np.flatnonzero(power)
    slopes = np.zeros((6, voxel.size), np.float32)
    if voxel.size:
        gz, gy, gx = np.gradient(ndimage.gaussian_filter(fraction, 0.7))
        products = (gx * gx, gy * gy, gz * gz, gx * gy, gx * gz, gy * gz)
        for n, product in enumerate(products):
            slopes[n] = ndimage.gaussian_filter(product, 1.0).ravel()[voxel]
    return Sheets(voxel, power.ravel()[voxel], _facing(slopes, acceptance_deg, LEVEL), slopes)


def _facing(slopes: Volume, acceptance_deg: float, slant: Slant) -> Volume:
    """How squarely sheets face the beam, 0 to 1, from the products of their slopes."""
    along, across = np.maximum(slant.slope_weights().astype(np.float32) @ slopes, 0.0)
    tilt = np.degrees(np.arctan2(np.sqrt(across), np.sqrt(along) + 1e-9))
    return np.asarray(np.exp(-((tilt / acceptance_deg) ** 2)), np.float32)


def facing_tubes(
    tubes_mm: ArrayLike,
    shape: tuple[int, ...],
    origin_mm: ArrayLike,
    spacing_mm: float,
    a: Acoustics,
) -> Volume:
    """Return the volume fraction of the walls of ducts and vessels that face the beam.

    A tube of radius r whose axis rises by the angle b shows the beam a strip on either side: where
    the normal is within the acceptance angle c, ``sqrt(pi) c exp(-(b/c)^2) r`` wide.  The strips
    are laid at the top and the bottom of the tube.

    Parameters
    ----------
    tubes_mm : array_like (n, 7)
        Start (3), end (3) and radius.
    shape : tuple of int
        Voxels (nz, ny, nx).
    origin_mm, spacing_mm : array_like (3,), float
        Centre of voxel [0, 0, 0] as (x, y, z), and voxel size.
    a : Acoustics
        Constants.
    """
    h, origin = spacing_mm, np.asarray(origin_mm, np.float64)
    found = np.zeros(int(np.prod(shape)))
    tubes = np.asarray(tubes_mm, np.float64).reshape(-1, 7)
    way = tubes[:, 3:6] - tubes[:, :3]
    length = np.maximum(np.linalg.norm(way, axis=1), 1e-9)
    rise = np.arcsin(np.minimum(np.abs(way[:, 2]) / length, 1.0))
    c = math.radians(a.specular_acceptance_deg)
    radius = tubes[:, 6]
    strip = math.sqrt(math.pi) * c * np.exp(-((rise / c) ** 2)) * radius * a.wall_mm
    steps = np.maximum(np.ceil(length / (0.5 * h)), 1.0).astype(int)
    which = np.repeat(np.arange(len(tubes)), steps)
    share = (np.arange(len(which)) - np.repeat(np.cumsum(steps) - steps, steps) + 0.5)[:, None]
    middle = tubes[which, :3] + share / steps[which, None] * way[which]
    amount = (strip * length / steps)[which] / h**3
    for side in (-1.0, 1.0):
        place = middle + side * radius[which, None] * (0.0, 0.0, 1.0)
        at = (place - origin)[:, ::-1] / h
        # Not shared between slices: an interface is thinner than any of them.
        at[:, 0] = np.rint(at[:, 0])
        low = np.floor(at).astype(int)
        part = at - low
        for corner in ((0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)):
            node = low + corner
            inside = ((node >= 0) & (node < shape)).all(axis=1)
            weight = np.where(corner, part, 1.0 - part).prod(axis=1) * amount
            flat = np.ravel_multi_index(tuple(node[inside].T), shape)
            found += np.bincount(flat, weight[inside], minlength=found.size)
    return np.asarray(found.reshape(shape), np.float32)
