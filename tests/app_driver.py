"""A trainee at the app: finds what is on the screen by its name, and uses mouse and keyboard.

Events enter through the window (as the windowing system would give them): a widget that is covered,
locked behind a dialog or without the keyboard does not get them.  The model is only read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.app import AppModel, Shelf
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.engine import Engine
from stereosim_gui.model.settings import Settings
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.worker import Worker
from tests.app_scenes import wait_ms, wait_until
from tests.golden import in_plain_font

Array = NDArray[np.float64]

# Coarse voxels where nobody looks at the picture; noise and specks are as fine as ever.
COARSE_MM = 1.5
WINDOW = (1280, 800)


def coarse(spec: AttemptSpec) -> Engine:
    """Make an engine that is fast because its tissue is coarse."""
    return Engine(replace(spec, voxel_mm=COARSE_MM))


class Trainee:
    """Somebody who sits at the window.

    Attributes
    ----------
    app, window : AppModel, MainWindow
        What is driven; `app` is read only.
    broken : list of str
        Every exception that reached the top, and every error that the model reported.
    refused : list of str
        What the procedure refused.
    """

    def __init__(self, app: AppModel, window: Any) -> None:
        self.app = app
        self.window = window
        self.broken: list[str] = []
        self.refused: list[str] = []
        app.failed.connect(lambda error: self.broken.append(f"{type(error).__name__}: {error}"))
        app.attempt_changed.connect(self._meet)

    def _meet(self) -> None:
        attempt = self.app.attempt
        if attempt is not None:
            attempt.refused.connect(self.refused.append)

    # --- what there is ----------------------------------------------------------------------------
    @property
    def attempt(self) -> Attempt:
        assert self.app.attempt is not None
        return self.app.attempt

    @property
    def page(self) -> Any:
        return self.window.page

    @property
    def top(self) -> Any:
        """The window that gets the events: a menu, a dialog, else the main window."""
        from PySide6.QtWidgets import QApplication

        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.window

    def seen(self, kind: type[Any] | None = None, within: Any = None) -> list[Any]:
        """Return the widgets of a kind that are in sight."""
        from PySide6.QtWidgets import QWidget

        found = (within or self.top).findChildren(kind or QWidget)
        return [widget for widget in found if widget.isVisible()]

    def find(self, name: str, kind: type[Any] | None = None, within: Any = None) -> Any:
        """Return the one widget in sight that is called or says `name`."""
        found = [w for w in self.seen(kind, within) if name in names_of(w)]
        assert found, f"no {name!r} in sight; there is {self.words(within)}"
        exact = [w for w in found if w.isEnabled()] or found
        assert len(exact) == 1, f"{len(exact)} times {name!r}: {exact}"
        return exact[0]

    def words(self, within: Any = None) -> list[str]:
        """Return all words on labels and buttons in sight."""
        found = [names_of(widget) for widget in self.seen(within=within)]
        return sorted({name for names in found for name in names if name})

    def says(self, *parts: str, within: Any = None) -> bool:
        """Whether some label in sight holds all of `parts`."""
        return any(all(part in words for part in parts) for words in self.words(within))

    # --- waiting ----------------------------------------------------------------------------------
    def settle(self) -> None:
        """Wait until nothing is under way."""

        def quiet() -> bool:
            attempt = self.app.attempt
            if attempt is None:
                return self.app.waiting is None
            if not attempt.started or attempt.busy:
                return False
            marks = attempt.marks
            marked = marks.left is not None or marks.right is not None
            if attempt.spec.guidance == "ultrasound":
                return not attempt.sonography.waiting
            return not marked or attempt.preview is not None

        wait_ms(2)
        wait_until(quiet)
        # Lay-outs that were put off, and what a listener began just now.
        wait_ms(2)
        wait_until(quiet)
        if self.top is self.window and not self.window.isActiveWindow():
            # What a window manager does when a dialog is closed; offscreen there is none.
            self.window.activateWindow()
            wait_until(self.window.isActiveWindow, 10.0)

    def hear(self, code: str, timeout_s: float = 60.0) -> Any:
        """Wait until the hint bar has a lesson of that code among its own; return it."""
        hints = self.page.hints

        def said() -> bool:
            return any(lesson.code == code for lesson in hints.lessons)

        try:
            wait_until(said, timeout_s)
        except AssertionError:
            raise AssertionError(f"no {code}; {[item.code for item in hints.lessons]}") from None
        return next(item for item in hints.lessons if item.code == code)

    # --- mouse ------------------------------------------------------------------------------------
    def point(self, widget: Any, at: Any = None) -> tuple[Any, Any]:
        """Return the window of `widget` and the place in it of a point of the widget."""
        from PySide6.QtCore import QPoint, QPointF
        from PySide6.QtWidgets import QCheckBox, QRadioButton

        where = widget.rect().center() if at is None else at
        if at is None and isinstance(widget, (QCheckBox, QRadioButton)):
            # They take clicks on their words only.
            where = QPoint(12, widget.height() // 2)
        if isinstance(where, QPointF):
            where = where.toPoint()
        top = widget.window()
        return top.windowHandle(), widget.mapTo(top, where)

    def click(self, what: Any, at: Any = None, *, button: str = "Left", held: str = "No") -> None:
        """Click a widget, or the one of that name, with the mouse; wait for what it does."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        widget = self.find(what) if isinstance(what, str) else what
        assert widget.isEnabled(), f"{names_of(widget)} cannot be used now"
        self.reveal(widget)
        window, place = self.point(widget, at)
        for _ in range(5):
            QTest.mouseMove(window, place)
            window, now = self.point(widget, at)
            if now == place:
                break
            # A lay-out that had been put off: the eye follows.
            place = now
        modifier = Qt.KeyboardModifier[f"{held}Modifier"]
        QTest.mouseClick(window, Qt.MouseButton[f"{button}Button"], modifier, place)
        self.settle()

    def strike(self, top: Any, place: Any, button: Any, held: str = "No") -> None:
        """Press and release a button of the mouse at a place of a window.

        Where the press closes the window, the release goes to the one below: Qt's own click would
        send it to what is no longer there.
        """
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        modifier = Qt.KeyboardModifier[f"{held}Modifier"]
        QTest.mousePress(top.windowHandle(), button, modifier, place)
        alive = top if is_open(top) else self.top.window()
        QTest.mouseRelease(alive.windowHandle(), button, modifier, place)

    def tap(self, keys: str) -> None:
        """Press and release keys such as ``"Ctrl+Z"`` in the window that has the keyboard."""
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QMenu

        pressed = QKeySequence(keys)[0]
        key, held = pressed.key(), pressed.keyboardModifiers()
        top = self.top.window()
        if isinstance(top, QMenu):
            # It closes at a modifier, and what Qt's test sends after that would meet no window.
            QTest.keyClick(top, key)
            return
        QTest.keyPress(top.windowHandle(), key, held)
        alive = top if is_open(top) else self.top.window()
        QTest.keyRelease(alive.windowHandle(), key, held)

    def drag(
        self, widget: Any, start: Any, end: Any, *, button: str = "Left", steps: int = 6
    ) -> None:
        """Press at `start`, move to `end` in steps, let go."""
        from PySide6.QtCore import QPointF, Qt
        from PySide6.QtTest import QTest

        which = Qt.MouseButton[f"{button}Button"]
        window, place = self.point(widget, start)
        QTest.mouseMove(window, place)
        QTest.mousePress(window, which, Qt.KeyboardModifier.NoModifier, place)
        start, end = QPointF(start), QPointF(end)
        for step in range(1, steps + 1):
            _, place = self.point(widget, start + (end - start) * (step / steps))
            QTest.mouseMove(window, place)
            wait_ms(1)
        QTest.mouseRelease(window, which, Qt.KeyboardModifier.NoModifier, place)
        self.settle()

    def wheel(self, widget: Any, at: Any, notches: int) -> None:
        """Turn the wheel over a point of a widget."""
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        at = QPointF(at)
        for _ in range(abs(notches)):
            turned = QPoint(0, 120 if notches > 0 else -120)
            event = QWheelEvent(
                at, QPointF(widget.mapToGlobal(at)), QPoint(), turned,
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(widget, event)

    def reveal(self, widget: Any) -> None:
        """Scroll so that `widget` is in sight, where it lies in something that scrolls."""
        from PySide6.QtWidgets import QScrollArea

        parent = widget.parentWidget()
        while parent is not None:
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(widget)
            parent = parent.parentWidget()

    # --- keyboard ---------------------------------------------------------------------------------
    def key(self, keys: str, times: int = 1) -> None:
        """Press keys such as ``"Ctrl+Z"``; wait for what they do."""
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest

        pressed = QKeySequence(keys)[0]
        for _ in range(times):
            window = self.top.window().windowHandle()
            QTest.keyClick(window, pressed.key(), pressed.keyboardModifiers())
            self.settle()

    def type(self, text: str) -> None:
        """Type text, letter by letter."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        for letter in text:
            window = self.top.window().windowHandle()
            key = {"-": Qt.Key.Key_Minus, ".": Qt.Key.Key_Period}.get(letter)
            QTest.keyClick(window, key or Qt.Key[f"Key_{letter.upper()}"])
        self.settle()

    @property
    def focus(self) -> Any:
        from PySide6.QtWidgets import QApplication

        return QApplication.focusWidget()

    def tab_to(self, what: Any, most: int = 80) -> None:
        """Press Tab until a widget, or one of that name, has the keyboard."""
        for _ in range(most):
            if self.focus is not None and (
                what is self.focus or (isinstance(what, str) and what in names_of(self.focus))
            ):
                return
            self.key("Tab")
        raise AssertionError(f"Tab does not get to {what!r}")

    # --- dialogs ----------------------------------------------------------------------------------
    @property
    def question(self) -> Any:
        """The dialog that is open."""
        from PySide6.QtWidgets import QApplication

        box = QApplication.activeModalWidget()
        assert box is not None, "no dialog is open"
        return box

    # --- the procedure ----------------------------------------------------------------------------
    def primary(self) -> None:
        """Click the big button."""
        self.click(self.page.primary)

    def stage(self, stage: Stage) -> None:
        """Expect the page of that stage."""
        assert self.app.stage is stage, f"{self.app.stage}, refused {self.refused}, {self.broken}"

    def pane(self, view: str, row: int = 0) -> Any:
        images = self.page.images
        return images.scout if view == "scout" else images.rows[row][view]

    def click_in_view(self, view: str, pixel: tuple[float, float], zoom: int = 12) -> None:
        """Zoom in on a pixel of a view with the wheel, then click it."""
        from PySide6.QtCore import QPointF

        pane = self.pane(view)
        for _ in range(zoom):
            self.wheel(pane, QPointF(*pane.viewport.to_pane(*pixel)).toPoint(), 1)
        self.click(pane, QPointF(*pane.viewport.to_pane(*pixel)))


def is_open(top: Any) -> bool:
    """Whether a window, dialog or menu is still there."""
    from PySide6.QtWidgets import QApplication

    there = any(widget is top for widget in QApplication.topLevelWidgets())
    return there and top.isVisible() and top.windowHandle() is not None


def names_of(widget: Any) -> tuple[str, ...]:
    """Return everything that a widget is called or says."""
    names = [widget.objectName(), widget.accessibleName()]
    text = getattr(widget, "text", None)
    if callable(text):
        try:
            words = str(text())
        except TypeError:
            words = ""
        names += [words, words.replace("&", "").removesuffix("  (Enter)")]
    return tuple(dict.fromkeys(names))


# --- what only the test knows ---------------------------------------------------------------------
def true_specks(attempt: Attempt) -> Array:
    """Return where the target's specks are now, in the frame of the procedure."""
    tissue = attempt.state.truth.tissue
    centres: Array = tissue.specks.solids.centres_mm[tissue.original.target]
    return centres


def middle_speck(attempt: Attempt) -> Array:
    """Return the target's speck that lies nearest to their middle."""
    specks = true_specks(attempt)
    return specks[np.argmin(np.linalg.norm(specks - specks.mean(axis=0), axis=1))]


def pixels_of_point(attempt: Attempt, place_mm: Array) -> dict[str, tuple[float, float]]:
    """Return (column, row) of a place in the scout and both views."""
    from stereosim.geometry.projection import project
    from stereosim.geometry.views import scout, stereo_pair

    unit = attempt.engine.room.unit
    left, right = stereo_pair(unit)
    views = {"scout": scout(unit), "left": left, "right": right}
    found = {name: project(view, place_mm[None])[0] for name, view in views.items()}
    return {name: (float(pixel[0]), float(pixel[1])) for name, pixel in found.items()}


@contextmanager
def at_the_app(
    *,
    shelf: Shelf | None = None,
    settings: Settings | None = None,
    make_engine: Callable[[AttemptSpec], Engine] | None = coarse,
    size: tuple[int, int] = WINDOW,
    data: Path | None = None,
) -> Iterator[Trainee]:
    """Open the window, its texts in the font that is alike everywhere.

    On leaving it is expected that nothing reached the top.
    """
    from PySide6.QtWidgets import QApplication

    from stereosim_gui.views.courier import Courier
    from stereosim_gui.views.main_window import MainWindow
    from stereosim_gui.views.theme import dress

    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    # The style is set once; after that only the font counts.
    dress(qt)
    settings = settings or Settings(language="en", toured=True)
    with in_plain_font(qt):
        dress(qt, settings.text_scale)
        courier = Courier()
        worker = Worker(courier.deliver)
        app = AppModel(worker, shelf=shelf, settings=settings, make_engine=make_engine)
        window = MainWindow(app, data)
        trainee = Trainee(app, window)
        with caught(trainee.broken):
            window.resize(*size)
            window.show()
            try:
                take_the_keyboard(window)
                yield trainee
            finally:
                throw_away(window)
                worker.stop()
    dress(qt)
    assert trainee.broken == []


@contextmanager
def caught(broken: list[str]) -> Iterator[None]:
    """Write down what reaches the top."""
    hook = sys.excepthook
    sys.excepthook = lambda kind, error, trace: broken.append(f"{kind.__name__}: {error}")
    try:
        yield
    finally:
        sys.excepthook = hook


@contextmanager
def at_a_session(
    data: Path, make_engine: Callable[[AttemptSpec], Engine] = coarse
) -> Iterator[Trainee]:
    """Open the app as its command does: with its store, settings, and net for errors."""
    import threading

    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from stereosim_gui.start import Session
    from stereosim_gui.views.theme import dress

    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    hook, other_hook = sys.excepthook, threading.excepthook
    session = Session(qt, data)
    session.app._make_engine = make_engine
    session.watch()
    session.window.resize(*WINDOW)
    session.window.show()
    try:
        take_the_keyboard(session.window)
        yield Trainee(session.app, session.window)
    finally:
        session.close()
        throw_away(session.window)
        sys.excepthook, threading.excepthook = hook, other_hook
        qInstallMessageHandler(None)
        dress(qt)


def take_the_keyboard(window: Any) -> None:
    """Make a window the one that has the keyboard."""
    window.activateWindow()
    wait_until(window.isActiveWindow, 30.0)
    wait_ms(5)


def throw_away(window: Any) -> None:
    """Close a window and all dialogs, and have Qt delete it."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    for box in QApplication.topLevelWidgets():
        if box is not window and box.isVisible():
            box.close()
    window.close()
    window.deleteLater()
    wait_ms(5)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
