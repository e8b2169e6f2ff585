"""Draw the figures of docs/capture.md and print its tables, from the surrogate, in a few minutes.

Run ``.venv/bin/python tools/capture_figures.py`` after ``tools/setup.sh app test``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "phantoms")]

import matplotlib  # noqa: E402

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from scipy.optimize import brentq  # noqa: E402

from stereosim.biopsy.devices import Device, load_devices  # noqa: E402
from stereosim.biopsy.needle import load_placement  # noqa: E402
from stereosim.biopsy.surrogate import BatchResult, plan_sampling, sample_many  # noqa: E402
from stereosim.experiments.statistics import wilson_interval  # noqa: E402
from stereosim.procedures.operators.sampling import pass_pattern  # noqa: E402
from tests.capture_scenes import ArmErrors, Clusters, arm_errors, cohort_clusters  # noqa: E402

IMAGES = ROOT / "docs" / "images"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#777777")
WOMEN, REPEATS, PASSES = 600, 4, 6
DEVICES = load_devices()
GUN, ELEVEN = DEVICES["ncb-14g"], DEVICES["vab-11g"]
CLOCK = [float(k) for k in range(12)]
ARM = load_placement()["stereotactic"]
# Liberman 1994 (V2) and Mainiero 1996 (V3), facts/clinical.md.
V2, V3 = (146, 361), (118, 138)


def main() -> None:
    """Print all tables, draw all figures."""
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    clusters = cohort_clusters(WOMEN)[np.repeat(np.arange(WOMEN), REPEATS)]
    masses()
    order_of_devices(clusters)
    mechanism(clusters)
    sensitivity(clusters)


def mean(values: np.ndarray) -> str:
    """Percentage with its standard error, women as the units."""
    per_woman = np.asarray(values, dtype=np.float64).reshape(WOMEN, -1).mean(axis=1)
    error = per_woman.std(ddof=1) / np.sqrt(WOMEN)
    return f"{100 * per_woman.mean():.1f} ± {100 * error:.1f}"


def row(*cells: object) -> None:
    """Print one row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def masses() -> None:
    """Masses of usual insertions in homogeneous tissue."""
    print("\nmasses, mg: published, simulated mean and SD, first and last core, reach mm")
    for device in DEVICES.values():
        mass = plan_sampling(device).masses_mg
        shown = (device.core_mass_mg, mass.mean(), mass.std(), mass[0], mass[-1])
        cells = [f"{value:.1f}" for value in shown]
        row(device.label, len(mass), *cells, f"{device.reach_mm:.2f}")


def order_of_devices(clusters: Clusters) -> None:
    """Failures against the SD of the error, the same clusters and errors for every device."""
    full = [d for d in DEVICES.values() if d.kind == "vacuum" and d.family == d.name]
    shown = [GUN, *sorted(full, key=lambda d: d.reach_mm)]
    error = np.random.default_rng(1).standard_normal((len(clusters), 3))
    print("\nfailed at twelve hours (gun: one core), %; specks removed at 2 mm, %")
    figure, axes = plt.subplots(figsize=(5.4, 3.6))
    sizes = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0])
    shades = plt.get_cmap("viridis")(np.linspace(0.0, 0.9, len(shown)))
    ends: list[tuple[float, str, object]] = []
    for device, shade in zip(shown, shades, strict=True):
        plan = plan_sampling(device, CLOCK if device is not GUN else [12.0])
        results = {s: sample(plan, s * error, clusters) for s in sizes}
        failed = [100.0 * (1.0 - r.retrieved.mean()) for r in results.values()]
        axes.plot(sizes, failed, color=shade, lw=1.2)
        ends.append((failed[-1], device.label.replace(" vacuum", ""), shade))
        at = [mean(~results[s].retrieved) for s in (1.0, 2.0, 4.0)]
        tissue = f"{plan.masses_mg.sum():.0f}"
        row(device.label, tissue, *at, mean(results[2.0].fraction_removed))
    height = 0.0
    for end, label, shade in reversed(ends):  # from below, none over another
        height = max(end, height + 5.0)
        axes.text(6.1, height, label, color=shade, va="center", fontsize=8)
    axes.set(xlabel="error of the needle, SD per axis, mm", ylabel="no speck in any core, %")
    axes.set(xlim=(0.0, 6.0), ylim=(0.0, 100.0))
    save(figure, "capture-devices.png")


def sample(plan: object, errors: np.ndarray, clusters: Clusters) -> BatchResult:
    """Sample the clusters."""
    return sample_many(plan, errors, clusters.specks_mm, clusters.radii_mm)  # type: ignore[arg-type]


class Strategy(NamedTuple):
    """Where and how the passes of a gun are aimed: places (n, p, 3) and hours (p,)."""

    aims_mm: np.ndarray
    hours: list[float]


