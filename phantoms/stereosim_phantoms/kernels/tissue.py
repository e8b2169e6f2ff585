"""Tissue as a function of position: a row of voxels along x at a time, or a point.

Serves :mod:`stereosim_phantoms.anatomy`.  ``breast`` is a tuple of arrays:

- ``shape`` (float64): the numbers at the indices below;
- ``lattice`` (float32; z, y, x, field): quadratic B-spline coefficients of four slow fields, DRIVE
  (of the parenchyma), FAT (under the skin, mm), BEHIND (y over the fat before the chest wall) and
  SHEET (whose zeros are the ligaments), on nodes fixed in the breast;
- ``frame`` (6,): place of the first node and pitch of the nodes, mm, along x, y, z;
- ``texture`` (float32; c, b, a; 2 ** BITS a side): B-spline coefficients of the fine noise, which
  repeats along a, and along b and c with a shift of TWIST_B and TWIST_C texels along a;
- ``weave`` (3, 7): texels a, b, c per x, y, z, 1, y^2, y z and z^2 (mm); a alone hangs on x, so
  that a row needs one line of texels, and the squares keep repeats from lining up in projection;
- ``tubes`` (n, 9): start, way to the end, 1 / length^2, radius at the start and its growth; the
  first shape[DUCTS] are ducts, the others vessels; ``starts``, ``items``: the tubes by cell;
- ``cells`` (4,): corner and edge of the grid of cells, and ``counts`` (3,): how many along x, y, z.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim_phantoms.kernels._jit import njit, njit_inline

# Compressed thickness, chest to nipple, half width, roundness (radius of the rim over Y0), skin,
# radius of the nipple, whether homogeneous (0 or 1) and with what gland fraction.
T, Y0, HALF, RHO, SKIN, NIPPLE, PLAIN, PLAIN_GLAND = range(8)
# Drive half-way from fat to gland and width of that passage, sigma of the texture, ligament
# thickness, slope of SHEET below which a ligament fades, number of ducts.
THRESHOLD, SOFT, S_TEXTURE, LIGAMENT, LIGAMENT_SLOPE, DUCTS = range(8, 14)
N_SHAPE = 14
# A mass: centre (3), inverse of the axes matrix (9), gland fraction for X-rays, width of the edge,
# scattered power against fat, attenuation, whether fluid and whether walled (0 or 1).
M_GLAND, M_EDGE, M_POWER, M_ATTENUATION, M_FLUID, M_WALLED, MASS_COLUMNS = range(12, 19)
# Columns of what is found at a point.
POINT_COLUMNS = 13
DRIVE, FAT, BEHIND, SHEET = range(4)
TWIST_B, TWIST_C = 390, 634
BITS_A, BITS_B, BITS_C = 10, 6, 6
# Rows of the scratch array: one number per voxel of the row.
_INSIDE, _CORE, _DRIVE, _ENVELOPE, _GLAND, _SHEET, _DUCT, _VESSEL, _MASS, _MASS_GLAND, _DEPTH = (
    range(11)
)


@njit
def _clip01(value: float) -> float:
    """Clip to [0, 1]."""
    return min(max(value, 0.0), 1.0)


@njit
def _smooth(value: float) -> float:
    """Cubic step from 0 at 0 to 1 at 1."""
    t = min(max(value, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit
def _dense(t: float) -> float:
    """Glandular share for a drive `t` above the threshold: nothing below it, and never quite all.

    A step that saturates would leave the inside of a dense gland without texture.
    """
    t = max(t, 0.0)
    return t * t / (t * t + 1.0)


@njit
def _basis(u: float) -> tuple[float, float, float]:
    """Weights of three nodes of a quadratic B-spline, `u` from half-way between the first two."""
    v = 1.0 - u
    return 0.5 * v * v, 0.5 + u * v, 0.5 * u * u


@njit
def _section(shape: Any, z: float) -> tuple[float, float, float, float]:
    """Return, at height z, 1 / axis^2 of the elliptic section along x and y, and how both narrow.

    The rim is rounded all round, by the roundness times Y0; narrowing is d ln(axis) / dz.
    """
    v = min(max(2.0 * z / shape[T] - 1.0, -0.999), 0.999)
    bend = math.sqrt(1.0 - v * v)
    edge = shape[RHO] * shape[Y0]
    ax, ay = shape[HALF] - edge * (1.0 - bend), shape[Y0] - edge * (1.0 - bend)
    fall = -edge * v / bend * 2.0 / shape[T]
    return 1.0 / (ax * ax), 1.0 / (ay * ay), fall / ax, fall / ay


@njit
def _depth(section: Any, x: float, y: float) -> float:
    """Distance (mm, first order) inward from the rim: with s = 1 there, (1 - s) over its slope."""
    ax, ay, bx, by = section
    # Never quite 0, so that the middle has a depth.
    px, py = ax * (x * x + 1e-9), ay * y * y
    upward = px * bx + py * by
    square = px + py
    return float((math.sqrt(square) - square) / math.sqrt(px * ax + py * ay + upward * upward))


@njit
def skin_distances(points: Any, shape: Any, result: Any) -> None:
    """Fill `result` (n,) with the inward distance from skin of `points` (n, 3)."""
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], max(points[n, 1], 0.0), points[n, 2]
        result[n] = min(min(z, shape[T] - z), _depth(_section(shape, z), x, y))


@njit_inline
def _outline(at: Any, n: int, shape: Any, row: Any) -> tuple[int, int]:
    """Fill _INSIDE, _CORE, _DEPTH of n voxels; return the first inside and that after the last."""
    x0, h, y, z = at
    first, last = n, 0
    flat = min(z, shape[T] - z)
    chest = _clip01(y / h + 0.5)
    nipple = shape[NIPPLE] if y > shape[Y0] - 2.0 * shape[NIPPLE] else 0.0
    if chest <= 0.0 or flat < -0.5 * h:
        return first, last
    section, front = _section(shape, z), max(y, 0.0)
    for i in range(n):
        row[_DEPTH, i] = min(flat, _depth(section, x0 + i * h, front))
    for i in range(n):
        depth = row[_DEPTH, i]
        inside = _clip01(depth / h + 0.5) * chest
        if nipple > 0.0:
            over = max(y - shape[Y0], 0.0)
            away = (x0 + i * h) ** 2 + (z - 0.5 * shape[T]) ** 2 + over * over
            inside = max(inside, _clip01((nipple - math.sqrt(away)) / h + 0.5))
        if inside > 0.0:
            first, last = min(first, i), i + 1
        row[_INSIDE, i] = inside
        row[_CORE, i] = min(_clip01((depth - shape[SKIN]) / h + 0.5) * chest, inside)
        row[_GLAND, i] = row[_SHEET, i] = row[_DUCT, i] = row[_VESSEL, i] = 0.0
        row[_MASS, i] = row[_MASS_GLAND, i] = 0.0
    return first, last


@njit
def _slope(u: float, pitch: float) -> tuple[float, float, float]:
    """Return the derivatives of :func:`_basis`, for nodes `pitch` apart."""
    return (u - 1.0) / pitch, (1.0 - 2.0 * u) / pitch, u / pitch


@njit
def _columns(x0: float, h: float, frame: Any, nodes: int, taps: Any, weights: Any) -> None:
    """Fill the first of three nodes, and weights for value (3) and slope (3) along x, of a row."""
    for i in range(taps.shape[0]):
        s = min(max((x0 + i * h - frame[0]) / frame[3] - 0.5, 0.0), nodes - 2.001)
        t = int(s)
        taps[i] = t
        weights[i, 0], weights[i, 1], weights[i, 2] = _basis(s - t)
        weights[i, 3], weights[i, 4], weights[i, 5] = _slope(s - t, frame[3])


@njit_inline
def _lines(at: Any, nodes: Any, lattice: Any, frame: Any, room: Any) -> None:
    """Fill the lines at (y, z) from one node to another: four fields, SHEET's slopes in y and z."""
    _, _, y, z = at
    lines, _, begins, parts = room
    s = min(max((y - frame[1]) / frame[4] - 0.5, 0.0), lattice.shape[1] - 2.001)
    t = min(max((z - frame[2]) / frame[5] - 0.5, 0.0), lattice.shape[0] - 2.001)
    j, k = int(s), int(t)
    wy, wz = _basis(s - j), _basis(t - k)
    dy, dz = _slope(s - j, frame[4]), _slope(t - k, frame[5])
    for p in range(3):
        for q in range(3):
            n = 3 * p + q
            begins[0, n] = ((k + p) * lattice.shape[1] + j + q) * lattice.shape[2] * 4
            parts[0, n], parts[1, n], parts[2, n] = wz[p] * wy[q], wz[p] * dy[q], dz[p] * wy[q]
    flat = lattice.reshape(-1)
    for i in range(nodes[0], nodes[1]):
        drive = fat = behind = sheet = up = over = np.float32(0.0)
        for n in range(9):
            node = begins[0, n] + np.uint64(4 * i)
            w, here = parts[0, n], flat[node + np.uint64(SHEET)]
            drive += w * flat[node + np.uint64(DRIVE)]
            fat += w * flat[node + np.uint64(FAT)]
            behind += w * flat[node + np.uint64(BEHIND)]
            sheet += w * here
            up += parts[1, n] * here
            over += parts[2, n] * here
        lines[i, DRIVE], lines[i, FAT], lines[i, BEHIND] = drive, fat, behind
        lines[i, SHEET], lines[i, 4], lines[i, 5] = sheet, up, over


