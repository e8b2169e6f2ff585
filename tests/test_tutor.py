"""The tutor: each mistake gives its observation, and what it proposes really mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.biopsy.needle import load_placement
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Window, freehand_check
from stereosim.geometry.probe import ProbePose
from stereosim.imaging.specimen_film import specimen_film
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import scan_frame
from stereosim.imaging.ultrasound.sweep import scan_box, sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim.procedures import reader_notes_ultrasound
from stereosim.procedures.approach import (
    breast_from_support,
    support_from_breast,
    thickness_limits_mm,
)
from stereosim.procedures.intents import (
    Adjust,
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Position,
    Sample,
    Withdraw,
)
from stereosim.procedures.observations import REMEDIES, Observation, at_step
from stereosim.procedures.operators.skill import load_skills
from stereosim.procedures.operators.stereotactic import StereotacticOperator
from stereosim.procedures.remedies import Freehand, Held, mend
from stereosim.procedures.state import ProcedureState, Seen, Shot, Specimen, Step, Still
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.tutor import observe, observe_images
from stereosim_phantoms.patient import NO_SPECKS, plain_patient
from stereosim_phantoms.randomness import stream
from tests.procedure_scenes import FIVE, ROOM, do, marks_on, paired, scene
from tests.xray_scenes import spheres

UNIT, DEVICES = ROOM.unit, ROOM.devices
TRAINED, NOVICE = (load_skills()[name] for name in ("trained", "novice"))
MIDDLE = np.array([0.0, UNIT.window_centre_y_mm, 25.0])
# Ten specks round the middle: a needle in it hides some of them in either view, never all.
TURN = 2.0 * np.pi * (np.arange(10) + 0.3) / 10.0
RING = MIDDLE + 4.5 * np.column_stack([np.cos(TURN), np.sin(TURN), np.cos(5.0 * TURN) / 4.5])


def moved(points_mm: np.ndarray, x_mm: float, y_mm: float, z_mm: float) -> np.ndarray:
    return points_mm + np.array([x_mm, y_mm, z_mm])


def codes(found: Iterable[Observation]) -> dict[str, Observation]:
    by_code = {item.code: item for item in found}
    for item in by_code.values():
        assert all(isinstance(value, (float, int, str)) for value in item.values.values())
    return by_code


def look(state: ProcedureState, usual_mm: float | None = None) -> dict[str, Observation]:
    return codes(
        observe(state.seen, devices=DEVICES, unit=UNIT, step=state.step, usual_mm=usual_mm)
    )


def read(state: ProcedureState) -> dict[str, Observation]:
    return codes(observe_images(state.seen, unit=UNIT, step=state.step))


def test_a_good_procedure_gives_no_warning() -> None:
    """The simulated operator with a steady needle, watched at every step."""
    procedure = scene()
    operator = StereotacticOperator(
        replace(ROOM.skill, click_sd_px=0.5), ROOM.search, UNIT, DEVICES, stream(1, "operator")
    )
    state, heard = procedure.start(), []
    for policy in (operator.localise, lambda seen: operator.biopsy(seen, ("vab-9g",))):
        acts = policy(state.seen)
        intent = next(acts)
        while True:
            state, _ = procedure.step(state, intent)
            heard += [*look(state).values(), *read(state).values()]
            try:
                intent = acts.send(state.seen)
            except StopIteration:
                break
    assert state.outcome == "finished"
    assert [item for item in heard if item.level == "warning"] == []
    said = {item.code for item in heard}
    assert {"prefire-tip", "postfire-offset", "specimen-positive"} <= said
    last = codes(item for item in heard if item.code == "prefire-tip")["prefire-tip"]
    assert last.level == "good"


# --- read-outs ------------------------------------------------------------------------------------
def test_rows_that_differ_are_pointed_out_and_weighed() -> None:
    procedure = scene()
    start = paired(procedure)
    good = marks_on(procedure, FIVE[0])
    pitch = UNIT.pitch_mm
    # What a patient who holds still as patients do gives, is not worth a word.
    for rows, skill, level in ((0, TRAINED, ""), (8, TRAINED, ""), (20, NOVICE, "note"),
                               (40, TRAINED, "warning")):  # fmt: skip
        off = replace(good, left_px=(good.left_px[0], good.left_px[1] - rows))
        state = do(procedure, start, off)
        seen = codes(observe(state.seen, devices=DEVICES, unit=UNIT, step=state.step, skill=skill))
        if not level:
            assert "y-mismatch" not in seen
            continue
        found = seen["y-mismatch"]
        assert found.level == level
        assert found.values["limit_mm"] == skill.y_tolerance_mm
        assert abs(float(found.values["mismatch_mm"])) == pytest.approx(rows * pitch, rel=0.1)
        assert float(found.values["p_value"]) < 0.01


def test_depth_outside_the_breast() -> None:
    """Two specks on one row that are far apart make a depth that cannot be."""
    procedure = scene()
    for apart, side in ((32.0, 1.0), (16.0, -1.0)):
        left, right = moved(MIDDLE, -apart, 0.0, 0.0), moved(MIDDLE, apart, 0.0, 0.0)
        ends = (left, right) if side > 0.0 else (right, left)
        state = do(procedure, paired(procedure), marks_on(procedure, *ends))
        found = look(state)["depth-outside-breast"]
        assert not 0.0 < float(found.values["z_mm"]) < 50.0
        assert float(found.values["z_mm"]) + float(found.values["depth_mm"]) == pytest.approx(50.0)
    inside = do(procedure, paired(procedure), marks_on(procedure, FIVE[0]))
    assert "depth-outside-breast" not in look(inside)


def test_a_mark_far_from_the_middle_of_the_window() -> None:
    procedure = scene(spheres(moved(FIVE, 14.0, 8.0, 0.0), 0.4))
    marked = moved(FIVE[0], 14.0, 8.0, 0.0)
    state = do(procedure, paired(procedure), marks_on(procedure, marked))
    found = look(state)["off-centre-scout"]
    assert found.values["dx_mm"] == pytest.approx(14.0) and found.values["dy_mm"] == pytest.approx(
        8.0
    )
    shift = float(found.values["shift_x_mm"]), float(found.values["shift_y_mm"])
    again = paired(procedure, Position(*shift))
    again = do(procedure, again, marks_on(procedure, marked - [*shift, 0.0]))
    assert "off-centre-scout" not in look(again), "the shift that is proposed mends it"


def test_the_chest_wall_is_no_reason_to_reposition() -> None:
    """Posterior of the window's middle nothing can be gained: the breast cannot be pulled out."""
    near_wall = moved(MIDDLE, 0.0, -15.0, 0.0)
    procedure = scene(spheres(moved(FIVE, 0.0, -15.0, 0.0), 0.4))
    state = do(procedure, paired(procedure), marks_on(procedure, near_wall))
    assert "off-centre-scout" not in look(state)
    assert "off-centre-scout" not in read(paired(procedure))


