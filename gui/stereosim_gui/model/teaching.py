"""What a teacher at the elbow says: observations of the tutor put into words, and why.

The numbers and what mends a thing come from :mod:`stereosim.procedures.tutor`; here are the
sentences.  Directions are those of the image: +x is to its right, +y up, toward the nipple.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stereosim_gui.model.lessons_of_images import IMAGES
from stereosim_gui.model.lessons_of_readouts import READ_OUTS
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

if TYPE_CHECKING:
    from stereosim.procedures.observations import Observation

Values = Mapping[str, float | str]

# So many letters fit into two lines of the hint bar of a window 1280 pixels wide.
TWO_LINES = 280


@dataclass(frozen=True)
class Lesson:
    """One thing that is said.

    Attributes
    ----------
    code : str
        The observation's code, or ``"stage-..."`` for what belongs to a page.
    level : str
        ``"warning"``, ``"note"``, ``"good"``, or ``"tip"`` for what belongs to a page.
    what : Text
        What there is to be seen, and what to do: two lines at most.
    why : Text
        The longer explanation.
    remedies : tuple of Text
        All that mends it, the simplest first.
    """

    code: str
    level: str
    what: Text
    why: Text
    remedies: tuple[Text, ...] = ()


def lesson(
    observation: Observation, *, labels: Mapping[str, Text], films: int = 0, supine: bool = False
) -> Lesson:
    """Put an observation into words.

    Parameters
    ----------
    observation : Observation
        Of the tutor.
    labels : mapping of str to Text
        What devices are called.
    films : int
        How many specimen films there are: a second empty one calls for more than the first.
    supine : bool
        Whether the patient lies for ultrasound: then the chest wall is behind the needle.
    """
    code, values = observation.code, observation.values
    key = _variant(observation, films=films, supine=supine)
    what, why = (READ_OUTS | IMAGES)[key]
    remedies = tuple(remedy(name, values, labels) for name in observation.remedies)
    if key == "specimen-negative-again":
        remedies = (*remedies, say(_REPORT))
    plain = {name: _shown(name, value) for name, value in values.items()}
    seen = say(what, **plain, **_directions(values))
    if remedies:
        offers = [
            say(_WITH_REMEDY, what=seen, remedy=_joined(remedies[:count])) for count in (2, 1)
        ]
        seen = next((offer for offer in offers if len(offer.english()) <= TWO_LINES), seen)
    return Lesson(code, observation.level, seen, say(why, **plain), remedies)


def remedy(name: str, values: Values, labels: Mapping[str, Text]) -> Text:
    """Return what is to be done about it; `labels` says what devices are called."""
    shown: dict[str, str | float | int | Text] = {}
    for key, value in values.items():
        if value in _APPROACHES:
            shown[key.replace("-", "_")] = say(_APPROACHES[str(value)])
        else:
            plain = _shown(key, value)
            shown[key.replace("-", "_")] = (
                labels.get(plain, plain) if isinstance(plain, str) else plain
            )
    back = name == "adjust" and float(values["adjust"]) < 0.0
    return say(_REMEDIES["adjust-back" if back else name], **shown)


def _shown(name: str, value: float | str) -> float | str:
    """Return a number as the sentences need it: sizes without a sign, whole counts and hours."""
    if isinstance(value, str):
        return value
    if name in _COUNTS:
        return round(value)
    if name in _HOURS:
        return round(value) % 12 or 12
    return float(value) if name in _SIGNED else abs(float(value))


def _variant(observation: Observation, *, films: int, supine: bool) -> str:
    """Return which sentence an observation calls for."""
    code, values = observation.code, observation.values
    if code == "y-mismatch" and observation.level == "note":
        return "y-mismatch-small"
    if code == "stroke-margin" and supine:
        return "stroke-margin-supine"
    if code == "thin-breast" and observation.level == "warning":
        return "thin-breast-too"
    if code == "lesion-not-seen":
        beside = "-beside" if "lateral_mm" in values else ""
        return f"lesion-not-seen-{values['where']}{beside}"
    if code == "motion" and "group_y_mm" not in values:
        return "motion-prefire"
    if code == "prefire-tip":
        return "prefire-tip-off" if observation.level == "warning" else "prefire-tip"
    if code == "postfire-offset":
        return f"postfire-offset-{observation.level}"
    if code == "specimen-negative" and films > 1:
        return "specimen-negative-again"
    return code


def _directions(values: Values) -> dict[str, Text]:
    """Return the signs of the offsets in words."""
    words = {
        name: say(_WORDS[name][0 if value >= 0.0 else 1])
        for name, value in values.items()
        if name in _WORDS and isinstance(value, int | float)
    }
    return {f"{name.removesuffix('_mm')}_way": word for name, word in words.items()}


def _joined(remedies: tuple[Text, ...]) -> Text:
    """Return one or two ways out as one sentence without its full stop."""
    first, *others = remedies
    return say(_OR, one=first, other=others[0]) if others else first


_COUNTS = ("exposures", "published", "cores", "of", "sweeps", "stills")
_HOURS = ("hour", "from_hour", "to_hour", "sample-towards")
_SIGNED = ("shift_x_mm", "shift_y_mm", "z_mm", "depth_mm")

_RIGHT = QT_TRANSLATE_NOOP("Teaching", "to the right")
_LEFT = QT_TRANSLATE_NOOP("Teaching", "to the left")
_UP = QT_TRANSLATE_NOOP("Teaching", "toward the nipple")
_DOWN = QT_TRANSLATE_NOOP("Teaching", "toward the chest wall")
_HIGHER = QT_TRANSLATE_NOOP("Teaching", "above")
_LOWER = QT_TRANSLATE_NOOP("Teaching", "below")
_WORDS = {
    "dx_mm": (_RIGHT, _LEFT),
    "dy_mm": (_UP, _DOWN),
    "dz_mm": (_HIGHER, _LOWER),
    "lesion_dx_mm": (_RIGHT, _LEFT),
    "lesion_dy_mm": (_UP, _DOWN),
    "left_mm": (_RIGHT, _LEFT),
    "right_mm": (_RIGHT, _LEFT),
}
_WITH_REMEDY = QT_TRANSLATE_NOOP("Teaching", "{what} {remedy}.")
_OR = QT_TRANSLATE_NOOP("Teaching", "{one}. Or: {other}")
_REPORT = QT_TRANSLATE_NOOP(
    "Teaching",
    "If it stays empty, stop and say so in the report: the result does not stand for the "
    "calcifications; biopsy again or excise",
)
_APPROACHES = {
    "craniocaudal": QT_TRANSLATE_NOOP("Teaching", "from above (craniocaudal)"),
    "caudocranial": QT_TRANSLATE_NOOP("Teaching", "from below (caudocranial)"),
    "lateral-left": QT_TRANSLATE_NOOP("Teaching", "from the left of the image"),
    "lateral-right": QT_TRANSLATE_NOOP("Teaching", "from the right of the image"),
}

# Sentences without their full stop: they are joined to others.
_REMEDIES: dict[str, tuple[str, str]] = {
    "mark-same-speck": QT_TRANSLATE_NOOP(
        "Teaching", "Mark the same speck in both views: its partner has its shape and its row"
    ),
    "repeat-pair": QT_TRANSLATE_NOOP("Teaching", "Make the pair again and mark it anew"),
    "reposition": QT_TRANSLATE_NOOP(
        "Teaching", "Position again with a shift of x {shift_x_mm:.0f} mm, y {shift_y_mm:.0f} mm"
    ),
    "petite": QT_TRANSLATE_NOOP("Teaching", "Take the short aperture: {petite}"),
    "petite-aim-shallower": QT_TRANSLATE_NOOP(
        "Teaching",
        "Take {petite} and aim {aim_shallower:.1f} mm higher: the target stays in the aperture",
    ),
    "petite-aim-deeper": QT_TRANSLATE_NOOP(
        "Teaching",
        "Take {petite} and aim {aim_deeper:.1f} mm deeper: the target stays in the aperture",
    ),
    "aim-shallower": QT_TRANSLATE_NOOP(
        "Teaching", "Aim {aim_shallower:.1f} mm higher: the target stays in the aperture"
    ),
    "aim-deeper": QT_TRANSLATE_NOOP(
        "Teaching", "Aim {aim_deeper:.1f} mm deeper: the target stays in the aperture"
    ),
    "less-compression": QT_TRANSLATE_NOOP(
        "Teaching", "Compress less, to {less_compression:.0f} mm, and make scout and pair again"
    ),
    "other-approach": QT_TRANSLATE_NOOP(
        "Teaching", "Come from the other side, {other_approach}: position again"
    ),
    "other-device": QT_TRANSLATE_NOOP("Teaching", "Take another needle: {other_device}"),
    "blunt": QT_TRANSLATE_NOOP("Teaching", "Take the blunt tip, which is shorter: {blunt}"),
    "second-paddle": QT_TRANSLATE_NOOP(
        "Teaching",
        "Position again on a second paddle: {second_paddle:.0f} mm more room behind the needle",
    ),
    "lateral-arm": QT_TRANSLATE_NOOP("Teaching", "Use the lateral arm, {lateral_arm}"),
    "vertical-arm": QT_TRANSLATE_NOOP(
        "Teaching", "Take the needle off the lateral arm and come from the paddle"
    ),
    "by-hand": QT_TRANSLATE_NOOP(
        "Teaching", "Push it by hand, {by_hand:.1f} mm and no more, instead of firing"
    ),
    "flatter": QT_TRANSLATE_NOOP("Teaching", "Come flatter, at {flatter:.0f}° to the skin"),
    "steeper": QT_TRANSLATE_NOOP("Teaching", "Come steeper, at {steeper:.0f}° to the skin"),
    "other-guidance": QT_TRANSLATE_NOOP(
        "Teaching",
        "No needle and no approach here can do it: refer for another guidance or for excision",
    ),
    "retarget": QT_TRANSLATE_NOOP(
        "Teaching", "Withdraw, mark the group in the newest pair again, and insert anew"
    ),
    "adjust": QT_TRANSLATE_NOOP("Teaching", "Advance the needle by {adjust:.1f} mm, no firing"),
    "adjust-back": QT_TRANSLATE_NOOP("Teaching", "Draw the needle back by {adjust:.1f} mm"),
    "sample-all-round": QT_TRANSLATE_NOOP("Teaching", "Sample all round the clock"),
    "sample-towards": QT_TRANSLATE_NOOP(
        "Teaching", "Sample toward the group: {from_hour} to {to_hour} o'clock"
    ),
    "more-cores": QT_TRANSLATE_NOOP("Teaching", "Take more cores, at other clock hours"),
    "refer": QT_TRANSLATE_NOOP(
        "Teaching", "Refer for stereotactic biopsy: that is a right decision, not a failure"
    ),
}
