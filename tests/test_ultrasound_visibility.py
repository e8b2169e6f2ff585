"""What makes specks visible on ultrasound: each cause alone, in sweeps of the same tissue.

What is held against each other is the reader's own statistic (dB over clutter) at the place of the
specks, over a few tissues; specks and scatterers are the same in each pair.  Nothing is drawn here:
the frames come from the echoes, and the reader sees the frames only.
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.certainty import load_thresholds
from stereosim.imaging.ultrasound.observer import find_foci, search, speck_statistics
from stereosim.imaging.ultrasound.sweep import sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from tests.ultrasound_scenes import SMOOTH, slim_probe, supine_box

SEEDS = range(5)
NEAR_MM = 4.0


def middle_mm(depth_mm):
    """Where the specks are, off the symmetry of the grid."""
    return np.array([1.0, -1.0, depth_mm])


@cache
def scanned(seed, n, diameter_mm, *, around, depth_mm, deep_mm, gland_db, probe):
    """Sweep a group of `n` equal specks in gland, in fat, or in a dark mass in gland."""
    rng = np.random.default_rng(100 + seed)
    middle = middle_mm(depth_mm)
    specks = middle + rng.uniform(-1.5, 1.5, (40, 3))[:n] if n > 1 else middle[None]

    def mass(x, y, z):
        x, y, z = x - middle[0], y - middle[1], z - middle[2]
        return (x / 4.0) ** 2 + (y / 4.0) ** 2 + (z / 3.0) ** 2 < 1.0

    parts = {
        "gland": {"gland": lambda *p: 1.0},
        "fat": {},
        "mass": {"mass": mass, "gland": lambda *p: 1.0 - mass(*p)},
    }[around]
    box = supine_box(half_width_mm=12.0, half_thickness_mm=11.0, depth_mm=deep_mm + 2.0, **parts)
    acoustics = SMOOTH if gland_db is None else replace(SMOOTH, gland_db=gland_db)
    radii = np.full(n, 0.5 * diameter_mm)
    tissue = Insonated.from_field(box, specks, radii, seed=seed, acoustics=acoustics)
    array = slim_probe(probe, width_mm=19.2)
    return sweep(
        tissue, (0.0, 0.0), 14.0, 0.5, array, seed=seed, grid=Grid(depth_mm=deep_mm, columns=128)
    )


def scene(
    seed, n=8, diameter_mm=0.25, *,
    around="gland", depth_mm=14.0, deep_mm=26.0, gland_db=None, probe="l14-5",
):  # fmt: skip
    """Return the sweep of a scene and the place of its specks."""
    parts = {"around": around, "depth_mm": depth_mm, "deep_mm": deep_mm}
    made = scanned(seed, n, diameter_mm, gland_db=gland_db, probe=probe, **parts)
    return made, middle_mm(depth_mm)


def visibility(**scene_of):
    """Return for every seed the strongest group that the reader makes of foci near the specks."""
    levels = []
    for seed in SEEDS:
        swept, place = scene(seed, **scene_of)
        foci = find_foci(swept)
        measured = speck_statistics(foci, swept.volume_cm3).cluster_db
        away = np.linalg.norm(foci.position_mm[: measured.size] - place, axis=1)
        levels.append(measured[away < NEAR_MM].max(initial=0.0))
    return np.array(levels)


def clearly_over(higher, lower):
    """Whether the mean paired difference is over 2 dB and over three of its standard errors."""
    gain = higher - lower
    return gain.mean() > max(2.0, 3.0 * gain.std(ddof=1) / np.sqrt(gain.size))


# Each list from hardly visible to well visible; the rest of a scene is as in `scene`.
CAUSES = {
    "more specks": [{"n": 3}, {"n": 8}, {"n": 16}],
    "bigger specks": [{"diameter_mm": d} for d in (0.12, 0.18, 0.25, 0.35)],
    "darker around": [{"around": a, "diameter_mm": 0.12} for a in ("gland", "fat", "mass")],
    "less echogenic gland": [{"gland_db": db} for db in (15.0, 10.0, 5.0)],
    "less deep": [{"depth_mm": d, "deep_mm": 40.0} for d in (34.0, 26.0, 16.0)],
    "higher frequency": [
        {"probe": p, "around": "fat", "diameter_mm": 0.1} for p in ("l11-5", "l14-5", "l18-5")
    ],
}


@pytest.mark.parametrize("cause", CAUSES)
def test_visibility_rises_with(cause):
    levels = [visibility(**scene_of) for scene_of in CAUSES[cause]]
    for lower, higher in pairwise(levels):
        assert clearly_over(higher, lower), (cause, [x.round(1).tolist() for x in levels])


def test_the_comparison_can_fail():
    """Two groups of the same specks in other tissues differ by chance only, and are told so."""
    levels = visibility()
    assert not clearly_over(np.roll(levels, 1), levels)
    assert not clearly_over(levels, np.roll(levels, 1))


@pytest.mark.parametrize("diameter_mm", [0.15, 0.2])
def test_a_single_speck_is_bright_in_a_dark_mass_and_lost_in_gland(diameter_mm):
    found = {}
    for around in ("mass", "gland"):
        found[around] = 0
        for seed in SEEDS:
            swept, place = scene(seed, 1, diameter_mm, around=around)
            found[around] += any(
                np.linalg.norm(finding.position_mm - place) < 1.5
                for finding in search(swept, thresholds=load_thresholds("l14-5"))
                if finding.kind == "specks"
            )
    assert found["mass"] == len(SEEDS)
    assert found["gland"] <= 1
