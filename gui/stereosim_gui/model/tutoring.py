"""The tutor beside an attempt: has the observations made in the worker and keeps what it said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stereosim.procedures.intents import Adjust, Expose
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.sampling import clip_placed
from stereosim_gui.model.stage_tips import tip
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.teaching import Lesson, lesson
from stereosim_gui.model.texts import Text
from stereosim_gui.model.wording import device_name
from stereosim_gui.signals import Signal

if TYPE_CHECKING:
    from stereosim.experiments.progress import Cancel
    from stereosim.geometry.targets import Triangulation
    from stereosim.procedures.observations import Observation
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.engine import Engine

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Noted:
    """Observations and what they belong to.

    Attributes
    ----------
    key : tuple of object
        What they were made of; kept alive, so that an identity is not given twice.
    found : tuple of Observation
        Warnings first.
    labels : dict of str to Text
        What devices are called.
    """

    key: tuple[object, ...]
    found: tuple[Observation, ...]
    labels: dict[str, Text]


class Tutor:
    """Looks over the trainee's shoulder.

    Parameters
    ----------
    attempt : Attempt
        Whose read-outs and images are looked at.
    """

    def __init__(self, attempt: Attempt) -> None:
        # There is something new to say.
        self.changed: Signal[[]] = Signal()
        self._attempt = attempt
        self._read_outs: Noted | None = None
        self._images: Noted | None = None
        self._asked: tuple[object, ...] = ()
        self._reading: Cancel | None = None

    def lessons(self, stage: Stage) -> tuple[Lesson, ...]:
        """Return what is to be said at a page, the most important first, the page's tip last."""
        attempt = self._attempt
        if not attempt.started or attempt.ended:
            return ()
        said = [*self._of_read_outs(stage), *self._of_images()]
        said.sort(key=lambda item: _ORDER.index(item.level))
        last = tip(attempt.state, stage, attempt.marks)
        return (*said, *(() if last is None else (last,)))

    # --- read-outs --------------------------------------------------------------------------------
    def look(self, stage: Stage) -> None:
        """Have the read-outs looked at, if they have changed; takes no time to speak of."""
        attempt = self._attempt
        if not attempt.started or attempt.ended:
            return
        key = self._key_of_read_outs(stage)
        if _same(key, self._asked):
            return
        self._asked = key
        state, draft, engine = attempt.state, self._draft(stage), attempt.engine

        def receive(noted: Noted) -> None:
            self._read_outs = noted
            self.changed.emit()

        attempt.compute(
            lambda cancel, report: iter([Noted(key, *observe_read_outs(engine, state, draft))]),
            receive,
        )

    def _draft(self, stage: Stage) -> Triangulation | None:
        """Return what the marks in progress come to, where they are still being placed."""
        preview = self._attempt.preview
        return preview.target if stage is Stage.TARGET and preview is not None else None

    def _key_of_read_outs(self, stage: Stage) -> tuple[object, ...]:
        return self._attempt.state, self._draft(stage)

    def _of_read_outs(self, stage: Stage) -> Iterator[Lesson]:
        noted = self._read_outs
        if noted is not None and _same(noted.key, self._key_of_read_outs(stage)):
            yield from (self._said(item, noted) for item in noted.found)

    # --- images -----------------------------------------------------------------------------------
    @property
    def images_unread(self) -> bool:
        """Whether there are images that the tutor has not read."""
        attempt = self._attempt
        if not attempt.started or attempt.ended or not attempt.pictures:
            return False
        return self._images is None or not _same(self._images.key, _key_of_images(attempt.state))

    def read_images(self) -> None:
        """Have the newest images read; takes a quarter of a second, a sweep a second or two."""
        attempt = self._attempt
        if not self.images_unread:
            return
        if self._reading is not None:
            self._reading.set()
        state, engine = attempt.state, attempt.engine
        key = _key_of_images(state)

        def receive(noted: Noted) -> None:
            self._images, self._reading = noted, None
            self.changed.emit()

        self._reading = attempt.compute(
            lambda cancel, report: iter([Noted(key, *observe_images(engine, state))]), receive
        )

    def _of_images(self) -> Iterator[Lesson]:
        from stereosim.procedures.observations import at_step

        noted, state = self._images, self._attempt.state
        if noted is None or not _same(noted.key, _key_of_images(state)):
            return
        moved, marked = _moved_since_pair(state), clip_placed(state.intents)
        for item in at_step(noted.found, state.step):
            # Once the clip is in place, the advice to place it has been taken.
            stale = moved and item.code.startswith("postfire")
            if not stale and not (marked and item.code == "specimen-positive"):
                yield self._said(item, noted)

    def _said(self, observation: Observation, noted: Noted) -> Lesson:
        seen = self._attempt.seen
        return lesson(
            observation,
            labels=noted.labels,
            films=len(seen.films),
            supine=seen.guidance == "ultrasound",
        )

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._reading is not None:
            self._reading.set()
            self._reading = None


_ORDER = ("warning", "good", "note")


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two keys name the same things: by identity, as states hold arrays."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _key_of_images(state: ProcedureState) -> tuple[object, ...]:
    seen = state.seen
    newest = [kind[-1] if kind else None for kind in (seen.shots, seen.films, seen.sweeps)]
    return (*newest, seen.stills[-1] if seen.stills else None, seen.marked_mm)


def _moved_since_pair(state: ProcedureState) -> bool:
    """Whether the needle was moved after the newest exposure: the pair shows it elsewhere."""
    for intent in reversed(state.intents):
        if isinstance(intent, Expose):
            return False
        if isinstance(intent, Adjust):
            return True
    return False


# --- in the worker --------------------------------------------------------------------------------
def observe_read_outs(
    engine: Engine, state: ProcedureState, draft: Triangulation | None
) -> tuple[tuple[Observation, ...], dict[str, Text]]:
    """Return what the tutor says of the read-outs, or of marks in progress; and device labels."""
    from stereosim.procedures.state import Step
    from stereosim.procedures.tutor import observe

    room, seen, step = engine.room, state.seen, state.step
    if draft is not None:
        # Marks in progress: as if they were set, no needle chosen yet.
        seen = replace(seen, target=draft, marked_mm=draft.target_mm, device=None, margins=None)
        step = Step.TARGET
    labels = {name: device_name(device) for name, device in room.devices.items()}
    try:
        found = observe(
            seen,
            devices=room.devices,
            unit=room.unit if seen.guidance == "stereotactic" else None,
            skill=room.skill,
            step=step,
            usual_mm=engine.patient.breast.thickness_mm,
        )
    except Exception:
        # A hint that fails is not worth a dialog.
        log.exception("the tutor could not look at the read-outs")
        found = ()
    return found, labels


def observe_images(
    engine: Engine, state: ProcedureState
) -> tuple[tuple[Observation, ...], dict[str, Text]]:
    """Return what the tutor reads in the newest images, at whatever step; and device labels."""
    from stereosim.procedures import tutor

    room, seen = engine.room, state.seen
    labels = {name: device_name(device) for name, device in room.devices.items()}
    unit = room.unit if seen.guidance == "stereotactic" else None
    try:
        found = tutor.observe_images(seen, unit=unit, skill=room.skill)
    except Exception:
        log.exception("the tutor could not read the images")
        found = ()
    return found, labels
