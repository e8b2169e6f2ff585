"""The duct tree: lobes that converge on the nipple, as tapering capsules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.breast import AnatomyParameters, BreastSpec
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Array

# Capsules of a branch: so many that it winds rather than breaks.
PARTS = 4


@dataclass(frozen=True)
class DuctTree:
    """Ducts of one breast in the breast frame.

    Attributes
    ----------
    capsules : ndarray, shape (n, 8)
        Start (3), end (3), radius at start and at end, mm; each runs away from the nipple.
    parents : ndarray of int64, shape (n,)
        Index of the capsule from which each one springs; -1 at the nipple.
    terminal : ndarray of bool, shape (n,)
        Whether a capsule is a last branch, at whose end a terminal unit hangs.
    """

    capsules: Array
    parents: NDArray[np.int64]
    terminal: NDArray[np.bool_]

    def path_to_nipple(self, index: int) -> list[int]:
        """Return the capsules from `index` to the nipple, in that order."""
        path = []
        while index >= 0:
            path.append(index)
            index = int(self.parents[index])
        return path


def tube_rows(capsules: Array) -> Array:
    """Return capsules (n, 8) as the tissue kernels read them, shape (n, 9)."""
    way = capsules[:, 3:6] - capsules[:, :3]
    inverse = 1.0 / np.maximum((way * way).sum(axis=1), 1e-12)
    growth = capsules[:, 7] - capsules[:, 6]
    return np.column_stack([capsules[:, :3], way, inverse, capsules[:, 6], growth])


def grow_ducts(breast: BreastSpec, parameters: AnatomyParameters) -> DuctTree:
    """Grow the duct tree of `breast` from its seed.

    A branch bends and forks until it would come nearer than 5 mm to skin or chest wall.
    """
    rng = stream(breast.seed, "ducts")
    reach = breast.chest_to_nipple_mm
    flatness = min(1.0, breast.thickness_mm / (1.2 * reach))
    generations, taper = (
        int(parameters.duct_generations),
        parameters.duct_trunk_mm - parameters.duct_end_mm,
    )
    capsules: list[NDArray[np.float64]] = []
    parents: list[int] = []
    children: list[int] = []

    def grow(start: Array, heading: Array, generation: int, parent: int) -> None:
        """Add a winding branch of some capsules and its forks."""
        length = 0.24 * reach * 0.82**generation * rng.uniform(0.75, 1.25)
        for part in range(PARTS):
            heading = heading + 0.16 * rng.standard_normal(3) * (1.0, 1.0, flatness)
            heading = heading / np.linalg.norm(heading)
            end = start + length / PARTS * heading
            if end[1] < 5.0 or breast.skin_distance_mm(end)[0] < 5.0:
                return
            radii = [
                parameters.duct_end_mm
                + taper * (1.0 - (generation + (part + k) / PARTS) / generations)
                for k in range(2)
            ]
            capsules.append(np.concatenate([start, end, radii]))
            parents.append(parent)
            children.append(0)
            if parent >= 0:
                children[parent] += 1
            parent, start = len(capsules) - 1, end
        if generation + 1 < generations:
            turn = rng.uniform(0.0, np.pi)
            aside = np.array([np.cos(turn), 0.3 * np.cos(turn), flatness * np.sin(turn)])
            for sign in (-1.0, 1.0):
                grow(start, heading + sign * rng.uniform(0.25, 0.6) * aside, generation + 1, parent)

    lobes = int(parameters.lobes)
    nipple = np.array([0.0, breast.chest_to_nipple_mm, 0.5 * breast.thickness_mm])
    for lobe in range(lobes):
        angle = np.pi * ((lobe + rng.uniform(0.2, 0.8)) / lobes - 0.5) * 0.8
        tilt = flatness * rng.uniform(-0.6, 0.6)
        # The way in through the nipple is crowded: the first few mm need not keep away from skin.
        heading = np.array([np.sin(angle), -np.cos(angle), tilt])
        start = nipple - (0.0, 9.0, 0.0) + (2.0 * np.sin(angle), 0.0, 2.0 * tilt)
        capsules.append(np.concatenate([nipple, start, 2 * [parameters.duct_trunk_mm]]))
        parents.append(-1)
        children.append(0)
        grow(start, heading, 0, len(capsules) - 1)
    return DuctTree(np.array(capsules), np.array(parents, dtype=np.int64), np.array(children) == 0)
