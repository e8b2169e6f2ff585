"""Insertion beyond the vertical approach: the lateral arm, a second paddle, a push by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.lateral import Outline, lateral_check
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Margins, safety_check, usual_limits
from stereosim.geometry.projection import project
from stereosim.geometry.units import load_units
from stereosim.geometry.views import scout
from stereosim.imaging.hardware import Hardware
from stereosim.procedures.approach import (
    breast_from_support,
    bulge_mm,
    load_second_paddle,
    outline_of,
    stand_check,
    unit_of,
)
from stereosim.procedures.intents import (
    ARMS,
    Advance,
    ChooseDevice,
    Expose,
    Fire,
    IntentError,
    MarkPair,
    Position,
    Sample,
)
from stereosim.procedures.observations import REMEDIES
from stereosim.procedures.operators.aiming import correction, off_the_skin, safe_depth_offset
from stereosim.procedures.operators.reaching import lateral_way, repositioned, safe_way
from stereosim.procedures.operators.reading import Reader
from stereosim.procedures.operators.skill import load_search, load_skills
from stereosim.procedures.operators.stereotactic import StereotacticOperator
from stereosim.procedures.remedies import Held, mend
from stereosim.procedures.scoring import score
from stereosim.procedures.state import ProcedureState, Seen
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.tutor import observe_images
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.cohort import draw_patient, load_cohort
from stereosim_phantoms.patient import plain_patient
from stereosim_phantoms.randomness import stream
from tests.procedure_scenes import EXACT, FIVE, ROOM, do, paired, scene
from tests.xray_scenes import spheres

DEVICES = load_devices()
UNIT = load_units()["upright-hologic"]
READER = Reader(UNIT, load_search(), load_skills()["trained"])
LIMITS = usual_limits()
# A breast of 40 mm, its rim not rounded: the sides are those of the ellipse at every height.
PLAIN = Outline(half_width_mm=70.0, front_mm=60.0, edge_mm=0.0, thickness_mm=40.0)
WIDE = UNIT.paddle_half_width_mm


def check(
    target: tuple[float, float, float], arm: str = "lateral-left", device: str = "vab-11g"
) -> Margins:
    return lateral_check(DEVICES[device], target, PLAIN, arm=arm, paddle_half_width_mm=WIDE)


# The pose


@pytest.mark.parametrize("arm", ARMS[1:])
def test_a_needle_on_the_arm_lies_level_with_twelve_up(arm: str) -> None:
    pose = NeedlePose.lateral((1.0, 2.0, 3.0), arm)
    toward = 1.0 if arm == "lateral-left" else -1.0
    assert pose.axis == pytest.approx([toward, 0.0, 0.0])
    assert pose.hour_direction(12.0) == pytest.approx([0.0, 0.0, 1.0])
    # From the hub, looking toward the point: clockwise from up is the right hand.
    assert pose.hour_direction(3.0) == pytest.approx([0.0, -toward, 0.0], abs=1e-12)
    assert np.linalg.det(pose.frame) == pytest.approx(-1.0)
    device = DEVICES["vab-11g"]
    throw = pose.tip_mm(device) - pose.prefire(device).tip_mm(device)
    assert throw == pytest.approx([toward * device.throw_mm, 0.0, 0.0])


def test_only_the_arms_that_there_are() -> None:
    with pytest.raises(ValueError, match="lateral-top"):
        NeedlePose.lateral((0.0, 0.0, 0.0), "lateral-top")
    assert NeedlePose.held((0.0, 0.0, 5.0), "vertical").same_as(NeedlePose.vertical((0, 0, 5)))


# The outline


@given(
    st.floats(20.0, 70.0),
    st.floats(0.0, 10.0),
    st.floats(0.9, 1.3),
    st.booleans(),
    st.floats(-15.0, 15.0),
    st.floats(0.0, 20.0),
    st.floats(0.0, 45.0),
    st.floats(0.05, 0.95),
)
@settings(max_examples=150)
def test_the_sides_are_where_the_phantom_s_skin_is(
    thickness: float,
    edge: float,
    share: float,
    below: bool,
    shift_x: float,
    shift_y: float,
    y: float,
    height: float,
) -> None:
    """Independent: the signed distance by which the phantom's voxels are filled is 0 there."""
    breast = BreastSpec("right", thickness, 62.0, 71.0, 1.7, 0.2, 20.0, 1, edge_mm=edge)
    position = Position(
        shift_x, shift_y, "caudocranial" if below else "craniocaudal", thickness * share
    )
    outline = outline_of(breast, position)
    z = height * thickness * share
    try:
        low, high = outline.sides_mm(y, z)
    except ValueError:
        low = high = outline.centre_x_mm
    for x in (low, high):
        for off, sign in ((-0.2, 1.0), (0.2, -1.0)):
            side = 1.0 if x == high else -1.0
            point = np.array([[x + side * off, y, z]])
            if low == high and sign > 0.0:
                continue
            there = breast_from_support(point, thickness, position)
            if -shift_y < y and min(z, thickness * share - z) > 0.3:
                assert np.sign(breast.skin_distance_mm(there)[0]) == sign


