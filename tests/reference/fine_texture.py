"""Sheets of texture, pixel by pixel."""

import numpy as np

from tests.reference.voxel_projection import bilinear


def add_sheet(amplitude, tile, rows, columns, out):
    """Interpolate strength and noise at each pixel."""
    side = len(tile)
    wide = np.pad(tile, ((0, 1), (0, 1)), mode="wrap")
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            y, x = rows[0] @ [1, r], columns[0] @ [1, c]
            m, n = amplitude.shape
            strength = bilinear(amplitude, np.clip(y, 0, m - 1), np.clip(x, 0, n - 1))
            t, s = rows[1] @ [1, r], columns[1] @ [1, c]
            out[r, c] += strength * bilinear(wide, t % side, s % side)
