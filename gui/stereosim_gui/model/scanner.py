"""What the engine asks of the simulator for ultrasound: frames, stills, outline, margins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.display import Picture, pyramid
from stereosim_gui.model.sonogram import Sonogram

if TYPE_CHECKING:
    from stereosim.biopsy.pose import NeedlePose
    from stereosim.biopsy.safety import Margins
    from stereosim.procedures.intents import Insert, Look
    from stereosim.procedures.procedure import Procedure
    from stereosim.procedures.state import ProcedureState, Still
    from stereosim_phantoms.supine import SupineMap

Array = NDArray[np.float64]

_OUTLINE_POINTS = 180


def live_sonogram(procedure: Procedure, state: ProcedureState, look: Look) -> Sonogram:
    """Return what the machine shows at `look`; raises IntentError where it shows nothing."""
    from stereosim.procedures.ultrasound import UltrasoundProcedure

    assert isinstance(procedure, UltrasoundProcedure)
    return Sonogram.of(procedure.live_frame(state, look), look)


def prepare(procedure: Procedure, look: Look) -> bool:
    """Make one piece of the tissue near the probe; return False when all of it is there."""
    from stereosim.procedures.ultrasound import UltrasoundProcedure

    assert isinstance(procedure, UltrasoundProcedure)
    return procedure.prepare(look)


def skin_outline(supine: SupineMap) -> Array:
    """Return the edge of the supine breast on the chest, x and y, shape (n, 2)."""
    # (x / a)^2 + (y / b)^4 = 1: sin(t) is y / b, so that no part of it is crossed in one step.
    t = np.linspace(0.0, 2.0 * np.pi, _OUTLINE_POINTS, endpoint=False)
    x = float(supine.shape[2]) * np.cos(t) * np.sqrt(1.0 + np.sin(t) ** 2)
    return np.column_stack([x, 0.5 * supine.width_mm * np.sin(t)])


def pose_by_hand(approach: Insert, target_mm: Array) -> NeedlePose:
    """Return the pose on the line of `approach` with its aperture nearest to the target."""
    from stereosim.biopsy.pose import NeedlePose

    entry = np.array([*approach.entry_mm, 0.0])
    pose = NeedlePose.from_angles(entry, approach.azimuth_deg, approach.tilt_deg)
    return pose.moved_along(float((np.asarray(target_mm) - entry) @ pose.axis))


def margins_by_hand(procedure: Procedure, approach: Insert, target_mm: Array) -> dict[str, Margins]:
    """Return the margins of every device on the line of `approach`, aperture at the target.

    The chest wall is at its nominal depth, as in the procedure once the needle is in.
    """
    from stereosim.biopsy.safety import freehand_check

    pose = pose_by_hand(approach, target_mm)
    supine = procedure.patient.supine.nominal
    found = {}
    for name, device in procedure.devices.items():
        wall = supine.chest_wall_depth_mm(pose.tip_mm(device)[None])
        found[name] = freehand_check(device, pose, chest_wall_mm=float(wall[0]))
    return found


def still_picture(still: Still, number: int) -> Picture:
    """Return a frame that was kept, as it is shown among the other pictures."""
    from stereosim.imaging.ultrasound.frame import bmode

    frame, pose = still.frame, still.frame.pose
    return Picture(
        view="ultrasound",
        phase=still.phase,
        kind="ultrasound",
        levels=pyramid(bmode(frame)),
        pixel_mm=(frame.column_mm, frame.row_mm),
        number=number,
        facts=(("x_mm", pose.x_mm), ("y_mm", pose.y_mm), ("angle_deg", pose.angle_deg)),
    )
