"""The specimen tray: cores side by side, with their specks, ready to be radiographed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.pose import Array
from stereosim.biopsy.tissue import Core
from stereosim_phantoms.solids import Ellipsoids, Specks

GAP_MM = 2.0  # between neighbouring cores on the tray: layout, not anatomy


@dataclass(frozen=True, eq=False)
class SpecimenTray:
    """Cores laid out in the tray frame: x across the cores, y along them, z up from the tray, mm.

    Attributes
    ----------
    specks : Specks
        The specks in the cores, or what of them was taken.
    boxes_mm : ndarray, shape (n, 2, 3)
        Lower and upper corner of each core; empty cores (no mass) have no extent in x and z.
    core_of_speck : ndarray of int64, shape (k,)
        Which core each speck of the tray lies in.
    speck_of_tissue : ndarray of int64, shape (k,)
        Its index among the patient's specks.
    """

    specks: Specks
    boxes_mm: Array
    core_of_speck: NDArray[np.int64]
    speck_of_tissue: NDArray[np.int64]

    @property
    def outlines_mm(self) -> Array:
        """Outline of each core seen from above: x0, y0, x1, y1, shape (n, 4)."""
        return np.ascontiguousarray(self.boxes_mm[:, :, :2].reshape(-1, 4))


def lay_out(cores: Sequence[Core], specks: Specks) -> SpecimenTray:
    """Lay `cores` side by side in the order in which they were taken, centred on the tray's origin.

    Parameters
    ----------
    cores : sequence of Core
        May be empty.
    specks : Specks
        The patient's specks, whose indices the cores hold.

    Returns
    -------
    SpecimenTray
        Every speck keeps its place along the needle and its turn against it; across the needle the
        sector is folded into the core's square section.
    """
    widths = np.array([core.side_mm for core in cores])
    span = float(widths.sum()) + GAP_MM * max(len(cores) - 1, 0)
    left = np.concatenate([[0.0], np.cumsum(widths + GAP_MM)])[: len(cores)] - span / 2.0
    boxes = np.zeros((len(cores), 2, 3))
    centres, axes, owner = [np.zeros((0, 3))], [np.zeros((0, 3, 3))], [np.zeros(0, np.int64)]
    for i, core in enumerate(cores):
        half = core.length_mm / 2.0
        boxes[i] = [[left[i], -half, 0.0], [left[i] + core.side_mm, half, core.side_mm]]
        middle = boxes[i].mean(axis=0)
        centres.append(middle + core.positions_mm)
        # Needle (right, twelve, along) turned so that the core's hour points up from the tray.
        angle = np.radians(30.0 * core.clock_hour)
        out = np.array([np.sin(angle), np.cos(angle), 0.0])
        across = np.array([np.cos(angle), -np.sin(angle), 0.0])
        tray_from_needle = np.array([across, [0.0, 0.0, 1.0], out])
        axes.append(tray_from_needle @ core.axes_mm)
        owner.append(np.full(len(core.specks), i, dtype=np.int64))
    index = np.concatenate([np.zeros(0, np.int64), *[core.specks for core in cores]])
    solids = Ellipsoids(np.concatenate(centres), np.concatenate(axes))
    materials = tuple(specks.materials[i] for i in index)
    kinds = tuple(specks.kinds[i] for i in index)
    tray = Specks(solids, materials, specks.clusters[index], kinds)
    return SpecimenTray(tray, boxes, np.concatenate(owner), index)


def cores_with_specks(cores: Sequence[Core]) -> int:
    """Return how many of `cores` hold at least one speck (the truth, not what the film shows)."""
    return sum(len(core.specks) > 0 for core in cores)
