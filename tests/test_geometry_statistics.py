"""Triangulation with errors of the marks: closed forms, covariance, the Cramer-Rao bound, the test.

The closed forms are those of stereotactic practice, with heights above the detector: source height
H, baseline b, disparity p, z = H p / (b + p).
"""

import numpy as np
import pytest
from scipy import stats

from stereosim.geometry import (
    load_unit,
    load_units,
    pairing_p_values,
    project,
    scout,
    stereo_pair,
    triangulate,
    triangulate_many,
    triangulate_pair,
)
from tests.geometry_scenes import images_of, random_pair

UNITS = list(load_units().values())
by_name = pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
HOLOGIC = load_unit("upright-hologic")
SOURCE_HEIGHT = 700.0 * np.cos(np.radians(15.0))
BASELINE = 2.0 * 700.0 * np.sin(np.radians(15.0))


def at_height(above_detector, x=0.0, y=30.0):
    """A point given by its height above the detector of the 700 mm unit."""
    return np.array([x, y, above_detector - HOLOGIC.detector_offset_mm])


def shifted_target(point, left_mm=(0.0, 0.0), right_mm=(0.0, 0.0)):
    """Where the target seems to be, less where it is, after errors on the detector (x, y in mm)."""
    left, right = stereo_pair(HOLOGIC)
    marks = [
        view.pixel_from_detector(view.detector_from_pixel(project(view, [point])) + error)[0]
        for view, error in ((left, left_mm), (right, right_mm))
    ]
    found = triangulate_pair(left, right, *marks, sigma_px=0.5)
    return found.target_mm - point, found


def test_one_millimetre_in_one_view():
    point = at_height(30.0)
    errors = {sign: shifted_target(point, left_mm=(sign, 0.0))[0] for sign in (-1.0, 1.0)}
    sizes = sorted(abs(error[2]) for error in errors.values())
    assert sizes[0] == pytest.approx(1.69, abs=0.01)
    assert sizes[1] == pytest.approx(1.71, abs=0.01)
    for sign, error in errors.items():
        assert abs(error[0]) == pytest.approx(0.48, abs=0.005)
        assert np.sign(error[2]) == sign
    # The formula for the disparity itself.
    disparity = BASELINE * 30.0 / (SOURCE_HEIGHT - 30.0)
    for sign, error in errors.items():
        z = SOURCE_HEIGHT * (disparity + sign) / (BASELINE + disparity + sign)
        assert 30.0 + error[2] == pytest.approx(z, abs=1e-10)


def test_the_depth_factor_on_the_detector_is_one_over_two_tan_15():
    small = 1e-3
    error, _ = shifted_target(at_height(0.0), left_mm=(small, 0.0))
    assert error[2] / small == pytest.approx(0.5 / np.tan(np.radians(15.0)), rel=1e-4)
    assert error[2] / small == pytest.approx(1.866, abs=0.001)


@pytest.mark.parametrize("height", [0.0, 20.0, 45.0, 70.0])
def test_standard_deviations_follow_the_closed_forms(height):
    left, right = stereo_pair(HOLOGIC)
    point = at_height(height)
    marks = [project(view, [point])[0] for view in (left, right)]
    sd = triangulate_pair(left, right, *marks, sigma_px=0.5).sd_mm
    sigma = 0.5 * HOLOGIC.pitch_mm
    drop = SOURCE_HEIGHT - height
    assert sd[0] == pytest.approx(sigma * drop / (SOURCE_HEIGHT * np.sqrt(2.0)), rel=1e-9)
    assert sd[2] == pytest.approx(
        np.sqrt(2.0) * sigma * drop**2 / (BASELINE * SOURCE_HEIGHT), rel=1e-9
    )
    assert 3.3 < sd[2] / sd[0] < 4.0


def test_errors_in_the_same_direction_move_x_and_not_z():
    error, found = shifted_target(at_height(40.0), (1.0, 0.0), (1.0, 0.0))
    shrink = (SOURCE_HEIGHT - 40.0) / SOURCE_HEIGHT
    assert error == pytest.approx([shrink, 0.0, 0.0], abs=1e-10)
    assert found.y_mismatch_mm == pytest.approx(0.0, abs=1e-10)


def test_errors_in_opposite_directions_move_z_and_not_x():
    error, found = shifted_target(at_height(40.0), (1.0, 0.0), (-1.0, 0.0))
    assert error[0] == pytest.approx(0.0, abs=1e-10)
    assert error[2] == pytest.approx(2.0 * 1.66, abs=0.05)
    assert found.y_mismatch_mm == pytest.approx(0.0, abs=1e-10)