def strategies(clusters: Clusters, repeat: int = REPEATS) -> dict[str, Strategy]:
    """Return the ways of aiming a gun, by name; each woman stands `repeat` times in a row."""
    one = clusters[::repeat]
    orders = one.orders()
    every = np.arange(len(one))
    turn = np.array([[order[k % len(order)] for k in range(PASSES)] for order in orders])
    aims = one.specks_mm[every[:, None], turn]
    central = np.repeat(aims[:, :1], PASSES, axis=1)
    steps, hours = zip(*pass_pattern(PASSES, 1), strict=True)
    twelve = [12.0] * PASSES
    return {
        "specks in turn": Strategy(np.repeat(aims, repeat, axis=0), twelve),
        "central speck each time": Strategy(np.repeat(central, repeat, axis=0), twelve),
        "pattern about the central speck": Strategy(
            np.repeat(central + np.array(steps), repeat, axis=0), list(hours)
        ),
        "middle of the group each time": Strategy(0.0 * np.repeat(aims, repeat, axis=0), twelve),
    }


def shoot(
    strategy: Strategy, needles: np.ndarray, clusters: Clusters, gun: Device = GUN
) -> np.ndarray:
    """Return which cores of a gun hold a speck, shape (n, passes)."""
    apart = np.arange(PASSES)[:, None] * [60.0, 0.0, 0.0]
    plan = plan_sampling(gun, strategy.hours, apart)
    return sample(plan, strategy.aims_mm + needles - apart, clusters).held > 0


def alike(hits: np.ndarray) -> float:
    """Return the intraclass correlation of the first five cores of a lesion (ANOVA estimator)."""
    cores = hits[:, :5].astype(float)
    between = 5.0 * cores.mean(axis=1).var(ddof=1)
    within = cores.var(axis=1, ddof=1).mean()
    return float((between - within) / (between + 4.0 * within))


def beta_binomial(share: float, rho: float, cores: int) -> float:
    """Return the share of lesions of which some core holds, cores alike by `rho`."""
    a, b = share * (1.0 - rho) / rho, (1.0 - share) * (1.0 - rho) / rho
    return float(1.0 - np.prod([(b + k) / (a + b + k) for k in range(cores)]))


def mechanism(clusters: Clusters) -> None:
    """Single cores and lesions by aiming, error and cluster: why 40 % and 86 %."""
    single, lesions = V2[0] / V2[1], V3[0] / V3[1]
    rho = brentq(lambda r: beta_binomial(single, r, 5) - lesions, 1e-4, 0.9)
    print(f"\npublished: 40 and 86 % at five cores make rho = {rho:.2f}")
    rng = np.random.default_rng(2)
    errors = arm_errors(rng, GUN, len(clusters), PASSES)
    ways = strategies(clusters)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10.4, 3.5))
    cores = np.arange(1, PASSES + 1)
    print("aiming; first core, first five, lesions at 1..6, alike, were they independent at 5")
    for (name, way), colour in zip(ways.items(), COLOURS, strict=False):
        hits = shoot(way, errors.needles_mm, clusters)
        growth = [hits[:, :k].any(axis=1).mean() for k in cores]
        p = hits[:, :5].mean()
        cells = [f"{100 * g:.0f}" for g in growth]
        free = f"{100 * (1 - (1 - p) ** 5):.0f}"
        row(name, mean(hits[:, 0]), mean(hits[:, :5]), *cells, f"{alike(hits):.2f}", free)
        left.plot(cores, 100.0 * np.array(growth), "-", color=colour, label=name)
    hits = shoot(ways["specks in turn"], errors.needles_mm, clusters)
    p = hits[:, :5].mean()
    left.plot(cores, 100 * (1 - (1 - p) ** cores), ":", color="k", label="independent cores")
    left.axhline(100 * p, color="k", ls="--", lw=0.8, label="all cores alike")
    for x, counts, mark in ((1.0, V2, "s"), (5.0, V3, "o")):
        share = counts[0] / counts[1]
        low, high = wilson_interval(*counts)
        bar = 100.0 * np.array([[share - low], [high - share]])
        left.errorbar(x, 100.0 * share, bar, fmt=mark, color="k", capsize=2, ms=4)
    left.annotate("V2", (1.15, 38)), left.annotate("V3", (5.15, 83))
    left.set(xlabel="cores", ylabel="lesions with a speck in a core, %", ylim=(0, 100))
    left.legend(frameon=False, fontsize=7, loc="lower right")
    what_a_film_shows(errors.needles_mm, clusters)
    what_the_errors_do(errors, ways["specks in turn"], clusters)
    error_axis(middle, ways["specks in turn"], clusters)
    cluster_axis(right, hits, clusters)
    save(figure, "capture-mechanism.png")


