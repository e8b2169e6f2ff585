"""Line integrals of a voxel volume onto a detector that lies parallel to the slices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit


@njit(fastmath=True)
def _sample_line(
    line: NDArray[np.float32],
    index: NDArray[np.uint32],
    weight: NDArray[np.float32],
    following: np.uint32,
    out: NDArray[np.float32],
) -> None:
    """Interpolate a voxel line at every column; unsigned indices let the loop be vectorised."""
    for c in range(out.shape[0]):
        left = line[index[c]]
        out[c] = left + weight[c] * (line[index[c] + following] - left)


@njit(fastmath=True)
def project_slices(
    volume: NDArray[np.float32],
    origin: NDArray[np.float64],
    spacing: NDArray[np.float64],
    source: NDArray[np.float64],
    detector: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Integrate `volume` along the rays from `source` to each detector sample (Joseph's method).

    The detector plane is parallel to the slices, so each slice maps onto it by one scale and
    one shift, and bilinear weights split into columns and rows: a voxel line is interpolated at
    the columns once, and a row of samples is a blend of two such lines.  Beyond its faces in x
    and y the volume goes on as at the face; beyond its faces in z there is nothing.

    Parameters
    ----------
    volume : ndarray of float32, shape (nz, ny, nx), nx and ny at least 1
        Values per mm, slices along z.
    origin : ndarray, shape (3,)
        Centre of voxel [0, 0, 0] as (x, y, z).
    spacing : ndarray, shape (3,)
        Voxel pitch along x, y and z.
    source : ndarray, shape (3,)
        Focal spot.
    detector : ndarray, shape (5,)
        (u of column 0, step of a column, v of row 0, step of a row, z of the plane).
    out : ndarray of float32, shape (rows, columns)
        Receives the integrals; so few rows that it stays in the cache, for it is gone through
        once a slice.
    """
    nz, ny, nx = volume.shape
    rows, columns = out.shape
    u0, du, v0, dv, plane_z = detector
    height = source[2] - plane_z
    index = np.empty(columns, np.uint32)
    weight = np.empty(columns, np.float32)
    last, following = np.uint32(max(nx - 2, 0)), np.uint32(min(nx - 1, 1))
    # Voxel line j at the columns stands in lines[j & 1] while held[j & 1] is j.
    lines = np.empty((2, columns), np.float32)
    held = np.empty(2, np.int64)
    out[:] = np.float32(0.0)
    for k in range(nz):
        shrink = (source[2] - (origin[2] + k * spacing[2])) / height
        a = (source[0] + shrink * (u0 - source[0]) - origin[0]) / spacing[0]
        b = shrink * du / spacing[0]
        for c in range(columns):
            x = min(max(a + b * c, 0.0), nx - 1.0)
            whole = min(np.uint32(x), last)
            index[c] = whole
            weight[c] = np.float32(x - whole)
        held[:] = -1
        for r in range(rows):
            v = v0 + r * dv
            y = (source[1] + shrink * (v - source[1]) - origin[1]) / spacing[1]
            y = min(max(y, 0.0), ny - 1.0)
            j = int(y)
            j1 = min(j + 1, ny - 1)
            for i in (j, j1):
                if held[i & 1] != i:
                    held[i & 1] = i
                    _sample_line(volume[k, i], index, weight, following, lines[i & 1])
            low, high, sums = lines[j & 1], lines[j1 & 1], out[r]
            share = np.float32(y - j)
            for c in range(columns):
                sums[c] += low[c] + share * (high[c] - low[c])
    for r in range(rows):
        dy = v0 + r * dv - source[1]
        for c in range(columns):
            dx = u0 + c * du - source[0]
            slant = np.sqrt(dx * dx + dy * dy + height * height) / height
            out[r, c] *= np.float32(spacing[2] * slant)
