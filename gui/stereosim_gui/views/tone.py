"""The tone of a text: good, warning, bad or quiet, by the names that the style sheet knows."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def set_tone(widget: QWidget, tone: str) -> None:
    """Give a label the tone ``"good"``, ``"warn"``, ``"bad"``, ``"quiet"``, ``"caption"`` or none.

    A caption is the small print of what stands beside it.
    """
    if widget.objectName() == tone:
        return
    widget.setObjectName(tone)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
