"""The first-run tour: a biopsy of case 1, whose every step is seen to be done before the next.

Where the tour stands follows from the state of the app alone, so that it can be left and taken up
again at any time, and follows an undo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import fired, has_shot, needle_in
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

TOUR_CASE = "case-1"


@dataclass(frozen=True)
class TourStep:
    """One step.

    Attributes
    ----------
    name : str
        How the code calls it.
    anchor : str
        What the callout points at: ``"cards"``, ``"briefing"``, ``"begin"``, ``"images"``,
        ``"controls"``, ``"primary"``, ``"readout"``, ``"stepper"``.
    title, text : Text
        What it says.
    done : callable
        Whether it has been done.
    """

    name: str
    anchor: str
    title: Text
    text: Text
    done: Callable[[AppModel], bool]


def _on_tour(app: AppModel) -> Attempt | None:
    """Return the attempt that the tour goes with, if it is open and there is a patient."""
    attempt = app.attempt
    if attempt is None or not attempt.started:
        return None
    spec = attempt.spec
    right = spec.case == TOUR_CASE and spec.guidance == "stereotactic"
    return attempt if right else None


def _when(condition: Callable[[Attempt], bool]) -> Callable[[AppModel], bool]:
    """Ask `condition` of the tour's attempt; False without one."""

    def done(app: AppModel) -> bool:
        attempt = _on_tour(app)
        return attempt is not None and condition(attempt)

    return done


def _chosen(app: AppModel) -> bool:
    choice = app.choice
    right = choice.made and choice.case == TOUR_CASE and choice.guidance == "stereotactic"
    return app.attempt is not None or app.waiting is not None or right


def _in_the_gallery_or_on_tour(app: AppModel) -> bool:
    """Whether no other attempt is in the way."""
    spec = None if app.attempt is None else app.attempt.spec
    return spec is None or (spec.case == TOUR_CASE and spec.guidance == "stereotactic")


def _paired(attempt: Attempt) -> bool:
    """Whether both marks are set on what can be the same speck."""
    if attempt.seen.marked_mm is not None:
        return True
    preview = attempt.preview
    if preview is None or preview.target is None:
        return False
    return bool(abs(preview.target.y_mismatch_mm) <= preview.y_tolerance_mm)


def _has(phase: str) -> Callable[[Attempt], bool]:
    return lambda attempt: has_shot(attempt.state, phase)


