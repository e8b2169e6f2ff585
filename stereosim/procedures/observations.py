"""What a teacher can point out: codes with numbers; whoever shows them writes the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from stereosim.procedures.state import Step

Level = Literal["warning", "note", "good"]
LEVELS: tuple[Level, ...] = get_args(Level)

_BEFORE_NEEDLE = frozenset({Step.SCOUT, Step.PAIR, Step.TARGET})
_BEFORE_FIRING = frozenset({Step.TARGET, Step.PREFIRE})
_NEEDLE_IN = frozenset({Step.FIRE, Step.SAMPLE})
_ALWAYS = frozenset(Step)

# Each observation and the steps at which it still matters.
CODES: dict[str, frozenset[Step]] = {
    # from the read-outs
    "y-mismatch": _BEFORE_FIRING,
    "depth-outside-breast": _BEFORE_FIRING,
    "off-centre-scout": _BEFORE_NEEDLE,
    "thin-breast": _BEFORE_FIRING | _BEFORE_NEEDLE,
    "stroke-margin": _BEFORE_FIRING,
    "skin-margin": _BEFORE_FIRING,
    "window-margin": _BEFORE_FIRING,
    "room-margin": _BEFORE_FIRING,
    "too-short": _BEFORE_FIRING,
    "exposures-many": _ALWAYS,
    # from the images
    "lesion-not-seen": _BEFORE_NEEDLE | {Step.PREFIRE, Step.FIRE},
    "depth-off-group": _BEFORE_FIRING,
    "motion": _BEFORE_NEEDLE | {Step.PREFIRE},
    "prefire-tip": frozenset({Step.PREFIRE}),
    "prefire-tip-not-seen": frozenset({Step.PREFIRE}),
    "postfire-offset": _NEEDLE_IN,
    "postfire-both-same-side": _NEEDLE_IN,
    "postfire-opposite": _NEEDLE_IN,
    "postfire-one-view": _NEEDLE_IN,
    "postfire-y": _NEEDLE_IN,
    "specimen-positive": frozenset({Step.SPECIMEN, Step.CLIP}),
    "specimen-negative": frozenset({Step.SPECIMEN, Step.TARGET}),
    "not-visible-refer": frozenset({Step.SCOUT, Step.TARGET}),
}

# What can mend something.  A remedy with an amount has it in ``Observation.values`` under its name.
REMEDIES = (
    "mark-same-speck",
    "repeat-pair",
    "reposition",  # shift_x_mm, shift_y_mm: the new position
    "petite",  # device
    "petite-aim-shallower",  # device; the amount under "aim-shallower"
    "petite-aim-deeper",
    "aim-shallower",  # mm towards the needle's entry
    "aim-deeper",  # mm away from it
    "less-compression",  # new thickness, mm
    "other-approach",  # name of the approach
    "other-device",  # device
    "blunt",  # device
    "by-hand",  # way to push it, mm
    "lateral-arm",  # name of the arm
    "vertical-arm",
    "second-paddle",  # room that is gained, mm
    "flatter",  # new tilt, degrees
    "steeper",
    "other-guidance",
    "retarget",
    "adjust",  # mm along the needle, positive toward the tip
    "sample-all-round",
    "sample-towards",  # clock hour; the fan is from_hour to to_hour
    "more-cores",
    "refer",
)


@dataclass(frozen=True)
class Observation:
    """One thing that a teacher would point out.

    Attributes
    ----------
    code : str
        What it is; a key of ``CODES``.
    values : dict of str to float or str
        The numbers that belong to it; lengths in mm, the names say so.
    level : {"warning", "note", "good"}
        To be mended before going on; worth knowing; as it should be.
    remedies : tuple of str
        What mends it, the simplest first; members of ``REMEDIES``.  Each was tried out with the
        catalogue: it mends this problem and makes no new one.
    """

    code: str
    values: dict[str, float | str] = field(default_factory=dict)
    level: Level = "warning"
    remedies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a code that nobody could write a text for."""
        unknown = {self.code} - CODES.keys() or set(self.remedies) - set(REMEDIES)
        if unknown:
            raise ValueError(f"unknown code {sorted(unknown)[0]!r}")


def at_step(found: Iterable[Observation], step: Step | None) -> tuple[Observation, ...]:
    """Return what matters at `step` (all of it for None), warnings first."""
    kept = [item for item in found if step is None or step in CODES[item.code]]
    return tuple(sorted(kept, key=lambda item: LEVELS.index(item.level)))
