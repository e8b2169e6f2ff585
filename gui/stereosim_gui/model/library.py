"""The case library as the gallery shows it, and what the trainee has made of it so far."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say
from stereosim_phantoms.provenance import SpecError
from stereosim_phantoms.shelf import CaseText, case_names, read_case

__all__ = [
    "LARGEST_SEED",
    "THUMBNAILS",
    "Card",
    "CaseText",
    "LastResult",
    "cards",
    "guidance_name",
    "last_results",
    "new_seed",
    "outcome_text",
]

log = logging.getLogger(__name__)

THUMBNAILS = Path(__file__).parent.parent / "thumbnails"

# From the case behind the project and what is easy to hit, to what is hard to see or to reach.
_ORDER = (
    "case-1",
    "case-1-mass",
    "case-1-before",
    "large-cluster",
    "cluster-in-mass",
    "duct-calcifications",
    "linear-branching",
    "near-skin",
    "thin-breast",
    "far-posterior",
    "faint-amorphous",
    "cyst-beside",
    "benign-oxalate",
    "tram-track",
    "milk-of-calcium",
)

# Short enough to be read aloud and typed again.
LARGEST_SEED = 999_999

_OUTCOMES = {
    "retrieved": QT_TRANSLATE_NOOP("Outcome", "calcification retrieved"),
    "not retrieved": QT_TRANSLATE_NOOP("Outcome", "no calcification in the cores"),
    "finished": QT_TRANSLATE_NOOP("Outcome", "finished"),
    "not found on images": QT_TRANSLATE_NOOP("Outcome", "not found on the images"),
    "inaccessible": QT_TRANSLATE_NOOP("Outcome", "not accessible"),
    "declined: not visible": QT_TRANSLATE_NOOP("Outcome", "not visible, referred"),
}
_GUIDANCES = {
    "stereotactic": QT_TRANSLATE_NOOP("Outcome", "Stereotactic"),
    "ultrasound": QT_TRANSLATE_NOOP("Outcome", "Ultrasound"),
}


@dataclass(frozen=True)
class Card:
    """A case of the gallery.

    Attributes
    ----------
    text : CaseText
        Name, title and teaching text.
    thumbnail : Path or None
        A small X-ray image of it.
    """

    text: CaseText
    thumbnail: Path | None


@dataclass(frozen=True)
class LastResult:
    """How the trainee's last attempt at a case ended under one guidance.

    Attributes
    ----------
    guidance, outcome : str
        As in the score.
    attempts : int
        How many attempts ended so far, this one included.
    """

    guidance: str
    outcome: str
    attempts: int


def cards(language: str) -> tuple[Card, ...]:
    """Return the cases in the order of teaching; one whose files are damaged is left out."""
    names = case_names()
    known = [name for name in _ORDER if name in names]
    found = []
    for name in (*known, *(name for name in names if name not in _ORDER)):
        try:
            text = read_case(name, language)
        except SpecError as error:
            log.error("case left out: %s", error)
            continue
        picture = THUMBNAILS / f"{name}.png"
        found.append(Card(text, picture if picture.is_file() else None))
    return tuple(found)


def last_results(
    history: Sequence[Mapping[str, Any]],
) -> dict[str | None, dict[str, LastResult]]:
    """Return the newest result of every case (None: random patients) by guidance.

    Parameters
    ----------
    history : sequence of mapping
        As :meth:`~stereosim_gui.model.app.Shelf.history` returns it, oldest first.
    """
    found: dict[str | None, dict[str, LastResult]] = {}
    for entry in history:
        guidance = str(entry.get("guidance", ""))
        of_case = found.setdefault(entry.get("case"), {})
        before = of_case[guidance].attempts if guidance in of_case else 0
        of_case[guidance] = LastResult(guidance, str(entry.get("outcome", "")), before + 1)
    return found


def guidance_name(guidance: str) -> Text:
    """Return how a guidance is called."""
    return say(_GUIDANCES[guidance])


def outcome_text(outcome: str) -> Text:
    """Return how an outcome is said; an unknown one as it stands."""
    return (
        say(_OUTCOMES[outcome])
        if outcome in _OUTCOMES
        else Text(("", "{code}"), (("code", outcome),))
    )


def new_seed() -> int:
    """Return a number for a patient whom nobody has seen yet."""
    return secrets.randbelow(LARGEST_SEED) + 1
