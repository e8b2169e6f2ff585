"""Exact chords of ellipsoids and rods, and what they leave of a polyenergetic beam."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit

# Columns of a rod: tip, axis (unit, toward the tip), length, radius, length of the conical
# point, notch from and to (distance back from the tip), notch floor (distance from the axis along
# the notch direction above which metal is missing), notch direction (unit).
ROD_COLUMNS = 15
# Under this spread of attenuation over a pixel, one evaluation at the mean chord does: the error is
# half its square, 2e-4.
SMOOTH = 0.02
# A solid that leaves less than exp(-20) = 2e-9 leaves nothing: single precision cannot tell.
OPAQUE = 20.0
# Pixels of a row that are looked at together before any of them.
RUN = 4
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
    """Chord of a cylinder with flat or conical end and an optional notch."""
    ax, ay, az = rods[j, 3], rods[j, 4], rods[j, 5]
    length, radius, point = rods[j, 6], rods[j, 7], rods[j, 8]
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
    low, high = -FAR, FAR
    outside = False
    if a < 1e-18:
        outside = c > radius * radius
    else:
        disc = b * b - a * (c - radius * radius)
        if disc <= 0.0:
            outside = True
        else:
            middle, half = -b / a, np.sqrt(disc) / a
            low, high = middle - half, middle + half
    total = 0.0
    if not outside:
        t0, t1 = _clip(low, high, s0, ds, -length, -point)
        total += max(t1 - t0, 0.0)
        if rods[j, 10] > rods[j, 9]:
            n0 = wx * rods[j, 12] + wy * rods[j, 13] + wz * rods[j, 14]
            nd = dx * rods[j, 12] + dy * rods[j, 13] + dz * rods[j, 14]
            t0, t1 = _clip(t0, t1, s0, ds, -rods[j, 10], -rods[j, 9])
            t0, t1 = _clip(t0, t1, n0, nd, rods[j, 11], FAR)
            total -= max(t1 - t0, 0.0)
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
    rods : ndarray, shape (k, 15)
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


@njit
def _direction(frame: NDArray[np.float64], row: float, column: float) -> tuple[float, float, float]:
    """Return the unit vector from the source to a fractional pixel (frame: `transmit_solids`)."""
    dx = frame[1, 0] + row * frame[3, 0] + column * frame[2, 0] - frame[0, 0]
    dy = frame[1, 1] + row * frame[3, 1] + column * frame[2, 1] - frame[0, 1]
    dz = frame[1, 2] + row * frame[3, 2] + column * frame[2, 2] - frame[0, 2]
    unit = 1.0 / np.sqrt(dx * dx + dy * dy + dz * dz)
    return dx * unit, dy * unit, dz * unit


@njit
def _resized(rods: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Return cylinders round all that is within `margin` of the rods; if negative, that deep.

    A cone and a notch are filled where the margin is positive and left out where it is negative.
    """
    other = np.zeros_like(rods)
    for j in range(rods.shape[0]):
        ahead = margin if margin > 0.0 else margin - rods[j, 8]
        other[j, 0:3] = rods[j, 0:3] + ahead * rods[j, 3:6]
        other[j, 3:6] = rods[j, 3:6]
        other[j, 6] = max(rods[j, 6] + ahead + margin, 0.0)
        other[j, 7] = max(rods[j, 7] + margin, 0.0)
        if margin < 0.0 and rods[j, 10] > rods[j, 9]:
            other[j, 9] = rods[j, 9] + ahead + margin
            other[j, 10] = rods[j, 10] + ahead - margin
            other[j, 11] = rods[j, 11] + margin
            other[j, 12:15] = rods[j, 12:15]
    return other


