"""The compiled kernels of ultrasound against their naive twins, and one signature each."""

import numpy as np
import pytest
from scipy import ndimage

from stereosim.geometry.probe import ProbePose
from stereosim.kernels import ultrasound as kernels
from stereosim.kernels.medium import spread_loss, spread_shade
from stereosim.kernels.observer import ring_contrast
from tests.reference import medium as medium_reference
from tests.reference import observer as observer_reference
from tests.reference import ultrasound as reference


def beam(rng, rows, bins=30):
    return {
        "phase": np.cumsum(rng.uniform(3.0, 4.0, rows)),
        "wavenumber": rng.uniform(60.0, 90.0, rows),
        "elevation": (rng.normal(size=(rows, bins)) + 1j * rng.normal(size=(rows, bins))).astype(
            np.complex64
        ),
    }


def grids(shape):
    return [np.zeros(shape, np.float32) for _ in range(2)]


@pytest.mark.parametrize(
    ("planes", "pose"),
    [
        (1, ProbePose(0.2, -0.3)),
        (1, ProbePose(0.2, -0.3, 90.0)),
        (1, ProbePose(0.2, -0.3, -143.0, 0.0, 0.3)),
        (1, ProbePose(0.2, -0.8, 0.0, 25.0)),
        (1, ProbePose(0.2, 0.3, 23.0, -45.0)),
        (1, ProbePose(-0.9, 0.2, 90.0, 45.0, 0.4)),
        (1, ProbePose(0.5, -0.8, -143.0, -17.0, 0.1)),
        (3, ProbePose(0.2, -0.3, 23.0)),
        (3, ProbePose(0.2, -0.3, 90.0, 0.0, 0.2)),
    ],
)
def test_scatterers(planes, pose):
    rng = np.random.default_rng(7)
    rows = 40
    known = beam(rng, rows)
    turn = np.exp(-2j * np.pi * np.arange(1024) / 1024).astype(np.complex64)
    reach = np.where(np.arange(rows) < 12, 0.0, rng.uniform(0.4, 1.4, rows))  # above: left as it is
    fixed = (
        12345, np.array([0.51, 0.43, 0.25]),
        rng.uniform(0.5, 2.0, (9, 14, 16)).astype(np.float32),
        np.array([-3.1, -2.6, 0.2]), 0.4, np.array([pose.x_mm, pose.y_mm]), pose.matrix,
        0.15, 0.1, known["phase"], known["wavenumber"], known["elevation"], 0.05,
        reach, turn, 0.45,
    )  # fmt: skip
    ours, naive = grids((planes, 2, rows, 12)), grids((planes, 2, rows, 12))
    count = kernels.splat_tissue(*fixed, *ours)
    assert count == reference.splat_tissue(*fixed, *naive) > 100
    for a, b in zip(ours, naive, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-2)  # the circle is cut into 1024 parts
        assert not a[:, :, :12].any()


def test_scatterers_of_a_stack_are_those_of_single_planes():
    rng = np.random.default_rng(8)
    known = beam(rng, 40)
    turn = np.exp(-2j * np.pi * np.arange(1024) / 1024).astype(np.complex64)
    amplitude = rng.uniform(0.5, 2.0, (9, 14, 16)).astype(np.float32)

    def splat(y, planes):
        out = grids((planes, 2, 40, 12))
        kernels.splat_tissue(
            5, np.array([0.51, 0.43, 0.25]), amplitude, np.array([-3.1, -2.6, 0.2]), 0.4,
            np.array([0.2, y]), np.eye(3), 0.15, 0.1, known["phase"], known["wavenumber"],
            known["elevation"], 0.05, np.full(40, 1.0), turn, 0.5, *out,
        )  # fmt: skip
        return out[0]

    stack = splat(-0.5, 3)
    for i in range(3):
        np.testing.assert_allclose(stack[i], splat(-0.5 + 0.5 * i, 1)[0], atol=1e-4)


