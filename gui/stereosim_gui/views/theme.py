"""Colours and fonts of the app: dark, because images are read in the dark."""

from __future__ import annotations

import string
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

GROUND = "#000000"
PANEL = "#1b1e22"
RAISED = "#262a30"
EDGE = "#3a4048"
# The outline of what can be typed into or switched: 3:1 on the panel, as an edge needs it.
OUTLINE = "#7d8792"
TEXT = "#e8eaed"
QUIET = "#9aa3ad"
# What cannot be done now: still to be read, so that one learns what there would be.
DIM = "#8b949e"
# Okabe-Ito: told apart by the colour-blind; orange marks what has the keyboard.
FOCUS = "#e69f00"
ACCENT = "#56b4e9"
GOOD = "#009e73"
WARN = "#e69f00"
BAD = "#d55e00"
MARK = MARK_LEFT = "#f0e442"
BAND = "#56b4e9"
# The same meanings for words on a panel, light enough to be read (4.5:1).
GOOD_TEXT = "#2fc79a"
WARN_TEXT = "#f0b429"
BAD_TEXT = "#ff8a4c"
# Letters on ACCENT, GOOD, WARN; and on FIRE.
ON_ACCENT = "#000000"
FIRE = "#b3001b"
ON_FIRE = "#ffffff"

# Every pair of letters and ground that the style below makes; a test computes their contrast.
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in (TEXT, QUIET, DIM) for ground in (PANEL, RAISED, GROUND)),
    *((text, ground) for text in (GOOD_TEXT, WARN_TEXT, BAD_TEXT) for ground in (PANEL, RAISED)),
    *((ON_ACCENT, ground) for ground in (ACCENT, GOOD, WARN, BAD)),
    (ON_FIRE, FIRE),
)

_ICONS = Path(__file__).parent.parent / "icons"
# Ten points is what systems use for their menus; some offscreen platforms say nothing at all.
_USUAL_POINTS = 10.0