@njit
def _pixel_chords(
    frame: NDArray[np.float64], row: int, column: int, offsets: NDArray[np.float64],
    centres: NDArray[np.float64], inverses: NDArray[np.float64], rods: NDArray[np.float64],
    materials: NDArray[np.int64], here: NDArray[np.int64],
    rays: NDArray[np.float64], chords: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Fill `chords` (ray, material) of the solids `here` at a pixel; tell whether there are any."""
    n = centres.shape[0]
    sx, sy, sz = frame[0, 0], frame[0, 1], frame[0, 2]
    for i in range(offsets.shape[0]):
        rays[i] = _direction(frame, row + offsets[i, 0], column + offsets[i, 1])
    chords[:] = 0.0
    touches = False
    for m in range(here.shape[0]):
        j = here[m]
        kind = materials[j]
        for i in range(offsets.shape[0]):
            dx, dy, dz = rays[i, 0], rays[i, 1], rays[i, 2]
            if j < n:
                chord = _ellipsoid_chord(sx, sy, sz, dx, dy, dz, centres, inverses, j)
            else:
                chord = _rod_chord(sx, sy, sz, dx, dy, dz, rods, j - n)
            if chord > 0.0:
                chords[i, kind] += chord
                touches = True
    return touches


@njit
def _decay(x: float) -> float:
    """Return exp(-x), x up to 64, in a form that the compiler computes side by side."""
    # exp(-x) = exp(-x / 64)^64, by the series to the sixth power: 1e-8 off at x = 8, 1e-6 at 16.
    t = min(x, 64.0) * (-1.0 / 64.0)
    p = 1.0 + t * (1.0 + t * (1 / 2 + t * (1 / 6 + t * (1 / 24 + t * (1 / 120 + t * (1 / 720))))))
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    return p * p


@njit(fastmath={"reassoc", "contract", "nsz"})
def _signal(fluence: NDArray[np.float64], depth: NDArray[np.float64]) -> float:
    """Sum over the energies what an attenuation `depth` leaves."""
    total = 0.0
    for e in range(fluence.shape[0]):
        total += fluence[e] * _decay(depth[e])
    return total


@njit
def _deepen(
    depth: NDArray[np.float64],
    way: float,
    solid_mu: NDArray[np.float64],
    chords: NDArray[np.float64],
    i: int,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with the attenuation where the chords of ray `i` displace tissue along `way`."""
    taken = 0.0
    for k in range(solid_mu.shape[0]):
        taken += chords[i, k]
    rest = 1.0
    if way > 0.0:
        rest = 1.0 - min(taken / way, 1.0)
    for e in range(out.shape[0]):
        out[e] = rest * depth[e]
    for k in range(solid_mu.shape[0]):
        chord = chords[i, k]
        if chord > 0.0:
            for e in range(out.shape[0]):
                out[e] += solid_mu[k, e] * chord


@njit
def transmit_solids(
    frame: NDArray[np.float64],
    corner: NDArray[np.int64],
    centres: NDArray[np.float64],
    inverses: NDArray[np.float64],
    rods: NDArray[np.float64],
    materials: NDArray[np.int64],
    boxes: NDArray[np.int64],
    fluence: NDArray[np.float64],
    tissue_mu: NDArray[np.float64],
    solid_mu: NDArray[np.float64],
    paths: NDArray[np.float32],
    subpixels: int,
    out: NDArray[np.float32],
) -> None:
    """Ratio of the detected primary with the solids to that without them, pixel by pixel.

    A solid takes the place of the tissue along its chord: the tissue's attenuation shrinks
    by the chord's share of the ray's way through tissue.  The intensities of `subpixels` squared
    rays are averaged over each pixel.

    Parameters
    ----------
    frame : ndarray, shape (4, 3)
        Source, centre of pixel (0, 0), step of a column, step of a row.
    corner : ndarray of int64, shape (2,)
        Row and column of the detector at ``out[0, 0]``.
    centres, inverses, rods : ndarray
        Solids as in :func:`solid_chords`.
    materials : ndarray of int64, shape (s,)
        Row of `solid_mu` of each solid, ellipsoids first.
    boxes : ndarray of int64, shape (s, 4)
        (row from, row to, column from, column to) in `out` that a solid can touch, half open.
    fluence : ndarray, shape (e,)
        Detected signal per energy without any tissue; only ratios matter.
    tissue_mu, solid_mu : ndarray, shapes (t, e) and (k, e)
        Linear attenuation of the tissues and of the solids' materials.
    paths : ndarray of float32, shape (t, rows, columns)
        Path lengths of the tissues without solids.
    subpixels : int
        Rays per pixel and axis.
    out : ndarray of float32, shape (rows, columns)
        Receives the ratios; 1 where there is no solid.
    """
    rows, columns = out.shape
    solids, n = boxes.shape[0], centres.shape[0]
    kinds, energies = solid_mu.shape
    count = subpixels * subpixels
    sx, sy, sz = frame[0, 0], frame[0, 1], frame[0, 2]
    # A ray of a run or a pixel is nowhere further than this from the ray to its middle.
    step, rise = np.sqrt((frame[2] ** 2).sum()), np.sqrt((frame[3] ** 2).sum())
    wide = _resized(rods, 0.5 * (RUN * step + rise))
    deep = _resized(rods, -0.5 * (step + rise))
    least_mu, largest_mu = np.empty(kinds), np.empty(kinds)
    for k in range(kinds):
        largest_mu[k] = np.abs(solid_mu[k] - tissue_mu[0]).max()
        least_mu[k] = np.inf
        for e in range(energies):
            least_mu[k] = min(least_mu[k], solid_mu[k, e] - tissue_mu[:, e].max())
    active, here = np.empty(solids, np.int64), np.empty(solids, np.int64)
    offsets, rays, chords = np.empty((count, 2)), np.empty((count, 3)), np.empty((count, kinds))
    for i in range(count):
        offsets[i, 0] = (i // subpixels + 0.5) / subpixels - 0.5
        offsets[i, 1] = (i % subpixels + 0.5) / subpixels - 0.5
    depth, more = np.empty(energies), np.empty(energies)
    out[:] = np.float32(1.0)
    for r in range(rows):
        actives = 0
        for j in range(solids):
            if boxes[j, 0] <= r < boxes[j, 1] and boxes[j, 2] < boxes[j, 3]:
                active[actives] = j
                actives += 1
        for first in range(0, columns if actives else 0, RUN):
            last = min(first + RUN, columns)
            met = 0
            for m in range(actives):
                j = active[m]
                if boxes[j, 2] >= last or boxes[j, 3] <= first:
                    continue
                if j >= n:
                    middle = corner[1] + first + 0.5 * (RUN - 1)
                    dx, dy, dz = _direction(frame, float(corner[0] + r), middle)
                    if _rod_chord(sx, sy, sz, dx, dy, dz, wide, j - n) <= 0.0:
                        continue
                here[met] = j
                met += 1
            for c in range(first, last if met else first):
                if met == 1 and here[0] >= n:
                    j = here[0]
                    dx, dy, dz = _direction(frame, float(corner[0] + r), float(corner[1] + c))
                    chord = _rod_chord(sx, sy, sz, dx, dy, dz, deep, j - n)
                    if chord * least_mu[materials[j]] > OPAQUE:
                        out[r, c] = np.float32(0.0)
                        continue
                if not _pixel_chords(
                    frame, corner[0] + r, corner[1] + c, offsets,
                    centres, inverses, rods, materials, here[:met], rays, chords,
                ):  # fmt: skip
                    continue
                way = 0.0
                depth[:] = 0.0
                for t in range(tissue_mu.shape[0]):
                    way += paths[t, r, c]
                    for e in range(energies):
                        depth[e] += tissue_mu[t, e] * paths[t, r, c]
                spread = 0.0
                for k in range(kinds):
                    low, high = chords[0, k], chords[0, k]
                    for i in range(1, count):
                        low, high = min(low, chords[i, k]), max(high, chords[i, k])
                    spread += (high - low) * largest_mu[k]
                evaluations = count
                if spread < SMOOTH:
                    evaluations = 1
                    for k in range(kinds):
                        chords[0, k] = chords[:, k].mean()
                passed = 0.0
                for i in range(evaluations):
                    _deepen(depth, way, solid_mu, chords, i, more)
                    passed += _signal(fluence, more)
                out[r, c] = np.float32(passed / (evaluations * _signal(fluence, depth)))
