"""Random events at the whole window: no exception, no leak, a state that holds together.

Seeded, so that a failure can be repeated: ``EVENTS_SEED=n`` chooses another sequence.  Blind events
hardly ever get past the first page, so some of them are those of somebody who knows the way: the
big button, a place in each view, FIRE, an answer to a question.
"""

import ctypes
import gc
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stereosim_gui.model.stages import Stage, fired, needle_in
from tests import app_procedures as do
from tests.app_driver import Trainee, at_the_app, is_open
from tests.app_scenes import wait_ms, wait_until

SEED = int(os.environ.get("EVENTS_SEED", "1"))
LEAK_MB = 5.0
CASES = ("case-1", "cluster-in-mass", "thin-breast", "large-cluster")


def resident_mb() -> float:
    """Memory of this process that is in use, after everything that can be given back was."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Monkey:
    """Presses keys, clicks, drags and turns the wheel wherever it happens to be.

    Events are made from a timer, so that they go on inside dialogs and menus, which may run loops
    of their own, and so that the worker gets its turn between them.
    """

    def __init__(self, trainee: Trainee, seed: int) -> None:
        from stereosim_gui.views.keys import KEYS

        self.trainee = trainee
        self.window = trainee.window
        self.random = random.Random(seed)
        self.left = 0
        self._at_work = 0
        self.trail: list[str] = []
        self.reached: set[str] = set()
        # Quitting would end the test, and leaving the attempt most of what there is to be seen.
        self.keys = [k for key in KEYS.values() for k in key.keys if key.name not in _NOT_PRESSED]
        self.keys += ["Tab", "Shift+Tab", "Up", "Down", "Left", "Right", "Space", "Esc", "Return"]

    def run(self, events: int, each: Callable[[], None]) -> None:
        """Make `events` events; `each` is called between them."""
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        failures: list[BaseException] = []
        self.left = events

        def some() -> None:
            if self.left <= 0:
                return
            # A new timer each time: one that is being served is silent in the loop of a menu.
            QTimer.singleShot(3, some)
            if self._at_work and QApplication.activePopupWidget() is None:
                return  # Qt's tests let events be handled between press and release
            try:
                for _ in range(min(3, self.left)):
                    self.left -= 1
                    self._event()
                each()
                self._write_down()
            except BaseException as error:  # a timer would swallow it
                failures.append(error)
                self.left = 0

        QTimer.singleShot(0, some)
        wait_until(lambda: self.left <= 0, timeout_s=3600.0)
        if failures:
            raise failures[0]

    def _write_down(self) -> None:
        """Note how far the procedures got."""
        app = self.trainee.app
        attempt = app.attempt
        if attempt is None or not attempt.started:
            return
        self.reached.add(f"{attempt.spec.guidance} {app.stage}")
        state = attempt.state
        if any(p.view == "right" for p in attempt.pictures):
            self.reached.add("a pair")
        if needle_in(state):
            self.reached.add("a needle in")
        if fired(state):
            self.reached.add("a needle fired")
        if state.seen.cores:
            self.reached.add("a core")

    # --- events -----------------------------------------------------------------------------------
    def _event(self) -> None:
        what = self.random.choices(
            (self._key, self._click, self._drag, self._wheel, self._type, self._go_on),
            (4, 4, 1, 1, 1, 6),
        )[0]
        if self.trainee.top is self.window and not self.window.isActiveWindow():
            self.window.activateWindow()  # as a window manager does when a dialog is closed
        self._at_work += 1
        try:
            what(self.trainee.top)
        finally:
            self._at_work -= 1

    def _go_on(self, top: Any) -> None:
        """Do what somebody would do who knows the way."""
        page, attempt = self.window.page, self.trainee.app.attempt
        if top is not self.window:
            self._answer(top)
        elif attempt is None:
            self._press(self.window.gallery.briefing.begin)
        elif page is not None and attempt.started and not attempt.busy:
            stage = self.trainee.app.stage
            if stage is Stage.TARGET and self.random.random() < 0.7:
                self._mark(page, attempt)
            elif stage is Stage.PREFIRE and self.random.random() < 0.4:
                self._press_key("Ctrl+F")
            elif stage is Stage.SAMPLE and self.random.random() < 0.3:
                self._press(page.current.round)
            elif stage is Stage.DEBRIEF and self.random.random() < 0.2:
                self._press_key("Ctrl+W")
            else:
                self._press(page.primary)

    def _mark(self, page: Any, attempt: Any) -> None:
        """Put the mark somewhere in the middle of each view, or of the frozen image."""
        if attempt.spec.guidance == "ultrasound":
            if not attempt.sonography.frozen or not attempt.sonography.kept:
                self._press(page.primary)
                return
            image = page.images.image
            u, z = self.random.uniform(-12.0, 12.0), self.random.uniform(8.0, 25.0)
            self._click_at(image, image.pixel_of((u, z)).toPoint())
            reasons = getattr(page.current, "reasons", None)
            if reasons is not None:
                self._press(reasons[self.random.choice(("specks", "correlate"))])
                self._press(page.primary)
            return
        for view, pane in page.images.rows[0].items():
            if pane.picture is not None and pane.isVisible():
                column, row = pane.picture.anchor
                # About in the middle of the breast's thickness.
                column += {"left": -40.0, "right": 40.0}[view] + self.random.uniform(-25.0, 25.0)
                x, y = pane.viewport.to_pane(column, row + self.random.uniform(-4.0, 4.0))
                self._click_at(pane, _point(x, y))
        self._press(page.primary)

    def _answer(self, top: Any) -> None:
        """Press one of the buttons of a dialog, or choose from a menu."""
        from PySide6.QtWidgets import QMenu, QPushButton

        if isinstance(top, QMenu):
            actions = top.actions()
            if actions:
                self._click_at(top, top.actionGeometry(self.random.choice(actions)).center())
            return
        buttons = [b for b in top.findChildren(QPushButton) if b.isVisible() and b.isEnabled()]
        if buttons:
            self._press(self.random.choice(buttons))

    def _press(self, button: Any) -> None:
        from PySide6.QtCore import QPoint
        from PySide6.QtWidgets import QRadioButton

        if button.isVisible() and button.isEnabled():
            middle = button.rect().center()
            if isinstance(button, QRadioButton):
                middle = QPoint(12, button.height() // 2)
            self._click_at(button, middle)

    def _place(self, top: Any) -> tuple[Any, Any]:
        from PySide6.QtCore import QPoint

        at = QPoint(
            self.random.randrange(max(1, top.width())), self.random.randrange(max(1, top.height()))
        )
        widget = top.childAt(at) or top
        return widget, widget.mapFrom(top, at) if widget is not top else at

    def _click(self, top: Any) -> None:
        from PySide6.QtCore import Qt

        widget, at = self._place(top)
        button = self.random.choices(
            (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton),
            (8, 1, 1),
        )[0]
        self._click_at(widget, at, button)

    def _click_at(self, widget: Any, at: Any, button: Any = None) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        if button is None:
            button = Qt.MouseButton.LeftButton
        self.trail.append(f"click {button} {_called(widget)} {at.toTuple()}")
        top = widget.window()
        window, place = self.trainee.point(widget, at)
        QTest.mouseMove(window, place)
        if is_open(top):
            self.trainee.strike(top, place, button)

    def _drag(self, top: Any) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        widget, at = self._place(top)
        button = self.random.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton))
        by = QPoint(self.random.randint(-80, 80), self.random.randint(-80, 80))
        self.trail.append(f"drag {button} {_called(widget)} {at.toTuple()} {by.toTuple()}")
        window, place = self.trainee.point(widget, at)
        held = Qt.KeyboardModifier.NoModifier
        top = widget.window()
        QTest.mousePress(window, button, held, place)
        for part in (0.5, 1.0):
            if is_open(top):
                QTest.mouseMove(window, place + by * part)
        alive = top if is_open(top) else self.trainee.top.window()
        QTest.mouseRelease(alive.windowHandle(), button, held, place + by)

    def _wheel(self, top: Any) -> None:
        widget, at = self._place(top)
        self.trail.append(f"wheel {_called(widget)}")
        self.trainee.wheel(widget, at, self.random.choice((-1, 1)))

    def _key(self, top: Any) -> None:
        self._press_key(self.random.choice(self.keys))

    def _press_key(self, name: str) -> None:
        from PySide6.QtGui import QKeySequence

        if QKeySequence(name).isEmpty():
            return
        top = self.trainee.top
        self.trail.append(f"key {name} in {_called(top)}, at {_called(self.trainee.focus)}")
        self.trainee.tap(name)

    def _type(self, top: Any) -> None:
        self._press_key(self.random.choice([*"0123456789", ".", "-"]))


# What the monkey does not press: what ends the test or puts a window over the whole screen.
_NOT_PRESSED = {"quit", "fullscreen", "leave", "nudge", "pan", "probe", "turn"}


def _called(widget: Any) -> str:
    if widget is None:
        return "nothing"
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()!r}"


def _point(x: float, y: float) -> Any:
    from PySide6.QtCore import QPointF

    return QPointF(x, y).toPoint()


@pytest.fixture
def trainee(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainee]:
    try:
        from PySide6.QtGui import QDesktopServices
        from PySide6.QtWidgets import QFileDialog
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    # The system's own windows are not the app's.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **kwargs: ("", ""))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: True)
    with at_the_app() as somebody:
        yield somebody


def consistent(app: Any) -> None:
    """What must hold between any two events."""
    attempt = app.attempt
    if attempt is None:
        assert app.stage is None
        return
    if not attempt.started:
        return
    state, seen = attempt.state, attempt.seen
    assert app.stage in app.reachable
    kinds = [picture.kind for picture in attempt.pictures]
    assert kinds.count("xray") == seen.exposures
    assert kinds.count("ultrasound") == len(seen.stills)
    assert kinds.count("specimen") == len(seen.films)
    assert seen.cores == len(state.truth.tissue.cores) == len(seen.hours)
    firings = [intent for intent in state.intents if intent.name == "fire"]
    assert len(firings) == len(state.truth.firings)
    assert attempt.ended == (app.stage is Stage.DEBRIEF)
    for mark in (attempt.marks.left, attempt.marks.right):
        assert mark is None or all(abs(v) < 1e5 for v in mark)


def bring_back(trainee: Trainee) -> None:
    """Close what is open and go back to the gallery, as the keys do."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    for _ in range(20):
        open_one = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        if open_one is None:
            break
        open_one.close()
        wait_ms(5)
    trainee.app.leave()
    trainee.window.tour.stop()
    wait_ms(50)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert trainee.app.attempt is None and trainee.window.isVisible()
    # Nothing of the attempt is under way any more.
    idle: list[bool] = []
    trainee.app.worker.start(
        lambda cancel, report: iter([True]),
        each=idle.append,
        progress=lambda progress: None,
        done=lambda: None,
        failed=pytest.fail,
    )
    wait_until(lambda: bool(idle))
    wait_ms(20)


