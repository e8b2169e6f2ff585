"""Paddle, reference marks and needles in the beam, against ray tracing apart from the kernels."""

from dataclasses import replace

import numpy as np
import pytest

from stereosim.biopsy.devices import load_devices
from stereosim.geometry import load_units, project, scout, stereo_pair
from stereosim.geometry.marks import paddle, reference_marks
from stereosim.geometry.projection import magnification
from stereosim.imaging.detectors import load_detectors
from stereosim.imaging.exposure import detected_beam, load_exposure
from stereosim.imaging.hardware import Hardware, load_rim
from stereosim.imaging.marks import find_marks
from stereosim.imaging.materials import attenuation_per_mm
from stereosim.imaging.needles import needle_solids
from stereosim.imaging.scene import Needle, Scene, field_box, marker_clip
from stereosim.imaging.spectra import load_tube
from stereosim.imaging.xray import XrayMachine
from tests.xray_scenes import cloudy, slab, spheres

UNITS = load_units()
WITH_MARKS = [name for name, unit in UNITS.items() if unit.mark_diameter_mm > 0.0]
THICKNESS = 50.0


def views(unit):
    return (scout(unit), *stereo_pair(unit))


def pair_of_series(name, view, hardware, thickness=THICKNESS):
    """The same slab without and with the hardware."""
    machine = XrayMachine(UNITS[name])
    background = machine.slab_background(view, thickness, 0.25)
    exposure = machine.exposure(thickness, 0.25)
    return machine.series(background, exposure), machine.series(background, exposure, hardware)


def way_through(view, columns, row, boxes):
    """Length of each ray in material by walking down it: boxes are (inside?, lower, upper)."""
    ends = view.support_from_pixel(np.column_stack([columns, np.full(len(columns), row)]))
    total = np.zeros(len(columns))
    for inside, lower, upper in boxes:
        z = lower + (upper - lower) * (np.arange(400) + 0.5) / 400
        t = (view.source_mm[2] - z) / (view.source_mm[2] - ends[0, 2])
        points = view.source_mm + t[:, None, None] * (ends - view.source_mm)
        slant = np.linalg.norm(ends - view.source_mm, axis=1) / (view.source_mm[2] - ends[0, 2])
        total += inside(points).mean(axis=0) * (upper - lower) * slant
    return total


