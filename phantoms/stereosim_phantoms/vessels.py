"""The vessels of a breast: arteries with the gland, veins under the skin, as tapering capsules."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.breast import DATA, BreastSpec
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Array

# The breast in which the depth of the veins holds, as for the layers of fat (Yaffe 2009).
_REFERENCE_THICKNESS_MM = 59.0
_WAVES = 4
# Radius from which an artery's calcified walls are seen apart, as two tracks.
WIDE_MM = 0.35


@dataclass(frozen=True)
class VesselKind:
    """Number, width and winding of the arteries or of the veins; see ``data/vessels.toml``."""

    lateral: int
    medial: int
    diameter_mm: tuple[float, float]
    end_share: float
    branches: tuple[int, int]
    branch_share: tuple[float, float]
    branch_length: tuple[float, float]
    wander_mm: float
    wander_length_mm: tuple[float, float]
    provenance: dict[str, Parameter]


@dataclass(frozen=True)
class VesselCourse:
    """Where vessels may run; see ``data/vessels.toml``."""

    step_mm: float
    clearance_mm: float
    nipple_gap_mm: float
    lumen_share: float
    layer_mm: tuple[float, float]
    provenance: dict[str, Parameter]


@dataclass(frozen=True)
class VesselParameters:
    """The catalogue of vessels."""

    artery: VesselKind
    vein: VesselKind
    course: VesselCourse


@cache
def vessel_parameters() -> VesselParameters:
    """Return the catalogue ``data/vessels.toml``."""
    path = DATA / "vessels.toml"
    raw = load_toml(path)
    sources = raw["sources"]
    return VesselParameters(
        read_spec(VesselKind, raw["artery"], sources, f"{path.name}: artery"),
        read_spec(VesselKind, raw["vein"], sources, f"{path.name}: vein"),
        read_spec(VesselCourse, raw["course"], sources, f"{path.name}: course"),
    )


@dataclass(frozen=True)
class VesselTree:
    """Vessels of one breast in the breast frame.

    Attributes
    ----------
    capsules : ndarray, shape (n, 8)
        Start (3), end (3), outer radius at start and at end, mm; each runs away from the chest
        wall, where its vessel enters the breast.
    parents : ndarray of int64, shape (n,)
        Index of the capsule from which each one springs, always smaller; -1 where a vessel enters.
    kinds : tuple of str, length n
        ``"artery"`` or ``"vein"``.
    """

    capsules: Array
    parents: NDArray[np.int64]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of capsules."""
        return len(self.capsules)

    def of_kind(self, kind: str) -> NDArray[np.int64]:
        """Return the indices of the capsules of a kind."""
        return np.array([i for i, k in enumerate(self.kinds) if k == kind], dtype=np.int64)

    def beside(self, place_mm: Array, distance_mm: float) -> Array:
        """Return the place (3,) beside the artery nearest to `place_mm`, level with it.

        Only stretches 0.7 mm wide or wider count.  The place lies on the same side as `place_mm`,
        `distance_mm` from the artery's middle line.

        Raises
        ------
        ValueError
            If there is no such artery.
        """
        wide = self.of_kind("artery")
        wide = wide[self.capsules[wide, 7] >= WIDE_MM]
        if not len(wide):
            raise ValueError("no artery is wide enough")
        middles = 0.5 * (self.capsules[wide, :3] + self.capsules[wide, 3:6])
        nearest = int(np.linalg.norm(middles - place_mm, axis=1).argmin())
        way = self.capsules[wide[nearest], 3:6] - self.capsules[wide[nearest], :3]
        aside = np.array([-way[1], way[0], 0.0]) / max(float(np.hypot(way[0], way[1])), 1e-9)
        if aside @ (np.asarray(place_mm) - middles[nearest]) < 0.0:
            aside = -aside
        place: Array = middles[nearest] + distance_mm * aside
        return place

    def courses(self, kind: str) -> list[list[int]]:
        """Return the unbranched vessels of a kind, each the indices of its capsules in order."""
        found: list[list[int]] = []
        for i in self.of_kind(kind):
            if found and found[-1][-1] == i - 1 == self.parents[i]:
                found[-1].append(int(i))
            else:
                found.append([int(i)])
        return found