def test_many_exposures() -> None:
    procedure = scene()
    state = paired(procedure)
    assert "exposures-many" not in look(do(procedure, state, *[Expose("pair")] * 4))
    found = look(do(procedure, state, *[Expose("pair")] * 5))["exposures-many"]
    assert found.values["exposures"] == 13 and found.values["published"] == 11
    assert found.level == "note"


def held(
    device: str,
    target_mm: np.ndarray,
    thickness_mm: float,
    *,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    usual_mm: float | None = None,
) -> Held:
    window = Window(UNIT.window_width_mm, UNIT.window_height_mm, UNIT.window_centre_y_mm)
    return Held(
        DEVICES[device], target_mm, thickness_mm, window, "craniocaudal", shift_mm, usual_mm
    )


@pytest.mark.parametrize(
    ("device", "depth", "thickness", "code", "expected"),
    [
        # facts/clinical.md: T 30, d 15, a 20, e 7 gives -2, unsafe; a 12 gives +2.
        ("vab-9g", 15.0, 30.0, "stroke-margin", "petite"),
        ("vab-9g", 33.5, 50.0, "stroke-margin", "aim-shallower"),
        ("vab-9g", 11.0, 50.0, "skin-margin", "aim-deeper"),
        ("vab-9g", 34.0, 50.0, "stroke-margin", "other-approach"),
        ("vab-9g-petite", 12.0, 24.0, "stroke-margin", "less-compression"),
        ("vab-9g", 70.0, 110.0, "too-short", "other-approach"),
        ("vab-9g", 9.0, 18.0, "stroke-margin", "other-guidance"),
    ],
)
def test_what_is_proposed_for_a_margin(
    device: str, depth: float, thickness: float, code: str, expected: str
) -> None:
    target = np.array([0.0, MIDDLE[1], thickness - depth])
    aimed = held(device, target, thickness, usual_mm=thickness)
    assert code in aimed.problems()
    remedies, _ = mend(code, aimed, DEVICES)
    assert expected in remedies