@njit_inline
def _mix(lines: Any, t: int, field: int, p: float, q: float, r: float) -> float:
    """Weigh three nodes of a line from `t` on."""
    # Unsigned indices spare Numba the test for negative ones.
    a = np.uint64(t)
    b, c = a + np.uint64(1), a + np.uint64(2)
    return float(p * lines[a, field] + q * lines[b, field] + r * lines[c, field])


@njit_inline
def _slow(h: float, span: Any, shape: Any, taps: Any, weights: Any, lines: Any, row: Any) -> Any:
    """Fill _DRIVE (without texture), _ENVELOPE and _SHEET; return where texture is wanted.

    Fat far below the threshold needs no texture; the calibration (threshold 1e9) wants it all.
    """
    first, last = span
    begin, end = last, first
    all_of_it = shape[THRESHOLD] > 1e8
    enough = shape[THRESHOLD] - 0.5 * shape[SOFT] - 4.5 * shape[S_TEXTURE]
    # No sheet is steeper than six times the usual: beyond this value a voxel holds none of it.
    far = 3.0 * shape[LIGAMENT_SLOPE] * (shape[LIGAMENT] + h)
    for i in range(first, last):
        t, p, q, r = taps[i], weights[i, 0], weights[i, 1], weights[i, 2]
        drive, fat = _mix(lines, t, DRIVE, p, q, r), _mix(lines, t, FAT, p, q, r)
        behind, sheet = _mix(lines, t, BEHIND, p, q, r), _mix(lines, t, SHEET, p, q, r)
        depth = row[_DEPTH, i] - shape[SKIN]
        envelope = _smooth(behind - 0.4)
        if depth < 1.4 * fat + 0.5:
            envelope *= _smooth((depth - 0.6 * fat) / max(0.8 * fat, 0.5))
        row[_DRIVE, i], row[_ENVELOPE, i] = drive, envelope
        if all_of_it or (envelope > 0.0 and drive > enough):
            begin, end = min(begin, i), i + 1
        if abs(sheet) < far:
            gx = _mix(lines, t, SHEET, weights[i, 3], weights[i, 4], weights[i, 5])
            gy, gz = _mix(lines, t, 4, p, q, r), _mix(lines, t, 5, p, q, r)
            slope = math.sqrt(gx * gx + gy * gy + gz * gz) + 1e-6
            # Sheets fade where the field is flat: closed shells would show as bubbles.
            thick = 0.5 * shape[LIGAMENT] * _smooth(slope / shape[LIGAMENT_SLOPE] - 0.7)
            distance = sheet / slope
            high, low = min(distance + 0.5 * h, thick), max(distance - 0.5 * h, -thick)
            row[_SHEET, i] = max(high - low, 0.0) / h
    return begin, end


