"""Frames of a probe that leans and presses: the breast at rest through the affine way."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import draw_frames, scan_frame
from stereosim.imaging.ultrasound.interfaces import sheets_in
from stereosim.imaging.ultrasound.medium import LEVEL, Slant
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.imaging.ultrasound.sweep import scan_box, sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from tests.ultrasound_scenes import SMOOTH, fat, silent, slim_probe, supine_box

GRID = Grid(depth_mm=24.0, columns=64)
PROBE = slim_probe(width_mm=10.2, penetration_mm=500.0)
LARGE = {"half_width_mm": 22.0, "half_thickness_mm": 22.0, "depth_mm": 40.0}
NOTHING = silent(**LARGE)
LEANING = ProbePose(0.4, -0.3, 20.0, 30.0, 0.15)

poses = st.builds(
    ProbePose,
    st.floats(-1.0, 1.0),
    st.floats(-1.0, 1.0),
    st.floats(0.0, 360.0),
    st.floats(-45.0, 45.0),
    st.floats(0.0, 0.4),
)


def at_rest(pose, u, v, w):
    """Where (u, v, w) of the image lies at rest: the formulas of the design, turned round."""
    angle, t, left = math.radians(pose.angle_deg), math.radians(pose.tilt_deg), 1.0 - pose.strain
    along = np.array([math.cos(angle), math.sin(angle), 0.0])
    across = np.array([-math.sin(angle), math.cos(angle), 0.0])
    a, q = v * math.cos(t) + w * math.sin(t), w * math.cos(t) - v * math.sin(t)
    down = np.array([0.0, 0.0, 1.0])
    return [pose.x_mm, pose.y_mm, 0.0] + u * along + a * left * across + q / left * down


def shown(tissue, pose, **options):
    return scan_frame(tissue, pose, PROBE, seed=0, grid=GRID, **options)


def power_db(part):
    return 10.0 * np.log10((part.astype(float) ** 2).mean())


@settings(max_examples=20)
@given(poses, st.floats(-3.0, 3.0), st.floats(8.0, 20.0))
def test_a_reflector_appears_where_the_map_says(pose, u, w):
    place = at_rest(pose, u, 0.0, w)
    frame = shown(NOTHING.with_specks([place], [0.15]), pose)
    row, column = np.unravel_index(frame.envelope.argmax(), frame.envelope.shape)
    assert row * frame.row_mm == pytest.approx(w, abs=0.1)
    assert (column - 31.5) * frame.column_mm == pytest.approx(u, abs=0.15)
    np.testing.assert_allclose(frame.supine_mm(row, column), place, atol=0.3)


@settings(max_examples=10)
@given(poses, st.floats(-2.0, 2.0), st.floats(-1.5, 1.5), st.floats(8.0, 20.0))
def test_what_lies_alike_in_the_image_looks_alike(pose, u, v, w):
    """Homogeneous tissue has no direction: only (u, v, w) counts."""
    level = ProbePose(0.0, 0.0)
    leaning, upright = (
        shown(NOTHING.with_specks([at_rest(p, u, v, w)], [0.2]), p).envelope for p in (pose, level)
    )
    np.testing.assert_allclose(leaning, upright, atol=0.03 * max(upright.max(), 1.0))


@pytest.mark.parametrize(
    "pose",
    [
        ProbePose(0.0, 0.0, 0.0, 30.0),
        ProbePose(0.0, 0.0, 70.0, -45.0),
        ProbePose(0.0, 0.0, 20.0, 0.0, 0.3),
        ProbePose(0.0, 0.0, 120.0, 20.0, 0.2),
    ],
)
def test_homogeneous_tissue_is_as_bright_as_ever(pose):
    stack = np.array([shown(fat(seed=s, **LARGE), pose).envelope for s in range(4)])
    deep = stack[:, 40:-40, 5:-5].astype(float)
    parts = np.array_split(deep, 3, axis=1)
    assert [(part**2).mean() for part in parts] == pytest.approx([1.0] * 3, abs=0.17)
    assert np.mean([part.mean() / part.std() for part in parts]) == pytest.approx(1.91, abs=0.05)


def test_a_plane_that_leans_the_other_way_from_behind_is_the_same():
    tissue = fat(**LARGE)
    here = shown(tissue, LEANING).envelope[40:-20]
    behind = replace(LEANING, angle_deg=LEANING.angle_deg + 180.0, tilt_deg=-LEANING.tilt_deg)
    mirrored = shown(tissue, behind).envelope[40:-20, ::-1]
    assert np.corrcoef(here.ravel(), mirrored.ravel())[0, 1] > 0.9
    other = shown(tissue, replace(LEANING, tilt_deg=-LEANING.tilt_deg)).envelope[40:-20]
    assert abs(np.corrcoef(here.ravel(), other.ravel())[0, 1]) < 0.25


def test_the_speckle_is_the_same_when_the_probe_comes_back():
    tissue = fat(**LARGE)
    first = shown(tissue, LEANING).envelope
    shown(tissue, ProbePose(1.0, 0.0))
    shown(tissue, replace(LEANING, tilt_deg=-10.0))
    np.testing.assert_array_equal(shown(tissue, LEANING).envelope, first)
    np.testing.assert_array_equal(shown(fat(**LARGE), LEANING).envelope, first)


@pytest.mark.parametrize("tilt", [0.0, 15.0])
def test_speckle_moves_with_pressure(tilt):
    """A hundredth of pressure moves what is deep by more than a pulse and deforms no speckle."""
    tissue = fat(**LARGE)
    strain = 0.012
    rest = shown(tissue, ProbePose(0.0, 0.0, 30.0, tilt)).envelope
    pressed_tilt = math.degrees(math.atan(math.tan(math.radians(tilt)) / (1.0 - strain) ** 2))
    pressed = ProbePose(0.0, 0.0, 30.0, pressed_tilt, strain)  # the plane of the same tissue
    ours = shown(tissue, pressed).envelope
    way = at_rest(pressed, 0.0, 0.0, 1.0)
    stretch = float(np.linalg.norm(way))  # along the line of the same tissue, at rest
    rows = np.arange(240, 460)
    at = rows / stretch
    low = np.floor(at).astype(int)
    part = (at - low)[:, None]
    warped = (1.0 - part) * ours[low] + part * ours[low + 1]
    assert np.corrcoef(warped.ravel(), rest[rows].ravel())[0, 1] > 0.8
    assert np.corrcoef(ours[rows].ravel(), rest[rows].ravel())[0, 1] < 0.3


def test_planes_of_different_angle_show_the_same_tissue_where_they_cross():
    """A dark cylinder on the line of intersection, with bright tissue above and below."""

    def levels(angle, tilt):
        parts = []
        for seed in range(4):
            box = supine_box(
                gland=lambda x, y, z: (np.hypot(x, y) < 4.0) & (z > 14.0),
                mass=lambda x, y, z: (np.hypot(x, y) < 4.0) & (z > 8.0) & (z < 14.0),
                **LARGE,
            )
            tissue = Insonated.from_field(box, seed=seed, acoustics=SMOOTH)
            lean, turn = math.radians(tilt), math.radians(angle)
            reach = 11.0 * math.tan(lean)  # it leans from beside to the middle of the cylinder
            pose = ProbePose(reach * math.sin(turn), -reach * math.cos(turn), angle, tilt)
            parts.append(shown(tissue, pose).envelope[:, 22:42])
        rows = np.rint(np.array([80, 140, 180, 260, 310, 400]) / math.cos(lean)).astype(int)
        return [power_db(np.array(parts)[:, a:b]) for a, b in rows.reshape(3, 2)]

    here = levels(0.0, 0.0)
    assert here[1] < min(here[0], here[2]) - 7.0
    assert levels(75.0, 0.0) == pytest.approx(here, abs=1.0)
    assert levels(130.0, 15.0) == pytest.approx(here, abs=1.0)


@pytest.mark.parametrize(("angle", "tilt", "strain"), [(0.0, 30.0, 0.0), (70.0, -40.0, 0.2)])
def test_a_shadow_falls_along_the_leaning_beam(angle, tilt, strain):
    pose = ProbePose(0.0, 0.0, angle, tilt, strain)

    def behind(p):
        """Loss (dB) behind a large speck, along the beam and beside it, in the tissue and shown."""
        tissue = fat([at_rest(p, 0.0, 0.0, 8.0)], [1.0], **LARGE)
        clear = tissue.with_specks([], [])
        grid = tissue.medium(PROBE, GRID, None, Slant.of(p)).gain
        lines = [
            np.array([at_rest(p, u, 0.0, w) for w in np.arange(10.0, 20.0, 0.4)])
            for u in (0.0, 3.5)
        ]
        found = []
        for line in lines:
            i, j, k = np.rint((line - tissue.origin_mm) / tissue.spacing_mm).astype(int).T
            found.append(-20.0 * np.log10(grid[k, j, i]).mean())
        dark, bright = (shown(t, p).envelope[240:400, 26:38] for t in (tissue, clear))
        return np.array([*found, power_db(bright) - power_db(dark)])

    leaning, level = behind(pose), behind(ProbePose(0.0, 0.0))
    assert leaning[0] > 4.0
    assert leaning[0] == pytest.approx(level[0], rel=0.2)
    assert abs(leaning[1]) < 0.3
    assert leaning[2] == pytest.approx(level[2], abs=1.5)
    assert leaning[2] > 2.0


@pytest.mark.parametrize(("tilt", "strain"), [(0.0, 0.3), (35.0, 0.0), (-20.0, 0.15)])
def test_loss_follows_the_way_through_the_tissue(tilt, strain):
    """Gland on one side, fat on the other: they part with the length of the beam's path."""
    box = supine_box(gland=lambda x, y, z: x > 0.0, **LARGE)
    tissue = Insonated.from_field(box, seed=1, acoustics=SMOOTH)

    def parted_db(pose, depth_mm):
        medium = tissue.medium(PROBE, GRID, None, Slant.of(pose))
        z = tissue.origin_mm[2] + 0.4 * np.arange(medium.gain.shape[0])
        middle = medium.gain.shape[1] // 2
        db = -20.0 * np.log10(medium.gain[:, middle])
        return np.interp(depth_mm, z, db[:, -10] - db[:, 9])

    pose = ProbePose(0.0, 0.0, 0.0, tilt, strain)
    depth = np.array([5.0, 10.0, 15.0])
    path = depth * (1.0 - strain) / math.cos(math.radians(tilt))
    level = parted_db(ProbePose(0.0, 0.0), path)
    assert level[-1] > 3.0
    np.testing.assert_allclose(parted_db(pose, depth), level, rtol=0.03, atol=0.1)
    if tilt == 0.0:  # the same tissue, pressed
        assert np.all(parted_db(pose, depth) < 0.8 * parted_db(ProbePose(0.0, 0.0), depth))


