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
NUDGE_MM = 1e-6  # what was pushed to an edge lies beyond it by more than rounding


@njit
def _angle_bin(right: float, twelve: float) -> int:
    """Return the one-degree bin that holds the direction (right, twelve)."""
    return int(np.floor(np.degrees(np.arctan2(right, twelve)))) % BINS


@njit
def _at_rest(x: float, y: float, outer2: float, void: Floats) -> tuple[int, float]:
    """Return the bin of a place seen with the needle in, and its rho^2 with the needle out."""
    b = _angle_bin(x, y)
    # Not on the axis itself, where it would have no side.
    return b, max(x * x + y * y - max(0.0, outer2 - void[b]), NUDGE_MM * NUDGE_MM)


@njit
def _to_radius(place: Floats, x: float, y: float, square: float) -> None:
    """Set `place` beside the axis in the direction (x, y), where rho^2 is `square`."""
    scale = np.sqrt(square / max(x * x + y * y, 1e-300))
    place[0], place[1] = scale * x, scale * y


@njit
def _size(axes: Floats) -> float:
    """Return a length beyond which an ellipsoid does not reach: exact for upright axes."""
    largest = 0.0
    for i in range(3):
        total = 0.0
        for j in range(3):
            total += abs(
                axes[0, i] * axes[0, j] + axes[1, i] * axes[1, j] + axes[2, i] * axes[2, j]
            )
        largest = max(largest, total)
    return float(np.sqrt(largest))


@njit
def _reaches(axes: Floats, x: float, y: float, z: float) -> float:
    """Return how far an ellipsoid reaches from its centre toward the unit vector (x, y, z)."""
    total = 0.0
    for j in range(3):
        way = axes[0, j] * x + axes[1, j] * y + axes[2, j] * z
        total += way * way
    return float(np.sqrt(total))


@njit
def _flatten(axes: Floats, m: Floats, w: Floats, thick: float, share: float) -> None:
    """Make an ellipsoid into one of `share` its volume and `thick` times its thickness along m.

    The unit vector m is in its own unit ball; w is ``axes @ m``.
    """
    wide = np.sqrt(share / thick)
    for i in range(3):
        for j in range(3):
            axes[i, j] = wide * axes[i, j] + (thick - wide) * w[i] * m[j]


@njit
def _edge_inside(
    axes: Floats,
    c: float,
    p: float,
    rho: float,
    end: float,
    sector: tuple[float, float, float, float],
    gaps: tuple[float, float, float],
) -> tuple[int, float, float, float, float]:
    """Return the edge that cuts most off a speck whose centre is inside: 0 radial, 1 side, 2 end.

    With it, how far inside the centre lies, and the edge's outward normal in the needle frame.
    """
    sine, cosine, sine_half, cosine_half = sector
    least, edge = np.inf, 0
    gap, x, y, z = 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        kc, kp, kz = 0.0, 0.0, 0.0
        if k == 0:
            kc, kp = c / rho, p / rho
        elif k == 1:
            kc, kp = -sine_half, np.copysign(cosine_half, p)
        else:
            kz = end
        kx, ky = kc * sine + kp * cosine, kc * cosine - kp * sine
        share = gaps[k] / max(_reaches(axes, kx, ky, kz), 1e-300)
        if share < least:
            least, edge, gap, x, y, z = share, k, gaps[k], kx, ky, kz
    return edge, gap, x, y, z


@njit
def _edge_outside(
    c: float,
    p: float,
    rho: float,
    end: float,
    limit: float,
    sector: tuple[float, float, float, float],
    gaps: tuple[float, float, float],
) -> tuple[float, float, float, float]:
    """Return the distance, below 0, and the direction from the sector's nearest point to a centre.

    The direction is the outward normal, in the needle frame, of the plane that touches the sector.
    """
    sine, cosine, sine_half, cosine_half = sector
    kc, kp, z = 0.0, 0.0, end * max(-gaps[2], 0.0)
    if gaps[1] < 0.0:
        q = min(max(c * cosine_half + abs(p) * sine_half, 0.0), limit)
        kc, kp = c - q * cosine_half, p - np.copysign(q * sine_half, p)
    elif gaps[0] < 0.0:
        kc, kp = -c * gaps[0] / rho, -p * gaps[0] / rho
    away = np.sqrt(kc * kc + kp * kp + z * z)
    unit = 1.0 / max(away, 1e-300)
    return -away, (kc * sine + kp * cosine) * unit, (kc * cosine - kp * sine) * unit, z * unit


