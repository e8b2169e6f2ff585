"""The keys of the app: one table, from which shortcuts are bound and the F1 sheet is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say


@dataclass(frozen=True)
class Key:
    """One entry of the table.

    Attributes
    ----------
    name : str
        How the code calls it.
    keys : tuple of str
        Key sequences, any of which does it.
    group, does : Text
        Where it stands on the F1 sheet, and what it does.
    """

    name: str
    keys: tuple[str, ...]
    group: Text
    does: Text


_FLOW = say(QT_TRANSLATE_NOOP("Keys", "Procedure"))
_IMAGE = say(QT_TRANSLATE_NOOP("Keys", "Images"))
_MARK = say(QT_TRANSLATE_NOOP("Keys", "Marks"))
_SONO = say(QT_TRANSLATE_NOOP("Keys", "Ultrasound"))
_DEBRIEF = say(QT_TRANSLATE_NOOP("Keys", "Debrief"))
_APP = say(QT_TRANSLATE_NOOP("Keys", "App"))


def _key(name: str, keys: str, group: Text, does: tuple[str, str]) -> Key:
    return Key(name, tuple(keys.split()), group, say(does))


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        _key("next", "Return Enter", _FLOW, QT_TRANSLATE_NOOP("Keys", "Do the next step")),
        _key("back", "Backspace", _FLOW, QT_TRANSLATE_NOOP("Keys", "Back to the page before")),
        _key("fire", "Ctrl+F", _FLOW, QT_TRANSLATE_NOOP("Keys", "FIRE (cannot be undone)")),
        _key(
            "hours",
            "1…9 0 - =",
            _FLOW,
            QT_TRANSLATE_NOOP("Keys", "Clock hour 1 to 12, while the dial has the keyboard"),
        ),
        _key("undo", "Ctrl+Z", _FLOW, QT_TRANSLATE_NOOP("Keys", "Undo")),
        _key("redo", "Ctrl+Shift+Z Ctrl+Y", _FLOW, QT_TRANSLATE_NOOP("Keys", "Redo")),
        _key("mark", "M", _MARK, QT_TRANSLATE_NOOP("Keys", "Marking on or off")),
        _key(
            "nudge",
            "Arrows",
            _MARK,
            QT_TRANSLATE_NOOP("Keys", "Move the mark by a pixel (Shift: 10, Alt: 0.1)"),
        ),
        _key(
            "place", "P", _MARK, QT_TRANSLATE_NOOP("Keys", "Put the mark in the middle of the view")
        ),
        _key("unmark", "Del", _MARK, QT_TRANSLATE_NOOP("Keys", "Take the mark away")),
        _key("magnifier", "Z", _MARK, QT_TRANSLATE_NOOP("Keys", "Magnifier on or off")),
        *(
            _key(f"preset{n}", str(n), _IMAGE, QT_TRANSLATE_NOOP("Keys", "Window preset"))
            for n in range(1, 6)
        ),
        _key("auto", "A", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Window fitted to the image")),
        _key("invert", "I", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Invert black and white")),
        _key("overlays", "S", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Overlays on or off")),
        _key("link", "L", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Link zoom and pan of the views")),
        _key("fit", "Ctrl+0", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Fit the image")),
        _key("actual", "Ctrl+1", _IMAGE, QT_TRANSLATE_NOOP("Keys", "One image pixel per pixel")),
        _key("reset", "Esc", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Reset zoom, pan and window")),
        _key("zoom_in", "+ =", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Zoom in")),
        _key("zoom_out", "-", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Zoom out")),
        _key(
            "pan",
            "Ctrl+Arrows",
            _IMAGE,
            QT_TRANSLATE_NOOP("Keys", "Move the image (also middle-drag, or Space and drag)"),
        ),
        _key("wider", "W", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Less contrast (wider window)")),
        _key("narrower", "Shift+W", _IMAGE, QT_TRANSLATE_NOOP("Keys", "More contrast")),
        _key("brighter", "B", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Brighter (lower level)")),
        _key("darker", "Shift+B", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Darker")),
        _key("earlier", "PgUp", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Exposure before")),
        _key("later", "PgDown", _IMAGE, QT_TRANSLATE_NOOP("Keys", "Exposure after")),
        _key(
            "probe",
            "Arrows",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Move the probe by 1 mm (Shift: 5, Alt: 0.2)"),
        ),
        _key(
            "turn_left",
            "Q Shift+Q",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Turn the probe (Shift: 90°)"),
        ),
        _key(
            "turn_right",
            "E Shift+E",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Turn the probe the other way"),
        ),
        _key(
            "lean_left",
            "U Alt+U",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Lean the probe by 5° (Alt: 1°)"),
        ),
        _key(
            "lean_right",
            "J Alt+J",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Lean the probe the other way"),
        ),
        _key("press_more", "D", _SONO, QT_TRANSLATE_NOOP("Keys", "Press the probe harder")),
        _key("press_less", "V", _SONO, QT_TRANSLATE_NOOP("Keys", "Press less")),
        _key("freeze", "Space", _SONO, QT_TRANSLATE_NOOP("Keys", "Freeze or go on")),
        _key("keep", "K", _SONO, QT_TRANSLATE_NOOP("Keys", "Keep the frozen frame")),
        _key("caliper", "C", _SONO, QT_TRANSLATE_NOOP("Keys", "Caliper: click two points")),
        _key("gain_up", "+ =", _SONO, QT_TRANSLATE_NOOP("Keys", "More gain")),
        _key("gain_down", "-", _SONO, QT_TRANSLATE_NOOP("Keys", "Less gain")),
        _key("deeper", "PgDown", _SONO, QT_TRANSLATE_NOOP("Keys", "More depth")),
        _key("shallower", "PgUp", _SONO, QT_TRANSLATE_NOOP("Keys", "Less depth")),
        _key("focus_down", "Ctrl+PgDown", _SONO, QT_TRANSLATE_NOOP("Keys", "Focus deeper")),
        _key("focus_up", "Ctrl+PgUp", _SONO, QT_TRANSLATE_NOOP("Keys", "Focus nearer")),
        _key(
            "needle_on",
            "W Shift+W Alt+W",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Needle on by 1 mm (Shift: 5, Alt: 0.2)"),
        ),
        _key("needle_back", "S Shift+S Alt+S", _SONO, QT_TRANSLATE_NOOP("Keys", "Needle back")),
        _key(
            "tilt_up", "R Shift+R Alt+R", _SONO, QT_TRANSLATE_NOOP("Keys", "Needle steeper by 1°")
        ),
        _key("tilt_down", "F Shift+F Alt+F", _SONO, QT_TRANSLATE_NOOP("Keys", "Needle flatter")),
        _key(
            "swing_left",
            "T Shift+T Alt+T",
            _SONO,
            QT_TRANSLATE_NOOP("Keys", "Swing the needle out of the plane by 1°"),
        ),
        _key("swing_right", "G Shift+G Alt+G", _SONO, QT_TRANSLATE_NOOP("Keys", "Swing it back")),
        _key("other_side", "X", _SONO, QT_TRANSLATE_NOOP("Keys", "Enter from the other side")),
        *(
            _key(f"section{n}", f"Alt+{n}", _DEBRIEF, QT_TRANSLATE_NOOP("Keys", "Go to a section"))
            for n in range(1, 9)
        ),
        _key("turn", "Arrows", _DEBRIEF, QT_TRANSLATE_NOOP("Keys", "Turn the sketch")),
        _key("sketch_close", "T", _DEBRIEF, QT_TRANSLATE_NOOP("Keys", "Sketch: the target")),
        _key("sketch_whole", "Shift+T", _DEBRIEF, QT_TRANSLATE_NOOP("Keys", "Sketch: everything")),
        _key("why", "Y", _APP, QT_TRANSLATE_NOOP("Keys", "Explain the hint")),
        _key("next_hint", "N", _APP, QT_TRANSLATE_NOOP("Keys", "Next hint")),
        _key("help", "F1", _APP, QT_TRANSLATE_NOOP("Keys", "This sheet")),
        _key("settings", "F2", _APP, QT_TRANSLATE_NOOP("Keys", "Settings")),
        _key("tour", "F3", _APP, QT_TRANSLATE_NOOP("Keys", "Tour: begin or go on")),
        _key("fullscreen", "F11", _APP, QT_TRANSLATE_NOOP("Keys", "Full screen on or off")),
        _key("leave", "Ctrl+W", _APP, QT_TRANSLATE_NOOP("Keys", "Back to the gallery")),
        _key("quit", "Ctrl+Q", _APP, QT_TRANSLATE_NOOP("Keys", "Quit")),
    )
}


def bind(
    widget: QWidget,
    name: str,
    act: Callable[[], Any],
    *,
    context: Qt.ShortcutContext = Qt.ShortcutContext.WidgetWithChildrenShortcut,
) -> list[QShortcut]:
    """Bind the keys called `name` to `act`, for `widget` and what is in it."""
    made = []
    for sequence in KEYS[name].keys:
        shortcut = QShortcut(QKeySequence(sequence), widget)
        shortcut.setContext(context)
        shortcut.activated.connect(act)
        made.append(shortcut)
    return made


def bind_each(
    widget: QWidget,
    name: str,
    acts: Sequence[Callable[[], Any]],
    *,
    context: Qt.ShortcutContext = Qt.ShortcutContext.WidgetWithChildrenShortcut,
) -> None:
    """Bind the keys called `name`, in their order, to one act each."""
    for sequence, act in zip(KEYS[name].keys, acts, strict=True):
        shortcut = QShortcut(QKeySequence(sequence), widget)
        shortcut.setContext(context)
        shortcut.activated.connect(act)


_ARROWS = {
    int(Qt.Key.Key_Left): (-1, 0),
    int(Qt.Key.Key_Right): (1, 0),
    int(Qt.Key.Key_Up): (0, -1),
    int(Qt.Key.Key_Down): (0, 1),
}


def arrow(event: QKeyEvent) -> tuple[int, int] | None:
    """Return the direction (x, y) of an arrow key, y down; None for another key."""
    return _ARROWS.get(event.key())
