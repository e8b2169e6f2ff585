"""What the console shows: coordinates, margins and counts, and the needle that is weighed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import MarkPair, Position
from stereosim_gui.model.cross_section import Section, supine_section, upright_section
from stereosim_gui.model.stages import fired, needle_in
from stereosim_gui.signals import Signal

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.pose import NeedlePose
    from stereosim.biopsy.safety import Margins
    from stereosim.experiments.progress import Cancel
    from stereosim.procedures.intents import Insert, Intent
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.attempt import Attempt
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
    device : str
        The needle that is weighed up while none is in.
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
        return replace(reading, device=seen.device, centre_mm=centre, margins=margins)
    centre_mm = None if reading.target_mm is None else reading.target_mm + np.array(offset_mm)
    return replace(reading, device=equipment.devices.get(device), centre_mm=centre_mm)


class Console:
    """The read-outs of an attempt, kept up to date, and the needle that is weighed up.

    What is weighed up (:attr:`device`, :attr:`offset_mm`, :attr:`approach`) is no step of the
    procedure: the intents say what is done with it.

    Parameters
    ----------
    attempt : Attempt
        Whose console it is.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.reading: Reading | None = None
        # Margins of every device of the catalogue at the target plus the offset.
        self.margins: Mapping[str, Margins] | None = None
        self.device = ""
        self.offset_mm: Offset = NO_OFFSET
        # How a needle in the hand would enter.
        self.approach: Insert | None = None
        self.changed: Signal[[]] = Signal()
        self._attempt = attempt
        self._chosen: Device | None = None
        self._marked: Array | None = None
        self._preview: Preview | None = None
        # What the margins above were computed for, and what is being asked.
        self._known: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._asking: Cancel | None = None
        attempt.changed.connect(self.refresh)
        attempt.preview_changed.connect(self.refresh)

    @property
    def equipment(self) -> Equipment:
        """What stands in the room; after the attempt has begun."""
        return self._attempt.engine.equipment

    @property
    def needle(self) -> Device:
        """The needle that is chosen, or else weighed up."""
        devices = self.equipment.devices
        chosen = self._attempt.seen.device
        return chosen or devices.get(self.device) or devices[self.equipment.usual_device]

    # --- what is weighed up -----------------------------------------------------------------------
    def weigh(
        self,
        *,
        device: str | None = None,
        offset_mm: Offset | None = None,
        approach: Insert | None = None,
    ) -> None:
        """Weigh up another needle, another place near the target or another way of entering."""
        self.device = self.device if device is None else device
        self.offset_mm = self.offset_mm if offset_mm is None else offset_mm
        self.approach = self.approach if approach is None else approach
        self.refresh()

    def _follow(self, state: ProcedureState) -> None:
        """Take over what was decided; a new target is aimed at in its middle first."""
        seen = state.seen
        if seen.device is not None and seen.device is not self._chosen:
            self.device = seen.device.name
        self._chosen = seen.device
        if seen.marked_mm is not self._marked:
            self._marked = seen.marked_mm
            self.offset_mm = NO_OFFSET
        if self.device not in self.equipment.devices:
            self.device = self.equipment.usual_device

    # --- what is shown ----------------------------------------------------------------------------
    def refresh(self) -> None:
        """Work out what is shown now."""
        attempt = self._attempt
        if not attempt.started:
            return
        state = attempt.state
        self._follow(state)
        # While the worker computes, the last answer stays, marked as old.
        if attempt.preview is not None or not attempt.marks.complete:
            self._preview = attempt.preview
        reading = read(
            state,
            self.equipment,
            preview=self._preview,
            device=self.device,
            offset_mm=self.offset_mm,
        )
        moved = attempt.marks.complete and differs(attempt.marks, marks_set(state.intents))
        pending = moved and attempt.preview is None and reading.phase == "planned"
        self._ask_margins(reading, state)
        margins = reading.margins
        if margins is None and self.margins is not None:
            margins = self.margins.get(self.device)
        self.reading = replace(reading, pending=pending, margins=margins)
        self.changed.emit()

    def _ask_margins(self, reading: Reading, state: ProcedureState) -> None:
        """Have the margins of all devices computed, if they are not known for this place."""
        centre = reading.centre_mm
        key: tuple[object, ...] = ()
        if centre is not None:
            key = (*centre.tolist(), state.seen.thickness_mm, self.approach)
        if key == self._known:
            return
        preview = self._preview
        if reading.provisional and self.offset_mm == NO_OFFSET and preview is not None:
            self.margins, self._known = preview.margins, key
            return
        self.margins, self._known = None, ()
        if centre is None or key == self._asked:
            return
        self._asked = key
        if self._asking is not None:
            self._asking.set()

        def receive(margins: dict[str, Margins]) -> None:
            self.margins, self._known, self._asked = margins, key, ()
            self.refresh()

        engine, place, approach = self._attempt.engine, centre.copy(), self.approach

        def margins() -> dict[str, Margins]:
            if approach is None:
                return engine.margins(state, place)
            return engine.margins_by_hand(approach, place)

        self._asking = self._attempt.compute(lambda cancel, report: iter([margins()]), receive)

    # --- the drawing ------------------------------------------------------------------------------
    @property
    def section(self) -> Section | None:
        """What the cross-section shows now; None before the patient is there."""
        reading = self.reading
        if reading is None:
            return None
        seen, equipment = self._attempt.seen, self.equipment
        if reading.guidance == "ultrasound":
            # In an exam only the needle's echo tells where it is.
            drawn = self._attempt.sonography.needle.guide_allowed
            pose = self._planned_pose if reading.phase == "planned" else seen.commanded
            return supine_section(
                equipment,
                target_mm=reading.target_mm,
                pose=pose if drawn else None,
                device=reading.device,
                margins=reading.margins,
                phase=reading.phase,
            )
        return upright_section(
            equipment,
            equipment.outline.compressed_to(seen.thickness_mm),
            seen.shift_mm,
            target_mm=reading.target_mm,
            sd_mm=reading.sd_mm,
            centre_mm=reading.centre_mm,
            device=reading.device,
            margins=reading.margins,
            phase=reading.phase,
        )

    @property
    def _planned_pose(self) -> NeedlePose | None:
        """Where a needle in the hand would come to lie if it entered as it is planned."""
        marked = self._attempt.seen.marked_mm
        if self.approach is None or marked is None:
            return None
        from stereosim_gui.model.scanner import pose_by_hand

        return pose_by_hand(self.approach, marked)
