"""Intensities behind solids, one ray after the other."""

import numpy as np

from tests.reference.chords import solid_chords


def transmit_solids(
    frame, corner, centres, inverses, rods, materials, shares, boxes,
    fluence, tissue_mu, solid_mu, paths, subpixels, out,
):  # fmt: skip
    """Every pixel, every ray, every solid and every energy; no short cut."""
    source, origin, column, row = frame
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            depth = tissue_mu.T @ paths[:, r, c]
            middle = origin + (corner[0] + r) * row + (corner[1] + c) * column
            through = np.empty((1, len(materials)))
            solid_chords(source, middle[None], centres, inverses, rods, through)
            passed = 0.0
            for i in range(subpixels):
                for j in range(subpixels):
                    fr = corner[0] + r + (i + 0.5) / subpixels - 0.5
                    fc = corner[1] + c + (j + 0.5) / subpixels - 0.5
                    end = origin + fr * row + fc * column
                    chords = np.empty((1, len(materials)))
                    solid_chords(source, end[None], centres, inverses, rods, chords)
                    chords = shares * np.where(shares == 1.0, chords, through)
                    share = min(chords.sum() / paths[:, r, c].sum(), 1.0)
                    taken = chords[0] @ solid_mu[materials]
                    passed += (fluence * np.exp(-depth * (1.0 - share) - taken)).sum()
            out[r, c] = passed / subpixels**2 / (fluence * np.exp(-depth)).sum()
