"""What a biopsy needle is made of, as rods: tip, cannula, cutter or stylet, introducer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from stereosim.imaging.materials import DATA, Array
from stereosim.imaging.scene import Needle, Notch
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

# The shaft goes on to the driver: its image ends at the edge of the field.
SHAFT_MM = 300.0


class Instrument(Protocol):
    """What the images need of a device of the biopsy catalogue."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def outer_diameter_mm(self) -> float: ...  # noqa: D102
    @property
    def aperture_mm(self) -> float: ...  # noqa: D102
    @property
    def dead_tip_mm(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class NeedleSpec:
    """How needles are built (data/xray.toml, ``[needle]``)."""

    wall_share: float
    point_share: float
    floor_share: float
    coaxial_step_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_needle() -> NeedleSpec:
    """Return the parameters."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(NeedleSpec, tables["needle"], tables["sources"], "xray.toml: needle")


def point_mm(device: Instrument) -> float:
    """Length of the tapering point of a device: a share of its dead tip."""
    return load_needle().point_share * device.dead_tip_mm


def needle_solids(
    device: Instrument, tip_mm: Array, axis: Array, direction: Array, *, opened: bool = True
) -> tuple[Needle, ...]:
    """Return a needle as rods that do not overlap, in the frame of its numbers.

    A gun is a stylet with a notch inside a cannula, which covers the notch but for the instant
    between the two halves of the shot.  A vacuum probe is a tube with a side aperture, in which a
    cutter (a tube) stands behind the aperture, or before it while the aperture is closed.

    Parameters
    ----------
    device : Instrument
        From the biopsy catalogue.
    tip_mm : ndarray, shape (3,)
        The point.
    axis : ndarray, shape (3,)
        Unit vector toward the point.
    direction : ndarray, shape (3,)
        Unit vector in which notch or aperture looks.
    opened : bool
        Whether the aperture of a vacuum probe is open.
    """
    spec = load_needle()
    tip, along = np.asarray(tip_mm, dtype=np.float64), np.asarray(axis, dtype=np.float64)
    outer = device.outer_diameter_mm
    inner = outer * (1.0 - 2.0 * spec.wall_share)
    far = device.dead_tip_mm + device.aperture_mm
    if device.kind == "gun":
        point = spec.point_share * device.dead_tip_mm
        notch = Notch(device.dead_tip_mm, far, direction, spec.floor_share * 0.5 * inner)
        stylet = Needle(tip, along, SHAFT_MM, inner, point_mm=point, notch=notch)
        cannula = Needle(tip - point * along, along, SHAFT_MM - point, outer, bore_mm=inner)
        return (stylet, cannula)
    point = spec.point_share * device.dead_tip_mm
    notch = Notch(device.dead_tip_mm, far, direction, spec.floor_share * 0.5 * outer)
    tube = Needle(
        tip, along, SHAFT_MM, outer, point_mm=point, notch=notch if opened else None, bore_mm=inner
    )
    start = far if opened else device.dead_tip_mm
    bore = inner * (1.0 - 2.0 * spec.wall_share)
    cutter = Needle(tip - start * along, along, SHAFT_MM - start, inner, bore_mm=bore)
    return (tube, cutter)


def coaxial(device: Instrument, end_mm: Array, axis: Array) -> Needle:
    """Return the introducer through which `device` goes: a tube that ends at `end_mm`.

    Parameters
    ----------
    device : Instrument
        Whose outer diameter fills the bore.
    end_mm : ndarray, shape (3,)
        Middle of the open end.
    axis : ndarray, shape (3,)
        Unit vector toward the open end.
    """
    bore = device.outer_diameter_mm
    outer = bore + load_needle().coaxial_step_mm
    return Needle(np.asarray(end_mm), np.asarray(axis), SHAFT_MM, outer, bore_mm=bore)
