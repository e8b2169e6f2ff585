"""The search for specks in an X-ray image: a model observer that sees pixels and their pitch only.

The image's logarithm is prewhitened with the noise spectrum measured in the same image and matched
to spheres of several sizes (the PWMF observer); the response is put in units of the noise around
it.  The threshold is that at which pure noise would give a stated number of false alarms in
the area searched.  Lines, edges and metal are told from specks by what stands around the peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.density import density
from stereosim.imaging.detectors import frequencies
from stereosim.imaging.materials import DATA, Array
from stereosim.imaging.metal import find_needle_tip, load_metal, metal_mask
from stereosim.imaging.rendering import block_means, spread_blocks
from stereosim.imaging.xray import XrayImage
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

__all__ = ["Candidates", "SearchSpec", "find_needle_tip", "find_specks", "load_search_spec"]

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Median absolute deviation of a Gaussian of unit variance.
_MAD = 0.6745
# The noise spectrum is averaged over rings of this width, five at a time.
_RING_PER_MM = 0.05
# Densities further than this many noise widths from the background do not shape the noise spectrum.
_CLIP_SD = 4.0
# Samples round a candidate.
_ANGLES = 16
# The nearer ring runs this far outside of the template's edge and the blur.
_NEAR_MM = 0.15
# A tile with fewer samples beside the metal takes the noise of the image.
_FEWEST = 40


@dataclass(frozen=True)
class SearchSpec:
    """How an image is searched (data/detection.toml, ``[specks]``)."""

    diameters_mm: tuple[float, ...]
    false_alarms_per_image: float
    background_sigma_mm: float
    tile_mm: float
    border_mm: float
    line_mm: float
    line_level: float
    edge_level: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_search_spec() -> SearchSpec:
    """Return the parameters of the search."""
    tables = load_toml(DATA / "detection.toml")
    return read_spec(SearchSpec, tables["specks"], tables["sources"], "detection.toml: specks")


@dataclass(frozen=True, eq=False)
class Candidates:
    """What looks like a speck, strongest first.

    Attributes
    ----------
    pixels : ndarray, shape (n, 2)
        (column, row), to a fraction of a pixel.
    snr : ndarray, shape (n,)
        Response in units of its local noise.
    diameters_mm : ndarray, shape (n,)
        Best matching template, in the detector plane.
    threshold : float
        Smallest response that counts.
    """

    pixels: Array
    snr: Array
    diameters_mm: Array
    threshold: float

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.snr)


def find_specks(
    image: XrayImage,
    *,
    false_alarms_per_image: float | None = None,
    spec: SearchSpec | None = None,
) -> Candidates:
    """Search a whole image for specks.

    Parameters
    ----------
    image : XrayImage
        Only its pixels, their dark offset and their pitch are used.
    false_alarms_per_image : float, optional
        Mean number of false alarms that pure noise is allowed; by default that of `spec`.
    spec : SearchSpec, optional
        Parameters; by default those of data/detection.toml.

    Returns
    -------
    Candidates
        Empty for an image without signal.
    """
    spec = load_search_spec() if spec is None else spec
    allowed = (
        spec.false_alarms_per_image if false_alarms_per_image is None else false_alarms_per_image
    )
    pitch = image.pitch_mm
    dense = density(image)
    detail, metal, excluded = _detail(dense, pitch, spec)
    noise = float(np.median(np.abs(detail[::3, ::3]))) / _MAD
    if noise <= 0.0 or excluded.all():
        return _none(np.inf)
    bank = _Bank.measured(detail, noise, pitch, spec)
    area = float(np.count_nonzero(~excluded)) * pitch**2
    threshold = bank.threshold(area, allowed)
    best, which = bank.respond(metal, spec)
    best[excluded] = 0.0
    found = _peaks(best, which, threshold, pitch, spec)
    kept = [p for p in found if _is_compact(dense, p, pitch, spec)]
    if not kept:
        return _none(threshold)
    return Candidates(
        np.array([[p.column, p.row] for p in kept]),
        np.array([p.snr for p in kept]),
        np.array([p.diameter_mm for p in kept]),
        threshold,
    )


def _none(threshold: float) -> Candidates:
    return Candidates(np.empty((0, 2)), np.empty(0), np.empty(0), threshold)


def _detail(dense: Image, pitch: float, spec: SearchSpec) -> tuple[Image, Mask, Mask]:
    """Take out metal and slow background; return what is left, the metal, where not to search."""
    from scipy.ndimage import binary_dilation, gaussian_filter

    metal, around = metal_mask(dense, pitch)
    border = round(spec.border_mm / pitch)
    excluded = np.ones(dense.shape, dtype=np.bool_)
    excluded[border:-border, border:-border] = False
    filled = dense
    rim = np.zeros_like(metal)
    if metal.any():
        rim = binary_dilation(metal, iterations=max(1, round(load_metal().rim_mm / pitch)))
        filled = np.where(rim, around, dense)
        excluded |= rim
    size = max(1, round(0.5 / pitch))
    blocks = gaussian_filter(
        block_means(filled, size), spec.background_sigma_mm / (size * pitch), mode="nearest"
    )
    detail = filled - spread_blocks(blocks, size, dense.shape)
    detail[rim] = 0.0
    return detail, rim, excluded


@dataclass(frozen=True, eq=False)
class _Rings:
    """Rings of equal frequency in the half plane of an rfft2; the same for all images of a unit.

    `index` is the ring of each sample, `centre` the frequency of each ring in 1/mm, `count` its
    number of samples in the whole plane, `along` the sums of (2 pi f)^2 along columns and rows.
    """

    padded: tuple[int, int]
    index: NDArray[np.int64]
    centre: Array
    count: Array
    along: tuple[Array, Array]

    @classmethod
    @lru_cache(maxsize=4)
    def of(cls, shape: tuple[int, int], pitch: float) -> _Rings:
        """Sort the samples of the transform of an image of `shape` into rings."""
        from scipy import fft

        padded = (fft.next_fast_len(shape[0], real=True), fft.next_fast_len(shape[1], real=True))
        radius = frequencies(padded, pitch)
        index = (radius / _RING_PER_MM).astype(np.int64)
        # All but the columns at zero and Nyquist stand for their mirror images as well.
        twice = np.full(radius.shape, 2.0)
        twice[:, 0] = 1.0
        if padded[1] % 2 == 0:
            twice[:, -1] = 1.0
        fx = 2.0 * np.pi * np.fft.rfftfreq(padded[1], pitch)[None, :]
        fy = 2.0 * np.pi * np.fft.fftfreq(padded[0], pitch)[:, None]
        count = np.bincount(index.ravel(), twice.ravel()).astype(np.float64)
        along = [
            np.bincount(index.ravel(), (twice * f**2).ravel()).astype(np.float64) for f in (fx, fy)
        ]
        centre = (np.arange(len(count), dtype=np.float64) + 0.5) * _RING_PER_MM
        return cls(padded, index, centre, count, (along[0], along[1]))

    def mean(self, power: NDArray[np.floating]) -> Array:
        """Mean of a half plane over each ring, smoothed over five rings."""
        flat = self.index.ravel()
        samples = np.bincount(flat, minlength=len(self.count))
        sums = np.bincount(flat, power.ravel(), minlength=len(self.count))
        wide = np.ones(5)
        total = np.convolve(sums, wide, mode="same")
        return np.asarray(total / np.maximum(np.convolve(samples, wide, mode="same"), 1.0))


@dataclass(frozen=True, eq=False)
class _Bank:
    """Prewhitened matched filters for one image.

    `spectrum` is the image's transform, `filters` the transfer of each template by ring, scaled so
    that noise alone gives unit variance, `maxima` the density of local maxima (1/mm^2) of each
    response, without the factor u exp(-u^2/2).
    """

    spectrum: NDArray[np.complexfloating]
    shape: tuple[int, int]
    pitch: float
    rings: _Rings
    filters: tuple[Image, ...]
    maxima: tuple[float, ...]

    @classmethod
    def measured(cls, detail: Image, noise: float, pitch: float, spec: SearchSpec) -> _Bank:
        """Measure the noise spectrum of `detail` and make the filters."""
        from scipy import fft

        rings = _Rings.of(detail.shape, pitch)
        spectrum = fft.rfft2(detail, s=rings.padded)
        limit = np.float32(_CLIP_SD * noise)
        clipped = fft.rfft2(np.clip(detail, -limit, limit), s=rings.padded)
        whole = rings.mean(clipped.real**2 + clipped.imag**2) / detail.size
        whole = np.maximum(whole, 1e-3 * whole.max())
        size = float(rings.padded[0] * rings.padded[1])
        filters, maxima = [], []
        for diameter in spec.diameters_mm:
            transfer = _sphere_transfer(rings.centre, diameter) / whole
            passed = transfer**2 * whole
            variance = float((passed * rings.count).sum()) / size
            curve = [float((passed * along).sum()) / size / variance for along in rings.along]
            filters.append((transfer / np.sqrt(variance)).astype(np.float32))
            maxima.append(float(np.sqrt(curve[0] * curve[1])) / (2.0 * np.pi) ** 1.5)
        return cls(spectrum, detail.shape, pitch, rings, tuple(filters), tuple(maxima))

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

    def respond(self, metal: Mask, spec: SearchSpec) -> tuple[Image, NDArray[np.int8]]:
        """Return the best response over the templates, in local noise units, and which it is."""
        from scipy import fft

        rows, columns = self.shape
        best = np.zeros(self.shape, dtype=np.float32)
        which = np.zeros(self.shape, dtype=np.int8)
        for k, transfer in enumerate(self.filters):
            filtered = self.spectrum * transfer[self.rings.index]
            response = fft.irfft2(filtered, s=self.rings.padded)[:rows, :columns]
            response /= _local_noise(response, metal, self.pitch, spec.tile_mm)
            which[response > best] = k
            np.maximum(best, response, out=best)
        return best, which


def _sphere_transfer(frequency: Array, diameter_mm: float) -> Array:
    """Fourier transform of the chord of a sphere, 1 at zero frequency."""
    x = np.maximum(np.pi * diameter_mm * frequency, 1e-3)
    return np.asarray(3.0 * (np.sin(x) - x * np.cos(x)) / x**3)


def _local_noise(response: Image, metal: Mask, pitch: float, tile_mm: float) -> Image:
    """Robust width of the response over tiles, smoothly joined; what metal hides does not count."""
    size = max(8, min(round(tile_mm / pitch), min(response.shape) // 3))
    # Every third pixel of a tile leaves some 500: enough for a median to 4 %.
    tiles, hidden = _tiles(np.abs(response), size), _tiles(metal, size)
    width = np.median(tiles, axis=2)
    for r, c in np.argwhere(hidden.any(axis=2)):
        bare = tiles[r, c][~hidden[r, c]]
        width[r, c] = np.median(bare) if len(bare) >= _FEWEST else 0.0
    least = 0.5 * float(np.median(width))
    width = np.where(width > 0.0, np.maximum(width, max(least, 1e-6)), 2.0 * max(least, 1e-6))
    return spread_blocks((width / _MAD).astype(np.float32), size, response.shape)


def _tiles(image: NDArray[Any], size: int) -> NDArray[Any]:
    """Every third pixel of square tiles, shape (tile rows, tile columns, samples)."""
    rows, columns = (n // size for n in image.shape)
    tiles = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return tiles[:, ::3, :, ::3].transpose(0, 2, 1, 3).reshape(rows, columns, -1)


@dataclass(frozen=True)
class _Peak:
    column: float
    row: float
    snr: float
    diameter_mm: float


def _peaks(
    best: Image, which: NDArray[np.int8], threshold: float, pitch: float, spec: SearchSpec
) -> list[_Peak]:
    """Local maxima over the threshold, strongest first, none inside a stronger one's disc."""
    inner = best[1:-1, 1:-1]
    row, column = np.nonzero(inner > threshold)
    row, column = row + 1, column + 1
    value = best[row, column]
    top = np.ones(len(row), dtype=np.bool_)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if dr or dc:
                top &= value >= best[row + dr, column + dc]
    order = np.flatnonzero(top)[np.argsort(-value[top], kind="stable")]
    peaks: list[_Peak] = []
    for i in order:
        r, c = int(row[i]), int(column[i])
        diameter = spec.diameters_mm[which[r, c]]
        if any(
            np.hypot(p.row - r, p.column - c) * pitch < 0.6 * p.diameter_mm + pitch for p in peaks
        ):
            continue
        place = (
            c + _vertex(best[r, c - 1], best[r, c], best[r, c + 1]),
            r + _vertex(best[r - 1, c], best[r, c], best[r + 1, c]),
        )
        peaks.append(_Peak(*place, float(value[i]), diameter))
    return peaks


