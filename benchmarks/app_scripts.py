"""What ``benchmarks/app.py`` runs in processes of their own; the last line printed is JSON.

python benchmarks/app_scripts.py bare      a bare Qt window: start of the process to painted
python benchmarks/app_scripts.py window    the app's window, the same
python benchmarks/app_scripts.py use       a whole session: frames, waits, stalls, memory
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLOCK = time.perf_counter
STALL_EVERY_MS = 5
POLL_MS = 5
FRAMES = 60
SCAN_S = 4.0


def since_start() -> float:
    """Seconds since this process was started, as the system has it; since here elsewhere."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        ticks = float(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks
    except (OSError, AttributeError):
        return CLOCK()


def application() -> Any:
    """Return Qt's application."""
    from PySide6.QtWidgets import QApplication

    return QApplication.instance() or QApplication(sys.argv[:1])


def wait(condition: Callable[[], bool], limit_s: float = 120.0) -> None:
    """Let Qt and the worker work until `condition` holds."""
    from PySide6.QtCore import QEventLoop, QTimer

    end = CLOCK() + limit_s
    while not condition():
        if CLOCK() > end:
            raise TimeoutError
        loop = QEventLoop()
        QTimer.singleShot(POLL_MS, loop.quit)  # seldom: polling takes time from the worker
        loop.exec()


def painted(widget: Any) -> Callable[[], bool]:
    """Return a question that asks whether `widget` has been painted since now."""
    from PySide6.QtCore import QEvent, QObject

    class Watch(QObject):
        seen = False

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.seen = self.seen or event.type() == QEvent.Type.Paint
            return False

    watch = Watch(widget)
    widget.installEventFilter(watch)
    return lambda: watch.seen


def bare() -> dict[str, float]:
    """Open a window with a word in it."""
    from PySide6.QtWidgets import QLabel, QMainWindow

    keep = application()
    window = QMainWindow()
    window.setCentralWidget(QLabel("stereosim"))
    seen = painted(window)
    window.show()
    wait(seen)
    assert keep is not None
    return {"s": since_start()}


def session() -> Any:
    """Return the app over an empty folder of its own."""
    from stereosim_gui.start import Session

    return Session(application(), Path(tempfile.mkdtemp(prefix="stereosim-bench-")))


def window() -> dict[str, float]:
    """Open the app's window."""
    made = session()
    seen = painted(made.window)
    made.open()
    wait(seen)
    figures = {"s": since_start()}
    wait(lambda: made.app.ready)
    made.close()
    return figures


