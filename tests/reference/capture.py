"""Naive twins of stereosim.kernels.capture: one speck at a time, in words of the model."""

import numpy as np

BINS = 360
NUDGE = 1e-6


def clock_bin(theta: float) -> int:
    return int(np.floor(np.degrees(theta))) % BINS


def cylindrical(place):
    """Square of the distance from the axis, clock angle, place along the axis."""
    return place[0] ** 2 + place[1] ** 2, np.arctan2(place[0], place[1]), place[2]


def at(square, theta, along):
    rho = np.sqrt(max(square, 0.0))
    return np.array([rho * np.sin(theta), rho * np.cos(theta), along])


def take_speck(
    place,
    axes,
    piece_place,
    piece_axes,
    sine,
    cosine,
    sine_half,
    cosine_half,
    half_aperture,
    reach2,
    outer2,
    piece_mm,
    void,
    inflow,
    ball,
):
    direction, half_angle = np.arctan2(sine, cosine), np.arctan2(sine_half, cosine_half)

    def off(theta):
        """Angle from the sector's middle, in (-pi, pi]."""
        return np.angle(np.exp(1j * (theta - direction)))

    def beside_needle(theta):
        """What the needle adds to the square of a place's distance from the axis."""
        return max(0.0, outer2 - void[clock_bin(theta)])

    def set_place(new):
        place[:] = new

    square, theta, along = cylindrical(place)
    seen = at(square + beside_needle(theta), theta, along)
    edge = np.sqrt(reach2 + beside_needle(theta))
    turn = np.sign(off(theta)) or 1.0
    border = direction + turn * half_angle  # the nearer of the two side planes
    along_border = np.array([np.sin(border), np.cos(border), 0.0])
    off_border = turn * np.array([np.cos(border), -np.sin(border), 0.0])
    outward = np.array([np.sin(theta), np.cos(theta), 0.0])
    along_axis = np.array([0.0, 0.0, 1.0 if along >= 0 else -1.0])
    faces = {
        "far": (outward, edge - np.linalg.norm(seen[:2])),
        "side": (off_border, -off_border @ seen),
        "end": (along_axis, half_aperture - abs(along)),
    }
    in_angle = abs(off(theta)) <= half_angle
    inside = in_angle and faces["far"][1] >= 0 and faces["end"][1] >= 0

    def reaches(normal):
        return np.linalg.norm(axes.T @ normal)

    if inside:
        share = {k: gap / max(reaches(n), 1e-300) for k, (n, gap) in faces.items()}
        worst = min(share, key=lambda k: share[k])
        normal, gap = faces[worst]
    else:
        nearest = seen.copy()
        nearest[2] = np.clip(along, -half_aperture, half_aperture)
        if not in_angle:
            nearest[:2] = (np.clip(seen @ along_border, 0.0, edge) * along_border)[:2]
        elif faces["far"][1] < 0:
            nearest[:2] *= edge / np.linalg.norm(seen[:2])
        gap = -np.linalg.norm(seen - nearest)
        normal = (seen - nearest) / max(-gap, 1e-300)

    h = reaches(normal)
    if h - abs(gap) >= piece_mm:
        # Cut the unit ball: the caps by numbers, the parts as ellipsoids of their own thickness.
        m, t = axes.T @ normal / h, gap / h
        parts = []
        for low, high in ((-1.0, t), (t, 1.0)):
            x, weight = np.polynomial.legendre.leggauss(4)
            x, weight = (low + high) / 2 + x * (high - low) / 2, weight * (high - low) / 2
            volume = weight @ (np.pi * (1 - x**2))
            centroid = weight @ (x * np.pi * (1 - x**2)) / volume
            share, thick = volume / (4 / 3 * np.pi), (high - low) / 2
            wide = np.sqrt(share / thick)
            along_m = np.outer(m, m)
            squeezed = axes @ (wide * (np.eye(3) - along_m) + thick * along_m)
            parts.append((share, seen + centroid * axes @ m, squeezed))
        (share, centre, piece_axes[:]), (_, left, axes[:]) = parts
        square, theta, along = cylindrical(centre)
        piece_place[:] = at(max(square - beside_needle(theta), NUDGE**2), theta, along)
        square, theta, along = cylindrical(left)
        square = max(square - beside_needle(theta), NUDGE**2)
        if abs(along) <= half_aperture:
            square = max(square, void[clock_bin(theta)])
            if abs(off(theta)) <= half_angle:
                square = max(square, reach2)
            square -= inflow[clock_bin(theta)]
        set_place(at(square, theta, along))
        return share
    if inside:
        points = seen + ball @ axes.T
        held = (
            (np.hypot(points[:, 0], points[:, 1]) <= edge)
            & (np.abs(off(np.arctan2(points[:, 0], points[:, 1]))) <= half_angle)
            & (np.abs(points[:, 2]) <= half_aperture)
        )
        if held.mean() > 0.5:
            piece_place[:], piece_axes[:] = place, axes
            return 1.0
        if worst == "end":
            place[2] = np.sign(along) * (half_aperture + NUDGE)
            return 0.0
        if worst == "side":
            theta = direction + turn * (half_angle + NUDGE)
            set_place(at(max(square, void[clock_bin(theta)]), theta, along))
            return 0.0
        square = reach2
    if in_angle and abs(along) <= half_aperture:
        set_place(at(square - inflow[clock_bin(theta)], theta, along))
    return 0.0


def capture_specks(places, axes, present, direction, half_angle, *sector):
    angles = [f(a) for a in (direction, half_angle) for f in (np.sin, np.cos)]
    shares = np.zeros(len(places))
    left, left_axes, pieces, piece_axes = places.copy(), axes.copy(), places.copy(), axes.copy()
    for i in np.flatnonzero(present):
        rows = (left[i], left_axes[i], pieces[i], piece_axes[i])
        shares[i] = take_speck(*rows, *angles, *sector)
    return shares, left, left_axes, pieces, piece_axes