def _vertex(before: float, middle: float, after: float) -> float:
    """Place of the top of the parabola through three neighbours, from the middle one."""
    bend = before - 2.0 * middle + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0


def _is_compact(dense: Image, peak: _Peak, pitch: float, spec: SearchSpec) -> bool:
    """Tell a speck from a line and from an edge by two rings of samples round it.

    On a line, two opposite samples are nearly as dense as the middle; on an edge or a corner, more
    than a quarter of the ring is.  Both must hold on the near ring and on the far one: a rod-shaped
    speck ends before that, and a neighbour is seldom in the way of both.
    """
    from scipy.ndimage import gaussian_filter, map_coordinates

    near = 0.75 * peak.diameter_mm + _NEAR_MM
    radii = np.array([near, near + spec.line_mm]) / pitch
    reach = int(np.ceil(radii[1])) + 3
    r, c = round(peak.row), round(peak.column)
    r0, c0 = max(r - reach, 0), max(c - reach, 0)
    patch = dense[r0 : r + reach + 1, c0 : c + reach + 1]
    smooth = gaussian_filter(patch, max(0.35 * peak.diameter_mm / pitch, 0.8))
    angle = 2.0 * np.pi * np.arange(_ANGLES) / _ANGLES
    rows = peak.row - r0 + radii[:, None] * np.sin(angle)
    columns = peak.column - c0 + radii[:, None] * np.cos(angle)
    rings = map_coordinates(smooth, [rows, columns], order=1, mode="nearest")
    middle = float(
        map_coordinates(smooth, [[peak.row - r0], [peak.column - c0]], order=1, mode="nearest")[0]
    )
    floor = float(np.percentile(rings, 35.0))
    contrast = middle - floor
    if contrast <= 0.0:
        return False
    # The level that both rings reach in each direction; the far ring may bend by one step.
    inner, outer = (rings - floor) / contrast
    outer = np.maximum(outer, np.maximum(np.roll(outer, 1), np.roll(outer, -1)))
    level = np.minimum(inner, outer)
    opposite = np.minimum(level, np.roll(level, _ANGLES // 2)).max()
    quarter = np.sort(level)[-(_ANGLES // 4 + 1)]
    return bool(opposite < spec.line_level and quarter < spec.edge_level)
