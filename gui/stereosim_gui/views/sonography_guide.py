"""How the needle's way, as it was told, is drawn over the ultrasound image."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from stereosim_gui.model.freehand import Guide
from stereosim_gui.model.sonogram import PLANE_MM, Sonogram
from stereosim_gui.views.ink import lines, plate, stroke
from stereosim_gui.views.theme import ACCENT, QUIET, WARN

# Half the distance of the rails: a shaft of 4 mm and its reverberations fit between them.
_RAIL_MM = 2.5


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
    """Draw the way as two rails, so that the echo of the needle between them stays free.

    In the plane the rails are dashed, beside it dotted and thin.
    """

    def at(along_mm: float) -> QPointF:
        u, _, z = shown.place_mm(guide.line.at(along_mm))
        return pixel_of((float(u), float(z)))

    across = _across(at(0.0), at(guide.tip_mm), pixel_of)
    if across is None:
        return
    stroke(painter, _rails(at(0.0), at(guide.tip_mm), across), QUIET, 1.0, Qt.PenStyle.DotLine)
    low, high = in_plane(guide, shown)
    if high > low:
        stroke(painter, _rails(at(low), at(high), across), ACCENT, 1.3, Qt.PenStyle.DashLine)
    near, far = (at(s) for s in guide.aperture)
    stroke(painter, _rails(near, far, across), WARN, 1.8)
    stroke(painter, _ends((near, far), across, 0.45), WARN, 1.8)
    stroke(painter, _ends((at(guide.tip_mm),), across, 0.8), WARN, 1.8)
    # Above the needle: its echo and what lies deeper stay free.
    up = across if across.y() < 0.0 else -across
    pane = QRectF(painter.viewport())
    above = (0.5, 1.0)
    plate(painter, far + up * 1.3, [words.aperture], anchor=above, colour=WARN, within=pane)
    if guide.inserted and guide.throw_mm > 0.0:
        point = at(guide.point_mm)
        stroke(painter, _ends((point,), across, 0.8), ACCENT, 1.8)
        plate(painter, point + up * 1.3, [words.point], anchor=above, colour=ACCENT, within=pane)


def in_plane(guide: Guide, shown: Sonogram) -> tuple[float, float]:
    """Return between which lengths the needle runs within the image plane; equal for nowhere."""
    v0 = float(shown.place_mm(guide.line.entry_mm)[1])
    slope = float(shown.place_mm(guide.line.at(1.0))[1]) - v0
    if abs(slope) < 1e-9:
        return (0.0, guide.tip_mm) if abs(v0) <= PLANE_MM else (0.0, 0.0)
    low, high = sorted(((-PLANE_MM - v0) / slope, (PLANE_MM - v0) / slope))
    return min(max(low, 0.0), guide.tip_mm), max(min(high, guide.tip_mm), 0.0)


def _across(
    start: QPointF, end: QPointF, pixel_of: Callable[[tuple[float, float]], QPointF]
) -> QPointF | None:
    """Return from the middle to one rail, in pixels; None for a needle that points at the eye."""
    way = end - start
    length = float(np.hypot(way.x(), way.y()))
    if length < 1.0:
        return None
    pixels_per_mm = pixel_of((1.0, 0.0)).x() - pixel_of((0.0, 0.0)).x()
    return QPointF(-way.y(), way.x()) * (_RAIL_MM * pixels_per_mm / length)


def _rails(start: QPointF, end: QPointF, across: QPointF) -> QPainterPath:
    return lines(
        *(
            (start.x() + s.x(), start.y() + s.y(), end.x() + s.x(), end.y() + s.y())
            for s in (across, -across)
        )
    )


def _ends(points: Iterable[QPointF], across: QPointF, length: float) -> QPainterPath:
    """Bars at right angles to the rails, open in the middle."""
    path = QPainterPath()
    for point in points:
        for side in (across, -across):
            path.moveTo(point + side)
            path.lineTo(point + side * (1.0 - length))
    return path
