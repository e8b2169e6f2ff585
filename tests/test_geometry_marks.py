"""Reference marks and the calibration block: where they stand and what each view sees of them."""

from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry import load_unit, load_units, project, scout, stereo_pair
from stereosim.geometry.marks import calibration_block, load_block, paddle, reference_marks
from stereosim_phantoms.provenance import SpecError

MARKED = [unit for unit in load_units().values() if unit.mark_diameter_mm > 0.0]
marked = pytest.mark.parametrize("unit", MARKED, ids=lambda u: u.name)
every = pytest.mark.parametrize("unit", load_units().values(), ids=lambda u: u.name)


def views_of(unit):
    return (scout(unit), *stereo_pair(unit))


def apart_mm(view, centres):
    """Least distance between two images, in the detector plane."""
    images = project(view, centres) * view.pitch_mm
    gaps = np.linalg.norm(images[:, None] - images[None], axis=2)
    return gaps[np.triu_indices(len(images), 1)].min()


def test_the_upright_units_carry_marks_and_the_others_none():
    assert {unit.name for unit in MARKED} == {
        "upright-hologic",
        "upright-siemens",
        "upright-ge",
    }
    bare = reference_marks(load_unit("prone-spot"), 50.0)
    assert len(bare) == 0 and bare.centres_mm.shape == (0, 3)
    assert bare.seen(scout(load_unit("prone-spot"))).shape == (0,)


@marked
def test_four_stand_in_the_plate_outside_the_windows_corners_and_four_in_the_support(unit):
    marks = reference_marks(unit, 50.0)
    plate = paddle(unit, 50.0)
    assert (plate.lower_mm, plate.upper_mm) == (50.0, 50.0 + unit.paddle_thickness_mm)
    assert 2.0 <= unit.paddle_thickness_mm <= 4.0
    top, low = marks.centres_mm[:4], marks.centres_mm[4:]
    assert top[:, 2] == pytest.approx([50.0 + 0.5 * unit.paddle_thickness_mm] * 4)
    assert (low[:, 2] < -0.5 * marks.diameter_mm + 1e-12).all() and (low[:, 2] > -3.0).all()
    margins = unit.window_margin_mm(marks.centres_mm)
    assert (margins + 0.5 * marks.diameter_mm < 0.0).all()
    assert margins[:4].min() > -4.0


@marked
@pytest.mark.parametrize("thickness", [15.0, 30.0, 45.0, 60.0, 74.0])
def test_all_are_seen_beside_the_window_and_apart_in_scout_and_pair(unit, thickness):
    marks, plate = reference_marks(unit, thickness), paddle(unit, thickness)
    corners = [
        [x, y, z]
        for x in (plate.lo_mm[0], plate.hi_mm[0])
        for y in (plate.lo_mm[1], plate.hi_mm[1])
        for z in (plate.lower_mm, plate.upper_mm)
    ]
    for view in views_of(unit):
        assert marks.seen(view).all()
        assert apart_mm(view, marks.centres_mm) > 2.0 * marks.diameter_mm
        images, edges = project(view, marks.centres_mm), project(view, corners)
        inside = ((images > edges.min(axis=0)) & (images < edges.max(axis=0))).all(axis=1)
        assert not inside.any()


@marked
def test_a_thick_breast_takes_the_outer_paddle_marks_out_of_the_field(unit):
    marks = reference_marks(unit, 90.0)
    for view in views_of(unit):
        seen = marks.seen(view)
        assert 5 <= seen.sum() < 8
        assert seen[4:].all()


@every
def test_the_block_is_seen_whole_by_every_unit(unit):
    marks = calibration_block(unit)
    for view in views_of(unit):
        assert marks.seen(view).all()
        assert apart_mm(view, marks.centres_mm) > 2.0 * marks.diameter_mm
    heights = np.unique(marks.centres_mm[:, 2])
    assert len(heights) >= 3
    assert heights.min() > 0.5 * marks.diameter_mm
    assert heights.max() < load_block().thickness_mm - 0.5 * marks.diameter_mm


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mark_diameter_mm": -1.0}, "mark_diameter_mm"),
        ({"support_mark_depth_mm": 0.1}, "support_mark_depth_mm"),
        ({"support_mark_depth_mm": 99.0}, "support_mark_depth_mm"),
        ({"paddle_thickness_mm": 0.0}, "paddle_thickness_mm"),
    ],
)
def test_impossible_marks_are_refused_by_name(change, message):
    with pytest.raises(SpecError, match=rf"upright-ge\.{message}"):
        replace(load_unit("upright-ge"), **change)
