"""Units: what the catalogue says against the facts, and what the field and the window hold."""

from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry import load_unit, load_units, project, scout, stereo_pair
from stereosim.geometry.units import CATALOGUE
from stereosim_phantoms.provenance import SpecError, load_toml, read_spec

UPRIGHT = ["upright-hologic", "upright-siemens", "upright-ge"]


def box(unit, z_hi):
    """Corners of the window volume."""
    (x0, y0), (x1, y1) = unit.window_lo_mm, unit.window_hi_mm
    return np.array([[x, y, z] for x in (x0, x1) for y in (y0, y1) for z in (0.0, z_hi)])


@pytest.mark.parametrize(
    ("name", "sid", "pivot", "pitch", "patient"),
    [
        ("upright-hologic", 700.0, 0.0, 0.070, "upright"),
        ("upright-siemens", 655.0, 47.0, 0.085, "upright"),
        ("upright-ge", 660.0, 40.0, 0.100, "upright"),
    ],
)
def test_the_upright_units_have_the_three_published_geometries(name, sid, pivot, pitch, patient):
    unit = load_unit(name)
    assert (unit.sid_mm, unit.pivot_height_mm, unit.pitch_mm) == (sid, pivot, pitch)
    assert (unit.patient, unit.stereo_angle_deg) == (patient, 15.0)


def test_the_prone_unit_has_a_spot_detector():
    unit = load_unit("prone-spot")
    assert unit.patient == "prone"
    assert unit.image_shape == (1024, 1024)
    assert unit.field_width_mm == pytest.approx(50.0, abs=0.5)


@pytest.mark.parametrize("unit", load_units().values(), ids=lambda u: u.name)
def test_the_source_swings_about_the_pivot_and_the_detector_stays(unit):
    pivot = np.array([0.0, 0.0, unit.pivot_height_mm - unit.detector_offset_mm])
    views = [*stereo_pair(unit), scout(unit)]
    arms = [np.linalg.norm(view.source_mm - pivot) for view in views]
    assert arms == pytest.approx([unit.sid_mm - unit.pivot_height_mm] * 3)
    assert [view.angle_deg for view in views] == [-15.0, 15.0, 0.0]
    for view, angle in zip(views, (-15.0, 15.0, 0.0), strict=True):
        x, y, z = view.source_mm - pivot
        assert y == 0.0
        assert np.degrees(np.arctan2(x, z)) == pytest.approx(angle, abs=1e-12)
        assert np.array_equal(view.origin_mm, views[0].origin_mm)
        assert view.origin_mm[2] == -unit.detector_offset_mm
    assert views[2].source_mm[2] == pytest.approx(unit.sid_mm - unit.detector_offset_mm)


@pytest.mark.parametrize("unit", load_units().values(), ids=lambda u: u.name)
def test_the_window_is_50_by_50_to_50_by_60(unit):
    assert unit.window_width_mm == 50.0
    assert 50.0 <= unit.window_height_mm <= 60.0
    assert 5.0 <= unit.window_lo_mm[1] <= 15.0


def test_the_margin_to_the_window_is_that_of_the_nearest_edge():
    unit = load_unit("upright-hologic")
    (x0, y0), (_, y1) = unit.window_lo_mm, unit.window_hi_mm
    points = np.array([[x0 + 3.0, y0 + 9.0, 5.0], [0.0, y0 - 2.0, 40.0], [0.0, y1 - 1.0, 0.0]])
    assert unit.window_margin_mm(points) == pytest.approx([3.0, -2.0, 1.0])


@pytest.mark.parametrize("name", UPRIGHT)
def test_the_upright_field_holds_the_window_volume_and_is_no_larger_than_it_must(name):
    unit = load_unit(name)
    corners = box(unit, 90.0)
    views = [*stereo_pair(unit), scout(unit)]
    pixels = np.concatenate([project(view, corners) for view in views])
    assert views[0].contains(pixels).all()
    columns = unit.image_shape[1]
    spare_mm = (
        unit.pitch_mm * (columns - 0.5 - pixels[:, 0].max()),
        unit.pitch_mm * pixels[:, 1].min(),
    )
    assert max(spare_mm) < 2.0