@njit_inline
def _woven(w: Any, y: float, z: float) -> float:
    """Return the part of a texel coordinate that a row has in common, from the first of three."""
    return float(w[1] * y + w[2] * z + w[3] + w[4] * y * y + w[5] * y * z + w[6] * z * z - 0.5)


@njit_inline
def _texture(
    at: Any, span: Any, sigma: float, texture: Any, weave: Any, room: Any, row: Any
) -> None:
    """Add the texture to _DRIVE of the voxels `span` of a row."""
    x0, h, y, z = at
    first, last = span
    _, strip, begins, parts = room
    a = weave[0, 0] * (x0 + first * h) + _woven(weave[0], y, z)
    b, c = _woven(weave[1], y, z), _woven(weave[2], y, z)
    base, j, k = int(math.floor(a)), int(math.floor(b)), int(math.floor(c))
    a, step = a - base, weave[0, 0] * h
    length = int(a + (last - 1 - first) * step) + 3
    wb, wc = _basis(b - j), _basis(c - k)
    # Nine lines of the tile: where each begins, its first texel, its weight.
    for p in range(3):
        kk, above = (k + p) & ((1 << BITS_C) - 1), ((k + p) >> BITS_C) * TWIST_C
        for q in range(3):
            jj, shift = (j + q) & ((1 << BITS_B) - 1), above + ((j + q) >> BITS_B) * TWIST_B
            begins[0, 3 * p + q] = ((kk << BITS_B) + jj) << BITS_A
            begins[1, 3 * p + q] = (base + shift) & ((1 << BITS_A) - 1)
            parts[0, 3 * p + q] = wc[p] * wb[q]
    turn = np.uint64((1 << BITS_A) - 1)
    texels = texture.reshape(-1)
    for r in range(length):
        value = np.float32(0.0)
        for n in range(9):
            value += parts[0, n] * texels[begins[0, n] + ((begins[1, n] + np.uint64(r)) & turn)]
        strip[r] = value
    for i in range(first, last):
        s = a + (i - first) * step
        t = np.uint64(s)
        u, v, w = _basis(s - np.float64(t))
        grain = u * strip[t] + v * strip[t + np.uint64(1)] + w * strip[t + np.uint64(2)]
        row[_DRIVE, i] += sigma * grain


