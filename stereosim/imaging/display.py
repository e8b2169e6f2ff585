"""From the stored pixels to the picture: logarithm, window, presets; white is dense."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.density import density
from stereosim.imaging.metal import load_metal
from stereosim.imaging.rendering import block_means, spread_blocks
from stereosim.imaging.xray import XrayImage

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Preset:
    """A way to choose the window.

    Attributes
    ----------
    label : str
        What a user reads.
    low_percent, high_percent : float
        Percentiles of the density that become black and white before `widen`.
    widen : float
        Factor on the distance of black and white from their middle.
    equalise : float
        Share of the slow variation (thickness toward the skin) that is taken out.
    """

    label: str
    low_percent: float
    high_percent: float
    widen: float = 1.0
    equalise: float = 0.0


# Choices of taste, not of physics.  Metal is under 1 % of a field, so that it does not set white.
PRESETS: dict[str, Preset] = {
    "standard": Preset("Standard", 2.0, 99.5, 1.5, 0.4),
    "wide": Preset("Wide", 0.5, 99.9, 2.5),
    "fat": Preset("Fatty parts", 0.5, 70.0, 1.4),
    "gland": Preset("Dense parts", 30.0, 99.8, 1.4),
    "specks": Preset("Calcifications", 5.0, 99.5, 1.2, 0.8),
}
# What is this much less dense than the densest parts is air or the last millimetre of skin: it has
# no say in the window.
_AIR_DENSITY = 1.5
_SLOW_MM = 8.0


def window(dense: Image, preset: Preset) -> tuple[float, float]:
    """Return the densities shown black and white, judged on what is neither air nor metal."""
    # Every seventh pixel along each axis is enough for a percentile.
    sample = dense[::7, ::7].ravel()
    breast = sample[sample > np.percentile(sample, 95.0) - _AIR_DENSITY]
    breast = breast[breast < np.median(breast) + load_metal().density]
    low, high = np.percentile(breast, [preset.low_percent, preset.high_percent])
    middle, half = 0.5 * (low + high), 0.5 * preset.widen * (high - low)
    half = max(float(half), 1e-3)
    return float(middle - half), float(middle + half)


def equalised(dense: Image, share: float, pitch_mm: float) -> Image:
    """Take `share` of the slow variation of the density out, air excepted."""
    from scipy.ndimage import gaussian_filter

    size = max(1, min(round(1.0 / pitch_mm), min(dense.shape) // 4))
    blocks = block_means(dense, size)
    top = float(np.percentile(blocks, 95.0))
    held = np.maximum(blocks, np.float32(top - _AIR_DENSITY))
    slow = gaussian_filter(held, _SLOW_MM / (size * pitch_mm), mode="nearest") - np.float32(top)
    return dense - np.float32(share) * spread_blocks(slow, size, dense.shape)


def presentation(image: XrayImage, preset: str = "standard") -> Image:
    """Return the picture in [0, 1], shape (rows, columns), white where the breast is dense.

    Parameters
    ----------
    image : XrayImage
        For processing.
    preset : str
        Key of `PRESETS`.

    Raises
    ------
    KeyError
        If there is no such preset.
    """
    dense = density(image)
    chosen = PRESETS[preset]
    if chosen.equalise > 0.0:
        dense = equalised(dense, chosen.equalise, image.pitch_mm)
    low, high = window(dense, chosen)
    shown: Image = np.clip((dense - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return shown