STEPS: tuple[TourStep, ...] = (
    TourStep(
        "gallery",
        "stepper",
        say(QT_TRANSLATE_NOOP("Tour", "Another patient is open")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "The tour uses the first case under stereotactic guidance. Go back to the gallery "
                "with Ctrl+W; this attempt is kept, and you can go on with it later.",
            )
        ),
        _in_the_gallery_or_on_tour,
    ),
    TourStep(
        "choose",
        "cards",
        say(QT_TRANSLATE_NOOP("Tour", "Choose the first case")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Click the first card, or press an arrow key. Leave stereotactic guidance chosen. "
                "The text on the right tells her story and what to look for.",
            )
        ),
        _chosen,
    ),
    TourStep(
        "begin",
        "begin",
        say(QT_TRANSLATE_NOOP("Tour", "Begin")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Press Enter, or this button. The big button always does the next sensible thing, "
                "and Enter presses it. Only FIRE has a button and a key of its own.",
            )
        ),
        _when(lambda attempt: True),
    ),
    TourStep(
        "position",
        "controls",
        say(QT_TRANSLATE_NOOP("Tour", "Position the breast")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Bring the place where the calcifications are expected into the window of the "
                "paddle: the button “As the referral says” works out the shift. Then compress.",
            )
        ),
        _when(lambda attempt: attempt.seen.thickness_mm > 0 and bool(attempt.state.intents)),
    ),
    TourStep(
        "scout",
        "primary",
        say(QT_TRANSLATE_NOOP("Tour", "Expose the scout")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "One exposure at 0 degrees. Look for the specks and see whether they lie inside "
                "the outline of the window. Drag with the right button to change the grey values; "
                "A fits them.",
            )
        ),
        _when(_has("scout")),
    ),
    TourStep(
        "pair",
        "primary",
        say(QT_TRANSLATE_NOOP("Tour", "Expose the stereo pair")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Two exposures, at -15 and +15 degrees. A point that lies higher above the support "
                "shifts more from one view to the other: that shift gives its depth.",
            )
        ),
        _when(_has("target")),
    ),
    TourStep(
        "mark",
        "images",
        say(QT_TRANSLATE_NOOP("Tour", "Mark the same speck in both views")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Click a speck in the left view. A band appears in the right view: the same "
                "speck lies on it. Click it there. The arrow keys move a mark by one pixel, the "
                "wheel zooms, Z shows the magnifier. The rows must agree before you trust z.",
            )
        ),
        _when(_paired),
    ),
    TourStep(
        "target",
        "primary",
        say(QT_TRANSLATE_NOOP("Tour", "Set the target")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Read x, y and z with their uncertainty on the right, then set the target. z is "
                "the least certain: it is computed from a small shift.",
            )
        ),
        _when(lambda attempt: attempt.seen.marked_mm is not None),
    ),
    TourStep(
        "needle",
        "controls",
        say(QT_TRANSLATE_NOOP("Tour", "Choose a needle and bring it in")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "The breast is thin. Choose a needle whose stroke margin and skin margin are both "
                "positive in the drawing, then advance it to its position before firing.",
            )
        ),
        _when(lambda attempt: needle_in(attempt.state)),
    ),
    TourStep(
        "prefire",
        "primary",
        say(QT_TRANSLATE_NOOP("Tour", "Check before firing")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Expose the pre-fire pair: the tip of the needle has to point at the specks in "
                "both views. Now it can still be corrected.",
            )
        ),
        _when(lambda attempt: has_shot(attempt.state, "prefire") or fired(attempt.state)),
    ),
    TourStep(
        "fire",
        "controls",
        say(QT_TRANSLATE_NOOP("Tour", "FIRE")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "The red button, or Ctrl+F. This is the one step that cannot be undone, as in "
                "life.",
            )
        ),
        _when(lambda attempt: fired(attempt.state) or attempt.seen.cores > 0),
    ),
    TourStep(
        "postfire",
        "controls",
        say(QT_TRANSLATE_NOOP("Tour", "See where the needle went")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Expose the post-fire pair. Off to the same side in both views is an error of x; "
                "off in opposite directions is an error of z.",
            )
        ),
        _when(lambda attempt: has_shot(attempt.state, "postfire")),
    ),
    TourStep(
        "sample",
        "controls",
        say(QT_TRANSLATE_NOOP("Tour", "Take cores")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "Choose the clock hours that face the specks and take cores. All hours around are "
                "right where the needle is in the middle.",
            )
        ),
        _when(lambda attempt: attempt.seen.cores > 0),
    ),
    TourStep(
        "film",
        "controls",
        say(QT_TRANSLATE_NOOP("Tour", "Radiograph the cores")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "The specimen film tells whether calcification was taken. Without it, cores "
                "that look fine prove nothing.",
            )
        ),
        _when(lambda attempt: bool(attempt.seen.films)),
    ),
    TourStep(
        "finish",
        "primary",
        say(QT_TRANSLATE_NOOP("Tour", "Place the clip and finish")),
        say(
            QT_TRANSLATE_NOOP(
                "Tour",
                "More cores, or enough? Place the clip, then finish. The debrief shows what was "
                "true, where each error came from, and what ultrasound would have shown.",
            )
        ),
        _when(lambda attempt: attempt.ended),
    ),
)

END = (
    say(QT_TRANSLATE_NOOP("Tour", "That was your first biopsy")),
    say(
        QT_TRANSLATE_NOOP(
            "Tour",
            "Read the debrief: the truth lies over every view. Then do the same patient under "
            "ultrasound, or the second case, whose report is the same and whose answer is not.",
        )
    ),
)


def current_step(app: AppModel) -> TourStep | None:
    """Return the first step that is not done; None where all are."""
    attempt = app.attempt
    on_tour = _on_tour(app)
    if attempt is not None and attempt is on_tour and attempt.ended:
        return None
    return next((step for step in STEPS if not step.done(app)), None)


def number_of(step: TourStep) -> tuple[int, int]:
    """Return the number of a step and of all, counted from the choice of the case."""
    return STEPS.index(step), len(STEPS) - 1
