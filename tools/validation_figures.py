"""Draw the figures of docs/xray-validation.md from the simulator as it is, in a few minutes.

Run ``.venv/bin/python tools/validation_figures.py`` after ``tools/setup.sh app test``; the numbers
under the figures are printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "phantoms")]

import matplotlib  # noqa: E402

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from scipy.special import ndtr  # noqa: E402

from stereosim.geometry import load_units, scout  # noqa: E402
from stereosim.imaging.detection import find_specks  # noqa: E402
from stereosim.imaging.scene import Scene  # noqa: E402
from stereosim.imaging.xray import XrayMachine  # noqa: E402
from tests import test_validation_detectors as detectors  # noqa: E402
from tests import validation_breasts as breasts  # noqa: E402
from tests.validation_scenes import DETECTORS  # noqa: E402

IMAGES = ROOT / "docs" / "images"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#777777")
UNITS = {"upright-hologic": "a-Se 70 um", "upright-ge": "CsI 100 um"}


def main() -> None:
    """Draw all figures."""
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    draw_detectors()
    kappa, beta = draw_anatomy()
    draw_detection((kappa, beta))


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure, small."""
    figure.tight_layout()
    figure.savefig(IMAGES / name, dpi=110)
    plt.close(figure)


def draw_detectors() -> None:
    """Transfer and noise power: measured points on the lines that were put in."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.2, 3.3))
    for name, colour in zip(DETECTORS, COLOURS, strict=True):
        frequency, found = detectors.measured_transfer(name)
        fine = np.linspace(0.0, frequency[-1], 200)
        left.plot(fine, detectors.expected_transfer(name, fine), color=colour, lw=1, label=name)
        left.plot(frequency[::3], found[::3], "o", color=colour, ms=3)
        frequency, power, _, series = detectors.measured_noise(name)
        expected = 1e6 * detectors.expected_noise(name, frequency, series)
        right.plot(frequency, expected, color=colour, lw=1)
        right.plot(frequency[::4], 1e6 * power[::4], "o", color=colour, ms=3)
    left.set(xlabel="frequency, 1/mm", ylabel="transfer", ylim=(0, 1.02), xlim=(0, None))
    right.set(
        xlabel="frequency, 1/mm", ylabel="relative noise power, 10$^{-6}$ mm$^2$", yscale="log"
    )
    right.set_yticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
    right.minorticks_off()
    left.legend(frameon=False, loc="lower left")
    save(figure, "validation-detectors.png")


def draw_anatomy() -> tuple[float, float]:
    """Power spectra of twelve breasts without noise; returns kappa and beta of their mean."""
    unit = load_units()["upright-hologic"]
    figure, axes = plt.subplots(figsize=(4.6, 3.4))
    powers, exponents = [], []
    for patient in breasts.breasts(12):
        (series,) = breasts.series_of(patient, unit, [scout(unit)])
        frequency, power = breasts.anatomical_power(*breasts.log_image(series, unit))
        axes.loglog(frequency, power, color="#bbbbbb", lw=0.7)
        powers.append(power)
        exponents.append(breasts.exponent(frequency, power))
    mean = np.exp(np.mean(np.log(powers), axis=0))
    beta = float(np.mean(exponents))
    axes.loglog(frequency, mean, color=COLOURS[0], lw=1.6, label="geometric mean")
    band = np.array([0.15, 0.7])
    kappa = float(np.interp(0.3, frequency, mean) * 0.3**beta)
    axes.loglog(
        band, kappa / band**beta, "--", color=COLOURS[1], lw=1.4,
        label=rf"$\beta$ = {beta:.2f} $\pm$ {np.std(exponents, ddof=1):.2f}",
    )  # fmt: skip
    axes.set(xlabel="frequency, 1/mm", ylabel="power of the log image, mm$^2$", xlim=(0.04, 2.2))
    axes.legend(frameon=False)
    save(figure, "validation-anatomy.png")
    print(f"beta {np.round(exponents, 2)}, mean {beta:.2f}, kappa {kappa:.2e}")
    return kappa, beta


def draw_detection(anatomy: tuple[float, float]) -> None:
    """Fraction of spheres that are found, and what the photon budget predicts."""
    figure, panels = plt.subplots(1, 2, figsize=(8.2, 3.3), sharey=True)
    for axes, (name, label) in zip(panels, UNITS.items(), strict=True):
        tally = breasts.detection(load_units()[name], breasts.breasts(8), 10)
        plot_detection(axes, name, label, tally, anatomy)
    panels[0].set_ylabel("fraction found")
    panels[0].legend(frameon=False, loc="lower right")
    save(figure, "validation-detection.png")


def plot_detection(
    axes: Axes, name: str, label: str, tally: breasts.Tally, anatomy: tuple[float, float]
) -> None:
    """Draw one unit."""
    machine = XrayMachine(load_units()[name])
    view, exposure = scout(machine.unit), machine.exposure(52.0, 0.2)
    series = machine.series(machine.slab_background(view, 52.0, 0.2, 1.5), exposure)
    image = series.image(Scene(52.0), rng=np.random.default_rng(0))
    threshold = find_specks(image).threshold
    share = float((series.primary / (series.primary + series.scatter)).mean())
    seen = (anatomy[0] * share**2, anatomy[1])
    sizes = np.array(breasts.DIAMETERS_MM)
    fine = np.geomspace(0.06, 0.5, 60)
    for k, material in enumerate(breasts.MATERIALS):
        rates = tally.rates[k]
        axes.errorbar(
            sizes, rates, tally.errors[k], fmt="o", color=COLOURS[k], ms=3.5, lw=1,
            label=material.replace("_", " "),
        )  # fmt: skip
        budget = [breasts.photon_budget(series, d, material, seen) for d in fine]
        predicted = ndtr(np.array(budget)[:, 0] - threshold)
        axes.plot(fine, predicted, color=COLOURS[k], lw=1)
        half = breasts.half_point(sizes, rates), breasts.half_point(fine, predicted)
        print(
            f"{name}, {material}: half at {half[0]:.3f} mm, predicted {half[1]:.3f} mm; "
            f"{np.round(rates, 2)}; {tally.shown[k].min()} to {tally.shown[k].max()} specks a size"
        )
    print(
        f"{name}: threshold {threshold:.2f}, {exposure.dose_mgy:.2f} mGy at 52 mm, "
        f"{tally.false_marks / tally.images:.2f} false marks in the window, {tally.images} images"
    )
    axes.axhline(0.5, color="#bbbbbb", lw=0.7)
    axes.set(xscale="log", xlabel="diameter, mm", title=f"{label} ({name})", ylim=(-0.02, 1.02))
    axes.set_xticks([0.06, 0.1, 0.15, 0.2, 0.3, 0.5], ["0.06", "0.1", "0.15", "0.2", "0.3", "0.5"])
    axes.minorticks_off()


if __name__ == "__main__":
    main()
