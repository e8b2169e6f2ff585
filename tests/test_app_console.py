"""The console of the app, free of Qt: read-outs, margins in words, cross-section, plan, hours."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereosim.biopsy.devices import Device, load_devices
from stereosim.biopsy.lateral import Outline, lateral_check
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Window, freehand_check, safety_check, usual_limits
from stereosim.procedures.approach import support_from_breast
from stereosim.procedures.intents import (
    ARMS,
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    MarkPair,
    PlaceClip,
    Position,
    Sample,
    Withdraw,
)
from stereosim.procedures.operators.sampling import hours_towards
from stereosim.procedures.operators.skill import load_search
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.cross_section import (
    Section,
    lateral_section,
    supine_section,
    upright_section,
)
from stereosim_gui.model.engine import Engine, Marks
from stereosim_gui.model.equipment import BreastOutline, Equipment
from stereosim_gui.model.plan import plan
from stereosim_gui.model.reading import Reading, differs, marks_set
from stereosim_gui.model.sampling import all_round, fan, hours_of_pass, pair_of_pass, unfilmed
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.wording import device_name, mismatch, problems, referral_lines
from stereosim_gui.worker import Worker
from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.cases import load_case
from tests.app_scenes import Pump
from tests.procedure_scenes import FIVE, marks_on, paired, scene

DEVICES = load_devices()
LIMITS = usual_limits()


def equipment(thickness_mm: float = 30.0) -> Equipment:
    return Equipment(
        devices=DEVICES,
        usual_device="vab-11g",
        limits=LIMITS,
        window_mm=(-25.0, 10.0, 25.0, 60.0),
        field_mm=(-68.0, 4.0, 68.0, 74.0),
        fan_hours=2.0,
        y_tolerance_mm=1.0,
        outline=BreastOutline(thickness_mm, 70.0, 80.0, 12.0),
        thickness_limits_mm=(0.8 * thickness_mm, 1.2 * thickness_mm),
        bulge_mm=5.0,
        supine_height_mm=20.0,
        arms=ARMS,
        anaesthetic_ml=dict.fromkeys(DEVICES, 5.0),
        most_anaesthetic_ml=20.0,
        usual_position=None,
    )


def section(device: Device, depth_mm: float, thickness_mm: float = 30.0, **more: Any) -> Section:
    room = equipment(thickness_mm)
    target = np.array([0.0, 35.0, thickness_mm - depth_mm])
    margins = safety_check(device, target, thickness_mm)
    return upright_section(
        room,
        room.outline,
        (0.0, 0.0),
        target_mm=target,
        sd_mm=np.array([0.1, 0.1, 0.4]),
        centre_mm=target,
        device=device,
        margins=margins,
        **more,
    )


# --- cross-section --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "stroke_mm", "skin_mm"), [("vab-9g", -2.0, 3.0), ("vab-9g-petite", 2.0, 7.0)]
)
def test_the_worked_example_is_drawn_to_scale(name: str, stroke_mm: float, skin_mm: float) -> None:
    # T 30, d 15, e 7: an aperture of 20 comes out by 2 mm, one of 12 stays inside by 2 mm.
    drawn = section(DEVICES[name], 15.0)
    assert drawn.needle is not None and drawn.stroke is not None and drawn.skin is not None
    assert drawn.needle.tip == (35.0, stroke_mm)
    assert drawn.stroke.value_mm == stroke_mm and drawn.stroke.bad is (stroke_mm <= 0.0)
    assert drawn.stroke.end[1] - drawn.stroke.start[1] == stroke_mm
    assert drawn.skin.value_mm == skin_mm and not drawn.skin.bad
    assert drawn.skin.end[1] - drawn.skin.start[1] == skin_mm
    assert drawn.needle.near[1] - drawn.needle.far[1] == DEVICES[name].aperture_mm


@given(
    side=st.sampled_from(ARMS[1:]),
    x_mm=st.floats(-45.0, 45.0),
    y_mm=st.floats(5.0, 35.0),
    share=st.floats(0.2, 0.8),
)
def test_a_level_needle_is_drawn_as_long_as_its_margins(
    side: str, x_mm: float, y_mm: float, share: float
) -> None:
    outline = Outline(80.0, 70.0, 12.0, 26.0, -4.0, -8.0)
    target, device = np.array([x_mm, y_mm, 26.0 * share]), DEVICES["vab-11g"]
    margins = lateral_check(device, target, outline, arm=side, paddle_half_width_mm=60.0)
    axis = 1.0 if side == "lateral-left" else -1.0
    drawn = lateral_section(
        equipment(26.0), outline, target_mm=target, axis_x=axis, centre_mm=target,
        device=device, margins=margins,
    )  # fmt: skip
    assert drawn.needle is not None and drawn.skin is not None and drawn.stroke is not None
    length = (drawn.needle.far[0] - drawn.needle.near[0]) * axis
    assert length == pytest.approx(device.aperture_mm)
    assert drawn.skin.start == drawn.needle.near and drawn.stroke.end == drawn.needle.tip
    # The margin leads to the inner side of the skin that the needle came through.
    skin = outline.sides_mm(y_mm, float(target[2]))[0 if axis > 0.0 else 1]
    inner = skin + axis * LIMITS.skin_allowance_mm
    assert drawn.skin.end[0] == pytest.approx(inner, abs=1e-6)
    if drawn.stroke.start[0] not in (drawn.bounds[0], drawn.bounds[2]):  # not cut off
        far = outline.sides_mm(y_mm, float(target[2]))[1 if axis > 0.0 else 0]
        assert drawn.stroke.start[0] == pytest.approx(far, abs=1e-6)


def test_a_second_paddle_lets_the_stroke_margin_reach_into_its_opening() -> None:
    room, target = equipment(30.0), np.array([0.0, 35.0, 15.0])
    margins = safety_check(DEVICES["vab-9g"], target, 30.0, bulge_mm=room.bulge_mm)
    drawn = upright_section(
        room, room.outline, (0.0, 0.0), target_mm=target, centre_mm=target,
        device=DEVICES["vab-9g"], margins=margins,
    )  # fmt: skip
    assert drawn.stroke is not None and not drawn.stroke.bad
    assert drawn.stroke.value_mm == 3.0 and drawn.stroke.start[1] == -room.bulge_mm


def test_before_firing_the_needle_lies_one_throw_back() -> None:
    needle = section(DEVICES["vab-9g"], 15.0).needle
    assert needle is not None
    across, up = needle.before_firing(needle.tip)
    assert (across, up - needle.tip[1]) == (needle.tip[0], DEVICES["vab-9g"].throw_mm)


@given(
    name=st.sampled_from(sorted(DEVICES)),
    thickness_mm=st.floats(15.0, 90.0),
    share=st.floats(-0.3, 1.3),
)
def test_dimensions_are_as_long_as_they_say(name: str, thickness_mm: float, share: float) -> None:
    drawn = section(DEVICES[name], share * thickness_mm, thickness_mm)
    for dimension in (drawn.stroke, drawn.skin):
        assert dimension is not None
        length = dimension.end[1] - dimension.start[1]
        assert length == pytest.approx(dimension.value_mm, abs=1e-9)
        assert dimension.start[0] == dimension.end[0]


def test_the_outline_is_the_breast_of_the_phantom() -> None:
    breast = BreastSpec("right", 50.0, 80.0, 90.0, 1.5, 0.2, 40.0, 1, edge_mm=20.0)
    outline = BreastOutline.of(breast)
    x, z = np.meshgrid(np.linspace(-95.0, 95.0, 21), np.linspace(0.0, 50.0, 21))
    np.testing.assert_allclose(outline.front_mm(x, z), breast.front_mm(x, z))


@pytest.mark.parametrize("thickness_mm", [25.0, 38.0, 50.0])
def test_the_compressed_outline_is_that_of_the_procedure(thickness_mm: float) -> None:
    outline = BreastOutline(38.0, 64.0, 76.0, 16.0)
    x, z = (a.ravel() for a in np.meshgrid(np.linspace(-70.0, 70.0, 9), np.linspace(0.0, 38.0, 9)))
    front = np.column_stack([x, outline.front_mm(x, z), z])
    moved = support_from_breast(front, 38.0, Position(0.0, 0.0, thickness_mm=thickness_mm))
    there = outline.compressed_to(thickness_mm).front_mm(moved[:, 0], moved[:, 2])
    np.testing.assert_allclose(there, moved[:, 1], atol=1e-9)


def test_the_supine_drawing_lies_along_the_needle() -> None:
    device = DEVICES["ncb-14g"]
    target = np.array([10.0, -5.0, 12.0])
    pose = NeedlePose.freehand(target, entry_distance_mm=35.0, side=(0.6, 0.8, 0.0))
    margins = freehand_check(device, pose, chest_wall_mm=20.0)
    drawn = supine_section(
        equipment(), target_mm=target, pose=pose, device=device, margins=margins, phase="fired"
    )
    assert drawn.needle is not None and drawn.skin is not None and drawn.stroke is not None
    assert drawn.target == (0.0, -12.0)
    # The entry lies 35 mm along the skin, and the whole needle in the plane of the cut.
    assert np.hypot(*drawn.needle.axis) == pytest.approx(1.0)
    assert drawn.needle.axis[1] / drawn.needle.axis[0] == pytest.approx(-12.0 / 35.0)
    assert -drawn.needle.tip[1] == pytest.approx(pose.tip_mm(device)[2])
    assert drawn.skin.end[1] - drawn.skin.start[1] == pytest.approx(margins.skin_margin_mm)
    assert drawn.stroke.end[1] - drawn.stroke.start[1] == pytest.approx(margins.stroke_margin_mm)
    unknown = freehand_check(device, pose)
    again = supine_section(equipment(), target_mm=target, pose=pose, device=device, margins=unknown)
    assert again.stroke is None and again.skin is not None


# --- words ----------------------------------------------------------------------------------------
@given(
    name=st.sampled_from(sorted(DEVICES)),
    thickness_mm=st.floats(15.0, 80.0),
    x=st.floats(-30.0, 30.0),
    y=st.floats(0.0, 70.0),
    share=st.floats(0.0, 1.0),
)
def test_every_problem_of_the_library_is_put_into_words(
    name: str, thickness_mm: float, x: float, y: float, share: float
) -> None:
    window = Window(50.0, 50.0, 35.0)
    target = (x, y, share * thickness_mm)
    margins = safety_check(DEVICES[name], target, thickness_mm, window=window)
    said = problems(margins, thickness_mm, LIMITS)
    assert len(said) == len(margins.problems)
    assert all(what.english() and mend.english() for what, mend in said)


def test_device_names_tell_all_devices_apart() -> None:
    names = [device_name(device).english() for device in DEVICES.values()]
    assert len(set(names)) == len(DEVICES) == 20
    assert device_name(DEVICES["vab-10g-encor-half"]).english() == "10G EnCor, half"
    blunt = device_name(DEVICES["vab-9g-petite-blunt"])
    assert blunt.english() == "9G ATEC, petite, blunt tip"


def test_the_referral_is_read_out() -> None:
    where, what, view = (
        t.english() for t in referral_lines(load_case("case-1").patient(1).referral)
    )
    assert where.startswith("Right breast, 7:30 o'clock") and "posterior third" in where
    assert what == "5 calcifications, punctate, grouped, over 7 mm."
    assert view == "In the CC view: 10 mm lateral, 20 mm from the chest wall."


# --- plan -----------------------------------------------------------------------------------------
def test_the_usual_position_brings_the_place_into_the_window() -> None:
    patient = load_case("case-1").patient(1)
    engine = Engine(AttemptSpec("case-1", 1, "stereotactic"))
    room = engine.equipment
    assert room.usual_position is not None and room.usual_position.approach == "caudocranial"
    drawn = plan(patient.referral, room, room.usual_position)
    assert drawn.in_window and drawn.off_centre_mm[0] == 0.0
    # A right breast from below: the armpit is on the left of the image.
    assert not drawn.right_is_lateral
    away = plan(patient.referral, room, Position(60.0, 0.0, "caudocranial"))
    assert not away.in_window and away.off_centre_mm[0] == -70.0


def test_shifts_move_the_breast_the_other_way() -> None:
    patient = load_case("case-1").patient(1)
    room = Engine(AttemptSpec("case-1", 1, "stereotactic")).equipment
    still, moved = (
        plan(patient.referral, room, Position(*shift)) for shift in ((0.0, 0.0), (4.0, 6.0))
    )
    for a, b in ((still.nipple, moved.nipple), (still.place, moved.place)):
        assert (b[0] - a[0], b[1] - a[1]) == pytest.approx((-4.0, -6.0))


# --- hours ----------------------------------------------------------------------------------------
def test_a_fan_looks_to_its_side() -> None:
    assert fan(12.0, 5, 2.0) == (10.0, 11.0, 12.0, 1.0, 2.0)
    assert fan(3.0, 1, 2.0) == (3.0,)
    # The simulated operator directs half of its cores in the same way.
    directed = hours_towards(np.array([5.0, 0.0, 0.0]), 12)[:6]
    assert fan(3.0, 6, load_search().fan_hours) == pytest.approx(directed, abs=0.01)


def test_all_round_is_what_is_usual_for_the_device() -> None:
    assert all_round(DEVICES["ncb-14g"]) == (12.0,)
    assert all_round(DEVICES["vab-8g"]) == DEVICES["vab-8g"].usual_hours


def test_what_belongs_to_the_needle_that_is_in() -> None:
    first = (Position(0.0, 0.0), Expose("scout"), Expose("pair"), MarkPair((1.0, 1.0), (2.0, 1.0)))
    inserted = (*first, ChooseDevice("vab-9g"), Advance())
    assert not pair_of_pass(inserted, after_fire=False)
    fired = (*inserted, Expose("pair"), Fire())
    assert pair_of_pass(fired, after_fire=False) and not pair_of_pass(fired, after_fire=True)
    sampled = (*fired, Expose("pair"), Sample((12.0, 3.0)), Film(), Sample((6.0,)))
    assert hours_of_pass(sampled) == (12.0, 3.0, 6.0) and unfilmed(sampled) == 1
    again = (*sampled, PlaceClip(), Withdraw(), Advance())
    assert hours_of_pass(again) == () and not pair_of_pass(again, after_fire=False)


def test_marks_hold_until_the_breast_is_positioned_anew() -> None:
    held = MarkPair((1.0, 2.0), (3.0, 2.0))
    assert marks_set((Position(0.0, 0.0), held, Advance())) is held
    assert marks_set((held, Position(0.0, 0.0))) is None
    assert differs(Marks((1.0, 2.0), (3.0, 2.1)), held) and differs(Marks(), None)
    assert not differs(Marks((1.0, 2.0), (3.0, 2.0)), held)


# --- the console of an attempt --------------------------------------------------------------------
class Unseeing(Engine):
    """Makes no images: exposures are only counted."""

    def _made(self) -> Any:
        procedure = cast(Any, super()._made())
        image = SimpleNamespace(exposure=SimpleNamespace(dose_mgy=0.5, kv=28, mas=50.0))
        procedure._positioned = lambda seen: dict.fromkeys(("scout", "left", "right"))
        procedure._image = lambda state, series, number: image
        procedure._as_read = lambda made, view, thickness_mm: SimpleNamespace(
            **vars(made), view=view
        )
        return procedure

    def _new_pictures(self, old: Any, new: Any) -> tuple[Any, ...]:
        return ()

    def beside(self, state: Any, marks: Any) -> bool:
        return False


@pytest.fixture
def bench() -> Iterator[tuple[Attempt, Pump]]:
    pump = Pump()
    worker = Worker(pump.calls.put)
    spec = AttemptSpec("case-1", 3, "stereotactic")
    attempt = Attempt(spec, worker, None, Unseeing(spec))
    attempt.begin()
    pump.until(lambda: attempt.started)
    yield attempt, pump
    worker.stop()


def do(attempt: Attempt, pump: Pump, *intents: Any) -> None:
    for intent in intents:
        assert attempt.send(intent)
        pump.until(lambda: not attempt.busy)


def reading(attempt: Attempt) -> Any:
    assert attempt.console.reading is not None
    return attempt.console.reading


def test_read_outs_follow_the_marks_before_they_are_set(bench: tuple[Attempt, Pump]) -> None:
    attempt, pump = bench
    assert reading(attempt).target_mm is None and reading(attempt).margins is None
    do(attempt, pump, Position(0.0, 0.0), Expose("scout"), Expose("pair"))
    assert (reading(attempt).exposures, reading(attempt).dose_mgy) == (3, 1.5)
    attempt.mark("left", (1150.0, 480.0))
    attempt.mark("right", (880.0, 484.0))
    assert reading(attempt).pending
    pump.until(lambda: not reading(attempt).pending)
    now = reading(attempt)
    assert attempt.preview is not None and attempt.preview.target is not None
    assert now.provisional and np.array_equal(now.target_mm, attempt.preview.target.target_mm)
    assert now.margins is attempt.console.margins["vab-11g"]  # type: ignore[index]
    assert now.from_paddle_mm + now.from_support_mm == pytest.approx(38.0)
    # Four rows of 0.07 mm, at the height of the target.
    assert abs(now.y_mismatch_mm) == pytest.approx(0.28, rel=0.1) and not now.mismatched
    do(attempt, pump, MarkPair((1150.0, 480.0), (880.0, 484.0)))
    assert not reading(attempt).provisional
    assert np.array_equal(reading(attempt).target_mm, attempt.seen.marked_mm)
    attempt.mark("right", (880.0, 520.0))
    pump.until(lambda: reading(attempt).provisional and not reading(attempt).pending)
    assert reading(attempt).mismatched
    attempt.undo()
    pump.until(lambda: not reading(attempt).provisional)
    assert not reading(attempt).mismatched


def test_margins_follow_the_needle_that_is_weighed_up(bench: tuple[Attempt, Pump]) -> None:
    attempt, pump = bench
    marks = ((1150.0, 480.0), (880.0, 480.0))
    do(attempt, pump, Position(0.0, 0.0), Expose("pair"), MarkPair(*marks))
    console = attempt.console
    pump.until(lambda: console.margins is not None)
    target = attempt.seen.marked_mm
    assert target is not None
    for device, offset in (("vab-7g", (0.0, 0.0, 0.0)), ("ncb-14g", (1.0, -2.0, 6.0))):
        console.weigh(device=device, offset_mm=offset)
        pump.until(lambda: reading(attempt).margins is not None)
        truth = safety_check(DEVICES[device], target + np.array(offset), 38.0)
        assert reading(attempt).margins.stroke_margin_mm == truth.stroke_margin_mm
        assert reading(attempt).margins.skin_margin_mm == truth.skin_margin_mm
    assert attempt.seen.device is None and not attempt.state.intents[3:]
    do(attempt, pump, ChooseDevice("vab-9g"))
    assert console.device == "vab-9g"
    # A new target is aimed at in its middle.
    do(attempt, pump, MarkPair((1150.0, 480.0), (880.0, 481.0)))
    assert console.offset_mm == (0.0, 0.0, 0.0)


def test_with_the_needle_in_its_own_margins_are_shown(bench: tuple[Attempt, Pump]) -> None:
    attempt, pump = bench
    marks = ((1150.0, 480.0), (880.0, 480.0))
    do(attempt, pump, Position(0.0, 0.0), Expose("pair"), MarkPair(*marks))
    do(attempt, pump, ChooseDevice("vab-9g"), Advance((0.0, 0.0, 2.0)))
    now = reading(attempt)
    assert now.phase == "prefire" and now.margins is attempt.seen.margins
    drawn = attempt.console.section
    assert drawn is not None and drawn.needle is not None and drawn.target is not None
    assert (drawn.needle.near[1] + drawn.needle.far[1]) / 2 == pytest.approx(drawn.target[1] + 2.0)
    do(attempt, pump, Fire())
    assert reading(attempt).phase == "fired"
    do(attempt, pump, Withdraw())
    assert reading(attempt).phase == "planned" and reading(attempt).passes == 1


def test_a_place_on_the_scout_is_brought_under_the_window(bench: tuple[Attempt, Pump]) -> None:
    attempt, pump = bench
    from stereosim.geometry.projection import project
    from stereosim.geometry.views import scout

    engine = attempt.engine
    do(attempt, pump, Position(5.0, 12.0), Expose("scout"))
    unit = engine.room.unit
    place = np.array([[9.0, 28.0, 19.0]])
    pixel = project(scout(unit), place)[0]
    position = engine.repositioned(attempt.state, (float(pixel[0]), float(pixel[1])))
    assert position.shift_x_mm == pytest.approx(14.0)
    assert position.shift_y_mm == pytest.approx(12.0 + 28.0 - unit.window_centre_y_mm)
    # The chest wall cannot be pulled past the edge of the support.
    low = project(scout(unit), np.array([[0.0, 6.0, 19.0]]))[0]
    assert engine.repositioned(attempt.state, (float(low[0]), float(low[1]))).shift_y_mm == 0.0


def test_a_mark_in_the_air_is_no_target() -> None:
    """What the console says of marks set where the beam passed beside the breast."""
    procedure = scene()
    state = paired(procedure)
    engine = Engine(AttemptSpec("case-1", 3, "stereotactic"))
    on_speck = marks_on(procedure, FIVE[0])
    left, right = on_speck.left_px, on_speck.right_px
    assert not engine.beside(state, Marks(left, right))
    # The plain breast ends 100 mm from the chest wall: shift it down by 60.
    shifted = paired(procedure, Position(0.0, 60.0))
    assert engine.beside(shifted, Marks((970.0, 150.0), (970.0, 150.0)))
    assert not engine.beside(procedure.start(), Marks(left, right))
    there = Reading("stereotactic", "planned", 50.0, target_mm=np.array([0.0, 30.0, 20.0]))
    assert not there.outside
    there = replace(there, beside=True, y_mismatch_mm=0.0, p_value=1.0)
    assert there.outside and "beside" in str(mismatch(there))
