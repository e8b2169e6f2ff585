"""Poses and the clock face; aiming error, carry, deviation; what the needle pushes aside."""

import doctest
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import stereosim.biopsy.pose
from stereosim.biopsy.capture import Tissue, take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.needle import (
    adjust,
    advance,
    fire,
    insert,
    load_placement,
    patient_motion,
    pierce,
    steer,
    withdraw,
)
from stereosim.biopsy.pose import NeedlePose
from stereosim_phantoms.provenance import SpecError
from tests.biopsy_scenes import CENTRE, cloud, specks_at

DEVICES = load_devices()
NINE, GUN = DEVICES["vab-9g"], DEVICES["ncb-14g"]
PLACEMENT = load_placement()
POSE = NeedlePose.vertical(CENTRE)


def test_doctests():
    assert doctest.testmod(stereosim.biopsy.pose).failed == 0


@pytest.mark.parametrize(
    ("hour", "direction"), [(12, (0, 1, 0)), (3, (1, 0, 0)), (6, (0, -1, 0)), (9, (-1, 0, 0))]
)
def test_hours_of_a_vertical_needle_run_clockwise_seen_from_above(hour, direction):
    np.testing.assert_allclose(POSE.hour_direction(hour), direction, atol=1e-12)
    assert POSE.hour_of(CENTRE + np.array(direction)) == pytest.approx(hour % 12, abs=1e-9)


def test_hours_of_any_needle_run_clockwise_for_the_one_who_holds_it():
    """Turning with the axis of sight (right-hand rule) is clockwise for who looks along it."""
    pose = NeedlePose.from_points((30.0, 5.0, 0.0), (3.0, -4.0, 18.0))
    turn = np.cross(pose.hour_direction(12), pose.hour_direction(1))
    np.testing.assert_allclose(turn, 0.5 * pose.axis, atol=1e-12)
    np.testing.assert_allclose(pose.frame @ pose.frame.T, np.eye(3), atol=1e-12)
    # 12 o'clock faces the skin, where the probe is.
    assert pose.twelve[2] < 0
    assert NeedlePose.from_points((3, 4, 0), (3, 4, 9)).twelve[1] == pytest.approx(1)


def test_needle_frame_there_and_back():
    pose = NeedlePose.from_points((30.0, 5.0, 0.0), (3.0, -4.0, 18.0))
    points = np.random.default_rng(1).normal(0, 20, (10, 3))
    local = pose.needle_from_points(points)
    np.testing.assert_allclose(pose.points_from_needle(local), points, atol=1e-12)
    tip = pose.needle_from_points(pose.tip_mm(NINE)[None])[0]
    np.testing.assert_allclose(tip, [0, 0, NINE.aperture_mm / 2 + NINE.dead_tip_mm], atol=1e-12)


def test_a_freehand_needle_enters_beside_the_probe():
    pose = NeedlePose.freehand((5.0, -3.0, 20.0), entry_distance_mm=35.0)
    entry = pose.centre_mm - pose.axis * np.hypot(35.0, 20.0)
    np.testing.assert_allclose(entry, [40.0, -3.0, 0.0], atol=1e-12)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: NeedlePose.vertical((0, np.nan, 0)),
        lambda: NeedlePose(np.zeros(3), np.zeros(3), np.array([0, 1.0, 0])),
        lambda: NeedlePose(np.zeros(3), np.array([0, 1.0, 0]), np.array([0, 1.0, 0])),
        lambda: NeedlePose.from_points((1, 2, 3), (1, 2, 3)),
    ],
)
def test_a_pose_without_direction_is_refused(bad):
    with pytest.raises(ValueError):
        bad()


def test_without_error_the_needle_goes_where_it_is_aimed():
    tissue, pose = insert(
        Tissue.untouched(specks_at([])),
        NINE,
        POSE,
        errors=PLACEMENT["freehand"].perfect(),
        rng=np.random.default_rng(1),
    )
    np.testing.assert_allclose(pose.centre_mm, CENTRE, atol=1e-12)
    np.testing.assert_allclose(pose.axis, POSE.axis, atol=1e-12)
    assert tissue.needle is not None


