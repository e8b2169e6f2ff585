"""Loss of sound on its way through tissue; serves :mod:`stereosim.imaging.ultrasound.medium`."""

from __future__ import annotations

from typing import Any

import numpy as np

from stereosim.kernels._jit import njit


@njit
def _spread(plane: Any, work: Any, line: Any, taps_y: Any, taps_x: Any) -> None:
    """Blur `plane` (ny, nx) in place, the outermost values going on at its rims.

    Taps are used as their even and their odd part: level, the odd one is 0 and the sums are those
    of ``scipy.ndimage.gaussian_filter``, bit for bit.
    """
    ny, nx = plane.shape
    ry, rx = taps_y.size // 2, taps_x.size // 2
    for j in range(ny):
        into = work[j]
        middle = plane[j]
        for i in range(nx):
            into[i] = taps_y[ry] * middle[i]
        for t in range(ry, 0, -1):
            even = 0.5 * (taps_y[ry + t] + taps_y[ry - t])
            odd = 0.5 * (taps_y[ry + t] - taps_y[ry - t])
            before, after = plane[max(j - t, 0)], plane[min(j + t, ny - 1)]
            for i in range(nx):
                into[i] += (before[i] + after[i]) * even + (before[i] - after[i]) * odd
    for j in range(ny):
        line[:rx] = work[j, 0]
        line[rx : rx + nx] = work[j]
        line[rx + nx :] = work[j, nx - 1]
        into = plane[j]
        for i in range(nx):
            into[i] = taps_x[rx] * line[rx + i]
        for t in range(rx, 0, -1):
            even = 0.5 * (taps_x[rx + t] + taps_x[rx - t])
            odd = 0.5 * (taps_x[rx + t] - taps_x[rx - t])
            before, after = line[rx - t :], line[rx + t :]
            for i in range(nx):
                into[i] += (before[i] + after[i]) * even + (before[i] - after[i]) * odd


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
    line = np.empty(nx + 2 * (taps_x.size // 2))
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
        _spread(summed, spread, line, taps_y, taps_x)


@njit
def spread_shade(
    stops: Any, taps_y: Any, taps_x: Any, fall: float, through: Any, stopped: Any
) -> None:
    """Take out of the beam what something opaque stops, slice by slice; what is left spreads.

    Parameters
    ----------
    stops : float32 (nz, ny, nx)
        Share of the section of each voxel that lets no sound through.
    taps_y, taps_x : float64 (2 n + 1,)
        As in :func:`spread_loss`.
    fall : float
        Share of what has been stopped that counts one slice deeper.
    through : float32 (nz, ny, nx)
        Result: share of the beam that reaches each voxel.
    stopped : float32 (nz, ny, nx)
        Result: what has been stopped above each voxel, the less the farther above.
    """
    nz, ny, nx = stops.shape
    beam, lost = np.ones((ny, nx)), np.zeros((ny, nx))
    work = np.empty((ny, nx))
    line = np.empty(nx + 2 * (taps_x.size // 2))
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                through[k, j, i] = beam[j, i]
                stopped[k, j, i] = lost[j, i]
                share = beam[j, i] * stops[k, j, i]
                beam[j, i] -= share
                lost[j, i] = fall * (lost[j, i] + share)
        _spread(beam, work, line, taps_y, taps_x)
        _spread(lost, work, line, taps_y, taps_x)