def what_the_errors_do(errors: ArmErrors, way: Strategy, clusters: Clusters) -> None:
    """Take one part of the error away at a time, or leave one alone."""
    print("errors; first core, first five, lesions at five, alike")
    # A micrometre, since a speck exactly on the axis would always go to 12 o'clock.
    none = 1e-3 * np.random.default_rng(8).standard_normal(errors.own_mm.shape)
    along = none + errors.needles_mm * [0.0, 0.0, 1.0]
    parts = {
        "all": errors.needles_mm,
        "none": none,
        "along the needle only": along,
        "common to the passes only (patient's motion in the pair)": none
        + errors.common_mm[:, None],
        "each pass's own only": errors.own_mm,
        "the first pass's error for all (one miss)": none
        + errors.own_mm[:, :1]
        + errors.common_mm[:, None],
    }
    for name, needles in parts.items():
        hits = shoot(way, needles, clusters)
        row(
            name,
            mean(hits[:, 0]),
            mean(hits[:, :5]),
            mean(hits[:, :5].any(1)),
            f"{alike(hits):.2f}",
        )


def what_a_film_shows(needles: np.ndarray, clusters: Clusters) -> None:
    """Aim at and count only specks that are large enough to be seen."""
    print("counted and aimed at; women, first core, first five, lesions at five")
    for least in (0.0, 0.1, 0.15, 0.2, 0.25):
        small = 2.0 * clusters.radii_mm < least
        seen = np.where(small[..., None], np.nan, clusters.specks_mm)
        # Sorted so that NaN come last, as where a woman has fewer specks.
        order = np.argsort(np.isnan(seen[..., 0]), axis=1, kind="stable")
        some = replace(
            clusters,
            specks_mm=np.take_along_axis(seen, order[..., None], axis=1),
            radii_mm=np.take_along_axis(clusters.radii_mm, order, axis=1),
        )
        any_seen = some.counts >= 3  # else she would not have been sent
        kept = some[any_seen]
        one = strategies(kept, repeat=1)["specks in turn"]
        hits = shoot(one, needles[any_seen], kept)[:, :5]
        share = f"{100 * hits.mean():.1f}", f"{100 * hits.any(axis=1).mean():.1f}"
        row(f"{least} mm and more", len(kept) // REPEATS, *share)


def error_axis(axes: plt.Axes, way: Strategy, clusters: Clusters) -> None:
    """Single cores and lesions against the size of the error."""
    print("errors times; lateral SD mm; first five cores, lesions at five, independent")
    scales = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
    lateral, single, lesions, free = [], [], [], []
    for scale in scales:
        rng = np.random.default_rng(3)
        errors = arm_errors(rng, GUN, len(clusters), PASSES, scale=max(scale, 1e-3)).needles_mm
        hits = shoot(way, errors, clusters)[:, :5]
        lateral.append(errors[..., :2].std())
        single.append(100.0 * hits.mean())
        lesions.append(100.0 * hits.any(axis=1).mean())
        free.append(100.0 * (1.0 - (1.0 - hits.mean()) ** 5))
        row(scale, f"{lateral[-1]:.2f}", mean(hits), mean(hits.any(1)), f"{free[-1]:.0f}")
    axes.plot(lateral, lesions, "-o", ms=3, color=COLOURS[0], label="lesions, five cores")
    axes.plot(lateral, free, ":", color="k", label="were cores independent")
    axes.plot(lateral, single, "-s", ms=3, color=COLOURS[1], label="single cores")
    axes.axvline(lateral[2], color="#777777", lw=0.6)
    axes.set(xlabel="lateral error, SD per axis, mm", ylabel="%", ylim=(0, 100))
    axes.legend(frameon=False, fontsize=7)


def cluster_axis(axes: plt.Axes, hits: np.ndarray, clusters: Clusters) -> None:
    """Single cores and lesions by how many specks there are on a square millimetre."""
    print("cluster; women, first five cores, lesions at five")
    density = clusters.counts / (np.pi / 4.0 * np.maximum(clusters.extents_mm, 1.0) ** 2)
    for name, value, cuts in (
        ("extent across, mm", clusters.extents_mm, (0, 4, 7, 10, 15, 99)),
        ("specks", clusters.counts, (5, 9, 13, 20, 99)),
        ("specks per mm²", density, (0, 0.1, 0.25, 0.5, 1, 99)),
    ):
        for low, high in pairwise(cuts):
            chosen = (value >= low) & (value < high)
            some = hits[chosen, :5]
            row(
                f"{name} {low} to {high}", chosen.sum() // REPEATS, f"{100 * some.mean():.0f}",
                f"{100 * some.any(axis=1).mean():.0f}",
            )  # fmt: skip
    edges = np.quantile(density, np.linspace(0, 1, 9))
    middles, single, lesions = [], [], []
    for low, high in pairwise(edges):
        some = hits[(density >= low) & (density <= high), :5]
        middles.append(np.sqrt(low * high))
        single.append(100.0 * some.mean())
        lesions.append(100.0 * some.any(axis=1).mean())
    axes.plot(middles, lesions, "-o", ms=3, color=COLOURS[0], label="lesions, five cores")
    axes.plot(middles, single, "-s", ms=3, color=COLOURS[1], label="single cores")
    axes.set(xlabel="specks per mm² across the needle", ylim=(0, 100), xscale="log")
    axes.legend(frameon=False, fontsize=7)


def sensitivity(clusters: Clusters) -> None:
    """How far each assumption moves the outcome over its plausible range."""
    base = arm_errors(np.random.default_rng(4), GUN, len(clusters), PASSES)
    eleven = arm_errors(np.random.default_rng(5), ELEVEN, len(clusters), 1)
    way = strategies(clusters)["specks in turn"]
    far = np.random.default_rng(6).normal(0.0, 4.0, (len(clusters), 3))

    def line(
        what: str, ends: tuple[float, float], field: str, gun_ends: tuple[float, float]
    ) -> None:
        """Outcome at both ends of a range of a field, of the 11G and of the gun."""
        cells = []
        for eleven_end, gun_end in zip(ends, gun_ends, strict=True):
            change, guns = {field: eleven_end}, {field: gun_end}
            gun = replace(GUN, **guns)
            hits = shoot(way, base.needles_mm, clusters, gun)[:, :5]
            device = replace(ELEVEN, **change)
            plan = plan_sampling(device, CLOCK)
            near = sample(plan, eleven.needles_mm[:, 0], clusters)
            wide = sample(plan, far, clusters)
            cells.append(
                [
                    100.0 * value
                    for value in (
                        hits.mean(),
                        hits.any(1).mean(),
                        near.retrieved.mean(),
                        near.fraction_removed.mean(),
                        wide.retrieved.mean(),
                    )
                ]
            )
        row(
            what,
            ends,
            gun_ends,
            *(f"{a:.1f} to {b:.1f}" for a, b in zip(*cells, strict=True)),
        )

    print(
        "\nsensitivity: gun cores, gun lesions at five, 11G retrieved, removed, retrieved at 4 mm"
    )
    line("as it is", (0.7, 0.7), "closure", (0.9, 0.9))
    line("closure", (0.4, 0.95), "closure", (0.7, 1.0))
    line("opening, deg", (90, 180), "capture_angle_deg", (150, 180))
    line("smallest piece, mm", (0.1, 0.5), "piece_mm", (0.1, 0.5))
    line("density, mg/mm³", (0.93, 1.04), "density_mg_mm3", (0.93, 1.04))
    line("aperture, mm (same mass)", (18.0, 20.0), "aperture_mm", (17.0, 20.0))
    for factor in (0.8, 1.2):
        guns = replace(GUN, core_mass_mg=GUN.core_mass_mg * factor)
        hits = shoot(way, base.needles_mm, clusters, guns)[:, :5]
        plan = plan_sampling(replace(ELEVEN, core_mass_mg=ELEVEN.core_mass_mg * factor), CLOCK)
        near = sample(plan, eleven.needles_mm[:, 0], clusters)
        row(
            f"mass x {factor}", mean(hits), mean(hits.any(1)), mean(near.retrieved),
            mean(near.fraction_removed), mean(sample(plan, far, clusters).retrieved),
        )  # fmt: skip
    print("\nsensitivity, errors: gun cores, gun lesions at five, 11G removed")
    for what, ends in (
        ("aim_sd_mm", ((0.2,) * 3, (0.6,) * 3)),
        ("push_mm", (0.0, 3.0)),
        ("recoil", (0.3, 1.0)),
        ("deviation_factor", (1.0 / 3.0, 8.0 / 3.0)),
        ("motion_sd_mm", (0.0, 1.0)),
    ):
        cells = []
        for value in ends:
            model = replace(ARM, **{what: value})
            rng = np.random.default_rng(7)
            errors = arm_errors(rng, GUN, len(clusters), PASSES, model=model).needles_mm
            hits = shoot(way, errors, clusters)[:, :5]
            needle = arm_errors(rng, ELEVEN, len(clusters), 1, model=model).needles_mm[:, 0]
            removed = sample(plan_sampling(ELEVEN, CLOCK), needle, clusters).fraction_removed
            cells.append([mean(hits), mean(hits.any(1)), mean(removed)])
        row(what, ends, *(f"{a} to {b}" for a, b in zip(*cells, strict=True)))


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure, small."""
    figure.tight_layout()
    figure.savefig(IMAGES / name, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
