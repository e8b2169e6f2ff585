"""Speckle and beam of ultrasound, slow and obvious; hashes in whole numbers of Python."""

import math

import numpy as np

MASK = (1 << 64) - 1
SHIFT = 1 << 30
PRIMES = (0x8CB92BA72F3D8DD7, 0xD1B54A32D192ED03, 0x9E3779B97F4A7C15)


def mix(value):
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def cell_bits(seed, kx, ky, kz):
    bits = seed
    for k, prime in ((kz, PRIMES[2]), (ky, PRIMES[1]), (kx, PRIMES[0])):
        bits = mix(bits ^ (((k + SHIFT) * prime) & MASK))
    return bits


def splat_tissue(
    seed, cells, amplitude, origin, spacing, place, matrix, column, row, phase, wavenumber,
    elevation, bin_mm, reach, turn, step, real, imaginary,
):  # fmt: skip
    """Every cell of the whole voxel box is tried for every plane."""
    planes, _, rows, half_columns = real.shape
    half_width = (half_columns - 1) * column
    low = origin - 0.5 * spacing
    high = low + spacing * np.array(amplitude.shape[::-1])
    first = np.floor(low / cells).astype(int)
    last = np.floor(high / cells).astype(int)
    count = 0
    for kz in range(math.ceil((origin[2] + spacing * amplitude.shape[0]) / cells[2])):
        for ky in range(first[1], last[1] + 1):
            for kx in range(first[0], last[0] + 1):
                bits = cell_bits(seed, kx, ky, kz)
                parts = [(bits >> (16 * n)) & 0xFFFF for n in range(4)]
                point = (np.array([kx, ky, kz]) + np.array(parts[:3]) / 65536) * cells
                dither = np.array([part & 0xFF for part in parts[:3]]) / 256
                i, j, k = np.trunc((point - origin) / spacing + dither).astype(int)
                inside = np.all((point - origin) / spacing + dither > -1.0) and (
                    k < amplitude.shape[0] and j < amplitude.shape[1] and i < amplitude.shape[2]
                )
                u, v, w = matrix @ (point - [*place, 0.0])
                r = math.floor(w / row + 0.5)
                if not inside or abs(u) > half_width or not 0 <= r < rows:
                    continue
                strength = (parts[3] / 65536 - 0.5) * math.sqrt(12.0) * amplitude[k, j, i]
                angle = phase[r] + wavenumber[r] * (w - r * row)
                wave = turn[int(angle * turn.size / (2 * math.pi)) % turn.size]
                f = int(u / column + half_columns - 1 + 0.5)
                for n in range(planes):
                    if abs(v - n * step) <= reach[r]:
                        echo = strength * wave * elevation[r, int(abs(v - n * step) / bin_mm)]
                        real[n, f % 2, r, f // 2] += echo.real
                        imaginary[n, f % 2, r, f // 2] += echo.imag
                        count += 1
    return count


def splat_points(
    u, v, w, strength, column, row, phase, wavenumber, elevation, bin_mm, real, imaginary
):
    """One point after the other."""
    _, rows, half_columns = real.shape
    for i in range(len(u)):
        r = math.floor(w[i] / row + 0.5)
        f = math.floor(u[i] / column + half_columns - 1 + 0.5)
        b = int(abs(v[i]) / bin_mm)
        if 0 <= r < rows and 0 <= f < 2 * half_columns - 1 and b < elevation.shape[1]:
            angle = phase[r] + wavenumber[r] * (w[i] - r * row)
            echo = strength[i] * elevation[r, b] * np.exp(-1j * angle)
            real[f % 2, r, f // 2] += echo.real
            imaginary[f % 2, r, f // 2] += echo.imag


def form_image(
    real, imaginary, lateral_real, lateral_imaginary, axial, noise_real, noise_imaginary, envelope
):
    """Interleave the grid again and sum over beam and pulse."""
    rows, columns = envelope.shape
    fine = np.empty((rows, 2 * real.shape[2]), complex)
    fine[:, 0::2] = real[0] + 1j * imaginary[0]
    fine[:, 1::2] = real[1] + 1j * imaginary[1]
    beam = lateral_real + 1j * lateral_imaginary
    across = noise_real + 1j * noise_imaginary
    for r in range(rows):
        for c in range(columns):
            across[r, c] += beam[r] @ fine[r, 2 * c : 2 * c + beam.shape[1]]
    half = axial.shape[1] // 2
    for r in range(rows):
        total = np.zeros(columns, complex)
        for j, weight in enumerate(axial[r]):
            if 0 <= r + j - half < rows:
                total += weight * across[r + j - half]
        envelope[r] = np.abs(total)


def lattice_noise(seed, origin, spacing, lattice, out):
    """Blend the eight lattice points around each voxel."""
    for k, j, i in np.ndindex(out.shape):
        place = (origin + spacing * np.array([i, j, k])) / lattice
        low = np.floor(place).astype(int)
        total, power = 0.0, 0.0
        for corner in np.ndindex(2, 2, 2):
            weight = math.prod(w if c else 1 - w for c, w in zip(corner, place - low, strict=True))
            bits = cell_bits(seed, *(int(n) for n in low + corner))
            value = sum(((bits >> (16 * n)) & 0xFFFF) / 65536 - 0.5 for n in range(4))
            total += weight * value * math.sqrt(3.0)
            power += weight**2
        out[k, j, i] = total / math.sqrt(power)


def faran_form(ka, sound_speed_ratio, shear_ratio, density_ratio, terms=40):
    """Backscatter amplitude over radius of an elastic sphere in a fluid (Faran 1951).

    Partial waves with spherical Bessel functions; speeds and density against the fluid.
    """
    from scipy.special import spherical_jn as jn
    from scipy.special import spherical_yn as yn

    x, x1, x2 = ka, ka / sound_speed_ratio, ka / shear_ratio
    total = 0.0
    for n in range(terms):
        j, dj, y, dy = jn(n, x), jn(n, x, True), yn(n, x), yn(n, x, True)
        j1, dj1, j2, dj2 = jn(n, x1), jn(n, x1, True), jn(n, x2), jn(n, x2, True)
        d2j1 = -2 / x1 * dj1 - (1 - n * (n + 1) / x1**2) * j1
        d2j2 = -2 / x2 * dj2 - (1 - n * (n + 1) / x2**2) * j2
        # Displacement potentials L (compressional) and S (shear) inside: radial displacement and
        # tangential stress at the surface, then the ratio of normal stress to displacement.
        m = n * (n + 1)
        u_l, u_s = x1 * dj1, m * j2
        t_l = 2 * (x1 * dj1 - j1)
        t_s = x2**2 * d2j2 + (m - 2) * j2
        lame = (x2**2 - 2 * x1**2) / x1**2  # lambda / mu
        n_l = -lame * x1**2 * j1 + 2 * x1**2 * d2j1
        n_s = 2 * m * (x2 * dj2 - j2)
        ratio = -t_l / t_s if t_s else 0.0
        if n == 0:
            ratio = 0.0
        mu = density_ratio * shear_ratio**2
        stiffness = mu * (n_l + ratio * n_s) / (u_l + ratio * u_s)  # stress over displacement
        # Fluid: pressure p = -stress; displacement = dp/dr / (rho omega^2), in units rho c^2 / a.
        f = -stiffness / x**2
        a = j - f * x * dj
        b = y - f * x * dy
        c_n = -a / (a + 1j * b)
        total += (2 * n + 1) * c_n * (-1) ** n
    return abs(total / ka)
