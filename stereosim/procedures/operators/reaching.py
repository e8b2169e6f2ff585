"""How the operator gets at a marked place: with which needle, held how, in which position.

First the needle from the paddle, in all its variants, aimed shallower or deeper as far as the
aperture lets it.  Where none is safe, the manoeuvres for thin breasts follow in the order of what
they cost the patient: the lateral arm needs no new image; a second paddle, the other approach and
a place nearer to the lateral arm need the breast positioned and exposed anew, and are tried only
where the place as it is marked says that they help.  Pushing the needle home by hand is none of
them: it may stop short of the throw, but ends where a needle aimed shallower would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import Array, NeedlePose
from stereosim.geometry.units import Unit
from stereosim.procedures.approach import stand_check
from stereosim.procedures.intents import APPROACHES, ARMS, Position
from stereosim.procedures.operators.aiming import safe_depth_offset
from stereosim.procedures.operators.skill import load_search
from stereosim.procedures.state import Seen


@dataclass(frozen=True)
class Way:
    """A safe way to the marked place.

    Attributes
    ----------
    device : Device
        The needle.
    arm : str
        How it is held.
    back_mm : float
        How far its aperture's middle is aimed short of the place, along the needle.
    """

    device: Device
    arm: str
    back_mm: float

    @property
    def offset_mm(self) -> Array:
        """The aim off the marked place, shape (3,), support frame."""
        offset: Array = -self.back_mm * NeedlePose.held(np.zeros(3), self.arm).axis
        return offset


def safe_way(
    variants: Sequence[Device], seen: Seen, unit: Unit, arms: Sequence[str] = ARMS[:1]
) -> Way | None:
    """Return the first variant that is safe, held in any of `arms`, the shorter way first."""
    assert seen.marked_mm is not None
    inside = load_search().aperture_inside_mm
    for device in variants:
        checks = [(arm, stand_check(device, seen.marked_mm, seen, unit, arm)) for arm in arms]
        for arm, margins in sorted(checks, key=lambda check: check[1].depth_mm):
            back = safe_depth_offset(device, margins, inside)
            if back is not None:
                return Way(device, arm, back)
    return None


def lateral_way(variants: Sequence[Device], seen: Seen, unit: Unit) -> Way | None:
    """Return a safe way on the lateral arm; None where the unit has none, or none is safe."""
    return safe_way(variants, seen, unit, ARMS[1:]) if unit.lateral_arm else None


def repositioned(
    variants: Sequence[Device], seen: Seen, unit: Unit
) -> list[tuple[str, Position, Array]]:
    """Return arms and positions with which the place could be reached, and where it would lie.

    Positioned anew it comes under the middle of the window, as far as the chest wall lets it: that
    is also where tissue bulges most into the opening of a second paddle.
    """
    assert seen.marked_mm is not None
    x, y, z = (float(v) for v in seen.marked_mm)
    shift_x, shift_y = seen.shift_mm
    outward = max(y - unit.window_centre_y_mm, -shift_y)
    here = Position(shift_x + x, shift_y + outward, seen.approach, seen.thickness_mm)
    other = APPROACHES[1 - APPROACHES.index(seen.approach)]
    turned = replace(here, shift_x_mm=-here.shift_x_mm, approach=other)
    ways: list[tuple[str, Position, float, float]] = [
        (ARMS[0], replace(here, second_paddle=True), 0.0, z),
        (ARMS[0], turned, 0.0, seen.thickness_mm - z),
        (ARMS[0], replace(turned, second_paddle=True), 0.0, seen.thickness_mm - z),
    ]
    for arm in ARMS[1:] if unit.lateral_arm else ():
        # Half way to the window's edge on the arm's side the guide is nearer to the target.
        aside = -0.25 * unit.window_width_mm * float(NeedlePose.lateral(np.zeros(3), arm).axis[0])
        ways.append((arm, replace(here, shift_x_mm=here.shift_x_mm - aside), aside, z))
    found = []
    for arm, position, across, height in ways:
        place = np.array([across, y - outward, height])
        then = replace(seen, marked_mm=place, second_paddle=position.second_paddle)
        if arm != ARMS[0] and seen.outline is not None:
            outline = replace(
                seen.outline,
                centre_x_mm=-position.shift_x_mm,
                wall_y_mm=-position.shift_y_mm,
            )
            then = replace(then, outline=outline)
        if safe_way(variants, then, unit, [arm]) is not None:
            found.append((arm, position, place))
    return found
