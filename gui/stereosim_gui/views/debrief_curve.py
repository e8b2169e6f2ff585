"""The trainee's learning curve, drawn by pyqtgraph, which the worker imports: it takes a while."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.learning_curve import LAST, Curve
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.theme import ACCENT, BAD, EDGE, GOOD, GROUND, QUIET, TEXT

if TYPE_CHECKING:
    from stereosim_gui.worker import Cancel, Report

_HEIGHT = 230
# Room for the words on the right, as a share of the attempts.
_MARGIN = 0.32
# Attempts shown at least, so that the first ones do not fill the chart.
_ROOM = 10


class LearningCurve(QWidget):
    """Success by attempt: each one, the share of the last few, and what is published."""

    def __init__(self, attempt: Attempt, curve: Curve, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve = curve
        self.plot: Any = None
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(self.tr("Learning curve"))
        self.setAccessibleDescription(self.in_words())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._open = True
        attempt.compute(_imported, self._draw)

    def in_words(self) -> str:
        """Return what the chart shows, for who cannot see it."""
        if not self.curve.running:
            return self.tr("No attempt yet.")
        template = self.tr("{k} of {n} attempts retrieved; {percent:.0f} % of the last {last}.")
        return fill(
            template,
            k=sum(self.curve.outcomes),
            n=len(self.curve.outcomes),
            percent=self.curve.running[-1],
            last=min(LAST, len(self.curve.outcomes)),
        )

    def let_go(self) -> None:
        """Draw nothing any more."""
        self._open = False

    def _draw(self, pg: Any) -> None:
        if not self._open:
            return
        plot = pg.PlotWidget(background=GROUND)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        # The wheel is for the page, the Tab key for what can be changed.
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        count = len(self.curve.outcomes)
        last = max(count, _ROOM)
        plot.setXRange(0.5, (1.0 + _MARGIN) * last + 0.5, padding=0.0)
        plot.setYRange(-5.0, 108.0, padding=0.0)
        self._label(pg, plot, last)
        for text, percent in self.curve.published:
            line = pg.InfiniteLine(
                percent, angle=0, pen=pg.mkPen(QUIET, style=Qt.PenStyle.DashLine)
            )
            plot.addItem(line)
            words = pg.TextItem(spoken(text), color=TEXT, anchor=(0.0, 0.5), fill=GROUND)
            words.setFont(self._font())
            words.setPos(last + 0.5, percent)
            plot.addItem(words)
        numbers = list(range(1, count + 1))
        plot.plot(numbers, list(self.curve.running), pen=pg.mkPen(ACCENT, width=2))
        for success, symbol, colour in ((True, "o", GOOD), (False, "x", BAD)):
            at = [n for n, got in zip(numbers, self.curve.outcomes, strict=True) if got is success]
            height = 100.0 if success else 0.0
            plot.plot(
                at, [height] * len(at), pen=None, symbol=symbol, symbolSize=9,
                symbolBrush=colour, symbolPen=pg.mkPen(colour, width=2),
            )  # fmt: skip
        self.plot = plot
        self._column.addWidget(plot)

    def _label(self, pg: Any, plot: Any, last: int) -> None:
        share = fill(self.tr("retrieved, share of the last {n}"), n=LAST)
        for side, text in (("bottom", self.tr("attempt")), ("left", share)):
            axis = plot.getAxis(side)
            axis.setLabel(text, color=TEXT)
            axis.label.setFont(self._font())
            axis.setTickFont(self._font())
            axis.setPen(pg.mkPen(EDGE))
            axis.setTextPen(pg.mkPen(TEXT))
        percent = QLocale().percent()
        plot.getAxis("left").setTicks([[(v, f"{v} {percent}") for v in (0, 25, 50, 75, 100)]])
        every = max(1, last // 10)
        plot.getAxis("bottom").setTicks([[(n, str(n)) for n in range(1, last + 1, every)]])

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, 0.9 * font.pointSizeF()))
        return font


def _imported(cancel: Cancel, report: Report) -> Iterator[Any]:
    import pyqtgraph

    yield pyqtgraph
