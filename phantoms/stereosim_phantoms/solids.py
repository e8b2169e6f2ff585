"""Exact solids: ellipsoids as a centre and three semi-axis vectors, never voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """

    solids: Ellipsoids
    materials: tuple[str, ...]
    clusters: NDArray[np.int64]

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
            Ellipsoids(self.solids.centres_mm[kept], self.solids.axes_mm[kept]),
            tuple(self.materials[i] for i in kept),
            self.clusters[kept],
        )
