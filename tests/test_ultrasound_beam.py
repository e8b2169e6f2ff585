"""The beam against the theory of diffraction, and its broadening in mixed tissue."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import fresnel

from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Grid, form_beam
from stereosim.imaging.ultrasound.probes import load_probe, load_probes
from tests.peer_pymust import half_width_mm

GRID = Grid(depth_mm=42.0)
ACOUSTICS = load_acoustics()
NOTHING = np.zeros(GRID.rows)  # attenuation
SPEED = 1.54  # mm/us


def row(depth_mm):
    return round(depth_mm / GRID.row_mm)


def lateral_width(beam, depth_mm):
    taps = beam.lateral[row(depth_mm)]
    return 2.0 * half_width_mm(taps[taps.size // 2 :], 0.5 * beam.column_mm)


def elevation_width(beam, depth_mm):
    return 2.0 * half_width_mm(beam.elevation[row(depth_mm)], ELEVATION_BIN_MM, 0.5)


def one_way(focus_f_number, pedestal=1.0, **changes):
    """A narrow band and one wide aperture that decides: transmit at F, or receive at F if apodised.

    The pitch is small, so that elements have no directivity to speak of.
    """
    fine = replace(
        load_probe("l14-5"), bandwidth=0.03, pitch_mm=0.05, elements=256, active_elements=512
    )
    sent = {"transmit_f_number": focus_f_number, "receive_f_number": 1e3, "apodisation": 1.0}
    heard = {"transmit_f_number": 1e3, "receive_f_number": focus_f_number, "apodisation": pedestal}
    return replace(fine, **(sent if pedestal == 1.0 else heard), **changes)


def test_focal_zone_is_that_of_the_fresnel_integral():
    """Width over depth of a line aperture in closed form; it is sharp over 7 wavelengths F^2."""
    focus, f_number = 18.0, 3.0
    probe = one_way(f_number)
    beam = form_beam(probe, ACOUSTICS, NOTHING, GRID, focus)
    wave = SPEED / probe.frequency_mhz
    half_zone = 3.5 * wave * f_number**2
    x = np.linspace(0.0, 2.4, 2401)

    def expected(depth):
        """Integral of exp(i pi / wave ((1/z - 1/F) u^2 - 2 x u / z)) over the aperture."""
        bend = (1.0 / depth - 1.0 / focus) / wave
        half = 0.5 * focus / f_number
        if abs(bend) < 1e-6:
            return 2.0 * half_width_mm(np.sinc(2.0 * half * x / (wave * depth)), x[1])
        scale, middle = np.sqrt(2.0 * abs(bend)), x / (wave * depth * bend)
        (s1, c1), (s2, c2) = (fresnel(scale * (end - middle)) for end in (-half, half))
        return 2.0 * half_width_mm(np.hypot(s2 - s1, c2 - c1), x[1])

    for depth in (focus - half_zone, focus, focus + half_zone):
        assert lateral_width(beam, depth) == pytest.approx(expected(depth), rel=0.08)
    depths = np.arange(8.0, 34.0, 0.5)
    widths = np.array([lateral_width(beam, depth) for depth in depths])
    assert abs(depths[widths.argmin()] - focus) < half_zone
    inside = np.abs(depths - focus) < half_zone
    assert widths[inside].max() < 2.5 * widths.min() < min(widths[0], widths[-1])


def test_apodisation_widens_the_main_lobe_and_lowers_side_lobes():
    """Hamming: -6 dB width 1.51 times that of no apodisation, side lobes -43 in place of -13 dB."""

    def profile(pedestal):
        probe = one_way(2.5, pedestal)
        taps = form_beam(probe, ACOUSTICS, NOTHING, GRID, 18.0).lateral[row(18.0)]
        return np.abs(taps[taps.size // 2 :]) / np.abs(taps).max(), 0.5 * probe.width_mm / 256

    plain, step = profile(0.999)
    weighted, _ = profile(0.54)
    ratio = half_width_mm(weighted, step) / half_width_mm(plain, step)
    assert ratio == pytest.approx(1.51, rel=0.05)

    def side_lobe_db(amplitude):
        null = np.flatnonzero(np.diff(amplitude) > 0)[0]
        return 20.0 * np.log10(amplitude[null:].max())

    assert side_lobe_db(plain) == pytest.approx(-13.3, abs=1.5)
    assert side_lobe_db(weighted) < -36.0


def rayleigh_sommerfeld(probe, depth, focus, off_plane):
    """Two-way envelope peaks (n,) of points `off_plane` mm beside the plane, whenever they come.

    Integral over the faces of the rectangular transmit and receive apertures, with delays along
    the array and a thin lens across it; 31 frequencies of the pulse, then the largest of all times.
    """
    f0 = probe.frequency_mhz
    sd = probe.bandwidth * f0 / np.sqrt(8.0 * np.log(2.0))
    f = np.linspace(max(0.5, f0 - 3.0 * sd), f0 + 3.0 * sd, 31)
    pulse = np.exp(-0.5 * ((f - f0) / sd) ** 2) * np.sinc(probe.drive_cycles * (f / f0 - 1.0))
    y = ((np.arange(41) + 0.5) / 41 - 0.5) * probe.element_height_mm
    lens = np.hypot(probe.elevation_focus_mm, y) - probe.elevation_focus_mm
    limits = 4 * probe.pitch_mm, probe.active_elements * probe.pitch_mm
    spectrum = pulse.astype(complex) * np.ones((off_plane.size, 1))
    for size, at, pedestal in (
        (focus / probe.transmit_f_number, focus, 1.0),
        (depth / probe.receive_f_number, depth, probe.apodisation),
    ):
        aperture = np.clip(size, *limits)
        n = int(aperture / 0.15) + 1
        share = (np.arange(n) + 0.5) / n - 0.5
        x = aperture * share
        weight = pedestal + (1.0 - pedestal) * np.cos(2.0 * np.pi * share)
        path = np.sqrt((off_plane[:, None, None] - y[:, None]) ** 2 + x**2 + depth**2)
        late = path - depth - (np.hypot(at, x) - at) - lens[:, None]
        field = [
            (weight / path**2 * np.exp(2j * np.pi * q / SPEED * late)).sum(axis=(1, 2)) for q in f
        ]
        spectrum *= np.array(field).T
    times = np.linspace(-0.3, 0.3, 121)
    return np.abs(spectrum @ np.exp(2j * np.pi * np.outer(f, times))).max(axis=1)


@pytest.mark.parametrize("name", ["l11-5", "l14-5", "l18-5"])
def test_slice_thickness_is_that_of_the_diffraction_integral(name):
    """The model takes the two axes apart and one frequency axis; the integral does not."""
    probe = load_probe(name)
    beam = form_beam(probe, ACOUSTICS, NOTHING, GRID)
    off_plane = np.arange(0.0, 2.6, 0.1)
    for depth in (8.0, 14.0, 20.0, 30.0, 40.0):
        whole = rayleigh_sommerfeld(probe, depth, probe.transmit_focus_mm, off_plane)
        expected = 2.0 * half_width_mm(whole, 0.1)
        assert elevation_width(beam, depth) == pytest.approx(expected, rel=0.10)


def test_mixed_tissue_broadens_the_beam_and_pure_tissue_does_not():
    probe = load_probe("l14-5")
    beams = {
        g: form_beam(probe, ACOUSTICS, NOTHING, GRID, 20.0, np.full(GRID.rows, g))
        for g in (0.0, 0.1, 0.5, 1.0)
    }
    alone = form_beam(probe, ACOUSTICS, NOTHING, GRID, 20.0)
    for pure in (0.0, 1.0):
        np.testing.assert_array_equal(beams[pure].lateral, alone.lateral)
        np.testing.assert_array_equal(beams[pure].elevation, alone.elevation)
    widths = [lateral_width(beams[g], 20.0) for g in (0.0, 0.1, 0.5)]
    assert np.all(np.diff(widths) > 0.05)
    growth = [lateral_width(beams[0.5], z) / lateral_width(alone, z) for z in (6.0, 12.0, 20.0)]
    assert np.all(np.diff(growth) > 0.1)
    lens = elevation_width(beams[0.5], 20.0) / elevation_width(alone, 20.0)
    assert 1.05 < lens < growth[-1]  # the lens' aperture is smaller: more of the bend is common


def test_gland_near_the_skin_harms_more_than_gland_at_the_target():
    """A ray bent near the skin has the whole depth to leave its way."""
    probe = load_probe("l14-5")
    near, far = np.zeros(GRID.rows), np.zeros(GRID.rows)
    near[row(2.0) : row(8.0)] = 0.5
    far[row(14.0) : row(20.0)] = 0.5
    shallow, deep = (
        lateral_width(form_beam(probe, ACOUSTICS, NOTHING, GRID, 20.0, gland), 20.0)
        for gland in (near, far)
    )
    alone = lateral_width(form_beam(probe, ACOUSTICS, NOTHING, GRID, 20.0), 20.0)
    assert shallow > 1.2 * alone
    assert deep < 1.05 * alone


def test_every_probe_is_narrowest_about_its_focus():
    for probe in load_probes().values():
        beam = form_beam(probe, ACOUSTICS, NOTHING, GRID)
        depths = np.arange(10.0, 34.0, 1.0)
        widths = [lateral_width(beam, depth) for depth in depths]
        assert abs(depths[int(np.argmin(widths))] - probe.transmit_focus_mm) <= 3.0
