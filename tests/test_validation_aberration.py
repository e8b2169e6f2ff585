"""Beam broadening against rays through the gland of the cohort, and arrival times as measured.

See docs/ultrasound-validation.md.  The oracle adds up the delay of straight rays from each element
of the aperture to the focus, through the voxels of the anatomy, and forms the beam with them; the
model knows the mean fraction of gland over depth only.
"""

from functools import cache

import numpy as np
import pytest

from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, Grid, form_beam
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim_phantoms.cohort import draw_patient, load_cohort

pytestmark = pytest.mark.slow

PROBE, ACOUSTICS = load_probe("l14-5"), load_acoustics()
VOXEL_MM = 0.4
CONTRAST = (ACOUSTICS.gland_speed_m_s - ACOUSTICS.fat_speed_m_s) / 1490.0
WAVENUMBER = 2.0 * np.pi * 9.0 / 1.54  # what is left of 9.5 MHz at 20 mm
SIDE_MM = 20.0


@cache
def breasts():
    """Gland (nz, ny, nx) about the targets of the cohort, and how deep the box is in the breast."""
    cohort, found = load_cohort("screening"), []
    for index in range(16):
        patient = draw_patient(cohort, 1, index)
        x, y, _ = patient.referral.supine_mm
        field = patient.supine_field(
            np.array([x - SIDE_MM, y - SIDE_MM, 0.0]), np.array([x + SIDE_MM, y + SIDE_MM, 32.0]),
            VOXEL_MM,
        )  # fmt: skip
        slices = int((field.inside.mean(axis=(1, 2)) > 0.9).sum())
        if slices * VOXEL_MM > 8.0:
            found.append((field.gland, slices * VOXEL_MM))
    return found


def peak_share(apertures, gland, depth):
    """Peak over energy of the two-way beam, against that without aberration; mean over places.

    `gland` (nz, n places, across); `apertures` are (size, pedestal) of transmit and receive.
    """
    slices = round(depth / VOXEL_MM)
    z = (np.arange(slices) + 0.5) * VOXEL_MM
    across = np.linspace(-3.0, 3.0, 601)
    middles = np.arange(25, 76, 10)  # voxels
    total = np.ones((gland.shape[1] * middles.size, across.size), complex)
    plain = np.ones(across.size, complex)
    for size, pedestal in apertures:
        share = (np.arange(65) + 0.5) / 65 - 0.5
        wave = np.exp(1j * WAVENUMBER * np.outer(across, share * size) / depth)
        wave *= pedestal + (1.0 - pedestal) * np.cos(2.0 * np.pi * share)
        at = middles[:, None, None] + (size / VOXEL_MM * share)[:, None] * (1.0 - z / depth)
        low = at.astype(int)
        part = at - low
        k = np.arange(slices)
        delay = np.array([
            ((1.0 - part) * plane[k, low] + part * plane[k, low + 1]).sum(axis=2)
            for plane in gland.swapaxes(0, 1)[:, :slices]
        ])  # fmt: skip
        phase = np.exp(-1j * WAVENUMBER * CONTRAST * VOXEL_MM * delay)
        total *= phase.reshape(-1, share.size) @ wave.T
        plain *= wave.sum(axis=1)
    shares = [(p.max(axis=-1) / p.sum(axis=-1)) for p in (np.abs(total) ** 2, np.abs(plain) ** 2)]
    return float(np.mean(shares[0]) / shares[1])


def test_broadening_is_that_of_rays_through_the_anatomy():
    """The fall of the peak against the beam's energy, dB: what makes specks fade into speckle."""
    grid = Grid(depth_mm=32.0)
    nothing = np.zeros(grid.rows)
    rays, model = [], []
    for gland, deep in breasts():
        for depth in (8.0, 14.0, 20.0, 30.0):
            if depth > deep:
                continue
            largest = PROBE.active_elements * PROBE.pitch_mm
            sent, heard = (
                min(depth / f, largest) for f in (PROBE.transmit_f_number, PROBE.receive_f_number)
            )
            lens = 2 * [(PROBE.element_height_mm, 1.0)]
            rays.append([
                peak_share([(sent, 1.0), (heard, PROBE.apodisation)], gland[:, 10:91:10], depth),
                peak_share(lens, gland.swapaxes(1, 2)[:, 10:91:10], depth),
            ])  # fmt: skip
            mean = gland.mean(axis=(1, 2), dtype=float)
            centres = (np.arange(mean.size) + 0.5) * VOXEL_MM
            profile = np.interp(np.arange(grid.rows) * grid.row_mm, centres, mean)
            row = round(depth / grid.row_mm)
            peaks = []
            for tissue in (profile, None):
                beam = form_beam(PROBE, ACOUSTICS, nothing, grid, depth, tissue)
                lateral, elevation = np.abs(beam.lateral[row]), np.abs(beam.elevation[row])
                peaks.append([lateral.max(), elevation[0]])  # their energy is 1
            model.append((np.array(peaks[0]) / peaks[1]) ** 2)
    error_db = 10.0 * np.log10(np.array(model) / np.array(rays))
    print(
        f"\n{len(rays)} depths: mean {error_db.mean(axis=0).round(2)} dB, "
        f"rms {np.sqrt((error_db**2).mean(axis=0)).round(2)} dB; "
        f"rays {(10 * np.log10(np.mean(rays, axis=0))).round(2)} dB"
    )
    assert np.abs(error_db.mean(axis=0)).max() < 0.5
    assert np.sqrt((error_db**2).mean(axis=0)).max() < 1.0
    assert ELEVATION_BIN_MM < 0.1  # element 0 stands for the axis


def test_arrival_times_through_the_breast_are_as_large_as_measured():
    """Fluctuation about 67 ns over about 4 mm (Hinkelman 1995, from memory): a prediction.

    As there, a smooth surface (fourth order) is taken off; here over 40 x 40 mm.
    """
    found = []
    for gland, deep in breasts():
        if deep < 15.0:
            continue
        delay = gland[: int(deep / VOXEL_MM)].sum(axis=0, dtype=float) * VOXEL_MM * CONTRAST
        n = delay.shape[0]
        j, i = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n), indexing="ij")
        smooth = np.stack([(i**a * j**b).ravel() for a in range(5) for b in range(5 - a)], axis=1)
        fit = smooth @ np.linalg.lstsq(smooth, delay.ravel(), rcond=None)[0]
        rest = delay - fit.reshape(n, n)
        power = np.abs(np.fft.fft2(rest, s=(2 * n, 2 * n))) ** 2
        pairs = np.abs(np.fft.fft2(np.ones((n, n)), s=(2 * n, 2 * n))) ** 2
        covariance = np.fft.ifft2(power).real / np.maximum(np.fft.ifft2(pairs).real, 1.0)
        along = 0.5 * (covariance[0] + covariance[:, 0])[: n // 2] / covariance[0, 0]
        found.append((deep, rest.std() / 1.49e-3, 2.0 * VOXEL_MM * np.argmax(along < 0.5)))
    deep, rms_ns, width_mm = np.array(found).T
    print(
        f"\n{deep.size} breasts, {deep.min():.0f} to {deep.max():.0f} mm: "
        f"{rms_ns.mean():.0f} ns ({rms_ns.min():.0f} to {rms_ns.max():.0f}), "
        f"{width_mm.mean():.1f} mm ({width_mm.min():.1f} to {width_mm.max():.1f})"
    )
    assert 30.0 < rms_ns.mean() < 130.0
    assert 2.5 < width_mm.mean() < 8.0
