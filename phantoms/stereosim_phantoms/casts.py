"""Casts of ducts: rods laid one behind the other along ducts, which fork where the ducts fork."""

from __future__ import annotations

import numpy as np

from stereosim_phantoms.ducts import DuctTree
from stereosim_phantoms.shapes import frame_along
from stereosim_phantoms.solids import Array, Ellipsoids, clashes

# How far a rod may lie off the middle of its duct, mm, and turn from it (tangent of the angle).
OFF_MM, TURN = 0.1, 0.08
# Length of duct per length of rod: gaps are about a third of what is filled.
SLACK = 1.35
# Least length of duct with side branches per length of the main one.
SIDE = 1.4

Line = Array  # points (n, 3) of a polyline


def lay_casts(
    ducts: DuctTree,
    distribution: str,
    extent_mm: float,
    centre_mm: Array,
    semi_mm: Array,
    *,
    rng: np.random.Generator,
) -> Ellipsoids | None:
    """Lay rods into the ducts about a place.

    Parameters
    ----------
    ducts : DuctTree
        The ducts of the breast.
    distribution : {"grouped", "linear", "segmental"}
        Linear: one duct.  Segmental: also the branches that it gives off.  Grouped: ductules too
        fine for the tree, which run with the nearest duct and fork.
    extent_mm : float
        Ducts are filled within half of this from the middle; further where they are too short.
    centre_mm : ndarray, shape (3,)
        About which the rods lie; linear and segmental ones about the nearest duct.
    semi_mm : ndarray, shape (n, 3)
        Semi-axes, the longest first.

    Returns
    -------
    Ellipsoids or None
        All n rods, none overlapping; None if there was no room.
    """
    lengths = 2.0 * semi_mm[:, 0]
    need = SLACK * float(lengths.sum())
    for attempt in range(12):
        # The more often it failed the more room is given: ductules first, then a larger group.
        more, wide = 1.0 + 0.15 * attempt, 1.0 + 0.04 * max(attempt - 3, 0)
        lines = _lines(ducts, distribution, wide * extent_mm, centre_mm, more * need, rng=rng)
        if not lines:
            return None
        rods = _along(lines, semi_mm, rng=rng)
        if rods is not None and _cleared(rods, lines, semi_mm, rng=rng):
            return rods
    return None


def _cleared(rods: Ellipsoids, lines: list[Line], semi: Array, *, rng: np.random.Generator) -> bool:
    """Lay each rod that clashes elsewhere in the ducts, in place; tell whether all found room."""
    found = clashes(rods, rods)
    np.fill_diagonal(found, False)
    while found.any():
        worst = int(found.sum(axis=1).argmax())
        others = np.arange(len(rods)) != worst
        for _ in range(60):
            line = lines[int(rng.integers(len(lines)))]
            rods.centres_mm[worst], rods.axes_mm[worst] = _laid(
                line, float(rng.uniform(0.0, _length(line))), semi[worst], rng=rng
            )
            if not clashes(rods[[worst]], rods[others]).any():
                break
        else:
            return False
        found[worst], found[:, worst] = False, False
    return True


def duct_directions(ducts: DuctTree, points_mm: Array) -> Array:
    """Return unit vectors (n, 3) along the duct that lies nearest to each of the points (n, 3)."""
    way = ducts.capsules[:, 3:6] - ducts.capsules[:, :3]
    offset = points_mm[:, None] - ducts.capsules[:, :3]
    share = np.clip((offset * way).sum(axis=2) / (way * way).sum(axis=1), 0.0, 1.0)
    gap = np.linalg.norm(offset - share[..., None] * way, axis=2)
    gap[:, ducts.parents < 0] = np.inf
    nearest = way[gap.argmin(axis=1)]
    directions: Array = nearest / np.linalg.norm(nearest, axis=1, keepdims=True)
    return directions


def _lines(
    ducts: DuctTree,
    distribution: str,
    extent: float,
    centre: Array,
    need: float,
    *,
    rng: np.random.Generator,
) -> list[Line]:
    """Return lines of together at least `need` mm, if there are; the main one first."""
    if distribution == "grouped":
        heading = duct_directions(ducts, centre[None])[0]
        stem = _bent(centre - 0.5 * extent * heading, heading, extent, rng=rng)
        stem += centre - stem.mean(axis=0)
        return _with_ductules([stem], centre, 0.5 * extent, max(need, SIDE * extent), rng=rng)
    middles = 0.5 * (ducts.capsules[:, :3] + ducts.capsules[:, 3:6])
    away = np.linalg.norm(middles - centre, axis=1)
    away[ducts.parents < 0] = np.inf
    nearest = int(away.argmin())
    path = _through(ducts, nearest, rng=rng)
    points = np.vstack([ducts.capsules[path, :3], ducts.capsules[path[-1:], 3:6]])
    lines: list[Line] = []
    for reach in 0.5 * extent * np.array([1.0, 1.2, 1.5, 2.0, 4.0, 100.0]):
        lines = _within(points, middles[nearest], reach)
        if distribution == "segmental":
            # Part of what is filled is always in side branches, or it would be linear.
            need = max(need, SIDE * sum(map(_length, lines)))
            for branch in _side_branches(ducts, path):
                if sum(map(_length, lines)) >= need:
                    break
                lines += _within(branch, middles[nearest], reach)
        if sum(map(_length, lines)) >= need:
            return lines
    return lines