@njit_inline
def _tubes(at: Any, span: Any, ducts: float, listed: Any, row: Any) -> None:
    """Fill _DUCT and _VESSEL of a row with the fractions filled by the tubes in its cells."""
    x0, h, y, z = at
    first, last = span
    tubes, starts, items, cells, counts = listed
    j = int(math.floor((y - cells[1]) / cells[3]))
    k = int(math.floor((z - cells[2]) / cells[3]))
    if j < 0 or k < 0 or j >= counts[1] or k >= counts[2]:
        return
    begin = max(int(math.floor((x0 + first * h - cells[0]) / cells[3])), 0)
    end = min(int(math.floor((x0 + (last - 1) * h - cells[0]) / cells[3])) + 1, counts[0])
    for cell in range(begin, end):
        place = (k * counts[1] + j) * counts[0] + cell
        if starts[place] == starts[place + 1]:
            continue
        left = cells[0] + cell * cells[3] - x0
        low = max(int(math.ceil(left / h)), first)
        high = min(int(math.ceil((left + cells[3]) / h)), last)
        for n in range(starts[place], starts[place + 1]):
            tube = tubes[items[n]]
            kind = _DUCT if items[n] < ducts else _VESSEL
            for i in range(low, high):
                px, py, pz = x0 + i * h - tube[0], y - tube[1], z - tube[2]
                t = _clip01((px * tube[3] + py * tube[4] + pz * tube[5]) * tube[6])
                px, py, pz = px - t * tube[3], py - t * tube[4], pz - t * tube[5]
                radius = tube[7] + t * tube[8]
                # A tube thinner than the voxel is drawn as wide as the voxel, and fainter: the
                # factor keeps its cross-section (a disc of radius w with an edge h wide has the
                # area pi (w^2 + h^2 / 12)).
                wide = max(radius, 0.48 * h)
                distance = px * px + py * py + pz * pz
                if distance < (wide + 0.5 * h) ** 2:
                    full = min(1.0, radius * radius / (wide * wide + h * h / 12.0))
                    part = full * _clip01((wide - math.sqrt(distance)) / h + 0.5)
                    row[kind, i] = max(row[kind, i], part)


