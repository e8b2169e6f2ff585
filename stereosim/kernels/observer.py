"""Search of the ultrasound image; serves :mod:`stereosim.imaging.ultrasound.observer`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim.kernels._jit import njit


@njit
def ring_contrast(point: Any, smooth: Any, down: Any, across: Any, rank: int, out: Any) -> None:
    """Level of each pixel over its surroundings, dB.

    The surroundings are the values of `smooth` at the offsets (`down`, `across`) around the pixel;
    the `rank`-th largest of them is taken (0 the largest): a bright line, which is bright in two of
    the places, is no focus, whatever its level.

    Parameters
    ----------
    point, smooth : float32 (rows, columns)
        Intensity at the scale of a focus and at that of its surroundings.
    down, across : int64 (n,)
        Offsets in pixels; those beyond the edge are taken at the edge.
    rank : int
        Which of the sorted surroundings is compared with.
    out : float32 (rows, columns)
        Result; 0 where both are 0.
    """
    rows, columns = point.shape
    ring = np.empty(down.size, np.float64)
    for r in range(rows):
        for c in range(columns):
            for k in range(down.size):
                i = min(max(r + down[k], 0), rows - 1)
                j = min(max(c + across[k], 0), columns - 1)
                ring[k] = smooth[i, j]
            for picked in range(rank + 1):  # partial selection sort
                best = picked
                for k in range(picked + 1, down.size):
                    if ring[k] > ring[best]:
                        best = k
                ring[picked], ring[best] = ring[best], ring[picked]
            inside = point[r, c] + 1e-12
            out[r, c] = 10.0 * math.log10(inside / (ring[rank] + 1e-12))
