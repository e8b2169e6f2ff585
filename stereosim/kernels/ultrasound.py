"""Speckle, beam and search of the ultrasound image; serves :mod:`stereosim.imaging.ultrasound`.

Frames: x, y along the skin and z into the breast (mm).  An image line looks along +z
at the lateral position u; v is the distance from the image plane.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim.kernels._jit import njit

_UNIT16 = 1.0 / 65536.0
_UNIT8 = 1.0 / 256.0
_AMPLITUDE = math.sqrt(12.0)  # a uniform number of width 1 has the variance 1/12
_SHIFT = (
    1 << 30
)  # keeps lattice indices positive, so that they are the same bits in any integer type


@njit
def _mix(value: Any) -> Any:
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit
def _interval(slope: float, offset: float, limit: float, low: float, high: float) -> Any:
    """Part of [low, high] in which abs(slope * x + offset) <= limit; empty comes back reversed."""
    if abs(slope) < 1e-9:
        return (low, high) if abs(offset) <= limit else (1.0, 0.0)
    a = (-limit - offset) / slope
    b = (limit - offset) / slope
    return max(low, min(a, b)), min(high, max(a, b))


@njit(fastmath=True)
def splat_tissue(
    seed: int,
    cells: Any,
    amplitude: Any,
    origin: Any,
    spacing: float,
    pose: Any,
    column: float,
    row: float,
    phase: Any,
    wavenumber: Any,
    elevation: Any,
    bin_mm: float,
    reach: Any,
    turn: Any,
    step: float,
    real: Any,
    imaginary: Any,
) -> int:
    """Add the echoes of all scatterers near n parallel image planes to the grids; return how many.

    Each cell of a lattice fixed in the tissue holds one scatterer, whose place in the cell and
    whose strength follow from a hash of the cell's index: nothing is stored, and the same tissue
    gives the same speckle whenever and from wherever it is scanned.

    Parameters
    ----------
    seed : int
        Which tissue this is.
    cells : float64 (3,)
        Size of a lattice cell along x, y, z, mm.
    amplitude : float32 (nz, ny, nx)
        Strength of one scatterer in each voxel (already attenuated).
    origin, spacing : float64 (3,), float
        Centre of voxel [0, 0, 0] as (x, y, z), and voxel size, mm.
    pose : float64 (4,)
        x, y of the centre of plane 0, cosine and sine of the planes' angle.
    column, row : float
        Steps of the fine grid, mm.
    phase, wavenumber : float64 (rows,)
        Two-way phase at each row, rad, and its slope, rad/mm.
    elevation : complex64 (rows, bins)
        Two-way elevational beam against abs(v) in steps of `bin_mm`.
    reach : float64 (rows,)
        abs(v) beyond which a scatterer is left out, mm.
    turn : complex64 (n,)
        exp(-i phi) for n steps of the circle, n a power of two.
    step : float
        From plane to plane, mm.
    real, imaginary : float32 (n, 2, rows, m)
        Grids to add to, one per plane; fine column f lies in [:, f % 2, :, f // 2].
    """
    planes = real.shape[0]
    rows = real.shape[2]
    columns = 2 * real.shape[3]
    far = (planes - 1) * step
    half_width = 0.5 * (columns - 2) * column
    nz, ny, nx = amplitude.shape
    mask = turn.size - 1
    turns = turn.size / (2.0 * math.pi)
    cosine, sine = pose[2], pose[3]
    low_x, high_x = origin[0] - 0.5 * spacing, origin[0] + (nx - 0.5) * spacing
    low_y, high_y = origin[1] - 0.5 * spacing, origin[1] + (ny - 0.5) * spacing
    per_voxel, per_bin = 1.0 / spacing, 1.0 / bin_mm
    count = 0
    for kz in range(int(math.ceil(rows * row / cells[2]))):
        margin = cells[0] + cells[1]
        wide = margin
        for r in range(int(kz * cells[2] / row), int((kz + 1) * cells[2] / row + 0.5) + 1):
            wide = max(wide, reach[min(r, rows - 1)] + margin)
        span = abs(sine) * (half_width + margin) + abs(cosine) * (0.5 * far + wide)
        middle_y = pose[1] + 0.5 * far * cosine
        first_y = int(math.floor(max(middle_y - span, low_y) / cells[1]))
        last_y = int(math.floor(min(middle_y + span, high_y) / cells[1]))
        hz = _mix(np.uint64(seed) ^ (np.uint64(kz + _SHIFT) * np.uint64(0x9E3779B97F4A7C15)))
        for ky in range(first_y, last_y + 1):
            dy = (ky + 0.5) * cells[1] - pose[1]
            a, b = low_x - pose[0], high_x - pose[0]
            a, b = _interval(cosine, dy * sine, half_width + margin, a, b)
            a, b = _interval(-sine, dy * cosine - 0.5 * far, 0.5 * far + wide, a, b)
            first_x = int(math.floor((a + pose[0]) / cells[0]))
            last_x = int(math.floor((b + pose[0]) / cells[0]))
            hy = _mix(hz ^ (np.uint64(ky + _SHIFT) * np.uint64(0xD1B54A32D192ED03)))
            for kx in range(first_x, last_x + 1):
                bits = _mix(hy ^ (np.uint64(kx + _SHIFT) * np.uint64(0x8CB92BA72F3D8DD7)))
                rx = np.float64(bits & np.uint64(0xFFFF)) * _UNIT16
                ry = np.float64((bits >> np.uint64(16)) & np.uint64(0xFFFF)) * _UNIT16
                rz = np.float64((bits >> np.uint64(32)) & np.uint64(0xFFFF)) * _UNIT16
                x = (kx + rx) * cells[0]
                y = (ky + ry) * cells[1]
                z = (kz + rz) * cells[2]
                u = (x - pose[0]) * cosine + (y - pose[1]) * sine
                v = (y - pose[1]) * cosine - (x - pose[0]) * sine
                r = int(z / row + 0.5)
                if abs(u) > half_width or r >= rows:
                    continue
                first = max(0, int(math.ceil((v - reach[r]) / step)))
                last = min(planes - 1, int(math.floor((v + reach[r]) / step)))
                if last < first:
                    continue
                # A shift by a random part of a voxel makes the nearest voxel as smooth as
                # interpolation.  The low bits of each place serve: they move it by 1/256 cell.
                sx = np.float64(bits & np.uint64(0xFF)) * _UNIT8
                sy = np.float64((bits >> np.uint64(16)) & np.uint64(0xFF)) * _UNIT8
                sz = np.float64((bits >> np.uint64(32)) & np.uint64(0xFF)) * _UNIT8
                ix = int((x - origin[0]) * per_voxel + sx)
                iy = int((y - origin[1]) * per_voxel + sy)
                iz = int((z - origin[2]) * per_voxel + sz)
                if ix < 0 or iy < 0 or iz < 0 or ix >= nx or iy >= ny or iz >= nz:
                    continue
                strength = (np.float64(bits >> np.uint64(48)) * _UNIT16 - 0.5) * _AMPLITUDE
                strength *= amplitude[iz, iy, ix]
                angle = phase[r] + wavenumber[r] * (z - r * row)
                wave = turn[int(angle * turns) & mask]
                c, s = strength * wave.real, strength * wave.imag
                f = int(u / column + 0.5 * (columns - 2) + 0.5)
                part, half = f & 1, f >> 1
                for i in range(first, last + 1):
                    heard = elevation[r, int(abs(v - i * step) * per_bin)]
                    real[i, part, r, half] += c * heard.real - s * heard.imag
                    imaginary[i, part, r, half] += c * heard.imag + s * heard.real
                count += last - first + 1
    return count


@njit
def splat_points(
    u: Any,
    v: Any,
    z: Any,
    strength: Any,
    column: float,
    row: float,
    phase: Any,
    wavenumber: Any,
    elevation: Any,
    bin_mm: float,
    real: Any,
    imaginary: Any,
) -> None:
    """Add single echoes at (`u`, `v`, `z`) (mm, image frame) of amplitude `strength` to the grids.

    The other parameters are those of :func:`splat_tissue`.
    """
    rows = real.shape[1]
    columns = 2 * real.shape[2]
    for i in range(u.size):
        r = int(math.floor(z[i] / row + 0.5))
        f = int(math.floor(u[i] / column + 0.5 * (columns - 2) + 0.5))
        b = int(abs(v[i]) / bin_mm)
        if r < 0 or r >= rows or f < 0 or f >= columns - 1 or b >= elevation.shape[1]:
            continue
        angle = phase[r] + wavenumber[r] * (z[i] - r * row)
        wave = elevation[r, b]
        c, s = math.cos(angle), -math.sin(angle)
        real[f & 1, r, f >> 1] += strength[i] * (wave.real * c - wave.imag * s)
        imaginary[f & 1, r, f >> 1] += strength[i] * (wave.real * s + wave.imag * c)


@njit(fastmath=True)
def form_image(
    real: Any,
    imaginary: Any,
    lateral_real: Any,
    lateral_imaginary: Any,
    axial: Any,
    noise_real: Any,
    noise_imaginary: Any,
    envelope: Any,
) -> None:
    """Spread the echoes over the beam and the pulse of their depth and write the `envelope`.

    Parameters
    ----------
    real, imaginary : float32 (2, rows, m)
        Echoes on the fine grid (even and odd columns apart).
    lateral_real, lateral_imaginary : float32 (rows, taps)
        Lateral beam of each row on the fine columns.
    axial : float32 (rows, pulse taps)
        Pulse of each row.
    noise_real, noise_imaginary : float32 (rows, columns)
        Electronic noise before the receive filter.
    envelope : float32 (rows, columns)
        Result: magnitude of the filtered signal.
    """
    rows, columns = envelope.shape
    taps = lateral_real.shape[1]
    pulse = axial.shape[1]
    across_re = noise_real.copy()
    across_im = noise_imaginary.copy()
    for r in range(rows):
        for j in range(taps):
            hr, hi = lateral_real[r, j], lateral_imaginary[r, j]
            part, first = j & 1, j >> 1
            for c in range(columns):
                gr, gi = real[part, r, first + c], imaginary[part, r, first + c]
                across_re[r, c] += hr * gr - hi * gi
                across_im[r, c] += hr * gi + hi * gr
    line_re = np.empty(columns, np.float32)
    line_im = np.empty(columns, np.float32)
    for r in range(rows):
        line_re[:] = 0.0
        line_im[:] = 0.0
        for j in range(pulse):
            source = r + j - pulse // 2
            if source < 0 or source >= rows:
                continue
            h = axial[r, j]
            for c in range(columns):
                line_re[c] += h * across_re[source, c]
                line_im[c] += h * across_im[source, c]
        for c in range(columns):
            envelope[r, c] = math.sqrt(line_re[c] * line_re[c] + line_im[c] * line_im[c])


@njit
def _lattice_normal(seed: int, kx: int, ky: int, kz: int) -> float:
    """Return a number of mean 0 and variance 1 (sum of four uniform ones) of a lattice point."""
    bits = _mix(np.uint64(seed) ^ (np.uint64(kz + _SHIFT) * np.uint64(0x9E3779B97F4A7C15)))
    bits = _mix(bits ^ (np.uint64(ky + _SHIFT) * np.uint64(0xD1B54A32D192ED03)))
    bits = _mix(bits ^ (np.uint64(kx + _SHIFT) * np.uint64(0x8CB92BA72F3D8DD7)))
    total = 0.0
    for part in range(4):
        total += np.float64((bits >> np.uint64(16 * part)) & np.uint64(0xFFFF)) * _UNIT16 - 0.5
    return total * math.sqrt(3.0)


@njit
def lattice_noise(seed: int, origin: Any, spacing: float, lattice: Any, out: Any) -> None:
    """Fill `out` (nz, ny, nx) with smooth noise of mean 0 and variance 1 that is fixed in space.

    Values at the points of a lattice (steps `lattice` (3,) along x, y, z, mm) come from a hash;
    between them they are blended linearly and divided by the root of the sum of squared weights, so
    that the variance is 1 everywhere.  `origin` (x, y, z) is the centre of voxel [0, 0, 0], mm.
    """
    nz, ny, nx = out.shape
    sides = np.array([nx, ny, nz])
    low = np.empty(3, np.int64)
    size = np.empty(3, np.int64)
    for d in range(3):
        low[d] = int(math.floor(origin[d] / lattice[d]))
        size[d] = int(math.floor((origin[d] + sides[d] * spacing) / lattice[d])) - low[d] + 2
    values = np.empty((size[2], size[1], size[0]), np.float64)
    for k in range(size[2]):
        for j in range(size[1]):
            for i in range(size[0]):
                values[k, j, i] = _lattice_normal(seed, low[0] + i, low[1] + j, low[2] + k)
    for k in range(nz):
        z = (origin[2] + k * spacing) / lattice[2] - low[2]
        c = int(z)
        wz = z - c
        for j in range(ny):
            y = (origin[1] + j * spacing) / lattice[1] - low[1]
            b = int(y)
            wy = y - b
            for i in range(nx):
                x = (origin[0] + i * spacing) / lattice[0] - low[0]
                a = int(x)
                wx = x - a
                total = 0.0
                power = 0.0
                for corner in range(8):
                    p, q, s = corner & 1, (corner >> 1) & 1, corner >> 2
                    weight = (wx if p else 1 - wx) * (wy if q else 1 - wy) * (wz if s else 1 - wz)
                    total += weight * values[c + s, b + q, a + p]
                    power += weight * weight
                out[k, j, i] = total / math.sqrt(power)


@njit
def ring_contrast(point: Any, smooth: Any, down: Any, across: Any, rank: int, out: Any) -> None:
    """Level of each pixel over its surroundings, dB.

    The surroundings are the values of `smooth` at the offsets (`down`, `across`) around the pixel;
    the `rank`-th largest of them is taken (0 the largest): a bright line, which is bright in two of
    the places, is no focus, whatever its level.

    Parameters
    ----------
    point, smooth : float32 (rows, columns)
        Intensity at the scale of a focus and at that of its surroundings.
    down, across : int64 (n,)
        Offsets in pixels; those beyond the edge are taken at the edge.
    rank : int
        Which of the sorted surroundings is compared with.
    out : float32 (rows, columns)
        Result; 0 where both are 0.
    """
    rows, columns = point.shape
    ring = np.empty(down.size, np.float64)
    for r in range(rows):
        for c in range(columns):
            for k in range(down.size):
                i = min(max(r + down[k], 0), rows - 1)
                j = min(max(c + across[k], 0), columns - 1)
                ring[k] = smooth[i, j]
            for picked in range(rank + 1):  # partial selection sort
                best = picked
                for k in range(picked + 1, down.size):
                    if ring[k] > ring[best]:
                        best = k
                ring[picked], ring[best] = ring[best], ring[picked]
            inside = point[r, c] + 1e-12
            out[r, c] = 10.0 * math.log10(inside / (ring[rank] + 1e-12))