def applied(remedy: str, values: dict[str, float | str], aimed: Held) -> tuple[float, float]:
    """Carry out a remedy by the plain rules, and return (stroke, skin) margins by the formula.

    SM = T - (d + a / 2 + e); skin = d - a / 2 - 2.
    """
    device, thickness = aimed.device, aimed.thickness_mm
    depth = thickness - float(aimed.target_mm[2])
    if remedy == "blunt":
        device = DEVICES[str(values["blunt"])]
        assert device.family == aimed.device.family
    if remedy == "by-hand":
        assert 0.0 < float(values["by-hand"]) < device.throw_mm
        depth -= device.throw_mm - float(values["by-hand"])
    if "petite" in remedy:
        device = DEVICES[str(values["petite"])]
        assert device.family == aimed.device.family
    if remedy == "other-device":
        device = DEVICES[str(values["other-device"])]
    if remedy.endswith("aim-shallower"):
        depth -= float(values["aim-shallower"])
        assert float(values["aim-shallower"]) <= device.aperture_mm / 2.0 - 3.0
    if remedy.endswith("aim-deeper"):
        depth += float(values["aim-deeper"])
        assert float(values["aim-deeper"]) <= device.aperture_mm / 2.0 - 3.0
    if remedy == "other-approach":
        depth = thickness - depth
    if remedy == "less-compression":
        new = float(values["less-compression"])
        assert thickness < new <= thickness_limits_mm(thickness)[1]
        depth, thickness = depth * new / thickness, new
    stroke = thickness - (depth + device.aperture_mm / 2.0 + device.dead_tip_mm)
    return stroke, depth - device.aperture_mm / 2.0 - 2.0


@given(
    st.sampled_from(sorted(DEVICES)),
    st.floats(20.5, 90.0),
    st.floats(0.02, 0.98),
    st.floats(-30.0, 30.0),
    st.floats(0.0, 70.0),
    st.sampled_from([(0.0, 0.0), (5.0, 12.0)]),
)
@settings(max_examples=300)
def test_remedies_mend(
    device: str,
    thickness: float,
    share: float,
    x: float,
    y: float,
    shift: tuple[float, float],
) -> None:
    target = np.array([x, y, share * thickness])
    aimed = held(device, target, thickness, shift_mm=shift, usual_mm=thickness)
    found = aimed.problems()
    for code in found & {"stroke-margin", "skin-margin"}:
        remedies, values = mend(code, aimed, DEVICES)
        assert set(remedies) <= set(REMEDIES)
        for remedy in set(remedies) - {"other-guidance"}:
            stroke, skin = applied(remedy, values, aimed)
            assert (stroke if code == "stroke-margin" else skin) > 0.0
            if "stroke-margin" not in found:
                assert stroke > 0.0, "no new problem is made"
            if "skin-margin" not in found:
                assert skin > 0.0
    if "window-margin" in found:
        remedies, values = mend("window-margin", aimed, DEVICES)
        if "reposition" in remedies:
            new = np.array([values["shift_x_mm"], values["shift_y_mm"]], float)
            assert new[1] >= 0.0
            lies = target[:2] + shift - new - [0.0, UNIT.window_centre_y_mm]
            half = np.array([UNIT.window_width_mm, UNIT.window_height_mm]) / 2.0
            assert np.all(np.abs(lies) <= half)


