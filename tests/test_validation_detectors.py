"""Sharpness and noise measured on the pixels match what was put in, for every detector."""

import numpy as np
import pytest

from stereosim.geometry import scout
from stereosim.geometry.projection import project
from stereosim.imaging.detectors import load_detectors
from stereosim.imaging.scene import Scene
from stereosim.imaging.spectra import load_spectrum
from stereosim.imaging.xray import XrayMachine
from tests.validation_scenes import (
    DETECTORS,
    Layer,
    edge_transfer,
    noise_power,
    steel_edge,
    unit_with,
)

THICKNESS_MM = 45.0
# Catalogue in words: the transfer of each layer without aperture, and its source.
LAYERS = {
    "a-se-70": lambda f: np.exp(-((f / 12.0) ** 2)),  # Hoheisel 2004
    "a-se-85": lambda f: np.exp(-((f / 12.0) ** 2)),
    "csi-100": lambda f: 1 / (1 + 0.09 * f**1.4),  # Ghetti 2008
    "ccd-49": lambda f: 1 / (1 + 0.09 * f**1.4),
    "ccd-98": lambda f: 1 / (1 + 0.09 * f**1.4),
}
FOCUS_MM = 0.3


def flat(detector, mas=40.0):
    machine = XrayMachine(unit_with(detector))
    background = machine.slab_background(scout(machine.unit), THICKNESS_MM, 0.2)
    return machine.series(background, machine.manual_exposure(28, mas, THICKNESS_MM, 0.2))


def middle(image, rows, columns):
    r, c = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return image[r : r + rows, c : c + columns]


def expected_transfer(detector, frequency):
    unit = unit_with(detector)
    height = unit.detector_offset_mm + THICKNESS_MM / 2
    sigma = FOCUS_MM / 2.3548 * height / (unit.sid_mm - height)
    focus = np.exp(-2 * (np.pi * sigma * frequency) ** 2)
    return LAYERS[detector](frequency) * np.sinc(frequency * unit.pitch_mm) * focus


def measured_transfer(detector):
    series = flat(detector)
    view, unit = series.background.view, series.machine.unit
    edge = steel_edge(unit, THICKNESS_MM / 2)
    with_edge = series.image(Scene(THICKNESS_MM, needles=(edge,)), rng=None).pixels
    without = series.image(Scene(THICKNESS_MM), rng=None).pixels
    ratio = with_edge / without  # flat-field correction
    # The right one of the bar's two silhouettes.
    column, row = project(view, np.array([[6.0, unit.window_centre_y_mm, THICKNESS_MM / 2]]))[0]
    half_bar = 6.0 * unit.sid_mm / (unit.sid_mm - unit.detector_offset_mm - THICKNESS_MM / 2)
    c, r = round(column + half_bar / view.pitch_mm), round(row)
    reach = round(3.5 / view.pitch_mm)
    down = round(8.0 / view.pitch_mm)
    return edge_transfer(ratio[r - down : r + down, c - reach : c + reach], view.pitch_mm)


@pytest.mark.parametrize("detector", DETECTORS)
def test_transfer_of_a_slanted_edge(detector):
    frequency, found = measured_transfer(detector)
    expected = expected_transfer(detector, frequency)
    worst = np.abs(found / expected - 1).max()
    print(f"{detector}: up to {frequency[-1]:.1f}/mm, worst {worst:.3f}")
    assert worst < 0.05


def measured_noise(detector, mas=40.0, images=4):
    """Relative noise power, (frequency, power in mm^2), its variance, and the series."""
    series = flat(detector, mas)
    clean = series.image(Scene(THICKNESS_MM), rng=None)
    mean = middle(clean.pixels - clean.offset_dn, 512, 512)
    powers, variance = [], []
    for seed in range(images):
        image = series.image(Scene(THICKNESS_MM), rng=np.random.default_rng(seed))
        noise = middle(image.pixels - image.offset_dn, 512, 512) / mean - 1.0
        frequency, power = noise_power(noise, series.background.view.pitch_mm)
        powers.append(power)
        variance.append(noise.var())
    return frequency, np.mean(powers, axis=0), np.mean(variance), series


def expected_noise(detector, frequency, series):
    """Quantum noise, white or passed by the layer, and white electronic noise, over the mean^2."""
    spec = load_detectors()[detector]
    energy = float(middle(series.primary + series.scatter, 512, 512).mean())  # keV/mm^2
    pitch = series.background.view.pitch_mm
    quantum = series.quantum_kev / (energy * spec.swank)
    electronic = (spec.electronic_noise_kev / pitch**2 / energy) ** 2 * pitch**2
    passed = LAYERS[detector](frequency) ** 2 if spec.indirect else 1.0
    return quantum * passed * np.ones_like(frequency) + electronic


