"""The band: where in the other view a marked speck can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from stereosim.geometry.views import View

Array = NDArray[np.float64]
Pixel = tuple[float, float]

# Steps along the line of sight at which the band of the other view is computed.
_BAND_POINTS = 41


@dataclass(frozen=True, eq=False)
class Band:
    """Where the point marked in one view can lie in the other.

    Attributes
    ----------
    view : str
        In which view the band is drawn.
    pixels : ndarray, shape (n, 2)
        Middle of the band, (column, row), from the support to the paddle.
    depth_mm : ndarray, shape (n,)
        Height z above the support that each point of it stands for.
    half_width_px : float
        How far from it a mark may lie by what a patient moves.
    """

    view: str
    pixels: Array
    depth_mm: Array
    half_width_px: float


def band_of(
    view: View, other: View, pixel: Pixel, thickness_mm: float, tolerance_mm: float
) -> Band:
    """Return the band that a mark at `pixel` of `view` draws in the `other` view."""
    from stereosim.geometry.projection import back_project, project

    depth = np.linspace(0.0, thickness_mm, _BAND_POINTS)
    points = np.array([back_project(view, np.array([pixel]), float(z))[0] for z in depth])
    return Band(other.name, project(other, points), depth, tolerance_mm / other.pitch_mm)
