"""Projector, chords and interpolation against their twins and against closed forms."""

import numpy as np
import pytest

from stereosim.kernels.chords import solid_chords
from stereosim.kernels.solids import transmit_solids
from stereosim.kernels.voxel_projection import project_slices
from stereosim.kernels.xray import enlarge
from tests.reference import chords as reference_chords
from tests.reference import solids as reference_solids
from tests.reference import voxel_projection as reference_projection
from tests.reference import xray as reference_xray


def unit(vector):
    return np.asarray(vector, float) / np.linalg.norm(vector)


def some_solids(rng, n=4):
    """Ellipsoids of any shape, and rods: blunt, pointed, notched, hollow, along and across."""
    centres = rng.uniform([-3, 27, 17], [3, 33, 23], (n, 3))
    axes = rng.normal(0, 0.4, (n, 3, 3)) + np.eye(3) * 0.4
    rods = []
    for axis, point, near, far, bore in (
        ((0, 0, -1), 0, 0, 0, 0),
        ((0, 0, -1), 6, 0, 0, 0),
        ((0.3, -0.2, -1), 4, 5, 11, 0),
        ((1, 0.1, 0), 3, 4, 9, 0),
        ((0.1, 0.4, -1), 2, 4, 10, 1.2),
        ((0, 0, -1), 0, 0, 0, 1.3),
    ):
        a = unit(axis)
        side = unit(np.cross(a, [0.2, 1.0, 0.1]))
        tip = [*rng.uniform(-2, 2, 2), 15.0]
        rods.append([*tip, *a, 30.0, 1.5, point, near, far, 0.2, *side, bore])
        rods[-1][1] += 30.0
    return centres, np.linalg.inv(axes), np.array(rods, dtype=float)


def unit_rays(ends, source):
    """Directions of the rays to an array of ends."""
    return (ends - source) / np.linalg.norm(ends - source, axis=-1, keepdims=True)


def rays_at(points, source):
    """Ends 5 mm under the support of the rays from the source through `points`."""
    t = (source[2] + 5.0) / (source[2] - points[:, 2:])
    return source + t * (points - source)


@pytest.mark.parametrize("source_x", [-180.0, 0.0, 180.0])
def test_chords_agree_with_the_twin(source_x):
    rng = np.random.default_rng(4)
    centres, inverses, rods = some_solids(rng)
    source = np.array([source_x, 0.0, 640.0])
    axes = np.linalg.inv(inverses)
    in_ellipsoids = [c + a @ rng.normal(0, 0.5, 3) for c, a in zip(centres, axes, strict=True)]
    points = [*np.repeat(in_ellipsoids, 3, axis=0) + rng.normal(0, 0.02, (3 * len(centres), 3))]
    for rod in rods:  # the tip, the notch and the shaft
        points += [rod[:3] - b * rod[3:6] + rng.normal(0, 0.5, 3) for b in np.linspace(0, 12, 10)]
    ends = rays_at(np.array(points), source)
    ours = np.empty((len(ends), len(centres) + len(rods)))
    slow = np.empty_like(ours)
    solid_chords(source, ends, centres, inverses, rods, ours)
    reference_chords.solid_chords(source, ends, centres, inverses, rods, slow)
    assert (ours > 0).sum(axis=0).min() >= 2, "every solid must be hit"
    assert np.abs(ours - slow).max() < 1e-6


def test_a_ray_along_the_axis_of_a_rod_sees_its_length():
    source = np.array([3.0, 30.0, 640.0])
    rod = np.array([[3.0, 30.0, 10.0, 0, 0, -1.0, 30.0, 1.5, 0, 0, 0, 0, 0, 0, 0, 0]])
    out = np.empty((2, 1))
    ends = np.array([[3.0, 30.0, -5.0], [5.0, 30.0, -5.0]])
    solid_chords(source, ends, np.empty((0, 3)), np.empty((0, 3, 3)), rod, out)
    assert out[:, 0] == pytest.approx([30.0, 0.0])


def test_the_chord_of_a_far_sphere_keeps_its_digits():
    source = np.array([169.0, 0.0, 607.0])
    centre, radius = np.array([[1.0, 40.0, 12.0]]), 0.05
    offsets = np.linspace(0, 0.0499, 20)
    # A direction square to the central ray, so that the offset is the distance from the centre.
    side = unit(np.cross(centre[0] - source, [0.0, 0.0, 1.0]))
    ends = source + 1.02 * (centre + offsets[:, None] * side - source)
    out = np.empty((20, 1))
    solid_chords(
        source, ends, centre, np.eye(3)[None] / radius, np.empty((0, 16)), out
    )  # fmt: skip
    distance = np.linalg.norm(centre - source)
    near = distance * offsets / np.hypot(distance, offsets)
    assert out[:, 0] == pytest.approx(2 * np.sqrt(radius**2 - near**2), abs=1e-9)