def test_the_rim_leaves_less_room_near_the_side() -> None:
    round_ = replace(PLAIN, edge_mm=10.0)
    assert round_.room_mm((0.0, 20.0)) == pytest.approx(20.0)
    low, high = round_.sides_mm(20.0, 32.0)
    assert round_.room_mm((high, 20.0)) == pytest.approx(12.0, abs=1e-6)
    assert round_.room_mm((low, 20.0)) == pytest.approx(12.0, abs=1e-6)
    assert round_.room_mm((200.0, 20.0)) == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(ValueError, match="above or below"):
        PLAIN.sides_mm(10.0, 41.0)
    with pytest.raises(ValueError, match="in front"):
        PLAIN.sides_mm(61.0, 20.0)


# The margins, by the plain rules


def test_margins_of_a_level_needle_by_hand_calculation() -> None:
    """At y = 36 of 60 the sides lie at 0.8 of 70 = 56 mm; 11G: a 19, e 7, length 110, O 3.05."""
    left = check((10.0, 36.0, 20.0))
    assert left.depth_mm == pytest.approx(66.0)
    assert left.stroke_margin_mm == pytest.approx(56 - 10 - 9.5 - 7)
    assert left.skin_margin_mm == pytest.approx(66 - 9.5 - 2)
    assert left.length_margin_mm == pytest.approx(110 - 66 - 16.5 - LIMITS.hub_allowance_mm)
    assert left.room_margin_mm == pytest.approx(20 - LIMITS.guide_half_height_mm)
    assert np.isinf(left.window_margin_mm)
    assert "too short by 2.5 mm" in left.problems[0]
    right = check((10.0, 36.0, 20.0), "lateral-right")
    assert right.depth_mm == pytest.approx(46.0)
    assert right.stroke_margin_mm == pytest.approx(66 - 16.5)
    assert right.safe


@pytest.mark.parametrize(
    ("target", "arm", "device", "words", "mends"),
    [
        ((-42.0, 36.0, 20.0), "lateral-right", "ncb-14g", "far side by 0.5 mm", "other side"),
        ((-50.0, 36.0, 20.0), "lateral-left", "vab-11g", "into the skin by 5.5 mm", "deeper"),
        ((20.0, 36.0, 20.0), "lateral-left", "vab-11g", "too short by 12.5 mm", "longer"),
        ((20.0, 36.0, 5.0), "lateral-right", "vab-11g", "the support by 3.0 mm", "vertical"),
        ((20.0, 5.0, 20.0), "lateral-right", "vab-11g", "the chest wall by 3.0 mm", "vertical"),
        ((20.0, 36.0, 37.0), "lateral-right", "vab-11g", "the paddle by 0.5 mm", "vertical"),
        ((0.0, 36.0, 34.0), "lateral-right", "vab-11g", "too short by 11.5 mm", "reposition"),
    ],
)
def test_each_problem_of_a_level_needle_says_by_how_much_and_what_mends_it(
    target: tuple[float, float, float], arm: str, device: str, words: str, mends: str
) -> None:
    margins = check(target, arm, device)
    assert not margins.safe
    assert len(margins.problems) == len(margins.remedies)
    found = [
        mend for what, mend in zip(margins.problems, margins.remedies, strict=True) if words in what
    ]
    assert found and mends in found[0], margins.problems


