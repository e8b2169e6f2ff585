"""What the other guidance would have shown and got for the same patient.

The simulated operator does it, with the same images and needle errors as in a trial.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stereosim.experiments.progress import Cancel, Progress

if TYPE_CHECKING:
    from stereosim.experiments.trial import Room
    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.imaging.xray import XrayImage
    from stereosim.procedures.scoring import Score
    from stereosim.procedures.state import ProcedureState
    from stereosim_phantoms.patient import VirtualPatient


@dataclass(frozen=True, eq=False)
class Counterpart:
    """The other arm of the trainee's patient.

    Attributes
    ----------
    guidance : str
        The guidance of this arm.
    device : str
        The needle allotted.
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
    pair : tuple of two XrayImage, or None
        Stereotactic: the left and the right image in which the target was looked for.
    reason : str
        Why there: ``"specks"``, ``"correlate"``, ``"nothing seen"``; stereotactic ``"specks"`` or
        ``"not found on images"``.
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
    pair: tuple[XrayImage, XrayImage] | None
    reason: str


def counterpart(
    patient: VirtualPatient,
    room: Room,
    *,
    trainee: str,
    seed: int,
    device: str | None = None,
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
        The trainee's needle.
    report : callable, optional
        Receives a :class:`Progress` after every intent.
    cancel : Cancel, optional
        Looked at before every intent.

    Raises
    ------
    CancelledError
        Where it was cancelled.
    """
    raise NotImplementedError
