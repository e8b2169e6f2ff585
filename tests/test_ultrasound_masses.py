"""What masses, cysts and ducts do to the image: posterior features, walls, tubes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import ProbePose, scan_frame
from stereosim.imaging.ultrasound.interfaces import facing_tubes, sheets_in, wall_fraction
from stereosim.imaging.ultrasound.tissue import Insonated, backscatter_of, tissue_parts
from stereosim_phantoms.masses import mass_kinds
from tests.ultrasound_scenes import SMOOTH, slim_probe, supine_box

GRID = Grid(depth_mm=30.0)
QUIET = slim_probe(width_mm=25.6)
HERE = ProbePose(0.0, 0.0)


def level_db(power: np.ndarray) -> float:
    """Mean power in dB."""
    return float(10.0 * np.log10(power.mean()))


@pytest.mark.parametrize("kind", ["oval", "irregular", "cyst", "dilated duct"])
def test_enhancement_and_shadow_are_the_summed_attenuation(kind):
    """Behind a slab against beside it: 2 * thickness * difference * f^y, within 0.8 dB."""
    values = mass_kinds()[kind]
    part = "fluid" if values.fluid else "mass"
    thick = 6.0 if kind != "irregular" else 3.0  # the shadow must stay above the noise

    def slab(x, y, z):
        return (np.abs(x) < 7.0) & (z > 8.0) & (z < 8.0 + thick)

    power, frequency = 0.0, 0.0
    for seed in range(3):
        box = supine_box(
            half_width_mm=20.0,
            mass_db=values.echo_db,
            mass_attenuation=values.attenuation,
            **{part: slab},
        )
        tissue = Insonated.from_field(box, seed=seed, acoustics=SMOOTH)
        frame = scan_frame(tissue, HERE, QUIET, seed=seed, grid=GRID)
        power = power + np.square(frame.envelope, dtype=np.float64)
        beam = tissue.medium(QUIET, GRID).beam
        frequency = beam.frequency_mhz[round((8.0 + 0.5 * thick) / GRID.row_mm)]
    across = (np.arange(power.shape[1]) - 0.5 * (power.shape[1] - 1)) * frame.column_mm
    rows = slice(round((9.0 + thick) / GRID.row_mm), round((12.0 + thick) / GRID.row_mm))
    behind = level_db(power[rows][:, np.abs(across) < 3.5])
    beside = level_db(power[rows][:, (np.abs(across) > 10.5) & (np.abs(across) < 12.0)])
    less = SMOOTH.fat_attenuation - values.attenuation
    expected = 2.0 * 0.1 * thick * less * frequency**SMOOTH.attenuation_exponent
    assert behind - beside == pytest.approx(expected, abs=0.8)
    assert abs(expected) > 1.0
    assert (expected > 0.0) == values.fluid


@pytest.mark.parametrize("soft", [0.4, 1.2])
def test_a_wall_has_its_thickness_however_soft_the_edge(soft):
    radius, h, wall = 6.0, 0.4, 0.15
    side = np.arange(-8.0, 8.0, h) + 0.5 * h
    z, y, x = np.meshgrid(side, side, side, indexing="ij")
    away = np.sqrt(x * x + y * y + z * z)
    ball = np.clip((radius - away) / soft + 0.5, 0.0, 1.0).astype(np.float32)
    volume = wall_fraction(ball, h, wall).sum() * h**3
    assert volume == pytest.approx(4.0 * math.pi * radius**2 * wall, rel=0.05)
    assert wall_fraction(np.ones_like(ball), h, wall).max() == 0.0


def test_walls_shine_where_they_face_the_beam():
    """The top and the bottom of a ball, not its flanks."""
    h = 0.4
    box = supine_box(
        half_width_mm=8.0,
        half_thickness_mm=8.0,
        depth_mm=20.0,
        fluid=lambda x, y, z: np.clip((5.0 - np.sqrt(x**2 + y**2 + (z - 10) ** 2)) / h + 0.5, 0, 1),
        mass_db=-30.0,
    )
    bare = replace(SMOOTH, wall_mm=0.0)
    without = backscatter_of(box, tissue_parts(box, bare), bare, 1)[0]
    box.walled = box.fluid
    power = backscatter_of(box, tissue_parts(box, SMOOTH), SMOOTH, 1)[0] - without
    middle = 20
    top, flank = power[10:16, middle, middle].max(), power[22:28, middle, 4:12].max()
    assert top > 3.0 * flank > 0.0  # the flank scatters, the top reflects as well
    assert top > 5.0  # against fat: a bright line


def strip_volume(radius, rise, length):
    """Wall that faces the beam, weighted by how squarely: summed over the tube's normals."""
    turn = (np.arange(20_000) + 0.5) * 2.0 * math.pi / 20_000
    along = np.array([math.cos(rise), 0.0, math.sin(rise)])
    up = np.array([-math.sin(rise), 0.0, math.cos(rise)])
    assert abs(along @ up) < 1e-12
    normal_z = np.cos(turn) * up[2]
    tilt = np.degrees(np.arccos(np.minimum(np.abs(normal_z), 1.0)))
    share = np.exp(-((tilt / SMOOTH.specular_acceptance_deg) ** 2)).mean()
    return 2.0 * math.pi * radius * share * SMOOTH.wall_mm * length


