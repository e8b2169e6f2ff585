"""Specks that an edge cuts: their pieces, what the next cores make of them, and what is counted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from stereosim.biopsy.capture import BALL, Tissue, take_core
from stereosim.biopsy.devices import load_devices
from stereosim.biopsy.pose import NeedlePose
from stereosim.kernels.capture import BINS, take_speck
from stereosim_phantoms.solids import Ellipsoids
from tests.biopsy_scenes import CENTRE, cloud, specks_at

DEVICES = load_devices()
ELEVEN = DEVICES["vab-11g"]
POSE = NeedlePose.vertical(CENTRE)
PIECE = ELEVEN.piece_mm
NOTHING = np.zeros(BINS)
SEEDS = st.integers(0, 2**32 - 1)


def cut(place, axes, *, half_angle=np.pi / 2, reach=3.0, half_aperture=9.0, piece_mm=0.05):
    """One speck at a needle without thickness: what goes (share, centre, axes) and what stays."""
    left, left_axes = np.array(place, dtype=float), np.array(axes, dtype=float)
    piece, piece_axes = np.zeros(3), np.zeros((3, 3))
    angles = (0.0, 1.0, np.sin(half_angle), np.cos(half_angle))  # toward 12 o'clock
    sector = (half_aperture, reach**2, 0.0, piece_mm, NOTHING, NOTHING, BALL)
    share = take_speck(left, left_axes, piece, piece_axes, *angles, *sector)
    return share, (piece, piece_axes), (left, left_axes)


def volume(axes):
    return 4 / 3 * np.pi * abs(np.linalg.det(axes))


def filling(rng, count):
    points = rng.normal(size=(count, 3))
    return points * (rng.random(count) ** (1 / 3) / np.linalg.norm(points, axis=1))[:, None]


# Planes: the end of the aperture, and the flat side of a notch (twelve = 0).
PLANES = {"end": ([0, 0, 1.0], 9.0, [0.2, 1.5, 9.0]), "side": ([0, -1.0, 0], 0.0, [0.3, 0.0, 1.0])}


@given(SEEDS, st.sampled_from(sorted(PLANES)))
@settings(max_examples=25, deadline=None)
def test_pieces_are_those_of_a_plane_by_monte_carlo(seed, where):
    """Share and both centroids of an ellipsoid cut by a plane, against 200,000 points in it."""
    rng = np.random.default_rng(seed)
    normal, level, place = PLANES[where]
    turn = Rotation.random(random_state=rng).as_matrix()
    axes = turn * rng.uniform(0.1, 0.6, 3)
    reach = np.linalg.norm(axes.T @ normal)
    centre = np.array(place) + np.array(normal) * rng.uniform(-0.8, 0.8) * reach
    share, (piece, piece_axes), (left, left_axes) = cut(centre, axes)
    if not 0 < share < 1:  # a part thinner than 0.05 mm
        gap = level - centre @ normal
        assert reach - abs(gap) < 0.05
        return
    points = centre + filling(rng, 200_000) @ axes.T
    inside = points @ normal <= level
    spread = 4 * axes.max() / np.sqrt(min(inside.sum(), (~inside).sum()))
    assert share == pytest.approx(inside.mean(), abs=0.005)
    np.testing.assert_allclose(piece, points[inside].mean(axis=0), atol=spread)
    np.testing.assert_allclose(left, points[~inside].mean(axis=0), atol=spread)
    whole = volume(axes)
    assert volume(piece_axes) == pytest.approx(share * whole, rel=1e-9)
    assert volume(left_axes) == pytest.approx((1 - share) * whole, rel=1e-9)
    # As thick across the edge as the part that it stands for: together, the speck.
    thick = [np.linalg.norm(a.T @ normal) for a in (piece_axes, left_axes)]
    assert sum(thick) == pytest.approx(reach, rel=1e-9)


def test_the_closed_forms_of_the_cap():
    """Of the unit ball below t: share (2 + 3t - t^3) / 4, centroid -3 (1 - t)^2 / (4 (2 - t))."""
    for t in (-0.7, -0.2, 0.0, 0.4, 0.8):
        share, (piece, _), (left, _) = cut([0.0, 1.5, 9.0 - t], np.eye(3), reach=9.0)
        assert share == pytest.approx((2 + 3 * t - t**3) / 4)
        centroid = -0.75 * (1 - t) ** 2 / (2 - t)
        assert piece[2] == pytest.approx(9.0 - t + centroid)
        # The two together have the speck's own centre.
        np.testing.assert_allclose(share * piece + (1 - share) * left, [0, 1.5, 9.0 - t])


@pytest.mark.parametrize("outward", [-0.25, 0.0, 0.25])
def test_the_curved_edge_is_nearly_its_tangent_plane(outward):
    rng = np.random.default_rng(1)
    radius, reach = 0.5, 3.0
    centre = np.array([0.0, reach + outward, 0.0])
    share, (piece, _), _ = cut(centre, radius * np.eye(3), reach=reach)
    points = centre + radius * filling(rng, 200_000)
    inside = np.hypot(points[:, 0], points[:, 1]) <= reach
    assert share == pytest.approx(inside.mean(), abs=0.03)
    np.testing.assert_allclose(piece, points[inside].mean(axis=0), atol=0.03)


def test_what_is_thin_is_not_cut():
    """A part is cut off from 0.25 mm on: below it the speck goes whole or stays whole."""
    end = ELEVEN.aperture_mm / 2
    radius = 0.5
    beyond = [0.2, 0.26, 0.74, 0.8]  # how much of its diameter of 1 mm lies beyond the end
    places = CENTRE + np.array([[0.3 * i - 0.45, 1.2, 0] for i in range(4)])
    places[:, 2] -= end - radius + np.array(beyond)  # the needle points along -z
    tissue, core = take_core(Tissue.untouched(specks_at(places, 2 * radius)), ELEVEN, POSE, 12)
    assert core.specks.tolist() == [0, 1, 2]
    assert core.shares[0] == 1.0
    assert 0.5 < core.shares[1] < 1.0
    assert 0.0 < core.shares[2] < 0.5
    assert tissue.share_left[3] == 1.0
    np.testing.assert_allclose(tissue.share_left[:3], 1 - core.shares)
    np.testing.assert_array_equal(tissue.present, [False, True, True, True])
    # The pieces have the volumes of their shares; the third speck is half as thick as it was.
    whole = tissue.original.solids.volumes_mm3
    now = tissue.specks.solids.volumes_mm3
    np.testing.assert_allclose(now[1:], tissue.share_left[1:] * whole[1:], rtol=1e-12)
    pieces = Ellipsoids(core.positions_mm, core.axes_mm).volumes_mm3
    np.testing.assert_allclose(pieces, core.shares * whole[:3], rtol=1e-12)
    assert len(tissue.visible_specks()) == 3


def test_small_specks_are_never_cut():
    rng = np.random.default_rng(3)
    specks = specks_at(CENTRE + rng.normal(0, 2.5, (300, 3)), 2 * PIECE - 1e-9)
    tissue = Tissue.untouched(specks)
    for hour in ELEVEN.usual_hours:
        tissue, core = take_core(tissue, ELEVEN, POSE, hour)
        assert (core.shares == 1.0).all()
    assert set(np.unique(tissue.share_left)) == {0.0, 1.0}


def test_a_rod_is_cut_where_it_sticks_out_and_not_where_it_is_near():
    """Along the radius, 0.22 mm from the side edge, but 1.5 mm of its 4 mm beyond the far one."""
    turn = np.radians(55.0)
    outward = np.array([np.sin(turn), np.cos(turn), 0.0])
    across = np.array([np.cos(turn), -np.sin(turn), 0.0])
    rod = np.column_stack([0.03 * across, 2.0 * outward, [0.0, 0.0, 0.03]])
    share, (piece, _), (left, _) = cut(2.5 * outward, rod, half_angle=np.radians(60.0))
    t = 0.25
    assert share == pytest.approx((2 + 3 * t - t**3) / 4)
    assert piece @ outward < 2.5 < 3.0 < left @ outward
    assert abs(piece @ across) < 1e-9


def test_the_rest_of_a_cut_speck_goes_with_the_next_core():
    """Across the side edge between two hours: each core takes its part, and nothing is left."""
    edge = np.radians(60.0)
    place = CENTRE + 1.5 * np.array([np.sin(edge), np.cos(edge), 0.0])
    tissue = Tissue.untouched(specks_at([place], 1.2))
    device = replace(ELEVEN, closure=0.0)
    tissue, first = take_core(tissue, device, POSE, 12)
    assert first.shares == pytest.approx([0.5], abs=0.01)
    assert tissue.fraction_removed() == tissue.volume_fraction_removed() == first.shares[0]
    tissue, second = take_core(tissue, device, POSE, 4)
    assert second.specks.tolist() == [0]
    assert first.shares[0] + second.shares[0] == pytest.approx(1.0)
    assert tissue.share_left[0] == 0.0
    assert not tissue.present[0]
    # Each lies in its core, off the clock's middle toward the other.
    assert first.positions_mm[0, 0] > 0 > second.positions_mm[0, 0]


def test_fractions_by_number_and_by_volume():
    near, far = CENTRE + np.array([[0, 1, 0], [0, 9, 0]])
    small, large = specks_at([near], 0.3), specks_at([far], 0.6)
    solids = Ellipsoids(
        np.concatenate([s.solids.centres_mm for s in (small, large)]),
        np.concatenate([s.solids.axes_mm for s in (small, large)]),
    )
    both = type(small)(solids, small.materials * 2, np.zeros(2, dtype=np.int64))
    tissue, _ = take_core(Tissue.untouched(both), ELEVEN, POSE, 12)
    assert tissue.fraction_removed() == pytest.approx(1 / 2)
    assert tissue.volume_fraction_removed() == pytest.approx(1 / 9)
    assert np.isnan(Tissue.untouched(specks_at([])).volume_fraction_removed())


@given(SEEDS, st.sampled_from(sorted(DEVICES)))
@settings(max_examples=25, deadline=None)
def test_semi_axes_stay_at_right_angles_and_pieces_shrink(seed, name):
    """What bounding radii and clashes of solids rely on."""
    rng = np.random.default_rng(seed)
    tissue = Tissue.untouched(cloud(rng, 40, 3.0))
    longest = tissue.original.solids.bounding_radii_mm
    for hour in rng.choice(np.arange(1.0, 13.0), 4):
        tissue, core = take_core(tissue, DEVICES[name], POSE, hour)
        for axes in (*tissue.axes_mm, *core.axes_mm):
            gram = axes.T @ axes
            np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0.0, atol=1e-12)
    # A part at most 9/8 as wide squared as the speck (its thickness is its own).
    assert (tissue.specks.solids.bounding_radii_mm <= longest * 1.07**4).all()


def test_a_core_with_pieces_lies_within_its_box():
    specks = cloud(np.random.default_rng(12), 80, 2.5)
    tissue, found = Tissue.untouched(specks), 0
    for hour in ELEVEN.usual_hours:
        tissue, core = take_core(tissue, ELEVEN, POSE, hour)
        half = np.array([core.side_mm, core.length_mm, core.side_mm]) / 2
        assert (np.abs(core.positions_mm) <= half + 1e-9).all()
        found += np.count_nonzero(core.shares < 1.0)
    assert found > 5
