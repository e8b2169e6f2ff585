"""Where the probe stands: the affine way between the breast at rest and the image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereosim.geometry.probe import LARGEST_STRAIN, STEEPEST_DEG, ProbePose

poses = st.builds(
    ProbePose,
    st.floats(-80.0, 80.0),
    st.floats(-80.0, 80.0),
    st.floats(0.0, 360.0),
    st.floats(-STEEPEST_DEG, STEEPEST_DEG),
    st.floats(0.0, LARGEST_STRAIN),
)
points = st.tuples(st.floats(-90.0, 90.0), st.floats(-90.0, 90.0), st.floats(0.0, 60.0))


@given(poses, points)
def test_there_and_back(pose: ProbePose, point: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(pose.supine_mm(pose.image_mm(point)), point, atol=1e-9)


@given(poses)
def test_volume_is_kept(pose: ProbePose) -> None:
    assert np.linalg.det(pose.matrix) == pytest.approx(1.0, abs=1e-12)


@given(poses, st.floats(-20.0, 20.0))
def test_the_array_stays_on_the_skin(pose: ProbePose, u_mm: float) -> None:
    place = pose.supine_mm([u_mm, 0.0, 0.0])
    np.testing.assert_allclose(place, pose.origin_mm + u_mm * pose.lateral_axis(), atol=1e-9)


def test_upright_and_light_the_depth_is_the_depth() -> None:
    pose = ProbePose(10.0, -5.0, 90.0)
    np.testing.assert_allclose(pose.image_mm([8.0, -2.0, 12.0]), [3.0, 2.0, 12.0], atol=1e-12)


def test_a_leaning_plane_shows_what_lies_across() -> None:
    pose = ProbePose(0.0, 0.0, 0.0, tilt_deg=30.0)
    s, c = math.sin(math.radians(30.0)), math.cos(math.radians(30.0))
    np.testing.assert_allclose(pose.supine_mm([0.0, 0.0, 20.0]), [0.0, 20.0 * s, 20.0 * c])


def test_pressure_brings_what_is_deep_nearer() -> None:
    pose = ProbePose(0.0, 0.0, 0.0, strain=0.25)
    np.testing.assert_allclose(pose.image_mm([5.0, 3.0, 20.0]), [5.0, 4.0, 15.0])


@pytest.mark.parametrize(
    ("tilt_deg", "strain", "named"),
    [(46.0, 0.0, "tilt_deg"), (0.0, -0.1, "strain"), (0.0, 0.5, "strain"), (math.nan, 0.0, "tilt")],
)
def test_what_no_hand_does_is_refused(tilt_deg: float, strain: float, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        ProbePose(0.0, 0.0, 0.0, tilt_deg, strain)
