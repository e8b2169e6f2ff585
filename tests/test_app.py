"""The viewer: model without Qt, window offscreen, one worker."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from stereosim.experiments.progress import Cancel, Progress
from stereosim_gui.model import PRESETS, AppModel, CaseInfo, Picture, Window
from stereosim_gui.worker import Report, Worker

CASES = [CaseInfo("a", "First case", "# One\n\nText of one."), CaseInfo("b", "Second", "Two.")]


def picture(view: str) -> Picture:
    """A ramp from 0.1 to 0.9, twice as wide as high."""
    kind = "ultrasound" if view == "ultrasound" else "xray"
    pixels = np.tile(np.linspace(0.1, 0.9, 200, dtype=np.float32), (100, 1))
    return Picture(view, kind, pixels, 60.0, 30.0, f"{view} caption")


def four(name: str, cancel: Cancel, report: Report) -> Iterator[Picture]:
    """Stand in for the simulator."""
    for done, view in enumerate(("scout", "left", "right", "ultrasound")):
        report(Progress(f"making {view}", done, 4, float(done), 4.0 - done))
        yield picture(view)


class Pump:
    """A thread's inbox: deliveries wait until the test fetches them."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        end = time.monotonic() + timeout_s
        while not condition():
            try:
                self.calls.get(timeout=max(0.0, end - time.monotonic()))()
            except queue.Empty:
                pytest.fail("the worker did not deliver in time")


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def worker(pump: Pump) -> Iterator[Worker]:
    made = Worker(pump.calls.put)
    yield made
    made.stop()


def test_choosing_a_case_brings_its_pictures_and_progress(pump: Pump, worker: Worker) -> None:
    model = AppModel(CASES, four, worker)
    stages: list[str | None] = []
    views: list[str] = []
    model.progress_changed.connect(
        lambda: stages.append(model.progress.stage if model.progress else None)
    )
    model.picture_ready.connect(lambda made: views.append(made.view))
    model.choose("b")
    assert model.case == CASES[1] and model.pictures == {}
    pump.until(lambda: len(stages) > 0 and stages[-1] is None)
    assert views == ["scout", "left", "right", "ultrasound"] == list(model.pictures)
    assert stages[0] == "making scout"


def test_an_unknown_case_changes_nothing(worker: Worker) -> None:
    model = AppModel(CASES, four, worker)
    with pytest.raises(KeyError):
        model.choose("zzz")
    assert model.case is None


def test_nothing_of_a_dropped_case_arrives(pump: Pump, worker: Worker) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(name: str, cancel: Cancel, report: Report) -> Iterator[Picture]:
        if name == "a":
            yield picture("left")
            started.set()
            go_on.wait(10)
            yield picture("right")
        else:
            yield picture("scout")

    model = AppModel(CASES, slow, worker)
    model.choose("a")
    assert started.wait(10)
    model.choose("b")  # the left picture of case a is made and still undelivered
    go_on.set()
    pump.until(lambda: "scout" in model.pictures)
    assert list(model.pictures) == ["scout"]


def test_a_failure_of_the_simulator_is_told_and_the_model_goes_on(
    pump: Pump, worker: Worker
) -> None:
    def broken(name: str, cancel: Cancel, report: Report) -> Iterator[Picture]:
        yield picture("scout")
        raise ZeroDivisionError("no breast")

    model = AppModel(CASES, broken, worker)
    told: list[str] = []
    model.failed.connect(told.append)
    for count in (1, 2):
        model.choose("a")
        pump.until(lambda count=count: len(told) == count)  # type: ignore[misc]
    assert told == ["ZeroDivisionError: no breast"] * 2
    assert model.progress is None


def test_windows_follow_drag_preset_and_fit(pump: Pump, worker: Worker) -> None:
    model = AppModel(CASES, four, worker)
    changed: list[str] = []
    model.window_changed.connect(changed.append)
    model.apply_preset("xray", 5)
    _, level, width = PRESETS["xray"][4]
    assert model.windows["xray"] == Window(level, width)
    model.drag_window("xray", 0.25, -0.125)
    assert model.windows["xray"] == Window(level - 0.125, width + 0.25)
    model.drag_window("xray", -99.0, 0.0)
    assert model.windows["xray"].width > 0.0
    model.invert("xray")
    assert model.windows["xray"].inverted and not model.windows["ultrasound"].inverted
    model.fit_window("left")  # nothing to fit to yet
    assert set(changed) == {"xray"}
    model.choose("a")
    pump.until(lambda: "left" in model.pictures)
    model.fit_window("left")
    low, high = model.windows["xray"].limits
    assert (low, high) == pytest.approx((0.108, 0.898), abs=0.005)  # 1st and 99.8th percentile


