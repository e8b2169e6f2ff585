"""Speckle and beam of the ultrasound image; serves :mod:`stereosim.imaging.ultrasound`.

Frames: x, y along the skin and z into the breast at rest (mm); in the image u is the lateral
position, v the distance from the image plane and w the depth along the image lines.
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


@njit
def _share(bits: Any) -> Any:
    """Lowest 16 bits as a number in [0, 1)."""
    return np.float64(np.int64(bits & np.uint64(0xFFFF))) * _UNIT16


@njit
def _fine_share(bits: Any) -> Any:
    """Lowest 8 bits as a number in [0, 1)."""
    return np.float64(np.int64(bits & np.uint64(0xFF))) * _UNIT8


@njit
def _near_cells(
    seed: int,
    kz: int,
    cells: Any,
    place: Any,
    matrix: Any,
    low: Any,
    high: Any,
    half_u: float,
    middle_v: float,
    half_v: float,
    kx: Any,
    ky: Any,
    bits: Any,
) -> int:
    """List the cells of layer `kz` near the planes and their hashes; return how many."""
    cosine, sine = matrix[0, 0], matrix[0, 1]
    middle_v -= matrix[1, 2] * (kz + 0.5) * cells[2]  # where a leaning plane crosses this layer
    spread = matrix[1, 1] * cosine - matrix[1, 0] * sine
    middle_y = place[1] + middle_v / spread * cosine
    span = abs(sine) * half_u + abs(cosine) * half_v / spread
    first_y = int(math.floor(max(middle_y - span, low[1]) / cells[1]))
    last_y = int(math.floor(min(middle_y + span, high[1]) / cells[1]))
    hz = _mix(np.uint64(seed) ^ (np.uint64(kz + _SHIFT) * np.uint64(0x9E3779B97F4A7C15)))
    n = 0
    for j in range(first_y, last_y + 1):
        dy = (j + 0.5) * cells[1] - place[1]
        a, b = low[0] - place[0], high[0] - place[0]
        a, b = _interval(cosine, dy * sine, half_u, a, b)
        a, b = _interval(matrix[1, 0], dy * matrix[1, 1] - middle_v, half_v, a, b)
        first = int(math.floor((a + place[0]) / cells[0]))
        count = max(0, int(math.floor((b + place[0]) / cells[0])) + 1 - first)
        hy = _mix(hz ^ (np.uint64(j + _SHIFT) * np.uint64(0xD1B54A32D192ED03)))
        for i in range(count):
            kx[n + i] = first + i
        for i in range(count):
            ky[n + i] = j
        for i in range(count):
            key = np.uint64(first + i + _SHIFT) * np.uint64(0x8CB92BA72F3D8DD7)
            bits[n + i] = _mix(hy ^ key)
        n += count
    return n


@njit
def splat_tissue(
    seed: int,
    cells: Any,
    amplitude: Any,
    origin: Any,
    spacing: float,
    place: Any,
    matrix: Any,
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

    The body is long because each quantity has its own loop over the cells of a layer: a loop over
    few arrays and without branches becomes vector instructions, which takes half of the time.
    Without ``fastmath`` a scatterer that lies half-way between two rows falls on the same one on
    every machine.

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
    place : float64 (2,)
        x, y of the middle of plane 0 on the skin.
    matrix : float64 (3, 3)
        Image directions (rows u, v, w) of directions at rest; [0, 2] is 0.
    column, row : float
        Steps of the fine grid, mm.
    phase, wavenumber : float64 (rows,)
        Two-way phase at each row, rad, and its slope, rad/mm.
    elevation : complex64 (rows, bins)
        Two-way elevational beam against abs(v) in steps of `bin_mm`.
    reach : float64 (rows,)
        abs(v) beyond which a scatterer is left out, mm; rows with 0 are left as they are.
    turn : complex64 (n,)
        exp(-i phi) for n steps of the circle, n a power of two.
    step : float
        From plane to plane along v, mm; several planes must not lean.
    real, imaginary : float32 (n, 2, rows, m)
        Grids to add to, one per plane; fine column f lies in [:, f % 2, :, f // 2].
    """
    planes, rows, columns = real.shape[0], real.shape[2], 2 * real.shape[3]
    nz, ny, nx = amplitude.shape
    strengths = amplitude.ravel()
    far = (planes - 1) * step
    middle = 0.5 * (columns - 2)
    half_width = middle * column
    mask = turn.size - 1
    turns = turn.size / (2.0 * math.pi)
    low = origin - 0.5 * spacing
    high = low + spacing * np.array([nx, ny, nz])
    per_voxel, per_bin, per_row, per_column = 1.0 / spacing, 1.0 / bin_mm, 1.0 / row, 1.0 / column
    # A scatterer lies at most this far, along u and v, from the middle of its cell.
    half_u = half_width + 0.5 * (cells[0] * abs(matrix[0, 0]) + cells[1] * abs(matrix[0, 1]))
    beside = 0.5 * (cells[0] * abs(matrix[1, 0]) + cells[1] * abs(matrix[1, 1]))
    beside += 0.5 * cells[2] * abs(matrix[1, 2])
    # Within a layer w is `path` times z and `lean` times v.
    spread = matrix[1, 1] * matrix[0, 0] - matrix[1, 0] * matrix[0, 1]
    lean = (matrix[2, 1] * matrix[0, 0] - matrix[2, 0] * matrix[0, 1]) / spread
    path = matrix[2, 2] - lean * matrix[1, 2]
    slack = abs(lean) * (reach.max() + beside)
    # Room for the cells of a layer: the area of the slab, and as much as its rim can cut.
    thick = (far + 2.0 * (reach.max() + beside)) / spread
    rim = 2.0 * half_u + thick
    room = int(
        2.0 * half_u * thick / (cells[0] * cells[1]) + rim / cells[0] + 2.0 * rim / cells[1] + 8.0
    )
    kx, ky = np.empty(room, np.int64), np.empty(room, np.int64)
    bits = np.empty(room, np.uint64)
    x, y = np.empty(room), np.empty(room)
    u, v, w = np.empty(room), np.empty(room), np.empty(room)
    voxel, depth = np.empty(room, np.int64), np.empty(room, np.int64)
    strength = np.empty(room, np.float32)
    total = 0
    for kz in range(int(math.ceil((rows * row + slack) / (path * cells[2])))):
        first_row = int((kz * cells[2] * path - slack) / row)
        last_row = int(((kz + 1) * cells[2] * path + slack) / row + 0.5)
        half_v = 0.0
        for k in range(max(0, first_row), last_row + 1):
            half_v = max(half_v, reach[min(k, rows - 1)])
        if half_v == 0.0:
            continue
        half_v += 0.5 * far + beside
        n = _near_cells(
            seed, kz, cells, place, matrix, low, high, half_u, 0.5 * far, half_v, kx, ky, bits
        )
        for i in range(n):
            x[i] = (kx[i] + _share(bits[i])) * cells[0]
            y[i] = (ky[i] + _share(bits[i] >> np.uint64(16))) * cells[1]
        for i in range(n):
            u[i] = (x[i] - place[0]) * matrix[0, 0] + (y[i] - place[1]) * matrix[0, 1]
        for i in range(n):
            z = (kz + _share(bits[i] >> np.uint64(32))) * cells[2]
            dx, dy = x[i] - place[0], y[i] - place[1]
            v[i] = dx * matrix[1, 0] + dy * matrix[1, 1] + z * matrix[1, 2]
            w[i] = dx * matrix[2, 0] + dy * matrix[2, 1] + z * matrix[2, 2]
        for i in range(n):
            # A shift by a random part of a voxel makes the nearest voxel as smooth as
            # interpolation.  The low bits of each place serve: they move it by 1/256 cell.
            z = (kz + _share(bits[i] >> np.uint64(32))) * cells[2]
            ix = int((x[i] - origin[0]) * per_voxel + _fine_share(bits[i]))
            iy = int((y[i] - origin[1]) * per_voxel + _fine_share(bits[i] >> np.uint64(16)))
            iz = int((z - origin[2]) * per_voxel + _fine_share(bits[i] >> np.uint64(32)))
            inside = (ix >= 0) & (iy >= 0) & (iz >= 0) & (ix < nx) & (iy < ny) & (iz < nz)
            inside &= abs(u[i]) <= half_width
            voxel[i] = (iz * ny + iy) * nx + ix if inside else -1
        for i in range(n):
            strength[i] = (_share(bits[i] >> np.uint64(48)) - 0.5) * _AMPLITUDE
        for i in range(n):
            depth[i] = int(math.floor(w[i] * per_row + 0.5))
        for i in range(n):
            r = np.uint64(depth[i])
            if voxel[i] < 0 or r >= rows:
                continue
            away = v[i]
            if planes == 1 and abs(away) > reach[r]:
                continue
            angle = phase[r] + wavenumber[r] * (w[i] - r * row)
            wave = turn[np.uint64(int(angle * turns) & mask)]
            echo = strengths[np.uint64(voxel[i])] * strength[i]
            c, s = echo * wave.real, echo * wave.imag
            f = int(u[i] * per_column + middle + 0.5)
            part, half = np.uint64(f & 1), np.uint64(f >> 1)
            if planes == 1:  # written out: it takes two thirds of the time of a loop over one
                heard = elevation[r, np.uint64(abs(away) * per_bin)]
                real[0, part, r, half] += c * heard.real - s * heard.imag
                imaginary[0, part, r, half] += c * heard.imag + s * heard.real
                total += 1
                continue
            first = max(0, int(math.ceil((away - reach[r]) / step)))
            last = min(planes - 1, int(math.floor((away + reach[r]) / step)))
            for p in range(first, last + 1):
                heard = elevation[r, np.uint64(abs(away - p * step) * per_bin)]
                real[p, part, r, half] += c * heard.real - s * heard.imag
                imaginary[p, part, r, half] += c * heard.imag + s * heard.real
            total += max(0, last - first + 1)
    return total


@njit
def splat_points(
    u: Any,
    v: Any,
    w: Any,
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
    """Add single echoes at (`u`, `v`, `w`) (mm, image frame) of amplitude `strength` to the grids.

    The other parameters are those of :func:`splat_tissue`.
    """
    rows = real.shape[1]
    columns = 2 * real.shape[2]
    for i in range(u.size):
        r = int(math.floor(w[i] / row + 0.5))
        f = int(math.floor(u[i] / column + 0.5 * (columns - 2) + 0.5))
        b = int(abs(v[i]) / bin_mm)
        if r < 0 or r >= rows or f < 0 or f >= columns - 1 or b >= elevation.shape[1]:
            continue
        angle = phase[r] + wavenumber[r] * (w[i] - r * row)
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
