"""Frames against what is known of speckle, of beams and of tissue."""

from dataclasses import replace

import numpy as np
import pytest

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.acoustics import (
    calcification_cross_section_mm2,
    load_acoustics,
)
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Grid, form_beam
from stereosim.imaging.ultrasound.frame import bmode, scan_frame
from stereosim.imaging.ultrasound.probes import load_probe, load_probes
from stereosim.imaging.ultrasound.sweep import sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from tests.reference import ultrasound as reference
from tests.ultrasound_scenes import SMOOTH, fat, gland, silent, slim_probe, supine_box

GRID = Grid(depth_mm=28.0, columns=80)
HERE = ProbePose(0.0, 0.0)
QUIET = slim_probe(penetration_mm=500.0)


def frames_of(tissue_of, probe=QUIET, n=4, **options):
    """Envelopes of several independent tissues."""
    return np.array(
        [
            scan_frame(tissue_of(seed), HERE, probe, seed=0, grid=GRID, **options).envelope
            for seed in range(n)
        ]
    )


def full_width_half_maximum(profile, step):
    """-6 dB width of an amplitude profile, linear between samples."""
    y = np.abs(profile) / np.abs(profile).max() - 0.5
    inside = np.flatnonzero(y > 0)
    first, last = inside[0], inside[-1]
    left = first - y[first] / (y[first] - y[first - 1])
    right = last + y[last] / (y[last] - y[last + 1])
    return (right - left) * step


def test_speckle_is_fully_developed_and_flat_with_depth():
    deep = frames_of(lambda s: fat(seed=s))[:, 60:-40, 5:-5].astype(float)
    snr = [part.mean() / part.std() for part in np.array_split(deep, 4, axis=1)]
    assert np.mean(snr) == pytest.approx(1.91, abs=0.03)
    power = [(part**2).mean() for part in np.array_split(deep, 4, axis=1)]
    assert power == pytest.approx([1.0] * 4, abs=0.15)


def test_speckle_is_as_large_as_the_beam_says():
    """The autocovariance of intensity is the squared autocorrelation of the point response."""
    stack = frames_of(lambda s: fat(seed=s), n=6)[:, 330:390, 4:-4].astype(float) ** 2
    stack -= stack.mean()
    lags = np.arange(8)
    measured = (
        np.array([(stack[:, :, : 72 - k] * stack[:, :, k:]).mean() for k in lags])
        / (stack**2).mean()
    )
    beam = fat().medium(QUIET, GRID).beam
    lateral = beam.lateral[360]
    field = np.correlate(lateral, lateral, "full")[lateral.size - 1 :: 2][:8]
    expected = np.abs(field / field[0]) ** 2
    assert measured == pytest.approx(expected, abs=0.1)


def test_point_response_is_the_stored_beam():
    place = np.array([[0.02, 0.0, 18.013]])
    frame = scan_frame(silent(place, [0.1]), HERE, QUIET, seed=0, grid=GRID)
    beam = fat().medium(QUIET, GRID).beam
    row, column = np.unravel_index(frame.envelope.argmax(), frame.envelope.shape)
    assert frame.supine_mm(row, column) == pytest.approx(place[0], abs=0.1)
    lateral = full_width_half_maximum(frame.envelope[row], frame.column_mm)
    stored = full_width_half_maximum(beam.lateral[row], 0.5 * frame.column_mm)
    assert lateral == pytest.approx(stored, rel=0.1)


def test_pulse_length_follows_the_bandwidth():
    """A Gaussian band of width B gives an envelope of 4 ln 2 / (pi B) in time."""
    acoustics = load_acoustics()
    probe = replace(load_probe("l14-5"), drive_cycles=0.0)
    fine = Grid(depth_mm=28.0, row_mm=0.01)
    beam = form_beam(probe, acoustics, np.zeros(fine.rows), fine)
    band_mhz = probe.bandwidth * probe.frequency_mhz
    expected = 0.5 * 1.54 * 4.0 * np.log(2.0) / (np.pi * band_mhz)
    assert full_width_half_maximum(beam.axial[1800], 0.01) == pytest.approx(expected, rel=0.02)


def test_focal_widths_follow_the_closed_forms():
    """-6 dB widths, two way, narrow band: sinc for each line, sinc squared for the lens."""
    acoustics = load_acoustics()
    probe = replace(load_probe("l14-5"), bandwidth=0.05, apodisation=1.0, elevation_focus_mm=18.0)
    beam = form_beam(probe, acoustics, np.zeros(GRID.rows), GRID)
    row = 360
    wave = 1.54 / probe.frequency_mhz
    x = np.linspace(-3.0, 3.0, 6001)

    def two_way(sent, heard):
        across = np.sinc(x / (wave * sent)) * np.sinc(x / (wave * heard))
        return full_width_half_maximum(across[np.abs(x) < wave * min(sent, heard)], 0.001)

    lateral = full_width_half_maximum(beam.lateral[row], 0.5 * beam.column_mm)
    assert lateral == pytest.approx(
        two_way(probe.transmit_f_number, probe.receive_f_number), rel=0.07
    )
    lens = probe.elevation_focus_mm / probe.element_height_mm
    whole = np.concatenate([beam.elevation[row, ::-1], beam.elevation[row]])
    assert full_width_half_maximum(whole, ELEVATION_BIN_MM) == pytest.approx(
        two_way(lens, lens), rel=0.07
    )