def _through(ducts: DuctTree, index: int, *, rng: np.random.Generator) -> list[int]:
    """Return a chain of capsules through `index`, from behind the nipple to an end."""
    path = ducts.path_to_nipple(index)[:-1][::-1] or [index]
    while True:
        children = np.flatnonzero(ducts.parents == path[-1])
        if not len(children):
            return path
        path.append(int(rng.choice(children)))


def _side_branches(ducts: DuctTree, path: list[int]) -> list[Line]:
    """Return the ducts that leave `path`, each up to its own fork, the nearest forks first."""
    found = []
    queue = [int(c) for p in path for c in np.flatnonzero(ducts.parents == p) if c not in path]
    while queue:
        chain = [queue.pop(0)]
        while len(children := np.flatnonzero(ducts.parents == chain[-1])) == 1:
            chain.append(int(children[0]))
        queue += [int(c) for c in children]
        found.append(np.vstack([ducts.capsules[chain, :3], ducts.capsules[chain[-1:], 3:6]]))
    return found


def _with_ductules(
    lines: list[Line], centre: Array, reach: float, need: float, *, rng: np.random.Generator
) -> list[Line]:
    """Return `lines` with ductules that fork off them inside the ball, long enough together."""
    lines = list(lines)
    for _ in range(200):
        if sum(map(_length, lines)) >= need:
            break
        parent = lines[int(rng.integers(len(lines)))]
        k = int(rng.integers(1, len(parent) - 1)) if len(parent) > 2 else 0
        way = parent[k + 1] - parent[k]
        way /= np.linalg.norm(way)
        aside = rng.standard_normal(3)
        aside -= (aside @ way) * way
        turn = rng.uniform(0.4, 0.8)
        heading = np.cos(turn) * way + np.sin(turn) * aside / np.linalg.norm(aside)
        pieces = _within(
            _bent(parent[k], heading, rng.uniform(0.5, 0.9) * reach, rng=rng), centre, reach
        )
        lines += [piece for piece in pieces[:1] if _length(piece) > 0.3 * reach]
    return lines


def _bent(start: Array, heading: Array, length: float, *, rng: np.random.Generator) -> Line:
    """Return a line of nine points that bends a little to one side."""
    aside = np.cross(heading, rng.standard_normal(3))
    aside *= rng.uniform(0.0, 0.12) / max(float(np.linalg.norm(aside)), 1e-9)
    share = np.linspace(0.0, 1.0, 9)[:, None]
    line: Line = start + length * (share * heading + 4.0 * share * (1.0 - share) * aside)
    return line


def _length(line: Line) -> float:
    """Return the length of a line."""
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _within(line: Line, centre: Array, reach: float) -> list[Line]:
    """Return the pieces of `line` that lie within `reach` of `centre`, to 0.2 mm."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    fine = np.union1d(np.arange(0.0, arc[-1], 0.2), arc)
    points = np.stack([np.interp(fine, arc, line[:, a]) for a in range(3)], axis=1)
    inside = np.linalg.norm(points - centre, axis=1) <= reach
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    pieces = zip(edges[::2], edges[1::2], strict=True)
    return [points[a:b] for a, b in pieces if b - a > 2]


def _along(lines: list[Line], semi: Array, *, rng: np.random.Generator) -> Ellipsoids | None:
    """Lay rods with the semi-axes (n, 3) one behind the other over all the lines, with gaps."""
    ends = np.cumsum([_length(line) for line in lines])
    n, lengths = len(semi), 2.0 * semi[:, 0]
    slack = float(ends[-1]) - float(lengths.sum())
    if slack < 0.0:
        return None
    # The first and the last rod stand near the ends, so that the lines are filled from end to end.
    gaps = slack * rng.dirichlet(np.full(n + 1, 4.0) * np.r_[0.2, np.ones(n - 1), 0.2])
    middles = np.cumsum(gaps[:-1] + lengths) - 0.5 * lengths
    centres, axes = np.empty((n, 3)), np.empty((n, 3, 3))
    for i, at in enumerate(middles):
        which = min(int(np.searchsorted(ends, at)), len(lines) - 1)
        first = float(ends[which] - _length(lines[which]))
        centres[i], axes[i] = _laid(lines[which], float(at - first), semi[i], rng=rng)
    return Ellipsoids(centres, axes)


def _laid(line: Line, at: float, semi: Array, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return centre and axes of a rod that lies `at` mm along `line`, not beyond its ends."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    half = min(float(semi[0]), 0.5 * float(arc[-1]))
    own = float(np.clip(at, half, arc[-1] - half))
    place, before, after = (
        np.array([np.interp(s, arc, line[:, a]) for a in range(3)])
        for s in (own, own - half, own + half)
    )
    way = (after - before) / max(float(np.linalg.norm(after - before)), 1e-9)
    frame = frame_along(way + TURN * rng.standard_normal(3), rng=rng)
    return place + OFF_MM * rng.uniform(-1.0, 1.0, 3), frame * semi
