"""Calcifications: their sizes and shapes by morphology, their places by distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np

from stereosim_phantoms.breast import DATA, BreastSpec
from stereosim_phantoms.ducts import DuctTree
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Array, Ellipsoids, Specks

Distribution = Literal["diffuse", "regional", "grouped", "linear", "segmental"]
Material = Literal["hydroxyapatite", "calcium_oxalate"]
DISTRIBUTIONS: tuple[str, ...] = get_args(Distribution)
MATERIALS: tuple[str, ...] = get_args(Material)
# Free tissue between a speck's bounding sphere and skin or chest wall.
CLEARANCE_MM = 0.5
# No particle seen as such is smaller or larger than this, whatever the tail of the lognormal says.
DIAMETER_RANGE_MM = (0.05, 1.5)


@dataclass(frozen=True)
class Morphology:
    """Sizes and shapes of one BI-RADS morphology; see ``data/calcifications.toml``.

    The diameter (of the sphere of equal volume) is lognormal with mean `mean_mm` and standard
    deviation `log_sd` of its logarithm; a share `second_share` has the mean `second_mean_mm`.
    """

    mean_mm: float
    log_sd: float
    elongation_low: float
    elongation_high: float
    second_mean_mm: float
    second_share: float
    provenance: dict[str, Parameter]

    def diameters_mm(self, count: int, *, rng: np.random.Generator) -> Array:
        """Draw `count` diameters, shape (count,)."""
        mean = np.where(
            rng.uniform(size=count) < self.second_share, self.second_mean_mm, self.mean_mm
        )
        drawn: Array = mean * np.exp(
            self.log_sd * rng.standard_normal(count) - 0.5 * self.log_sd**2
        )
        np.clip(drawn, *DIAMETER_RANGE_MM, out=drawn)
        return drawn


@cache
def morphologies() -> dict[str, Morphology]:
    """Return the morphologies by their BI-RADS name."""
    path = DATA / "calcifications.toml"
    raw = load_toml(path)
    sources = raw.pop("sources")
    return {
        name: read_spec(Morphology, table, sources, f"{path.name}: {name}")
        for name, table in raw.items()
    }


@dataclass(frozen=True)
class ClusterSpec:
    """What to grow: a cluster of calcifications.

    Attributes
    ----------
    morphology : str
        A key of :func:`morphologies`.
    distribution : {"diffuse", "regional", "grouped", "linear", "segmental"}
        BI-RADS distribution.  Linear and segmental clusters lie in the duct nearest to the centre.
    specks : int
        How many.
    extent_mm : float
        Largest distance between two of them; grouped and regional ones meet it to about a particle.
    diameter_mm : tuple of float, optional
        Smallest and largest diameter, drawn evenly between; without it the morphology decides.
    material : {"hydroxyapatite", "calcium_oxalate"}
        Composition of all of them.
    """

    morphology: str
    distribution: str
    specks: int
    extent_mm: float
    diameter_mm: tuple[float, float] | None = None
    material: str = "hydroxyapatite"

    def __post_init__(self) -> None:
        """Refuse unknown words and impossible numbers."""
        if self.morphology not in morphologies():
            raise ValueError(
                f"morphology {self.morphology!r} is none of {', '.join(morphologies())}"
            )
        if self.distribution not in DISTRIBUTIONS:
            raise ValueError(
                f"distribution {self.distribution!r} is none of {', '.join(DISTRIBUTIONS)}"
            )
        if self.material not in MATERIALS:
            raise ValueError(f"material {self.material!r} is none of {', '.join(MATERIALS)}")
        if self.specks < 1:
            raise ValueError(f"specks must be at least 1, is {self.specks}")
        if not self.extent_mm > 0.0:
            raise ValueError(f"extent_mm must be above 0, is {self.extent_mm}")


def grow_cluster(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre_mm: Array,
    *,
    rng: np.random.Generator,
) -> Ellipsoids:
    """Grow the cluster `spec` about `centre_mm` (3,), breast frame; no two specks touch.

    A cluster that would stick out of the breast is shifted inward as a whole.  After 60 attempts
    without room for all specks :class:`ValueError` is raised.
    """
    centre = np.asarray(centre_mm, dtype=np.float64)
    axes = _axes(breast, spec, centre, rng=rng)
    radii = bounding_radii(axes)
    place = _PLACES[spec.distribution]
    for _ in range(60):
        centres = _pushed_inside(
            breast, apart(place(breast, ducts, spec, centre, rng=rng), radii), radii
        )
        if centres is not None and not overlapping(centres, radii):
            return Ellipsoids(centres, axes)
    raise ValueError(
        f"{spec.specks} specks of extent {spec.extent_mm} mm find no room at {np.round(centre, 1)}"
    )


def bounding_radii(axes_mm: Array) -> Array:
    """Return the longest semi-axis (n,) of each of the ellipsoids with axes (n, 3, 3)."""
    radii: Array = np.linalg.norm(axes_mm, axis=1).max(axis=1)
    return radii


def apart(centres_mm: Array, radii_mm: Array) -> Array:
    """Push specks whose bounding spheres touch apart, along the line between them."""
    centres = centres_mm.copy()
    for _ in range(100):
        way = centres[:, None] - centres[None]
        distance = np.linalg.norm(way, axis=2)
        np.fill_diagonal(distance, 1.0)
        short = np.maximum(1.02 * (radii_mm[:, None] + radii_mm[None]) - distance, 0.0)
        np.fill_diagonal(short, 0.0)
        if not short.any():
            break
        centres += 0.5 * (way / np.maximum(distance, 1e-6)[..., None] * short[..., None]).sum(
            axis=1
        )
    return centres


def scattered_specks(
    breast: BreastSpec, count: int, others: Ellipsoids, *, rng: np.random.Generator
) -> Ellipsoids:
    """Draw `count` single benign specks in `breast`, over 10 mm from the middle of `others`."""
    spec = ClusterSpec("punctate", "diffuse", max(count, 1), 1.0)
    axes = _axes(breast, spec, np.zeros(3), rng=rng)[:count]
    radii = bounding_radii(axes)
    taken_radii = np.concatenate([bounding_radii(others.axes_mm), radii])
    middle = others.centres_mm.mean(axis=0)
    for _ in range(60):
        centres = _uniform(breast, count, 3.0, rng=rng)
        far = np.linalg.norm(centres - middle, axis=1) > 10.0
        if far.all() and not overlapping(np.concatenate([others.centres_mm, centres]), taken_radii):
            return Ellipsoids(centres, axes)
    raise ValueError(f"{count} scattered specks find no room")


def joined(parts: list[tuple[Ellipsoids, str, int]]) -> Specks:
    """Join groups of (solids, material, cluster number) into one set of specks."""
    return Specks(
        Ellipsoids(
            np.concatenate([solids.centres_mm for solids, _, _ in parts]),
            np.concatenate([solids.axes_mm for solids, _, _ in parts]),
        ),
        tuple(material for solids, material, _ in parts for _ in range(len(solids))),
        np.concatenate(
            [np.full(len(solids), cluster, dtype=np.int64) for solids, _, cluster in parts]
        ),
    )


def overlapping(centres_mm: Array, radii_mm: Array) -> bool:
    """Tell whether any two bounding spheres, centres (n, 3) and radii (n,), touch."""
    gap = (
        np.linalg.norm(centres_mm[:, None] - centres_mm[None], axis=2)
        - radii_mm[:, None]
        - radii_mm[None]
    )
    np.fill_diagonal(gap, np.inf)
    return bool((gap <= 0.0).any())


def _axes(
    breast: BreastSpec, spec: ClusterSpec, centre: Array, *, rng: np.random.Generator
) -> Array:
    """Draw the semi-axes (n, 3, 3); casts point to the nipple within about 25 degrees."""
    morphology, n = morphologies()[spec.morphology], spec.specks
    diameters = (
        rng.uniform(*spec.diameter_mm, n)
        if spec.diameter_mm
        else morphology.diameters_mm(n, rng=rng)
    )
    long = rng.uniform(morphology.elongation_low, morphology.elongation_high, n)
    flat = rng.uniform(0.85, 1.0, n)
    semi = (
        0.5
        * diameters[:, None]
        * np.stack([long ** (2 / 3), flat * long ** (-1 / 3), long ** (-1 / 3) / flat], axis=1)
    )
    frames = rng.standard_normal((n, 3, 3))
    if spec.morphology == "fine linear branching":
        nipple = np.array([0.0, breast.chest_to_nipple_mm, 0.5 * breast.thickness_mm])
        heading = (nipple - centre) / max(float(np.linalg.norm(nipple - centre)), 1e-9)
        frames[:, :, 0] = heading + 0.28 * frames[:, :, 0]
    turns = np.linalg.qr(frames)[0]
    axes: Array = turns * semi[:, None, :]
    return axes


def _pushed_inside(breast: BreastSpec, centres: Array, radii: Array) -> Array | None:
    """Return the cluster shifted until all specks clear skin and chest wall, or None."""
    margin = radii + CLEARANCE_MM
    middle = np.array([0.0, 0.5 * breast.chest_to_nipple_mm, 0.5 * breast.thickness_mm])
    for _ in range(200):
        outward = np.maximum(
            breast.skin_mm + margin - breast.skin_distance_mm(centres), margin - centres[:, 1]
        )
        if outward.max() <= 0.0:
            return centres
        way = middle - centres[int(outward.argmax())]
        if np.linalg.norm(way) < 1e-6:
            return None
        centres = centres + min(float(outward.max()) + 0.05, 1.0) * way / np.linalg.norm(way)
    return None


def _uniform(breast: BreastSpec, count: int, depth_mm: float, *, rng: np.random.Generator) -> Array:
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
    return _uniform(breast, spec.specks, 3.0, rng=rng)


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
    for _ in range(3):  # go outward a little, so that the line passes through the nearest place
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


_PLACES: dict[str, Callable[..., Array]] = {
    "diffuse": _diffuse,
    "regional": _regional,
    "grouped": _grouped,
    "linear": _linear,
    "segmental": _segmental,
}
