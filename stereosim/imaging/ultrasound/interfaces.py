"""Thin interfaces that send the beam back where they face it: ligaments, walls, ducts, vessels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from stereosim.imaging.ultrasound.acoustics import Acoustics

Volume = NDArray[np.float32]


def wall_fraction(walled: Volume, spacing_mm: float, wall_mm: float) -> Volume:
    """Return the volume fraction of the walls, `wall_mm` thick, about what `walled` is a share of.

    Across a border the slope of the fraction adds up to 1, however soft it is on the voxels.
    """
    if not walled.any():
        return np.zeros_like(walled)
    slope = np.sqrt(sum(part * part for part in np.gradient(walled, spacing_mm)))
    return np.asarray(np.minimum(wall_mm * slope, 1.0), np.float32)


def facing_share(sheet: Volume, acceptance_deg: float) -> Volume:
    """How squarely thin sheets face the beam, 0 to 1.

    The structure tensor of the sheet's fraction gives the tilt of its normal; an echo within the
    acceptance angle comes back to the array.
    """
    if not sheet.any():
        return np.zeros_like(sheet)
    smooth = ndimage.gaussian_filter(sheet, 0.7)
    gz, gy, gx = np.gradient(smooth)
    along = ndimage.gaussian_filter(gz * gz, 1.0)
    across = ndimage.gaussian_filter(gx * gx + gy * gy, 1.0)
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
        low = np.floor(at).astype(int)
        part = at - low
        for corner in np.ndindex(2, 2, 2):
            node = low + corner
            inside = ((node >= 0) & (node < shape)).all(axis=1)
            weight = np.where(corner, part, 1.0 - part).prod(axis=1) * amount
            flat = np.ravel_multi_index(tuple(node[inside].T), shape)
            found += np.bincount(flat, weight[inside], minlength=found.size)
    return np.asarray(found.reshape(shape), np.float32)
