"""Blood, air and anaesthetic in the live frame, against closed forms and against no fluids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.experiments.trial import Room, Setting
from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.acoustics import (
    air_face_section,
    bubble_cross_section_mm2,
    load_acoustics,
)
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.filling import fill
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.medium import LEVEL
from stereosim.imaging.ultrasound.observer import find_foci
from stereosim.imaging.ultrasound.pools import NO_POOLS, Pools, Silhouette, pool_points
from stereosim.imaging.ultrasound.sweep import Sweep
from stereosim.imaging.ultrasound.tissue import VOXEL_MM
from stereosim.procedures.intents import (
    Anaesthetise,
    ChooseDevice,
    Film,
    Fire,
    Insert,
    IntentError,
    Look,
    MarkEcho,
    Sample,
    Scan,
    Steer,
    Withdraw,
)
from stereosim.procedures.operators.again import Target, seen_again
from stereosim.procedures.operators.ultrasound import UltrasoundOperator
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.ultrasound import UltrasoundProcedure, pools_in
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.patient import plain_patient
from stereosim_phantoms.solids import Ellipsoids
from tests.ultrasound_scenes import slim_probe

A = load_acoustics()
QUIET = replace(A, texture_db=0.0, bubbles_per_mm3=0.0)
PROBE = slim_probe(width_mm=25.6, penetration_mm=200.0)  # hardly any noise
GRID = Grid(depth_mm=35.0, columns=128)
ROWS = np.arange(GRID.rows) * GRID.row_mm
SIDES = (np.arange(GRID.columns) - 0.5 * (GRID.columns - 1)) * PROBE.width_mm / GRID.columns
ROOM = Room(Setting())


def pools(*items):
    """Upright ellipsoids: kind, centre, semi-axes, share."""
    kinds, centres, axes, shares = zip(*items, strict=True)
    solids = Ellipsoids(np.array(centres, float), np.array([np.diag(a) for a in axes], float))
    return Pools(solids, kinds, np.array(shares, float))


def tissue(acoustics=QUIET):
    live = LiveTissue(plain_patient(supine_height_mm=60.0, glandular_fraction=0.0), PROBE)
    live._tissue.acoustics = acoustics
    return live


@pytest.fixture(scope="module")
def live():
    return tissue()


def power(live, some=NO_POOLS, pose=None, focus_mm=15.0):
    """Mean power of parallel planes 1 mm apart: the speckle of one has few cells."""
    none = np.zeros((0, 3)), np.zeros(0)
    poses = [ProbePose(0.0, y) for y in (-1.0, 0.0, 1.0)] if pose is None else [pose]
    frames = [
        live.frame(p, *none, seed=1, grid=GRID, focus_mm=focus_mm, pools=some).envelope
        for p in poses
    ]
    return np.mean(np.square(frames, dtype=float), axis=0)


def part(image, low_mm, high_mm, half_mm=4.0):
    return image[np.ix_((low_mm <= ROWS) & (high_mm >= ROWS), half_mm >= np.abs(SIDES))]


def change_db(live, some, low_mm, high_mm, half_mm=4.0):
    with_, without = (part(power(live, p), low_mm, high_mm, half_mm) for p in (some, NO_POOLS))
    return 10.0 * np.log10(with_.mean() / without.mean())


def passed_db(live, fluid, thickness_mm, depth_mm, share=1.0):
    """What a layer loses less, there and back, than the fat in its place."""
    mean, per_slice = live._tissue.made_up_for(100, LEVEL)
    k = int(depth_mm / VOXEL_MM)
    return share * (mean[k] - fluid) * per_slice[k] * thickness_mm / VOXEL_MM


def test_blood_is_dark_and_what_lies_behind_it_is_bright(live):
    wide = pools(("blood", (0, 0, 15), (12, 12, 3), 1.0))
    through = passed_db(live, A.blood_attenuation, 6.0, 15.0)
    assert through > 0.5
    assert change_db(live, wide, 24.0, 30.0) == pytest.approx(through, abs=0.3)
    inside = change_db(live, wide, 14.0, 16.0)
    assert inside == pytest.approx(A.blood_db + 0.5 * through, abs=1.0)
    assert change_db(live, wide, 4.0, 10.0) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_anaesthetic_lowers_the_backscatter_by_its_share(live, share):
    ball = pools(("anaesthetic", (0, 0, 16), (12, 12, 12), share))
    expected = 10.0 * np.log10(1.0 - share)
    half_way = passed_db(live, 0.0, 12.0, 10.0, share)
    assert change_db(live, ball, 14.0, 18.0, 2.0) == pytest.approx(expected + half_way, abs=0.3)


def test_the_face_of_air_shines_as_a_ragged_mirror(live):
    """Lambert's 1 / (pi sr) over the backscatter of fat is a length; so much fat is as bright."""
    flat = pools(("air", (0, 0, 15), (12, 12, 0.5), 1.0))
    image = part(power(live, flat), 13.0, 16.5, 3.0)
    frequency = live._beam(GRID, 15.0).frequency_mhz[round(14.5 / GRID.row_mm)]
    expected = air_face_section(A) / float(A.fat_backscatter_per_mm(frequency))
    assert air_face_section(A) == pytest.approx(1.0 / np.pi, rel=0.01)
    shining = image.sum(axis=0).mean() * GRID.row_mm
    assert 10.0 * np.log10(shining / expected) == pytest.approx(0.0, abs=1.5)


