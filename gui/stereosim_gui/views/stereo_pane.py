"""A view of the unit on which a mark can be placed, moved by keys and looked at enlarged."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter

from stereosim_gui.model.band import Band, Pixel
from stereosim_gui.model.captions import pixel_name
from stereosim_gui.model.display import Windows
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.band import draw_band
from stereosim_gui.views.image_pane import ImagePane
from stereosim_gui.views.ink import plate
from stereosim_gui.views.keys import arrow
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.magnifier import Magnifier
from stereosim_gui.views.reticle import (
    SHAPES,
    draw_reticle,
    draw_way,
    draw_window_centre,
    marking_cursor,
    warning_sign,
)
from stereosim_gui.views.theme import WARN_TEXT


class StereoPane(ImagePane):
    """Scout, left or right view: the image, its mark, the band of the other view's mark.

    What it shows is set by its owner, who is told by signals what the user wants.

    Attributes
    ----------
    marking : bool
        Whether a click places the mark and the arrows move it.
    mark : (float, float) or None
        Where the mark is, (column, row).
    band : Band or None
        Where the point marked in the other view can lie.
    warning : str
        What is wrong with the marks; drawn with a sign.
    magnifies : bool
        Whether the magnifier is on.
    """

    # Wants the mark at (column, row), by a click or by keys.
    placed = Signal(float, float)
    # Wants the mark taken away.
    taken_away = Signal()

    def __init__(self, windows: Windows, view: str) -> None:
        # The scout is searched beyond the window too.
        super().__init__(windows, view, first_fit="whole" if view == "scout" else "box")
        self.marking = False
        self.mark: Pixel | None = None
        self.band: Band | None = None
        self.warning = ""
        self.magnifies = False
        self._magnifier = Magnifier()
        # Moved by keys that are still held down, in pixels.
        self._drift = (0.0, 0.0)
        # The magnifier follows what was used last, the keys or the mouse.
        self._by_keys = False
        self.overlays.append(self._draw_guides)
        self.clicked.connect(self._clicked)

    def show_marks(
        self, mark: Pixel | None, *, marking: bool, band: Band | None = None, warning: str = ""
    ) -> None:
        """Show the mark, the band and the warning of the present moment."""
        if mark != self.mark:
            self._drift = (0.0, 0.0)
        self.mark, self.band, self.warning = mark, band, warning
        if marking != self.marking:
            self.marking = marking
            self._show_cursor()
        described = self.tr("no mark")
        if mark is not None:
            described = fill(self.tr("mark at {place}"), place=spoken(pixel_name(*mark)))
        self.setAccessibleDescription(f"{described}. {warning}".strip())
        self.update()

    def magnify(self, on: bool) -> None:
        """Switch the magnifier on or off."""
        self.magnifies = on
        self.update()

    def place_in_middle(self) -> None:
        """Put the mark in the middle of what is in sight: from there the arrows go on."""
        if self.marking and self.picture is not None:
            self._by_keys = True
            self._place(self.viewport.column, self.viewport.row)

    def take_away(self) -> None:
        """Take the mark away."""
        if self.marking and self.mark is not None:
            self.taken_away.emit()

    @property
    def shown_mark(self) -> Pixel | None:
        """Where the mark is drawn: also while keys that move it are held down."""
        if self.mark is None:
            return None
        return self._held(self.mark[0] + self._drift[0], self.mark[1] + self._drift[1])

    @property
    def magnified(self) -> Pixel | None:
        """Which (column, row) the magnifier shows now, if any."""
        if not self.magnifies or self.picture is None:
            return None
        if self._by_keys and self.marking and self.mark is not None and self.hasFocus():
            return self.shown_mark
        return None if self.cursor_at is None else self.pixel_at(self.cursor_at)

    # --- marking ----------------------------------------------------------------------------------
    def looked_at(self) -> tuple[float, float]:
        """Return the mark where it is in sight and the mouse is elsewhere or was not used last."""
        if self.mark is not None and (self._by_keys or self.cursor_at is None):
            x, y = self.viewport.to_pane(*self.mark)
            if 0 <= x <= self.width() and 0 <= y <= self.height():
                return x, y
        return super().looked_at()

    def partner_point(self, other: ImagePane, x: float, y: float) -> tuple[float, float]:
        """Return the same distance from this view's mark, where both views are marked."""
        if not isinstance(other, StereoPane) or self.mark is None or other.mark is None:
            return x, y
        column, row = other.pixel_at(QPointF(x, y))
        return self.viewport.to_pane(
            self.mark[0] + column - other.mark[0], self.mark[1] + row - other.mark[1]
        )

    def _clicked(self, column: float, row: float) -> None:
        if self.marking:
            self._by_keys = False
            self._place(column, row)

    def _place(self, column: float, row: float) -> None:
        assert self.picture is not None
        left, top, right, bottom = self.picture.whole
        if left <= column <= right and top <= row <= bottom:
            self._drift = (0.0, 0.0)
            self.placed.emit(column, row)

    def _held(self, column: float, row: float) -> Pixel:
        """Hold a mark that is moved by keys inside the image."""
        if self.picture is None:
            return column, row
        left, top, right, bottom = self.picture.whole
        return min(max(column, left), right), min(max(row, top), bottom)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the mark by arrows: one pixel, with Shift ten, with Alt a tenth."""
        way, held = arrow(event), event.modifiers()
        if way is None or held & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        if not self.marking or self.mark is None:
            self.pan_step(*way)
            return
        step = 1.0
        if held & Qt.KeyboardModifier.ShiftModifier:
            step = 10.0
        elif held & Qt.KeyboardModifier.AltModifier:
            step = 0.1
        self._by_keys = True
        self._drift = (self._drift[0] + step * way[0], self._drift[1] + step * way[1])
        shown = self.shown_mark
        if shown is not None:
            self.reveal(*shown)
        self.update()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Commit what the arrows came to, once they are let go: one step to undo."""
        if arrow(event) is not None and not event.isAutoRepeat():
            self._commit()
            return
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Commit: the release of a key may go elsewhere."""
        self._commit()
        super().focusOutEvent(event)

    def _commit(self) -> None:
        shown, self._drift = self.shown_mark, (0.0, 0.0)
        if self.marking and shown is not None and shown != self.mark:
            self.placed.emit(*shown)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Have the magnifier follow the cursor."""
        super().mouseMoveEvent(event)
        self._by_keys = False
        if self.magnifies:
            self.update()

    def _show_cursor(self) -> None:
        super()._show_cursor()
        if self.marking and not self._space:
            self.setCursor(marking_cursor(self.devicePixelRatioF()))

    # --- painting ---------------------------------------------------------------------------------
    def _draw_guides(self, painter: QPainter, viewport: Viewport) -> None:
        if self.picture is None:
            return
        if self.view == "scout":
            draw_window_centre(painter, viewport, self.picture.anchor)
            shown = self.shown_mark
            if shown is not None:
                draw_way(painter, viewport, shown, self.picture.anchor)
        elif self.band is not None:
            draw_band(painter, viewport, self.band)

    def paint_tools(self, painter: QPainter) -> None:
        """Draw the mark, the magnifier and the warning."""
        shown, picture = self.shown_mark, self.picture
        if shown is not None and (self.marking or self.shows_overlays):
            at = self.viewport.to_pane(*shown)
            draw_reticle(painter, at, SHAPES[self.view], locked=not self.marking)
        pixel = self.magnified
        if pixel is not None and picture is not None:
            window = self.windows[picture.kind]
            self._magnifier.draw(painter, picture, window, self.viewport, pixel, shown)
        if self.warning:
            self._draw_warning(painter)

    def _draw_warning(self, painter: QPainter) -> None:
        height = QFontMetricsF(painter.font()).height()
        top = self.caption_end + 8 if self.shows_overlays else 8.0
        at = QPointF(self.width() / 2 + height / 2, top)
        room = self.width() - 4 * height
        box = plate(
            painter, at, self.warning.split("\n"), anchor=(0.5, 0.0), colour=WARN_TEXT, widest=room
        )
        sign = QRectF(box.left() - height - 6, box.center().y() - height / 2, height, height)
        warning_sign(painter, sign, WARN_TEXT)
