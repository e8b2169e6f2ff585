"""The debriefing: parts that add up, causes that were put there on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.imaging.detection import find_specks
from stereosim.procedures.debriefing import (
    CAUSES,
    PARTS,
    Debriefing,
    debrief,
    shot_truth,
)
from stereosim.procedures.intents import (
    Adjust,
    Advance,
    Anaesthetise,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Insert,
    Look,
    MarkEcho,
    PlaceClip,
    Position,
    Sample,
    Scan,
    Steer,
    Stop,
    Withdraw,
)
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.scoring import score
from stereosim.procedures.state import ProcedureState
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.story import Story, enclosing_ellipsoid
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim.storage.attempts import Entry
from stereosim_phantoms.patient import plain_patient
from tests.procedure_scenes import EXACT, FIVE, ROOM, benign, do, marks_on, paired, scene
from tests.xray_scenes import spheres

ROUND = tuple(float(h) for h in range(1, 13))


def adds_up(result: Debriefing, state: ProcedureState) -> None:
    """Check every sum, and every code against the lists of codes."""
    assert len(result.firings) == len(state.truth.firings)
    for firing, truth in zip(result.firings, state.truth.firings, strict=True):
        total = firing.marking_mm + firing.intended_mm + firing.needle_mm + firing.tissue_mm
        assert total == pytest.approx(firing.error_mm, abs=1e-9)
        assert firing.error_mm == pytest.approx(truth.centre_mm - truth.lesion_mm, abs=1e-12)
        assert firing.error_mm == pytest.approx(firing.centre_mm - firing.lesion_mm, abs=1e-9)
        if firing.pair is not None:
            pair = firing.pair
            parts = pair.choice_mm + pair.pairing_mm + pair.motion_mm + pair.geometry_mm
            parts = parts + pair.hand_mm
            assert parts == pytest.approx(firing.marking_mm, abs=1e-9)
        assert set(firing.causes) <= set(CAUSES)
        assert set(firing.dominant) <= {*PARTS, "within-tolerance"}


@pytest.fixture(scope="module")
def two_passes() -> tuple[StereotacticProcedure, ProcedureState]:
    """Everything at once: real errors, an offset, an adjustment, cores, a second mark and pass."""
    procedure = scene(placement=ROOM.placement["stereotactic"])
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, FIVE[0]),
        ChooseDevice("vab-9g"),
        Advance((2.0, 0.0, 0.0)),
        Expose("pair"),
        Fire(),
        Expose("pair"),
        Adjust(-3.0),
        Sample((9.0, 10.0, 8.0)),
        Film(),
        Withdraw(),
        Expose("pair"),
        marks_on(procedure, FIVE[2]),
        ChooseDevice("vab-9g"),
        Advance(),
        Fire(),
        Sample(ROUND),
        Film(),
        PlaceClip(),
        Stop("finished"),
    )
    return procedure, state


def test_the_parts_add_up(two_passes: tuple[StereotacticProcedure, ProcedureState]) -> None:
    procedure, state = two_passes
    result = debrief(state, procedure)
    adds_up(result, state)
    assert result.firings[0].intended_mm == pytest.approx([2.0, 0.0, 0.0])
    assert result.firings[0].cores == (1, 2, 3)
    assert result.firings[1].cores == tuple(range(4, 16))
    assert "intended-offset" in result.firings[0].causes
    assert result.passes == 2
    assert result.frame == "support"


def test_the_story_gives_every_core_to_one_firing(
    two_passes: tuple[StereotacticProcedure, ProcedureState],
) -> None:
    _, state = two_passes
    story, tissue = Story(state), state.truth.tissue
    assert sorted(k for taken in story.cores for k in taken) == list(range(len(tissue.cores)))
    for k, taken in enumerate(story.cores):
        pose = state.truth.firings[k].pose
        assert pose is not None
        # On the needle's own axis: it may have been moved along it.
        centres = np.array([tissue.cores[n].pose.centre_mm for n in taken])
        assert pose.needle_from_points(centres)[:, :2] == pytest.approx(0.0, abs=1e-9)
    assert len(state.truth.exposed) == len(state.seen.shots)
    for number, shot in enumerate(state.seen.shots):
        inside = story.tissue_at(number).needle is not None
        assert inside == (shot.phase in ("prefire", "postfire"))


def test_specks_cores_and_exposures_are_accounted_for(
    two_passes: tuple[StereotacticProcedure, ProcedureState],
) -> None:
    procedure, state = two_passes
    result = debrief(state, procedure)
    scored = score(state)
    in_cores = np.zeros(len(FIVE))
    for core in result.cores:
        in_cores[list(core.specks)] += core.shares
    assert in_cores == pytest.approx(result.removed_shares)
    assert list(result.removed) == list(in_cores > 1.0 - 1e-9)
    assert result.fraction_removed == scored.fraction_removed
    assert result.fraction_removed == pytest.approx(in_cores.mean())
    assert len(result.cores) == scored.cores == 15
    assert result.removed_mg == pytest.approx(sum(core.mass_mg for core in result.cores))
    held = sum(bore.blood_mm3 for bore in state.truth.tissue.bores)
    assert held > 0.0 and result.blood_ml == pytest.approx(held / 1000.0)
    assert result.anaesthetic_ml == state.seen.anaesthetic_ml
    assert sum(cost.dose_mgy for cost in result.exposures) == pytest.approx(result.dose_mgy)
    assert [cost.phase for cost in result.exposures[:3]] == ["scout", "target", "target"]
    assert result.clip_distance_mm is not None
    assert state.truth.clip is not None
    clip = state.truth.clip
    away = clip.settled_mm - clip.target_mm
    assert result.clip_distance_mm == pytest.approx(np.linalg.norm(away))
    # The cores have drawn the target's middle in by less than a core's width.
    assert np.linalg.norm(clip.target_mm - FIVE.mean(axis=0)) < 3.0
    log = [Entry(k, "", kind, {}) for k, kind in enumerate(("intent", "undo", "redo", "undo"), 1)]
    assert debrief(state, procedure, entries=log).undone == 2


def fired(procedure: StereotacticProcedure, *marks_mm: np.ndarray) -> Debriefing:
    """Mark one point, or one for each view, fire and debrief."""
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, *marks_mm),
        ChooseDevice("vab-11g"),
        Advance(),
        Fire(),
    )
    result = debrief(state, procedure)
    adds_up(result, state)
    return result


def test_a_good_mark_is_called_one() -> None:
    result = fired(scene(), FIVE[0])
    firing = result.firings[0]
    assert firing.causes == ("marked-well",)
    assert firing.dominant == ("within-tolerance",) * 3
    assert firing.pair is not None
    assert firing.pair.left.speck == firing.pair.right.speck == 0
    assert firing.pair.left.distance_mm == pytest.approx(0.0, abs=1e-6)
    assert firing.error_mm == pytest.approx(FIVE[0] - FIVE.mean(axis=0))


def test_two_different_specks_make_a_depth_error_of_the_closed_form() -> None:
    """Depth where the rays through the two specks cross."""
    places = np.array([(-2.0, 35.0, 25.0), (2.0, 35.0, 25.0)])
    procedure = scene(spheres(places, 0.4))
    result = fired(procedure, places[0], places[1])
    firing = result.firings[0]
    assert firing.pair is not None
    assert firing.pair.verdicts == ("wrong-pairing",)
    assert firing.causes[0] == "wrong-pairing"
    assert firing.dominant[2] == "wrong-pairing"
    # Rays from (-s, H) through x = -2 and from (s, H) through x = 2, both at height z.
    source = procedure.unit.source_mm(procedure.unit.stereo_angle_deg)
    s, height, z = source[0], source[2], 25.0
    crossing = height - s * (height - z) / (s - 2.0)
    assert firing.pair.pairing_mm[2] == pytest.approx(crossing - z, abs=1e-6)
    assert abs(crossing - z) > 5.0
    outward = 35.0 * (height - crossing) / (height - z) - 35.0
    assert firing.pair.pairing_mm[:2] == pytest.approx([0.0, outward], abs=1e-6)


def test_a_benign_speck_is_told_from_the_target() -> None:
    places = np.vstack([FIVE, [[12.0, 30.0, 20.0]]])
    result = fired(scene(benign(spheres(places, 0.4), [5])), places[5])
    firing = result.firings[0]
    assert firing.pair is not None
    assert firing.pair.verdicts == ("wrong-calcification",)
    assert not firing.pair.left.on_target and firing.pair.left.speck == 5
    assert firing.causes == ("wrong-calcification",)
    assert firing.dominant == ("wrong-calcification",) * 3
    assert firing.error_mm == pytest.approx(places[5] - FIVE.mean(axis=0))


def test_marks_on_nothing() -> None:
    result = fired(scene(), np.array([-12.0, 30.0, 30.0]))
    firing = result.firings[0]
    assert firing.pair is not None
    assert firing.pair.verdicts == ("empty-mark",)
    assert firing.dominant == ("empty-mark",) * 3


def test_the_hand_and_the_limit_of_an_empty_mark() -> None:
    for beside, verdict in ((0.45, "marked-well"), (0.55, "empty-mark")):
        firing = fired(scene(), FIVE[0] + [0.0, beside, 0.0]).firings[0]
        assert firing.pair is not None
        assert firing.pair.verdicts == (verdict,)
        assert firing.pair.left.distance_mm == pytest.approx(beside, abs=1e-6)
        assert firing.pair.hand_mm == pytest.approx([0.0, beside, 0.0], abs=1e-6)


def test_a_patient_who_moved_between_the_exposures() -> None:
    """1.2 mm along x in the left view only, and the trainee marks what the images show."""
    motion = np.array([1.2, 0.0, 0.0])
    procedure = scene(motions={1: (1.2, 0.0, 0.0)})
    firing = fired(procedure, FIVE[0] + motion, FIVE[0]).firings[0]
    assert firing.pair is not None
    assert firing.pair.verdicts == ("marked-well",)
    assert firing.pair.left.exposure == 1 and firing.pair.right.exposure == 2
    assert firing.pair.hand_mm == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)
    assert firing.pair.motion_mm[0] == pytest.approx(0.6, abs=0.05), "half of it goes across"
    source = procedure.unit.source_mm(procedure.unit.stereo_angle_deg)
    raised = 1.2 * (source[2] - 25.0) / (2.0 * source[0] + 1.2)
    assert firing.pair.motion_mm[2] == pytest.approx(raised)
    assert firing.dominant[2] == "patient-motion"
    assert "patient-motion" in firing.causes


def test_needle_and_tissue_are_blamed_for_what_they_did() -> None:
    deviating = replace(EXACT, aim_sd_mm=(2.0, 2.0, 2.0))
    pushed = replace(EXACT, push_mm=6.0, recoil=0.0)
    firing = fired(scene(placement=deviating), FIVE[0]).firings[0]
    assert np.abs(firing.needle_mm).max() > 1.0, "the scene must have something to find"
    axis = int(np.abs(firing.needle_mm).argmax())
    assert firing.dominant[axis] == "needle-deviation"
    assert firing.causes[0] == "needle-deviation"
    firing = fired(scene(placement=pushed), FIVE[0]).firings[0]
    assert firing.tissue_mm == pytest.approx([0.0, 0.0, 6.0])
    assert firing.dominant[2] == "tissue-pushed"


def test_what_anaesthetic_did_is_a_part_of_what_the_tissue_did() -> None:
    """The law by hand: outside the ball r'^3 = r^3 + 3 V / (4 pi), away from its middle."""
    specks = spheres(np.array([FIVE[0], FIVE[0] + [20.0, 0.0, 0.0]]), 0.4)
    procedure = scene(specks, placement=replace(EXACT, push_mm=2.0, recoil=0.0))
    state = do(procedure, paired(procedure), marks_on(procedure, FIVE[0]), ChooseDevice("vab-9g"))
    state = do(procedure, state, Anaesthetise(1.0), Advance(), Fire(), Stop("finished"))
    result = debrief(state, procedure)
    adds_up(result, state)
    firing = result.firings[0]
    assert firing.tissue_mm - firing.shifted_mm == pytest.approx([0.0, 0.0, 2.0])
    # The speck in its middle stays, the other one goes: their mean goes half of that way.
    way = np.cbrt(20.0**3 + 3.0 * 1000.0 / (4.0 * np.pi)) - 20.0
    assert firing.shifted_mm == pytest.approx([-way / 2.0, 0.0, 0.0], abs=1e-6)