def test_behind_wide_air_is_haze_that_fades(live):
    wide = pools(("air", (0, 0, 8), (14, 14, 2), 1.0))
    clean = tissue(replace(QUIET, air_haze_db=-90.0))
    for low, high in ((13.0, 16.0), (22.0, 25.0)):
        level = 10.0 * np.log10(part(power(live, wide), low, high).mean())
        below = 0.5 * (low + high) - 6.0
        assert level == pytest.approx(A.air_haze_db - A.air_haze_fall_db_per_mm * below, abs=1.0)
        assert change_db(clean, wide, low, high) < -30.0


def test_sound_passes_beside_small_air(live):
    tiny, small, wide = (pools(("air", (0, 0, 8), (r, r, 0.3), 1.0)) for r in (0.4, 1.5, 12.0))
    near = [change_db(live, some, 9.5, 11.5, 0.3) for some in (tiny, small, wide)]
    far = [change_db(live, some, 27.0, 31.0, 0.3) for some in (tiny, small, wide)]
    assert near[0] > near[1] > near[2]
    assert far[0] > far[1] > far[2]
    assert far[0] > near[0] and far[1] > near[1], "a narrow shadow fills up with depth"
    assert near[0] < -1.0


def test_a_leaning_probe_sees_the_shadow_along_its_own_beam(live):
    pose = ProbePose(0.0, 0.0, 0.0, 25.0)
    depth = 8.0
    # What the leaning plane holds at that depth is air; straight below it is not in the plane.
    at = pose.supine_mm([0.0, 0.0, depth])
    here, below = (pools(("air", (at[0], y, at[2]), (6, 2, 0.4), 1.0)) for y in (at[1], 0.0))
    without = part(power(live, pose=pose), 14.0, 20.0, 2.0).mean()
    shaded, free = (part(power(live, p, pose), 14.0, 20.0, 2.0).mean() for p in (here, below))
    assert 10.0 * np.log10(shaded / without) < -8.0
    assert 10.0 * np.log10(free / without) > -3.0


def test_far_away_pools_change_not_one_bit(live):
    far = pools(("blood", (60, 0, 15), (9, 3, 3), 1.0), ("air", (60, 0, 11), (9, 3, 1), 1.0))
    np.testing.assert_array_equal(power(live, far), power(live))
    beside = pools(("blood", (9, 0, 15), (2, 2, 2), 1.0), ("air", (9, 0, 12), (2, 2, 1), 1.0))
    here, plain = power(live, beside), power(live)
    same = np.abs(SIDES - 9.0) > 2.0 + 8.0 + VOXEL_MM + 3.0  # the rim, and the beam's reach
    np.testing.assert_array_equal(here[:, same], plain[:, same])
    assert not np.allclose(here[:, SIDES > 8.0], plain[:, SIDES > 8.0])


def turned(seed, *sizes):
    """Semi-axes in random directions, as columns."""
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))[0]
    return turn * np.array(sizes)


