"""The score beside published figures, and what the other guidance would have got, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stereosim_gui.model.debrief_tables import Table
from stereosim_gui.model.debriefing import Headline
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say
from stereosim_gui.model.wording import stop_reason

if TYPE_CHECKING:
    from stereosim.experiments.training_benchmarks import BenchmarkRow, History
    from stereosim_gui.model.review import OtherArm, Review

# Fractions of the specks that differ by less than this are called the same.
_SAME = 0.05


# --- the score ------------------------------------------------------------------------------------
def scores(review: Review) -> Table:
    """Return the trainee's figures beside published ones, each with its source."""
    rows = tuple(
        (
            metric_name(row.metric),
            amount(row.value, row.unit),
            published(row),
            verdict(row),
            source(row),
        )
        for row in review.rows
    )
    names = (_METRIC, _YOURS, _PUBLISHED, _VERDICT, _SOURCE)
    notes = tuple(row.note for row in review.rows)
    return Table(tuple(say(name) for name in names), rows, notes)


def metric_name(metric: str) -> Text:
    """Return what a metric is called."""
    return say(_METRICS.get(metric, ("", metric)))


def amount(value: float | None, unit: str) -> Text | str:
    """Return a figure with its unit; a dash for none."""
    if value is None or np.isnan(value):
        return "–"
    if unit == "1":
        return say(_PERCENT, value=100.0 * value)
    if unit in _UNITS:
        return say(_UNITS[unit], value=float(value))
    return say(_COUNT, value=float(value))


def published(row: BenchmarkRow) -> Text | str:
    """Return the published figure: a range, a bound, or one value."""
    low, high = row.low, row.high
    if low is not None and high is not None:
        if low == high:
            return amount(low, row.unit)
        bare = say(_BARE.get(row.unit, _COUNT), value=100.0 * low if row.unit == "1" else low)
        return say(_RANGE, low=bare, high=amount(high, row.unit))
    if low is not None:
        above = row.metric == "stroke-margin"
        return say(_ABOVE if above else _AT_LEAST, value=amount(low, row.unit))
    if high is not None:
        return say(_AT_MOST, value=amount(high, row.unit))
    return "–"


def verdict(row: BenchmarkRow) -> Text | str:
    """Return whether the figure is on the right side, by sign and word."""
    if row.within is None:
        return say(_CANNOT_TELL)
    return say(_MET if row.within else _NOT_MET)


def source(row: BenchmarkRow) -> Text:
    """Return where the published figure comes from, and how it is known."""
    return say(_STATUS.get(row.status, ("", "{source}")), source=row.source)


def own_history(history: History) -> tuple[Text, ...]:
    """Return the trainee's own attempts, line by line."""
    if not history.attempts:
        return (say(_NO_ATTEMPTS),)
    lines = [say(_ATTEMPTS, n=history.attempts, k=history.successes)]
    interval = history.success_ci95
    if interval is not None:
        lines.append(say(_INTERVAL, low=100.0 * interval[0], high=100.0 * interval[1]))
    lines.append(say(_FIRST, k=history.first[0], n=history.first[1]))
    if history.later[1]:
        lines.append(say(_LATER, k=history.later[0], n=history.later[1]))
    return tuple(lines)


# --- the other guidance ---------------------------------------------------------------------------
def other_headline(arm: OtherArm, review: Review) -> Headline:
    """Return what the other guidance saw and got for the same patient."""
    done = arm.counterpart
    if not done.score.cores:
        level, title = "note", say(_OTHER_STOPPED, reason=stop_reason(done.outcome))
    elif done.outcome == "retrieved" and done.score.target_sampled:
        level, title = "good", say(_OTHER_GOT)
    elif done.outcome == "retrieved":
        level, title = "warning", say(_OTHER_WRONG)
    else:
        level, title = "warning", say(_OTHER_MISSED)
    lines = [saw(arm)]
    if done.false_alarm_probability is not None:
        lines.append(how_sure(done.false_alarm_probability))
    if done.score.cores:
        lines.append(_how(arm))
    lines.append(_beside(arm, review))
    return Headline(level, say(_NAMES[done.guidance], result=title), tuple(lines))


def saw(arm: OtherArm) -> Text:
    """Return what the simulated operator saw, and whether it was what it was taken for."""
    done = arm.counterpart
    if done.guidance == "stereotactic":
        return say(_SAW_NOTHING_XRAY if done.reason != "specks" else _SAW_GROUP)
    if done.reason == "specks":
        return say(_SAW_SPECKS if done.saw_specks else _SAW_OTHER_SPECKS)
    if done.reason == "correlate":
        return say(_SAW_MASS if done.saw_mass else _SAW_OTHER_MASS)
    return say(_SAW_NOTHING)


