"""How the needle's way, as it was told, is drawn over the ultrasound image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from stereosim_gui.model.freehand import Guide
from stereosim_gui.model.sonogram import PLANE_MM, Sonogram
from stereosim_gui.views.ink import lines, plate, stroke
from stereosim_gui.views.theme import ACCENT, QUIET, WARN

_RAIL_PX, _RING_PX = 6.0, 5.0


@dataclass(frozen=True)
class GuideWords:
    """What is written beside the drawing, in the user's language."""

    point: str
    aperture: str


def draw_guide(
    painter: QPainter,
    guide: Guide,
    shown: Sonogram,
    pixel_of: Callable[[tuple[float, float]], QPointF],
    words: GuideWords,
) -> None:
    """Draw the way dashed where it lies in the plane, dotted and thin beside it."""

    def at(along_mm: float) -> QPointF:
        u, _, z = shown.place_mm(guide.line.at(along_mm))
        return pixel_of((float(u), float(z)))

    stroke(painter, _piece(at(0.0), at(guide.tip_mm)), QUIET, 1.0, Qt.PenStyle.DotLine)
    low, high = in_plane(guide, shown)
    if high > low:
        stroke(painter, _piece(at(low), at(high)), ACCENT, 1.6, Qt.PenStyle.DashLine)
    near, far = (at(s) for s in guide.aperture)
    _draw_aperture(painter, near, far, at(guide.tip_mm), words.aperture)
    if guide.inserted and guide.throw_mm > 0.0:
        point, ring = at(guide.point_mm), QPainterPath()
        ring.addEllipse(point, _RING_PX, _RING_PX)
        stroke(painter, ring, ACCENT, 1.6)
        plate(painter, point + QPointF(8.0, 6.0), [words.point])


def in_plane(guide: Guide, shown: Sonogram) -> tuple[float, float]:
    """Return between which lengths the needle runs within the image plane; equal for nowhere."""
    v0 = float(shown.place_mm(guide.line.entry_mm)[1])
    slope = float(shown.place_mm(guide.line.at(1.0))[1]) - v0
    if abs(slope) < 1e-9:
        return (0.0, guide.tip_mm) if abs(v0) <= PLANE_MM else (0.0, 0.0)
    low, high = sorted(((-PLANE_MM - v0) / slope, (PLANE_MM - v0) / slope))
    return min(max(low, 0.0), guide.tip_mm), max(min(high, guide.tip_mm), 0.0)


def _draw_aperture(
    painter: QPainter, near: QPointF, far: QPointF, tip: QPointF, words: str
) -> None:
    """Two rails where the aperture comes to lie, a bar at the point."""
    way = tip - near
    length = float(np.hypot(way.x(), way.y()))
    if length < 1.0:
        return
    across = QPointF(-way.y(), way.x()) * (_RAIL_PX / length)
    rails = QPainterPath()
    for start, end in (
        (near + across, far + across),
        (near - across, far - across),
        (near + across, near - across),
        (far + across, far - across),
        (tip + across, tip - across),
    ):
        rails.moveTo(start)
        rails.lineTo(end)
    stroke(painter, rails, WARN, 1.6)
    # Above the needle, where it hides least of what lies deeper.
    up = -across if across.y() > 0.0 else across
    plate(painter, (near + far) * 0.5 + up * 2.2, [words], anchor=(0.5, 1.0), colour=WARN)


def _piece(start: QPointF, end: QPointF) -> QPainterPath:
    return lines((start.x(), start.y(), end.x(), end.y()))