@pytest.mark.parametrize("seed", range(4))
def test_voxels_hold_the_volume_of_the_pool(seed):
    axes = turned(seed, 6.0, 3.0, 2.0)
    some = Pools(Ellipsoids(np.array([[0.1, 0.3, 17.0]]), axes[None]), ("blood",), np.ones(1))
    flat = np.zeros(100), np.zeros(100)
    (filled,) = fill(some, 1, 100, VOXEL_MM, flat, LEVEL, replace(QUIET, blood_db=0.0))
    volume = float((1.0 - filled.left.astype(float) ** 2).sum()) * VOXEL_MM**3
    assert volume == pytest.approx(some.solids.volumes_mm3[0], rel=0.02)
    assert filled.own is not None
    assert float(filled.own.sum()) * VOXEL_MM**3 == pytest.approx(volume, rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_face_of_an_ellipsoid_is_its_upper_surface(seed):
    axes = turned(seed, 6.0, 3.0, 1.0)
    top = Silhouette(axes)
    rng = np.random.default_rng(seed)
    direction = rng.standard_normal((3, 4000))
    surface = axes @ (direction / np.linalg.norm(direction, axis=0))
    # Its area by counting: points of the box that some point of the solid lies above or below.
    half = np.linalg.norm(axes, axis=1)[:2]
    tried = rng.uniform(-half[:, None], half[:, None], (2, 40000))
    counted = (top.inside(tried) > 0.0).mean() * 4.0 * half.prod()
    assert top.area_mm2 == pytest.approx(counted, rel=0.02)
    assert (top.inside(0.999 * surface[:2]) >= 0.0).all()
    depth, _ = top.face(surface[:2])
    assert (depth <= surface[2] + 1e-6).all()
    on_face = np.vstack([surface[:2], depth])
    inside = top.inside(surface[:2]) > 0.05
    radius = np.linalg.norm(np.linalg.solve(axes, on_face), axis=0)
    np.testing.assert_allclose(radius[inside], 1.0, atol=1e-6)


def test_bubbles_are_points_of_the_pool_and_not_noise():
    some = pools(("anaesthetic", (1, 2, 15), (10, 10, 10), 0.3), ("blood", (0, 0, 9), (5, 2, 2), 1))
    first = pool_points(some, 7, A)
    again = pool_points(some, 7, A)
    np.testing.assert_array_equal(first.bubble_mm, again.bubble_mm)
    fluid = (some.solids.volumes_mm3 * some.shares).round(9)
    assert len(first.bubble_mm) == sum(round(A.bubbles_per_mm3 * v) for v in fluid)
    inside = np.linalg.norm(first.bubble_mm - [1, 2, 15], axis=1) <= 10.0
    assert inside.sum() >= round(A.bubbles_per_mm3 * fluid[0])
    assert np.median(first.bubble_radius_mm) == pytest.approx(A.bubble_radius_mm, rel=0.15)
    # They go with the pool; one that grows keeps those that it had, where they are in it.
    moved = Pools(Ellipsoids(some.solids.centres_mm + 3.0, some.solids.axes_mm), *some_of(some))
    np.testing.assert_allclose(pool_points(moved, 7, A).bubble_mm, first.bubble_mm + 3.0)
    grown = pools(("anaesthetic", (1, 2, 15), (12, 12, 12), 0.3))
    more = (pool_points(grown, 7, A).bubble_mm - [1, 2, 15]) / 12.0
    n = round(A.bubbles_per_mm3 * fluid[0])
    np.testing.assert_allclose(more[:n], (first.bubble_mm[:n] - [1, 2, 15]) / 10.0)
    assert not np.allclose(pool_points(some, 8, A).bubble_mm, first.bubble_mm)


def some_of(some):
    return some.kinds, some.shares


def test_a_bubble_scatters_as_a_sphere_without_pressure():
    k = 2.0 * np.pi / float(A.wavelength_mm(8.0))
    small, large = 0.01 / k, np.linspace(4.0, 5.0, 20) / k
    assert float(bubble_cross_section_mm2(small, 8.0, A)) == pytest.approx(small**2, rel=1e-3)
    ratio = bubble_cross_section_mm2(large, 8.0, A) / large**2
    np.testing.assert_allclose(ratio, 0.25, rtol=0.1)
    assert np.diff(bubble_cross_section_mm2(np.linspace(0.005, 0.1, 30), 8.0, A)).min() > 0.0


def test_a_bubble_may_be_taken_for_a_speck():
    """The reader's own foci: some lie on bubbles, none of which is a calcification."""
    fluid = tissue(replace(QUIET, bubbles_per_mm3=0.02))
    ball = pools(("anaesthetic", (0, 0, 15), (8, 8, 8), 0.3))
    bubbles = pool_points(ball, fluid._tissue.seed, fluid._tissue.acoustics)
    which = int(np.argmax(bubbles.bubble_radius_mm))
    x, y, z = bubbles.bubble_mm[which]
    pose = ProbePose(float(x), float(y))
    none = np.zeros((0, 3)), np.zeros(0)

    def foci(some):
        made = fluid.frame(pose, *none, seed=1, grid=GRID, focus_mm=float(z), pools=some)
        one = made.envelope[None], (pose,), made.row_mm, made.column_mm, 1.0, made.probe
        return find_foci(Sweep(*one)).position_mm

    away = np.linalg.norm(foci(ball) - bubbles.bubble_mm[which], axis=1)
    before = np.linalg.norm(foci(NO_POOLS) - bubbles.bubble_mm[which], axis=1)
    assert away.min() < 0.5
    assert before.min() > 0.5


def test_no_other_fluid_is_known():
    with pytest.raises(ValueError, match="saline"):
        pools(("saline", (0, 0, 9), (1, 1, 1), 1.0))


# --- in a procedure -------------------------------------------------------------------------------
PATIENT = load_case("large-cluster").patient(1)
PLACES = PATIENT.supine_specks().solids.centres_mm[PATIENT.specks.target]
MIDDLE = PLACES[np.argmin(np.linalg.norm(PLACES - PLACES.mean(axis=0), axis=1))]
X, Y, Z = (float(v) for v in MIDDLE)
LOOK = Look(X, Y, 0.0, 40.0, 25.0)


def room(*, perfect=False, bleeding=True):
    placement = ROOM.placement["ultrasound"]
    return UltrasoundProcedure(
        patient=PATIENT,
        devices=ROOM.devices,
        conditions=Conditions(
            True, placement.perfect() if perfect else placement, bleeding=bleeding
        ),
        seed=3,
        probe=ROOM.probe,
        step_mm=1.0,
    )


def after(procedure, *intents):
    state = procedure.start()
    for intent in intents:
        state, _ = procedure.step(state, intent)
    return state


MARKED = LOOK, MarkEcho((X, Y, Z), "specks"), ChooseDevice("vab-11g")


@pytest.fixture(scope="module")
def perfect():
    return room(perfect=True)


@pytest.fixture(scope="module")
def sampled(perfect):
    device, away = ROOM.devices["vab-11g"], 35.0
    way = np.hypot(away, Z) + device.tip_offset_mm - device.throw_mm - 2.0
    insert = Insert((X - away, Y), 0.0, float(np.degrees(np.arctan2(Z, away))))
    hours = tuple(float(h) for h in range(1, 13))
    return after(
        perfect, *MARKED, insert, Steer(along_mm=float(way)), Fire(), Sample(hours), Withdraw()
    )


def test_without_fluids_a_live_frame_is_as_it_was(perfect):
    state = after(perfect, *MARKED)
    assert len(pools_in(state.truth.tissue)) == 0
    specks = state.truth.tissue.visible_specks().solids
    plain = perfect._live.frame(
        ProbePose(X, Y, 0.0),
        specks.centres_mm,
        0.5 * specks.diameters_mm,
        seed=perfect.seed,
        grid=Grid(depth_mm=40.0),
        focus_mm=25.0,
    )
    np.testing.assert_array_equal(perfect.live_frame(state, LOOK).envelope, plain.envelope)


def test_after_cores_the_frame_differs_at_the_cavity_and_not_far_away(perfect, sampled):
    truth = sampled.truth.tissue
    fluids = pools_in(truth)
    assert set(fluids.kinds) <= {"blood", "air"}
    filled = replace(sampled, truth=replace(sampled.truth, tissue=replace(truth, bores=())))
    turned_look = replace(LOOK, angle_deg=90.0)  # across the needle: the cavity is narrow there
    with_, without = (perfect.live_frame(state, turned_look) for state in (sampled, filled))
    ratio = np.abs(20.0 * np.log10(with_.envelope / without.envelope))
    half = np.linalg.norm(fluids.solids.axes_mm, axis=2)[:, 1]
    reach = float((np.abs(fluids.solids.centres_mm[:, 1] - Y) + half).max())
    v = np.array([with_.supine_mm(0.0, c)[1] for c in range(with_.envelope.shape[1])])
    far = np.abs(v - Y) > reach + 8.0 + 3.0 + VOXEL_MM  # rim of the shadow, reach of the beam
    assert far.any()
    assert ratio[:, far].max() == 0.0
    top = float((fluids.solids.centres_mm - fluids.solids.bounding_radii_mm[:, None])[:, 2].min())
    assert ratio[: int((top - 1.0) / with_.row_mm)].max() < 1e-3
    near = np.abs(v - Y) < 1.5
    middle = int(Z / with_.row_mm)
    assert np.median(ratio[middle : middle + 60, near]) > 3.0


def test_a_needle_in_its_cavity_leaves_less_fluid(perfect, sampled):
    volume = pools_in(sampled.truth.tissue).solids.volumes_mm3.sum()
    assert volume > 10.0
    assert pools_in(after(perfect, *MARKED).truth.tissue).solids.volumes_mm3.sum() == 0.0


def test_anaesthetic_is_in_the_frame_and_forbids_a_sweep(perfect):
    state = after(perfect, *MARKED)
    given, _ = perfect.step(state, Anaesthetise(5.0))
    ball = pools_in(given.truth.tissue)
    assert ball.kinds == ("anaesthetic",)
    assert ball.shares[0] * ball.solids.volumes_mm3[0] == pytest.approx(5000.0)
    frames = [perfect.live_frame(s, LOOK).envelope.astype(float) for s in (state, given)]
    top = float(ball.solids.centres_mm[0, 2] - ball.solids.axes_mm[0, 2, 2])
    assert top > 2.0
    above, below = slice(0, int((top - 1.0) / 0.05)), slice(int((top + 2.0) / 0.05), None)
    np.testing.assert_allclose(frames[1][above], frames[0][above], atol=1e-4)
    assert np.median(np.abs(20.0 * np.log10(frames[1][below] / frames[0][below]))) > 1.0
    with pytest.raises(IntentError, match="anaesthetic"):
        perfect.step(given, Scan(X, Y, 10.0))


@pytest.mark.parametrize("way", [(0.0, 0.0, 0.0), (0.9, 0.0, -0.7), (-0.6, 1.0, 0.5)])
def test_the_target_is_found_again_where_it_has_moved(way):
    fluid, way = tissue(replace(QUIET, bubbles_per_mm3=A.bubbles_per_mm3)), np.array(way)
    specks = np.array([[-2.0, 0.0, 14.0], [0.5, 0.3, 16.0], [3.0, -0.4, 15.0]])
    ball = pools(("anaesthetic", (0, 0, 15), (12, 12, 12), 0.3))
    frames = [
        fluid.frame(
            ProbePose(0.0, y),
            specks + way,
            np.full(3, 0.15),
            seed=1,
            grid=GRID,
            focus_mm=15.0,
            pools=ball,
        )
        for y in (-2.0, -1.0, 0.0, 1.0, 2.0)
    ]
    again = seen_again(frames, Target(specks[1], specks), ROOM.search)
    assert again is not None
    moved = again.place_mm - specks[1]
    np.testing.assert_allclose(moved[[0, 2]], way[[0, 2]], atol=0.25)
    assert abs(moved[1] - way[1]) <= 0.6  # the frames are 1 mm apart
    np.testing.assert_allclose(again.foci_mm - specks, np.tile(moved, (3, 1)))
    elsewhere = Target(specks[1], specks + np.array([0.0, 9.0, 0.0]))
    assert seen_again(frames, elsewhere, ROOM.search) is None


@pytest.mark.parametrize("names", [("ncb-14g",), ("vab-11g", "vab-11g-petite")])
def test_the_operator_finishes_among_fluids(names):
    procedure = room()
    operator = UltrasoundOperator(ROOM.skill, ROOM.search, ROOM.devices)
    operator.aims = PLACES.copy()
    state = after(procedure, *MARKED[:2])
    state = procedure.run(state, operator.biopsy(state.seen, names))
    kinds = [type(intent) for intent in state.intents]
    assert state.outcome == "finished"
    assert kinds.count(Anaesthetise) == 1
    assert Film in kinds
    first = kinds.index(Anaesthetise)
    assert kinds[first + 1] is Look
    assert Look in kinds[first : kinds.index(Insert)]
    assert first < kinds.index(Insert)
    assert {"anaesthetic", "blood"} <= set(pools_in(state.truth.tissue).kinds)


def test_without_anaesthetic_nothing_is_looked_at_again_before_the_needle():
    procedure = room(bleeding=False)
    operator = UltrasoundOperator(ROOM.skill, ROOM.search, ROOM.devices, anaesthetic=False)
    operator.aims = PLACES.copy()
    state = after(procedure, *MARKED[:2])
    state = procedure.run(state, operator.biopsy(state.seen, ("vab-11g",)))
    kinds = [type(intent) for intent in state.intents]
    assert Anaesthetise not in kinds
    assert Look not in kinds[2 : kinds.index(Insert)]
    assert state.truth.tissue.infiltrations == ()
