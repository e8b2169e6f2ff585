"""Calcifications: their sizes and shapes by morphology, their places by distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np

from stereosim_phantoms.benign import benign_kinds, level_discs
from stereosim_phantoms.breast import DATA, BreastSpec
from stereosim_phantoms.casts import duct_directions, lay_casts
from stereosim_phantoms.ducts import DuctTree
from stereosim_phantoms.places import PLACES, uniform_places
from stereosim_phantoms.provenance import Parameter, load_toml, read_parameters, read_spec
from stereosim_phantoms.shapes import frame_along
from stereosim_phantoms.solids import Array, Ellipsoids, Specks, any_clash, united

Distribution = Literal["diffuse", "regional", "grouped", "linear", "segmental"]
Material = Literal["hydroxyapatite", "calcium_oxalate"]
DISTRIBUTIONS: tuple[str, ...] = get_args(Distribution)
MATERIALS: tuple[str, ...] = get_args(Material)
# Free tissue between a speck's bounding sphere and skin or chest wall.
CLEARANCE_MM = 0.5
# No particle seen as such is smaller or larger than this, whatever the tail of the lognormal says.
DIAMETER_RANGE_MM = (0.05, 1.5)
CASTS = "fine linear branching"
SEDIMENT = "milk of calcium"


@dataclass(frozen=True)
class Morphology:
    """Sizes and shapes of one BI-RADS morphology; see ``data/calcifications.toml``.

    The diameter (of the sphere of equal volume) is lognormal with mean `mean_mm` and standard
    deviation `log_sd` of its logarithm; a share `second_share` has `second_mean_mm` and
    `second_log_sd` instead.
    """

    mean_mm: float
    log_sd: float
    elongation_low: float
    elongation_high: float
    second_mean_mm: float
    second_log_sd: float
    second_share: float
    provenance: dict[str, Parameter]

    def diameters_mm(self, count: int, *, rng: np.random.Generator) -> Array:
        """Draw `count` diameters, shape (count,)."""
        second = rng.uniform(size=count) < self.second_share
        mean = np.where(second, self.second_mean_mm, self.mean_mm)
        spread = np.where(second, self.second_log_sd, self.log_sd)
        drawn: Array = mean * np.exp(spread * rng.standard_normal(count) - 0.5 * spread**2)
        np.clip(drawn, *DIAMETER_RANGE_MM, out=drawn)
        return drawn


@cache
def morphologies() -> dict[str, Morphology]:
    """Return the morphologies by their BI-RADS name."""
    path = DATA / "calcifications.toml"
    raw = load_toml(path)
    sources, _ = raw.pop("sources"), raw.pop("distribution")
    return {
        name: read_spec(Morphology, table, sources, f"{path.name}: {name}")
        for name, table in raw.items()
    }


@cache
def group_limit_mm() -> float:
    """Return the largest extent that is still called a group."""
    path = DATA / "calcifications.toml"
    raw = load_toml(path)
    where = f"{path.name}: distribution"
    return float(read_parameters(raw["distribution"], raw["sources"], where)["group_mm"].value)


@dataclass(frozen=True)
class ClusterSpec:
    """What to grow: a cluster of calcifications.

    Attributes
    ----------
    morphology : str
        A key of :func:`morphologies`, or ``"milk of calcium"``: benign, but sent for biopsy now and
        then.
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
    reported : str, optional
        Key of :func:`morphologies`: what the report calls it, where the reader was mistaken.
    """

    morphology: str
    distribution: str
    specks: int
    extent_mm: float
    diameter_mm: tuple[float, float] | None = None
    material: str = "hydroxyapatite"
    reported: str = ""

    def __post_init__(self) -> None:
        """Refuse unknown words and impossible numbers."""
        known = [*morphologies(), SEDIMENT]
        if self.morphology not in known:
            raise ValueError(f"morphology {self.morphology!r} is none of {', '.join(known)}")
        if self.reported and self.reported not in morphologies():
            raise ValueError(f"reported {self.reported!r} is none of {', '.join(morphologies())}")
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

    @property
    def reported_distribution(self) -> str:
        """The BI-RADS word: up to 20 mm it is a group and beyond that a region, however clumped."""
        if self.distribution in ("grouped", "regional"):
            return "grouped" if self.extent_mm <= group_limit_mm() else "regional"
        return self.distribution


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
    grown = _casts if spec.morphology == CASTS else _specks
    solids = grown(breast, ducts, spec, centre, rng=rng)
    if solids is None:
        raise ValueError(
            f"{spec.specks} specks of extent {spec.extent_mm} mm "
            f"find no room at {np.round(centre, 1)}"
        )
    return solids


def _specks(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Ellipsoids | None:
    """Grow specks that are no casts: shapes first, then places where none touches another."""
    axes = _axes(spec, rng=rng)
    radii = bounding_radii(axes)
    place = PLACES[spec.distribution]
    for _ in range(60):
        centres = _pushed_inside(
            breast, apart(place(breast, ducts, spec, centre, rng=rng), radii), radii
        )
        if centres is not None and not overlapping(centres, radii):
            return Ellipsoids(centres, axes)
    return None


def _casts(
    breast: BreastSpec,
    ducts: DuctTree,
    spec: ClusterSpec,
    centre: Array,
    *,
    rng: np.random.Generator,
) -> Ellipsoids | None:
    """Grow casts of ducts: rods in a row; over a region, each along the duct nearest to it."""
    for _ in range(6):
        semi = _semi_axes(spec, rng=rng)
        if spec.distribution in ("grouped", "linear", "segmental"):
            laid = lay_casts(ducts, spec.distribution, spec.extent_mm, centre, semi, rng=rng)
        else:
            places = apart(
                PLACES[spec.distribution](breast, ducts, spec, centre, rng=rng), semi[:, 0]
            )
            ways = duct_directions(ducts, places)
            laid = Ellipsoids(
                places, np.stack([frame_along(w, rng=rng) for w in ways]) * semi[:, None, :]
            )
        if laid is None:
            continue
        centres = _pushed_inside(breast, laid.centres_mm, semi[:, 0])
        if centres is not None and not any_clash(solids := Ellipsoids(centres, laid.axes_mm)):
            return solids
    return None


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
    axes = _axes(spec, rng=rng)[:count]
    radii = bounding_radii(axes)
    other_radii = bounding_radii(others.axes_mm)
    middle = others.centres_mm.mean(axis=0)
    for _ in range(60):
        centres = uniform_places(breast, count, 3.0, rng=rng)
        far = np.linalg.norm(centres - middle, axis=1) > 10.0
        gap = np.linalg.norm(centres[:, None] - others.centres_mm, axis=2) - other_radii
        if far.all() and (gap > radii[:, None]).all() and not overlapping(centres, radii):
            return Ellipsoids(centres, axes)
    raise ValueError(f"{count} scattered specks find no room")


def joined(parts: list[tuple[Ellipsoids, str, int, str]]) -> Specks:
    """Join groups of (solids, material, cluster number, kind) into one set of specks."""
    sizes = [len(solids) for solids, *_ in parts]
    return Specks(
        united([solids for solids, *_ in parts]),
        tuple(part[1] for part in parts for _ in range(len(part[0]))),
        np.repeat(np.array([part[2] for part in parts], dtype=np.int64), sizes),
        tuple(part[3] for part in parts for _ in range(len(part[0]))),
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


def _semi_axes(spec: ClusterSpec, *, rng: np.random.Generator) -> Array:
    """Draw the semi-axes (n, 3), the longest first."""
    morphology, n = morphologies()[spec.morphology], spec.specks
    diameters = (
        rng.uniform(*spec.diameter_mm, n)
        if spec.diameter_mm
        else morphology.diameters_mm(n, rng=rng)
    )
    long = rng.uniform(morphology.elongation_low, morphology.elongation_high, n)
    flat = rng.uniform(0.85, 1.0, n)
    semi: Array = (
        0.5
        * diameters[:, None]
        * np.stack([long ** (2 / 3), flat * long ** (-1 / 3), long ** (-1 / 3) / flat], axis=1)
    )
    return semi


def _axes(spec: ClusterSpec, *, rng: np.random.Generator) -> Array:
    """Draw the semi-axes (n, 3, 3) of specks that lie in any direction; sediment lies level."""
    if spec.morphology == SEDIMENT:
        return level_discs(benign_kinds()[SEDIMENT], spec.specks, spec.diameter_mm, rng=rng)
    semi = _semi_axes(spec, rng=rng)
    turns = np.linalg.qr(rng.standard_normal((spec.specks, 3, 3)))[0]
    axes: Array = turns * semi[:, None, :]
    return axes


def lacking_mm(breast: BreastSpec, centres_mm: Array, radii_mm: Array) -> Array:
    """Return what each speck lacks of its clearance to skin and chest wall, mm; at most 0: clear.

    Parameters
    ----------
    breast : BreastSpec
        The breast.
    centres_mm, radii_mm : ndarrays, shapes (n, 3) and (n,)
        Breast frame.
    """
    margin = radii_mm + CLEARANCE_MM
    under_skin = breast.skin_distance_mm(centres_mm) - breast.skin_mm
    lacking: Array = margin - np.minimum(under_skin, centres_mm[:, 1])
    return lacking


def _pushed_inside(breast: BreastSpec, centres: Array, radii: Array) -> Array | None:
    """Return the cluster shifted until all specks clear skin and chest wall, or None."""
    middle = np.array([0.0, 0.5 * breast.chest_to_nipple_mm, 0.5 * breast.thickness_mm])
    for _ in range(200):
        outward = lacking_mm(breast, centres, radii)
        if outward.max() <= 0.0:
            return centres
        way = middle - centres[int(outward.argmax())]
        if np.linalg.norm(way) < 1e-6:
            return None
        centres = centres + min(float(outward.max()) + 0.05, 1.0) * way / np.linalg.norm(way)
    return None
