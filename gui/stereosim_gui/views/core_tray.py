"""The tray: the cores taken so far, one beside the other in the order in which they came."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from stereosim_gui.model.sampling import Hours
from stereosim_gui.views import theme
from stereosim_gui.views.clock_dial import clock
from stereosim_gui.views.language import fill

_CORE = QColor("#e8b9a0")
_WIDEST = 26.0
_PAD = 4.0


class CoreTray(QWidget):
    """Shows the cores with their numbers and clock hours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hours: Hours = ()
        self._filled = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Core tray"))
        self.setToolTip(
            self.tr("The cores in the order in which they were taken, with their clock hours.")
        )

    def sizeHint(self) -> QSize:
        """Return the height of a core and its number."""
        return QSize(330, 20 + 2 * self.fontMetrics().height())

    def show_cores(self, hours: Hours, filled: float | None = None) -> None:
        """Show cores; while the vacuum draws, only the first `filled` of them."""
        self.hours = hours
        self._filled = float(len(hours)) if filled is None else filled
        self.setAccessibleDescription(fill(self.tr("{n} cores"), n=len(hours)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.EDGE), 1.0))
        painter.setBrush(QColor(theme.GROUND))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4.0, 4.0)
        font = QFont(self.font())
        font.setPointSizeF(0.8 * max(font.pointSizeF(), 1.0))
        painter.setFont(font)
        letters = QFontMetricsF(font)
        if not self.hours:
            painter.setPen(QColor(theme.QUIET))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("no core yet"))
        step = min(_WIDEST, (self.width() - 2 * _PAD) / max(len(self.hours), 1))
        crowded = step < letters.horizontalAdvance("12")
        top = letters.height() + 2.0
        bottom = self.height() - letters.height() - 2.0
        for k in range(math.ceil(self._filled)):
            part = min(self._filled - k, 1.0)
            x = _PAD + k * step
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_CORE)
            width = max(0.45 * step, 2.0)
            core = QRectF(x + (step - width) / 2, top, width, part * (bottom - top))
            painter.drawRoundedRect(core, 2.0, 2.0)
            if part < 1.0 or (crowded and k % 2):
                continue
            for words, y, colour in (
                (str(k + 1), self.height() - letters.descent() - 1.0, theme.TEXT),
                (clock(self.hours[k]), letters.ascent() + 1.0, theme.QUIET),
            ):
                painter.setPen(QColor(colour))
                place = QPointF(x + (step - letters.horizontalAdvance(words)) / 2, y)
                painter.drawText(place, words)
        painter.end()