def test_a_shift_between_exposures_along_x_is_a_one_view_error_along_y_a_mismatch():
    left, right = stereo_pair(HOLOGIC)
    point = at_height(40.0)
    stretch = SOURCE_HEIGHT / (SOURCE_HEIGHT - 40.0)
    for shift, one_view in (([1.5, 0, 0], (1.5 * stretch, 0)), ([0, 1.5, 0], (0, 1.5 * stretch))):
        marks = project(left, [point])[0], project(right, [point + shift])[0]
        moved = triangulate_pair(left, right, *marks, sigma_px=0.5)
        error, same = shifted_target(point, right_mm=one_view)
        assert moved.target_mm - point == pytest.approx(error, abs=1e-9)
        assert moved.y_mismatch_mm == pytest.approx(same.y_mismatch_mm, abs=1e-9)
    assert moved.y_mismatch_mm == pytest.approx(-1.5 * stretch, abs=1e-9)
    assert moved.p_value < 1e-12


def test_a_wrong_pairing_misplaces_z_by_about_1_8_times_the_separation():
    left, right = stereo_pair(HOLOGIC)
    a, b = at_height(40.0, x=-1.5, y=30.0), at_height(40.0, x=1.5, y=30.8)
    found = triangulate_pair(
        left, right, project(left, [a])[0], project(right, [b])[0], sigma_px=0.5
    )
    assert abs(found.target_mm[2] - a[2]) / 3.0 == pytest.approx(1.8, abs=0.1)
    assert found.y_mismatch_mm == pytest.approx(
        -0.8 * SOURCE_HEIGHT / (SOURCE_HEIGHT - 40.0), abs=1e-9
    )
    assert found.p_value < 1e-12
    # Two specks at one y raise no alarm, however far apart: the geometry cannot tell.
    b[1] = a[1]
    silent = triangulate_pair(
        left, right, project(left, [a])[0], project(right, [b])[0], sigma_px=0.5
    )
    assert silent.p_value > 0.99


def whitened(errors, covariance):
    """Covariance of the errors in units in which the stated covariance is the unit matrix."""
    unit_errors = np.linalg.solve(np.linalg.cholesky(covariance), errors.T)
    return unit_errors @ unit_errors.T / len(errors)


@by_name
def test_covariance_agrees_with_monte_carlo(unit):
    rng = np.random.default_rng(21)
    left, right = stereo_pair(unit)
    n = 100_000
    for point in ([0.0, 35.0, 25.0], [-14.0, 50.0, 20.0], [8.0, 15.0, 45.0]):
        marks = [project(view, [point]) + rng.normal(0, 0.5, (n, 2)) for view in (left, right)]
        stated = triangulate_pair(
            left, right, project(left, [point])[0], project(right, [point])[0], sigma_px=0.5
        ).covariance_mm2
        found = triangulate_many(left, right, *marks, sigma_px=0.5)
        errors = found.target_mm - point
        assert whitened(errors, stated) == pytest.approx(np.eye(3), abs=0.03)
        assert found.covariance_mm2.mean(axis=0) == pytest.approx(stated, rel=0.03, abs=1e-5)


def test_covariance_of_random_geometries_agrees_with_monte_carlo():
    rng = np.random.default_rng(22)
    n = 50_000
    for _ in range(20):
        left, right, point = random_pair(rng)
        marks = [project(view, [point]) for view in (left, right)]
        stated = triangulate_many(left, right, *marks, sigma_px=0.5).covariance_mm2[0]
        noisy = [mark + rng.normal(0, 0.5, (n, 2)) for mark in marks]
        errors = triangulate_many(left, right, *noisy).target_mm - point
        assert whitened(errors, stated) == pytest.approx(np.eye(3), abs=0.03)


def cramer_rao_sd(unit, point, sigma_px):
    """Bound on the standard deviations, from similar triangles and differences, no code of ours."""
    step = 1e-3
    plus, minus = (
        images_of(unit, point + sign * step * np.eye(3)) / unit.pitch_mm for sign in (1.0, -1.0)
    )
    slopes = (plus - minus) / (2 * step)
    return np.sqrt(np.diagonal(np.linalg.inv(slopes @ slopes.T))) * sigma_px


@by_name
def test_the_error_reaches_the_cramer_rao_bound_over_the_field(unit):
    rng = np.random.default_rng(23)
    left, right = stereo_pair(unit)
    n = 20_000
    for point in np.array([[0, 30, 5], [0, 30, 60], [4, 14, 30], [-4, 54, 30]], dtype=float):
        marks = [project(view, [point]) + rng.normal(0, 0.5, (n, 2)) for view in (left, right)]
        errors = triangulate_many(left, right, *marks).target_mm - point
        rms = np.sqrt((errors**2).mean(axis=0))
        bound = cramer_rao_sd(unit, point, 0.5)
        assert rms == pytest.approx(bound, rel=0.05)
        # A bias that is small against the spread cannot hide behind the mean square.
        assert np.abs(errors.mean(axis=0) / bound).max() < 4.5 / np.sqrt(n)


