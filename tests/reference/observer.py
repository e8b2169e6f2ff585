"""Search of the ultrasound image, slow and obvious."""

import math

import numpy as np


def ring_contrast(point, smooth, down, across, rank, out):
    """Sort the ring of every pixel."""
    rows, columns = point.shape
    for r, c in np.ndindex(point.shape):
        i = np.clip(r + down, 0, rows - 1)
        j = np.clip(c + across, 0, columns - 1)
        level = np.sort(smooth[i, j])[::-1][rank]
        out[r, c] = 10 * math.log10((point[r, c] + 1e-12) / (level + 1e-12))