def test_firing_advances_by_the_throw():
    errors = PLACEMENT["stereotactic"].perfect()
    rng = np.random.default_rng(1)
    tissue, before = advance(Tissue.untouched(specks_at([])), NINE, POSE, errors=errors, rng=rng)
    np.testing.assert_allclose(before.centre_mm, CENTRE + np.array([0, 0, NINE.throw_mm]))
    _, after = fire(tissue, errors=errors, rng=rng)
    np.testing.assert_allclose(after.tip_mm(NINE) - before.tip_mm(NINE), [0, 0, -NINE.throw_mm])


def poses(errors, device, n=1500):
    rng = np.random.default_rng(7)
    nothing = Tissue.untouched(specks_at([]))
    return [insert(nothing, device, POSE, errors=errors, rng=rng)[1] for _ in range(n)]


def test_spread_of_the_poses_is_that_of_the_model():
    errors = replace(PLACEMENT["freehand"], aim_sd_mm=(0.5, 1.0, 2.0), deviation_factor=0.0)
    ends = np.array([p.centre_mm for p in poses(errors, NINE)]) - CENTRE
    # Right, twelve and axis of a vertical needle are x, y and -z.
    np.testing.assert_allclose(ends.std(axis=0), errors.aim_sd_mm, rtol=0.08)
    assert stats.kstest(ends[:, 1] / 1.0, "norm").pvalue > 0.001


def test_an_untrained_hand_errs_more_in_everything_that_a_hand_does():
    errors = PLACEMENT["freehand"]
    assert errors.novice(0.0) == errors
    novice = errors.novice()
    for name in ("aim_sd_mm", "direction_sd_deg", "steer_share_sd", "advance_sd_mm"):
        ratio = np.divide(getattr(novice, name), getattr(errors, name))
        np.testing.assert_allclose(ratio, errors.novice_factor)
    assert novice.push_mm == errors.push_mm


def test_the_point_deviates_by_the_device_s_angle():
    """RMS of the side deviation over the throw: L tan(delta) for the device's SD."""
    errors = replace(PLACEMENT["stereotactic"], aim_sd_mm=(0.0, 0.0, 0.0))
    found = poses(errors, GUN)
    expected = GUN.throw_mm * np.radians(GUN.side_deviation_deg)
    # From the aperture's centre and direction back to the parabola's end.
    share = 1 - GUN.tip_offset_mm / GUN.throw_mm
    side = np.array([p.centre_mm[:2] - CENTRE[:2] for p in found]) / share**2
    assert np.sqrt((side**2).sum(axis=1).mean()) == pytest.approx(expected, rel=0.07)
    slope = np.array([p.axis[:2] / -p.axis[2] for p in found])
    np.testing.assert_allclose(slope, 2 * side * share / GUN.throw_mm, rtol=1e-6)
    assert np.abs(side.mean(axis=0)).max() < 0.1


def test_the_carry_goes_with_the_needle_springs_back_and_ends_with_withdrawal():
    errors = replace(PLACEMENT["stereotactic"].perfect(), push_mm=2.0, push_sd_mm=0.0, recoil=0.75)
    # Far aside, so that the shaft itself hardly moves them.
    places = CENTRE + np.array([[40.0, 0, 0], [-40.0, 0, 3]])
    tissue = Tissue.untouched(specks_at(places))
    rng = np.random.default_rng(1)
    tissue, _ = advance(tissue, NINE, POSE, errors=errors, rng=rng)
    np.testing.assert_allclose(tissue.rest_mm - places, [[0, 0, -2.0]] * 2, atol=1e-12)
    tissue, _ = fire(tissue, errors=errors, rng=rng)
    np.testing.assert_allclose(tissue.rest_mm - places, [[0, 0, -0.5]] * 2, atol=1e-12)
    np.testing.assert_allclose(withdraw(tissue).rest_mm, places, atol=1e-12)


