"""Finding the target again: where the foci that were marked lie in the images of now.

Anaesthetic, blood, needle and breath move the target, and hide it or show what it is not.  Where
too little is seen again there is only the memory of where it was.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.pose import NeedlePose
from stereosim.imaging.ultrasound.frame import Frame
from stereosim.imaging.ultrasound.observer import find_foci
from stereosim.imaging.ultrasound.sweep import STEP_MM, Sweep
from stereosim.procedures.intents import Intent, Look
from stereosim.procedures.operators.skill import Search
from stereosim.procedures.state import Seen

Array = NDArray[np.float64]
_KNOB_MM = 5.0  # steps of depth and focus on the machine
_APART_MM = 2.0 * STEP_MM  # between looks beside each other; as far from a plane a focus is in it


@dataclass(frozen=True, eq=False)
class Target:
    """What the needle is led to.

    Attributes
    ----------
    place_mm : ndarray (3,)
        Where the aperture's centre is to come, supine frame.
    foci_mm : ndarray (k, 3)
        Single foci of the specks as they were found; none where none were seen.
    """

    place_mm: Array
    foci_mm: Array

    def moved(self, way_mm: Array) -> Target:
        """Return it moved by `way_mm`, shape (3,)."""
        return Target(self.place_mm + way_mm, self.foci_mm + way_mm)


def depth_shown(place_mm: Array, search: Search) -> tuple[float, float]:
    """Return how deep the machine is set to show, and to focus, for a place, mm."""
    deep = float(place_mm[2])
    return max(search.ultrasound_depth_mm, _notch(deep + search.below_mm)), _notch(deep)


def _notch(depth_mm: float) -> float:
    """Return the next depth that the machine's knobs have, at least the first."""
    return _KNOB_MM * max(1.0, math.ceil(depth_mm / _KNOB_MM))


def look_again(
    seen: Seen, marked: Target, search: Search
) -> Generator[Intent, Seen, tuple[Seen, Target | None]]:
    """Pass the probe over the marked place and see where its foci are now.

    None comes back where too few are seen again.  Nobody looks for foci that were never seen.
    """
    if not len(marked.foci_mm):
        return seen, None
    x, y = (float(v) for v in marked.place_mm[:2])
    depth, focus = depth_shown(marked.place_mm, search)
    reach = round(search.seen_again_mm / _APART_MM)
    for k in range(-reach, reach + 1):
        seen = yield Look(x, y + k * _APART_MM, 0.0, depth, focus)
    frames = [still.frame for still in seen.stills[-2 * reach - 1 :]]
    return seen, seen_again(frames, marked, search)


def seen_again(
    frames: Sequence[Frame],
    marked: Target,
    search: Search,
    *,
    needle: NeedlePose | None = None,
    diameter_mm: float = 0.0,
) -> Target | None:
    """Return the target moved as the foci that are seen again have moved; None if too few are.

    Parameters
    ----------
    frames : sequence of Frame
        One, which shows no movement out of its plane, or parallel ones beside each other.
    marked : Target
        Where it was when it was marked.
    search : Search
        How far a focus may have moved, and how many there must be.
    needle, diameter_mm : NeedlePose, float, optional
        A needle that is in the image: its echoes are no specks.
    """
    first = frames[0]
    stack = np.stack([frame.envelope for frame in frames])
    poses = tuple(frame.pose for frame in frames)
    scan = Sweep(stack, poses, first.row_mm, first.column_mm, _APART_MM, first.probe)
    pose, known = first.pose, np.array([1.0, float(len(frames) > 1), 1.0])
    places = pose.image_mm(marked.foci_mm)
    between = (len(frames) - 1) * _APART_MM
    places = places[np.abs(places[:, 1] - 0.5 * between) <= 0.5 * between + _APART_MM]
    foci = find_foci(scan).position_mm
    if needle is not None:
        local = needle.needle_from_points(foci)
        foci = foci[np.hypot(local[:, 0], local[:, 1]) > diameter_mm]
    if not len(places) or not len(foci):
        return None
    away = (pose.image_mm(foci)[None] - places[:, None]) * known
    near = np.linalg.norm(away, axis=2)
    nearest = near.argmin(axis=1)
    moved = away[np.arange(len(places)), nearest][near.min(axis=1) <= search.seen_again_mm]
    if len(moved) < search.seen_again_foci:
        return None
    return marked.moved(pose.supine_mm(np.median(moved, axis=0)) - pose.origin_mm)
