"""The live frame: the same tissue as a sweep's, from wherever and in whatever order one comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound import columns as columns_module
from stereosim.imaging.ultrasound import live as live_module
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import scan_frame
from stereosim.imaging.ultrasound.live import TILE_MM, LiveTissue
from stereosim.imaging.ultrasound.sweep import scan_box
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.patient import plain_patient
from tests.ultrasound_scenes import slim_probe

PROBE = slim_probe(width_mm=19.2)
GRID = Grid(depth_mm=25.0, columns=128)
NONE = np.zeros((0, 3)), np.zeros(0)


def shown(live, pose, specks=NONE, grid=GRID, **options):
    return live.frame(pose, *specks, seed=1, grid=grid, focus_mm=15.0, **options).envelope


@pytest.fixture(scope="module")
def patient():
    return load_case("large-cluster").patient(1)


@pytest.fixture(scope="module")
def specks(patient):
    solids = patient.supine_specks().solids
    return solids.centres_mm, 0.5 * solids.diameters_mm


@pytest.fixture(scope="module")
def place(specks):
    return specks[0].mean(axis=0)


@pytest.fixture(scope="module")
def live(patient):
    return LiveTissue(patient, PROBE)


@pytest.mark.parametrize(
    ("angle", "tilt", "strain"),
    [(0.0, 0.0, 0.0), (35.0, 0.0, 0.0), (0.0, 20.0, 0.0), (35.0, -12.0, 0.1)],
)
def test_a_live_frame_is_the_frame_of_a_scan(angle, tilt, strain):
    """Homogeneous tissue above the chest wall has one mean, whatever the box: frames are equal."""
    even = plain_patient(supine_height_mm=60.0)
    pose = ProbePose(1.3, -2.1, angle, tilt, strain)
    lo = np.array([-3.0 * TILE_MM, -3.0 * TILE_MM, 0.0])  # voxels in the same places
    box = Insonated.from_patient(even, lo, np.array([18.0, 18.0, 28.0]))
    alike = scan_frame(box, pose, PROBE, seed=1, grid=GRID, focus_mm=15.0).envelope
    np.testing.assert_allclose(shown(LiveTissue(even, PROBE), pose), alike, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("tilt", "strain"), [(0.0, 0.0), (25.0, 0.0), (-15.0, 0.2)])
def test_a_live_frame_of_a_breast_agrees_with_a_scan(patient, live, specks, place, tilt, strain):
    """Other voxels and another mean tissue: the same speckle, and as bright within 2 dB."""
    pose = ProbePose(place[0], place[1], 20.0, tilt, strain)
    around = scan_box(place[:2], 20.0, PROBE, 26.0, tilt_deg=tilt, strain=strain)
    box = Insonated.from_patient(patient, *around)
    ours = shown(live, pose, specks).astype(float)
    scan = scan_frame(box, pose, PROBE, seed=1, grid=GRID, focus_mm=15.0).envelope.astype(float)
    assert np.corrcoef(ours.ravel(), scan.ravel())[0, 1] > 0.96
    for ours_part, scan_part in zip(np.array_split(ours, 5), np.array_split(scan, 5), strict=True):
        assert abs(10.0 * np.log10((ours_part**2).mean() / (scan_part**2).mean())) < 2.0


def test_a_place_looks_the_same_whichever_way_the_probe_came(patient, live, specks, place):
    pose = ProbePose(place[0] + 0.7, place[1], 50.0)
    here = shown(live, pose, specks)
    other = LiveTissue(patient, PROBE)
    leaning = replace(pose, tilt_deg=-10.0, strain=0.1)
    there = shown(live, leaning, specks)
    for dx, angle, tilt in ((-14.0, 0.0, 0.0), (-7.0, 90.0, 15.0), (5.0, 10.0, 0.0)):
        shown(other, ProbePose(place[0] + dx, place[1] - 3.0, angle, tilt), specks)
    np.testing.assert_array_equal(shown(other, leaning, specks), there)
    np.testing.assert_array_equal(shown(other, pose, specks), here)
    np.testing.assert_array_equal(shown(live, pose, specks), here)


def test_speckle_moves_with_the_tissue_across_the_seams_of_columns(live, place):
    """Shifted by whole image columns over more than a tissue column, the picture only shifts."""
    step = PROBE.width_mm / GRID.columns
    shift = round(1.5 * TILE_MM / step)
    here = shown(live, ProbePose(place[0], place[1]))
    aside = shown(live, ProbePose(place[0] + shift * step, place[1]))
    inner = slice(60, -60)  # no skin, little noise
    same = np.corrcoef(here[inner, shift + 8 : -8].ravel(), aside[inner, 8 : -shift - 8].ravel())
    assert same[0, 1] > 0.97


def test_there_is_no_seam(patient):
    """The gain at the rim of a column is that of a large box, shadows from beside it included."""
    live = LiveTissue(patient, PROBE)
    profile = live._tissue.mean_tissue().attenuation
    key = columns_module.Key(4, -1, 65)
    column = live._tissue.column(key)
    lo = np.array([(key.i - 4) * TILE_MM, (key.j - 4) * TILE_MM, 0.0])
    hi = np.array([(key.i + 5) * TILE_MM, (key.j + 5) * TILE_MM, 26.0])
    box = Insonated.from_patient(patient, lo, hi).with_specks(*NONE)
    medium = box.medium(PROBE, Grid(depth_mm=26.0, columns=128), 15.0)
    inner = slice(4 * columns_module.SIDE, 5 * columns_module.SIDE)
    # The box has another mean, which is the same all over a slice: take it out.
    ratio_db = 20.0 * np.log10(column.gain / medium.gain[:65, inner, inner])
    ratio_db -= np.median(ratio_db, axis=(1, 2), keepdims=True)
    assert np.abs(ratio_db).max() < 0.05  # a thousandth of what the picture shows
    echo = medium.amplitude / medium.gain
    np.testing.assert_allclose(column.echo[:60], echo[:60, inner, inner], rtol=1e-3, atol=1e-6)
    assert profile[0] > profile[20]  # skin over fat


def test_specks_cast_their_shadow_and_echo_wherever_they_are_now(live, place):
    pose = ProbePose(place[0], place[1])
    bare = shown(live, pose)
    large = np.array([[place[0] + 2.0, place[1], 10.0]]), np.array([1.2])
    with_speck = shown(live, pose, large)
    column = round(0.5 * (GRID.columns - 1) + 2.0 / (PROBE.width_mm / GRID.columns))
    row = round(10.0 / GRID.row_mm)
    assert with_speck[row - 4 : row + 5, column].max() > 5.0 * bare[row - 4 : row + 5, column].max()
    behind = slice(row + 40, row + 100), slice(column - 3, column + 4)
    assert (with_speck[behind] ** 2).mean() < 0.5 * (bare[behind] ** 2).mean()
    beside = slice(None), slice(0, 20)
    np.testing.assert_allclose(with_speck[beside], bare[beside], atol=0.05)
    np.testing.assert_array_equal(shown(live, pose), bare)


@pytest.mark.parametrize(("tilt", "strain"), [(0.0, 0.0), (15.0, 0.0), (-20.0, 0.15)])
def test_a_shadow_is_that_of_a_scan(tilt, strain):
    even = plain_patient(supine_height_mm=60.0)
    speck = np.array([[0.45, 0.27, 8.06], [3.1, 0.05, 12.07]]), np.array([0.8, 0.5])
    lo = np.array([-3.0 * TILE_MM, -3.0 * TILE_MM, 0.0])
    box = Insonated.from_patient(even, lo, np.array([18.0, 18.0, 34.0])).with_specks(*speck)
    pose = ProbePose(0.0, 0.0, 0.0, tilt, strain)
    alike = scan_frame(box, pose, PROBE, seed=1, grid=GRID, focus_mm=15.0).envelope
    ours = shown(LiveTissue(even, PROBE), pose, speck)
    np.testing.assert_allclose(ours, alike, rtol=2e-3, atol=2e-3)


def test_what_is_prepared_need_not_be_built(patient, place, monkeypatch):
    monkeypatch.setattr(live_module, "AHEAD_MM", 0.0)
    live = LiveTissue(patient, PROBE)
    pose = ProbePose(place[0], place[1], 10.0)
    steps = 0
    while live.prepare(pose, GRID.depth_mm):
        steps += 1
    assert 40 < steps < 200
    frame = shown(LiveTissue(patient, PROBE), pose)

    def nothing_more(*args):
        raise AssertionError("the tissue is built twice")

    shown(live, pose)  # the mean tissue is sampled at the first frame
    monkeypatch.setattr(type(patient), "supine_field", nothing_more)
    np.testing.assert_array_equal(shown(live, pose), frame)
    assert np.isfinite(shown(live, replace(pose, strain=0.1))).all()  # nor for a little pressure
    assert not live.prepare(pose, GRID.depth_mm)


def test_old_columns_are_forgotten_and_built_again(patient, place, monkeypatch):
    monkeypatch.setattr(columns_module, "_PIECES_KEPT", 12)
    monkeypatch.setattr(columns_module, "_COLUMNS_KEPT", 12)
    live = LiveTissue(patient, PROBE)
    here = ProbePose(place[0], place[1], 0.0)
    first = shown(live, here)
    shown(live, ProbePose(place[0] - 40.0, place[1], 0.0))
    assert len(live._tissue._columns) <= 12
    np.testing.assert_array_equal(shown(live, here), first)
