"""Typically benign calcifications: what there is and where it may lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.breast import DATA, BreastSpec
from stereosim_phantoms.ducts import DuctTree
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Array, Ellipsoids
from stereosim_phantoms.vessels import VesselTree

# Free tissue between a benign calcification and the target's nearest speck, unless a case says
# otherwise: a distractor is beside the question, not inside it.
GAP_MM = 10.0
CLEARANCE_MM = 0.3


@dataclass(frozen=True)
class BenignKind:
    """Number and sizes of one typically benign calcification; see ``data/benign.toml``."""

    material: str
    count: tuple[int, int]
    size_mm: tuple[float, float]
    provenance: dict[str, Parameter]
    width_mm: tuple[float, float] = (0.0, 0.0)
    spread_mm: tuple[float, float] = (0.0, 0.0)


@cache
def benign_kinds() -> dict[str, BenignKind]:
    """Return the typically benign calcifications by their BI-RADS name, in its order."""
    path = DATA / "benign.toml"
    raw = load_toml(path)
    sources = raw.pop("sources")
    return {
        name: read_spec(BenignKind, table, sources, f"{path.name}: {name}")
        for name, table in raw.items()
    }


@dataclass(frozen=True)
class BenignPlan:
    """A benign finding to be placed.

    Attributes
    ----------
    kind : str
        A key of :func:`benign_kinds`.
    count : int
        How many rings, balls, stretches of artery; 0 draws it from the catalogue.
    centre_mm : ndarray, shape (3,), or None
        Where, breast frame; None is anywhere.  Vessels and ducts: what lies nearest is taken.
    gap_mm : float
        Least distance from the target's specks.
    required : bool
        Whether finding no room for it is an error; else it is left out.
    """

    kind: str
    count: int = 0
    centre_mm: Array | None = None
    gap_mm: float = GAP_MM
    required: bool = True

    def __post_init__(self) -> None:
        """Refuse unknown words and impossible numbers."""
        if self.kind not in benign_kinds():
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(benign_kinds())}")
        if not 0 <= self.count <= 30:
            raise ValueError(f"count must be 0 to 30, is {self.count}")
        if not self.gap_mm > 0.0:
            raise ValueError(f"gap_mm must be above 0, is {self.gap_mm}")


@dataclass(frozen=True)
class Site:
    """The breast in which benign calcifications are placed, with what grew there."""

    breast: BreastSpec
    ducts: DuctTree
    vessels: VesselTree

    def free(self, solids: Ellipsoids, *, in_skin: bool = False) -> NDArray[np.bool_]:
        """Tell which solids (n,) lie in the breast, clear of the skin unless they are in it."""
        breast, radii = self.breast, solids.bounding_radii_mm
        depth = breast.skin_distance_mm(solids.centres_mm)
        over_wall = solids.centres_mm[:, 1] > radii + CLEARANCE_MM
        if in_skin:
            # A ring lies flat in the skin: it reaches no further out than it is thick.
            thin = np.linalg.norm(solids.axes_mm, axis=1).min(axis=1)
            inside = (depth > 1.5 * thin) & (depth < breast.skin_mm)
        else:
            inside = depth > breast.skin_mm + radii + CLEARANCE_MM
        free: NDArray[np.bool_] = inside & over_wall
        return free

    def anywhere(self, depth_mm: float, *, rng: np.random.Generator) -> Array:
        """Draw a place (3,) at least `depth_mm` under the skin, or as near to that as it goes."""
        breast = self.breast
        low = (-breast.half_width_mm, min(depth_mm, 5.0), 0.0)
        high = (breast.half_width_mm, breast.chest_to_nipple_mm, breast.thickness_mm)
        points = rng.uniform(low, high, (200, 3))
        depth = breast.skin_distance_mm(points)
        deep = np.flatnonzero(depth > depth_mm)
        place: Array = points[deep[0] if len(deep) else int(depth.argmax())]
        return place


def level_discs(
    kind: BenignKind,
    count: int,
    diameter_mm: tuple[float, float] | None = None,
    *,
    rng: np.random.Generator,
) -> Array:
    """Draw the axes (n, 3, 3) of sediment: discs that lie level, thin in z.

    In the compressed breast of the CC view gravity is along -z, the way of the rays: each disc
    shows its full face, a round smudge without an edge.
    """
    size = rng.uniform(*(diameter_mm or kind.size_mm), count)
    height = np.minimum(rng.uniform(*kind.width_mm, count), 0.35 * size)
    half = 0.5 * np.stack([size, size * rng.uniform(0.8, 1.0, count), height], axis=1)
    turn = rng.uniform(0.0, np.pi, count)
    axes = np.zeros((count, 3, 3))
    axes[:, 0, 0], axes[:, 1, 0] = np.cos(turn), np.sin(turn)
    axes[:, 0, 1], axes[:, 1, 1] = -np.sin(turn), np.cos(turn)
    axes[:, 2, 2] = 1.0
    return axes * half[:, None, :]
