"""The stages that the stepper shows, and which of them a procedure has come to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from stereosim.procedures.state import Step
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

if TYPE_CHECKING:
    from stereosim.procedures.state import ProcedureState


class Stage(StrEnum):
    """A page of the practice window: what is to be done next."""

    POSITION = "position"
    SCOUT = "scout"
    PAIR = "pair"
    SEARCH = "search"
    TARGET = "target"
    NEEDLE = "needle"
    PREFIRE = "prefire"
    SAMPLE = "sample"
    SPECIMEN = "specimen"
    CLIP = "clip"
    DEBRIEF = "debrief"


STAGES: dict[str, tuple[Stage, ...]] = {
    "stereotactic": (
        Stage.POSITION,
        Stage.SCOUT,
        Stage.PAIR,
        Stage.TARGET,
        Stage.NEEDLE,
        Stage.PREFIRE,
        Stage.SAMPLE,
        Stage.SPECIMEN,
        Stage.CLIP,
        Stage.DEBRIEF,
    ),
    "ultrasound": (
        Stage.SEARCH,
        Stage.TARGET,
        Stage.NEEDLE,
        Stage.PREFIRE,
        Stage.SAMPLE,
        Stage.SPECIMEN,
        Stage.CLIP,
        Stage.DEBRIEF,
    ),
}

_NAMES = {
    Stage.POSITION: QT_TRANSLATE_NOOP("Stage", "Position"),
    Stage.SCOUT: QT_TRANSLATE_NOOP("Stage", "Scout"),
    Stage.PAIR: QT_TRANSLATE_NOOP("Stage", "Stereo pair"),
    Stage.SEARCH: QT_TRANSLATE_NOOP("Stage", "Scan"),
    Stage.TARGET: QT_TRANSLATE_NOOP("Stage", "Target"),
    Stage.NEEDLE: QT_TRANSLATE_NOOP("Stage", "Needle"),
    Stage.PREFIRE: QT_TRANSLATE_NOOP("Stage", "Pre-fire"),
    Stage.SAMPLE: QT_TRANSLATE_NOOP("Stage", "Fire and sample"),
    Stage.SPECIMEN: QT_TRANSLATE_NOOP("Stage", "Specimen"),
    Stage.CLIP: QT_TRANSLATE_NOOP("Stage", "Clip"),
    Stage.DEBRIEF: QT_TRANSLATE_NOOP("Stage", "Debrief"),
}


def stage_name(stage: Stage) -> Text:
    """Return how the stepper calls `stage`."""
    return say(_NAMES[stage])


def needle_in(state: ProcedureState) -> bool:
    """Whether a needle is in the breast."""
    return state.truth.tissue.needle is not None


def fired(state: ProcedureState) -> bool:
    """Whether the needle that is in has been fired."""
    return needle_in(state) and state.truth.fired


def has_shot(state: ProcedureState, phase: str) -> bool:
    """Whether the breast, as it is positioned now, has been exposed in `phase`."""
    return any(shot.phase == phase for shot in state.seen.shots[state.seen.first_shot :])


def natural_stage(state: ProcedureState) -> Stage:
    """Return the stage that a procedure has come to: what is to be done next."""
    if state.outcome is not None:
        return Stage.DEBRIEF
    if state.step is Step.CLIP:
        return Stage.CLIP
    if state.step is Step.SPECIMEN:
        return Stage.SPECIMEN
    if needle_in(state):
        return Stage.SAMPLE if fired(state) else Stage.PREFIRE
    if state.seen.marked_mm is not None:
        return Stage.NEEDLE
    if state.seen.guidance == "ultrasound":
        return Stage.SEARCH
    if has_shot(state, "target"):
        return Stage.TARGET
    if has_shot(state, "scout"):
        return Stage.PAIR
    return Stage.POSITION if state.step is Step.POSITION else Stage.SCOUT


def reachable(state: ProcedureState) -> tuple[Stage, ...]:
    """Return the stages that may be opened now, in order; the natural one is among them."""
    stages = STAGES[state.seen.guidance]
    if state.outcome is not None:
        return (Stage.DEBRIEF,)
    open_now = {natural_stage(state)}
    stereotactic = state.seen.guidance == "stereotactic"
    if stereotactic and not state.seen.passes:
        open_now.add(Stage.POSITION)
        if state.step is not Step.POSITION:
            open_now |= {Stage.SCOUT}
            if has_shot(state, "scout"):
                open_now.add(Stage.PAIR)
    if stereotactic and has_shot(state, "target"):
        open_now |= {Stage.PAIR, Stage.TARGET}
    if not stereotactic:
        open_now |= {Stage.SEARCH, Stage.TARGET}
    if state.seen.marked_mm is not None and not needle_in(state):
        open_now.add(Stage.NEEDLE)
    if fired(state):
        open_now.add(Stage.SAMPLE)
    if state.seen.films:
        open_now.add(Stage.SPECIMEN)
    if state.seen.cores:
        open_now |= {Stage.SPECIMEN, Stage.CLIP}
    return tuple(stage for stage in stages if stage in open_now)