def test_less_compression_is_what_the_procedure_does() -> None:
    """The remedy carried out by the procedure itself mends the margin."""
    specks = spheres(moved(FIVE, 0.0, 0.0, -14.0), 0.4)
    procedure = scene(specks, thickness_mm=26.0)
    middle = moved(FIVE[0], 0.0, 0.0, -14.0)
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, middle),
        ChooseDevice("vab-9g-petite"),
    )
    found = look(state, 26.0)["stroke-margin"]
    assert "less-compression" in found.remedies
    position = Position(0.0, 0.0, thickness_mm=float(found.values["less-compression"]))
    there = support_from_breast(middle[None], 26.0, position)[0]
    assert breast_from_support(there[None], 26.0, position)[0] == pytest.approx(middle)
    again = do(
        procedure,
        paired(procedure, position),
        marks_on(procedure, there),
        ChooseDevice("vab-9g-petite"),
    )
    assert "stroke-margin" not in look(again, 26.0)
    assert "less-compression" not in look(state)["stroke-margin"].remedies, "limits not known"


def test_margins_on_the_display() -> None:
    thin = moved(FIVE, 0.0, 0.0, -13.0)
    procedure = scene(spheres(thin, 0.4), thickness_mm=26.0)
    state = do(procedure, paired(procedure), marks_on(procedure, thin[0]))
    assert look(state)["thin-breast"].level == "note"
    state = do(procedure, state, ChooseDevice("vab-11g"))
    found = look(state)["stroke-margin"]
    assert state.seen.margins is not None
    assert found.values["margin_mm"] == state.seen.margins.stroke_margin_mm < 0.0
    assert found.remedies[0] == "petite-aim-shallower", "12 mm alone is still too long here"
    wide = scene(spheres(moved(FIVE, 25.5, 0.0, 0.0), 0.4))
    outside = do(
        wide, paired(wide), marks_on(wide, moved(FIVE[0], 25.5, 0.0, 0.0)), ChooseDevice("vab-9g")
    )
    found = look(outside)["window-margin"]
    assert found.remedies == ("reposition", "lateral-arm")
    assert found.values["shift_x_mm"] == pytest.approx(25.5)


@given(
    st.sampled_from(sorted(DEVICES)),
    st.floats(3.0, 60.0),
    st.floats(12.0, 75.0),
    st.floats(10.0, 60.0),
)
@settings(max_examples=300)
def test_freehand_remedies_mend(device: str, depth: float, tilt_deg: float, room: float) -> None:
    """Checked by plain trigonometry; the chest wall lies `room` below the target."""
    tilt, wall = np.radians(tilt_deg), depth + room
    axis = np.array([-np.cos(tilt), 0.0, np.sin(tilt)])
    pose = NeedlePose(np.array([10.0, 5.0, depth]), axis, np.array([0.0, 0.0, -1.0]))
    aimed = Freehand(DEVICES[device], pose, wall)
    found = aimed.problems()
    for code in found:
        remedies, values = mend(code, aimed, DEVICES)
        for remedy in set(remedies) - {"other-guidance"}:
            used, turned, lower = DEVICES[device], tilt, depth
            if remedy in ("petite", "blunt", "other-device"):
                used = DEVICES[str(values[remedy])]
            if remedy in ("flatter", "steeper"):
                turned = np.radians(float(values[remedy]))
                assert (turned < tilt) == (remedy == "flatter")
            if remedy in ("aim-deeper", "aim-shallower"):
                way = 1.0 if remedy == "aim-deeper" else -1.0
                lower += way * float(values[remedy]) * np.sin(tilt)
            half = used.aperture_mm / 2.0
            mended = {
                "skin-margin": lower - half * np.sin(turned) > 2.0,
                "stroke-margin": lower + (half + used.dead_tip_mm) * np.sin(turned) < wall,
                "too-short": used.length_mm - lower / np.sin(turned) - half - used.dead_tip_mm
                >= -1e-9,
            }
            assert mended[code]
            assert all(mended[other] for other in mended.keys() - found), "no new problem"


