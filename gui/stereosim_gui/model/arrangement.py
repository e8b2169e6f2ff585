"""Which exposures stand in the panes at a stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stereosim.procedures.intents import Advance, Expose, Fire, Intent
from stereosim_gui.model.display import Series
from stereosim_gui.model.stages import Stage

if TYPE_CHECKING:
    from stereosim.procedures.state import ProcedureState

# The stages at which the scout is what is looked at.
SCOUT_STAGES = (Stage.POSITION, Stage.SCOUT, Stage.PAIR)


def shown_at(stage: Stage, state: ProcedureState, series: Sequence[Series]) -> tuple[int, ...]:
    """Return the indices of the series to be shown, one row each, the reference first.

    Until the pair has been made that is the newest scout; then the target pair, or the pre-fire
    pair of the needle that is in; once the needle has been fired, the post-fire pair stands under
    them, and at the end the pair with the clip.  Only exposures of the present positioning are
    taken; empty where there are none.
    """
    first = state.seen.first_shot

    def newest(phase: str, after: int = first) -> tuple[int, ...]:
        fit = [k for k, s in enumerate(series) if s.phase == phase and s.numbers[0] > after]
        return tuple(fit[-1:])

    if stage in SCOUT_STAGES:
        return newest("scout")
    reference = newest("target")
    if stage in (Stage.PREFIRE, Stage.SAMPLE):
        needle_in = max(first, exposures_before_last(Advance, state.intents))
        reference = newest("prefire", needle_in) or reference
    if stage is Stage.SAMPLE:
        fired = max(first, exposures_before_last(Fire, state.intents))
        return reference + newest("postfire", fired)
    if stage is Stage.CLIP:
        return reference + newest("postclip")
    return reference


def exposures_before_last(kind: type[Intent], intents: Sequence[Intent]) -> int:
    """Return how many exposures had been made when an intent of `kind` was sent last."""
    made = before = 0
    for intent in intents:
        if isinstance(intent, kind):
            before = made
        elif isinstance(intent, Expose):
            made += 1 if intent.what == "scout" else 2
    return before


def positioned_before(state: ProcedureState, series: Sequence[Series]) -> int:
    """Return how many of `series` show the breast as it was positioned before."""
    return sum(one.numbers[0] <= state.seen.first_shot for one in series)