@pytest.mark.parametrize("rise_deg", [0.0, 8.0, 16.0])
def test_a_tube_shows_the_strip_of_wall_that_faces_the_beam(rise_deg):
    rise, length, radius = math.radians(rise_deg), 9.0, 0.4
    start = np.array([-4.0, 0.3, 9.0])
    end = start + length * np.array([math.cos(rise), 0.0, math.sin(rise)])
    tube = [[*start, *end, radius]]
    found = facing_tubes(tube, (60, 40, 60), np.array([-12.0, -8.0, 0.2]), 0.4, SMOOTH)
    expected = strip_volume(radius, rise, length)
    assert found.sum() * 0.4**3 == pytest.approx(expected, rel=0.03)
    where = np.argwhere(found > 0)
    assert where[:, 1].min() >= 19 and where[:, 1].max() <= 22  # over and under the axis
    cut = facing_tubes(tube, (60, 40, 20), np.array([-12.0, -8.0, 0.2]), 0.4, SMOOTH)
    assert np.array_equal(cut, found[:, :, :20])  # a box sees its part and no other


def test_a_level_duct_is_brighter_than_a_steep_one():
    def frame(rise_deg):
        rise = math.radians(rise_deg)
        way = 5.0 * np.array([math.cos(rise), 0.0, math.sin(rise)])
        middle = np.array([0.0, 0.0, 15.0])
        tubes = [[*(middle - way), *(middle + way), 0.45]]
        tissue = Insonated.from_field(supine_box(tubes=tubes), seed=4, acoustics=SMOOTH)
        return scan_frame(tissue, HERE, slim_probe(), seed=0, grid=GRID).envelope

    window = np.s_[round(14 / GRID.row_mm) : round(16 / GRID.row_mm), 40:-40]
    level, steep = (float((frame(rise)[window] ** 2).mean()) for rise in (0.0, 45.0))
    assert 10.0 * math.log10(level / steep) > 2.0


def test_facing_is_nothing_without_a_sheet():
    nothing = np.zeros((5, 5, 5), np.float32)
    assert sheets_in(nothing, nothing, 15.0).level.size == 0
    level = nothing.copy()
    level[2] = 0.3
    assert sheets_in(level, level, 15.0).level == pytest.approx(1.0)
    upright = np.ascontiguousarray(np.moveaxis(level, 0, 2))
    assert sheets_in(upright, upright, 15.0).level == pytest.approx(0.0, abs=0.01)
