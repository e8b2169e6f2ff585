"""The HTML report: one file that needs nothing else, and its figures as PNG files beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from stereosim.experiments.results import OUTCOMES, ArmResult
from stereosim.reports import figures, icons
from stereosim.reports.images import ReportImage, png_uri
from stereosim.reports.style import png
from stereosim.reports.table import (
    ANY_SPECK,
    MEANS,
    agreement_text,
    arms,
    count_text,
    mean_text,
    per_core_cells,
    proportion_text,
    strata,
    stratum_title,
)
from stereosim.reports.wording import (
    Summary,
    answer,
    any_declined,
    cost,
    device_label,
    devices,
    find,
    headline,
    nouns,
    points,
    span,
)
from stereosim_phantoms.provenance import STATUSES, Parameter

Parameters = Mapping[str, Mapping[str, Parameter]]

STATUS_MEANING = {
    "read": "read in the cited source",
    "common": "common knowledge of the field, not traced to a primary source",
    "derived": "calculated from other entries",
    "measured": "measured on this program's own images",
    "assumed": "assumed; the note gives a plausible range",
}


@dataclass(frozen=True)
class ReportFigure:
    """One figure of the report.

    Attributes
    ----------
    name : str
        File name without ending.
    png : bytes
        The picture.
    alt : str
        What it shows, for those who do not see it.
    caption : str
        How to read it.
    """

    name: str
    png: bytes
    alt: str
    caption: str

    @property
    def uri(self) -> str:
        """The picture as a data address."""
        return png_uri(self.png)


def write_report(
    out_dir: Path,
    summary: Summary,
    results: Sequence[ArmResult],
    images: Sequence[ReportImage],
    parameters: Parameters,
    title: str,
    *,
    date: str = "",
    limitations: Sequence[str] = (),
) -> Path:
    """Write ``report.html`` and ``figures/*.png`` into `out_dir`, creating it where needed.

    Parameters
    ----------
    out_dir : Path
        Folder of the result.
    summary : mapping
        What :func:`stereosim.experiments.summary.summarise` returns.
    results : sequence of ArmResult
        The arms behind it.
    images : sequence of ReportImage
        Example images of one patient; may be empty.
    parameters : mapping
        Catalogue -> name -> Parameter: printed in full.
    title : str
        Title of the report.
    date : str
        Printed where given; left out otherwise, so that the same input gives the same bytes.
    limitations : sequence of str
        Sentences added to those that always hold.

    Returns
    -------
    Path
        The HTML file.
    """
    folder = out_dir / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw_figures(summary, results)
    for figure in drawn.values():
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    for image in images:
        (folder / f"{image.name}.png").write_bytes(image.png)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html.j2").render(
        title=title,
        date=date,
        summary=summary,
        headline=headline(summary),
        answer=answer(summary),
        cost=cost(summary),
        nouns=nouns(summary),
        devices=[device_label(device) for device in devices(summary)],
        women=women_table(results),
        arms=[arm[0] for arm in arms(summary)],
        retrieval=retrieval_table(summary),
        outcomes=outcome_table(summary),
        means=means_table(summary),
        per_core=per_core_table(summary),
        published=published_table(summary),
        figures=drawn,
        groups=_grouped(images),
        parameters=parameters,
        parameter_text=parameter_text,
        status_meaning=STATUS_MEANING,
        status_counts=status_counts(parameters),
        limitations=[*standing_limitations(summary), *limitations],
    )
    path = out_dir / "report.html"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def draw_figures(summary: Summary, results: Sequence[ArmResult]) -> dict[str, ReportFigure]:
    """Draw the four figures of a comparison, by name."""
    many = nouns(summary)[1]
    counts = "; ".join(
        f"{device_label(row['device'])}: stereotactic {row['both'] + row['stereotactic_only']}, "
        f"ultrasound {row['both'] + row['ultrasound_only']} of {row['n']}"
        for row in summary["paired"]
        if (row["stratum"], row["mode"], row["outcome"]) == ("all", "as guided", "retrieved")
    )
    drawn = (
        ReportFigure(
            "retrieval",
            png(figures.retrieval_figure(summary)),
            f"Calcification retrieved, as guided. {counts}. By stratum in the table below.",
            f"Share of {many} with calcification on the specimen film, with 95 % intervals "
            "(Wilson), for all, for those whose target ultrasound showed, and for the others. "
            + ("Open squares: had the declined been attempted." if any_declined(summary) else ""),
        ),
        ReportFigure(
            "outcomes",
            png(icons.icon_figure(summary)),
            f"Icon array of outcomes. {counts}. Every outcome is counted in the table below.",
            "What became of each. Colour and shape both carry the outcome.",
        ),
        ReportFigure(
            "localisation",
            png(figures.error_figure(results)),
            "Aim minus target by axis for both guidances; means are in the table above.",
            "Where the needle was aimed against where the target was, as guided. Each point is "
            "one arm; the upright bar is the median and the line spans the middle 80 %. The two "
            "guidances measure in different frames: the compressed and the supine breast.",
        ),
        ReportFigure(
            "published",
            png(figures.published_figure(summary)),
            "Simulated beside published proportions; the values are in the table below.",
            "Published figures (diamonds) and simulated ones with 95 % intervals.",
        ),
    )
    return {figure.name: figure for figure in drawn}


def women_table(results: Sequence[ArmResult]) -> list[tuple[str, str]]:
    """Return who was simulated: each characteristic with median and range, or count."""
    women = list({r.trial: r for r in results}.values())
    if not women:
        return []

    def spread(values: Sequence[float], digits: int) -> str:
        x: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
        low, middle, high = np.quantile(x, [0.0, 0.5, 1.0])
        return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    n = len(women)
    return [
        ("Compressed thickness, mm", spread([r.thickness_mm for r in women], 0)),
        ("Glandular fraction, %", spread([100 * r.glandular_fraction for r in women], 0)),
        ("Extent of the cluster, mm", spread([r.extent_mm for r in women], 1)),
        ("Specks in the cluster", spread([float(r.specks) for r in women], 0)),
        ("Mean diameter of its specks, mm", spread([r.mean_diameter_mm for r in women], 2)),
        ("No mass", f"{sum(r.calcification_only for r in women)} of {n}"),
        (
            "Specks of the target seen on ultrasound",
            f"{sum(r.ultrasound_saw_specks for r in women)} of {n}",
        ),
        (
            "The mass that holds the target seen on ultrasound",
            f"{sum(r.ultrasound_saw_mass for r in women)} of {n}",
        ),
    ]


def retrieval_table(summary: Summary) -> list[dict[str, Any]]:
    """Return retrieval by stratum: title and lines of device, counts, difference, p value."""
    table = []
    for stratum in strata(summary):
        lines = []
        for device in devices(summary):
            pair = find(
                summary["paired"], device=device, mode="as guided", stratum=stratum,
                outcome="retrieved",
            )  # fmt: skip
            p_value = pair["p_value"]
            lines.append(
                {
                    "device": device_label(device),
                    "cells": _cells(summary, device, stratum, "retrieved"),
                    "difference": points(pair),
                    "p": "\u2013"
                    if p_value is None
                    else "<\u20090.001"
                    if p_value < 0.001
                    else f"{p_value:.2g}",
                }
            )
        table.append({"title": stratum_title(summary, stratum), "lines": lines})
    return table


def _cells(summary: Summary, device: str, stratum: str, outcome: str) -> list[str]:
    """Return the counts of one line of the table of retrieval."""
    rows = (
        find(
            summary["rows"], guidance=guidance, mode=mode, device=device, stratum=stratum,
            outcome=outcome,
        )
        for _, guidance, mode in arms(summary)
    )  # fmt: skip
    return [count_text(row).replace(" of ", "/") for row in rows]


def outcome_table(summary: Summary) -> list[dict[str, Any]]:
    """Return for each device the number of women with each outcome, by arm."""
    table = []
    for device in devices(summary):
        lines = []
        for outcome in (*OUTCOMES, "target sampled"):
            rows = [
                find(
                    summary["rows"], guidance=guidance, mode=mode, device=device, stratum="all",
                    outcome=outcome,
                )
                for _, guidance, mode in arms(summary)
            ]  # fmt: skip
            name = outcome if outcome in OUTCOMES else ANY_SPECK
            lines.append({"name": name, "cells": [row["k"] for row in rows]})
        table.append({"device": device_label(device), "n": rows[0]["n"], "lines": lines})
    return table


def means_table(summary: Summary) -> list[dict[str, Any]]:
    """Return for each device the mean of each measure with its interval, by arm."""
    table = []
    for device in devices(summary):
        lines = []
        for outcome, name, digits, scale in MEANS:
            cells = [
                mean_text(
                    find(
                        summary["rows"], guidance=guidance, mode=mode, device=device,
                        stratum="all", outcome=outcome,
                    ),
                    digits,
                    scale,
                )
                for _, guidance, mode in arms(summary)
            ]  # fmt: skip
            lines.append({"name": name, "cells": cells})
        table.append({"device": device_label(device), "lines": lines})
    return table


def per_core_table(summary: Summary) -> list[dict[str, Any]]:
    """Return what each core brought as text, by device."""
    found = {device: per_core_cells(summary, device) for device in devices(summary)}
    return [{"device": device_label(d), "lines": lines} for d, lines in found.items() if lines]


def published_table(summary: Summary) -> list[dict[str, Any]]:
    """Return the published and simulated figures as text."""
    table = []
    for line in summary["published"]:
        cells = {}
        for key in ("published", "simulated"):
            text = proportion_text(line[key], line[f"{key}_k"], line[f"{key}_n"], none="\u2013")
            interval = line[f"{key}_ci95"]
            cells[key] = text if interval is None else f"{text}; {span(interval)}"
        table.append(dict(line) | cells | {"agrees": agreement_text(line)})
    return table


def standing_limitations(summary: Summary) -> list[str]:
    """Return what limits every comparison of this kind."""
    said = [
        "The women are synthetic. The intervals cover chance in these trials; they do not cover "
        "what the models leave out or get wrong.",
        "Histology is not predicted: that calcification is on the specimen film does not say that "
        "the diagnosis is right, and that it is missing does not say that it is wrong.",
        "Strata are looked at side by side without correction for their number: with so many "
        "comparisons, one p value in twenty falls below 0.05 by chance.",
        "How far a finding on the mammogram lies from the place where ultrasound looks for it has "
        "not been published in millimetres, nor have the errors of the hand that holds the needle; "
        "the values used here are stated below with their status.",
    ]
    if summary["one_case"]:
        said.insert(
            0,
            "All trials repeat one case; only its fine anatomy, specks, operator's hand, noise and "
            "lie of the supine breast differ. Nothing follows for women with other breasts.",
        )
    if summary["fidelity"] != "image":
        said.insert(0, f"Made at {summary['fidelity']} fidelity, not by rendering and reading.")
    return said


def parameter_text(parameter: Parameter) -> str:
    """Return a parameter's value as text."""
    value = parameter.value
    if isinstance(value, tuple | list):
        return ", ".join(map(_value_text, value))
    return _value_text(value)


def _value_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_value_text, value))})"
    return str(value)


def status_counts(parameters: Parameters) -> list[tuple[str, int]]:
    """Return how many parameters have each status, in the order of trust."""
    counts = Counter(p.status for table in parameters.values() for p in table.values())
    return [(status, counts[status]) for status in STATUSES if counts[status]]  # type: ignore[index]


def _grouped(images: Sequence[ReportImage]) -> dict[str, list[ReportImage]]:
    """Return the images by group, in the order in which groups first come."""
    groups: dict[str, list[ReportImage]] = {}
    for image in images:
        groups.setdefault(image.group, []).append(image)
    return groups
