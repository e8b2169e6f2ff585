"""Anaesthetic and blood in the tissue: closed forms, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from stereosim.biopsy.capture import take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.fluids import (
    bleed,
    bores_now,
    core_blood_mm3,
    infiltrate,
    ooze,
    patient_factor,
    settle,
    usual_anaesthetic_ml,
    usual_fluid_model,
)
from stereosim.biopsy.needle import withdraw
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import NeedleInPlace, Tissue
from stereosim_phantoms.provenance import SpecError
from stereosim_phantoms.solids import Ellipsoids
from tests.biopsy_scenes import CENTRE, cloud, oblique, specks_at, turned, turned_pose

DEVICES = load_devices()
MODEL = usual_fluid_model()
# Each core bleeds the same, so that volumes can be said beforehand.
EVEN = replace(MODEL, core_log_sd=0.0)
GUN, VACUUM = DEVICES["ncb-14g"], DEVICES["vab-11g"]
POSE = NeedlePose.vertical(CENTRE)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def at(places) -> Tissue:
    """Tissue with a speck at each of `places`."""
    return Tissue.untouched(specks_at(places))


def with_needle(tissue: Tissue, device=VACUUM, pose=POSE) -> Tissue:
    return replace(tissue, needle=NeedleInPlace(pose, device, np.zeros(3)))


def cored(tissue: Tissue, *hours: float, device=VACUUM, pose=POSE) -> Tissue:
    for hour in hours:
        tissue, _ = take_core(tissue, device, pose, hour)
    return tissue


def jacobians(way, places, step=1e-4):
    """Determinant of the derivative of a map of places, by central differences."""
    columns = [
        (way(places + step * axis) - way(places - step * axis)) / (2.0 * step) for axis in np.eye(3)
    ]
    return np.linalg.det(np.stack(columns, axis=2))


def blood_way(blood_factor: float, tissue: Tissue):
    """The map that the bleeding of `tissue`'s last bore does to places, and its a in mm^2."""
    end = bleed(tissue, GUN, rng=rng(), model=EVEN, patient_factor=blood_factor)

    def way(places):
        start = replace(at(places), bores=tissue.bores)
        return bleed(start, GUN, rng=rng(), model=EVEN, patient_factor=blood_factor).rest_mm

    return way, end.bores[-1].distended_mm2