@njit_inline
def _masses(at: Any, span: Any, masses: Any, row: Any) -> None:
    """Fill _MASS with the fraction inside any mass, and _MASS_GLAND with its gland fraction.

    Where parts overlap, that which fills most of the voxel counts.
    """
    x0, h, y, z = at
    first, last = span
    for n in range(masses.shape[0]):
        m = masses[n]
        dy, dz = y - m[1], z - m[2]
        bx, by, bz = m[4] * dy + m[5] * dz, m[7] * dy + m[8] * dz, m[10] * dy + m[11] * dz
        # Within three radii q^2 = |a|^2 d^2 + 2 a.b d + |b|^2 < 9: a stretch of the row, if any.
        aa = m[3] * m[3] + m[6] * m[6] + m[9] * m[9]
        middle = -(m[3] * bx + m[6] * by + m[9] * bz) / aa
        square = middle * middle - (bx * bx + by * by + bz * bz - 9.0) / aa
        if square <= 0.0:
            continue
        reach = math.sqrt(square)
        low = max(int(math.ceil((m[0] + middle - reach - x0) / h)), first)
        high = min(int(math.floor((m[0] + middle + reach - x0) / h)) + 1, last)
        for i in range(low, high):
            dx = x0 + i * h - m[0]
            wx, wy, wz = m[3] * dx + bx, m[6] * dx + by, m[9] * dx + bz
            q = math.sqrt(wx * wx + wy * wy + wz * wz)
            part = 1.0
            if q > 1e-9:
                gx = m[3] * wx + m[6] * wy + m[9] * wz
                gy = m[4] * wx + m[7] * wy + m[10] * wz
                gz = m[5] * wx + m[8] * wy + m[11] * wz
                distance = (1.0 - q) * q / math.sqrt(gx * gx + gy * gy + gz * gz)
                part = _clip01(distance / max(h, m[M_EDGE]) + 0.5)
            if part > row[_MASS, i]:
                row[_MASS, i], row[_MASS_GLAND, i] = part, m[M_GLAND]


@njit_inline
def _row(at: Any, breast: Any, masses: Any, plan: Any, row: Any) -> tuple[int, int]:
    """Fill `row` at the voxels of a row; return the first inside and the one after the last.

    A row begins at ``at`` (x, voxel edge, y, z).  `plan` holds what it shares with others (nodes
    and weights along x) and room to work in.
    """
    shape, lattice, frame, texture, weave = breast[:5]
    taps, weights, room = plan
    span = _outline(at, taps.shape[0], shape, row)
    first, last = span
    if first >= last:
        return span
    _masses(at, span, masses, row)
    if shape[PLAIN] > 0.5:
        row[_GLAND, first:last] = shape[PLAIN_GLAND]
        return span
    _lines(at, (taps[first], taps[last - 1] + 3), lattice, frame, room)
    grainy = _slow(at[1], span, shape, taps, weights, room[0], row)
    if grainy[0] < grainy[1]:
        _texture(at, grainy, shape[S_TEXTURE], texture, weave, room, row)
    _tubes(at, span, shape[DUCTS], breast[5:], row)
    for i in range(first, last):
        gland = row[_DUCT, i]
        if row[_ENVELOPE, i] > 0.0:
            t = (row[_DRIVE, i] - shape[THRESHOLD]) / shape[SOFT] + 0.5
            gland += row[_ENVELOPE, i] * _dense(t) * (1.0 - gland)
        row[_GLAND, i] = gland
        row[_SHEET, i] *= 1.0 - gland
    return span


@njit_inline
def _plan(n: int, x0: float, h: float, breast: Any) -> Any:
    """Return nodes and weights along x of rows of n voxels, still 0, and their room."""
    lines = np.zeros((breast[1].shape[2], 6), dtype=np.float32)
    strip = np.zeros(int(n * h * breast[4][0, 0]) + 8, dtype=np.float32)
    room = lines, strip, np.zeros((2, 9), dtype=np.uint64), np.zeros((3, 9), dtype=np.float32)
    return np.zeros(n, dtype=np.int64), np.zeros((n, 6)), room


@njit_inline
def _xray_gland(row: Any, i: int) -> float:
    """Share that counts as gland for X-rays, of what is under the skin; blood does."""
    soft = row[_GLAND, i] + row[_SHEET, i]
    soft += row[_VESSEL, i] * (1.0 - soft)
    return float(soft + row[_MASS, i] * (row[_MASS_GLAND, i] - soft))