_STYLE = string.Template("""
QWidget { background: $PANEL; color: $TEXT; }
QToolTip { background: $RAISED; color: $TEXT; border: 1px solid $OUTLINE; padding: 4px; }
QLabel, QCheckBox, QRadioButton { background: transparent; }
QLabel#quiet { color: $QUIET; }
QLabel#caption { color: $QUIET; font-size: ${SMALL}pt; }
QLabel#keyname { color: $ACCENT; }
QLabel#heading { font-weight: bold; }
QLabel#title { font-weight: bold; font-size: ${LARGE}pt; }
QLabel#good { color: $GOOD_TEXT; }
QLabel#warn { color: $WARN_TEXT; font-weight: bold; }
QLabel#bad { color: $BAD_TEXT; font-weight: bold; }

QListWidget, QTextBrowser, QPlainTextEdit, QTableView, QTreeView {
    background: $RAISED; border: 1px solid $EDGE; border-radius: 4px;
}
/* No padding to the sides: Qt forgets it when it wraps the lines. */
QListWidget { padding: 4px; }
QListWidget::item { padding: 6px 0px; }
QListWidget::item:selected, QTableView::item:selected {
    background: $ACCENT; color: $ON_ACCENT;
}
QTableView { gridline-color: $EDGE; alternate-background-color: $PANEL; }
QHeaderView::section {
    background: $PANEL; color: $QUIET; border: none; border-bottom: 1px solid $OUTLINE;
    padding: 4px 6px;
}
QListWidget:focus, QTextBrowser:focus, QPlainTextEdit:focus, QTableView:focus, QTreeView:focus,
QGraphicsView:focus { border: 2px solid $FOCUS; }

QPushButton, QToolButton, QComboBox {
    background: $RAISED; border: 1px solid $OUTLINE; border-radius: 4px; padding: 5px 11px;
}
QToolButton { padding: 5px 8px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { border-color: $ACCENT; }
QPushButton:pressed, QToolButton:pressed { background: $EDGE; }
QPushButton:checked, QToolButton:checked {
    background: $ACCENT; color: $ON_ACCENT; border-color: $ACCENT;
}
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled {
    background: $PANEL; color: $DIM; border-color: $EDGE;
}
QPushButton:focus, QComboBox:focus { border: 2px solid $FOCUS; padding: 4px 10px; }
QToolButton:focus { border: 2px solid $FOCUS; padding: 4px 7px; }
QPushButton#primary {
    background: $ACCENT; color: $ON_ACCENT; border: 2px solid $ACCENT; border-radius: 5px;
    font-weight: bold; font-size: ${LARGE}pt; padding: 9px 14px;
}
QPushButton#primary:hover { background: #7cc6f0; }
QPushButton#primary:focus { border-color: $FOCUS; }
QPushButton#primary:disabled { background: $RAISED; color: $DIM; border-color: $EDGE; }
QPushButton#fire {
    background: $FIRE; color: $ON_FIRE; border: 2px solid $ON_FIRE; border-radius: 6px;
    font-weight: bold; font-size: ${HUGE}pt; padding: 14px;
}
QPushButton#fire:hover { background: #c9001f; }
QPushButton#fire:focus { border: 4px solid $FOCUS; padding: 12px; }
QPushButton#fire:disabled { background: $PANEL; color: $DIM; border-color: $EDGE; }
/* The stepper: where the procedure stands is underlined, the page that is shown is filled. */
QPushButton#step {
    background: $PANEL; border: 1px solid $EDGE; border-bottom: 3px solid $EDGE;
    border-radius: 0px; padding: 5px 1px 3px 1px;
}
QPushButton#step:enabled { background: $RAISED; border-color: $OUTLINE; }
QPushButton#step[now="true"] { border-bottom-color: $ACCENT; font-weight: bold; }
QPushButton#step:checked { background: $ACCENT; color: $ON_ACCENT; border-color: $ACCENT; }
QPushButton#step:checked[now="true"] { border-bottom-color: $ON_ACCENT; }
QPushButton#step:focus { border: 2px solid $FOCUS; border-bottom: 3px solid $FOCUS;
    padding: 4px 0px 3px 0px; }
/* The choice that leads on in a group of radio-like buttons, and links in text. */
QPushButton#plain { background: transparent; border-color: transparent; color: $ACCENT; }
QPushButton#plain:hover { border-color: $ACCENT; }
QPushButton#plain:focus { border-color: $FOCUS; }

QComboBox QAbstractItemView {
    background: $RAISED; border: 1px solid $OUTLINE; selection-background-color: $ACCENT;
    selection-color: $ON_ACCENT;
}
QLineEdit, QSpinBox, QDoubleSpinBox {
    background: $GROUND; border: 1px solid $OUTLINE; border-radius: 4px; padding: 4px 6px;
    selection-background-color: $ACCENT; selection-color: $ON_ACCENT;
}
QSpinBox, QDoubleSpinBox { padding-right: 24px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 22px; background: $RAISED; border: 1px solid $OUTLINE;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; border-top-right-radius: 4px;
    border-bottom: none; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right;
    border-bottom-right-radius: 4px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $EDGE; }
QAbstractSpinBox::up-arrow { image: url("$ICONS/up.svg"); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url("$ICONS/down.svg"); width: 9px; height: 9px; }
QComboBox::drop-down { width: 22px; border: none; }
QComboBox::down-arrow { image: url("$ICONS/down.svg"); width: 10px; height: 10px; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {
    border: 2px solid $FOCUS; padding: 3px 5px;
}
QSpinBox:focus, QDoubleSpinBox:focus { padding-right: 23px; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled {
    background: $PANEL; color: $DIM; border-color: $EDGE;
}
QCheckBox, QRadioButton { spacing: 8px; padding: 3px; border: 2px solid transparent;
    border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border-color: $FOCUS; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; border: 1px solid $OUTLINE; background: $GROUND;
}
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked { background: $ACCENT; border-color: $ACCENT;
    image: url("$ICONS/tick.svg"); }
QRadioButton::indicator:checked { background: $ACCENT; border-color: $ACCENT;
    image: url("$ICONS/dot.svg"); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $EDGE;
    background: $PANEL; }
QCheckBox:disabled, QRadioButton:disabled { color: $DIM; }

QSlider { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; background: $EDGE; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $ACCENT; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $TEXT; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
}
QSlider::groove:vertical { width: 4px; background: $EDGE; border-radius: 2px; }
QSlider::add-page:vertical { background: $ACCENT; border-radius: 2px; }
QSlider::handle:vertical {
    background: $TEXT; width: 14px; height: 14px; margin: 0 -5px; border-radius: 7px;
}
QSlider:focus { border: 2px solid $FOCUS; border-radius: 4px; }

QProgressBar { background: $RAISED; border: 1px solid $EDGE; border-radius: 4px;
    text-align: center; }
QProgressBar::chunk { background: $ACCENT; border-radius: 3px; }
QSplitter::handle { background: $EDGE; }
QScrollArea { border: none; }
QScrollArea:focus { border: 2px solid $FOCUS; }
QScrollBar:vertical { background: $PANEL; width: 12px; margin: 0; }
QScrollBar:horizontal { background: $PANEL; height: 12px; margin: 0; }
QScrollBar::handle { background: $OUTLINE; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $TEXT; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QGroupBox { border: 1px solid $EDGE; border-radius: 4px; margin-top: 1.1em; padding: 6px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; color: $QUIET; }
QFrame#banner { background: $RAISED; border: 1px solid $ACCENT; border-left: 5px solid $ACCENT;
    border-radius: 4px; }
QFrame#banner QLabel { background: transparent; }
QFrame#callout { background: $RAISED; border: 2px solid $MARK; border-radius: 6px; }
QFrame#callout QLabel { background: transparent; }
QFrame#rule { background: $EDGE; max-height: 1px; border: none; }
""")


