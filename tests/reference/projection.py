"""Projection, slow and obvious."""

import numpy as np


def project_points(matrix, points):
    """One matrix product and one division per point."""
    pixels, depths = [], []
    for point in points:
        column, row, depth = matrix @ np.append(point, 1.0)
        pixels.append([column / depth, row / depth])
        depths.append(depth)
    return np.array(pixels), np.array(depths)
