"""The typically benign calcifications of BI-RADS, each grown as solids that never overlap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stereosim_phantoms.benign import BenignKind, BenignPlan, Site, benign_kinds, level_discs
from stereosim_phantoms.shapes import crust, eggshell, frame_along, lump, ring, thread
from stereosim_phantoms.solids import Array, Ellipsoids, clashes, thinned, united
from stereosim_phantoms.vessels import WIDE_MM, laid_under_skin

# A stretch of artery with fewer plaques than this does not read as two parallel tracks.
FEWEST_PLAQUES = 12


def grow_benign(
    site: Site, plan: BenignPlan, target_mm: Array, taken: Ellipsoids, *, rng: np.random.Generator
) -> Ellipsoids:
    """Grow the finding `plan`, away from the target and from what is taken.

    Parameters
    ----------
    site : Site
        Breast, ducts and vessels.
    plan : BenignPlan
        What and where.
    target_mm : ndarray, shape (n, 3)
        The target's specks, breast frame.
    taken : Ellipsoids
        Solids that are there already, the target's among them.
    rng : numpy.random.Generator
        Randomness.

    Raises
    ------
    ValueError
        If the finding is required and 60 attempts found no room for it.
    """
    kind, build = benign_kinds()[plan.kind], _BUILD[plan.kind]
    for _ in range(60):
        count = plan.count or int(rng.integers(kind.count[0], kind.count[1] + 1))
        solids = build(site, kind, count, plan.centre_mm, rng=rng)
        if not len(solids):
            continue
        gaps = np.linalg.norm(solids.centres_mm[:, None] - target_mm, axis=2)
        fits = site.free(solids, in_skin=plan.kind == "skin")
        fits &= gaps.min(axis=1, initial=np.inf) - solids.bounding_radii_mm > plan.gap_mm
        fits &= ~clashes(solids, taken).any(axis=1)
        if plan.kind == "vascular":
            # Plaques are interrupted anyway: those that would be in the way are left out.
            solids = solids[fits]
            if len(solids) >= FEWEST_PLAQUES:
                return solids
        elif fits.all():
            return solids
    if plan.required:
        raise ValueError(f"benign {plan.kind!r} finds no room")
    return united([])


def _seats(
    site: Site,
    kind: BenignKind,
    count: int,
    near: Array | None,
    *,
    rng: np.random.Generator,
    level: bool = False,
) -> Array:
    """Draw `count` places (n, 3) within the spread of the kind, no two nearer than a piece.

    With `level` all have the same z.
    """
    seat = near if near is not None else site.anywhere(kind.size_mm[1], rng=rng)
    if count == 1:
        return seat[None] + (0.0 if near is None else 0.5) * rng.standard_normal((1, 3))
    reach = 0.5 * rng.uniform(*kind.spread_mm)
    # Flattened as the breast is.
    flat = 0.0 if level else min(1.0, 0.3 * site.breast.thickness_mm / reach)
    found: list[Array] = []
    for _ in range(60 * count):
        way = rng.standard_normal(3)
        way *= reach * np.cbrt(rng.uniform()) / np.linalg.norm(way)
        point = seat + way * (1.0, 1.0, flat)
        if all(np.linalg.norm(point - other) > 1.1 * kind.size_mm[1] for other in found):
            found.append(point)
            if len(found) == count:
                break
    return np.array(found)


def _moved(solids: Ellipsoids, place: Array, frame: Array | None = None) -> Ellipsoids:
    """Return solids that were made about the origin, turned by `frame` and moved to `place`."""
    turn = np.eye(3) if frame is None else frame
    return Ellipsoids(place + solids.centres_mm @ turn.T, turn @ solids.axes_mm)


def _turn(rng: np.random.Generator) -> Array:
    """Draw a frame (3, 3)."""
    return frame_along(rng.standard_normal(3), rng=rng)


def _skin(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Lay rings flat into the skin of the upper or of the lower face."""
    breast = site.breast
    upper = rng.uniform() < 0.5 if near is None else near[2] > 0.5 * breast.thickness_mm
    seats = _seats(site, kind, count, near, rng=rng, level=True)
    seats[:, 2] = breast.thickness_mm if upper else 0.0
    bands = rng.uniform(*kind.width_mm, len(seats))
    depths = bands + rng.uniform(0.2, 0.8, len(seats)) * np.maximum(breast.skin_mm - 2 * bands, 0.0)
    seats[:, 2] = np.clip(seats[:, 2], 1e-6, breast.thickness_mm - 1e-6)
    laid = laid_under_skin(breast, seats, depths)
    step = 0.1 * np.eye(3)
    parts = []
    for place, band in zip(laid, bands, strict=True):
        inward = np.array(
            [np.diff(breast.skin_distance_mm(np.array([place - d, place + d])))[0] for d in step]
        )
        frame = frame_along(inward, rng=rng)[:, [1, 2, 0]]
        # The ring is thinner across the skin than its band is wide.
        flat = ring(float(rng.uniform(*kind.size_mm)), float(band))
        parts.append(_moved(flat, place, frame))
    return thinned(united(parts))