def test_a_leaning_probe_hears_less_of_the_skin_and_a_pressing_one_sees_it_thinner():
    box = supine_box(skin=lambda x, y, z: z < 2.0, **LARGE)
    tissue = Insonated.from_field(box, seed=1, acoustics=SMOOTH)
    tissue = replace(tissue, backscatter=np.zeros_like(tissue.backscatter), _media={})

    def line(pose):
        envelope = shown(tissue, pose).envelope[15:60].mean(axis=1)
        return envelope.max(), (15 + envelope.argmax()) * GRID.row_mm

    level = line(ProbePose(0.0, 0.0))
    assert level[1] == pytest.approx(2.0, abs=0.1)
    assert line(ProbePose(0.0, 0.0, 0.0, 0.0, 0.3))[1] == pytest.approx(1.4, abs=0.1)
    falls = [line(ProbePose(0.0, 0.0, 0.0, tilt))[0] / level[0] for tilt in (5.0, 10.0, 20.0)]
    expected = np.exp(-((np.array([5.0, 10.0, 20.0]) / SMOOTH.specular_acceptance_deg) ** 2))
    np.testing.assert_allclose(falls, expected, atol=0.1)


@given(poses, st.floats(0.0, 40.0), st.floats(0.0, 360.0))
def test_a_sheet_echoes_when_it_faces_the_leaning_beam(pose, steep, turn):
    """A plane of any normal: after pressing, the angle between its normal and the image lines."""
    steep, turn = np.radians([steep, turn])
    normal = [math.sin(steep) * math.cos(turn), math.sin(steep) * math.sin(turn), math.cos(steep)]
    z, y, x = np.mgrid[-9.0:10.0, -9.0:10.0, -9.0:10.0]
    away = np.abs(normal[0] * x + normal[1] * y + normal[2] * z)
    sheet = np.exp(-0.5 * (away / 2.5) ** 2).astype(np.float32)  # thick: slopes are differences
    sheets = sheets_in(sheet, sheet, 15.0)
    middle = np.flatnonzero(sheets.voxel == sheet.size // 2)[0]
    gained = sheets.gained(Slant.of(pose), 15.0)[middle] / sheets.power[middle]
    # Two directions within the plane show where its normal goes.
    within = np.linalg.svd(np.array([normal]))[2][1:]
    moved = within @ pose.matrix.T
    angle = np.degrees(np.arccos(abs(np.cross(*moved)[2]) / np.linalg.norm(np.cross(*moved))))
    assert sheets.level[middle] + gained == pytest.approx(np.exp(-((angle / 15.0) ** 2)), abs=0.05)


def test_a_leaning_ligament_lights_up_for_a_probe_that_leans_as_it_does():
    def ligament(x, y, z):
        return np.clip(1.0 - np.abs(z - 12.0 - y * math.tan(math.radians(25.0))) / 0.6, 0.0, 1.0)

    box = supine_box(ligament=ligament, **LARGE)
    tissue = Insonated.from_field(box, seed=1, acoustics=SMOOTH)
    levels = [
        shown(tissue, ProbePose(0.0, 0.0, angle, tilt)).envelope[180:300].max(axis=0).mean()
        for angle, tilt in ((0.0, -25.0), (180.0, 25.0), (0.0, 0.0), (0.0, 25.0))
    ]
    assert levels[0] == pytest.approx(levels[1], rel=0.1)
    assert levels[0] > 2.0 * max(levels[2:])


@pytest.mark.parametrize(
    ("angle", "tilt", "strain"), [(0.0, 25.0, 0.0), (90.0, 0.0, 0.2), (200.0, -35.0, 0.1)]
)
def test_a_sweep_tells_where_it_was(angle, tilt, strain):
    first = ProbePose(0.3, 0.2, angle, tilt, strain)
    place = at_rest(first, 0.9, 0.3, 15.0)
    tissue = NOTHING.with_specks([place], [0.15])
    options = {"angle_deg": angle, "tilt_deg": tilt, "strain": strain, "grid": GRID}
    scanned = sweep(tissue, (0.3, 0.2), 4.0, 0.5, PROBE, seed=0, **options)
    at = np.unravel_index(scanned.stack.argmax(), scanned.stack.shape)
    assert scanned.supine_mm(*at) == pytest.approx(place, abs=0.35)
    frame = scan_frame(tissue, scanned.poses[at[0]], PROBE, seed=0, grid=GRID)
    np.testing.assert_allclose(scanned.frame(at[0]).envelope, frame.envelope, rtol=1e-3, atol=1e-5)
    assert frame.supine_mm(*at[1:]) == pytest.approx(scanned.supine_mm(*at))
    corners = [scanned.supine_mm(i, r, c) for i, r, c in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    voxel = np.linalg.det(np.array(corners) - scanned.supine_mm(0, 0, 0))
    assert scanned.volume_cm3 == pytest.approx(abs(voxel) * scanned.stack.size / 1000.0)


def test_a_needle_and_its_shadow_lie_in_the_leaning_plane():
    tissue = fat(**LARGE)
    tip, behind = (at_rest(LEANING, u, 0.0, w) for u, w in ((1.5, 12.0), (-4.5, 9.5)))
    needle = Shaft(tip, (tip - behind) / np.linalg.norm(tip - behind), 3.0, 2.0)
    bare, with_needle = (shown(tissue, LEANING, shaft=s).envelope for s in (None, needle))
    front, below = slice(160, 220), slice(270, 400)  # of the middle of the shaft, at 10.4 mm
    under = slice(8, 28)
    shaft, speckle = (envelope[front, under].max(axis=0).mean() for envelope in (with_needle, bare))
    assert shaft > 2.0 * speckle
    assert power_db(with_needle[below, under]) < power_db(bare[below, under]) - 8.0
    np.testing.assert_allclose(with_needle[:100], bare[:100], atol=0.05)
    upright = replace(LEANING, tilt_deg=0.0)  # passes 5 mm beside it
    level = [shown(tissue, upright, shaft=s).envelope for s in (None, needle)]
    np.testing.assert_allclose(level[1], level[0], atol=0.05)


@pytest.mark.parametrize("pose", [LEANING, ProbePose(0.0, 0.0, 45.0, -40.0)])
def test_a_helper_thread_changes_no_bit(pose):
    medium = fat(**LARGE).medium(PROBE, GRID, None, Slant.of(pose))
    alone = next(draw_frames(medium, (pose,), 1.0, PROBE, seed=2))
    with ThreadPoolExecutor(1) as helper:
        shared = next(draw_frames(medium, (pose,), 1.0, PROBE, seed=2, helper=helper))
    np.testing.assert_array_equal(shared.envelope, alone.envelope)


def test_a_medium_serves_its_own_direction_alone():
    medium = NOTHING.medium(PROBE, GRID)
    assert medium.slant == LEVEL
    with pytest.raises(ValueError, match="leans or presses"):
        next(draw_frames(medium, (LEANING,), 1.0, PROBE, seed=0))


@given(poses, st.floats(-5.1, 5.1), st.floats(-2.5, 2.5), st.floats(0.0, 24.0))
def test_the_box_of_a_scan_holds_its_planes(pose, u, v, w):
    lo, hi = scan_box(
        (pose.x_mm, pose.y_mm), 10.0, PROBE, 24.0, tilt_deg=pose.tilt_deg, strain=pose.strain
    )
    level, _ = scan_box((pose.x_mm, pose.y_mm), 10.0, PROBE, 24.0)
    assert np.all(lo <= level)
    x, y, z = at_rest(pose, u, v, w)
    turn = math.radians(pose.angle_deg)
    beside = (x - pose.x_mm) * -math.sin(turn) + (y - pose.y_mm) * math.cos(turn)
    assert abs(beside) <= hi[0] - pose.x_mm
    assert z <= hi[2]