def how_sure(false_alarm_probability: float) -> Text:
    """Return how often a search finds as much where there is nothing, as natural frequency."""
    # The sixty null scans behind the law do not vouch for rarer things than this.
    per_thousand = 1000.0 * false_alarm_probability
    if per_thousand < 1.0:
        return say(_HARDLY_EVER)
    return say(_AS_OFTEN, n=round(per_thousand))


def _how(arm: OtherArm) -> Text:
    done = arm.counterpart
    same = done.device_reason == "same family"
    error = done.score.error_mm
    return say(
        _WITH_SAME if same else _WITH_USUAL,
        device=arm.label,
        percent=100.0 * done.score.fraction_removed,
        cores=done.score.cores,
        mm=float("nan") if error is None else float(np.linalg.norm(error)),
        minutes=done.score.minutes,
    )


def _beside(arm: OtherArm, review: Review) -> Text:
    """Return both results side by side; one patient proves nothing, and that is said."""
    theirs, yours = arm.counterpart.score.fraction_removed, review.score.fraction_removed
    if not review.score.cores:
        took = arm.counterpart.score.cores > 0
        return say(_WITHOUT_YOU if took else _NEITHER, theirs=100.0 * theirs)
    if abs(theirs - yours) < _SAME:
        key = _ALIKE
    else:
        key = _MORE if theirs > yours else _LESS
    return say(key, theirs=100.0 * theirs, yours=100.0 * yours)


_METRIC = QT_TRANSLATE_NOOP("Score", "Figure")
_YOURS = QT_TRANSLATE_NOOP("Score", "Yours")
_PUBLISHED = QT_TRANSLATE_NOOP("Score", "Published")
_VERDICT = QT_TRANSLATE_NOOP("Score", "Met?")
_SOURCE = QT_TRANSLATE_NOOP("Score", "Source")
_METRICS = {
    "exposures": QT_TRANSLATE_NOOP("Score", "Exposures"),
    "dose": QT_TRANSLATE_NOOP("Score", "Mean glandular dose"),
    "minutes": QT_TRANSLATE_NOOP("Score", "Time"),
    "error-x": QT_TRANSLATE_NOOP("Score", "Error along x"),
    "error-y": QT_TRANSLATE_NOOP("Score", "Error along y"),
    "error-z": QT_TRANSLATE_NOOP("Score", "Error along z"),
    "stroke-margin": QT_TRANSLATE_NOOP("Score", "Stroke margin when fired"),
    "removed-least": QT_TRANSLATE_NOOP("Score", "Specks removed: enough"),
    "removed-all": QT_TRANSLATE_NOOP("Score", "Specks removed: all"),
    "retrieved": QT_TRANSLATE_NOOP("Score", "Retrieved, all your attempts"),
    "success-first": QT_TRANSLATE_NOOP("Score", "Success, first cases"),
    "success-later": QT_TRANSLATE_NOOP("Score", "Success, later cases"),
}
_PERCENT = QT_TRANSLATE_NOOP("Score", "{value:.0f} %")
_COUNT = QT_TRANSLATE_NOOP("Score", "{value:.0f}")
_UNITS = {
    "mm": QT_TRANSLATE_NOOP("Score", "{value:.1f} mm"),
    "mGy": QT_TRANSLATE_NOOP("Score", "{value:.1f} mGy"),
    "min": QT_TRANSLATE_NOOP("Score", "{value:.1f} min"),
    "mg": QT_TRANSLATE_NOOP("Score", "{value:.0f} mg"),
}
_BARE = {
    "mm": QT_TRANSLATE_NOOP("Score", "{value:.1f}"),
    "mGy": QT_TRANSLATE_NOOP("Score", "{value:.1f}"),
    "min": QT_TRANSLATE_NOOP("Score", "{value:.1f}"),
}
_ABOVE = QT_TRANSLATE_NOOP("Score", "above {value}")
_RANGE = QT_TRANSLATE_NOOP("Score", "{low} to {high}")
_AT_LEAST = QT_TRANSLATE_NOOP("Score", "at least {value}")
_AT_MOST = QT_TRANSLATE_NOOP("Score", "at most {value}")
_CANNOT_TELL = QT_TRANSLATE_NOOP("Score", "– too few cases")
_MET = QT_TRANSLATE_NOOP("Score", "✓ yes")
_NOT_MET = QT_TRANSLATE_NOOP("Score", "✗ no")
_STATUS = {
    "read": QT_TRANSLATE_NOOP("Score", "{source}"),
    "common": QT_TRANSLATE_NOOP("Score", "{source} (common knowledge)"),
    "derived": QT_TRANSLATE_NOOP("Score", "{source} (derived)"),
    "assumed": QT_TRANSLATE_NOOP("Score", "{source} (assumed)"),
}
_NO_ATTEMPTS = QT_TRANSLATE_NOOP("Score", "No attempts of yours are kept yet.")
_ATTEMPTS = QT_TRANSLATE_NOOP("Score", "Your attempts so far: {n}, successful: {k}.")
_INTERVAL = QT_TRANSLATE_NOOP(
    "Score", "As a rate that is {low:.0f} to {high:.0f} % (95 % interval)."
)
_FIRST = QT_TRANSLATE_NOOP("Score", "First cases: {k} of {n}.")
_LATER = QT_TRANSLATE_NOOP("Score", "Later cases: {k} of {n}.")

