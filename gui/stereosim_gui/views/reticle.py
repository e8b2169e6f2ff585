"""Marks on an image: open in the middle, so that the pixel that is marked stays in sight."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QCursor, QPainter, QPainterPath, QPixmap

from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.ink import lines, stroke
from stereosim_gui.views.theme import ACCENT, MARK, TEXT

# Sizes on the screen, whatever the zoom; nothing is drawn closer to the middle than CLEAR.
CLEAR = 6.0
_RING = 11.0
_ARM = 20.0
# The shape tells which view a mark belongs to, also where colours cannot be told apart.
SHAPES = {"left": "circle", "right": "diamond", "scout": "brackets"}


def draw_reticle(painter: QPainter, at: tuple[float, float], shape: str, *, locked: bool) -> None:
    """Draw a mark: ``"circle"``, ``"diamond"`` or ``"brackets"``; dashed while it is locked."""
    x, y = at
    path = QPainterPath()
    if shape == "circle":
        path.addEllipse(QPointF(x, y), _RING, _RING)
    elif shape == "diamond":
        far = 1.25 * _RING
        path.moveTo(x, y - far)
        for corner in ((x + far, y), (x, y + far), (x - far, y), (x, y - far)):
            path.lineTo(*corner)
    else:
        for sx in (-1, 1):
            for sy in (-1, 1):
                path.moveTo(x + sx * (_RING - 6), y + sy * _RING)
                path.lineTo(x + sx * _RING, y + sy * _RING)
                path.lineTo(x + sx * _RING, y + sy * (_RING - 6))
    style = Qt.PenStyle.DotLine if locked else Qt.PenStyle.SolidLine
    stroke(painter, path, MARK, 1.6, style)
    if shape != "brackets":
        stroke(painter, _arms(x, y, 1.25 * _RING, _ARM), MARK, 1.6)


def draw_window_centre(painter: QPainter, viewport: Viewport, anchor: tuple[float, float]) -> None:
    """Draw where the middle of the paddle's window is: a cross without a middle."""
    x, y = viewport.to_pane(*anchor)
    stroke(painter, _arms(x, y, CLEAR, 16.0), ACCENT, 1.6)


def draw_way(
    painter: QPainter, viewport: Viewport, start: tuple[float, float], end: tuple[float, float]
) -> None:
    """Draw how a place of the scout has to move to come under the middle of the window."""
    (x0, y0), (x1, y1) = viewport.to_pane(*start), viewport.to_pane(*end)
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    if length < 4 * _RING:
        return
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    x0, y0 = x0 + 1.6 * _RING * ux, y0 + 1.6 * _RING * uy
    x1, y1 = x1 - 18.0 * ux, y1 - 18.0 * uy
    stroke(painter, lines((x0, y0, x1, y1)), MARK, 1.2, Qt.PenStyle.DashLine)
    head = lines(
        (x1, y1, x1 - 9 * ux + 5 * uy, y1 - 9 * uy - 5 * ux),
        (x1, y1, x1 - 9 * ux - 5 * uy, y1 - 9 * uy + 5 * ux),
    )
    stroke(painter, head, MARK, 1.6)


def marking_cursor(device_pixel_ratio: float) -> QCursor:
    """Return a cross with an open middle: the usual one hides the pixel that is pointed at."""
    size = 35
    pixmap = QPixmap(round(size * device_pixel_ratio), round(size * device_pixel_ratio))
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    stroke(painter, _arms(size / 2, size / 2, CLEAR, 16.0), TEXT, 1.0)
    painter.end()
    return QCursor(pixmap, size // 2, size // 2)


def _arms(x: float, y: float, near: float, far: float) -> QPainterPath:
    return lines(
        (x - far, y, x - near, y),
        (x + near, y, x + far, y),
        (x, y - far, x, y - near),
        (x, y + near, x, y + far),
    )


def warning_sign(painter: QPainter, box: QRectF, colour: str) -> None:
    """Draw a triangle with an exclamation mark into `box`."""
    path = QPainterPath()
    path.moveTo(box.center().x(), box.top())
    path.lineTo(box.right(), box.bottom())
    path.lineTo(box.left(), box.bottom())
    path.closeSubpath()
    middle = box.center().x()
    path.addPath(
        lines(
            (middle, box.top() + 0.38 * box.height(), middle, box.bottom() - 0.32 * box.height()),
            (middle, box.bottom() - 0.22 * box.height(), middle, box.bottom() - 0.1 * box.height()),
        )
    )
    stroke(painter, path, colour, 1.8)
