"""Make the thumbnails of the gallery: a piece of each case's scout, around the calcifications.

    .venv/bin/python tools/thumbnails.py [CASE ...]      (or: make thumbnails)

They are shipped with the app, because making them takes the simulator some seconds each.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from stereosim.geometry.projection import project
from stereosim.imaging.display import presentation
from stereosim.procedures.approach import usual_position
from stereosim.procedures.intents import Expose
from stereosim_gui.model.engine import Engine
from stereosim_gui.model.library import THUMBNAILS
from stereosim_gui.model.spec import AttemptSpec
from stereosim_phantoms.shelf import case_names

# About 1.3 times the size at which a card shows them, for fine screens; 30 mm by 20 mm.
SIZE_PX = (240, 160)
WIDTH_MM = 30.0
# Smoothing that leaves the specks, and grey levels enough for a card: under 25 kB in all.
BLUR_PX = 0.8
LEVELS = 24


def thumbnail(case: str) -> NDArray[np.uint8]:
    """Return the picture of `case`, 160 rows by 240 columns."""
    engine = Engine(AttemptSpec(case, 1, "stereotactic"))
    state = engine.begin(lambda progress: None)
    state = engine.step(state, usual_position(engine.patient.referral, engine.room.unit)).state
    state = engine.step(state, Expose("scout")).state
    image = state.seen.shots[-1].image
    tissue = state.truth.tissue
    specks = tissue.original.solids.centres_mm[tissue.original.target]
    columns, rows = project(image.view, specks).mean(axis=0)
    pixels = presentation(image)
    width = round(WIDTH_MM / image.view.pitch_mm)
    height = round(width * SIZE_PX[1] / SIZE_PX[0])
    top = int(np.clip(rows - height / 2, 0, pixels.shape[0] - height))
    left = int(np.clip(columns - width / 2, 0, pixels.shape[1] - width))
    piece = pixels[top : top + height, left : left + width]
    low, high = np.percentile(piece, (1.0, 99.9))
    grey = np.clip((piece - low) / max(high - low, 1e-6), 0.0, 1.0)
    smooth = Image.fromarray((255 * grey).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(BLUR_PX)
    )
    small = np.asarray(smooth.resize(SIZE_PX, Image.Resampling.BOX)) / 255.0
    return (np.round(small * (LEVELS - 1)) * (255 / (LEVELS - 1))).astype(np.uint8)


def main(cases: list[str]) -> None:
    """Write the thumbnails of `cases`, or of all."""
    THUMBNAILS.mkdir(exist_ok=True)
    for case in cases or case_names():
        path = THUMBNAILS / f"{case}.png"
        Image.fromarray(thumbnail(case)).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.1f} kB", flush=True)


if __name__ == "__main__":
    sys.exit(main([str(Path(name).stem) for name in sys.argv[1:]]))