class Stalls:
    """How long the window's thread was not heard of, at worst, and where that was."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.doing = "window up"
        self.worst: dict[str, float] = {}
        self._last = CLOCK()
        self._timer = QTimer()
        self._timer.setInterval(STALL_EVERY_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def forget(self) -> None:
        """Start anew: what has just been done held the window up on purpose."""
        self._last = CLOCK()

    def _tick(self) -> None:
        now = CLOCK()
        gap = now - self._last
        self.worst[self.doing] = max(self.worst.get(self.doing, 0.0), gap)
        self._last = now


def use() -> dict[str, float]:
    """Go through a stereotactic and an ultrasound-guided attempt as a trainee would."""
    made = session()
    stalls = Stalls()
    made.window.resize(1600, 1000)
    made.open()
    stalls.doing = "warm-up"
    wait(lambda: made.app.ready)
    figures = stereotactic(made, stalls)
    figures |= ultrasound(made, stalls)
    stalls.doing = "end"
    wait_ms(300)
    figures["worst stall of the window"] = max(stalls.worst.values())
    figures["memory, GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    for doing, worst in sorted(stalls.worst.items(), key=lambda item: -item[1]):
        print(f"stall {1e3 * worst:6.1f} ms  {doing}", file=sys.stderr)
    made.close()
    return figures


def wait_ms(milliseconds: int) -> None:
    """Let Qt and the worker work for a while."""
    end = CLOCK() + 1e-3 * milliseconds
    wait(lambda: end < CLOCK())


def stereotactic(made: Any, stalls: Stalls) -> dict[str, float]:
    """Position, expose, mark, fire, sample, film, end; return the figures on the way."""
    from PySide6.QtWidgets import QWidget

    from stereosim.procedures.intents import (
        Advance,
        ChooseDevice,
        Expose,
        Film,
        Fire,
        MarkPair,
        PlaceClip,
        Sample,
        Stop,
    )
    from stereosim_gui.model.spec import AttemptSpec

    stalls.doing = "opening the page"
    attempt = made.app.start(AttemptSpec("case-1", 1, "stereotactic"))
    wait(lambda: attempt.started)

    def do(intent: Any) -> None:
        stalls.doing = intent.name
        attempt.send(intent)
        wait(lambda: not attempt.busy)
        wait_ms(150)

    do(attempt.console.equipment.usual_position)
    for intent in (Expose("scout"), Expose("pair")):
        do(intent)
    stalls.doing = "marking"
    marks = (1207.3, 770.7), (834.8, 770.7)
    attempt.mark("left", marks[0])
    attempt.mark("right", marks[1])
    wait(lambda: attempt.preview is not None)
    do(MarkPair(*marks))
    for intent in (ChooseDevice("vab-9g-petite"), Advance(), Expose("pair")):
        do(intent)
    stalls.doing = "window/level"
    figures = {"two-pane window/level, a frame": window_frames(made)}
    stalls.forget()  # the frames above were painted without a look at the clock
    # From FIRE to the post-fire pair on the screen.
    stalls.doing = "fire to pair"
    start = CLOCK()
    attempt.send(Fire())
    wait(lambda: not attempt.busy)
    attempt.send(Expose("pair"))
    wait(lambda: not attempt.busy)
    panes = made.window.page.images
    seen = painted(panes.rows[1]["right"])
    panes.rows[1]["right"].update()
    wait(seen)
    figures["fire to post-fire pair"] = CLOCK() - start
    wait_ms(500)
    for intent in (Sample((12.0, 1.0, 2.0)), Film(), PlaceClip(), Stop("finished")):
        do(intent)
    stalls.doing = "debrief"
    debrief: QWidget = made.window.page.debrief
    wait(lambda: debrief.review is not None)  # type: ignore[attr-defined]
    wait_ms(15_000)
    made.app.leave()
    return figures


def window_frames(made: Any) -> float:
    """Drag the window of two panes; return the median seconds of a painted frame."""
    panes = made.window.page.images.rows[0]
    for pane in panes.values():
        pane.actual_size()
    wait_ms(100)
    times = []
    for k in range(FRAMES):
        start = CLOCK()
        made.app.windows.drag("xray", 0.004 * (-1) ** k, 0.003 * (-1) ** k)
        for pane in panes.values():
            pane.repaint()
        times.append(CLOCK() - start)
    return statistics.median(times)


def ultrasound(made: Any, stalls: Stalls) -> dict[str, float]:
    """Move the probe at 30 mm/s over breast that has been made ahead; return seconds a frame."""
    from stereosim_gui.model.spec import AttemptSpec

    stalls.doing = "opening the ultrasound page"
    attempt = made.app.start(AttemptSpec("case-1", 1, "ultrasound"))
    wait(lambda: attempt.started)
    machine = attempt.sonography
    stalls.doing = "first ultrasound image"
    wait(lambda: machine.sonogram is not None)
    wait_ms(12_000)
    frames = 0

    def count() -> None:
        nonlocal frames
        frames += 1

    machine.image_changed.connect(count)
    stalls.doing = "scanning"
    start = CLOCK()
    while start + SCAN_S > CLOCK():
        # To and fro over 24 mm.
        phase = (CLOCK() - start) * 30.0 / 24.0 % 2.0
        machine.move_to(24.0 * (phase if phase < 1.0 else 2.0 - phase) - 12.0, machine.look.y_mm)
        wait_ms(5)
    elapsed = CLOCK() - start
    made.app.leave()
    return {"ultrasound while scanning, a frame": elapsed / frames}


if __name__ == "__main__":
    print(json.dumps({"bare": bare, "window": window, "use": use}[sys.argv[1]]()), flush=True)
    os._exit(0)  # without waiting for what the worker still does
