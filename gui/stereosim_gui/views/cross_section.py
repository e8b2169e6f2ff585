"""The cross-section: breast, target, needle and margins to scale, red where firing is unsafe."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from stereosim_gui.model.cross_section import Dimension, NeedleDrawing, Point, Section
from stereosim_gui.views import theme
from stereosim_gui.views.language import fill, signed

# The height of a window in which there is none to spare.
_SMALL_WINDOW = 720
# Layout in pixels and mm of the drawing.
_PAD = 6.0
_HEADROOM_MM = 8.0
_FOOTROOM_MM = 5.0
_BESIDE = 9.0
_ARROW = 4.0
_TISSUE = QColor("#4b3a34")
_SKIN = QColor("#c79a83")
_STEEL = QColor("#cfd6dd")
# A target farther outside than this is drawn at the edge with a word.
_FAR_MM = 10.0


class CrossSection(QWidget):
    """Draws a :class:`~stereosim_gui.model.cross_section.Section`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Cross-section"))
        self.setToolTip(
            self.tr(
                "The breast cut through the target, to scale. Stroke margin: from the tip after "
                "firing to the back of the breast. Skin margin: from the skin to the aperture. "
                "Both must be above 0."
            )
        )

    def sizeHint(self) -> QSize:
        """Return a height that leaves room for the controls, and more where there is more."""
        spare = max(self.window().height() - _SMALL_WINDOW, 0)
        return QSize(330, 136 + self.fontMetrics().height() + min(spare // 3, 90))

    def show_section(self, section: Section | None) -> None:
        """Draw another section."""
        self.section = section
        self.setAccessibleDescription(self._described())
        self.update()

    def _described(self) -> str:
        section = self.section
        if section is None or section.target is None:
            return self.tr("No target yet")
        words = []
        if section.stroke is not None:
            words.append(fill(self.tr("Stroke margin {mm} mm"), mm=signed(section.stroke.value_mm)))
        if section.skin is not None:
            words.append(fill(self.tr("Skin margin {mm} mm"), mm=signed(section.skin.value_mm)))
        return ". ".join(words)

    @property
    def words(self) -> dict[str, str]:
        """What is written into the drawing."""
        return {
            "stroke": self.tr("stroke"),
            "skin": self.tr("skin"),
            "paddle": self.tr("paddle"),
            "support": self.tr("support"),
            "thickness": self.tr("{mm:.0f} mm"),
            "muscle": self.tr("muscle"),
            "none": self.tr("no target yet"),
            "outside": self.tr("target outside the breast"),
            "throw": self.tr("throw {mm:.0f}"),
            "margin": self.tr("{name} {mm} mm"),
            "unsafe": self.tr("{margin}: do not fire"),
        }

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.GROUND))
        if self.section is not None:
            font = QFont(self.font())
            font.setPointSizeF(0.85 * max(font.pointSizeF(), 1.0))
            painter.setFont(font)
            _Drawing(self, painter, self.section).paint()
        painter.end()


