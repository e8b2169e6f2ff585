"""A read-only table as high as its rows: the page scrolls, not the table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from stereosim_gui.model.debrief_tables import Table
from stereosim_gui.model.texts import Text
from stereosim_gui.views.language import spoken

# Between wrapped lines of neighbouring rows.
_PADDING = 6


class PlainTable(QTableWidget):
    """Shows a :class:`~stereosim_gui.model.debrief_tables.Table`.

    Parameters
    ----------
    table : Table
        What is shown.
    name : str
        What screen readers call it.
    wide : int
        The column that takes what room is left; its words wrap.
    widest : int
        A row that is wider than this is hard to follow, logical pixels.
    """

    def __init__(
        self,
        table: Table,
        name: str,
        *,
        wide: int = -1,
        widest: int = 760,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(len(table.rows), len(table.columns), parent)
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels([spoken(text) for text in table.columns])
        self.verticalHeader().setVisible(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        # One Tab leads on; within, the arrows.
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for row, cells in enumerate(table.rows):
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(spoken(cell) if isinstance(cell, Text) else cell)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                if table.notes:
                    item.setToolTip(table.notes[row])
                self.setItem(row, column, item)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        last = len(table.columns) - 1
        header.setSectionResizeMode(last if wide < 0 else wide, QHeaderView.ResizeMode.Stretch)
        self.setWordWrap(True)
        self.setMaximumWidth(widest)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be as high as the wrapped rows are."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.resizeRowsToContents()
        for row in range(self.rowCount()):
            self.setRowHeight(row, self.rowHeight(row) + _PADDING)
        rows = sum(self.rowHeight(row) for row in range(self.rowCount()))
        self.setFixedHeight(rows + self.horizontalHeader().sizeHint().height() + 6)