def test_margins_of_a_freehand_needle() -> None:
    referral = plain_patient(specks=spheres(FIVE, 0.4)).referral
    marked = np.array([12.0, 20.0, 5.0])
    away = load_placement()["freehand"].entry_distance_mm
    pose = NeedlePose.freehand(marked, entry_distance_mm=away)
    seen = Seen("ultrasound", referral, 50.0, marked_mm=marked, device=DEVICES["vab-9g"])
    seen = replace(seen, margins=freehand_check(DEVICES["vab-9g"], pose))
    assert codes(observe(seen, devices=DEVICES)) == {}
    steep = replace(pose, axis=np.array([-0.5, 0.0, 0.8]))
    margins = freehand_check(DEVICES["vab-9g"], steep, chest_wall_mm=18.0)
    by_hand = replace(seen, commanded=steep, margins=margins)
    found = codes(observe(by_hand, devices=DEVICES))
    assert found.keys() == {"skin-margin", "stroke-margin"}
    for problem in found.values():
        assert "flatter" in problem.remedies and "steeper" not in problem.remedies
    on_its_way = replace(by_hand, commanded=steep.moved_along(-15.0))
    margins = freehand_check(DEVICES["vab-9g"], on_its_way.commanded, chest_wall_mm=18.0)
    assert not margins.safe
    assert codes(observe(replace(on_its_way, margins=margins), devices=DEVICES)) == {}


def test_only_what_matters_at_the_step() -> None:
    found = [Observation("specimen-positive", level="good"), Observation("y-mismatch")]
    assert [item.code for item in at_step(found, None)] == ["y-mismatch", "specimen-positive"]
    assert [item.code for item in at_step(found, Step.TARGET)] == ["y-mismatch"]
    assert [item.code for item in at_step(found, Step.SPECIMEN)] == ["specimen-positive"]
    for wrong in ({"code": "nonsense"}, {"code": "motion", "remedies": ("pray",)}):
        with pytest.raises(ValueError, match="unknown code"):
            Observation(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unit"):
        observe(paired(scene()).seen, devices=DEVICES)


# --- images ---------------------------------------------------------------------------------------
def test_a_wrong_partner_on_the_same_row() -> None:
    """The rows agree; what gives it away is that the place lies above or below the group."""
    procedure = scene(spheres(RING, 0.4))
    start = paired(procedure)
    for first, second in ((RING[2], RING[1]), (RING[1], RING[2])):
        level = np.array([second[0], first[1], second[2]])
        state = do(procedure, start, marks_on(procedure, first, level))
        assert "y-mismatch" not in look(state)
        found = read(state)["depth-off-group"]
        assert found.level == "warning" and found.remedies == ("mark-same-speck",)
        assert state.seen.marked_mm is not None
        off = state.seen.marked_mm[2] - first[2]
        assert float(found.values["dz_mm"]) == pytest.approx(off, abs=2.1)
    right = do(procedure, start, marks_on(procedure, RING[2]))
    assert "depth-off-group" not in read(right)


@pytest.mark.parametrize(
    ("beside", "level", "remedy"), [(2.0, "note", "sample-all-round"), (6.0, "warning", "retarget")]
)
def test_a_speck_hidden_by_the_needle(beside: float, level: str, remedy: str) -> None:
    """In one view the needle lies over it; that it is not seen is no sign of a good position."""
    procedure = scene(spheres(MIDDLE[None], 0.4))
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, MIDDLE),
        ChooseDevice("vab-9g"),
        Advance((beside, 0.0, 0.0)),
        Fire(),
        Expose("pair"),
    )
    found = read(state)["lesion-not-seen"]
    assert found.level == level and found.remedies[0] == remedy
    if level == "warning":
        assert float(found.values["lateral_mm"]) == pytest.approx(beside, abs=0.3)
        assert float(found.values["dx_mm"]) < 0.0, "the speck lies on the other side of the needle"