@pytest.mark.parametrize("detector", DETECTORS)
def test_noise_power_spectrum(detector):
    frequency, found, _, series = measured_noise(detector)
    expected = expected_noise(detector, frequency, series)
    # Bins of a ring hold more samples the further out; bands even that out.
    bands = np.array_split(np.arange(len(frequency)), 6)
    ratios = [found[b].mean() / expected[b].mean() for b in bands]
    print(f"{detector}: bands from low to high {np.round(ratios, 3)}")
    assert np.abs(np.array(ratios) - 1).max() < 0.05


@pytest.mark.parametrize("detector", DETECTORS)
def test_signal_to_noise_rises_as_the_root_of_the_exposure(detector):
    """Slope of log SNR against log exposure over a factor of 16, electronic noise counted."""
    mas = np.array([10.0, 20.0, 40.0, 80.0, 160.0])
    found, expected, quantum = [], [], []
    for m in mas:
        _, _, variance, series = measured_noise(detector, m, images=1)
        spec, pitch = load_detectors()[detector], series.background.view.pitch_mm
        energy = float(middle(series.primary + series.scatter, 512, 512).mean())
        # Through the layer goes the mean of its squared transfer over the band.
        f = np.fft.fftfreq(512, pitch)
        passed = LAYERS[detector](np.hypot(f[:, None], f[None, :])) ** 2 if spec.indirect else 1.0
        one = series.quantum_kev / (energy * spec.swank * pitch**2) * np.mean(passed)
        other = (spec.electronic_noise_kev / pitch**2 / energy) ** 2
        found.append(variance**-0.5)
        expected.append((one + other) ** -0.5)
        quantum.append(one / (one + other))
    ratio = np.array(found) / expected
    slope = np.polyfit(np.log(mas), np.log(found), 1)[0]
    print(f"{detector}: SNR {np.round(found, 1)}, over expected {np.round(ratio, 3)}, {slope:.3f}")
    assert np.abs(ratio - 1).max() < 0.05
    # Half where quanta rule, towards one where the electronics do.
    assert 0.48 < slope < 0.5 + 0.5 * (1 - min(quantum)) + 0.02


# What the beam crosses besides breast and air, in elements by mass, g/cm^3 and mm.
POLYSTYRENE = Layer({"H": 7.76, "C": 92.24}, 1.06, 1.0)
CARBON = Layer({"C": 1.0}, 1.55, 1.5)
ADIPOSE = Layer({"H": 11.2, "C": 61.9, "N": 1.7, "O": 25.1, "P": 0.1}, 0.93, 0.8 * THICKNESS_MM)
GLANDULAR = Layer({"H": 10.2, "C": 18.4, "N": 3.2, "O": 67.7, "P": 0.5}, 1.04, 0.2 * THICKNESS_MM)
ABSORBERS = {
    "a-se-70": Layer({"Se": 1.0}, 4.3, 0.2),
    "csi-100": Layer({"Cs": 51.15, "I": 48.85}, 4.51, 0.15 * 0.75),
}


@pytest.mark.parametrize("detector", ABSORBERS)
def test_signal_and_quanta_from_first_principles(detector):
    """Absorbed energy and its variance over its mean, from fluence, xraylib and geometry alone."""
    series = flat(detector)
    unit, beam = series.machine.unit, load_spectrum(series.exposure.target_filter, 28)
    energies = beam.energies_kev
    air = Layer({"N": 75.5, "O": 23.2, "Ar": 1.3}, 0.001205, unit.sid_mm - THICKNESS_MM)
    crossed = sum(
        layer.attenuation(energies) for layer in (POLYSTYRENE, CARBON, ADIPOSE, GLANDULAR, air)
    )
    absorbed = -np.expm1(-ABSORBERS[detector].attenuation(energies))
    per_energy = beam.fluence_mm2 * np.exp(-crossed) * absorbed * energies
    expected = per_energy.sum() * series.exposure.mas * (1000.0 / unit.sid_mm) ** 2
    quantum = (per_energy * energies).sum() / per_energy.sum()
    # Below the focus the ray is the shortest; that is the last row, near the chest wall.
    rows, columns = series.primary.shape
    found = float(series.primary[rows - 40, columns // 2])
    print(f"{detector}: energy {found / expected:.4f}, quantum {series.quantum_kev:.2f}")
    assert found == pytest.approx(expected, rel=0.02)
    assert series.quantum_kev == pytest.approx(quantum, rel=0.01)
