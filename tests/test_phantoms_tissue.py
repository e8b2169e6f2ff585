"""Tissue as a function of position: twins, agreement of boxes, fractions, spectrum."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stereosim_phantoms.anatomy import anatomy_of
from stereosim_phantoms.breast import anatomy_parameters
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.ducts import grow_ducts
from stereosim_phantoms.fields import box_grid
from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.kernels import tubes as tube_kernel
from stereosim_phantoms.mass_shapes import dilated_duct, mass_of_supine_size
from stereosim_phantoms.noise import power_law_noise
from stereosim_phantoms.patient import plain_patient
from stereosim_phantoms.supine import supine_map
from tests.phantom_scenes import breast, places
from tests.reference import tissue as reference
from tests.reference import tubes as tube_reference


def test_twins_of_skin_distance_agree() -> None:
    spec = breast()
    points = np.random.default_rng(3).uniform((-100, -2, -3), (100, 95, 58), (300, 3))
    expected = np.empty(300)
    reference.skin_distances(points, spec.shape_array(), expected)
    assert_allclose(spec.skin_distance_mm(points), expected, rtol=1e-5, atol=2e-6)
    found = np.empty(300)
    kernel.skin_distances(points, spec.shape_array(), found)
    assert (found == spec.skin_distance_mm(points)).all()


@pytest.mark.parametrize("spacing", [0.3, 1.0])
def test_twins_of_tissue_points_and_tissue_box_agree(spacing: float) -> None:
    spec = breast()
    anatomy = anatomy_of(spec)
    mass = mass_of_supine_size(
        supine_map(spec), np.array([10.0, 45.0, 30.0]), (9, 8, 5), "indistinct"
    )
    other = dilated_duct(supine_map(spec), anatomy.ducts, np.array([14.0, 48.0, 31.0]), (9, 3, 3))
    rows = np.concatenate([mass.kernel_rows(), other.kernel_rows()])
    rng = np.random.default_rng(4)
    points = np.concatenate(
        [
            places(spec, 40, 0.0),
            rng.normal((10, 45, 30), 4, (30, 3)),  # in and about the mass
            rng.normal((0, 88, 27.5), 4, (30, 3)),  # the nipple
            other.solid.centres_mm + 0.5,
            anatomy.ducts.capsules[::40, :3] + 0.3,
            anatomy.vessels.capsules[::40, :3] + 0.3,
            [[np.nan, 0, 0], [0, 200, 0]],
        ]
    )
    expected = np.empty((len(points), kernel.POINT_COLUMNS))
    reference.tissue_points(points, spacing, anatomy.arrays, rows, expected)
    found = np.empty_like(expected)
    kernel.tissue_points(points, spacing, anatomy.arrays, rows, found)
    used = [column for column in range(kernel.POINT_COLUMNS) if column not in (6, 7)]
    assert_allclose(found[:, used], expected[:, used], atol=2e-5)
    assert (expected[:, [3, 4, 8, 9, 10, 11, 12]].max(axis=0) > 0.01).all()

    lo = np.array([-3.0, 40.0, 25.0])
    boxes = [[np.zeros((3, 4, 5), dtype=np.float32) for _ in range(3)] for _ in range(2)]
    reference.tissue_box(lo, spacing, anatomy.arrays, rows, *boxes[0])
    kernel.tissue_box(lo, spacing, anatomy.arrays, rows, *boxes[1])
    assert_allclose(boxes[1], boxes[0], atol=2e-5)


@pytest.mark.parametrize("spacing", [0.2, 0.7])
def test_a_point_has_what_the_voxel_of_a_box_has(spacing: float) -> None:
    """Points and rows are computed in different ways, and agree to rounding."""
    spec = breast(glandular_fraction=0.3)
    anatomy, shape = anatomy_of(spec), (12, 40, 60)
    rows = mass_of_supine_size(
        supine_map(spec), np.array([10.0, 45.0, 30.0]), (9, 8, 5), "circumscribed", "cyst"
    ).kernel_rows()
    for corner in ([-2.0, 40.0, 27.0], [-8.0, 80.0, 24.0], [20.0, 5.0, -0.6], [-90.0, -1.0, 30.0]):
        lo = np.array(corner)
        boxes = [np.zeros(shape, dtype=np.float32) for _ in range(3)]
        anatomy.fill_box(lo, spacing, rows, *boxes)
        k, j, i = np.indices(shape).reshape(3, -1)
        found = anatomy.evaluate(lo + spacing * np.stack([i, j, k], axis=1), spacing, rows)
        for box, column in zip(boxes, (5, 1, 0), strict=True):
            assert_allclose(found[:, column], box.ravel(), atol=5e-6)


def test_twins_of_tube_cells_agree() -> None:
    """Every tube near a cell is listed; a few beyond it may be, for the test is on spheres."""
    tubes = anatomy_of(breast()).tubes[:12]
    low, margin = tubes[:, :3].min(axis=0) - 4.0, 1.0
    cells, counts = np.append(low, 3.0), np.array([6, 9, 5])
    expected = tube_reference.tube_cells(tubes, margin, cells, counts)
    starts = np.zeros(counts.prod() + 1, dtype=np.int32)
    empty = np.zeros(0, dtype=np.int32)
    total = tube_kernel.tube_cells(tubes, margin, cells, counts, starts, empty)
    items = np.zeros(total, dtype=np.int32)
    tube_kernel.tube_cells(tubes, margin, cells, counts, starts, items)
    lists = [set(items[a:b].tolist()) for a, b in pairwise(starts)]
    assert all(need <= have for need, have in zip(expected, lists, strict=True))
    assert sum(map(len, expected)) > 20
    assert sum(map(len, lists)) < 3 * sum(map(len, expected))


def test_overlapping_boxes_agree() -> None:
    patient = load_case("cluster-in-mass").patient(1)
    middle = patient.masses[0].solid.centres_mm[0]
    large = patient.tissue_field(middle - 10.0, middle + 10.0, 0.5)
    small = patient.tissue_field(middle - 4.0, middle + 5.0, 0.5)
    for name in ("gland", "skin", "inside"):
        part = getattr(large, name)[12:30, 12:30, 12:30]
        assert_allclose(getattr(small, name), part, atol=1e-5)


def test_a_coarse_voxel_holds_what_its_fine_voxels_hold() -> None:
    """Volume fractions, not labels: sums over a region do not depend on the spacing."""
    patient = load_case("case-1").patient(2)
    lo, hi = np.array([-16.0, 12.0, 8.0]), np.array([16.0, 44.0, 32.0])
    means = [patient.tissue_field(lo, hi, h).gland.mean() for h in (0.25, 0.5, 1.0)]
    assert_allclose(means, means[0], rtol=0.02)


@pytest.mark.parametrize(("fraction", "thickness"), [(0.08, 65.0), (0.2, 55.0), (0.45, 40.0)])
def test_glandular_fraction_is_the_one_asked_for(fraction: float, thickness: float) -> None:
    """Counted at other places than those that set it."""
    spec = breast(glandular_fraction=fraction, thickness_mm=thickness, edge_mm=0.4 * thickness)
    points = places(spec, 40_000, 0.0)
    found = anatomy_of(spec).evaluate(points, 0.4)
    core = found[:, 0] - found[:, 1]
    keep = core > 0.5
    assert abs(found[keep, 5].sum() / core[keep].sum() - fraction) < 0.01


def test_skin_is_as_thick_as_asked_for() -> None:
    patient = load_case("linear-branching").patient(0)
    spec = patient.breast
    column = patient.tissue_field((-0.5, 30.0, 0.0), (0.5, 31.0, spec.thickness_mm), 0.25)
    thickness = column.skin.mean(axis=(1, 2)).sum() * 0.25
    assert abs(thickness - 2.0 * spec.skin_mm) < 0.02
    assert_allclose(column.inside.sum(axis=0) * 0.25, spec.thickness_mm, atol=0.13)


def test_fractions_are_fractions() -> None:
    patient = load_case("case-1-mass").patient(0)
    field = patient.tissue_field((-80.0, -3.0, -2.0), (80.0, 72.0, 40.0), 1.5)
    for part in (field.gland, field.skin, field.inside, field.fat):
        assert part.min() > -1e-6 and part.max() < 1.0 + 1e-6
    assert field.inside[:, 0].max() == 0.0  # behind the chest wall
    supine = patient.supine_field((-30.0, -30.0, -1.0), (30.0, 30.0, 25.0), 0.8)
    parts = [supine.gland, supine.skin, supine.ligament, supine.mass, supine.fluid]
    assert all(part.min() >= 0.0 for part in parts)
    assert (sum(parts) <= supine.inside + 1e-5).all()
    assert supine.inside[0].max() == 0.0  # above the skin
    assert supine.mass.max() > 0.99


def test_plain_patient_is_homogeneous() -> None:
    patient = plain_patient(thickness_mm=40.0, glandular_fraction=0.25)
    field = patient.tissue_field((-30.0, 5.0, 0.0), (30.0, 65.0, 40.0), 1.0)
    assert (field.inside == 1.0).all() and (field.gland == 0.25).all() and (field.skin == 0.0).all()
    supine = patient.supine_field((-10.0, -10.0, 2.0), (10.0, 10.0, 30.0), 1.0)
    assert (supine.inside == 1.0).all() and (supine.gland == 0.25).all()
    assert supine.ligament.max() == 0.0 and supine.mass.max() == 0.0


def test_supine_and_compressed_breast_show_the_same_tissue() -> None:
    patient = load_case("large-cluster").patient(5)
    field = patient.supine_field((-12.0, -12.0, 12.0), (12.0, 12.0, 26.0), 2.0)
    k, j, i = 3, 4, 5
    place = field.origin_mm + 2.0 * np.array([i, j, k])
    there = patient.supine.breast_from_supine(place[None])[0]
    voxel = patient.tissue_field(there - 1.0, there + 1.0, 2.0)
    assert abs(voxel.gland[0, 0, 0] - field.gland[k, j, i] - field.ligament[k, j, i]) < 1e-5


def test_a_mass_has_the_supine_size_asked_for() -> None:
    """The supine field, not the Jacobian, is measured: 7.1 x 3.6 mm in the plane of the report."""
    patient = load_case("case-1").patient(3)
    middle = patient.supine.supine_from_breast(patient.masses[0].solid.centres_mm)[0]
    field = patient.supine_field(middle - 6.0, middle + 6.0, 0.1)
    line = field.mass[60, 60], field.mass[:, 60, 60]
    across, deep = (float(part.sum()) * 0.1 for part in line)
    assert abs(across - 7.1) < 0.25
    assert abs(deep - 3.6) < 0.25
    assert_allclose(middle, [17.0, -17.0, 8.5], atol=1e-6)


def test_ducts_lie_inside_and_start_at_the_nipple() -> None:
    spec = breast()
    ducts = grow_ducts(spec, anatomy_parameters())
    roots = ducts.parents < 0
    assert roots.sum() == anatomy_parameters().lobes
    assert_allclose(ducts.capsules[roots, :3], np.tile([0.0, 90.0, 27.5], (roots.sum(), 1)))
    grown = ducts.capsules[~roots]
    assert spec.skin_distance_mm(grown[:, 3:6]).min() >= 5.0
    assert grown[:, 4].min() >= 5.0
    parents = ducts.parents[~roots]
    assert_allclose(ducts.capsules[parents, 3:6], grown[:, :3], atol=1e-12)
    assert ducts.path_to_nipple(len(ducts.capsules) - 1)[-1] in np.flatnonzero(roots)


@pytest.mark.parametrize("spacing", [0.1, 0.3, 1.0])
def test_a_duct_has_its_cross_section_at_any_spacing(spacing: float) -> None:
    """Alone in fat: the fraction summed over a plane across it is its area."""
    anatomy = anatomy_of(breast())
    shape = anatomy.shape.copy()
    shape[kernel.THRESHOLD], shape[kernel.LIGAMENT] = 1e7, 0.0
    bare = dataclasses.replace(anatomy, shape=shape)
    rows = anatomy.ducts.capsules
    length = np.linalg.norm(rows[:, 3:6] - rows[:, :3], axis=1)
    chosen = np.flatnonzero(anatomy.ducts.terminal & (length > 2.0))[:40]
    areas, expected = [], []
    for row in rows[chosen]:
        along = (row[3:6] - row[:3]) / np.linalg.norm(row[3:6] - row[:3])
        across = np.linalg.svd(along[None])[2][1:]
        step = np.arange(-1.5, 1.5, 0.04)
        plane = (step[:, None, None] * across[0] + step[None, :, None] * across[1]).reshape(-1, 3)
        found = bare.evaluate(0.5 * (row[:3] + row[3:6]) + plane, spacing)
        areas.append(found[:, 2].sum() * 0.04**2)
        expected.append(np.pi * (0.5 * (row[6] + row[7])) ** 2)
    assert abs(np.median(np.array(areas) / expected) - 1.0) < 0.05


def test_noise_has_the_spectrum_asked_for() -> None:
    noise = power_law_noise((64, 64, 64), 0.5, 3.0, 1.1, 16.0, rng=np.random.default_rng(0))
    power = np.abs(np.fft.fftn(noise)) ** 2
    wave = np.fft.fftfreq(64, 0.5)
    k = np.sqrt(sum(g**2 for g in np.meshgrid(wave, wave, wave)))
    rings = [(k >= lo) & (k < lo * 1.3) for lo in np.geomspace(0.1, 0.68, 8)]
    slope = np.polyfit(
        [np.log(k[r]).mean() for r in rings], [np.log(power[r].mean()) for r in rings], 1
    )
    assert abs(slope[0] + 3.0) < 0.1
    assert abs(noise.std() - 1.0) < 0.1
    assert power[(k < 1 / 16.1) | (k > 1 / 1.09)].max() < 1e-4 * power.max()


def test_twisted_noise_goes_on_where_it_repeats() -> None:
    """Across the seam it is as smooth as inside, once shifted, and not unless."""
    tile = power_law_noise(
        (16, 32, 128), 0.2, 3.0, 0.8, 3.0, rng=np.random.default_rng(1), twist=(50, 79)
    )
    for axis, shift in ((1, 50), (0, 79)):
        first, last = np.take(tile, 0, axis), np.take(tile, -1, axis)
        inside = np.diff(tile, axis=axis).std()
        assert abs((np.roll(first, -shift, axis=1) - last).std() / inside - 1.0) < 0.15
        assert (first - last).std() > 2.0 * inside
    knots = power_law_noise(
        (16, 32, 128), 0.2, 3.0, 0.8, 3.0, rng=np.random.default_rng(1), twist=(50, 79), spline=True
    )
    # Nodes carry 1/8, 6/8 and 1/8 of a quadratic spline's coefficients.
    inner = knots
    for axis in range(3):
        low, high = np.roll(inner, 1, axis), np.roll(inner, -1, axis)
        inner = 0.125 * (low + 6.0 * inner + high)
    assert_allclose(inner[2:-2, 2:-2], tile[2:-2, 2:-2], atol=1e-5)


def test_a_box_needs_a_size() -> None:
    with pytest.raises(ValueError, match="no box"):
        box_grid(np.zeros(3), np.zeros(3), 1.0)
    origin, shape = box_grid(np.zeros(3), np.array([3.0, 2.0, 1.0]), 0.5)
    assert shape == (2, 4, 6)
    assert_allclose(origin, 0.25)


def exponent(image: np.ndarray, spacing_mm: float) -> float:
    """Slope of the radial power spectrum of a square image between 0.1 and 0.8 per mm."""
    n = len(image)
    window = np.hanning(n)
    power = np.abs(np.fft.fft2((image - image.mean()) * np.outer(window, window))) ** 2
    wave = np.fft.fftfreq(n, spacing_mm)
    k = np.hypot(*np.meshgrid(wave, wave))
    rings = [(k >= lo) & (k < lo * 1.2) for lo in np.geomspace(0.1, 0.67, 11)]
    rings = [ring for ring in rings if ring.sum() > 3]
    points = [(np.log(k[r]).mean(), np.log(power[r]).mean()) for r in rings]
    return -float(np.polyfit(*np.array(points).T, 1)[0])


@pytest.mark.slow
def test_projections_have_the_anatomical_exponent() -> None:
    """Chen 2012 found 3.17 +- 0.23 between women in CC views."""
    found = []
    for seed in range(8):
        spec = breast(seed=seed)
        shape = (110, 90, 90)
        arrays = [np.zeros(shape, dtype=np.float32) for _ in range(3)]
        none = np.zeros((0, kernel.MASS_COLUMNS))
        anatomy_of(spec).fill_box(np.array([-22.25, 20.25, 0.25]), 0.5, none, *arrays)
        found.append(exponent(arrays[0].sum(axis=0), 0.5))
    assert 2.7 < np.mean(found) < 3.3
