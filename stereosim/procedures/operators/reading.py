"""Reading an X-ray image where a lesion is expected: the part of it that can show the place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.projection import project
from stereosim.geometry.views import View
from stereosim.imaging.detection import find_specks
from stereosim.imaging.xray import XrayImage

Array = NDArray[np.float64]

# The search measures the noise around what it looks at: it is given this much more on each side.
_MARGIN_MM = 5.0


@dataclass(frozen=True)
class Place:
    """Where a lesion is expected, support frame, mm.

    Attributes
    ----------
    xy_mm : ndarray, shape (2,)
        Expected x and y.
    gate_mm : float
        Half the side of the square around it that is looked at.
    depth_mm : (float, float)
        Lowest and highest z that are possible.
    """

    xy_mm: Array
    gate_mm: float
    depth_mm: tuple[float, float]

    def box_px(self, view: View) -> tuple[int, int, int, int]:
        """Return the part of `view` that can show it: first and last row, first and last column."""
        corners = [
            (self.xy_mm[0] + dx, self.xy_mm[1] + dy, z)
            for dx in (-self.gate_mm, self.gate_mm)
            for dy in (-self.gate_mm, self.gate_mm)
            for z in self.depth_mm
        ]
        pixels = project(view, np.array(corners))
        margin = _MARGIN_MM / view.pitch_mm
        column0, row0 = np.floor(pixels.min(axis=0) - margin)
        column1, row1 = np.ceil(pixels.max(axis=0) + margin)
        rows, columns = view.shape
        return (
            int(np.clip(row0, 0, rows)),
            int(np.clip(row1, 0, rows)),
            int(np.clip(column0, 0, columns)),
            int(np.clip(column1, 0, columns)),
        )


def specks_near(image: XrayImage, place: Place) -> tuple[Array, Array]:
    """Search the part of `image` that can show `place`.

    Returns
    -------
    pixels : ndarray, shape (n, 2)
        (column, row) in the whole image.
    snr : ndarray, shape (n,)
        Signal-to-noise ratios.
    """
    row0, row1, column0, column1 = place.box_px(image.view)
    if row1 - row0 < 3 or column1 - column0 < 3:
        return np.empty((0, 2)), np.empty(0)
    view = image.view
    part = replace(
        image,
        pixels=np.ascontiguousarray(image.pixels[row0:row1, column0:column1]),
        view=replace(
            view,
            origin_mm=view.origin_mm + row0 * view.row_mm + column0 * view.column_mm,
            shape=(row1 - row0, column1 - column0),
        ),
    )
    found = find_specks(part)
    return found.pixels + np.array([column0, row0], dtype=np.float64), found.snr
