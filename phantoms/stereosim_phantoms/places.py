"""Where the specks of a cluster lie, by the distributions of BI-RADS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.ducts import DuctTree
from stereosim_phantoms.solids import Array

if TYPE_CHECKING:
    from stereosim_phantoms.calcifications import ClusterSpec


def uniform_places(
    breast: BreastSpec, count: int, depth_mm: float, *, rng: np.random.Generator
) -> Array:
    """Draw `count` points evenly, at least `depth_mm` from skin and chest wall."""
    found: list[Array] = [np.zeros((0, 3))]
    while sum(map(len, found)) < count:
        low = (-breast.half_width_mm, depth_mm, 0.0)
        high = (breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm)
        points = rng.uniform(low, high, (4 * count + 16, 3))
        found.append(points[breast.skin_distance_mm(points) > depth_mm])
    return np.concatenate(found)[:count]


def _scaled(points: Array, extent: float, centre: Array) -> Array:
    """Return `points` with their centroid at `centre` and their largest distance `extent`."""
    if len(points) == 1:
        return centre[None, :].copy()
    span = np.linalg.norm(points[:, None] - points[None], axis=2).max()
    scaled: Array = centre + (points - points.mean(axis=0)) * (extent / span)
    return scaled


def _ball(count: int, *, rng: np.random.Generator) -> Array:
    """Draw `count` points evenly from the unit ball."""
    points = rng.standard_normal((count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    ball: Array = points * np.cbrt(rng.uniform(size=(count, 1)))
    return ball


def _grouped(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Array:
    """Place specks in one to four neighbouring terminal units."""
    units = min(1 + int(rng.integers(0, 4)), max(1, spec.specks // 3))
    seats = _ball(units, rng=rng) * (0.0 if units == 1 else 1.0)
    # A terminal unit takes about half of the room: the specks look clumped, not evenly spread.
    points = seats[rng.integers(0, units, spec.specks)] + 0.5 * _ball(spec.specks, rng=rng)
    return _scaled(points, spec.extent_mm, centre)


def _regional(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Array:
    """Place specks evenly in a region flattened as the breast is."""
    flat = min(1.0, 0.6 * breast.thickness_mm / spec.extent_mm)
    return _scaled(_ball(spec.specks, rng=rng) * (1.0, 1.0, flat), spec.extent_mm, centre)


def _diffuse(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Array:
    """Place specks anywhere in the breast."""
    return uniform_places(breast, spec.specks, 3.0, rng=rng)


def _in_ducts(
    ducts: DuctTree, chosen: Array, spec: ClusterSpec, middle: Array, *, rng: np.random.Generator
) -> Array:
    """Place specks in the capsules `chosen`, within half the extent of `middle`."""
    start, way = (
        ducts.capsules[chosen, :3],
        ducts.capsules[chosen, 3:6] - ducts.capsules[chosen, :3],
    )
    length = np.linalg.norm(way, axis=1)
    found: list[Array] = []
    # Where little duct lies within half the extent, the reach is widened.
    for reach in np.repeat(0.5 * spec.extent_mm * np.array([1.0, 1.2, 1.5, 2.0, 4.0, 100.0]), 400):
        which = rng.choice(len(chosen), p=length / length.sum())
        radius = ducts.capsules[chosen[which], 7]
        point = start[which] + rng.uniform() * way[which] + 0.5 * radius * _ball(1, rng=rng)[0]
        if np.linalg.norm(point - middle) < reach:
            found.append(point)
            if len(found) == spec.specks:
                break
    return np.array(found)


def _linear(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Array:
    """Place specks along the one duct whose middle lies nearest to `centre`."""
    nearest = _nearest_duct(ducts, centre)
    below = nearest
    for _ in range(6):  # go outward a little, so that the line passes through the nearest place
        children = np.flatnonzero(ducts.parents == below)
        below = int(children[0]) if len(children) else below
    path = np.array(ducts.path_to_nipple(below)[:-1] or [nearest])
    return _in_ducts(ducts, path, spec, _middle(ducts, nearest), rng=rng)


def _segmental(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Array:
    """Place specks in the branches of one lobe about `centre`."""
    nearest = _nearest_duct(ducts, centre)
    lobe = ducts.path_to_nipple(nearest)[-1]
    members = np.array(
        [i for i in range(len(ducts.capsules)) if ducts.path_to_nipple(i)[-1] == lobe and i != lobe]
    )
    return _in_ducts(ducts, members, spec, _middle(ducts, nearest), rng=rng)


def _nearest_duct(ducts: DuctTree, centre: Array) -> int:
    """Return the capsule, trunks in the nipple left out, whose middle is nearest to `centre`."""
    middle = 0.5 * (ducts.capsules[:, :3] + ducts.capsules[:, 3:6])
    distance = np.linalg.norm(middle - centre, axis=1)
    distance[ducts.parents < 0] = np.inf
    return int(distance.argmin())


def _middle(ducts: DuctTree, index: int) -> Array:
    """Return the middle of a capsule."""
    middle: Array = 0.5 * (ducts.capsules[index, :3] + ducts.capsules[index, 3:6])
    return middle


PLACES: dict[str, Callable[..., Array]] = {
    "diffuse": _diffuse,
    "regional": _regional,
    "grouped": _grouped,
    "linear": _linear,
    "segmental": _segmental,
}
