"""Path lengths: voxel spheres against their chords, exact solids against numerical integration."""

from functools import lru_cache

import numpy as np
import pytest

from stereosim.geometry import load_unit, scout, stereo_pair
from stereosim.imaging.background import tissue_background
from stereosim.imaging.rendering import coarse_grid
from stereosim.imaging.scene import Needle, Notch
from stereosim.kernels.chords import solid_chords
from tests.xray_scenes import Field

UNIT = load_unit("upright-hologic")
VIEWS = (scout(UNIT), *stereo_pair(UNIT))


CENTRE = np.array([1.3, 35.1, 20.2])


@lru_cache(maxsize=2)
def voxel_sphere(radius, spacing, fine=6):
    """Volume fractions of a ball at CENTRE on voxels, from fine^3 points each."""
    n = int(np.ceil(2 * radius / spacing)) + 4
    axis = spacing * (np.arange(n) - (n - 1) / 2)
    ball = np.zeros((n, n, n), np.float32)
    for dz in (np.arange(fine) + 0.5) / fine * spacing - spacing / 2:
        for dy in (np.arange(fine) + 0.5) / fine * spacing - spacing / 2:
            for dx in (np.arange(fine) + 0.5) / fine * spacing - spacing / 2:
                z, y, x = np.ix_(axis + dz, axis + dy, axis + dx)
                ball += z * z + y * y + x * x <= radius**2
    ball /= fine**3
    return Field(CENTRE + axis[0], spacing, ball, np.zeros_like(ball), ball)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
@pytest.mark.parametrize("radius", [4.0, 8.0])
def test_chord_of_a_voxel_sphere(view, radius):
    """The closed form knows neither voxel nor kernel.

    Within half a millimetre of the rim, where the chord rises infinitely steeply, no grid of
    0.2 mm can follow; that is why specks and needles are exact solids.
    """
    background = tissue_background(voxel_sphere(radius, 0.2), view)
    (rows, columns), (x0, dx, y0, dy, z) = coarse_grid(view, background.step)
    x, y = x0 + dx * np.arange(columns), y0 + dy * np.arange(rows)
    ends = np.stack([*np.meshgrid(x, y), np.full((rows, columns), z)], axis=-1)
    direction = ends - view.source_mm
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    offset = CENTRE - view.source_mm
    distance2 = (np.cross(direction, offset) ** 2).sum(axis=-1)
    chord = 2 * np.sqrt(np.clip(radius**2 - distance2, 0, None))
    error = background.paths_mm[1] - chord
    hit = chord > 0
    inner = distance2 < (radius - 0.5) ** 2
    inside, whole = (float(np.sqrt((error[part] ** 2).mean())) for part in (inner, hit))
    print(f"{view.name}, radius {radius:.0f}: rms {inside:.4f} mm, with the rim {whole:.4f} mm")
    assert inside < 0.02
    assert whole < 0.07
    assert background.paths_mm[1].sum() == pytest.approx(chord.sum(), rel=1e-3)


def inside_rod(points, rod):
    """Whether points (..., 3) lie in a rod, from its definition alone (kernels/chords.py)."""
    tip, axis, (length, radius, point) = rod[:3], rod[3:6], rod[6:9]
    near, far, floor, side, bore = rod[9], rod[10], rod[11], rod[12:15], rod[15]
    back = (tip - points) @ axis
    offset = points - tip + back[..., None] * axis
    distance = np.linalg.norm(offset, axis=-1)
    reach = np.where(back < point, radius * back / max(point, 1e-30), radius)
    held = (back >= 0) & (back <= length) & (distance <= reach)
    if bore > 0:
        held &= (distance >= bore) | (back < point)
    if far > near:
        held &= ~((back > near) & (back < far) & (offset @ side > floor))
    return held


def crossings(inside, source, direction, start, stop, cells=4000):
    """Length inside along a ray: cells that change are halved until 1e-12 of the whole."""
    t = np.linspace(start, stop, cells + 1)
    held = inside(source + t[:, None] * direction)
    change = np.flatnonzero(held[1:] != held[:-1])
    lo, hi, first = t[change], t[change + 1], held[change]
    for _ in range(42):
        middle = 0.5 * (lo + hi)
        same = inside(source + middle[:, None] * direction) == first
        lo, hi = np.where(same, middle, lo), np.where(same, hi, middle)
    edges = np.concatenate([[start], 0.5 * (lo + hi), [stop]])
    state = held[0] ^ (np.arange(len(edges) - 1) % 2 == 1)
    return float(np.diff(edges)[state].sum())


def rods():
    """A blunt and a pointed rod, a notched one and a tube with point and notch."""
    along = np.array([0.1, -0.05, -1.0])
    side = np.cross(along, [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    tip = np.array([2.0, 34.0, 12.0])
    blunt = Needle(tip, along, 40.0, 3.05)
    pointed = Needle(tip, along, 40.0, 2.1, point_mm=5.0)
    notched = Needle(tip, along, 40.0, 3.05, point_mm=4.0, notch=Notch(6.0, 24.0, side, 0.3))
    across = Needle(np.array([12.0, 30.0, 20.0]), np.array([1.0, 0.2, 0.1]), 25.0, 1.6, point_mm=2)
    return {"rod": blunt.row, "cone": pointed.row, "notch": notched.row, "across": across.row}


@pytest.mark.parametrize("name", ["rod", "cone", "notch", "across", "tube"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_chords_of_rods_against_integration(view, name):
    rod = rods()["notch" if name == "tube" else name].copy()
    if name == "tube":
        rod[15] = 1.1
    rng = np.random.default_rng(5)
    back = rng.uniform(-0.5, min(rod[6], 28.0), 120)[:, None]
    points = rod[:3] - back * rod[3:6] + rng.normal(0, 0.6 * rod[7], (120, 3))
    compare(view, points, lambda p: inside_rod(p, rod), rod=rod)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_chords_of_ellipsoids_against_integration(view):
    rng = np.random.default_rng(6)
    centre, axes = np.array([3.0, 36.0, 22.0]), rng.normal(0, 0.5, (3, 3)) + np.diag([2, 1, 0.7])
    inverse = np.linalg.inv(axes)
    points = centre + rng.uniform(-1, 1, (120, 3)) @ axes.T
    compare(
        view, points, lambda p: (((p - centre) @ inverse.T) ** 2).sum(axis=-1) <= 1,
        ellipsoid=(centre, inverse),
    )  # fmt: skip


def compare(view, points, inside, rod=None, ellipsoid=None):
    """Chords along the rays through `points` to 1e-6 mm."""
    source = np.array(view.source_mm)
    ends = source + 1.2 * (points - source)
    centres, inverses = np.empty((0, 3)), np.empty((0, 3, 3))
    if ellipsoid is not None:
        centres, inverses = ellipsoid[0][None], np.ascontiguousarray(ellipsoid[1][None])
    table = np.empty((0, 16)) if rod is None else rod[None]
    ours = np.empty((len(points), 1))
    solid_chords(source, np.ascontiguousarray(ends), centres, inverses, table, ours)
    direction = points - source
    reach = np.linalg.norm(direction, axis=1)
    direction /= reach[:, None]
    exact = [
        crossings(inside, source, d, r - 60.0, r + 60.0)
        for d, r in zip(direction, reach, strict=True)
    ]
    assert np.count_nonzero(exact) > 40
    assert ours[:, 0] == pytest.approx(np.array(exact), abs=1e-6)
