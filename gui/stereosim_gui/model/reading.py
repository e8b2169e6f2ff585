"""The read-outs of the console at one moment, and which marks they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import MarkPair, Position
from stereosim_gui.model.stages import fired, needle_in

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import Margins
    from stereosim.procedures.intents import Intent
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.engine import Marks, Preview
    from stereosim_gui.model.equipment import Equipment

Array = NDArray[np.float64]
Offset = tuple[float, float, float]

NO_OFFSET: Offset = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Reading:
    """The read-outs at one moment; lengths in mm.

    Attributes
    ----------
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    phase : str
        Of the needle: ``"planned"`` (none is in), ``"prefire"`` or ``"fired"``.
    thickness_mm : float
        Compressed thickness that the stand displays.
    provisional : bool
        Whether the coordinates are those of marks that have not been set.
    beside : bool
        Whether a mark is set where the beam passed beside the breast.
    pending : bool
        Whether marks have moved and the worker has yet to say what they come to.
    target_mm, sd_mm : ndarray, shape (3,), or None
        The target and its standard deviations (none under ultrasound).
    y_mismatch_mm, p_value : float or None
        Of the pair of marks.
    y_tolerance_mm : float
        The largest y mismatch that is taken for one speck.
    device : Device or None
        The needle that the margins belong to: chosen, or weighed up.
    centre_mm : ndarray, shape (3,), or None
        Where its aperture's centre shall come to lie.
    arm : str
        How it is held: ``"vertical"``, ``"lateral-left"`` or ``"lateral-right"``.
    margins : Margins or None
        Its margins there.
    exposures, passes, cores : int
        Counts.
    dose_mgy, minutes : float
        Mean glandular dose and time so far.
    """

    guidance: str
    phase: str
    thickness_mm: float
    provisional: bool = False
    beside: bool = False
    pending: bool = False
    target_mm: Array | None = None
    sd_mm: Array | None = None
    y_mismatch_mm: float | None = None
    p_value: float | None = None
    y_tolerance_mm: float = 0.0
    device: Device | None = None
    centre_mm: Array | None = None
    arm: str = "vertical"
    margins: Margins | None = None
    exposures: int = 0
    passes: int = 0
    cores: int = 0
    dose_mgy: float = 0.0
    minutes: float = 0.0

    @property
    def from_paddle_mm(self) -> float | None:
        """Depth of the target under the paddle, or under the skin of the supine breast."""
        if self.target_mm is None:
            return None
        z = float(self.target_mm[2])
        return z if self.guidance == "ultrasound" else self.thickness_mm - z

    @property
    def from_support_mm(self) -> float | None:
        """Height of the target above the support; none under ultrasound."""
        if self.target_mm is None or self.guidance == "ultrasound":
            return None
        return float(self.target_mm[2])

    @property
    def outside(self) -> bool:
        """Whether the target lies outside the compressed breast: no pair of marks of one speck."""
        z = self.from_support_mm
        return z is not None and (self.beside or not 0.0 <= z <= self.thickness_mm)

    @property
    def mismatched(self) -> bool:
        """Whether the y mismatch is larger than one speck explains."""
        return self.y_mismatch_mm is not None and abs(self.y_mismatch_mm) > self.y_tolerance_mm

    @property
    def safe(self) -> bool:
        """Whether nothing that is known forbids firing here."""
        return self.margins is not None and self.margins.safe and not self.outside


def marks_set(intents: Sequence[Intent]) -> MarkPair | None:
    """Return the marks that hold: the last ones set since the breast was positioned."""
    for intent in reversed(intents):
        if isinstance(intent, MarkPair):
            return intent
        if isinstance(intent, Position):
            return None
    return None


def differs(marks: Marks, held: MarkPair | None) -> bool:
    """Whether `marks` are others than those that were set."""
    return held is None or (marks.left, marks.right) != (held.left_px, held.right_px)


def phase_of(state: ProcedureState) -> str:
    """Return the needle's phase: ``"planned"``, ``"prefire"`` or ``"fired"``."""
    if not needle_in(state):
        return "planned"
    return "fired" if fired(state) else "prefire"


def read(
    state: ProcedureState,
    equipment: Equipment,
    *,
    preview: Preview | None = None,
    device: str = "",
    arm: str = "vertical",
    offset_mm: Offset = NO_OFFSET,
) -> Reading:
    """Return the read-outs; the margins are those that the state knows, else None.

    Parameters
    ----------
    state : ProcedureState
        Of the procedure.
    equipment : Equipment
        What stands in the room.
    preview : Preview, optional
        What marks in progress come to.
    device, arm : str
        The needle that is weighed up while none is in, and how it would be held.
    offset_mm : tuple of three floats
        How far off the target it would be aimed.
    """
    seen = state.seen
    reading = Reading(
        guidance=seen.guidance,
        phase=phase_of(state),
        thickness_mm=seen.thickness_mm,
        target_mm=seen.marked_mm,
        y_tolerance_mm=equipment.y_tolerance_mm,
        exposures=seen.exposures,
        passes=seen.passes,
        cores=seen.cores,
        dose_mgy=seen.dose_mgy,
        minutes=seen.minutes,
    )
    found = seen.target
    fresh = None
    if preview is not None and differs(preview.marks, marks_set(state.intents)):
        fresh = preview.target
    if fresh is not None and reading.phase == "planned":
        found = fresh
        reading = replace(reading, provisional=True, target_mm=fresh.target_mm)
    if preview is not None and reading.phase == "planned":
        reading = replace(reading, beside=preview.beside)
    if found is not None:
        reading = replace(
            reading,
            sd_mm=found.sd_mm,
            y_mismatch_mm=float(found.y_mismatch_mm),
            p_value=float(found.p_value),
        )
    if reading.phase != "planned" and seen.commanded is not None:
        centre, margins = seen.commanded.centre_mm, seen.margins
        return replace(reading, device=seen.device, arm=seen.arm, centre_mm=centre, margins=margins)
    centre_mm = None if reading.target_mm is None else reading.target_mm + np.array(offset_mm)
    found_device = equipment.devices.get(device)
    return replace(reading, device=found_device, arm=arm, centre_mm=centre_mm)
