"""The strip of all exposures: number, kind and a small picture; one can be chosen to compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QImage, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from stereosim_gui.model.captions import series_name
from stereosim_gui.model.display import Box, Picture, Series, Window, grey
from stereosim_gui.views.language import spoken

_ICON = 30
_GAP = 2
# Paddings of the list and of its items.
_AROUND = 24


class ExposureStrip(QListWidget):
    """Lists series, oldest first.

    Examples
    --------
    ``strip.show_series(series, shown=(3, 4))`` shows which of them stand in the panes.
    """

    # A series was chosen, by its index.
    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: tuple[Series, ...] = ()
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setIconSize(QSize(2 * _ICON + _GAP, _ICON))
        self.setSpacing(1)
        self.setAccessibleName(self.tr("All exposures"))
        self.setToolTip(
            self.tr("All exposures so far: choose one to compare it (Page Up, Page Down)")
        )
        self.itemClicked.connect(lambda item: self.chosen.emit(self.row(item)))
        self.currentRowChanged.connect(self._moved)

    def show_series(self, series: Sequence[Series], shown: Sequence[int], old: int) -> None:
        """List `series`; those with an index in `shown` stand in the panes.

        The first `old` of them show the breast as it was positioned before.
        """
        self.blockSignals(True)
        if len(series) != len(self._series) or any(
            a.pictures != b.pictures for a, b in zip(series, self._series, strict=True)
        ):
            self.clear()
            for number, one in enumerate(series):
                item = QListWidgetItem(_icon(one), spoken(series_name(one)))
                if number < old:
                    item.setToolTip(self.tr("The breast was positioned otherwise"))
                    item.setForeground(QColor(Qt.GlobalColor.gray))
                self.addItem(item)
        self._series = tuple(series)
        for number in range(self.count()):
            item = self.item(number)
            font = self.font()
            font.setBold(number in shown)
            font.setUnderline(number in shown)
            item.setFont(font)
        if shown:
            self.setCurrentRow(shown[0])
            self.scrollToItem(self.item(shown[0]))
        self.blockSignals(False)
        self._fit_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room for the scroll bar where it is needed."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        line = max(_ICON, QFontMetrics(self.font()).height()) + _AROUND
        wide = sum(self.visualItemRect(self.item(k)).width() + 2 for k in range(self.count()))
        bar = self.horizontalScrollBar().sizeHint().height()
        height = line + (bar if wide > self.viewport().width() else 0)
        if height != self.height():
            self.setFixedHeight(height)

    def _moved(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)


def _icon(series: Series) -> QIcon:
    """Return small pictures of a series beside each other."""
    pixmap = QPixmap(2 * _ICON + _GAP, _ICON)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    for place, picture in enumerate(series.pictures[:2]):
        if len(series.pictures) == 1:
            painter.drawImage(0, 0, _small(picture, picture.whole, pixmap.size()))
        else:
            small = _small(picture, picture.box, QSize(_ICON, _ICON))
            painter.drawImage(place * (_ICON + _GAP), 0, small)
    painter.end()
    return QIcon(pixmap)


def _small(picture: Picture, box: Box, size: QSize) -> QImage:
    """Return a part of a picture, small."""
    pixels = picture.levels[-1]
    step = 2 ** (len(picture.levels) - 1)
    rows, columns = pixels.shape
    left, top, right, bottom = (round(edge / step) for edge in box)
    cut = pixels[max(top, 0) : min(bottom, rows), max(left, 0) : min(right, columns)]
    if cut.size == 0:
        cut = pixels
    values = np.zeros((cut.shape[0], -(-cut.shape[1] // 4) * 4), dtype=np.uint8)
    grey(cut, Window(), values[:, : cut.shape[1]])
    image = QImage(
        values.data, cut.shape[1], cut.shape[0], values.shape[1], QImage.Format.Format_Grayscale8
    )
    return image.scaled(
        size,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
