"""How figures look: colours that the colour-blind tell apart, text that can be read in print."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito 2008, Color Universal Design.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, BLACK = "#E69F00", "#56B4E9", "#CC79A7", "#000000"
INK, QUIET, GRID = "#1a1a1a", "#5c5c5c", "#d9d9d9"

# Full width of the text on A4 and Letter with ordinary margins.
WIDTH_IN = 7.0
DPI = 200


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with our settings and nobody else's: no matplotlibrc reaches a report."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
                "font.size": 9,
                "axes.titlesize": 9.5,
                "axes.labelsize": 9,
                "xtick.labelsize": 9,
                "ytick.labelsize": 9,
                "legend.fontsize": 9,
                "figure.dpi": DPI,
                "text.color": INK,
                "axes.labelcolor": INK,
                "xtick.color": INK,
                "ytick.color": INK,
                "axes.edgecolor": QUIET,
                "axes.linewidth": 0.8,
                "axes.axisbelow": True,
            }
        )
        yield


def new_figure(height_in: float) -> Figure:
    """Return an empty figure of full text width, drawn without a window."""
    figure = Figure(figsize=(WIDTH_IN, height_in), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """Return a figure as PNG bytes, the same for the same figure."""
    stream = io.BytesIO()
    with house_style():
        figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()


def bare(axes: Axes, *, grid: bool = True) -> None:
    """Leave of the frame only the lower axis, with fine vertical lines to read values by."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if grid:
        axes.grid(axis="x", color=GRID, linewidth=0.6)
