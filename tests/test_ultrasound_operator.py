"""The simulated hand under ultrasound: it sees images alone, and they decide how well it hits."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.safety import Margins
from stereosim.biopsy.tissue import NeedleInPlace, Tissue
from stereosim.experiments.trial import Room, Setting
from stereosim.imaging.ultrasound.frame import Frame
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.procedures.intents import Fire, Insert, Look, MarkEcho, Steer, from_dict, to_dict
from stereosim.procedures.operators.aiming import axial_offset
from stereosim.procedures.operators.freehand import Approach, Hand, plan
from stereosim.procedures.operators.ultrasound import UltrasoundOperator
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.state import ProcedureState, Seen, Truth
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.patient import VirtualPatient
from tests.freehand_phantom import (
    GUN,
    PhantomPatient,
    one_pass,
    room_with,
    shoot,
)

ROOM = Room(Setting())
PATIENT = load_case("large-cluster").patient(1)
PLACES = PATIENT.supine_specks().solids.centres_mm[PATIENT.specks.target]
MIDDLE = PLACES[np.argmin(np.linalg.norm(PLACES - PLACES.mean(axis=0), axis=1))]
VACUUM = ("vab-11g", "vab-11g-petite")


def biopsy(reason: str, seed: int = 3) -> tuple[UltrasoundProcedure, ProcedureState, object]:
    """Sample the very place of the lesion, as if the search had named it."""
    procedure = UltrasoundProcedure(
        patient=PATIENT,
        devices=ROOM.devices,
        conditions=Conditions(True, ROOM.placement["ultrasound"]),
        seed=seed,
        probe=ROOM.probe,
        step_mm=1.0,
    )
    operator = UltrasoundOperator(ROOM.skill, ROOM.search, ROOM.devices)
    x, y, z = (float(v) for v in MIDDLE)
    state, _ = procedure.step(procedure.start(), Look(x, y, 0.0, 35.0, z))
    state, _ = procedure.step(state, MarkEcho((x, y, z), reason))
    if reason == "specks":
        operator.aims = PLACES.copy()
    return procedure, procedure.run(state, operator.biopsy(state.seen, VACUUM)), operator


@pytest.fixture(scope="module")
def finished() -> tuple[UltrasoundProcedure, ProcedureState, object]:
    return biopsy("specks")


def test_the_needle_is_looked_for_before_and_after_it_is_fired(finished) -> None:
    _, state, _ = finished
    kinds = [type(intent) for intent in state.intents]
    assert state.outcome == "finished"
    first, fire = kinds.index(Insert), kinds.index(Fire)
    looks = kinds[first:fire].count(Look)
    assert 2 <= looks <= ROOM.skill.looks
    assert kinds[fire + 1] is Look
    assert Steer in kinds[first:fire]
    # From the speck that was marked: the cluster's middle lies 5 mm from any speck.
    error = state.truth.firings[-1].error_mm + PLACES.mean(axis=0) - MIDDLE
    axis = state.truth.tissue.cores[-1].pose.axis
    assert np.linalg.norm(error - (error @ axis) * axis) < 4.0


def test_the_operator_holds_nothing_of_the_truth(finished) -> None:
    _, state, operator = finished
    forbidden = (Truth, Tissue, NeedleInPlace, Shaft, LiveTissue, VirtualPatient)
    reached: list[str] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, forbidden):
            reached.append(path)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            for name, item in vars(value).items():
                walk(item, f"{path}.{name}")
        elif isinstance(value, tuple | list):
            for k, item in enumerate(value):
                walk(item, f"{path}[{k}]")
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}[{key!r}]")

    hand = Hand(ROOM.skill, ROOM.search, ROOM.devices[GUN])
    one_pass(room_with(PhantomPatient(), ROOM, 1), hand)
    for thing in (state.seen, operator, hand):
        walk(thing, type(thing).__name__)
    assert reached == []
    walk(state, "state")
    assert "state.truth" in reached, "the walk does find the truth where it is"


def test_a_biopsy_by_hand_is_replayed_as_it_was(finished) -> None:
    _, state, _ = finished
    lines = [json.dumps(to_dict(intent)) for intent in state.intents]
    again_procedure, _, _ = finished
    fresh = replace(again_procedure)
    again = fresh.replay(from_dict(json.loads(line)) for line in lines)
    for still, other in zip(state.seen.stills, again.seen.stills, strict=True):
        assert np.array_equal(still.frame.envelope, other.frame.envelope)
    assert np.array_equal(state.truth.tissue.rest_mm, again.truth.tissue.rest_mm)
    assert np.array_equal(state.truth.tissue.present, again.truth.tissue.present)


def test_where_nothing_was_seen_one_insertion_is_all() -> None:
    _, state, _ = biopsy("blind")
    assert state.seen.passes == 1
    assert state.seen.cores == ROOM.devices["vab-11g"].usual_cores


def test_without_images_of_the_needle_the_hand_s_own_error_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = LiveTissue.frame

    def blind(self: LiveTissue, *args: object, **kwargs: object) -> Frame:
        kwargs["shaft"] = None
        return draw(self, *args, **kwargs)  # type: ignore[arg-type]

    with_eyes = [np.hypot(*made.error_mm[:2]) for made in shoot("trained", 6)]
    monkeypatch.setattr(LiveTissue, "frame", blind)
    made = shoot("trained", 6)
    assert not any(any(one.seen) for one in made)
    without = [np.hypot(*one.error_mm[:2]) for one in made]
    assert np.mean(without) > 1.3 * np.mean(with_eyes)


def test_skill_shows_in_passes_at_a_phantom() -> None:
    """Not one number of the hand is fitted to Harvey 1997; docs/freehand.md has both."""
    rms = {}
    for skill in ("novice", "expert"):
        error = np.array([made.error_mm for made in shoot(skill, 8)])
        rms[skill] = float(np.sqrt((error[:, :2] ** 2).sum(axis=1).mean()))
    assert rms["novice"] > 1.5 * rms["expert"]
    assert rms["expert"] < 2.5


def seen_with(margins: Margins, depth_mm: float) -> Seen:
    return Seen(
        "ultrasound",
        PATIENT.referral,
        50.0,
        marked_mm=np.array([10.0, 0.0, depth_mm]),
        margins=margins,
    )


def test_a_low_chest_wall_is_passed_flatter_or_not_at_all() -> None:
    device, search = ROOM.devices["vab-11g"], ROOM.search
    free = plan(seen_with(Margins(9.0, 8.0, 40.0, np.inf, (), ()), 20.0), device, search, 35.0)
    assert free == Approach(35.0, 0.0)
    low = Margins(-3.5, 8.0, 40.0, np.inf, ("wall",), ("flatter",))
    flatter = plan(seen_with(low, 20.0), device, search, 35.0)
    assert flatter is not None
    # Held against the margins of that very needle.
    steep = np.sin(np.arctan2(20.0, flatter.entry_mm))
    usual = np.sin(np.arctan2(20.0, 35.0))
    wall = -3.5 + 20.0 + device.tip_offset_mm * usual
    point = 20.0 + (device.tip_offset_mm - flatter.back_mm) * steep
    assert point < wall
    assert abs(flatter.back_mm) <= 0.5 * device.aperture_mm - search.aperture_inside_mm
    hopeless = Margins(-15.0, 8.0, 40.0, np.inf, ("wall",), ("flatter",))
    assert plan(seen_with(hopeless, 20.0), device, search, 35.0) is None


def test_a_margin_of_depth_is_a_longer_way_along_a_flat_needle() -> None:
    device = ROOM.devices["vab-11g"]
    margins = Margins(-1.0, 8.0, 40.0, np.inf, ("wall",), ("",))
    upright = axial_offset(device, margins, 90.0, 3.0)
    flat = axial_offset(device, margins, 30.0, 3.0)
    assert upright is not None and flat is not None
    assert flat - 0.2 == pytest.approx(2.0 * (upright - 0.2))
    assert axial_offset(device, margins, 5.0, 3.0) is None
