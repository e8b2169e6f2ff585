"""Compiled side of :mod:`stereosim.biopsy.surrogate`: many procedures, one speck at a time.

The law itself is :func:`stereosim.kernels.capture.take_speck`.  (After a change there this file
must be touched, or Numba's cache keeps the old law in it.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit
from stereosim.kernels.capture import take_speck

Floats = NDArray[np.float64]

HAIR_MM = 1e-9  # more than rounding


@njit
def capture_batch(
    specks: Floats,
    radii: Floats,
    needles: Floats,
    directions: Floats,
    half_angle: float,
    half_aperture: float,
    reach2: float,
    outer2: float,
    piece_mm: float,
    voids: Floats,
    inflows: Floats,
    ball: Floats,
    shares: Floats,
    held: NDArray[np.int16],
    places: Floats,
) -> None:
    """Carry out n procedures of c cores on k round specks each.

    Parameters
    ----------
    specks, radii : ndarray, shapes (n, k, 3) and (n, k)
        Centres in the frame of the needle as aimed (right, twelve, along), and radii, mm; a speck
        whose first number is NaN does not exist.
    needles : ndarray, shape (n, c, 3)
        Where the aperture's centre lies for each core, mm.
    directions : ndarray, shape (c,)
        Clock angle of the middle of each core's sector, rad.
    half_angle, half_aperture, reach2, outer2, piece_mm : float
        Half the opening (rad), half length (mm), square of the reach and of the needle's outer
        radius (mm^2), smallest piece that is cut off (mm).
    voids, inflows : ndarray, shape (c, 360)
        Before each core: the empty rho^2 per clock bin; after it: the rho^2 that comes in, mm^2.
    ball : ndarray, shape (m, 3)
        Points that fill the unit ball evenly, in opposite pairs.
    shares : ndarray, shape (n, k)
        Overwritten with what is left of each speck: 1 whole, 0 gone; NaN where there is none.
    held : ndarray of int16, shape (n, c)
        Overwritten with the number of specks of which each core holds a piece.
    places : ndarray, shape (n, k, 3) or (0, k, 3)
        Overwritten with where the specks lie in the end, unless it is empty.
    """
    sines, cosines = np.sin(directions), np.cos(directions)
    sine_half, cosine_half = np.sin(half_angle), np.cos(half_angle)
    place, axes = np.empty(3), np.empty((3, 3))
    piece_place, piece_axes = np.empty(3), np.empty((3, 3))
    held[:] = 0
    for i in range(len(specks)):
        for j in range(specks.shape[1]):
            if np.isnan(specks[i, j, 0]):
                shares[i, j] = np.nan
                if len(places):
                    places[i, j] = np.nan
                continue
            axes[:] = 0.0
            for a in range(3):
                place[a] = specks[i, j, a]
                axes[a, a] = radii[i, j]
            share, size = 1.0, radii[i, j] + HAIR_MM
            for c in range(len(directions)):
                x, y = place[0] - needles[i, c, 0], place[1] - needles[i, c, 1]
                z = place[2] - needles[i, c, 2]
                # Most cores miss a speck by more than its size: they leave it as it is, and twice
                # as many procedures fit into a second where the law is not asked.
                out = abs(x * cosines[c] - y * sines[c]) * cosine_half
                out -= (x * sines[c] + y * cosines[c]) * sine_half
                if out > size or abs(z) > half_aperture + size:
                    continue
                place[0], place[1], place[2] = x, y, z
                taken = take_speck(
                    place,
                    axes,
                    piece_place,
                    piece_axes,
                    sines[c],
                    cosines[c],
                    sine_half,
                    cosine_half,
                    half_aperture,
                    reach2,
                    outer2,
                    piece_mm,
                    voids[c],
                    inflows[c],
                    ball,
                )
                for a in range(3):
                    place[a] += needles[i, c, a]
                if taken > 0.0:
                    held[i, c] += 1
                    share *= 1.0 - taken
                    size = np.inf  # what is left is no ball: ask the law
                    if share <= 0.0:
                        break
            shares[i, j] = share
            if len(places):
                places[i, j] = place