def grow_vessels(breast: BreastSpec, parameters: VesselParameters) -> VesselTree:
    """Grow the vessels of `breast` from its seed.

    Arteries run through the gland from the lateral and the medial edge toward the nipple, veins in
    the fat under the upper and the lower skin.  A vessel ends where it would leave the breast.
    """
    grower = _Grower(breast, parameters, stream(breast.seed, "vessels"))
    for kind in ("artery", "vein"):
        spec: VesselKind = getattr(parameters, kind)
        for side, count in ((1.0, spec.lateral), (-1.0, spec.medial)):
            for number in range(int(count)):
                grower.trunk(kind, spec, side, number, int(count))
    return grower.tree()


@dataclass
class _Grower:
    """Adds vessel after vessel."""

    breast: BreastSpec
    parameters: VesselParameters
    rng: np.random.Generator
    capsules: list[Array] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def tree(self) -> VesselTree:
        """Return what has grown."""
        return VesselTree(
            np.array(self.capsules).reshape(-1, 8),
            np.array(self.parents, dtype=np.int64),
            tuple(self.kinds),
        )

    def trunk(self, kind: str, spec: VesselKind, side: float, number: int, count: int) -> None:
        """Add a trunk that enters at the chest wall, on the lateral (`side` 1) or medial side."""
        rng, breast = self.rng, self.breast
        x = breast.lateral * side * breast.half_width_mm
        reach, thick = breast.chest_to_nipple_mm, breast.thickness_mm
        # Trunks of one side share the edge between them: from beside the nipple to the far edge.
        place = 0.35 + 0.45 * (number + rng.uniform(0.2, 0.8)) / count
        level = rng.uniform(0.3, 0.7) if kind == "artery" else float(rng.choice([0.1, 0.9]))
        start = np.array([place * x, 0.0, level * thick])
        goal = np.array(
            [rng.uniform(0.05, 0.25) * x, rng.uniform(0.72, 0.88) * reach, level * thick]
        )
        bow = rng.uniform(0.05, 0.18) * float(np.linalg.norm(goal - start)) * np.sign(x)
        radius = 0.5 * rng.uniform(*spec.diameter_mm)
        depth = self._depth() if kind == "vein" else 0.0
        first = self._vessel(kind, spec, start, goal, bow, radius, depth, parent=-1)
        length = float(np.linalg.norm(goal - start))
        for _ in range(int(rng.integers(spec.branches[0], spec.branches[1] + 1))):
            share, turn = rng.uniform(0.15, 0.75), rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 0.9)
            lift = rng.uniform(-0.35, 0.35)
            wide, long = rng.uniform(*spec.branch_share), rng.uniform(*spec.branch_length)
            if len(first) < 6:
                continue
            parent = first[int(share * (len(first) - 1))]
            point, way = self.capsules[parent][3:6], self._heading(parent)
            aside = np.array([-way[1], way[0], 0.0]) * np.sin(turn) + way * np.cos(turn)
            if kind == "artery":
                aside[2] += lift
            end = point + aside * long * length
            self._vessel(
                kind, spec, point, end, 0.1 * turn * long * length,
                wide * float(self.capsules[parent][7]), depth, parent=parent,
            )  # fmt: skip

    def _heading(self, index: int) -> Array:
        """Return the direction of a capsule."""
        way = self.capsules[index][3:6] - self.capsules[index][:3]
        heading: Array = way / np.linalg.norm(way)
        return heading

    def _depth(self) -> float:
        """Draw how deep under the skin the wall of a vein lies."""
        scale = self.breast.thickness_mm / _REFERENCE_THICKNESS_MM
        low, high = self.parameters.course.layer_mm
        return max(scale * float(self.rng.uniform(low, high)), self.parameters.course.clearance_mm)

    def _vessel(
        self, kind: str, spec: VesselKind, start: Array, goal: Array, bow: float, radius: float,
        depth: float, *, parent: int,
    ) -> list[int]:  # fmt: skip
        """Add one unbranched vessel; return its capsules."""
        course = self.parameters.course
        steps = max(int(np.linalg.norm(goal - start) / course.step_mm), 3)
        share = np.linspace(0.0, 1.0, steps + 1)
        points = _winding(start, goal, bow, share, spec, rng=self.rng)
        radii = radius * (1.0 - (1.0 - spec.end_share) * share)
        least = self.breast.skin_mm + radii + course.clearance_mm
        if depth > 0.0:
            # The skin of the breast's edge is the wrong one to follow: a vein keeps to its face.
            points = laid_under_skin(self.breast, points, self.breast.skin_mm + radii + depth)
        points = _smooth(_pushed_in(self.breast, points, least))
        if parent >= 0:
            points[0] = start
        nipple = np.array([0.0, self.breast.chest_to_nipple_mm, 0.5 * self.breast.thickness_mm])
        free = (self.breast.skin_distance_mm(points) > least - 0.05) & (
            np.linalg.norm(points - nipple, axis=1) > course.nipple_gap_mm
        )
        free &= (points[:, 1] > radii) | ((parent < 0) & (share == 0.0))
        # A jump or a fold is where the face that a vein follows has come to its end.
        way = np.diff(points, axis=0)
        length = np.linalg.norm(way, axis=1)
        free[1:] &= length < 2.0 * course.step_mm
        free[2:] &= (way[1:] * way[:-1]).sum(axis=1) > 0.6 * length[1:] * length[:-1]
        free[0] = True
        last = steps if free.all() else int(free.argmin()) - 1
        added = []
        for k in range(last):
            self.capsules.append(np.concatenate([points[k], points[k + 1], radii[k : k + 2]]))
            self.parents.append(parent)
            self.kinds.append(kind)
            parent = len(self.capsules) - 1
            added.append(parent)
        return added


