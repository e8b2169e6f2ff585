"""The icon array: one symbol for each woman, so that a share can be seen as people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stereosim.experiments.results import OUTCOMES, Outcome
from stereosim.reports.style import (
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    QUIET,
    SKY,
    VERMILLION,
    house_style,
    new_figure,
)
from stereosim.reports.table import arms
from stereosim.reports.wording import Summary, device_label, devices, find, nouns

PER_ROW = 10
MOST_ICONS = 100

# Outcome: colour of the fill, marker, and the line of those that are not filled.
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "retrieved": {"marker": "o", "color": GREEN, "markeredgecolor": GREEN},
    "not retrieved": {"marker": "x", "color": VERMILLION, "markeredgewidth": 2.0},
    "declined: not visible": {
        "marker": "s",
        "color": "white",
        "markeredgecolor": ORANGE,
        "markeredgewidth": 1.8,
    },
    "inaccessible": {"marker": "^", "color": PURPLE, "markeredgecolor": PURPLE},
    "not found on images": {
        "marker": "D",
        "color": "white",
        "markeredgecolor": SKY,
        "markeredgewidth": 1.8,
    },
}


def scaled(counts: Mapping[Outcome, int], icons: int) -> dict[Outcome, int]:
    """Share out `icons` symbols in proportion to counts, by largest remainder."""
    total = sum(counts.values())
    exact = {name: icons * k / total for name, k in counts.items()}
    shares = {name: int(value) for name, value in exact.items()}
    by_rest = sorted(
        counts, key=lambda name: (shares[name] - exact[name], list(counts).index(name))
    )
    for name in by_rest[: icons - sum(shares.values())]:
        shares[name] += 1
    return shares


def icon_figure(summary: Summary) -> Figure:
    """Draw what became of the women, one symbol each (of 100, where there are more than 100)."""
    columns, names = arms(summary), devices(summary)
    n = max((row["n"] for row in summary["paired"] if row["stratum"] == "all"), default=0)
    rows = -(-min(max(n, 1), MOST_ICONS) // PER_ROW)
    block = 0.19 * rows + 0.42
    with house_style():
        figure = new_figure(0.78 + len(names) * block)
        height = figure.get_figheight()
        for i, device in enumerate(names):
            bottom = 1 - (0.18 + (i + 1) * block - 0.12) / height
            figure.text(
                0.005, bottom + 0.19 * rows / height, device_label(device), fontweight="bold",
                va="top",
            )  # fmt: skip
            for j, (title, guidance, mode) in enumerate(columns):
                left = 0.16 + j * 0.285
                axes = figure.add_axes((left, bottom, 0.265, 0.19 * rows / height))
                counts = {
                    outcome: find(
                        summary["rows"], guidance=guidance, mode=mode, device=device,
                        stratum="all", outcome=outcome,
                    )["k"]
                    for outcome in OUTCOMES
                }  # fmt: skip
                _panel(axes, counts, rows)
                if i == 0:
                    figure.text(left, 1 - 0.02 / height, title.capitalize(), va="top",
                                fontweight="bold")  # fmt: skip
        _legend(figure, n, summary)
    return figure


def _panel(axes: Axes, counts: Mapping[Outcome, int], rows: int) -> None:
    """Draw one arm: symbols in reading order, retrieved first, and the count above them."""
    axes.set_axis_off()
    axes.set_xlim(-0.6, PER_ROW - 0.4)
    axes.set_ylim(rows - 0.4, -0.6)
    total = sum(counts.values())
    if total == 0:
        axes.text(0, 0, "none", color=QUIET)
        return
    shares: Mapping[Outcome, int] = counts if total <= MOST_ICONS else scaled(counts, MOST_ICONS)
    place = 0
    for outcome, share in shares.items():
        spots = range(place, place + share)
        axes.plot(
            [spot % PER_ROW for spot in spots], [spot // PER_ROW for spot in spots],
            linestyle="none", markersize=7.5, clip_on=False, **_LOOKS[outcome],
        )  # fmt: skip
        place += share
    axes.text(-0.45, -0.75, f"{counts['retrieved']} of {total} retrieved", va="bottom", color=INK)


def _legend(figure: Figure, n: int, summary: Summary) -> None:
    """Name the symbols that occur, and what one of them stands for."""
    one, many = nouns(summary)
    shown = [
        outcome
        for outcome in OUTCOMES
        if outcome in ("retrieved", "not retrieved")
        or any(row["outcome"] == outcome and row["k"] for row in summary["rows"] if "k" in row)
    ]
    handles = [
        Line2D([], [], linestyle="none", markersize=7.5, label=outcome, **_LOOKS[outcome])
        for outcome in shown
    ]
    what = (
        f"Each symbol is one {one}."
        if n <= MOST_ICONS
        else f"Scaled to 100 {many}; the counts are those simulated."
    )
    figure.legend(
        handles=handles, loc="lower left", ncols=3, frameon=False, handletextpad=0.2,
        columnspacing=1.4, title=what, alignment="left", borderaxespad=0.1,
    )  # fmt: skip
