"""Needles as exact solids: what they are made of, how long rays run in them, where they end."""

import numpy as np
import pytest

from stereosim.biopsy.devices import load_devices
from stereosim.geometry import load_units, project, scout, stereo_pair
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.imaging.metal import find_needle_tip
from stereosim.imaging.needles import coaxial, needle_solids, point_mm
from stereosim.imaging.scene import Needle, Notch, Scene, marker_clip
from stereosim.imaging.xray import XrayMachine
from stereosim.kernels.chords import solid_chords
from tests.reference import chords as reference

UNITS = load_units()
DEVICES = load_devices()
DOWN = np.array([0.0, 0.0, -1.0])


def unit_vector(rng):
    vector = rng.standard_normal(3)
    return vector / np.linalg.norm(vector)


def any_rod(rng):
    """A rod in any pose, with any of point, notch and bore."""
    axis, radius = unit_vector(rng), rng.uniform(0.3, 2.3)
    side = np.cross(axis, unit_vector(rng))
    point = rng.choice([0.0, rng.uniform(0.5, 8.0)])
    near = rng.uniform(0.0, 6.0)
    notch = Notch(near, near + rng.uniform(2.0, 12.0), side, rng.uniform(-0.5, 0.5) * radius)
    return Needle(
        np.array([0.0, 30.0, 20.0]) + rng.uniform(-5, 5, 3),
        axis,
        rng.uniform(10.0, 25.0),
        2.0 * radius,
        point_mm=point,
        notch=notch if rng.random() < 0.7 else None,
        bore_mm=rng.choice([0.0, rng.uniform(0.3, 0.95) * 2.0 * radius]),
    )


def test_rods_in_any_pose_agree_with_walking_along_the_ray_twin():
    rng = np.random.default_rng(11)
    source = np.array([150.0, 0.0, 640.0])
    hits, worst = 0, 0.0
    for _ in range(60):
        needle = any_rod(rng)
        row = needle.row[None]
        back = rng.uniform(-0.5, needle.length_mm + 0.5, 6)
        beside = rng.uniform(-0.6, 0.6, (6, 3)) * needle.diameter_mm
        points = needle.tip_mm - back[:, None] * needle.axis + beside
        ends = source + 1.1 * (points - source)
        ours, slow = np.empty((6, 1)), np.empty((6, 1))
        solid_chords(source, ends, np.empty((0, 3)), np.empty((0, 3, 3)), row, ours)
        reference.solid_chords(source, ends, [], [], row, slow)
        # A grazing ray may be in the rod for less than the steps with which one walks.
        step = needle.length_mm / 5000
        far = np.abs(slow) > 5 * step
        hits += int(far.sum())
        error = np.abs(ours - slow)
        worst = max(worst, float(error[far].max(initial=0.0)))
        assert error[~far].max(initial=0.0) < 6 * step
    assert hits > 120
    assert worst < 1e-6


@pytest.mark.parametrize("name", ["ncb-14g", "vab-9g", "vab-11g-petite"])
@pytest.mark.parametrize("opened", [True, False])
def test_the_parts_of_a_needle_do_not_overlap(name, opened):
    device, rng = DEVICES[name], np.random.default_rng(3)
    side = np.array([1.0, 0.0, 0.0])
    parts = needle_solids(device, np.zeros(3), DOWN, side, opened=opened)
    radius = 0.5 * device.outer_diameter_mm
    points = rng.uniform([-radius, -radius, -1.0], [radius, radius, 45.0], (40000, 3))
    inside = np.array([reference.in_rod(points, part.row) for part in parts])
    assert inside.sum(axis=0).max() == 1
    back, across = points[:, 2], np.hypot(points[:, 0], points[:, 1])
    assert not inside.any(axis=0)[(back < 0.0) | (across > radius)].any()
    # At the middle of the aperture: a gun is covered, a vacuum probe is open to one side.
    aperture = np.abs(back - device.tip_offset_mm) < 3
    shell = aperture & (across > 0.95 * radius) & (across < radius)
    covered = inside.any(axis=0)[shell & (points[:, 0] > 0.3)].mean()
    assert covered == (0.0 if device.kind == "vacuum" and opened else 1.0)
    assert inside.any(axis=0)[shell & (points[:, 0] < -0.3)].all()


def series_of(name, view, thickness=50.0):
    machine = XrayMachine(UNITS[name])
    background = machine.slab_background(view, thickness, 0.25)
    return machine.series(background, machine.exposure(thickness, 0.25))