def test_a_speck_that_was_cut_is_told_by_its_shares() -> None:
    """A grain of 1 mm, half in reach of the aperture: the blade leaves a part of it behind."""
    grain = np.array([FIVE[0] + [3.1, 0.0, 0.0]])
    procedure = scene(spheres(grain, 1.0))
    procedure.conditions = Conditions(True, EXACT, bleeding=False)
    state = do(procedure, paired(procedure), marks_on(procedure, FIVE[0]), ChooseDevice("vab-9g"))
    state = do(
        procedure, state, Advance(), Fire(), Sample((3.0, 7.0, 11.0)), Film(), Stop("finished")
    )
    result, scored = debrief(state, procedure), score(state)
    (share,) = result.cores[0].shares
    assert 0.1 < share < 0.9
    assert result.removed_shares == pytest.approx([share]) and not result.removed.any()
    assert result.fraction_removed == scored.fraction_removed == pytest.approx(share)
    assert scored.volume_fraction_removed == pytest.approx(share)
    assert scored.target_sampled and scored.specimen_positive
    assert scored.film_cores == (1, 0, 0)


def test_an_unsafe_firing_comes_first() -> None:
    thin = FIVE - [0.0, 0.0, 14.0]
    result = fired(scene(spheres(thin, 0.4), thickness_mm=22.0), thin[0])
    assert result.firings[0].causes[0] == "unsafe-fire"
    assert result.firings[0].stroke_margin_mm <= 0.0


