"""The positioned breast: compressed to another thickness, turned, shifted.

The map has a closed form, so that it is tested by that form; what the images show of it is tested
with the projection of the mapped places.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from stereosim.biopsy.safety import Margins
from stereosim.experiments.trial import Room, Setting
from stereosim.geometry.projection import project
from stereosim.geometry.views import scout, stereo_pair
from stereosim.imaging.scene import field_box
from stereosim.procedures.approach import (
    breast_from_support,
    load_compression,
    position_of,
    positioned_specks,
    positioned_tissue,
    support_from_breast,
    thickness_limits_mm,
    tissue_slabs,
    turned_points,
    usual_position,
)
from stereosim.procedures.intents import (
    APPROACHES,
    Advance,
    ChooseDevice,
    Expose,
    Fire,
    IntentError,
    MarkPair,
    Position,
    from_dict,
    to_dict,
)
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.state import ProcedureState
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.patient import VirtualPatient, plain_patient
from stereosim_phantoms.solids import Ellipsoids, Specks

ROOM = Room(Setting())
Array = NDArray[np.float64]


def procedure_for(
    patient: VirtualPatient, *, noise: bool = False, voxel_mm: float = 1.0
) -> StereotacticProcedure:
    """Return a procedure with coarse tissue and a needle and a patient that do not err."""
    return StereotacticProcedure(
        patient=patient,
        devices=ROOM.devices,
        conditions=Conditions(noise, ROOM.placement["stereotactic"].perfect()),
        seed=1,
        machine=ROOM.machine,
        voxel_mm=voxel_mm,
    )


def grains(places: Array, diameter_mm: float = 0.5) -> Specks:
    """Return round target specks at `places`, breast frame."""
    axes = np.tile(np.eye(3) * diameter_mm / 2.0, (len(places), 1, 1))
    clusters = np.zeros(len(places), np.int64)
    return Specks(Ellipsoids(places, axes), ("hydroxyapatite",) * len(places), clusters)


@pytest.fixture(scope="module")
def patient() -> VirtualPatient:
    places = np.array([[-12.0, 30.0, 11.0], [4.0, 41.0, 25.0], [9.0, 36.0, 38.0]])
    return plain_patient(thickness_mm=50.0, specks=grains(places))


positions = st.builds(
    Position,
    st.floats(-40.0, 40.0),
    st.floats(0.0, 40.0),
    st.sampled_from(APPROACHES),
    st.none() | st.floats(30.0, 60.0),
)


@given(
    position=positions,
    usual=st.floats(20.0, 90.0),
    point=st.tuples(st.floats(-100, 100), st.floats(0, 120), st.floats(0, 90)),
)
def test_to_the_support_and_back(
    position: Position, usual: float, point: tuple[float, float, float]
) -> None:
    points = np.array([point])
    there = support_from_breast(points, usual, position)
    assert breast_from_support(there, usual, position) == pytest.approx(points, abs=1e-9)


@given(position=positions, usual=st.floats(20.0, 90.0))
def test_compression_keeps_volume_chest_wall_and_surfaces(position: Position, usual: float) -> None:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0], [3, 0, usual], [3, 7, 0]])
    mapped = support_from_breast(corners, usual, position)
    edges = mapped[1:4] - mapped[0]
    assert np.linalg.det(edges) == pytest.approx(1.0), "volume and handedness"
    thickness = usual if position.thickness_mm is None else position.thickness_mm
    below, above = sorted((mapped[0, 2], mapped[4, 2]))
    assert (below, above) == pytest.approx((0.0, thickness), abs=1e-9)
    assert mapped[4, 1] == pytest.approx(-position.shift_y_mm), "the chest wall stays at y = 0"
    width = abs(mapped[1, 0] - mapped[0, 0])
    assert width == pytest.approx(np.sqrt(usual / thickness))
    assert mapped[5, 1] - mapped[0, 1] == pytest.approx(7.0 * width)


def test_turned_at_the_usual_thickness_as_the_approach_says() -> None:
    points = np.array([[3.0, 20.0, 5.0], [-8.0, 41.0, 33.0]])
    turned = support_from_breast(points, 38.0, Position(2.0, 4.0, "caudocranial"))
    assert turned == pytest.approx(np.array([[-5.0, 16.0, 33.0], [6.0, 37.0, 5.0]]))
    assert np.array_equal(support_from_breast(points, 38.0, Position(0.0, 0.0)), points)


@pytest.mark.parametrize("approach", APPROACHES)
def test_specks_are_hard(approach: str) -> None:
    """They turn with the breast and keep their shape, whatever the compression."""
    patient = load_case("near-skin").patient(1)
    usual = patient.breast.thickness_mm
    as_usual = positioned_specks(patient, Position(0.0, 0.0, approach)).solids.axes_mm
    thick = positioned_specks(patient, Position(5.0, 3.0, approach, 1.2 * usual))
    assert np.array_equal(thick.solids.axes_mm, as_usual)
    sign = 1.0 if approach == "craniocaudal" else np.array([-1.0, 1.0, -1.0])[:, None]
    assert np.array_equal(as_usual, patient.specks.solids.axes_mm * sign)


@pytest.mark.parametrize("approach", APPROACHES)
@pytest.mark.parametrize("share", [None, 1.2])
def test_the_positioned_breast_is_the_same_breast(approach: str, share: float | None) -> None:
    """A voxel on the support holds what the breast holds where its middle comes from."""
    patient = load_case("near-skin").patient(1)
    usual = patient.breast.thickness_mm
    position = Position(6.0, 8.0, approach, None if share is None else share * usual)
    lo, hi = np.array([-10.0, 20.0, 4.0]), np.array([6.0, 30.0, 20.0])
    tissue = positioned_tissue(patient, position, lo, hi, 1.0)
    rng = np.random.default_rng(1)
    for iz, iy, ix in rng.integers(0, np.array(tissue.gland.shape), (60, 3)):
        here = tissue.origin_mm + np.array([ix, iy, iz]) * tissue.spacing_mm
        there = breast_from_support(here[None], usual, position)[0]
        assert ((there > lo) & (there < hi)).all()
        single = patient.tissue_field(there - 0.5, there + 0.4, 1.0)
        assert single.origin_mm == pytest.approx(there)
        for name in ("gland", "skin", "inside"):
            value = getattr(tissue, name)[iz, iy, ix]
            assert value == pytest.approx(getattr(single, name)[0, 0, 0], abs=2e-3)


@pytest.mark.parametrize("approach", APPROACHES)
def test_slabs_are_the_box_without_gap_or_overlap(approach: str) -> None:
    position = Position(3.0, 5.0, approach, 55.0)
    lo, hi = np.array([-20.0, 4.0, 0.0]), np.array([24.0, 60.0, 55.0])
    slabs = list(tissue_slabs(50.0, position, lo, hi, 0.4))
    assert len(slabs) > 3
    for (_, top), (bottom, _) in itertools.pairwise(slabs):
        assert bottom[2] == pytest.approx(top[2])
        assert (top[2] - slabs[0][0][2]) / 0.4 == pytest.approx(round(top[2] / 0.4), abs=1e-6)
    ends = support_from_breast(np.array([slabs[0][0], slabs[-1][1]]), 50.0, position)
    assert ends.min(axis=0) == pytest.approx(lo)
    assert ends.max(axis=0) == pytest.approx(hi)


def test_slabs_make_the_images_that_the_whole_box_makes(patient: VirtualPatient) -> None:
    position = Position(3.0, 0.0, "caudocranial", 55.0)
    box = field_box(ROOM.unit, 55.0)
    slabs = list(tissue_slabs(50.0, position, *box, 1.0))
    corners = np.array([slabs[0][0], slabs[-1][1]])
    view = stereo_pair(ROOM.unit)[0]
    whole = ROOM.machine.background(positioned_tissue(patient, position, *corners, 1.0), view)
    parts = [
        ROOM.machine.background(positioned_tissue(patient, position, *slab, 1.0), view)
        for slab in slabs
    ]
    together = parts[0]
    for part in parts[1:]:
        together = together + part
    assert len(parts) > 2
    assert together.paths_mm == pytest.approx(whole.paths_mm, abs=2e-5)
    with pytest.raises(ValueError, match="view"):
        together + ROOM.machine.background(
            positioned_tissue(patient, position, *slabs[0], 1.0), scout(ROOM.unit)
        )


def shot(
    patient: VirtualPatient, position: Position, *intents: Expose, noise: bool = False
) -> tuple[StereotacticProcedure, ProcedureState]:
    """Position the breast and make the exposures."""
    procedure = procedure_for(patient, noise=noise)
    state, _ = procedure.step(procedure.start(), position)
    for intent in intents:
        state, _ = procedure.step(state, intent)
    return procedure, state


@pytest.mark.parametrize("approach", APPROACHES)
@pytest.mark.parametrize("thickness", [46.0, 62.0])
def test_specks_are_imaged_where_the_mapped_places_project_to(
    patient: VirtualPatient, approach: str, thickness: float
) -> None:
    position = Position(1.0, 2.0, approach, thickness)
    _, state = shot(patient, position, Expose("pair"))
    # The formula again, apart from the code: k = T' / 50, then the turn, then the shift.
    k = thickness / 50.0
    places = patient.specks.solids.centres_mm * [k**-0.5, k**-0.5, k]
    if approach == "caudocranial":
        places = places * [-1.0, 1.0, -1.0] + [0.0, 0.0, thickness]
    places = places - [1.0, 2.0, 0.0]
    assert state.truth.tissue.original.solids.centres_mm == pytest.approx(places)
    for view, made in zip(stereo_pair(ROOM.unit), state.seen.shots, strict=True):
        signal = made.image.pixels
        for column, row in project(view, places):
            part = signal[
                round(row) - 12 : round(row) + 13, round(column) - 12 : round(column) + 13
            ]
            drop = np.clip(1.0 - part / median_filter(part, 15) - 0.05, 0.0, None)
            r, c = np.mgrid[0:25, 0:25]
            centre = np.array([(drop * c).sum(), (drop * r).sum()]) / drop.sum() - 12.0
            off = centre - ([column, row] - np.rint([column, row]))
            assert np.hypot(*off) * view.pitch_mm < 0.05


@pytest.mark.parametrize("approach", APPROACHES)
def test_the_usual_thickness_named_is_the_usual_position(approach: str) -> None:
    patient = load_case("thin-breast").patient(1)
    named = Position(0.0, 4.0, approach, patient.breast.thickness_mm)
    _, ours = shot(patient, named, Expose("scout"), Expose("pair"), noise=True)
    _, usual = shot(
        patient, Position(0.0, 4.0, approach), Expose("scout"), Expose("pair"), noise=True
    )
    assert ours.seen.thickness_mm == usual.seen.thickness_mm == patient.breast.thickness_mm
    for a, b in zip(ours.seen.shots, usual.seen.shots, strict=True):
        assert np.array_equal(a.image.pixels, b.image.pixels)
        assert a.image.exposure == b.image.exposure


def margins_at(patient: VirtualPatient, position: Position) -> tuple[Margins, ProcedureState]:
    """Mark the second speck where it truly is and return the margins of a vacuum needle."""
    procedure, state = shot(patient, position, Expose("pair"))
    place = state.truth.tissue.original.solids.centres_mm[1]
    left, right = (project(view, place[None])[0] for view in stereo_pair(ROOM.unit))
    state, _ = procedure.step(state, MarkPair(tuple(left), tuple(right)))
    state, _ = procedure.step(state, ChooseDevice("vab-11g"))
    assert state.seen.margins is not None
    state, _ = procedure.step(state, Advance())
    state, _ = procedure.step(state, Fire())
    firing = state.truth.firings[0]
    assert firing.marked_mm == pytest.approx(place, abs=1e-6)
    assert firing.lesion_rest_mm == pytest.approx(
        state.truth.tissue.original.solids.centres_mm.mean(axis=0)
    ), "the debrief's truth is in the support frame of the positioned breast"
    return state.seen.margins, state


@pytest.mark.parametrize("approach", APPROACHES)
def test_a_thicker_breast_costs_dose_and_gives_room(approach: str, patient: VirtualPatient) -> None:
    skins, doses = [], []
    for thickness in (45.0, None, 65.0):
        margins, state = margins_at(patient, Position(0.0, 0.0, approach, thickness))
        shown = 50.0 if thickness is None else thickness
        exposure = state.seen.shots[0].image.exposure
        assert state.seen.thickness_mm == exposure.thickness_mm == shown
        # The speck is half way down in any compression and from either side.
        tip = ROOM.devices["vab-11g"].tip_offset_mm
        assert margins.stroke_margin_mm == pytest.approx(0.5 * shown - tip, abs=1e-6)
        skins.append(margins.skin_margin_mm)
        doses.append(exposure.dose_mgy)
    assert skins[0] < skins[1] < skins[2]
    assert doses[0] < doses[1] < doses[2]
    assert doses[0] < 0.9 * doses[2]


def test_the_rays_go_through_the_present_thickness(patient: VirtualPatient) -> None:
    procedure, state = shot(patient, Position(0.0, 0.0, "craniocaudal", 60.0), Expose("scout"))
    paths = procedure._positioned(state.seen)["scout"].background.paths_mm
    middle = paths.shape[2] // 2
    column = paths[:, 20:-20, middle]
    # Near x = 0 a ray is tilted along y only, by up to 6 degrees.
    assert column.sum(axis=0) == pytest.approx(60.0, rel=6e-3)
    assert column[1] / column.sum(axis=0) == pytest.approx(0.25, abs=1e-5)


def test_limits_are_named_in_millimetres(patient: VirtualPatient) -> None:
    limits = load_compression()
    assert (limits.thinnest, limits.thickest) == (0.9, 1.3)
    assert limits.provenance["thinnest"].status == "assumed"
    least, most = thickness_limits_mm(50.0)
    assert (least, most) == pytest.approx((45.0, 65.0))
    procedure = procedure_for(patient)
    start = procedure.start()
    for thickness in (44.9, 65.1, 0.0, -50.0, float("nan"), float("inf")):
        with pytest.raises(IntentError, match=r"position\.thickness_mm"):
            procedure.step(start, Position(0.0, 0.0, "craniocaudal", thickness))
    with pytest.raises(IntentError, match=r"45\.0 to 65\.0 mm"):
        procedure.step(start, Position(0.0, 0.0, "craniocaudal", 80.0))
    for thickness in (least, most, 50.0):
        state, _ = procedure.step(start, Position(0.0, 0.0, "craniocaudal", thickness))
        assert state.seen.thickness_mm == thickness


@given(st.floats(5.0, 120.0))
def test_what_the_limits_name_is_allowed(usual: float) -> None:
    """To the tenth of a millimetre that is shown, and the usual thickness always."""
    least, most = thickness_limits_mm(usual)
    assert 0.9 * usual - 1e-6 <= least <= usual <= most <= 1.3 * usual + 1e-6
    assert float(f"{least:.1f}") == pytest.approx(least) or least == usual
    assert float(f"{most:.1f}") == pytest.approx(most) or most == usual


def test_undo_and_another_thickness(patient: VirtualPatient) -> None:
    """A state is what its own intents say, whatever was tried before."""
    procedure, thick = shot(
        patient, Position(0.0, 0.0, "craniocaudal", 60.0), Expose("scout"), noise=True
    )
    again = procedure.start()
    for intent in (Position(2.0, 0.0), Expose("scout"), Position(0.0, 0.0), Expose("scout")):
        again, _ = procedure.step(again, intent)
    assert again.seen.thickness_mm == 50.0
    assert position_of(again.seen) == Position(0.0, 0.0, "craniocaudal", 50.0)
    replayed = procedure_for(patient, noise=True).replay(
        from_dict(to_dict(intent)) for intent in thick.intents
    )
    assert np.array_equal(replayed.seen.shots[0].image.pixels, thick.seen.shots[0].image.pixels)
    for x in range(5):  # more positions than are kept
        again, _ = procedure.step(again, Position(float(x), 0.0))
        again, _ = procedure.step(again, Expose("scout"))
    once_more, _ = procedure.step(
        procedure.step(procedure.start(), thick.intents[0])[0], Expose("scout")
    )
    assert np.array_equal(once_more.seen.shots[0].image.pixels, thick.seen.shots[0].image.pixels)


def test_the_usual_position_has_the_usual_compression() -> None:
    patient = load_case("case-1").patient(1)
    assert usual_position(patient.referral, ROOM.unit).thickness_mm is None


def test_turning_twice_is_nothing() -> None:
    points = np.array([[3.0, 20.0, 5.0]])
    assert np.array_equal(turned_points(turned_points(points, 38.0), 38.0), points)
