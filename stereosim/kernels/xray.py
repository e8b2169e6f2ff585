"""From the coarse grid of the background to the pixels of the detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit


@njit
def _cubic_weights(
    position: float, n: int, index: NDArray[np.int64], weight: NDArray[np.float32]
) -> None:
    """Fill the four samples next to `position` and their weights (Catmull-Rom), ends repeated."""
    base = int(np.floor(position))
    t = position - base
    for k in range(4):
        index[k] = min(max(base - 1 + k, 0), n - 1)
    weight[0] = np.float32(0.5 * t * (-1.0 + t * (2.0 - t)))
    weight[1] = np.float32(0.5 * (2.0 + t * t * (-5.0 + 3.0 * t)))
    weight[2] = np.float32(0.5 * t * (1.0 + t * (4.0 - 3.0 * t)))
    weight[3] = np.float32(0.5 * t * t * (t - 1.0))


@njit(fastmath=True)
def enlarge(
    coarse: NDArray[np.float32],
    row_start: float,
    row_step: float,
    column_start: float,
    column_step: float,
    out: NDArray[np.float32],
) -> None:
    """Interpolate `coarse` bicubically (Catmull-Rom) at regular fractional positions.

    ``out[r, c]`` is the value at row ``row_start + r row_step`` and column ``column_start + c
    column_step`` of `coarse`; beyond the edges the last line is repeated.

    Parameters
    ----------
    coarse : ndarray of float32, shape (m, n)
        Samples.
    row_start, row_step, column_start, column_step : float
        Where in `coarse` the output lies, in samples.
    out : ndarray of float32, shape (rows, columns)
        Receives the values.
    """
    m, n = coarse.shape
    rows, columns = out.shape
    column_index = np.empty((columns, 4), np.int64)
    column_weight = np.empty((columns, 4), np.float32)
    for c in range(columns):
        _cubic_weights(column_start + c * column_step, n, column_index[c], column_weight[c])
    index = np.empty(4, np.int64)
    weight = np.empty(4, np.float32)
    line = np.empty(n, np.float32)
    for r in range(rows):
        _cubic_weights(row_start + r * row_step, m, index, weight)
        a, b = coarse[index[0]], coarse[index[1]]
        d, e = coarse[index[2]], coarse[index[3]]
        for i in range(n):
            line[i] = weight[0] * a[i] + weight[1] * b[i] + weight[2] * d[i] + weight[3] * e[i]
        for c in range(columns):
            total = np.float32(0.0)
            for k in range(4):
                total += column_weight[c, k] * line[column_index[c, k]]
            out[r, c] = total