def _vascular(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Line stretches of artery with plaques on both walls: tram tracks."""
    tree = site.vessels
    courses = [np.array(course) for course in tree.courses("artery")]
    wide = [c[tree.capsules[c, 7] >= WIDE_MM] for c in courses]
    wide = [c for c in wide if len(c) > 5]
    if not wide:
        return united([])
    if near is not None:
        middle = [0.5 * (tree.capsules[c, :3] + tree.capsules[c, 3:6]) for c in wide]
        order = np.argsort([np.linalg.norm(m - near, axis=1).min() for m in middle])
    else:
        order = rng.permutation(len(wide))
    parts = []
    for which in order[:count]:
        chosen = wide[int(which)]
        length = float(rng.uniform(*kind.size_mm))
        ways = tree.capsules[chosen, 3:6] - tree.capsules[chosen, :3]
        arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(ways, axis=1))])
        if near is None:
            first = float(rng.uniform(0.0, max(arc[-1] - length, 0.0)))
        else:
            own = 0.5 * (tree.capsules[chosen, :3] + tree.capsules[chosen, 3:6])
            at = float(arc[int(np.linalg.norm(own - near, axis=1).argmin())])
            first = min(max(at - 0.5 * length, 0.0), max(arc[-1] - length, 0.0))
        knots = np.vstack([tree.capsules[chosen, :3], tree.capsules[chosen[-1:], 3:6]])
        radii = np.append(tree.capsules[chosen, 6], tree.capsules[chosen[-1], 7])
        for side in (-1.0, 1.0):
            parts.append(
                _plaques(arc, knots, radii, (first, min(first + length, arc[-1])), side, kind, rng)
            )
    return thinned(united(parts))


def _plaques(
    arc: Array,
    knots: Array,
    radii: Array,
    stretch: tuple[float, float],
    side: float,
    kind: BenignKind,
    rng: np.random.Generator,
) -> Ellipsoids:
    """Lay plaques along one wall of a course, `stretch` of its length, with gaps between them."""
    centres: list[Array] = []
    axes: list[Array] = []
    at = stretch[0]
    while True:
        long = float(rng.uniform(0.8, 2.6))
        if at + long > stretch[1]:
            return Ellipsoids(np.array(centres).reshape(-1, 3), np.array(axes).reshape(-1, 3, 3))
        place, before, after = (
            np.array([np.interp(s, arc, knots[:, a]) for a in range(3)])
            for s in (at + 0.5 * long, at + 0.5 * long - 0.8, at + 0.5 * long + 0.8)
        )
        radius = float(np.interp(at + 0.5 * long, arc, radii))
        along = (after - before) / max(float(np.linalg.norm(after - before)), 1e-9)
        across = np.array([along[1], -along[0], 0.0])
        across /= max(float(np.linalg.norm(across)), 1e-9)
        up = np.cross(along, across)
        # Where a ray grazes the wall the plaques read as two lines; others show as a faint veil.
        angle = rng.normal(0.0, 0.45)
        out = side * across * np.cos(angle) + up * np.sin(angle)
        thick = float(rng.uniform(*kind.width_mm))
        wide = min(float(rng.uniform(0.4, 0.75)) * radius, 0.45 * long)
        half = np.array([0.5 * long, wide, 0.5 * thick])
        centres.append(place + radius * out)
        axes.append(np.column_stack([along, np.cross(out, along), out]) * half)
        # Where the wall is free for a while the track is interrupted.
        gap = 0.08 if rng.uniform() < 0.75 else float(rng.uniform(0.6, 3.0))
        at += long + gap


def _popcorn(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Place knobbly lumps."""
    parts = []
    for place in _seats(site, kind, count, near, rng=rng):
        semi = 0.5 * rng.uniform(*kind.size_mm) * np.array([1.0, *rng.uniform(0.65, 1.0, 2)])
        low, high = kind.width_mm
        lobes = (low * min(1.0, 0.3 * semi[0]), min(high, 0.9 * float(semi[0])))
        parts.append(_moved(lump(semi, lobes, 40, rng=rng), place, _turn(rng)))
    return united(parts)


def _rods(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Lay smooth rods into ducts, which lead to the nipple."""
    capsules = site.ducts.capsules[site.ducts.parents >= 0]
    if not len(capsules):
        return united([])
    middle = 0.5 * (capsules[:, :3] + capsules[:, 3:6])
    seat = near if near is not None else middle[int(rng.integers(len(middle)))]
    away = np.linalg.norm(middle - seat, axis=1)
    close = np.argsort(away)[
        : max(3 * count, int((away < 0.5 * rng.uniform(*kind.spread_mm)).sum()))
    ]
    kept = united([])
    for i in rng.permutation(close):
        way = capsules[i, 3:6] - capsules[i, :3]
        duct = float(np.linalg.norm(way))
        half = 0.5 * np.array(
            [
                min(float(rng.uniform(*kind.size_mm)), max(2.4 * duct, kind.size_mm[0])),
                *2 * [float(rng.uniform(*kind.width_mm))],
            ]
        )
        new = Ellipsoids(
            (capsules[i, :3] + rng.uniform(0.3, 0.7) * way)[None],
            (frame_along(way + 0.05 * duct * rng.standard_normal(3), rng=rng) * half)[None],
        )
        if site.free(new).all() and not clashes(kept, new).any():
            kept = united([kept, new])
            if len(kept) == count:
                return kept
    return kept if len(kept) >= min(count, kind.count[0]) else united([])


def _round(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Place balls, flattened by up to 8 %."""
    seats = _seats(site, kind, count, near, rng=rng)
    half = (
        0.5
        * rng.uniform(*kind.size_mm, len(seats))[:, None]
        * rng.uniform(0.92, 1.0, (len(seats), 3))
    )
    return Ellipsoids(seats, np.stack([_turn(rng) * h for h in half]))


def _rim(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Place eggshells."""
    parts = []
    for place in _seats(site, kind, count, near, rng=rng):
        size = float(rng.uniform(*kind.size_mm))
        semi = 0.5 * size * np.array([1.0, *rng.uniform(0.75, 1.0, 2)])
        # Plates of about 1 mm, that the shell looks whole.
        plates = int(np.clip(8.0 * semi[0] ** 2, 30, 70))
        egg = eggshell(semi, float(rng.uniform(*kind.width_mm)), plates, rng=rng)
        parts.append(_moved(egg, place, _turn(rng)))
    return united(parts)


def _dystrophic(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Place coarse irregular pieces."""
    return united(
        [
            _moved(
                crust(
                    float(rng.uniform(*kind.size_mm)), float(rng.uniform(*kind.width_mm)), rng=rng
                ),
                place,
                _turn(rng),
            )
            for place in _seats(site, kind, count, near, rng=rng)
        ]
    )


def _milk(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Place the sediment at the bottoms of tiny cysts."""
    seats = _seats(site, kind, count, near, rng=rng)
    return Ellipsoids(seats, level_discs(kind, len(seats), rng=rng))


def _suture(
    site: Site, kind: BenignKind, count: int, near: Array | None, *, rng: np.random.Generator
) -> Ellipsoids:
    """Place calcified threads."""
    return united(
        [
            _moved(
                thread(
                    float(rng.uniform(*kind.size_mm)), float(rng.uniform(*kind.width_mm)), rng=rng
                ),
                place,
                _turn(rng),
            )
            for place in _seats(site, kind, count, near, rng=rng)
        ]
    )


_BUILD: dict[str, Callable[..., Ellipsoids]] = {
    "skin": _skin,
    "vascular": _vascular,
    "coarse or popcorn-like": _popcorn,
    "large rod-like": _rods,
    "round": _round,
    "rim": _rim,
    "dystrophic": _dystrophic,
    "milk of calcium": _milk,
    "suture": _suture,
}
