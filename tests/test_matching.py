"""Pairing across the views, against specks whose places are known to the test only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.geometry import project, stereo_pair
from stereosim.geometry.units import load_units
from stereosim.procedures.matching import choose_group, match_pair

UNIT = load_units()["upright-hologic"]
VIEWS = stereo_pair(UNIT)
EXPECTED = np.array([0.0, UNIT.window_centre_y_mm])


def scene(seed: int, specks: int, clutter: int) -> tuple[np.ndarray, ...]:
    """Return a cluster and what the two views show of it among clutter, in random order."""
    rng = np.random.default_rng(seed)
    centre = np.array([*(EXPECTED + rng.uniform(-5, 5, 2)), rng.uniform(10.0, 45.0)])
    points = centre + rng.uniform(-3.5, 3.5, (specks, 3))
    pixels, strengths = [], []
    for view in VIEWS:
        seen = project(view, points) + rng.normal(0.0, 0.2, (specks, 2))
        false = project(view, np.array([[*EXPECTED, 25.0]])) + rng.uniform(-300, 300, (clutter, 2))
        order = rng.permutation(specks + clutter)
        pixels.append(np.concatenate([seen, false])[order])
        strengths.append(
            np.concatenate([rng.uniform(8, 20, specks), rng.uniform(5, 7, clutter)])[order]
        )
    return points, *pixels, *strengths


def match(left, right, left_snr, right_snr, radius_mm=4.0):  # type: ignore[no-untyped-def]
    return match_pair(
        VIEWS,
        (left, right),
        (left_snr, right_snr),
        expected_mm=EXPECTED,
        gate_mm=12.0,
        depth_mm=(0.0, 55.0),
        radius_mm=radius_mm,
        y_tolerance_mm=1.0,
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_cluster_among_clutter_is_paired_rightly(seed: int) -> None:
    points, *seen = scene(seed, specks=8, clutter=10)
    found = match(*seen)
    assert found is not None
    # The centroid of what was matched lies in the cluster, in depth above all.
    assert np.abs(found.centroid_mm - points.mean(axis=0)).max() < 3.0
    nearest = np.linalg.norm(found.points_mm[:, None] - points[None], axis=2).min(axis=1)
    assert np.mean(nearest < 1.0) > 0.5


def test_each_candidate_is_used_once_and_the_order_does_not_matter() -> None:
    _, left, right, left_snr, right_snr = scene(5, specks=6, clutter=8)
    found = match(left, right, left_snr, right_snr)
    turned = match(left[::-1], right[::-1], left_snr[::-1], right_snr[::-1])
    assert len(np.unique(found.left_px, axis=0)) == len(found)
    assert len(np.unique(found.right_px, axis=0)) == len(found)
    assert np.allclose(np.sort(found.points_mm, axis=0), np.sort(turned.points_mm, axis=0))


def test_nothing_on_the_same_row_is_no_match() -> None:
    left = np.array([[600.0, 300.0], [640.0, 320.0]])
    right = np.array([[600.0, 500.0], [640.0, 520.0]])
    assert match(left, right, np.ones(2), np.ones(2)) is None
    assert match(np.empty((0, 2)), right, np.empty(0), np.ones(2)) is None


def test_one_speck_alone_is_found_where_it_is() -> None:
    point = np.array([[2.0, EXPECTED[1] + 3.0, 21.0]])
    left, right = (project(view, point) for view in VIEWS)
    found = match(left, right, np.array([9.0]), np.array([8.0]))
    assert found is not None
    assert found.points_mm[0] == pytest.approx(point[0], abs=1e-6)
    assert found.strength[0] == 8.0


def test_the_denser_group_is_chosen_and_the_gate_holds() -> None:
    rng = np.random.default_rng(3)
    dense = np.array([4.0, -2.0]) + rng.uniform(-2, 2, (7, 2))
    sparse = np.array([-9.0, 6.0]) + rng.uniform(-2, 2, (2, 2))
    far = np.array([60.0, 0.0]) + rng.uniform(-2, 2, (30, 2))
    points = np.concatenate([sparse, far, dense])
    group = choose_group(points, np.full(39, 8.0), np.zeros(2), gate_mm=25.0, radius_mm=4.0)
    assert group is not None
    assert set(group.members) == set(range(32, 39))
    assert group.centre_mm == pytest.approx(dense.mean(axis=0))
    assert choose_group(far, np.ones(30), np.zeros(2), gate_mm=25.0, radius_mm=4.0) is None
