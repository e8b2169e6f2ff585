"""The state of a procedure: what everybody in the room sees, and the truth that nobody sees.

A state is immutable.  A step of the procedure makes a new one, so undo is the previous state and a
fork (the same patient biopsied with two devices) costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from stereosim.biopsy.clip import Clip
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.lateral import Outline
    from stereosim.biopsy.pose import NeedlePose
    from stereosim.biopsy.safety import Margins
    from stereosim.biopsy.tissue import Tissue
    from stereosim.geometry.targets import Triangulation
    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.imaging.ultrasound.sweep import Sweep
    from stereosim.imaging.xray import XrayImage
    from stereosim.procedures.intents import Intent
    from stereosim_phantoms.referral import Referral


class Step(StrEnum):
    """The named steps of a procedure, in order."""

    POSITION = "position"
    SCOUT = "scout"
    PAIR = "pair"
    TARGET = "target"
    PREFIRE = "prefire"
    FIRE = "fire"
    SAMPLE = "sample"
    SPECIMEN = "specimen"
    CLIP = "clip"
    DEBRIEF = "debrief"


@dataclass(frozen=True)
class Shot:
    """One X-ray exposure of the series.

    Attributes
    ----------
    view : str
        ``"scout"``, ``"left"`` or ``"right"``.
    phase : str
        ``"scout"``, ``"target"``, ``"prefire"``, ``"postfire"``, or ``"postclip"``: the clip is
        placed and the needle withdrawn.
    image : XrayImage
        The pixels.
    raised_mm : float
        How far above the support the breast lay, on a second paddle.
    """

    view: str
    phase: str
    image: XrayImage
    raised_mm: float = 0.0


@dataclass(frozen=True)
class Still:
    """One ultrasound frame that was kept.

    Attributes
    ----------
    phase : str
        ``"search"``, ``"target"`` (a place is marked), ``"prefire"`` or ``"postfire"``.
    frame : Frame
        The image and where the probe stood.
    """

    phase: str
    frame: Frame


@dataclass(frozen=True)
class Specimen:
    """The radiograph of the cores and where each core lies on the tray.

    Attributes
    ----------
    image : XrayImage
        The film.
    core_boxes_mm : ndarray, shape (n_cores, 4)
        x0, y0, x1, y1 of each core on the tray, mm.
    """

    image: XrayImage
    core_boxes_mm: NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """All that the operator has: read-outs, images and the referral; never the truth.

    Attributes
    ----------
    guidance : str
        ``"stereotactic"`` or ``"ultrasound"``.
    referral : Referral
        What the diagnostic work-up reported.
    thickness_mm : float
        Compressed thickness that the stand displays.
    approach : str
        From where the needle comes, ``"craniocaudal"`` or ``"caudocranial"``.
    shift_mm : tuple of two floats
        How the breast was positioned.
    second_paddle : bool
        Whether it lies on a second open paddle.
    outline : Outline or None
        The outside of the breast in the stand, which everybody in the room sees.
    shots : tuple of Shot
        Every exposure so far.
    first_shot : int
        Index of the first exposure of the breast as it is positioned now.
    sweeps : tuple of Sweep
        Every ultrasound sweep so far.
    stills : tuple of Still
        Every ultrasound frame that was kept.
    target : Triangulation or None
        What the marks triangulate to (stereotactic), support frame.
    marked_mm : ndarray of 3 or None
        The place marked for biopsy: support frame, or supine frame under ultrasound.
    marked_reason : str
        Under ultrasound, why it was marked.
    device : Device or None
        The needle chosen.
    arm : str
        How the unit holds it: ``"vertical"``, ``"lateral-left"`` or ``"lateral-right"``.
    margins : Margins or None
        Stroke and skin margins of that device where it is aimed.
    commanded : NeedlePose or None
        Where the needle was told to be after firing.
    films : tuple of Specimen
        The specimen radiographs.
    passes, cores : int
        Insertions and cores so far.
    hours : tuple of float
        Clock hours sampled so far.
    anaesthetic_ml : float
        Local anaesthetic given so far.
    minutes, dose_mgy : float
        Time and mean glandular dose so far.
    """

    guidance: str
    referral: Referral
    thickness_mm: float
    approach: str = "craniocaudal"
    shift_mm: tuple[float, float] = (0.0, 0.0)
    second_paddle: bool = False
    outline: Outline | None = None
    shots: tuple[Shot, ...] = ()
    first_shot: int = 0
    sweeps: tuple[Sweep, ...] = ()
    stills: tuple[Still, ...] = ()
    target: Triangulation | None = None
    marked_mm: NDArray[np.float64] | None = None
    marked_reason: str = ""
    device: Device | None = None
    arm: str = "vertical"
    margins: Margins | None = None
    commanded: NeedlePose | None = None
    films: tuple[Specimen, ...] = ()
    passes: int = 0
    cores: int = 0
    hours: tuple[float, ...] = ()
    anaesthetic_ml: float = 0.0
    minutes: float = 0.0
    dose_mgy: float = 0.0

    @property
    def exposures(self) -> int:
        """Number of X-ray exposures of the patient (a specimen film is none)."""
        return len(self.shots)

    def pair(self, phase: str) -> tuple[XrayImage, XrayImage]:
        """Return the newest left and right image of `phase`, of the present positioning.

        Raises
        ------
        LookupError
            Where no such pair has been made.
        """
        found = {}
        for shot in self.shots[self.first_shot :]:
            if shot.phase == phase:
                found[shot.view] = shot.image
        if not {"left", "right"} <= found.keys():
            raise LookupError(f"no {phase} pair has been made")
        return found["left"], found["right"]


@dataclass(frozen=True, eq=False)
class Firing:
    """What one firing was meant to do and what it did; points of shape (3,) in the arm's frame.

    Attributes
    ----------
    marked_mm : ndarray
        The place that had been marked.
    commanded_mm : ndarray
        Where the aperture's centre was to come to lie.
    centre_mm : ndarray
        Where it came to lie.
    lesion_rest_mm, lesion_mm : ndarray
        Centroid of the target specks before anything was done, and at this moment (pushed by the
        needle, moved by the patient).
    stroke_margin_mm : float
        What the console showed for where it was sent; by hand, for the way that it was pushed.
    problems : tuple of str
        What forbade it, as the console said; empty where it was safe.
    by_hand_mm : float or None
        How far it was pushed home by hand; None where it was fired.
    pose : NeedlePose or None
        The needle's true pose; None in states of older versions.
    carried_mm : ndarray or None
        How far the needle had carried the tissue along; None likewise.
    """

    marked_mm: NDArray[np.float64]
    commanded_mm: NDArray[np.float64]
    centre_mm: NDArray[np.float64]
    lesion_rest_mm: NDArray[np.float64]
    lesion_mm: NDArray[np.float64]
    stroke_margin_mm: float
    problems: tuple[str, ...] = ()
    by_hand_mm: float | None = None
    pose: NeedlePose | None = None
    carried_mm: NDArray[np.float64] | None = None

    @property
    def error_mm(self) -> NDArray[np.float64]:
        """Aperture minus lesion."""
        error: NDArray[np.float64] = self.centre_mm - self.lesion_mm
        return error


@dataclass(frozen=True)
class Truth:
    """What really is: hidden from every operator, shown at the debrief.

    Attributes
    ----------
    tissue : Tissue
        Specks where they are now, the needle that is in, the cores taken (support or supine frame).
    fired : bool
        Whether the needle has been fired in this pass.
    firings : tuple of Firing
        One for each time that the needle was fired.
    clip : Clip or None
        Where the clip was deployed and where it came to lie after release.
    exposed : tuple of Tissue
        The tissue as it was at each X-ray exposure.
    """

    tissue: Tissue
    fired: bool = False
    firings: tuple[Firing, ...] = ()
    clip: Clip | None = None
    exposed: tuple[Tissue, ...] = ()

    @property
    def error_mm(self) -> NDArray[np.float64] | None:
        """Aperture centre minus centroid of the target specks at the first firing, arm's frame."""
        return self.firings[0].error_mm if self.firings else None


@dataclass(frozen=True)
class ProcedureState:
    """A procedure at one moment.

    Attributes
    ----------
    step : Step
        Where in the flow it is.
    seen : Seen
        What the operator gets.
    truth : Truth
        What the operator does not get.
    intents : tuple of Intent
        Everything asked for so far: the recording.
    outcome : str or None
        The reason given when it was stopped.
    """

    step: Step
    seen: Seen
    truth: Truth = field(repr=False)
    intents: tuple[Intent, ...] = ()
    outcome: str | None = None
