"""Catmull-Rom interpolation from the definition of its kernel."""

import numpy as np


def enlarge(coarse, row_start, row_step, column_start, column_step, out):
    """Sum the sixteen neighbours of each place with the weight of their distance."""
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            y, x = row_start + r * row_step, column_start + c * column_step
            total = 0.0
            for j in range(int(np.floor(y)) - 1, int(np.floor(y)) + 3):
                for i in range(int(np.floor(x)) - 1, int(np.floor(x)) + 3):
                    inside_j = min(max(j, 0), coarse.shape[0] - 1)
                    inside_i = min(max(i, 0), coarse.shape[1] - 1)
                    total += weight(y - j) * weight(x - i) * coarse[inside_j, inside_i]
            out[r, c] = total


def weight(distance):
    """Keys' cubic convolution kernel with a = -1/2."""
    d = abs(distance)
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    if d < 2:
        return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return 0.0
