"""Tables of the debrief: what each core holds, what each exposure cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

if TYPE_CHECKING:
    from stereosim_gui.model.review import Review


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns : tuple of Text
        Names of the columns.
    rows : tuple of tuples of Text or str
        The cells.
    notes : tuple of str
        More about each row, English, from the catalogue; empty for none.
    """

    columns: tuple[Text, ...]
    rows: tuple[tuple[Text | str, ...], ...]
    notes: tuple[str, ...] = ()


def cores(review: Review) -> Table:
    """Return what each core holds."""
    rows = tuple(
        (
            str(core.number),
            str(core.firing),
            clock(core.hour),
            review.labels.get(core.device, core.device),
            say(_ONE, value=core.mass_mg),
            str(len(core.specks)),
            str(core.target_specks),
            _on_film(review, core.number),
        )
        for core in review.facts.cores
    )
    names = (_CORE, _FIRING, _HOUR, _NEEDLE, _MASS, _SPECKS, _OF_TARGET, _ON_FILM)
    return Table(tuple(say(name) for name in names), rows)


def _on_film(review: Review, core: int) -> str:
    """Return how many specks the last film shows in a core; a dash where it is not on it."""
    seen = review.score.film_cores
    return str(seen[core - 1]) if core <= len(seen) else "–"


def exposures(review: Review) -> Table:
    """Return what each exposure was and what it cost."""
    shown = {o.picture.number: o.picture for o in review.overlays if o.picture.kind == "xray"}
    rows = []
    for cost in review.facts.exposures:
        picture = shown.get(cost.number)
        kv, mas = (picture.fact(name, 0.0) if picture else 0.0 for name in ("kv", "mas"))
        rows.append(
            (
                str(cost.number),
                say(_VIEWS[cost.view]),
                say(_PHASES[cost.phase]),
                say(_WHOLE, value=float(kv)),
                say(_WHOLE, value=float(mas)),
                say(_TWO, value=cost.dose_mgy),
            )
        )
    names = (_EXPOSURE, _VIEW, _PHASE, _KV, _MAS, _DOSE)
    return Table(tuple(say(name) for name in names), tuple(rows))


def clock(hour: float) -> str:
    """Return a clock hour as hours and minutes; 12 stays 12."""
    minutes = round(60.0 * hour) % 720
    return f"{minutes // 60 or 12}:{minutes % 60:02d}"


# --- words ----------------------------------------------------------------------------------------
_CORE = QT_TRANSLATE_NOOP("Debrief", "Core")
_FIRING = QT_TRANSLATE_NOOP("Debrief", "Firing")
_HOUR = QT_TRANSLATE_NOOP("Debrief", "Clock")
_NEEDLE = QT_TRANSLATE_NOOP("Debrief", "Needle")
_MASS = QT_TRANSLATE_NOOP("Debrief", "Mass, mg")
_SPECKS = QT_TRANSLATE_NOOP("Debrief", "Specks")
_OF_TARGET = QT_TRANSLATE_NOOP("Debrief", "of the target")
_ON_FILM = QT_TRANSLATE_NOOP("Debrief", "on film")
_EXPOSURE = QT_TRANSLATE_NOOP("Debrief", "Exposure")
_VIEW = QT_TRANSLATE_NOOP("Debrief", "View")
_PHASE = QT_TRANSLATE_NOOP("Debrief", "For")
_KV = QT_TRANSLATE_NOOP("Debrief", "kV")
_MAS = QT_TRANSLATE_NOOP("Debrief", "mAs")
_DOSE = QT_TRANSLATE_NOOP("Debrief", "mGy")
_ONE = QT_TRANSLATE_NOOP("Debrief", "{value:.1f}")
_TWO = QT_TRANSLATE_NOOP("Debrief", "{value:.2f}")
_WHOLE = QT_TRANSLATE_NOOP("Debrief", "{value:.0f}")
_VIEWS = {
    "scout": QT_TRANSLATE_NOOP("Debrief", "scout"),
    "left": QT_TRANSLATE_NOOP("Debrief", "left"),
    "right": QT_TRANSLATE_NOOP("Debrief", "right"),
}
_PHASES = {
    "scout": QT_TRANSLATE_NOOP("Debrief", "finding the group"),
    "target": QT_TRANSLATE_NOOP("Debrief", "targeting"),
    "prefire": QT_TRANSLATE_NOOP("Debrief", "before firing"),
    "postfire": QT_TRANSLATE_NOOP("Debrief", "after firing"),
    "postclip": QT_TRANSLATE_NOOP("Debrief", "with the clip"),
}
