"""Search of images: foci in ultrasound, and the matched filters of the search for specks.

They serve :mod:`stereosim.imaging.ultrasound.observer` and :mod:`stereosim.imaging.prewhitening`.
"""

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
    largest = np.empty((rank + 1, columns), np.float32)  # of a row's surroundings, sorted
    for r in range(rows):
        largest[:] = -np.inf
        for k in range(down.size):
            line = smooth[min(max(r + down[k], 0), rows - 1)]
            step = across[k]
            # Where no edge is near there is neither a clamp nor a branch, so that the compiler
            # takes several columns at once; `out` carries what falls out on to the next place.
            first = min(max(-step, 0), columns)
            last = max(min(columns - step, columns), first)
            for c in range(first):
                _keep_largest(largest, c, line[0])
            for p in range(rank + 1):
                for c in range(first, last):
                    value = line[c + step] if p == 0 else out[r, c]
                    kept = largest[p, c]
                    largest[p, c] = value if value > kept else kept
                    out[r, c] = kept if value > kept else value
            for c in range(last, columns):
                _keep_largest(largest, c, line[columns - 1])
        for c in range(columns):
            inside = point[r, c] + 1e-12
            out[r, c] = 10.0 * math.log10(inside / (largest[rank, c] + 1e-12))


@njit
def _keep_largest(largest: Any, column: int, value: Any) -> None:
    """Put `value` in its place among the sorted values of a column; the smallest falls out."""
    for p in range(largest.shape[0]):
        kept = largest[p, column]
        if value > kept:
            largest[p, column], value = value, kept


@njit
def ring_power(spectrum: Any, columns: int, pitch: float, width: float, out: Any) -> None:
    """Sum the power of a real image's transform over rings of equal frequency.

    Parameters
    ----------
    spectrum : complex64 (rows, columns // 2 + 1)
        Half plane, as ``scipy.fft.rfft2`` gives it.
    columns : int
        Columns of the image.
    pitch, width : float
        Pixel pitch in mm; width of a ring in 1/mm.
    out : float64 (n, 4)
        For each ring the number of samples of the whole plane, their power, and their sums of
        (2 pi f)^2 along columns (x) and along rows (y).
    """
    rows, half = spectrum.shape
    out[:] = 0.0
    for r in range(rows):
        fy = (r if 2 * r <= rows else r - rows) / (rows * pitch)
        for c in range(half):
            fx = c / (columns * pitch)
            ring = int(math.sqrt(fy * fy + fx * fx) / width)
            # All but the columns at zero and Nyquist stand for their mirror images as well.
            times = 1.0 if c == 0 or 2 * c == columns else 2.0
            value = spectrum[r, c]
            out[ring, 0] += times
            out[ring, 1] += times * (value.real * value.real + value.imag * value.imag)
            out[ring, 2] += times * (2.0 * math.pi * fx) ** 2
            out[ring, 3] += times * (2.0 * math.pi * fy) ** 2


@njit
def ring_filter(
    spectrum: Any, columns: int, pitch: float, width: float, gains: Any, out: Any
) -> None:
    """Multiply a half plane by the gain of the ring that each sample is in.

    Parameters
    ----------
    spectrum : complex64 (rows, columns // 2 + 1)
        Half plane.
    columns, pitch, width
        As in :func:`ring_power`.
    gains : float32 (n,)
        Gain of each ring.
    out : complex64 (rows, columns // 2 + 1)
        Result.
    """
    rows, half = spectrum.shape
    along = np.empty(half, np.float64)
    for c in range(half):
        along[c] = (c / (columns * pitch)) ** 2
    for r in range(rows):
        across = ((r if 2 * r <= rows else r - rows) / (rows * pitch)) ** 2
        for c in range(half):
            out[r, c] = spectrum[r, c] * gains[int(math.sqrt(across + along[c]) / width)]


@njit(fastmath=True)
def keep_strongest(response: Any, noise: Any, size: int, best: Any) -> None:
    """Divide a response by its local noise and keep it where it is stronger than all before.

    Parameters
    ----------
    response : float32 (rows, columns)
        Response of one template; overwritten with the quotient.
    noise : float32 (m, n)
        Noise over square tiles, taken as linear between their centres and constant beyond.
    size : int
        Edge of a tile in pixels.
    best : float32 (rows, columns)
        Strongest response so far, updated.
    """
    rows, columns = response.shape
    m, n = noise.shape
    lines = np.empty((m, columns), np.float32)
    for c in range(columns):
        place = min(max((c + 0.5) / size - 0.5, 0.0), n - 1.0)
        left = int(place)
        right = min(left + 1, n - 1)
        for i in range(m):
            lines[i, c] = noise[i, left] + (place - left) * (noise[i, right] - noise[i, left])
    for r in range(rows):
        place = min(max((r + 0.5) / size - 0.5, 0.0), m - 1.0)
        above = int(place)
        share = np.float32(place - above)
        upper, lower = lines[above], lines[min(above + 1, m - 1)]
        for c in range(columns):
            value = response[r, c] / (upper[c] + share * (lower[c] - upper[c]))
            response[r, c] = value
            best[r, c] = max(best[r, c], value)
