"""Which tubes (ducts, vessels) pass near which cell of a grid.

Serves :mod:`stereosim_phantoms.anatomy`; tubes and cells as in :mod:`.kernels.tissue`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim_phantoms.kernels._jit import njit


@njit
def tube_cells(tubes: Any, margin: float, cells: Any, counts: Any, starts: Any, items: Any) -> int:
    """List, for every cell, the tubes that come within `margin` of it; return the number listed.

    Called twice: with an empty `items` it counts, and leaves in ``starts`` (one longer than the
    cells) where each list begins; then it fills `items`.
    """
    size = cells[3]
    filling = items.shape[0] > 0
    used = np.zeros(starts.shape[0], dtype=np.int64)
    span = np.zeros((3, 2), dtype=np.int64)
    for n in range(tubes.shape[0]):
        tube = tubes[n]
        reach = max(tube[7], tube[7] + tube[8]) + margin
        for axis in range(3):
            low = tube[axis] + min(tube[axis + 3], 0.0) - reach - cells[axis]
            high = tube[axis] + max(tube[axis + 3], 0.0) + reach - cells[axis]
            span[axis, 0] = max(int(math.floor(low / size)), 0)
            span[axis, 1] = min(int(math.floor(high / size)), counts[axis] - 1)
        nearest = 0.867 * size + reach  # half the diagonal of a cell
        for k in range(span[2, 0], span[2, 1] + 1):
            pz = cells[2] + (k + 0.5) * size - tube[2]
            for j in range(span[1, 0], span[1, 1] + 1):
                py = cells[1] + (j + 0.5) * size - tube[1]
                for i in range(span[0, 0], span[0, 1] + 1):
                    px = cells[0] + (i + 0.5) * size - tube[0]
                    t = min(max((px * tube[3] + py * tube[4] + pz * tube[5]) * tube[6], 0.0), 1.0)
                    gap = (
                        (px - t * tube[3]) ** 2 + (py - t * tube[4]) ** 2 + (pz - t * tube[5]) ** 2
                    )
                    if gap < nearest * nearest:
                        cell = (k * counts[1] + j) * counts[0] + i
                        if filling:
                            items[starts[cell] + used[cell]] = n
                        used[cell] += 1
    if not filling:
        starts[0] = 0
        for cell in range(starts.shape[0] - 1):
            starts[cell + 1] = starts[cell] + used[cell]
    return int(starts[-1])