def test_transmission_agrees_with_the_twin():
    rng = np.random.default_rng(8)
    centres, inverses, rods = some_solids(rng, 2)
    rods = rods[[2, 4]]
    source = np.array([-170.0, 0.0, 640.0])
    frame = np.array([source, [-5.0, 36.0, -5.0], [0.9, 0, 0], [0, -0.9, 0]])
    materials = np.array([1, 0, 2, 2])
    shares = np.array([1.0, 0.3, 1.0, 1.0])
    boxes = np.tile(np.array([0, 10, 0, 12]), (4, 1))
    fluence = np.array([1.0, 3.0, 2.0])
    tissue = np.array([[0.06, 0.05, 0.04], [0.09, 0.07, 0.05]])
    solid = np.array([[2.6, 2.1, 1.5], [1.3, 1.0, 0.7], [25.0, 20.0, 14.0]])
    paths = rng.uniform(15, 25, (2, 10, 12)).astype(np.float32)
    arguments = (frame, np.array([2, 1]), centres, inverses, rods, materials, shares, boxes)
    arguments += (fluence, tissue, solid, paths, 2)
    ours, slow = np.empty((10, 12), np.float32), np.empty((10, 12), np.float32)
    transmit_solids(*arguments, ours)
    reference_solids.transmit_solids(*arguments, slow)
    assert slow.min() < 0.01
    assert (slow == 1.0).any()
    # One evaluation stands in for four where the attenuation varies by under 0.02.
    assert np.abs(ours - slow).max() < 2e-4


def needles_across():
    """Steel thick and thin, notched, pointed, along the beam and across, with specks about it."""
    rods = []
    for axis, tip, radius, point, near, far, floor, bore in (
        ((0, 0, -1), (2, 30, 12), 1.8, 0, 7, 27, 0.0, 0),
        ((0, 0, -1), (12, 30, 12), 1.05, 4, 0, 0, 0, 0.98),
        ((0.26, 0.05, -1), (-8, 28, 10), 0.35, 0, 2, 5, 0.1, 0.3),
        ((1, 0.2, 0.1), (14, 37, 20), 0.8, 2, 3, 8, -0.2, 0),
    ):
        a = unit(axis)
        side = unit(np.cross(a, [0.2, 1.0, 0.1]))
        rods.append([*tip, *a, 40.0, radius, point, near, far, floor, *side, bore])
    centres = np.array([[2.5, 30.2, 40.0], [3.8, 31.0, 20.0], [-4.0, 34.0, 30.0]])
    return centres, np.tile(np.eye(3) / 0.2, (3, 1, 1)), np.array(rods, dtype=float)


@pytest.mark.parametrize(("source_x", "first_mu"), [(-170.0, 1.2), (10.0, 1.2), (-170.0, 1e-4)])
def test_transmission_leaves_out_nothing_that_counts(source_x, first_mu):
    """Every ray and every energy with NumPy, against a kernel that looks at few of them."""
    centres, inverses, rods = needles_across()
    source = np.array([source_x, 0.0, 640.0])
    pitch, shape, corner, sub = 0.12, (100, 420), (3, 5), 3
    frame = np.array([source, [-21.0, 42.0, -15.0], [pitch, 0, 0], [0, -pitch, 0]])
    materials = np.array([0, 0, 0, 1, 1, 1, 1])
    boxes = np.tile(np.array([0, shape[0], 0, shape[1]]), (7, 1))
    rng = np.random.default_rng(3)
    energy, fluence = np.linspace(12.0, 28.0, 5), rng.uniform(1.0, 3.0, 5)
    tissue = np.outer([0.04, 0.07], (20.0 / energy) ** 2)
    solid = np.outer([first_mu, 20.0], (20.0 / energy) ** 3)  # calcium or air, and steel
    paths = rng.uniform(10, 25, (2, *shape)).astype(np.float32)
    ours = np.empty(shape, np.float32)
    arguments = (frame, np.array(corner), centres, inverses, rods, materials, np.ones(7), boxes)
    transmit_solids(*arguments, fluence, tissue, solid, paths, sub, ours)

    r, c, i, j = np.meshgrid(*(np.arange(m) for m in (*shape, sub, sub)), indexing="ij")
    rows, columns = (corner[k] + m + (d + 0.5) / sub - 0.5 for k, m, d in ((0, r, i), (1, c, j)))
    ends = frame[1] + rows.reshape(-1, 1) * frame[3] + columns.reshape(-1, 1) * frame[2]
    chords = np.empty((len(ends), 7))
    solid_chords(source, ends, centres, inverses, rods, chords)
    chords = np.stack([chords[:, :3].sum(axis=1), chords[:, 3:].sum(axis=1)], axis=1)
    chords = chords.reshape(*shape, sub * sub, 2)
    depth = np.einsum("te,trc->rce", tissue, paths)[:, :, None, :]
    rest = 1.0 - np.minimum(chords.sum(axis=3) / paths.sum(axis=0)[:, :, None], 1.0)
    signal = np.exp(-rest[..., None] * depth - chords @ solid) @ fluence
    exact = signal.mean(axis=2) / (np.exp(-depth[:, :, 0]) @ fluence)

    # One evaluation stands in for nine where the attenuation varies by under 0.02.
    spread = (chords.max(axis=2) - chords.min(axis=2)) @ np.abs(solid - tissue[0]).max(axis=1)
    assert (exact < 1e-9).sum() > 1000, "much is opaque"
    assert ((exact > 1e-6) & (exact < 0.9)).sum() > 1000, "much is not"
    assert np.abs(ours - exact)[spread >= 0.02].max() < 1e-6
    assert np.abs(ours - exact).max() < 2e-4


