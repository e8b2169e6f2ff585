"""What is wrong with how a window is laid out: words that are cut, widgets over one another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

# A pixel is lost in rounding.
SLACK = 1


def faults(top: Any) -> list[str]:
    """Return what is cut, sticks out or overlaps among the widgets of `top` that are in sight."""
    from PySide6.QtWidgets import QWidget

    found = []
    for widget in (top, *top.findChildren(QWidget)):
        if widget.isVisible():
            found += [f"{name_of(widget)}: {fault}" for fault in (*cut(widget), *outside(widget))]
            found += [f"{name_of(widget)}: {fault}" for fault in overlaps(widget)]
    return found


def name_of(widget: Any) -> str:
    words = widget.accessibleName() or widget.objectName()
    text = getattr(widget, "text", None)
    if callable(text):
        with contextlib.suppress(TypeError):
            words = text() or words
    return f"{type(widget).__name__} {words!r}"


def cut(widget: Any) -> Iterator[str]:
    """Say which words of a widget do not fit into it."""
    from PySide6.QtWidgets import (
        QAbstractSpinBox,
        QCheckBox,
        QComboBox,
        QLabel,
        QPushButton,
        QRadioButton,
        QTableWidget,
        QToolButton,
    )

    letters, width, height = widget.fontMetrics(), widget.width(), widget.height()
    if isinstance(widget, QLabel):
        if not widget.text():
            return
        if widget.wordWrap():
            needed = widget.heightForWidth(width)
            if needed > height + SLACK:
                yield f"{needed} px high, has {height}"
            # A word that does not break is cut at the side.
            longest = max(
                (letters.horizontalAdvance(w) for w in plain(widget.text()).split()), default=0
            )
            if longest > width + SLACK:
                yield f"a word is {longest} px wide, has {width}"
        else:
            wanted = widget.sizeHint()
            if wanted.width() > width + SLACK or letters.height() > height + SLACK:
                yield f"needs {wanted.toTuple()}, has {(width, height)}"
    elif isinstance(widget, (QPushButton, QToolButton)):
        words = widget.text().replace("&", "")
        if letters.horizontalAdvance(words) + 4 > width or letters.height() > height:
            yield f"words of {letters.horizontalAdvance(words)} px in {width}"
    elif isinstance(widget, (QCheckBox, QRadioButton)):
        wanted = widget.sizeHint()
        if wanted.width() > width + SLACK or wanted.height() > height + SLACK:
            yield f"needs {wanted.toTuple()}, has {(width, height)}"
    elif isinstance(widget, QComboBox):
        if letters.horizontalAdvance(widget.currentText()) + 30 > width:
            yield f"choice of {letters.horizontalAdvance(widget.currentText())} px in {width}"
    elif isinstance(widget, QAbstractSpinBox):
        edit = widget.lineEdit()
        needed = letters.horizontalAdvance(edit.text())
        if needed + 2 > edit.width() or letters.height() > height:
            yield f"number of {needed} px in {edit.width()}"
    elif isinstance(widget, QTableWidget):
        yield from cut_cells(widget)


def cut_cells(table: Any) -> Iterator[str]:
    """Say which words of a table do not fit into their cells; lines wrap where it says so."""
    from PySide6.QtCore import QRect, Qt

    letters = table.fontMetrics()
    wrap = Qt.TextFlag.TextWordWrap.value if table.wordWrap() else 0
    for column in range(table.columnCount()):
        room = table.columnWidth(column)
        for row in range(table.rowCount()):
            item, height = table.item(row, column), table.rowHeight(row)
            if item is None or table.isRowHidden(row):
                continue
            box = letters.boundingRect(QRect(0, 0, room - 4, 9999), wrap, item.text())
            if box.width() > room - 4 or box.height() > height:
                yield f"cell {item.text()!r} of {box.size().toTuple()} in {(room, height)}"


def plain(text: str) -> str:
    """Return rich text without its tags."""
    import re

    return re.sub(r"<[^>]*>", " ", text)


def outside(widget: Any) -> Iterator[str]:
    """Say where a widget sticks out of its parent; downwards it may where one can scroll."""
    from PySide6.QtWidgets import QAbstractScrollArea

    parent = widget.parentWidget()
    if parent is None or widget.isWindow():
        return
    box, room = widget.geometry(), parent.rect()
    scrolled = isinstance(parent.parentWidget(), QAbstractScrollArea)
    if box.left() < -SLACK or box.right() > room.right() + SLACK:
        yield f"x {box.left()} to {box.right()} in {room.width()}"
    if not scrolled and (box.top() < -SLACK or box.bottom() > room.bottom() + SLACK):
        yield f"y {box.top()} to {box.bottom()} in {room.height()}"


def overlaps(parent: Any) -> Iterator[str]:
    """Say which children of a widget lie over one another."""
    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QAbstractScrollArea, QAbstractSpinBox, QComboBox, QWidget

    if isinstance(parent, (QAbstractScrollArea, QAbstractSpinBox, QComboBox)):
        return
    children = [
        child
        for child in parent.findChildren(QWidget, options=_direct())
        if child.isVisible() and not child.isWindow()
    ]
    for k, one in enumerate(children):
        for other in children[k + 1 :]:
            both: QRect = one.geometry().intersected(other.geometry())
            if both.width() > SLACK and both.height() > SLACK:
                yield f"{name_of(one)} lies over {name_of(other)} by {both.size().toTuple()}"


def _direct() -> Any:
    from PySide6.QtCore import Qt

    return Qt.FindChildOption.FindDirectChildrenOnly
