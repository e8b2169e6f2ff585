"""The first images of a patient under each guidance, made by the procedures themselves.

They are what the simulated operator meets first: the breast is positioned, and the probe placed, by
the referral and never by the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stereosim.experiments.trial import Room
from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import Frame, scan_frame
from stereosim.imaging.ultrasound.sweep import scan_box
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.approach import usual_position
from stereosim.procedures.intents import Expose, Look, Position
from stereosim.procedures.operators.ultrasound import UltrasoundOperator
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim_phantoms.cache import default_cache
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.randomness import derived_seed

# Finer than in trials: these images are for looking at.
_VOXEL_MM = 0.3


@dataclass(frozen=True)
class UltrasoundLook:
    """The frame at which the operator stops.

    Attributes
    ----------
    frame : Frame
        The frame.
    reason : str
        Why here: ``"specks"`` or ``"correlate"`` (what the operator found in the sweep), ``"nothing
        seen"`` (the referral's place) or ``"asked for"``.
    """

    frame: Frame
    reason: str


def xray_looks(
    patient: VirtualPatient,
    room: Room,
    *,
    seed: int,
    noise: bool = True,
    position: Position | None = None,
) -> Iterator[XrayImage]:
    """Position the breast and expose: yield the scout, then the left and the right view.

    Parameters
    ----------
    patient, room : VirtualPatient, Room
        Who, and with what.
    seed : int
        Seed of noise and of the patient's small motion.
    noise : bool
        Whether the images carry noise.
    position : Position, optional
        How the breast is positioned; by default as the referral suggests.
    """
    procedure = StereotacticProcedure(
        patient=patient,
        devices=room.devices,
        conditions=Conditions(noise, room.placement["stereotactic"]),
        seed=derived_seed(seed, "stereotactic"),
        machine=room.machine,
        voxel_mm=_VOXEL_MM,
        cache=default_cache(),
    )
    usual = usual_position(patient.referral, room.unit)
    state, _ = procedure.step(procedure.start(), usual if position is None else position)
    for what in ("scout", "pair"):
        before = state.seen.exposures
        state, _ = procedure.step(state, Expose(what))
        for shot in state.seen.shots[before:]:
            yield shot.image


def ultrasound_look(
    patient: VirtualPatient,
    room: Room,
    *,
    seed: int,
    look: Look | None = None,
) -> UltrasoundLook:
    """Sweep around the referral's place and return the frame through what the operator marks.

    Parameters
    ----------
    patient, room : VirtualPatient, Room
        Who, and with what.
    seed : int
        Seed of the electronic noise; the speckle belongs to the tissue.
    look : Look, optional
        How the probe is held and the machine is set; nothing is searched then.
    """
    if look is not None:
        return UltrasoundLook(_frame(patient, room, look, seed), "asked for")
    procedure = UltrasoundProcedure(
        patient=patient,
        devices=room.devices,
        conditions=Conditions(True, room.placement["ultrasound"]),
        seed=derived_seed(seed, "ultrasound"),
        probe=room.probe,
        step_mm=room.setting.sweep_step_mm,
    )
    operator = UltrasoundOperator(room.skill, room.search, room.devices)
    start = procedure.start()
    seen = procedure.run(start, operator.localise(start.seen)).seen
    place = patient.referral.supine_mm if seen.marked_mm is None else seen.marked_mm
    x, y, z = (float(v) for v in place)
    depth = max(room.search.ultrasound_depth_mm, z + room.search.below_mm)
    frame = _frame(patient, room, Look(x, y, depth_mm=depth, focus_mm=z), seed)
    return UltrasoundLook(frame, "nothing seen" if seen.marked_mm is None else seen.marked_reason)


def _frame(patient: VirtualPatient, room: Room, look: Look, seed: int) -> Frame:
    pose = ProbePose(look.x_mm, look.y_mm, look.angle_deg, look.tilt_deg, look.strain)
    held = {"tilt_deg": look.tilt_deg, "strain": look.strain}
    box = scan_box((look.x_mm, look.y_mm), 0.0, room.probe, look.depth_mm, **held)
    return scan_frame(
        Insonated.from_patient(patient, *box),
        pose,
        room.probe,
        seed=derived_seed(seed, "ultrasound"),
        grid=Grid(depth_mm=look.depth_mm),
        focus_mm=look.focus_mm,
    )
