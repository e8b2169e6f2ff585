"""Points through a pinhole camera whose image plane is the detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit

Floats = NDArray[np.float64]


@njit
def project_points(matrix: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Project points by a 3x4 matrix.

    Parameters
    ----------
    matrix : (3, 4) ndarray
        Homogeneous pixel (column, row, 1) times depth from homogeneous millimetres.
    points : (n, 3) ndarray
        Positions in mm.

    Returns
    -------
    pixels : (n, 2) ndarray
        Column and row; meaningless where `depth` is not positive.
    depth : (n,) ndarray
        Third homogeneous coordinate; for the matrices of
        :class:`stereosim.geometry.views.View` the distance from the source as a fraction of that
        of the detector plane.
    """
    n = points.shape[0]
    pixels = np.empty((n, 2))
    depth = np.empty(n)
    for i in range(n):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3]
        column = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3]
        row = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3]
        depth[i] = w
        # np.divide follows IEEE 754 where Python's own sign raises on zero.
        pixels[i, 0] = np.divide(column, w)
        pixels[i, 1] = np.divide(row, w)
    return pixels, depth
