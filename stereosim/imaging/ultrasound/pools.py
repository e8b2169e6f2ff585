"""Fluids in the tissue: blood and air where cores were taken, anaesthetic that was injected.

*Blood* scatters little and takes little sound, so that the tissue behind it comes out brighter.
*Anaesthetic* thins the tissue that it has swollen: water scatters nothing and takes nothing, so
both fall by its share.  Both carry *microbubbles*, points of the tissue that are the same in each
frame; a reader may take one for a speck.  *Air* lets no sound through.  Its face toward the probe
is ragged and shines; behind it lies a shadow, which reverberation fills with haze (a "dirty"
shadow).

The tissue round a pool keeps its speckle and its structures where they were, although the pool has
pushed them aside; specks have moved, as the tissue's owner says.  Left out are the specular echo of
a pool's wall, bubbles that rise or dissolve, clotting, air in a needle's track outside the sampled
length, and, for a leaning or pressing probe, the change in the direction in which the face of air
is seen.  The loss that a pool does not cause is taken off that of the mean tissue.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from stereosim.imaging.ultrasound.acoustics import (
    Acoustics,
    air_face_section,
    bubble_cross_section_mm2,
)
from stereosim.imaging.ultrasound.medium import Medium
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Ellipsoids

Array = NDArray[np.float64]
KINDS = ("anaesthetic", "blood", "air")  # what comes later lies in what comes before
_FACE_PER_MM2 = 100.0  # over ten points of a face of air in any resolution cell: speckle
_NOTHING = np.zeros(0)


@dataclass(frozen=True, eq=False)
class Pools:
    """Fluids as ellipsoids, supine frame.

    Attributes
    ----------
    solids : Ellipsoids
        Places and shapes, mm.
    kinds : tuple of str
        ``"blood"``, ``"air"`` or ``"anaesthetic"`` for each.
    shares : ndarray (n,)
        Share of its volume that is fluid; the rest is the tissue that it lies in.
    """

    solids: Ellipsoids
    kinds: tuple[str, ...]
    shares: Array

    def __post_init__(self) -> None:
        """Refuse fluids that nobody knows."""
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown:
            raise ValueError(f"kinds: {unknown[0]!r} is none of {', '.join(KINDS)}")

    def __len__(self) -> int:
        """Return the number of pools."""
        return len(self.solids)

    @cached_property
    def mark(self) -> bytes:
        """What tells these pools from others."""
        parts = (self.solids.centres_mm, self.solids.axes_mm, self.shares)
        key = hashlib.sha1(repr(self.kinds).encode(), usedforsecurity=False)
        for part in parts:
            key.update(np.ascontiguousarray(part).tobytes())
        return key.digest()

    def of(self, *kinds: str) -> Pools:
        """Return those of some kinds only."""
        chosen = [i for i, kind in enumerate(self.kinds) if kind in kinds]
        return Pools(self.solids[chosen], tuple(self.kinds[i] for i in chosen), self.shares[chosen])


NO_POOLS = Pools(Ellipsoids(np.zeros((0, 3)), np.zeros((0, 3, 3))), (), _NOTHING)


class Points(NamedTuple):
    """Single reflectors of the pools, supine frame.

    Places of bubbles (n, 3) and their radii (n,), mm; places on faces of air (m, 3), and the root
    of each one's cross-section, mm, with its sign.
    """

    bubble_mm: Array
    bubble_radius_mm: Array
    face_mm: Array
    face_root_mm: Array

    def echoes(self, medium: Medium) -> tuple[Array, Array]:
        """Return the places (n + m, 3) and their echoes against fat, root mm^3, as of specks."""
        bubbles = bubble_cross_section_mm2(
            self.bubble_radius_mm, medium.frequency_at(self.bubble_mm), medium.acoustics
        )
        places = np.concatenate([self.bubble_mm, self.face_mm])
        root = np.concatenate([np.sqrt(bubbles), self.face_root_mm])
        return places, root * medium.echo_at(places)


def pool_points(pools: Pools, seed: int, a: Acoustics) -> Points:
    """Return the bubbles of the fluids, and the points that stand for the faces of air.

    They are drawn in each pool's own unit ball, one after the other, under `seed` and the number of
    the pool among those of its kind: they go with the pool, and one that grows keeps those it had.
    """
    bubbles: list[tuple[Array, Array]] = [(np.zeros((0, 3)), _NOTHING)]
    faces: list[tuple[Array, Array]] = [(np.zeros((0, 3)), _NOTHING)]
    for kind in KINDS:
        some = pools.of(kind)
        for i in range(len(some)):
            rng = stream(seed, "pool", kind, i)
            centre, axes = some.solids.centres_mm[i], some.solids.axes_mm[i]
            if kind == "air":
                faces.append(_face(centre, axes, rng, a))
            else:
                volume = float(some.solids.volumes_mm3[i] * some.shares[i])
                bubbles.append(_bubbles(centre, axes, volume, rng, a))
    return Points(*_joined(bubbles), *_joined(faces))


def _joined(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    return np.concatenate([p for p, _ in parts]), np.concatenate([q for _, q in parts])


def _bubbles(
    centre: Array, axes: Array, volume_mm3: float, rng: np.random.Generator, a: Acoustics
) -> tuple[Array, Array]:
    """Return places (n, 3) and radii (n,) of the bubbles in one pool."""
    far, up, turn, size = rng.random((round(a.bubbles_per_mm3 * volume_mm3), 4)).T
    up = 2.0 * up - 1.0
    flat, turn = np.sqrt(1.0 - up**2), 2.0 * np.pi * turn
    ball = np.cbrt(far) * np.stack([flat * np.cos(turn), flat * np.sin(turn), up])
    radius = a.bubble_radius_mm * a.bubble_radius_spread ** ndtri(size)
    return centre + (axes @ ball).T, radius


def _face(
    centre: Array, axes: Array, rng: np.random.Generator, a: Acoustics
) -> tuple[Array, Array]:
    """Return places (n, 3) on the face of air toward the skin, and roots of their sections (n,)."""
    top = Silhouette(axes)
    count = math.ceil(_FACE_PER_MM2 * top.area_mm2)
    far, turn, level = rng.random((count, 3)).T
    turn = 2.0 * np.pi * turn
    beside = top.spread @ (np.sqrt(far) * np.stack([np.cos(turn), np.sin(turn)]))
    z, slope = top.face(beside)
    facing = 1.0 / np.sqrt(1.0 + slope**2)
    # Ragged against the wavelength: as many echoes of either sign, whose power adds up.
    section = air_face_section(a) * facing * top.area_mm2 / count
    root = ndtri(np.clip(level, 1e-9, 1.0 - 1e-9)) * np.sqrt(section)
    return centre + np.column_stack([beside.T, z]), root


class Silhouette:
    """An ellipsoid seen from the skin.

    Attributes
    ----------
    spread : ndarray (2, 2)
        Makes its outline of the unit disc.
    area_mm2 : float
        Of the outline.
    """

    def __init__(self, axes: Array) -> None:
        shape = axes @ axes.T
        flat = shape[:2, :2]
        self.spread = np.linalg.cholesky(flat)
        self.area_mm2 = float(np.pi * np.linalg.det(self.spread))
        self._inverse = np.linalg.inv(flat)
        self._lean = self._inverse @ shape[:2, 2]
        self._half = math.sqrt(max(shape[2, 2] - float(shape[:2, 2] @ self._lean), 1e-12))

    def inside(self, beside: Array) -> Array:
        """Return how deep (2, ...) lies inside the outline, mm, to first order."""
        scaled = np.tensordot(self._inverse, beside, 1)
        square = (beside * scaled).sum(axis=0)
        steep = np.sqrt((scaled**2).sum(axis=0))
        root = np.sqrt(square)
        return np.asarray((1.0 - root) * root / np.maximum(steep, 1e-9))

    def face(self, beside: Array) -> tuple[Array, Array]:
        """Return the depth of the upper face (...) from the centre, mm, and its slope."""
        scaled = np.tensordot(self._inverse, beside, 1)
        left = np.sqrt(np.maximum(1.0 - (beside * scaled).sum(axis=0), 1e-6))
        lean = self._lean.reshape((2,) + (1,) * (beside.ndim - 1))
        slope = lean + self._half * scaled / left
        depth = (lean * beside).sum(axis=0) - self._half * left
        return depth, np.sqrt((slope**2).sum(axis=0))