def test_hours_that_would_open_into_the_skin() -> None:
    """An 11G 2.5 mm below the skin's inner side: cores reach it within acos(2.5 / reach)."""
    device = DEVICES["vab-11g"]
    inside = check((20.0, 36.0, 20.0), "lateral-right")
    assert inside.skin_hours == () and inside.warnings == ()
    near = check((20.0, 36.0, 35.5), "lateral-right")
    assert 40 - 35.5 - LIMITS.skin_allowance_mm == 2.5 < device.reach_mm
    ((start, end),) = near.skin_hours
    half = (np.degrees(np.arccos(2.5 / device.reach_mm)) + device.capture_angle_deg / 2) / 30
    assert (start, end) == pytest.approx((12.0 - half, half))
    assert "o'clock" in near.warnings[0]
    hours = tuple(float(h) for h in range(1, 13))
    kept = off_the_skin(hours, near)
    assert set(kept) == {h for h in hours if min(h % 12, 12 - h % 12) > half}
    low = check((20.0, 36.0, 4.5), "lateral-right")
    assert low.skin_hours[0] == pytest.approx((6.0 - half, 6.0 + half))


def test_the_mirrored_breast_has_the_mirrored_margins() -> None:
    for target in ((12.0, 30.0, 17.0), (-20.0, 10.0, 30.0)):
        mirrored = (-target[0], *target[1:])
        one, other = check(target, "lateral-left"), check(mirrored, "lateral-right")  # type: ignore[arg-type]
        for name in ("stroke", "skin", "length", "room", "window"):
            assert getattr(one, f"{name}_margin_mm") == getattr(other, f"{name}_margin_mm")


def test_the_worked_example_and_its_manoeuvres() -> None:
    """T 30, d 15, a 20, e 7: -2; a 12: +2 (facts, section 4); a bulge of 3 mm: +1."""
    nine = DEVICES["vab-9g"]
    assert safety_check(nine, (0, 30, 15), 30.0).stroke_margin_mm == pytest.approx(-2.0)
    petite = DEVICES["vab-9g-petite"]
    assert safety_check(petite, (0, 30, 15), 30.0).stroke_margin_mm == pytest.approx(2.0)
    bulged = safety_check(nine, (0, 30, 15), 30.0, bulge_mm=3.0)
    assert bulged.stroke_margin_mm == pytest.approx(1.0)
    assert bulged.safe and bulged.depth_mm == pytest.approx(15.0)


# The aim


@given(st.sampled_from(ARMS), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0))
def test_a_correction_is_cut_along_the_needle_only(arm: str, x: float, y: float, z: float) -> None:
    pose = NeedlePose.held(np.zeros(3), arm)
    margins = Margins(2.2, 1.2, 30.0, 5.0, (), ())
    miss = np.array([x, y, z])
    right, twelve, along = pose.frame @ correction(miss, margins, pose.axis)
    assert [right, twelve] == pytest.approx((pose.frame @ miss)[:2], abs=1e-9)
    assert along == pytest.approx(np.clip(float(miss @ pose.axis), -1.0, 2.0), abs=1e-9)


def test_no_aim_mends_a_needle_that_meets_paddle_or_support() -> None:
    margins = check((20.0, 36.0, 5.0), "lateral-right")
    assert safe_depth_offset(DEVICES["vab-11g"], margins, 3.0) is None


# The procedure


def marked_in(
    procedure: StereotacticProcedure, position: Position, target: np.ndarray
) -> ProcedureState:
    """Return the state with a point of the breast as it lies marked by a steady hand."""
    state = paired(procedure, position)
    left, right = (project(view, target[None])[0] for view in procedure.views(state.seen)[1:])
    marks = MarkPair((float(left[0]), float(left[1])), (float(right[0]), float(right[1])))
    return do(procedure, state, marks)


@cache
def levelled(
    device: str, arm: str, offset: tuple[float, float, float], second: bool = False
) -> tuple[StereotacticProcedure, ProcedureState]:
    """Return a level needle fired at an offset, by an arm without error, seen in both pairs."""
    procedure = scene(spheres(FIVE, 0.4))
    state = marked_in(procedure, Position(0.0, 0.0, second_paddle=second), FIVE[0])
    state = do(
        procedure, state, ChooseDevice(device, arm), Advance(offset), Expose("pair"), Fire(),
        Expose("pair"),
    )  # fmt: skip
    return procedure, state