def _winding(
    start: Array, goal: Array, bow: float, share: Array, spec: VesselKind, *,
    rng: np.random.Generator,
) -> Array:  # fmt: skip
    """Return points (n, 3) from `start` to `goal`: a bow with slow waves across it."""
    way = goal - start
    length = float(np.linalg.norm(way))
    across = np.array([way[1], -way[0], 0.0]) / max(float(np.hypot(way[0], way[1])), 1e-9)
    waves = length / rng.uniform(*spec.wander_length_mm, (2, _WAVES))
    phases = rng.uniform(0.0, 2.0 * np.pi, (2, _WAVES))
    size = spec.wander_mm * np.sqrt(2.0 / _WAVES) * rng.uniform(0.5, 1.5, (2, _WAVES))
    # The ends stay where they are: the waves grow from nothing over the first and last tenth.
    free = np.minimum(1.0, 10.0 * np.minimum(share, 1.0 - share))
    free = free * free * (3.0 - 2.0 * free)
    sideways, up = free * (
        size[..., None] * np.sin(2.0 * np.pi * waves[..., None] * share + phases[..., None])
    ).sum(axis=1)
    points: Array = (
        start
        + share[:, None] * way
        + (bow * np.sin(np.pi * share) + sideways)[:, None] * across
        + 0.5 * up[:, None] * np.array([0.0, 0.0, 1.0])
    )
    return points


def _smooth(points: Array) -> Array:
    """Return the chain of `points` (n, 3) with its corners rounded; the ends stay."""
    smooth = points.copy()
    for _ in range(3):
        smooth[1:-1] = 0.25 * (smooth[:-2] + 2.0 * smooth[1:-1] + smooth[2:])
    return smooth


def laid_under_skin(breast: BreastSpec, points: Array, depth_mm: Array) -> Array:
    """Return `points` with z such that they lie at `depth_mm` (n,) under their face of the breast.

    Bisection on z between the face and the middle; where the breast is too thin the middle is kept.
    """
    upper = points[:, 2] > 0.5 * breast.thickness_mm
    middle = np.full(len(points), 0.5 * breast.thickness_mm)
    face = np.where(upper, breast.thickness_mm, 0.0)
    outer, inner = face, middle
    laid = points.copy()
    for _ in range(20):
        laid[:, 2] = 0.5 * (outer + inner)
        deep = breast.skin_distance_mm(laid) > depth_mm
        outer, inner = np.where(deep, outer, laid[:, 2]), np.where(deep, laid[:, 2], inner)
    laid[:, 2] = inner
    return laid


def _pushed_in(breast: BreastSpec, points: Array, least_mm: Array) -> Array:
    """Return `points` moved inward where they lie less than `least_mm` (n,) under the skin."""
    pushed, step = points.copy(), 0.5 * np.eye(3)
    for _ in range(30):
        short = least_mm - breast.skin_distance_mm(pushed)
        if short.max() <= 0.0:
            break
        inward = np.stack(
            [
                breast.skin_distance_mm(pushed + step[a])
                - breast.skin_distance_mm(pushed - step[a])
                for a in range(3)
            ],
            axis=1,
        )
        inward[:, 1] = np.minimum(inward[:, 1], 0.0)  # never toward the nipple
        inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-6)
        pushed += np.clip(short + 0.02, 0.0, 1.0)[:, None] * inward * (short > 0.0)[:, None]
    return pushed