@njit
def tissue_box(
    lo: Any, spacing: float, breast: Any, masses: Any, gland: Any, skin: Any, inside: Any
) -> None:
    """Fill (z, y, x) arrays, zeros, with X-ray gland, skin and inside; `lo` is the first centre."""
    plan = _plan(gland.shape[2], lo[0], spacing, breast)
    _columns(lo[0], spacing, breast[2], breast[1].shape[2], plan[0], plan[1])
    row = np.zeros((11, gland.shape[2]))
    for k in range(gland.shape[0]):
        z = lo[2] + k * spacing
        for j in range(gland.shape[1]):
            at = (lo[0], spacing, lo[1] + j * spacing, z)
            first, last = _row(at, breast, masses, plan, row)
            for i in range(first, last):
                core = row[_CORE, i]
                gland[k, j, i] = core * _xray_gland(row, i)
                skin[k, j, i] = row[_INSIDE, i] - core
                inside[k, j, i] = row[_INSIDE, i]


@njit_inline
def _mass_at(x: float, y: float, z: float, h: float, masses: Any) -> tuple[float, int]:
    """Return the fraction of a voxel inside any mass, and which part fills most of it."""
    best, which = 0.0, 0
    for n in range(masses.shape[0]):
        m = masses[n]
        dx, dy, dz = x - m[0], y - m[1], z - m[2]
        wx = m[3] * dx + m[4] * dy + m[5] * dz
        wy = m[6] * dx + m[7] * dy + m[8] * dz
        wz = m[9] * dx + m[10] * dy + m[11] * dz
        square = wx * wx + wy * wy + wz * wz
        if square >= 9.0:
            continue
        part, q = 1.0, math.sqrt(square)
        if q > 1e-9:
            gx = m[3] * wx + m[6] * wy + m[9] * wz
            gy = m[4] * wx + m[7] * wy + m[10] * wz
            gz = m[5] * wx + m[8] * wy + m[11] * wz
            distance = (1.0 - q) * q / math.sqrt(gx * gx + gy * gy + gz * gz)
            part = _clip01(distance / max(h, m[M_EDGE]) + 0.5)
        if part > best:
            best, which = part, n
    return best, which


@njit_inline
def _tubes_at(
    x: float, y: float, z: float, h: float, ducts: float, listed: Any
) -> tuple[float, float]:
    """Return the fractions of a voxel filled by ducts and by vessels; see :func:`_tubes`."""
    tubes, starts, items, cells, counts = listed
    duct = vessel = 0.0
    i, j, k = (x - cells[0]) / cells[3], (y - cells[1]) / cells[3], (z - cells[2]) / cells[3]
    if min(i, j, k) < 0.0 or i >= counts[0] or j >= counts[1] or k >= counts[2]:
        return duct, vessel
    place = (int(k) * counts[1] + int(j)) * counts[0] + int(i)
    for n in range(starts[place], starts[place + 1]):
        tube = tubes[items[n]]
        px, py, pz = x - tube[0], y - tube[1], z - tube[2]
        t = _clip01((px * tube[3] + py * tube[4] + pz * tube[5]) * tube[6])
        px, py, pz = px - t * tube[3], py - t * tube[4], pz - t * tube[5]
        radius = tube[7] + t * tube[8]
        wide = max(radius, 0.48 * h)
        distance = px * px + py * py + pz * pz
        if distance < (wide + 0.5 * h) ** 2:
            full = min(1.0, radius * radius / (wide * wide + h * h / 12.0))
            part = full * _clip01((wide - math.sqrt(distance)) / h + 0.5)
            if items[n] < ducts:
                duct = max(duct, part)
            else:
                vessel = max(vessel, part)
    return duct, vessel