@pytest.mark.parametrize(
    ("device", "arm", "offset"),
    [
        ("vab-11g", "lateral-left", (0.0, 3.0, 0.0)),
        ("vab-11g", "lateral-right", (3.0, -2.0, -3.0)),
        ("ncb-14g", "lateral-left", (0.0, 0.0, 4.0)),
        ("vab-8g", "lateral-right", (-4.0, 3.0, 0.0)),
    ],
)
def test_a_level_needle_is_read_off_the_pair(
    device: str, arm: str, offset: tuple[float, float, float]
) -> None:
    _, state = levelled(device, arm, offset)
    placed = state.truth.tissue.needle
    assert placed is not None and state.seen.device is not None
    assert placed.pose.axis[0] == (1.0 if arm == "lateral-left" else -1.0)
    for phase in ("prefire", "postfire"):
        pose = placed.pose.prefire(placed.device) if phase == "prefire" else placed.pose
        tip = READER.tip(state.seen, phase)
        assert tip is not None
        assert np.abs(tip.target_mm - pose.tip_mm(placed.device)).max() < 0.5
    reading = READER.postfire(state.seen, state.seen.device)
    assert reading is not None
    truth = state.truth.tissue.rest_mm.mean(axis=0) - placed.pose.centre_mm
    assert truth == pytest.approx(-np.array(offset), abs=0.1)
    # The shaft pushes the specks beside it aside, by less than its radius.
    assert np.abs(reading.miss_mm - truth).max() < 0.5 + 0.5 * placed.device.outer_diameter_mm
    assert abs(float(reading.miss_mm @ placed.pose.axis - truth @ placed.pose.axis)) < 0.5


def test_hours_are_those_of_the_pose() -> None:
    """From the left, a group toward the nipple lies at 9 o'clock, one above at 12."""
    notes = {}
    for offset in ((0.0, -3.0, 0.0), (0.0, 0.0, -3.0)):
        _, state = levelled("vab-11g", "lateral-left", offset)
        found = observe_images(state.seen, unit=UNIT, step=state.step)
        notes[offset] = next(note for note in found if note.code == "postfire-offset")
    assert float(notes[0.0, -3.0, 0.0].values["hour"]) == pytest.approx(9.0, abs=0.5)
    up = float(notes[0.0, 0.0, -3.0].values["hour"])
    assert min(up, 12.0 - up) < 0.5


def test_a_unit_without_the_arm_refuses_it() -> None:
    procedure = scene()
    procedure.machine = replace(ROOM.machine, unit=load_units()["upright-siemens"])
    state = marked_in(procedure, Position(0.0, 0.0), FIVE[0])
    with pytest.raises(IntentError, match="lateral-left"):
        procedure.step(state, ChooseDevice("vab-11g", "lateral-left"))
    assert procedure.arms == ("vertical",)


def test_the_arm_costs_minutes_once_and_the_margins_are_of_the_arm() -> None:
    procedure = scene()
    state = marked_in(procedure, Position(0.0, 0.0), FIVE[0])
    level = do(procedure, state, ChooseDevice("vab-11g", "lateral-left"))
    again = do(procedure, level, ChooseDevice("vab-11g-petite", "lateral-left"))
    minutes = load_minutes().lateral_arm
    assert level.seen.minutes - state.seen.minutes == pytest.approx(minutes)
    assert again.seen.minutes == level.seen.minutes
    assert level.seen.margins is not None and level.seen.outline is not None
    there = procedure.margins(state, "vab-11g", np.zeros(3), "lateral-left")
    assert there == level.seen.margins
    low, _ = level.seen.outline.sides_mm(35.0, 25.0)
    assert there.depth_mm == pytest.approx(-low, abs=0.1), "the way in from the skin, not z"


# A second paddle


