"""The stereotactic operator: what is kept out of the search, what is chosen, when it is done again.

Truth is known to the tests only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stereosim.experiments.runner import Comparison
from stereosim.experiments.trial import Room, setting_of
from stereosim.geometry.marks import paddle, reference_marks
from stereosim.geometry.projection import project
from stereosim.geometry.units import load_units
from stereosim.geometry.views import scout, stereo_pair
from stereosim.imaging.detection import Candidates, find_specks
from stereosim.imaging.hardware import Hardware
from stereosim.imaging.scene import Needle, Scene
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.intents import Advance, ChooseDevice, Expose, Fire, Position
from stereosim.procedures.operators.choosing import (
    choose_groups,
    in_keeping,
    in_skin,
    load_choice,
    on_tracks,
)
from stereosim.procedures.operators.reading import Place, Reader
from stereosim.procedures.operators.skill import load_search, load_skills
from stereosim.procedures.operators.stereotactic import StereotacticOperator
from stereosim.procedures.state import ProcedureState, Seen, Shot
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim_phantoms.randomness import derived_seed, stream
from stereosim_phantoms.referral import Referral
from stereosim_phantoms.solids import Specks
from tests.procedure_scenes import FIVE, ROOM, benign, do, marks_on, paired, scene
from tests.test_detection import series_of, strays
from tests.xray_scenes import spheres

Floats = NDArray[np.float64]
SKILLS = load_skills()
TRAINED = SKILLS["trained"]
UNIT = load_units()["upright-hologic"]
READER = Reader(UNIT, load_search(), TRAINED)


def referral(specks: int = 8, extent: float = 8.0, **words: str) -> Referral:
    said = {"morphology": "punctate", "distribution": "grouped"} | words
    return Referral(
        "right", 12.0, 50.0, "middle", extent, specks,
        said["morphology"], said["distribution"], 0.0, 30.0, 20.0,
    )  # fmt: skip


def seen_as(points: Floats, snr: float = 12.0, diameter_mm: float = 0.3) -> Candidates:
    """Return candidates at these places; one pixel is one millimetre."""
    count = len(points)
    return Candidates(
        points, np.full(count, snr), np.full(count, diameter_mm), np.full(count, 0.1), 5.0
    )


def operate(procedure: StereotacticProcedure, skill: str = "trained") -> ProcedureState:
    """Localise with a steady hand."""
    steady = replace(SKILLS[skill], click_sd_px=0.0)
    operator = StereotacticOperator(
        steady, ROOM.search, ROOM.unit, ROOM.devices, np.random.default_rng(0)
    )
    state = procedure.start()
    return procedure.run(state, operator.localise(state.seen))


def reach(state: ProcedureState, first: int, last: int) -> float:
    """Return how far the marked place is from the nearest of these specks."""
    assert state.seen.marked_mm is not None
    points = state.truth.tissue.rest_mm[first:last]
    return float(np.linalg.norm(points - state.seen.marked_mm, axis=1).min())


# What the unit itself puts into the image


@pytest.mark.parametrize("name", ["upright-hologic", "upright-siemens", "upright-ge"])
@pytest.mark.parametrize("thickness", [35.0, 60.0])
def test_neither_marks_nor_the_paddle_are_taken_for_specks(name: str, thickness: float) -> None:
    """Everything in the field of a plain breast under the paddle, in all three views."""
    unit = load_units()[name]
    reader = Reader(unit, load_search(), TRAINED)
    everywhere = Place(np.array([0.0, 40.0]), 80.0, (0.0, thickness))
    plate, marks = paddle(unit, thickness), reference_marks(unit, thickness)
    found = balls = 0
    for k, view in enumerate((scout(unit), *stereo_pair(unit))):
        plain = series_of(name, view, thickness)
        series = plain.machine.series(
            plain.background, plain.exposure, Hardware.of(unit, thickness)
        )
        image = series.image(Scene(thickness), rng=np.random.default_rng(k))
        edge = project(view, np.array([[*plate.lo_mm, thickness], [*plate.hi_mm, thickness]]))
        assert (edge > -400).all(), "the window's edge crosses the field"
        found += len(reader.specks(image, everywhere, Seen("stereotactic", referral(), thickness)))
        places = project(view, marks.centres_mm[marks.seen(view)])
        every = find_specks(image)
        balls += len(every) - strays(every, places)
    assert balls >= 10, "a search that knows nothing finds the marks"
    # Half a false alarm an image is allowed to noise.
    assert found <= 3


def test_a_reader_who_uses_less_of_the_information_finds_less() -> None:
    procedure = scene(spheres(FIVE, [0.14, 0.15, 0.17, 0.2, 0.3]))
    seen = paired(procedure).seen
    image = seen.shots[0].image
    place = Place(np.array([0.0, 35.0]), 20.0, (0.0, 50.0))
    counts = []
    for efficiency in (1.0, 0.5, 0.2, 0.05):
        skill = replace(TRAINED, efficiency=efficiency)
        found = Reader(UNIT, READER.search, skill).specks(image, place, seen)
        assert (found.snr >= found.threshold).all()
        counts.append(len(found))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] >= 5
    assert counts[-1] <= 2


def test_skills_differ_in_the_order_of_their_names() -> None:
    novice, trained, expert = (SKILLS[name] for name in ("novice", "trained", "expert"))
    for worse, better in ((novice, trained), (trained, expert)):
        assert worse.efficiency < better.efficiency <= 1.0
        assert worse.click_sd_px > better.click_sd_px
        assert worse.y_tolerance_mm >= better.y_tolerance_mm
        assert worse.retarget_mm > better.retarget_mm
        assert worse.pairs <= better.pairs


# Which group is chosen


def test_the_group_in_keeping_with_the_referral_is_chosen_and_the_gate_holds() -> None:
    rng = np.random.default_rng(3)
    right = np.array([4.0, -2.0]) + rng.uniform(-2.5, 2.5, (7, 2))
    few = np.array([-9.0, 6.0]) + rng.uniform(-2, 2, (2, 2))
    many = np.array([9.0, 12.0]) + rng.uniform(-3, 3, (40, 2))
    far = np.array([60.0, 0.0]) + rng.uniform(-2, 2, (8, 2))
    points = np.concatenate([few, many, far, right])

    def choose(which: Floats) -> list[Floats]:
        groups = choose_groups(
            which, seen_as(which), np.zeros(2), referral(8), gate_mm=25.0, radius_mm=4.0
        )
        scores = [group.score for group in groups]
        assert scores == sorted(scores, reverse=True)
        return [which[group.members] for group in groups]

    assert np.array_equal(np.sort(choose(points)[0], axis=0), np.sort(right, axis=0))
    assert choose(far) == []
    # What is farther counts where there is nothing nearer.
    assert len(choose(few)[0]) == 2


def test_one_large_benign_speck_does_not_outweigh_a_group_of_faint_ones() -> None:
    group = np.array([3.0, 3.0]) + np.random.default_rng(1).uniform(-2, 2, (5, 2))
    points = np.concatenate([[[-4.0, 1.0]], group])
    found = replace(seen_as(points), snr=np.array([120.0, 6, 6, 6, 6, 6]))
    best = choose_groups(points, found, np.zeros(2), referral(6), gate_mm=25.0, radius_mm=4.0)[0]
    assert set(best.members) == {1, 2, 3, 4, 5}


def test_size_that_the_word_does_not_allow_is_passed_over() -> None:
    fine, coarse = np.array([[-5.0, 0.0], [-6.0, 1.0]]), np.array([[3.0, 0.0], [4.0, 1], [3, 2]])
    points = np.concatenate([fine, coarse])
    found = replace(seen_as(points), diameters_mm=np.array([0.2, 0.3, 1.1, 1.15, 1.05]))
    for morphology, members in (
        ("punctate", {0, 1}),
        ("coarse heterogeneous", {2, 3, 4}),
        ("a word that nobody knows", {2, 3, 4}),
    ):
        said = referral(3, morphology=morphology)
        best = choose_groups(points, found, np.zeros(2), said, gate_mm=25.0, radius_mm=4.0)[0]
        assert set(best.members) == members
    assert in_keeping(np.array([0.2, 1.1]), "punctate").tolist() == [True, False]


def test_a_track_is_a_vessel_unless_the_referral_speaks_of_a_line() -> None:
    rng = np.random.default_rng(5)
    along = np.arange(-18.0, 18.0, 2.0)
    track = np.column_stack([along, 4.0 + 0.1 * along + rng.choice([-0.7, 0.7], len(along))])
    cluster = np.array([0.0, -6.0]) + rng.uniform(-2, 2, (8, 2))
    points = np.concatenate([track, cluster])
    marked = on_tracks(points, 6.0)
    assert marked[: len(track)].mean() > 0.8
    assert not marked[len(track) :].any()
    assert not on_tracks(cluster, 6.0).any()
    crowd = rng.uniform(-12.0, 12.0, (60, 2))
    assert on_tracks(crowd, 6.0).mean() < 0.2, "a crowd holds lines, but not alone"
    assert not on_tracks(track[:: load_choice().track_specks // 2], 6.0).any(), "gaps are too long"
    for distribution, line in (("grouped", False), ("linear", True)):
        said = referral(4, distribution=distribution)
        groups = choose_groups(
            points, seen_as(points), np.array([0.0, 3.0]), said, gate_mm=25.0, radius_mm=4.0
        )
        assert bool((groups[0].members < len(track)).all()) is line


def test_a_group_in_the_skin_is_told_by_its_depth() -> None:
    skin = np.array([[0.0, 30.0, 49.2], [2.0, 31.0, 48.8], [1.0, 33.0, 20.0]])
    assert in_skin(skin, 50.0)
    assert in_skin(skin * [1.0, 1.0, 0.02], 50.0), "on the support as well"
    assert not in_skin(skin - [0.0, 0.0, 5.0], 50.0)


def skin_patch(centre: tuple[float, float], z: float) -> Floats:
    x, y = np.meshgrid([-3.0, 0.0, 3.0], [-2.6, 0.4, 3.1])
    turned = np.column_stack([x.ravel() + 0.3 * y.ravel(), y.ravel() - 0.2 * x.ravel()])
    return np.column_stack([turned + centre, np.full(x.size, z)])


def test_the_operator_marks_the_lesion_and_not_the_skin_above_it() -> None:
    """A patch of the skin over the lesion, as large and with more specks of the same size."""
    patch = skin_patch((1.0, 36.0), 49.0)
    specks = benign(spheres(np.concatenate([FIVE, patch]), 0.35), range(5, 14))
    state = operate(scene(specks))
    assert reach(state, 0, 5) < 1.0
    assert reach(state, 5, 14) > 15.0


def test_the_operator_passes_over_a_vessel_nearer_to_the_expected_place() -> None:
    along = np.arange(-17.0, 17.0, 1.7)
    sides = np.where(np.arange(len(along)) % 2 == 0, -0.8, 0.8)
    vessel = np.column_stack([along, 40.0 + sides + 0.15 * along, np.full(len(along), 30.0)])
    lesion = FIVE + np.array([-8.0, -10.0, 0.0])
    specks = benign(spheres(np.concatenate([lesion, vessel]), 0.35), range(5, 5 + len(along)))
    assert reach(operate(scene(specks)), 0, 5) < 1.0


def test_a_group_far_from_where_the_referral_sends_is_left_alone() -> None:
    """As many specks, of the same size, 45 mm beside the lesion."""
    both = np.concatenate([FIVE, FIVE + np.array([45.0, 0.0, 0.0])])
    specks = benign(spheres(both, 0.3), range(5, 10))
    assert reach(operate(scene(specks)), 0, 5) < 1.0


# A patient who moves


@pytest.mark.parametrize(("skill", "pairs"), [("novice", 1), ("trained", 2)])
def test_the_pair_is_made_again_where_the_patient_moved(skill: str, pairs: int) -> None:
    # Scout 0, left 1, right 2: by 1.5 mm toward the nipple between the two.
    procedure = scene(motions={2: (0.0, 1.5, 0.0)})
    seen = operate(procedure, skill).seen
    assert seen.exposures == 1 + 2 * pairs
    assert seen.target is not None
    mismatch = abs(seen.target.y_mismatch_mm)
    assert mismatch < 0.1 if pairs == 2 else mismatch == pytest.approx(1.6, abs=0.2)


def test_a_patient_who_never_keeps_still_is_biopsied_from_the_last_pair() -> None:
    procedure = scene(motions=dict.fromkeys((2, 4, 6), (0.0, 1.5, 0.0)))
    seen = operate(procedure, "expert").seen
    assert seen.exposures == 1 + 2 * SKILLS["expert"].pairs
    assert seen.marked_mm is not None


# The needle's point


def fired(specks: Specks) -> tuple[StereotacticProcedure, Seen]:
    """Return a needle fired at the first speck of `specks`, by an arm without error."""
    procedure = scene(specks)
    state = paired(procedure, Position(0.0, 0.0))
    state = do(procedure, state, marks_on(procedure, specks.solids.centres_mm[0]))
    state = do(
        procedure, state, ChooseDevice("vab-11g"), Advance((1.5, 0.0, 0.0)), Expose("pair"),
        Fire(), Expose("pair"),
    )  # fmt: skip
    return procedure, state.seen


def with_balls(seen: Seen, procedure: StereotacticProcedure, phase: str, needle: bool) -> Seen:
    """Return what is seen with dense balls of 5 mm beside and below where the point should be."""
    assert seen.commanded is not None and seen.device is not None
    pose = seen.commanded.prefire(seen.device) if phase == "prefire" else seen.commanded
    tip = pose.tip_mm(seen.device)
    down = np.array([0.0, 0.0, -1.0])
    balls = [Needle(tip + np.array([dx, 4.0, -1.0]), down, 6.0, 5.0) for dx in (-9.0, 9.0)]
    rods = [Needle(tip, down, 300.0, 3.05)] if needle else []
    shots = []
    for shot in seen.shots[-2:]:
        series = procedure._positioned(seen)[shot.view]
        image: XrayImage = series.image(
            Scene(seen.thickness_mm, needles=(*rods, *balls)), rng=np.random.default_rng(1)
        )
        shots.append(Shot(shot.view, phase, image))
    return replace(seen, shots=(*seen.shots[:-2], *shots))


def test_the_point_is_read_where_the_needle_is() -> None:
    _, seen = fired(spheres(FIVE, 0.3))
    assert seen.commanded is not None and seen.device is not None
    for phase in ("prefire", "postfire"):
        pose = seen.commanded.prefire(seen.device) if phase == "prefire" else seen.commanded
        tip = READER.tip(seen, phase)
        assert tip is not None
        assert np.abs(tip.target_mm - pose.tip_mm(seen.device)).max() < 0.5
    reading = READER.postfire(seen, seen.device)
    assert reading is not None
    assert reading.centre_mm == pytest.approx(seen.commanded.centre_mm, abs=0.5)


def test_dense_lumps_are_not_taken_for_the_point() -> None:
    """Larger than the needle in the image; the point is known to within the gate."""
    procedure, seen = fired(spheres(FIVE, 0.3))
    assert seen.commanded is not None and seen.device is not None
    true = seen.commanded.tip_mm(seen.device)
    shown = READER.tip(with_balls(seen, procedure, "postfire", needle=True), "postfire")
    assert shown is None or np.abs(shown.target_mm - true).max() < 1.0
    assert READER.tip(with_balls(seen, procedure, "postfire", needle=False), "postfire") is None


def test_a_point_that_is_not_where_it_was_sent_is_not_believed() -> None:
    _, seen = fired(spheres(FIVE, 0.3))
    assert seen.commanded is not None
    away = seen.commanded.centre_mm + np.array([2.0 * READER.search.tip_gate_mm, 0.0, 0.0])
    assert READER.tip(seen, "postfire") is not None
    assert (
        READER.tip(replace(seen, commanded=replace(seen.commanded, centre_mm=away)), "postfire")
        is None
    )


def test_no_core_is_left_without_a_film() -> None:
    """Steps of the gun's pattern have no room in this woman: the last film came too soon."""

    comparison = Comparison("screening", 60, 1, setting_of(families=["ncb-14g"]))
    room = Room(comparison.setting)
    table = StereotacticProcedure(
        patient=comparison.patient(58),
        devices=room.devices,
        conditions=room.conditions("stereotactic"),
        seed=derived_seed(1, 58, "stereotactic"),
        machine=room.machine,
        voxel_mm=room.setting.voxel_mm,
    )
    hand = StereotacticOperator(
        room.skill, room.search, room.unit, room.devices, stream(1, 58, "operator")
    )
    marked = table.run(table.start(), hand.localise(table.start().seen))
    hand = replace(hand, rng=stream(1, 58, "operator", "ncb-14g"))
    end = table.run(marked, hand.biopsy(marked.seen, ("ncb-14g",)))
    assert end.outcome == "finished" and end.seen.cores % 5 > 0
    assert len(end.seen.films[-1].core_boxes_mm) == end.seen.cores
