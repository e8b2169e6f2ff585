"""The cards of the gallery: a grid that the arrow keys move in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from stereosim_gui.views import theme

_NARROWEST = 178
_GAP = 8
_PAD = 8
# Height of the picture over its width, and lines of text under it: title and last results.
_ASPECT = 0.6
_LINES = 6


@dataclass(frozen=True)
class CardFace:
    """What a card shows.

    Attributes
    ----------
    key : str or None
        Which case; None for the random patient.
    title, note : str
        What it is, and what was made of it so far.
    picture : QPixmap or None
        The thumbnail; a question mark stands in its place where there is none.
    """

    key: str | None
    title: str
    note: str
    picture: QPixmap | None


class Cards(QListWidget):
    """A grid of cards of which one can be chosen."""

    chosen = Signal(object)
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSpacing(0)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The width of the grid must not depend on whether all of it fits.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setItemDelegate(_Painter(self))
        self.currentItemChanged.connect(self._tell)
        self.itemActivated.connect(lambda item: self.opened.emit())

    def show_faces(self, faces: list[CardFace]) -> None:
        """Show these cards; the one that was chosen stays chosen."""
        before = self.face
        self.blockSignals(True)
        self.clear()
        for face in faces:
            item = QListWidgetItem(face.title)
            item.setData(Qt.ItemDataRole.UserRole, face)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{face.title}. {face.note}")
            item.setToolTip(face.title)
            self.addItem(item)
        self.blockSignals(False)
        if before is not None:
            self.choose(before.key)

    def choose(self, key: str | None) -> None:
        """Choose the card `key`, as a click on it would."""
        for row in range(self.count()):
            face = self.item(row).data(Qt.ItemDataRole.UserRole)
            if face.key == key:
                self.setCurrentRow(row)

    @property
    def face(self) -> CardFace | None:
        """The card that is chosen."""
        item = self.currentItem()
        face = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        return face if isinstance(face, CardFace) else None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the keyboard without choosing the first card, as lists otherwise do."""
        chosen = self.currentItem() is not None
        self.blockSignals(True)
        super().focusInEvent(event)
        if not chosen:
            self.setCurrentIndex(QModelIndex())
        self.blockSignals(False)

    def _tell(self, item: QListWidgetItem | None, before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out among as many cards as fit."""
        super().resizeEvent(event)
        self.lay_out()

    def lay_out(self) -> None:
        """Fit the grid to width and font."""
        metrics = self.fontMetrics()
        narrowest = max(_NARROWEST, 18 * metrics.averageCharWidth())
        width = max(1, self.viewport().width() - 2)
        columns = max(1, width // (narrowest + _GAP))
        column = width // columns
        text = _LINES * metrics.lineSpacing()
        height = math.ceil((column - _GAP) * _ASPECT) + text + 3 * _PAD
        self.setGridSize(QSize(column, height + _GAP))


class _Painter(QStyledItemDelegate):
    """Paints a card: picture, title, last results."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the size of a cell of the grid."""
        cards = self.parent()
        return cards.gridSize() if isinstance(cards, Cards) else super().sizeHint(option, index)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one card."""
        face = index.data(Qt.ItemDataRole.UserRole)
        state: Any = option.state
        cell: QRect = option.rect
        if not isinstance(face, CardFace):
            return
        card = cell.adjusted(_GAP // 2, _GAP // 2, -_GAP // 2, -_GAP // 2)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = selected and bool(state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        edge = theme.FOCUS if focused else theme.ACCENT if selected else theme.EDGE
        painter.setPen(QPen(QColor(edge), 3 if selected else 1))
        painter.setBrush(QColor(theme.EDGE if selected else theme.PANEL))
        painter.drawRoundedRect(card.adjusted(1, 1, -2, -2), 6, 6)
        picture = QRect(card.left() + 4, card.top() + 4, card.width() - 9, 0)
        picture.setHeight(round(picture.width() * _ASPECT))
        self._paint_picture(painter, picture, face)
        text = card.adjusted(_PAD, 0, -_PAD, -_PAD // 2)
        text.setTop(picture.bottom() + _PAD)
        self._paint_text(painter, text, face, option)
        painter.restore()

    @staticmethod
    def _paint_picture(painter: QPainter, place: QRect, face: CardFace) -> None:
        if face.picture is not None:
            whole = face.picture.rect()
            piece = QRect(0, 0, whole.width(), round(whole.width() * _ASPECT))
            piece.moveCenter(whole.center())
            painter.drawPixmap(place, face.picture, piece)
            return
        painter.fillRect(place, QColor(theme.GROUND))
        font = QFont(painter.font())
        font.setPointSizeF(4 * font.pointSizeF())
        painter.save()
        painter.setFont(font)
        painter.setPen(QColor(theme.ACCENT))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "?")
        painter.restore()

    @staticmethod
    def _paint_text(
        painter: QPainter, place: QRect, face: CardFace, option: QStyleOptionViewItem
    ) -> None:
        """Write the title, cut where it would leave no room for the note, and the note."""
        metrics = option.fontMetrics
        line = metrics.lineSpacing()
        wrapped = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        flags = int(wrapped.value) | int(Qt.TextFlag.TextWordWrap.value)
        notes = len(face.note.splitlines())
        room = QRect(place.left(), place.top(), place.width(), (_LINES - notes) * line)
        words = face.title.split()
        title = face.title
        while words and metrics.boundingRect(room, flags, title).height() > room.height():
            words.pop()
            title = f"{' '.join(words)} …"
        painter.setPen(QColor(theme.TEXT))
        painter.drawText(room, flags, title)
        used = metrics.boundingRect(room, flags, title).height()
        painter.setPen(QColor(theme.QUIET))
        for number, note in enumerate(face.note.splitlines()):
            top = place.top() + used + 2 + number * line
            below = QRect(place.left(), top, place.width(), line)
            shown = metrics.elidedText(note, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(below, int(wrapped.value), shown)