def test_contrast_of_a_lesion_is_its_backscatter_ratio():
    def tissue(seed):
        box = supine_box(
            mass=lambda x, y, z: (z > 10) & (z < 20), mass_attenuation=SMOOTH.fat_attenuation
        )
        return Insonated.from_field(box, seed=seed, acoustics=SMOOTH)

    power = frames_of(tissue, n=5).astype(float) ** 2
    inside, outside = power[:, 230:370].mean(), power[:, 80:170].mean()
    assert 10 * np.log10(inside / outside) == pytest.approx(-8.0, abs=1.0)


def test_the_same_place_gives_the_same_speckle_whatever_was_built_around_it():
    here = scan_frame(fat(), HERE, QUIET, seed=0, grid=GRID).envelope
    again = scan_frame(fat(), HERE, QUIET, seed=99, grid=GRID).envelope
    assert np.corrcoef(here.ravel(), again.ravel())[0, 1] > 0.999  # only the noise differs
    other = scan_frame(fat(seed=2), HERE, QUIET, seed=0, grid=GRID).envelope
    assert abs(np.corrcoef(here.ravel(), other.ravel())[0, 1]) < 0.1


def test_speckle_moves_with_the_tissue():
    here = scan_frame(fat(), HERE, QUIET, seed=0, grid=GRID).envelope
    column = QUIET.width_mm / GRID.columns
    aside = scan_frame(fat(), ProbePose(3 * column, 0.0), QUIET, seed=0, grid=GRID).envelope
    inner = slice(60, -40)
    assert np.corrcoef(here[inner, 13:-10].ravel(), aside[inner, 10:-13].ravel())[0, 1] > 0.95
    assert np.corrcoef(here[inner, 10:-10].ravel(), aside[inner, 10:-10].ravel())[0, 1] < 0.3
    turned = scan_frame(fat(), ProbePose(0.0, 0.0, 180.0), QUIET, seed=0, grid=GRID).envelope
    assert np.corrcoef(here[inner].ravel(), turned[inner, ::-1].ravel())[0, 1] > 0.9


def test_slices_part_with_the_elevational_width():
    tissue = fat()
    near, far = (
        scan_frame(tissue, ProbePose(0.0, y), QUIET, seed=0, grid=GRID).envelope[330:390]
        for y in (0.1, 2.0)
    )
    here = scan_frame(tissue, HERE, QUIET, seed=0, grid=GRID).envelope[330:390]
    assert np.corrcoef(here.ravel(), near.ravel())[0, 1] > 0.7
    assert abs(np.corrcoef(here.ravel(), far.ravel())[0, 1]) < 0.25


def peak_over_speckle(tissue_of, diameter_mm, depth_mm=18.0, probe=None, n=3):
    """Mean level (dB) of a speck over the mean power of the speckle at its depth."""
    probe = slim_probe() if probe is None else probe
    row = round(depth_mm / GRID.row_mm)
    ratios = []
    for seed in range(n):
        tissue = tissue_of([[0.0, 0.0, depth_mm]], [0.5 * diameter_mm], seed=seed)
        bare = tissue.with_specks([], [])
        frames = [
            scan_frame(t, HERE, probe, seed=0, grid=GRID, focus_mm=depth_mm).envelope.astype(float)
            for t in (tissue, bare)
        ]
        background = (frames[1][row - 20 : row + 20] ** 2).mean()
        ratios.append(frames[0][row - 2 : row + 3, 38:42].max() ** 2 / background)
    return 10.0 * np.log10(np.mean(ratios))


def test_bigger_specks_are_brighter_and_gland_hides_them():
    sizes = (0.1, 0.2, 0.4)
    in_fat = [peak_over_speckle(fat, d) for d in sizes]
    in_gland = [peak_over_speckle(gland, d) for d in sizes]
    assert np.all(np.diff(in_fat) > 0)
    assert np.all(np.diff(in_gland) > 0)
    assert np.all(np.array(in_fat[1:]) > np.array(in_gland[1:]) + 5.0)


def test_deep_specks_and_low_frequencies_show_less():
    depths = [
        peak_over_speckle(gland, 0.2, z) for z in (18.0, 22.0, 26.0)
    ]  # the lens focuses at 18
    assert np.all(np.diff(depths) < 0)

    def expected(frequency_mhz):
        """Echo over mean speckle without the chance of either."""
        probe = slim_probe(width_mm=12.0, frequency_mhz=frequency_mhz)
        medium = gland([[0.0, 0.0, 12.0]], [0.05]).medium(probe, GRID, 12.0)
        volume = medium.beam.resolution_volume_mm3[round(12.0 / GRID.row_mm)]
        return medium.speck_amplitude[0] ** 2 / volume

    assert expected(12.0) > 1.2 * expected(9.0) > 1.2 * expected(6.0)