class _Drawing:
    """One painting of a section."""

    def __init__(self, widget: CrossSection, painter: QPainter, section: Section) -> None:
        self.widget, self.painter, self.section = widget, painter, section
        self.words = widget.words
        self.letters = QFontMetricsF(painter.font())
        left, low, right, high = section.bounds
        low = max(low, section.bottom_mm - _FAR_MM) - _FOOTROOM_MM
        high = min(high, section.top_mm + _FAR_MM) + _HEADROOM_MM
        width, height = widget.width() - 2 * _PAD, widget.height() - 2 * _PAD
        # On the left stands the thickness with its number.
        self.gutter = 0.0 if section.supine else self.letters.horizontalAdvance("88 mm") + 10.0
        self.scale = min(
            (width - self.gutter) / max(right - left, 1.0), height / max(high - low, 1.0)
        )
        self.left = _PAD + self.gutter - self.scale * left
        if section.supine:
            self.left = _PAD + (width - self.scale * (right - left)) / 2 - self.scale * left
        self.base = widget.height() - _PAD + self.scale * low

    def at(self, point: Point) -> QPointF:
        """Return where a point of the section lies in the widget."""
        return QPointF(self.left + self.scale * point[0], self.base - self.scale * point[1])

    def paint(self) -> None:
        self._breast()
        if self.section.supine:
            self._skin_and_muscle()
        else:
            self._support_and_paddle()
        needle = None if self.section.outside else self.section.needle
        if needle is not None:
            self._needle(needle)
        self._target()
        if needle is not None:
            for dimension, name in (
                (self.section.stroke, self.words["stroke"]),
                (self.section.skin, self.words["skin"]),
            ):
                if dimension is not None:
                    self._margin(dimension, name, needle)
            if needle.phase != "fired":
                self._throw(needle)

    # --- the breast -------------------------------------------------------------------------------
    def _breast(self) -> None:
        path = QPainterPath()
        points = [self.at(point) for point in self.section.outline]
        if self.section.supine:
            # The supine breast goes on beyond what there is to see.
            ends = (0.0, 1.0, 1.0, 0.0)
            points = [
                QPointF(end * self.widget.width(), point.y())
                for end, point in zip(ends, points, strict=True)
            ]
        path.addPolygon(QPolygonF(points))
        path.closeSubpath()
        painter = self.painter
        painter.save()
        painter.fillPath(path, _TISSUE)
        painter.setClipPath(path)
        # Half of the pen falls outside: what is left is as thick as the skin.
        pen = QPen(_SKIN, 2.0 * self.scale * self.section.skin_mm)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points[:2] if self.section.supine else points))
        painter.restore()

    def _support_and_paddle(self) -> None:
        section, painter = self.section, self.painter
        top, bottom = self.at((0.0, section.top_mm)).y(), self.at((0.0, section.bottom_mm)).y()
        right = float(self.widget.width()) - _PAD
        left = (self.at((section.bounds[0], 0.0)).x() if section.level else self.left) - 4.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.OUTLINE))
        painter.drawRect(QRectF(left, bottom, right - left, 4.0))
        if section.window is not None:
            low, high = (self.at((across, 0.0)).x() for across in section.window)
            painter.drawRect(QRectF(left, top - 4.0, max(low - left, 0.0), 4.0))
            painter.drawRect(QRectF(high, top - 4.0, max(right - high, 0.0), 4.0))
        self._write(QPointF(right, top - 5.0), self.words["paddle"], theme.QUIET, right=True)
        self._write(
            QPointF(left, bottom + 4.0 + self.letters.ascent()),
            self.words["support"],
            theme.QUIET,
        )
        # The thickness, on the side of the chest wall.
        x = min(left, self.at((section.bounds[0], 0.0)).x()) - 6.0
        self._line(QPointF(x, top), QPointF(x, bottom), QColor(theme.QUIET))
        number = fill(self.words["thickness"], mm=section.top_mm - section.bottom_mm)
        # A needle from the side comes through the middle.
        middle = (3.0 * top + bottom) / 4.0 if section.level else (top + bottom) / 2.0
        self._write(QPointF(x - 4.0, middle + 4.0), number, theme.QUIET, right=True)

    def _skin_and_muscle(self) -> None:
        section, painter = self.section, self.painter
        deep = self.at((0.0, section.bottom_mm)).y()
        right = float(self.widget.width())
        painter.setPen(QPen(QColor(theme.QUIET), 1.0))
        painter.setBrush(QBrush(QColor(theme.QUIET), Qt.BrushStyle.BDiagPattern))
        painter.drawRect(QRectF(0.0, deep, right, self.widget.height() - deep))
        self._write(QPointF(right - _PAD, deep - 3.0), self.words["muscle"], theme.TEXT, right=True)
        self._write(
            QPointF(right - _PAD, self.at((0.0, 0.0)).y() - 3.0),
            self.words["skin"],
            theme.QUIET,
            right=True,
        )

    # --- target and needle ------------------------------------------------------------------------
    def _target(self) -> None:
        section, painter = self.section, self.painter
        if section.target is None:
            words = self.words["none"]
            middle = (section.top_mm + section.bottom_mm) / 2
            left = section.bounds[0] + 4.0
            self._write(self.at((left, middle)) + QPointF(0.0, 4.0), words, theme.TEXT)
            return
        across, up = section.target
        outside = section.outside
        far = min(max(up, section.bottom_mm - _FAR_MM), section.top_mm + _FAR_MM)
        place = self.at((across, far))
        colour = QColor(theme.BAD if outside else theme.MARK)
        if section.target_sd is not None:
            # Twice the standard deviation to either side: where it lies 19 times out of 20.
            for x, y in ((2 * section.target_sd[0], 0.0), (0.0, 2 * section.target_sd[1])):
                bar = QPointF(self.scale * x, self.scale * y)
                self._line(place - bar, place + bar, colour, heads="none", cased=True)
        painter.setPen(QPen(QColor(theme.GROUND), 1.5))
        painter.setBrush(colour)
        painter.drawEllipse(place, 3.5, 3.5)
        if outside:
            words = self.words["outside"]
            self._write(place + QPointF(9.0, 4.0), words, theme.BAD_TEXT, bold=True)

    def _needle(self, needle: NeedleDrawing) -> None:
        """Draw it where it is, and dashed where firing would bring it."""
        if needle.phase == "fired":
            self._needle_at(needle, 0.0, solid=True)
            return
        self._needle_at(needle, 0.0, solid=False)
        self._needle_at(needle, needle.throw_mm, solid=needle.phase == "prefire")

    def _needle_at(self, needle: NeedleDrawing, back_mm: float, *, solid: bool) -> None:
        painter, scale = self.painter, self.scale
        axis = QPointF(needle.axis[0], -needle.axis[1])
        length = max((axis.x() ** 2 + axis.y() ** 2) ** 0.5, 1e-9)
        along = axis / length
        side = QPointF(-along.y(), along.x()) * max(scale * needle.diameter_mm / 2, 1.5)
        shift = axis * (-scale * back_mm)
        tip, far, near = (self.at(p) + shift for p in (needle.tip, needle.far, needle.near))
        hub = tip - along * (4.0 * max(self.widget.width(), self.widget.height()))
        body = QPolygonF([hub - side, far - side, tip, far + side, hub + side])
        pen = QPen(_STEEL if solid else QColor(theme.ACCENT), 1.0)
        if not solid:
            pen.setStyle(Qt.PenStyle.DashLine)
            # The shaft of the needle after firing hides nothing: only aperture and tip are drawn.
            if back_mm == 0.0:
                body = QPolygonF([near - side, far - side, tip, far + side, near + side])
            else:
                body = QPolygonF([far - side, tip, far + side])
        painter.setPen(pen)
        painter.setBrush(_STEEL if solid else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(body)
        if solid or back_mm == 0.0:
            painter.setPen(QPen(QColor(theme.ACCENT), 1.5))
            painter.setBrush(QColor(0, 0, 0, 190) if solid else QColor(86, 180, 233, 60))
            half = side * 0.7
            painter.drawPolygon(QPolygonF([near - half, far - half, far + half, near + half]))

    def _throw(self, needle: NeedleDrawing) -> None:
        """Draw the travel of the tip, on the side of the chest wall if there is room."""
        tip = self.at(needle.tip)
        before = self.at(needle.before_firing(needle.tip))
        words = fill(self.words["throw"], mm=needle.throw_mm)
        beside = self._beside(needle)
        if needle.level:
            under = QPointF(0.0, beside)
            self._line(before + under, tip + under, QColor(theme.ACCENT), heads="end")
            start = QPointF(min(before.x(), tip.x()), tip.y()) + under
            self._write(start + QPointF(0.0, 3.0 + self.letters.ascent()), words, theme.ACCENT)
            return
        leftmost = self.gutter + _PAD + self.letters.horizontalAdvance(words) + 3.0
        left = (before.x() + tip.x()) / 2 - beside >= leftmost
        aside = QPointF(-beside if left else 2.0 * beside, 0.0)
        self._line(before + aside, tip + aside, QColor(theme.ACCENT), heads="end")
        middle = (before + tip) * 0.5 + aside + QPointF(-3.0 if left else 5.0, 4.0)
        self._write(middle, words, theme.ACCENT, right=left)

    def _beside(self, needle: NeedleDrawing) -> float:
        return _BESIDE + self.scale * needle.diameter_mm / 2

    # --- margins ----------------------------------------------------------------------------------
    def _margin(self, dimension: Dimension, name: str, needle: NeedleDrawing) -> None:
        start, end = self.at(dimension.start), self.at(dimension.end)
        wide = (1.0, 16.0) if needle.level else (16.0, 1.0)
        if dimension.bad:
            area = QRectF(start, end).normalized()
            area.adjust(-wide[0], -wide[1], wide[0], wide[1])
            self.painter.setPen(QPen(QColor(theme.BAD), 1.5))
            self.painter.setBrush(QBrush(QColor(theme.BAD), Qt.BrushStyle.DiagCrossPattern))
            self.painter.drawRect(area)
        aside = QPointF(self._beside(needle), 0.0)
        if needle.level:
            aside = QPointF(0.0, -self._beside(needle))
        colour = theme.BAD_TEXT if dimension.bad else theme.GOOD_TEXT
        self._line(start + aside, end + aside, QColor(colour))
        words = fill(self.words["margin"], name=name, mm=signed(dimension.value_mm))
        if dimension.bad and needle.phase != "fired":
            words = fill(self.words["unsafe"], margin=words)
        if needle.level:
            width = self.letters.horizontalAdvance(words)
            middle = (start + end) * 0.5 + aside - QPointF(0.5 * width, 4.0)
            self._write(middle, words, colour, bold=dimension.bad)
            return
        middle = (start + end) * 0.5 + aside + QPointF(8.0 if dimension.bad else 5.0, 4.0)
        self._write(middle, words, colour, bold=dimension.bad)

    # --- strokes and letters ----------------------------------------------------------------------
    def _line(
        self,
        start: QPointF,
        end: QPointF,
        colour: QColor,
        *,
        heads: str = "both",
        cased: bool = False,
    ) -> None:
        """Draw a line with arrow heads at ``"both"`` ends, the ``"end"`` or ``"none"``."""
        painter = self.painter
        if cased:
            painter.setPen(QPen(QColor(theme.GROUND), 3.5))
            painter.drawLine(start, end)
        painter.setPen(QPen(colour, 1.3))
        painter.drawLine(start, end)
        along = end - start
        length = (along.x() ** 2 + along.y() ** 2) ** 0.5
        if heads == "none" or length < 2.0 * _ARROW:
            return
        along = along * (_ARROW / length)
        side = QPointF(-along.y(), along.x()) * 0.7
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([end, end - along + side, end - along - side]))
        if heads == "both":
            painter.drawPolygon(QPolygonF([start, start + along + side, start + along - side]))

    def _write(
        self, at: QPointF, words: str, colour: str, *, right: bool = False, bold: bool = False
    ) -> None:
        """Write on the baseline at a point, on a dark ground, kept inside the widget."""
        painter = self.painter
        font = QFont(painter.font())
        font.setBold(bold)
        letters = QFontMetricsF(font)
        width = letters.horizontalAdvance(words)
        x = at.x() - width if right else at.x()
        x = min(max(x, 2.0), self.widget.width() - width - 2.0)
        y = min(max(at.y(), letters.ascent()), self.widget.height() - letters.descent())
        painter.save()
        painter.setFont(font)
        ground = QRectF(x - 2.0, y - letters.ascent(), width + 4.0, letters.height())
        painter.fillRect(ground, QColor(0, 0, 0, 150))
        painter.setPen(QColor(colour))
        painter.drawText(QPointF(x, y), words)
        painter.restore()
