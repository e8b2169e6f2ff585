"""The stereotactic procedure: positioning, scout, pair, marks, and the needle in the beam.

Everything is kept in the support frame of the positioned breast.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.needle import patient_motion
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Window, safety_check
from stereosim.biopsy.tissue import Tissue
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.geometry.units import Unit
from stereosim.geometry.views import View, scout, stereo_pair
from stereosim.imaging.scene import Needle, Notch, Scene, field_box
from stereosim.imaging.xray import ExposureSeries, XrayMachine
from stereosim.procedures.approach import turned_specks, turned_tissue
from stereosim.procedures.intents import (
    APPROACHES,
    Expose,
    Intent,
    IntentError,
    MarkPair,
    Position,
)
from stereosim.procedures.procedure import Procedure
from stereosim.procedures.state import ProcedureState, Seen, Shot, Step, Truth
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.randomness import stream

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import Margins

Array = NDArray[np.float64]

# The shaft and the driver behind it: the image of the needle ends at the edge of the field.
_ROD_MM = 300.0

# A console assumes this uncertainty of a mark when it shows standard deviations, in pixels.
_MARK_SD_PX = 1.0


@dataclass
class StereotacticProcedure(Procedure):
    """A patient under the stereotactic unit.

    Attributes
    ----------
    machine : XrayMachine
        The unit with its detector and exposure control.
    voxel_mm : float
        Edge of the voxels in which the tissue is imaged.
    """

    machine: XrayMachine
    voxel_mm: float
    guidance: ClassVar[str] = "stereotactic"
    compression_axis: ClassVar[tuple[float, float, float]] = (0.0, 0.0, 1.0)
    _series: dict[tuple[str, tuple[float, float]], dict[str, ExposureSeries]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def unit(self) -> Unit:
        """The unit's geometry."""
        return self.machine.unit

    def start(self) -> ProcedureState:
        """Return the state before the breast is positioned."""
        patient = self.patient
        seen = Seen(self.guidance, patient.referral, patient.breast.thickness_mm)
        return ProcedureState(Step.POSITION, seen, Truth(Tissue.untouched(patient.specks)))

    def _own(self, state: ProcedureState, intent: Intent) -> ProcedureState:
        match intent:
            case Position():
                return self._position(state, intent)
            case Expose(what):
                return self._expose(state, what)
            case MarkPair(left, right):
                return self._mark(state, left, right)
            case _:
                raise IntentError(f"{intent.name}: not part of a stereotactic procedure")

    def _position(self, state: ProcedureState, intent: Position) -> ProcedureState:
        if state.seen.passes:
            raise IntentError("position: the needle has been in; the breast stays where it is")
        if intent.approach not in APPROACHES:
            raise IntentError(f"position.approach: {intent.approach!r} is unknown")
        shift = (intent.shift_x_mm, intent.shift_y_mm)
        if shift[1] < 0.0:
            raise IntentError("position.shift_y_mm: the chest wall ends at the support's edge")
        turned = turned_specks(self.patient, intent.approach)
        specks = turned.moved_to(turned.solids.centres_mm - np.array([*shift, 0.0]))
        seen = replace(
            state.seen,
            approach=intent.approach,
            shift_mm=shift,
            first_shot=state.seen.exposures,
            target=None,
            marked_mm=None,
            device=None,
            margins=None,
            minutes=state.seen.minutes + load_minutes().position,
        )
        return replace(state, step=Step.SCOUT, seen=seen, truth=Truth(Tissue.untouched(specks)))

    def _expose(self, state: ProcedureState, what: str) -> ProcedureState:
        if state.step is Step.POSITION:
            raise IntentError("expose: position the breast first")
        minutes = load_minutes()
        views: tuple[View, ...]
        if what == "scout":
            views, phase, step = (scout(self.unit),), "scout", Step.SCOUT
            duration = minutes.expose_scout
        elif what == "pair":
            views, duration = stereo_pair(self.unit), minutes.expose_pair
            phase, step = self._phase(state)
        else:
            raise IntentError(f"expose.what: {what!r} is neither 'scout' nor 'pair'")
        seen = state.seen
        for view in views:
            seen = replace(seen, shots=(*seen.shots, self._shoot(state, view, phase, seen)))
        added = seen.shots[state.seen.exposures :]
        dose = sum(shot.image.exposure.dose_mgy for shot in added)
        seen = replace(seen, dose_mgy=seen.dose_mgy + dose, minutes=seen.minutes + duration)
        return replace(state, step=step, seen=seen)

    def _phase(self, state: ProcedureState) -> tuple[str, Step]:
        if state.truth.tissue.needle is None:
            return "target", Step.PAIR if state.seen.marked_mm is None else state.step
        return ("postfire" if state.truth.fired else "prefire"), state.step

    def motion_mm(self, exposure: int) -> Array:
        """Return by how much the patient has moved, shape (3,), at an exposure of the series."""
        motion = patient_motion(
            self.conditions.placement, rng=stream(self.seed, "motion", exposure)
        )
        motion[2] = 0.0  # the paddle holds the breast along z
        return motion

    def _shoot(self, state: ProcedureState, view: View, phase: str, seen: Seen) -> Shot:
        """Make one exposure; its noise and the patient's motion belong to its number."""
        number = seen.exposures
        truth = state.truth
        motion = self.motion_mm(number)
        specks = truth.tissue.visible_specks()
        solids = Scene(
            specks=specks.moved_to(specks.solids.centres_mm + motion),
            needles=self._needles(state),
            clips=(),
            thickness_mm=self.patient.breast.thickness_mm,
        )
        rng = stream(self.seed, "noise", number) if self.conditions.noise else None
        image = self._positioned(seen)[view.name].image(solids, rng=rng)
        return Shot(view.name, phase, image)

    def _positioned(self, seen: Seen) -> dict[str, ExposureSeries]:
        """Return each view of the breast without solids, computed once a position."""
        key = (seen.approach, seen.shift_mm)
        if key not in self._series:
            breast = self.patient.breast
            box = field_box(self.unit, breast.thickness_mm, seen.shift_mm)
            tissue = turned_tissue(self.patient, seen.approach, *box, self.voxel_mm)
            exposure = self.machine.exposure(breast.thickness_mm, breast.glandular_fraction)
            self._series[key] = {
                view.name: ExposureSeries.prepared(
                    self.machine, self.machine.background(tissue, view, seen.shift_mm), exposure
                )
                for view in (scout(self.unit), *stereo_pair(self.unit))
            }
        return self._series[key]

    def _needles(self, state: ProcedureState) -> tuple[Needle, ...]:
        placed = state.truth.tissue.needle
        if placed is None:
            return ()
        device, pose = placed.device, placed.pose
        notch = Notch(
            near_mm=device.dead_tip_mm,
            far_mm=device.dead_tip_mm + device.aperture_mm,
            direction=pose.hour_direction(state.seen.hours[-1] if state.seen.hours else 12.0),
        )
        rod = Needle(pose.tip_mm(device), pose.axis, _ROD_MM, device.outer_diameter_mm, notch=notch)
        return (rod,)

    def _mark(
        self, state: ProcedureState, left: tuple[float, float], right: tuple[float, float]
    ) -> ProcedureState:
        if state.truth.tissue.needle is not None:
            raise IntentError("mark-pair: withdraw the needle first")
        try:
            state.seen.pair("target")
        except LookupError as error:
            raise IntentError(f"mark-pair: {error}") from error
        views = stereo_pair(self.unit)
        try:
            target = triangulate_pair(*views, np.array(left), np.array(right), sigma_px=_MARK_SD_PX)
        except ValueError as error:
            raise IntentError(f"mark-pair: {error}") from error
        seen = replace(
            state.seen,
            target=target,
            marked_mm=target.target_mm,
            device=None,
            margins=None,
            minutes=state.seen.minutes + load_minutes().mark,
        )
        return replace(state, step=Step.TARGET, seen=seen)

    def _margins(self, state: ProcedureState, device: Device, offset_mm: Array) -> Margins:
        assert state.seen.marked_mm is not None
        unit = self.unit
        window = Window(unit.window_width_mm, unit.window_height_mm, unit.window_centre_y_mm)
        return safety_check(
            device,
            state.seen.marked_mm + offset_mm,
            self.patient.breast.thickness_mm,
            window=window,
        )

    def _aim(self, state: ProcedureState, offset_mm: Array) -> NeedlePose:
        assert state.seen.marked_mm is not None
        return NeedlePose.vertical(state.seen.marked_mm + offset_mm)
