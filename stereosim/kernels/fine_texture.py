"""Thin sheets of noise that stand for the tissue's texture below the size of a voxel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit


@njit(fastmath=True)
def add_sheet(
    amplitude: NDArray[np.float32],
    tile: NDArray[np.float32],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Add a sheet of noise, as the rays through the pixels of `out` meet it.

    Parameters
    ----------
    amplitude : ndarray of float32, shape (m, n)
        What the noise is multiplied by, interpolated; beyond the edges it goes on as there.
    tile : ndarray of float32, shape (side, side), side a power of two
        Periodic noise, interpolated.
    rows, columns : ndarray, shape (2, 2)
        Place of pixel 0 and step of a pixel, in samples of `amplitude` (first) and of `tile`.
    out : ndarray of float32, shape (height, width)
        Gains amplitude times noise.
    """
    m, n = amplitude.shape
    height, width = out.shape
    mask = tile.shape[0] - 1
    index, texel = np.empty((2, width), np.uint32), np.empty((2, width), np.uint32)
    share, part = np.empty(width, np.float32), np.empty(width, np.float32)
    for c in range(width):
        x = min(max(columns[0, 0] + columns[0, 1] * c, 0.0), n - 1.0)
        index[0, c] = np.uint32(x)
        index[1, c] = min(np.uint32(x) + np.uint32(1), np.uint32(n - 1))
        share[c] = np.float32(x - np.floor(x))
        t = columns[1, 0] + columns[1, 1] * c
        whole = int(np.floor(t))
        texel[0, c] = np.uint32(whole & mask)
        texel[1, c] = np.uint32((whole + 1) & mask)
        part[c] = np.float32(t - whole)
    # Line j stands in strengths[j & 1] or noises[j & 1] while it is the one held there; strengths
    # are not zero from `first` to before `last`.
    strengths, noises = np.empty((2, width), np.float32), np.empty((2, width), np.float32)
    held, heard = np.full(2, -1), np.full(2, -1)
    first, last = np.zeros(2, np.int64), np.zeros(2, np.int64)
    for r in range(height):
        y = min(max(rows[0, 0] + rows[0, 1] * r, 0.0), m - 1.0)
        j = int(y)
        j1 = min(j + 1, m - 1)
        for i in (j, j1):
            if held[i & 1] != i:
                held[i & 1] = i
                line, strength = amplitude[i], strengths[i & 1]
                for c in range(width):
                    left = line[index[0, c]]
                    strength[c] = left + share[c] * (line[index[1, c]] - left)
                low, high = 0, width
                while low < high and strength[low] == 0.0:
                    low += 1
                while high > low and strength[high - 1] == 0.0:
                    high -= 1
                first[i & 1], last[i & 1] = (low, high) if low < high else (width, 0)
        start, stop = min(first[j & 1], first[j1 & 1]), max(last[j & 1], last[j1 & 1])
        if start >= stop:
            continue
        t = rows[1, 0] + rows[1, 1] * r
        whole = int(np.floor(t))
        k, k1 = whole & mask, (whole + 1) & mask
        for i in (k, k1):
            if heard[i & 1] != i:
                heard[i & 1] = i
                line, noise = tile[i], noises[i & 1]
                for c in range(width):
                    left = line[texel[0, c]]
                    noise[c] = left + part[c] * (line[texel[1, c]] - left)
        a, b, p, q = strengths[j & 1], strengths[j1 & 1], noises[k & 1], noises[k1 & 1]
        sums = out[r]
        v, w = np.float32(y - j), np.float32(t - whole)
        for c in range(start, stop):
            sums[c] += (a[c] + v * (b[c] - a[c])) * (p[c] + w * (q[c] - p[c]))