HEAVY = ("numba", "scipy", "matplotlib")


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        ("model, worker, looks, signals, command", (*HEAVY, "PySide6", "pyqtgraph")),
        ("main_window", HEAVY),
    ],
)
def test_importing_the_app_is_light(qt: None, modules: str, forbidden: tuple[str, ...]) -> None:
    code = (
        f"import sys; from stereosim_gui import {modules}\n"
        f"print([m for m in {forbidden} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


# --- the window, offscreen ---


@pytest.fixture(scope="module")
def qt() -> None:
    """Skip, with the reason, where the system lacks libraries of Qt that could not be installed."""
    try:
        import PySide6.QtTest
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")


@pytest.fixture
def window(qt: None, monkeypatch: pytest.MonkeyPatch) -> Iterator["object"]:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    from stereosim_gui import looks, main_window
    from stereosim_gui.theme import dress

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    dress(app)
    monkeypatch.setattr(looks, "library", lambda: CASES)
    monkeypatch.setattr(looks, "pictures", four)
    courier = main_window.Courier()
    _, made = main_window.build(courier)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def wait(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Let Qt work until `condition` holds."""
    from PySide6.QtTest import QTest

    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "the window did not get there in time"
        QTest.qWait(10)


def test_clicking_a_case_fills_the_panes(window: object) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from stereosim_gui.main_window import MainWindow

    assert isinstance(window, MainWindow)
    rectangle = window.list.visualItemRect(window.list.item(1))
    QTest.mouseClick(window.list.viewport(), Qt.MouseButton.LeftButton, pos=rectangle.center())
    assert "Two" in window.text.toPlainText()
    wait(lambda: all(pane.shows_picture for pane in window.panes.values()))
    wait(lambda: not window.progress.isVisible())
    assert "Second" in window.windowTitle()


def test_nothing_is_made_before_a_case_is_chosen(window: object) -> None:
    from PySide6.QtTest import QTest

    from stereosim_gui.main_window import MainWindow

    assert isinstance(window, MainWindow)
    window.list.setFocus()
    QTest.qWait(50)
    assert not any(pane.shows_picture for pane in window.panes.values())
    assert window.windowTitle() == "stereosim"


def test_keys_and_right_drag_change_the_window_of_a_kind(window: object) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    from stereosim_gui.main_window import MainWindow

    assert isinstance(window, MainWindow)
    window.list.setCurrentRow(0)
    wait(lambda: all(pane.shows_picture for pane in window.panes.values()))
    window.panes["left"].setFocus()
    QTest.keyClick(window.panes["left"], Qt.Key.Key_5)
    _, level, width = PRESETS["xray"][4]
    expected = pytest.approx((level - width / 2, level + width / 2))
    for view in ("scout", "left", "right"):
        assert window.panes[view].shown_limits == expected
    assert window.panes["ultrasound"].shown_limits == pytest.approx((0.0, 1.0))

    window.panes["ultrasound"].window_dragged.emit(0.5, 0.25)
    assert window.panes["ultrasound"].shown_limits == pytest.approx((0.0, 1.5))
    assert window.panes["left"].shown_limits == expected

    pane = window.panes["left"]
    port, start = pane.viewport(), QPoint(100, 100)
    QTest.mousePress(port, Qt.MouseButton.RightButton, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(port, start + QPoint(10 * step, 0))
        QTest.qWait(20)
    QTest.mouseRelease(port, Qt.MouseButton.RightButton, pos=start + QPoint(50, 0))
    low, high = pane.shown_limits
    assert high - low > width


def test_none_keeps_its_references_over_many_qt_calls(qt: None) -> None:
    """Some releases of PySide6 lose one reference to None at every void call, and crash in time."""
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(10_000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - 50
