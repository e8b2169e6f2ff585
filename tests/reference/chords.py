"""Chords by walking along the ray with nothing but an inside-or-outside test."""

import numpy as np


def in_ellipsoid(points, centre, inverse):
    """Whether each point is in the ellipsoid |inverse (x - centre)| <= 1."""
    return (((points - centre) @ inverse.T) ** 2).sum(axis=1) <= 1.0


def in_rod(points, rod):
    """Whether each point is in the rod: cylinder, cone at the tip, less the notch and the bore."""
    tip, axis, (length, radius, point, near, far, floor) = rod[:3], rod[3:6], rod[6:12]
    back = -(points - tip) @ axis
    beside = points - tip + back[:, None] * axis
    distance = np.linalg.norm(beside, axis=1)
    bound = np.where(back < point, radius * back / max(point, 1e-300), radius)
    inside = (back >= 0) & (back <= length) & (distance <= bound)
    missing = (back >= near) & (back <= far) & ((points - tip) @ rod[12:15] >= floor)
    missing &= far > near
    missing |= distance < rod[15]
    return inside & ~(missing & (back >= point))


def chord(inside, source, end, middle, reach, samples=6001):
    """Length of the ray within `reach` of `middle` that is inside, ends refined by bisection."""
    direction = (end - source) / np.linalg.norm(end - source)
    centre = (middle - source) @ direction
    t = centre + np.linspace(-reach, reach, samples)
    state = inside(source + t[:, None] * direction)
    total = 0.0
    for k in np.flatnonzero(state[1:] != state[:-1]):
        low, high = t[k], t[k + 1]
        for _ in range(60):
            half = 0.5 * (low + high)
            if inside((source + half * direction)[None])[0] == state[k]:
                low = half
            else:
                high = half
        total += -low if state[k + 1] else low
    return total


def solid_chords(source, ends, centres, inverses, rods, out):
    """Chord of every solid along every ray."""
    for i, end in enumerate(ends):
        for j, (centre, inverse) in enumerate(zip(centres, inverses, strict=True)):
            reach = 1.01 * np.linalg.norm(np.linalg.inv(inverse), 2)
            out[i, j] = chord(
                lambda p, c=centre, m=inverse: in_ellipsoid(p, c, m), source, end, centre, reach
            )
        for j, rod in enumerate(rods):
            middle = rod[:3] - 0.5 * rod[6] * rod[3:6]
            reach = 0.51 * rod[6] + 1.01 * rod[7]
            out[i, len(centres) + j] = chord(
                lambda p, r=rod: in_rod(p, r), source, end, middle, reach
            )
