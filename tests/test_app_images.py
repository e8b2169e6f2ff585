"""The image panes, driven by real mouse and key events on an attempt with a stub engine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest

from stereosim.biopsy.tissue import Tissue
from stereosim.geometry.targets import Triangulation
from stereosim.procedures.intents import Advance, Expose, Fire, Intent, MarkPair, Position, Withdraw
from stereosim.procedures.state import ProcedureState, Seen, Shot, Step, Truth
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.band import Band
from stereosim_gui.model.captions import edges
from stereosim_gui.model.display import Picture, Window, grey, pyramid, series_of
from stereosim_gui.model.engine import Engine, Marks, Preview, Stepped
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.worker import Report, Worker
from stereosim_phantoms.patient import NO_SPECKS, plain_patient
from tests.app_scenes import Pump

ROWS, COLUMNS = 900, 1600
# The paddle's window in each view: the top of the breast is seen farther to the side.
BOXES = {"scout": 500.0, "left": 600.0, "right": 400.0}
SIDE = 560.0
TOLERANCE_MM = 1.0


class StubEngine(Engine):
    """Goes through the steps of a procedure with pictures that a test can make."""

    def __init__(self, spec: AttemptSpec) -> None:
        super().__init__(spec)
        self.pixels = np.full((ROWS, COLUMNS), 0.3, np.float32)

    def begin(self, report: Report) -> ProcedureState:
        seen = Seen("stereotactic", plain_patient().referral, 50.0)
        return ProcedureState(Step.POSITION, seen, Truth(Tissue.untouched(NO_SPECKS)))

    def step(self, state: ProcedureState, intent: Intent) -> Stepped:
        seen, truth, step = state.seen, state.truth, state.step
        views: tuple[str, ...] = ()
        if isinstance(intent, Position):
            seen = replace(seen, first_shot=len(seen.shots), marked_mm=None)
            step = Step.SCOUT
        elif isinstance(intent, Expose):
            views = ("scout",) if intent.what == "scout" else ("left", "right")
        elif isinstance(intent, MarkPair):
            seen = replace(seen, marked_mm=np.zeros(3))
        elif isinstance(intent, Advance | Withdraw):
            needle = cast(Any, object()) if isinstance(intent, Advance) else None
            truth = Truth(replace(truth.tissue, needle=needle))
        elif isinstance(intent, Fire):
            truth = replace(truth, fired=True)
        phase = "target"
        if views == ("scout",):
            phase = "scout"
        elif truth.tissue.needle is not None:
            phase = "postfire" if truth.fired else "prefire"
        first = len(seen.shots) + 1
        made = tuple(self.picture(view, phase, first + k) for k, view in enumerate(views))
        shots = tuple(Shot(view, phase, cast(Any, None)) for view in views)
        seen = replace(seen, shots=(*seen.shots, *shots))
        new = replace(state, step=step, seen=seen, truth=truth, intents=(*state.intents, intent))
        return Stepped(new, (), made)

    def look_ahead(self, state: ProcedureState) -> None:
        """Nothing has to be prepared."""

    def margins(self, state: ProcedureState, target_mm: Any) -> dict[str, Any]:
        return {}

    def picture(self, view: str, phase: str, number: int) -> Picture:
        left = BOXES[view]
        facts = (("angle_deg", {"left": -15.0, "right": 15.0}.get(view, 0.0)), ("side", "right"))
        return Picture(
            view,
            phase,
            "xray",
            pyramid(self.pixels),
            (0.1, 0.1),
            number,
            facts,
            np.array([[left, 250.0, left + SIDE, 250.0 + SIDE]]),
        )

    def preview(self, state: ProcedureState, marks: Marks) -> Preview:
        bands = []
        for view, pixel in (("right", marks.left), ("left", marks.right)):
            if pixel is not None:
                ends = np.array([[pixel[0] - 100.0, pixel[1]], [pixel[0] + 100.0, pixel[1]]])
                bands.append(Band(view, ends, np.array([0.0, 50.0]), 10.0))
        target = None
        if marks.left is not None and marks.right is not None:
            mismatch = 0.1 * (marks.left[1] - marks.right[1])
            zero = np.zeros((2, 2))
            target = Triangulation(np.full(3, 20.0), np.eye(3), mismatch, 0.0, 1, 1.0, zero)
        return Preview(marks, tuple(bands), target, "", None, TOLERANCE_MM)


@dataclass
class Bench:
    """The images of an attempt in a window of their own."""

    app: AppModel
    attempt: Attempt
    engine: StubEngine
    pump: Pump
    images: Any

    def do(self, *intents: Intent) -> None:
        for intent in intents:
            assert self.attempt.send(intent)
            self.pump.until(lambda: not self.attempt.busy)
        self.show()

    def show(self, stage: Stage | None = None) -> None:
        if stage is not None:
            assert self.app.show(stage)
        assert self.app.stage is not None
        self.images.show_stage(self.app.stage)
        self.settle()

    def settle(self) -> None:
        """Have every preview arrive and every event be handled."""
        from PySide6.QtWidgets import QApplication

        marks = self.attempt.marks
        if marks.left is not None or marks.right is not None:
            self.pump.until(lambda: self.attempt.preview is not None)
        QApplication.processEvents()

    def pane(self, view: str, row: int = 0) -> Any:
        return self.images.scout if view == "scout" else self.images.rows[row][view]


@pytest.fixture(scope="module")
def qt() -> Any:
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    return QApplication.instance() or QApplication([])


def opened(exam: bool = False) -> Iterator[Bench]:
    from PySide6.QtCore import QCoreApplication, QEvent

    from stereosim_gui.views.stereo_images import StereoImages

    pump = Pump()
    worker = Worker(pump.calls.put)
    engines: list[StubEngine] = []

    def make(spec: AttemptSpec) -> StubEngine:
        engines.append(StubEngine(spec))
        return engines[-1]

    app = AppModel(worker, make_engine=make)
    attempt = app.start(AttemptSpec("case-1", 1, "stereotactic", exam=exam))
    pump.until(lambda: attempt.started)
    images = StereoImages(app, attempt)
    images.resize(1000, 760)
    images.show()
    images.activateWindow()
    made = Bench(app, attempt, engines[0], pump, images)
    made.show()
    yield made
    images.let_go()
    images.close()
    images.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    worker.stop()


@pytest.fixture
def bench(qt: Any) -> Iterator[Bench]:
    yield from opened()


@pytest.fixture
def exam(qt: Any) -> Iterator[Bench]:
    yield from opened(exam=True)


TO_TARGET = (Position(0.0, 0.0), Expose("scout"), Expose("pair"))


def click(pane: Any, x: float, y: float) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


def drag(pane: Any, button: str, start: tuple[int, int], way: tuple[int, int]) -> None:
    """Press at `start`, move by `way` in five steps, release."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    pressed = Qt.MouseButton[f"{button}Button"]
    none = Qt.MouseButton.NoButton
    kind = QEvent.Type
    steps = [(kind.MouseButtonPress, 0, pressed, pressed)]
    steps += [(kind.MouseMove, k, none, pressed) for k in range(1, 6)]
    steps += [(kind.MouseButtonRelease, 5, pressed, none)]
    for event, k, which, held in steps:
        at = QPointF(start[0] + way[0] * k / 5, start[1] + way[1] * k / 5)
        there = QPointF(pane.mapToGlobal(at))
        QApplication.sendEvent(
            pane, QMouseEvent(event, at, there, which, held, Qt.KeyboardModifier.NoModifier)
        )


