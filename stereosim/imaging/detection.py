"""The search for specks in an X-ray image: a model observer that sees pixels and their pitch only.

The image's logarithm is prewhitened with the noise spectrum measured in the same image and matched
to spheres of several sizes (the PWMF observer); the response is put in units of the noise around
it.  The threshold is that at which pure noise would give a stated number of false alarms in
the area searched.  Lines, edges and metal are told from specks by what stands around the peak.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.density import density
from stereosim.imaging.materials import DATA, Array
from stereosim.imaging.metal import find_needle_tip, load_metal, metal_mask
from stereosim.imaging.prewhitening import MAD, Bank, Responses
from stereosim.imaging.rendering import block_means, spread_blocks
from stereosim.imaging.xray import XrayImage
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

__all__ = ["Candidates", "SearchSpec", "find_needle_tip", "find_specks", "load_search_spec"]

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Samples round a candidate.
_ANGLES = 16
# The nearer ring runs this far outside of the template's edge and the blur.
_NEAR_MM = 0.15


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
        Diameter of the sphere that matches best, in the detector plane.
    log_diameter_sd : ndarray, shape (n,)
        Standard deviation of its logarithm, from noise alone.
    threshold : float
        Smallest response that counts.
    """

    pixels: Array
    snr: Array
    diameters_mm: Array
    log_diameter_sd: Array
    threshold: float

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.snr)

    def subset(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Candidates:
        """Return the candidates that a mask or indices select."""
        return replace(
            self,
            pixels=self.pixels[kept],
            snr=self.snr[kept],
            diameters_mm=self.diameters_mm[kept],
            log_diameter_sd=self.log_diameter_sd[kept],
        )


def find_specks(
    image: XrayImage,
    *,
    false_alarms_per_image: float | None = None,
    exclude: Array | None = None,
    spec: SearchSpec | None = None,
) -> Candidates:
    """Search a whole image for specks.

    Parameters
    ----------
    image : XrayImage
        Only its pixels, their dark offset and their pitch are used.
    false_alarms_per_image : float, optional
        Mean number of false alarms that pure noise is allowed; by default that of `spec`.
    exclude : ndarray, shape (n, 3), optional
        Discs that are not searched (column, row, radius, in pixels), such as the places of
        reference marks; they may lie outside the image.
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
    detail, hidden, excluded = _detail(dense, pitch, spec, exclude)
    noise = float(np.median(np.abs(detail[::3, ::3]))) / MAD
    if noise <= 0.0 or excluded.all():
        return _candidates([], np.inf)
    bank = Bank.measured(detail, noise, pitch, spec.diameters_mm)
    area = float(np.count_nonzero(~excluded)) * pitch**2
    threshold = bank.threshold(area, allowed)
    responses = bank.respond(hidden, spec.tile_mm)
    responses.best[excluded] = 0.0
    found = _peaks(responses, threshold, pitch, spec)
    return _candidates([p for p in found if _is_compact(dense, p, pitch, spec)], threshold)


def _candidates(peaks: list[_Peak], threshold: float) -> Candidates:
    return Candidates(
        np.array([[p.column, p.row] for p in peaks]).reshape(-1, 2),
        np.array([p.snr for p in peaks]),
        np.array([p.diameter_mm for p in peaks]),
        np.array([p.log_diameter_sd for p in peaks]),
        threshold,
    )


def _detail(
    dense: Image, pitch: float, spec: SearchSpec, exclude: Array | None
) -> tuple[Image, Mask, Mask]:
    """Take out what hides specks and the slow background.

    Returns
    -------
    detail : ndarray of float32
        What is left.
    hidden : ndarray of bool
        Metal with its rim, and the discs to exclude.
    excluded : ndarray of bool
        Where not to search.
    """
    from scipy.ndimage import binary_dilation, gaussian_filter

    hidden, around = metal_mask(dense, pitch)
    border = round(spec.border_mm / pitch)
    excluded = np.ones(dense.shape, dtype=np.bool_)
    excluded[border:-border, border:-border] = False
    filled = dense
    if hidden.any():
        hidden = binary_dilation(hidden, iterations=max(1, round(load_metal().rim_mm / pitch)))
    for disc in () if exclude is None else exclude:
        _cover(hidden, disc)
    if hidden.any():
        filled = np.where(hidden, around, dense)
        excluded |= hidden
    size = max(1, round(0.5 / pitch))
    blocks = gaussian_filter(
        block_means(filled, size), spec.background_sigma_mm / (size * pitch), mode="nearest"
    )
    detail = filled - spread_blocks(blocks, size, dense.shape)
    detail[hidden] = 0.0
    return detail, hidden, excluded


def _cover(mask: Mask, disc: Array) -> None:
    """Set `mask` inside a disc (column, row, radius)."""
    column, row, radius = (float(v) for v in disc)
    rows, columns = mask.shape
    r0, r1 = (int(np.clip(v, 0, rows)) for v in (row - radius, row + radius + 2.0))
    c0, c1 = (int(np.clip(v, 0, columns)) for v in (column - radius, column + radius + 2.0))
    r, c = np.ogrid[r0:r1, c0:c1]
    mask[r0:r1, c0:c1] |= (r - row) ** 2 + (c - column) ** 2 <= radius**2


@dataclass(frozen=True)
class _Peak:
    column: float
    row: float
    snr: float
    template_mm: float
    diameter_mm: float
    log_diameter_sd: float


def _peaks(responses: Responses, threshold: float, pitch: float, spec: SearchSpec) -> list[_Peak]:
    """Local maxima over the threshold, strongest first, none inside a stronger one's disc."""
    best = responses.best
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
        if any(
            np.hypot(p.row - r, p.column - c) * pitch < 0.6 * p.template_mm + pitch for p in peaks
        ):
            continue
        place = (
            c + _vertex(best[r, c - 1], best[r, c], best[r, c + 1]),
            r + _vertex(best[r - 1, c], best[r, c], best[r + 1, c]),
        )
        each = np.array([response[r, c] for response in responses.each])
        template = spec.diameters_mm[int(each.argmax())]
        peaks.append(_Peak(*place, float(value[i]), template, *_size(each, spec.diameters_mm)))
    return peaks


def _size(snr: Array, diameters_mm: tuple[float, ...]) -> tuple[float, float]:
    """Return the likeliest diameter and the standard deviation of its logarithm.

    With the amplitude free, the logarithm of the likelihood of a template is half of the square of
    its response; a parabola through the best template and its neighbours gives top and bend.
    """
    likelihood = 0.5 * np.maximum(snr, 0.0) ** 2
    logs = np.log(np.array(diameters_mm))
    k = int(np.clip(likelihood.argmax(), 1, len(logs) - 2))
    bend, slope, _ = np.polyfit(logs[k - 1 : k + 2] - logs[k], likelihood[k - 1 : k + 2], 2)
    step = float(logs[k + 1] - logs[k - 1]) / 2.0
    if bend >= 0.0:
        return diameters_mm[int(likelihood.argmax())], step
    # Beyond the bank's ends the parabola is trusted for half a step.
    low, high = logs[0] - 0.5 * step, logs[-1] + 0.5 * step
    top = float(np.clip(logs[k] - 0.5 * slope / bend, low, high))
    return float(np.exp(top)), min(float(1.0 / np.sqrt(-2.0 * bend)), step)


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

    near = 0.75 * peak.template_mm + _NEAR_MM
    radii = np.array([near, near + spec.line_mm]) / pitch
    reach = int(np.ceil(radii[1])) + 3
    r, c = round(peak.row), round(peak.column)
    r0, c0 = max(r - reach, 0), max(c - reach, 0)
    patch = dense[r0 : r + reach + 1, c0 : c + reach + 1]
    smooth = gaussian_filter(patch, max(0.35 * peak.template_mm / pitch, 0.8))
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
