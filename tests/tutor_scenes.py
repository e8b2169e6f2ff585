"""An attempt at a case of the library on coarse tissue, with the tutor beside it; no Qt."""

from typing import Any

import numpy as np

from stereosim.procedures.intents import Expose, Intent, MarkPair
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.teaching import Lesson
from stereosim_gui.model.tutoring import Tutor
from stereosim_gui.worker import Worker
from tests.app_scenes import Pump


class Room:
    """The attempt; everything in it is driven and waited for by the test."""

    def __init__(self, pump: Pump, worker: Worker, case: str) -> None:
        self.pump = pump
        self.attempt = Attempt(AttemptSpec(case, 1, "stereotactic", voxel_mm=1.5), worker)
        self.tutor = Tutor(self.attempt)
        self.refused: list[str] = []
        self.attempt.refused.connect(self.refused.append)
        self.attempt.begin()
        pump.until(lambda: not self.attempt.busy)

    def do(self, *intents: Intent) -> None:
        for intent in intents:
            assert self.attempt.send(intent)
            self.pump.until(lambda: not self.attempt.busy)
            assert not self.refused

    def pair(self) -> None:
        usual = self.attempt.engine.equipment.usual_position
        assert usual is not None
        self.do(usual, Expose("scout"), Expose("pair"))

    def hear(self, stage: Stage) -> dict[str, Lesson]:
        """Return what is said at a page once everything has been looked at."""
        done: list[int] = []
        self.tutor.look(stage)
        self.tutor.read_images()
        # The worker does one thing after another.
        self.attempt.compute(lambda cancel, report: iter([0]), done.append)
        self.pump.until(lambda: bool(done))
        return {item.code: item for item in self.tutor.lessons(stage)}

    @property
    def group(self) -> Any:
        """The target's specks, support frame."""
        tissue = self.attempt.state.truth.tissue
        return tissue.specks.solids.centres_mm[tissue.original.target]

    @property
    def middle(self) -> Any:
        """The speck nearest to the middle of the group."""
        away = np.linalg.norm(self.group - self.group.mean(axis=0), axis=1)
        return self.group[away.argmin()]

    def pixel(self, view: str, point: Any) -> tuple[float, float]:
        from stereosim.geometry.projection import project
        from stereosim.geometry.views import stereo_pair

        views = dict(
            zip(("left", "right"), stereo_pair(self.attempt.engine.room.unit), strict=True)
        )
        column, row = project(views[view], np.asarray(point)[None])[0]
        return float(column), float(row)

    def marks(self, left: Any, right: Any = None) -> MarkPair:
        other = left if right is None else right
        return MarkPair(self.pixel("left", left), self.pixel("right", other))
