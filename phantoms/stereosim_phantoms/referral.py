"""What the diagnostic work-up reports about the finding: rounded as real reports are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stereosim_phantoms.breast import BreastSpec
from stereosim_phantoms.solids import Array
from stereosim_phantoms.supine import SupineMap

CLOCK_STEP, DISTANCE_STEP_MM, EXTENT_STEP_MM = 0.5, 10.0, 1.0
THIRDS = ("anterior", "middle", "posterior")


@dataclass(frozen=True)
class Referral:
    """The request for biopsy.

    Attributes
    ----------
    side : str
        ``"right"`` or ``"left"``.
    clock_hour : float
        Direction from the nipple, in half hours, 0.5 to 12, facing the patient.
    nipple_distance_mm : float
        Distance from the nipple along the skin, in steps of 10 mm; 0 is retro-areolar.
    depth_third : str
        ``"anterior"``, ``"middle"`` or ``"posterior"`` third of the mammogram.
    extent_mm : float
        Largest extent, in whole mm.
    specks : int
        How many calcifications were counted: exact to 10, above that in fives.
    morphology, distribution : str
        BI-RADS words.
    x_mm, y_mm : float
        Place in the CC view in the breast frame, in steps of 10 mm.
    depth_mm : float
        Depth under the skin of the supine breast that the depth third stands for, in whole mm.
    """

    side: str
    clock_hour: float
    nipple_distance_mm: float
    depth_third: str
    extent_mm: float
    specks: int
    morphology: str
    distribution: str
    x_mm: float
    y_mm: float
    depth_mm: float

    @property
    def supine_mm(self) -> Array:
        """Where the report sends the probe: supine, (3,), from the fields above alone."""
        angle = np.radians(30.0 * self.clock_hour)
        distance = self.nipple_distance_mm
        return np.array([-distance * np.sin(angle), distance * np.cos(angle), self.depth_mm])


def write_referral(
    breast: BreastSpec, supine: SupineMap, target_mm: Array, morphology: str, distribution: str
) -> Referral:
    """Report the target's specks, breast-frame centres (n, 3), as a reader of the mammogram would.

    The clock hour and the distance come from the nominal map: the reader knows the breast's
    shape, not how its tissue will shift when the patient lies down.
    """
    target = np.asarray(target_mm, dtype=np.float64)
    middle = 0.5 * (target.min(axis=0) + target.max(axis=0))
    place = supine.nominal.supine_from_breast(middle[None])[0]
    hour = np.degrees(np.arctan2(-place[0], place[1])) / 30.0 % 12.0
    clock_hour = _rounded(hour, CLOCK_STEP) % 12.0
    third = min(int(3.0 * (1.0 - middle[1] / breast.chest_to_nipple_mm)), 2)
    count = len(target)
    wall = float(supine.chest_wall_depth_mm(place[None])[0])
    return Referral(
        side=breast.side,
        clock_hour=clock_hour if clock_hour > 0.0 else 12.0,
        nipple_distance_mm=_rounded(float(np.hypot(place[0], place[1])), DISTANCE_STEP_MM),
        depth_third=THIRDS[third],
        extent_mm=_rounded(extent_mm(target), EXTENT_STEP_MM),
        specks=count if count <= 10 else int(_rounded(count, 5.0)),
        morphology=morphology,
        distribution=distribution,
        x_mm=_rounded(middle[0], 10.0),
        y_mm=_rounded(middle[1], 10.0),
        depth_mm=_rounded(wall * (third + 0.5) / 3.0, 1.0),
    )


def extent_mm(points_mm: Array) -> float:
    """Return the largest distance between two of the points (n, 3)."""
    return float(np.linalg.norm(points_mm[:, None] - points_mm[None], axis=2).max())


def _rounded(value: float, step: float) -> float:
    """Round to the nearest multiple of `step`, halves up."""
    return float(np.floor(value / step + 0.5) * step)
