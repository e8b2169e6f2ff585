"""What is written around an image: captions, edges, scale, outline of the paddle's window."""

from __future__ import annotations

from itertools import zip_longest

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from stereosim_gui.model.captions import edges, how_it_was_made, readings, scale_name, what_it_is
from stereosim_gui.model.display import Picture, Window
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.ink import lines, plate, stroke, width_of
from stereosim_gui.views.language import spoken
from stereosim_gui.views.theme import ACCENT, QUIET, TEXT

_EDGE = 6.0
_SCALE_MM = 10.0


def draw_outlines(painter: QPainter, viewport: Viewport, picture: Picture) -> None:
    """Draw the outline of the paddle's window on an X-ray image."""
    if picture.outlines_px is None or picture.kind != "xray":
        return
    for left, top, right, bottom in picture.outlines_px:
        x0, y0 = viewport.to_pane(float(left), float(top))
        x1, y1 = viewport.to_pane(float(right), float(bottom))
        sides = lines((x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0))
        stroke(painter, sides, TEXT, 1.0, Qt.PenStyle.DashLine, casing=0.6)


def draw_legend(painter: QPainter, viewport: Viewport, picture: Picture, window: Window) -> float:
    """Write what the image is, how it was made, its window, its scale and its edges.

    Returns
    -------
    float
        Where the captions at the top end: what is drawn later may begin there.
    """
    room = viewport.width - 2 * _EDGE
    what = [spoken(text) for text in what_it_is(picture)]
    how = [spoken(text) for text in how_it_was_made(picture)]
    top = QPointF(_EDGE, _EDGE)
    if width_of(painter, what) + width_of(painter, how) + _EDGE <= room:
        end = plate(painter, top, what, bold_first=True)
        right = QPointF(viewport.width - _EDGE, _EDGE)
        plate(painter, right, how, anchor=(1.0, 0.0), bold_first=True)
    else:
        # Narrow: one under the other, what matters most first, in the upper quarter.
        several = [line for pair in zip_longest(what, how) for line in pair if line]
        fit = max(2, int(viewport.height / 4 / QFontMetricsF(painter.font()).height()))
        end = plate(painter, top, several[:fit], bold_first=True, widest=room)
    _draw_foot(painter, viewport, picture, window)
    return end.bottom()


def _draw_foot(painter: QPainter, viewport: Viewport, picture: Picture, window: Window) -> None:
    """Write window and zoom, scale and edges; what finds no room is left out."""
    left, right = _EDGE, viewport.width - _EDGE
    bottom, middle = viewport.height - _EDGE, viewport.width / 2
    zoom = viewport.scale * painter.device().devicePixelRatioF()
    box = plate(painter, QPointF(right, bottom), [spoken(scale_name(_SCALE_MM))], anchor=(1, 1))
    length = _SCALE_MM / picture.pixel_mm[0] * viewport.scale
    if length <= 0.6 * viewport.width:
        x, y = right - length, box.top() - 6.0
        ends = (x, y - 4, x, y + 4), (right, y - 4, right, y + 4)
        stroke(painter, lines((x, y, right, y), *ends), TEXT)
    named, taken = edges(picture), box.left()
    if "bottom" in named:
        wall = [spoken(named["bottom"])]
        half = width_of(painter, wall) / 2
        y = _draw_chest_wall(painter, viewport, picture) + painter.fontMetrics().height() + 6.0
        # Under the line, or at the foot of the pane where the line is farther down.
        lowest = min(y, bottom if middle + half < box.left() else box.top() - 2.0)
        plate(painter, QPointF(middle, lowest), wall, anchor=(0.5, 1), colour=QUIET)
        taken = middle - half if lowest > box.top() else taken
    shown = [spoken(readings(zoom, window))]
    if left + width_of(painter, shown) < taken:
        plate(painter, QPointF(left, bottom), shown, anchor=(0, 1), colour=QUIET)
    for edge, x, side in (("left", left, 0.0), ("right", right, 1.0)):
        if edge in named:
            at = QPointF(x, viewport.height / 2)
            plate(painter, at, [spoken(named[edge])], anchor=(side, 0.5), colour=QUIET)


def _draw_chest_wall(painter: QPainter, viewport: Viewport, picture: Picture) -> float:
    """Draw the end of the image toward the chest wall; return its y."""
    left, _, right, bottom = picture.whole
    x0, y = viewport.to_pane(left, bottom)
    x1, _ = viewport.to_pane(right, bottom)
    stroke(painter, lines((x0, y, x1, y)), ACCENT, 2.0)
    return y
