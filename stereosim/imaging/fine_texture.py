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

from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.views import View
from stereosim.imaging.detectors import Detector, blur
from stereosim.imaging.exposure import DetectedBeam
from stereosim.imaging.materials import Array
from stereosim.kernels.fine_texture import add_sheet, add_slopes
from stereosim_phantoms.randomness import stream

Image = NDArray[np.float32]

# Height of a sheet: a few of the longest wavelengths that it carries, so that sheets are
# independent, and so low that the eye finds no layers: their parallax differs by 0.4 mm.
SHEET_MM = 1.6
# One picture serves all sheets and patients, each at its own place: 51 mm of noise.  Sheets at
# different heights are magnified differently, so that repeats do not add up.
TILE_SIDE, TEXEL_MM = 1024, 0.05
_TILE_SEED = 20
# Rows at a time, so that the image stays in the second-level cache while the sheets pass.
_BAND = 64
# For the aperture of the pixels; 30 mm higher or lower it is 5 % smaller or larger.
_MIDDLE_MM = 30.0
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
    def softness(self) -> float: ...  # noqa: D102
    @property
    def along(self) -> float: ...  # noqa: D102
    @property
    def scale(self) -> tuple[float, float, float]: ...  # noqa: D102
    @property
    def offset_mm(self) -> tuple[float, float, float]: ...  # noqa: D102
    def placed(self, scale: Array, offset_mm: Array) -> TextureLaw: ...  # noqa: D102


def fine_detail(
    texture: TextureLaw, gland: Image, origin_mm: Array, spacing_mm: Array, view: View
) -> Image:
    """Return what fine texture adds to the way through gland, at every pixel of `view`.

    Parameters
    ----------
    texture : Texture
        Law of the noise.
    gland : ndarray of float32, shape (nz, ny, nx)
        Glandular fraction on voxels; a slab of the breast, or all of it.
    origin_mm, spacing_mm : ndarray, shape (3,)
        Centre of voxel [0, 0, 0] and edges of a voxel, support frame.
    view : View
        Rows and columns of its detector run along y and x.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Path length in mm, of mean 0; results of slabs of a breast add up.
    """
    scale, offset = np.array(texture.scale), np.array(texture.offset_mm)
    heights = scale[2] * (origin_mm[2] + spacing_mm[2] * np.arange(len(gland))) + offset[2]
    numbers = np.maximum(np.floor(heights / SHEET_MM).astype(np.int64), 0)
    lowest = int(numbers.min())
    layers = np.zeros((int(numbers.max()) - lowest + 1, *gland.shape[1:]), dtype=np.float32)
    add_slopes(gland, spacing_mm[2] / texture.softness, numbers - lowest, layers)
    # Voxels are looked at where the breast was not compressed: there all of them are cubes.
    tile = _tile(
        texture.exponent,
        texture.finest_mm,
        texture.along,
        float(spacing_mm[0] * abs(scale[0])),
        _pixel_mm(view),
    )
    strength = np.sqrt(texture.power / SHEET_MM)
    out = np.zeros(view.shape, dtype=np.float32)
    sheets = []
    for k, layer in enumerate(layers):
        if layer.any():
            layer *= np.float32(strength)
            rows, columns = _places(texture, lowest + k, origin_mm, spacing_mm, view)
            sheets.append((layer, rows, columns))
    for start in range(0, view.shape[0], _BAND):
        for layer, rows, columns in sheets:
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


def _pixel_mm(view: View) -> float:
    """Size of a pixel as it is projected into the breast."""
    source, plane = float(view.source_mm[2]), float(view.origin_mm[2])
    return float(view.pitch_mm) * (source - _MIDDLE_MM) / (source - plane)


def _places(
    texture: TextureLaw, number: int, origin_mm: Array, spacing_mm: Array, view: View
) -> tuple[Array, Array]:
    """Return rows and columns, (2, 2) each, as the kernel takes them, of one sheet."""
    rng = stream(texture.seed, "fine texture", number)
    start, turned = rng.uniform(0.0, TILE_SIDE, 2), rng.choice([-1.0, 1.0], 2)
    height = (SHEET_MM * (number + 0.5) - texture.offset_mm[2]) / texture.scale[2]
    source, corner = np.asarray(view.source_mm), np.asarray(view.origin_mm)
    shrink = (source[2] - height) / (source[2] - corner[2])
    texels = 1.0 / (TEXEL_MM * np.array([1.0, texture.along]))
    places = []
    for axis, step_mm in ((1, float(view.row_mm[1])), (0, float(view.column_mm[0]))):
        place = source[axis] + shrink * (corner[axis] - source[axis])
        breast = texture.scale[axis] * place + texture.offset_mm[axis]
        per_mm = turned[axis] * texels[axis]
        voxel = [(place - origin_mm[axis]) / spacing_mm[axis], shrink * step_mm / spacing_mm[axis]]
        texel = [start[axis] + per_mm * breast, per_mm * texture.scale[axis] * shrink * step_mm]
        places.append(np.array([voxel, texel]))
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
