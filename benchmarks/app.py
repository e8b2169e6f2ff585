"""The app as its user meets it: window up, window/level, fire to pictures, ultrasound, stalls.

Every figure is taken in a process of its own, offscreen unless a display is set.  The peer of
"window up" is a bare Qt window; the others stand beside the limit that the app is built to.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from timing import Row

HERE = Path(__file__).resolve().parent
REPEATS = 5

# What the app is built to: seconds, or GB for memory.
LIMITS = {
    "window up": 2.0,
    "two-pane window/level, a frame": 1 / 30,
    "fire to post-fire pair": 0.300,
    "ultrasound while scanning, a frame": 1 / 20,
    "worst stall of the window": 0.100,
    "memory, GB": 1.2,
}


def measure() -> list[Row]:
    """Return a row for each figure."""
    rows = []
    for _ in range(2):  # the first start fills the caches of the machine
        up = [_run("window") for _ in range(REPEATS)]
        bare = [_run("bare") for _ in range(REPEATS)]
    rows.append(Row("app", "window up", _median(up, "s"), "a bare Qt window", _median(bare, "s")))
    used = [_run("use") for _ in range(3)]
    for what in LIMITS:
        if what == "window up":
            continue
        pick = max if what in ("worst stall of the window", "memory, GB") else statistics.median
        rows.append(Row("app", what, float(pick(run[what] for run in used)), "limit", LIMITS[what]))
    return rows


def _median(runs: list[dict[str, float]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


def _run(what: str) -> dict[str, float]:
    """Run one of the scripts below in a fresh process; return the figures that it prints."""
    environment = dict(os.environ)
    if not environment.get("DISPLAY"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run(
        [sys.executable, str(HERE / "app_scripts.py"), what],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{what}: {done.stderr.strip() or done.stdout.strip()}")
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures
