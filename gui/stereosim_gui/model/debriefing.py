"""What the debrief says: the numbers of a :class:`~.review.Review` as words, tables and bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say
from stereosim_gui.model.wording import stop_reason

if TYPE_CHECKING:
    from stereosim.procedures.debriefing import FiringTruth
    from stereosim.procedures.decisions import Decision
    from stereosim_gui.model.review import Review

AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Headline:
    """What it came to, in three lines.

    Attributes
    ----------
    level : str
        ``"good"``, ``"note"`` or ``"warning"``.
    title : Text
        Retrieved or not.
    lines : tuple of Text
        How much was removed, and the main cause.
    """

    level: str
    title: Text
    lines: tuple[Text, ...]


@dataclass(frozen=True)
class AxisError:
    """The error along one axis and what makes it.

    Attributes
    ----------
    axis : str
        ``"x"``, ``"y"`` or ``"z"``.
    error_mm : float
        Middle of the aperture minus middle of the target.
    parts : tuple of (str, float)
        ``"marking"``, ``"intended"``, ``"needle"``, ``"tissue"`` with their mm; they add up.
    cause : Text
        What makes most of it, in words.
    within : bool
        Whether it is no more than the tolerance.
    """

    axis: str
    error_mm: float
    parts: tuple[tuple[str, float], ...]
    cause: Text
    within: bool


@dataclass(frozen=True)
class FiringErrors:
    """One firing for the debrief.

    Attributes
    ----------
    number : int
        From 1 upward.
    axes : tuple of three AxisError
        x, y and z.
    distance_mm : float
        From the middle of the aperture to that of the target.
    said : tuple of Text
        What is to be said about marks and safety, the heaviest first.
    """

    number: int
    axes: tuple[AxisError, ...]
    distance_mm: float
    said: tuple[Text, ...]


# --- headline -------------------------------------------------------------------------------------
def headline(review: Review) -> Headline:
    """Return what it came to."""
    level, title = _result(review)
    lines = [removed(review)]
    if review.facts.firings:
        lines.append(main_cause(review))
    return Headline(level, title, tuple(lines))


def _result(review: Review) -> tuple[str, Text]:
    score = review.score
    if not score.cores:
        return "note", say(_NO_CORE, reason=stop_reason(review.outcome))
    if review.film_positive is None:
        return "warning", say(_NO_FILM)
    if not review.film_positive:
        return "warning", say(_INVISIBLE if score.target_sampled else _EMPTY, n=score.cores)
    if not score.target_sampled:
        return "warning", say(_OTHERS, n=score.cores_with_calcification, of=score.cores)
    return "good", say(_RETRIEVED, n=score.cores_with_calcification, of=score.cores)


def removed(review: Review) -> Text:
    """Return how many of the target's specks were removed."""
    facts = review.facts
    count = int((facts.target & facts.removed).sum())
    return say(
        _REMOVED, n=count, of=int(facts.target.sum()), percent=100.0 * facts.fraction_removed
    )


def main_cause(review: Review) -> Text:
    """Return what made most of the last firing's error."""
    firing = review.facts.firings[-1]
    worst = int(np.abs(firing.error_mm).argmax())
    size = float(firing.error_mm[worst])
    if firing.dominant[worst] == "within-tolerance":
        return say(_WITHIN, limit=review.tolerance_mm)
    return say(
        _BECAUSE, axis=AXES[worst], error=signed(size), cause=say(_CAUSES[firing.dominant[worst]])
    )


# --- errors ---------------------------------------------------------------------------------------
def errors(review: Review) -> tuple[FiringErrors, ...]:
    """Return each firing's errors by axis and part."""
    decided = {decision.firing: decision for decision in review.score.decisions}
    return tuple(
        _firing(firing, review.tolerance_mm, decided.get(firing.number))
        for firing in review.facts.firings
    )


def _firing(firing: FiringTruth, tolerance_mm: float, decision: Decision | None) -> FiringErrors:
    parts = {
        "marking": firing.marking_mm,
        "intended": firing.intended_mm,
        "needle": firing.needle_mm,
        "tissue": firing.tissue_mm,
    }
    along = []
    for k, axis in enumerate(AXES):
        code = firing.dominant[k]
        along.append(
            AxisError(
                axis,
                float(firing.error_mm[k]),
                tuple((name, float(part[k])) for name, part in parts.items()),
                say(_CAUSES[code], limit=tolerance_mm),
                code == "within-tolerance",
            )
        )
    said = [
        say(_SAID[code], margin=-firing.stroke_margin_mm) for code in firing.causes if code in _SAID
    ]
    if firing.reason in _REASONS:
        said.append(say(_REASONS[firing.reason]))
    if decision is not None:
        said.append(answered(decision))
    return FiringErrors(
        firing.number, tuple(along), float(np.linalg.norm(firing.error_mm)), tuple(said)
    )


def answered(decision: Decision) -> Text:
    """Return how the post-fire image was answered, and what was right."""
    done = say(_ACTIONS[decision.action])
    if decision.correct:
        return say(_ANSWERED, done=done)
    first, *others = (say(_ACTIONS[name]) for name in decision.right)
    right = say(_EITHER, one=first, other=others[0]) if others else first
    return say(_ANSWERED_WRONG, done=done, right=right)


def part_name(part: str) -> Text:
    """Return what a part of an error is called."""
    return say(_PARTS[part])


def axes(review: Review) -> Text:
    """Return where the axes of the sketch lead."""
    if review.facts.guidance == "ultrasound":
        return say(_AXES_SUPINE)
    # Turned over, to be reached from below, x leads to her other side.
    return say(_AXES_TURNED if review.approach == "caudocranial" else _AXES)


def signed(value_mm: float) -> Text:
    """Return a length with its sign, a true minus."""
    return say(_PLUS if value_mm >= 0.0 else _MINUS, mm=abs(value_mm))


# --- cost ----------------------------------------------------------------------------------------
def effort(review: Review) -> tuple[Text, ...]:
    """Return what the procedure cost, line by line."""
    facts = review.facts
    lines = [
        say(_COST, exposures=len(facts.exposures), dose=facts.dose_mgy, minutes=facts.minutes),
        say(_WORK, passes=facts.passes, cores=len(facts.cores), mg=facts.removed_mg),
        say(_UNDONE, n=facts.undone),
    ]
    if len(facts.cores) and not np.isnan(review.score.volume_fraction_removed):
        lines.append(say(_VOLUME, percent=100.0 * review.score.volume_fraction_removed))
    if not np.isnan(facts.lesion_fraction_removed):
        lines.append(
            say(
                _LESION,
                percent=100.0 * facts.lesion_fraction_removed,
                mm3=facts.lesion_mm3,
            )
        )
    if facts.clip_distance_mm is not None:
        lines.append(say(_CLIP, mm=facts.clip_distance_mm))
    if facts.cores:
        lines.append(say(_FLUIDS, blood=facts.blood_ml, given=facts.anaesthetic_ml))
    return tuple(lines)


# --- words ----------------------------------------------------------------------------------------
_NO_CORE = QT_TRANSLATE_NOOP("Debrief", "No core was taken. {reason}.")
_NO_FILM = QT_TRANSLATE_NOOP(
    "Debrief", "Ended without a specimen film: nobody knew whether it was retrieved"
)
_EMPTY = QT_TRANSLATE_NOOP("Debrief", "Not retrieved: no calcification in any core ({n} taken)")
_INVISIBLE = QT_TRANSLATE_NOOP(
    "Debrief",
    "The film shows no calcification, yet the cores ({n}) hold specks of the target: too small",
)
_OTHERS = QT_TRANSLATE_NOOP(
    "Debrief",
    "Calcification in {n} of {of} cores, but none of it belongs to the target",
)
_RETRIEVED = QT_TRANSLATE_NOOP("Debrief", "Retrieved: calcification in {n} of {of} cores")
_REMOVED = QT_TRANSLATE_NOOP(
    "Debrief", "{n} of the {of} specks of the target were removed ({percent:.0f} %)."
)
_WITHIN = QT_TRANSLATE_NOOP(
    "Debrief",
    "The aperture lay within {limit:.1f} mm of the middle of the target along every axis.",
)
_BECAUSE = QT_TRANSLATE_NOOP("Debrief", "Largest error: {axis} {error} mm. Main cause: {cause}.")
_PLUS = QT_TRANSLATE_NOOP("Debrief", "+{mm:.1f}")
_MINUS = QT_TRANSLATE_NOOP("Debrief", "−{mm:.1f}")

_AXES = QT_TRANSLATE_NOOP("Debrief", "x: patient's right. y: nipple. z: paddle.")
_AXES_TURNED = QT_TRANSLATE_NOOP("Debrief", "x: patient's left. y: nipple. z: paddle.")
_AXES_SUPINE = QT_TRANSLATE_NOOP("Debrief", "x: patient's right. y: head. z: deeper.")

_PARTS = {
    "marking": QT_TRANSLATE_NOOP("Debrief", "Marking"),
    "intended": QT_TRANSLATE_NOOP("Debrief", "Aimed off on purpose"),
    "needle": QT_TRANSLATE_NOOP("Debrief", "Needle"),
    "tissue": QT_TRANSLATE_NOOP("Debrief", "Tissue"),
}
# Half sentences: they follow a colon or stand in a cell.
_CAUSES = {
    "within-tolerance": QT_TRANSLATE_NOOP("Debrief", "within tolerance"),
    "marking": QT_TRANSLATE_NOOP("Debrief", "the place marked is not the target"),
    "choice": QT_TRANSLATE_NOOP("Debrief", "the speck marked lies beside the middle of the group"),
    "wrong-calcification": QT_TRANSLATE_NOOP(
        "Debrief", "a calcification was marked that does not belong to the target"
    ),
    "wrong-pairing": QT_TRANSLATE_NOOP(
        "Debrief", "the two marks are on different specks (wrong pair)"
    ),
    "empty-mark": QT_TRANSLATE_NOOP("Debrief", "a mark is on no speck"),
    "patient-motion": QT_TRANSLATE_NOOP("Debrief", "she moved between the exposures"),
    "unit-geometry": QT_TRANSLATE_NOOP(
        "Debrief", "the unit does not stand where its console believes"
    ),
    "hand": QT_TRANSLATE_NOOP("Debrief", "the marks lie beside the specks (hand)"),
    "intended-offset": QT_TRANSLATE_NOOP("Debrief", "the needle was aimed off on purpose"),
    "needle-deviation": QT_TRANSLATE_NOOP("Debrief", "the needle did not go where it was aimed"),
    "tissue-pushed": QT_TRANSLATE_NOOP("Debrief", "the tissue was pushed or moved away"),
}
_SAID = {
    "wrong-pairing": QT_TRANSLATE_NOOP(
        "Debrief",
        "The two marks were on two different specks. The mismatch of their rows was the alarm; "
        "the wrong height is its price.",
    ),
    "wrong-calcification": QT_TRANSLATE_NOOP(
        "Debrief", "A mark was on a calcification outside the group that was to be biopsied."
    ),
    "empty-mark": QT_TRANSLATE_NOOP("Debrief", "A mark was on no calcification at all."),
    "marked-well": QT_TRANSLATE_NOOP(
        "Debrief", "Both marks were on one and the same speck of the target."
    ),
    "unsafe-fire": QT_TRANSLATE_NOOP(
        "Debrief",
        "Fired with a stroke margin below zero: the point went {margin:.1f} mm past the limit. In "
        "life this means a wound at the back of the breast, or a broken detector cover.",
    ),
}
_REASONS = {
    "specks": QT_TRANSLATE_NOOP("Debrief", "Marked as specks seen under ultrasound."),
    "correlate": QT_TRANSLATE_NOOP(
        "Debrief", "Marked as a mass taken for the correlate of the calcifications."
    ),
    "blind": QT_TRANSLATE_NOOP("Debrief", "Marked where nothing was seen: a blind biopsy."),
}

_COST = QT_TRANSLATE_NOOP(
    "Debrief",
    "Exposures: {exposures}. Mean glandular dose: {dose:.2f} mGy. Time: {minutes:.0f} minutes.",
)
_WORK = QT_TRANSLATE_NOOP("Debrief", "Insertions: {passes}. Cores: {cores}. Tissue: {mg:.0f} mg.")
_UNDONE = QT_TRANSLATE_NOOP(
    "Debrief", "Steps taken back: {n} (allowed here, not in life; not counted above)."
)
_ACTIONS = {
    "retargeted": QT_TRANSLATE_NOOP("Debrief", "insert the needle anew"),
    "adjusted": QT_TRANSLATE_NOOP("Debrief", "move the needle along first"),
    "sampled-towards": QT_TRANSLATE_NOOP("Debrief", "cores toward the target's side"),
    "sampled-all-round": QT_TRANSLATE_NOOP("Debrief", "cores all round the clock"),
    "sampled-away": QT_TRANSLATE_NOOP("Debrief", "cores away from the target"),
    "stopped": QT_TRANSLATE_NOOP("Debrief", "no core"),
}
_ANSWERED = QT_TRANSLATE_NOOP(
    "Debrief", "Answer to the image after firing: {done}. That was right."
)
_ANSWERED_WRONG = QT_TRANSLATE_NOOP(
    "Debrief", "Answer to the image after firing: {done}. Right for where the target lay: {right}."
)
_EITHER = QT_TRANSLATE_NOOP("Debrief", "{one}, or {other}")
_VOLUME = QT_TRANSLATE_NOOP(
    "Debrief", "By volume {percent:.0f} % of the target's calcification was removed."
)
_LESION = QT_TRANSLATE_NOOP(
    "Debrief",
    "{percent:.0f} % of the volume that the target's specks span ({mm3:.0f} mm³) was removed.",
)
_FLUIDS = QT_TRANSLATE_NOOP(
    "Debrief",
    "Blood in the cavities: {blood:.2f} ml. Local anaesthetic given: {given:g} ml.",
)
_CLIP = QT_TRANSLATE_NOOP(
    "Debrief", "After release the clip lies {mm:.1f} mm from the middle of the target."
)
