"""The positioned breast seen from above: what shift and approach do, in the support frame, mm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stereosim.procedures.intents import Position
    from stereosim_gui.model.equipment import Equipment
    from stereosim_phantoms.referral import Referral

Point = tuple[float, float]
Box = tuple[float, float, float, float]

_STEPS = 61


@dataclass(frozen=True)
class Plan:
    """Breast and paddle from above: x to the right, y toward the nipple.

    Attributes
    ----------
    outline : tuple of Point
        The breast, from one end of the chest wall round the nipple to the other.
    nipple, place : Point
        The nipple, and the place that the referral names.
    window, field : tuple of four floats
        Opening of the paddle and what is imaged: least x, least y, largest x, largest y.
    off_centre_mm : Point
        The place minus the middle of the window.
    right_is_lateral : bool
        Whether +x points to the armpit.
    """

    outline: tuple[Point, ...]
    nipple: Point
    place: Point
    window: Box
    field: Box
    off_centre_mm: Point
    right_is_lateral: bool

    @property
    def in_window(self) -> bool:
        """Whether the place lies in the opening of the paddle."""
        x, y = self.place
        return self.window[0] <= x <= self.window[2] and self.window[1] <= y <= self.window[3]


def plan(referral: Referral, equipment: Equipment, position: Position) -> Plan:
    """Return what `position` would bring where.

    From below the breast is turned about the line from chest wall to nipple: left and right change
    sides.
    """
    below = position.approach == "caudocranial"
    side = -1.0 if below else 1.0
    shift = np.array([position.shift_x_mm, position.shift_y_mm])
    breast = equipment.outline.compressed_to(
        position.thickness_mm or equipment.outline.thickness_mm
    )
    x = np.sin(np.linspace(-np.pi / 2, np.pi / 2, _STEPS)) * breast.half_width_mm
    y = breast.front_mm(x, breast.thickness_mm / 2.0)
    outline = np.column_stack([x, y]) - shift
    spread = breast.half_width_mm / equipment.outline.half_width_mm
    place = np.array([side * referral.x_mm, referral.y_mm]) * spread - shift
    window = equipment.window_mm
    middle = np.array([(window[0] + window[2]) / 2.0, (window[1] + window[3]) / 2.0])
    off = place - middle
    return Plan(
        outline=tuple((float(a), float(b)) for a, b in outline),
        nipple=(float(-shift[0]), float(breast.chest_to_nipple_mm - shift[1])),
        place=(float(place[0]), float(place[1])),
        window=window,
        field=equipment.field_mm,
        off_centre_mm=(float(off[0]), float(off[1])),
        right_is_lateral=(referral.side == "right") is not below,
    )
