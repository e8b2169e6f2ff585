"""The figures of an attempt as a CSV file: one figure a line, decimal points, no personal data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stereosim_gui.model.debriefing import AXES

if TYPE_CHECKING:
    from stereosim_gui.model.review import Review
    from stereosim_gui.model.spec import AttemptSpec

Line = tuple[str, str | int | float, str]


def metrics_csv(spec: AttemptSpec, review: Review) -> str:
    """Return the figures of an attempt as CSV: figure, value, unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("figure", "value", "unit"))
    for name, value, unit in _lines(spec, review):
        writer.writerow((name, f"{value:.6g}" if isinstance(value, float) else value, unit))
    return text.getvalue()


def _lines(spec: AttemptSpec, review: Review) -> Iterator[Line]:
    facts, score = review.facts, review.score
    for name, value in spec.as_dict().items():
        yield name, "" if value is None else value, ""
    yield "outcome", score.outcome, ""
    yield "target specks", int(facts.target.sum()), ""
    yield "target specks removed", int((facts.target & facts.removed).sum()), ""
    yield "fraction removed", float(facts.fraction_removed), "1"
    yield "fraction of the specks' volume removed", score.volume_fraction_removed, "1"
    yield "fraction of the lesion removed", float(facts.lesion_fraction_removed), "1"
    yield "specimen positive", _told(score.specimen_positive), ""
    yield "y mismatch", _number(score.y_mismatch_mm), "mm"
    yield "least stroke margin fired with", _number(score.stroke_margin_mm), "mm"
    yield "post-fire images answered rightly", _told(score.reading_correct), ""
    yield "inserted anew where and only where needed", _told(score.retarget_correct), ""
    yield "cores", score.cores, ""
    yield "cores with calcification on the film", score.cores_with_calcification, ""
    yield "mass removed", float(facts.removed_mg), "mg"
    yield "exposures", len(facts.exposures), ""
    yield "mean glandular dose", float(facts.dose_mgy), "mGy"
    yield "time", float(facts.minutes), "min"
    yield "insertions", facts.passes, ""
    yield "steps taken back", facts.undone, ""
    yield "local anaesthetic", float(facts.anaesthetic_ml), "ml"
    yield "blood in the cavities", float(facts.blood_ml), "ml"
    if facts.clip_distance_mm is not None:
        yield "clip to target", facts.clip_distance_mm, "mm"
    for decision in score.decisions:
        where = f"firing {decision.firing}"
        yield f"{where} then", decision.action, ""
        yield f"{where} right", "; ".join(decision.right), ""
    for firing in facts.firings:
        where = f"firing {firing.number}"
        parts = (
            ("error", firing.error_mm),
            ("marking", firing.marking_mm),
            ("aimed off", firing.intended_mm),
            ("needle", firing.needle_mm),
            ("tissue", firing.tissue_mm),
        )
        for part, vector in parts:
            for axis, value in zip(AXES, vector, strict=True):
                yield f"{where} {part} {axis}", float(value), "mm"
        yield f"{where} causes", "; ".join(firing.causes), ""
    for core in facts.cores:
        yield f"core {core.number} clock hour", float(core.hour), "h"
        yield f"core {core.number} mass", float(core.mass_mg), "mg"
        yield f"core {core.number} specks", len(core.specks), ""
        yield f"core {core.number} specks of the target", core.target_specks, ""
        if core.number <= len(score.film_cores):
            yield f"core {core.number} specks on the film", score.film_cores[core.number - 1], ""
    for cost in facts.exposures:
        yield f"exposure {cost.number} {cost.phase} {cost.view}", float(cost.dose_mgy), "mGy"


def _number(value: float | None) -> float | str:
    return "" if value is None else float(value)


def _told(verdict: bool | None) -> str:
    return "" if verdict is None else "yes" if verdict else "no"
