"""The skin of the supine breast: how far it goes, and where the probe has been on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.sonogram import PLANE_MM, Sonogram

Array = NDArray[np.float64]


class Skin:
    """What the probe moves over.

    Parameters
    ----------
    outline_mm : ndarray, shape (n, 2)
        Edge of the breast on the chest, supine x and y, all round the nipple.

    Attributes
    ----------
    low_mm : (float, float)
        Corner of cell [0, 0] of `seen`, supine x and y.
    seen : ndarray of bool, shape (ny, nx)
        Which square millimetres an image plane has passed through.
    """

    def __init__(self, outline_mm: Array) -> None:
        self.outline_mm = outline_mm
        low = np.floor(outline_mm.min(axis=0))
        nx, ny = (np.ceil(outline_mm.max(axis=0)) - low).astype(int)
        self.low_mm = (float(low[0]), float(low[1]))
        self.seen: NDArray[np.bool_] = np.zeros((ny, nx), dtype=bool)
        self._x = low[0] + 0.5 + np.arange(nx)
        self._y = low[1] + 0.5 + np.arange(ny)[:, None]
        angles = np.arctan2(outline_mm[:, 1], outline_mm[:, 0])
        order = np.argsort(angles)
        self._angles, self._reach = angles[order], np.hypot(*outline_mm[order].T)

    def scanned(self, sonogram: Sonogram) -> None:
        """Remember what the plane of `sonogram` passes through."""
        look, angle = sonogram.look, np.radians(sonogram.look.angle_deg)
        x, y = self._x - look.x_mm, self._y - look.y_mm
        along = np.abs(x * np.cos(angle) + y * np.sin(angle)) <= 0.5 * sonogram.width_mm
        self.seen |= along & (np.abs(y * np.cos(angle) - x * np.sin(angle)) <= PLANE_MM)

    def held(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Return the point, drawn towards the nipple until it lies on the breast."""
        far = float(np.hypot(x_mm, y_mm))
        if far == 0.0:
            return x_mm, y_mm
        angle = np.arctan2(y_mm, x_mm)
        reach = float(np.interp(angle, self._angles, self._reach, period=2.0 * np.pi))
        scale = min(1.0, reach / far)
        return scale * x_mm, scale * y_mm
