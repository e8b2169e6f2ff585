"""Taking one source of error away, to see what it is worth; for experiments only.

Everything else stays as it is, the random numbers too: the same woman is biopsied by the same hand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from stereosim.biopsy.needle import PlacementModel
from stereosim.procedures.operators.skill import Skill
from stereosim_phantoms.provenance import SpecError

# What can be taken away, and what that means.
SOURCES = {
    "aim": "the error with which the arm or the hand brings the needle in",
    "carry": "tissue that the needle carries along",
    "deflection": "the needle's side deviation on firing",
    "motion": "the patient's motion and breath",
    "marks": "the imprecision of the operator's marks",
    "anaesthetic": "local anaesthetic: none is given",
    "bleeding": "blood from the cores",
}


def check_sources(names: Collection[str]) -> tuple[str, ...]:
    """Return `names` in the order of :data:`SOURCES`, each once.

    Raises
    ------
    SpecError
        Naming the first that is not known.
    """
    for name in names:
        if name not in SOURCES:
            raise SpecError(f"without: {name!r} is none of {', '.join(SOURCES)}")
    return tuple(name for name in SOURCES if name in names)


def placement_without(model: PlacementModel, names: Collection[str]) -> PlacementModel:
    """Return the errors of the needle without those of `names`."""
    if "aim" in names:
        none = (0.0, 0.0)
        model = replace(
            model,
            aim_sd_mm=(0.0, 0.0, 0.0),
            direction_sd_deg=none,
            steer_share_sd=0.0,
            advance_sd_mm=0.0,
            wander_deg_per_root_mm=0.0,
        )
    if "carry" in names:
        model = replace(model, push_mm=0.0, push_sd_mm=0.0, hand_carry=0.0)
    if "deflection" in names:
        model = replace(model, deviation_factor=0.0)
    if "motion" in names:
        model = replace(model, motion_sd_mm=0.0)
    return model


def skill_without(skill: Skill, names: Collection[str]) -> Skill:
    """Return the operator without the unsteadiness of the marks, if that is in `names`."""
    return replace(skill, click_sd_px=0.0) if "marks" in names else skill