def test_a_group_far_from_the_middle_of_the_scout() -> None:
    procedure = scene(spheres(moved(FIVE, 16.0, 6.0, 0.0), 0.4))
    state = do(procedure, procedure.start(), Position(0.0, 0.0), Expose("scout"))
    found = read(state)["off-centre-scout"]
    assert found.level == "warning"
    assert found.values["dx_mm"] == pytest.approx(16.0, abs=1.0)
    shift = float(found.values["shift_x_mm"]), float(found.values["shift_y_mm"])
    again = do(procedure, procedure.start(), Position(*shift), Expose("scout"))
    assert "off-centre-scout" not in read(again)
    from_below = Position(-16.0, 6.0, "caudocranial")
    turned = do(procedure, procedure.start(), from_below, Expose("scout"))
    assert read(turned) == {}, "from below the group lies on the other side"


def test_nothing_there() -> None:
    procedure = scene()
    state = do(procedure, procedure.start(), Position(90.0, 0.0), Expose("scout"))
    assert read(state)["lesion-not-seen"].values == {"where": "scout"}
    state = do(procedure, state, Expose("pair"))
    assert read(state)["lesion-not-seen"].values == {"where": "pair"}


def test_a_patient_who_moved_within_a_pair() -> None:
    procedure = scene(motions={1: (0.0, 1.5, 0.0)})
    state = paired(procedure)
    found = read(state)["motion"]
    assert abs(float(found.values["group_y_mm"])) == pytest.approx(1.5, abs=0.15)
    assert found.level == "warning" and found.remedies == ("repeat-pair",)
    left = moved(FIVE[0], 0.0, 1.5, 0.0)
    marked = do(procedure, state, marks_on(procedure, left, FIVE[0]))
    found = read(marked)["motion"]
    both = [float(found.values[name]) for name in ("group_y_mm", "marks_y_mm")]
    assert both[0] == pytest.approx(both[1], abs=0.15), "the marks are those of the group"
    assert read(paired(scene())) == {}


def test_a_patient_who_moved_before_the_needle_was_in() -> None:
    later = dict.fromkeys((3, 4), (2.0, 0.0, 0.0))
    much = dict.fromkeys((3, 4), (4.2, 0.0, 0.0))
    for motions, level in (({}, None), (later, "note"), (much, "warning")):
        procedure = scene(spheres(RING, 0.4), motions=motions)
        state = do(
            procedure,
            paired(procedure),
            marks_on(procedure, MIDDLE),
            ChooseDevice("vab-11g"),
            Advance(),
            Expose("pair"),
        )
        found = read(state)
        assert (found["motion"].level if "motion" in found else None) == level
        if level is not None:
            assert found["motion"].values["dx_mm"] == pytest.approx(motions[3][0], abs=0.3)
        assert found["prefire-tip"].level == ("warning" if level == "warning" else "good")
        assert abs(float(found["prefire-tip"].values["dx_mm"])) < 0.2, "the needle is where it was"


def test_a_point_that_has_not_entered_the_breast_is_not_read() -> None:
    shallow = moved(FIVE, 0.0, 0.0, 14.0)
    procedure = scene(spheres(shallow, 0.4), thickness_mm=44.0)
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, shallow[0]),
        ChooseDevice("vab-9g-petite"),
        Advance(),
        Expose("pair"),
    )
    found = read(state)["prefire-tip-not-seen"]
    assert float(found.values["outside_mm"]) == pytest.approx(39.0 + 20.0 - 13.0 - 44.0)
    assert "prefire-tip" not in read(state)


def after_firing(
    offset_mm: tuple[float, float, float], device: str = "vab-9g"
) -> tuple[StereotacticProcedure, ProcedureState]:
    """Fire with the aperture `offset_mm` from the middle of the ring, and make the pair."""
    procedure = scene(spheres(RING, 0.4))
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, MIDDLE),
        ChooseDevice(device),
        Advance(offset_mm),
        Fire(),
        Expose("pair"),
    )
    return procedure, state


