"""The worker's first job: load the simulator and compile what has not been compiled here yet."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stereosim_gui.model.spec import AttemptSpec

if TYPE_CHECKING:
    from stereosim.experiments.progress import Cancel
    from stereosim_gui.worker import Report

log = logging.getLogger(__name__)

# A small breast on coarse voxels: every kernel is compiled for the types that it is called with
# later (there is one signature per kernel), and the images cost nothing.
_CASE = "thin-breast"
_VOXEL_MM = 2.0
# Seconds that each piece takes where nothing has been compiled yet, measured on two cores at
# 2.5 GHz: only their proportions matter, for the time left.
_SECONDS = {"load": 2.0, "x-ray": 13.0, "aim": 1.0, "needle": 2.0, "ultrasound": 5.0}


def warm_up(cancel: Cancel, report: Report) -> Iterator[None]:
    """Do a whole biopsy of a small breast under both guidances.

    Yields nothing after each piece, so that it can be cancelled there.  The stage that is reported
    is ``"loading"``, or ``"compiling"`` from the first kernel on that is not in Numba's cache.
    """
    started = time.monotonic()
    from numba.core import event

    from stereosim.experiments.progress import Progress

    pieces = _pieces()
    total = sum(_SECONDS.values())
    done, stage = 0.0, "loading"

    def tell() -> None:
        elapsed = time.monotonic() - started
        speed = elapsed / done if done else 1.0
        left = speed * (total - done)
        report(Progress(stage, round(10 * done), round(10 * total), elapsed, left))

    class Compiles(event.Listener):
        def on_start(self, event: object) -> None:
            nonlocal stage
            if stage != "compiling":
                stage = "compiling"
                tell()

        def on_end(self, event: object) -> None:
            """Nothing."""

    with event.install_listener("numba:compile", Compiles()):
        for name, seconds in _SECONDS.items():
            tell()
            cancel.check()
            finished = next(pieces)
            assert finished == name
            done += seconds
            log.info("warm-up: %s after %.1f s", name, time.monotonic() - started)
            yield


def _pieces() -> Iterator[str]:
    """Go through the procedures; yield the name of each piece when it is done."""
    from stereosim.procedures.approach import usual_position
    from stereosim.procedures.intents import (
        Advance,
        ChooseDevice,
        Expose,
        Film,
        Fire,
        Insert,
        Intent,
        Look,
        MarkEcho,
        MarkPair,
        PlaceClip,
        Sample,
        Steer,
        Stop,
    )
    from stereosim_gui.model.engine import Engine, Marks

    engine = Engine(AttemptSpec(_CASE, 1, "stereotactic", voxel_mm=_VOXEL_MM))
    state = engine.begin(lambda progress: None)
    yield "load"
    place = usual_position(engine.patient.referral, engine.room.unit)
    intent: Intent
    for intent in (place, Expose("scout"), Expose("pair")):
        state = engine.step(state, intent).state
    yield "x-ray"
    marks = Marks((900.0, 400.0), (850.0, 400.0))
    engine.preview(state, marks)
    assert marks.left is not None and marks.right is not None
    state = engine.step(state, MarkPair(marks.left, marks.right)).state
    yield "aim"
    device = next(iter(engine.room.devices))
    for intent in (
        *(ChooseDevice(device), Advance(), Expose("pair"), Fire(), Expose("pair")),
        *(Sample((12.0,)), Film(), PlaceClip(), Stop("finished")),
    ):
        state = engine.step(state, intent).state
    engine.score(state)
    yield "needle"
    sono = Engine(AttemptSpec(_CASE, 1, "ultrasound"))
    state = sono.begin(lambda progress: None)
    small = Look(0.0, 0.0, depth_mm=12.0, focus_mm=6.0)
    for intent in (
        *(small, MarkEcho((0.0, 0.0, 6.0), "blind"), ChooseDevice(device)),
        *(Insert((30.0, 0.0), 180.0, 30.0), Steer(5.0), small),
    ):
        state = sono.step(state, intent).state
    yield "ultrasound"
