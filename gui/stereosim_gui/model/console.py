"""The console of an attempt: its read-outs kept up to date, and the needle that is weighed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.cross_section import (
    Section,
    lateral_section,
    supine_section,
    upright_section,
)
from stereosim_gui.model.reading import NO_OFFSET, Offset, Reading, differs, marks_set, read
from stereosim_gui.signals import Signal

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.pose import NeedlePose
    from stereosim.biopsy.safety import Margins
    from stereosim.experiments.progress import Cancel
    from stereosim.procedures.intents import Insert
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.attempt import Attempt
    from stereosim_gui.model.engine import Preview
    from stereosim_gui.model.equipment import Equipment

Array = NDArray[np.float64]


class Console:
    """The read-outs of an attempt, kept up to date, and the needle that is weighed up.

    What is weighed up (:attr:`device`, :attr:`arm`, :attr:`offset_mm`, :attr:`approach`) is no step
    of the procedure: the intents say what is done with it.

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
        self.arm = "vertical"
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
        arm: str | None = None,
        offset_mm: Offset | None = None,
        approach: Insert | None = None,
    ) -> None:
        """Weigh up another needle, another place near the target or another way of entering."""
        self.device = self.device if device is None else device
        self.arm = self.arm if arm is None else arm
        self.offset_mm = self.offset_mm if offset_mm is None else offset_mm
        self.approach = self.approach if approach is None else approach
        self.refresh()

    def _follow(self, state: ProcedureState) -> None:
        """Take over what was decided; a new target is aimed at in its middle first."""
        seen = state.seen
        if seen.device is not None and seen.device is not self._chosen:
            self.device, self.arm = seen.device.name, seen.arm
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
            arm=self.arm,
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
            key = (*centre.tolist(), state.seen.thickness_mm, self.approach, self.arm)
        if key == self._known:
            return
        preview = self._preview
        usual = self.offset_mm == NO_OFFSET and self.arm == "vertical"
        if reading.provisional and usual and preview is not None:
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
        arm = self.arm

        def margins() -> dict[str, Margins]:
            if approach is None:
                return engine.margins(state, place, arm)
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
        level = reading.arm != "vertical"
        if level and reading.target_mm is not None and seen.outline is not None:
            return lateral_section(
                equipment,
                seen.outline,
                target_mm=reading.target_mm,
                axis_x=1.0 if reading.arm == "lateral-left" else -1.0,
                sd_mm=reading.sd_mm,
                centre_mm=reading.centre_mm,
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