def test_what_the_spot_detector_sees_is_what_its_documentation_says():
    unit = load_unit("prone-spot")
    left, right = stereo_pair(unit)
    for z, half_width in ((0.0, 23.0), (25.0, 15.0), (45.0, 9.0), (60.0, 5.0)):
        for inset, seen in ((-0.6, True), (1.1, False)):
            point = [[half_width + inset, 35.0, z]]
            both = left.contains(project(left, point)) & right.contains(project(right, point))
            assert both[0] == seen, (z, inset)
    high = [[0.0, 35.0, 77.5]]
    assert not (left.contains(project(left, high)) & right.contains(project(right, high)))[0]
    for z, top in ((0.0, 59.0), (45.0, 55.0)):
        assert scout(unit).contains(project(scout(unit), [[0.0, top, z]]))[0]
        assert not scout(unit).contains(project(scout(unit), [[0.0, top + 1.0, z]]))[0]
    # The posterior end of the window is seen at every height: reach and sight end together.
    lowest = [[0.0, unit.window_lo_mm[1] + 0.1, z] for z in (0.0, 30.0, 90.0)]
    assert scout(unit).contains(project(scout(unit), lowest)).all()


def test_the_lower_edge_of_the_image_is_the_chest_wall_and_x_is_centred():
    for unit in load_units().values():
        view = scout(unit)
        rows, columns = view.shape
        edges = view.detector_from_pixel([[-0.5, -0.5], [columns - 0.5, rows - 0.5]])
        assert edges[0, 0] == pytest.approx(-edges[1, 0])
        assert edges[1, 1] == pytest.approx(unit.field_y_min_mm)
        assert edges[0, 1] - edges[1, 1] == pytest.approx(unit.field_height_mm, abs=unit.pitch_mm)
        assert edges[1, 0] - edges[0, 0] == pytest.approx(unit.field_width_mm, abs=unit.pitch_mm)


def test_an_unknown_unit_is_refused_with_the_names_of_the_known():
    with pytest.raises(ValueError, match=r"unit: 'none' is none of .*prone-spot"):
        load_unit("none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sid_mm": -1.0}, "sid_mm"),
        ({"sid_mm": float("nan")}, "sid_mm"),
        ({"pivot_height_mm": 800.0}, "pivot_height_mm"),
        ({"pitch_mm": 0.0}, "pitch_mm"),
        ({"patient": "standing"}, "patient"),
        ({"stereo_angle_deg": 90.0}, "stereo_angle_deg"),
    ],
)
def test_an_impossible_unit_is_refused_by_name_and_field(change, message):
    with pytest.raises(SpecError, match=rf"upright-ge\.{message}"):
        replace(load_unit("upright-ge"), **change)


def test_a_missing_or_unknown_key_is_refused_with_file_and_unit():
    table = load_toml(CATALOGUE)
    sources, entry = table["sources"], {"name": "x", **table["prone-spot"]}
    unit_type = type(load_unit("prone-spot"))
    with pytest.raises(SpecError, match=r"units\.toml: x: unknown key 'colour'"):
        read_spec(unit_type, {**entry, "colour": "grey"}, sources, "units.toml: x")
    entry.pop("sid_mm")
    with pytest.raises(SpecError, match=r"units\.toml: x: missing key 'sid_mm'"):
        read_spec(unit_type, entry, sources, "units.toml: x")


def test_units_compare_by_their_numbers():
    unit = load_unit("upright-ge")
    assert replace(unit) == unit
    assert hash(replace(unit)) == hash(unit)
    assert replace(unit, sid_mm=661.0) != unit
    assert unit.provenance["sid_mm"].status == "read"
