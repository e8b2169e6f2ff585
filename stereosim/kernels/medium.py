"""Loss of sound on its way through tissue; serves :mod:`stereosim.imaging.ultrasound.medium`."""

from __future__ import annotations

from typing import Any

import numpy as np

from stereosim.kernels._jit import njit


@njit
def spread_loss(
    attenuation: Any,
    mean: Any,
    loss: Any,
    taps_y: Any,
    taps_x: Any,
    above: int,
    speck: Any,
    speck_loss: Any,
    out: Any,
) -> None:
    """Sum the loss over that of the mean tissue down the slices; between them it spreads sideways.

    Taps are used as their even and their odd part: level, the odd one is 0 and the sums are those
    of ``scipy.ndimage.gaussian_filter``, bit for bit.

    Parameters
    ----------
    attenuation : float32 (nz, ny, nx)
        Attenuation of each voxel.
    mean, loss : float64 (nz,)
        What of it is made up for in each slice, and the loss (dB) there of an attenuation of 1.
    taps_y, taps_x : float64 (2 n + 1,)
        How the loss spreads from one slice to the next, along rows and columns; at the rims the
        outermost voxel goes on.
    above : int
        Slices above the skin, which lose nothing.
    speck, speck_loss : int64 (n, 3) and float64 (n,)
        Slice, row and column of small things in the order of the slices, and the loss behind them.
    out : float32 (nz, ny, nx)
        Result, in the middle of each voxel, dB.
    """
    nz, ny, nx = attenuation.shape
    summed = np.zeros((ny, nx))
    spread = np.zeros((ny, nx))
    ry, rx = taps_y.size // 2, taps_x.size // 2
    line = np.empty(nx + 2 * rx)
    n = 0
    out[:above] = 0.0
    for k in range(above, nz):
        for j in range(ny):
            for i in range(nx):
                half = 0.5 * ((attenuation[k, j, i] - mean[k]) * loss[k])
                here = summed[j, i] + half
                out[k, j, i] = here
                summed[j, i] = here + half
        while n < speck_loss.size and speck[n, 0] <= k:
            if speck[n, 0] == k:
                summed[speck[n, 1], speck[n, 2]] += speck_loss[n]
            n += 1
        for j in range(ny):
            into = spread[j]
            middle = summed[j]
            for i in range(nx):
                into[i] = taps_y[ry] * middle[i]
            for t in range(ry, 0, -1):
                even = 0.5 * (taps_y[ry + t] + taps_y[ry - t])
                odd = 0.5 * (taps_y[ry + t] - taps_y[ry - t])
                before, after = summed[max(j - t, 0)], summed[min(j + t, ny - 1)]
                for i in range(nx):
                    into[i] += (before[i] + after[i]) * even + (before[i] - after[i]) * odd
        for j in range(ny):
            line[:rx] = spread[j, 0]
            line[rx : rx + nx] = spread[j]
            line[rx + nx :] = spread[j, nx - 1]
            into = summed[j]
            for i in range(nx):
                into[i] = taps_x[rx] * line[rx + i]
            for t in range(rx, 0, -1):
                even = 0.5 * (taps_x[rx + t] + taps_x[rx - t])
                odd = 0.5 * (taps_x[rx + t] - taps_x[rx - t])
                before, after = line[rx - t :], line[rx + t :]
                for i in range(nx):
                    into[i] += (before[i] + after[i]) * even + (before[i] - after[i]) * odd