_NAMES = {
    "stereotactic": QT_TRANSLATE_NOOP("Other", "Stereotactic guidance, same patient: {result}"),
    "ultrasound": QT_TRANSLATE_NOOP("Other", "Ultrasound guidance, same patient: {result}"),
}
_OTHER_STOPPED = QT_TRANSLATE_NOOP("Other", "no biopsy. {reason}.")
_OTHER_GOT = QT_TRANSLATE_NOOP("Other", "retrieved")
_OTHER_WRONG = QT_TRANSLATE_NOOP("Other", "calcification in the cores, but none of the target")
_OTHER_MISSED = QT_TRANSLATE_NOOP("Other", "not retrieved")
_SAW_GROUP = QT_TRANSLATE_NOOP(
    "Other", "The simulated operator found the group in both views and targeted it."
)
_SAW_NOTHING_XRAY = QT_TRANSLATE_NOOP(
    "Other", "The simulated operator could not make the group out in the images, and stopped."
)
_SAW_SPECKS = QT_TRANSLATE_NOOP(
    "Other", "The simulated operator saw bright specks, and they were those of the target."
)
_SAW_OTHER_SPECKS = QT_TRANSLATE_NOOP(
    "Other",
    "The simulated operator took bright echoes for the specks; they were not those of the target.",
)
_SAW_MASS = QT_TRANSLATE_NOOP(
    "Other",
    "No specks were seen. The simulated operator took a mass for the correlate, and it does hold "
    "the calcifications.",
)
_SAW_OTHER_MASS = QT_TRANSLATE_NOOP(
    "Other",
    "No specks were seen. The simulated operator took a mass for the correlate, but it does not "
    "hold the calcifications.",
)
_SAW_NOTHING = QT_TRANSLATE_NOOP(
    "Other",
    "The simulated operator saw neither specks nor a mass that could be the lesion, and referred "
    "her: the right decision where nothing is seen.",
)
_AS_OFTEN = QT_TRANSLATE_NOOP(
    "Other",
    "As much stands out by chance in about {n} of 1000 searches of breasts without a finding.",
)
_HARDLY_EVER = QT_TRANSLATE_NOOP(
    "Other",
    "As much stands out by chance in fewer than 1 of 1000 searches of breasts without a finding.",
)
_WITH_SAME = QT_TRANSLATE_NOOP(
    "Other",
    "With the same kind of needle as yours ({device}): {percent:.0f} % of the specks in {cores} "
    "cores, {mm:.1f} mm off the middle of the target, {minutes:.0f} minutes.",
)
_WITH_USUAL = QT_TRANSLATE_NOOP(
    "Other",
    "With the usual needle ({device}): {percent:.0f} % of the specks in {cores} cores, {mm:.1f} mm "
    "off the middle of the target, {minutes:.0f} minutes.",
)
_WITHOUT_YOU = QT_TRANSLATE_NOOP(
    "Other",
    "You took no core. The other guidance removed {theirs:.0f} % of the specks; one patient proves "
    "nothing about the next.",
)
_NEITHER = QT_TRANSLATE_NOOP(
    "Other", "Neither you nor the simulated operator took a core; one patient proves nothing."
)
_ALIKE = QT_TRANSLATE_NOOP(
    "Other",
    "Specks removed: {theirs:.0f} % there, {yours:.0f} % by you. In this patient it made no "
    "difference; one patient proves nothing about the next.",
)
_MORE = QT_TRANSLATE_NOOP(
    "Other",
    "Specks removed: {theirs:.0f} % there, {yours:.0f} % by you. In this patient the other "
    "guidance did better; one patient proves nothing about the next.",
)
_LESS = QT_TRANSLATE_NOOP(
    "Other",
    "Specks removed: {theirs:.0f} % there, {yours:.0f} % by you. In this patient you did better; "
    "one patient proves nothing about the next.",
)
