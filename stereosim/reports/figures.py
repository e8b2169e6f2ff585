"""Figures of a comparison: retrieval by stratum, localisation error, simulated beside published."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stereosim.experiments.results import ArmResult
from stereosim.experiments.summary import devices_of
from stereosim.reports.style import (
    BLACK,
    BLUE,
    GRID,
    INK,
    QUIET,
    VERMILLION,
    bare,
    house_style,
    new_figure,
)
from stereosim.reports.table import agreement_text, arms, stratum_title
from stereosim.reports.wording import (
    MINUS,
    UNSEEN,
    VISIBLE,
    Row,
    Summary,
    device_label,
    devices,
    find,
    percent,
)

# Title of an arm: colour, marker, filled.
_ARMS = {
    "stereotactic": (BLUE, "o", True),
    "ultrasound, as guided": (VERMILLION, "s", True),
    "ultrasound, if attempted": (VERMILLION, "s", False),
}


def retrieval_figure(summary: Summary) -> Figure:
    """Draw retrieval by guidance and device with 95 % intervals, for all, seen and unseen."""
    columns = arms(summary)
    names = devices(summary)
    lines = len(names) * (len(columns) + 0.8)
    with house_style():
        figure = new_figure(1.25 + 0.22 * lines)
        panels = figure.subplots(
            1, 3, sharey=True,
            gridspec_kw={"left": 0.25, "right": 0.975, "wspace": 0.2,
                         "bottom": 0.62 / figure.get_figheight(),
                         "top": 1 - 0.42 / figure.get_figheight()},
        )  # fmt: skip
        for axes, stratum in zip(panels, ("all", VISIBLE, UNSEEN), strict=True):
            _retrieval_panel(axes, summary, stratum)
        labels, heights = [], []
        for i, device in enumerate(names):
            top = i * (len(columns) + 0.8)
            panels[0].text(
                -0.05, top, device_label(device), fontweight="bold", ha="right", va="center",
                transform=panels[0].get_yaxis_transform(),
            )  # fmt: skip
            for j, (title, *_) in enumerate(columns):
                labels.append(title)
                heights.append(top + 0.8 + j)
        panels[0].set_yticks(heights, labels)
        panels[0].set_ylim(lines - 0.2, -0.7)
        panels[1].set_xlabel("Women with calcification on the specimen film, %")
        if summary["one_case"]:
            panels[1].set_xlabel("Repetitions with calcification on the specimen film, %")
    return figure


def _retrieval_panel(axes: Axes, summary: Summary, stratum: str) -> None:
    """Draw one stratum."""
    columns = arms(summary)
    axes.set_title(stratum_title(summary, stratum).replace(": ", "\n"), loc="left")
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 50, 100])
    bare(axes)
    # The count stands at the right edge of the panel, above its line, where no point can be.
    for i, device in enumerate(devices(summary)):
        for j, (title, guidance, mode) in enumerate(columns):
            y = i * (len(columns) + 0.8) + 0.8 + j
            row = find(
                summary["rows"], guidance=guidance, mode=mode, device=device, stratum=stratum,
                outcome="retrieved",
            )  # fmt: skip
            if not row["n"]:
                axes.text(50, y, "none", color=QUIET, ha="center", va="center")
                continue
            colour, marker, filled = _ARMS[title]
            low, high = (100 * limit for limit in row["ci95"])
            axes.plot([low, high], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
            axes.plot(
                100 * row["estimate"], y, marker=marker, markersize=6, color=colour,
                markerfacecolor=colour if filled else "white", markeredgewidth=1.4,
                linestyle="none", clip_on=False,
            )  # fmt: skip
            left = row["estimate"] > 0.5
            axes.text(
                2 if left else 98, y, f"{row['k']}/{row['n']}", va="center",
                ha="left" if left else "right",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )  # fmt: skip


_AXES = {
    "stereotactic": ("x, along the chest wall", "y, toward the nipple", "z, toward the tube"),
    "ultrasound": ("x, to the patient's right", "y, toward the head", "z, into the breast"),
}


def error_figure(results: Sequence[ArmResult]) -> Figure:
    """Draw where the arms aimed against where the target was, by axis, as guided."""
    aimed = [r for r in results if r.mode == "as guided" and r.error_mm is not None]
    names = devices_of(results)
    reach = max((abs(e) for r in aimed for e in r.error_mm or ()), default=1.0)
    rows = 3 * len(names)
    with house_style():
        figure = new_figure(1.7 + 2 * 0.26 * (rows + 1.4))
        height = figure.get_figheight()
        panels = figure.subplots(
            2, 1, sharex=True,
            gridspec_kw={"left": 0.37, "right": 0.91, "hspace": 1.1 / (0.26 * (rows + 1.4)) * 0.5,
                         "bottom": 0.55 / height, "top": 1 - 0.35 / height},
        )  # fmt: skip
        for axes, (guidance, words) in zip(panels, _AXES.items(), strict=True):
            bare(axes)
            axes.axvline(0.0, color=INK, linewidth=0.8)
            transform = axes.get_yaxis_transform()
            axes.text(
                -0.68, -1.0, f"{guidance.capitalize()} guidance", transform=transform,
                fontweight="bold",
            )  # fmt: skip
            labels, heights = [], []
            for k in range(3):
                middle = k * (len(names) + 0.4) + (len(names) - 1) / 2
                axes.text(-0.68, middle, words[k], transform=transform, va="center")
                for i, device in enumerate(names):
                    arm = [r for r in aimed if (r.guidance, r.device) == (guidance, device)]
                    y = k * (len(names) + 0.4) + i
                    _error_strip(axes, np.array([(r.error_mm or ())[k] for r in arm]), y, guidance)
                    labels.append(device_label(device))
                    heights.append(y)
            axes.set_yticks(heights, labels)
            axes.set_ylim(3 * (len(names) + 0.4) - 0.9, -0.7)
            axes.set_xlim(-1.08 * reach, 1.08 * reach)
        panels[1].set_xlabel("Aim minus target, mm")
    return figure


def _error_strip(axes: Axes, errors: np.ndarray, y: float, guidance: str) -> None:
    """Draw the errors of one axis: each as a point, the middle 80 % as a line, the median."""
    axes.text(1.01, y, f"n = {len(errors)}", transform=axes.get_yaxis_transform(), va="center")
    if not len(errors):
        return
    colour, marker, _ = _ARMS["stereotactic" if guidance == "stereotactic" else
                              "ultrasound, as guided"]  # fmt: skip
    # Ranks spread the points over the strip in an order that owes nothing to their values.
    spread = (np.arange(len(errors)) * 0.618034) % 1.0 - 0.5
    axes.plot(
        errors, y + 0.5 * spread, marker=marker, markersize=3 if len(errors) < 200 else 1.5,
        linestyle="none", color=colour, alpha=0.6, markeredgewidth=0,
    )  # fmt: skip
    if len(errors) >= 5:
        low, middle, high = np.quantile(errors, [0.1, 0.5, 0.9])
        axes.plot([low, high], [y, y], color=BLACK, linewidth=1.4)
        axes.plot([middle, middle], [y - 0.3, y + 0.3], color=BLACK, linewidth=2.0)


def published_figure(summary: Summary) -> Figure:
    """Draw each published figure with its simulated one below it, and whether they agree."""
    lines = [line for line in summary["published"] if line["simulated"] is not None]
    lines += [line for line in summary["published"] if line["simulated"] is None]
    with house_style():
        figure = new_figure(1.05 + 0.47 * len(lines))
        height = figure.get_figheight()
        axes = figure.add_axes((0.33, 0.55 / height, 0.27, 1 - 1.05 / height))
        bare(axes)
        labels = []
        for y, line in enumerate(lines):
            _published_line(axes, line, y)
            labels.append(textwrap.fill(f"{line['row']}: {line['outcome']}", 32))
        axes.set_yticks(range(len(lines)), labels)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 50, 100])
        axes.set_xlabel("%")
        heads = ((1.05, "published"), (1.46, "simulated"), (1.9, "agrees"))
        for x, word in heads:
            axes.text(x, -0.85, word, fontweight="bold", transform=axes.get_yaxis_transform())
        handles = [
            Line2D([], [], color=BLACK, marker="D", markersize=5, label="published"),
            Line2D([], [], color=BLUE, marker="o", markersize=6, label="simulated, stereotactic"),
            Line2D([], [], color=VERMILLION, marker="s", markersize=6,
                   label="simulated, ultrasound"),
        ]  # fmt: skip
        figure.legend(handles=handles, loc="upper left", ncols=3, frameon=False)
    return figure


def _published_line(axes: Axes, line: Row, y: float) -> None:
    """Draw one published figure and the simulated one."""
    transform = axes.get_yaxis_transform()
    guided = "ultrasound" if line["guidance"] == "ultrasound" else "stereotactic"
    colour, marker, _ = _ARMS["ultrasound, as guided" if guided == "ultrasound" else guided]
    for key, shift, ink, symbol in (
        ("published", -0.15, BLACK, "D"),
        ("simulated", 0.15, colour, marker),
    ):
        if line[key] is None:
            continue
        if line[f"{key}_ci95"] is not None:
            low, high = (100 * limit for limit in line[f"{key}_ci95"])
            axes.plot([low, high], [y + shift] * 2, color=ink, linewidth=1.5)
        axes.plot(100 * line[key], y + shift, marker=symbol, color=ink, markersize=5, clip_on=False)
    for x, key in ((1.05, "published"), (1.46, "simulated")):
        axes.text(x, y, _stacked(line, key), va="center", transform=transform)
    word = textwrap.fill(agreement_text(line).replace("-", MINUS), 12)
    quiet = line["agrees"] is None
    axes.text(
        1.9, y, word, va="center", transform=transform, color=QUIET if quiet else INK,
        fontweight="normal" if quiet else "bold",
    )  # fmt: skip
    axes.axhline(y + 0.5, color=GRID, linewidth=0.5)


def _stacked(line: Row, key: str) -> str:
    """Return a proportion with its count below it."""
    if line[key] is None:
        return "\u2013"
    k, n = line[f"{key}_k"], line[f"{key}_n"]
    count = f"{k}/{n}" if k is not None else f"n = {n}" if n else ""
    return f"{percent(line[key], n)}\n{count}".rstrip()
