"""Shapes made of several ellipsoids that never overlap: rings, shells, lumps, chains.

All are given about the origin.  The X-ray kernel adds the chords of all solids: a point that lay in
two of them would absorb twice.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from stereosim_phantoms.solids import Array, Ellipsoids, thinned, united

_GOLDEN = np.pi * (3.0 - np.sqrt(5.0))
# Neighbours keep this part of the room to each other, so that no rounding makes them touch.
_SNUG = 0.99


def frame_along(direction: Array, *, rng: np.random.Generator) -> Array:
    """Return a frame (3, 3) whose first column is `direction` (3,), turned at random about it."""
    columns = np.column_stack([direction, rng.standard_normal((3, 2))])
    frame: Array = np.linalg.qr(columns)[0]
    return frame


def rod(start: Array, end: Array, diameter_mm: float, *, rng: np.random.Generator) -> Ellipsoids:
    """Return one ellipsoid from `start` to `end`, a hair shorter, `diameter_mm` thick."""
    way = np.asarray(end) - np.asarray(start)
    half = 0.5 * np.array([_SNUG * float(np.linalg.norm(way)), diameter_mm, diameter_mm])
    return Ellipsoids(0.5 * (start + end)[None], (frame_along(way, rng=rng) * half)[None])


def ring(diameter_mm: float, band_mm: float, beads: int = 8) -> Ellipsoids:
    """Return a ring in the x-y plane, `diameter_mm` across outside, its band `band_mm` thick."""
    radius, half = 0.5 * (diameter_mm - band_mm), 0.5 * band_mm
    angles = 2.0 * np.pi * np.arange(beads) / beads
    # Each bead ends at the plane midway to the next one: see `shell`.
    long = _SNUG * np.sqrt(max(radius**2 - half**2, 0.0)) * np.tan(np.pi / beads)
    c, s, zero = np.cos(angles), np.sin(angles), np.zeros(beads)
    radial, tangent = np.stack([c, s, zero], axis=1), np.stack([-s, c, zero], axis=1)
    up = np.tile([0.0, 0.0, 1.0], (beads, 1))
    return Ellipsoids(radius * radial, np.stack([half * radial, long * tangent, half * up], axis=2))


def shell(semi_mm: Array, thickness_mm: float, plates: int) -> Ellipsoids:
    """Return an eggshell: plates that tile the ellipsoid with the semi-axes `semi_mm` (3,).

    The tiling is made on the unit sphere and stretched; stretching keeps disjoint sets disjoint.
    A plate may reach up to the plane midway to its nearest neighbour, at the angle t/2: then
    ``rho cos(t/2)`` and ``tau sin(t/2)``, added in quadrature, are at most ``sin(t/2)`` for its
    radius rho and half thickness tau.
    """
    k = np.arange(plates) + 0.5
    z = 1.0 - 2.0 * k / plates
    around = np.sqrt(1.0 - z * z)
    normals = np.stack([around * np.cos(_GOLDEN * k), around * np.sin(_GOLDEN * k), z], axis=1)
    cosine = np.clip(normals @ normals.T, -1.0, 1.0)
    np.fill_diagonal(cosine, -1.0)
    nearest = np.arccos(cosine.max(axis=1))
    tau = min(0.5 * thickness_mm / float(np.mean(semi_mm)), 0.5)
    rho = _SNUG * np.sqrt(1.0 - tau**2) * np.tan(0.5 * nearest)
    other = np.where(np.abs(normals[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    east = np.cross(normals, other)
    east /= np.linalg.norm(east, axis=1, keepdims=True)
    north = np.cross(normals, east)
    axes = np.stack([rho[:, None] * east, rho[:, None] * north, tau * normals], axis=2)
    stretched = np.diag(semi_mm) @ axes
    # Axes at right angles again: the same ellipsoid has those of the singular value decomposition.
    left, size, _ = np.linalg.svd(stretched)
    return Ellipsoids(normals * semi_mm, left * size[:, None, :])


def lump(
    semi_mm: Array, lobe_mm: tuple[float, float], lobes: int, *, rng: np.random.Generator
) -> Ellipsoids:
    """Return a knobbly lump: balls packed into the ellipsoid with the semi-axes `semi_mm` (3,).

    Each ball is the largest that still fits among 300 random places, with a diameter in `lobe_mm`;
    it touches what it grew against, to within 1 %.
    """
    centres, radii = np.zeros((0, 3)), np.zeros(0)
    for _ in range(lobes):
        points = rng.standard_normal((300, 3))
        points *= np.cbrt(rng.uniform(size=(300, 1))) / np.linalg.norm(
            points, axis=1, keepdims=True
        )
        inside = 1.0 - np.linalg.norm(points, axis=1)
        points = points * semi_mm
        # A little beyond the outline is allowed, which makes it knobbly.
        room = inside * float(np.min(semi_mm)) + 0.3 * lobe_mm[0]
        room = np.minimum(room, 0.5 * rng.uniform(*lobe_mm, 300))
        if len(radii):
            gap = np.linalg.norm(points[:, None] - centres, axis=2) - radii
            room = np.minimum(room, _SNUG * gap.min(axis=1))
        best = int(room.argmax())
        if room[best] < 0.5 * lobe_mm[0]:
            break
        place = points[best]
        if len(radii):
            # Drawn up to its nearest neighbour, unless another is in the way.
            way = place - centres
            nearest = int((np.linalg.norm(way, axis=1) - radii).argmin())
            short = (room[best] + radii[nearest]) / _SNUG / np.linalg.norm(way[nearest])
            near = centres[nearest] + short * way[nearest]
            gap = np.linalg.norm(near - centres, axis=1) - radii
            gap[nearest] = np.inf
            place = near if (_SNUG * gap > room[best]).all() else place
        centres, radii = np.vstack([centres, place]), np.append(radii, room[best])
    return Ellipsoids(centres, np.eye(3) * radii[:, None, None])


def eggshell(
    semi_mm: Array, thickness_mm: float, plates: int, *, rng: np.random.Generator
) -> Ellipsoids:
    """Return a shell of two layers of plates: the outer ones cover the gaps of the inner ones."""
    inner = shell(semi_mm, 0.5 * thickness_mm, plates)
    # The rims of the inner, flat plates stand a little out of their ellipsoid.
    outside = inner.centres_mm + inner.axes_mm[:, :, 0]
    rise = float(np.linalg.norm(outside / semi_mm, axis=1).max()) - 1.0
    grown = semi_mm * (1.0 + rise) + thickness_mm
    outer = shell(grown, 0.5 * thickness_mm, plates)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    # Turned on the unit sphere, not in space: the layer keeps its axes.
    return thinned(united([inner, _turned_shell(outer, grown, turn)]))


def _turned_shell(layer: Ellipsoids, semi_mm: Array, turn: Array) -> Ellipsoids:
    """Return a layer of :func:`shell` whose tiling is turned by `turn` before it is stretched."""
    matrix = np.diag(semi_mm) @ turn @ np.diag(1.0 / semi_mm)
    left, size, _ = np.linalg.svd(matrix @ layer.axes_mm)
    return Ellipsoids(layer.centres_mm @ matrix.T, left * size[:, None, :])


def crust(size_mm: float, thickness_mm: float, *, rng: np.random.Generator) -> Ellipsoids:
    """Return an irregular coarse piece: unequal fragments crowded about a lucent middle."""
    semi = 0.5 * size_mm * np.array([1.0, *rng.uniform(0.4, 0.9, 2)])
    normals = rng.standard_normal((70, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    # Bays and knobs: the outline is a sphere bent by three slow waves, and denser on one side.
    waves, phases = 2.5 * rng.standard_normal((3, 3)), rng.uniform(0.0, 2.0 * np.pi, 3)
    reach = 0.75 + 0.12 * np.sin(normals @ waves.T + phases).sum(axis=1)
    reach *= np.where(rng.uniform(size=70) < 0.2, rng.uniform(0.3, 0.8, 70), 1.0)
    side = rng.standard_normal(3)
    kept = normals @ side / np.linalg.norm(side) < rng.uniform(0.1, 0.9)
    half = np.stack(
        [
            rng.uniform(0.4, 1.6, 70),
            rng.uniform(0.3, 1.0, 70),
            rng.uniform(0.2, 0.6, 70),
        ],
        axis=1,
    )
    half *= min(thickness_mm, 0.3 * size_mm)
    frames = np.stack([frame_along(n + 0.5 * rng.standard_normal(3), rng=rng) for n in normals])
    # The shortest axis looks outward, more or less.
    axes = frames[:, :, [1, 2, 0]] * half[:, None, :]
    return thinned(Ellipsoids(normals * reach[:, None] * semi, axes)[kept])


def thread(length_mm: float, diameter_mm: float, *, rng: np.random.Generator) -> Ellipsoids:
    """Return a calcified suture: a chain of rods along an open loop, with a knot at one end."""
    turn = rng.uniform(0.7, 1.4) * np.pi
    radius = length_mm / turn
    rods = max(int(length_mm / (3.5 * diameter_mm)), 4)
    angle = np.linspace(0.0, turn, rods + 1)
    curve = np.stack(
        [radius * np.cos(angle), radius * np.sin(angle), 0.25 * radius * np.sin(2.0 * angle)],
        axis=1,
    )
    curve -= curve.mean(axis=0)
    chain = [rod(a, b, diameter_mm, rng=rng) for a, b in pairwise(curve)]
    # The knot: two loops that cross, drawn as beads about the end, and two short tails.
    knot = ring(4.2 * diameter_mm, diameter_mm, 6)
    tilted = frame_along(rng.standard_normal(3), rng=rng)
    end = curve[0]
    knot = Ellipsoids(end + knot.centres_mm @ tilted.T, tilted @ knot.axes_mm)
    tails = [
        rod(
            end + 2.4 * diameter_mm * way, end + 6.0 * diameter_mm * way, 0.8 * diameter_mm, rng=rng
        )
        for way in frame_along(rng.standard_normal(3), rng=rng).T[:2]
    ]
    return thinned(united([*chain, knot, *tails]))