def test_specks_are_pushed_aside_by_the_shaft_and_come_back():
    """Area inside any circle round the needle grows by the needle's section."""
    places = CENTRE + np.array([[0.5, 0, 0], [0, 3.0, 5], [0, 0.5, -40], [0.0, 0.0, 1.0]])
    tissue = Tissue.untouched(specks_at(places))
    errors = PLACEMENT["stereotactic"].perfect()
    inside, _ = insert(tissue, NINE, POSE, errors=errors, rng=np.random.default_rng(0))
    rho = np.hypot(*(inside.specks.solids.centres_mm - CENTRE)[:, :2].T)
    radius = NINE.outer_diameter_mm / 2
    np.testing.assert_allclose(rho[:2] ** 2, np.array([0.25, 9.0]) + radius**2, rtol=1e-12)
    assert rho[2] == pytest.approx(0.5)  # beyond the point
    assert rho[3] == pytest.approx(radius)
    out = withdraw(inside)
    np.testing.assert_allclose(out.specks.solids.centres_mm, places, atol=1e-12)


def test_a_cavity_leaves_room_for_the_needle():
    places = CENTRE + np.array([[0, 6.0, 0]])
    errors = PLACEMENT["stereotactic"].perfect()
    tissue, pose = insert(
        Tissue.untouched(specks_at(places)),
        NINE,
        POSE,
        errors=errors,
        rng=np.random.default_rng(0),
    )
    before = tissue.specks.solids.centres_mm[0, 1] - CENTRE[1]
    tissue, core = take_core(tissue, NINE, pose, 12)
    after = tissue.specks.solids.centres_mm[0, 1] - CENTRE[1]
    area = (NINE.outer_diameter_mm / 2) ** 2
    void = tissue.bores[-1].void_mm2[0]
    assert before**2 == pytest.approx(36 + area)
    assert after**2 == pytest.approx(36 - NINE.closure * NINE.reach_mm**2 + max(0, area - void))
    assert core.mass_mg > 0


def test_the_needle_moves_along_its_axis_on_request():
    errors = PLACEMENT["stereotactic"].perfect()
    rng = np.random.default_rng(0)
    tissue, pose = insert(Tissue.untouched(specks_at([])), NINE, POSE, errors=errors, rng=rng)
    tissue, deeper = adjust(tissue, 3.0)
    np.testing.assert_allclose(deeper.centre_mm - pose.centre_mm, [0, 0, -3.0])
    assert tissue.needle is not None
    assert tissue.needle.pose is deeper


def test_same_seed_same_insertion_and_equal_draws_for_any_model():
    specks = cloud(np.random.default_rng(0), 5)
    ends = []
    for errors in (PLACEMENT["freehand"], PLACEMENT["stereotactic"].perfect()):
        rng = np.random.default_rng(3)
        insert(Tissue.untouched(specks), GUN, POSE, errors=errors, rng=rng)
        ends.append(rng.random())
    assert ends[0] == ends[1]


def test_two_needles_at_once_are_refused_and_none_cannot_fire():
    errors, rng = PLACEMENT["freehand"], np.random.default_rng(0)
    tissue = Tissue.untouched(specks_at([]))
    for act in (lambda: fire(tissue, errors=errors, rng=rng), lambda: adjust(tissue, 1.0)):
        with pytest.raises(ValueError, match="no needle"):
            act()
    inside, _ = advance(tissue, NINE, POSE, errors=errors, rng=rng)
    with pytest.raises(ValueError, match="already in"):
        advance(inside, NINE, POSE, errors=errors, rng=rng)


def test_motion_moves_tissue_and_bores_but_not_the_needle():
    errors, rng = PLACEMENT["stereotactic"], np.random.default_rng(0)
    tissue, pose = insert(Tissue.untouched(specks_at([CENTRE])), NINE, POSE, errors=errors, rng=rng)
    tissue, _ = take_core(tissue, NINE, pose, 6)
    moved = tissue.moved((1.0, 2.0, 0.0))
    np.testing.assert_allclose(moved.bores[0].pose.centre_mm - pose.centre_mm, [1, 2, 0])
    assert moved.needle is not None
    assert moved.needle.pose is pose
    draws = np.array([patient_motion(errors, rng=rng) for _ in range(2000)])
    np.testing.assert_allclose(draws.std(axis=0), errors.motion_sd_mm, rtol=0.1)


