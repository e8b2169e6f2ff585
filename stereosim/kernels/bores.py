"""Compiled side of :mod:`stereosim.biopsy.capture`: what is left beside the bores of earlier cores.

Frames and bins are those of :mod:`stereosim.kernels.capture`.
"""

from __future__ import annotations

import numpy as np

from stereosim.kernels._jit import njit
from stereosim.kernels.capture import BINS, Floats, _angle_bin

GOLDEN = 0.6180339887498949


@njit
def _is_tissue(
    x: float,
    y: float,
    z: float,
    last: int,
    centres: Floats,
    frames: Floats,
    halves: Floats,
    voids: Floats,
    shifts: Floats,
) -> bool:
    """Trace a place back through the bores ``last - 1 .. 0``: whether there is tissue in it."""
    for k in range(last - 1, -1, -1):
        dx, dy, dz = x - centres[k, 0], y - centres[k, 1], z - centres[k, 2]
        along = frames[k, 2, 0] * dx + frames[k, 2, 1] * dy + frames[k, 2, 2] * dz
        if abs(along) > halves[k]:
            continue
        right = frames[k, 0, 0] * dx + frames[k, 0, 1] * dy + frames[k, 0, 2] * dz
        twelve = frames[k, 1, 0] * dx + frames[k, 1, 1] * dy + frames[k, 1, 2] * dz
        square = right * right + twelve * twelve
        b = _angle_bin(right, twelve)
        if square < voids[k, b] or square + shifts[k, b] < 0.0:
            return False
        if square > 0.0 and shifts[k, b] != 0.0:
            # Where it was before this bore's closures and bleeding: further out by the area that
            # has come in since, or further in by what blood has pushed outward.
            more = np.sqrt((square + shifts[k, b]) / square) - 1.0
            x += more * (right * frames[k, 0, 0] + twelve * frames[k, 1, 0])
            y += more * (right * frames[k, 0, 1] + twelve * frames[k, 1, 1])
            z += more * (right * frames[k, 0, 2] + twelve * frames[k, 1, 2])
    return True


@njit
def emptied_area(
    first: int,
    count: int,
    reach2: float,
    centres: Floats,
    frames: Floats,
    halves: Floats,
    voids: Floats,
    shifts: Floats,
    n_axial: int,
    n_radial: int,
) -> Floats:
    """Return, per clock bin, the rho^2 of tissue that a core takes, averaged over the aperture.

    Parameters
    ----------
    first, count : int
        First bin of the core's sector and number of bins.
    reach2 : float
        Square of the reach, mm^2, in coordinates of tissue with the needle out.
    centres, frames, halves, voids, shifts : ndarray, shapes (k, 3), (k, 3, 3), (k,), (k, 360) twice
        The bores in the order in which they were made; the core is taken from the last one.  Void
        and shift are the rho^2 (mm^2) that is empty, and that has come in from outside.
    n_axial, n_radial : int
        Points along the aperture and in rho^2 per bin; used only when older bores exist.

    Returns
    -------
    ndarray, shape (360,)
        mm^2; zero outside the sector.  The core's volume is ``aperture * sum / 2 * (pi / 180)``.
    """
    taken = np.zeros(BINS)
    now = len(halves) - 1
    for j in range(count):
        b = (first + j) % BINS
        low = voids[now, b]
        width = reach2 - low
        if width <= 0.0:
            continue
        if now == 0:
            taken[b] = width
            continue
        theta = np.radians(b + 0.5)
        sine, cosine = np.sin(theta), np.cos(theta)
        found = 0
        for i in range(n_axial):
            along = halves[now] * ((2.0 * i + 1.0) / n_axial - 1.0)
            # Each line of points starts elsewhere: the edge of an old void, at one radius in many
            # bins, would else fall between the same two points in all of them (3 % of the mass).
            start = (GOLDEN * (j * n_axial + i)) % 1.0
            for m in range(n_radial):
                # Where this tissue was before the present bore closed on it.
                square = low + width * (m + start) / n_radial + shifts[now, b]
                rho = np.sqrt(max(square, 0.0))
                right, twelve = rho * sine, rho * cosine
                if _is_tissue(
                    centres[now, 0]
                    + right * frames[now, 0, 0]
                    + twelve * frames[now, 1, 0]
                    + along * frames[now, 2, 0],
                    centres[now, 1]
                    + right * frames[now, 0, 1]
                    + twelve * frames[now, 1, 1]
                    + along * frames[now, 2, 1],
                    centres[now, 2]
                    + right * frames[now, 0, 2]
                    + twelve * frames[now, 1, 2]
                    + along * frames[now, 2, 2],
                    now,
                    centres,
                    frames,
                    halves,
                    voids,
                    shifts,
                ):
                    found += 1
        taken[b] = width * found / (n_axial * n_radial)
    return taken