@pytest.mark.parametrize("name", ["upright-hologic", "upright-ge"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_shadow_of_the_window_agrees_with_ray_tracing(name, number):
    """Every energy on sixteen rays a pixel, blurred with the transfer: one row across the window.

    The ways meet a slant, the plate and the frame; the edges follow the parallax of the plate.
    """
    unit = UNITS[name]
    view = views(unit)[number]
    plate, rim = paddle(unit, THICKNESS), load_rim()
    hardware = Hardware(plate, None, rim)
    without, with_ = pair_of_series(name, view, hardware)
    ours = with_.primary / without.primary
    middle = [[0.0, unit.window_centre_y_mm, plate.lower_mm]]
    row = round(project(view, np.array(middle))[0, 1])

    def in_window(points, margin=0.0):
        xy = points[..., :2]
        return ((xy > np.array(plate.lo_mm) - margin) & (xy < np.array(plate.hi_mm) + margin)).all(
            axis=-1
        )

    fine = 16
    count = view.shape[1]
    columns = np.arange(-20 * fine, (count + 20) * fine) / fine + 0.5 / fine - 0.5
    way = way_through(
        view,
        columns,
        row,
        [
            (lambda p: ~in_window(p), plate.lower_mm, plate.upper_mm),
            (
                lambda p: in_window(p, rim.width_mm) & ~in_window(p),
                plate.upper_mm,
                plate.upper_mm + rim.height_mm,
            ),
        ],
    )
    machine, exposure = without.machine, without.exposure
    beam = detected_beam(machine.detector, exposure.target_filter, exposure.kv, unit.sid_mm)
    ends = view.support_from_pixel(np.column_stack([columns, np.full(len(columns), row)]))
    slant = np.linalg.norm(ends - view.source_mm, axis=1) / (view.source_mm[2] - ends[0, 2])
    tissue = 0.75 * beam.tissue_mu[0] + 0.25 * beam.tissue_mu[1]
    weight = beam.absorbed_kev * np.exp(-np.outer(slant * THICKNESS, tissue))
    mu = attenuation_per_mm(plate.material, beam.energies_kev)
    light = (weight * np.exp(-np.outer(way, mu))).sum(axis=1) / weight.sum(axis=1)
    frequency = np.fft.rfftfreq(len(light), view.pitch_mm / fine)
    above = 0.5 * (plate.lower_mm + plate.upper_mm) - view.origin_mm[2]
    focal = load_tube().focal_spot_mm * above / (view.source_mm[2] - view.origin_mm[2] - above)
    transfer = machine.detector.presampling_transfer(frequency, view.pitch_mm)
    transfer *= np.exp(-2.0 * (np.pi * focal / 2.3548 * frequency) ** 2)
    light = np.fft.irfft(np.fft.rfft(light) * transfer, n=len(light))
    expected = np.interp(np.arange(count), columns, light)
    inner = slice(25, -25)
    assert expected.min() < 0.81
    assert expected.max() == pytest.approx(1.0, abs=1e-4)
    assert np.abs(ours[row][inner] / expected[inner] - 1.0).max() < 1e-3


@pytest.mark.parametrize("name", sorted(UNITS))
def test_the_window_shows_where_it_is(name):
    """Half of the fall at each edge lies where the middle of the plate's edge projects."""
    unit = UNITS[name]
    plate = paddle(unit, THICKNESS)
    height = 0.5 * (plate.lower_mm + plate.upper_mm)
    found = 0
    for view in views(unit):
        without, with_ = pair_of_series(name, view, Hardware(plate))
        ratio = with_.primary / without.primary
        for axis in (0, 1):
            for edge in (plate.lo_mm[axis], plate.hi_mm[axis]):
                point = np.array([0.0, unit.window_centre_y_mm, height])
                point[axis] = edge
                column, row = project(view, point[None])[0]
                if not (30 < column < view.shape[1] - 30 and 30 < row < view.shape[0] - 30):
                    continue
                line = ratio[round(row)] if axis == 0 else ratio[:, round(column)]
                place = column if axis == 0 else row
                near = np.arange(round(place) - 30, round(place) + 30)
                values = line[near]
                half = 0.5 * (values.min() + values.max())
                rising = values if values[-1] > values[0] else values[::-1]
                at = np.interp(half, rising, near if values[-1] > values[0] else near[::-1])
                assert at == pytest.approx(place, abs=0.35)
                found += 1
    assert found >= (1 if unit.patient == "prone" else 10)


def test_exposure_and_the_open_window_do_not_know_of_the_paddle():
    unit = UNITS["upright-siemens"]
    for view in views(unit):
        without, with_ = pair_of_series(unit.name, view, Hardware.of(unit, THICKNESS))
        place = project(view, np.array([[0.0, unit.window_centre_y_mm, THICKNESS]]))[0]
        column, row = np.rint(place).astype(int)
        assert with_.primary[row, column] == pytest.approx(without.primary[row, column], rel=1e-5)
        assert with_.exposure == without.exposure
        assert 0.9 < with_.scatter[row, column] / without.scatter[row, column] < 1.0


def test_the_paddle_covers_what_lies_beside_the_breast():
    unit = UNITS["upright-hologic"]
    machine = XrayMachine(unit)
    field = slab((-80, 0, 0), (80, 80, 50), 1.0)
    half = field.inside.shape[1] // 2
    for array in (field.inside, field.gland):
        array[:, half:, :] = 0.0
    view = scout(unit)
    background, exposure = machine.background(field, view), machine.exposure(THICKNESS)
    without = machine.series(background, exposure)
    with_ = machine.series(background, exposure, Hardware(paddle(unit, THICKNESS)))
    ratio = with_.primary / without.primary
    row_air, row_breast = 60, view.shape[0] - 60
    # The beam that no breast has hardened is softer and loses more.
    assert 0.7 < ratio[row_air, 40] < ratio[row_breast, 40] < 0.9
    assert np.isfinite(with_.image(Scene(THICKNESS), rng=None).pixels).all()


@pytest.mark.parametrize("name", WITH_MARKS)
@pytest.mark.parametrize("thickness", [25.0, 65.0])
def test_marks_are_found_to_a_twentieth_of_a_pixel(name, thickness):
    """In anatomy and noise, by a search that starts up to 12 pixels off."""
    unit, rng = UNITS[name], np.random.default_rng(5)
    machine = XrayMachine(unit)
    hardware = Hardware.of(unit, thickness)
    field = cloudy(*field_box(unit, thickness), 1.0, rng=rng)
    errors = []
    for view in views(unit):
        series = machine.series(
            machine.background(field, view), machine.exposure(thickness), hardware
        )
        image = series.image(Scene(thickness), rng=rng)
        centres = hardware.marks.centres_mm
        truth = project(view, centres)
        sizes = hardware.marks.diameter_mm * magnification(view, centres) / view.pitch_mm
        found = find_marks(image, truth + rng.uniform(-12, 12, truth.shape), sizes)
        seen = hardware.marks.seen(view)
        assert np.isnan(found[~seen]).all()
        errors.append((found - truth)[seen])
    errors = np.concatenate(errors)
    assert np.isfinite(errors).all()
    assert np.sqrt(np.mean(errors**2)) < 0.05
    assert np.abs(errors).max() < 0.15


def test_a_mark_behind_the_needle_is_right_or_not_found():
    unit, rng = UNITS["upright-hologic"], np.random.default_rng(2)
    view = stereo_pair(unit)[1]
    hardware = Hardware.of(unit, THICKNESS)
    _, series = pair_of_series(unit.name, view, hardware)
    mark = hardware.marks.centres_mm[5]
    truth = project(view, mark[None])[0]
    size = hardware.marks.diameter_mm * magnification(view, mark[None])[0] / view.pitch_mm
    lost = 0
    for beside in np.arange(0.0, 4.01, 0.25):
        tip = np.array([mark[0] + 8.0, mark[1] + beside, 10.0])
        needle = Needle(tip, np.array([0.0, 0.0, -1.0]), 90.0, 3.05)
        image = series.image(Scene(THICKNESS, needles=(needle,)), rng=rng)
        found = find_marks(image, truth[None], size)[0]
        lost += int(np.isnan(found).any())
        assert np.isnan(found).any() or np.abs(found - truth).max() < 0.4, beside
    assert 1 <= lost <= 12


def test_where_there_is_no_mark_none_is_found():
    unit, rng = UNITS["upright-ge"], np.random.default_rng(2)
    machine, view = XrayMachine(unit), scout(unit)
    field = cloudy(*field_box(unit, THICKNESS), 1.0, rng=rng)
    series = machine.series(machine.background(field, view), machine.exposure(THICKNESS))
    places = np.array([[x, y, 20.0] for x in (-15.0, 0.0, 15.0) for y in (25.0, 40.0)])
    needle = Needle(np.array([0.0, 32.0, 12.0]), np.array([0.0, 0.0, -1.0]), 80.0, 3.05)
    image = series.image(Scene(THICKNESS, spheres(places, 0.4), (needle,)), rng=rng)
    asked = np.concatenate([project(view, places), project(view, needle.tip_mm[None])])
    assert np.isnan(find_marks(image, asked, 1.03 / view.pitch_mm)).all()
    outside = np.array([[-5.0, 20.0], [view.shape[1] + 40.0, 20.0], [np.nan, 3.0]])
    assert np.isnan(find_marks(image, outside, 1.03 / view.pitch_mm)).all()
    assert find_marks(image, np.empty((0, 2)), 10.0).shape == (0, 2)


def test_a_unit_without_marks_shows_only_its_paddle():
    unit = UNITS["prone-spot"]
    hardware = Hardware.of(unit, THICKNESS)
    assert len(reference_marks(unit, THICKNESS)) == 0
    assert hardware.balls(scout(unit)) == []
    _, series = pair_of_series(unit.name, stereo_pair(unit)[0], hardware)
    assert np.isfinite(series.primary).all()


@pytest.mark.parametrize("detector", sorted(load_detectors()))
def test_every_detector_sees_all_that_is_in_the_field(detector):
    """Paddle, marks, needle, clip, specks, cavity; the exposure is what the detector asks for."""
    unit = UNITS["upright-ge"]
    pitch = int(detector.rsplit("-", 1)[1]) * 1e-3
    unit = replace(unit, detector=detector, pitch_mm=pitch)
    machine, view = XrayMachine(unit), stereo_pair(unit)[1]
    background, exposure = machine.slab_background(view, 45.0, 0.25), machine.exposure(45.0, 0.25)
    assert exposure.target_filter == load_detectors()[detector].target_filter
    series = machine.series(background, exposure, Hardware.of(unit, 45.0))
    down, side = np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0])
    things = {
        "speck": np.array([-8.0, 48.0, 20.0]),
        "clip": np.array([8.0, 30.0, 20.0]),
        "air": np.array([-8.0, 30.0, 20.0]),
        "needle": np.array([4.0, 42.0, 12.0]),
    }
    scene = Scene(
        45.0,
        spheres([things["speck"]], 0.5),
        needle_solids(load_devices()["vab-11g"], things["needle"], down, side),
        (marker_clip(things["clip"]),),
        spheres([things["air"]], 5.0, "air"),
    )
    image = series.image(scene, rng=np.random.default_rng(1)).pixels
    empty = series.image(Scene(45.0), rng=None).pixels
    middle = project(view, np.array([[0.0, unit.window_centre_y_mm, 22.0]]))[0]
    column, row = np.rint(middle).astype(int)
    energy = (series.primary + series.scatter)[row, column]
    # Somewhat less than straight below the tube.
    assert energy == pytest.approx(load_exposure().absorbed_kev_per_mm2, rel=0.15)
    size = round(0.25 / pitch)
    things["needle"] = things["needle"] + [0.0, 0.0, 9.0]
    for name, place in things.items():
        column, row = np.rint(project(view, place[None])[0]).astype(int)
        window = (slice(row - size, row + size + 1), slice(column - size, column + size + 1))
        ratio = (image[window] / empty[window]).mean()
        assert ratio > 1.05 if name == "air" else ratio < 0.85, name
    assert (image <= load_detectors()[detector].saturation_dn).all()
    assert len(np.unique(image[:50, :50])) > 100