FREEHAND = PLACEMENT["freehand"]
EMPTY = Tissue.untouched(specks_at([]))


def by_hand(entry, azimuth_deg, tilt_deg, inside_mm, device=NINE):
    """Pose of a needle whose point is `inside_mm` from where it enters."""
    at_skin = NeedlePose.from_angles((*entry, 0.0), azimuth_deg, tilt_deg)
    return at_skin.moved_along(inside_mm - device.tip_offset_mm)


@pytest.mark.parametrize(("azimuth", "tilt"), [(0.0, 30.0), (200.0, 5.0), (-70.0, 85.0)])
def test_angles_of_a_needle_held_by_hand(azimuth, tilt):
    pose = NeedlePose.from_angles((1.0, 2.0, 9.0), azimuth, tilt)
    a, t = np.radians([azimuth, tilt])
    np.testing.assert_allclose(
        pose.axis, [np.cos(a) * np.cos(t), np.sin(a) * np.cos(t), np.sin(t)], atol=1e-12
    )
    entry = pose.skin_mm
    assert entry[2] == pytest.approx(0.0, abs=1e-12)
    # The clock is that of a needle given by two points: 12 o'clock faces the probe.
    other = NeedlePose.from_points(entry, pose.centre_mm)
    np.testing.assert_allclose(pose.frame, other.frame, atol=1e-9)
    assert pose.tilt_deg == pytest.approx(tilt)


def test_a_needle_straight_down_keeps_its_azimuth():
    pose = NeedlePose.from_angles((0.0, 0.0, 9.0), 30.0, 90.0)
    np.testing.assert_allclose(pose.twelve, [np.sqrt(0.75), 0.5, 0.0], atol=1e-12)
    assert pose.tilt_deg == pytest.approx(90.0)
    flatter = pose.turned(pose.skin_mm, pose.turn(0.0, -60.0))
    np.testing.assert_allclose(
        flatter.axis, NeedlePose.from_angles((0, 0, 9), 30.0, 30.0).axis, atol=1e-12
    )
    with pytest.raises(ValueError, match="along the skin"):
        _ = NeedlePose.from_angles((0.0, 0.0, 1.0), 0.0, 0.0).skin_mm


def test_turning_goes_about_the_pivot_and_adds_up():
    pose = NeedlePose.from_angles((5.0, -3.0, 12.0), 20.0, 25.0)
    pivot = pose.skin_mm
    turned = pose.turned(pivot, pose.turn(35.0, 10.0))
    np.testing.assert_allclose(turned.skin_mm, pivot, atol=1e-12)
    np.testing.assert_allclose(
        turned.frame, NeedlePose.from_angles((0, 0, 0), 55.0, 35.0).frame, atol=1e-12
    )
    again = pose.turned(pivot, pose.turn(15.0, 4.0))
    again = again.turned(pivot, again.turn(20.0, 6.0))
    np.testing.assert_allclose(again.centre_mm, turned.centre_mm, atol=1e-12)
    np.testing.assert_allclose(again.frame, turned.frame, atol=1e-12)


