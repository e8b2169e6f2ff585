"""The echo of a needle: where it lies, how it falls with the angle and beside the plane."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import draw_frames
from stereosim.imaging.ultrasound.shaft import Shaft, shaft_echoes
from tests.ultrasound_scenes import fat, silent, slim_probe

PROBE = slim_probe(width_mm=25.6, penetration_mm=500.0)
GRID = Grid(depth_mm=30.0, columns=160)
TIP = np.array([2.0, 0.0, 18.0])
DIAMETER, TAPER = 2.1, 6.0


def shaft(tilt_deg, azimuth_deg=0.0, tip=TIP):
    tilt, turn = np.radians([tilt_deg, azimuth_deg])
    axis = np.array(
        [np.cos(tilt) * np.cos(turn), np.cos(tilt) * np.sin(turn), np.sin(tilt)],
    )
    return Shaft(np.asarray(tip, float), axis, DIAMETER, TAPER)


@pytest.fixture(scope="module")
def medium():
    """No tissue, no noise: the needle alone."""
    return silent(half_width_mm=16.0, half_thickness_mm=10.0).medium(PROBE, GRID, 18.0)


def picture(medium, needle, pose=None):
    pose = ProbePose(0.0, 0.0) if pose is None else pose
    return next(draw_frames(medium, (pose,), 1.0, PROBE, seed=0, shaft=needle))


def level_along(frame, needle, behind_mm):
    """Mean level (dB) of the shaft's upper edge at distances behind the point, (n,)."""
    across = needle.axis[2] * needle.axis - [0.0, 0.0, 1.0]
    across /= max(np.linalg.norm(across), 1e-9)
    places = needle.tip_mm - behind_mm[:, None] * needle.axis + 0.5 * DIAMETER * across
    rows = np.rint(places[:, 2] / frame.row_mm).astype(int)
    u = (places[:, 0] - frame.pose.x_mm) / frame.column_mm
    columns = np.rint(u + 0.5 * (frame.envelope.shape[1] - 1)).astype(int)
    power = [
        frame.envelope[r - 3 : r + 4, c].max() ** 2 for r, c in zip(rows, columns, strict=True)
    ]
    return 10.0 * np.log10(np.mean(power))


BEHIND = np.arange(TAPER + 1.0, TAPER + 6.0, 0.2)


def test_a_shallow_needle_is_bright_along_its_line_and_nowhere_else(medium):
    needle = shaft(10.0)
    frame = picture(medium, needle)
    # Speckle of fat has the level 0.
    assert level_along(frame, needle, BEHIND) > 20.0
    row, column = np.nonzero(frame.envelope > 10.0)
    u = (column - 0.5 * (frame.envelope.shape[1] - 1)) * frame.column_mm
    places = np.column_stack([u, np.zeros(u.size), row * frame.row_mm])
    away = places - needle.tip_mm
    along = away @ needle.axis
    beside = np.linalg.norm(away - along[:, None] * needle.axis, axis=1)
    assert beside.max() < 0.5 * DIAMETER + 1.0
    assert along.max() < 1.0


def test_the_needle_fades_beside_the_plane(medium):
    levels = [
        level_along(picture(medium, shaft(10.0), ProbePose(0.0, y)), shaft(10.0), BEHIND)
        for y in (0.0, 1.0, 2.0, 6.0)
    ]
    assert np.all(np.diff(levels) < -5.0)
    nothing = picture(medium, None, ProbePose(0.0, 6.0)).envelope
    np.testing.assert_array_equal(
        picture(medium, shaft(10.0), ProbePose(0.0, 6.0)).envelope, nothing
    )


def test_the_shaft_falls_with_its_tilt_as_published(medium):
    """Linearly in grey, that is in dB (Schafhalter-Zoppoth 2004): no step, and lost when steep."""
    tilts = np.array([0.0, 15.0, 30.0, 45.0, 60.0])
    levels = np.array([level_along(picture(medium, shaft(t)), shaft(t), BEHIND) for t in tilts])
    assert np.all(np.diff(levels) < 0.0)
    assert levels[0] > 35.0  # white on a usual display
    assert levels[-1] < 10.0  # lost in gland, which is 10 dB over fat
    fit = np.polyval(np.polyfit(tilts, levels, 1), tilts)
    assert 1.0 - ((levels - fit) ** 2).sum() / ((levels - levels.mean()) ** 2).sum() > 0.8


