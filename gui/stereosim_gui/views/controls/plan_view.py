"""The plan of the positioning: breast, paddle's window and the place of the referral from above."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from stereosim_gui.model.plan import Box, Plan, Point
from stereosim_gui.views import theme
from stereosim_gui.views.language import fill, signed

_PAD = 4.0
_TISSUE = QColor("#4b3a34")
_SKIN = QColor("#c79a83")
# The part of the support that is drawn at least, mm: the field of the detector.
_HALF_WIDTH_MM = 70.0
_DEPTH_MM = 78.0


class PlanView(QWidget):
    """Draws a :class:`~stereosim_gui.model.plan.Plan`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plan: Plan | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Plan from above"))
        self.setToolTip(
            self.tr(
                "The breast under the paddle, seen along the needle: chest wall below, nipple "
                "above. The shifts move the breast until the place lies in the window."
            )
        )

    def sizeHint(self) -> QSize:
        """Return a size that shows the whole breast."""
        return QSize(190, 150)

    def show_plan(self, plan: Plan) -> None:
        """Draw another plan."""
        self.plan = plan
        words = self.tr("The place of the referral lies {x} mm and {y} mm from the window's middle")
        x, y = plan.off_centre_mm
        self.setAccessibleDescription(fill(words, x=signed(x, 0), y=signed(y, 0)))
        self.update()

    def _scale(self) -> float:
        return min(
            (self.width() - 2 * _PAD) / (2 * _HALF_WIDTH_MM),
            (self.height() - 2 * _PAD - 2 * self.fontMetrics().height()) / _DEPTH_MM,
        )

    def _at(self, point: Point) -> QPointF:
        scale = self._scale()
        base = self.height() - self.fontMetrics().height() - 3.0
        return QPointF(self.width() / 2 + scale * point[0], base - scale * point[1])

    def _box(self, box: Box) -> QRectF:
        return QRectF(self._at((box[0], box[3])), self._at((box[2], box[1])))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.GROUND))
        if self.plan is not None:
            font = QFont(self.font())
            font.setPointSizeF(0.8 * max(font.pointSizeF(), 1.0))
            painter.setFont(font)
            self._draw(painter, self.plan)
        painter.end()

    def _draw(self, painter: QPainter, plan: Plan) -> None:
        painter.setPen(QPen(_SKIN, 2.0))
        painter.setBrush(_TISSUE)
        painter.drawPolygon(QPolygonF([self._at(point) for point in plan.outline]))
        painter.setBrush(_SKIN)
        painter.drawEllipse(self._at(plan.nipple), 3.5, 3.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.QUIET), 1.0, Qt.PenStyle.DotLine))
        painter.drawRect(self._box(plan.field))
        # Two-tone, so that it shows on tissue and on the support.
        for colour, width in ((theme.GROUND, 4.0), (theme.ACCENT, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawRect(self._box(plan.window))
        place = self._at(plan.place)
        colour = theme.MARK if plan.in_window else theme.BAD
        for ink, width in ((theme.GROUND, 4.0), (colour, 2.0)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawEllipse(place, 6.0, 6.0)
            for x, y in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
                painter.drawLine(place + QPointF(4 * x, 4 * y), place + QPointF(10 * x, 10 * y))
        self._words(painter, plan)

    def _words(self, painter: QPainter, plan: Plan) -> None:
        letters = QFontMetricsF(painter.font())
        low = self.height() - letters.descent() - 1.0
        window = self._box(plan.window)
        sides = (self.tr("medial"), self.tr("lateral"))
        left, right = sides if plan.right_is_lateral else sides[::-1]
        wall = self.tr("chest wall")
        middle = (self.width() - letters.horizontalAdvance(wall)) / 2
        edge = self.width() - letters.horizontalAdvance(right) - 3.0
        for x, y, words, colour in (
            (3.0, letters.ascent(), left, theme.QUIET),
            (edge, letters.ascent(), right, theme.QUIET),
            (middle, low, wall, theme.TEXT),
            (window.left() + 3.0, window.top() + letters.ascent(), self.tr("window"), theme.ACCENT),
        ):
            painter.setPen(QColor(colour))
            painter.drawText(QPointF(x, y), words)