def test_the_hand_enters_where_it_meant_and_errs_across():
    aim = by_hand((10.0, -20.0), 75.0, 40.0, 2.0)
    lever = 30.0
    rng = np.random.default_rng(4)
    away = []
    for _ in range(2000):
        _, pose = pierce(EMPTY, NINE, aim, errors=FREEHAND, rng=rng)
        np.testing.assert_allclose(pose.skin_mm, aim.skin_mm, atol=1e-9)
        assert (pose.tip_mm(NINE) - pose.skin_mm) @ pose.axis == pytest.approx(2.0)
        # Where the axis passes the plane across the aim, some way on.
        away.append(aim.frame @ (lever * pose.axis / (pose.axis @ aim.axis) - lever * aim.axis))
    away = np.array(away)
    spread = lever * np.tan(np.radians(FREEHAND.direction_sd_deg))
    np.testing.assert_allclose(away[:, :2].std(axis=0), spread, rtol=0.06)
    np.testing.assert_allclose(away.mean(axis=0), 0.0, atol=0.15)
    np.testing.assert_allclose(away[:, 2], 0.0, atol=1e-9)
    _, exact = pierce(EMPTY, NINE, aim, errors=FREEHAND.perfect(), rng=rng)
    assert exact.same_as(aim)


def test_a_flat_needle_goes_through_the_skin_all_the_same():
    aim = by_hand((0.0, 0.0), 0.0, 6.0, 2.0)
    rng = np.random.default_rng(5)
    novice = FREEHAND.novice()
    tilts = [pierce(EMPTY, NINE, aim, errors=novice, rng=rng)[1].tilt_deg for _ in range(300)]
    assert min(tilts) > 2.5
    assert max(tilts) > 9.0


def test_piercing_carries_the_tissue_and_draws_four_numbers_for_any_model():
    aim = by_hand((0.0, 0.0), 0.0, 30.0, 2.0)
    places = np.array([[40.0, 30.0, 20.0]])
    errors = replace(FREEHAND.perfect(), push_mm=2.0)
    tissue, pose = pierce(
        Tissue.untouched(specks_at(places)), NINE, aim, errors=errors, rng=np.random.default_rng(0)
    )
    np.testing.assert_allclose(tissue.rest_mm - places, 2.0 * pose.axis[None], atol=1e-12)
    np.testing.assert_allclose(withdraw(tissue).rest_mm, places, atol=1e-12)
    ends = []
    for model in (FREEHAND, errors):
        rng = np.random.default_rng(3)
        pierce(EMPTY, NINE, aim, errors=model, rng=rng)
        ends.append(rng.random())
    assert ends[0] == ends[1]
    with pytest.raises(ValueError, match="already in"):
        pierce(tissue, NINE, aim, errors=errors, rng=np.random.default_rng(0))


def test_steering_moves_what_is_meant_and_what_is_by_the_same_steps():
    aim = by_hand((12.0, 4.0), 100.0, 35.0, 2.0)
    tissue, pose = pierce(EMPTY, NINE, aim, errors=FREEHAND, rng=np.random.default_rng(8))
    assert np.linalg.norm(pose.axis - aim.axis) > 0.02
    moved, meant = steer(tissue, aim, along_mm=25.0, azimuth_deg=7.0, tilt_deg=-4.0)
    assert moved.needle is not None
    now = moved.needle.pose
    np.testing.assert_allclose(meant.skin_mm, aim.skin_mm, atol=1e-9)
    np.testing.assert_allclose(now.skin_mm, aim.skin_mm, atol=1e-9)
    for before, after in ((aim, meant), (pose, now)):
        assert after.tilt_deg - before.tilt_deg == pytest.approx(-4.0, abs=0.05)
        turn = np.arctan2(after.axis[1], after.axis[0]) - np.arctan2(before.axis[1], before.axis[0])
        assert np.degrees(turn) == pytest.approx(7.0, abs=0.5)
        deeper = (after.tip_mm(NINE) - aim.skin_mm) @ after.axis
        assert deeper == pytest.approx(2.0 + 25.0)
    still, same = steer(moved, meant, along_mm=0.0, azimuth_deg=0.0, tilt_deg=0.0)
    assert same.same_as(meant)
    assert still.needle is not None and still.needle.pose.same_as(now)
    back, home = steer(moved, meant, along_mm=-25.0, azimuth_deg=0.0, tilt_deg=0.0)
    back, home = steer(back, home, along_mm=0.0, azimuth_deg=-7.0, tilt_deg=4.0)
    assert home.same_as(aim)
    assert back.needle is not None and back.needle.pose.same_as(pose)
    with pytest.raises(ValueError, match="no needle"):
        steer(EMPTY, aim, along_mm=1.0, azimuth_deg=0.0, tilt_deg=0.0)


