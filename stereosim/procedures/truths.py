"""What a debriefing consists of: plain numbers and arrays, no words.

Points are in the frame of the arm: support for a stereotactic procedure, supine under ultrasound.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Parts of an error.  Stereotactic marks are split further: choice, hand, and so on.
PARTS = (
    "marking",  # ultrasound: the place marked
    "choice",  # the speck marked lies beside the middle of the target
    "wrong-calcification",  # it belongs to no target
    "wrong-pairing",  # the two marks are on different specks
    "empty-mark",  # a mark is on no speck
    "patient-motion",
    "unit-geometry",  # the unit does not stand where its console believes
    "hand",  # marks beside the images of the specks
    "intended-offset",
    "needle-deviation",
    "tissue-pushed",
)
CAUSES = (*PARTS, "unsafe-fire", "marked-well")


@dataclass(frozen=True, eq=False)
class MarkTruth:
    """What one mark of a pair was set on.

    Attributes
    ----------
    view : str
        ``"left"`` or ``"right"``.
    exposure : int
        Which shot of ``Seen.shots`` it was set in.
    mark_px, speck_px : ndarray of 2
        The mark, and the nearest true speck as that exposure showed it (patient's motion included).
    speck : int
        Index of that speck.
    distance_mm : float
        Between them, at the speck's depth.
    on_target : bool
        Whether that speck belongs to the target cluster.
    """

    view: str
    exposure: int
    mark_px: Array
    speck_px: Array
    speck: int
    distance_mm: float
    on_target: bool


@dataclass(frozen=True, eq=False)
class PairTruth:
    """What a marked pair was worth; its five parts add up to the marking error of the firing.

    Attributes
    ----------
    left, right : MarkTruth
        The two marks.
    choice_mm : ndarray of 3
        Middle of the two specks marked minus centroid of the target: a speck beside the middle.
    pairing_mm : ndarray of 3
        What marking two different specks adds; 0 where both marks are on one.
    motion_mm : ndarray of 3
        What the patient's motion between the exposures adds.
    geometry_mm : ndarray of 3
        What a console adds that takes source or detector for elsewhere than they are.
    hand_mm : ndarray of 3
        What the marks' distance from the images of the specks adds.
    verdicts : tuple of str
        Of ``"marked-well"``, ``"wrong-pairing"``, ``"wrong-calcification"``, ``"empty-mark"``.
    """

    left: MarkTruth
    right: MarkTruth
    choice_mm: Array
    pairing_mm: Array
    motion_mm: Array
    geometry_mm: Array
    hand_mm: Array
    verdicts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FiringTruth:
    """One firing: ``error = marking + intended + needle + tissue``, each of shape (3,), mm.

    Attributes
    ----------
    number : int
        From 1 upward.
    error_mm : ndarray
        Aperture's centre minus centroid of the target at that moment.
    marking_mm : ndarray
        Place marked minus centroid of the target before anything was done.
    intended_mm : ndarray
        Place commanded minus place marked: an offset on purpose; 0 of a needle steered by hand.
    needle_mm : ndarray
        Where the needle went minus where it was told to go, by hand to the place marked.
    tissue_mm : ndarray
        How far the target had been carried away, with its sign in the sum (rest minus now): by the
        needle that is in, and by all that `shifted_mm` names.
    lesion_mm, centre_mm : ndarray
        The target's centroid and the aperture's centre at that moment.
    stroke_margin_mm : float
        What the console showed; infinite where there is none.
    reason : str
        Under ultrasound, why that place was marked: ``"specks"``, ``"correlate"``, ``"blind"``.
    pair : PairTruth or None
        What the marks were worth; None under ultrasound, and where no speck was left to mark.
    causes : tuple of str
        What is to be said about it, the heaviest first; members of ``CAUSES``.
    dominant : tuple of three str
        For x, y and z the part that makes most of the error, a member of ``PARTS``, or
        ``"within-tolerance"``.
    cores : tuple of int
        Numbers of the cores taken from this firing.
    shifted_mm : ndarray
        The part of `tissue_mm` that is not this needle's doing: anaesthetic and blood have pushed
        the target, cavities of earlier cores have drawn it in; under ultrasound, breath.
    """

    number: int
    error_mm: Array
    marking_mm: Array
    intended_mm: Array
    needle_mm: Array
    tissue_mm: Array
    lesion_mm: Array
    centre_mm: Array
    stroke_margin_mm: float
    reason: str
    pair: PairTruth | None
    causes: tuple[str, ...]
    dominant: tuple[str, str, str]
    cores: tuple[int, ...]
    shifted_mm: Array = field(default_factory=lambda: np.zeros(3))


@dataclass(frozen=True, eq=False)
class CoreTruth:
    """What one core holds.

    Attributes
    ----------
    number : int
        From 1 upward.
    firing : int
        Number of the firing that it was taken from.
    hour : float
        Clock hour.
    device : str
        Name of the device.
    mass_mg : float
        Its mass.
    specks : tuple of int
        Indices of the specks of which it holds at least a part.
    target_specks : int
        How many of them belong to the target.
    centre_mm, axis : ndarray of 3
        Aperture's centre and direction toward the tip.
    shares : tuple of float
        Share of the volume of each of its specks that is in it: 1 whole, less where it was cut.
    """

    number: int
    firing: int
    hour: float
    device: str
    mass_mg: float
    specks: tuple[int, ...]
    target_specks: int
    centre_mm: Array
    axis: Array
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class ExposureCost:
    """One exposure: what it showed and what it cost."""

    number: int
    view: str
    phase: str
    dose_mgy: float


@dataclass(frozen=True, eq=False)
class Debriefing:
    """The truth about a procedure.

    Attributes
    ----------
    guidance, frame : str
        ``"stereotactic"`` and ``"support"``, or ``"ultrasound"`` and ``"supine"``.
    firings : tuple of FiringTruth
        Each firing.
    cores : tuple of CoreTruth
        Each core.
    exposures : tuple of ExposureCost
        Each X-ray exposure of the patient.
    specks_mm : ndarray, shape (n, 3)
        All specks before anything was done.
    diameters_mm : ndarray, shape (n,)
        Their diameters.
    target, removed : ndarray of bool, shape (n,)
        Those of the target; those that left the breast, with nothing left behind.
    target_mm : ndarray of 3
        Centroid of the target's specks.
    fraction_removed : float
        Removed target specks over all; NaN without any.
    lesion_mm3, lesion_fraction_removed : float
        Volume of the ellipsoid that holds the target's specks, and the share of it that was taken.
    removed_mg : float
        Mass of all cores.
    clip_mm : ndarray of 3 or None
        Where the clip settled in the released breast, from the target's middle there.
    passes : int
        Insertions.
    minutes, dose_mgy : float
        Time and mean glandular dose.
    blood_ml, anaesthetic_ml : float
        Blood that the cavities hold at the end, and local anaesthetic given.
    undone : int
        Steps that were taken back.
    removed_shares : ndarray, shape (n,)
        Share of each speck's volume that left the breast: neither 0 nor 1 where it was cut.
    """

    guidance: str
    frame: str
    firings: tuple[FiringTruth, ...]
    cores: tuple[CoreTruth, ...]
    exposures: tuple[ExposureCost, ...]
    specks_mm: Array
    diameters_mm: Array
    target: NDArray[np.bool_]
    removed: NDArray[np.bool_]
    target_mm: Array
    fraction_removed: float
    lesion_mm3: float
    lesion_fraction_removed: float
    removed_mg: float
    clip_mm: Array | None
    passes: int
    minutes: float
    dose_mgy: float
    blood_ml: float = 0.0
    anaesthetic_ml: float = 0.0
    undone: int = 0
    removed_shares: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def clip_distance_mm(self) -> float | None:
        """Distance from the clip to the target's centroid; None without a clip."""
        return None if self.clip_mm is None else float(np.linalg.norm(self.clip_mm))


@dataclass(frozen=True, eq=False)
class ShotTruth:
    """The true specks over one exposure.

    Attributes
    ----------
    pixels : ndarray, shape (k, 2)
        (column, row) of each speck in the breast, as this exposure showed it.
    specks : ndarray of int, shape (k,)
        Their indices.
    target : ndarray of bool, shape (k,)
        Those of the target.
    """

    pixels: Array
    specks: NDArray[np.int64]
    target: NDArray[np.bool_]
