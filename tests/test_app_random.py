"""Random events at the whole window: no exception, no leak, a state that holds together.

Seeded, so that a failure can be repeated: ``EVENTS_SEED=n`` chooses another sequence.
"""

import ctypes
import gc
import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.app_scenes import wait_ms, wait_until

SEED = int(os.environ.get("EVENTS_SEED", "1"))
LEAK_MB = 5.0


def resident_mb() -> float:
    """Memory of this process that is in use, after everything that can be given back was."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Monkey:
    """Presses keys, clicks, drags and turns the wheel wherever it happens to be.

    Events are posted from a timer, so that they go on inside dialogs, which run loops of their own.
    """

    def __init__(self, window: Any, seed: int) -> None:
        from stereosim_gui.views.keys import KEYS

        self.window = window
        self.random = random.Random(seed)
        self.left = 0
        self.trail: list[str] = []
        # Quitting would end the test, not the app's consistency.
        self.keys = [k for key in KEYS.values() if key.name != "quit" for k in key.keys]
        self.keys += ["Tab", "Shift+Tab", "Up", "Down", "Left", "Right", "Space", "Esc", "Return"]

    def run(self, events: int, each: Callable[[], None]) -> None:
        """Make `events` events; `each` is called between them now and then."""
        from PySide6.QtCore import QTimer

        self.left = events
        timer = QTimer()
        timer.setInterval(2)  # the worker gets its turn between the events
        timer.timeout.connect(lambda: self._some(each))
        timer.start()
        wait_until(lambda: self.left <= 0, timeout_s=1800.0)
        timer.stop()

    def _some(self, each: Callable[[], None]) -> None:
        for _ in range(min(5, self.left)):
            self.left -= 1
            self._event()
        each()

    def _event(self) -> None:
        from PySide6.QtWidgets import QApplication

        top = QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.window
        what = self.random.choices(
            (self._key, self._click, self._drag, self._wheel, self._digit, self._next),
            (5, 5, 1, 1, 1, 1),
        )[0]
        what(top)

    def _next(self, top: Any) -> None:
        """Press the big button, so that the procedure gets somewhere."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        page = self.window.page
        if top is self.window and page is not None and page.primary.isVisible():
            self.trail.append(f"press {page.primary.text()}")
            QTest.mouseClick(page.primary, Qt.MouseButton.LeftButton)

    def _place(self, top: Any) -> tuple[Any, Any]:
        from PySide6.QtCore import QPoint

        at = QPoint(
            self.random.randrange(max(1, top.width())), self.random.randrange(max(1, top.height()))
        )
        widget = top.childAt(at) or top
        return widget, widget.mapFrom(top, at) if widget is not top else at

    def _key(self, top: Any) -> None:
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        sequence = QKeySequence(self.random.choice(self.keys))
        if sequence.isEmpty():
            return
        pressed = sequence[0]
        widget = QApplication.focusWidget() or top
        self.trail.append(f"key {sequence.toString()} at {type(widget).__name__}")
        QTest.keyClick(widget, pressed.key(), pressed.keyboardModifiers())

    def _digit(self, top: Any) -> None:
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        widget = QApplication.focusWidget() or top
        text = self.random.choice("0123456789.-")
        self.trail.append(f"type {text} at {type(widget).__name__}")
        QTest.keyClicks(widget, text)

    def _click(self, top: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        widget, at = self._place(top)
        button = self.random.choices(
            (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton),
            (8, 1, 1),
        )[0]
        self.trail.append(f"click {button} {type(widget).__name__} {at.toTuple()}")
        QTest.mouseClick(widget, button, pos=at)

    def _drag(self, top: Any) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        widget, at = self._place(top)
        button = self.random.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton))
        by = QPoint(self.random.randint(-80, 80), self.random.randint(-80, 80))
        self.trail.append(f"drag {button} {type(widget).__name__} {at.toTuple()} {by.toTuple()}")
        QTest.mousePress(widget, button, pos=at)
        QTest.mouseMove(widget, at + by / 2)
        QTest.mouseMove(widget, at + by)
        QTest.mouseRelease(widget, button, pos=at + by)

    def _wheel(self, top: Any) -> None:
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        widget, at = self._place(top)
        self.trail.append(f"wheel {type(widget).__name__}")
        event = QWheelEvent(
            QPointF(at),
            QPointF(widget.mapToGlobal(at)),
            QPoint(),
            QPoint(0, self.random.choice((-120, 120))),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Any, Any, list[str]]]:
    """The window over the real simulator with coarse voxels, and what broke in it."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication, QMessageBox

    from stereosim_gui.model.app import AppModel
    from stereosim_gui.model.engine import Engine
    from stereosim_gui.views.courier import Courier
    from stereosim_gui.views.main_window import MainWindow
    from stereosim_gui.views.theme import dress
    from stereosim_gui.worker import Worker

    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    dress(qt)
    broken: list[str] = []
    hook = sys.excepthook
    sys.excepthook = lambda kind, error, trace: broken.append(f"{kind.__name__}: {error}")
    courier = Courier()
    worker = Worker(courier.deliver)
    app = AppModel(worker, make_engine=lambda spec: Engine(replace(spec, voxel_mm=1.5)))
    app.failed.connect(lambda error: broken.append(f"{type(error).__name__}: {error}"))
    window = MainWindow(app)
    window.show_error = lambda error, *rest: broken.append(repr(error))  # type: ignore[assignment]
    window.show()
    yield app, window, broken
    QApplication.closeAllWindows()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    worker.stop()
    sys.excepthook = hook
    assert QMessageBox is not None


def consistent(app: Any) -> None:
    """What must hold between any two events."""
    attempt = app.attempt
    if attempt is None:
        assert app.stage is None
        return
    if not attempt.started:
        return
    assert app.stage in app.reachable
    films = len(attempt.seen.films)
    xrays = sum(p.kind == "xray" for p in attempt.pictures)
    assert xrays == attempt.seen.exposures
    assert sum(p.kind == "specimen" for p in attempt.pictures) == films
    assert attempt.seen.cores == len(attempt.state.truth.tissue.cores)
    if attempt.state.intents and attempt.state.intents[-1].name == "fire":
        assert attempt.state.truth.fired


def bring_back(app: Any, window: Any) -> None:
    """Close what is open and go back to the gallery."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    for _ in range(20):
        modal = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        if modal is None:
            break
        modal.close()
        wait_ms(5)
    app.leave()
    wait_ms(50)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.isVisible()


def abuse(opened: tuple[Any, Any, list[str]], rounds: int, events: int) -> list[float]:
    """Run `rounds` of `events` events, each in new attempts; return the memory after each."""
    from stereosim_gui.model.spec import AttemptSpec

    app, window, broken = opened
    monkey = Monkey(window, SEED)
    memory = []
    for number in range(rounds):
        guidance = ("stereotactic", "ultrasound")[number % 2]
        app.start(AttemptSpec("case-1", SEED + number, guidance))

        def each() -> None:
            consistent(app)
            assert not broken, f"{broken[0]}\nafter " + "\n".join(monkey.trail[-12:])

        monkey.run(events, each)
        bring_back(app, window)
        memory.append(resident_mb())
    return memory


def test_random_events_break_nothing(opened: tuple[Any, Any, list[str]]) -> None:
    abuse(opened, rounds=2, events=600)


@pytest.mark.slow
def test_20_000_random_events_break_nothing_and_leak_nothing(
    opened: tuple[Any, Any, list[str]],
) -> None:
    memory = abuse(opened, rounds=20, events=1000)
    # The first half fills caches that stay; the second half must not grow.
    growth = max(memory[-4:]) - max(memory[8:12])
    assert growth < LEAK_MB, memory