def test_steering_errs_by_a_share_of_what_was_meant():
    aim = by_hand((0.0, 0.0), 0.0, 30.0, 20.0)
    tissue, _ = pierce(EMPTY, NINE, aim, errors=FREEHAND.perfect(), rng=np.random.default_rng(0))
    errors = replace(FREEHAND, wander_deg_per_root_mm=0.0)
    rng = np.random.default_rng(1)
    turned, gone = [], []
    for _ in range(800):
        moved, _ = steer(
            tissue, aim, along_mm=12.0, azimuth_deg=10.0, tilt_deg=0.0, errors=errors, rng=rng
        )
        pose = moved.needle.pose
        np.testing.assert_allclose(pose.skin_mm, aim.skin_mm, atol=1e-9)
        turned.append(np.degrees(np.arctan2(pose.axis[1], pose.axis[0])))
        gone.append((pose.tip_mm(NINE) - pose.skin_mm) @ pose.axis)
    assert np.mean(turned) == pytest.approx(10.0, abs=0.2)
    assert np.std(turned) == pytest.approx(10.0 * errors.steer_share_sd, rel=0.08)
    assert np.mean(gone) == pytest.approx(32.0, abs=0.1)
    assert np.std(gone) == pytest.approx(errors.advance_sd_mm, rel=0.08)
    still, _ = steer(
        tissue, aim, along_mm=0.0, azimuth_deg=0.0, tilt_deg=0.0, errors=FREEHAND, rng=rng
    )
    assert still.needle.pose.same_as(aim)


@pytest.mark.parametrize("steps", [1, 5])
def test_a_needle_wanders_as_far_in_one_go_as_in_five(steps):
    aim = by_hand((0.0, 0.0), 0.0, 30.0, 10.0)
    tissue, _ = pierce(EMPTY, NINE, aim, errors=FREEHAND.perfect(), rng=np.random.default_rng(0))
    errors = replace(FREEHAND.perfect(), wander_deg_per_root_mm=0.08)
    rng = np.random.default_rng(2)
    ends = []
    for _ in range(800):
        now, meant = tissue, aim
        for _ in range(steps):
            now, meant = steer(
                now,
                meant,
                along_mm=40.0 / steps,
                azimuth_deg=0.0,
                tilt_deg=0.0,
                errors=errors,
                rng=rng,
            )
        ends.append(aim.frame @ (now.needle.pose.tip_mm(NINE) - meant.tip_mm(NINE)))
    expected = 50.0 * np.radians(0.08) * np.sqrt(40.0)
    np.testing.assert_allclose(np.std(ends, axis=0)[:2], expected, rtol=0.1)
    np.testing.assert_allclose(np.mean(ends, axis=0)[:2], 0.0, atol=0.1)


def test_the_skin_holds_a_needle_that_is_pressed_flat():
    aim = by_hand((0.0, 0.0), 0.0, 30.0, 2.0)
    low = replace(FREEHAND, direction_sd_deg=(0.0, 13.0))
    rng = np.random.default_rng(2)
    while True:
        tissue, pose = pierce(EMPTY, NINE, aim, errors=low, rng=rng)
        if pose.tilt_deg < 20.0:
            break
    pressed, meant = steer(tissue, aim, along_mm=0.0, azimuth_deg=0.0, tilt_deg=-25.0)
    assert pressed.needle is not None
    assert meant.tilt_deg == pytest.approx(5.0)
    assert pressed.needle.pose.tilt_deg == pytest.approx(2.5, abs=0.1)


def test_a_broken_placement_file_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[sources]\n[stereotactic]\nlabel = 'x'\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"mine\.toml\.stereotactic: missing key 'aim_sd_mm'"):
        load_placement(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(SpecError, match=r"mine\.toml: missing \[stereotactic\]"):
        load_placement(path)