@pytest.mark.parametrize("shape", [(5, 7, 6), (1, 1, 9), (4, 12, 1)])
def test_projection_agrees_with_the_twin(shape):
    rng = np.random.default_rng(2)
    volume = rng.random(shape, dtype=np.float32)
    origin = np.array([-3.0, 10.0, 0.7])
    source = np.array([170.0, 0.0, 600.0])
    detector = np.array([-9.0, 1.3, 22.0, -1.1, -20.0])
    ours, slow = np.empty((13, 12), np.float32), np.empty((13, 12), np.float32)
    spacing = np.array([1.4, 1.2, 1.7])
    project_slices(volume, origin, spacing, source, detector, ours)
    reference_projection.project_slices(volume, origin, spacing, source, detector, slow)
    assert ours == pytest.approx(slow, abs=1e-4)


def test_interpolation_agrees_with_the_twin():
    rng = np.random.default_rng(3)
    coarse = rng.random((6, 9), dtype=np.float32)
    ours, slow = np.empty((17, 19), np.float32), np.empty((17, 19), np.float32)
    enlarge(coarse, -0.7, 0.37, 0.4, 0.51, ours)
    reference_xray.enlarge(coarse, -0.7, 0.37, 0.4, 0.51, slow)
    assert ours == pytest.approx(slow, abs=1e-6)


def test_interpolation_keeps_a_plane():
    y, x = np.mgrid[0:8, 0:9]
    coarse = (2.0 * y - 0.5 * x + 1.0).astype(np.float32)
    out = np.empty((10, 10), np.float32)
    enlarge(coarse, 1.0, 0.5, 1.0, 0.6, out)
    r, c = np.mgrid[0:10, 0:10]
    assert out == pytest.approx(2.0 * (1 + 0.5 * r) - 0.5 * (1 + 0.6 * c) + 1.0, abs=1e-5)


def test_a_sphere_of_voxels_has_the_chords_of_a_sphere():
    """RMS error of at most 0.02 mm on a 0.2 mm grid, seen at 15 degrees."""
    spacing, radius, n = 0.2, 8.0, 100
    centre = np.array([2.0, 30.0, 25.0])
    origin = centre - spacing * (n - 1) / 2
    z, y, x = (spacing * (np.arange(n) - (n - 1) / 2) for _ in range(3))
    # Volume fractions from 4^3 points per voxel.
    fraction = np.zeros((n, n, n), np.float32)
    fine = (np.arange(4) - 1.5) / 4 * spacing
    for dz in fine:
        for dy in fine:
            for dx in fine:
                fraction += (z + dz)[:, None, None] ** 2 + (y + dy)[None, :, None] ** 2 + (x + dx)[
                    None, None, :
                ] ** 2 <= radius**2
    fraction /= 64
    source = np.array([-181.0, 0.0, 651.0])
    detector = np.array([-5.0, 0.12, 45.0, -0.12, -25.0])
    out = np.empty((260, 260), np.float32)
    project_slices(fraction, origin, np.full(3, spacing), source, detector, out)
    r, c = np.mgrid[0:260, 0:260]
    ends = np.stack([-5.0 + 0.12 * c, 45.0 - 0.12 * r, np.full(r.shape, -25.0)], axis=-1)
    exact = np.empty((out.size, 1))
    solid_chords(
        source,
        np.ascontiguousarray(ends.reshape(-1, 3)),
        centre[None],
        np.eye(3)[None] / radius,
        np.empty((0, 16)),
        exact,
    )
    error = out.ravel() - exact[:, 0]
    assert exact.max() > 15.9
    # At the rim the chord rises infinitely steeply and no grid of 0.2 mm can follow: voxel and
    # interpolation blur with a variance of h^2/4, which costs half of that times the curvature of
    # the chord.  That is why specks and needles are exact solids.
    inside = exact[:, 0] > 2 * np.sqrt(radius**2 - (radius - 0.5) ** 2)
    assert np.sqrt(np.mean(error[inside] ** 2)) < 0.02
    ray = np.linalg.norm(np.cross(centre - source, unit_rays(ends, source)), axis=-1).ravel()
    assert np.abs(error[ray > radius + 0.4]).max() < 1e-6
