"""Line integrals of a voxel volume onto a detector that lies parallel to the slices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit

# Eight detector rows share a slice's lines while these are in the cache.
BAND = 8


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
    one shift: bilinear weights split into columns and rows, and a row of samples needs one blend
    of two voxel lines and one gather.  Beyond its faces in x and y the volume goes on as at the
    face; beyond its faces in z there is nothing.

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
        Receives the integrals.
    """
    nz, ny, nx = volume.shape
    rows, columns = out.shape
    u0, du, v0, dv, plane_z = detector
    height = source[2] - plane_z
    index = np.empty(columns, np.uint32)
    weight = np.empty(columns, np.float32)
    line = np.empty(nx + 1, np.float32)
    total = np.empty((BAND, columns), np.float32)
    for first in range(0, rows, BAND):
        count = min(BAND, rows - first)
        total[:] = np.float32(0.0)
        for k in range(nz):
            shrink = (source[2] - (origin[2] + k * spacing[2])) / height
            a = (source[0] + shrink * (u0 - source[0]) - origin[0]) / spacing[0]
            b = shrink * du / spacing[0]
            for c in range(columns):
                x = min(max(a + b * c, 0.0), nx - 1.0)
                whole = np.uint32(x)
                index[c] = whole
                weight[c] = np.float32(x - whole)
            for r in range(count):
                v = v0 + (first + r) * dv
                y = (source[1] + shrink * (v - source[1]) - origin[1]) / spacing[1]
                y = min(max(y, 0.0), ny - 1.0)
                j = int(y)
                j1 = min(j + 1, ny - 1)
                share = np.float32(y - j)
                low = volume[k, j]
                high = volume[k, j1]
                for i in range(nx):
                    line[i] = low[i] + share * (high[i] - low[i])
                line[nx] = line[nx - 1]
                sums = total[r]
                for c in range(columns):
                    left = line[index[c]]
                    sums[c] += left + weight[c] * (line[index[c] + np.uint32(1)] - left)
        for r in range(count):
            dy = v0 + (first + r) * dv - source[1]
            for c in range(columns):
                dx = u0 + c * du - source[0]
                slant = np.sqrt(dx * dx + dy * dy + height * height) / height
                out[first + r, c] = np.float32(total[r, c] * spacing[2] * slant)
