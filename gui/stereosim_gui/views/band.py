"""The epipolar band: where the point marked in one view can lie in the other."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPainterPath

from stereosim_gui.model.band import Band
from stereosim_gui.model.captions import depth_name
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.ink import lines, plate, stroke, width_of
from stereosim_gui.views.language import spoken
from stereosim_gui.views.theme import BAND

# Beyond the arms of a reticle that lies in the band.
_TICK = 16.0
# Distances between labelled ticks, mm: the closest that leaves the labels apart is taken.
_STEPS_MM = (5.0, 10.0, 20.0, 50.0)
# A narrower band would hide what it shows.
_NARROWEST = 4.0


def draw_band(painter: QPainter, viewport: Viewport, band: Band) -> None:
    """Draw the two edges of `band`, and ticks with the depth z above the support along it."""
    points = np.array([viewport.to_pane(float(c), float(r)) for c, r in band.pixels])
    if len(points) < 2 or not np.isfinite(points).all():
        return
    half = max(band.half_width_px * viewport.scale, _NARROWEST)
    # The views differ by the tube's swing along the columns: the band is that high along the rows.
    path = QPainterPath()
    for side in (-half, half):
        path.moveTo(points[0, 0], points[0, 1] + side)
        for x, y in points[1:]:
            path.lineTo(x, y + side)
    for x, y in (points[0], points[-1]):
        path.moveTo(x, y - half)
        path.lineTo(x, y + half)
    stroke(painter, path, BAND, 1.2)
    _draw_ticks(painter, band, points, half)


def _draw_ticks(painter: QPainter, band: Band, points: np.ndarray, half: float) -> None:
    extent_mm = float(np.ptp(band.depth_mm))
    length = float(np.hypot(*(points[-1] - points[0])))
    if extent_mm <= 0.0 or length <= 0.0:
        return
    apart = width_of(painter, [spoken(depth_name(50.0))])
    step = next((s for s in _STEPS_MM if s / extent_mm * length >= apart), _STEPS_MM[-1])
    first, last = float(band.depth_mm.min()), float(band.depth_mm.max())
    depths = np.arange(np.ceil(first / step) * step, last + 1e-6, step)
    for z in depths:
        x = float(np.interp(z, band.depth_mm, points[:, 0]))
        y = float(np.interp(z, band.depth_mm, points[:, 1]))
        stroke(painter, lines((x, y - half, x, y - half - _TICK)), BAND, 1.2)
        label = [spoken(depth_name(float(z)))]
        plate(painter, QPointF(x, y - half - _TICK - 1), label, anchor=(0.5, 1.0), colour=BAND)