def hover(pane: Any, x: float, y: float) -> None:
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    at, none = QPointF(x, y), Qt.MouseButton.NoButton
    QApplication.sendEvent(
        pane,
        QMouseEvent(
            QEvent.Type.MouseMove, at, QPointF(pane.mapToGlobal(at)), none, none,
            Qt.KeyboardModifier.NoModifier,
        ),
    )  # fmt: skip


def wheel(pane: Any, x: float, y: float, units: int) -> None:
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    at = QPointF(x, y)
    QApplication.sendEvent(
        pane,
        QWheelEvent(
            at, QPointF(pane.mapToGlobal(at)), QPoint(), QPoint(0, units),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )  # fmt: skip


def key(pane: Any, name: str, modifier: str = "No") -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.keyClick(pane, Qt.Key[f"Key_{name}"], Qt.KeyboardModifier[f"{modifier}Modifier"])


def screen(pane: Any) -> np.ndarray:
    """What the pane looks like, shape (rows, columns), green channel, without overlays."""
    from PySide6.QtGui import QImage

    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)[..., 1].copy()


def bare(bench: Bench, pane: Any) -> np.ndarray:
    """What the pane shows of its picture alone."""
    bench.images.tools._show_overlays(False)
    pane.clearFocus()
    shown = screen(pane)
    bench.images.tools._show_overlays(True)
    return shown