@pytest.mark.parametrize("name", ["upright-hologic", "upright-ge", "prone-spot"])
def test_a_raised_breast_is_magnified_more_by_the_ratio_of_heights(name: str) -> None:
    unit = load_units()[name]
    raised = unit.raised(15.0)
    points = np.array([[-5.0, 30.0, 20.0], [5.0, 30.0, 20.0]])
    apart = [
        float(np.diff(project(scout(u), points)[:, 0])[0]) * u.pitch_mm for u in (unit, raised)
    ]
    height = unit.detector_offset_mm + 20.0
    assert apart[0] == pytest.approx(10.0 * unit.sid_mm / (unit.sid_mm - height))
    assert apart[1] == pytest.approx(10.0 * unit.sid_mm / (unit.sid_mm - height - 15.0))
    assert unit.raised(0.0) is unit


def test_on_a_second_paddle_all_geometry_follows() -> None:
    """The marks say where the support is; the marked place and the needle are read as they lie."""
    procedure, state = levelled("vab-11g", "lateral-right", (0.0, 2.0, 0.0), second=True)
    seen, height = state.seen, load_second_paddle().height_mm
    unit = unit_of(seen, UNIT)
    assert unit.detector_offset_mm == UNIT.detector_offset_mm + height
    for shot in seen.shots:
        assert shot.image.view.origin_mm[2] == -UNIT.detector_offset_mm - height
        assert procedure.true_view_of(shot).source_mm == pytest.approx(shot.image.view.source_mm)
    assert seen.marked_mm == pytest.approx(FIVE[0], abs=0.05)
    placed = state.truth.tissue.needle
    tip = READER.tip(seen, "postfire")
    assert placed is not None and tip is not None
    assert np.abs(tip.target_mm - placed.pose.tip_mm(placed.device)).max() < 0.3
    _, plain = levelled("vab-11g", "lateral-right", (3.0, -2.0, -3.0))
    more = load_minutes().second_paddle
    assert seen.minutes - plain.seen.minutes == pytest.approx(more)
    # Farther from the detector, nearer to the tube: the same breast takes a little more dose.
    per_image = [s.seen.dose_mgy / s.seen.exposures for s in (state, plain)]
    assert 1.0 < per_image[0] / per_image[1] < 1.3
    with_console = replace(procedure, calibrated=True)
    again = paired(with_console, Position(0.0, 0.0, second_paddle=True))
    for shot in again.seen.shots:
        nominal = next(v for v in procedure.views(again.seen) if v.name == shot.view)
        assert shot.image.view.source_mm == pytest.approx(nominal.source_mm, abs=2.0)


def test_the_second_plate_and_the_bulge_stand_in_the_beam() -> None:
    """Inside the opening more tissue, outside more plastic; the dome is nothing at its edges."""
    window = np.array([[0.0, UNIT.window_centre_y_mm], UNIT.window_lo_mm, UNIT.window_hi_mm])
    most = load_second_paddle().bulge_mm
    assert bulge_mm(UNIT, window) == pytest.approx([most, 0.0, 0.0])
    assert bulge_mm(UNIT, np.array([[UNIT.window_width_mm, 0.0]])) == pytest.approx([0.0])
    hardware = Hardware.of(UNIT.raised(15.0), 50.0, second=True)
    assert hardware.second is not None
    assert (hardware.second.lower_mm, hardware.second.upper_mm) == (-UNIT.paddle_thickness_mm, 0.0)
    procedure = scene(noise=False)
    paths = []
    for second in (False, True):
        state = do(procedure, procedure.start(), Position(0.0, 0.0, second_paddle=second))
        paths.append(procedure._positioned(state.seen)["scout"].background.paths_mm.sum(axis=0))
    gained = paths[1].max() - paths[0].max()
    assert gained == pytest.approx(most, rel=0.1)


def test_the_bulge_adds_to_the_stroke_margin() -> None:
    procedure = scene(spheres(FIVE - [0.0, 0.0, 13.0], 0.4), thickness_mm=28.0)
    target = FIVE[0] - [0.0, 0.0, 13.0]
    margins = []
    for second in (False, True):
        state = marked_in(procedure, Position(0.0, 0.0, second_paddle=second), target)
        state = do(procedure, state, ChooseDevice("vab-11g"))
        assert state.seen.margins is not None and state.seen.marked_mm is not None
        margins.append(state.seen.margins.stroke_margin_mm)
        bulge = float(bulge_mm(UNIT, state.seen.marked_mm)[0])
    assert margins[1] - margins[0] == pytest.approx(bulge, abs=0.05)
    assert margins[0] < 0.0 < margins[1]


