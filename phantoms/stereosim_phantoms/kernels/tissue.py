"""Tissue as a function of position: one point at a time, nothing stored.

Serves :mod:`stereosim_phantoms.anatomy`.  ``breast`` is a tuple of arrays:

- ``shape`` (float64): thickness T, chest-to-nipple Y0, half width, roundness rho (edge radius over
  Y0), skin, nipple radius, homogeneous (0 or 1), homogeneous gland fraction, threshold, softness,
  sigma of coarse, fine and strand noise, prior weight, subcutaneous fat, retromammary fat, scallop,
  ligament thickness, length that turns direction from the nipple into mm, lateral shift of the
  gland, slope of the ligament noise below which a sheet fades -- at the indices below;
- ``affines`` (4, 3, 4): mm to texels of the coarse, fine and ligament noise, and of the strands;
- three cubic noise tiles: coarse, fine, band;
- ``ducts`` (n, 9): start, way to the end, 1 / length^2, radius at the start and its growth;
  ``starts`` and ``items``: the ducts near each cell;
- ``cells`` (4,): corner and edge of the grid of cells, and ``counts`` (3,): how many along x, y, z.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim_phantoms.kernels._jit import njit, njit_inline

T, Y0, HALF, RHO, SKIN, NIPPLE, PLAIN, PLAIN_GLAND, THRESHOLD, SOFT = range(10)
(
    S_COARSE,
    S_FINE,
    S_STRAND,
    PRIOR,
    SUBCUTANEOUS,
    RETRO,
    SCALLOP,
    LIGAMENT,
    STRAND_MM,
    LATERAL,
    LIGAMENT_SLOPE,
) = range(10, 21)
N_SHAPE = 21


@njit
def _trilinear(tile: Any, a: float, b: float, c: float) -> float:
    """Periodic trilinear value of the cubic `tile` (side a power of two) at z, y, x = c, b, a."""
    fa, fb, fc = math.floor(a), math.floor(b), math.floor(c)
    # Unsigned indices spare Numba the test for negative ones: a quarter of the time.
    mask = tile.shape[0] - 1
    i0, j0, k0 = np.uint64(int(fa) & mask), np.uint64(int(fb) & mask), np.uint64(int(fc) & mask)
    i1, j1, k1 = (
        np.uint64((int(fa) + 1) & mask),
        np.uint64((int(fb) + 1) & mask),
        np.uint64((int(fc) + 1) & mask),
    )
    u, v, w = a - fa, b - fb, c - fc
    p, q = tile[k0, j0, i0], tile[k0, j1, i0]
    r, s = tile[k1, j0, i0], tile[k1, j1, i0]
    p += u * (tile[k0, j0, i1] - p)
    q += u * (tile[k0, j1, i1] - q)
    r += u * (tile[k1, j0, i1] - r)
    s += u * (tile[k1, j1, i1] - s)
    p += v * (q - p)
    r += v * (s - r)
    return float(p + w * (r - p))


@njit
def _noise(tile: Any, m: Any, x: float, y: float, z: float) -> float:
    """Value of `tile` at the position (mm) carried to texels by the affine `m` (3, 4)."""
    return _trilinear(
        tile,
        m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3],
        m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3],
        m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3],
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
def _slab(distance: float, thickness: float, h: float) -> float:
    """Fraction of a voxel of size `h` filled by a sheet of `thickness` at `distance`."""
    low = max(distance - 0.5 * h, -0.5 * thickness)
    high = min(distance + 0.5 * h, 0.5 * thickness)
    return max(high - low, 0.0) / h


@njit
def _skin_distance(shape: Any, x: float, y: float, z: float) -> float:
    """Distance (mm, first order) inward from the skin surface; negative outside."""
    xi = x / shape[HALF]
    if abs(xi) >= 1.0:
        return -1e9
    v = min(max(2.0 * z / shape[T] - 1.0, -0.999999), 0.999999)
    root, bend = math.sqrt(1.0 - xi * xi), math.sqrt(1.0 - v * v)
    edge = 1.0 - shape[RHO] * (1.0 - bend)
    gx = shape[Y0] * xi / (shape[HALF] * root) * edge
    gz = shape[Y0] * root * shape[RHO] * v / bend * 2.0 / shape[T]
    front = (shape[Y0] * root * edge - y) / math.sqrt(1.0 + gx * gx + gz * gz)
    return float(min(min(z, shape[T] - z), front))


@njit
def skin_distances(points: Any, shape: Any, result: Any) -> None:
    """Fill `result` (n,) with the inward distance from skin of `points` (n, 3)."""
    for n in range(points.shape[0]):
        result[n] = _skin_distance(shape, points[n, 0], points[n, 1], points[n, 2])


@njit_inline
def _ducts(
    x: float,
    y: float,
    z: float,
    h: float,
    ducts: Any,
    starts: Any,
    items: Any,
    cells: Any,
    counts: Any,
) -> float:
    """Fraction of a voxel filled by the duct capsules listed in the cell that holds the point."""
    i = int(math.floor((x - cells[0]) / cells[3]))
    j = int(math.floor((y - cells[1]) / cells[3]))
    k = int(math.floor((z - cells[2]) / cells[3]))
    if i < 0 or j < 0 or k < 0 or i >= counts[0] or j >= counts[1] or k >= counts[2]:
        return 0.0
    cell = (k * counts[1] + j) * counts[0] + i
    best = 0.0
    for n in range(starts[cell], starts[cell + 1]):
        c = items[n]
        px, py, pz = x - ducts[c, 0], y - ducts[c, 1], z - ducts[c, 2]
        ax, ay, az = ducts[c, 3], ducts[c, 4], ducts[c, 5]
        t = _clip01((px * ax + py * ay + pz * az) * ducts[c, 6])
        px, py, pz = px - t * ax, py - t * ay, pz - t * az
        radius = ducts[c, 7] + t * ducts[c, 8]
        # A duct thinner than the voxel is drawn as wide as the voxel, and fainter: the factor keeps
        # its cross-section (a disc of radius w with an edge h wide has the area pi (w^2 + h^2/12)).
        wide = max(radius, 0.48 * h)
        distance = px * px + py * py + pz * pz
        if distance < (wide + 0.5 * h) ** 2:
            full = min(1.0, radius * radius / (wide * wide + h * h / 12.0))
            best = max(best, full * _clip01((wide - math.sqrt(distance)) / h + 0.5))
    return best


@njit_inline
def _masses(x: float, y: float, z: float, h: float, masses: Any) -> tuple[float, float]:
    """Fraction of a voxel inside any mass, and the gland fraction of the mass met.

    A row of `masses` is centre (3), inverse of the axes matrix (9), gland fraction, edge width.
    """
    fraction, gland = 0.0, 0.0
    for n in range(masses.shape[0]):
        m = masses[n]
        dx, dy, dz = x - m[0], y - m[1], z - m[2]
        wx = m[3] * dx + m[4] * dy + m[5] * dz
        wy = m[6] * dx + m[7] * dy + m[8] * dz
        wz = m[9] * dx + m[10] * dy + m[11] * dz
        q = math.sqrt(wx * wx + wy * wy + wz * wz)
        if q > 3.0:
            continue
        if q < 1e-9:
            fraction, gland = 1.0, m[12]
            continue
        gx = m[3] * wx + m[6] * wy + m[9] * wz
        gy = m[4] * wx + m[7] * wy + m[10] * wz
        gz = m[5] * wx + m[8] * wy + m[11] * wz
        distance = (1.0 - q) * q / math.sqrt(gx * gx + gy * gy + gz * gz)
        part = _clip01(distance / max(h, m[13]) + 0.5)
        if part > fraction:
            fraction, gland = part, m[12]
    return fraction, gland


@njit_inline
def _ligament(x: float, y: float, z: float, h: float, shape: Any, m: Any, tile: Any) -> float:
    """Fraction filled by the sheets where the band-limited noise passes through zero."""
    a = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]
    b = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]
    c = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
    fa, fb, fc = math.floor(a), math.floor(b), math.floor(c)
    mask = tile.shape[0] - 1
    i0, j0, k0 = np.uint64(int(fa) & mask), np.uint64(int(fb) & mask), np.uint64(int(fc) & mask)
    i1, j1, k1 = (
        np.uint64((int(fa) + 1) & mask),
        np.uint64((int(fb) + 1) & mask),
        np.uint64((int(fc) + 1) & mask),
    )
    u, v, w = a - fa, b - fb, c - fc
    p, q = tile[k0, j0, i0], tile[k0, j1, i0]
    r, s = tile[k1, j0, i0], tile[k1, j1, i0]
    pu, qu = tile[k0, j0, i1] - p, tile[k0, j1, i1] - q
    ru, su = tile[k1, j0, i1] - r, tile[k1, j1, i1] - s
    p, q, r, s = p + u * pu, q + u * qu, r + u * ru, s + u * su
    low, high = p + v * (q - p), r + v * (s - r)
    value = low + w * (high - low)
    # The sheet's distance is value over slope; the slope comes from the same eight texels.
    ga = (1.0 - w) * (pu + v * (qu - pu)) + w * (ru + v * (su - ru))
    gb = (1.0 - w) * (q - p) + w * (s - r)
    gc = high - low
    gx = m[0, 0] * ga + m[1, 0] * gb + m[2, 0] * gc
    gy = m[0, 1] * ga + m[1, 1] * gb + m[2, 1] * gc
    gz = m[0, 2] * ga + m[1, 2] * gb + m[2, 2] * gc
    slope = math.sqrt(gx * gx + gy * gy + gz * gz) + 1e-6
    # Sheets fade where the noise is flat: closed shells would show as bubbles in projection.
    thickness = shape[LIGAMENT] * _smooth(slope / shape[LIGAMENT_SLOPE] - 0.5)
    return _slab(value / slope, thickness, h)


@njit_inline
def _drive(
    x: float,
    y: float,
    z: float,
    depth: float,
    shape: Any,
    affines: Any,
    coarse: Any,
    fine: Any,
    band: Any,
) -> tuple[float, float]:
    """Drive of the parenchyma (noise plus prior) and its envelope in [0, 1]."""
    slow = _noise(coarse, affines[0], x, y, z)
    dx, dy, dz = x, shape[Y0] + 5.0 - y, z - 0.5 * shape[T]
    r = math.sqrt(dx * dx + dy * dy + dz * dz)
    q = shape[STRAND_MM] / r
    strand = _noise(band, affines[3], q * dx, q * dz, r)
    fat = shape[SUBCUTANEOUS] * (1.0 + shape[SCALLOP] * (slow + strand))
    envelope = _smooth((depth - 0.6 * fat - shape[SKIN]) / max(0.8 * fat, 0.5))
    a = (x - shape[LATERAL]) / (0.8 * shape[HALF])
    back = shape[RETRO] * (1.0 + a * a) * (1.0 + 1.5 * shape[SCALLOP] * (slow - strand))
    envelope *= _smooth(y / max(back, 1.0) - 0.4)
    b = (y - 0.48 * shape[Y0]) / (0.55 * shape[Y0])
    c = dz / (0.5 * shape[T])
    drive = (
        shape[S_COARSE] * slow
        + shape[S_STRAND] * strand
        - shape[PRIOR] * (a * a + b * b + 0.5 * c * c)
    )
    # Fat far below the threshold needs no fine noise; the calibration (threshold 1e9) wants it all.
    gap = shape[THRESHOLD] - 0.5 * shape[SOFT] - drive
    if shape[THRESHOLD] > 1e8 or (envelope > 0.0 and gap < 5.0 * shape[S_FINE]):
        drive += shape[S_FINE] * _noise(fine, affines[1], x, y, z)
    return drive, envelope


@njit_inline
def _tissue(x: float, y: float, z: float, h: float, breast: Any, masses: Any, out: Any) -> None:
    """Fill `out` (8,) at one point, in the order that :func:`tissue_points` gives."""
    shape, affines, coarse, fine, band, ducts, starts, items, cells, counts = breast
    for n in range(8):
        out[n] = 0.0
    depth = _skin_distance(shape, x, y, z)
    chest = _clip01(y / h + 0.5)
    inside = _clip01(depth / h + 0.5) * chest
    if shape[NIPPLE] > 0.0 and y > shape[Y0] - 2.0 * shape[NIPPLE] and abs(x) < 2.0 * shape[NIPPLE]:
        across = math.sqrt(x * x + (z - 0.5 * shape[T]) ** 2)
        over = max(y - shape[Y0], 0.0)
        bump = shape[NIPPLE] - math.sqrt(across * across + over * over)
        inside = max(inside, _clip01(bump / h + 0.5))
    if inside <= 0.0:
        return
    core = min(_clip01((depth - shape[SKIN]) / h + 0.5) * chest, inside)
    out[0] = inside
    out[1] = inside - core
    if core <= 0.0:
        return
    mass, mass_gland = _masses(x, y, z, h, masses)
    mass *= core
    rest = core - mass
    if shape[PLAIN] > 0.5:
        gland, ligament, duct = shape[PLAIN_GLAND], 0.0, 0.0
    else:
        drive, envelope = _drive(x, y, z, depth, shape, affines, coarse, fine, band)
        gland = envelope * _dense((drive - shape[THRESHOLD]) / shape[SOFT] + 0.5)
        duct = _ducts(x, y, z, h, ducts, starts, items, cells, counts)
        gland = gland + duct * (1.0 - gland)
        ligament = 0.0
        if gland < 1.0:
            ligament = (1.0 - gland) * _ligament(x, y, z, h, shape, affines[2], band)
        out[6], out[7] = drive, envelope
    out[2] = gland * rest
    out[3] = ligament * rest
    out[4] = mass
    out[5] = (gland + ligament) * rest + mass_gland * mass


@njit
def tissue_box(
    lo: Any, spacing: float, breast: Any, masses: Any, gland: Any, skin: Any, inside: Any
) -> None:
    """Fill (z, y, x) arrays with X-ray gland, skin and inside; `lo` is the first centre."""
    out = np.zeros(8)
    for k in range(gland.shape[0]):
        z = lo[2] + k * spacing
        for j in range(gland.shape[1]):
            y = lo[1] + j * spacing
            for i in range(gland.shape[2]):
                _tissue(lo[0] + i * spacing, y, z, spacing, breast, masses, out)
                gland[k, j, i] = out[5]
                skin[k, j, i] = out[1]
                inside[k, j, i] = out[0]


@njit
def tissue_points(points: Any, spacing: float, breast: Any, masses: Any, result: Any) -> None:
    """Fill `result` (n, 8) at the breast-frame `points` (n, 3); a NaN point is outside.

    Columns: inside, skin, gland with ducts, ligament, mass (fractions of the voxel), X-ray gland
    (gland, ligament and mass by its gland fraction), drive and envelope of the parenchyma.
    """
    for n in range(points.shape[0]):
        if math.isnan(points[n, 0]):
            result[n, :] = 0.0
        else:
            _tissue(points[n, 0], points[n, 1], points[n, 2], spacing, breast, masses, result[n])


@njit
def duct_cells(ducts: Any, margin: float, cells: Any, counts: Any, starts: Any, items: Any) -> int:
    """List, for every cell, the capsules that come within `margin` of it; return the number listed.

    Called twice: with an empty `items` it counts, and leaves in ``starts`` (one longer than the
    cells) where each list begins; then it fills `items`.
    """
    size = cells[3]
    filling = items.shape[0] > 0
    used = np.zeros(starts.shape[0], dtype=np.int64)
    span = np.zeros((3, 2), dtype=np.int64)
    for n in range(ducts.shape[0]):
        d = ducts[n]
        reach = max(d[7], d[7] + d[8]) + margin
        for axis in range(3):
            low = d[axis] + min(d[axis + 3], 0.0) - reach - cells[axis]
            high = d[axis] + max(d[axis + 3], 0.0) + reach - cells[axis]
            span[axis, 0] = max(int(math.floor(low / size)), 0)
            span[axis, 1] = min(int(math.floor(high / size)), counts[axis] - 1)
        nearest = 0.867 * size + reach  # half the diagonal of a cell
        for k in range(span[2, 0], span[2, 1] + 1):
            pz = cells[2] + (k + 0.5) * size - d[2]
            for j in range(span[1, 0], span[1, 1] + 1):
                py = cells[1] + (j + 0.5) * size - d[1]
                for i in range(span[0, 0], span[0, 1] + 1):
                    px = cells[0] + (i + 0.5) * size - d[0]
                    t = _clip01((px * d[3] + py * d[4] + pz * d[5]) * d[6])
                    gap = (px - t * d[3]) ** 2 + (py - t * d[4]) ** 2 + (pz - t * d[5]) ** 2
                    if gap < nearest * nearest:
                        cell = (k * counts[1] + j) * counts[0] + i
                        if filling:
                            items[starts[cell] + used[cell]] = n
                        used[cell] += 1
    if not filling:
        starts[0] = 0
        for cell in range(starts.shape[0] - 1):
            starts[cell + 1] = starts[cell] + used[cell]
    return int(starts[-1])