def test_marks_of_a_second_pass_are_held_against_what_was_left(
    two_passes: tuple[StereotacticProcedure, ProcedureState],
) -> None:
    procedure, state = two_passes
    first, second = debrief(state, procedure).firings
    assert first.pair is not None and second.pair is not None
    gone = {i for n in first.cores for i in debrief(state, procedure).cores[n - 1].specks}
    assert gone, "the first pass took something"
    assert second.pair.left.speck not in gone
    assert second.pair.left.exposure > first.pair.left.exposure


def test_the_truth_lies_over_the_images() -> None:
    """The independent oracle is the detector: it must find specks where they are said to be."""
    procedure = scene(motions={2: (0.0, 1.5, 0.0)})
    state = procedure.start()
    for intent in (Position(5.0, 4.0, "caudocranial"), Expose("scout"), Expose("pair")):
        state = do(procedure, state, intent)
    for number, shot in enumerate(state.seen.shots):
        over = shot_truth(procedure, state, number)
        found = find_specks(shot.image).pixels
        away = np.linalg.norm(over.pixels[:, None] - found[None], axis=2).min(axis=1)
        assert away.max() < 2.0
        assert len(over.pixels) == 5 and over.target.all()
    rows = [shot_truth(procedure, state, k).pixels[:, 1] for k in (1, 2)]
    assert rows[0] - rows[1] == pytest.approx(1.5 / procedure.unit.pitch_mm, rel=0.1)


