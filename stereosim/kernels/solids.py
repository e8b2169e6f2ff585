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
# exp(-25) = 1e-11: nothing of the beam is left.
OPAQUE = 25.0
FAR = 1e9


@njit
def _ellipsoid_chord(
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    centre: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> float:
    """Chord of |inverse (x - centre)| <= 1 along the line through o with unit direction d."""
    wx, wy, wz = ox - centre[0], oy - centre[1], oz - centre[2]
    # The foot of the perpendicular first: the focal spot is a thousand radii away, and squaring
    # that would cost eight digits.
    along = wx * dx + wy * dy + wz * dz
    wx, wy, wz = wx - along * dx, wy - along * dy, wz - along * dz
    px = inverse[0, 0] * wx + inverse[0, 1] * wy + inverse[0, 2] * wz
    py = inverse[1, 0] * wx + inverse[1, 1] * wy + inverse[1, 2] * wz
    pz = inverse[2, 0] * wx + inverse[2, 1] * wy + inverse[2, 2] * wz
    qx = inverse[0, 0] * dx + inverse[0, 1] * dy + inverse[0, 2] * dz
    qy = inverse[1, 0] * dx + inverse[1, 1] * dy + inverse[1, 2] * dz
    qz = inverse[2, 0] * dx + inverse[2, 1] * dy + inverse[2, 2] * dz
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
    if abs(slope) < 1e-14:
        if start < least or start > most:
            return 1.0, -1.0
        return low, high
    a, b = (least - start) / slope, (most - start) / slope
    if a > b:
        a, b = b, a
    return max(low, a), min(high, b)


@njit
def _rod_chord(
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, rod: NDArray[np.float64]
) -> float:
    """Chord of a cylinder with flat or conical end and an optional notch."""
    ax, ay, az = rod[3], rod[4], rod[5]
    length, radius, point = rod[6], rod[7], rod[8]
    wx, wy, wz = ox - rod[0], oy - rod[1], oz - rod[2]
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
            root = np.sqrt(disc)
            low, high = (-b - root) / a, (-b + root) / a
    total = 0.0
    if not outside:
        t0, t1 = _clip(low, high, s0, ds, -length, -point)
        total += max(t1 - t0, 0.0)
        if rod[10] > rod[9]:
            n0 = wx * rod[12] + wy * rod[13] + wz * rod[14]
            nd = dx * rod[12] + dy * rod[13] + dz * rod[14]
            t0, t1 = _clip(t0, t1, s0, ds, -rod[10], -rod[9])
            t0, t1 = _clip(t0, t1, n0, nd, rod[11], FAR)
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
                source[0], source[1], source[2], dx, dy, dz, centres[j], inverses[j]
            )
        for j in range(rods.shape[0]):
            out[i, n + j] = _rod_chord(source[0], source[1], source[2], dx, dy, dz, rods[j])


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
    solids = boxes.shape[0]
    n = centres.shape[0]
    kinds, energies = solid_mu.shape
    tissues = tissue_mu.shape[0]
    touched = np.zeros((rows, columns), np.bool_)
    for j in range(solids):
        touched[boxes[j, 0] : boxes[j, 1], boxes[j, 2] : boxes[j, 3]] = True
    largest_mu = np.zeros(kinds)
    for k in range(kinds):
        largest_mu[k] = np.abs(solid_mu[k] - tissue_mu[0]).max()
    here = np.empty(solids, np.int64)
    rays = subpixels * subpixels
    chords = np.empty((rays, kinds))
    depth = np.empty(energies)
    base = np.empty(energies)
    source, origin, column, row = frame[0], frame[1], frame[2], frame[3]
    for r in range(rows):
        for c in range(columns):
            out[r, c] = np.float32(1.0)
            if not touched[r, c]:
                continue
            count = 0
            for j in range(solids):
                if boxes[j, 0] <= r < boxes[j, 1] and boxes[j, 2] <= c < boxes[j, 3]:
                    here[count] = j
                    count += 1
            chords[:] = 0.0
            touches = False
            for i in range(rays):
                fr = corner[0] + r + ((i // subpixels) + 0.5) / subpixels - 0.5
                fc = corner[1] + c + ((i % subpixels) + 0.5) / subpixels - 0.5
                dx = origin[0] + fr * row[0] + fc * column[0] - source[0]
                dy = origin[1] + fr * row[1] + fc * column[1] - source[1]
                dz = origin[2] + fr * row[2] + fc * column[2] - source[2]
                size = np.sqrt(dx * dx + dy * dy + dz * dz)
                dx, dy, dz = dx / size, dy / size, dz / size
                for m in range(count):
                    j = here[m]
                    if j < n:
                        chord = _ellipsoid_chord(
                            source[0], source[1], source[2], dx, dy, dz, centres[j], inverses[j]
                        )
                    else:
                        chord = _rod_chord(source[0], source[1], source[2], dx, dy, dz, rods[j - n])
                    if chord > 0.0:
                        chords[i, materials[j]] += chord
                        touches = True
            if not touches:
                continue
            way = 0.0
            for t in range(tissues):
                way += paths[t, r, c]
            unhindered = 0.0
            for e in range(energies):
                depth[e] = 0.0
                for t in range(tissues):
                    depth[e] += tissue_mu[t, e] * paths[t, r, c]
                base[e] = fluence[e] * np.exp(-depth[e])
                unhindered += base[e]
            spread = 0.0
            for k in range(kinds):
                spread += (chords[:, k].max() - chords[:, k].min()) * largest_mu[k]
            evaluations = rays
            if spread < SMOOTH:
                evaluations = 1
                for k in range(kinds):
                    chords[0, k] = chords[:, k].mean()
            passed = 0.0
            for i in range(evaluations):
                taken = 0.0
                for k in range(kinds):
                    taken += chords[i, k]
                share = 0.0
                if way > 0.0:
                    share = min(taken / way, 1.0)
                for e in range(energies):
                    more = -share * depth[e]
                    for k in range(kinds):
                        more += solid_mu[k, e] * chords[i, k]
                    if more < OPAQUE:
                        passed += base[e] * np.exp(-more)
            out[r, c] = np.float32(passed / (evaluations * unhindered))