# By hand


def test_by_hand_the_needle_stops_where_it_is_told() -> None:
    procedure = scene(spheres(FIVE, 0.4), placement=replace(EXACT, push_mm=1.0, hand_carry=0.05))
    state = marked_in(procedure, Position(0.0, 0.0), FIVE[0])
    device = DEVICES["vab-11g"]
    ready = do(procedure, state, ChooseDevice("vab-11g"), Advance((0.0, 0.0, 5.0)))
    fired, pushed = (do(procedure, ready, fire) for fire in (Fire(), Fire(by_hand_mm=14.0)))
    placed, home = pushed.truth.tissue.needle, fired.truth.tissue.needle
    assert placed is not None and home is not None and pushed.seen.commanded is not None
    assert placed.pose.centre_mm - home.pose.centre_mm == pytest.approx([0, 0, 6.0])
    assert pushed.seen.commanded.same_as(placed.pose.moved([0.0, 0.0, 0.0]))
    assert pushed.seen.margins is not None and fired.seen.margins is not None
    gain = pushed.seen.margins.stroke_margin_mm - fired.seen.margins.stroke_margin_mm
    assert gain == pytest.approx(device.throw_mm - 14.0)
    firing = pushed.truth.firings[0]
    assert firing.by_hand_mm == 14.0 and fired.truth.firings[0].by_hand_mm is None
    assert firing.stroke_margin_mm == pushed.seen.margins.stroke_margin_mm
    assert firing.commanded_mm == pytest.approx(pushed.seen.commanded.centre_mm)
    # Nothing springs back: what was carried stays, and is carried on.
    down = [0.0, 0.0, -1.0]
    assert ready.truth.tissue.needle is not None
    assert ready.truth.tissue.needle.carried_mm @ down == pytest.approx(1.0)
    assert placed.carried_mm @ down == pytest.approx(1.0 + 0.05 * 14.0)
    sampled = do(procedure, pushed, Sample((3.0,)))
    assert sampled.seen.cores == 1


def test_by_hand_goes_no_farther_than_the_throw_and_not_with_a_gun() -> None:
    procedure = scene()
    state = marked_in(procedure, Position(0.0, 0.0), FIVE[0])
    ready = do(procedure, state, ChooseDevice("vab-11g"), Advance())
    for way in (0.0, -3.0, DEVICES["vab-11g"].throw_mm + 0.1):
        with pytest.raises(IntentError, match="by_hand_mm"):
            procedure.step(ready, Fire(by_hand_mm=way))
    gun = do(procedure, state, ChooseDevice("ncb-14g"), Advance())
    with pytest.raises(IntentError, match="gun"):
        procedure.step(gun, Fire(by_hand_mm=10.0))


def test_an_unsafe_needle_by_hand_or_fired_is_recorded_as_what_it_is() -> None:
    procedure = scene(spheres(FIVE - [0.0, 0.0, 13.0], 0.4), thickness_mm=26.0)
    state = marked_in(procedure, Position(0.0, 0.0), FIVE[0] - [0.0, 0.0, 13.0])
    ready = do(procedure, state, ChooseDevice("vab-11g-petite"), Advance())
    fired, told = procedure.step(ready, Fire())
    assert any(event.what == "unsafe fire" for event in told)
    assert fired.truth.firings[0].stroke_margin_mm < 0.0
    assert any("stroke margin" in problem for problem in fired.truth.firings[0].problems)
    pushed, told = procedure.step(ready, Fire(by_hand_mm=18.0))
    assert not any(event.what == "unsafe fire" for event in told)
    assert pushed.truth.firings[0].stroke_margin_mm > 0.0
    assert pushed.truth.firings[0].problems == ()


# Remedies


