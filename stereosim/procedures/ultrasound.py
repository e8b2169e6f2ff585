"""The ultrasound-guided procedure: sweep, mark, freehand needle, in the supine frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy import needle
from stereosim.biopsy.cavity import cavity_solids
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import freehand_check, usual_limits
from stereosim.biopsy.tissue import Tissue
from stereosim.geometry.probe import LARGEST_STRAIN, STEEPEST_DEG, ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import Frame
from stereosim.imaging.ultrasound.live import DEEPEST_MM, LiveTissue
from stereosim.imaging.ultrasound.pools import Pools
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.imaging.ultrasound.sweep import Sweep, scan_box, sweep
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim.procedures.intents import (
    Advance,
    Fire,
    Insert,
    Intent,
    IntentError,
    Look,
    MarkEcho,
    Scan,
    Steer,
    check_numbers,
)
from stereosim.procedures.procedure import Procedure
from stereosim.procedures.state import ProcedureState, Seen, Step, Still, Truth
from stereosim.procedures.story import untouched
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Ellipsoids, united

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import Margins

Array = NDArray[np.float64]

# What no hand asks for: off the body, or shallower than any machine shows.
ELSEWHERE_MM, SHALLOWEST_MM = 250.0, 10.0
UP = (0.0, 0.0, -1.0)  # against gravity: she lies on her back, and z is the depth


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
    _pools: tuple[Tissue, Pools] | None = field(default=None, init=False, repr=False)

    def start(self) -> ProcedureState:
        """Return the state before the probe touches the skin."""
        patient = self.patient
        seen = Seen(self.guidance, patient.referral, patient.breast.thickness_mm)
        return ProcedureState(Step.POSITION, seen, Truth(untouched(patient.supine_specks())))

    def _own(self, state: ProcedureState, intent: Intent) -> ProcedureState:
        match intent:
            case Scan():
                return self._scan(state, intent)
            case Look():
                return self._look(state, intent)
            case MarkEcho(position, reason):
                return self._mark(state, position, reason)
            case Insert():
                return self._insert(state, intent)
            case Steer():
                return self._steer(state, intent)
            case _:
                raise IntentError(f"{intent.name}: not part of an ultrasound-guided procedure")

    def _scan(self, state: ProcedureState, scan: Scan) -> ProcedureState:
        if state.seen.passes:
            raise IntentError("scan: the needle has been in; its track would be in the image")
        if state.seen.anaesthetic_ml:
            raise IntentError("scan: anaesthetic has been given; a sweep would not show it")
        for name in ("extent_mm", "depth_mm", "focus_mm"):
            if getattr(scan, name) <= 0.0:
                raise IntentError(f"scan.{name}: must be above 0")
        _check_hold(scan)
        if scan not in self._sweeps:
            place = (scan.x_mm, scan.y_mm)
            hold = _hold(scan)
            box = scan_box(place, scan.extent_mm, self.probe, scan.depth_mm, **hold)
            self._sweeps[scan] = sweep(
                Insonated.from_patient(self.patient, *box),
                place,
                scan.extent_mm,
                self.step_mm,
                self.probe,
                seed=self.seed,
                grid=Grid(depth_mm=scan.depth_mm),
                focus_mm=scan.focus_mm,
                **hold,
            )
        seen = replace(
            state.seen,
            sweeps=(*state.seen.sweeps, self._sweeps[scan]),
            minutes=state.seen.minutes + load_minutes().scan,
        )
        return replace(state, step=Step.SCOUT, seen=seen)

    # --- what is on the screen --------------------------------------------------------------------
    def live_frame(self, state: ProcedureState, look: Look) -> Frame:
        """Return what the machine shows now with the probe held so.

        In it are the specks still there, where they lie now, the needle that is in, where it truly
        lies, and the fluids: anaesthetic, and blood and air where cores were taken.  The tissue
        itself stays where it was, whatever needle, breath and fluids do to it.  The same state and
        look give the same frame.  Tissue that is still missing is built first (see
        :meth:`prepare`).

        Raises
        ------
        IntentError
            For a place, depth or focus that no machine has.
        """
        _check_look(look)
        tissue = state.truth.tissue
        specks = tissue.visible_specks().solids
        shaft = None
        if tissue.needle is not None:
            pose, device = tissue.needle.pose, tissue.needle.device
            shaft = Shaft(
                pose.tip_mm(device), pose.axis, device.outer_diameter_mm, device.dead_tip_mm
            )
        return self._live.frame(
            _pose(look),
            specks.centres_mm,
            0.5 * specks.diameters_mm,
            seed=self.seed,
            grid=Grid(depth_mm=look.depth_mm),
            focus_mm=look.focus_mm,
            shaft=shaft,
            pools=self._fluids(tissue),
        )

    def _fluids(self, tissue: Tissue) -> Pools:
        """Return what fluid is in the tissue (the last is kept: a probe moves, tissue does not)."""
        if self._pools is None or self._pools[0] is not tissue:
            self._pools = tissue, pools_in(tissue)
        return self._pools[1]

    def prepare(self, look: Look) -> bool:
        """Build one piece of the tissue near the probe, about 30 ms; False when all is there.

        For idle moments of the thread that calls :meth:`live_frame`: the first frame at a new place
        takes up to a second, and one of a quick movement into unprepared tissue some tenths.

        Raises
        ------
        IntentError
            As :meth:`live_frame`.
        """
        _check_look(look)
        return self._live.prepare(_pose(look), look.depth_mm)

    @cached_property
    def _live(self) -> LiveTissue:
        return LiveTissue(self.patient, self.probe)

    def _look(self, state: ProcedureState, look: Look) -> ProcedureState:
        """Keep a frame; the first look of a procedure without a sweep ends the search."""
        seen, truth = state.seen, state.truth
        phase = "search" if seen.marked_mm is None else "target"
        if truth.tissue.needle is not None:
            phase = "postfire" if truth.fired else "prefire"
        minutes = load_minutes()
        searched = bool(seen.sweeps or seen.stills)
        seen = replace(
            seen,
            stills=(*seen.stills, Still(phase, self.live_frame(state, look))),
            minutes=seen.minutes + (minutes.look if searched else minutes.scan),
        )
        return replace(state, step=Step.SCOUT if seen.marked_mm is None else state.step, seen=seen)

    def _mark(
        self, state: ProcedureState, position: tuple[float, float, float], reason: str
    ) -> ProcedureState:
        if not state.seen.sweeps and not state.seen.stills:
            raise IntentError("mark-echo: scan or look first")
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
        return self._by_hand_margins(device, self._aim(state, offset_mm))

    def _aim(self, state: ProcedureState, offset_mm: Array) -> NeedlePose:
        """In the plane of the frame, entering beside the probe on the side away from the nipple."""
        assert state.seen.marked_mm is not None
        target = state.seen.marked_mm + offset_mm
        away = self.conditions.placement.entry_distance_mm
        side = 1.0 if target[0] >= 0.0 else -1.0
        return NeedlePose.freehand(target, entry_distance_mm=away, side=(side, 0.0, 0.0))

    # --- the needle in the trainee's hand ---------------------------------------------------------
    def _insert(self, state: ProcedureState, insert: Insert) -> ProcedureState:
        seen, truth = state.seen, state.truth
        if seen.marked_mm is None:
            raise IntentError("insert: mark the place to be biopsied first")
        if seen.device is None:
            raise IntentError("insert: choose a device first")
        if truth.tissue.needle is not None:
            raise IntentError("insert: the needle is in; withdraw it first")
        if max(abs(x) for x in insert.entry_mm) > ELSEWHERE_MM:
            raise IntentError(f"insert.entry_mm: must lie within {ELSEWHERE_MM:g} mm of the nipple")
        _check_tilt(insert, insert.tilt_deg)
        at_skin = NeedlePose.from_angles(
            (*insert.entry_mm, 0.0), insert.azimuth_deg, insert.tilt_deg
        )
        through = usual_limits().skin_allowance_mm - seen.device.tip_offset_mm
        aim = at_skin.moved_along(through)
        tissue, _ = needle.pierce(
            truth.tissue.moved(self._breath(state, Insert)),
            seen.device,
            aim,
            errors=self.conditions.placement,
            rng=self._chance(seen, "insert"),
        )
        commanded = aim.moved_along(seen.device.throw_mm)
        return replace(
            state,
            step=Step.PREFIRE,
            seen=replace(
                seen,
                commanded=commanded,
                margins=self._by_hand_margins(seen.device, commanded),
                passes=seen.passes + 1,
                minutes=seen.minutes + load_minutes().advance,
            ),
            truth=replace(truth, tissue=tissue, fired=False),
        )

    def _steer(self, state: ProcedureState, steer: Steer) -> ProcedureState:
        seen, truth = state.seen, state.truth
        if truth.tissue.needle is None or seen.device is None or seen.commanded is None:
            raise IntentError("steer: insert the needle first")
        for name, limit in (("along_mm", 100.0), ("azimuth_deg", 180.0), ("tilt_deg", 90.0)):
            _within(steer, name, -limit, limit)
        device = seen.device
        throw = 0.0 if truth.fired else device.throw_mm
        tissue, aim = needle.steer(
            truth.tissue,
            seen.commanded.moved_along(-throw),
            along_mm=steer.along_mm,
            azimuth_deg=steer.azimuth_deg,
            tilt_deg=steer.tilt_deg,
            errors=self.conditions.placement,
            rng=self._chance(seen, f"steer {len(state.intents)}"),
        )
        _check_tilt(steer, aim.tilt_deg)
        inside = float((aim.tip_mm(device) - aim.skin_mm) @ aim.axis)
        if inside <= 0.0:
            raise IntentError("steer: the point would come out of the skin; withdraw the needle")
        if inside > device.length_mm:
            raise IntentError("steer: the hub has reached the skin; a longer needle is needed")
        commanded = aim.moved_along(throw)
        return replace(
            state,
            seen=replace(
                seen, commanded=commanded, margins=self._by_hand_margins(device, commanded)
            ),
            truth=replace(truth, tissue=tissue),
        )

    def _fire(self, state: ProcedureState, by_hand_mm: float | None = None) -> ProcedureState:
        truth = state.truth
        if truth.tissue.needle is not None and not truth.fired and _by_hand(state):
            tissue = truth.tissue.moved(self._breath(state, Fire))
            state = replace(state, truth=replace(truth, tissue=tissue))
        return super()._fire(state, by_hand_mm)

    def _breath(self, state: ProcedureState, now: type[Insert | Fire]) -> Array:
        """Return how far the patient's breath moves the breast until now, mm, shape (3,).

        It goes to and fro about its middle, and counts when a needle goes in and when it is fired.
        """
        done = [type(intent) for intent in state.intents if isinstance(intent, Insert | Fire)]
        inserted = done.count(Insert)

        def at(moment: type[Intent], number: int) -> Array:
            rng = stream(self.seed, "breath", moment.name, number)
            return needle.patient_motion(self.conditions.placement, rng=rng)

        here = at(now, inserted + (now is Insert))
        return here - at(done[-1], inserted) if inserted else here

    def _margins_of(self, state: ProcedureState, commanded: NeedlePose) -> Margins:
        if not _by_hand(state) or state.seen.device is None:
            return super()._margins_of(state, commanded)
        return self._by_hand_margins(state.seen.device, commanded)

    def _by_hand_margins(self, device: Device, commanded: NeedlePose) -> Margins:
        """Return the margins of a needle steered by hand, against the chest wall too.

        Its depth is the nominal one below the needle's point: what can be measured on the screen.
        """
        wall = self.patient.supine.nominal.chest_wall_depth_mm(commanded.tip_mm(device)[None])
        return freehand_check(device, commanded, chest_wall_mm=float(wall[0]))


def pools_in(tissue: Tissue) -> Pools:
    """Return the anaesthetic in supine tissue, and the blood and the air of its cavities."""
    cavities, given = cavity_solids(tissue, up=UP), tissue.infiltrations
    # What has shrunk to nothing is no ellipsoid.
    cavities = cavities.subset(np.linalg.norm(cavities.solids.axes_mm, axis=1).min(axis=1) > 1e-3)
    balls = Ellipsoids(
        np.array([some.centre_mm for some in given]).reshape(-1, 3),
        np.array([some.radius_mm * np.eye(3) for some in given]).reshape(-1, 3, 3),
    )
    return Pools(
        united([balls, cavities.solids]),
        (*("anaesthetic" for _ in given), *cavities.materials),
        np.array([some.share for some in given] + [1.0] * len(cavities)),
    )


def _pose(look: Look) -> ProbePose:
    return ProbePose(look.x_mm, look.y_mm, look.angle_deg, look.tilt_deg, look.strain)


def _hold(intent: Scan) -> dict[str, float]:
    """Return how the probe is tilted and pressed, where it is."""
    held = {"tilt_deg": intent.tilt_deg, "strain": intent.strain}
    return {name: value for name, value in held.items() if value}


def _check_hold(intent: Look | Scan) -> None:
    _within(intent, "tilt_deg", -STEEPEST_DEG, STEEPEST_DEG)
    _within(intent, "strain", 0.0, LARGEST_STRAIN)


def _check_look(look: Look) -> None:
    """Raise IntentError for a place, depth or focus that no machine has."""
    check_numbers(look)
    _within(look, "x_mm", -ELSEWHERE_MM, ELSEWHERE_MM)
    _within(look, "y_mm", -ELSEWHERE_MM, ELSEWHERE_MM)
    _within(look, "depth_mm", SHALLOWEST_MM, DEEPEST_MM)
    _within(look, "focus_mm", 1.0, DEEPEST_MM)
    _check_hold(look)


def _by_hand(state: ProcedureState) -> bool:
    """Whether the needle that is in has been held by the trainee's hand."""
    for intent in reversed(state.intents):
        if isinstance(intent, Insert | Steer | Advance):
            return not isinstance(intent, Advance)
    return False


def _check_tilt(intent: Intent, tilt_deg: float) -> None:
    # Steps that add up to 0 or 90 come out there but for a rounding error.
    if not 1e-6 < tilt_deg <= 90.0 + 1e-6:
        raise IntentError(
            f"{intent.name}: a tilt of {tilt_deg:.1f} degrees to the skin; it must be above 0 "
            "and at most 90"
        )


def _within(intent: Intent, name: str, low: float, high: float) -> None:
    value = getattr(intent, name)
    if not low <= value <= high:
        raise IntentError(f"{intent.name}.{name}: {value:g} is not within {low:g} and {high:g}")
