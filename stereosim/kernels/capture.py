"""Compiled side of :mod:`stereosim.biopsy.capture`.

A needle frame has its origin at the aperture's centre and the rows of its 3x3 matrix are right (3
o'clock), twelve and axis (toward the tip); the clock angle theta grows from twelve to right.
Radii enter squared, because pushing tissue aside and closing a cavity keep areas: both only add to
or take from rho^2.  ``BINS`` bins of one degree hold what is different from hour to hour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 360
GOLDEN = 0.6180339887498949
NUDGE_MM = 1e-6  # what was pushed to an edge lies beyond it by more than rounding


@njit
def _angle_bin(right: float, twelve: float) -> int:
    """Return the one-degree bin that holds the direction (right, twelve)."""
    return int(np.floor(np.degrees(np.arctan2(right, twelve)))) % BINS


@njit
def _is_tissue(
    x: float,
    y: float,
    z: float,
    last: int,
    centres: Floats,
    frames: Floats,
    halves: Floats,
    voids: Floats,
    shifts: Floats,
) -> bool:
    """Trace a place back through the bores ``last - 1 .. 0``: whether there is tissue in it."""
    for k in range(last - 1, -1, -1):
        dx, dy, dz = x - centres[k, 0], y - centres[k, 1], z - centres[k, 2]
        along = frames[k, 2, 0] * dx + frames[k, 2, 1] * dy + frames[k, 2, 2] * dz
        if abs(along) > halves[k]:
            continue
        right = frames[k, 0, 0] * dx + frames[k, 0, 1] * dy + frames[k, 0, 2] * dz
        twelve = frames[k, 1, 0] * dx + frames[k, 1, 1] * dy + frames[k, 1, 2] * dz
        square = right * right + twelve * twelve
        b = _angle_bin(right, twelve)
        if square < voids[k, b]:
            return False
        if square > 0.0 and shifts[k, b] > 0.0:
            # Where it was before this bore's closures: further out by the area that came in.
            more = np.sqrt((square + shifts[k, b]) / square) - 1.0
            x += more * (right * frames[k, 0, 0] + twelve * frames[k, 1, 0])
            y += more * (right * frames[k, 0, 1] + twelve * frames[k, 1, 1])
            z += more * (right * frames[k, 0, 2] + twelve * frames[k, 1, 2])
    return True


@njit
def emptied_area(
    first: int,
    count: int,
    reach2: float,
    centres: Floats,
    frames: Floats,
    halves: Floats,
    voids: Floats,
    shifts: Floats,
    n_axial: int,
    n_radial: int,
) -> Floats:
    """Return, per clock bin, the rho^2 of tissue that a core takes, averaged over the aperture.

    Parameters
    ----------
    first, count : int
        First bin of the core's sector and number of bins.
    reach2 : float
        Square of the reach, mm^2, in coordinates of tissue with the needle out.
    centres, frames, halves, voids, shifts : ndarray, shapes (k, 3), (k, 3, 3), (k,), (k, 360) twice
        The bores in the order in which they were made; the core is taken from the last one.  Void
        and shift are the rho^2 (mm^2) that is empty, and that has come in from outside.
    n_axial, n_radial : int
        Points along the aperture and in rho^2 per bin; used only when older bores exist.

    Returns
    -------
    ndarray, shape (360,)
        mm^2; zero outside the sector.  The core's volume is ``aperture * sum / 2 * (pi / 180)``.
    """
    taken = np.zeros(BINS)
    now = len(halves) - 1
    for j in range(count):
        b = (first + j) % BINS
        low = voids[now, b]
        width = reach2 - low
        if width <= 0.0:
            continue
        if now == 0:
            taken[b] = width
            continue
        theta = np.radians(b + 0.5)
        sine, cosine = np.sin(theta), np.cos(theta)
        found = 0
        for i in range(n_axial):
            along = halves[now] * ((2.0 * i + 1.0) / n_axial - 1.0)
            # Each line of points starts elsewhere: the edge of an old void, at one radius in many
            # bins, would else fall between the same two points in all of them (3 % of the mass).
            start = (GOLDEN * (j * n_axial + i)) % 1.0
            for m in range(n_radial):
                # Where this tissue was before the present bore closed on it.
                rho = np.sqrt(low + width * (m + start) / n_radial + shifts[now, b])
                right, twelve = rho * sine, rho * cosine
                if _is_tissue(
                    centres[now, 0]
                    + right * frames[now, 0, 0]
                    + twelve * frames[now, 1, 0]
                    + along * frames[now, 2, 0],
                    centres[now, 1]
                    + right * frames[now, 0, 1]
                    + twelve * frames[now, 1, 1]
                    + along * frames[now, 2, 1],
                    centres[now, 2]
                    + right * frames[now, 0, 2]
                    + twelve * frames[now, 1, 2]
                    + along * frames[now, 2, 2],
                    now,
                    centres,
                    frames,
                    halves,
                    voids,
                    shifts,
                ):
                    found += 1
        taken[b] = width * found / (n_axial * n_radial)
    return taken


@njit
def capture_specks(
    places: Floats,
    axes: Floats,
    present: Flags,
    direction: float,
    half_angle: float,
    half_aperture: float,
    reach2: float,
    outer2: float,
    void: Floats,
    inflow: Floats,
    ball: Floats,
) -> tuple[Flags, Floats]:
    """Take the specks of one core, push aside those at its edge, and let the cavity close.

    A speck is rigid, so whether it is taken is judged with the needle in and the speck outside
    it; places before and after are those of the tissue with the needle out.

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Centres in the needle frame (right, twelve, along), mm.
    axes : ndarray, shape (n, 3, 3)
        Semi-axis vectors in the needle frame, one per column, mm.
    present : ndarray of bool, shape (n,)
        Those still in the tissue.
    direction, half_angle : float
        Clock angle of the sector's middle and half its opening (at most pi / 2), rad.
    half_aperture, reach2, outer2 : float
        Half length (mm), square of the reach and of the needle's outer radius (mm^2).
    void, inflow : ndarray, shape (360,)
        Before the core: the empty rho^2 per clock bin; after it: the rho^2 that comes in.
    ball : ndarray, shape (m, 3)
        Points that fill the unit ball evenly, in opposite pairs.

    Returns
    -------
    taken : ndarray of bool, shape (n,)
        More than half of the speck's volume lies in the sector.
    moved : ndarray, shape (n, 3)
        The places afterwards; those of taken specks are unchanged.
    """
    taken = np.zeros(len(places), np.bool_)
    moved = places.copy()
    sine, cosine = np.sin(direction), np.cos(direction)
    sine_half, cosine_half = np.sin(half_angle), np.cos(half_angle)
    for i in range(len(places)):
        along = places[i, 2]
        if not present[i] or abs(along) > half_aperture:
            continue  # the sector is convex: a centre outside it means at most half inside
        right, twelve = places[i, 0], places[i, 1]
        square = right * right + twelve * twelve
        turn = np.arctan2(right, twelve) - direction
        turn -= 2.0 * np.pi * np.floor(turn / (2.0 * np.pi) + 0.5)
        if abs(turn) > half_angle:
            continue
        b = _angle_bin(right, twelve)
        pushed = max(0.0, outer2 - void[b])
        radius_in = np.sqrt(square + pushed)
        limit2 = reach2 + pushed
        gap_radial = np.sqrt(limit2) - radius_in
        gap_side = radius_in * (half_angle - abs(turn))
        gap_end = half_aperture - abs(along)
        if gap_radial >= 0.0:
            # In axes where the sector points along c: c outward, p across it, s along the needle.
            c0, p0 = radius_in * np.cos(turn), radius_in * np.sin(turn)
            inside = 0
            for j in range(len(ball)):
                dx = axes[i, 0, 0] * ball[j, 0] + axes[i, 0, 1] * ball[j, 1]
                dx += axes[i, 0, 2] * ball[j, 2]
                dy = axes[i, 1, 0] * ball[j, 0] + axes[i, 1, 1] * ball[j, 1]
                dy += axes[i, 1, 2] * ball[j, 2]
                dz = axes[i, 2, 0] * ball[j, 0] + axes[i, 2, 1] * ball[j, 1]
                dz += axes[i, 2, 2] * ball[j, 2]
                c = c0 + dx * sine + dy * cosine
                p = p0 + dx * cosine - dy * sine
                if (
                    c * c + p * p <= limit2
                    and abs(p) * cosine_half <= c * sine_half
                    and abs(along + dz) <= half_aperture
                ):
                    inside += 1
            if 2 * inside > len(ball):
                taken[i] = True
                continue
            if gap_end <= gap_radial and gap_end <= gap_side:
                moved[i, 2] = np.copysign(half_aperture + NUDGE_MM, along)
                continue
            if gap_side <= gap_radial:
                # Out of the sector sideways, and not into a cavity that may lie beside it.
                angle = direction + np.copysign(half_angle + NUDGE_MM, turn)
                side = _angle_bin(np.sin(angle), np.cos(angle))
                rho = np.sqrt(max(square, void[side]))
                moved[i, 0], moved[i, 1] = rho * np.sin(angle), rho * np.cos(angle)
                continue
            square = reach2
        angle = direction + turn
        rho = np.sqrt(max(square - inflow[b], 0.0))
        moved[i, 0], moved[i, 1] = rho * np.sin(angle), rho * np.cos(angle)
    return taken, moved