# --- marking ---


def test_a_click_marks_on_release_and_a_drag_does_not(bench: Bench) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    bench.do(*TO_TARGET)
    left = bench.pane("left")
    QTest.mousePress(left, Qt.MouseButton.LeftButton, pos=QPoint(200, 300))
    assert bench.attempt.marks == Marks()
    QTest.mouseRelease(left, Qt.MouseButton.LeftButton, pos=QPoint(201, 301))
    first = bench.attempt.marks.left
    assert first is not None and bench.attempt.marks.right is None
    drag(left, "Left", (150, 150), (60, 40))
    assert bench.attempt.marks.left == first
    assert bench.attempt.can_undo
    bench.attempt.undo()
    assert bench.attempt.marks == Marks()


@pytest.mark.parametrize("zoom", [0.4, 1.0, 1.7, 6.0, 25.0])
def test_a_click_on_what_is_seen_marks_that_pixel(bench: Bench, zoom: float) -> None:
    """A white block is found on the screen by its centre of mass, not by the code's own map."""
    column, row, half = 873, 611, 6 if zoom < 2.0 else 0
    bench.engine.pixels[row - half : row + half + 1, column - half : column + half + 1] = 1.0
    bench.do(*TO_TARGET)
    right = bench.pane("right")
    x, y = right.viewport.to_pane(column, row)
    wheel(right, x + 3.0, y - 7.0, round(120 * np.log(zoom / right.viewport.scale) / np.log(1.2)))
    assert right.viewport.scale == pytest.approx(zoom, rel=0.01)
    bench.app.windows.reset("xray")
    light = bare(bench, right).astype(float)
    light[light < 100] = 0.0
    assert light.max() > 200.0
    ys, xs = np.indices(light.shape) + 0.5
    seen_x, seen_y = (light * xs).sum() / light.sum(), (light * ys).sum() / light.sum()
    at = round(seen_x), round(seen_y)
    click(right, *at)
    assert bench.attempt.marks.right is not None
    mark = np.array(bench.attempt.marks.right)
    expected = np.array([column, row]) + (np.array(at) - (seen_x, seen_y)) / zoom
    assert np.abs(mark - expected).max() < 0.3 / zoom + 0.02


def test_arrows_move_the_mark_and_each_press_is_one_step_back(bench: Bench) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    bench.do(*TO_TARGET)
    left = bench.pane("left")
    bench.attempt.mark("left", (800.0, 500.0))
    bench.attempt.mark("right", (600.0, 500.0))
    left.setFocus()
    key(left, "Right")
    key(left, "Up", "Shift")
    key(left, "Left", "Alt")
    assert bench.attempt.marks.left == pytest.approx((800.9, 490.0))
    assert bench.attempt.marks.right == (600.0, 500.0)
    bench.attempt.undo()
    assert bench.attempt.marks.left == pytest.approx((801.0, 490.0))
    # A key held down repeats, and is one step all the same.
    none, press = Qt.KeyboardModifier.NoModifier, QKeyEvent.Type.KeyPress
    release = QKeyEvent.Type.KeyRelease
    for kind, repeats in (
        (press, False),
        (release, True),
        (press, True),
        (release, True),
        (press, True),
    ):
        QApplication.sendEvent(left, QKeyEvent(kind, Qt.Key.Key_Down, none, "", repeats))
    assert left.shown_mark == pytest.approx((801.0, 493.0))
    QApplication.sendEvent(left, QKeyEvent(release, Qt.Key.Key_Down, none))
    assert bench.attempt.marks.left == pytest.approx((801.0, 493.0))
    bench.attempt.undo()
    assert bench.attempt.marks.left == pytest.approx((801.0, 490.0))


