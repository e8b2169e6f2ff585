"""From which side the needle comes: the breast as it lies on the support for each approach.

The caudocranial approach turns the breast frame by 180 degrees about y (chest wall to nipple), so
that what was below lies under the paddle: ``p = (-x, y, T - z)``.  The map is its own inverse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import Position
from stereosim_phantoms.solids import Ellipsoids, Specks

if TYPE_CHECKING:
    from stereosim.geometry.units import Unit
    from stereosim_phantoms.fields import TissueField
    from stereosim_phantoms.patient import VirtualPatient
    from stereosim_phantoms.referral import Referral

Array = NDArray[np.float64]

_TURN = np.array([-1.0, 1.0, -1.0])


def turned_points(points_mm: Array, thickness_mm: float) -> Array:
    """Turn points, shape (n, 3), of the breast frame by 180 degrees about y, and back again."""
    turned: Array = points_mm * _TURN + np.array([0.0, 0.0, thickness_mm])
    return turned


def usual_position(referral: Referral, unit: Unit) -> Position:
    """Return how the referral suggests to position the breast.

    The needle comes from the nearer side, so the lower half of the clock is reached from below;
    the place that the referral names comes under the middle of the window, as far as the chest
    wall lets it.
    """
    below = bool(referral.supine_mm[1] < 0.0)
    return Position(
        shift_x_mm=-referral.x_mm if below else referral.x_mm,
        shift_y_mm=max(0.0, referral.y_mm - unit.window_centre_y_mm),
        approach="caudocranial" if below else "craniocaudal",
    )


def turned_specks(patient: VirtualPatient, approach: str) -> Specks:
    """Return the patient's specks as the breast lies for `approach`."""
    specks = patient.specks
    if approach == "craniocaudal":
        return specks
    centres = turned_points(specks.solids.centres_mm, patient.breast.thickness_mm)
    return replace(specks, solids=Ellipsoids(centres, specks.solids.axes_mm * _TURN[:, None]))


def turned_tissue(
    patient: VirtualPatient, approach: str, lo_mm: Array, hi_mm: Array, spacing_mm: float
) -> TissueField:
    """Return the tissue of a box, given as the breast lies for `approach`."""
    if approach == "craniocaudal":
        return patient.tissue_field(lo_mm, hi_mm, spacing_mm)
    thickness = patient.breast.thickness_mm
    lo, hi = turned_points(np.array([hi_mm, lo_mm]), thickness)
    lo[1], hi[1] = lo_mm[1], hi_mm[1]
    field = patient.tissue_field(lo, hi, spacing_mm)
    # The last voxel along x and z becomes the first.
    last = field.origin_mm + field.spacing_mm * (np.array(field.gland.shape[::-1]) - 1.0)
    corner = np.array([last[0], field.origin_mm[1], last[2]])
    return replace(
        field,
        origin_mm=turned_points(corner[None], thickness)[0],
        gland=np.ascontiguousarray(field.gland[::-1, :, ::-1]),
        skin=np.ascontiguousarray(field.skin[::-1, :, ::-1]),
        inside=np.ascontiguousarray(field.inside[::-1, :, ::-1]),
    )
