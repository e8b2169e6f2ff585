"""The way from the compressed to the supine breast: invertible, volume-preserving, skin on skin."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stereosim_phantoms.kernels import supine as kernel
from stereosim_phantoms.supine import supine_map
from tests.phantom_scenes import breast, places
from tests.reference import supine as reference


@pytest.mark.parametrize("edge_mm", [0.0, 22.0, 45.0])
@pytest.mark.parametrize("displacement_mm", [0.0, 4.4, 23.3])
def test_round_trip(edge_mm: float, displacement_mm: float) -> None:
    spec = breast(edge_mm=edge_mm, supine_displacement_mm=displacement_mm)
    points = places(spec, 5000, 1e-3)
    there = supine_map(spec).supine_from_breast(points)
    assert_allclose(supine_map(spec).breast_from_supine(there), points, atol=1e-9)


def test_supine_side_round_trip() -> None:
    mapping = supine_map(breast())
    points = np.random.default_rng(1).uniform((-40, -30, 1), (40, 30, 25), (3000, 3))
    back = mapping.supine_from_breast(mapping.breast_from_supine(points))
    known = ~np.isnan(back[:, 0])
    assert known.mean() > 0.9
    assert_allclose(back[known], points[known], atol=1e-9)


def test_twins_of_the_map_and_its_inverse_agree() -> None:
    spec = breast(edge_mm=30.0)
    mapping, points = supine_map(spec), places(spec, 40, 0.5)
    points = np.concatenate([points, [[0.0, 95.0, 20.0], [96.0, 5.0, 20.0], [0.0, -1.0, 20.0]]])
    expected = np.empty_like(points)
    reference.supine_from_breast(points, mapping.shape, mapping.waves, expected)
    found = np.empty_like(points)
    kernel.supine_from_breast(points, mapping.shape, mapping.waves, found)
    assert_allclose(found, expected, atol=1e-9)
    assert np.isnan(found[-3:]).all()
    back = np.empty_like(points)
    reference.breast_from_supine(expected[:-3], mapping.shape, mapping.waves, back[:-3])
    again = np.empty_like(points)
    kernel.breast_from_supine(found, mapping.shape, mapping.waves, again)
    assert_allclose(again[:-3], back[:-3], atol=1e-8)


@pytest.mark.parametrize("edge_mm", [0.0, 22.0])
def test_jacobian_against_the_twin_and_numerical_differences(edge_mm: float) -> None:
    spec = breast(edge_mm=edge_mm)
    mapping, points = supine_map(spec), places(spec, 300, 1.0)
    rho = spec.roundness
    v = 2.0 * points[:, 2] / spec.thickness_mm - 1.0
    u = points[:, 1] / spec.front_mm(points[:, 0], points[:, 2])
    w = np.array([reference.share_of_area(t, rho) for t in v])
    # On the creases of the concentric map, u = |w|, no derivative exists; the other kinks are at
    # its edge, where the places do not come.
    points = points[np.abs(u - np.abs(w)) > 1e-3]
    expected = np.empty((len(points), 3, 3))
    reference.supine_jacobian(points, mapping.shape, mapping.waves, expected)
    found = np.empty_like(expected)
    kernel.supine_jacobian(points, mapping.shape, mapping.waves, found)
    scale = np.abs(expected).max(axis=(1, 2), keepdims=True)
    assert np.abs((found - expected) / scale).max() < 2e-4


@pytest.mark.parametrize("edge_mm", [0.0, 22.0, 45.0])
def test_volume_is_kept_everywhere(edge_mm: float) -> None:
    spec = breast(edge_mm=edge_mm, supine_displacement_mm=23.3)
    determinant = np.linalg.det(supine_map(spec).jacobian(places(spec, 20000, 0.01)))
    assert np.abs(determinant - 1.0).max() < 1e-9


def test_volume_of_a_small_box_of_points_is_kept() -> None:
    """The same without any derivative of ours: tetrahedra between mapped points."""
    spec, size = breast(), 1e-3
    points = places(spec, 500, 2.0)
    mapping = supine_map(spec)
    edges = [
        mapping.supine_from_breast(points + size * axis) - mapping.supine_from_breast(points)
        for axis in np.eye(3)
    ]
    volume = np.linalg.det(np.stack(edges, axis=1)) / size**3
    assert np.median(np.abs(volume - 1.0)) < 1e-3
    assert (np.abs(volume - 1.0) < 1e-2).mean() > 0.98  # the rest straddle a crease


def test_skin_stays_skin_and_the_nipple_is_the_origin() -> None:
    spec = breast()
    mapping = supine_map(spec)
    x, y = np.linspace(-80, 80, 33), 25.0
    for z in (0.0, spec.thickness_mm):
        points = np.column_stack([x, np.full(33, y), np.full(33, z)])
        points = points[points[:, 1] <= spec.front_mm(points[:, 0], points[:, 2])]
        assert len(points) > 20
        assert_allclose(mapping.supine_from_breast(points)[:, 2], 0.0, atol=1e-6)
    z = np.linspace(2, 53, 33)
    front = np.column_stack([x, spec.front_mm(x, z), z])
    assert_allclose(mapping.supine_from_breast(front)[:, 2], 0.0, atol=1e-6)
    nipple = np.array([[0.0, spec.chest_to_nipple_mm, 0.5 * spec.thickness_mm]])
    assert_allclose(mapping.supine_from_breast(nipple), 0.0, atol=1e-9)


def test_orientation_is_as_on_the_table() -> None:
    nominal = supine_map(breast()).nominal
    upper, right, deep = nominal.supine_from_breast(
        np.array([[0.0, 60.0, 45.0], [40.0, 50.0, 27.5], [0.0, 20.0, 27.5]])
    )
    assert upper[1] > 20.0  # the upper half lies cranial
    assert right[0] == 40.0  # x is the patient's right in both frames
    assert_allclose(deep, [0.0, 0.0, 40.0 * 70.0 / 90.0], atol=1e-9)
    assert_allclose(nominal.chest_wall_depth_mm(np.zeros((1, 3))), 40.0)


@pytest.mark.parametrize("wanted_mm", [4.4, 10.0, 23.3])
def test_the_random_displacement_has_the_size_asked_for(wanted_mm: float) -> None:
    spec = breast(supine_displacement_mm=wanted_mm)
    points = places(spec, 400, 1.0)
    squares = []
    for seed in range(120):
        mapping = supine_map(dataclasses.replace(spec, seed=seed))
        moved = mapping.supine_from_breast(points) - mapping.nominal.supine_from_breast(points)
        assert_allclose(moved[:, 2], 0.0, atol=1e-12)
        squares.append((moved**2).sum(axis=1).mean())
    # The mean square scatters by about half of itself from breast to breast.
    error = np.std(squares) / np.sqrt(len(squares))
    assert abs(np.mean(squares) - wanted_mm**2) < 4.0 * error
    assert error < 0.1 * wanted_mm**2


def test_another_seed_is_another_way_and_the_same_seed_the_same() -> None:
    points = places(breast(), 5, 5.0)
    first = supine_map(breast()).supine_from_breast(points)
    assert (supine_map(breast()).supine_from_breast(points) == first).all()
    assert not np.allclose(supine_map(breast(seed=8)).supine_from_breast(points), first, atol=0.1)
