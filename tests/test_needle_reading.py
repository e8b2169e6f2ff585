"""The needle as it is read in a frame: held against the needle that was put there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import draw_frames, scan_frame
from stereosim.imaging.ultrasound.needle_null import null_statistics
from stereosim.imaging.ultrasound.needle_reading import (
    ExpectedNeedle,
    load_needle_reader,
    read_needle,
)
from stereosim.imaging.ultrasound.shaft import Shaft
from tests.ultrasound_scenes import fat, gland, slim_probe

PROBE = slim_probe(width_mm=32.0)
GRID = Grid(depth_mm=32.0, columns=200)
ENTRY = np.array([-18.0, 0.0, 0.0])
GUN, VACUUM = (2.11, 5.0), (3.05, 7.0)
TEXTURED = load_acoustics()


@pytest.fixture(scope="module")
def media():
    box = {"half_width_mm": 19.0, "half_thickness_mm": 7.0, "depth_mm": 33.0}
    return {
        "fat": fat(acoustics=TEXTURED, **box).medium(PROBE, GRID, 18.0),
        "gland": gland(acoustics=TEXTURED, **box).medium(PROBE, GRID, 18.0),
    }


def axis_at(tilt_deg, side=1.0):
    tilt = np.radians(tilt_deg)
    return np.array([side * np.cos(tilt), 0.0, np.sin(tilt)])


def expected(tilt_deg, needle, side=1.0):
    """What the hand knows: where it went in, and about how steeply."""
    return ExpectedNeedle(ENTRY * [side, 1.0, 1.0], axis_at(tilt_deg, side), *needle)


def picture(medium, tip, axis, needle, pose=None, seed=0):
    pose = ProbePose(0.0, 0.0) if pose is None else pose
    shaft = Shaft(tip, axis, *needle)
    return next(draw_frames(medium, (pose,), 1.0, PROBE, seed=seed, shaft=shaft))


def readings(medium, needle, tilts, *, offset_mm=0.0, seed=0):
    """Readings of needles held by 4 degrees otherwise than meant, and the true points and axes."""
    rng = np.random.default_rng(seed)
    found = []
    for k, tilt in enumerate(tilts):
        axis = axis_at(tilt + rng.uniform(-4.0, 4.0))
        tip = ENTRY + axis * min(28.0, 22.0 / axis[2]) * rng.uniform(0.8, 1.0)
        tip[1] += offset_mm
        frame = picture(medium, tip, axis, needle, seed=k)
        found.append((read_needle(frame, expected(tilt, needle)), tip, axis))
    return found


@pytest.mark.parametrize(("needle", "usual_mm"), [(GUN, 1.0), (VACUUM, 1.5)])
def test_in_the_plane_the_point_is_read_to_a_millimetre(media, needle, usual_mm):
    along, across, turned = [], [], []
    for reading, tip, axis in readings(media["fat"], needle, [20, 25, 30, 35, 40, 45]):
        assert reading.seen
        miss = reading.tip_mm - tip
        along.append(miss @ axis)
        across.append(miss @ [-axis[2], 0.0, axis[0]])
        turned.append(np.degrees(np.arccos(min(1.0, reading.axis @ axis))))
        assert abs(miss[1]) < 1e-9
    assert np.median(np.abs(along)) < usual_mm
    assert np.max(np.abs(along)) < 3.5
    assert np.max(np.abs(across)) < 1.0
    assert np.max(turned) < 3.0


def test_beside_the_plane_less_is_seen_until_there_is_nothing(media):
    lengths, statistics = [], []
    for offset in (0.0, 1.0, 2.0, 4.0):
        found = [r for r, _, _ in readings(media["fat"], GUN, [20, 25, 30, 35], offset_mm=offset)]
        lengths.append(np.mean([r.visible_mm for r in found]))
        statistics.append(np.mean([r.statistic for r in found]))
    assert np.all(np.diff(statistics) < 0.0)
    assert lengths[0] > 15.0  # of 20 to 25 mm inside
    assert lengths[-1] < 0.5 * lengths[0]
    assert statistics[0] > 3.0 * load_needle_reader().threshold_db_mm
    assert statistics[-1] < load_needle_reader().threshold_db_mm


def test_a_steep_needle_gives_less_light(media):
    reader = replace(load_needle_reader(), shadow_share=0.0)
    means = []
    for tilt in (25.0, 45.0, 60.0):
        axis = axis_at(tilt)
        statistics = []
        for k, inside in enumerate((22.0, 23.0, 24.0)):
            frame = picture(media["fat"], ENTRY + inside * axis, axis, GUN, seed=k)
            statistics.append(read_needle(frame, expected(tilt, GUN), reader=reader).statistic)
        means.append(np.mean(statistics))
    assert np.all(np.diff(means) < 0.0)


def test_in_gland_the_shadow_gives_the_needle_away(media):
    """Its light hardly stands out there."""
    blind = replace(load_needle_reader(), shadow_share=0.0)
    seen = {"light": [], "both": []}
    for k, tilt in enumerate((20.0, 26.0, 32.0, 40.0)):
        axis = axis_at(tilt)
        frame = picture(media["gland"], ENTRY + 24.0 * axis, axis, GUN, seed=k)
        seen["light"].append(read_needle(frame, expected(tilt, GUN), reader=blind).seen)
        seen["both"].append(read_needle(frame, expected(tilt, GUN)).seen)
    assert np.mean(seen["both"]) > 0.7
    assert np.mean(seen["light"]) < 0.5


def test_a_needle_that_leaves_the_plane_seems_shorter(media):
    tilt, turn = np.radians([25.0, 12.0])
    axis = np.array([np.cos(tilt) * np.cos(turn), np.cos(tilt) * np.sin(turn), np.sin(tilt)])
    tip = ENTRY + 28.0 * axis
    whole = read_needle(picture(media["fat"], tip, axis, GUN), expected(25.0, GUN))
    seen_to = np.linalg.norm(whole.tip_mm - ENTRY)
    assert not whole.seen or seen_to < 24.0
    # With the probe turned about the entry the whole of it is there.
    middle = ENTRY[:2] + 18.0 * np.array([np.cos(turn), np.sin(turn)])
    frame = picture(media["fat"], tip, axis, GUN, ProbePose(*middle, 12.0))
    found = read_needle(frame, ExpectedNeedle(ENTRY, axis, *GUN))
    assert found.seen
    assert found.tip_mm == pytest.approx(tip, abs=1.5)


def test_from_the_other_side_it_is_the_same_needle(media):
    axis = axis_at(25.0, side=-1.0)
    tip = ENTRY * [-1.0, 1.0, 1.0] + 24.0 * axis
    frame = picture(media["fat"], tip, axis, VACUUM)
    reading = read_needle(frame, expected(27.0, VACUUM, side=-1.0))
    assert reading.seen
    assert reading.tip_mm == pytest.approx(tip, abs=1.5)
    assert reading.axis[0] < 0.0


def test_a_tilted_and_pressed_plane_is_read_where_the_breast_rests():
    pose = ProbePose(0.0, -5.0, tilt_deg=12.0, strain=0.1)
    # A needle in that very plane: both of its ends are.
    start, end = pose.supine_mm(np.array([[-18.0, 0.0, 1.0], [8.0, 0.0, 15.0]]))
    axis = (end - start) / np.linalg.norm(end - start)
    tissue = fat(half_width_mm=19.0, half_thickness_mm=14.0, depth_mm=40.0)
    frame = scan_frame(tissue, pose, PROBE, seed=0, grid=GRID, shaft=Shaft(end, axis, *GUN))
    reading = read_needle(frame, ExpectedNeedle(start, axis, *GUN))
    assert reading.seen
    assert reading.tip_mm == pytest.approx(end, abs=1.5)
    assert reading.axis @ axis > np.cos(np.radians(3.0))


def test_where_no_needle_could_be_seen_none_is_read(media):
    frame = next(draw_frames(media["fat"], (ProbePose(0.0, 0.0),), 1.0, PROBE, seed=0))
    crossing = ExpectedNeedle(np.array([0.0, -20.0, 0.0]), np.array([0.0, 0.9, 0.436]), *GUN)
    assert read_needle(frame, crossing) is None
    beyond = ExpectedNeedle(np.array([15.0, 0.0, 0.0]), axis_at(25.0), *GUN)
    assert read_needle(frame, beyond) is None


def test_in_breasts_without_a_needle_few_are_seen():
    """Six patients that the threshold was not measured in; two needles looked for in each."""
    statistics = np.array(list(null_statistics(6, seed=4711)))
    assert statistics.size == 12
    assert np.mean(statistics > load_needle_reader().threshold_db_mm) <= 0.17