@njit_inline
def _texture_at(x: float, y: float, z: float, texels: Any, weave: Any) -> float:
    """Return the fine noise at a point; `texels` are the texture as one line."""
    a = weave[0, 0] * x + _woven(weave[0], y, z)
    b, c = _woven(weave[1], y, z), _woven(weave[2], y, z)
    i, j, k = int(math.floor(a)), int(math.floor(b)), int(math.floor(c))
    wa, wb, wc = _basis(a - i), _basis(b - j), _basis(c - k)
    turn, grain = (1 << BITS_A) - 1, 0.0
    for p in range(3):
        kk, above = (k + p) & ((1 << BITS_C) - 1), i + ((k + p) >> BITS_C) * TWIST_C
        for q in range(3):
            jj, shift = (j + q) & ((1 << BITS_B) - 1), above + ((j + q) >> BITS_B) * TWIST_B
            line = np.uint64(((kk << BITS_B) + jj) << BITS_A)
            first, second = np.uint64(shift & turn), np.uint64((shift + 1) & turn)
            third = np.uint64((shift + 2) & turn)
            grain += (wc[p] * wb[q]) * (
                wa[0] * texels[line + first]
                + wa[1] * texels[line + second]
                + wa[2] * texels[line + third]
            )
    return grain


@njit_inline
def _slow_at(x: float, y: float, z: float, slow: Any, frame: Any, nodes: Any) -> Any:
    """Return the four slow fields at a point, the first node, and how far from it the point is.

    `slow` is the lattice as one line, with its shape.  `nodes` (12,) is room for three nodes of
    four fields, which lie side by side: the nine lines are summed in vectors.
    """
    flat, nz, ny, nx = slow
    r = min(max((x - frame[0]) / frame[3] - 0.5, 0.0), nx - 2.001)
    s = min(max((y - frame[1]) / frame[4] - 0.5, 0.0), ny - 2.001)
    t = min(max((z - frame[2]) / frame[5] - 0.5, 0.0), nz - 2.001)
    i, j, k = int(r), int(s), int(t)
    (a0, a1, a2), (b0, b1, b2), (c0, c1, c2) = _basis(r - i), _basis(s - j), _basis(t - k)
    w00, w01, w02 = np.float32(c0 * b0), np.float32(c0 * b1), np.float32(c0 * b2)
    w10, w11, w12 = np.float32(c1 * b0), np.float32(c1 * b1), np.float32(c1 * b2)
    w20, w21, w22 = np.float32(c2 * b0), np.float32(c2 * b1), np.float32(c2 * b2)
    up, over = np.uint64(4 * nx), np.uint64(4 * nx * ny)
    first = np.uint64(4 * ((k * ny + j) * nx + i))
    for n in range(12):
        p = first + np.uint64(n)
        q = p + over
        o = q + over
        nodes[n] = (
            w00 * flat[p] + w01 * flat[p + up] + w02 * flat[p + up + up]
            + w10 * flat[q] + w11 * flat[q + up] + w12 * flat[q + up + up]
            + w20 * flat[o] + w21 * flat[o + up] + w22 * flat[o + up + up]
        )  # fmt: skip
    drive = a0 * nodes[DRIVE] + a1 * nodes[4 + DRIVE] + a2 * nodes[8 + DRIVE]
    fat = a0 * nodes[FAT] + a1 * nodes[4 + FAT] + a2 * nodes[8 + FAT]
    behind = a0 * nodes[BEHIND] + a1 * nodes[4 + BEHIND] + a2 * nodes[8 + BEHIND]
    sheet = a0 * nodes[SHEET] + a1 * nodes[4 + SHEET] + a2 * nodes[8 + SHEET]
    return drive, fat, behind, sheet, (i, j, k, r - i, s - j, t - k)


@njit_inline
def _sheet_at(sheet: float, at: Any, h: float, shape: Any, lattice: Any, frame: Any) -> float:
    """Return the fraction of a voxel filled by a ligament; see :func:`_slow`."""
    if abs(sheet) >= 3.0 * shape[LIGAMENT_SLOPE] * (shape[LIGAMENT] + h):
        return 0.0
    i, j, k, u, v, w = at
    (a0, a1, a2), (d0, d1, d2) = _basis(u), _slope(u, frame[3])
    b, c, db, dc = _basis(v), _basis(w), _slope(v, frame[4]), _slope(w, frame[5])
    gx = gy = gz = 0.0
    for p in range(3):
        for q in range(3):
            n0, n1, n2 = (
                lattice[k + p, j + q, i, SHEET],
                lattice[k + p, j + q, i + 1, SHEET],
                lattice[k + p, j + q, i + 2, SHEET],
            )
            here = a0 * n0 + a1 * n1 + a2 * n2
            gx += c[p] * b[q] * (d0 * n0 + d1 * n1 + d2 * n2)
            gy += c[p] * db[q] * here
            gz += dc[p] * b[q] * here
    slope = math.sqrt(gx * gx + gy * gy + gz * gz) + 1e-6
    thick = 0.5 * shape[LIGAMENT] * _smooth(slope / shape[LIGAMENT_SLOPE] - 0.7)
    distance = sheet / slope
    high, low = min(distance + 0.5 * h, thick), max(distance - 0.5 * h, -thick)
    return float(max(high - low, 0.0) / h)