@given(
    st.sampled_from(sorted(DEVICES)),
    st.sampled_from(ARMS),
    st.floats(15.0, 70.0),
    st.floats(0.02, 0.98),
    st.floats(-40.0, 40.0),
    st.floats(2.0, 55.0),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_what_is_proposed_mends_it_in_the_stand(
    device: str, arm: str, thickness: float, share: float, x: float, y: float, second: bool
) -> None:
    """Each manoeuvre that changes needle, arm or paddle, carried out: the problem is gone."""
    breast = BreastSpec("right", thickness, 60.0, 70.0, 1.5, 0.2, 20.0, 1)
    position = Position(0.0, 0.0, thickness_mm=thickness, second_paddle=second)
    seen = Seen(
        "stereotactic",
        _referral(),
        thickness,
        second_paddle=second,
        outline=outline_of(breast, position),
        marked_mm=np.array([x, y, share * thickness]),
        device=DEVICES[device],
        arm=arm,
    )
    aimed = Held.of(seen, UNIT, thickness)
    assert seen.marked_mm is not None
    before = stand_check(DEVICES[device], seen.marked_mm, seen, UNIT, arm)
    assert aimed.margins() == before
    for code in aimed.problems():
        remedies, values = mend(code, aimed, DEVICES)
        assert set(remedies) <= set(REMEDIES)
        for remedy in remedies:
            used, held, place, then = DEVICES[device], arm, seen.marked_mm, seen
            axis = NeedlePose.held(place, arm).axis
            if remedy in ("petite", "blunt", "other-device"):
                used = DEVICES[str(values[remedy])]
            elif remedy == "by-hand":
                place = place - (used.throw_mm - float(values[remedy])) * axis
            elif remedy == "aim-shallower":
                place = place - float(values[remedy]) * axis
            elif remedy == "aim-deeper":
                place = place + float(values[remedy]) * axis
            elif remedy == "lateral-arm":
                held = str(values[remedy])
            elif remedy == "vertical-arm":
                held = "vertical"
            elif remedy == "second-paddle":
                then = replace(seen, second_paddle=True)
            else:
                continue  # the breast positioned anew: tests/test_tutor.py
            after = stand_check(used, place, then, UNIT, held)
            wrong = {
                "stroke-margin": after.stroke_margin_mm <= 0.0,
                "skin-margin": after.skin_margin_mm <= 0.0,
                "too-short": after.length_margin_mm < 0.0,
                "window-margin": after.window_margin_mm < 0.0,
                "room-margin": after.room_margin_mm < 0.0,
                "thin-breast": held == "vertical" and thickness < LIMITS.contraindicated_mm,
            }
            assert not wrong[code], remedy
            assert {c for c, bad in wrong.items() if bad} <= aimed.problems(), "no new problem"


def _referral():  # type: ignore[no-untyped-def]
    return plain_patient(specks=spheres(FIVE, 0.4)).referral


def test_a_thin_breast_is_mended_by_its_own_manoeuvres() -> None:
    """22 mm, target in the middle: the paddle's bulge, the lateral arm; for 18 mm only the arm."""
    for thickness, expected in ((22.0, {"lateral-arm", "second-paddle"}), (18.0, {"lateral-arm"})):
        breast = BreastSpec("right", thickness, 58.0, 66.0, 1.5, 0.2, 14.0, 1)
        outline = outline_of(breast, Position(0.0, 0.0))
        seen = Seen(
            "stereotactic", _referral(), thickness, outline=outline,
            marked_mm=np.array([5.0, 30.0, thickness / 2.0]), device=DEVICES["vab-11g-petite"],
        )  # fmt: skip
        remedies, values = mend("stroke-margin", Held.of(seen, UNIT, thickness), DEVICES)
        assert expected <= set(remedies)
        assert values["lateral-arm"] == "lateral-right", "the nearer side"
        without = replace(UNIT, lateral_arm=0)
        remedies, _ = mend("stroke-margin", Held.of(seen, without, thickness), DEVICES)
        assert "lateral-arm" not in remedies


# The simulated operator


def operator(seed: int = 1) -> StereotacticOperator:
    return StereotacticOperator(
        ROOM.skill, ROOM.search, ROOM.unit, ROOM.devices, stream(seed, "operator")
    )


def test_the_way_from_the_paddle_comes_first_then_what_costs_no_image() -> None:
    breast = BreastSpec("right", 24.0, 58.0, 66.0, 1.5, 0.2, 14.0, 1)
    outline = outline_of(breast, Position(0.0, 0.0))
    variants = [DEVICES["vab-11g"], DEVICES["vab-11g-petite"]]
    seen = Seen("stereotactic", _referral(), 24.0, outline=outline)
    reached = replace(seen, marked_mm=np.array([0.0, 30.0, 13.0]))
    way = safe_way(variants, reached, UNIT)
    assert way is not None and way.device.name == "vab-11g-petite" and way.arm == "vertical"
    assert stand_check(
        way.device, np.array([0.0, 30.0, 13.0]) + way.offset_mm, reached, UNIT, "vertical"
    ).safe
    low = replace(seen, marked_mm=np.array([15.0, 30.0, 8.5]))
    assert safe_way(variants, low, UNIT) is None
    level = lateral_way(variants, low, UNIT)
    assert level is not None and level.arm == "lateral-right"
    assert level.device.name == "vab-11g", "the full aperture has room from the side"
    assert lateral_way(variants, low, replace(UNIT, lateral_arm=0)) is None
    again = repositioned(variants, low, UNIT)
    assert again[0][1].second_paddle, "before the breast is turned over"
    assert any(position.approach == "caudocranial" for _, position, _ in again)
    assert {abs(position.shift_x_mm) for _, position, place in again if place[0] == 0.0} == {15.0}
    # Too near to the paddle for the guide to come under it: nearer to the arm's side it reaches.
    high = replace(seen, marked_mm=np.array([0.0, 30.0, 19.0]))
    assert lateral_way(variants, high, UNIT) is None
    sides = [(arm, place[0]) for arm, _, place in repositioned(variants, high, UNIT) if place[0]]
    assert sides == [("lateral-left", -12.5), ("lateral-right", 12.5)]


def test_a_thin_breast_is_biopsied_on_the_lateral_arm() -> None:
    """The library's case, with the errors of hand, needle and noise; 14G gun and 11G."""
    patient = load_case("thin-breast").patient(1)
    procedure = scene(patient.specks)
    procedure.patient, procedure.voxel_mm = patient, ROOM.setting.voxel_mm
    state = procedure.start()
    state = procedure.run(state, operator().localise(state.seen))
    assert state.outcome is None
    for variants in (("vab-11g", "vab-11g-petite"), ("ncb-14g",)):
        end = procedure.run(state, operator().biopsy(state.seen, variants))
        assert end.outcome == "finished"
        assert end.seen.arm.startswith("lateral")
        assert end.seen.exposures == state.seen.exposures + 4, "no image for the arm"
        assert all(not firing.problems for firing in end.truth.firings)
        assert score(end).target_sampled


def test_without_an_arm_a_second_paddle_or_nothing() -> None:
    """Costs are honest: a new position, scout and pair, and only where they may help."""
    patient = replace_thickness(24.0)
    procedure = scene(patient.specks, thickness_mm=24.0)
    without = replace(ROOM.unit, lateral_arm=0)
    procedure.machine = replace(ROOM.machine, unit=without)
    hand = replace(operator(), unit=without)
    state = marked_in(procedure, Position(0.0, 0.0), patient.specks.solids.centres_mm[0])
    end = procedure.run(state, hand.biopsy(state.seen, ("vab-11g", "vab-11g-petite")))
    positions = [intent for intent in end.intents if isinstance(intent, Position)]
    assert len(positions) >= 2 and positions[1].second_paddle
    assert end.seen.second_paddle and end.outcome == "finished"
    assert end.seen.exposures >= state.seen.exposures + 3 + 4
    hopeless = procedure.run(state, hand.biopsy(state.seen, ("ncb-14g",)))
    assert hopeless.outcome in ("inaccessible", "finished")


def replace_thickness(thickness: float):  # type: ignore[no-untyped-def]
    return plain_patient(specks=spheres(FIVE - [0.0, 0.0, 16.5], 0.4), thickness_mm=thickness)


def test_a_woman_of_the_thin_cohort_is_reached() -> None:
    """The first of the cohort that no gun can reach from the paddle."""
    patient = draw_patient(load_cohort("thin-breasts"), 4711, 0)
    place = patient.target_mm
    seen = Seen(
        "stereotactic", patient.referral, patient.breast.thickness_mm,
        outline=outline_of(patient.breast, Position(0.0, 0.0)), marked_mm=place,
    )  # fmt: skip
    gun = [DEVICES["ncb-14g"]]
    assert safe_way(gun, seen, UNIT) is None
    assert lateral_way(gun, seen, UNIT) is not None
