"""One image: its grey values through the model's window, zoom and pan, captions and scale."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from stereosim_gui.model.captions import how_it_was_made, view_name, what_it_is
from stereosim_gui.model.display import Picture, Windows
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.ink import fitting_font
from stereosim_gui.views.keys import arrow
from stereosim_gui.views.language import spoken
from stereosim_gui.views.legend import draw_legend, draw_outlines
from stereosim_gui.views.listening import Listens
from stereosim_gui.views.raster import Raster
from stereosim_gui.views.theme import FOCUS, GROUND, TEXT

# A hand that clicks moves the mouse a little; further is a drag.
CLICK_SLACK = 4.0
# One notch of the wheel has 120 units and zooms by a fifth.
_ZOOM_PER_UNIT = 1.2 ** (1 / 120)
ZOOM_STEP = 1.25
_PAN_STEP = 0.1
_FIT_MARGIN = 12.0

Overlay = Callable[[QPainter, Viewport], None]


class ImagePane(Listens, QWidget):
    """Shows a picture; every change of its window goes through the model.

    Parameters
    ----------
    windows : Windows
        The model's windows.
    view : str
        Which view this pane is for: ``"scout"``, ``"left"`` ...
    first_fit : str
        What a new image is fitted to: ``"box"``, the paddle's window, or ``"whole"``.

    Attributes
    ----------
    viewport : Viewport
        What is in sight.
    overlays : list of callable
        Called with a painter (in units of the pane) and the viewport, after the image has been
        drawn and while overlays are on; they must not raise.
    """

    # The left button was pressed and released on the spot: (column, row).
    clicked = Signal(float, float)
    # The user zoomed about a point of the pane; moved the image by (x, y); did either.
    zoomed = Signal(float, float)
    moved = Signal(float, float)
    viewed = Signal()
    # The window is being dragged, or no more.
    window_dragged = Signal(bool)
    # The pane has got the keyboard.
    activated = Signal()

    def __init__(
        self,
        windows: Windows,
        view: str,
        parent: QWidget | None = None,
        *,
        first_fit: str = "box",
    ) -> None:
        super().__init__(parent)
        self.windows = windows
        self.view = view
        self.viewport = Viewport()
        self.overlays: list[Overlay] = []
        self.picture: Picture | None = None
        self.note = ""
        # What a new image is fitted to: "box", the paddle's window, or "whole".
        self.first_fit = first_fit
        # "box" or "whole" while the image stays fitted to the pane, else empty.
        self.fitted = first_fit
        # Leaves a change of the window for later, while another pane is being dragged.
        self.held = False
        # How long the last frame took.
        self.frame_s = 0.0
        # Where the captions at the top end.
        self.caption_end = 0.0
        self.cursor_at: QPointF | None = None
        self.shows_overlays = True
        self._raster = Raster()
        self._pressed: tuple[Qt.MouseButton, QPointF] | None = None
        self._last = QPointF()
        self._panning = False
        self._space = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(spoken(view_name(view)))
        self.setToolTip(
            self.tr(
                "Wheel or + and -: zoom. Middle-drag, or Space and drag: move. Right-drag: "
                "contrast (left and right) and brightness (up and down). Keys: 1 to 5 presets, "
                "A auto, I invert, Ctrl+0 fit, Esc reset."
            )
        )
        self.hear(windows.changed, self._window_changed)

    # --- what is shown ----------------------------------------------------------------------------
    def show_picture(self, picture: Picture | None, note: str = "") -> None:
        """Show `picture`, at the zoom that the pane has; or none, and `note` in its place."""
        old, self.picture, self.note = self.picture, picture, note
        if picture is not None and picture is not old:
            fresh = old is None or old.shape != picture.shape or old.kind != picture.kind
            if fresh and not self.fitted:
                self.fitted = self.first_fit
            self._refit()
            name = "; ".join(
                spoken(text) for text in what_it_is(picture) + how_it_was_made(picture)
            )
            self.setAccessibleName(name)
        elif picture is None:
            self.setAccessibleName(f"{spoken(view_name(self.view))}: {note}")
        self.update()

    @property
    def level(self) -> int:
        """Which level of the picture was drawn last."""
        return self._raster.level

    def show_overlays(self, on: bool) -> None:
        """Show or hide captions, scale and all that is drawn over the image."""
        self.shows_overlays = on
        self.update()

    def pixel_at(self, at: QPointF) -> tuple[float, float]:
        """Return the (column, row) drawn at a point of the pane."""
        return self.viewport.to_image(at.x(), at.y())

    # --- zoom and pan -----------------------------------------------------------------------------
    def fit(self, to: str = "box") -> None:
        """Fit the paddle's window (``"box"``) or the ``"whole"`` image into the pane."""
        self.fitted = to
        self._refit()
        self.update()

    def actual_size(self) -> None:
        """Give each pixel of the image one pixel of the screen."""
        self.zoom_by(1.0 / (self.viewport.scale * self.devicePixelRatioF()))

    def zoom_by(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Zoom about a point of the pane, or what is looked at; :attr:`zoomed` tells of it."""
        if self.picture is not None:
            x, y = at or self.looked_at()
            self.zoom_quietly(factor, (x, y))
            self.zoomed.emit(x, y)
            self.viewed.emit()

    def zoom_quietly(self, factor: float, at: tuple[float, float]) -> None:
        """Zoom about a point of the pane and tell nobody."""
        if self.picture is not None:
            self._view(self.viewport.zoomed(factor, *at))

    def partner_point(self, other: ImagePane, x: float, y: float) -> tuple[float, float]:
        """Return the point of this pane that stays when `other` is zoomed about its (x, y)."""
        return x, y

    def looked_at(self) -> tuple[float, float]:
        """Return the point of the pane that stays when it is zoomed without the wheel."""
        if self.cursor_at is not None:
            return self.cursor_at.x(), self.cursor_at.y()
        return self.width() / 2, self.height() / 2

    def pan_by(self, x: float, y: float) -> None:
        """Move the image by (x, y) of the pane; :attr:`moved` tells of it."""
        if self.picture is not None:
            self.pan_quietly(x, y)
            self.moved.emit(x, y)
            self.viewed.emit()

    def pan_step(self, x: int, y: int) -> None:
        """Look a step further, to the right and down."""
        self.pan_by(-_PAN_STEP * x * self.width(), -_PAN_STEP * y * self.height())

    def pan_quietly(self, x: float, y: float) -> None:
        """Move the image and tell nobody."""
        if self.picture is not None:
            self._view(self.viewport.panned(x, y))

    def look_like(self, other: ImagePane) -> None:
        """Take over zoom and pan of another pane, seen from the middle of the paddle's window."""
        if self.picture is None or other.picture is None:
            return
        if other.fitted:
            self.fit(other.fitted)
            return
        (column, row), (there, over) = self.picture.anchor, other.picture.anchor
        self.fitted = ""
        self.viewport = Viewport(
            other.viewport.column - there + column,
            other.viewport.row - over + row,
            other.viewport.scale,
            self.viewport.width,
            self.viewport.height,
        )
        self.update()

    def reveal(self, column: float, row: float) -> None:
        """Move the image so that a point of it is in sight."""
        if not self.viewport.shows(column, row, inset=8.0):
            x, y = self.viewport.to_pane(column, row)
            self.pan_by(self.width() / 2 - x, self.height() / 2 - y)

    def drag_window(self, width_by: float, level_by: float) -> None:
        """Widen and shift the window of the kind that is shown, in fractions of the grey scale."""
        if self.picture is not None:
            self.windows.drag(self.picture.kind, width_by, level_by)

    def _view(self, viewport: Viewport) -> None:
        self.fitted = ""
        self.viewport = viewport
        self.update()

    def _refit(self) -> None:
        if self.picture is not None and self.fitted:
            margin = _FIT_MARGIN if self.fitted == "box" else 0.0
            box = self.picture.box if self.fitted == "box" else self.picture.whole
            self.viewport = self.viewport.fitted(box, margin)

    def _window_changed(self, kind: str) -> None:
        if self.picture is not None and self.picture.kind == kind and not self.held:
            self.update()

    # --- events -----------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        """Show the tooltip over the captions only: over the image it would hide what is read."""
        over_image = (
            isinstance(event, QHelpEvent)
            and event.type() == QEvent.Type.ToolTip
            and self.picture is not None
            and event.pos().y() > self.caption_end
        )
        return True if over_image else super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is in the middle in the middle."""
        self.viewport = self.viewport.sized(self.width(), self.height())
        self._refit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        units = event.angleDelta().y()
        if units and self.picture is not None:
            at = event.position()
            self.zoom_by(_ZOOM_PER_UNIT**units, (at.x(), at.y()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if self._pressed is not None or self.picture is None:
            return
        self._pressed = (event.button(), event.position())
        self._last = self.cursor_at = event.position()
        self._panning = event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == Qt.MouseButton.LeftButton and self._space
        )
        if self._panning:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.RightButton:
            self.window_dragged.emit(True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the second of two quick clicks for a click."""
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a drag: over the whole pane it runs through the whole grey scale."""
        self.cursor_at = event.position()
        moved = event.position() - self._last
        self._last = event.position()
        if self._pressed is not None and self._panning:
            self.pan_by(moved.x(), moved.y())
        elif self._pressed is not None and self._pressed[0] == Qt.MouseButton.RightButton:
            self.drag_window(moved.x() / max(1, self.width()), moved.y() / max(1, self.height()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; a click counts now, and only where it began."""
        if self._pressed is None or event.button() != self._pressed[0]:
            return
        button, start = self._pressed
        panned, self._pressed, self._panning = self._panning, None, False
        self._show_cursor()
        if button == Qt.MouseButton.RightButton:
            self.window_dragged.emit(False)
        elif button == Qt.MouseButton.LeftButton and not panned and self.picture is not None:
            way = event.position() - start
            if max(abs(way.x()), abs(way.y())) <= CLICK_SLACK:
                self.clicked.emit(*self.pixel_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the cursor."""
        self.cursor_at = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pan by Ctrl and arrows; Space makes the left button pan."""
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
            return
        way = arrow(event)
        if way is None or not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        self.pan_step(*way)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of Space."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
            return
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell that the keys are for this pane."""
        super().focusInEvent(event)
        self.activated.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget keys whose release will not be seen."""
        super().focusOutEvent(event)
        self._space = False
        self._show_cursor()
        self.update()

    def _show_cursor(self) -> None:
        if self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    # --- painting ---------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw image, overlays, focus frame."""
        start = time.perf_counter()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        painter.setFont(fitting_font(self.font(), self.height()))
        if self.picture is None:
            self._draw_note(painter)
        else:
            window = self.windows[self.picture.kind]
            self._raster.draw(painter, self.picture, window, self.viewport)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.shows_overlays:
                draw_outlines(painter, self.viewport, self.picture)
                for overlay in self.overlays:
                    overlay(painter, self.viewport)
                self.caption_end = draw_legend(painter, self.viewport, self.picture, window)
            self.paint_tools(painter)
        self._draw_frame(painter)
        painter.end()
        self.frame_s = time.perf_counter() - start

    def paint_tools(self, painter: QPainter) -> None:
        """Draw what is not an overlay and cannot be switched off with them; for subclasses."""

    def _draw_note(self, painter: QPainter) -> None:
        painter.setPen(QColor(TEXT))
        box = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.note)

    def _draw_frame(self, painter: QPainter) -> None:
        if self.hasFocus():
            painter.setPen(QPen(QColor(FOCUS), 4.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect())
