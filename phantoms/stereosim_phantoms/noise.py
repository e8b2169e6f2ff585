"""Periodic tiles of power-law noise, the raw material of parenchyma."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Tile = NDArray[np.float32]


def power_law_tile(
    side: int, exponent: float, lowest: float, highest: float, *, rng: np.random.Generator
) -> Tile:
    """Return a periodic Gaussian field whose power spectrum is ``k**-exponent`` within a band.

    Parameters
    ----------
    side : int
        Voxels per edge, a power of two.
    exponent : float
        Exponent of the three-dimensional power spectrum.
    lowest, highest : float
        The band, in cycles per tile; power outside is zero.
    rng : numpy.random.Generator
        Source of the phases and amplitudes.

    Returns
    -------
    ndarray of float32, shape (side, side, side)
        Mean 0, standard deviation 1.
    """
    full = scipy.fft.fftfreq(side, 1.0 / side).astype(np.float32) ** 2
    half = scipy.fft.rfftfreq(side, 1.0 / side).astype(np.float32) ** 2
    square = full[:, None, None] + full[None, :, None] + half[None, None, :]
    square[0, 0, 0] = 1.0
    amplitude = square ** np.float32(-exponent / 4.0)
    amplitude[(square < lowest**2) | (square > highest**2)] = 0.0
    amplitude[0, 0, 0] = 0.0
    shape = (*amplitude.shape, 2)
    spectrum: Any = rng.standard_normal(shape, dtype=np.float32).view(np.complex64)[..., 0]
    spectrum *= amplitude
    field = scipy.fft.irfftn(spectrum, s=(side, side, side), overwrite_x=True)
    field /= field.std()
    return np.ascontiguousarray(field, dtype=np.float32)


def band_variance(exponent: float, longest_mm: float, shortest_mm: float) -> float:
    """Return the variance of a k**-exponent field between two wavelengths, up to one factor."""
    power = 3.0 - exponent
    low, high = 1.0 / longest_mm, 1.0 / shortest_mm
    if abs(power) < 1e-9:
        return float(np.log(high / low))
    return float((high**power - low**power) / power)


def random_affine(
    texels_per_mm: float, stretch: tuple[float, float, float], *, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a (3, 4) map from mm to texels: stretch, random turn, random offset."""
    turn, upper = np.linalg.qr(rng.standard_normal((3, 3)))
    turn *= np.sign(np.diag(upper))
    affine = np.empty((3, 4))
    affine[:, :3] = texels_per_mm * turn / np.asarray(stretch)
    affine[:, 3] = rng.uniform(0.0, 1024.0, 3)
    return affine
