"""Colours and fonts of the app: dark, because images are read in the dark."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

GROUND = "#000000"
PANEL = "#1b1e22"
RAISED = "#262a30"
EDGE = "#3a4048"
TEXT = "#e8eaed"
QUIET = "#9aa3ad"
# Okabe-Ito: told apart by the colour-blind; orange marks what has the keyboard.
FOCUS = "#e69f00"
ACCENT = "#56b4e9"

STYLE = f"""
QWidget {{ background: {PANEL}; color: {TEXT}; }}
QListWidget, QTextBrowser {{ background: {RAISED}; border: 1px solid {EDGE}; border-radius: 4px; }}
/* No padding to the sides: Qt forgets it when it wraps the lines. */
QListWidget {{ padding: 4px; }}
QListWidget::item {{ padding: 6px 0px; }}
QListWidget::item:selected {{ background: {ACCENT}; color: #000000; }}
QListWidget:focus, QTextBrowser:focus, QComboBox:focus, QToolButton:focus, QGraphicsView:focus {{
    border: 2px solid {FOCUS};
}}
QComboBox, QToolButton, QPushButton {{
    background: {RAISED}; border: 1px solid {EDGE}; border-radius: 4px; padding: 4px 10px;
}}
QToolButton:hover, QPushButton:hover {{ border-color: {ACCENT}; }}
QToolButton:disabled {{ color: {QUIET}; }}
QComboBox QAbstractItemView {{ background: {RAISED}; selection-background-color: {ACCENT};
    selection-color: #000000; }}
QProgressBar {{ background: {RAISED}; border: 1px solid {EDGE}; border-radius: 4px;
    text-align: center; }}
QProgressBar::chunk {{ background: {ACCENT}; }}
QSplitter::handle {{ background: {EDGE}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {EDGE}; }}
QLabel#quiet {{ color: {QUIET}; }}
QLabel#heading {{ font-weight: bold; }}
"""


def dress(app: QApplication) -> None:
    """Give `app` the dark theme on every platform."""
    app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, PANEL),
        (QPalette.ColorRole.Base, RAISED),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Button, RAISED),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT),
        (QPalette.ColorRole.HighlightedText, "#000000"),
        (QPalette.ColorRole.Link, ACCENT),
        (QPalette.ColorRole.PlaceholderText, QUIET),
    ):
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
    app.setStyleSheet(STYLE)
