"""Sheets of texture, pixel by pixel."""

import numpy as np

from tests.reference.voxel_projection import bilinear


def add_slopes(gland, factor, sheets, out):
    """The derivative of t^2 / (1 + t^2) where that is g, by t."""
    for k, image in enumerate(gland):
        g = np.clip(image.astype(float), 0, 1)
        t = np.sqrt(g / np.maximum(1 - g, 1e-12))
        out[sheets[k]] += factor * 2 * t / (1 + t**2) ** 2


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
