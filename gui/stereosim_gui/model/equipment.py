"""What stands in the room and what everybody in it sees: devices, paddle, outline of the breast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import ARMS

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import SafetyLimits
    from stereosim.experiments.trial import Room
    from stereosim.procedures.intents import Position
    from stereosim_phantoms.breast import BreastSpec
    from stereosim_phantoms.patient import VirtualPatient

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BreastOutline:
    """The breast as it lies on the support, seen from outside.

    Attributes
    ----------
    thickness_mm : float
        Compressed thickness.
    chest_to_nipple_mm, half_width_mm : float
        From the chest wall to the nipple, and half the width along the chest wall.
    edge_mm : float
        How far the front edge is rounded back at top and bottom.
    """

    thickness_mm: float
    chest_to_nipple_mm: float
    half_width_mm: float
    edge_mm: float

    @classmethod
    def of(cls, breast: BreastSpec) -> BreastOutline:
        """Return the outline of a breast."""
        return cls(
            breast.thickness_mm, breast.chest_to_nipple_mm, breast.half_width_mm, breast.edge_mm
        )

    def compressed_to(self, thickness_mm: float) -> BreastOutline:
        """Return the outline at another thickness: as much breast, spread along the support."""
        spread = float(np.sqrt(self.thickness_mm / thickness_mm))
        return BreastOutline(
            thickness_mm,
            self.chest_to_nipple_mm * spread,
            self.half_width_mm * spread,
            self.edge_mm * spread,
        )

    def front_mm(self, x_mm: Array | float, z_mm: Array | float) -> Array:
        """Return y of the front surface at x and z, breast frame; 0 where there is no breast."""
        v = np.clip(2.0 * np.asarray(z_mm) / self.thickness_mm - 1.0, -1.0, 1.0)
        edge = 1.0 - self.edge_mm / self.chest_to_nipple_mm * (1.0 - np.sqrt(1.0 - v * v))
        width = np.maximum(1.0 - (np.asarray(x_mm) / self.half_width_mm) ** 2, 0.0)
        front: Array = self.chest_to_nipple_mm * np.sqrt(width) * edge
        return front


@dataclass(frozen=True, eq=False)
class Equipment:
    """What the console knows before anything is done.

    Attributes
    ----------
    devices : mapping of str to Device
        The catalogue, in its order.
    usual_device : str
        What most would take for calcifications; read-outs use it until one is chosen.
    limits : SafetyLimits
        Of the safety check.
    window_mm : tuple of four floats
        Opening of the paddle in the support frame: least x, least y, largest x, largest y.
    field_mm : tuple of four floats
        What the detector images, in the same order.
    fan_hours : float
        Directed cores are taken within so many clock hours of a side.
    y_tolerance_mm : float
        The largest y mismatch that a trained reader takes for one speck.
    outline : BreastOutline
        The breast at its usual compression.
    thickness_limits_mm : tuple of two floats
        Least and greatest thickness to which it can be compressed.
    arms : tuple of str
        How the unit can hold a needle.
    anaesthetic_ml : mapping of str to float
        How much local anaesthetic is usual with each device.
    most_anaesthetic_ml : float
        How much a patient may get.
    bulge_mm : float
        How far tissue bulges into the opening of a second paddle.
    supine_height_mm : float
        From the skin to the muscle under the nipple, patient on her back.
    usual_position : Position or None
        How the referral suggests to position the breast; None under ultrasound.
    """

    devices: Mapping[str, Device]
    usual_device: str
    limits: SafetyLimits
    window_mm: tuple[float, float, float, float]
    field_mm: tuple[float, float, float, float]
    fan_hours: float
    y_tolerance_mm: float
    outline: BreastOutline
    thickness_limits_mm: tuple[float, float]
    bulge_mm: float
    supine_height_mm: float
    arms: tuple[str, ...]
    anaesthetic_ml: Mapping[str, float]
    most_anaesthetic_ml: float
    usual_position: Position | None

    @classmethod
    def of(cls, room: Room, patient: VirtualPatient, guidance: str) -> Equipment:
        """Collect it; called in the worker."""
        from stereosim.biopsy.fluids import usual_anaesthetic_ml, usual_fluid_model
        from stereosim.biopsy.safety import usual_limits
        from stereosim.procedures.approach import (
            load_second_paddle,
            thickness_limits_mm,
            usual_position,
        )
        from stereosim.procedures.operators.skill import load_search

        unit = room.unit
        half_x, half_y = unit.window_width_mm / 2.0, unit.window_height_mm / 2.0
        half_field = unit.field_width_mm / 2.0
        stereotactic = guidance == "stereotactic"
        return cls(
            devices=dict(room.devices),
            usual_device=room.setting.needles[-1][0],
            limits=usual_limits(),
            window_mm=(
                -half_x,
                unit.window_centre_y_mm - half_y,
                half_x,
                unit.window_centre_y_mm + half_y,
            ),
            field_mm=(
                -half_field,
                unit.field_y_min_mm,
                half_field,
                unit.field_y_min_mm + unit.field_height_mm,
            ),
            fan_hours=load_search().fan_hours,
            y_tolerance_mm=room.skill.y_tolerance_mm,
            outline=BreastOutline.of(patient.breast),
            thickness_limits_mm=thickness_limits_mm(patient.breast.thickness_mm),
            bulge_mm=load_second_paddle().bulge_mm,
            supine_height_mm=patient.breast.supine_height_mm,
            arms=ARMS if stereotactic and unit.lateral_arm else ARMS[:1],
            anaesthetic_ml={d.name: usual_anaesthetic_ml(d) for d in room.devices.values()},
            most_anaesthetic_ml=usual_fluid_model().most_ml,
            usual_position=usual_position(patient.referral, unit) if stereotactic else None,
        )
