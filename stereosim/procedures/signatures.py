"""How an error of targeting shows on the post-fire pair: where the target lies from the needle.

In each view the reader holds the group of specks against the aperture, on the detector:

=============  ====================================================================================
along x        off to the same side in both views, by about as much
along y        off along y in both views, by as much
along z        off to opposite sides along x in the two views
wrong partner  on the needle in one view and off in the other: what was marked was the target there
motion         the needle is where it was sent, and the specks have moved since they were marked
=============  ====================================================================================

The rule reads images only.  It says what a picture looks like, not why: a needle that went astray
along x and z can look like a wrong partner, and only the y mismatch of the marks tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.projection import project
from stereosim.procedures.published import load_training

if TYPE_CHECKING:
    from stereosim.geometry.views import View
    from stereosim.procedures.operators.reading import Reader
    from stereosim.procedures.state import Seen

Array = NDArray[np.float64]

KINDS = ("dx", "dy", "dz", "one-view", "motion")


@dataclass(frozen=True, eq=False)
class Signature:
    """What the post-fire pair shows.

    Attributes
    ----------
    left_mm, right_mm : ndarray, shape (2,)
        Target's middle minus aperture's centre on the detector of each view, along x and y, mm.
    miss_mm : ndarray, shape (3,)
        The same in the support frame, as the two views give it.
    needle_mm : ndarray, shape (3,)
        Aperture as it shows minus where it was sent; 0 where the tip was not made out.
    moved_mm : ndarray, shape (3,), or None
        How far the specks have moved since the pair that was marked; None where too few are
        recognised.  Along the needle it carries them itself.
    kinds : tuple of str
        Which of ``KINDS`` it looks like; empty where the target lies on the aperture.
    """

    left_mm: Array
    right_mm: Array
    miss_mm: Array
    needle_mm: Array
    moved_mm: Array | None
    kinds: tuple[str, ...]


def read_signature(seen: Seen, reader: Reader) -> Signature | None:
    """Read the newest post-fire pair; None where it shows no group near the marked place.

    Parameters
    ----------
    seen : Seen
        With a post-fire pair.
    reader : Reader
        Who reads it.  Within ``search.centred_mm`` nothing is called off.

    Raises
    ------
    LookupError
        Where no such pair has been made.
    """
    assert seen.device is not None and seen.commanded is not None and seen.marked_mm is not None
    reading = reader.postfire(seen, seen.device)
    if reading is None:
        return None
    views = tuple(image.view for image in seen.pair("postfire"))
    ends = np.array([reading.centre_mm, reading.lesion_mm])
    left, right = (_on_detector(view, ends) for view in views)
    needle = reading.centre_mm - seen.commanded.centre_mm
    before = reader.match_near(seen, "target", seen.marked_mm)
    moved = reader.moved(before, reading.matches, fewest=2)
    miss = reading.miss_mm
    kinds = _kinds(left, right, miss, needle, moved, reader.search.centred_mm)
    return Signature(left, right, miss, needle, moved, kinds)


def _on_detector(view: View, ends_mm: Array) -> Array:
    """Return the step between the images of two points, shape (2,): along x and y, mm."""
    (c0, r0), (c1, r1) = project(view, ends_mm)
    step = (c1 - c0) * view.column_mm + (r1 - r0) * view.row_mm
    return np.asarray(step[:2])


def _kinds(
    left: Array, right: Array, miss: Array, needle: Array, moved: Array | None, limit: float
) -> tuple[str, ...]:
    """Return what the picture looks like; nothing closer than `limit` counts as off."""
    found = set()
    small, large = sorted((abs(float(left[0])), abs(float(right[0]))))
    opposite = float(left[0] * right[0]) < 0.0
    if large > 2.0 * limit and small < limit:
        found.add("one-view")
    elif opposite and large > limit:
        found.add("dz")
    elif abs(float(miss[0])) > limit:
        found.add("dx")
    if abs(float(miss[1])) > limit:
        found.add("dy")
    # Tissue goes with the needle along it; across, only the patient moves it.
    still = float(np.hypot(needle[0], needle[1])) <= load_training().tolerance_mm
    if still and moved is not None and float(np.hypot(moved[0], moved[1])) > limit:
        found.add("motion")
    return tuple(kind for kind in KINDS if kind in found)