@given(st.integers(1, 12), st.integers(0, 10**6))
@settings(max_examples=40)
def test_the_ellipsoid_holds_its_specks(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = rng.normal(0.0, 1.0, (count, 3)) @ np.diag([6.0, 2.0, 0.5]) + [3.0, 30.0, 20.0]
    solid = enclosing_ellipsoid(spheres(places, 0.3))
    local = (places - solid.centres_mm) @ np.linalg.inv(solid.axes_mm[0]).T
    reach = np.linalg.norm(local, axis=1)
    assert reach.max() <= 1.0 + 1e-9
    assert solid.volumes_mm3[0] >= 4.0 / 3.0 * np.pi * 0.15**3 - 1e-9
    if count > 3:
        assert reach.max() == pytest.approx(1.0), "it just holds them"


def test_the_share_of_the_lesion_that_was_taken() -> None:
    small = FIVE[0] + 0.15 * (FIVE - FIVE[0])
    procedure = scene(spheres(small, 0.2))
    state = do(
        procedure,
        paired(procedure),
        marks_on(procedure, small[0]),
        ChooseDevice("vab-9g"),
        Advance(),
        Fire(),
    )
    assert debrief(state, procedure).lesion_fraction_removed == 0.0
    half = do(procedure, state, Sample((3.0, 2.0, 4.0)))
    whole = do(procedure, state, Sample(ROUND))
    taken = [debrief(s, procedure).lesion_fraction_removed for s in (half, whole)]
    assert 0.3 < taken[0] < 0.8
    assert taken[1] > 0.95
    assert debrief(whole, procedure).lesion_mm3 < 20.0


def test_under_ultrasound_the_frame_is_supine() -> None:
    patient = plain_patient(specks=spheres(FIVE, 0.4))
    procedure = UltrasoundProcedure(
        patient=patient,
        devices=ROOM.devices,
        conditions=Conditions(True, ROOM.placement["ultrasound"]),
        seed=5,
        probe=ROOM.probe,
        step_mm=4.0,
    )
    places = patient.supine_specks().solids.centres_mm
    marked = places.mean(axis=0) + np.array([4.0, 0.0, 0.0])
    x, y, _ = (float(v) for v in marked)
    state = procedure.start()
    for intent in (
        Scan(x, y, 8.0),
        MarkEcho((float(marked[0]), float(marked[1]), float(marked[2])), "blind"),
        ChooseDevice("vab-9g"),
        Advance(),
        Fire(),
        Sample(ROUND),
        Film(),
        Stop("finished"),
    ):
        state, _ = procedure.step(state, intent)
    result = debrief(state, procedure)
    adds_up(result, state)
    firing = result.firings[0]
    assert result.frame == "supine"
    assert firing.pair is None and firing.reason == "blind"
    assert firing.marking_mm == pytest.approx([4.0, 0.0, 0.0])
    assert "marking" in firing.causes
    assert result.specks_mm == pytest.approx(places)
    assert result.exposures == () and result.clip_distance_mm is None
    with pytest.raises(ValueError, match="stereotactic"):
        shot_truth(procedure, state, 0)


def test_a_needle_steered_by_hand_was_aimed_at_the_mark() -> None:
    patient = plain_patient(specks=spheres(FIVE, 0.4))
    procedure = UltrasoundProcedure(
        patient=patient,
        devices=ROOM.devices,
        conditions=Conditions(True, ROOM.placement["ultrasound"].perfect()),
        seed=5,
        probe=ROOM.probe,
        step_mm=4.0,
    )
    middle = patient.supine_specks().solids.centres_mm.mean(axis=0)
    x, y, depth = (float(v) for v in middle)
    device = ROOM.devices["vab-9g"]
    # Straight down from above the target: after firing the aperture lies 3 mm too deep.
    inside = depth + 3.0 + device.tip_offset_mm - device.throw_mm
    state = procedure.start()
    for intent in (
        Look(x, y),
        MarkEcho((x, y, depth), "specks"),
        ChooseDevice("vab-9g"),
        Insert((x, y), 0.0, 90.0),
        Steer(along_mm=inside - 2.0),
        Fire(),
        Sample(ROUND),
        Stop("finished"),
    ):
        state, _ = procedure.step(state, intent)
    result = debrief(state, procedure)
    adds_up(result, state)
    firing = result.firings[0]
    assert firing.intended_mm == pytest.approx([0.0, 0.0, 0.0])
    assert firing.needle_mm == pytest.approx([0.0, 0.0, 3.0], abs=1e-6)
    assert firing.dominant[2] == "needle-deviation"
