"""Frames and projection: round trips, invariances, an independent library, bad input."""

import doctest
import importlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.geometry import (
    Positioning,
    Rigid,
    View,
    back_project,
    epipolar_rows,
    load_unit,
    load_units,
    magnification,
    project,
    scout,
    stereo_pair,
    view_at,
)
from stereosim.kernels.projection import project_points
from tests.reference import projection as reference

UNITS = list(load_units().values())
inside = st.tuples(st.floats(-25, 25), st.floats(5, 65), st.floats(0, 90))
turns = st.tuples(*[st.floats(-3, 3)] * 3)
shifts = st.tuples(*[st.floats(-300, 300)] * 3)


@pytest.mark.parametrize("module", ["views"])
def test_the_examples_in_the_documentation_hold(module):
    results = doctest.testmod(importlib.import_module(f"stereosim.geometry.{module}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_the_kernel_agrees_with_its_twin():
    rng = np.random.default_rng(1)
    points = rng.uniform([-30, 0, 0], [30, 70, 90], (200, 3))
    for unit in UNITS:
        matrix = stereo_pair(unit)[0].projection_matrix.copy()
        pixels, depth = project_points(matrix, points)
        expected_pixels, expected_depth = reference.project_points(matrix, points)
        assert pixels == pytest.approx(expected_pixels, abs=1e-9)
        assert depth == pytest.approx(expected_depth, abs=1e-14)


def test_projection_agrees_with_opencv():
    """OpenCV's camera: focal length and principal point in pixels, axes right, down, forward."""
    rng = np.random.default_rng(2)
    points = rng.uniform([-30, 0, 0], [30, 70, 90], (500, 3))
    for unit in UNITS:
        for view in (*stereo_pair(unit), scout(unit)):
            height = view.source_mm[2] + unit.detector_offset_mm
            foot = np.array([view.source_mm[0], view.source_mm[1]])
            focal = height / unit.pitch_mm
            centre = view.pixel_from_detector([foot])[0]
            camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1.0]])
            look_down = np.diag([1.0, -1.0, -1.0])
            expected, _ = cv2.projectPoints(
                points, cv2.Rodrigues(look_down)[0], -look_down @ view.source_mm, camera, None
            )
            assert project(view, points) == pytest.approx(expected[:, 0], abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), st.sampled_from([-15.0, 0.0, 15.0]), st.lists(inside, min_size=1))
def test_projecting_and_back_projecting_returns_the_points(unit, angle, points):
    view = view_at(unit, "any", angle)
    cloud = np.array(points)
    again = back_project(view, project(view, cloud), cloud[:, 2])
    assert again == pytest.approx(cloud, abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(UNITS),
    st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1),
)
def test_pixels_survive_the_way_to_the_detector_and_back(unit, pixels):
    view = scout(unit)
    marks = np.array(pixels)
    assert view.pixel_from_detector(view.detector_from_pixel(marks)) == pytest.approx(
        marks, abs=1e-8
    )
    on_detector = view.support_from_pixel(marks)
    assert project(view, on_detector) == pytest.approx(marks, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), st.lists(inside, min_size=1), turns, shifts)
def test_a_rigid_motion_of_the_whole_scene_changes_no_pixel(unit, points, turn, shift):
    moved_from_support = Rigid.turn(turn, shift)
    for view in stereo_pair(unit):
        before = project(view, points)
        after = project(view.moved(moved_from_support), moved_from_support.points(points))
        assert after == pytest.approx(before, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(turns, shifts, st.lists(inside, min_size=1))
def test_a_rigid_motion_keeps_distances_and_is_undone_by_its_inverse(turn, shift, points):
    b_from_a = Rigid.turn(turn, shift)
    cloud = np.array(points)
    moved = b_from_a.points(cloud)
    assert b_from_a.inverse().points(moved) == pytest.approx(cloud, abs=1e-10)
    gaps = np.linalg.norm(cloud - cloud[0], axis=1)
    assert np.linalg.norm(moved - moved[0], axis=1) == pytest.approx(gaps, abs=1e-10)


def test_a_quarter_turn_is_right_handed():
    quarter = Rigid.turn([0.0, 0.0, np.pi / 2])
    assert quarter.directions([[1.0, 0.0, 0.0]])[0] == pytest.approx([0.0, 1.0, 0.0])


@given(st.floats(-50, 50), st.floats(0, 50), st.lists(inside, min_size=1))
def test_placing_the_breast_slides_it_and_can_be_undone(x, y, points):
    placed = Positioning(x, y)
    support = placed.support_from_breast(points)
    assert support[0] == pytest.approx(np.array(points[0]) - [x, y, 0.0])
    assert placed.breast_from_support(support) == pytest.approx(np.array(points), abs=1e-12)


def test_magnification_is_the_ratio_of_heights():
    unit = load_unit("upright-hologic")
    z = np.array([0.0, 30.0, 60.0])
    points = np.column_stack([z * 0 + 3.0, z * 0 + 20.0, z])
    assert magnification(scout(unit), points) == pytest.approx(700.0 / (700.0 - 25.0 - z))
    step = project(scout(unit), points + np.array([0.5, 0.0, 0.0])) - project(scout(unit), points)
    assert step[:, 0] * 0.07 / 0.5 == pytest.approx(magnification(scout(unit), points))


def test_the_image_shows_the_patient_as_the_frame_says():
    """Columns run along +x and rows toward the chest wall; height moves a point by parallax."""
    view = scout(load_unit("upright-ge"))
    middle, right, nipple = project(view, [[0, 30, 20], [5, 30, 20], [0, 35, 20]])
    assert right[0] > middle[0]
    assert right[1] == pytest.approx(middle[1])
    assert nipple[1] < middle[1]
    left_view, right_view = stereo_pair(load_unit("upright-ge"))
    # The source stands at -x in the left view, so a high point is thrown toward +x.
    low, high = project(left_view, [[0, 30, 0], [0, 30, 60]])
    assert high[0] > low[0]
    low, high = project(right_view, [[0, 30, 0], [0, 30, 60]])
    assert high[0] < low[0]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), inside)
