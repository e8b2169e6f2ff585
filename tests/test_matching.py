"""Pairing across the views, against specks whose places are known to the test only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stereosim.geometry import project, stereo_pair
from stereosim.geometry.units import load_units
from stereosim.imaging.detection import Candidates
from stereosim.procedures.matching import (
    Matches,
    load_pairing,
    match_pair,
    similarity,
)

Floats = NDArray[np.float64]

UNIT = load_units()["upright-hologic"]
VIEWS = stereo_pair(UNIT)
EXPECTED = np.array([0.0, UNIT.window_centre_y_mm])


def candidates(pixels: Floats, snr: Floats, diameters_mm: Floats | None = None) -> Candidates:
    """Return candidates as a search would; all of one size, read badly, where none is given."""
    count = len(snr)
    if diameters_mm is None:
        return Candidates(pixels, snr, np.full(count, 0.3), np.full(count, 0.5), 5.0)
    return Candidates(pixels, snr, diameters_mm, np.full(count, 0.1), 5.0)


def scene(seed: int, specks: int, clutter: int) -> tuple[Floats, Candidates, Candidates]:
    """Return a cluster and what the two views show of it among clutter, in random order."""
    rng = np.random.default_rng(seed)
    centre = np.array([*(EXPECTED + rng.uniform(-5, 5, 2)), rng.uniform(10.0, 45.0)])
    points = centre + rng.uniform(-3.5, 3.5, (specks, 3))
    found = []
    for view in VIEWS:
        seen = project(view, points) + rng.normal(0.0, 0.2, (specks, 2))
        false = project(view, np.array([[*EXPECTED, 25.0]])) + rng.uniform(-300, 300, (clutter, 2))
        order = rng.permutation(specks + clutter)
        strength = np.concatenate([rng.uniform(8, 20, specks), rng.uniform(5, 7, clutter)])
        found.append(candidates(np.concatenate([seen, false])[order], strength[order]))
    return points, found[0], found[1]


def match(
    left: Candidates, right: Candidates, *, radius_mm: float = 4.0, similar: bool = True
) -> Matches | None:
    return match_pair(
        VIEWS,
        (left, right),
        expected_mm=EXPECTED,
        gate_mm=12.0,
        place_sd_mm=6.0,
        depth_mm=(0.0, 55.0),
        radius_mm=radius_mm,
        y_tolerance_mm=1.5,
        similar=similar,
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_cluster_among_clutter_is_paired_rightly(seed: int) -> None:
    points, left, right = scene(seed, specks=8, clutter=10)
    found = match(left, right)
    assert found is not None
    # The centroid of what was matched lies in the cluster, in depth above all.
    assert np.abs(found.centroid_mm - points.mean(axis=0)).max() < 3.0
    nearest = np.linalg.norm(found.points_mm[:, None] - points[None], axis=2).min(axis=1)
    assert np.mean(nearest < 1.0) > 0.5


def test_each_candidate_is_used_once_and_the_order_does_not_matter() -> None:
    _, left, right = scene(5, specks=6, clutter=8)
    found = match(left, right)
    turned = match(*(c.subset(np.arange(len(c))[::-1]) for c in (left, right)))
    assert found is not None and turned is not None
    assert len(np.unique(found.left_px, axis=0)) == len(found)
    assert len(np.unique(found.right_px, axis=0)) == len(found)
    assert np.allclose(np.sort(found.points_mm, axis=0), np.sort(turned.points_mm, axis=0))


def test_nothing_on_the_same_row_is_no_match() -> None:
    left = np.array([[600.0, 300.0], [640.0, 320.0]])
    right = np.array([[600.0, 500.0], [640.0, 520.0]])
    snr = np.full(2, 9.0)
    nothing = candidates(np.empty((0, 2)), np.empty(0))
    assert match(candidates(left, snr), candidates(right, snr)) is None
    assert match(nothing, candidates(right, snr)) is None
    assert match(nothing, nothing) is None


def test_one_speck_alone_is_found_where_it_is() -> None:
    point = np.array([[2.0, EXPECTED[1] + 3.0, 21.0]])
    left, right = (project(view, point) for view in VIEWS)
    found = match(candidates(left, np.array([9.0])), candidates(right, np.array([8.0])))
    assert found is not None
    assert found.points_mm[0] == pytest.approx(point[0], abs=1e-6)
    assert found.strength[0] == 8.0


def cluster(
    rng: np.random.Generator, *, rows_mm: float, motion_mm: float
) -> tuple[Candidates, Candidates]:
    """Return both views of 5 to 15 specks, unequal in size; the right one in reverse order.

    `rows_mm` is the extent along y: how many specks share a row.  Sizes are read with the error
    that the search states and, in one of ten, as an overlay leaves them.
    """
    count, spec = int(rng.integers(5, 16)), load_pairing()
    half = np.array([4.0, 0.5 * rows_mm, 4.0])
    centre = np.array([*EXPECTED, rng.uniform(12.0, 43.0)])
    points = centre + rng.uniform(-half, half, (count, 3))
    size = rng.normal(0.0, 0.3, count)
    strength = 2.5 + 1.5 * size + rng.normal(0.0, 0.2, count)
    turn = rng.uniform(0.0, 2.0 * np.pi)
    views = []
    for k, view in enumerate(VIEWS):
        moved = points + k * motion_mm * np.array([np.cos(turn), np.sin(turn), 0.0])
        pixels = project(view, moved) + rng.normal(0.0, 0.25, (count, 2))
        logs = strength + rng.normal(
            0.0, np.hypot(np.exp(-strength), spec.strength_sd / 2**0.5), count
        )
        sizes = size + rng.normal(0.0, np.hypot(0.1, spec.diameter_sd / 2**0.5), count)
        overlaid = rng.uniform(size=count) < 0.1
        logs[overlaid] += rng.uniform(0.2, 0.8, int(overlaid.sum()))
        snr = np.maximum(np.exp(logs), 5.0)
        views.append(candidates(pixels, snr, 0.25 * np.exp(sizes)))
    return views[0], views[1].subset(np.arange(count)[::-1])


def right_pairs(found: Matches | None, left: Candidates, right: Candidates) -> tuple[int, int]:
    """Return how many pairs are of one speck, and how many there are."""
    assert found is not None
    first = [int(np.flatnonzero((left.pixels == px).all(axis=1))[0]) for px in found.left_px]
    second = [int(np.flatnonzero((right.pixels == px).all(axis=1))[0]) for px in found.right_px]
    return sum(a == len(right) - 1 - b for a, b in zip(first, second, strict=True)), len(first)


@pytest.mark.parametrize("motion_mm", [0.0, 0.5, 1.0])
def test_specks_that_look_alike_are_paired_more_often_rightly(motion_mm: float) -> None:
    """Rows settle most of a round group; where specks share rows, their looks help."""
    share = {}
    for rows_mm in (8.0, 1.0):
        for similar in (False, True):
            right = specks = 0
            for seed in range(60):
                views = cluster(np.random.default_rng(seed), rows_mm=rows_mm, motion_mm=motion_mm)
                right += right_pairs(match(*views, similar=similar), *views)[0]
                specks += len(views[0])
            share[rows_mm, similar] = right / specks
    print(f"motion {motion_mm} mm, rightly paired of all specks:", share)
    assert share[8.0, True] > 0.97
    assert share[1.0, True] > 0.93
    for rows_mm in (8.0, 1.0):
        assert share[rows_mm, True] >= share[rows_mm, False] + 0.005


def test_two_specks_on_one_row_are_told_by_size() -> None:
    """Crossed over, both pairs would lie inside the breast as well."""
    points = np.array([[-1.5, EXPECTED[1], 25.0], [1.5, EXPECTED[1], 25.0]])
    left, right = (
        candidates(project(view, points), np.array([30.0, 8.0]), np.array([0.5, 0.2]))
        for view in VIEWS
    )
    odds = similarity(left, right)
    assert odds[0, 0] > 0.5 and odds[1, 1] > 0.5
    assert odds[0, 1] < -1.0 and odds[1, 0] < -1.0
    swapped = right.subset(np.array([1, 0]))
    found = match(left, swapped)
    assert found is not None
    assert np.sort(found.points_mm[:, 0]) == pytest.approx(points[:, 0], abs=1e-6)
    assert found.points_mm[:, 2] == pytest.approx(25.0, abs=1e-6)


def test_the_mismatch_of_a_patient_who_moved_is_that_of_the_group() -> None:
    points, left, _ = scene(11, specks=9, clutter=0)
    moved = project(VIEWS[1], points + np.array([0.0, 0.8, 0.0]))
    found = match(candidates(project(VIEWS[0], points), left.snr), candidates(moved, left.snr))
    assert found is not None and len(found) == 9
    # On the detector: the motion times the magnification.
    assert found.y_mismatch_mm == pytest.approx(-0.8, rel=0.12)
    assert np.all(found.log_odds > 0.0)
