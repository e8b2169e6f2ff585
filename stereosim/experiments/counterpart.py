"""What the other guidance would have shown and got for the same patient.

The simulated operator does it, with the same images and needle errors as in a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from stereosim.experiments.progress import Cancel, Meter, Progress
from stereosim.experiments.trial import SAME_PLACE_MM, Room, what_ultrasound_saw
from stereosim.procedures.operators.stereotactic import StereotacticOperator
from stereosim.procedures.operators.ultrasound import UltrasoundOperator
from stereosim.procedures.procedure import Conditions, Procedure
from stereosim.procedures.scoring import Score, score
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim_phantoms.randomness import derived_seed, stream

if TYPE_CHECKING:
    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.procedures.intents import Intent
    from stereosim.procedures.state import ProcedureState, Seen, Shot
    from stereosim_phantoms.patient import VirtualPatient

    Policy = Generator[Intent, Seen, None]

# What the intents of a usual procedure come to; the progress grows with one that takes more.
_USUAL_INTENTS = {"stereotactic": 13, "ultrasound": 20}


@dataclass(frozen=True, eq=False)
class Counterpart:
    """The other arm of the trainee's patient.

    Attributes
    ----------
    guidance : str
        The guidance of this arm.
    device : str
        The needle used, or the first that would have been.
    device_reason : str
        ``"same family"`` as the trainee's, or ``"usual"``.
    state : ProcedureState
        Its end.
    outcome : str
        As in :class:`~stereosim.procedures.scoring.Score`.
    score : Score
        Its score.
    saw_specks, saw_mass : bool
        Whether what the operator found was specks of the target; was the mass that holds them.
    look : Frame or None
        Under ultrasound, the image at the place marked, or at the place the referral names.
    exposures : tuple of Shot
        Stereotactic: the pair in which the target was looked for, left and right; the scout alone
        where that showed nothing to go on with.
    reason : str
        Why there: ``"specks"``, ``"correlate"``, ``"nothing seen"``; stereotactic ``"specks"`` or
        ``"not found on images"``.
    false_alarm_probability : float or None
        Under ultrasound, how likely a search of as much tissue without any finding reports one
        that stands out as much as what was marked; None where nothing was seen.
    """

    guidance: str
    device: str
    device_reason: str
    state: ProcedureState
    outcome: str
    score: Score
    saw_specks: bool
    saw_mass: bool
    look: Frame | None
    exposures: tuple[Shot, ...]
    reason: str
    false_alarm_probability: float | None = None


def counterpart(
    patient: VirtualPatient,
    room: Room,
    *,
    trainee: str,
    seed: int,
    device: str | None = None,
    trial: int = 0,
    report: Callable[[Progress], None] | None = None,
    cancel: Cancel | None = None,
) -> Counterpart:
    """Let the simulated operator biopsy `patient` under the guidance that the trainee did not use.

    Parameters
    ----------
    patient, room : VirtualPatient, Room
        Who, and with what.
    trainee : str
        The trainee's guidance, ``"stereotactic"`` or ``"ultrasound"``.
    seed : int
        Seed of noise, needle and operator.
    device : str, optional
        The trainee's needle; another variant of its family may be fitted.
    trial : int
        With the seed, the number of the trial whose arm this is (see
        :func:`~stereosim.experiments.trial.run_trial`).
    report : callable, optional
        Receives a :class:`Progress` after every intent.
    cancel : Cancel, optional
        Looked at before every intent.

    Raises
    ------
    CancelledError
        Where it was cancelled.
    """
    chosen = needle_for(room, device, by_hand=trainee == "stereotactic")
    guidance = "ultrasound" if trainee == "stereotactic" else "stereotactic"
    meter = Meter(
        f"what {guidance} guidance would have got",
        _USUAL_INTENTS[guidance],
        report or (lambda progress: None),
    )
    watch = _Watch(meter, cancel or Cancel())
    if guidance == "ultrasound":
        return _ultrasound(patient, room, chosen, derived_seed(seed, trial, guidance), watch)
    hand = stream(seed, trial, "operator"), stream(seed, trial, "operator", *chosen.variants)
    return _stereotactic(patient, room, chosen, derived_seed(seed, trial, guidance), hand, watch)


@dataclass(frozen=True)
class Needle:
    """The needle of an arm: its variants in order of preference, and why it."""

    variants: tuple[str, ...]
    reason: str


def needle_for(room: Room, device: str | None, *, by_hand: bool) -> Needle:
    """Return the trainee's kind of needle, or the usual one where it cannot be used here.

    Parameters
    ----------
    room : Room
        Its catalogue, and the usual needle: the last of its setting.
    device : str or None
        The trainee's needle.
    by_hand : bool
        Whether it must be one that is held by hand.
    """
    if device is not None:
        family = room.devices[device].family
        variants = tuple(
            name
            for name, other in room.devices.items()
            if other.family == family and (other.handheld or not by_hand)
        )
        if variants:
            return Needle(variants, "same family")
    return Needle(room.setting.needles[-1], "usual")


@dataclass(frozen=True)
class _Watch:
    """Tells the progress and looks at the switch, between intents."""

    meter: Meter
    cancel: Cancel

    def run(self, procedure: Procedure, state: ProcedureState, policy: Policy) -> ProcedureState:
        """Let a policy act until it has no more to ask for."""
        try:
            intent = next(policy)
            while True:
                self.cancel.check()
                state, _ = procedure.step(state, intent)
                self.meter.total = max(self.meter.total, self.meter.done + 1)
                self.meter.advance()
                intent = policy.send(state.seen)
        except StopIteration:
            return state


def _ultrasound(
    patient: VirtualPatient, room: Room, needle: Needle, seed: int, watch: _Watch
) -> Counterpart:
    procedure = UltrasoundProcedure(
        patient=patient,
        devices=room.devices,
        conditions=Conditions(True, room.placement["ultrasound"]),
        seed=seed,
        probe=room.probe,
        step_mm=room.setting.sweep_step_mm,
    )
    operator = UltrasoundOperator(room.skill, room.search, room.devices)
    start = procedure.start()
    state = watch.run(procedure, start, operator.localise(start.seen))
    saw = what_ultrasound_saw(patient, operator)
    marked, sweeps = state.seen.marked_mm, state.seen.sweeps
    place = patient.referral.supine_mm if marked is None else marked
    # The strip of the referral's place comes first; what is marked was seen in the last one.
    strip = sweeps[0 if marked is None else -1]
    nearest = int(np.argmin([abs(pose.y_mm - place[1]) for pose in strip.poses]))
    reason = "nothing seen" if marked is None else state.seen.marked_reason
    chance = None
    if marked is None:
        state = watch.run(procedure, state, operator.decline())
    else:
        near = min(operator.findings, key=lambda f: float(np.linalg.norm(f.position_mm - marked)))
        chance = near.false_alarm_probability
        state = watch.run(procedure, state, operator.biopsy(state.seen, needle.variants))
    done = _counterpart(state, needle, saw, reason, look=strip.frame(nearest))
    return replace(done, false_alarm_probability=chance)


def _stereotactic(
    patient: VirtualPatient,
    room: Room,
    needle: Needle,
    seed: int,
    hand: tuple[np.random.Generator, np.random.Generator],
    watch: _Watch,
) -> Counterpart:
    procedure = StereotacticProcedure(
        patient=patient,
        devices=room.devices,
        conditions=Conditions(True, room.placement["stereotactic"]),
        seed=seed,
        machine=room.machine,
        voxel_mm=room.setting.voxel_mm,
    )
    operator = StereotacticOperator(room.skill, room.search, room.unit, room.devices, hand[0])
    start = procedure.start()
    state = watch.run(procedure, start, operator.localise(start.seen))
    saw = False
    shots = state.seen.shots[state.seen.first_shot :]
    looked_in = tuple(shot for shot in shots if shot.phase == "target")[-2:] or shots[-1:]
    marked = state.seen.marked_mm
    if marked is not None:
        tissue = state.truth.tissue
        away = np.linalg.norm(tissue.rest_mm[tissue.original.target] - marked, axis=1)
        saw = bool(away.min() <= SAME_PLACE_MM)
        sampler = replace(operator, rng=hand[1])
        state = watch.run(procedure, state, sampler.biopsy(state.seen, needle.variants))
    reason = "specks" if marked is not None else "not found on images"
    return _counterpart(state, needle, (saw, False), reason, exposures=looked_in)


def _counterpart(
    state: ProcedureState,
    needle: Needle,
    saw: tuple[bool, bool],
    reason: str,
    *,
    look: Frame | None = None,
    exposures: tuple[Shot, ...] = (),
) -> Counterpart:
    result = score(state)
    used = state.seen.device
    return Counterpart(
        guidance=state.seen.guidance,
        device=needle.variants[0] if used is None else used.name,
        device_reason=needle.reason,
        state=state,
        outcome=result.outcome,
        score=result,
        saw_specks=saw[0],
        saw_mass=saw[1],
        look=look,
        exposures=exposures,
        reason=reason,
    )
