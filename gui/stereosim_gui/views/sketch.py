"""The sketch of the breast in three dimensions, painted back to front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from stereosim_gui.model.sketch import Eye, Piece, Scene, pieces
from stereosim_gui.views.language import fill
from stereosim_gui.views.theme import BAND, EDGE, FOCUS, GROUND, MARK, QUIET, TEXT

# A drag over 4 logical pixels turns by 2 degrees; an arrow key by 10.
_DEG_PER_PIXEL = 0.5
_KEY_DEG = 10.0
_KEY_ZOOM = 1.25
_CASING = 2.0
_SMALLEST_PX = 7.0


@dataclass(frozen=True)
class Look:
    """How a role is painted.

    Attributes
    ----------
    colour : str
        Of line, outline or symbol.
    width : float
        Of lines, logical pixels.
    symbol : str
        Of points: ``"dot"``, ``"ring"``, ``"cross"``, ``"reticle"``, ``"clip"``.
    fill, edge : int
        Opacity of faces and of their edges, 0 to 255.
    dashed : bool
        Whether lines are broken.
    """

    colour: str
    width: float = 1.0
    symbol: str = ""
    fill: int = 0
    edge: int = 0
    dashed: bool = False


LOOKS: dict[str, Look] = {
    "breast": Look("#d8b9a8", fill=12, edge=52),
    "skin": Look("#d8b9a8", fill=26, edge=40),
    "chest-wall": Look("#cc79a7", fill=14, edge=60),
    "support": Look(QUIET, fill=26, edge=120),
    "paddle": Look(QUIET, width=1.2, dashed=True),
    "window": Look(TEXT, width=1.4),
    "probe": Look(TEXT, width=2.0),
    "needle": Look("#c8ccd1", width=1.6),
    "needle-wall": Look("#c8ccd1", fill=52, edge=90),
    "needle-before": Look(QUIET, width=1.6, dashed=True),
    "aperture": Look(FOCUS, width=3.0),
    "aperture-wall": Look(FOCUS, fill=64, edge=150),
    "aperture-before": Look(FOCUS, width=2.4, dashed=True),
    "target": Look(MARK, symbol="dot"),
    "removed": Look("#2fc79a", symbol="cross"),
    "other": Look("#ffffff", symbol="ring"),
    "mark": Look(BAND, symbol="reticle"),
    "spread": Look(BAND, width=1.0),
    "clip": Look("#cc79a7", symbol="clip"),
    "error": Look("#ff8a4c", width=2.4),
}


class Sketch(QWidget):
    """Draws a scene; dragging and the arrow keys turn it, the wheel and plus and minus zoom.

    Attributes
    ----------
    turned : Signal
        Emitted after the eye has moved.
    """

    turned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene: Scene | None = None
        self.eye = Eye()
        self._from: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setMinimumSize(260, 240)
        self.setAccessibleName(self.tr("Sketch in three dimensions"))
        self.setToolTip(
            self.tr(
                "Drag or use the arrow keys to turn it, + and - to zoom (or the wheel, once it "
                "has been clicked), Home to go back. An error along the needle shows only from "
                "the side."
            )
        )

    def sizeHint(self) -> QSize:
        """Return a size at which the breast and its labels are easily seen."""
        return QSize(520, 420)

    def set_scene(self, scene: Scene | None) -> None:
        """Show `scene`, from where it was looked at before."""
        self.scene = scene
        self.update()

    def look(self, eye: Eye) -> None:
        """Look at the scene from `eye`."""
        self.eye = eye
        self.update()
        self.turned.emit()

    def show_close(self, close: bool) -> None:
        """Show the surroundings of the target, or everything."""
        if self.scene is not None:
            zoom = self.scene.whole_mm / self.scene.close_mm if close else 1.0
            self.look(Eye(self.eye.azimuth_deg, self.eye.elevation_deg, zoom))

    @property
    def px_per_mm(self) -> float:
        """Logical pixels per millimetre."""
        if self.scene is None:
            return 1.0
        return 0.6 * min(self.width(), self.height()) / self.scene.whole_mm * self.eye.zoom

    def at(self, piece: Piece) -> list[QPointF]:
        """Return where the points of `piece` are painted."""
        scale, middle = self.px_per_mm, QPointF(self.width() / 2.0, self.height() / 2.0)
        return [middle + QPointF(x * scale, -y * scale) for x, y in piece.xy_mm]

    # --- turning ----------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn and zoom."""
        turns = {
            Qt.Key.Key_Left: (-_KEY_DEG, 0.0),
            Qt.Key.Key_Right: (_KEY_DEG, 0.0),
            Qt.Key.Key_Up: (0.0, _KEY_DEG),
            Qt.Key.Key_Down: (0.0, -_KEY_DEG),
        }
        key = Qt.Key(event.key())
        if key in turns:
            self.look(self.eye.turned(*turns[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.look(self.eye.zoomed(_KEY_ZOOM))
        elif key == Qt.Key.Key_Minus:
            self.look(self.eye.zoomed(1.0 / _KEY_ZOOM))
        elif key == Qt.Key.Key_Home:
            self.look(Eye(zoom=self.eye.zoom))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the scene."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn it with the mouse."""
        if self._from is not None:
            moved = event.position() - self._from
            self._from = event.position()
            self.look(self.eye.turned(-_DEG_PER_PIXEL * moved.x(), _DEG_PER_PIXEL * moved.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of it."""
        self._from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, once the sketch has been clicked; before, the page scrolls."""
        if not self.hasFocus():
            event.ignore()
            return
        self.look(self.eye.zoomed(_KEY_ZOOM ** (event.angleDelta().y() / 120.0)))
        event.accept()

    # --- painting ---------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint everything, the farthest first."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(GROUND))
        if self.scene is not None:
            for piece in pieces(self.scene, self.eye):
                self._paint(painter, piece)
            self._paint_axes(painter, self.scene)
            self._paint_scale(painter)
        painter.setPen(QPen(QColor(FOCUS if self.hasFocus() else EDGE), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint(self, painter: QPainter, piece: Piece) -> None:
        look, at = LOOKS[piece.shape.role], self.at(piece)
        if piece.shape.kind == "face":
            colour = QColor(look.colour)
            edge = QColor(look.colour)
            edge.setAlpha(look.edge)
            colour.setAlpha(look.fill)
            painter.setPen(QPen(edge, 0.8))
            painter.setBrush(QBrush(colour))
            painter.drawPolygon(QPolygonF(at))
        elif piece.shape.kind == "line":
            style = Qt.PenStyle.DashLine if look.dashed else Qt.PenStyle.SolidLine
            # Flat ends: a round one would notch the piece painted before.
            cap = Qt.PenCapStyle.FlatCap
            for pen in (
                QPen(QColor(GROUND), look.width + _CASING, Qt.PenStyle.SolidLine, cap),
                QPen(QColor(look.colour), look.width, style, cap),
            ):
                painter.setPen(pen)
                painter.drawPolyline(QPolygonF(at))
        else:
            size = max(_SMALLEST_PX, piece.shape.size_mm * self.px_per_mm)
            paint_symbol(painter, look.symbol, at[0], size, QColor(look.colour))

    def _paint_scale(self, painter: QPainter) -> None:
        """Draw a bar of a round length: with parallel rays it holds at every depth."""
        room = 0.28 * self.width() / self.px_per_mm
        length = next((n for n in (50.0, 20.0, 10.0, 5.0, 2.0, 1.0) if n <= room), 1.0)
        end = QPointF(self.width() - 16.0, self.height() - 16.0)
        start = end - QPointF(length * self.px_per_mm, 0.0)
        _two_tone(painter, start, end, QColor(TEXT), 2.0)
        text = fill(self.tr("{n} mm"), n=int(length))
        width = QFontMetricsF(painter.font()).horizontalAdvance(text)
        painter.drawText(QPointF((start.x() + end.x() - width) / 2.0, end.y() - 6.0), text)

    def _paint_axes(self, painter: QPainter, scene: Scene) -> None:
        corner = QPointF(48.0, self.height() - 48.0)
        metrics = QFontMetricsF(painter.font())
        for name, direction in scene.axes:
            right, up, _ = self.eye.seen(direction[None], scene.basis)[0]
            way = QPointF(right, -up)
            _two_tone(painter, corner, corner + way * 28.0, QColor(QUIET), 1.6)
            if np.hypot(right, up) > 0.3:
                middle = corner + way * 38.0
                width = metrics.horizontalAdvance(name)
                painter.setPen(QColor(TEXT))
                painter.drawText(middle + QPointF(-width / 2.0, metrics.ascent() / 2.0 - 2.0), name)


def paint_symbol(painter: QPainter, symbol: str, at: QPointF, size: float, colour: QColor) -> None:
    """Paint the symbol of a point, `size` logical pixels wide, with a dark casing."""
    half = size / 2.0
    box = QRectF(at.x() - half, at.y() - half, size, size)
    dark = QColor(GROUND)
    if symbol == "dot":
        painter.setPen(QPen(dark, 1.5))
        painter.setBrush(colour)
        painter.drawEllipse(box)
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(dark, 4.0), QPen(colour, 1.8)):
        painter.setPen(pen)
        if symbol == "ring":
            painter.drawEllipse(box)
        elif symbol == "cross":
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.bottomLeft(), box.topRight())
        elif symbol == "clip":
            painter.drawPolygon(
                QPolygonF(
                    [
                        at + QPointF(0, -half - 2),
                        at + QPointF(half + 2, half),
                        at + QPointF(-half - 2, half),
                    ]
                )
            )
        elif symbol == "reticle":
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                way = QPointF(dx, dy)
                painter.drawLine(at + way * 3.0, at + way * (half + 6.0))


def _two_tone(
    painter: QPainter, start: QPointF, end: QPointF, colour: QColor, width: float
) -> None:
    for pen in (QPen(QColor(GROUND), width + _CASING), QPen(colour, width)):
        painter.setPen(pen)
        painter.drawLine(start, end)