def test_marks_are_locked_outside_mark_mode_and_outside_its_stage(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left = bench.pane("left")
    assert bench.attempt.marking
    click(left, 200, 300)
    mark = bench.attempt.marks.left
    assert mark is not None
    left.setFocus()
    key(left, "M")
    assert not bench.attempt.marking
    click(left, 250, 350)
    key(left, "Right")
    key(left, "Delete")
    key(left, "P")
    assert bench.attempt.marks.left == mark
    key(left, "M")
    bench.attempt.mark("right", (700.0, 500.0))
    bench.do(MarkPair(mark, (700.0, 500.0)))
    assert bench.app.stage is Stage.NEEDLE and not bench.attempt.marking
    click(bench.pane("left"), 300, 300)
    assert bench.attempt.marks.left == mark
    assert not bench.images.mark_switch.isEnabled()
    # With the needle in, the target page can be looked at, and no more.
    bench.do(Advance())
    bench.show(Stage.TARGET)
    click(bench.pane("left"), 300, 300)
    assert bench.attempt.marks.left == mark


def test_everything_of_marking_works_by_keys_alone(bench: Bench) -> None:
    from PySide6.QtWidgets import QApplication

    bench.do(*TO_TARGET)
    left, right = bench.pane("left"), bench.pane("right")
    assert QApplication.focusWidget() is left
    key(left, "P")
    middle = (BOXES["left"] + SIDE / 2, 250.0 + SIDE / 2)
    assert bench.attempt.marks.left == pytest.approx(middle)
    key(left, "Tab")
    assert QApplication.focusWidget() is right
    key(right, "Right", "Control")
    key(right, "P")
    moved = bench.attempt.marks.right
    assert moved is not None and moved[0] > BOXES["right"] + SIDE / 2
    key(right, "Delete")
    assert bench.attempt.marks.right is None
    key(right, "Z")
    assert not right.magnifies and not left.magnifies


def test_after_withdrawal_marks_can_be_put_on_the_post_fire_pair(bench: Bench) -> None:
    bench.do(*TO_TARGET, MarkPair((1.0, 1.0), (1.0, 1.0)), Advance(), Fire(), Expose("pair"))
    bench.do(Withdraw())
    bench.show(Stage.TARGET)
    bench.images.strip.setCurrentRow(2)
    left = bench.pane("left")
    assert left.picture is not None and left.picture.phase == "postfire"
    click(left, 200, 300)
    assert bench.attempt.marks.left is not None


def test_an_exposure_of_another_positioning_takes_no_marks(bench: Bench) -> None:
    bench.do(*TO_TARGET, *TO_TARGET)
    bench.images.strip.setCurrentRow(1)
    left = bench.pane("left")
    assert left.picture is not None and left.picture.number == 2
    click(left, 200, 300)
    assert bench.attempt.marks == Marks()


# --- what is drawn over the image ---


def test_the_band_is_drawn_in_the_other_view_only(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left, right = bench.pane("left"), bench.pane("right")
    click(left, 200, 300)
    bench.settle()
    assert left.band is None and right.band is not None
    assert right.band.pixels[0, 1] == bench.attempt.marks.left[1]  # type: ignore[index]
    before = screen(right)
    right.band = None
    assert np.any(screen(right) != before)
    click(right, 200, 300)
    bench.settle()
    assert left.band is not None and right.band is not None
    bench.app.change_settings(hints=False)
    assert left.band is None and right.band is None


def test_no_band_in_an_exam(exam: Bench) -> None:
    exam.do(*TO_TARGET)
    click(exam.pane("left"), 200, 300)
    exam.settle()
    assert exam.attempt.preview is not None and exam.attempt.preview.bands
    assert exam.pane("right").band is None


def test_rows_that_differ_too_much_are_told_in_both_panes(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    bench.attempt.mark("left", (800.0, 500.0))
    bench.attempt.mark("right", (600.0, 510.0))
    bench.settle()
    assert [bench.pane(v).warning for v in ("left", "right")] == ["", ""]
    key(bench.pane("right"), "Down")
    bench.settle()
    for view in ("left", "right"):
        assert "1.1 mm" in bench.pane(view).warning
        assert "1.1 mm" in bench.pane(view).accessibleDescription()


def test_the_middle_of_a_reticle_is_clear(bench: Bench) -> None:
    from stereosim_gui.views.reticle import CLEAR

    rng = np.random.default_rng(5)
    bench.engine.pixels[:] = rng.uniform(0.2, 0.8, (ROWS, COLUMNS))
    bench.do(*TO_TARGET)
    bench.images.magnifier_switch.click()
    for view in ("left", "right"):
        pane = bench.pane(view)
        before = screen(pane)
        click(pane, 220, 330)
        after = screen(pane)
        ys, xs = np.indices(after.shape) + 0.5
        away = np.hypot(xs - 220, ys - 330)
        assert np.array_equal(after[away < CLEAR - 1.0], before[away < CLEAR - 1.0])
        assert np.any(after[away < 20] != before[away < 20])


def test_the_magnifier_shows_the_pixel_under_the_cursor_beside_it(bench: Bench) -> None:
    rng = np.random.default_rng(6)
    bench.engine.pixels[:] = rng.choice([0.2, 0.8], (ROWS, COLUMNS))
    bench.do(*TO_TARGET)
    bench.app.windows.reset("xray")
    left = bench.pane("left")
    assert left.magnifies  # on where marks are placed
    tried = 0
    for x, y in np.random.default_rng(7).integers(100, 480, (60, 2)).tolist():
        hover(left, x, y)
        column, row = left.pixel_at(left.cursor_at)
        if max(abs(column - round(column)), abs(row - round(row))) > 0.35:
            continue  # the middle of the lens may be drawn as the next pixel
        tried += 1
        box = left._magnifier.box(left.viewport, float(x))
        assert not box.contains(float(x), float(y))
        shown = screen(left)[round(box.center().y()), round(box.center().x())]
        value = bench.engine.pixels[round(row), round(column)]
        assert int(shown) == round(255 * float(value))
    assert tried > 10
    left.setFocus()
    bench.attempt.mark("left", (845.0, 500.0))
    key(left, "Right")
    assert left.magnified == (846.0, 500.0)
    hover(left, 100, 100)
    assert left.magnified == left.pixel_at(left.cursor_at)


# --- zoom, pan, window ---


def test_one_to_one_gives_every_pixel_its_own(bench: Bench) -> None:
    bench.engine.pixels[:, ::2] = 0.9
    bench.engine.pixels[:, 1::2] = 0.1
    bench.do(*TO_TARGET)
    bench.app.windows.reset("xray")
    left = bench.pane("left")
    left.setFocus()
    key(left, "1", "Control")
    shown = bare(bench, left)[200]
    assert set(shown.tolist()) == {round(255 * 0.1), round(255 * 0.9)}
    assert np.all(shown[1:] != shown[:-1])


def test_fit_turns_from_the_window_to_the_whole_image_and_back(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left = bench.pane("left")
    left.setFocus()

    def in_sight(column: float, row: float) -> bool:
        x, y = left.viewport.to_pane(column, row)
        return bool(0 <= x <= left.width() and 0 <= y <= left.height())

    far = BOXES["left"] + SIDE
    assert in_sight(BOXES["left"], 250.0) and in_sight(far, 250.0 + SIDE)
    assert not in_sight(0.0, 0.0)
    key(left, "0", "Control")
    assert in_sight(0.0, 0.0) and in_sight(COLUMNS - 1.0, ROWS - 1.0)
    key(left, "0", "Control")
    assert not in_sight(0.0, 0.0) and in_sight(far, 250.0 + SIDE)


def test_escape_resets_zoom_pan_and_window(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left = bench.pane("left")
    left.setFocus()
    viewport, window = left.viewport, bench.app.windows["xray"]
    wheel(left, 50, 60, 480)
    drag(left, "Middle", (200, 200), (40, -30))
    drag(left, "Right", (200, 200), (100, 50))
    key(left, "I")
    assert left.viewport != viewport and bench.app.windows["xray"] != window
    key(left, "Escape")
    assert left.viewport == viewport and bench.app.windows["xray"] == window


def test_the_wheel_keeps_what_is_under_the_cursor(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left = bench.pane("left")
    scale, pixel = left.viewport.scale, left.viewport.to_image(120.0, 410.0)
    wheel(left, 120.0, 410.0, 240)
    assert left.viewport.scale == pytest.approx(1.44 * scale)
    assert left.viewport.to_image(120.0, 410.0) == pytest.approx(pixel)


def test_space_and_left_drag_pans_and_does_not_mark(bench: Bench) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    bench.do(*TO_TARGET)
    left = bench.pane("left")
    left.setFocus()
    pixel = left.viewport.to_image(100.0, 100.0)
    QTest.keyPress(left, Qt.Key.Key_Space)
    drag(left, "Left", (100, 100), (50, 25))
    click(left, 200, 200)
    QTest.keyRelease(left, Qt.Key.Key_Space)
    assert left.viewport.to_image(150.0, 125.0) == pytest.approx(pixel)
    assert bench.attempt.marks == Marks()


def test_right_drag_and_keys_change_the_window_of_all_panes(bench: Bench) -> None:
    bench.engine.pixels[:] = np.linspace(0.0, 1.0, COLUMNS, dtype=np.float32)
    bench.do(*TO_TARGET)
    bench.app.windows.reset("xray")
    left, right = bench.pane("left"), bench.pane("right")
    dark = bare(bench, right).mean()
    width, height = left.width(), left.height()
    drag(left, "Right", (200, 200), (width // 2, 0))
    window = bench.app.windows["xray"]
    assert (window.width, window.level) == pytest.approx((1.0 + (width // 2) / width, 0.5))
    drag(left, "Right", (200, 400), (0, -height // 4))
    assert bench.app.windows["xray"].level == pytest.approx(0.5 - (height // 4) / height, abs=0.01)
    assert bare(bench, right).mean() > dark + 10
    assert bench.attempt.marks == Marks()
    left.setFocus()
    key(left, "5")
    assert bench.app.windows["xray"] == Window(0.80, 0.30)
    key(left, "I")
    assert bench.app.windows["xray"].inverted
    key(left, "W", "Shift")
    assert bench.app.windows["xray"].width == pytest.approx(0.25)


def test_slow_panes_wait_for_the_release(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left, right = bench.pane("left"), bench.pane("right")
    for slow in (False, True):
        left.window_dragged.emit(False)
        left.frame_s = right.frame_s = 0.030 if slow else 0.005
        left.window_dragged.emit(True)
        assert right.held is slow and not left.held
    left.window_dragged.emit(False)
    assert not right.held


def test_linked_views_zoom_and_move_together_until_unlinked(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left, right = bench.pane("left"), bench.pane("right")
    wheel(left, 100, 100, 240)
    drag(left, "Middle", (200, 200), (-30, 45))
    assert right.viewport.scale == left.viewport.scale
    # Still the same place of the paddle's window in both.
    offset = left.viewport.column - right.viewport.column, left.viewport.row - right.viewport.row
    assert offset == pytest.approx((BOXES["left"] - BOXES["right"], 0.0))
    left.setFocus()
    key(left, "L")
    frozen = right.viewport
    wheel(left, 100, 100, 240)
    drag(left, "Middle", (200, 200), (-30, 45))
    assert right.viewport == frozen
    key(left, "L")
    assert right.viewport.scale == left.viewport.scale


def test_linked_zoom_at_a_mark_keeps_both_marks_in_sight(bench: Bench) -> None:
    bench.do(*TO_TARGET)
    left, right = bench.pane("left"), bench.pane("right")
    marks = {"left": (650.0, 300.0), "right": (850.0, 301.0)}
    for view, pixel in marks.items():
        bench.attempt.mark(view, pixel)
    x, y = left.viewport.to_pane(*marks["left"])
    before = right.viewport.to_pane(*marks["right"])
    wheel(left, x, y, 1200)
    assert right.viewport.to_pane(*marks["right"]) == pytest.approx(before)


def test_no_speck_is_lost_where_the_image_is_shown_small(bench: Bench) -> None:
    """Every single white pixel leaves a light spot on the screen, wherever it falls."""
    rng = np.random.default_rng(4)
    places = [(x + rng.integers(9), y + rng.integers(9)) for x in range(20, 1560, 40)
              for y in range(20, 860, 40)]  # fmt: skip
    for column, row in places:
        bench.engine.pixels[row, column] = 1.0
    bench.do(*TO_TARGET)
    left = bench.pane("left")
    left.fit("whole")
    bench.app.windows._set("xray", Window(0.35, 0.2))
    shown = bare(bench, left)
    ground = float(np.median(shown))
    assert left.level == 2
    for column, row in places:
        x, y = (round(v) for v in left.viewport.to_pane(column, row))
        assert shown[y - 2 : y + 3, x - 2 : x + 3].max() > ground + 8, (column, row)


@pytest.mark.parametrize("scale", [40.0, 1.0, 0.8, 0.71, 0.7, 0.5, 0.36, 0.35, 0.25, 0.01])
def test_the_level_is_that_whose_pixels_are_nearest_to_those_of_the_screen(scale: float) -> None:
    made = StubEngine(AttemptSpec("case-1", 1, "stereotactic")).picture("left", "target", 1)
    assert [one.shape[0] for one in made.levels] == [900, 450, 225]
    ratios = [max(scale * step, 1.0 / (scale * step)) for step in (1, 2, 4)]
    assert made.level_for(scale) == int(np.argmin(ratios))


# --- the arrangement ---


def phases(bench: Bench) -> list[list[str]]:
    """What stands in the panes that are seen, row by row."""
    images = bench.images
    if images.scout.isVisible():
        return [[images.scout.picture.phase]] if images.scout.picture else []
    rows = [[pane for pane in row.values() if pane.isVisible()] for row in images.rows]
    return [[pane.picture.phase for pane in row] for row in rows if row]


def test_the_panes_follow_the_procedure(bench: Bench) -> None:
    assert phases(bench) == [] and "position" in bench.images.scout.note.lower()
    bench.do(Position(0.0, 0.0))
    assert "scout" in bench.images.scout.note.lower()
    bench.do(Expose("scout"))
    assert phases(bench) == [["scout"]]
    bench.do(Expose("pair"))
    assert phases(bench) == [["target"] * 2]
    bench.show(Stage.PAIR)
    assert phases(bench) == [["scout"]]
    bench.do(MarkPair((1.0, 1.0), (1.0, 1.0)), Advance())
    assert phases(bench) == [["target"] * 2]
    bench.do(Expose("pair"))
    assert phases(bench) == [["prefire"] * 2]
    bench.do(Fire())
    assert phases(bench) == [["prefire"] * 2]
    bench.do(Expose("pair"))
    assert phases(bench) == [["prefire"] * 2, ["postfire"] * 2]
    upper, lower = (bench.pane("left", row).viewport for row in (0, 1))
    assert upper == lower
    # A second pass: what the first one left behind does not stand for it.
    bench.do(Withdraw(), Advance())
    assert phases(bench) == [["target"] * 2]
    bench.do(Fire())
    assert phases(bench) == [["target"] * 2]


def test_earlier_exposures_can_be_compared(bench: Bench) -> None:
    bench.do(*TO_TARGET, MarkPair((1.0, 1.0), (1.0, 1.0)), Advance(), Expose("pair"), Fire())
    bench.do(Expose("pair"))
    left = bench.pane("left")
    left.setFocus()
    key(left, "PageUp")
    assert phases(bench) == [["target"] * 2, ["postfire"] * 2]
    key(left, "PageUp")
    assert phases(bench) == [["scout"]]
    key(bench.images.scout, "PageUp")
    assert phases(bench) == [["scout"]]
    for _ in range(2):
        key(bench.images.scout, "PageDown")
    assert phases(bench) == [["prefire"] * 2, ["postfire"] * 2]
    texts = [bench.images.strip.item(k).text() for k in range(bench.images.strip.count())]
    assert [text.split()[0] for text in texts] == ["1", "2-3", "4-5", "6-7"]
    bench.images.strip.setCurrentRow(0)
    bench.do(Expose("pair"))  # a new picture brings back what belongs to the stage
    assert phases(bench) == [["prefire"] * 2, ["postfire"] * 2]


def test_a_place_of_the_scout_can_be_picked(bench: Bench) -> None:
    bench.do(Position(0.0, 0.0), Expose("scout"))
    told: list[Any] = []
    bench.attempt.scout_picked.connect(told.append)
    scout = bench.images.scout
    drag(scout, "Left", (100, 100), (50, 50))
    assert told == []
    at = scout.viewport.to_pane(700.0, 400.0)
    click(scout, *at)
    assert told[0] == pytest.approx((700.0, 400.0), abs=0.6 / scout.viewport.scale)
    assert scout.mark == bench.attempt.scout_pixel == told[0]
    scout.setFocus()
    key(scout, "Right", "Shift")
    assert told[1] == pytest.approx((told[0][0] + 10.0, told[0][1]))
    key(scout, "Delete")
    assert told[2] is None and scout.mark is None
    key(scout, "P")
    bench.do(Position(1.0, 0.0), Expose("scout"))
    assert bench.attempt.scout_pixel is None and scout.mark is None


def test_panes_that_are_let_go_listen_to_nothing(qt: Any) -> None:
    run = opened()
    bench = next(run)
    signals = [
        signal
        for owner in (bench.attempt, bench.app, bench.app.windows)
        for signal in vars(owner).values()
        if hasattr(signal, "_listeners")
    ]
    before = sum(len(signal._listeners) for signal in signals)
    bench.images.let_go()
    after = [
        listener
        for signal in signals
        for listener in signal._listeners
        if "views" in getattr(listener, "__module__", "")
    ]
    assert before > 5 and after == []
    next(run, None)


# --- models ---


def test_grey_is_the_window_applied_to_each_pixel() -> None:
    rng = np.random.default_rng(8)
    pixels = rng.uniform(-0.5, 1.5, (200, 37)).astype(np.float32)
    pixels[3, 4] = np.nan
    out = np.empty(pixels.shape, np.uint8)
    for window in (Window(), Window(0.6, 0.3), Window(0.4, 0.9, True)):
        grey(pixels, window, out)
        low, high = window.limits
        share = np.clip((np.nan_to_num(pixels, nan=-9.0) - low) / (high - low), 0.0, 1.0)
        expected = 255.0 * (1.0 - share if window.inverted else share)
        assert np.abs(out - expected).max() <= 0.51


def test_a_viewport_maps_there_and_back() -> None:
    rng = np.random.default_rng(9)
    for _ in range(100):
        column, row, x, y = (float(v) for v in rng.uniform(0, 900, 4))
        pane = Viewport(column, row, float(rng.uniform(0.1, 20.0)), 640.0, 480.0)
        assert pane.to_pane(*pane.to_image(x, y)) == pytest.approx((x, y))
        assert pane.to_pane(column, row) == (320.0, 240.0)
        fitted = pane.fitted((10.0, 20.0, 410.0, 220.0), margin=12.0)
        (x0, y0), (x1, y1) = fitted.to_pane(10.0, 20.0), fitted.to_pane(410.0, 220.0)
        assert min(x0, y0, 640 - x1, 480 - y1) == pytest.approx(12.0)


def test_exposures_are_grouped_as_they_were_made() -> None:
    engine = StubEngine(AttemptSpec("case-1", 1, "stereotactic"))
    views = ("scout", "scout", "left", "right", "left", "right")
    made = [engine.picture(view, "target", k) for k, view in enumerate(views, start=1)]
    assert [one.numbers for one in series_of(made)] == [(1,), (2,), (3, 4), (5, 6)]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("approach", ["craniocaudal", "caudocranial"])
def test_edges_are_named_as_the_geometry_has_them(side: str, approach: str) -> None:
    """A point toward the armpit, laid down for the approach and projected, is where it says."""
    from stereosim.geometry import load_unit, project, scout
    from stereosim.procedures.approach import turned_points
    from stereosim_phantoms.patient import plain_patient

    breast = replace(plain_patient().breast, side=cast(Any, side))
    points = np.array([[0.0, 30.0, 20.0], [10.0 * breast.lateral, 30.0, 20.0], [0.0, 20.0, 20.0]])
    if approach == "caudocranial":
        points = turned_points(points, breast.thickness_mm)
    middle, lateral, chest = project(scout(load_unit("upright-hologic")), points)
    made = StubEngine(AttemptSpec("case-1", 1, "stereotactic")).picture("scout", "scout", 1)
    named = edges(replace(made, facts=(("side", side), ("approach", approach))))
    toward = "right" if lateral[0] > middle[0] else "left"
    assert named[toward].english() == "lateral"
    assert named[{"left": "right", "right": "left"}[toward]].english() == "medial"
    assert chest[1] > middle[1] and named["bottom"].english() == "chest wall"


assert os.environ.get("QT_QPA_PLATFORM"), "conftest chooses a platform without a screen"
