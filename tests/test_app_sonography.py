"""Ultrasound in the app: the machine's model, without a window."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.pose import NeedlePose
from stereosim.imaging.knobs import WHITE_DB
from stereosim.imaging.ultrasound.frame import bmode
from stereosim.procedures.intents import Look, MarkEcho, to_dict
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.freehand import Approach, Guide, NeedleLine
from stereosim_gui.model.skin import Skin, place_of
from stereosim_gui.model.sonogram import Display, Sonogram
from stereosim_gui.model.sonography import PRESSURE_PERCENT, TILT_DEG, Tool
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.worker import Worker
from tests.app_scenes import Pump
from tests.sonography_scenes import StubEngine, frame

SPEC = AttemptSpec("case-1", 3, "ultrasound")
LOOK = Look(12.0, -7.0, 200.0, 30.0, 12.0)


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def worker(pump: Pump) -> Iterator[Worker]:
    made = Worker(pump.calls.put)
    yield made
    made.stop()


@pytest.fixture
def engine() -> StubEngine:
    return StubEngine(SPEC)


@pytest.fixture
def attempt(worker: Worker, pump: Pump, engine: StubEngine) -> Attempt:
    made = Attempt(SPEC, worker, engine=engine)
    made.begin()
    pump.until(lambda: made.started)
    return made


def watched(attempt: Attempt, pump: Pump) -> None:
    """Have somebody look at the image, and wait for the first."""
    attempt.sonography.watch(True)
    pump.until(lambda: attempt.sonography.sonogram is not None)
    settle(attempt, pump)


def settle(attempt: Attempt, pump: Pump) -> None:
    """Let the worker do everything that there is to be done, whatever follows from it too."""
    pump.until(lambda: not attempt.sonography.waiting)
    for _ in range(4):
        let_work(attempt, pump)


def let_work(attempt: Attempt, pump: Pump) -> None:
    """Let the worker do all that it has been asked for, and have it delivered."""
    ended: list[int] = []
    attempt.compute(lambda cancel, report: iter([1]), ended.append)
    pump.until(lambda: bool(ended))


# --- frames --------------------------------------------------------------------------------------
def test_frames_are_asked_for_one_at_a_time_and_the_last_place_wins(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    engine.slow, already = True, len(engine.asked)
    for k in range(1, 41):
        machine.move_to(0.5 * k, 0.0)
        if k == 1:
            assert engine.begun.acquire(timeout=30)
    # One frame is being made, for the first of forty places; the others were not queued.
    assert len(engine.asked) == already + 1 and engine.asked[-1].x_mm == 0.5
    engine.go_on.release(2)
    pump.until(lambda: machine.sonogram is not None and machine.sonogram.look == machine.look)
    assert [look.x_mm for look in engine.asked[already:]] == [0.5, 20.0]
    # Nothing more is asked for while nothing changes.
    assert not machine.waiting


def test_a_frame_that_comes_after_freezing_is_dropped(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    shown = machine.sonogram
    engine.slow = True
    machine.move_to(10.0, 5.0)
    assert engine.begun.acquire(timeout=30)
    machine.freeze()
    assert machine.frozen and shown is not None
    # The probe goes back to where the frozen image was taken.
    assert machine.look == shown.look
    engine.go_on.release()
    engine.slow = False
    machine.move_to(30.0, 0.0)
    let_work(attempt, pump)
    assert machine.sonogram is shown and machine.look == shown.look
    machine.go_on()
    machine.move_to(30.0, 0.0)
    pump.until(lambda: machine.sonogram is not None and machine.sonogram.look.x_mm == 30.0)
    assert not machine.frozen


def test_a_frame_of_a_state_that_was_taken_back_is_not_shown(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    attempt.send(MarkEcho((1.0, 2.0, 3.0), "blind"))
    pump.until(lambda: attempt.seen.marked_mm is not None and not machine.waiting)
    engine.slow, asked = True, len(engine.asked)
    machine.move_to(3.0, 0.0)
    assert engine.begun.acquire(timeout=30)
    attempt.undo()
    images: list[Sonogram | None] = []
    machine.image_changed.connect(lambda: images.append(machine.sonogram))
    engine.go_on.release(2)
    pump.until(lambda: not machine.waiting)
    # Made twice, for the state of before and for that of now; shown once.
    assert engine.asked[asked:] == [machine.look] * 2 and len(images) == 1


def test_nobody_looks_and_nothing_is_computed(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    attempt.sonography.move_to(5.0, 5.0)
    let_work(attempt, pump)
    assert engine.asked == []


def test_tissue_is_made_ahead_while_nothing_moves(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    assert engine.prepared == [machine.look] * 3
    machine.set_focus(20.0)
    settle(attempt, pump)
    assert len(engine.prepared) == 3
    machine.move(5.0, 0.0)
    settle(attempt, pump)
    assert engine.prepared[3:] == [machine.look] * 3


def test_a_frame_that_fails_is_told_once_and_the_next_one_comes(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine, told = attempt.sonography, list[str]()
    attempt.failed.connect(lambda error: told.append(str(error)))
    watched(attempt, pump)
    engine.broken = True
    machine.move_to(4.0, 0.0)
    pump.until(lambda: told == ["no gel"])
    engine.broken = False
    machine.move_to(8.0, 0.0)
    pump.until(lambda: machine.sonogram is not None and machine.sonogram.look.x_mm == 8.0)
    assert told == ["no gel"]


# --- the image -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("gain", "span"), [(0.0, 60.0), (7.0, 45.0)])
def test_grey_values_are_those_of_bmode(gain: float, span: float) -> None:
    made = frame(LOOK)
    grey = Sonogram.of(made, LOOK).grey(Display(gain, span))
    expected = bmode(made, dynamic_range_db=span, white_db=WHITE_DB - gain)
    assert np.abs(grey - 255.0 * expected).max() <= 1.0


def test_time_gain_brightens_the_depth_of_its_slider_alone() -> None:
    shown = Sonogram.of(frame(LOOK), LOOK)
    shown.level_db[:] = 0.0
    plain = shown.grey(Display()).astype(int)[:, 0]
    curve = shown.grey(Display(tgc_db=(0, 0, 6.0, 0, 0, 0, 0, 0))).astype(int)[:, 0]
    rows = len(plain)
    brighter = np.flatnonzero(curve > plain)
    # Linear between the sliders: from the middle of the second to that of the fourth eighth.
    assert rows * 1.5 / 8 - 2 <= brighter.min() and brighter.max() <= rows * 3.5 / 8 + 2
    peak = np.median(np.flatnonzero(curve == curve.max()))
    assert peak == pytest.approx(rows * 2.5 / 8, abs=2)
    assert curve.max() - plain.max() == pytest.approx(6.0 * 255.0 / 60.0, abs=2)


def test_automatic_gain_puts_the_median_echo_a_third_up_the_grey_scale() -> None:
    made = frame(LOOK)
    made.envelope[:] *= 3.0
    shown = Sonogram.of(made, LOOK)
    for span in (45.0, 60.0, 75.0):
        grey = shown.grey(shown.fitted(Display(-13.0, span)))
        # The gain is set in whole decibels.
        assert np.median(grey) == pytest.approx(255.0 / 3.0, abs=0.6 * 255.0 / span)


def test_a_point_of_the_image_is_the_place_that_the_frame_says() -> None:
    made = frame(LOOK)
    shown = Sonogram.of(made, LOOK)
    for row, column in ((0.0, 0.0), (40.0, 63.0), (12.5, 20.25)):
        expected = made.supine_mm(row, column)
        middle = 0.5 * (made.envelope.shape[1] - 1)
        point = ((column - middle) * made.column_mm, row * made.row_mm)
        assert shown.supine_mm(point) == pytest.approx(tuple(expected))
        assert shown.place_mm(expected) == pytest.approx((point[0], 0.0, point[1]))
    beside = made.supine_mm(10.0, 30.0) + 2.5 * np.array(
        [-np.sin(np.radians(200.0)), np.cos(np.radians(200.0)), 0.0]
    )
    assert shown.place_mm(beside)[1] == pytest.approx(2.5)


def test_the_caliper_measures_between_places_of_the_patient(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    machine.take(Tool.CALIPER)
    machine.click((-4.0, 10.0))
    assert machine.frozen and machine.distance_mm is None
    machine.click((3.5, 14.25))
    assert machine.sonogram is not None
    ends = [np.array(machine.sonogram.supine_mm(point)) for point in machine.caliper]
    assert machine.distance_mm == pytest.approx(np.linalg.norm(ends[1] - ends[0]))
    machine.nudge(0.5, 0.0)
    assert machine.caliper[1] == (4.0, 14.25)
    machine.click((0.0, 0.0))
    assert machine.caliper == ((0.0, 0.0),) and machine.distance_mm is None
    machine.go_on()
    assert machine.caliper == ()


def test_keeping_marking_and_recalling(attempt: Attempt, engine: StubEngine, pump: Pump) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    machine.move_to(15.0, -4.0)
    pump.until(lambda: machine.sonogram is not None and machine.sonogram.look == machine.look)
    assert not machine.keep()
    machine.freeze()
    assert machine.keep()
    pump.until(lambda: machine.kept)
    assert attempt.state.intents == (machine.look,)
    assert attempt.pictures[-1].view == "ultrasound"
    machine.take(Tool.MARK)
    machine.click((2.0, 11.0))
    assert not machine.mark()
    machine.give_reason("specks")
    assert machine.sonogram is not None
    there = machine.sonogram.supine_mm((2.0, 11.0))
    assert machine.mark()
    pump.until(lambda: attempt.seen.marked_mm is not None)
    assert attempt.seen.marked_mm == pytest.approx(there)
    kept = machine.look
    machine.go_on()
    machine.move_to(0.0, 0.0)
    machine.recall(0)
    assert machine.frozen and machine.look == kept and machine.sonogram.look == kept


# --- probe and skin ------------------------------------------------------------------------------
def test_the_probe_stays_on_the_breast(attempt: Attempt, pump: Pump) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    assert machine.skin is not None
    far = np.hypot(*machine.skin.outline_mm.T).max()
    for angle in np.radians(np.arange(0.0, 360.0, 17.0)):
        machine.move_to(500.0 * np.cos(angle), 500.0 * np.sin(angle))
        x, y = machine.look.x_mm, machine.look.y_mm
        assert np.hypot(x, y) <= far + 0.01
        assert np.hypot(*(machine.skin.outline_mm - (x, y)).T).min() < 3.0
    machine.move_to(3.0, 4.0)
    assert (machine.look.x_mm, machine.look.y_mm) == (3.0, 4.0)


def test_what_was_scanned_is_as_wide_as_the_array() -> None:
    skin = Skin(np.array([[-50.0, -50.0], [50.0, -50.0], [50.0, 50.0], [-50.0, 50.0]]))
    shown = Sonogram.of(frame(LOOK), LOOK)
    for y in np.arange(0.0, 10.0, 1.0):
        skin.scanned(replace(shown, look=replace(LOOK, x_mm=0.0, y_mm=float(y), angle_deg=0.0)))
    ny, nx = np.nonzero(skin.seen)
    assert np.ptp(nx) + 1 == pytest.approx(shown.width_mm, abs=1.5)
    assert np.ptp(ny) + 1 == pytest.approx(9.0 + 3.0, abs=1.0)
    assert skin.low_mm == (-50.0, -50.0)


def test_a_leaning_plane_is_shaded_as_far_as_it_leans() -> None:
    skin = Skin(np.array([[-50.0, -50.0], [50.0, -50.0], [50.0, 50.0], [-50.0, 50.0]]))
    look = replace(LOOK, x_mm=0.0, y_mm=0.0, angle_deg=0.0, tilt_deg=30.0)
    skin.scanned(Sonogram.of(frame(look), look))
    rows = np.nonzero(skin.seen)[0] + skin.low_mm[1]
    # Sine of 30 degrees: half of the image's depth, and the plane's thickness on both sides.
    assert rows.min() == pytest.approx(-1.5, abs=1.0)
    assert rows.max() == pytest.approx(0.5 * LOOK.depth_mm + 1.5, abs=1.5)


def test_the_probe_leans_and_presses_within_what_a_hand_does(
    attempt: Attempt, engine: StubEngine, pump: Pump
) -> None:
    machine = attempt.sonography
    watched(attempt, pump)
    machine.tilt(15.0)
    machine.press(12.0)
    settle(attempt, pump)
    assert (machine.look.tilt_deg, machine.look.strain) == (15.0, 0.12)
    assert engine.asked[-1] == machine.look
    machine.tilt(1000.0)
    machine.press(1000.0)
    assert (machine.look.tilt_deg, machine.look.strain) == (TILT_DEG, 0.01 * PRESSURE_PERCENT)
    machine.tilt(-1000.0)
    machine.press(-1000.0)
    assert (machine.look.tilt_deg, machine.look.strain) == (-TILT_DEG, 0.0)
    settle(attempt, pump)
    machine.freeze()
    machine.tilt(5.0)
    assert machine.look.tilt_deg == -TILT_DEG, "a frozen image stays what it is"


def test_what_a_leaning_and_pressing_probe_shows_is_found_again() -> None:
    look = replace(LOOK, tilt_deg=-20.0, strain=0.2)
    shown = Sonogram.of(frame(look), look)
    place = np.array(shown.supine_mm((4.0, 20.0)))
    assert shown.place_mm(place) == pytest.approx([4.0, 0.0, 20.0], abs=1e-9)
    # The frame itself, which the library made, says the same.
    made = frame(look)
    row, column = 20.0 / made.row_mm, 4.0 / made.column_mm + 0.5 * (made.envelope.shape[1] - 1)
    assert made.supine_mm(row, column) == pytest.approx(place, abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "angle", "words"),
    [
        (0.0, 1.0, 180.0, "Probe: on the nipple, transverse"),
        (0.0, 40.0, 270.0, "Probe: 12:00, 40 mm from the nipple, longitudinal"),
        # Facing the patient: her right is at nine o'clock.
        (30.0, 0.0, 225.0, "Probe: 9:00, 30 mm from the nipple, oblique"),
        (-20.0, -20.0, 0.0, "Probe: 4:30, 28 mm from the nipple, transverse"),
    ],
)
def test_the_place_of_the_probe_in_words(x: float, y: float, angle: float, words: str) -> None:
    assert place_of(Look(x, y, angle)).english() == words


# --- the needle ----------------------------------------------------------------------------------
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("tilt_deg", "strain"), [(0.0, 0.0), (25.0, 0.0), (-15.0, 0.15)])
def test_a_planned_needle_goes_through_the_point_aimed_at(
    side: int, tilt_deg: float, strain: float
) -> None:
    look = replace(LOOK, tilt_deg=tilt_deg, strain=strain)
    shown = Sonogram.of(frame(look), look)
    point = (3.0, 14.0)
    approach = Approach(side=side, distance_mm=12.0).through(point, shown.width_mm)
    insert = approach.insert(look, shown.width_mm)
    # The oracle: a needle from there to the target, as the library makes it.
    target = np.array(shown.supine_mm(point))
    pose = NeedlePose.from_points((*insert.entry_mm, 0.0), target)
    line = NeedleLine.of_insert(insert)
    # The tilt is rounded to a hundredth of a degree.
    assert line.axis == pytest.approx(pose.axis, abs=2e-4)
    assert line.nearest(target)[1] < 0.01
    u, v, z = shown.place_mm(line.entry_mm)
    assert u == pytest.approx(side * (0.5 * shown.width_mm + 12.0))
    assert (v, z) == pytest.approx((0.0, 0.0))
    again = NeedleLine.of_pose(pose)
    assert again.entry_mm == pytest.approx([*insert.entry_mm, 0.0])


def test_a_needle_turned_out_of_the_plane_leaves_it_by_that_angle() -> None:
    approach = Approach(1, 10.0, 40.0, 9.0)
    line = NeedleLine.of_insert(approach.insert(LOOK, 38.4))
    shown = Sonogram.of(frame(LOOK), LOOK)
    start, end = (shown.place_mm(line.at(s)) for s in (0.0, 30.0))
    along, out, down = end - start
    assert np.degrees(np.arctan2(abs(out), abs(along))) == pytest.approx(9.0)
    assert np.degrees(np.arctan2(down, np.hypot(along, out))) == pytest.approx(40.0)


def test_the_guide_has_the_lengths_of_the_device(attempt: Attempt) -> None:
    device = attempt.engine.room.devices["vab-11g"]
    pose = NeedlePose.freehand((10.0, 5.0, 15.0), entry_distance_mm=30.0)
    line = NeedleLine.of_pose(pose)
    centre = line.nearest(pose.centre_mm)[0]
    guide = Guide.of(line, centre, device, inserted=True, fired=False)
    assert line.at(guide.tip_mm) == pytest.approx(pose.tip_mm(device))
    assert line.at(guide.point_mm) == pytest.approx(pose.prefire(device).tip_mm(device))
    assert guide.aperture[1] - guide.aperture[0] == pytest.approx(device.aperture_mm)
    shot = Guide.of(line, centre, device, inserted=True, fired=True)
    assert shot.point_mm == shot.tip_mm


def test_there_is_no_guide_in_an_exam(worker: Worker, pump: Pump) -> None:
    spec = replace(SPEC, exam=True)
    attempt = Attempt(spec, worker, engine=StubEngine(spec))
    attempt.begin()
    pump.until(lambda: attempt.started)
    watched(attempt, pump)
    attempt.send(MarkEcho((10.0, 0.0, 12.0), "blind"))
    pump.until(lambda: attempt.seen.marked_mm is not None)
    assert attempt.sonography.needle.line is not None
    assert attempt.sonography.needle.guide is None


def test_the_console_weighs_the_approach_that_is_planned(attempt: Attempt, pump: Pump) -> None:
    watched(attempt, pump)
    console, needle, target = attempt.console, attempt.sonography.needle, (4.0, 0.0, 9.0)
    attempt.send(MarkEcho(target, "blind"))
    settle(attempt, pump)
    device = console.equipment.devices[console.device]
    for tilt in (20.0, 45.0):
        needle.plan(replace(needle.approach, tilt_deg=tilt))
        settle(attempt, pump)
        assert needle.line is not None and console.reading is not None
        along = needle.line.nearest(np.array(target))[0]
        near = needle.line.at(along - device.aperture_mm / 2.0)
        margins = console.reading.margins
        assert margins is not None
        expected = near[2] - console.equipment.limits.skin_allowance_mm
        assert margins.skin_margin_mm == pytest.approx(expected)
        assert np.isfinite(margins.stroke_margin_mm)


def test_an_attempt_that_goes_on_has_the_probe_where_it_was(worker: Worker, pump: Pump) -> None:
    attempt = Attempt(SPEC, worker, engine=StubEngine(SPEC))
    attempt.resume([("intent", to_dict(LOOK))])
    pump.until(lambda: attempt.started)
    assert attempt.sonography.look == LOOK
