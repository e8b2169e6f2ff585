"""Texture of the gland that is finer than voxels, in all views the same.

Voxels carry the tissue's noise down to some 2.5 of their edges; down to the pixels it goes on here
by the same power law.  The gland is cut into sheets of fixed height in the breast.  The noise in a
sheet is one picture, thin, at mid-height: so it lies at the same place in every view, moves between
views as a thing at that height does, and depends on nothing but the patient and the place.

A drive with the power spectrum A k^-b in three dimensions, summed over a sheet of height h, has
the spectrum h A k^-b in two.  With the slope s = d gland / d drive of the tissue, the way through
gland gains s h n, where n has the spectrum A k^-b / h, and the way through fat loses as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.views import View
from stereosim.imaging.detectors import Detector, blur
from stereosim.imaging.exposure import DetectedBeam
from stereosim.imaging.materials import Array
from stereosim.kernels.fine_texture import add_sheet
from stereosim_phantoms.randomness import stream

Image = NDArray[np.float32]

# One picture serves all sheets and patients, each at its own place: 51 mm of noise.  Sheets at
# different heights are magnified differently, so that repeats do not add up.
TILE_SIDE, TEXEL_MM = 1024, 0.05
_TILE_SEED = 20
# Rows at a time, so that the image stays in the second-level cache while the sheets pass.
_BAND = 64
# A pixel as it is projected into the breast, over its pitch: 0.87 to 0.97 from top to bottom.
_SHRINK = 0.92
# Power of the sinc that the way from voxels to pixels multiplies the spectrum by, along either
# axis: linear interpolation of the voxels, cubic of the coarse grid.  Measured with plane waves of
# 0.3 to 2.4 per mm on voxels of 0.2 and 0.3 mm, within 0.04.
_VOXEL_LOSS = 5


class TextureLaw(Protocol):
    """What is needed of a Texture of the phantoms."""

    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def exponent(self) -> float: ...  # noqa: D102
    @property
    def power(self) -> float: ...  # noqa: D102
    @property
    def finest_mm(self) -> float: ...  # noqa: D102
    @property
    def along(self) -> float: ...  # noqa: D102
    @property
    def first(self) -> int: ...  # noqa: D102
    @property
    def corner_mm(self) -> tuple[float, float]: ...  # noqa: D102
    @property
    def sheet_mm(self) -> float: ...  # noqa: D102
    @property
    def slopes(self) -> Image: ...  # noqa: D102
    @property
    def scale(self) -> tuple[float, float, float]: ...  # noqa: D102
    @property
    def offset_mm(self) -> tuple[float, float, float]: ...  # noqa: D102
    def placed(self, scale: Array, offset_mm: Array) -> TextureLaw: ...  # noqa: D102


def fine_detail(textures: Sequence[TextureLaw], voxel_mm: float, view: View) -> Image:
    """Return what fine texture adds to the way through gland, at every pixel of `view`.

    Parameters
    ----------
    textures : sequence of Texture
        Law of the noise and response of the tissue, placed in the support frame; of one breast, or
        of slabs of it.
    voxel_mm : float
        Edge of the voxels along x and y, on which the coarser detail stands.
    view : View
        Rows and columns of its detector run along y and x.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Path length in mm, of mean 0.
    """
    sheets = []
    for texture in textures:
        # In the breast as it was before compression, where the law holds.
        before = abs(texture.scale[0])
        pixel = _SHRINK * float(view.pitch_mm) * before
        tile = _tile(texture.exponent, texture.finest_mm, texture.along, voxel_mm * before, pixel)
        path = texture.sheet_mm / abs(texture.scale[2])
        strength = np.float32(path * np.sqrt(texture.power / texture.sheet_mm))
        sheets += [
            (np.ascontiguousarray(layer * strength), tile, *_places(texture, number, view))
            for number, layer in enumerate(texture.slopes, texture.first)
            if layer.any()
        ]
    out = np.zeros(view.shape, dtype=np.float32)
    for start in range(0, view.shape[0], _BAND):
        for layer, tile, rows, columns in sheets:
            band = rows + np.array([[start, 0.0]]) * rows[:, 1:]
            add_sheet(layer, tile, band, columns, out[start : start + _BAND])
    return out


def texture_transmission(
    detail_mm: Image,
    paths_mm: Image,
    pitch_mm: float,
    beam: DetectedBeam,
    detector: Detector,
    focal_fwhm_mm: float,
) -> Image:
    """Return by what fine texture multiplies the primary, as the detector sees it.

    Parameters
    ----------
    detail_mm : ndarray of float32, shape (rows, columns)
        As :func:`fine_detail` gives it, at `pitch_mm`.
    paths_mm : ndarray of float32, shape (3, m, n)
        Way through adipose, glandular tissue and skin, on any grid.
    pitch_mm : float
        Pixel pitch.
    beam : DetectedBeam
        The beam.
    detector : Detector
        Whose layer blurs.
    focal_fwhm_mm : float
        Width of the focal spot's image.
    """
    # One spectrum for the whole image: behind gland and behind fat it is nearly the same.
    mean = paths_mm.mean(axis=(1, 2), dtype=np.float64)
    passed = beam.absorbed_kev * np.exp(-mean @ beam.tissue_mu)
    per_mm = float(passed @ (beam.tissue_mu[1] - beam.tissue_mu[0]) / passed.sum())
    seen = blur(detail_mm, pitch_mm, detector, focal_fwhm_mm=focal_fwhm_mm)
    seen *= np.float32(-per_mm)
    return np.exp(seen, out=seen)


def _places(texture: TextureLaw, number: int, view: View) -> tuple[Array, Array]:
    """Return rows and columns, (2, 2) each, as the kernel takes them, of one sheet."""
    rng = stream(texture.seed, "fine texture", number)
    start, turned = rng.uniform(0.0, TILE_SIDE, 2), rng.choice([-1.0, 1.0], 2)
    sheet = texture.sheet_mm
    height = (sheet * (number + 0.5) - texture.offset_mm[2]) / texture.scale[2]
    source, corner = np.asarray(view.source_mm), np.asarray(view.origin_mm)
    shrink = (source[2] - height) / (source[2] - corner[2])
    texels = turned / (TEXEL_MM * np.array([1.0, texture.along]))
    places = []
    for axis, pitch in ((1, float(view.row_mm[1])), (0, float(view.column_mm[0]))):
        support = source[axis] + shrink * (corner[axis] - source[axis])
        place = texture.scale[axis] * support + texture.offset_mm[axis]
        step = texture.scale[axis] * shrink * pitch
        slope = [(place - texture.corner_mm[axis]) / sheet, step / sheet]
        texel = [start[axis] + texels[axis] * place, texels[axis] * step]
        places.append(np.array([slope, texel]))
    return places[0], places[1]


@lru_cache(maxsize=4)
def _tile(
    exponent: float, finest_mm: float, along: float, voxel_mm: float, pixel_mm: float
) -> Image:
    """Return noise whose spectrum, k^-exponent, lacks what the voxels carry, seen by pixels."""
    from scipy import fft

    # Frequencies in the tile; along y the sheet draws it out.
    fy = fft.fftfreq(TILE_SIDE, TEXEL_MM)[:, None]
    fx = fft.rfftfreq(TILE_SIDE, TEXEL_MM)[None, :]
    square = fy**2 + fx**2
    square[0, 0] = np.inf
    ky = fy / along
    carried = np.abs(np.sinc(fx * voxel_mm) * np.sinc(ky * voxel_mm)) ** _VOXEL_LOSS
    lost = (square > finest_mm**-2) | (np.maximum(np.abs(fx), np.abs(ky)) > 0.5 / voxel_mm)
    carried[lost] = 0.0
    aperture = np.sinc(fx * pixel_mm) * np.sinc(ky * pixel_mm)
    # Linear interpolation between texels takes this, at a place between them that is random.
    kept = (2.0 + np.cos(2 * np.pi * TEXEL_MM * fy)) * (2.0 + np.cos(2 * np.pi * TEXEL_MM * fx)) / 9
    power = square ** (-0.5 * exponent) * (1.0 - carried) * aperture**2 / kept
    power[square > (0.5 / TEXEL_MM) ** 2] = 0.0
    # White noise of variance 1 per texel has the spectrum TEXEL_MM^2.
    white = np.random.default_rng(_TILE_SEED).standard_normal((TILE_SIDE, TILE_SIDE))
    spectrum = fft.rfft2(white) * np.sqrt(power) / TEXEL_MM
    return np.asarray(fft.irfft2(spectrum, s=white.shape), dtype=np.float32)
