"""Draw the figure of docs/ultrasound-validation.md: our beam and image beside PyMUST's.

Run ``.venv/bin/python tools/ultrasound_figures.py`` after ``tools/setup.sh app test peers``.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "phantoms")]

import matplotlib  # noqa: E402

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from stereosim.imaging.ultrasound.acoustics import load_acoustics  # noqa: E402
from stereosim.imaging.ultrasound.beam import Grid, form_beam  # noqa: E402
from stereosim.imaging.ultrasound.probes import load_probe  # noqa: E402
from tests.peer_pymust import Peer  # noqa: E402
from tests.test_validation_ultrasound import Scene  # noqa: E402

COLOURS = ("#0072b2", "#d55e00", "#009e73")
NAME = "l14-5"


def main() -> None:
    """Lateral profiles at three depths, and the same scatterers with a darker cylinder."""
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(9.4, 3.1), width_ratios=[1.4, 1.0, 1.0]
    )
    probe = load_probe(NAME)
    grid = Grid(depth_mm=41.0, columns=round(probe.width_mm / 0.05))
    beam = form_beam(probe, load_acoustics(), np.zeros(grid.rows), grid)
    peer, beside = Peer(probe, probe.transmit_focus_mm), np.arange(0.0, 2.05, 0.1)
    for depth, colour in zip((8.0, 20.0, 40.0), COLOURS, strict=True):
        near = np.arange(depth - 0.4, depth + 0.4, 0.02)
        lines = [peer.line(*peer.channels([x], [depth], [1.0]), near) for x in beside]
        theirs = np.abs(np.array(lines)[:, np.abs(lines[0]).argmax()])
        ours = np.abs(beam.lateral[round(depth / grid.row_mm)])[beam.lateral.shape[1] // 2 :]
        x = np.arange(ours.size) * 0.5 * beam.column_mm
        left.plot(x, 20 * np.log10(ours / ours[0]), color=colour, lw=1, label=f"{depth:.0f} mm")
        left.plot(beside, 20 * np.log10(theirs / theirs[0]), "o", color=colour, ms=3)
    left.set(xlim=(0, 2), ylim=(-60, 1), xlabel="beside the axis, mm", ylabel="amplitude, dB")
    left.legend(frameon=False, title="depth")
    left.set_title("beam: ours (lines), PyMUST (points)", fontsize=9)
    scene = Scene(NAME, 20.0, 1)
    for axes, envelope, title in zip(
        (middle, right), scene.envelopes(-14.0), ("ours", "PyMUST"), strict=True
    ):
        level = 20.0 * np.log10(envelope / np.sqrt((envelope**2).mean()))
        axes.imshow(level, cmap="gray", vmin=-35, vmax=10, extent=(-2, 2, 21.5, 18.5))
        axes.set_title(f"{title}: disc of -14 dB", fontsize=9)
        axes.set_xlabel("mm")
    figure.tight_layout()
    figure.savefig(ROOT / "docs" / "images" / "validation-ultrasound.png", dpi=110)


if __name__ == "__main__":
    main()
