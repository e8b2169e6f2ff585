"""The magnifier: the detector's own pixels about a point, beside it and not over it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from stereosim_gui.model.captions import pixel_name
from stereosim_gui.model.display import Picture, Window
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.ink import lines, plate, stroke
from stereosim_gui.views.language import spoken
from stereosim_gui.views.raster import Raster
from stereosim_gui.views.theme import GROUND, MARK, TEXT

TIMES = 4.0
_LARGEST = 208.0
_SHARE = 0.42
# Room for the captions above and below it.
_ABOVE, _BELOW = 44.0, 50.0
# Half of the middle that is left free, in detector pixels.
_CLEAR_PX = 2.5
# The cross begins at the edge of the lens and leaves what is seen in it free.
_CROSS = 0.22


class Magnifier:
    """Draws what is under a point of the pane, four times as large."""

    def __init__(self) -> None:
        self._raster = Raster()

    @staticmethod
    def box(viewport: Viewport, x: float) -> QRectF:
        """Return where it is drawn for a point at `x` of the pane: in the other half."""
        room = viewport.height - _ABOVE - _BELOW
        side = max(min(_LARGEST, _SHARE * viewport.width, room), 60.0)
        left = 8.0 if x > viewport.width / 2 else viewport.width - 8.0 - side
        return QRectF(left, max(viewport.height - _BELOW - side, 0.0), side, side)

    @staticmethod
    def lens(viewport: Viewport, pixel: tuple[float, float], side: float) -> Viewport:
        """Return what it shows: `pixel` in its middle, four times the detector or the pane."""
        return Viewport(*pixel, TIMES * max(1.0, viewport.scale), side, side)

    def draw(
        self,
        painter: QPainter,
        picture: Picture,
        window: Window,
        viewport: Viewport,
        pixel: tuple[float, float],
        mark: tuple[float, float] | None,
    ) -> None:
        """Draw it for `pixel` (column, row), with the place of `mark` if that is in it."""
        box = self.box(viewport, viewport.to_pane(*pixel)[0])
        lens = self.lens(viewport, pixel, box.width())
        painter.save()
        painter.setClipRect(box)
        painter.translate(box.topLeft())
        painter.fillRect(QRectF(0.0, 0.0, box.width(), box.height()), QColor(GROUND))
        self._raster.draw(painter, picture, window, lens, raw=True)
        middle, clear, far = box.width() / 2, _CLEAR_PX * lens.scale, box.width()
        arm = _CROSS * far
        cross = lines(
            (0.0, middle, arm, middle),
            (far - arm, middle, far, middle),
            (middle, 0.0, middle, arm),
            (middle, far - arm, middle, far),
        )
        stroke(painter, cross, TEXT, 1.0)
        if mark is not None:
            x, y = lens.to_pane(*mark)
            painter.setPen(QPen(QColor(GROUND), 4.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x, y), clear, clear)
            painter.setPen(QPen(QColor(MARK), 1.8))
            painter.drawEllipse(QPointF(x, y), clear, clear)
        painter.restore()
        painter.setPen(QPen(QColor(TEXT), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        words = [spoken(pixel_name(*pixel))]
        foot = QPointF(box.left(), box.bottom())
        plate(painter, foot, words, anchor=(0.0, 1.0), widest=box.width())
