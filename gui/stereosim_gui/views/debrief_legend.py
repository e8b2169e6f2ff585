"""What the symbols of the debrief mean: a row or a column of small drawings with words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from stereosim_gui.views.sketch import LOOKS, paint_symbol
from stereosim_gui.views.theme import ACCENT, FOCUS, GROUND, MARK, TEXT

_SYMBOL = 22.0
_GAP = 16.0


class Legend(QWidget):
    """Explains roles of the sketch and of the images, as many in a row as there is room for."""

    def __init__(self, roles: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles = tuple(roles)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._name()

    @property
    def roles(self) -> tuple[str, ...]:
        """What is explained."""
        return self._roles

    def show_roles(self, roles: Sequence[str]) -> None:
        """Explain other roles."""
        self._roles = tuple(roles)
        self._name()
        self.updateGeometry()
        self.update()

    def _name(self) -> None:
        self.setAccessibleName(self.tr("Legend"))
        self.setAccessibleDescription("; ".join(self.words()[role] for role in self._roles))

    def words(self) -> dict[str, str]:
        """Return what each role is called."""
        return {
            "speck-target": self.tr("speck of the target"),
            "speck-other": self.tr("other calcification"),
            "speck-beside": self.tr("beside the image plane"),
            "group": self.tr("target group"),
            "true-needle": self.tr("where the needle truly was"),
            "true-aperture": self.tr("its aperture"),
            "your-mark": self.tr("your mark"),
            "their-mark": self.tr("the operator's mark"),
            "your-aim": self.tr("where it was aimed"),
            "target": self.tr("speck left in the breast"),
            "removed": self.tr("removed"),
            "other": self.tr("other calcification"),
            "mark": self.tr("your mark"),
            "spread": self.tr("its two standard deviations"),
            "needle": self.tr("needle"),
            "needle-before": self.tr("earlier insertion"),
            "aperture": self.tr("aperture"),
            "error": self.tr("error: aperture to target"),
            "clip": self.tr("clip after release"),
            "window": self.tr("window of the paddle"),
            "paddle": self.tr("paddle"),
            "support": self.tr("support"),
            "chest-wall": self.tr("chest wall"),
            "skin": self.tr("skin, flat as under the probe"),
        }

    # --- layout -----------------------------------------------------------------------------------
    def _placed(self, width: float) -> tuple[list[tuple[str, QPointF]], float]:
        """Return where each entry begins, and the height of all."""
        metrics, words = QFontMetricsF(self.font()), self.words()
        line = max(metrics.height(), 16.0) + 4.0
        x, y, placed = 0.0, 0.0, []
        for role in self._roles:
            wide = _SYMBOL + 4.0 + metrics.horizontalAdvance(words[role]) + _GAP
            if x > 0.0 and x + wide - _GAP > width:
                x, y = 0.0, y + line
            placed.append((role, QPointF(x, y)))
            x += wide
        return placed, y + line

    @property
    def widest(self) -> int:
        """Width of the widest entry."""
        metrics, words = QFontMetricsF(self.font()), self.words()
        widths = [metrics.horizontalAdvance(words[role]) for role in self._roles]
        return int(_SYMBOL + 4.0 + max(widths, default=0.0)) + 1

    def sizeHint(self) -> QSize:
        """Return a size for a row of entries."""
        return QSize(360, self.heightForWidth(360))

    def minimumSizeHint(self) -> QSize:
        """Return a size for a column of entries."""
        return QSize(self.widest, int(self._placed(10_000.0)[1]))

    def hasHeightForWidth(self) -> bool:
        """Tell that narrow is high."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return how high the entries are in rows of `width`."""
        return int(self._placed(float(width))[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw symbols and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, words = QFontMetricsF(self.font()), self.words()
        placed, _ = self._placed(float(self.width()))
        line = max(metrics.height(), 16.0) + 4.0
        for role, at in placed:
            middle = at + QPointF(_SYMBOL / 2.0, line / 2.0)
            _draw(painter, role, middle)
            painter.setPen(QColor(TEXT))
            base = at.y() + line / 2.0 + (metrics.ascent() - metrics.descent()) / 2.0
            painter.drawText(QPointF(at.x() + _SYMBOL + 4.0, base), words[role])
        painter.end()


_RINGS = {
    "speck-target": (MARK, Qt.PenStyle.SolidLine),
    "speck-other": ("#ffffff", Qt.PenStyle.SolidLine),
    "speck-beside": (MARK, Qt.PenStyle.DotLine),
    "group": (MARK, Qt.PenStyle.DashLine),
}


def _draw(painter: QPainter, role: str, at: QPointF) -> None:
    box = QRectF(at.x() - 10.0, at.y() - 7.0, 20.0, 14.0)
    painter.fillRect(box, QColor(GROUND))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if role in _RINGS:
        colour, style = _RINGS[role]
        painter.setPen(QPen(QColor(colour), 1.6, style))
        size = 5.5 if role == "group" else 4.5
        painter.drawEllipse(at, size * (1.5 if role == "group" else 1.0), size)
    elif role in ("your-mark", "their-mark"):
        paint_symbol(painter, "reticle", at, 2.0, QColor(ACCENT))
    elif role == "your-aim":
        paint_symbol(painter, "cross", at, 8.0, QColor(ACCENT))
    elif role in ("true-needle", "true-aperture"):
        colour, width = ("#c8ccd1", 1.6) if role == "true-needle" else (FOCUS, 4.0)
        painter.setPen(QPen(QColor(colour), width))
        painter.drawLine(at - QPointF(9, 0), at + QPointF(9, 0))
    elif LOOKS[role].symbol:
        size = 2.0 if role == "mark" else 8.0
        paint_symbol(painter, LOOKS[role].symbol, at, size, QColor(LOOKS[role].colour))
    elif LOOKS[role].fill:
        paint = QColor(LOOKS[role].colour)
        painter.setPen(QPen(paint, 1.0))
        paint.setAlpha(80)
        painter.setBrush(paint)
        painter.drawRect(box.adjusted(2, 2, -2, -2))
    else:
        style = Qt.PenStyle.DashLine if LOOKS[role].dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(LOOKS[role].colour), LOOKS[role].width, style))
        painter.drawLine(at - QPointF(9, 0), at + QPointF(9, 0))
