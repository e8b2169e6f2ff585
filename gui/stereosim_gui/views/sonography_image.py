"""The screen of the ultrasound machine: B-mode with scales, caliper, mark and needle guide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
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
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy

from stereosim_gui.model.sonogram import PLANE_MM, Point, Sonogram
from stereosim_gui.model.sonography import Sonography, Tool
from stereosim_gui.views.ink import lines, plate, stroke
from stereosim_gui.views.language import fill
from stereosim_gui.views.part import Part
from stereosim_gui.views.sonography_guide import GuideWords, draw_guide
from stereosim_gui.views.theme import ACCENT, FOCUS, GOOD_TEXT, GROUND, MARK, QUIET, WARN_TEXT

# Farther than this out of the image plane the target is not drawn at all.
_NEAR_MM = 8.0
_RETICLE_PX, _CLEAR_PX = 13.0, 5.0
_CROSS_PX = 8.0
# A drag over the whole image turns a knob through this many dB.
_DRAG_DB = 40.0
_NUDGE_MM = 0.5


def arrow_step(event: QKeyEvent) -> tuple[int, int, float] | None:
    """Return an arrow key as steps to the right and upwards, and how large they are.

    The last number is 1, with Shift 5, with Alt 0.2; None for other keys.
    """
    steps = {
        Qt.Key.Key_Left: (-1, 0),
        Qt.Key.Key_Right: (1, 0),
        Qt.Key.Key_Up: (0, 1),
        Qt.Key.Key_Down: (0, -1),
    }
    step = steps.get(Qt.Key(event.key()))
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    sizes = {
        Qt.KeyboardModifier.NoModifier: 1.0,
        Qt.KeyboardModifier.ShiftModifier: 5.0,
        Qt.KeyboardModifier.AltModifier: 0.2,
    }
    if step is None or held not in sizes:
        return None
    return (*step, sizes[held])


class SonogramView(Part):
    """The live or frozen image."""

    probe_stepped = Signal(float, float)

    def __init__(self, machine: Sonography, owner: Part) -> None:
        super().__init__(owner.app, owner.attempt)
        self.machine = machine
        self._image: QImage | None = None
        self._drawn_from: tuple[object, object] | None = None
        self._right_from: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 240)
        self.setAccessibleName(self.tr("Ultrasound image"))
        self.setToolTip(
            self.tr(
                "The image under the probe, skin on top. Arrows move the probe, Q and E turn it, U "
                "and J lean it, D and V press more and less. Space freezes. Right-drag: up and "
                "down gain, left and right dynamic range. Wheel: depth; with Ctrl: focus."
            )
        )
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hear(machine.image_changed, self.update)
        self.hear(machine.drawing_changed, self.update)

    # --- geometry ---------------------------------------------------------------------------------
    @property
    def sonogram(self) -> Sonogram | None:
        """What is shown."""
        return self.machine.sonogram

    @property
    def image_rect(self) -> QRectF:
        """Where the image lies in the widget: as large as the scales leave room for."""
        metrics = self.fontMetrics()
        left, right = metrics.horizontalAdvance("mm") + 13.0, 16.0
        top, bottom = metrics.height() + 6.0, metrics.height() + 10.0
        room = QRectF(left, top, self.width() - left - right, self.height() - top - bottom)
        width, depth = self._size_mm()
        scale = max(0.1, min(room.width() / width, room.height() / depth))
        w, h = scale * width, scale * depth
        return QRectF(room.center().x() - w / 2.0, room.top(), w, h)

    def _size_mm(self) -> tuple[float, float]:
        shown = self.sonogram
        if shown is None:
            return 40.0, self.machine.look.depth_mm
        return shown.width_mm, shown.depth_mm

    def pixel_of(self, point: Point) -> QPointF:
        """Return where the point (u, z) of the frame lies in the widget."""
        rect, (width, depth) = self.image_rect, self._size_mm()
        return QPointF(
            rect.center().x() + point[0] * rect.width() / width,
            rect.top() + point[1] * rect.height() / depth,
        )

    def point_of(self, pixel: QPointF) -> Point:
        """Return the point (u, z) of the frame that lies at `pixel` of the widget."""
        rect, (width, depth) = self.image_rect, self._size_mm()
        return (
            (pixel.x() - rect.center().x()) * width / rect.width(),
            (pixel.y() - rect.top()) * depth / rect.height(),
        )

    # --- drawing ----------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image and what lies over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        rect = self.image_rect
        self._draw_image(painter, rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_scales(painter, rect)
        self._draw_head(painter, rect)
        if self.sonogram is not None:
            self._draw_target(painter)
            guide = self.machine.needle.guide
            if guide is not None:
                fired = guide.inserted and guide.throw_mm == 0.0
                aperture = self.tr("aperture") if fired else self.tr("aperture after firing")
                words = GuideWords(self.tr("point as told"), aperture)
                draw_guide(painter, guide, self.sonogram, self.pixel_of, words)
            self._draw_draft(painter)
            self._draw_caliper(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(FOCUS), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _draw_image(self, painter: QPainter, rect: QRectF) -> None:
        shown = self.sonogram
        if shown is None:
            painter.setPen(QColor(QUIET))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.tr("Waiting for the image"))
            return
        source = (shown, self.machine.display)
        if self._drawn_from is None or self._drawn_from != source:
            self._image = _as_image(shown.grey(self.machine.display))
            self._drawn_from = source
        assert self._image is not None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(rect, self._image, QRectF(self._image.rect()))

    def _draw_scales(self, painter: QPainter, rect: QRectF) -> None:
        """Depth at the left, width below; the focus as a triangle at the right."""
        width, depth = self._size_mm()
        painter.setPen(QPen(QColor(QUIET), 1))
        metrics = self.fontMetrics()
        for mm in range(0, int(depth) + 1, 5):
            y = self.pixel_of((0.0, mm)).y()
            long = mm % 10 == 0
            painter.drawLine(QPointF(rect.left() - (8 if long else 5), y), QPointF(rect.left(), y))
            if long:
                label = str(mm)
                x = rect.left() - 11 - metrics.horizontalAdvance(label)
                painter.drawText(QPointF(x, y + metrics.ascent() / 2.0 - 1.0), label)
        half = int(width / 2.0)
        for mm in range(-half + half % 5, half + 1, 5):
            x = self.pixel_of((mm, 0.0)).x()
            long = mm % 10 == 0
            painter.drawLine(
                QPointF(x, rect.bottom()), QPointF(x, rect.bottom() + (7 if long else 4))
            )
            if long:
                label = str(abs(mm))
                painter.drawText(
                    QPointF(
                        x - metrics.horizontalAdvance(label) / 2.0,
                        rect.bottom() + 8 + metrics.ascent(),
                    ),
                    label,
                )
        unit = self.tr("mm")
        painter.drawText(
            QPointF(
                rect.left() - 9 - metrics.horizontalAdvance(unit),
                rect.bottom() + 8 + metrics.ascent(),
            ),
            unit,
        )
        shown = self.sonogram
        look = self.machine.look if shown is None else shown.look
        y = self.pixel_of((0.0, look.focus_mm)).y()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ACCENT))
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(rect.right() + 2, y),
                    QPointF(rect.right() + 12, y - 6),
                    QPointF(rect.right() + 12, y + 6),
                ]
            )
        )

    def _draw_head(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the probe's marker, as on the probe itself, and whether the image is live."""
        metrics = self.fontMetrics()
        middle = rect.top() - 3.0 - metrics.height() / 2.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(MARK))
        painter.drawEllipse(QPointF(rect.left() + 6.0, middle), 5.0, 5.0)
        machine = self.machine
        if machine.frozen:
            text = self.tr("FROZEN, kept") if machine.kept else self.tr("FROZEN")
            colour = WARN_TEXT
        else:
            text, colour = self.tr("LIVE"), GOOD_TEXT
        painter.setPen(QColor(colour))
        base = middle + metrics.ascent() / 2.0 - 1.0
        painter.drawText(QPointF(rect.right() - metrics.horizontalAdvance(text), base), text)

    def _draw_target(self, painter: QPainter) -> None:
        """Draw the target that was set, where the plane passes near it; in an exam it is not."""
        marked = self.attempt.seen.marked_mm if self.attempt.started else None
        shown = self.sonogram
        if marked is None or shown is None or not self.machine.needle.guide_allowed:
            return
        u, v, z = self._place_of(marked)
        width, depth = self._size_mm()
        if abs(v) > _NEAR_MM or abs(u) > 0.5 * width or not 0.0 <= z <= depth:
            return
        at, inside = self.pixel_of((u, z)), abs(v) <= PLANE_MM
        style = Qt.PenStyle.SolidLine if inside else Qt.PenStyle.DotLine
        stroke(painter, _reticle(at), MARK, 1.6, style)
        words = self.tr("target")
        if not inside:
            words = fill(self.tr("target, {v:.0f} mm out of the plane"), v=abs(v))
        # On the side that the needle does not come from, so that its echo stays free.
        line = self.machine.needle.line
        right = line is None or self._place_of(line.at(0.0))[0] < u
        corner = QPointF(_RETICLE_PX if right else -_RETICLE_PX, -_RETICLE_PX)
        plate(painter, at + corner, [words], anchor=(0.0 if right else 1.0, 1.0))

    def _place_of(self, supine_mm: NDArray[np.float64]) -> tuple[float, float, float]:
        assert self.sonogram is not None
        u, v, z = (float(c) for c in self.sonogram.place_mm(supine_mm))
        return u, v, z

    def _draw_draft(self, painter: QPainter) -> None:
        draft = self.machine.draft
        if draft is None or self.machine.tool is not Tool.MARK:
            return
        at = self.pixel_of(draft)
        stroke(painter, _reticle(at), MARK, 1.6)
        words = fill(self.tr("depth {z:.1f} mm"), z=draft[1])
        plate(painter, at + QPointF(_RETICLE_PX, -_RETICLE_PX), [words], anchor=(0.0, 1.0))

    def _draw_caliper(self, painter: QPainter) -> None:
        at = [self.pixel_of(point) for point in self.machine.caliper]
        for p in at:
            x, y, c = p.x(), p.y(), _CROSS_PX
            cross = lines((x - c, y, x + c, y), (x, y - c, x, y + c))
            stroke(painter, cross, GOOD_TEXT, 2.0)
        length = self.machine.distance_mm
        if length is not None:
            (start, end) = at
            way = lines((start.x(), start.y(), end.x(), end.y()))
            stroke(painter, way, GOOD_TEXT, 1.4, Qt.PenStyle.DashLine)
            words = fill(self.tr("{d:.1f} mm"), d=length)
            plate(painter, at[1] + QPointF(9.0, 4.0), [words])

    # --- mouse and keys ---------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """Show the tooltip beside the image only: over it it would hide what is looked at."""
        if isinstance(event, QHelpEvent) and self.image_rect.contains(event.pos()):
            event.ignore()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take focus; a right press starts to turn gain and dynamic range."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.RightButton:
            self._right_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn gain (up and down) and dynamic range (left and right)."""
        if self._right_from is None:
            return
        by = event.position() - self._right_from
        self._right_from = event.position()
        display = self.machine.display.shifted(
            gain_db=-_DRAG_DB * by.y() / max(1, self.height()),
            dynamic_range_db=_DRAG_DB * by.x() / max(1, self.width()),
        )
        self.machine.show_with(display)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Use the tool in hand where the left button was let go."""
        if event.button() == Qt.MouseButton.RightButton:
            self._right_from = None
        elif event.button() == Qt.MouseButton.LeftButton:
            rect = self.image_rect
            if rect.contains(event.position()):
                self.machine.click(self.point_of(event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Show more or less depth; with Ctrl move the focus."""
        steps = event.angleDelta().y() / 120.0
        look = self.machine.look
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.machine.set_focus(look.focus_mm - steps)
        else:
            self.machine.set_depth(look.depth_mm - 5.0 * steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move what was placed on the frozen image, else the probe."""
        step = arrow_step(event)
        if step is None:
            super().keyPressEvent(event)
            return
        right, up, size = step
        if not self.machine.nudge(_NUDGE_MM * right * size, -_NUDGE_MM * up * size):
            self.probe_stepped.emit(right * size, up * size)

    def focusInEvent(self, event: object) -> None:
        """Show that the keys are for the image."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Show that the keys are for something else."""
        self.update()


def _as_image(grey: NDArray[np.uint8]) -> QImage:
    rows, columns = grey.shape
    view = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
    return view.copy()


def _reticle(at: QPointF) -> QPainterPath:
    """Open in the middle, so that it does not hide what it marks."""
    x, y, r, c = at.x(), at.y(), _RETICLE_PX, _CLEAR_PX
    return lines(
        (x - r, y, x - c, y), (x + c, y, x + r, y), (x, y - r, x, y - c), (x, y + c, x, y + r)
    )