def test_speck_echo_follows_the_elastic_sphere():
    """Faran's series, averaged as the catalogue says, at each radius in the table's range."""
    acoustics = load_acoustics()
    spheres = ((5.0, 2.5), (4.0, 2.0), (6.0, 3.18))
    frequency = 8.0
    for ka in (0.3, 0.8, 1.4, 2.6, 6.0):
        radius = ka * 1.54 / (2 * np.pi * frequency)
        form = np.mean(
            [
                reference.faran_form(ka * q, c / 1.54, 0.54 * c / 1.54, rho, terms=int(2 * ka) + 8)
                ** 2
                for c, rho in spheres
                for q in np.linspace(0.7, 1.3, 13)
            ]
        )
        ours = calcification_cross_section_mm2(radius, frequency, acoustics)
        assert 10 * np.log10(ours / (form * radius**2)) == pytest.approx(0.0, abs=0.8)


def test_elastic_sphere_has_rayleigh_s_limit():
    """(compressibility + density terms)^2 / 9 of the long-wave scattering law."""
    c, s, rho = 5.0 / 1.54, 2.7 / 1.54, 2.5
    stiffness = 1.0 - 1.0 / (rho * (c**2 - 4.0 / 3.0 * s**2))
    inertia = 3.0 * (rho - 1.0) / (2.0 * rho + 1.0)
    form = reference.faran_form(0.05, c, s, rho, terms=5) ** 2 / 0.05**4
    assert form == pytest.approx(((stiffness + inertia) / 3.0) ** 2, rel=0.01)


def test_a_large_speck_casts_a_shadow_and_a_small_one_hardly():
    def behind(radius):
        tissue = fat([[0.0, 0.0, 10.0]], [radius])
        medium = tissue.medium(QUIET, GRID)
        clear = tissue.with_specks([], []).medium(QUIET, GRID)
        i, j = (np.array(medium.amplitude.shape[:0:-1]) // 2).tolist()
        column = slice(j - 1, j + 2), slice(i - 1, i + 2)
        ratio = medium.amplitude[30, *column] / clear.amplitude[30, *column]
        return -20 * np.log10(ratio.min())

    assert behind(1.0) > 6.0
    assert behind(0.05) < 0.5


def test_noise_hides_the_deep_tissue():
    weak = slim_probe(penetration_mm=15.0)
    one, two = (scan_frame(gland(), HERE, weak, seed=seed, grid=GRID).envelope for seed in (1, 2))
    assert np.corrcoef(one[100:160].ravel(), two[100:160].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(one[-100:].ravel(), two[-100:].ravel())[0, 1]) < 0.1


def test_skin_is_a_bright_line_and_the_display_is_compressed():
    box = supine_box(skin=lambda x, y, z: z < 1.5)
    tissue = Insonated.from_field(box, seed=1, acoustics=SMOOTH)
    frame = scan_frame(tissue, HERE, QUIET, seed=0, grid=GRID)
    line = frame.envelope[24:40].max(axis=0).mean()
    assert line > 4.0 * frame.envelope[60:200].mean()
    shown = bmode(frame)
    assert shown.dtype == np.float32
    assert shown.min() >= 0.0
    assert shown.max() <= 1.0
    level = 10.0 ** ((35.0 - 30.0) / 20.0)
    grey = bmode(replace(frame, envelope=np.full((2, 2), level, np.float32)))
    assert grey == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("angle", [0.0, 90.0])
def test_a_sweep_tells_where_it_was(angle):
    place = np.array([0.8, -0.6, 15.0])
    tissue = silent([place], [0.15], half_thickness_mm=10.0)
    scanned = sweep(tissue, (0.3, 0.2), 4.0, 0.5, QUIET, seed=0, angle_deg=angle, grid=GRID)
    at = np.unravel_index(scanned.stack.argmax(), scanned.stack.shape)
    assert scanned.supine_mm(*at) == pytest.approx(place, abs=0.26)
    frame = scan_frame(tissue, scanned.poses[at[0]], QUIET, seed=0, grid=GRID)
    np.testing.assert_allclose(scanned.frame(at[0]).envelope, frame.envelope, rtol=1e-3, atol=1e-5)
    assert frame.supine_mm(*at[1:]) == pytest.approx(scanned.supine_mm(*at))


def test_every_probe_of_the_catalogue_images():
    assert {"l12-5", "l14-5", "l18-5"} <= load_probes().keys()
    for name in load_probes():
        frame = scan_frame(fat(), HERE, slim_probe(name), seed=0, grid=GRID)
        assert np.isfinite(frame.envelope).all()
    with pytest.raises(KeyError, match="no probe"):
        load_probe("l99")