def test_p_values_are_uniform_where_the_marks_belong_together():
    rng = np.random.default_rng(24)
    n = 20_000
    for unit in UNITS:
        left, right = stereo_pair(unit)
        points = rng.uniform([-20, 12, 0], [20, 58, 60], (n, 3))
        marks = [project(view, points) + rng.normal(0, 0.8, (n, 2)) for view in (left, right)]
        p = triangulate_many(left, right, *marks, sigma_px=0.8).p_value
        assert stats.kstest(p, "uniform").pvalue > 1e-3
        assert (p < 0.01).mean() == pytest.approx(0.01, abs=0.003)
    left, right, point = random_pair(rng)
    marks = [project(v, [point]) + rng.normal(0, 0.8, (n, 2)) for v in (left, right)]
    p = triangulate_many(left, right, *marks, sigma_px=0.8).p_value
    assert stats.kstest(p, "uniform").pvalue > 1e-3


def test_p_values_of_three_views_are_uniform_too():
    rng = np.random.default_rng(25)
    left, right = stereo_pair(HOLOGIC)
    views = [left, scout(HOLOGIC), right]
    marks = np.stack([project(view, [[3.0, 30.0, 25.0]])[0] for view in views])
    found = [
        triangulate(views, marks + rng.normal(0, 0.5, (3, 2)), sigma_px=0.5) for _ in range(2000)
    ]
    assert {one.dof for one in found} == {3}
    assert stats.kstest([one.p_value for one in found], "uniform").pvalue > 1e-3
    assert np.mean([one.chi2 for one in found]) == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("separation_px", [1.0, 2.0, 4.0])
def test_the_power_of_the_pairing_test_is_that_of_a_shifted_chi_square(separation_px):
    """Two specks at the same height, so many rows apart; a mark's error is 0.5 px."""
    rng = np.random.default_rng(26)
    n, sigma, level = 20_000, 0.5, 0.01
    left, right = stereo_pair(HOLOGIC)
    point = np.array([0.0, 30.0, 25.0])
    marks = [project(view, [point]) + rng.normal(0, sigma, (n, 2)) for view in (left, right)]
    marks[1][:, 1] += separation_px
    p = triangulate_many(left, right, *marks, sigma_px=sigma).p_value
    shift = 0.5 * (separation_px / sigma) ** 2
    power = stats.ncx2.sf(stats.chi2.isf(level, 1), 1, shift)
    assert (p < level).mean() == pytest.approx(power, abs=4.0 * np.sqrt(power * (1 - power) / n))
    table = pairing_p_values(left, right, marks[0][:50], marks[1][:50], sigma_px=sigma)
    assert np.diagonal(table) == pytest.approx(p[:50], rel=1e-6, abs=1e-12)


@by_name
def test_the_scout_as_a_third_view_improves_x_and_y(unit):
    rng = np.random.default_rng(27)
    left, right = stereo_pair(unit)
    views = [left, right, scout(unit)]
    point = np.array([3.0, 30.0, 25.0])
    marks = np.stack([project(view, [point])[0] for view in views])
    two = triangulate_pair(left, right, *marks[:2], sigma_px=0.5)
    three = triangulate(views, marks, sigma_px=0.5)
    gain = np.linalg.eigvalsh(two.covariance_mm2 - three.covariance_mm2)
    assert gain.min() > -1e-12
    # Three means instead of two along x and y; the scout sees depth from straight above: nothing.
    assert three.sd_mm[:2] / two.sd_mm[:2] == pytest.approx([np.sqrt(2 / 3)] * 2, abs=0.01)
    assert three.sd_mm[2] / two.sd_mm[2] == pytest.approx(1.0, abs=0.01)
    n = 4000
    errors = np.array(
        [
            triangulate(views, marks + rng.normal(0, 0.5, (3, 2)), sigma_px=0.5).target_mm - point
            for _ in range(n)
        ]
    )
    assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(three.sd_mm, rel=0.05)


def test_the_mid_point_recipe_does_no_better():
    """The point halfway between the rays weighs the rows by depth; ours has the lesser error."""
    rng = np.random.default_rng(28)
    left, right, point = random_pair(rng)
    n = 20_000
    marks = [project(v, [point]) + rng.normal(0, 2.0, (n, 2)) for v in (left, right)]
    ours = triangulate_many(left, right, *marks).target_mm
    rays = [
        v.support_from_pixel(m) - v.source_mm for v, m in zip((left, right), marks, strict=True)
    ]
    normal = np.cross(*rays)
    base = right.source_mm - left.source_mm
    square = (normal**2).sum(axis=1)
    along = [(np.cross(base, ray) * normal).sum(axis=1) / square for ray in (rays[1], rays[0])]
    feet = [
        v.source_mm + t[:, None] * ray for v, t, ray in zip((left, right), along, rays, strict=True)
    ]
    middle = 0.5 * (feet[0] + feet[1])
    mean_square = [((found - point) ** 2).sum(axis=1).mean() for found in (ours, middle)]
    assert mean_square[0] < mean_square[1]
