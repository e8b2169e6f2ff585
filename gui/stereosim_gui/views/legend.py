"""What is written around an image: captions, edges, scale, outline of the paddle's window."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from stereosim_gui.model.captions import edges, how_it_was_made, readings, scale_name, what_it_is
from stereosim_gui.model.display import Picture, Window
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.ink import lines, plate, stroke
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
        stroke(painter, sides, QUIET, 1.0, Qt.PenStyle.DashLine)


def draw_legend(painter: QPainter, viewport: Viewport, picture: Picture, window: Window) -> None:
    """Write what the image is, how it was made, its window, its scale and its edges."""
    right, bottom = viewport.width - _EDGE, viewport.height - _EDGE
    zoom = viewport.scale * painter.device().devicePixelRatioF()
    what = [spoken(text) for text in what_it_is(picture)]
    how = [spoken(text) for text in how_it_was_made(picture)]
    shown = [spoken(readings(zoom, window))]
    plate(painter, QPointF(_EDGE, _EDGE), what, bold_first=True)
    plate(painter, QPointF(right, _EDGE), how, anchor=(1.0, 0.0), bold_first=True)
    plate(painter, QPointF(_EDGE, bottom), shown, anchor=(0.0, 1.0), colour=QUIET)
    _draw_scale(painter, viewport, picture, QPointF(right, bottom))
    _draw_edges(painter, viewport, picture)


def _draw_scale(painter: QPainter, viewport: Viewport, picture: Picture, at: QPointF) -> None:
    length = _SCALE_MM / picture.pixel_mm[0] * viewport.scale
    if length > 0.6 * viewport.width:
        return
    box = plate(painter, at, [spoken(scale_name(_SCALE_MM))], anchor=(1.0, 1.0))
    x1, x0, y = at.x(), at.x() - length, box.top() - 6.0
    stroke(painter, lines((x0, y, x1, y), (x0, y - 4, x0, y + 4), (x1, y - 4, x1, y + 4)), TEXT)


def _draw_edges(painter: QPainter, viewport: Viewport, picture: Picture) -> None:
    """Name the edges; toward the chest wall the end of the image also has a line."""
    named = edges(picture)
    places = {
        "left": (QPointF(_EDGE, viewport.height / 2), (0.0, 0.5)),
        "right": (QPointF(viewport.width - _EDGE, viewport.height / 2), (1.0, 0.5)),
        "bottom": (QPointF(viewport.width / 2, viewport.height - _EDGE), (0.5, 1.0)),
    }
    if "bottom" in named:
        left, _, right, bottom = picture.whole
        x0, y = viewport.to_pane(left, bottom)
        x1, _ = viewport.to_pane(right, bottom)
        stroke(painter, lines((x0, y, x1, y)), ACCENT, 2.0)
    for edge, text in named.items():
        at, anchor = places[edge]
        plate(painter, at, [spoken(text)], anchor=anchor, colour=QUIET)