def dress(app: QApplication, text_scale: float = 1.0) -> None:
    """Give `app` the dark theme on every platform, its texts `text_scale` (1 to 2) times as large.

    May be called again when the scale changes.
    """
    usual = app.property("usual_points")
    if usual is None:
        app.setStyle("Fusion")
        app.setPalette(_palette())
        size = app.font().pointSizeF()
        usual = size if size > 0 else _USUAL_POINTS
        app.setProperty("usual_points", usual)
    points = float(usual) * text_scale
    font = QFont(app.font())
    font.setPointSizeF(points)
    app.setFont(font)
    app.setStyleSheet(style(points))


def style(points: float) -> str:
    """Return the style sheet for texts of `points`."""
    colours = {name: value for name, value in globals().items() if name.isupper()}
    colours["ICONS"] = _ICONS.as_posix()
    sizes = {"SMALL": 0.85, "LARGE": 1.15, "HUGE": 1.5}
    return _STYLE.substitute(
        colours, **{name: f"{factor * points:.1f}" for name, factor in sizes.items()}
    )


def _palette() -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, PANEL),
        (role.WindowText, TEXT),
        (role.Base, GROUND),
        (role.AlternateBase, PANEL),
        (role.Text, TEXT),
        (role.Button, RAISED),
        (role.ButtonText, TEXT),
        (role.BrightText, ON_FIRE),
        (role.Highlight, ACCENT),
        (role.HighlightedText, ON_ACCENT),
        (role.Link, ACCENT),
        (role.LinkVisited, ACCENT),
        (role.PlaceholderText, QUIET),
        (role.ToolTipBase, RAISED),
        (role.ToolTipText, TEXT),
        (role.Light, OUTLINE),
        (role.Mid, EDGE),
        (role.Dark, GROUND),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(DIM))
    return palette