def test_points():
    rng = np.random.default_rng(9)
    known = beam(rng, 50)
    n = 60
    points = (
        rng.uniform(-3, 3, n), rng.uniform(-2, 2, n), rng.uniform(-1, 6, n), rng.normal(size=n),
        0.15, 0.1, known["phase"], known["wavenumber"], known["elevation"], 0.05,
    )  # fmt: skip
    ours, naive = grids((2, 50, 14)), grids((2, 50, 14))
    kernels.splat_points(*points, *ours)
    reference.splat_points(*points, *naive)
    assert np.any(ours[0])
    for a, b in zip(ours, naive, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_image():
    rng = np.random.default_rng(10)
    single = [
        rng.normal(size=shape).astype(np.float32)
        for shape in [(2, 30, 20), (2, 30, 20), (30, 9), (30, 9), (30, 7), (30, 15), (30, 15)]
    ]
    ours, naive = np.empty((30, 15), np.float32), np.empty((30, 15))
    kernels.form_image(*single, ours)
    reference.form_image(*single, naive)
    np.testing.assert_allclose(ours, naive, rtol=1e-4, atol=1e-4)


def test_lattice():
    lattice = np.array([0.9, 1.3, 0.7])
    ours, naive = np.empty((6, 7, 8), np.float32), np.empty((6, 7, 8))
    kernels.lattice_noise(99, np.array([-2.3, 0.4, -1.1]), 0.4, lattice, ours)
    reference.lattice_noise(99, np.array([-2.3, 0.4, -1.1]), 0.4, lattice, naive)
    np.testing.assert_allclose(ours, naive, atol=1e-6)
    large = np.empty((60, 60, 60), np.float32)
    kernels.lattice_noise(99, np.zeros(3), 0.9, lattice, large)
    assert large.mean() == pytest.approx(0.0, abs=0.02)
    assert large.std() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("rank", [0, 1, 4])
def test_ring(rank):
    rng = np.random.default_rng(11)
    point, smooth = (rng.exponential(size=(20, 25)).astype(np.float32) for _ in range(2))
    point[:4], smooth[:8] = 0.0, 0.0
    down, across = rng.integers(-6, 7, (2, 8))
    ours, naive = np.empty((20, 25), np.float32), np.empty((20, 25))
    ring_contrast(point, smooth, down, across, rank, ours)
    observer_reference.ring_contrast(point, smooth, down, across, rank, naive)
    np.testing.assert_allclose(ours, naive, rtol=1e-4, atol=1e-4)


SPECKS = np.array([[1, 0, 3], [4, 5, 5], [4, 11, 0], [7, 2, 9]]), np.array([3.0, 1.0, 20.0, 5.0])


@pytest.mark.parametrize("sizes", [(5, 5), (3, 7)])
def test_loss_and_its_twin(sizes):
    rng = np.random.default_rng(12)
    taps = [share / share.sum() for share in (rng.uniform(size=n) for n in sizes)]
    fixed = (
        rng.uniform(0.3, 3.0, (9, 12, 10)).astype(np.float32), rng.uniform(0.5, 2.0, 9),
        rng.uniform(0.1, 0.5, 9), *taps, 2, *SPECKS,
    )  # fmt: skip
    ours, naive = (np.empty((9, 12, 10), np.float32) for _ in range(2))
    spread_loss(*fixed, ours)
    medium_reference.spread_loss(*fixed, naive)
    np.testing.assert_allclose(ours, naive, rtol=1e-6, atol=1e-6)


def test_shade_agrees_with_the_naive_twin():
    rng = np.random.default_rng(5)
    taps = [rng.uniform(0.0, 1.0, n) for n in (5, 7)]
    taps = [some / some.sum() for some in taps]
    stops = (rng.uniform(0.0, 1.0, (9, 12, 10)) * (rng.random((9, 12, 10)) < 0.1)).astype("f4")
    ours, naive = ([np.empty((9, 12, 10), np.float32) for _ in range(2)] for _ in range(2))
    spread_shade(stops, *taps, 0.9, *ours)
    medium_reference.spread_shade(stops, *taps, 0.9, *naive)
    np.testing.assert_allclose(ours, naive, rtol=1e-6, atol=1e-6)


def test_loss_spreads_level_as_a_gaussian_filter():
    rng = np.random.default_rng(13)
    attenuation = rng.uniform(0.3, 3.0, (9, 12, 10)).astype(np.float32)
    bell = np.exp(-0.5 * np.arange(-2, 3) ** 2 / 0.55**2)
    bell /= bell.sum()
    ours = np.empty_like(attenuation)
    spread_loss(attenuation, np.zeros(9), np.ones(9), bell, bell, 0, *SPECKS, ours)
    summed = np.zeros((12, 10))
    for k in range(9):
        np.testing.assert_array_equal(ours[k], (summed + 0.5 * attenuation[k]).astype(np.float32))
        summed += attenuation[k]
        for (at, j, i), db in zip(*SPECKS, strict=True):
            summed[j, i] += db if at == k else 0.0
        summed = ndimage.gaussian_filter(summed, 0.55, mode="nearest", truncate=3.0)
