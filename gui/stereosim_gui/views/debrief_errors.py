"""The error of a firing by axis and by what made it: bars, numbers and words."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from stereosim_gui.model.debriefing import AxisError, FiringErrors, part_name, signed
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.theme import ACCENT, BAD_TEXT, EDGE, GOOD_TEXT, QUIET, TEXT

# Told apart by colour and by hatching.
PARTS: dict[str, tuple[str, Qt.BrushStyle]] = {
    "marking": (ACCENT, Qt.BrushStyle.SolidPattern),
    "intended": ("#cc79a7", Qt.BrushStyle.BDiagPattern),
    "needle": ("#e69f00", Qt.BrushStyle.Dense4Pattern),
    "tissue": ("#2fc79a", Qt.BrushStyle.FDiagPattern),
}
_BAR_HEIGHT = 14.0


class ErrorBar(QWidget):
    """The parts of one axis' error, to the left of zero and to its right, and their sum as a line.

    Parameters
    ----------
    error : AxisError
        What is drawn.
    range_mm : float
        From zero to either end.
    """

    def __init__(self, error: AxisError, range_mm: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.error = error
        self.range_mm = range_mm
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        text = ", ".join(
            f"{spoken(part_name(name))} {spoken(signed(mm))}" for name, mm in error.parts
        )
        self.setAccessibleName(text)
        self.setToolTip(text)

    def sizeHint(self) -> QSize:
        """Return room for the bars of both signs."""
        return QSize(240, int(_BAR_HEIGHT) + 12)

    def spans(self) -> list[tuple[str, float, float]]:
        """Return each part's bar in mm: parts of a sign stand one after the other."""
        ends = {True: 0.0, False: 0.0}
        placed = []
        for name, mm in self.error.parts:
            start = ends[mm >= 0.0]
            ends[mm >= 0.0] = start + mm
            placed.append((name, start, start + mm))
        return placed

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, scale = self.width() / 2.0, (self.width() / 2.0 - 6.0) / self.range_mm
        top = (self.height() - _BAR_HEIGHT) / 2.0
        painter.setPen(QPen(QColor(EDGE), 1.0))
        painter.drawLine(
            QPointF(6, self.height() / 2), QPointF(self.width() - 6, self.height() / 2)
        )
        for name, start, end in self.spans():
            colour, pattern = PARTS[name]
            box = QRectF(middle + start * scale, top, (end - start) * scale, _BAR_HEIGHT)
            painter.setPen(QPen(QColor(colour), 1.2))
            painter.setBrush(QBrush(QColor(colour), pattern))
            painter.drawRect(box.normalized())
        painter.setPen(QPen(QColor(QUIET), 1.0))
        painter.drawLine(QPointF(middle, 2), QPointF(middle, self.height() - 2))
        x = middle + self.error.error_mm * scale
        painter.setPen(QPen(QColor("#000000"), 5.0))
        painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
        painter.setPen(QPen(QColor(TEXT), 2.4))
        painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
        painter.end()


class PartsKey(QWidget):
    """What the colours of the bars mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names = [(name, spoken(part_name(name))) for name in PARTS]
        self._sum = self.tr("Error")

    def sizeHint(self) -> QSize:
        """Return room for one line."""
        return QSize(480, int(QFontMetricsF(self.font()).height()) + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw swatches and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        x, y = 0.0, self.height() / 2.0
        base = y + (metrics.ascent() - metrics.descent()) / 2.0
        for name, text in self._names:
            colour, pattern = PARTS[name]
            painter.setPen(QPen(QColor(colour), 1.2))
            painter.setBrush(QBrush(QColor(colour), pattern))
            painter.drawRect(QRectF(x + 1, y - 6, 20, 12))
            painter.setPen(QColor(TEXT))
            painter.drawText(QPointF(x + 26, base), text)
            x += 26 + metrics.horizontalAdvance(text) + 18
        painter.setPen(QPen(QColor(TEXT), 2.4))
        painter.drawLine(QPointF(x + 4, y - 7), QPointF(x + 4, y + 7))
        painter.drawText(QPointF(x + 12, base), self._sum)
        painter.end()


class FiringView(QWidget):
    """One firing: x, y and z with their bars, and what is to be said about it."""

    def __init__(self, firing: FiringErrors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.firing = firing
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        heading = QLabel(
            fill(
                self.tr("Firing {n}: {mm:.1f} mm from the middle of the target"),
                n=firing.number,
                mm=firing.distance_mm,
            )
        )
        heading.setObjectName("heading")
        column.addWidget(heading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(2, 2)
        grid.setColumnStretch(3, 3)
        widest = max((abs(end) for axis in firing.axes for end in _reach(axis)), default=1.0)
        for row, axis in enumerate(firing.axes):
            name = QLabel(_axis_names(self)[axis.axis])
            number = QLabel(fill(self.tr("{error} mm"), error=spoken(signed(axis.error_mm))))
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            # Sign and word stand beside the colour.
            number.setStyleSheet(f"color: {GOOD_TEXT if axis.within else BAD_TEXT}")
            mark = self.tr("✓") if axis.within else self.tr("✗")
            cause = QLabel(fill(self.tr("{mark} {cause}"), mark=mark, cause=axis.cause))
            cause.setWordWrap(True)
            grid.addWidget(name, row, 0)
            grid.addWidget(number, row, 1)
            grid.addWidget(ErrorBar(axis, max(widest, 1.0)), row, 2)
            grid.addWidget(cause, row, 3)
        column.addLayout(grid)
        for text in firing.said:
            label = QLabel(spoken(text))
            label.setWordWrap(True)
            column.addWidget(label)


def _reach(axis: AxisError) -> tuple[float, float, float]:
    """Return how far the bars of an axis go, and the error."""
    plus = sum(mm for _, mm in axis.parts if mm >= 0.0)
    minus = sum(mm for _, mm in axis.parts if mm < 0.0)
    return plus, minus, axis.error_mm


def _axis_names(widget: QWidget) -> dict[str, str]:
    return {
        "x": widget.tr("x"),
        "y": widget.tr("y"),
        "z": widget.tr("z"),
    }
