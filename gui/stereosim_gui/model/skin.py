"""The skin of the supine breast: how far it goes, and where the probe has been on it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import Look
from stereosim_gui.model.sonogram import PLANE_MM, Sonogram, pose_of
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

Array = NDArray[np.float64]

# Planes this near to an axis of the body are called after it.
_ALIGNED_DEG = 15.0
_AT_NIPPLE_MM = 3.0


class Skin:
    """What the probe moves over.

    Parameters
    ----------
    outline_mm : ndarray, shape (n, 2)
        Edge of the breast on the chest, supine x and y, all round the nipple.

    Attributes
    ----------
    half_mm : (float, float)
        How far it goes from the nipple along x and along y.
    low_mm : (float, float)
        Corner of cell [0, 0] of `seen`, supine x and y.
    seen : ndarray of bool, shape (ny, nx)
        Which square millimetres an image plane has passed through.
    """

    def __init__(self, outline_mm: Array) -> None:
        self.outline_mm = outline_mm
        farthest = np.abs(outline_mm).max(axis=0)
        self.half_mm = (float(farthest[0]), float(farthest[1]))
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
        """Remember what the plane of `sonogram` passes through, seen from the front."""
        look, angle = sonogram.look, np.radians(sonogram.look.angle_deg)
        x, y = self._x - look.x_mm, self._y - look.y_mm
        along = np.abs(x * np.cos(angle) + y * np.sin(angle)) <= 0.5 * sonogram.width_mm
        across = y * np.cos(angle) - x * np.sin(angle)
        # A leaning plane lies farther to one side the deeper it goes.
        low, high = sorted((0.0, plane_shift_mm(sonogram.look)))
        self.seen |= along & (across >= low - PLANE_MM) & (across <= high + PLANE_MM)

    def held(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Return the point, drawn towards the nipple until it lies on the breast."""
        far = float(np.hypot(x_mm, y_mm))
        if far == 0.0:
            return x_mm, y_mm
        scale = min(1.0, self.reach(x_mm, y_mm) / far)
        return scale * x_mm, scale * y_mm

    def reach(self, x_mm: float, y_mm: float) -> float:
        """Return how far the breast goes from the nipple in the direction of (x, y), mm."""
        angle = np.arctan2(y_mm, x_mm)
        return float(np.interp(angle, self._angles, self._reach, period=2.0 * np.pi))


def plane_shift_mm(look: Look) -> float:
    """Return how far to the side, along the skin, the deepest part of the image lies."""
    pose = pose_of(look)
    way = pose.supine_mm([0.0, 0.0, look.depth_mm]) - pose.origin_mm
    return float(way @ pose.across_axis())


def place_of(look: Look) -> Text:
    """Return where the probe is, in the words of a report."""
    far = math.hypot(look.x_mm, look.y_mm)
    # Half a turn more and the image's left would be the patient's left: against the convention.
    plane = (look.angle_deg - 180.0) % 180.0
    if min(plane, 180.0 - plane) <= _ALIGNED_DEG:
        words = say(QT_TRANSLATE_NOOP("Probe", "transverse"))
    elif abs(plane - 90.0) <= _ALIGNED_DEG:
        words = say(QT_TRANSLATE_NOOP("Probe", "longitudinal"))
    else:
        words = say(QT_TRANSLATE_NOOP("Probe", "oblique"))
    if far < _AT_NIPPLE_MM:
        return say(QT_TRANSLATE_NOOP("Probe", "Probe: on the nipple, {plane}"), plane=words)
    halves = round(math.degrees(math.atan2(-look.x_mm, look.y_mm)) / 15.0) % 24
    clock = f"{halves // 2 or 12}:{30 * (halves % 2):02d}"
    return say(
        QT_TRANSLATE_NOOP("Probe", "Probe: {clock}, {far:.0f} mm from the nipple, {plane}"),
        clock=clock,
        far=far,
        plane=words,
    )
