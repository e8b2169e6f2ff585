"""From the stored pixels to the picture: logarithm, window, presets; white is dense."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """

    label: str
    low_percent: float
    high_percent: float
    widen: float = 1.0


# Choices of taste, not of physics.  Metal is under 1 % of a field, so that it does not set white.
PRESETS: dict[str, Preset] = {
    "standard": Preset("Standard", 1.0, 99.7, 1.35),
    "wide": Preset("Wide", 0.1, 99.95, 2.0),
    "fat": Preset("Fatty parts", 0.5, 70.0, 1.2),
    "gland": Preset("Dense parts", 30.0, 99.8, 1.2),
    "specks": Preset("Calcifications", 5.0, 99.5, 1.0),
}


def density(image: XrayImage) -> Image:
    """Return minus the natural logarithm of the dark-corrected signal; more is denser.

    A pixel without signal counts as one digital number.
    """
    signal = image.pixels - np.float32(image.offset_dn)
    dense: Image = -np.log(np.maximum(signal, np.float32(1.0)))
    return dense


def window(dense: Image, preset: Preset) -> tuple[float, float]:
    """Return the densities shown black and white under `preset`."""
    # Every seventh pixel along each axis is enough for a percentile.
    sample = dense[::7, ::7]
    low, high = np.percentile(sample, [preset.low_percent, preset.high_percent])
    middle, half = 0.5 * (low + high), 0.5 * preset.widen * (high - low)
    half = max(float(half), 1e-3)
    return float(middle - half), float(middle + half)


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
    low, high = window(dense, PRESETS[preset])
    shown: Image = np.clip((dense - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return shown
