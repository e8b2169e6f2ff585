"""A trainee's freehand biopsy under ultrasound: look, insert, steer, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from stereosim.experiments.trial import Room, Setting
from stereosim.imaging.ultrasound import live as live_module
from stereosim.procedures.intents import (
    Adjust,
    Advance,
    ChooseDevice,
    Film,
    Fire,
    Insert,
    Intent,
    IntentError,
    Look,
    MarkEcho,
    PlaceClip,
    Sample,
    Scan,
    Steer,
    Stop,
    Withdraw,
    from_dict,
    to_dict,
)
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.scoring import score
from stereosim.procedures.state import ProcedureState, Seen, Step
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.cases import load_case
from tests.ultrasound_scenes import slim_probe

ROOM = Room(Setting())
PROBE = slim_probe(width_mm=25.6)
PATIENT = load_case("large-cluster").patient(1)
PLACES = PATIENT.supine_specks().solids.centres_mm[PATIENT.specks.target]
TARGET = PLACES[np.argmin(np.linalg.norm(PLACES - PLACES.mean(axis=0), axis=1))]
DEVICE = ROOM.devices["vab-11g"]
AWAY = 35.0
TILT = math.degrees(math.atan2(TARGET[2], AWAY))
WAY = math.hypot(TARGET[2], AWAY)
# From just inside the skin to one throw short of the place where the aperture lies on the target.
TO_PREFIRE = WAY + DEVICE.tip_offset_mm - DEVICE.throw_mm - 2.0
LOOK = Look(float(TARGET[0]), float(TARGET[1]), 0.0, 35.0, 20.0)
MARK = MarkEcho((float(TARGET[0]), float(TARGET[1]), float(TARGET[2])), "specks")
INSERT = Insert((float(TARGET[0]) - AWAY, float(TARGET[1])), 0.0, TILT)
CHOICE = ChooseDevice(DEVICE.name)
ALL_HOURS = tuple(float(h) for h in range(1, 13))


def procedure(*, perfect: bool = False) -> UltrasoundProcedure:
    placement = ROOM.placement["ultrasound"]
    return UltrasoundProcedure(
        patient=PATIENT,
        devices=ROOM.devices,
        conditions=Conditions(True, placement.perfect() if perfect else placement),
        seed=3,
        probe=PROBE,
        step_mm=1.0,
    )


@pytest.fixture(scope="module")
def room() -> UltrasoundProcedure:
    """One procedure for all tests: its tissue is built once, its state is elsewhere."""
    return procedure()


def after(room: UltrasoundProcedure, *intents: Intent) -> ProcedureState:
    state = room.start()
    for intent in intents:
        state, _ = room.step(state, intent)
    return state


def refused(room: UltrasoundProcedure, state: ProcedureState, intent: Intent, words: str) -> None:
    before = dataclasses.replace(state)
    with pytest.raises(IntentError, match=words):
        room.step(state, intent)
    assert state == before


WHOLE: tuple[Intent, ...] = (
    replace(LOOK, y_mm=LOOK.y_mm - 4.0),
    LOOK,
    MARK,
    LOOK,
    CHOICE,
    INSERT,
    Steer(along_mm=0.5 * TO_PREFIRE),
    LOOK,
    Steer(azimuth_deg=1.5, tilt_deg=-1.0),
    Steer(along_mm=0.5 * TO_PREFIRE),
    replace(LOOK, angle_deg=12.0),
    Fire(),
    LOOK,
    Adjust(1.0),
    Steer(along_mm=-1.0),
    Sample((12.0, 3.0, 6.0, 9.0)),
    Film(),
    LOOK,
    Withdraw(),
    LOOK,
    PlaceClip(),
    Stop("finished"),
)


@pytest.fixture(scope="module")
def finished(room: UltrasoundProcedure) -> ProcedureState:
    return after(room, *WHOLE)


def test_a_whole_freehand_biopsy(finished: ProcedureState) -> None:
    assert finished.step is Step.DEBRIEF
    phases = [still.phase for still in finished.seen.stills]
    assert phases == [
        "search", "search", "target", "prefire", "prefire", "postfire", "postfire", "target",
    ]  # fmt: skip
    assert finished.seen.passes == 1
    assert finished.seen.cores == len(finished.truth.tissue.cores) == 4
    assert len(finished.truth.firings) == 1
    minutes = load_minutes()
    expected = minutes.scan + 7 * minutes.look + minutes.mark + minutes.advance + minutes.fire
    expected += 4 * minutes.core + minutes.film + minutes.clip
    assert finished.seen.minutes == pytest.approx(expected)
    assert score(finished).cores == 4


def test_replay_is_the_same_bit_for_bit(finished: ProcedureState) -> None:
    lines = [json.dumps(to_dict(intent)) for intent in finished.intents]
    again = procedure().replay(from_dict(json.loads(line)) for line in lines)
    assert again.intents == finished.intents
    for still, other in zip(finished.seen.stills, again.seen.stills, strict=True):
        assert still.phase == other.phase
        assert np.array_equal(still.frame.envelope, other.frame.envelope)
    assert np.array_equal(finished.seen.films[0].image.pixels, again.seen.films[0].image.pixels)
    ours, theirs = finished.truth, again.truth
    assert np.array_equal(ours.tissue.rest_mm, theirs.tissue.rest_mm)
    assert np.array_equal(ours.tissue.present, theirs.tissue.present)
    assert np.array_equal(ours.firings[0].centre_mm, theirs.firings[0].centre_mm)
    assert ours.clip is not None and theirs.clip is not None
    assert np.array_equal(ours.clip.settled_mm, theirs.clip.settled_mm)
    assert finished.seen.commanded is not None and again.seen.commanded is not None
    assert finished.seen.commanded.same_as(again.seen.commanded)
    assert repr(score(again)) == repr(score(finished))


def test_a_still_is_what_was_on_the_screen(room: UltrasoundProcedure) -> None:
    state = after(room, LOOK, MARK, CHOICE, INSERT, Steer(along_mm=20.0))
    screen = room.live_frame(state, LOOK)
    kept, _ = room.step(state, LOOK)
    assert np.array_equal(kept.seen.stills[-1].frame.envelope, screen.envelope)
    assert screen.pose.x_mm == LOOK.x_mm
    assert screen.envelope.shape[0] == round(LOOK.depth_mm / screen.row_mm) + 1
    # Elsewhere and back.
    room.live_frame(state, replace(LOOK, x_mm=LOOK.x_mm - 15.0, angle_deg=70.0))
    assert np.array_equal(room.live_frame(state, LOOK).envelope, screen.envelope)


def test_looking_goes_through_the_phases(room: UltrasoundProcedure) -> None:
    minutes = load_minutes()
    state = after(room, LOOK)
    assert state.step is Step.SCOUT
    assert state.seen.stills[-1].phase == "search"
    assert state.seen.minutes == minutes.scan
    state, _ = room.step(state, MARK)
    state, _ = room.step(state, LOOK)
    assert state.step is Step.TARGET
    assert state.seen.stills[-1].phase == "target"
    assert state.seen.minutes == pytest.approx(minutes.scan + minutes.mark + minutes.look)


def test_mark_needs_a_scan_or_a_look(room: UltrasoundProcedure) -> None:
    refused(room, room.start(), MARK, "mark-echo: scan or look first")
    assert after(room, LOOK, MARK).step is Step.TARGET


def test_the_needle_in_the_frame_lies_where_it_truly_lies(room: UltrasoundProcedure) -> None:
    """What the needle adds to the frame in its own plane, but for its tail, is its true line."""
    state = after(room, LOOK, MARK, CHOICE, INSERT, Steer(along_mm=TO_PREFIRE))
    placed, commanded = state.truth.tissue.needle, state.seen.commanded
    assert placed is not None and commanded is not None
    true = placed.pose
    assert np.linalg.norm(true.centre_mm - commanded.prefire(DEVICE).centre_mm) > 0.5
    middle = true.tip_mm(DEVICE) - 10.0 * true.axis
    turn = math.degrees(math.atan2(true.axis[1], true.axis[0]))
    look = Look(float(middle[0]), float(middle[1]), turn, 35.0, 20.0)
    with_needle = room.live_frame(state, look)
    out = replace(state.truth.tissue, needle=None)
    bare = room.live_frame(replace(state, truth=replace(state.truth, tissue=out)), look)
    added = with_needle.envelope - bare.envelope
    specks = state.truth.tissue.rest_mm
    rows, columns = np.nonzero(added > 4.0)
    places = np.array([with_needle.supine_mm(r, c) for r, c in zip(rows, columns, strict=True)])
    far = np.linalg.norm(places[:, None] - specks, axis=2).min(axis=1) > 4.0
    away = places[far] - true.skin_mm
    assert len(away) > 200
    along = away @ true.axis
    beside = np.linalg.norm(away - along[:, None] * true.axis, axis=1)
    assert np.quantile(beside, 0.99) < 0.5 * DEVICE.outer_diameter_mm + 0.7
    point = float((true.tip_mm(DEVICE) - true.skin_mm) @ true.axis)
    assert along.max() == pytest.approx(point, abs=1.0)


def test_without_error_the_aperture_comes_to_the_target() -> None:
    room = procedure(perfect=True)
    state = after(room, LOOK, MARK, CHOICE, INSERT, Steer(along_mm=TO_PREFIRE))
    assert state.step is Step.PREFIRE
    commanded, placed = state.seen.commanded, state.truth.tissue.needle
    assert commanded is not None and placed is not None
    np.testing.assert_allclose(commanded.centre_mm, TARGET, atol=1e-9)
    np.testing.assert_allclose(placed.pose.centre_mm, commanded.prefire(DEVICE).centre_mm)
    before = placed.pose
    state, _ = room.step(state, Fire())
    assert state.truth.tissue.needle is not None
    throw = state.truth.tissue.needle.pose.centre_mm - before.centre_mm
    np.testing.assert_allclose(throw, DEVICE.throw_mm * before.axis, atol=1e-9)
    firing = state.truth.firings[0]
    np.testing.assert_allclose(firing.commanded_mm, TARGET, atol=1e-9)
    np.testing.assert_allclose(firing.centre_mm, TARGET, atol=1e-9)
    # Steering after firing throws no more.
    state, _ = room.step(state, Steer(along_mm=-3.0))
    assert state.seen.commanded is not None and state.truth.tissue.needle is not None
    np.testing.assert_allclose(
        state.truth.tissue.needle.pose.centre_mm, TARGET - 3.0 * before.axis, atol=1e-9
    )
    np.testing.assert_allclose(
        state.seen.commanded.centre_mm, TARGET - 3.0 * before.axis, atol=1e-9
    )
    state, _ = room.step(state, Sample(ALL_HOURS))
    assert not state.truth.tissue.present.all()


def test_a_vacuum_needle_pushed_home_by_hand_goes_as_far_as_the_hand() -> None:
    steps = (LOOK, MARK, CHOICE, INSERT, Steer(along_mm=TO_PREFIRE))
    room = procedure(perfect=True)
    before = after(room, *steps)
    assert before.truth.tissue.needle is not None
    start = before.truth.tissue.needle.pose
    state = after(room, *steps, Fire(by_hand_mm=12.0))
    firing = state.truth.firings[-1]
    assert firing.by_hand_mm == 12.0 and state.truth.fired
    # Breath moves the breast, not the needle: straight on along its axis, and so it was meant.
    np.testing.assert_allclose(firing.centre_mm, start.moved_along(12.0).centre_mm, atol=1e-9)
    np.testing.assert_allclose(firing.commanded_mm, firing.centre_mm, atol=1e-6)
    refused(room, before, Fire(by_hand_mm=DEVICE.throw_mm + 1.0), "by_hand_mm")
    gun = after(room, LOOK, MARK, ChooseDevice("ncb-14g"), INSERT)
    refused(room, gun, Fire(by_hand_mm=5.0), "a gun is not pushed home")


def test_the_error_is_drawn_once_for_each_pass(room: UltrasoundProcedure) -> None:
    state = after(room, LOOK, MARK, CHOICE, INSERT)
    first = state.truth.tissue.needle
    assert first is not None and state.seen.commanded is not None
    assert state.seen.passes == 1
    wide = float(first.pose.axis @ state.seen.commanded.axis)
    assert 0.001 < math.degrees(math.acos(wide)) < 15.0
    again = after(room, LOOK, MARK, CHOICE, INSERT).truth.tissue.needle
    assert again is not None and again.pose.same_as(first.pose)
    second, _ = room.step(room.step(state, Withdraw())[0], INSERT)
    assert second.seen.passes == 2
    assert second.truth.tissue.needle is not None
    assert not second.truth.tissue.needle.pose.same_as(first.pose)


def test_margins_are_those_of_the_needle_when_fired(room: UltrasoundProcedure) -> None:
    """The chest wall lies where the screen shows it; the near end counts from the skin."""
    state = after(room, LOOK, MARK, CHOICE, INSERT)
    margins, commanded = state.seen.margins, state.seen.commanded
    assert margins is not None and commanded is not None
    assert any("open into the skin" in problem for problem in margins.problems)
    state, _ = room.step(state, Steer(along_mm=TO_PREFIRE))
    margins, commanded = state.seen.margins, state.seen.commanded
    assert margins is not None and commanded is not None
    tip = commanded.tip_mm(DEVICE)
    wall = PATIENT.supine.nominal.chest_wall_depth_mm(tip[None])[0]
    assert margins.stroke_margin_mm == pytest.approx(wall - tip[2])
    near = commanded.centre_mm - 0.5 * DEVICE.aperture_mm * commanded.axis
    assert margins.skin_margin_mm == pytest.approx(near[2] - 2.0)
    deeper, _ = room.step(state, Steer(tilt_deg=20.0))
    assert deeper.seen.margins is not None
    deeper, events = room.step(deeper, Steer(along_mm=15.0))
    assert deeper.seen.margins is not None
    assert any("chest wall" in problem for problem in deeper.seen.margins.problems)
    fired, events = room.step(deeper, Fire())
    assert [event.what for event in events] == ["step", "unsafe fire"]
    assert fired.truth.firings[0].stroke_margin_mm == deeper.seen.margins.stroke_margin_mm
    # After a correction the margins are still those of the hand's needle.
    adjusted, _ = room.step(fired, Adjust(-2.0))
    assert adjusted.seen.margins is not None and adjusted.seen.commanded is not None
    tip = adjusted.seen.commanded.tip_mm(DEVICE)
    wall = PATIENT.supine.nominal.chest_wall_depth_mm(tip[None])[0]
    assert adjusted.seen.margins.stroke_margin_mm == pytest.approx(wall - tip[2])


def test_a_device_s_margins_know_the_chest_wall_before_it_goes_in(
    room: UltrasoundProcedure,
) -> None:
    state = after(room, LOOK, MARK, CHOICE)
    planned = state.seen.margins
    assert planned is not None
    tilt = math.atan2(TARGET[2], 35.0)
    depth = TARGET[2] + DEVICE.tip_offset_mm * math.sin(tilt)
    side = math.copysign(1.0, TARGET[0])
    point = [TARGET[0] - side * DEVICE.tip_offset_mm * math.cos(tilt), TARGET[1], depth]
    wall = PATIENT.supine.nominal.chest_wall_depth_mm(np.array([point]))[0]
    assert planned.stroke_margin_mm == pytest.approx(wall - depth, abs=0.01)
    inserted, _ = room.step(state, Advance())
    assert inserted.seen.margins == planned


def test_the_patient_breathes_between_the_mark_and_the_shot(room: UltrasoundProcedure) -> None:
    """The tissue is carried by the needle, and moved by a breath of its own each time."""
    state = after(room, LOOK, MARK, CHOICE, INSERT)
    needle = state.truth.tissue.needle
    assert needle is not None
    rest = PATIENT.supine_specks().solids.centres_mm
    first = state.truth.tissue.rest_mm - rest - needle.carried_mm
    assert np.ptp(first, axis=0).max() < 1e-9
    assert 0.05 < np.linalg.norm(first[0]) < 3.0
    fired, _ = room.step(room.step(state, Steer(along_mm=TO_PREFIRE))[0], Fire())
    needle = fired.truth.tissue.needle
    assert needle is not None
    second = fired.truth.tissue.rest_mm - rest - needle.carried_mm
    assert 0.05 < np.linalg.norm(second[0] - first[0]) < 3.0
    # It goes to and fro: with the needle out the breath of the shot is all that is left.
    out, _ = room.step(fired, Withdraw())
    np.testing.assert_allclose(out.truth.tissue.rest_mm - rest, second, atol=1e-9)


def test_what_the_cores_took_is_no_longer_in_the_frame() -> None:
    room = procedure(perfect=True)
    state = after(room, LOOK, MARK, CHOICE, INSERT, Steer(along_mm=TO_PREFIRE), Fire())
    state, _ = room.step(state, Sample(ALL_HOURS))
    state, _ = room.step(state, Withdraw())
    # Without the cavity, whose air would hide what lies behind it.
    tissue = replace(state.truth.tissue, bores=())
    state = replace(state, truth=replace(state.truth, tissue=tissue))
    taken = ~tissue.present
    assert taken.any()
    all_back = replace(tissue, share_left=np.ones_like(tissue.share_left))
    whole = replace(state, truth=replace(state.truth, tissue=all_back))
    gone = tissue.rest_mm[taken]
    speck = gone[np.argmax(tissue.original.solids.diameters_mm[taken])]
    look = Look(float(speck[0]), float(speck[1]), 0.0, 35.0, 20.0)
    now, then = (room.live_frame(s, look).envelope for s in (state, whole))
    change = np.abs(now - then)
    row = round(speck[2] / 0.05)
    assert change[row - 6 : row + 7].max() > 1.0
    assert change[: row - 140].max() < 0.01


def test_intents_that_do_not_fit_are_refused(room: UltrasoundProcedure) -> None:
    start = room.start()
    refused(room, start, INSERT, "insert: mark the place")
    refused(room, start, Steer(along_mm=1.0), "steer: insert the needle first")
    marked = after(room, LOOK, MARK)
    refused(room, marked, INSERT, "insert: choose a device first")
    refused(room, marked, Steer(along_mm=1.0), "steer: insert the needle first")
    ready = after(room, LOOK, MARK, CHOICE)
    for tilt in (0.0, -10.0, 90.5, 180.0):
        refused(room, ready, replace(INSERT, tilt_deg=tilt), "insert: a tilt of")
    refused(room, ready, replace(INSERT, entry_mm=(900.0, 0.0)), "insert.entry_mm")
    refused(room, ready, replace(INSERT, tilt_deg=float("nan")), "insert.tilt_deg")
    inside = after(room, LOOK, MARK, CHOICE, INSERT)
    refused(room, inside, INSERT, "insert: the needle is in; withdraw it first")
    refused(room, inside, MARK, "mark-echo: withdraw the needle first")
    refused(room, inside, Scan(0.0, 0.0, 10.0), "scan: the needle has been in")
    refused(room, inside, Steer(along_mm=-2.5), "steer: the point would come out of the skin")
    refused(room, inside, Steer(along_mm=101.0), "steer.along_mm: 101 is not within")
    refused(room, inside, Steer(along_mm=100.0, tilt_deg=91.0), "steer.tilt_deg")
    refused(room, inside, Steer(azimuth_deg=-200.0), "steer.azimuth_deg")
    refused(room, inside, Steer(tilt_deg=-TILT), "steer: a tilt of")
    refused(room, inside, Steer(tilt_deg=91.0 - TILT), "steer: a tilt of")
    deep, _ = room.step(inside, Steer(along_mm=90.0))
    refused(room, deep, Steer(along_mm=DEVICE.length_mm - 90.0), "steer: the hub has reached")
    out, _ = room.step(inside, Withdraw())
    refused(room, out, Steer(along_mm=1.0), "steer: insert the needle first")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"depth_mm": 5.0}, "look.depth_mm"),
        ({"depth_mm": 300.0}, "look.depth_mm"),
        ({"focus_mm": 0.0}, "look.focus_mm"),
        ({"x_mm": 1e6}, "look.x_mm"),
        ({"y_mm": -1e6}, "look.y_mm"),
        ({"angle_deg": math.inf}, "look.angle_deg"),
        ({"tilt_deg": 50.0}, "look.tilt_deg"),
        ({"strain": 0.5}, "look.strain"),
        ({"strain": -0.1}, "look.strain"),
    ],
)
def test_a_look_that_no_machine_has_is_refused(
    room: UltrasoundProcedure, change: dict[str, float], named: str
) -> None:
    look = replace(LOOK, **change)
    refused(room, room.start(), look, named)
    with pytest.raises(IntentError, match=named):
        room.live_frame(room.start(), look)
    with pytest.raises(IntentError, match=named):
        room.prepare(look)


def test_preparing_ends_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "AHEAD_MM", 0.0)
    room = procedure()
    steps = 0
    while room.prepare(LOOK):
        steps += 1
    assert steps > 20
    state = room.start()
    prepared = room.live_frame(state, LOOK).envelope
    assert np.array_equal(prepared, procedure().live_frame(state, LOOK).envelope)


def test_a_needle_may_go_straight_down(room: UltrasoundProcedure) -> None:
    above = Insert((float(TARGET[0]), float(TARGET[1])), 40.0, 90.0)
    state = after(room, LOOK, MARK, CHOICE, above, Steer(along_mm=8.0), LOOK)
    assert state.seen.commanded is not None
    np.testing.assert_allclose(state.seen.commanded.axis, [0.0, 0.0, 1.0], atol=1e-12)
    assert np.isfinite(state.seen.stills[-1].frame.envelope).all()


def test_what_is_seen_holds_nothing_of_the_true_needle(finished: ProcedureState) -> None:
    """Only the images know: no array of the true pose is reachable from what is seen."""
    state = finished
    true = state.truth.firings[0].centre_mm
    reached: list[str] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, np.ndarray) and value.shape == (3,) and np.allclose(value, true):
            reached.append(path)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for field in dataclasses.fields(value):
                walk(getattr(value, field.name), f"{path}.{field.name}")
        elif isinstance(value, tuple | list):
            for k, item in enumerate(value):
                walk(item, f"{path}[{k}]")

    walk(state.seen, "seen")
    assert reached == []
    walk(state.truth, "truth")
    assert reached, "the walk does find the pose where it is"
    assert isinstance(state.seen, Seen)
