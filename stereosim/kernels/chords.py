"""Exact chords of ellipsoids and rods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit

# Columns of a rod: tip, axis (unit, toward the tip), length, radius, length of the conical
# point, notch from and to (distance back from the tip), notch floor (distance from the axis along
# the notch direction above which metal is missing), notch direction (unit), radius of the bore.  A
# bore runs from the back end to the base of the point; without a point it is open at both ends.
ROD_COLUMNS = 16
FAR = 1e9


@njit
def _ellipsoid_chord(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float,
    centres: NDArray[np.float64], inverses: NDArray[np.float64], j: int,
) -> float:  # fmt: skip
    """Chord of ellipsoid j, |inverse (x - centre)| <= 1, along o + t d, d of length 1."""
    wx, wy, wz = ox - centres[j, 0], oy - centres[j, 1], oz - centres[j, 2]
    # The foot of the perpendicular first: the focal spot is a thousand radii away, and squaring
    # that would cost eight digits.
    along = wx * dx + wy * dy + wz * dz
    wx, wy, wz = wx - along * dx, wy - along * dy, wz - along * dz
    px = inverses[j, 0, 0] * wx + inverses[j, 0, 1] * wy + inverses[j, 0, 2] * wz
    py = inverses[j, 1, 0] * wx + inverses[j, 1, 1] * wy + inverses[j, 1, 2] * wz
    pz = inverses[j, 2, 0] * wx + inverses[j, 2, 1] * wy + inverses[j, 2, 2] * wz
    qx = inverses[j, 0, 0] * dx + inverses[j, 0, 1] * dy + inverses[j, 0, 2] * dz
    qy = inverses[j, 1, 0] * dx + inverses[j, 1, 1] * dy + inverses[j, 1, 2] * dz
    qz = inverses[j, 2, 0] * dx + inverses[j, 2, 1] * dy + inverses[j, 2, 2] * dz
    qq = qx * qx + qy * qy + qz * qz
    t = (px * qx + py * qy + pz * qz) / qq
    px, py, pz = px - t * qx, py - t * qy, pz - t * qz
    rest = 1.0 - (px * px + py * py + pz * pz)
    if rest <= 0.0:
        return 0.0
    return float(2.0 * np.sqrt(rest / qq))


@njit
def _clip(
    low: float, high: float, start: float, slope: float, least: float, most: float
) -> tuple[float, float]:
    """Narrow the interval (low, high) of t to where least <= start + slope t <= most."""
    # Most rays are wholly inside or outside, which needs no division.
    first, last = start + slope * low, start + slope * high
    if (first < least and last < least) or (first > most and last > most):
        return 1.0, -1.0
    if min(first, last) >= least and max(first, last) <= most:
        return low, high
    a, b = (least - start) / slope, (most - start) / slope
    if a > b:
        a, b = b, a
    return max(low, a), min(high, b)


@njit
def _within(a: float, b: float, c: float, radius: float) -> tuple[float, float]:
    """Interval of t in which a t^2 + 2 b t + c <= radius^2; (1, -1) where there is none."""
    if a < 1e-18:
        if c > radius * radius:
            return 1.0, -1.0
        return -FAR, FAR
    disc = b * b - a * (c - radius * radius)
    if disc <= 0.0:
        return 1.0, -1.0
    middle, half = -b / a, np.sqrt(disc) / a
    return middle - half, middle + half


@njit
def _shaft(
    low: float, high: float, s0: float, ds: float,
    wx: float, wy: float, wz: float, dx: float, dy: float, dz: float,
    rods: NDArray[np.float64], j: int,
) -> float:  # fmt: skip
    """Length of (low, high) that lies behind the point and before the back end, less the notch."""
    t0, t1 = _clip(low, high, s0, ds, -rods[j, 6], -rods[j, 8])
    total = max(t1 - t0, 0.0)
    if rods[j, 10] > rods[j, 9]:
        n0 = wx * rods[j, 12] + wy * rods[j, 13] + wz * rods[j, 14]
        nd = dx * rods[j, 12] + dy * rods[j, 13] + dz * rods[j, 14]
        t0, t1 = _clip(t0, t1, s0, ds, -rods[j, 10], -rods[j, 9])
        t0, t1 = _clip(t0, t1, n0, nd, rods[j, 11], FAR)
        total -= max(t1 - t0, 0.0)
    return total


@njit
def _rod_chord(
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    rods: NDArray[np.float64],
    j: int,
) -> float:
    """Chord of a cylinder with flat or conical end, with or without a notch and a bore."""
    ax, ay, az = rods[j, 3], rods[j, 4], rods[j, 5]
    radius, point = rods[j, 7], rods[j, 8]
    wx, wy, wz = ox - rods[j, 0], oy - rods[j, 1], oz - rods[j, 2]
    along = wx * dx + wy * dy + wz * dz
    wx, wy, wz = wx - along * dx, wy - along * dy, wz - along * dz
    s0 = wx * ax + wy * ay + wz * az
    ds = dx * ax + dy * ay + dz * az
    px, py, pz = wx - s0 * ax, wy - s0 * ay, wz - s0 * az
    ex, ey, ez = dx - ds * ax, dy - ds * ay, dz - ds * az
    a = ex * ex + ey * ey + ez * ez
    b = px * ex + py * ey + pz * ez
    c = px * px + py * py + pz * pz
    low, high = _within(a, b, c, radius)
    total = 0.0
    if low < high:
        total = _shaft(low, high, s0, ds, wx, wy, wz, dx, dy, dz, rods, j)
        if rods[j, 15] > 0.0:
            low, high = _within(a, b, c, rods[j, 15])
            if low < high:
                total -= _shaft(low, high, s0, ds, wx, wy, wz, dx, dy, dz, rods, j)
    if point > 0.0:
        k2 = (radius / point) ** 2
        qa, qb, qc = a - k2 * ds * ds, b - k2 * s0 * ds, c - k2 * s0 * s0
        low, high = _clip(-FAR, FAR, s0, ds, -point, 0.0)
        disc = qb * qb - qa * qc
        if abs(qa) < 1e-12:
            if qb > 0.0:
                total += max(min(high, -0.5 * qc / qb) - low, 0.0)
            elif qb < 0.0:
                total += max(high - max(low, -0.5 * qc / qb), 0.0)
        elif disc > 0.0:
            root = np.sqrt(disc)
            t0, t1 = (-qb - root) / qa, (-qb + root) / qa
            if qa > 0.0:
                total += max(min(high, t1) - max(low, t0), 0.0)
            else:
                # Steeper than the cone: inside before one root and after the other.
                total += max(min(high, t1) - low, 0.0) + max(high - max(low, t0), 0.0)
    return float(total)


@njit
def solid_chords(
    source: NDArray[np.float64],
    ends: NDArray[np.float64],
    centres: NDArray[np.float64],
    inverses: NDArray[np.float64],
    rods: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Chords of every solid along each ray, in the unit of the coordinates.

    Parameters
    ----------
    source : ndarray, shape (3,)
        Where the rays start.
    ends : ndarray, shape (m, 3)
        A second point on each ray.
    centres, inverses : ndarray, shapes (n, 3) and (n, 3, 3)
        Ellipsoids |inverse (x - centre)| <= 1.
    rods : ndarray, shape (k, 16)
        Rods, see the head of this file.
    out : ndarray, shape (m, n + k)
        Receives the chords, ellipsoids first.
    """
    n = centres.shape[0]
    for i in range(ends.shape[0]):
        dx, dy, dz = ends[i, 0] - source[0], ends[i, 1] - source[1], ends[i, 2] - source[2]
        size = np.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx / size, dy / size, dz / size
        for j in range(n):
            out[i, j] = _ellipsoid_chord(
                source[0], source[1], source[2], dx, dy, dz, centres, inverses, j
            )
        for j in range(rods.shape[0]):
            out[i, n + j] = _rod_chord(source[0], source[1], source[2], dx, dy, dz, rods, j)