def test_a_point_lies_on_the_epipolar_segment_of_its_mark(unit, point):
    left, right = stereo_pair(unit)
    mark, partner = project(left, [point])[0], project(right, [point])[0]
    low, high = epipolar_rows(left, right, mark, 0.0, 90.0)
    assert low[1] == pytest.approx(mark[1], abs=1e-8)
    assert high[1] == pytest.approx(mark[1], abs=1e-8)
    assert high[0] - 1e-8 <= partner[0] <= low[0] + 1e-8
    exact = epipolar_rows(left, right, mark, point[2], point[2])
    assert exact[0] == pytest.approx(partner, abs=1e-8)


def test_the_edges_of_the_image_belong_to_it():
    view = scout(load_unit("prone-spot"))
    marks = [[-0.5, -0.5], [1023.5, 1023.5], [-0.51, 0.0], [0.0, 1023.51], [512.0, 3.0]]
    assert view.contains(marks).tolist() == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: project(v, [[0.0, 1.0]]), r"points_mm: must have shape \(n, 3\)"),
        (lambda v: project(v, [[0, 0, 0], [0, np.nan, 0]]), "points_mm: point 1 is not finite"),
        (lambda v: project(v, [[0.0, 0.0, 900.0]]), "points_mm: point 0 is not in front"),
        (lambda v: magnification(v, [v.source_mm]), "points_mm: point 0 is not in front"),
        (lambda v: back_project(v, [[np.inf, 0]], 0.0), "pixels: pixel 0 is not finite"),
        (lambda v: back_project(v, [[5.0, 0.0]], np.nan), "z_mm: is not finite"),
        (lambda v: back_project(v, [[5.0, 0.0]], 900.0), "z_mm: the ray to pixel 0"),
        (lambda v: epipolar_rows(v, v, [[1.0, 2.0]], 0.0, 9.0), "pixel_a: must have shape"),
        (lambda v: v.contains([1.0, 2.0]), r"pixels: must have shape \(n, 2\)"),
        (lambda v: Positioning(0.0, -1.0), "shift_y_mm"),
        (lambda v: Positioning(np.nan, 0.0), "shift_x_mm"),
        (lambda v: Rigid(np.ones((3, 3)), np.zeros(3)), "rotation"),
        (lambda v: Rigid(np.diag([1.0, 1.0, -1.0]), np.zeros(3)), "rotation: mirrors"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call(scout(load_unit("upright-ge")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source_mm": [0.0, 0.0, 0.0]}, "source_mm: lies in the plane"),
        ({"row_mm": [0.2, 0.0, 0.0]}, "column_mm, row_mm: span no plane"),
        ({"origin_mm": [0.0, np.nan, 0.0]}, "origin_mm: is not finite"),
        ({"column_mm": [0.0, 0.0]}, "column_mm: must have shape"),
    ],
)
def test_an_impossible_view_is_refused(change, message):
    good = {
        "source_mm": [0.0, 0.0, 600.0],
        "origin_mm": [0.0, 0.0, 0.0],
        "column_mm": [0.1, 0.0, 0.0],
        "row_mm": [0.0, -0.1, 0.0],
    }
    arrays = {key: np.array(value) for key, value in {**good, **change}.items()}
    with pytest.raises(ValueError, match=message):
        View(name="x", angle_deg=0.0, shape=(10, 10), **arrays)