@pytest.mark.parametrize(
    ("offset", "codes_expected", "level", "remedies"),
    [
        ((0.0, 0.0, 0.0), set(), "good", ("sample-all-round",)),
        ((-2.5, 0.0, 0.0), {"postfire-both-same-side"}, "note", ("sample-towards",)),
        ((0.0, 2.5, 0.0), {"postfire-y"}, "note", ("sample-towards",)),
        ((6.0, 0.0, 0.0), {"postfire-both-same-side"}, "warning", ("retarget",)),
        ((0.0, -6.0, 0.0), {"postfire-y"}, "warning", ("retarget",)),
        ((0.0, 0.0, 7.5), {"postfire-opposite"}, "warning", ("adjust", "sample-all-round")),
        ((0.0, 0.0, -7.5), {"postfire-opposite"}, "warning", ("adjust", "sample-all-round")),
    ],
)
def test_the_post_fire_pair(
    offset: tuple[float, float, float],
    codes_expected: set[str],
    level: str,
    remedies: tuple[str, ...],
) -> None:
    procedure, state = after_firing(offset)
    found = read(state)
    assert found.keys() == {"postfire-offset", *codes_expected}
    told = found["postfire-offset"]
    miss = [float(told.values[f"d{axis}_mm"]) for axis in "xyz"]
    lesion = state.truth.firings[0]
    assert miss == pytest.approx(lesion.lesion_mm - lesion.centre_mm, abs=1.0)
    assert told.level == level
    assert told.remedies == remedies
    if "sample-towards" in remedies:
        pose = NeedlePose.vertical(lesion.centre_mm)
        toward = pose.hour_direction(float(told.values["sample-towards"]))
        assert toward @ (lesion.lesion_mm - lesion.centre_mm) > 2.0, "the clock faces the lesion"
    if "adjust" in remedies:
        state = do(procedure, state, Adjust(float(told.values["adjust"])), Expose("pair"))
        assert read(state)["postfire-offset"].level == "good", "what is proposed mends it"


def test_the_signs_in_the_two_views() -> None:
    _, state = after_firing((-2.5, 0.0, 0.0))
    same = read(state)["postfire-both-same-side"].values
    assert float(same["left_mm"]) > 1.5 and float(same["right_mm"]) > 1.5
    _, state = after_firing((0.0, 0.0, 7.5))
    other = read(state)["postfire-opposite"].values
    assert float(other["left_mm"]) * float(other["right_mm"]) < 0.0
    assert abs(float(other["left_mm"])) == pytest.approx(7.5 * np.tan(np.radians(15.0)), abs=0.4)


def test_a_wrong_pair_is_off_in_one_view_only() -> None:
    """The right mark was set 3.5 mm beside the true partner, on the same row."""
    procedure = scene(spheres(RING, 0.4))
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, MIDDLE, moved(MIDDLE, 3.5, 0.0, 0.0)),
        ChooseDevice("vab-9g"),
        Advance(),
        Fire(),
        Expose("pair"),
    )
    found = read(state)["postfire-one-view"]
    assert abs(float(found.values["left_mm"])) < 1.0
    assert float(found.values["right_mm"]) == pytest.approx(-3.5, abs=1.0)


def test_the_margins_keep_an_adjustment_short() -> None:
    """The needle is too high, but going down would bring its point through the back."""
    low = moved(RING, 0.0, 0.0, -14.5)
    procedure = scene(spheres(low, 0.4), thickness_mm=50.0)
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, moved(MIDDLE, 0.0, 0.0, -14.5)),
        ChooseDevice("vab-9g"),
        Advance((0.0, 0.0, 6.8)),
        Fire(),
        Expose("pair"),
    )
    told = read(state)["postfire-offset"]
    assert float(told.values["dz_mm"]) == pytest.approx(-6.8, abs=0.4)
    assert told.level in ("note", "good"), "the target is still inside the aperture"
    assert "adjust" not in told.remedies


def test_nothing_seen_after_firing() -> None:
    procedure, state = after_firing((0.0, 0.0, 0.0))
    blank = [
        Shot(s.view, s.phase, replace(s.image, pixels=np.full_like(s.image.pixels, 4000.0)))
        for s in state.seen.shots
    ]
    seen = replace(state.seen, shots=tuple(blank))
    found = codes(observe_images(seen, unit=UNIT, step=Step.FIRE))
    assert found["lesion-not-seen"].values == {"where": "postfire"}
    assert procedure.unit is UNIT


