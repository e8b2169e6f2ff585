"""Prewhitened matched filters (PWMF) for the search: the noise of an image, spheres of some sizes.

The noise spectrum is measured in the image itself, as a function of the length of the frequency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.materials import Array
from stereosim.kernels.observer import keep_strongest, ring_filter, ring_power

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Median absolute deviation of a Gaussian of unit variance.
MAD = 0.6745
# The noise spectrum is averaged over rings of this width, five at a time.
_RING_PER_MM = 0.05
# Densities further than this many noise widths from the background do not shape the noise spectrum.
_CLIP_SD = 4.0
# A tile with fewer samples beside what is hidden takes the noise of the image.
_FEWEST = 40


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses of all templates to one image, in units of their local noise.

    Attributes
    ----------
    each : tuple of ndarray of float32, shape (rows, columns)
        Of each template.
    best : ndarray of float32, shape (rows, columns)
        The largest of them, 0 where all are negative.
    """

    each: tuple[Image, ...]
    best: Image


@dataclass(frozen=True, eq=False)
class Bank:
    """Prewhitened matched filters for one image.

    Attributes
    ----------
    spectrum : ndarray of complex64
        The image's transform, padded to `padded` rows and columns.
    shape, padded : tuple of two ints
        Size of the image and of its transform's image.
    pitch : float
        Pixel pitch, mm.
    filters : tuple of ndarray of float32
        Transfer of each template by ring, scaled so that noise alone gives unit variance.
    maxima : tuple of float
        Density of local maxima of each response, 1/mm^2, without the factor u exp(-u^2/2).
    """

    spectrum: NDArray[np.complexfloating]
    shape: tuple[int, int]
    padded: tuple[int, int]
    pitch: float
    filters: tuple[Image, ...]
    maxima: tuple[float, ...]

    @classmethod
    def measured(
        cls, detail: Image, noise: float, pitch: float, diameters_mm: tuple[float, ...]
    ) -> Bank:
        """Measure the noise spectrum of `detail`, of width `noise`, and make the filters."""
        from scipy import fft

        rows, columns = detail.shape
        padded = (fft.next_fast_len(rows, real=True), fft.next_fast_len(columns, real=True))
        limit = np.float32(_CLIP_SD * noise)
        clipped = fft.rfft2(np.clip(detail, -limit, limit), s=padded)
        rings = np.zeros((int(np.sqrt(0.5) / pitch / _RING_PER_MM) + 2, 4))
        ring_power(clipped, padded[1], pitch, _RING_PER_MM, rings)
        count, power, *along = rings.T
        wide = np.ones(5)
        samples = np.maximum(np.convolve(count, wide, mode="same"), 1.0)
        whole = np.convolve(power, wide, mode="same") / samples / detail.size
        whole = np.maximum(whole, 1e-3 * whole.max())
        centre = (np.arange(len(count), dtype=np.float64) + 0.5) * _RING_PER_MM
        size = float(padded[0] * padded[1])
        filters, maxima = [], []
        for diameter in diameters_mm:
            transfer = _sphere_transfer(centre, diameter) / whole
            passed = transfer**2 * whole
            variance = float((passed * count).sum()) / size
            curve = [float((passed * squares).sum()) / size / variance for squares in along]
            filters.append((transfer / np.sqrt(variance)).astype(np.float32))
            maxima.append(float(np.sqrt(curve[0] * curve[1])) / (2.0 * np.pi) ** 1.5)
        spectrum = fft.rfft2(detail, s=padded)
        return cls(spectrum, detail.shape, padded, pitch, tuple(filters), tuple(maxima))

    def threshold(self, area_mm2: float, allowed: float) -> float:
        """Return the level that noise maxima exceed `allowed` times on average (Adler 1981).

        The sum over the templates counts a maximum that shows in two of them twice, so the true
        rate is a little lower.
        """
        expected = area_mm2 * sum(self.maxima)
        low, high = 1.0, 40.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            if expected * middle * np.exp(-0.5 * middle**2) > allowed:
                low = middle
            else:
                high = middle
        return high

    def respond(self, hidden: Mask, tile_mm: float) -> Responses:
        """Filter the image; what is `hidden` does not count for the local noise."""
        from scipy import fft

        rows, columns = self.shape
        best = np.zeros(self.shape, dtype=np.float32)
        size = max(8, min(round(tile_mm / self.pitch), min(self.shape) // 3))
        covered = _tiles(hidden, size)
        filtered = np.empty_like(self.spectrum)
        each = []
        for transfer in self.filters:
            ring_filter(self.spectrum, self.padded[1], self.pitch, _RING_PER_MM, transfer, filtered)
            whole = fft.irfft2(filtered, s=self.padded, overwrite_x=True)
            response: Image = np.ascontiguousarray(whole[:rows, :columns], dtype=np.float32)
            noise = _local_noise(response, covered, size)
            keep_strongest(response, noise, size, best)
            each.append(response)
        return Responses(tuple(each), best)


def _sphere_transfer(frequency: Array, diameter_mm: float) -> Array:
    """Fourier transform of the chord of a sphere, 1 at zero frequency."""
    x = np.maximum(np.pi * diameter_mm * frequency, 1e-3)
    return np.asarray(3.0 * (np.sin(x) - x * np.cos(x)) / x**3)


def _local_noise(response: Image, hidden: Mask, size: int) -> Image:
    """Robust width of the response over tiles; samples that are hidden do not count."""
    # Every third pixel of a tile leaves some 500: enough for a median to 4 %.
    tiles = np.abs(_tiles(response, size))
    width = np.median(tiles, axis=2)
    for r, c in np.argwhere(hidden.any(axis=2)):
        bare = tiles[r, c][~hidden[r, c]]
        width[r, c] = np.median(bare) if len(bare) >= _FEWEST else 0.0
    least = max(0.5 * float(np.median(width)), 1e-6)
    width = np.where(width > 0.0, np.maximum(width, least), 2.0 * least)
    return np.ascontiguousarray(width / MAD, dtype=np.float32)


def _tiles(image: NDArray[Any], size: int) -> NDArray[Any]:
    """Every third pixel of square tiles, shape (tile rows, tile columns, samples)."""
    rows, columns = (n // size for n in image.shape)
    tiles = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return tiles[:, ::3, :, ::3].transpose(0, 2, 1, 3).reshape(rows, columns, -1)
