"""The ultrasound-guided procedure: sweep, mark, freehand needle, in the supine frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import freehand_check
from stereosim.biopsy.tissue import Tissue
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.imaging.ultrasound.sweep import Sweep, scan_box, sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim.procedures.intents import Intent, IntentError, MarkEcho, Scan
from stereosim.procedures.procedure import Procedure
from stereosim.procedures.state import ProcedureState, Seen, Step, Truth
from stereosim.procedures.workflow import load_minutes

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import Margins

Array = NDArray[np.float64]


@dataclass
class UltrasoundProcedure(Procedure):
    """A supine patient under the ultrasound probe.

    Attributes
    ----------
    probe : Probe
        The linear array.
    step_mm : float
        Distance between the frames of a sweep.
    """

    probe: Probe
    step_mm: float
    guidance: ClassVar[str] = "ultrasound"
    # Nothing holds the supine breast; the probe's pressure along z is released at the end.
    compression_axis: ClassVar[tuple[float, float, float]] = (0.0, 0.0, 1.0)
    _sweeps: dict[Scan, Sweep] = field(default_factory=dict, init=False, repr=False)

    def start(self) -> ProcedureState:
        """Return the state before the probe touches the skin."""
        patient = self.patient
        seen = Seen(self.guidance, patient.referral, patient.breast.thickness_mm)
        return ProcedureState(Step.POSITION, seen, Truth(Tissue.untouched(patient.supine_specks())))

    def _own(self, state: ProcedureState, intent: Intent) -> ProcedureState:
        match intent:
            case Scan():
                return self._scan(state, intent)
            case MarkEcho(position, reason):
                return self._mark(state, position, reason)
            case _:
                raise IntentError(f"{intent.name}: not part of an ultrasound-guided procedure")

    def _scan(self, state: ProcedureState, scan: Scan) -> ProcedureState:
        if state.seen.passes:
            raise IntentError("scan: the needle has been in; its track would be in the image")
        for name in ("extent_mm", "depth_mm", "focus_mm"):
            if getattr(scan, name) <= 0.0:
                raise IntentError(f"scan.{name}: must be above 0")
        if scan not in self._sweeps:
            place = (scan.x_mm, scan.y_mm)
            box = scan_box(place, scan.extent_mm, self.probe, scan.depth_mm)
            self._sweeps[scan] = sweep(
                Insonated.from_patient(self.patient, *box),
                place,
                scan.extent_mm,
                self.step_mm,
                self.probe,
                seed=self.seed,
                grid=Grid(depth_mm=scan.depth_mm),
                focus_mm=scan.focus_mm,
            )
        seen = replace(
            state.seen,
            sweeps=(*state.seen.sweeps, self._sweeps[scan]),
            minutes=state.seen.minutes + load_minutes().scan,
        )
        return replace(state, step=Step.SCOUT, seen=seen)

    def _mark(
        self, state: ProcedureState, position: tuple[float, float, float], reason: str
    ) -> ProcedureState:
        if not state.seen.sweeps:
            raise IntentError("mark-echo: scan first")
        if state.truth.tissue.needle is not None:
            raise IntentError("mark-echo: withdraw the needle first")
        seen = replace(
            state.seen,
            marked_mm=np.array(position),
            marked_reason=reason,
            device=None,
            margins=None,
            minutes=state.seen.minutes + load_minutes().mark,
        )
        return replace(state, step=Step.TARGET, seen=seen)

    def _margins(self, state: ProcedureState, device: Device, offset_mm: Array) -> Margins:
        return freehand_check(device, self._aim(state, offset_mm))

    def _aim(self, state: ProcedureState, offset_mm: Array) -> NeedlePose:
        """In the plane of the frame, entering beside the probe on the side away from the nipple."""
        assert state.seen.marked_mm is not None
        target = state.seen.marked_mm + offset_mm
        away = self.conditions.placement.entry_distance_mm
        side = 1.0 if target[0] >= 0.0 else -1.0
        return NeedlePose.freehand(target, entry_distance_mm=away, side=(side, 0.0, 0.0))
