"""The stereotactic procedure: positioning, scout, pair, marks, and the needle in the beam.

Everything is kept in the support frame of the positioned breast.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.cavity import cavity_solids, soaked_solids
from stereosim.biopsy.needle import patient_motion
from stereosim.biopsy.pose import NeedlePose
from stereosim.geometry.marks import reference_marks
from stereosim.geometry.misalignment import Misalignment, misaligned
from stereosim.geometry.units import Unit
from stereosim.geometry.views import View, scout, stereo_pair
from stereosim.imaging.background import Background, cached_backgrounds
from stereosim.imaging.hardware import Hardware
from stereosim.imaging.needles import needle_solids
from stereosim.imaging.scene import Needle, Scene, Soaked, field_box, marker_clip
from stereosim.imaging.xray import ExposureSeries, XrayImage, XrayMachine
from stereosim.procedures import approach
from stereosim.procedures.approach import (
    bulge_mm,
    compressed_mm,
    outline_of,
    position_of,
    positioned_specks,
    positioned_tissue,
    stand_check,
    thickness_limits_mm,
    tissue_slabs,
    unit_of,
)
from stereosim.procedures.intents import (
    APPROACHES,
    ARMS,
    Expose,
    Intent,
    IntentError,
    MarkPair,
    PlaceClip,
    Position,
    Withdraw,
)
from stereosim.procedures.marking import triangulate_marks
from stereosim.procedures.procedure import Procedure
from stereosim.procedures.quality_views import estimate_view
from stereosim.procedures.state import ProcedureState, Seen, Shot, Step, Truth
from stereosim.procedures.story import untouched
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.cache import Cache
from stereosim_phantoms.randomness import stream

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import Margins

Array = NDArray[np.float64]

# Threads that make images: the kernels let go of the interpreter.  Each holds a slab of the breast.
_THREADS = min(4, os.cpu_count() or 1)

NO_CACHE = Cache(None)

# Positions whose tissue stays projected, 50 MB each: this one, and those that an undo goes back to.
_POSITIONS = 3


@dataclass
class StereotacticProcedure(Procedure):
    """A patient under the stereotactic unit.

    Attributes
    ----------
    machine : XrayMachine
        The unit with its detector and exposure control.
    voxel_mm : float
        Edge of the voxels in which the tissue is imaged.
    misalignment : Misalignment
        How the unit truly stands; its console knows the nominal geometry.
    calibrated : bool
        Whether the console estimates the geometry of each exposure from the reference marks in it.
        An exposure that does not show enough of them bears the nominal geometry.
    cache : Cache
        Where the projected tissue of a position is kept on disk; nowhere by default: a study of
        many patients would only fill it.
    """

    machine: XrayMachine
    voxel_mm: float
    misalignment: Misalignment = field(default_factory=Misalignment)
    calibrated: bool = False
    cache: Cache = field(default=NO_CACHE, repr=False)
    guidance: ClassVar[str] = "stereotactic"
    compression_axis: ClassVar[tuple[float, float, float]] = (0.0, 0.0, 1.0)
    _series: dict[Position, dict[str, ExposureSeries]] = field(
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
        return ProcedureState(Step.POSITION, seen, Truth(untouched(patient.specks)))

    def prepare(self, state: ProcedureState) -> None:
        """Project the breast as it is positioned ahead of its first exposure, which takes seconds.

        Raises
        ------
        IntentError
            If it has not been positioned.
        """
        if state.step is Step.POSITION:
            raise IntentError("prepare: position the breast first")
        self._positioned(state.seen)

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
        if state.seen.anaesthetic_ml:
            raise IntentError("position: anaesthetic has been given; the breast stays where it is")
        if intent.approach not in APPROACHES:
            raise IntentError(f"position.approach: {intent.approach!r} is unknown")
        shift = (intent.shift_x_mm, intent.shift_y_mm)
        if shift[1] < 0.0:
            raise IntentError("position.shift_y_mm: the chest wall ends at the support's edge")
        usual = self.patient.breast.thickness_mm
        thickness = compressed_mm(usual, intent)
        least, most = thickness_limits_mm(usual)
        if not least <= thickness <= most:
            raise IntentError(
                f"position.thickness_mm: {thickness:.1f} mm is not within {least:.1f} to "
                f"{most:.1f} mm, what the patient bears and what holds her breast"
            )
        specks = positioned_specks(self.patient, intent)
        seen = replace(
            state.seen,
            thickness_mm=thickness,
            approach=intent.approach,
            shift_mm=shift,
            second_paddle=intent.second_paddle,
            outline=outline_of(self.patient.breast, intent),
            first_shot=state.seen.exposures,
            target=None,
            marked_mm=None,
            device=None,
            arm="vertical",
            margins=None,
            minutes=state.seen.minutes
            + load_minutes().position
            + intent.second_paddle * load_minutes().second_paddle,
        )
        # What was exposed before keeps its number.
        truth = Truth(untouched(specks), exposed=state.truth.exposed)
        return replace(state, step=Step.SCOUT, seen=seen, truth=truth)

    def _expose(self, state: ProcedureState, what: str) -> ProcedureState:
        if state.step is Step.POSITION:
            raise IntentError("expose: position the breast first")
        minutes = load_minutes()
        views: tuple[View, ...]
        if what == "scout":
            views, phase, step = (self.views(state.seen)[0],), "scout", Step.SCOUT
            duration = minutes.expose_scout
        elif what == "pair":
            views, duration = self.views(state.seen)[1:], minutes.expose_pair
            phase, step = self._phase(state)
        else:
            raise IntentError(f"expose.what: {what!r} is neither 'scout' nor 'pair'")
        seen = state.seen
        series = self._positioned(seen)

        def shoot(k: int) -> Shot:
            view = views[k]
            image = self._image(state, series[view.name], seen.exposures + k)
            raised = -float(view.origin_mm[2]) - self.unit.detector_offset_mm
            return Shot(view.name, phase, self._as_read(image, view, seen), raised)

        with ThreadPoolExecutor(_THREADS) as pool:
            added = tuple(pool.map(shoot, range(len(views))))
        dose = sum(shot.image.exposure.dose_mgy for shot in added)
        seen = replace(
            seen,
            shots=(*seen.shots, *added),
            dose_mgy=seen.dose_mgy + dose,
            minutes=seen.minutes + duration,
        )
        exposed = (*state.truth.exposed, *[state.truth.tissue] * len(added))
        return replace(state, step=step, seen=seen, truth=replace(state.truth, exposed=exposed))

    def _phase(self, state: ProcedureState) -> tuple[str, Step]:
        if state.truth.tissue.needle is None:
            if state.truth.clip is not None:
                return "postclip", state.step
            return "target", Step.PAIR if state.seen.marked_mm is None else state.step
        return ("postfire" if state.truth.fired else "prefire"), state.step

    def motion_mm(self, exposure: int) -> Array:
        """Return by how much the patient has moved, shape (3,), at an exposure of the series."""
        motion = patient_motion(
            self.conditions.placement, rng=stream(self.seed, "motion", exposure)
        )
        motion[2] = 0.0  # the paddle holds the breast along z
        return motion

    def views(self, seen: Seen) -> tuple[View, View, View]:
        """Return scout, left and right view of the breast as it lies, nominal."""
        unit = unit_of(seen, self.unit)
        return (scout(unit), *stereo_pair(unit))

    def true_view(self, nominal: View) -> View:
        """Return where source and detector truly are in a nominal view of the unit."""
        raised = -float(nominal.origin_mm[2]) - self.unit.detector_offset_mm
        return misaligned(nominal, self.unit.raised(raised), self.misalignment)

    def true_view_of(self, shot: Shot) -> View:
        """Return where source and detector truly were in one exposure."""
        unit = self.unit.raised(shot.raised_mm)
        views = (scout(unit), *stereo_pair(unit))
        return self.true_view(next(view for view in views if view.name == shot.view))

    def _as_read(self, image: XrayImage, nominal: View, seen: Seen) -> XrayImage:
        """Return an image with the geometry that the console takes it to have."""
        taken = replace(image, view=nominal)
        if self.calibrated:
            marks = reference_marks(unit_of(seen, self.unit), seen.thickness_mm)
            try:
                return replace(taken, view=estimate_view(taken, marks).view)
            except ValueError:  # too few marks are seen
                return taken
        return taken

    def _image(self, state: ProcedureState, series: ExposureSeries, number: int) -> XrayImage:
        """Make one exposure; its noise and the patient's motion belong to its number."""
        truth = state.truth
        motion = self.motion_mm(number)
        specks = truth.tissue.visible_specks()
        cavities = cavity_solids(truth.tissue, up=self._up(state.seen))
        fluids, shares = soaked_solids(truth.tissue, cavities)
        solids = Scene(
            specks=specks.moved_to(specks.solids.centres_mm + motion),
            cavities=cavities.moved_to(cavities.solids.centres_mm + motion),
            soaked=Soaked(fluids.moved_to(fluids.solids.centres_mm + motion), shares),
            needles=self._needles(state),
            clips=() if truth.clip is None else (marker_clip(_clip_mm(state) + motion),),
            thickness_mm=state.seen.thickness_mm,
        )
        rng = stream(self.seed, "noise", number) if self.conditions.noise else None
        return series.image(solids, rng=rng)

    def _positioned(self, seen: Seen) -> dict[str, ExposureSeries]:
        """Return each view of the breast without solids, computed once a position."""
        position = position_of(seen)
        if position not in self._series:
            while len(self._series) >= _POSITIONS:
                del self._series[next(iter(self._series))]
            fraction = self.patient.breast.glandular_fraction
            machine = replace(self.machine, unit=unit_of(seen, self.unit))
            exposure = machine.exposure(seen.thickness_mm, fraction)
            hardware = Hardware.of(machine.unit, seen.thickness_mm, second=seen.second_paddle)
            with ThreadPoolExecutor(_THREADS) as pool:
                made = pool.map(
                    lambda background: machine.series(background, exposure, hardware),
                    self._backgrounds(seen, pool),
                )
                self._series[position] = {s.background.view.name: s for s in made}
        return self._series[position]

    def _backgrounds(self, seen: Seen, pool: ThreadPoolExecutor) -> list[Background]:
        """Project the positioned breast into all views, slab by slab so as not to hold it whole."""
        position, thickness_mm = position_of(seen), seen.thickness_mm
        unit = unit_of(seen, self.unit)
        views = [self.true_view(view) for view in self.views(seen)]

        def project(slab: tuple[Array, Array]) -> list[Background]:
            tissue = positioned_tissue(self.patient, position, *slab, self.voxel_mm)
            return [self.machine.background(tissue, view) for view in views]

        def whole() -> list[Background]:
            box = field_box(unit, thickness_mm)
            usual = self.patient.breast.thickness_mm
            slabs = pool.map(project, tissue_slabs(usual, position, *box, self.voxel_mm))
            # Always in the same order, so that no rounding depends on which thread was first.
            total = next(slabs)
            for slab in slabs:
                total = [a + b for a, b in zip(total, slab, strict=True)]
            return total

        parts = (self.patient.breast, self.patient.masses, position, thickness_mm, self.voxel_mm)
        made = cached_backgrounds(views, parts, whole, code=(approach,), cache=self.cache)
        if not seen.second_paddle:
            return made
        return [background.bulged(lambda places: bulge_mm(unit, places)) for background in made]

    def _needles(self, state: ProcedureState) -> tuple[Needle, ...]:
        placed = state.truth.tissue.needle
        if placed is None:
            return ()
        device, pose = placed.device, placed.pose
        hour = pose.hour_direction(state.seen.hours[-1] if state.seen.hours else 12.0)
        return needle_solids(device, pose.tip_mm(device), pose.axis, hour, opened=state.truth.fired)

    def _up(self, seen: Seen) -> tuple[float, float, float]:
        """Return the direction against gravity, support frame; what is prone hangs toward +y."""
        if self.unit.patient == "prone":
            return (0.0, -1.0, 0.0)
        return (0.0, 0.0, 1.0 if seen.approach == "craniocaudal" else -1.0)

    def _mark(
        self, state: ProcedureState, left: tuple[float, float], right: tuple[float, float]
    ) -> ProcedureState:
        if state.truth.tissue.needle is not None:
            raise IntentError("mark-pair: withdraw the needle first")
        try:
            images = state.seen.pair("target")
        except LookupError as error:
            raise IntentError(f"mark-pair: {error}") from error
        try:
            target = triangulate_marks((images[0].view, images[1].view), left, right)
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
        return stand_check(
            device, state.seen.marked_mm + offset_mm, state.seen, self.unit, state.seen.arm
        )

    @property
    def arms(self) -> tuple[str, ...]:
        """How a needle can be held here."""
        return ARMS if self.unit.lateral_arm else ARMS[:1]

    def _aim(self, state: ProcedureState, offset_mm: Array) -> NeedlePose:
        assert state.seen.marked_mm is not None
        return NeedlePose.held(state.seen.marked_mm + offset_mm, state.seen.arm)


def _clip_mm(state: ProcedureState) -> Array:
    """Return where the clip lies in the compressed breast: the needle takes it along on leaving."""
    clip = state.truth.clip
    assert clip is not None
    since = next(i for i in reversed(state.intents) if isinstance(i, PlaceClip | Withdraw))
    return clip.deployed_mm if isinstance(since, PlaceClip) else clip.drawn_mm