@pytest.mark.parametrize("tilt", [8.0, 25.0, 45.0, 70.0])
def test_the_point_is_where_it_is_and_outshines_the_steep_shaft(medium, tilt):
    needle = shaft(tilt)
    frame = picture(medium, needle)
    row, column = np.unravel_index(
        np.where(
            np.arange(frame.envelope.shape[0])[:, None] > 17.0 / frame.row_mm, frame.envelope, 0.0
        ).argmax(),
        frame.envelope.shape,
    )
    if tilt > 20.0:
        assert frame.supine_mm(row, column) == pytest.approx(TIP, abs=1.0)
        assert 20.0 * np.log10(frame.envelope[row, column]) > level_along(frame, needle, BEHIND) + 5
    # Whatever the tilt, the bright line ends at the point.
    bright = np.nonzero(frame.envelope > 5.0)
    last = bright[1].max()
    ends = [frame.supine_mm(r, c) for r, c in zip(*bright, strict=True) if c == last]
    assert min(abs(end[2] - TIP[2]) for end in ends) < 1.0
    assert abs(ends[0][0] - TIP[0]) < 1.0


def test_a_needle_across_the_plane_is_a_dot(medium):
    crossing = shaft(20.0, azimuth_deg=90.0, tip=(2.0, 8.0, 20.0))
    frame = picture(medium, crossing)
    row, column = np.unravel_index(frame.envelope.argmax(), frame.envelope.shape)
    # Where its axis meets the plane y = 0, less the radius towards the probe.
    way = 8.0 / np.cos(np.radians(20.0))
    depth = 20.0 - way * np.sin(np.radians(20.0)) - 0.5 * DIAMETER
    assert frame.supine_mm(row, column) == pytest.approx([2.0, 0.0, depth], abs=0.6)
    bright = np.nonzero(frame.envelope > 0.5 * frame.envelope.max())[1]
    assert np.ptp(bright) * frame.column_mm < DIAMETER + 0.5


def test_the_specular_echo_of_a_lying_shaft_is_that_of_a_cylinder(medium):
    """Sum over a length L of the amplitude R L sqrt(a / (2 lambda)): stationary phase around it."""
    smooth = replace(medium, acoustics=replace(medium.acoustics, needle_diffuse_db=-200.0))
    places, echoes = shaft_echoes(shaft(0.0), smooth)
    part = (places[:, 0] < 2.0 - TAPER) & (places[:, 0] > 2.0 - TAPER - 5.0)
    a = medium.acoustics
    frequency = medium.frequency_at(places[part][:1])
    wavelength = a.wavelength_mm(frequency)[0]
    k, radius = 2.0 * np.pi / wavelength, 0.5 * DIAMETER
    # Independent: the integral over the circumference, done numerically.
    y = np.linspace(-radius, radius, 400001)
    round_trip = 2.0 * k * (radius - np.sqrt(np.maximum(radius**2 - y**2, 0.0)))
    facing = np.sqrt(np.maximum(1.0 - (y / radius) ** 2, 0.0))
    width = abs(np.trapezoid(facing * np.exp(-1j * round_trip), y))
    reflection = (46.4 - a.fat_impedance_mrayl) / (46.4 + a.fat_impedance_mrayl)
    expected = reflection * width / wavelength * 5.0 * medium.echo_at(places[part][:1])[0]
    assert echoes[part].sum() == pytest.approx(expected, rel=0.02)


def test_tissue_is_the_same_beside_the_needle():
    tissue = fat(half_width_mm=16.0).medium(PROBE, GRID, 18.0)
    bare, with_needle = picture(tissue, None).envelope, picture(tissue, shaft(10.0)).envelope
    below = slice(round(22.0 / GRID.row_mm), None)
    np.testing.assert_allclose(with_needle[below], bare[below], atol=0.02)
    assert np.abs(with_needle - bare).max() > 30.0


def test_a_helper_thread_changes_no_bit():
    tissue = fat(half_width_mm=16.0).medium(PROBE, GRID, 18.0)
    pose = ProbePose(0.3, 0.1, 20.0)
    alone = next(draw_frames(tissue, (pose,), 1.0, PROBE, seed=2, shaft=shaft(10.0)))
    with ThreadPoolExecutor(1) as helper:
        frames = draw_frames(tissue, (pose,), 1.0, PROBE, seed=2, shaft=shaft(10.0), helper=helper)
        np.testing.assert_array_equal(next(frames).envelope, alone.envelope)
