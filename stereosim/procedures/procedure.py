"""The state machine of a biopsy: one intent in, a new state and its events out.

:class:`Procedure` knows the patient, the machine and the seed; the state holds what changes.  What
both guidances share (device, needle, sampling, film, clip) is here; how the target is found is in
:mod:`~stereosim.procedures.stereotactic` and :mod:`~stereosim.procedures.ultrasound`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy import needle
from stereosim.biopsy.capture import take_core
from stereosim.biopsy.clip import deploy_clip, load_clip_models
from stereosim.biopsy.devices import Device
from stereosim.biopsy.needle import PlacementModel
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Margins
from stereosim.biopsy.specimen import lay_out
from stereosim.imaging.specimen_film import specimen_film
from stereosim.procedures.fluids import anaesthetised, bled, bled_on
from stereosim.procedures.intents import (
    STOP_REASONS,
    Adjust,
    Advance,
    Anaesthetise,
    ChooseDevice,
    Film,
    Fire,
    Intent,
    IntentError,
    PlaceClip,
    Sample,
    Stop,
    Withdraw,
    check_numbers,
)
from stereosim.procedures.state import Firing, ProcedureState, Seen, Specimen, Step
from stereosim.procedures.workflow import load_minutes
from stereosim_phantoms.randomness import stream

if TYPE_CHECKING:
    from stereosim_phantoms.patient import VirtualPatient

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """Something that happened in a step, for the app and the log."""

    what: str
    detail: str = ""


@dataclass(frozen=True)
class Conditions:
    """Under which conditions a procedure runs: the real ones, or with a source of error removed.

    Attributes
    ----------
    noise : bool
        Whether images carry noise.
    placement : PlacementModel
        Errors of the needle; without them the anaesthetic goes where it was meant, too.
    bleeding : bool
        Whether cores bleed.
    """

    noise: bool
    placement: PlacementModel
    bleeding: bool = True


@dataclass
class Procedure(ABC):
    """A patient in a room with a machine; :meth:`step` is a pure function of state and intent.

    Attributes
    ----------
    patient : VirtualPatient
        The truth that the machine images.
    devices : mapping of str to Device
        The catalogue on the shelf.
    conditions : Conditions
        Noise and needle errors.
    seed : int
        Seed of noise and device; the same seed and intents give the same states.
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    compression_axis : tuple of three floats
        Along which the breast is held, in the frame of the procedure.
    """

    patient: VirtualPatient
    devices: Mapping[str, Device]
    conditions: Conditions
    seed: int
    guidance: ClassVar[str]
    compression_axis: ClassVar[tuple[float, float, float]]

    @abstractmethod
    def start(self) -> ProcedureState:
        """Return the state before the first intent."""

    @abstractmethod
    def _own(self, state: ProcedureState, intent: Intent) -> ProcedureState:
        """Carry out an intent that only this guidance knows."""

    @abstractmethod
    def _margins(self, state: ProcedureState, device: Device, offset_mm: Array) -> Margins:
        """Return the safety margins of `device` at the marked place plus `offset_mm`."""

    @abstractmethod
    def _aim(self, state: ProcedureState, offset_mm: Array) -> NeedlePose:
        """Return the pose that the operator's command means."""

    @property
    def arms(self) -> tuple[str, ...]:
        """How a needle can be held here, members of :data:`~.intents.ARMS`."""
        return ("vertical",)

    def _margins_of(self, state: ProcedureState, commanded: NeedlePose) -> Margins:
        """Return the safety margins of the chosen needle at a pose."""
        seen = state.seen
        assert seen.device is not None and seen.marked_mm is not None
        return self._margins(state, seen.device, commanded.centre_mm - seen.marked_mm)

    def step(
        self, state: ProcedureState, intent: Intent
    ) -> tuple[ProcedureState, tuple[Event, ...]]:
        """Carry out one intent.

        Returns
        -------
        state : ProcedureState
            The new state; the old one is untouched.
        events : tuple of Event
            What happened.

        Raises
        ------
        IntentError
            Where the intent does not fit the step; nothing has happened then.
        """
        check_numbers(intent)
        if state.step is Step.DEBRIEF:
            raise IntentError(f"{intent.name}: the procedure has ended")
        new = self._carry_out(state, intent)
        if self.conditions.bleeding:
            new = bled_on(state, new, intent, patient_seed=self.patient.seed)
        new = replace(new, intents=(*state.intents, intent))
        return new, tuple(self._events(state, new, intent))

    def margins(
        self, state: ProcedureState, device: str, offset_mm: Array, arm: str | None = None
    ) -> Margins:
        """Return the safety margins that the console shows for a device of the catalogue.

        Parameters
        ----------
        state : ProcedureState
            With a marked place.
        device : str
            Name in the catalogue.
        offset_mm : ndarray, shape (3,)
            How far off the marked place the aperture's centre is aimed.
        arm : str, optional
            How it is held; as the needle chosen last, if left out.
        """
        _require(state.seen.marked_mm is not None, ChooseDevice, "mark a target first")
        seen = replace(state.seen, arm=arm or state.seen.arm)
        return self._margins(replace(state, seen=seen), self.devices[device], offset_mm)

    def run(self, state: ProcedureState, policy: Generator[Intent, Seen, None]) -> ProcedureState:
        """Let a policy act until it has no more to ask for."""
        try:
            intent = next(policy)
            while True:
                state, _ = self.step(state, intent)
                intent = policy.send(state.seen)
        except StopIteration:
            return state

    def replay(self, intents: Iterable[Intent]) -> ProcedureState:
        """Run a recording from the start."""
        state = self.start()
        for intent in intents:
            state, _ = self.step(state, intent)
        return state

    def _carry_out(self, state: ProcedureState, intent: Intent) -> ProcedureState:
        match intent:
            case ChooseDevice(name, arm):
                return self._choose(state, name, arm)
            case Anaesthetise():
                return anaesthetised(state, intent, self.conditions.placement, seed=self.seed)
            case Advance(offset):
                return self._advance(state, np.array(offset))
            case Fire(by_hand):
                return self._fire(state, by_hand)
            case Adjust(along):
                return self._adjust(state, along)
            case Sample(hours):
                return self._sample(state, hours)
            case Withdraw():
                return self._withdraw(state)
            case Film():
                return self._film(state)
            case PlaceClip():
                return self._clip(state)
            case Stop(reason):
                _require(reason in STOP_REASONS, intent, f"reason {reason!r} is unknown")
                return replace(state, step=Step.DEBRIEF, outcome=reason)
            case _:
                return self._own(state, intent)

    def _choose(self, state: ProcedureState, name: str, arm: str) -> ProcedureState:
        _require(state.seen.marked_mm is not None, ChooseDevice, "mark a target first")
        _require(state.truth.tissue.needle is None, ChooseDevice, "withdraw the needle first")
        _require(name in self.devices, ChooseDevice, f"device {name!r} is not in the catalogue")
        _require(arm in self.arms, ChooseDevice, f"arm {arm!r} is none of {', '.join(self.arms)}")
        device = self.devices[name]
        minutes = state.seen.minutes + (arm != state.seen.arm) * load_minutes().lateral_arm
        state = replace(state, seen=replace(state.seen, device=device, arm=arm, minutes=minutes))
        margins = self._margins(state, device, np.zeros(3))
        return replace(state, seen=replace(state.seen, margins=margins))

    def _advance(self, state: ProcedureState, offset_mm: Array) -> ProcedureState:
        seen, truth = state.seen, state.truth
        if seen.device is None or seen.marked_mm is None:
            raise IntentError("advance: mark a target and choose a device first")
        _require(truth.tissue.needle is None, Advance, "the needle is in; withdraw it first")
        aim = self._aim(state, offset_mm)
        tissue, _ = needle.advance(
            truth.tissue,
            seen.device,
            aim,
            errors=self.conditions.placement,
            rng=self._chance(seen, "advance"),
        )
        return replace(
            state,
            step=Step.PREFIRE,
            seen=replace(
                seen,
                commanded=aim,
                margins=self._margins(state, seen.device, offset_mm),
                passes=seen.passes + 1,
                minutes=seen.minutes + load_minutes().advance,
            ),
            truth=replace(truth, tissue=tissue, fired=False),
        )

    def _fire(self, state: ProcedureState, by_hand_mm: float | None = None) -> ProcedureState:
        seen, truth, errors = state.seen, state.truth, self.conditions.placement
        _require(truth.tissue.needle is not None, Fire, "insert the needle first")
        _require(not truth.fired, Fire, "the needle has been fired")
        commanded, margins, marked = seen.commanded, seen.margins, seen.marked_mm
        assert seen.device is not None and commanded is not None and marked is not None
        if by_hand_mm is None:
            chance = self._chance(replace(seen, passes=seen.passes - 1), "fire")
            tissue, pose = needle.fire(truth.tissue, errors=errors, rng=chance)
        else:
            throw = seen.device.throw_mm
            _require(seen.device.kind == "vacuum", Fire, "a gun is not pushed home by hand")
            _require(0.0 < by_hand_mm <= throw, Fire, f"by_hand_mm: above 0, up to {throw:g} mm")
            tissue, pose = needle.push_home(truth.tissue, by_hand_mm, errors=errors)
            commanded = commanded.moved_along(by_hand_mm - throw)
            margins = self._margins_of(state, commanded)
        seen = replace(seen, commanded=commanded, margins=margins)
        target = tissue.original.target
        firing = Firing(
            marked_mm=marked,
            commanded_mm=commanded.centre_mm,
            centre_mm=pose.centre_mm,
            lesion_rest_mm=tissue.original.solids.centres_mm[target].mean(axis=0),
            lesion_mm=tissue.rest_mm[target].mean(axis=0),
            stroke_margin_mm=np.inf if margins is None else margins.stroke_margin_mm,
            problems=() if margins is None else margins.problems,
            by_hand_mm=by_hand_mm,
            pose=pose,
            carried_mm=None if tissue.needle is None else tissue.needle.carried_mm,
        )
        return replace(
            state,
            step=Step.FIRE,
            seen=replace(seen, minutes=seen.minutes + load_minutes().fire),
            truth=replace(truth, tissue=tissue, fired=True, firings=(*truth.firings, firing)),
        )

    def _chance(self, seen: Seen, what: str) -> np.random.Generator:
        """Return the needle's chance in this pass: of the kind of device, not of its variant."""
        assert seen.device is not None
        return stream(self.seed, "needle", what, seen.device.kind, seen.passes)

    def _adjust(self, state: ProcedureState, along_mm: float) -> ProcedureState:
        truth, seen = state.truth, state.seen
        if not truth.fired or seen.commanded is None:
            raise IntentError("adjust: fire the needle first")
        tissue, _ = needle.adjust(truth.tissue, along_mm)
        commanded = seen.commanded.moved_along(along_mm)
        margins = self._margins_of(state, commanded)
        return replace(
            state,
            seen=replace(seen, commanded=commanded, margins=margins),
            truth=replace(truth, tissue=tissue),
        )

    def _sample(self, state: ProcedureState, hours: tuple[float, ...]) -> ProcedureState:
        truth, seen = state.truth, state.seen
        placed = truth.tissue.needle
        if placed is None or not truth.fired:
            raise IntentError("sample: fire the needle first")
        _require(len(hours) > 0, Sample, "no clock hour given")
        _require(all(0.0 < h <= 12.0 for h in hours), Sample, "hours lie above 0 and up to 12")
        _require(
            placed.device.kind == "vacuum" or len(hours) == 1, Sample, "a gun takes one core a pass"
        )
        tissue = truth.tissue
        for hour in hours:
            tissue, _ = take_core(tissue, placed.device, placed.pose, hour)
            if self.conditions.bleeding:
                tissue = bled(tissue, seed=self.seed, patient_seed=self.patient.seed)
        return replace(
            state,
            step=Step.SAMPLE,
            seen=replace(
                seen,
                cores=len(tissue.cores),
                hours=(*seen.hours, *hours),
                minutes=seen.minutes + len(hours) * load_minutes().core,
            ),
            truth=replace(truth, tissue=tissue),
        )

    def _withdraw(self, state: ProcedureState) -> ProcedureState:
        truth = state.truth
        _require(truth.tissue.needle is not None, Withdraw, "no needle is in")
        tissue = needle.withdraw(truth.tissue)
        step = Step.TARGET if truth.clip is None else Step.CLIP
        return replace(state, step=step, truth=replace(truth, tissue=tissue, fired=False))

    def _film(self, state: ProcedureState) -> ProcedureState:
        tissue = state.truth.tissue
        _require(len(tissue.cores) > 0, Film, "no core has been taken")
        tray = lay_out(tissue.cores, tissue.original)
        number = len(state.seen.films)
        rng = stream(self.seed, "film", number) if self.conditions.noise else None
        film = Specimen(specimen_film(tray.specks, tray.boxes_mm, rng=rng), tray.outlines_mm)
        return replace(
            state,
            step=Step.SPECIMEN,
            seen=replace(
                state.seen,
                films=(*state.seen.films, film),
                minutes=state.seen.minutes + load_minutes().film,
            ),
        )

    def _clip(self, state: ProcedureState) -> ProcedureState:
        truth = state.truth
        _require(len(truth.tissue.cores) > 0, PlaceClip, "no core has been taken")
        placed = truth.tissue.needle
        clip = deploy_clip(
            truth.tissue,
            truth.tissue.cores[-1].pose if placed is None else placed.pose,
            thickness_mm=state.seen.thickness_mm,
            model=load_clip_models()[self.guidance],
            compression_axis=self.compression_axis,
            rng=stream(self.seed, "clip"),
        )
        return replace(
            state,
            step=Step.CLIP,
            seen=replace(state.seen, minutes=state.seen.minutes + load_minutes().clip),
            truth=replace(truth, clip=clip),
        )

    def _events(self, old: ProcedureState, new: ProcedureState, intent: Intent) -> Iterable[Event]:
        if new.step is not old.step:
            yield Event("step", new.step)
        for shot in new.seen.shots[len(old.seen.shots) :]:
            yield Event("exposure", f"{shot.phase} {shot.view}")
        margins = new.seen.margins
        if isinstance(intent, Fire) and margins is not None and margins.problems:
            yield Event("unsafe fire", "; ".join(margins.problems))
        if new.outcome is not None:
            yield Event("stopped", new.outcome)


def _require(condition: bool, intent: Intent | type[Intent], problem: str) -> None:
    if not condition:
        raise IntentError(f"{intent.name}: {problem}")
