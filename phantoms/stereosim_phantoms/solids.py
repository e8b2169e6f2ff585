"""Exact solids: ellipsoids as a centre and three semi-axis vectors, never voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ellipsoids:
    """A set of n ellipsoids ``centre + axes @ (unit ball)``.

    Attributes
    ----------
    centres_mm : ndarray, shape (n, 3)
        Centres, in the frame that the owner names.
    axes_mm : ndarray, shape (n, 3, 3)
        The columns of ``axes_mm[i]`` are the three semi-axis vectors of ellipsoid i.
    """

    centres_mm: Array
    axes_mm: Array

    def __post_init__(self) -> None:
        """Refuse arrays of the wrong shape."""
        n = len(self.centres_mm)
        if self.centres_mm.shape != (n, 3) or self.axes_mm.shape != (n, 3, 3):
            raise ValueError(
                f"centres {self.centres_mm.shape} must be (n, 3) "
                f"and axes {self.axes_mm.shape} (n, 3, 3)"
            )

    def __len__(self) -> int:
        """Return the number of ellipsoids."""
        return len(self.centres_mm)

    @property
    def volumes_mm3(self) -> Array:
        """Volumes, shape (n,)."""
        volumes: Array = 4.0 / 3.0 * np.pi * np.abs(np.linalg.det(self.axes_mm))
        return volumes

    @property
    def diameters_mm(self) -> Array:
        """Diameters of the spheres of equal volume, shape (n,)."""
        diameters: Array = 2.0 * np.cbrt(np.abs(np.linalg.det(self.axes_mm)))
        return diameters

    def __getitem__(self, chosen: Any) -> Ellipsoids:
        """Return the ellipsoids that an index array, mask or slice selects."""
        return Ellipsoids(self.centres_mm[chosen], self.axes_mm[chosen])

    @property
    def bounding_radii_mm(self) -> Array:
        """Longest semi-axis of each, shape (n,); the axes must stand at right angles."""
        radii: Array = np.linalg.norm(self.axes_mm, axis=1).max(axis=1, initial=0.0)
        return radii


def united(parts: Sequence[Ellipsoids]) -> Ellipsoids:
    """Return all the ellipsoids of `parts` in one set."""
    return Ellipsoids(
        np.concatenate([np.zeros((0, 3)), *(part.centres_mm for part in parts)]),
        np.concatenate([np.zeros((0, 3, 3)), *(part.axes_mm for part in parts)]),
    )


# Weights at which the overlap function is tried: it is smooth and concave in the weight.
_WEIGHTS = np.linspace(0.04, 0.96, 24)


def clashes(first: Ellipsoids, second: Ellipsoids) -> NDArray[np.bool_]:
    """Tell which pairs may have a point in common, shape (len(first), len(second)).

    Two ellipsoids are apart where ``w (1 - w) r' [(1 - w) A + w B]^-1 r`` exceeds 1 for some w in
    (0, 1), with A and B their matrices ``axes axes'`` and r the way between the centres (Perram and
    Wertheim 1985, J. Comput. Phys. 58:409).  Trying a few w makes the test cautious: false is
    certain, true may be a pair that is a hair apart.
    """
    way = second.centres_mm[None] - first.centres_mm[:, None]
    distance = np.linalg.norm(way, axis=2)
    reach = first.bounding_radii_mm[:, None] + second.bounding_radii_mm[None]
    result = np.zeros((len(first), len(second)), dtype=np.bool_)
    i, j = np.nonzero(distance <= reach)
    if not len(i):
        return result
    a, b = (axes @ axes.transpose(0, 2, 1) for axes in (first.axes_mm[i], second.axes_mm[j]))
    r, apart = way[i, j], np.zeros(len(i), dtype=np.bool_)
    for w in _WEIGHTS:
        solved = np.linalg.solve((1.0 - w) * a + w * b, r[..., None])[..., 0]
        apart |= w * (1.0 - w) * (r * solved).sum(axis=1) > 1.0
    result[i, j] = ~apart
    return result


def any_clash(solids: Ellipsoids) -> bool:
    """Tell whether any two of `solids` may have a point in common."""
    found = clashes(solids, solids)
    np.fill_diagonal(found, False)
    return bool(found.any())


def thinned(solids: Ellipsoids) -> Ellipsoids:
    """Return `solids` without those that clash with one before them that is kept."""
    found = clashes(solids, solids)
    kept: list[int] = []
    for i in range(len(solids)):
        if not found[i, kept].any():
            kept.append(i)
    return solids[np.array(kept, dtype=np.int64)]


@dataclass(frozen=True)
class Specks:
    """Calcifications in the breast frame.

    Attributes
    ----------
    solids : Ellipsoids
        Shapes and places, mm.
    materials : tuple of str, length n
        ``"hydroxyapatite"`` or ``"calcium_oxalate"`` for each speck.
    clusters : ndarray of int64, shape (n,)
        Which cluster a speck belongs to; -1 for a benign speck that belongs to none.
    kinds : tuple of str, length n, optional
        ``"target"`` for the specks of cluster 0 and for no other; for the rest ``"scattered"`` or
        the BI-RADS word of a benign calcification, of which each solid is one piece.
    """

    solids: Ellipsoids
    materials: tuple[str, ...]
    clusters: NDArray[np.int64]
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Name what is not named, so that kinds and clusters agree."""
        if self.kinds and len(self.kinds) != len(self.clusters):
            raise ValueError(f"{len(self.kinds)} kinds for {len(self.clusters)} specks")
        named = self.kinds or ("scattered",) * len(self.clusters)
        kinds = tuple(
            "target" if cluster == 0 else "scattered" if kind == "target" else kind
            for kind, cluster in zip(named, self.clusters, strict=True)
        )
        object.__setattr__(self, "kinds", kinds)

    def __len__(self) -> int:
        """Return the number of specks."""
        return len(self.solids)

    @property
    def target(self) -> NDArray[np.bool_]:
        """Mask, shape (n,): the specks of cluster 0, the lesion to be sampled."""
        mask: NDArray[np.bool_] = self.clusters == 0
        return mask

    def moved_to(self, centres_mm: Array) -> Specks:
        """Return the same specks with their centres at `centres_mm`, shape (n, 3)."""
        return replace(self, solids=Ellipsoids(centres_mm, self.solids.axes_mm))

    def subset(self, mask: NDArray[np.bool_]) -> Specks:
        """Return the specks that `mask`, shape (n,), selects."""
        kept = np.flatnonzero(mask)
        return Specks(
            self.solids[kept],
            tuple(self.materials[i] for i in kept),
            self.clusters[kept],
            tuple(self.kinds[i] for i in kept),
        )
