"""The supine breast as the operator sees it, facing the patient, and the probe on it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy

from stereosim_gui.model.skin import plane_shift_mm
from stereosim_gui.model.sonography import Sonography
from stereosim_gui.model.stages import needle_in
from stereosim_gui.views.ink import lines, stroke
from stereosim_gui.views.part import Part
from stereosim_gui.views.sonography_image import arrow_step
from stereosim_gui.views.theme import ACCENT, EDGE, FOCUS, GROUND, MARK, QUIET, TEXT, WARN

# A hand holds the probe by a housing somewhat larger than the array.
_HOUSING_MM = (4.0, 5.0)
_RING_MM = 20.0
_NIPPLE_MM, _AREOLA_MM = 4.0, 15.0
_SHAFT_MM = 40.0
_TURN_DEG = 5.0
# ACCENT, three eighths of it: alpha, red, green, blue, all times alpha.
_SHADE = np.uint32(0x60204458)
# A drag with Alt moves the probe by so much less than the mouse.
_FINE = 0.2


class BodyView(Part):
    """Where the probe is; the patient's right is at the left of the drawing, her head on top."""

    probe_stepped = Signal(float, float)

    def __init__(self, machine: Sonography, owner: Part) -> None:
        super().__init__(owner.app, owner.attempt)
        self.machine = machine
        self._dragged: tuple[str, QPointF] | None = None
        self._kept: tuple[object, QPixmap] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, max(190, 11 * self.fontMetrics().height()))
        self.setAccessibleName(self.tr("Probe on the breast"))
        self.setToolTip(
            self.tr(
                "The breast from the front: the patient's right is on your left. Drag the probe, "
                "with Alt more slowly; arrows move it too. Wheel, Q and E turn it. The dot on the "
                "probe is the left edge of the image. Blue: where you have scanned. Yellow "
                "ring: the place of the report, a hint."
            )
        )
        self.hear(machine.moved, self.update)
        self.hear(machine.image_changed, self.update)
        self.hear(machine.drawing_changed, self.update)
        self.hear(self.app.settings_changed, self.update)

    # --- geometry ---------------------------------------------------------------------------------
    @property
    def scale(self) -> float:
        """Pixels per millimetre of skin."""
        skin = self.machine.skin
        half = (90.0, 80.0) if skin is None else skin.half_mm
        # Room for the hours all round, and above and below them for a line of words.
        line = self.fontMetrics().height()
        across = (self.width() - 2.0 * (line + 6.0)) / (2.0 * half[0])
        along = (self.height() - 4.0 * (line + 3.0)) / (2.0 * half[1])
        return max(0.2, min(across, along))

    def pixel_of(self, x_mm: float, y_mm: float) -> QPointF:
        """Return where a place on the skin lies in the widget."""
        s = self.scale
        return QPointF(self.width() / 2.0 - s * x_mm, self.height() / 2.0 - s * y_mm)

    def skin_of(self, pixel: QPointF) -> tuple[float, float]:
        """Return the place on the skin, supine x and y, at `pixel`."""
        s = self.scale
        return (self.width() / 2.0 - pixel.x()) / s, (self.height() / 2.0 - pixel.y()) / s

    @property
    def _array_mm(self) -> float:
        shown = self.machine.sonogram
        return 38.4 if shown is None else shown.width_mm

    def _on_probe(self) -> QTransform:
        """Map from the probe (mm, image's left to right and away from it) to the widget."""
        look, s = self.machine.look, self.scale
        a = math.radians(look.angle_deg)
        at = self.pixel_of(look.x_mm, look.y_mm)
        return QTransform(
            -s * math.cos(a), -s * math.sin(a), s * math.sin(a), -s * math.cos(a), at.x(), at.y()
        )

    # --- drawing ----------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the breast, where it has been scanned, and what is held to it."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._background())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_scanned(painter)
        self._draw_marked(painter)
        self._draw_probe(painter)
        self._draw_needle(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(FOCUS), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _background(self) -> QPixmap:
        """Return what stays the same while the probe moves, drawn once."""
        key = (
            self.size(),
            self.devicePixelRatioF(),
            self.font().toString(),
            self.machine.skin,
            self.attempt.started,
            self.app.hints_on,
        )
        if self._kept is None or self._kept[0] != key:
            ratio = self.devicePixelRatioF()
            made = QPixmap(self.size() * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(QColor(GROUND))
            painter = QPainter(made)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.font())
            self._draw_breast(painter)
            self._draw_clock(painter)
            self._draw_expected(painter)
            painter.end()
            self._kept = (key, made)
        return self._kept[1]

    def _draw_breast(self, painter: QPainter) -> None:
        skin = self.machine.skin
        if skin is None:
            return
        outline = QPolygonF([self.pixel_of(float(x), float(y)) for x, y in skin.outline_mm])
        painter.setPen(QPen(QColor(QUIET), 1.5))
        painter.setBrush(QColor("#2b2522"))
        painter.drawPolygon(outline)
        clip = QPainterPath()
        clip.addPolygon(outline)
        painter.save()
        painter.setClipPath(clip)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(EDGE), 1.0))
        middle, reach = self.pixel_of(0.0, 0.0), self.scale * max(skin.half_mm)
        for n in range(1, int(reach / self.scale / _RING_MM) + 1):
            r = n * _RING_MM * self.scale
            painter.drawEllipse(middle, r, r)
        painter.drawLine(middle - QPointF(reach, 0.0), middle + QPointF(reach, 0.0))
        painter.drawLine(middle - QPointF(0.0, reach), middle + QPointF(0.0, reach))
        painter.restore()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#5b4038"))
        painter.drawEllipse(middle, _AREOLA_MM * self.scale, _AREOLA_MM * self.scale)
        painter.setBrush(QColor("#8a6456"))
        painter.drawEllipse(middle, _NIPPLE_MM * self.scale, _NIPPLE_MM * self.scale)

    def _draw_scanned(self, painter: QPainter) -> None:
        skin = self.machine.skin
        if skin is None or not skin.seen.any():
            return
        rows, columns = skin.seen.shape
        pixels = np.where(skin.seen, _SHADE, np.uint32(0))
        image = QImage(
            np.ascontiguousarray(pixels).data,
            columns,
            rows,
            4 * columns,
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        # Columns run to the patient's right and rows to her head: both against the screen.
        corner = self.pixel_of(*skin.low_mm)
        painter.save()
        painter.translate(corner)
        painter.scale(-self.scale, -self.scale)
        painter.drawImage(QPointF(0.0, 0.0), image)
        painter.restore()

    def _draw_clock(self, painter: QPainter) -> None:
        """Write the clock hours round the breast, and which way is which."""
        metrics = self.fontMetrics()
        painter.setPen(QColor(QUIET))
        skin, s = self.machine.skin, self.scale
        for hour in range(1, 13):
            angle = math.radians(30.0 * hour)
            right, up = math.sin(angle), math.cos(angle)
            reach = 80.0 if skin is None else skin.reach(-right, up)
            far = s * reach + 0.62 * metrics.height()
            x = self.width() / 2.0 + far * right
            y = self.height() / 2.0 - far * up
            label = str(hour)
            painter.drawText(
                QPointF(
                    x - metrics.horizontalAdvance(label) / 2.0, y + metrics.ascent() / 2.0 - 1.0
                ),
                label,
            )
        if not self.attempt.started:
            return
        right_breast = self.attempt.seen.referral.side == "right"
        outer, inner = self.tr("outer"), self.tr("inner")
        words = (outer, inner) if right_breast else (inner, outer)
        base = self.height() - 5.0
        painter.drawText(QPointF(5.0, base), words[0])
        painter.drawText(
            QPointF(self.width() - 5.0 - metrics.horizontalAdvance(words[1]), base), words[1]
        )
        painter.setPen(QColor(TEXT))
        title = self.tr("Right breast") if right_breast else self.tr("Left breast")
        painter.drawText(QPointF(5.0, metrics.ascent() + 3.0), title)
        head = self.tr("head ↑")
        painter.drawText(
            QPointF(self.width() - 5.0 - metrics.horizontalAdvance(head), metrics.ascent() + 3.0),
            head,
        )

    def _draw_expected(self, painter: QPainter) -> None:
        """Where the report sends the probe: a hint."""
        if not self.attempt.started or not self.app.hints_on:
            return
        x, y, _ = (float(c) for c in self.attempt.seen.referral.supine_mm)
        ring = QPainterPath()
        r = max(5.0, 5.0 * self.scale)
        ring.addEllipse(self.pixel_of(x, y), r, r)
        stroke(painter, ring, MARK, 1.2)

    def _draw_marked(self, painter: QPainter) -> None:
        marked = self.attempt.seen.marked_mm if self.attempt.started else None
        if marked is None:
            return
        at = self.pixel_of(float(marked[0]), float(marked[1]))
        x, y = at.x(), at.y()
        stroke(painter, lines((x - 5, y, x + 5, y), (x, y - 5, x, y + 5)), MARK, 1.6)

    def _draw_probe(self, painter: QPainter) -> None:
        half = 0.5 * self._array_mm
        grow, thick = _HOUSING_MM
        painter.save()
        painter.setTransform(self._on_probe(), True)
        housing = QRectF(-half - grow, -thick, 2.0 * (half + grow), 2.0 * thick)
        painter.setPen(QPen(QColor(TEXT), 0.0))
        painter.setBrush(QColor(232, 234, 237, 70))
        painter.drawRoundedRect(housing, thick, thick)
        painter.setPen(QPen(QColor(ACCENT), 1.2))
        painter.drawLine(QPointF(-half, 0.0), QPointF(half, 0.0))
        # Where the plane lies at the lower edge of the image.
        lower = plane_shift_mm(self.machine.look)
        if abs(lower) > 0.5:
            painter.setPen(QPen(QColor(ACCENT), 0.8, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(-half, lower), QPointF(half, lower))
            for end in (-half, half):
                painter.drawLine(QPointF(end, 0.0), QPointF(end, lower))
        painter.setPen(QPen(QColor(GROUND), 0.0))
        painter.setBrush(QColor(MARK))
        r = max(2.0, 4.0 / self.scale)
        painter.drawEllipse(QPointF(-half - grow + thick, 0.0), r, r)
        painter.restore()

    def _draw_needle(self, painter: QPainter) -> None:
        """Draw what can be seen from outside: where it enters, and the shaft in the hand."""
        machine = self.machine
        line = machine.needle.line
        if not self.attempt.started or line is None or self.attempt.seen.marked_mm is None:
            return
        inside = needle_in(self.attempt.state)
        x, y = float(line.entry_mm[0]), float(line.entry_mm[1])
        back = -_SHAFT_MM * line.axis[:2]
        entry, hub = self.pixel_of(x, y), self.pixel_of(x + float(back[0]), y + float(back[1]))
        shaft = lines((hub.x(), hub.y(), entry.x(), entry.y()))
        style = Qt.PenStyle.SolidLine if inside else Qt.PenStyle.DashLine
        stroke(painter, shaft, WARN, 2.4 if inside else 1.6, style)
        ring = QPainterPath()
        ring.addEllipse(entry, 4.0, 4.0)
        stroke(painter, ring, WARN, 1.6)

    # --- mouse and keys ---------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """Show the tooltip above and below the breast only: over it it would hide the probe."""
        if isinstance(event, QHelpEvent):
            half = 80.0 if self.machine.skin is None else self.machine.skin.half_mm[1]
            if abs(self.skin_of(event.pos().toPointF())[1]) < half:
                event.ignore()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the probe or the needle's entry; elsewhere the probe is put down at once."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position()
        if self._takes_entry(at):
            self._dragged = ("entry", at)
            return
        away, ok = self._on_probe().inverted()
        on_probe = away.map(at)
        half = 0.5 * self._array_mm + _HOUSING_MM[0]
        if not ok or abs(on_probe.x()) > half or abs(on_probe.y()) > 2.0 * _HOUSING_MM[1]:
            self.machine.move_to(*self.skin_of(at))
        self._dragged = ("probe", at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held."""
        if self._dragged is None:
            return
        what, last = self._dragged
        at = event.position()
        self._dragged = (what, at)
        if what == "entry":
            self._drag_entry(at)
            return
        by = (last - at) * (1.0 / self.scale)
        slow = _FINE if event.modifiers() & Qt.KeyboardModifier.AltModifier else 1.0
        self.machine.move(slow * by.x(), slow * by.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragged = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn the probe."""
        self.machine.turn(_TURN_DEG * event.angleDelta().y() / 120.0)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the probe."""
        step = arrow_step(event)
        if step is None:
            super().keyPressEvent(event)
            return
        right, up, size = step
        self.probe_stepped.emit(right * size, up * size)

    def _takes_entry(self, at: QPointF) -> bool:
        attempt, line = self.attempt, self.machine.needle.line
        if not attempt.started or line is None or needle_in(attempt.state):
            return False
        if attempt.seen.marked_mm is None:
            return False
        entry = self.pixel_of(float(line.entry_mm[0]), float(line.entry_mm[1]))
        return (entry - at).manhattanLength() < 14.0

    def _drag_entry(self, at: QPointF) -> None:
        away, ok = self._on_probe().inverted()
        if not ok:
            return
        u = away.map(at).x()
        needle = self.machine.needle
        needle.plan(needle.approach.entering(u, self._array_mm))

    def focusInEvent(self, event: object) -> None:
        """Show that the keys are for the probe."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Show that the keys are for something else."""
        self.update()
