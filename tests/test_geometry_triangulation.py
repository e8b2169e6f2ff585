"""Triangulation without noise: an independent library, twins, closed forms, bad input."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.geometry import (
    Rigid,
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
from stereosim.kernels import triangulation as kernels
from tests.geometry_scenes import random_pair
from tests.reference import triangulation as reference

UNITS = list(load_units().values())
inside = st.tuples(st.floats(-20, 20), st.floats(12, 58), st.floats(0, 60))
offsets = st.tuples(*[st.floats(-3, 3)] * 4)
turns = st.tuples(*[st.floats(-3, 3)] * 3)


def marks_of(left, right, point):
    return project(left, [point])[0], project(right, [point])[0]


def test_ten_thousand_random_geometries_agree_with_opencv():
    rng = np.random.default_rng(11)
    worst = dict.fromkeys(("pair", "views", "opencv"), 0.0)
    for _ in range(10_000):
        left, right, point = random_pair(rng)
        a, b = marks_of(left, right, point)
        homogeneous = cv2.triangulatePoints(
            np.array(left.projection_matrix), np.array(right.projection_matrix), a, b
        )
        peer = homogeneous[:3, 0] / homogeneous[3, 0]
        pair = triangulate_pair(left, right, a, b, sigma_px=1.0)
        views = triangulate([left, right], [a, b], sigma_px=1.0)
        worst["pair"] = max(worst["pair"], np.abs(pair.target_mm - peer).max())
        worst["views"] = max(worst["views"], np.abs(views.target_mm - peer).max())
        worst["opencv"] = max(worst["opencv"], np.abs(peer - point).max())
        assert pair.target_mm == pytest.approx(point, abs=1e-10)
        assert views.target_mm == pytest.approx(point, abs=1e-10)
    assert max(worst.values()) < 1e-9, worst


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_every_unit_agrees_with_opencv_over_the_window(unit):
    left, right = stereo_pair(unit)
    (x0, y0), (x1, y1) = unit.window_lo_mm, unit.window_hi_mm
    points = np.random.default_rng(12).uniform([x0, y0, 0], [x1, y1, 90], (2000, 3))
    a, b = project(left, points), project(right, points)
    many = triangulate_many(left, right, a, b)
    peer = cv2.triangulatePoints(
        np.array(left.projection_matrix), np.array(right.projection_matrix), a.T, b.T
    )
    assert many.target_mm == pytest.approx((peer[:3] / peer[3]).T, abs=1e-9)
    assert many.target_mm == pytest.approx(points, abs=1e-10)


def test_the_stationary_kernel_agrees_with_its_twin():
    rng = np.random.default_rng(13)
    unit = load_unit("upright-siemens")
    left, right = stereo_pair(unit)
    points = rng.uniform([-25, 10, 0], [25, 60, 90], (30, 3))
    a = project(left, points) + rng.normal(0, 3, (30, 2))
    b = project(right, points) + rng.normal(0, 3, (30, 2))
    geometry = np.stack(
        [left.source_mm, right.source_mm, left.column_mm, left.row_mm, left.origin_mm]
    )
    baseline = (right.source_mm - left.source_mm)[0] / unit.pitch_mm
    target, mismatch, covariance = np.empty((3, 30)), np.empty(30), np.empty((6, 30))
    columns = [np.ascontiguousarray(c) for c in (*a.T, *b.T)]
    bad = kernels.stationary_pairs(
        *columns, geometry, baseline, 0.0, 0.0, 1.0, target, mismatch, covariance
    )
    expected = reference.stationary_pairs(geometry, a, b, points)
    assert bad == 0
    compare(target, mismatch, covariance, expected)


def test_the_general_kernel_agrees_with_its_twin():
    rng = np.random.default_rng(14)
    for _ in range(5):
        left, right, _ = random_pair(rng)
        points = rng.uniform([-25, 10, 0], [25, 60, 90], (6, 3))
        a = project(left, points) + rng.normal(0, 3, (6, 2))
        b = project(right, points) + rng.normal(0, 3, (6, 2))
        geometry = np.stack(
            [np.stack([v.source_mm, v.column_mm, v.row_mm, v.origin_mm]) for v in (left, right)]
        )
        matrices = np.stack([left.projection_matrix, right.projection_matrix])
        base = right.source_mm - left.source_mm
        rays = [np.stack([v[1], v[2], v[3] - v[0]]) for v in geometry]
        fundamental = np.array([[np.cross(p, q) @ base for q in rays[1]] for p in rays[0]])
        target, mismatch, covariance = np.empty((3, 6)), np.empty(6), np.empty((6, 6))
        columns = [np.ascontiguousarray(c) for c in (*a.T, *b.T)]
        bad = kernels.general_pairs(
            *columns, geometry, matrices, fundamental, 1.0, target, mismatch, covariance
        )
        assert bad == 0
        compare(target, mismatch, covariance, reference.general_pairs(geometry, a, b, points))


def compare(target, mismatch, covariance, expected):
    targets, mismatches, covariances = expected
    found = target.T
    assert found == pytest.approx(targets, abs=1e-6)
    assert mismatch == pytest.approx(mismatches, abs=1e-5)
    entries = covariances[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]
    stored = covariance.T
    assert stored == pytest.approx(entries, rel=1e-5, abs=1e-8)


def test_the_refining_kernel_agrees_with_its_twin():
    rng = np.random.default_rng(15)
    for _ in range(10):
        left, right, point = random_pair(rng)
        views = [left, right, scout(load_unit("upright-ge"))]
        matrices = np.stack([v.projection_matrix for v in views])
        pixels = np.concatenate([project(v, [point]) for v in views]) + rng.normal(0, 3, (3, 2))
        target, information = np.empty(3), np.empty(6)
        steps = kernels.refine_point(matrices, pixels, point + 5.0, target, information)
        expected, fisher = reference.refine_point(matrices, pixels, point)
        assert 1 < steps < 10
        assert target == pytest.approx(expected, abs=1e-6)
        assert information == pytest.approx(fisher[np.triu_indices(3)], rel=1e-5, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), inside, offsets)
def test_two_views_in_closed_form_are_the_maximum_likelihood_of_any_number(unit, point, noise):
    left, right = stereo_pair(unit)
    a, b = marks_of(left, right, point)
    a, b = a + noise[:2], b + noise[2:]
    pair = triangulate_pair(left, right, a, b, sigma_px=0.5)
    views = triangulate([left, right], [a, b], sigma_px=0.5)
    assert pair.target_mm == pytest.approx(views.target_mm, abs=1e-8)
    assert pair.covariance_mm2 == pytest.approx(views.covariance_mm2, rel=1e-6, abs=1e-12)
    assert pair.residuals_px == pytest.approx(views.residuals_px, abs=1e-7)
    assert pair.y_mismatch_mm == pytest.approx(views.y_mismatch_mm, abs=1e-7)
    assert (pair.dof, views.dof) == (1, 1)
    assert pair.chi2 == pytest.approx(views.chi2, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), inside, offsets, turns, turns)
def test_a_rigid_motion_of_the_scene_moves_the_target_and_nothing_else(
    unit, point, noise, turn, shift
):
    moved_from_support = Rigid.turn(turn, 100.0 * np.array(shift))
    left, right = stereo_pair(unit)
    a, b = marks_of(left, right, point)
    a, b = a + noise[:2], b + noise[2:]
    before = triangulate_pair(left, right, a, b, sigma_px=0.5)
    moved = [view.moved(moved_from_support) for view in (left, right)]
    after = triangulate_pair(*moved, a, b, sigma_px=0.5)
    turned = moved_from_support.rotation @ before.covariance_mm2 @ moved_from_support.rotation.T
    assert after.target_mm == pytest.approx(
        moved_from_support.points([before.target_mm])[0], abs=1e-9
    )
    assert after.covariance_mm2 == pytest.approx(turned, abs=1e-9)
    assert after.y_mismatch_mm == pytest.approx(before.y_mismatch_mm, abs=1e-8)
    assert after.residuals_px == pytest.approx(before.residuals_px, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(UNITS), inside, offsets)
def test_the_general_solution_runs_into_that_of_the_stationary_detector(unit, point, noise):
    """A detector set askew by a thousandth of a micrometre takes the other code path."""
    left, right = stereo_pair(unit)
    askew = replace(right, source_mm=right.source_mm + np.array([0.0, 1e-6, 0.0]))
    a, b = marks_of(left, right, point)
    a, b = a + noise[:2], b + noise[2:]
    one = triangulate_pair(left, right, a, b, sigma_px=0.5)
    other = triangulate_pair(left, askew, a, b, sigma_px=0.5)
    # On the detector itself it does not matter where the source is.
    on_detector = abs(one.target_mm[2] + unit.detector_offset_mm) < 1e-9
    assert on_detector or not np.array_equal(one.target_mm, other.target_mm)
    assert other.target_mm == pytest.approx(one.target_mm, abs=1e-6)
    assert other.covariance_mm2 == pytest.approx(one.covariance_mm2, rel=1e-5, abs=1e-9)
    assert other.y_mismatch_mm == pytest.approx(one.y_mismatch_mm, abs=1e-6)


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_many_are_each_as_one(unit):
    rng = np.random.default_rng(16)
    left, right = stereo_pair(unit)
    points = rng.uniform([-20, 12, 0], [20, 58, 60], (1100, 3))  # more than two blocks
    a = project(left, points) + rng.normal(0, 1, (1100, 2))
    b = project(right, points) + rng.normal(0, 1, (1100, 2))
    many = triangulate_many(left, right, a, b, sigma_px=0.7)
    for i in (0, 511, 512, 1099):
        one = triangulate_pair(left, right, a[i], b[i], sigma_px=0.7)
        assert many.target_mm[i] == pytest.approx(one.target_mm, abs=1e-12)
        assert many.covariance_mm2[i] == pytest.approx(one.covariance_mm2, rel=1e-12)
        assert many.sd_mm[i] == pytest.approx(one.sd_mm, rel=1e-12)
        assert many.y_mismatch_mm[i] == pytest.approx(one.y_mismatch_mm, rel=1e-12)
        assert many.p_value[i] == pytest.approx(one.p_value, rel=1e-9)
    plain = triangulate_many(left, right, a, b)
    assert np.array_equal(plain.target_mm, many.target_mm)
    again = triangulate_many(left, right, a[::-1], b[::-1], sigma_px=0.7, out=many)
    assert again.components_mm is many.components_mm
    assert again.target_mm[::-1] == pytest.approx(plain.target_mm, abs=1e-12)


def test_the_pairing_table_is_the_test_of_every_pair():
    rng = np.random.default_rng(17)
    left, right = stereo_pair(load_unit("upright-ge"))
    points = rng.uniform([-10, 30, 20], [10, 32, 40], (6, 3))
    a, b = project(left, points), project(right, points[:4])
    table = pairing_p_values(left, right, a, b, sigma_px=1.0)
    assert table.shape == (6, 4)
    assert np.diagonal(table) == pytest.approx(1.0, abs=1e-6)
    for i in range(6):
        for j in range(4):
            one = triangulate_pair(left, right, a[i], b[j], sigma_px=1.0)
            assert table[i, j] == pytest.approx(one.p_value, rel=1e-6, abs=1e-12)


def test_none_at_all_is_no_error():
    left, right = stereo_pair(load_unit("upright-ge"))
    none = triangulate_many(left, right, np.empty((0, 2)), np.empty((0, 2)), sigma_px=1.0)
    assert none.target_mm.shape == (0, 3)
    assert none.covariance_mm2.shape == (0, 3, 3)


def test_pairs_without_a_solution_are_named_or_left_blank():
    left, right = stereo_pair(load_unit("upright-ge"))
    points = np.array([[0.0, 30.0, 20.0]] * 4)
    a, b = project(left, points), project(right, points)
    baseline = (right.source_mm - left.source_mm)[0] / 0.1
    a[1, 0] -= 2 * baseline  # behind the sources
    a[2, 0] = b[2, 0] - baseline  # parallel
    blank = triangulate_many(left, right, a, b, invalid="nan", sigma_px=1.0)
    assert np.isnan(blank.target_mm).any(axis=1).tolist() == [False, True, True, False]
    with pytest.raises(ValueError, match="left_px, right_px: the rays of pair 1"):
        triangulate_many(left, right, a, b)
    with pytest.raises(ValueError, match="left_px, right_px: the rays of pair 0"):
        triangulate_many(left, right, a[2:3], b[2:3])
    b[3, 1] = np.nan
    with pytest.raises(ValueError, match="right_px: pixel 3 is not finite"):
        triangulate_many(left, right, a, b)


def test_the_general_solution_refuses_the_same():
    rng = np.random.default_rng(18)
    left, right, point = random_pair(rng)
    a, b = (np.array([m]) for m in marks_of(left, right, point))
    # Parallel rays: the pixel of the right view in the direction of the left ray.
    ray = left.support_from_pixel(a)[0] - left.source_mm
    steps = np.stack([right.column_mm, right.row_mm, -ray], axis=1)
    parallel = np.linalg.solve(steps, right.source_mm - right.origin_mm)[None, :2]
    with pytest.raises(ValueError, match="left_px, right_px: the rays of pair 0"):
        triangulate_many(left, right, a, parallel)
    with pytest.raises(ValueError, match="left_px: pixel 0 is not finite"):
        triangulate_many(left, right, a * np.nan, b)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v, a, b: triangulate_pair(*v, [np.nan, 1.0], b, sigma_px=1.0), "left_px: is not"),
        (lambda v, a, b: triangulate_pair(*v, a, [1.0], sigma_px=1.0), "right_px: must have shape"),
        (lambda v, a, b: triangulate_pair(*v, a, b, sigma_px=0.0), "sigma_px: must be positive"),
        (lambda v, a, b: triangulate_pair(*v, a, b, sigma_px=np.nan), "sigma_px: must be positive"),
        (lambda v, a, b: triangulate_pair(v[0], v[0], a, a, sigma_px=1.0), "left, right: .* share"),
        (lambda v, a, b: pairing_p_values(v[0], v[0], [a], [b], sigma_px=1.0), "left, right: "),
        (lambda v, a, b: triangulate_many(*v, [a, a], [b]), "right_px: has 1 rows, left_px has 2"),
        (lambda v, a, b: triangulate_many(*v, a, b), r"left_px: must have shape \(n, 2\)"),
        (lambda v, a, b: triangulate_many(*v, [a], [b]).sd_mm, "sigma_px: was not given"),
        (
            lambda v, a, b: triangulate_many(
                *v, [a], [b], sigma_px=1.0, out=triangulate_many(*v, [a], [b])
            ),
            "out: is of another number",
        ),
        (lambda v, a, b: triangulate(v[:1], [a], sigma_px=1.0), "views: at least two"),
        (lambda v, a, b: triangulate(v, [a], sigma_px=1.0), "pixels: 1 marks for 2 views"),
        (lambda v, a, b: triangulate(v, [a, a * np.inf], sigma_px=1.0), "pixels: pixel 1 is not"),
        (lambda v, a, b: triangulate([v[0]] * 3, [a] * 3, sigma_px=1.0), "pixels: the rays are"),
        (
            lambda v, a, b: triangulate(v, [a - [9e3, 0.0], b], sigma_px=1.0),
            "pixels: no point in front",
        ),
        (lambda v, a, b: pairing_p_values(*v, [a], b, sigma_px=1.0), "right_px: must have shape"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    views = stereo_pair(load_unit("upright-ge"))
    with pytest.raises(ValueError, match=message):
        call(views, *marks_of(*views, [0.0, 30.0, 20.0]))
