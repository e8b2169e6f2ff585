"""Naive twins of stereosim.kernels.capture: one place at a time, in words of the model."""

import numpy as np

BINS = 360


def clock_bin(theta: float) -> int:
    return int(np.floor(np.degrees(theta))) % BINS


def tissue_at(place, bores) -> bool:
    """Undo the bores from the last to the first; False where the place is in one of their voids."""
    for centre, frame, half, void, shift in reversed(bores):
        right, twelve, along = frame @ (place - centre)
        if abs(along) > half:
            continue
        theta, rho = np.arctan2(right, twelve), np.hypot(right, twelve)
        if rho**2 < void[clock_bin(theta)]:
            return False
        rho = np.sqrt(rho**2 + shift[clock_bin(theta)])
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
                rho = np.sqrt(square + shift[b])
                local = np.array([rho * np.sin(theta), rho * np.cos(theta), s])
                hits.append(tissue_at(centre + frame.T @ local, bores))
        emptied[b] = width * np.mean(hits)
    return emptied


def capture_specks(
    places,
    axes,
    present,
    direction,
    half_angle,
    half_aperture,
    reach2,
    outer2,
    void,
    inflow,
    ball,
):
    def off(theta):
        """Angle from the sector's middle, in (-pi, pi]."""
        return np.angle(np.exp(1j * (theta - direction)))

    taken = np.zeros(len(places), bool)
    moved = places.copy()
    for i, (right, twelve, along) in enumerate(places):
        rho, theta = np.hypot(right, twelve), np.arctan2(right, twelve)
        if not present[i] or abs(along) > half_aperture or abs(off(theta)) > half_angle:
            continue
        extra = max(0.0, outer2 - void[clock_bin(theta)])
        rho_in = np.sqrt(rho**2 + extra)
        edge_in = np.sqrt(reach2 + extra)
        if rho_in <= edge_in:
            points = np.array([rho_in * np.sin(theta), rho_in * np.cos(theta), along])
            points = points + ball @ axes[i].T
            inside = (
                (np.hypot(points[:, 0], points[:, 1]) <= edge_in)
                & (np.abs(off(np.arctan2(points[:, 0], points[:, 1]))) <= half_angle)
                & (np.abs(points[:, 2]) <= half_aperture)
            )
            if inside.mean() > 0.5:
                taken[i] = True
                continue
            gaps = {
                "end": half_aperture - abs(along),
                "side": rho_in * (half_angle - abs(off(theta))),
                "far": edge_in - rho_in,
            }
            nearest = min(gaps, key=lambda name: gaps[name])
            if nearest == "end":
                moved[i, 2] = np.sign(along) * (half_aperture + 1e-6)
                continue
            if nearest == "side":
                theta = direction + np.sign(off(theta)) * (half_angle + 1e-6)
                rho = max(rho, np.sqrt(void[clock_bin(theta)]))
                moved[i, :2] = rho * np.sin(theta), rho * np.cos(theta)
                continue
            rho = np.sqrt(reach2)
        rho = np.sqrt(max(0.0, rho**2 - inflow[clock_bin(theta)]))
        moved[i, :2] = rho * np.sin(theta), rho * np.cos(theta)
    return taken, moved
