"""The clock face of the needle: which hours are to be sampled, and which have been."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from stereosim_gui.model.sampling import Hours
from stereosim_gui.views import theme
from stereosim_gui.views.language import fill

# The vacuum draws a core in about this time.
_CORE_MS = 300
_FRAME_MS = 30
# Opening of a drawn sector: less than an hour, so that neighbours stay apart.
_OPENING_DEG = 26.0
_CORE = QColor("#e8b9a0")
_HOUR_KEYS = {
    **{getattr(Qt.Key, f"Key_{n}"): float(n) for n in range(1, 10)},
    Qt.Key.Key_0: 10.0,
    Qt.Key.Key_Minus: 11.0,
    Qt.Key.Key_Equal: 12.0,
}
_OWN_KEYS = {
    *_HOUR_KEYS,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Space,
    Qt.Key.Key_Delete,
}


class ClockDial(QWidget):
    """Twelve hours as the operator sees them from the hub.

    Hours are planned by clicking them or by their keys (1 to 9, 0 for 10, - for 11, = for 12);
    arrows and Space do the same one by one.  Hours that have been sampled stay filled.
    """

    planned_changed = Signal()
    # How many cores are drawn as taken, growing while the vacuum draws.
    progressed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.planned: Hours = ()
        self.taken: Hours = ()
        self.single = False
        self.reduced_motion = False
        # Words at 12, 3, 6 and 9 o'clock.
        self.directions: tuple[str, str, str, str] = ("", "", "", "")
        self._cursor = 12
        self._drawn = 0.0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._draw_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Clock dial"))
        self.setToolTip(
            self.tr(
                "Clock hours as seen from the hub of the needle. Click an hour, or press its key: "
                "1 to 9, 0 for 10, - for 11, = for 12. Del clears."
            )
        )

    def sizeHint(self) -> QSize:
        """Return a size in which the numbers can be read."""
        side = 54 + 8 * self.fontMetrics().height()
        return QSize(side, side)

    @property
    def drawn(self) -> float:
        """How many of the cores taken are drawn by now."""
        return self._drawn

    # --- hours ------------------------------------------------------------------------------------
    def plan(self, hours: Hours) -> None:
        """Plan these hours, in this order."""
        self.planned = hours[-1:] if self.single else hours
        self._describe()
        self.planned_changed.emit()
        self.update()

    def toggle(self, hour: float) -> None:
        """Plan an hour, or no longer."""
        self._cursor = round(hour) or 12
        if hour in self.planned:
            self.plan(tuple(h for h in self.planned if h != hour))
        else:
            self.plan((*self.planned, hour))

    def show_taken(self, hours: Hours) -> None:
        """Show what has been sampled; what is new is drawn in, core by core."""
        grown = len(hours) > len(self.taken) and hours[: len(self.taken)] == self.taken
        self.taken = hours
        if not grown or self.reduced_motion or not self.isVisible():
            self._timer.stop()
            self._set_drawn(float(len(hours)))
        elif not self._timer.isActive():
            self._clock.start()
            self._timer.start()
        self._describe()

    def _draw_on(self) -> None:
        drawn = self._drawn + self._clock.restart() / _CORE_MS
        if drawn >= len(self.taken):
            self._timer.stop()
        self._set_drawn(min(drawn, float(len(self.taken))))

    def _set_drawn(self, drawn: float) -> None:
        self._drawn = drawn
        self.progressed.emit(drawn)
        self.update()

    def _describe(self) -> None:
        words = self.tr("{planned} hours planned, {taken} cores taken with this needle")
        self.setAccessibleDescription(fill(words, planned=len(self.planned), taken=len(self.taken)))

    # --- mouse and keys ---------------------------------------------------------------------------
    def hour_at(self, place: QPointF) -> float | None:
        """Return the whole hour at a place of the widget; None in the middle and outside."""
        x, y = place.x() - self.width() / 2, place.y() - self.height() / 2
        if not 0.25 * self._radius <= math.hypot(x, y) <= 1.3 * self._radius:
            return None
        return float(round(math.degrees(math.atan2(x, -y)) / 30.0) % 12 or 12)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Plan the hour that is clicked."""
        hour = self.hour_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and hour is not None:
            self.toggle(hour)

    def event(self, event: QEvent) -> bool:
        """Keep the number keys from the shortcuts while the dial has the keyboard."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if event.key() in _OWN_KEYS and plain == Qt.KeyboardModifier.NoModifier:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plan hours by their keys."""
        key = Qt.Key(event.key())
        if key in _HOUR_KEYS:
            self.toggle(_HOUR_KEYS[key])
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            self._cursor = (self._cursor - 1 + step) % 12 + 1
            self.update()
        elif key == Qt.Key.Key_Space:
            self.toggle(float(self._cursor))
        elif key == Qt.Key.Key_Delete:
            self.plan(())
        else:
            super().keyPressEvent(event)

    # --- painting ---------------------------------------------------------------------------------
    @property
    def _radius(self) -> float:
        return max(min(self.width(), self.height()) / 2.0 - 1.2 * self.fontMetrics().height(), 10.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.width() / 2, self.height() / 2)
        radius = self._radius
        painter.setPen(QPen(QColor(theme.FOCUS if self.hasFocus() else theme.OUTLINE), 2.0))
        painter.setBrush(QColor(theme.GROUND))
        painter.drawEllipse(QPointF(0, 0), radius, radius)
        for whole in range(1, 13):
            self._spoke(painter, whole + 0.5, radius)
        self._draw_taken(painter, radius)
        for hour in self.planned:
            painter.setPen(QPen(QColor(theme.ACCENT), 2.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(_sector(hour, 0.28 * radius, 0.96 * radius))
        painter.setPen(QPen(QColor(theme.GROUND), 1.0))
        painter.setBrush(QColor("#cfd6dd"))
        painter.drawEllipse(QPointF(0, 0), 0.18 * radius, 0.18 * radius)
        self._numbers(painter, radius)
        self._directions(painter, radius)
        painter.end()

    def _spoke(self, painter: QPainter, hour: float, radius: float) -> None:
        painter.setPen(QPen(QColor(theme.EDGE), 1.0))
        painter.drawLine(_polar(hour, 0.25 * radius), _polar(hour, radius))

    def _draw_taken(self, painter: QPainter, radius: float) -> None:
        """Fill the sectors from the rim to the needle, as the vacuum draws the tissue in."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_CORE)
        inner, outer = 0.28 * radius, 0.96 * radius
        for k, hour in enumerate(self.taken):
            part = min(max(self._drawn - k, 0.0), 1.0)
            if part > 0.0:
                painter.drawPath(_sector(hour, outer - part * (outer - inner), outer))

    def _numbers(self, painter: QPainter, radius: float) -> None:
        font = QFont(self.font())
        letters = QFontMetricsF(font)
        painter.setFont(font)
        for hour in range(1, 13):
            place = _polar(float(hour), 0.72 * radius)
            words = str(hour)
            filled = any(abs(h - hour) < 0.4 for h in self.taken[: math.ceil(self._drawn)])
            times = sum(1 for h in self.taken[: math.ceil(self._drawn)] if abs(h - hour) < 0.01)
            if times > 1:
                words = f"{hour}×{times}"
            painter.setPen(QColor(theme.GROUND if filled else theme.TEXT))
            width = letters.horizontalAdvance(words)
            painter.drawText(place + QPointF(-width / 2, letters.capHeight() / 2), words)
            if self.hasFocus() and hour == self._cursor:
                painter.setPen(QPen(QColor(theme.FOCUS), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                ring = 0.72 * letters.height()
                painter.drawEllipse(place, ring, ring)

    def _directions(self, painter: QPainter, radius: float) -> None:
        font = QFont(self.font())
        font.setPointSizeF(0.85 * max(font.pointSizeF(), 1.0))
        painter.setFont(font)
        painter.setPen(QColor(theme.QUIET))
        half, high = self.width() / 2.0, self.height() / 2.0
        top, right, bottom, left = self.directions
        line = QFontMetricsF(font).height()
        for words, box in (
            (top, QRectF(-half, -high, 2 * half, line)),
            (bottom, QRectF(-half, high - line, 2 * half, line)),
        ):
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        for words, turn in ((right, 90.0), (left, -90.0)):
            painter.save()
            painter.rotate(turn)
            box = QRectF(-high, -half, 2 * high, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            painter.restore()


def _polar(hour: float, radius: float) -> QPointF:
    angle = math.radians(30.0 * hour)
    return QPointF(radius * math.sin(angle), -radius * math.cos(angle))


def _sector(hour: float, inner: float, outer: float) -> QPainterPath:
    """Return the sector about an hour between two radii."""
    start = 90.0 - 30.0 * hour - _OPENING_DEG / 2.0
    path = QPainterPath()
    path.arcMoveTo(QRectF(-outer, -outer, 2 * outer, 2 * outer), start)
    path.arcTo(QRectF(-outer, -outer, 2 * outer, 2 * outer), start, _OPENING_DEG)
    path.arcTo(QRectF(-inner, -inner, 2 * inner, 2 * inner), start + _OPENING_DEG, -_OPENING_DEG)
    path.closeSubpath()
    return path


def clock(hour: float, *, minutes: bool = False) -> str:
    """Return a clock hour as on a clock: ``1:30``; a whole one plain, or with its `minutes`."""
    past = round(60.0 * hour) % 60
    whole = (round(60.0 * hour) // 60) % 12 or 12
    return f"{whole}:{past:02d}" if past or minutes else str(whole)
