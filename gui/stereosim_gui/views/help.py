"""The F1 sheet of keys."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def show_keys(parent: QWidget) -> None:
    """Show the sheet."""