@njit
def _most_inside(
    axes: Floats,
    c: float,
    p: float,
    along: float,
    limit2: float,
    half_aperture: float,
    sector: tuple[float, float, float, float],
    ball: Floats,
) -> bool:
    """Whether more than half of a speck lies in the sector."""
    sine, cosine, sine_half, cosine_half = sector
    found = 0
    for j in range(len(ball)):
        dx = axes[0, 0] * ball[j, 0] + axes[0, 1] * ball[j, 1] + axes[0, 2] * ball[j, 2]
        dy = axes[1, 0] * ball[j, 0] + axes[1, 1] * ball[j, 1] + axes[1, 2] * ball[j, 2]
        dz = axes[2, 0] * ball[j, 0] + axes[2, 1] * ball[j, 1] + axes[2, 2] * ball[j, 2]
        cj, pj = c + dx * sine + dy * cosine, p + dx * cosine - dy * sine
        if (
            cj * cj + pj * pj <= limit2
            and abs(pj) * cosine_half <= cj * sine_half
            and abs(along + dz) <= half_aperture
        ):
            found += 1
    return 2 * found > len(ball)


@njit
def take_speck(
    place: Floats,
    axes: Floats,
    piece_place: Floats,
    piece_axes: Floats,
    sine: float,
    cosine: float,
    sine_half: float,
    cosine_half: float,
    half_aperture: float,
    reach2: float,
    outer2: float,
    piece_mm: float,
    void: Floats,
    inflow: Floats,
    ball: Floats,
) -> float:
    """Let one core take one speck, cut it, push it aside or leave it, and let the cavity close.

    A speck is rigid, so it is judged with the needle in and the speck beside it; places before and
    after are those of the tissue with the needle out.  The edge that counts is, for a centre
    inside the sector, the one that cuts off most of the speck (the nearest, for a round one), and
    for a centre outside the plane that touches the sector where it is nearest.

    Parameters
    ----------
    place, axes : ndarray, shapes (3,) and (3, 3)
        Centre in the needle frame (right, twelve, along) and semi-axis vectors, one per column, mm.
        Overwritten with those of what stays; unchanged where all goes.
    piece_place, piece_axes : ndarray, shapes (3,) and (3, 3)
        Overwritten with those of what goes, where anything does (place with the needle out).
    sine, cosine, sine_half, cosine_half : float
        Of the clock angle of the sector's middle, and of half its opening (at most pi / 2).
    half_aperture, reach2, outer2 : float
        Half length (mm), square of the reach and of the needle's outer radius (mm^2).
    piece_mm : float
        A speck is cut where both parts are at least so thick across the edge.
    void, inflow : ndarray, shape (360,)
        Before the core: the empty rho^2 per clock bin; after it: the rho^2 that comes in.
    ball : ndarray, shape (m, 3)
        Points that fill the unit ball evenly, in opposite pairs.

    Returns
    -------
    float
        Share of the speck's volume that goes with the core: 0, 1, or between them where it is cut.
    """
    sector = (sine, cosine, sine_half, cosine_half)
    right, twelve, along = place[0], place[1], place[2]
    size = _size(axes)
    gap_end = half_aperture - abs(along)
    cuttable = size >= piece_mm
    if gap_end < (-size if cuttable else 0.0):
        return 0.0
    # In axes where the sector points along c: c outward, p across it.
    c, p = right * sine + twelve * cosine, right * cosine - twelve * sine
    within = abs(p) * cosine_half <= c * sine_half
    if not (within or cuttable):
        return 0.0
    b = _angle_bin(right, twelve)
    square = right * right + twelve * twelve
    pushed = max(0.0, outer2 - void[b])
    limit2 = reach2 + pushed
    limit, rho = np.sqrt(limit2), max(np.sqrt(square + pushed), 1e-12)
    if square > 0.0:
        c, p = c * rho / np.sqrt(square), p * rho / np.sqrt(square)
    else:  # on the axis there is no direction: 12 o'clock, as in its bin
        c, p = rho * cosine, -rho * sine
        within = abs(p) * cosine_half <= c * sine_half
    x, y = c * sine + p * cosine, c * cosine - p * sine
    gaps = (limit - rho, c * sine_half - abs(p) * cosine_half, gap_end)
    inside = within and gaps[0] >= 0.0 and gap_end >= 0.0
    end = np.copysign(1.0, along)

    edge, gap = 0, 0.0
    nx, ny, nz = 0.0, 0.0, 0.0
    if inside:
        if size <= min(gaps):
            piece_place[:], piece_axes[:] = place, axes
            return 1.0
        edge, gap, nx, ny, nz = _edge_inside(axes, c, p, rho, end, sector, gaps)
    elif cuttable:
        gap, nx, ny, nz = _edge_outside(c, p, rho, end, limit, sector, gaps)

    h = _reaches(axes, nx, ny, nz)
    if h - abs(gap) >= piece_mm:
        m, w = np.empty(3), np.zeros(3)
        for j in range(3):
            m[j] = (axes[0, j] * nx + axes[1, j] * ny + axes[2, j] * nz) / h
            for i in range(3):
                w[i] += axes[i, j] * m[j]
        # The plane cuts the unit ball at t along m: volumes and centroids of spherical caps.
        t = gap / h
        share = (1.0 + t) ** 2 * (2.0 - t) / 4.0
        go, stay = -0.75 * (1.0 - t) ** 2 / (2.0 - t), 0.75 * (1.0 + t) ** 2 / (2.0 + t)
        px, py = x + go * w[0], y + go * w[1]
        _, square = _at_rest(px, py, outer2, void)
        _to_radius(piece_place, px, py, square)
        piece_place[2] = along + go * w[2]
        x, y = x + stay * w[0], y + stay * w[1]
        place[2] = along + stay * w[2]
        piece_axes[:] = axes
        _flatten(piece_axes, m, w, (1.0 + t) / 2.0, share)
        _flatten(axes, m, w, (1.0 - t) / 2.0, 1.0 - share)
        b, square = _at_rest(x, y, outer2, void)
        if abs(place[2]) <= half_aperture:
            # Out of what is empty now, and in with the tissue round it.
            c, p = x * sine + y * cosine, x * cosine - y * sine
            low = void[b]
            if abs(p) * cosine_half <= c * sine_half:
                low = max(low, reach2)
            square = max(max(square, low) - inflow[b], 0.0)
        _to_radius(place, x, y, square)
        return share

    if inside:
        if _most_inside(axes, c, p, along, limit2, half_aperture, sector, ball):
            piece_place[:], piece_axes[:] = place, axes
            return 1.0
        if edge == 2:
            place[2] = end * (half_aperture + NUDGE_MM)
            return 0.0
        if edge == 1:
            # Out of the sector sideways, and not into a cavity that may lie beside it.
            c = cosine_half - NUDGE_MM * sine_half
            p = np.copysign(sine_half + NUDGE_MM * cosine_half, p)
            x, y = c * sine + p * cosine, c * cosine - p * sine
            _to_radius(place, x, y, max(square, void[_angle_bin(x, y)]))
            return 0.0
        square = reach2
    elif not within or gap_end < 0.0:
        return 0.0
    _to_radius(place, x, y, max(square - inflow[b], 0.0))
    return 0.0


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
    piece_mm: float,
    void: Floats,
    inflow: Floats,
    ball: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Let one core take its share of many specks; see :func:`take_speck`.

    Parameters
    ----------
    places, axes : ndarray, shapes (n, 3) and (n, 3, 3)
        Centres and semi-axis vectors (columns) in the needle frame, mm.
    present : ndarray of bool, shape (n,)
        Those still in the tissue.
    direction, half_angle : float
        Clock angle of the sector's middle and half its opening (at most pi / 2), rad.
    half_aperture, reach2, outer2, piece_mm, void, inflow, ball
        As in :func:`take_speck`.

    Returns
    -------
    shares : ndarray, shape (n,)
        Share of each that goes with the core.
    left_places, left_axes, piece_places, piece_axes : ndarray, shapes (n, 3) and (n, 3, 3) twice
        What stays, and what goes (rows without meaning where the share is 1, or 0).
    """
    shares = np.zeros(len(places))
    left, left_axes = places.copy(), axes.copy()
    pieces, piece_axes = places.copy(), axes.copy()
    sine, cosine = np.sin(direction), np.cos(direction)
    sine_half, cosine_half = np.sin(half_angle), np.cos(half_angle)
    for i in range(len(places)):
        if present[i]:
            shares[i] = take_speck(
                left[i],
                left_axes[i],
                pieces[i],
                piece_axes[i],
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
            )
    return shares, left, left_axes, pieces, piece_axes