def test_an_open_aperture_lets_light_through_and_a_covered_notch_does_not():
    unit = UNITS["upright-hologic"]
    view = stereo_pair(unit)[0]
    series = series_of(unit.name, view)
    light = {}
    for name in ("vab-9g", "ncb-14g"):
        device = DEVICES[name]
        tip = np.array([0.0, 35.0, 8.0])
        # Beside the axis: along it rays slant through the wall that is left, and stop there.
        middle = tip + np.array([0.0, 0.3 * device.outer_diameter_mm, device.tip_offset_mm])
        column, row = np.rint(project(view, middle[None])[0]).astype(int)
        for opened in (True, False):
            parts = needle_solids(device, tip, DOWN, np.array([0.0, 1.0, 0.0]), opened=opened)
            image = series.image(Scene(50.0, needles=parts), rng=None).pixels - 50.0
            light[name, opened] = image[row, column] / series.scatter[row, column] / 1e-4
    assert light["vab-9g", True] > 3.0 * light["vab-9g", False]
    assert light["ncb-14g", True] == pytest.approx(light["ncb-14g", False])
    assert light["ncb-14g", True] == pytest.approx(1.0, abs=0.02)


def test_the_walls_of_an_introducer_are_denser_than_its_middle():
    unit = UNITS["upright-hologic"]
    view = scout(unit)
    series = series_of(unit.name, view)
    tube = coaxial(DEVICES["ncb-14g"], np.array([20.0, 35.0, 25.0]), np.array([1.0, 0.0, 0.0]))
    assert tube.bore_mm == DEVICES["ncb-14g"].outer_diameter_mm
    image = series.image(Scene(50.0, needles=(tube,)), rng=None).pixels
    column, row = project(view, np.array([[0.0, 35.0, 25.0]]))[0]
    line = image[:, round(column)] - 50.0 - 1e-4 * series.scatter[:, round(column)]
    wall = 0.5 * (tube.bore_mm / 2 + tube.diameter_mm / 2) / unit.pitch_mm * 1.06
    middle = line[round(row)]
    for side in (-1, 1):
        assert line[round(row + side * wall)] < 0.7 * middle
        assert line[round(row + side * 2.0 * wall)] > 3.0 * middle


@pytest.mark.parametrize("unit_name", sorted(UNITS))
@pytest.mark.parametrize("name", ["ncb-14g", "vab-11g", "vab-7g"])
def test_the_point_of_a_needle_is_read_from_the_pair(unit_name, name):
    """Its shadow at 15 degrees hardly leaves that of the shoulder; the catalogue says how long."""
    unit, device, rng = UNITS[unit_name], DEVICES[name], np.random.default_rng(4)
    tip = np.array([0.3, unit.window_centre_y_mm + 0.2, 8.0])
    for hour in (12.0, 3.0, 7.0):
        angle = np.radians(30.0 * hour)
        side = np.array([np.sin(angle), np.cos(angle), 0.0])
        marks = []
        for view in stereo_pair(unit):
            scene = Scene(50.0, needles=needle_solids(device, tip, DOWN, side))
            image = series_of(unit_name, view).image(scene, rng=rng)
            # The console knows the depth to some millimetres.
            found = find_needle_tip(image, point_mm=point_mm(device), height_mm=tip[2] + 3.0)
            assert found is not None
            marks.append(np.array(found))
        error = triangulate_pair(*stereo_pair(unit), *marks, sigma_px=1.0).target_mm - tip
        assert np.abs(error[:2]).max() < 0.05
        assert abs(error[2]) < 0.2


def test_the_clip_lies_where_it_was_put():
    unit = UNITS["upright-ge"]
    place = np.array([3.0, 41.0, 22.0])
    for view in (scout(unit), *stereo_pair(unit)):
        series = series_of(unit.name, view)
        clean = series.image(Scene(50.0), rng=None).pixels
        shown = series.image(Scene(50.0, clips=(marker_clip(place),)), rng=None).pixels
        change = clean - shown
        rows, columns = np.mgrid[: change.shape[0], : change.shape[1]]
        centre = [(change * index).sum() / change.sum() for index in (columns, rows)]
        assert np.abs(centre - project(view, place[None])[0]).max() < 0.1
        assert change.max() > 0.4 * (clean.max() - 50.0)