def abuse(
    trainee: Trainee, rounds: int, events: int, until: frozenset[str] = frozenset()
) -> tuple[list[float], set[str]]:
    """Run `rounds` of `events` events, each in new attempts, and more until all of `until` is seen.

    Returns the memory after each round, back in the gallery, and how far they got.
    """
    app = trainee.app
    monkey = Monkey(trainee, SEED)
    memory: list[float] = []

    def each() -> None:
        consistent(app)
        assert not trainee.broken, f"{trainee.broken[0]}\nafter " + "\n".join(monkey.trail[-15:])

    while len(memory) < rounds or (not until <= monkey.reached and len(memory) < 8 * rounds):
        number = len(memory)
        guidance = ("stereotactic", "ultrasound")[number % 2]
        do.begin(trainee, CASES[number // 2 % len(CASES)], guidance, exam=number % 5 == 4)
        monkey.run(events, each)
        bring_back(trainee)
        memory.append(resident_mb())
    return memory, monkey.reached


DEEP = frozenset({"a pair", "a needle in", "a needle fired", "a core"})


def test_random_events_break_nothing(trainee: Trainee) -> None:
    # How far chance gets in a few seconds depends on the machine; the slow test asks for more.
    far = frozenset({"a needle in"})
    _, reached = abuse(trainee, rounds=2, events=800, until=far)
    assert far <= reached, reached


@pytest.mark.slow
def test_20_000_random_events_break_nothing_and_leak_nothing(trainee: Trainee) -> None:
    memory, reached = abuse(trainee, rounds=32, events=650)
    assert reached >= DEEP, reached
    # The first third fills caches that stay (tissue under the probe, 15 rounds); then it must not
    # grow.  One round differs from the next by 20 MB: the largest of eight are compared.
    growth = max(memory[-8:]) - max(memory[12:20])
    assert growth < LEAK_MB, memory
