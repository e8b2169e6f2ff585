"""The summary as plain text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from stereosim.experiments.results import GUIDANCES, OUTCOMES
from stereosim.reports.wording import (
    Row,
    Summary,
    answer,
    any_declined,
    ascii_text,
    cost,
    device_label,
    devices,
    find,
    headline,
    nouns,
    percent,
    points,
    span,
)

WIDTH = 100
MOST_CORES = 12  # lines of a table
ANY_SPECK = "any target speck removed"

Arm = tuple[str, str, str]  # title, guidance, mode

MEANS: Sequence[tuple[str, str, int, float]] = (
    ("fraction removed", "target specks removed, %", 0, 100.0),
    ("volume removed", "their volume removed, %", 0, 100.0),
    ("lesion removed", "lesion's volume removed, %", 0, 100.0),
    ("localisation error", "localisation error, mm", 1, 1.0),
    ("exposures", "exposures", 1, 1.0),
    ("dose", "mean glandular dose, mGy", 1, 1.0),
    ("minutes", "time, min", 0, 1.0),
    ("cores", "cores, where biopsied", 1, 1.0),
    ("clip to target", "clip to target, mm", 1, 1.0),
)


def arms(summary: Summary) -> list[Arm]:
    """Return the columns of every table; the attempted reading only where it differs."""
    columns = [
        ("stereotactic", "stereotactic", "as guided"),
        ("ultrasound, as guided", "ultrasound", "as guided"),
    ]
    if any_declined(summary):
        columns.append(("ultrasound, if attempted", "ultrasound", "attempted"))
    return columns


def strata(summary: Summary) -> list[str]:
    """Return the strata of a summary in its order."""
    return list(dict.fromkeys(row["stratum"] for row in summary["rows"]))


def stratum_title(summary: Summary, stratum: str) -> str:
    """Return a stratum with the number of women in it."""
    n = max((row["n"] for row in summary["paired"] if row["stratum"] == stratum), default=0)
    one, many = nouns(summary)
    name = stratum[0].upper() + stratum[1:]
    return f"{name}: {n} {one if n == 1 else many}"


def count_text(row: Row) -> str:
    """Return a count with its interval in percent: "20 of 24 (64-93)"."""
    if not row["n"]:
        return "none"
    low, high = row["ci95"]
    return f"{row['k']} of {row['n']} ({100 * low:.0f}\u2013{100 * high:.0f})"


def mean_text(row: Row, digits: int, scale: float) -> str:
    """Return a mean with its interval: "8.2 (7.7-8.8)"; the number of women where not all."""
    if row["mean"] is None:
        return "none"
    text = f"{scale * row['mean']:.{digits}f}"
    if row["ci95"] is None:
        return text
    low, high = (f"{scale * limit:.{digits}f}" for limit in row["ci95"])
    return f"{text} ({low}\u2013{high})"


def text_report(summary: Summary, *, words: bool = False) -> str:
    """Return the whole summary as text: headline, retrieval by stratum, outcomes, means, published.

    Parameters
    ----------
    summary : mapping
        What :func:`stereosim.experiments.summary.summarise` returns.
    words : bool
        Give the answer in whole sentences too, as the HTML report does.

    Returns
    -------
    str
        Lines of at most 100 columns, plain ASCII punctuation, ending in a line break.
    """
    one, many = nouns(summary)
    head = f"{summary['trials']} {one if summary['trials'] == 1 else many}"
    lines = [*_wrap(f"{summary['subject'] or 'Paired comparison'}: {head}", ""), ""]
    lines += [*_wrap(headline(summary), ""), ""]
    lines += _retrieval(summary) + _outcomes(summary) + _means(summary)
    if words:
        for device, paragraphs in answer(summary):
            lines += [f"In words, {device}"]
            for paragraph in paragraphs:
                lines += [*_wrap(paragraph, "  "), ""]
        lines += [line for sentence in cost(summary) for line in _wrap(sentence, "")] + [""]
    lines += _per_core(summary) + _published(summary)
    return ascii_text("\n".join(lines)) + "\n"


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _retrieval(summary: Summary) -> list[str]:
    """Return the table of retrieval by stratum and device."""
    columns = arms(summary)
    widths = [_label_width(summary), *[22] * len(columns), 16]
    many = nouns(summary)[1]
    lines = [f"Calcification on the specimen film, in {many} (95 % interval, %)", ""]
    first, second = _headers(columns)
    lines += [_line(["", *first, "difference*"], widths), _line(["", *second, ""], widths)]
    for stratum in strata(summary):
        lines.append(stratum_title(summary, stratum))
        for device in devices(summary):
            cells = [
                count_text(_row(summary, guidance, mode, device, stratum, "retrieved"))
                for _, guidance, mode in columns
            ]
            pair = find(
                summary["paired"], device=device, mode="as guided", stratum=stratum,
                outcome="retrieved",
            )  # fmt: skip
            lines.append(_line([f"  {device_label(device)}", *cells, points(pair)], widths))
    lines += ["", "* percentage points, stereotactic minus ultrasound as guided (Newcombe, paired)"]
    return [*lines, ""]


def _label_width(summary: Summary) -> int:
    return 3 + max(len(device_label(device)) for device in devices(summary))


def _headers(columns: Sequence[Arm]) -> tuple[list[str], list[str]]:
    """Return the two lines of the column heads."""
    parts = [title.partition(" ") for title, *_ in columns]
    return [first for first, _, _ in parts], [second for _, _, second in parts]


def _row(
    summary: Summary, guidance: str, mode: str, device: str, stratum: str, outcome: str
) -> Row:
    return find(
        summary["rows"], guidance=guidance, mode=mode, device=device, stratum=stratum,
        outcome=outcome,
    )  # fmt: skip


def _outcomes(summary: Summary) -> list[str]:
    """Return what became of the women, by device and arm."""
    columns = arms(summary)
    widths = [34, *[22] * len(columns)]
    one, many = nouns(summary)
    lines = []
    for device in devices(summary):
        n = _row(summary, "stereotactic", "as guided", device, "all", "retrieved")["n"]
        title = f"In {n} {one if n == 1 else many}, {device_label(device)}"
        first, second = _headers(columns)
        lines += [_line([title, *first], widths), _line(["", *second], widths)]
        for outcome in (*OUTCOMES, "target sampled"):
            cells = [
                str(_row(summary, guidance, mode, device, "all", outcome)["k"])
                for _, guidance, mode in columns
            ]
            name = outcome if outcome in OUTCOMES else ANY_SPECK
            lines.append(_line([f"  {name}", *cells], widths))
        lines.append("")
    return lines


def _means(summary: Summary) -> list[str]:
    """Return the means by device and arm."""
    columns = arms(summary)
    widths = [34, *[22] * len(columns)]
    lines = []
    for device in devices(summary):
        title = f"Mean (95 % interval), {device_label(device)}"
        first, second = _headers(columns)
        lines += [_line([title, *first], widths), _line(["", *second], widths)]
        for outcome, name, digits, scale in MEANS:
            cells = [
                mean_text(_row(summary, g, mode, device, "all", outcome), digits, scale)
                for _, g, mode in columns
            ]
            lines.append(_line([f"  {name}", *cells], widths))
        lines.append("")
    return lines


def proportion_text(
    estimate: float | None, k: int | None, n: int | None, *, none: str = "-"
) -> str:
    """Return a proportion with its count where known: "86 % (118/138)"."""
    if estimate is None:
        return none
    text = percent(estimate, n)
    if k is not None:
        return f"{text} ({k}/{n})"
    return f"{text} (n = {n})" if n else text


def _proportion_cell(line: Row, key: str) -> list[str]:
    """Return a proportion and below it its interval."""
    cell = [proportion_text(line[key], line[f"{key}_k"], line[f"{key}_n"])]
    interval = line[f"{key}_ci95"]
    return cell if interval is None else [*cell, f"  {span(interval)}"]


def agreement_text(line: Row) -> str:
    """Return "yes", "no", or why it was not judged; and where the simulated figure lies."""
    side = f", {line['direction']}" if line["direction"] else ""
    if line["agrees"] is None:
        note = str(line["note"])
        return note.rpartition(": ")[2] + side if "too wide" in note else note
    return ("yes" if line["agrees"] else "no") + side


def per_core_cells(summary: Summary, device: str) -> list[tuple[str, list[str]]]:
    """Return for each core of a device its number and, for both guidances, what it brought.

    Cells are "5 of 8 (31-86)", cores that hold calcification of those taken, and "7 of 8 (53-98)",
    lesions with calcification in any core so far; empty where that core was not taken.  What
    comes after the twelfth core is in the summary only.
    """
    found = {
        (row["guidance"], row["core"]): row
        for row in summary["per_core"]
        if row["device"] == device
    }
    lines = []
    last = max((core for _, core in found), default=0)
    for core in range(1, min(last, MOST_CORES) + 1):
        cells = []
        for guidance in GUIDANCES:
            row = found.get((guidance, core))
            if row is None:
                cells += ["", ""]
                continue
            for k, n, interval in (("holding", "taken", "ci95"),
                                   ("cumulative_k", "lesions", "cumulative_ci95")):  # fmt: skip
                low, high = row[interval]
                cells.append(f"{row[k]} of {row[n]} ({100 * low:.0f}\u2013{100 * high:.0f})")
        lines.append((str(core), cells))
    return lines


def _per_core(summary: Summary) -> list[str]:
    """Return what each core brought, by device."""
    widths = [6, 22, 24, 22, 22]
    lines = []
    for device in devices(summary):
        cells = per_core_cells(summary, device)
        if not cells:
            continue
        lines.append(
            f"Calcification on the film by core, {device_label(device)} (95 % interval, %)"
        )
        lines.append(_line(["", "stereotactic", "", "ultrasound, as guided", ""], widths))
        lines.append(_line(["core", *["that core holds", "lesions so far"] * 2], widths))
        lines += [_line([number, *row], widths) for number, row in cells] + [""]
    return lines


def _published(summary: Summary) -> list[str]:
    """Return the simulated figures beside the published ones."""
    widths = [16, 31, 20, 18, 15]
    lines = [_line(["Row", "Published outcome", "published", "simulated", "agrees"], widths)]
    lines.append(_line(["", "", "  95 % interval", "  95 % interval", ""], widths))
    for line in summary["published"]:
        cells: list[list[str]] = [
            [line["row"]],
            textwrap.wrap(line["outcome"], widths[1] - 2),
            _proportion_cell(line, "published"),
            _proportion_cell(line, "simulated"),
            textwrap.wrap(agreement_text(line), widths[4]),
        ]
        for i in range(max(map(len, cells))):
            lines.append(_line([c[i] if i < len(c) else "" for c in cells], widths))
    return [*lines, "", *_wrap(summary["agreement_rule"], "")]
