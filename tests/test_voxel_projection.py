"""The projector of voxels: bands and threads, the faces of the box, rays across it."""

import numpy as np
import pytest

from stereosim.imaging.background import project_volume
from stereosim.kernels.voxel_projection import project_slices
from tests.reference import voxel_projection as reference

SOURCE = np.array([-68.0, 51.0, 627.0])
ORIGIN = np.array([-3.0, 10.0, 0.7])
SPACING = np.array([0.4, 0.6, 0.5])
DETECTOR = np.array([-9.0, 0.11, 22.0, -0.13, -20.0])


def noise(shape, seed=2):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


@pytest.mark.parametrize("shape", [(4, 9, 8), (1, 2, 3), (3, 1, 5), (3, 5, 1), (2, 1, 1)])
@pytest.mark.parametrize("step", [(0.11, -0.13), (-0.5, 0.9), (2.1, 1.7)])
def test_fine_and_coarse_detectors_agree_with_the_twin(shape, step):
    """Several rows between two voxel lines, and several lines between two rows."""
    # The box lies before the middle of the detector.
    detector = np.array([0.8 - 15 * step[0], step[0], 10.0 - 20 * step[1], step[1], -20.0])
    ours, slow = np.empty((40, 30), np.float32), np.empty((40, 30), np.float32)
    arguments = (noise(shape), ORIGIN, SPACING, SOURCE, detector)
    project_slices(*arguments, ours)
    reference.project_slices(*arguments, slow)
    assert slow.std() > 0.01 or shape[1:] == (1, 1)
    assert ours == pytest.approx(slow, abs=1e-5)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(threads):
    volume, shape = noise((20, 40, 30)), (201, 170)
    alone, together = np.empty(shape, np.float32), np.empty(shape, np.float32)
    arguments = (volume, ORIGIN, SPACING, SOURCE, DETECTOR)
    project_volume(*arguments, alone)
    project_volume(*arguments, together, threads=threads)
    assert np.array_equal(alone, together)
    whole = np.empty(shape, np.float32)
    project_slices(*arguments, whole)
    assert alone == pytest.approx(whole, abs=1e-4)
    assert alone.std() > 0.1


def test_a_linear_volume_is_integrated_exactly():
    """Joseph's sums are exact for values linear in x, y and z, inside the box."""
    z, y, x = np.mgrid[0:30, 0:60, 0:80]
    centres = np.stack([x, y, z], axis=-1) * SPACING + ORIGIN
    slope = np.array([0.02, -0.01, 0.03])
    volume = (centres @ slope).astype(np.float32)
    source = np.array([10.0, 25.0, 600.0])
    detector = np.array([-2.0, 0.5, 12.0, 0.5, -20.0])
    out = np.empty((40, 40), np.float32)
    project_volume(volume, ORIGIN, SPACING, source, detector, out)
    r, c = np.mgrid[0:40, 0:40]
    ends = np.stack([-2.0 + 0.5 * c, 12.0 + 0.5 * r, np.full(r.shape, -20.0)], axis=-1)
    low = ORIGIN[2] - 0.5 * SPACING[2]
    high = low + 30 * SPACING[2]
    middle = source + (source[2] - 0.5 * (low + high)) / (source[2] + 20.0) * (ends - source)
    length = (high - low) * np.linalg.norm(ends - source, axis=-1) / (source[2] + 20.0)
    assert out == pytest.approx(length * (middle @ slope), abs=2e-4)


def test_the_volume_goes_on_as_at_its_faces():
    volume = noise((5, 6, 7))
    wide = np.pad(volume, ((0, 0), (30, 30), (40, 40)), mode="edge")
    corner = ORIGIN - np.array([40.0, 30.0, 0.0]) * SPACING
    small, large = np.empty((50, 50), np.float32), np.empty((50, 50), np.float32)
    detector = np.array([-1.0, 0.2, 7.0, 0.2, -20.0])  # the box and as much again on each side
    project_volume(volume, ORIGIN, SPACING, SOURCE, detector, small)
    project_volume(wide, corner, SPACING, SOURCE, detector, large)
    assert small == pytest.approx(large, abs=1e-5)
    assert small.std() > 0.01
