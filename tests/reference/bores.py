"""Naive twins of stereosim.kernels.bores: one place at a time, in words of the model."""

import numpy as np

from tests.reference.capture import BINS, clock_bin


def tissue_at(place, bores) -> bool:
    """Undo the bores from the last to the first; False where the place is in one of their voids."""
    for centre, frame, half, void, shift in reversed(bores):
        right, twelve, along = frame @ (place - centre)
        if abs(along) > half:
            continue
        theta, rho = np.arctan2(right, twelve), np.hypot(right, twelve)
        before = rho**2 + shift[clock_bin(theta)]
        if rho**2 < void[clock_bin(theta)] or before < 0.0:
            return False
        rho = np.sqrt(before)
        place = centre + frame.T @ np.array([rho * np.sin(theta), rho * np.cos(theta), along])
    return True


def emptied_area(first, count, reach2, centres, frames, halves, voids, shifts, n_axial, n_radial):
    bores = list(zip(centres, frames, halves, voids, shifts, strict=True))
    centre, frame, half, void, shift = bores.pop()
    emptied = np.zeros(BINS)
    for j in range(count):
        b = (first + j) % BINS
        theta = np.radians(b + 0.5)
        width = max(0.0, reach2 - void[b])
        hits = []
        for i, s in enumerate(half * (2 * (np.arange(n_axial) + 0.5) / n_axial - 1)):
            start = (j * n_axial + i) * (np.sqrt(5.0) - 1) / 2 % 1
            for square in void[b] + width * (np.arange(n_radial) + start) / n_radial:
                rho = np.sqrt(max(square + shift[b], 0.0))
                local = np.array([rho * np.sin(theta), rho * np.cos(theta), s])
                hits.append(tissue_at(centre + frame.T @ local, bores))
        emptied[b] = width * np.mean(hits)
    return emptied
