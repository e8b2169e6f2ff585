"""Triangulation against the Cramer-Rao bound over the field of every unit, in two and three views.

The bound comes from similar triangles and differences of them; no code of ours takes part in it.
"""

import numpy as np
import pytest

from stereosim.geometry import (
    load_units,
    project,
    scout,
    stereo_pair,
    triangulate,
    triangulate_many,
    triangulate_pair,
    view_at,
)

every = pytest.mark.parametrize("unit", load_units().values(), ids=lambda u: u.name)
SIGMA = 0.5
PAIR, ALL = (-1.0, 1.0), (-1.0, 1.0, 0.0)


def pixels_of(unit, point, sides):
    """Columns and rows, less a constant, at which views at `sides` times 15 degrees see a point."""
    arm = unit.sid_mm - unit.pivot_height_mm
    height = point[2] + unit.detector_offset_mm
    images = []
    for side in sides:
        angle = np.radians(side * unit.stereo_angle_deg)
        source, top = arm * np.sin(angle), unit.pivot_height_mm + arm * np.cos(angle)
        stretch = top / (top - height)
        images += [source + (point[0] - source) * stretch, -point[1] * stretch]
    return np.array(images) / unit.pitch_mm


def bound(unit, point, sides):
    """Least covariance of an unbiased estimate of `point` from marks with an error of SIGMA."""
    step = 1e-3 * np.eye(3)
    slopes = np.column_stack(
        [
            (pixels_of(unit, point + s, sides) - pixels_of(unit, point - s, sides)) / 2e-3
            for s in step
        ]
    )
    return SIGMA**2 * np.linalg.inv(slopes.T @ slopes)


def grid(unit):
    """Points of the window that both views of the pair see, from the support to 70 mm."""
    (x0, y0), (x1, y1) = unit.window_lo_mm, unit.window_hi_mm
    axes = (
        np.linspace(x0 + 1, x1 - 1, 7),
        np.linspace(y0 + 1, y1 - 1, 4),
        [1.0, 15, 30, 45, 60, 70],
    )
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    seen = np.all([view.contains(project(view, points)) for view in stereo_pair(unit)], axis=0)
    return points[seen]


@every
def test_two_views_reach_the_bound_over_the_whole_field(unit):
    rng = np.random.default_rng(61)
    left, right = stereo_pair(unit)
    points = grid(unit)
    assert len(points) >= (30 if unit.name == "prone-spot" else 120)
    n = 10_000
    for point in points:
        marks = [project(view, [point]) + rng.normal(0, SIGMA, (n, 2)) for view in (left, right)]
        errors = triangulate_many(left, right, *marks).target_mm - point
        sd = np.sqrt(np.diagonal(bound(unit, point, PAIR)))
        # The spread of a root mean square of n is 0.7 %.
        assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(sd, rel=0.05)


@every
def test_three_views_reach_the_bound_in_the_corners_and_the_middle_of_the_field(unit):
    rng = np.random.default_rng(62)
    views = (*stereo_pair(unit), scout(unit))
    points = grid(unit)
    chosen = points[[0, len(points) // 2, -1, int(np.argmax(points[:, 2]))]]
    n = 4000
    for point in chosen:
        exact = np.concatenate([project(view, [point]) for view in views])
        errors = [
            triangulate(views, exact + rng.normal(0, SIGMA, (3, 2)), sigma_px=SIGMA).target_mm
            - point
            for _ in range(n)
        ]
        sd = np.sqrt(np.diagonal(bound(unit, point, ALL)))
        assert np.sqrt(np.mean(np.square(errors), axis=0)) == pytest.approx(sd, rel=0.05)


@every
def test_the_stated_covariance_is_the_bound_everywhere(unit):
    pair, views = stereo_pair(unit), (*stereo_pair(unit), scout(unit))
    for point in grid(unit):
        marks = [project(view, [point])[0] for view in views]
        two = triangulate_pair(*pair, *marks[:2], sigma_px=SIGMA)
        assert two.covariance_mm2 == pytest.approx(bound(unit, point, PAIR), rel=1e-5, abs=1e-9)
        three = triangulate(views, marks, sigma_px=SIGMA)
        assert three.covariance_mm2 == pytest.approx(bound(unit, point, ALL), rel=1e-5, abs=1e-9)


@every
def test_seven_views_reach_the_bound_and_are_better_than_two(unit):
    rng = np.random.default_rng(63)
    sides = np.linspace(-1.0, 1.0, 7)
    views = [
        view_at(unit, f"view {k}", side * unit.stereo_angle_deg) for k, side in enumerate(sides)
    ]
    point = np.array([2.0, unit.window_centre_y_mm, 28.0])
    exact = np.concatenate([project(view, [point]) for view in views])
    found = [
        triangulate(views, exact + rng.normal(0, SIGMA, (7, 2)), sigma_px=SIGMA)
        for _ in range(3000)
    ]
    errors = np.array([one.target_mm for one in found]) - point
    least = bound(unit, point, sides)
    assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(np.sqrt(np.diagonal(least)), rel=0.05)
    assert found[0].covariance_mm2 == pytest.approx(least, rel=0.02, abs=1e-5)
    assert found[0].dof == 11
    assert (np.diagonal(least) < np.diagonal(bound(unit, point, PAIR))).all()