@njit
def tissue_points(points: Any, spacing: float, breast: Any, masses: Any, result: Any) -> None:
    """Fill `result` (n, POINT_COLUMNS) at breast-frame `points` (n, 3); a NaN point is outside.

    Columns: inside, skin, gland with ducts, ligament, mass of any kind (fractions of the voxel),
    X-ray gland (gland, ligament, vessel, and mass by its gland fraction), drive and envelope of the
    parenchyma; fluid of the mass, vessel (share of what is not mass), scattered power and
    attenuation of the mass (times its fraction), walled mass.

    A point shares nothing with others, so that a row's preparations would cost more than they save.
    The result is that of a row.
    """
    h, listed, nodes = spacing, breast[5:], np.zeros(12, dtype=np.float32)
    shape, lattice, frame, texture, weave = breast[:5]
    # Once for all points: taking a view of an array costs as much as a quarter of a point.
    texels = texture.reshape(-1)
    slow = lattice.reshape(-1), lattice.shape[0], lattice.shape[1], lattice.shape[2]
    calibrating = shape[THRESHOLD] > 1e8
    enough = shape[THRESHOLD] - 0.5 * shape[SOFT] - 4.5 * shape[S_TEXTURE]
    for n in range(points.shape[0]):
        out = result[n]
        out[:] = 0.0
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        if math.isnan(x):
            continue
        flat, chest = min(z, shape[T] - z), _clip01(y / h + 0.5)
        if chest <= 0.0 or flat < -0.5 * h:
            continue
        depth = min(flat, _depth(_section(shape, z), x, max(y, 0.0)))
        inside = _clip01(depth / h + 0.5) * chest
        if shape[NIPPLE] > 0.0 and y > shape[Y0] - 2.0 * shape[NIPPLE]:
            over = max(y - shape[Y0], 0.0)
            away = math.sqrt(x * x + (z - 0.5 * shape[T]) ** 2 + over * over)
            inside = max(inside, _clip01((shape[NIPPLE] - away) / h + 0.5))
        core = min(_clip01((depth - shape[SKIN]) / h + 0.5) * chest, inside)
        out[0], out[1] = inside, inside - core
        if core <= 0.0:
            continue
        mass, which = _mass_at(x, y, z, h, masses)
        gland, ligament, vessel = shape[PLAIN_GLAND], 0.0, 0.0
        if shape[PLAIN] < 0.5 and mass < 1.0:
            drive, fat, behind, sheet, at = _slow_at(x, y, z, slow, frame, nodes)
            under = depth - shape[SKIN]
            envelope = _smooth(behind - 0.4)
            if under < 1.4 * fat + 0.5:
                envelope *= _smooth((under - 0.6 * fat) / max(0.8 * fat, 0.5))
            if calibrating or (envelope > 0.0 and drive > enough):
                drive += shape[S_TEXTURE] * _texture_at(x, y, z, texels, weave)
            gland, vessel = _tubes_at(x, y, z, h, shape[DUCTS], listed)
            if envelope > 0.0:
                t = (drive - shape[THRESHOLD]) / shape[SOFT] + 0.5
                gland += envelope * _dense(t) * (1.0 - gland)
            ligament = _sheet_at(sheet, at, h, shape, lattice, frame)
            ligament *= 1.0 - gland
            out[6], out[7] = drive, envelope
        soft = gland + ligament
        soft += vessel * (1.0 - soft)
        rest = core * (1.0 - mass)
        out[2], out[3], out[5], out[9] = rest * gland, rest * ligament, rest * soft, vessel
        if mass > 0.0:
            m, part = masses[which], core * mass
            out[4] = part
            out[5] += part * m[M_GLAND]
            out[8], out[12] = part * m[M_FLUID], part * m[M_WALLED]
            out[10], out[11] = part * m[M_POWER], part * m[M_ATTENUATION]
