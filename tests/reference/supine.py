"""The supine map, one point at a time, in the words of its documentation."""

import math

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq


def share_of_area(v, rho):
    """Share of the section's area below v by integration, scaled to [-1, 1]."""

    def front(t):
        return 1 - rho * (1 - math.sqrt(max(1 - t * t, 0)))

    return 2 * quad(front, -1, v)[0] / quad(front, -1, 1)[0] - 1


def half_disc(u, w):
    """Concentric map of [0, 1] x [-1, 1]: square rings become half circles, arc length evenly."""
    ring = max(u, abs(w))
    if ring == 0:
        return 0.0, 0.0
    if u == ring:  # front edge of the square ring: the middle half of the arc
        angle = math.pi / 4 * (w / ring)
    else:  # its sides: from 45 degrees at the corner to 90 at the chest wall
        angle = math.copysign(math.pi / 2 - math.pi / 4 * (u / ring), w)
    return ring * math.cos(angle), ring * math.sin(angle)


def waved(place, waves):
    for dx, dy, kx, ky, kz, phase, sine, amplitude in waves:
        argument = np.dot((kx, ky, kz), place) + phase
        place = place + amplitude * (math.sin(argument) - sine) * np.array([dx, dy, 0.0])
    return place


def forward(point, shape, waves):
    thickness, reach, half, rho, width, height = shape
    x, y, z = point
    if abs(x) >= half or not 0 <= z <= thickness or y < 0:
        return np.full(3, np.nan)
    slice_depth = math.sqrt(1 - (x / half) ** 2)
    v = 2 * z / thickness - 1
    u = y / (reach * slice_depth * (1 - rho * (1 - math.sqrt(1 - v * v))))
    if u > 1:
        return np.full(3, np.nan)
    up, side = half_disc(u, share_of_area(v, rho))
    scale = math.sqrt(slice_depth)
    dome = math.sqrt(max(1 - side * side, 0))
    place = np.array([x, width / 2 * scale * side, height * scale * (dome - up)])
    return waved(place, waves)


def supine_from_breast(points, shape, waves, result):
    for n, point in enumerate(points):
        result[n] = forward(point, shape, waves)


def unwaved(place, waves):
    for dx, dy, kx, ky, kz, phase, sine, amplitude in reversed(waves):
        argument = np.dot((kx, ky, kz), place) + phase
        place = place - amplitude * (math.sin(argument) - sine) * np.array([dx, dy, 0.0])
    return place


def breast_from_supine(points, shape, waves, result):
    thickness, reach, half, rho, width, height = shape
    for n, point in enumerate(points):
        x, ys, depth = unwaved(np.asarray(point), waves)
        result[n] = np.nan
        if abs(x) >= half:
            continue
        slice_depth = math.sqrt(1 - (x / half) ** 2)
        scale = math.sqrt(slice_depth)
        side = ys / (width / 2 * scale)
        if abs(side) > 1:
            continue
        up = math.sqrt(1 - side**2) - depth / (height * scale)
        ring = math.hypot(up, side)
        if up < 0 or ring > 1:
            continue
        angle = math.degrees(math.atan2(side, up))
        u = ring if abs(angle) <= 45 else ring * (90 - abs(angle)) / 45
        w = math.copysign(ring, angle) if abs(angle) > 45 else ring * angle / 45
        v = brentq(lambda t, w=w: share_of_area(t, rho) - w, -1, 1, xtol=1e-14)
        front = reach * slice_depth * (1 - rho * (1 - math.sqrt(max(1 - v * v, 0))))
        result[n] = x, u * front, thickness * (1 + v) / 2


def supine_jacobian(points, shape, waves, result):
    """Central differences of the forward map."""
    step = 1e-4
    for n, point in enumerate(points):
        for axis in range(3):
            move = step * np.eye(3)[axis]
            ahead = forward(point + move, shape, waves)
            result[n][:, axis] = (ahead - forward(point - move, shape, waves)) / (2 * step)
