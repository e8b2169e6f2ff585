"""How lines and letters are drawn on an image: a dark casing under the colour, letters on a plate.

No single colour stands out from every grey; with its casing each of them does.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from stereosim_gui.views.theme import TEXT

_CASING = QColor(0, 0, 0, 220)
_PLATE = QColor(0, 0, 0, 205)
_PADDING = 4.0
# A pane has room for this many lines of text, of which few are written; a line has this height.
_LINES = 22.0
_SMALLEST_LINE = 13.0


def stroke(
    painter: QPainter,
    path: QPainterPath,
    colour: str,
    width: float = 1.4,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    casing: float = 1.1,
) -> None:
    """Draw the lines of `path` in `colour` over a dark line that is `casing` wider on each side."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    under = QPen(_CASING, width + 2.0 * casing)
    under.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(under)
    painter.drawPath(path)
    core = QPen(QColor(colour), width, style)
    core.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(core)
    painter.drawPath(path)


def fitting_font(font: QFont, height: float) -> QFont:
    """Return `font`, smaller where its letters would cover too much of a pane of `height`."""
    made = QFont(font)
    line = QFontMetricsF(font).height()
    largest = max(height / _LINES, _SMALLEST_LINE)
    if line > largest:
        if font.pointSizeF() > 0:
            made.setPointSizeF(font.pointSizeF() * largest / line)
        else:
            made.setPixelSize(max(1, round(font.pixelSize() * largest / line)))
    return made


def lines(*pairs: tuple[float, float, float, float]) -> QPainterPath:
    """Return a path of straight pieces (x0, y0, x1, y1)."""
    path = QPainterPath()
    for x0, y0, x1, y1 in pairs:
        path.moveTo(x0, y0)
        path.lineTo(x1, y1)
    return path


def width_of(painter: QPainter, texts: Sequence[str]) -> float:
    """Return how wide a plate with `texts` is, the first line bold."""
    bold = painter.font()
    bold.setBold(True)
    widths = [
        QFontMetricsF(painter.font() if line else bold, painter.device()).horizontalAdvance(text)
        for line, text in enumerate(texts)
    ]
    return max(widths, default=0.0) + 2 * _PADDING


def plate(
    painter: QPainter,
    at: QPointF,
    texts: Sequence[str],
    *,
    anchor: tuple[float, float] = (0.0, 0.0),
    colour: str = TEXT,
    bold_first: bool = False,
    widest: float = 1e6,
    within: QRectF | None = None,
) -> QRectF:
    """Write lines of text on a dark plate.

    Parameters
    ----------
    painter : QPainter
        In the units of the pane, with the font to be used.
    at : QPointF
        Where the plate's `anchor` comes to lie.
    texts : sequence of str
        One for each line; nothing is drawn for none.
    anchor : (float, float)
        Point of the plate, (0, 0) top left to (1, 1) bottom right; also how the lines are aligned.
    colour : str
        Of the letters; what is wider than `widest` ends in an ellipsis.
    bold_first : bool
        Whether the first line is bold.
    within : QRectF, optional
        The plate is moved so that it lies in here.

    Returns
    -------
    QRectF
        The plate.
    """
    if not texts:
        return QRectF(at, at)
    plain = painter.font()
    fonts = [painter.font() for _ in texts]
    fonts[0].setBold(bold_first)
    metrics = [QFontMetricsF(font, painter.device()) for font in fonts]
    room = widest - 2 * _PADDING
    texts = [
        m.elidedText(text, Qt.TextElideMode.ElideRight, room)
        for m, text in zip(metrics, texts, strict=True)
    ]
    widths = [m.horizontalAdvance(text) for m, text in zip(metrics, texts, strict=True)]
    height = metrics[0].height()
    size = (max(widths) + 2 * _PADDING, height * len(texts) + _PADDING)
    box = QRectF(at.x() - anchor[0] * size[0], at.y() - anchor[1] * size[1], *size)
    if within is not None:
        left = min(box.left(), within.right() - box.width())
        top = min(box.top(), within.bottom() - box.height())
        box.moveTo(max(left, within.left()), max(top, within.top()))
    painter.fillRect(box, _PLATE)
    painter.setPen(QColor(colour))
    for line, (font, text, width) in enumerate(zip(fonts, texts, widths, strict=True)):
        painter.setFont(font)
        x = box.left() + _PADDING + anchor[0] * (size[0] - 2 * _PADDING - width)
        y = box.top() + _PADDING / 2 + line * height + metrics[line].ascent()
        painter.drawText(QPointF(x, y), text)
    painter.setFont(plain)
    return box
