"""The app's model: an attempt with its undo, marks, log and worker; no window."""

import ast
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stereosim.biopsy.tissue import Tissue
from stereosim.experiments.progress import Cancel
from stereosim.procedures.intents import (
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Intent,
    MarkPair,
    PlaceClip,
    Position,
    Sample,
    Stop,
    Withdraw,
)
from stereosim.procedures.state import ProcedureState, Seen, Step, Truth
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.display import PRESETS, Picture, Window, Windows, pyramid
from stereosim_gui.model.engine import Engine, Stepped
from stereosim_gui.model.history import Moment
from stereosim_gui.model.refusals import KNOWN, refusal
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.worker import Report, Worker
from stereosim_phantoms.patient import NO_SPECKS, plain_patient
from tests.app_scenes import Pump

# Coarse voxels: fast, and nothing here looks at the picture.
COARSE = AttemptSpec("case-1", 3, "stereotactic", voxel_mm=1.5)


class Diary:
    """A log that remembers."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, Any]]] = []

    def append(self, kind: str, body: dict[str, Any]) -> None:
        self.entries.append((kind, body))


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def worker(pump: Pump) -> Iterator[Worker]:
    made = Worker(pump.calls.put)
    yield made
    made.stop()


def begun(worker: Worker, pump: Pump, diary: Diary | None = None) -> Attempt:
    attempt = Attempt(COARSE, worker, diary)
    attempt.begin()
    pump.until(lambda: attempt.started)
    return attempt


def do(attempt: Attempt, pump: Pump, *intents: Intent) -> None:
    for intent in intents:
        before = len(attempt.state.intents)
        assert attempt.send(intent)
        pump.until(lambda: not attempt.busy)
        assert len(attempt.state.intents) == before + 1, intent


def targeted(attempt: Attempt, pump: Pump) -> None:
    """Bring an attempt to a marked target in the middle of the window."""
    do(attempt, pump, Position(-20.0, 10.0), Expose("scout"), Expose("pair"))
    attempt.mark("left", (920.0, 480.0))
    attempt.mark("right", (1040.0, 480.0))
    assert attempt.marks.left is not None and attempt.marks.right is not None
    do(attempt, pump, MarkPair(attempt.marks.left, attempt.marks.right))


def test_an_attempt_goes_through_and_its_log_replays_it_exactly(pump: Pump, worker: Worker) -> None:
    diary = Diary()
    attempt = begun(worker, pump, diary)
    targeted(attempt, pump)
    do(attempt, pump, ChooseDevice("vab-9g-petite"), Advance(), Expose("pair"))
    attempt.undo()
    attempt.undo()
    attempt.redo()
    do(attempt, pump, Expose("pair"), Fire(), Expose("pair"), Sample((12.0, 3.0)), Film())
    do(attempt, pump, PlaceClip(), Stop("finished"))

    again = Attempt(COARSE, worker)
    again.resume(diary.entries)
    pump.until(lambda: again.started)
    assert again.ended and again.undone == 2
    assert again.state.intents == attempt.state.intents and again.marks == attempt.marks
    for mine, theirs in zip(attempt.state.seen.shots, again.state.seen.shots, strict=True):
        assert np.array_equal(mine.image.pixels, theirs.image.pixels)
    film, other = attempt.seen.films[-1].image.pixels, again.seen.films[-1].image.pixels
    assert np.array_equal(film, other)
    assert [p.phase for p in attempt.pictures] == [p.phase for p in again.pictures]


def test_fire_cannot_be_undone_and_everything_else_can(pump: Pump, worker: Worker) -> None:
    attempt = begun(worker, pump)
    targeted(attempt, pump)
    do(attempt, pump, ChooseDevice("vab-9g-petite"), Advance(), Fire())
    assert not attempt.can_undo
    refused: list[str] = []
    attempt.refused.connect(refused.append)
    attempt.undo()
    assert refused == ["undo"] and attempt.state.truth.fired
    fired = attempt.state
    do(attempt, pump, Sample((6.0,)), Withdraw())
    attempt.undo()
    attempt.undo()
    assert attempt.state is fired and not attempt.can_undo
    attempt.redo()
    assert attempt.seen.cores == 1


def test_undo_goes_back_to_the_start_mark_by_mark(pump: Pump, worker: Worker) -> None:
    attempt = begun(worker, pump)
    start = attempt.state
    targeted(attempt, pump)
    attempt.nudge("left", 0.1, -1.0)
    assert attempt.marks.left == (920.1, 479.0)
    steps = 0
    while attempt.can_undo:
        attempt.undo()
        steps += 1
    assert attempt.state is start and not attempt.marks.complete
    assert steps == 3 + 2 + 1 + 1  # intents, marks, set target, nudge
    while attempt.can_redo:
        attempt.redo()
    assert attempt.marks.left == (920.1, 479.0) and attempt.seen.target is not None


def test_a_new_position_takes_marks_and_old_pictures_away(pump: Pump, worker: Worker) -> None:
    attempt = begun(worker, pump)
    targeted(attempt, pump)
    assert attempt.picture("left", "target") is not None
    do(attempt, pump, Position(-15.0, 10.0))
    assert attempt.marks.left is None and attempt.picture("left") is None
    assert len(attempt.pictures) == 3  # they were made, and cost their dose
    assert attempt.seen.exposures == 3


def test_the_preview_is_that_of_the_newest_marks(pump: Pump, worker: Worker) -> None:
    attempt = begun(worker, pump)
    do(attempt, pump, Position(-20.0, 10.0), Expose("pair"))
    attempt.mark("left", (900.0, 400.0))
    pump.until(lambda: attempt.preview is not None)
    assert attempt.preview is not None
    assert [band.view for band in attempt.preview.bands] == ["right"]
    for column in (1000.0, 1010.0, 1020.0):
        attempt.mark("right", (column, 400.0))
    pump.until(lambda: attempt.preview is not None)
    preview = attempt.preview
    assert preview is not None and preview.marks == attempt.marks and preview.target is not None
    # The band runs along the row through the mark, from the support to the paddle.
    band = preview.bands[0]
    assert band.pixels[:, 1] == pytest.approx(400.0)
    do(attempt, pump, MarkPair((900.0, 400.0), (1020.0, 400.0)))
    assert attempt.seen.target is not None
    assert attempt.seen.target.target_mm == pytest.approx(preview.target.target_mm)
    do(attempt, pump, ChooseDevice("vab-9g"))
    assert preview.margins is not None and attempt.seen.margins is not None
    mine, shown = attempt.seen.margins, preview.margins["vab-9g"]
    assert mine.stroke_margin_mm == pytest.approx(shown.stroke_margin_mm)


def test_what_does_not_fit_is_refused_and_changes_nothing(pump: Pump, worker: Worker) -> None:
    diary = Diary()
    attempt = begun(worker, pump, diary)
    refused: list[str] = []
    attempt.refused.connect(refused.append)
    before = attempt.moment
    assert attempt.send(Fire())
    pump.until(lambda: not attempt.busy)
    assert refused == ["fire: insert the needle first"]
    assert attempt.moment is before and diary.entries == []


class StubEngine(Engine):
    """Steps through made-up states; waits at a gate, or breaks, where it is told to."""

    def __init__(self, spec: AttemptSpec) -> None:
        super().__init__(spec)
        self.gate = threading.Event()
        self.gate.set()
        self.broken = False

    def begin(self, report: Report) -> ProcedureState:
        return made_up_state()

    def step(self, state: ProcedureState, intent: Intent) -> Stepped:
        assert self.gate.wait(10)
        if self.broken:
            raise ZeroDivisionError("no breast")
        return Stepped(made_up_state((*state.intents, intent)), (), ())


def made_up_state(intents: tuple[Intent, ...] = (), outcome: str | None = None) -> ProcedureState:
    seen = Seen("ultrasound", plain_patient().referral, 50.0)
    return ProcedureState(Step.POSITION, seen, Truth(Tissue.untouched(NO_SPECKS)), intents, outcome)


def stubbed(worker: Worker, pump: Pump) -> tuple[Attempt, StubEngine]:
    spec = AttemptSpec("case-1", 1, "ultrasound")
    engine = StubEngine(spec)
    attempt = Attempt(spec, worker, engine=engine)
    attempt.begin()
    pump.until(lambda: attempt.started)
    return attempt, engine


def test_nothing_of_a_cancelled_step_happens(pump: Pump, worker: Worker) -> None:
    attempt, engine = stubbed(worker, pump)
    engine.gate.clear()
    assert attempt.send(Film()) and attempt.busy
    assert not attempt.send(Film())  # one after the other
    attempt.cancel()
    assert not attempt.busy
    engine.gate.set()
    do(attempt, pump, Stop("finished"))
    assert [type(i) for i in attempt.state.intents] == [Stop]


def test_a_failure_is_told_and_leaves_the_moment(pump: Pump, worker: Worker) -> None:
    attempt, engine = stubbed(worker, pump)
    told: list[Exception] = []
    attempt.failed.connect(told.append)
    engine.broken = True
    before = attempt.moment
    attempt.send(Film())
    pump.until(lambda: len(told) == 1)
    assert isinstance(told[0], ZeroDivisionError) and attempt.moment is before
    engine.broken = False
    do(attempt, pump, Film())


def test_a_listener_may_send_the_next_intent_at_once(pump: Pump, worker: Worker) -> None:
    attempt, _ = stubbed(worker, pump)
    queue: list[Intent] = [Withdraw(), Stop("finished")]

    def more() -> None:
        if queue:
            attempt.send(queue.pop(0))

    attempt.changed.connect(more)
    attempt.send(Film())
    pump.until(lambda: not queue and not attempt.busy)
    assert [i.name for i in attempt.state.intents] == ["film", "withdraw", "stop"]


def constant_refusals() -> set[str]:
    """What the procedures say when they refuse, where it is a constant in their source."""
    found = set()
    for name in ("procedure", "stereotactic", "ultrasound", "fluids"):
        source = importlib.util.find_spec(f"stereosim.procedures.{name}")
        assert source is not None and source.origin is not None
        for node in ast.walk(ast.parse(Path(source.origin).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            last = node.args[-1] if node.args else None
            if not isinstance(last, ast.Constant) or not isinstance(last.value, str):
                continue
            if node.func.id == "_require":
                found.add(last.value)
            elif node.func.id == "IntentError":
                found.add(last.value.partition(": ")[2])
    return found


def test_what_is_refused_is_said_in_words_that_can_be_translated() -> None:
    constant = constant_refusals()
    assert len(constant) > 15 and constant <= KNOWN.keys(), constant - KNOWN.keys()
    assert refusal("fire: insert the needle first").english() == (
        "Not possible: insert the needle first."
    )
    assert refusal("steer.tilt_deg: 95 is not within 0 and 90").english().endswith("0 and 90.")


# --- pages ---


def test_pages_follow_the_procedure_and_can_be_turned_back(pump: Pump, worker: Worker) -> None:
    app = AppModel(worker)
    attempt = app.start(COARSE)
    pump.until(lambda: attempt.started)
    assert app.stage is Stage.POSITION and app.reachable == (Stage.POSITION,)
    do(attempt, pump, Position(-20.0, 10.0), Expose("scout"))
    assert app.stage is Stage.PAIR
    assert not app.show(Stage.NEEDLE) and app.back() and app.stage is Stage.SCOUT
    attempt.mark("left", (900.0, 400.0))
    do(attempt, pump, Expose("pair"))
    assert app.stage is Stage.TARGET
    attempt.mark("right", (1010.0, 400.0))
    do(attempt, pump, MarkPair((900.0, 400.0), (1010.0, 400.0)))
    assert app.stage is Stage.NEEDLE
    do(attempt, pump, ChooseDevice("vab-9g-petite"), Advance())
    assert app.stage is Stage.PREFIRE and Stage.POSITION not in app.reachable
    do(attempt, pump, Fire())
    assert app.stage is Stage.SAMPLE and Stage.PREFIRE not in app.reachable
    do(attempt, pump, Sample((12.0,)), Film())
    assert app.stage is Stage.SPECIMEN and app.show(Stage.SAMPLE)
    do(attempt, pump, Sample((6.0,)))
    assert app.stage is Stage.SAMPLE
    do(attempt, pump, Film(), PlaceClip())
    assert app.stage is Stage.CLIP
    do(attempt, pump, Stop("finished"))
    assert app.reachable == (Stage.DEBRIEF,) and app.stage is Stage.DEBRIEF
    app.leave()
    assert app.attempt is None and app.reachable == ()


def test_exam_mode_is_silent_until_the_end(pump: Pump, worker: Worker) -> None:
    app = AppModel(worker, make_engine=StubEngine)
    attempt = app.start(AttemptSpec("case-1", 1, "ultrasound", exam=True))
    pump.until(lambda: attempt.started)
    assert not app.hints_on
    attempt._push(Moment(made_up_state(outcome="finished"), attempt.marks, ()))
    assert app.hints_on
    app.change_settings(hints=False)
    assert not app.hints_on


# --- display ---


def picture(view: str) -> Picture:
    """A ramp from 0.1 to 0.9, twice as wide as high."""
    kind = "ultrasound" if view == "ultrasound" else "xray"
    pixels = np.tile(np.linspace(0.1, 0.9, 200, dtype=np.float32), (100, 1))
    return Picture(view, "target", kind, pyramid(pixels), (0.3, 0.3))


def test_windows_follow_drag_preset_and_fit() -> None:
    windows = Windows()
    changed: list[str] = []
    windows.changed.connect(changed.append)
    windows.apply_preset("xray", 5)
    _, level, width = PRESETS["xray"][4]
    assert windows["xray"] == Window(level, width)
    windows.drag("xray", 0.25, -0.125)
    assert windows["xray"] == Window(level - 0.125, width + 0.25)
    windows.drag("xray", -99.0, 0.0)
    assert windows["xray"].width > 0.0
    windows.invert("xray")
    assert windows["xray"].inverted and not windows["ultrasound"].inverted
    assert set(changed) == {"xray"}
    windows.fit(picture("left"))
    low, high = windows["xray"].limits  # the ramp runs from 0.1 to 0.9 with its middle at 0.5
    assert 0.1 <= low < 0.5 < 0.89 < high


def test_a_pyramid_halves_by_means_and_keeps_a_speck() -> None:
    pixels = np.zeros((801, 1203), np.float32)
    pixels[400, 600] = 1.0
    levels = pyramid(pixels)
    assert [level.shape for level in levels] == [(801, 1203), (400, 601), (200, 300)]
    assert [float(level.max()) for level in levels] == pytest.approx([1.0, 0.25, 0.0625])


# --- imports and Qt ---

HEAVY = ("numba", "scipy", "matplotlib")


@pytest.fixture(scope="module")
def qt() -> None:
    """Skip, with the reason, where the system lacks libraries of Qt that could not be installed."""
    try:
        import PySide6.QtTest
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        ("model.app, worker, signals, command", (*HEAVY, "PySide6", "pyqtgraph")),
        ("start", HEAVY),
    ],
)
def test_importing_the_app_is_light(qt: None, modules: str, forbidden: tuple[str, ...]) -> None:
    code = "import sys\n" + "".join(
        f"import stereosim_gui.{module.strip()}\n" for module in modules.split(",")
    )
    code += f"print([m for m in {forbidden} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_none_keeps_its_references_over_many_qt_calls(qt: None) -> None:
    """Some releases of PySide6 lose one reference to None at every void call, and crash in time."""
    from PySide6.QtCore import QObject

    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(10_000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - 50


def test_a_job_that_was_cancelled_delivers_nothing(pump: Pump, worker: Worker) -> None:
    started, go_on = threading.Event(), threading.Event()
    got: list[int] = []

    def slow(cancel: Cancel, report: Report) -> Iterator[int]:
        yield 1
        started.set()
        go_on.wait(10)
        yield 2

    def start(work: Any) -> Cancel:
        return worker.start(
            work, each=got.append, progress=lambda p: None, done=lambda: None, failed=pytest.fail
        )

    cancel = start(slow)
    assert started.wait(10)
    cancel.set()  # its first result is made and still undelivered
    go_on.set()
    start(lambda cancel, report: iter([3]))
    pump.until(lambda: got == [3])
