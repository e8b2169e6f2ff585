"""What was done after each post-fire image, against what the geometry asked for.

Nothing is judged by how it came out.  The target's true place against the aperture says what would
be right; the recording says what was done.  A place read to within a millimetre counts as read
right: whatever would be right for a target so near to the true place is right.

===================================  ============================================================
target's middle from the aperture    what is right
===================================  ============================================================
farther aside than needle and limit  insert anew (`far`: the larger of the reach of a core and the
                                     offset at which a trained operator inserts anew)
aside by less than both (`near`)     cores toward its side
between the two                      either
within `centred_mm` of the axis      cores all round
beyond the ends of the aperture      first move the needle along its axis, or insert anew
===================================  ============================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from stereosim.biopsy.devices import Device, load_devices
from stereosim.procedures.intents import (
    Adjust,
    Advance,
    ChooseDevice,
    Expose,
    Fire,
    Insert,
    Intent,
    Look,
    Sample,
    Steer,
    Withdraw,
)
from stereosim.procedures.operators.skill import load_search, load_skills
from stereosim.procedures.published import load_hints, load_training

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stereosim.procedures.state import Firing, ProcedureState

ACTIONS = (
    "retargeted",  # drawn out and inserted anew before any core
    "sampled-towards",  # cores toward the target's side
    "sampled-all-round",
    "sampled-away",  # cores that neither face the target nor go all round
    "stopped",  # no core, no further insertion
)


@dataclass(frozen=True)
class Decision:
    """What was done after one firing whose result had been looked at.

    Attributes
    ----------
    firing : int
        Number of the firing, from 1.
    action : str
        A member of ``ACTIONS``.
    adjusted_mm : float
        How far the needle was moved along its axis before the first core, toward the tip.
    right : tuple of str
        What the geometry asked for: members of ``ACTIONS``, and ``"adjusted"`` where the target lay
        beyond the ends of the aperture.
    correct : bool
        Whether the first core was taken as the geometry asked, or the needle inserted anew where it
        did.
    retarget_correct : bool
        Whether it was inserted anew where it had to be, and not where it need not be.
    """

    firing: int
    action: str
    adjusted_mm: float
    right: tuple[str, ...]
    correct: bool
    retarget_correct: bool


def decisions(state: ProcedureState) -> tuple[Decision, ...]:
    """Return the decisions of a procedure, one for each firing of a vacuum needle looked at.

    A gun has taken its core when it is fired: there is nothing to decide, and it has none.
    """
    devices = load_devices()
    device: Device | None = None
    found, number = [], 0
    for k, intent in enumerate(state.intents):
        if isinstance(intent, ChooseDevice):
            device = devices.get(intent.device)
        elif isinstance(intent, Fire):
            firing = state.truth.firings[number]
            number += 1
            after = _until_next(state.intents[k + 1 :])
            looked = any(isinstance(i, Look) or i == Expose("pair") for i in _before_core(after))
            if not looked or device is None or firing.pose is None:
                continue
            if device.kind == "vacuum":
                found.append(_decision(number, firing, device, after))
    return tuple(found)


def right_actions(lateral_mm: float, along_mm: float, device: Device) -> tuple[str, ...]:
    """Return what is right for a target so far from the needle's axis and along it.

    Parameters
    ----------
    lateral_mm, along_mm : float
        Target's middle from the aperture's centre: across the axis, and along it.
    device : Device
        Its reach and the length of its aperture count.
    """
    tolerance = load_training().tolerance_mm
    near_by = product((-tolerance, 0.0, tolerance), repeat=2)
    right: set[str] = set()
    for across, along in near_by:
        right |= _exactly(max(lateral_mm + across, 0.0), abs(along_mm + along), device)
    return tuple(name for name in (*ACTIONS, "adjusted") if name in right)


def _exactly(lateral: float, along: float, device: Device) -> set[str]:
    search, limit = load_search(), load_skills()["trained"].retarget_mm
    near, far = sorted((device.reach_mm, limit))
    if lateral > far:
        return {"retargeted"}
    if along > device.aperture_mm / 2.0 - search.aperture_inside_mm:
        return {"adjusted", "retargeted"}
    if lateral > near:
        return {"retargeted", "sampled-towards"}
    return {"sampled-all-round" if lateral <= search.centred_mm else "sampled-towards"}


def _decision(number: int, firing: Firing, device: Device, after: Sequence[Intent]) -> Decision:
    assert firing.pose is not None
    right, twelve, along = firing.pose.frame @ (firing.lesion_mm - firing.centre_mm)
    lateral = float(np.hypot(right, twelve))
    before = _before_core(after)
    moved = sum(i.along_mm for i in before if isinstance(i, Adjust | Steer))
    asked = right_actions(lateral, float(along), device)
    cores = next((i for i in after if isinstance(i, Sample)), None)
    if cores is not None:
        action = _sampling(cores.hours, float(np.arctan2(right, twelve)), device)
        # By then it is what is left along the needle that counts.
        correct = action in right_actions(lateral, float(along) - moved, device)
    else:
        again = isinstance(after[-1], Advance | Insert) if after else False
        action = "retargeted" if again else "stopped"
        correct = action in asked
    anew = action == "retargeted"
    must, may = asked == ("retargeted",), "retargeted" in asked
    return Decision(number, action, moved, asked, correct, anew if must else may or not anew)


def _sampling(hours: tuple[float, ...], target_rad: float, device: Device) -> str:
    """Return how cores at these hours lie to a target in that direction."""
    angles = np.sort(np.radians(30.0 * np.array(hours)) % (2.0 * np.pi))
    if np.cos(angles - target_rad).mean() > load_hints().towards_cosine:
        return "sampled-towards"
    gaps = np.diff(angles, append=angles[0] + 2.0 * np.pi)
    covered = gaps.max() <= np.radians(device.capture_angle_deg) + 1e-9
    return "sampled-all-round" if covered else "sampled-away"


def _until_next(intents: Sequence[Intent]) -> list[Intent]:
    """Return what was done up to the next insertion, and that insertion with it."""
    taken = []
    for intent in intents:
        taken.append(intent)
        if isinstance(intent, Advance | Insert):
            break
    return taken


def _before_core(intents: Sequence[Intent]) -> list[Intent]:
    """Return what was done with the needle in before the first core."""
    before = []
    for intent in intents:
        if isinstance(intent, Sample | Withdraw):
            break
        before.append(intent)
    return before
