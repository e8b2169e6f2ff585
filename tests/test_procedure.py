"""The procedures: rules of the state machine, what the operator sees, where results come from.

The two tests that matter most: without images each arm fails, and without noise and errors the
stereotactic arm succeeds wherever the needle can go.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.safety import Margins
from stereosim.biopsy.tissue import Tissue
from stereosim.experiments.trial import Room, Setting
from stereosim.imaging.xray import ExposureSeries, XrayImage
from stereosim.procedures import stereotactic as stereotactic_module
from stereosim.procedures import ultrasound as ultrasound_module
from stereosim.procedures.intents import (
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Intent,
    IntentError,
    MarkPair,
    PlaceClip,
    Position,
    Sample,
    Scan,
    Stop,
    Withdraw,
    from_dict,
    to_dict,
)
from stereosim.procedures.operators.aiming import safe_depth_offset
from stereosim.procedures.operators.stereotactic import StereotacticOperator
from stereosim.procedures.operators.ultrasound import UltrasoundOperator
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.scoring import score
from stereosim.procedures.state import ProcedureState, Seen, Step, Truth
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim_phantoms.cases import list_cases, load_case
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.randomness import stream

ROOM = Room(Setting())
VACUUM = ("vab-11g", "vab-11g-petite")


def stereotactic(
    patient: VirtualPatient, *, noise: bool = True, perfect: bool = False
) -> tuple[StereotacticProcedure, StereotacticOperator]:
    """Return a procedure and its operator; `perfect` removes every error of hand and needle."""
    placement = ROOM.placement["stereotactic"]
    skill = ROOM.skill
    if perfect:
        placement, skill = placement.perfect(), replace(skill, click_sd_px=0.0)
    procedure = StereotacticProcedure(
        patient=patient,
        devices=ROOM.devices,
        conditions=Conditions(noise, placement),
        seed=1,
        machine=ROOM.machine,
        voxel_mm=0.5,
    )
    return procedure, StereotacticOperator(
        skill, ROOM.search, ROOM.unit, ROOM.devices, stream(1, "operator")
    )


def sonography(patient: VirtualPatient) -> tuple[UltrasoundProcedure, UltrasoundOperator]:
    """Return an ultrasound-guided procedure with coarse sweeps, and its operator."""
    procedure = UltrasoundProcedure(
        patient=patient,
        devices=ROOM.devices,
        conditions=Conditions(True, ROOM.placement["ultrasound"]),
        seed=1,
        probe=ROOM.probe,
        step_mm=1.0,
    )
    return procedure, UltrasoundOperator(ROOM.skill, ROOM.search, ROOM.devices)


@pytest.fixture(scope="module")
def patient() -> VirtualPatient:
    return load_case("large-cluster").patient(1)


@pytest.fixture(scope="module")
def finished(patient: VirtualPatient) -> ProcedureState:
    procedure, operator = stereotactic(patient)
    state = procedure.start()
    state = procedure.run(state, operator.localise(state.seen))
    return procedure.run(state, operator.biopsy(state.seen, VACUUM))


def test_a_procedure_runs_from_positioning_to_the_end(finished: ProcedureState) -> None:
    assert finished.step is Step.DEBRIEF
    assert finished.outcome == "finished"
    seen = finished.seen
    assert seen.exposures >= 7, "scout, pair, pre-fire and post-fire pair"
    assert seen.dose_mgy == pytest.approx(sum(s.image.exposure.dose_mgy for s in seen.shots))
    assert [shot.phase for shot in seen.shots[:3]] == ["scout", "target", "target"]
    result = score(finished)
    assert result.cores == len(finished.truth.tissue.cores) > 0
    gone = 1.0 - finished.truth.tissue.share_left
    for core in finished.truth.tissue.cores:
        gone[core.specks] -= core.shares
    assert gone == pytest.approx(0.0, abs=1e-9), "what left the breast is in the cores"
    assert result.fraction_removed > 0.0


def test_replay_gives_the_same_procedure(patient: VirtualPatient, finished: ProcedureState) -> None:
    record = [to_dict(intent) for intent in finished.intents]
    procedure, _ = stereotactic(patient)
    again = procedure.replay(from_dict(line) for line in record)
    for shot, other in zip(finished.seen.shots, again.seen.shots, strict=True):
        assert np.array_equal(shot.image.pixels, other.image.pixels)
    for film, other_film in zip(finished.seen.films, again.seen.films, strict=True):
        assert np.array_equal(film.image.pixels, other_film.image.pixels)
    assert np.array_equal(finished.truth.tissue.rest_mm, again.truth.tissue.rest_mm)
    assert np.array_equal(finished.truth.tissue.present, again.truth.tissue.present)
    assert repr(score(again)) == repr(score(finished))


def test_the_operator_cannot_reach_the_truth(finished: ProcedureState) -> None:
    forbidden = (Truth, Tissue, VirtualPatient)
    reached: list[str] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, forbidden):
            reached.append(path)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for field in dataclasses.fields(value):
                walk(getattr(value, field.name), f"{path}.{field.name}")
        elif isinstance(value, tuple | list):
            for k, item in enumerate(value):
                walk(item, f"{path}[{k}]")
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}[{key!r}]")

    walk(finished.seen, "seen")
    assert reached == []
    walk(finished, "state")
    assert "state.truth" in reached, "the walk does find the truth where it is"


def refuse(procedure: StereotacticProcedure, state: ProcedureState, intent: Intent) -> None:
    before = dataclasses.replace(state)
    with pytest.raises(IntentError, match=intent.name):
        procedure.step(state, intent)
    assert state == before


def test_intents_out_of_order_are_refused_and_change_nothing(patient: VirtualPatient) -> None:
    procedure, operator = stereotactic(patient)
    start = procedure.start()
    for intent in (
        Expose("scout"),
        MarkPair((1.0, 1.0), (1.0, 1.0)),
        ChooseDevice("vab-11g"),
        Advance(),
        Fire(),
        Sample((12.0,)),
        Withdraw(),
        Film(),
        PlaceClip(),
        Stop("bored"),
        Scan(0.0, 0.0, 40.0),
        Position(0.0, -5.0),
        Position(0.0, 0.0, "sideways"),
        Position(float("nan"), 0.0),
    ):
        refuse(procedure, start, intent)
    state = procedure.run(start, operator.localise(start.seen))
    refuse(procedure, state, ChooseDevice("spoon"))
    refuse(procedure, state, Advance())
    state, _ = procedure.step(state, ChooseDevice("ncb-14g"))
    state, _ = procedure.step(state, Advance())
    refuse(procedure, state, Sample((12.0,)))
    refuse(procedure, state, MarkPair((1.0, 1.0), (1.0, 1.0)))
    refuse(procedure, state, Position(0.0, 0.0))
    state, _ = procedure.step(state, Fire())
    refuse(procedure, state, Fire())
    refuse(procedure, state, Sample(()))
    refuse(procedure, state, Sample((12.0, 3.0)))
    refuse(procedure, state, Sample((13.0,)))
    state, events = procedure.step(state, Stop("finished"))
    assert [event.what for event in events] == ["step", "stopped"]
    refuse(procedure, state, Withdraw())


def test_a_blank_detector_makes_the_stereotactic_arm_fail(
    patient: VirtualPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = ExposureSeries.image

    def blank(self: ExposureSeries, *args: object, **kwargs: object) -> XrayImage:
        image = render(self, *args, **kwargs)  # type: ignore[arg-type]
        return replace(image, pixels=np.full_like(image.pixels, image.pixels.mean()))

    monkeypatch.setattr(ExposureSeries, "image", blank)
    procedure, operator = stereotactic(patient)
    state = procedure.start()
    state = procedure.run(state, operator.localise(state.seen))
    assert state.outcome == "not found on images"


def test_a_blank_b_mode_makes_the_ultrasound_arm_fail(
    patient: VirtualPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = ultrasound_module.sweep

    def blank(*args: object, **kwargs: object) -> object:
        made = scan(*args, **kwargs)  # type: ignore[arg-type]
        return replace(made, stack=np.zeros_like(made.stack))

    monkeypatch.setattr(ultrasound_module, "sweep", blank)
    procedure, operator = sonography(patient)
    state = procedure.start()
    state = procedure.run(state, operator.localise(state.seen))
    assert operator.findings == []
    assert state.seen.marked_mm is None
    state = procedure.run(state, operator.decline())
    assert score(state).outcome == "declined: not visible"


@pytest.mark.parametrize("name", list_cases())
def test_without_noise_and_error_stereotaxis_succeeds_where_the_needle_can_go(name: str) -> None:
    patient = load_case(name).patient(1)
    procedure, operator = stereotactic(patient, noise=False, perfect=True)
    state = procedure.start()
    state = procedure.run(state, operator.localise(state.seen))
    assert state.outcome is None, f"{name}: {state.outcome}"
    end = procedure.run(state, operator.biopsy(state.seen, VACUUM))
    if end.outcome == "inaccessible":
        assert name in {"far-posterior", "near-skin", "thin-breast"}, "the others can be reached"
        # The truth must agree: with the marked speck anywhere in the aperture, no variant fits.
        at_truth = replace(state, seen=replace(state.seen, marked_mm=_marked_speck(state)))
        for device in (ROOM.devices[variant] for variant in VACUUM):
            reach = device.aperture_mm / 2.0 - ROOM.search.aperture_inside_mm
            for depth in np.linspace(-reach + 0.5, reach - 0.5, 9):
                assert not procedure._margins(at_truth, device, np.array([0, 0, depth])).safe
    else:
        assert score(end).outcome == "retrieved"
        assert score(end).target_sampled


def test_firing_with_a_negative_margin_is_possible_and_told() -> None:
    procedure, operator = stereotactic(load_case("thin-breast").patient(1))
    state = procedure.start()
    state = procedure.run(state, operator.localise(state.seen))
    state, _ = procedure.step(state, ChooseDevice("vab-11g"))
    assert state.seen.margins is not None
    assert not state.seen.margins.safe
    state, _ = procedure.step(state, Advance())
    state, events = procedure.step(state, Fire())
    unsafe = [event for event in events if event.what == "unsafe fire"]
    assert len(unsafe) == 1
    assert "margin" in unsafe[0].detail
    assert state.truth.fired


def _marked_speck(state: ProcedureState) -> np.ndarray:
    """Return where the speck truly is that the operator marked."""
    places = state.truth.tissue.rest_mm
    assert state.seen.marked_mm is not None
    away = np.linalg.norm(places - state.seen.marked_mm, axis=1)
    assert away.min() < 0.5, "without noise and error a mark is on a speck"
    speck: np.ndarray = places[np.argmin(away)]
    return speck


def test_images_do_not_depend_on_threads_or_on_being_prepared(
    patient: VirtualPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for threads, prepared in ((1, False), (4, True)):
        monkeypatch.setattr(stereotactic_module, "_THREADS", threads)
        procedure, _ = stereotactic(patient)
        with pytest.raises(IntentError, match="prepare"):
            procedure.prepare(procedure.start())
        state, _ = procedure.step(procedure.start(), Position(-2.0, 6.0))
        if prepared:
            procedure.prepare(state)
        for intent in (Expose("scout"), Expose("pair")):
            state, _ = procedure.step(state, intent)
        made.append([shot.image.pixels for shot in state.seen.shots])
    for one, other in zip(*made, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("stroke", "skin", "expected"),
    [(2.0, 5.0, 0.0), (-1.0, 8.0, 1.2), (9.0, -2.0, -2.2), (-1.0, 0.5, None), (-7.0, 20.0, None)],
)
def test_the_aim_moves_within_the_aperture_only(
    stroke: float, skin: float, expected: float | None
) -> None:
    problems = () if stroke > 0 and skin > 0 else ("margin",)
    margins = Margins(stroke, skin, 30.0, 5.0, problems, problems)
    offset = safe_depth_offset(ROOM.devices["vab-11g"], margins, 3.0)
    assert offset is None if expected is None else offset == pytest.approx(expected)


def test_seen_has_no_pair_before_one_is_made(patient: VirtualPatient) -> None:
    seen = Seen("stereotactic", patient.referral, 50.0)
    with pytest.raises(LookupError, match="no target pair"):
        seen.pair("target")