# --- anaesthetic ----------------------------------------------------------------------------------
@pytest.mark.parametrize("volume", [500.0, 5000.0, 20000.0])
def test_anaesthetic_swells_a_ball_and_pushes_the_rest(volume):
    directions = rng(1).normal(size=(60, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    r = np.linspace(0.0, 45.0, 60)
    tissue = infiltrate(at(CENTRE + r[:, None] * directions), CENTRE, volume)
    ball = MODEL.spread_mm
    more = 3.0 * volume / (4.0 * np.pi)
    expected = np.where(r < ball, r * np.cbrt(1.0 + more / ball**3), np.cbrt(r**3 + more))
    np.testing.assert_allclose(np.linalg.norm(tissue.rest_mm - CENTRE, axis=1), expected)
    np.testing.assert_allclose(tissue.rest_mm, CENTRE + expected[:, None] * directions, atol=1e-12)
    (given,) = tissue.infiltrations
    sizes = 4.0 / 3.0 * np.pi * np.array([given.radius_mm, ball]) ** 3
    assert sizes[0] - sizes[1] == pytest.approx(volume)
    assert given.share == pytest.approx(volume / sizes[0])


def test_anaesthetic_keeps_the_tissue_s_volume():
    def way(places):
        return infiltrate(at(places), CENTRE, 5000.0).rest_mm

    directions = rng(2).normal(size=(80, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    far = CENTRE + rng(3).uniform(MODEL.spread_mm + 0.1, 50.0, (80, 1)) * directions
    np.testing.assert_allclose(jacobians(way, far), 1.0, rtol=1e-5)
    near = CENTRE + rng(3).uniform(0.5, MODEL.spread_mm - 0.1, (80, 1)) * directions
    # In the ball it is the tissue with the fluid that is in it.
    swollen = 1.0 + 5000.0 / (4.0 / 3.0 * np.pi * MODEL.spread_mm**3)
    np.testing.assert_allclose(jacobians(way, near), swollen, rtol=1e-5)


def test_anaesthetic_carries_everything_along():
    lesion = Ellipsoids(CENTRE[None], np.eye(3)[None] * 4.0)
    start = Tissue.untouched(specks_at([CENTRE]), lesion, markers=300)
    start = infiltrate(start, CENTRE + np.array([0.0, 20.0, 0.0]), 3000.0)
    start = withdraw(cored(with_needle(start), 12.0, 6.0))
    place = CENTRE + np.array([9.0, 0.0, 0.0])
    tissue = infiltrate(start, place, 5000.0)

    def way(points):
        return infiltrate(at(points), place, 5000.0).rest_mm

    np.testing.assert_allclose(tissue.rest_mm, way(start.rest_mm))
    np.testing.assert_allclose(tissue.markers_mm, way(start.markers_mm))
    before, after = (t.bores[0].pose for t in (start, tissue))
    np.testing.assert_allclose(after.centre_mm, way(before.centre_mm[None])[0])
    np.testing.assert_allclose(after.frame, before.frame)
    older = [t.infiltrations[0] for t in (start, tissue)]
    moved = older[1].centre_mm - older[0].centre_mm
    # As a whole it goes about where its middle goes.
    np.testing.assert_allclose(
        older[0].centre_mm + moved, way(older[0].centre_mm[None])[0], atol=0.15
    )
    assert older[1].radius_mm == older[0].radius_mm
    assert len(tissue.infiltrations) == 2


def test_anaesthetic_nonsense():
    tissue = at([CENTRE])
    for volume in (0.0, -3.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="volume_mm3"):
            infiltrate(tissue, CENTRE, volume)
    with pytest.raises(ValueError, match="place_mm"):
        infiltrate(tissue, (0.0, np.nan, 1.0), 10.0)
    with pytest.raises(ValueError, match="withdraw"):
        infiltrate(with_needle(tissue), CENTRE, 10.0)


# --- blood ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("hours", [(), (12.0,), (12.0, 3.0, 8.0)])
def test_blood_fills_the_void_and_then_distends_the_bore_evenly(hours):
    """The area that comes in is the blood that finds no room, over the length of the aperture."""
    tissue = cored(at([CENTRE + 40.0]), 2.0, *hours)
    bore = tissue.bores[0]
    room = bore.cavity_mm3
    per_core = core_blood_mm3(GUN, EVEN)
    for blood in (0.5 * room, room, 4.0 * room, 30.0 * room):
        after = bleed(tissue, GUN, rng=rng(), model=EVEN, patient_factor=blood / per_core).bores[0]
        a = max(0.0, blood - room) / (np.pi * bore.aperture_mm)
        np.testing.assert_allclose(after.void_mm2 - bore.void_mm2, a, atol=1e-12)
        np.testing.assert_allclose(after.shift_mm2 - bore.shift_mm2, -a, atol=1e-12)
        assert after.distended_mm2 == pytest.approx(a)
        assert after.blood_mm3 == pytest.approx(blood)
        assert after.cavity_mm3 == pytest.approx(max(room, blood))


def test_blood_keeps_the_tissue_s_volume_and_can_be_undone():
    tissue = cored(at([CENTRE + 40.0]), 12.0, 4.0)
    way, a = blood_way(20.0, tissue)
    assert a > 5.0
    half = VACUUM.aperture_mm / 2.0
    places = CENTRE + np.column_stack(
        [rng(4).uniform(-20, 20, (200, 2)), rng(5).uniform(-0.99 * half, 0.99 * half, 200)]
    )
    np.testing.assert_allclose(jacobians(way, places), 1.0, rtol=1e-4)
    rho = np.linalg.norm((places - CENTRE)[:, :2], axis=1)
    moved = way(places)
    np.testing.assert_allclose(np.linalg.norm((moved - CENTRE)[:, :2], axis=1), np.sqrt(rho**2 + a))
    np.testing.assert_allclose(moved[:, 2], places[:, 2])
    beyond = places + np.array([0.0, 0.0, VACUUM.aperture_mm])
    np.testing.assert_allclose(way(beyond), beyond)
    # Undone: all the blood drawn off.
    full = replace(
        at(moved), bores=bleed(tissue, GUN, rng=rng(), model=EVEN, patient_factor=20.0).bores
    )
    dry = replace(EVEN, drawn_share=1.0)
    empty = bleed(full, VACUUM, rng=rng(), model=dry)
    np.testing.assert_allclose(empty.rest_mm, places, atol=1e-9)
    np.testing.assert_allclose(empty.bores[0].void_mm2, tissue.bores[0].void_mm2, atol=1e-12)
    np.testing.assert_allclose(empty.bores[0].shift_mm2, tissue.bores[0].shift_mm2, atol=1e-12)
    assert empty.bores[0].blood_mm3 == 0.0


def test_a_needle_plugs_its_bore():
    """Room is only beside it; the tissue goes outward by what the blood needs, and back after."""
    ring = CENTRE + 6.0 * np.array([[np.sin(t), np.cos(t), 0.0] for t in np.linspace(0, 6, 40)])
    held = cored(with_needle(at(ring)), 12.0)
    bore, section = held.bores[0], (VACUUM.outer_diameter_mm / 2.0) ** 2
    beside = np.maximum(bore.void_mm2 - section, 0.0).sum() * np.pi / 360 * bore.aperture_mm
    blood = beside + 200.0
    wet = bleed(held, GUN, rng=rng(), model=EVEN, patient_factor=blood / core_blood_mm3(GUN, EVEN))
    a = 200.0 / (np.pi * bore.aperture_mm)
    rho2 = [((t.specks.solids.centres_mm - CENTRE)[:, :2] ** 2).sum(axis=1) for t in (held, wet)]
    np.testing.assert_allclose(rho2[1] - rho2[0], a)
    out = settle(withdraw(wet))
    # Of what finds no room a share runs out along the track.
    excess = (1.0 - MODEL.outflow) * max(0.0, blood - bore.cavity_mm3)
    left = excess / (np.pi * bore.aperture_mm)
    assert 0.0 < left < a
    assert out.bores[0].distended_mm2 == pytest.approx(left)
    dry = withdraw(held)
    rho2 = [((t.specks.solids.centres_mm - CENTRE)[:, :2] ** 2).sum(axis=1) for t in (dry, out)]
    np.testing.assert_allclose(rho2[1] - rho2[0], left)
    assert out.bores[0].blood_mm3 == pytest.approx(bore.cavity_mm3 + excess)
    # What flows now runs out in part; with the needle in, all of it stays.
    gained = [ooze(t, 2.0).bores[0].blood_mm3 - t.bores[0].blood_mm3 for t in (wet, out)]
    assert gained[0] == pytest.approx(2.0 * MODEL.ooze_per_min * core_blood_mm3(VACUUM))
    assert gained[1] == pytest.approx((1.0 - MODEL.outflow) * gained[0])


def test_volumes_follow_device_patient_and_chance():
    tissue = cored(at([CENTRE + 40.0]), 12.0)
    medians = [core_blood_mm3(DEVICES[name]) for name in ("ncb-14g", "vab-11g", "vab-7g")]
    assert medians == sorted(medians)
    for device in (GUN, VACUUM):
        drawn = 0.0 if device is GUN else MODEL.drawn_share
        chance = rng(7)
        left = [bleed(tissue, device, rng=chance).bores[0].blood_mm3 for _ in range(1500)]
        logs = np.log(np.array(left) / (1.0 - drawn) / core_blood_mm3(device))
        assert logs.mean() == pytest.approx(0.0, abs=0.05)
        assert logs.std() == pytest.approx(MODEL.core_log_sd, rel=0.06)
        twice = bleed(tissue, device, rng=rng(3), patient_factor=2.0).bores[0].blood_mm3
        assert twice == pytest.approx(2.0 * bleed(tissue, device, rng=rng(3)).bores[0].blood_mm3)
    factors = np.log([patient_factor(seed) for seed in range(1500)])
    assert factors.mean() == pytest.approx(0.0, abs=0.06)
    assert factors.std() == pytest.approx(MODEL.patient_log_sd, rel=0.06)
    assert patient_factor(5) == patient_factor(5) != patient_factor(6)


def test_a_vacuum_keeps_its_bore_nearly_dry_and_a_pause_fills_it():
    tissue, per_core = at([CENTRE + 40.0]), core_blood_mm3(VACUUM)
    for hour in range(1, 13):
        tissue = bleed(cored(with_needle(tissue), float(hour)), VACUUM, rng=rng(), model=EVEN)
    share = 1.0 - MODEL.drawn_share
    # A geometric series.
    expected = per_core * share * (1.0 - share**12) / (1.0 - share)
    assert tissue.bores[0].blood_mm3 == pytest.approx(expected)
    paused = ooze(tissue, 3.0)
    assert paused.bores[0].blood_mm3 == pytest.approx(
        expected + 3.0 * MODEL.ooze_per_min * per_core
    )
    assert paused.bores[0].distended_mm2 > tissue.bores[0].distended_mm2


def test_nothing_bleeds_into_the_wrong_bore():
    """The second pass of a gun: its blood goes into its own bore, the first stays as it was."""
    side = NeedlePose.vertical(CENTRE + np.array([5.0, 0.0, 0.0]))
    first = bleed(cored(at([CENTRE + 3.0]), 12.0, device=GUN), GUN, rng=rng(), model=EVEN)
    both = cored(first, 12.0, device=GUN, pose=side)
    wet = bleed(both, GUN, rng=rng(), model=EVEN, patient_factor=3.0)
    wet = ooze(wet, 2.0)
    assert len(wet.bores) == 2
    for name in ("void_mm2", "shift_mm2", "blood_mm3", "distended_mm2"):
        np.testing.assert_array_equal(getattr(wet.bores[0], name), getattr(first.bores[0], name))
    # Where it lay is how it is traced back to; where it lies now is pushed aside.
    np.testing.assert_array_equal(wet.bores[0].pose.centre_mm, CENTRE)
    a = wet.bores[1].distended_mm2
    assert a > 1.0
    lies = bores_now(wet)
    np.testing.assert_allclose(
        lies[0].pose.centre_mm, CENTRE - np.array([np.sqrt(25.0 + a) - 5.0, 0.0, 0.0])
    )
    np.testing.assert_array_equal(lies[1].pose.centre_mm, side.centre_mm)
    with pytest.raises(ValueError, match="nothing has been sampled"):
        bleed(at([CENTRE]), GUN, rng=rng())
    assert settle(at([CENTRE])).bores == ()


def sequence(tissue: Tissue, turn=lambda pose: pose) -> Tissue:
    """Anaesthetic, cores of a vacuum and of two passes of a gun, blood and pauses."""
    chance, places = rng(11), rng(12)
    tissue = infiltrate(
        tissue, turn(NeedlePose.vertical(CENTRE + np.array([2.0, 1.0, 0.0]))).centre_mm, 4000.0
    )
    for device, hours in ((VACUUM, (12.0, 5.0, 9.0, 12.0)), (GUN, (3.0,)), (GUN, (6.0,))):
        pose = turn(oblique(places))
        tissue = with_needle(tissue, device, pose)
        for hour in hours:
            tissue = bleed(
                cored(tissue, hour, device=device, pose=pose),
                device,
                rng=chance,
                patient_factor=4.0,
            )
        tissue = settle(withdraw(ooze(tissue, 2.0)))
    return tissue


@pytest.mark.parametrize("seed", range(4))
def test_specks_never_end_up_in_a_void(seed):
    tissue = Tissue.untouched(cloud(rng(seed), 150, 5.0))
    chance, places = rng(seed + 50), rng(seed + 70)
    for device in (VACUUM, GUN, DEVICES["vab-7g"]):
        pose = oblique(places)
        for hour in chance.uniform(0.0, 12.0, 5 if device.kind == "vacuum" else 1):
            tissue = with_needle(tissue, device, pose)
            tissue = bleed(
                cored(tissue, hour, device=device, pose=pose),
                device,
                rng=chance,
                patient_factor=float(chance.choice([0.2, 1.0, 8.0])),
            )
            for now in (tissue, settle(withdraw(ooze(tissue, 1.0)))):
                bore = now.bores[-1]
                assert (bore.void_mm2 >= bore.distended_mm2).all()
                assert (bore.void_mm2 + bore.shift_mm2 >= -1e-9).all()
                local = bore.pose.needle_from_points(now.rest_mm[now.present])
                beside = np.abs(local[:, 2]) < bore.aperture_mm / 2.0
                degree = (
                    np.floor(np.degrees(np.arctan2(local[:, 0], local[:, 1]))).astype(int) % 360
                )
                inside = (local[:, :2] ** 2).sum(axis=1) < bore.void_mm2[degree] - 1e-5
                assert not (beside & inside).any()
        tissue = settle(withdraw(tissue))


def test_results_do_not_depend_on_the_order_of_the_specks():
    specks = cloud(rng(20), 60)
    order = rng(21).permutation(60)
    shuffled = replace(specks, solids=specks.solids[order])
    here, there = (sequence(Tissue.untouched(some)) for some in (specks, shuffled))
    np.testing.assert_array_equal(here.rest_mm[order], there.rest_mm)
    np.testing.assert_array_equal(here.present[order], there.present)


def test_a_rigid_motion_changes_nothing():
    rotation, shift = Rotation.from_rotvec([0.4, 1.0, -0.3]), np.array([4.0, -9.0, 2.0])
    specks = cloud(rng(30), 50)
    here = sequence(Tissue.untouched(specks))
    there = sequence(
        Tissue.untouched(turned(specks, rotation, shift)),
        lambda pose: turned_pose(pose, rotation, shift),
    )
    np.testing.assert_allclose(rotation.apply(here.rest_mm) + shift, there.rest_mm, atol=1e-8)
    for some, other in zip(here.bores, there.bores, strict=True):
        np.testing.assert_allclose(some.void_mm2, other.void_mm2, atol=1e-9)
        assert some.blood_mm3 == pytest.approx(other.blood_mm3)
    for ball, moved in zip(here.infiltrations, there.infiltrations, strict=True):
        # The points that stand for a ball do not turn with it.
        np.testing.assert_allclose(
            rotation.apply(ball.centre_mm) + shift, moved.centre_mm, atol=0.05
        )


def test_no_tissue_is_taken_twice_where_bores_have_bled():
    """What the cores weigh is what they took of points that fill the tissue, point by point."""
    ball = Ellipsoids(CENTRE[None], np.eye(3)[None] * 16.0)
    tissue = Tissue.untouched(specks_at([CENTRE + 40.0]), ball, markers=200000)
    per_point = float(ball.volumes_mm3[0]) / 200000
    chance = rng(40)
    tilted = NeedlePose(CENTRE + np.array([2.5, 1.0, 0.0]), np.array([0.2, 0.1, -1.0]), POSE.twelve)
    beside = NeedlePose.vertical(CENTRE + np.array([3.0, -2.0, 1.0]))
    passes = ((VACUUM, POSE, (12.0, 4.0, 8.0)), (GUN, tilted, (6.0,)), (VACUUM, beside, (9.0, 1.0)))
    for device, pose, hours in passes:
        for hour in hours:
            before = tissue.markers_present
            tissue, core = take_core(tissue, device, pose, hour)
            points = per_point * (before & ~tissue.markers_present).sum()
            assert core.mass_mg / device.density_mg_mm3 == pytest.approx(points, rel=0.05)
            tissue = bleed(tissue, GUN, rng=chance, patient_factor=2.0)
    # Both earlier bores have pushed aside what was then cut.
    assert min(bore.distended_mm2 for bore in tissue.bores[:2]) > 0.5
    taken = sum(core.mass_mg / core.device.density_mg_mm3 for core in tissue.cores)
    assert taken == pytest.approx(per_point * (~tissue.markers_present).sum(), rel=0.02)


def test_the_catalogue_says_how_sure_it_is():
    assert usual_anaesthetic_ml(VACUUM) > usual_anaesthetic_ml(GUN) > 0.0
    for name, parameter in MODEL.provenance.items():
        assert parameter.status in ("assumed", "common"), name
        assert " to " in parameter.note, f"{name}: no range"
    for wrong in (
        {"spread_mm": 0.0},
        {"drawn_share": 1.5},
        {"outflow": 1.1},
        {"blood_ratio": -1.0},
    ):
        with pytest.raises(SpecError, match="fluids"):
            replace(MODEL, **wrong)
