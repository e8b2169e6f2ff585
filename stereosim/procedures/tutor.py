"""What a teacher at the console would say: observations from what is seen, never from the truth.

:func:`observe` looks at the read-outs and is instant; :func:`observe_images` has the model
observer read the newest images.  An observation is a code with its numbers: whoever shows it writes
the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from stereosim.biopsy.needle import load_placement
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import freehand_check, usual_limits
from stereosim.geometry.alarm import load_alarm
from stereosim.procedures.observations import CODES, REMEDIES, Observation, at_step
from stereosim.procedures.operators.skill import Skill, load_skills
from stereosim.procedures.published import load_training
from stereosim.procedures.reader_notes import off_centre, stereotactic_notes
from stereosim.procedures.reader_notes_ultrasound import ultrasound_notes
from stereosim.procedures.remedies import Freehand, Held, mend, problems

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.geometry.units import Unit
    from stereosim.procedures.state import Seen, Step

__all__ = ["CODES", "REMEDIES", "Observation", "observe", "observe_images"]


def observe(
    seen: Seen,
    *,
    devices: Mapping[str, Device],
    unit: Unit | None = None,
    skill: Skill | None = None,
    step: Step | None = None,
    usual_mm: float | None = None,
) -> tuple[Observation, ...]:
    """Look at the read-outs: marks, margins, exposures.

    Parameters
    ----------
    seen : Seen
        What the trainee has.
    devices : mapping of str to Device
        The catalogue that remedies are chosen from.
    unit : Unit, optional
        The stereotactic unit; needed for a stereotactic procedure.
    skill : Skill, optional
        Whose tolerances count; by default those of ``"trained"``.
    step : Step, optional
        Where the procedure is: what no longer matters there is left out.
    usual_mm : float, optional
        Thickness of the breast in its usual compression: how far it may be loosened.

    Returns
    -------
    tuple of Observation
        Warnings first.
    """
    skill = skill or load_skills()["trained"]
    found = list(_exposures(seen))
    if seen.guidance == "stereotactic":
        if unit is None:
            raise ValueError("unit: a stereotactic procedure needs its unit")
        found += [*_marks(seen, unit, skill), *_thickness(seen)]
    found += _margins(seen, devices, unit, usual_mm)
    return at_step(found, step)


def observe_images(
    seen: Seen,
    *,
    unit: Unit | None = None,
    skill: Skill | None = None,
    step: Step | None = None,
) -> tuple[Observation, ...]:
    """Read the newest images as the model observer does: a quarter of a second, X-ray.

    A sweep takes the observer a second or two the first time that it is met.

    Parameters
    ----------
    seen, unit, skill, step
        As in :func:`observe`.

    Returns
    -------
    tuple of Observation
        Warnings first.
    """
    skill = skill or load_skills()["trained"]
    if seen.guidance == "ultrasound":
        return at_step(ultrasound_notes(seen), step)
    if unit is None:
        raise ValueError("unit: a stereotactic procedure needs its unit")
    return at_step(stereotactic_notes(seen, unit, skill), step)


def _exposures(seen: Seen) -> Iterator[Observation]:
    limit = load_training().exposures
    if seen.exposures > limit:
        yield Observation(
            "exposures-many",
            {"exposures": seen.exposures, "published": limit, "dose_mgy": seen.dose_mgy},
            "note",
        )


def _marks(seen: Seen, unit: Unit, skill: Skill) -> Iterator[Observation]:
    """Yield what the marked pair itself gives away."""
    if seen.target is not None:
        mismatch = seen.target.y_mismatch_mm
        limit = load_alarm().false_alarm_rate
        too_far = abs(mismatch) > skill.y_tolerance_mm
        if too_far or seen.target.p_value < limit:
            yield Observation(
                "y-mismatch",
                {
                    "mismatch_mm": mismatch,
                    "limit_mm": skill.y_tolerance_mm,
                    "p_value": seen.target.p_value,
                    "p_limit": limit,
                },
                # A patient who moves a little gives a small one too.
                "warning" if too_far else "note",
                ("mark-same-speck", "repeat-pair"),
            )
    if seen.marked_mm is None:
        return
    x, y, z = (float(v) for v in seen.marked_mm)
    if not 0.0 < z < seen.thickness_mm:
        yield Observation(
            "depth-outside-breast",
            {"z_mm": z, "depth_mm": seen.thickness_mm - z, "thickness_mm": seen.thickness_mm},
            remedies=("mark-same-speck",),
        )
    beside, outward = x, y - unit.window_centre_y_mm
    shift = (seen.shift_mm[0] + beside, max(0.0, seen.shift_mm[1] + outward))
    gain = float(np.hypot(shift[0] - seen.shift_mm[0], shift[1] - seen.shift_mm[1]))
    if gain > skill.recentre_mm:
        yield off_centre((beside, outward), shift, skill.recentre_mm, "note")


def _thickness(seen: Seen) -> Iterator[Observation]:
    limits = usual_limits()
    if limits.contraindicated_mm <= seen.thickness_mm < limits.difficult_mm:
        values: dict[str, float | str] = {
            "thickness_mm": seen.thickness_mm,
            "limit_mm": limits.difficult_mm,
        }
        yield Observation("thin-breast", values, "note")


def _margins(
    seen: Seen, devices: Mapping[str, Device], unit: Unit | None, usual_mm: float | None
) -> Iterator[Observation]:
    """Yield each margin that forbids firing, with what mends it."""
    if seen.device is None or seen.margins is None or seen.marked_mm is None:
        return
    aimed: Held | Freehand
    if unit is not None and seen.guidance == "stereotactic":
        aimed = Held.of(seen, unit, usual_mm)
        thickness: float | None = seen.thickness_mm if seen.arm == "vertical" else None
    else:
        pose = _freehand_pose(seen)
        if np.linalg.norm(pose.centre_mm - seen.marked_mm) > seen.device.aperture_mm / 2.0:
            return  # led by hand, and still on its way
        wall = seen.margins.stroke_margin_mm + float(pose.tip_mm(seen.device)[2])
        aimed, thickness = Freehand(seen.device, pose, wall), None
    amounts = {
        "stroke-margin": seen.margins.stroke_margin_mm,
        "skin-margin": seen.margins.skin_margin_mm,
        "too-short": seen.margins.length_margin_mm,
        "window-margin": seen.margins.window_margin_mm,
        "room-margin": seen.margins.room_margin_mm,
        "thin-breast": seen.thickness_mm,
    }
    for code in sorted(problems(seen.margins, thickness), key=list(amounts).index):
        remedies, values = mend(code, aimed, devices)
        name = "thickness_mm" if code == "thin-breast" else "margin_mm"
        yield Observation(code, {name: amounts[code], **values}, remedies=remedies)


def _freehand_pose(seen: Seen) -> NeedlePose:
    """Return the pose that the margins on the display belong to."""
    assert seen.device is not None and seen.margins is not None and seen.marked_mm is not None
    usual = NeedlePose.freehand(
        seen.marked_mm,
        entry_distance_mm=load_placement()["freehand"].entry_distance_mm,
        side=(1.0 if seen.marked_mm[0] >= 0.0 else -1.0, 0.0, 0.0),
    )
    if seen.commanded is None:
        return usual
    shown = seen.margins.skin_margin_mm
    in_place = freehand_check(seen.device, seen.commanded).skin_margin_mm
    return seen.commanded if np.isclose(in_place, shown) else usual
