"""The echo of a needle: where it lies, how it falls with the angle and beside the plane."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Grid
from stereosim.imaging.ultrasound.frame import draw_frames
from stereosim.imaging.ultrasound.shaft import Shaft, shaft_echoes, shaft_shadow
from tests.ultrasound_scenes import fat, silent, slim_probe

PROBE = slim_probe(width_mm=25.6, penetration_mm=500.0)
GRID = Grid(depth_mm=30.0, columns=160)
TIP = np.array([2.0, 0.0, 18.0])
DIAMETER, TAPER = 2.1, 6.0
ACOUSTICS = load_acoustics()
DARKEST = 10.0 ** (ACOUSTICS.shadow_floor_db / 20.0)


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
    part &= places[:, 2] < TIP[2] - 0.4 * DIAMETER  # its tail seems to lie below
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


def test_tissue_is_the_same_beside_the_needle_and_dark_behind_it():
    tissue = fat(half_width_mm=16.0).medium(PROBE, GRID, 18.0)
    bare, with_needle = picture(tissue, None).envelope, picture(tissue, shaft(10.0)).envelope
    above = slice(0, round(10.0 / GRID.row_mm))
    np.testing.assert_allclose(with_needle[above], bare[above], atol=0.02)
    # Its point is at 2 mm; a beam is 1 to 2 mm wide.
    beyond = slice(round((2.0 + 6.0) / 0.16) + 80, None)
    np.testing.assert_allclose(with_needle[:, beyond], bare[:, beyond], atol=0.02)
    behind = (slice(round(24.0 / GRID.row_mm), None), slice(0, 60))
    assert np.mean(with_needle[behind] ** 2) < 0.01 * np.mean(bare[behind] ** 2)
    assert np.abs(with_needle - bare).max() > 30.0


def test_a_helper_thread_changes_no_bit():
    tissue = fat(half_width_mm=16.0).medium(PROBE, GRID, 18.0)
    pose = ProbePose(0.3, 0.1, 20.0)
    alone = next(draw_frames(tissue, (pose,), 1.0, PROBE, seed=2, shaft=shaft(10.0)))
    with ThreadPoolExecutor(1) as helper:
        frames = draw_frames(tissue, (pose,), 1.0, PROBE, seed=2, shaft=shaft(10.0), helper=helper)
        np.testing.assert_array_equal(next(frames).envelope, alone.envelope)


def test_the_tail_lies_below_the_shaft_in_even_weaker_lines(medium):
    """Steel is 3.8 times as fast as tissue, so a width of 2.1 mm is crossed as if it were 0.56."""
    a = medium.acoustics
    places, echoes = shaft_echoes(shaft(0.0), medium)
    surface = TIP[2] - 0.5 * DIAMETER
    # Behind the taper, where all lines lie at even depths.
    lines = {}
    for depth, echo in zip(places[:, 2], echoes, strict=True):
        if depth > surface + 0.3 and np.isclose(
            (depth - surface) / 0.5576, round((depth - surface) / 0.5576), atol=0.01
        ):
            lines.setdefault(round((depth - surface) / 0.5576), []).append(echo)
    mean = np.array([np.abs(np.median(lines[k])) for k in (1, 2, 3)])
    np.testing.assert_allclose(20 * np.log10(mean[:-1] / mean[1:]), a.needle_tail_fall_db, rtol=0.1)
    front = places[:, 2] == surface
    first = 20 * np.log10(mean[0] / np.median(echoes[front]))
    assert first == pytest.approx(20 * np.log10(1.0 - 0.945**2), abs=0.5)


def shade_at(beam, needle, offset_mm, u, w):
    """Factor of the shadow at (u, w) for a needle `offset_mm` beside the plane y = 0."""
    columns = 2 * (GRID.columns + beam.lateral.shape[1] // 2)
    tip = np.add(needle.tip_mm, [0.0, offset_mm, 0.0])
    shade = shaft_shadow(tip, tip - needle.axis, DIAMETER, TAPER, beam, columns, ACOUSTICS)
    if shade is None:
        return np.ones(len(u))
    column = np.rint(np.asarray(u) / (0.5 * beam.column_mm) + 0.5 * (columns - 2)).astype(int)
    row = np.rint(np.asarray(w) / beam.grid.row_mm).astype(int)
    return shade[column % 2, row, column // 2]


@pytest.mark.parametrize("offset", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("azimuth", [0.0, 30.0])
def test_the_shadow_is_the_share_of_rays_that_meet_the_shaft(medium, offset, azimuth):
    """Rays of a beam as wide as the lens's, from a cone of f/2 to the place: they are shot."""
    beam, needle = medium.beam, shaft(20.0, azimuth)
    rng = np.random.default_rng(0)
    u, w = -5.0, 26.0
    power = np.abs(beam.elevation)
    v = (np.arange(power.shape[1]) + 0.5) * ELEVATION_BIN_MM
    tip = np.add(needle.tip_mm, [0.0, offset, 0.0])
    depth = tip[2] + (u - tip[0]) / needle.axis[0] * needle.axis[2]
    row = round(depth / beam.grid.row_mm)
    sd = np.sqrt((power[row] * v**2).sum() / power[row].sum())
    n = 200_000
    cone = rng.normal(0.0, (w - depth) / 2.0 / np.sqrt(12.0), n)
    rays = np.column_stack([u + cone, rng.normal(0.0, sd, n)])
    flat = needle.axis[:2] / np.hypot(*needle.axis[:2])
    away = rays - tip[:2]
    along, beside = away @ flat, away @ [-flat[1], flat[0]]
    hit = ((np.abs(beside) < 0.5 * DIAMETER) & (along < 0.0)).mean()
    expected = max((1.0 - hit) ** 2, DARKEST)
    got = shade_at(beam, needle, offset, [u], [w])[0]
    assert got == pytest.approx(expected, abs=0.03)


def test_the_shadow_lies_behind_the_shaft_and_nowhere_else(medium):
    beam, needle = medium.beam, shaft(15.0)
    behind = np.array([-10.0, -5.0])
    surface = TIP[2] + (behind - TIP[0]) * np.tan(np.radians(15.0)) - 0.5 * DIAMETER
    np.testing.assert_array_equal(shade_at(beam, needle, 0.0, behind, surface - 1.0), 1.0)
    np.testing.assert_allclose(
        shade_at(beam, needle, 0.0, behind, surface + 4.0), DARKEST, atol=0.02
    )
    beyond = [5.0, 8.0]
    np.testing.assert_allclose(shade_at(beam, needle, 0.0, beyond, [25.0, 25.0]), 1.0, atol=0.01)
    np.testing.assert_array_equal(shade_at(beam, needle, 6.0, behind, [28.0, 28.0]), 1.0)
    # A wider needle takes more of the beam that passes beside it.
    tip = np.add(TIP, [0.0, 1.5, 0.0])
    thin = shaft_shadow(tip, tip - needle.axis, 2.1, TAPER, beam, 360, ACOUSTICS)
    thick = shaft_shadow(tip, tip - needle.axis, 3.8, TAPER, beam, 360, ACOUSTICS)
    assert thick.min() < 0.5 * thin.min()
