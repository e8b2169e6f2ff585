"""The live ultrasound frame: 40 x 40 mm, 256 lines, as the app asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

import numpy as np

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import Frame, bmode
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim_phantoms.cases import load_case
from timing import Row, alone

BENCH = "ultrasound"
GRID = Grid(depth_mm=40.0)
STEP_MM = 1.5  # between frames of a probe that moves at 30 mm/s, shown at 20 per second


def measure() -> list[Row]:
    """Measure frames while the probe moves, their display, and tissue that is not there yet."""
    patient = load_case("large-cluster").patient(1)
    specks = patient.supine_specks().solids
    x, y, depth = (float(v) for v in patient.referral.supine_mm)

    def frame(live: LiveTissue, pose: ProbePose, shaft: Shaft | None = None) -> Frame:
        radii = 0.5 * specks.diameters_mm
        return live.frame(
            pose, specks.centres_mm, radii, seed=1, grid=GRID, focus_mm=depth, shaft=shaft
        )

    live = LiveTissue(patient, load_probe())
    here = ProbePose(x, y, 0.0)
    while live.prepare(here, GRID.depth_mm):
        pass
    needle = Shaft(np.array([x, y, depth]), np.array([0.9, 0.0, np.sqrt(0.19)]), 3.0, 7.0)
    moves, turns = count(), count()

    def along() -> Frame:
        return frame(live, ProbePose(x, y + STEP_MM * (next(moves) % 12 - 6), 0.0))

    def turned() -> Frame:
        return frame(live, ProbePose(x, y, 3.0 * (next(turns) % 20)))

    shown = frame(live, here)
    cases: list[tuple[str, Callable[[], object]]] = [
        ("frame, probe moved", along),
        ("frame, probe turned", turned),
        ("frame with needle", lambda: frame(live, here, needle)),
        ("B-mode of a frame", lambda: bmode(shown)),
    ]
    rows = [Row(BENCH, what, alone(call, repeats=41)) for what, call in cases]

    # Somewhere new: what the trainee waits for once.
    start = time.perf_counter()
    frame(live, ProbePose(x - 60.0, y, 0.0))
    rows.append(Row(BENCH, "first frame of a place far away", time.perf_counter() - start))
    slowest = 0.0
    for k in range(40):
        start = time.perf_counter()
        frame(live, ProbePose(x - 60.0, y + STEP_MM * k, 0.0))
        slowest = max(slowest, time.perf_counter() - start)
    rows.append(Row(BENCH, "slowest frame at 30 mm/s, nothing prepared", slowest))
    return rows