def test_specimen_films() -> None:
    procedure, state = after_firing((0.0, 0.0, 0.0))
    state = do(procedure, state, Sample(tuple(float(h) for h in range(1, 13))), Film())
    found = read(state)["specimen-positive"]
    assert found.values["of"] == 12 and float(found.values["cores"]) >= 1
    assert found.level == "good"
    # Withdrawn and marked again, the old film still counts; with more cores it no longer does.
    more = do(procedure, state, Sample((12.0,)))
    assert "specimen-positive" not in codes(observe_images(more.seen, unit=UNIT))
    procedure, state = after_firing((9.0, 0.0, 0.0))
    state = do(procedure, state, Sample((3.0, 4.0)), Film())
    found = read(state)["specimen-negative"]
    assert found.level == "warning"
    assert found.values["of"] == 2
    assert found.remedies == ("retarget",)
    assert "specimen-negative" in read(do(procedure, state, Withdraw()))


def test_an_empty_film_of_a_centred_needle_asks_for_a_new_look() -> None:
    _, state = after_firing((0.0, 0.0, 0.0))
    boxes = np.array([[[0.0, -9.0, 0.0], [2.0, 9.0, 2.0]]])
    film = specimen_film(NO_SPECKS, boxes, rng=np.random.default_rng(1))
    empty = Specimen(film, np.ascontiguousarray(boxes[:, :, :2].reshape(-1, 4)))
    seen = replace(state.seen, films=(empty,), cores=1, hours=(12.0,))
    found = codes(observe_images(seen, unit=UNIT))["specimen-negative"]
    assert found.remedies == ("repeat-pair", "more-cores")
    gun = replace(seen, device=DEVICES["ncb-14g"])
    assert codes(observe_images(gun, unit=UNIT))["specimen-negative"].remedies[0] == "more-cores"


# --- ultrasound -----------------------------------------------------------------------------------
def scanned(speck_mm: float | None) -> tuple[Seen, Still]:
    """Return what a short sweep of a plain breast shows, with specks or without, and a still."""
    patient = plain_patient(
        specks=None if speck_mm is None else spheres(FIVE, speck_mm), thickness_mm=50.0
    )
    x, y, depth = (float(v) for v in patient.referral.supine_mm)
    grid = Grid(depth_mm=depth + 12.0)
    tissue = Insonated.from_patient(patient, *scan_box((x, y), 24.0, ROOM.probe, grid.depth_mm))
    made = sweep(tissue, (x, y), 24.0, 1.0, ROOM.probe, seed=1, grid=grid, focus_mm=depth)
    seen = Seen("ultrasound", patient.referral, 50.0, sweeps=(made,))
    frame = scan_frame(tissue, ProbePose(x, y), ROOM.probe, seed=2, grid=grid, focus_mm=depth)
    return seen, Still("search", frame)


def test_nothing_to_be_seen_under_ultrasound_means_refer() -> None:
    seen, still = scanned(None)
    found = codes(observe_images(seen))["not-visible-refer"]
    assert found.level == "note" and found.remedies == ("refer",)
    assert codes(observe_images(replace(seen, sweeps=(), stills=(still,) * 2))) == {}
    stills = replace(seen, sweeps=(), stills=(still,) * 3)
    assert codes(observe_images(stills))["not-visible-refer"].values == {"sweeps": 0, "stills": 3}
    mass = replace(stills, marked_mm=np.array([0.0, 0.0, 10.0]), marked_reason="correlate")
    assert codes(observe_images(mass)) == {}, "single frames cannot gainsay a mass"
    marked = replace(seen, marked_mm=np.array([0.0, 0.0, 10.0]), marked_reason="blind")
    assert codes(observe_images(marked))["not-visible-refer"].level == "warning"
    far = replace(seen.referral, nipple_distance_mm=90.0, clock_hour=3.0)
    elsewhere = replace(seen, referral=far)
    assert codes(observe_images(elsewhere)) == {}, "nobody has looked where it should be"
    assert codes(observe_images(replace(seen, passes=1))) == {}


def test_specks_that_shine_are_not_referred(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, _ = scanned(0.9)
    assert codes(observe_images(seen)) == {}

    def again(*args: object) -> None:
        raise AssertionError("a sweep is searched once")

    monkeypatch.setattr(reader_notes_ultrasound, "search", again)
    assert codes(observe_images(seen)) == {}
