"""Power-law noise, the raw material of parenchyma."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Volume = NDArray[np.float32]


def power_law_noise(
    shape: tuple[int, int, int],
    pitch_mm: float,
    exponent: float,
    shortest_mm: float,
    longest_mm: float,
    *,
    rng: np.random.Generator,
    twist: tuple[int, int] = (0, 0),
    spline: bool = False,
) -> Volume:
    """Return a periodic Gaussian field whose power spectrum is ``k**-exponent`` within a band.

    Parameters
    ----------
    shape : (int, int, int)
        Samples (nz, ny, nx), nx even.
    pitch_mm : float
        Distance of samples.
    exponent : float
        Exponent of the three-dimensional power spectrum.
    shortest_mm, longest_mm : float
        The band of wavelengths; power outside is zero.
    rng : numpy.random.Generator
        Source of the phases and amplitudes.
    twist : (int, int)
        Samples along x by which the field is shifted where it repeats along y, and along z:
        ``f(i, j + ny, k) = f(i + twist[0], j, k)``, so that repeats do not line up.
    spline : bool
        Return the coefficients of the quadratic B-spline through the field instead of the field.

    Returns
    -------
    ndarray of float32, shape (nz, ny, nx)
        Mean 0; the expected variance of the field is 1.
    """
    nz, ny, nx = shape
    along = scipy.fft.rfftfreq(nx).astype(np.float32)
    # With a twist, the waves along y and z hang on the one along x.
    across = scipy.fft.fftfreq(ny).astype(np.float32)[:, None] + along * np.float32(twist[0] / ny)
    upward = scipy.fft.fftfreq(nz).astype(np.float32)[:, None] + along * np.float32(twist[1] / nz)
    across, upward = (across - np.rint(across))[None], (upward - np.rint(upward))[:, None]
    square = along**2 + across**2 + upward**2
    square[0, 0, 0] = 1.0
    amplitude = square ** np.float32(-exponent / 4.0)
    amplitude[
        (square < (pitch_mm / longest_mm) ** 2) | (square > (pitch_mm / shortest_mm) ** 2)
    ] = 0
    amplitude[0, 0, 0] = 0.0
    # Of a real field the spectrum holds each wave once, those with `along` 0 twice.
    variance = 2.0 * (amplitude**2).sum(dtype=np.float64) - (amplitude[..., 0] ** 2).sum()
    amplitude[..., 0] *= np.sqrt(2.0)
    amplitude *= nx * ny * nz / np.sqrt(2.0 * variance)
    if spline:
        for wave in (along, across, upward):
            amplitude *= 4.0 / (3.0 + np.cos(2.0 * np.pi * wave))
    spectrum: Any = rng.standard_normal((*amplitude.shape, 2), dtype=np.float32)
    spectrum = spectrum.view(np.complex64)[..., 0]
    spectrum *= amplitude
    if twist == (0, 0):
        field = scipy.fft.irfftn(spectrum, s=shape, overwrite_x=True)
    else:
        spectrum = scipy.fft.ifft2(spectrum, axes=(0, 1), overwrite_x=True)
        turn = 2j * np.pi * along
        spectrum *= np.exp(turn * (twist[0] / ny * np.arange(ny))[:, None]).astype(np.complex64)
        spectrum *= np.exp(turn * (twist[1] / nz * np.arange(nz))[:, None, None]).astype(
            np.complex64
        )
        field = scipy.fft.irfft(spectrum, n=nx, axis=2, overwrite_x=True)
    return np.ascontiguousarray(field, dtype=np.float32)


def band_variance(exponent: float, longest_mm: float, shortest_mm: float) -> float:
    """Return the variance of a k**-exponent field between two wavelengths, up to one factor."""
    power = 3.0 - exponent
    low, high = 1.0 / longest_mm, 1.0 / shortest_mm if shortest_mm > 0.0 else np.inf
    if abs(power) < 1e-9:
        return float(np.log(high / low))
    return float((high**power - low**power) / power)
