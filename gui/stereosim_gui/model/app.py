"""The app as a whole: the library, the settings, the attempt that is open, the page it shows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.choice import Choice
from stereosim_gui.model.display import Windows
from stereosim_gui.model.history import Log, NoLog
from stereosim_gui.model.settings import Settings
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage, natural_stage, reachable
from stereosim_gui.signals import Signal
from stereosim_gui.worker import Worker

if TYPE_CHECKING:
    from stereosim.experiments.progress import Cancel, Progress
    from stereosim_gui.model.engine import Engine
    from stereosim_gui.model.texts import Text
    from stereosim_gui.worker import Report

__all__ = ["AppModel", "Settings", "Shelf", "Unfinished"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unfinished:
    """An attempt of the store that was never ended."""

    identifier: str
    spec: AttemptSpec
    made_at: str
    entries: tuple[tuple[str, dict[str, Any]], ...]


class Shelf:
    """Where attempts are kept; this one keeps none (tests; a store that cannot be opened).

    Attributes
    ----------
    keeps : bool
        Whether anything is kept.
    """

    keeps = False

    def open(self, spec: AttemptSpec) -> Log:
        """Return the log of a new attempt."""
        return NoLog()

    def reopen(self, identifier: str) -> Log:
        """Return the log of an attempt that goes on."""
        return NoLog()

    def unfinished(self) -> Unfinished | None:
        """Return the attempt that was cut off last, if any."""
        return None

    def drop(self, identifier: str) -> None:
        """Do not offer that attempt again."""

    def close(self, log: Log, outcome: str, score: dict[str, Any]) -> None:
        """Write down how an attempt ended."""

    def history(self) -> Sequence[dict[str, Any]]:
        """Return the scores of the attempts that ended, oldest first."""
        return ()


class AppModel:
    """State of the app outside the procedure.

    Parameters
    ----------
    worker : Worker
        The compute thread.
    shelf : Shelf, optional
        Where attempts are kept.
    settings : Settings, optional
        As they were left.
    keep_settings : callable, optional
        Told of every change of the settings.
    make_engine : callable, optional
        Makes the engine of an attempt; a test may put another in its place.
    """

    def __init__(
        self,
        worker: Worker,
        *,
        shelf: Shelf | None = None,
        settings: Settings | None = None,
        keep_settings: Callable[[Settings], None] = lambda settings: None,
        make_engine: Callable[[AttemptSpec], Engine] | None = None,
    ) -> None:
        self.worker = worker
        self.shelf = shelf or Shelf()
        self.settings = settings or Settings()
        self.windows = Windows()
        self.attempt: Attempt | None = None
        self.stage: Stage | None = None
        self.choice = Choice()
        self.choice_changed: Signal[[]] = Signal()
        # A new attempt is open, or none.
        self.attempt_changed: Signal[[]] = Signal()
        self.stage_changed: Signal[[]] = Signal()
        self.settings_changed: Signal[[]] = Signal()
        # Something broke: for a dialog.
        self.failed: Signal[[Exception]] = Signal()
        # What the user has to know, while everything goes on.
        self.said: Signal[[Text]] = Signal()
        # How far the simulator is loaded, and what waits for it.
        self.ready = True
        self.preparing: Progress | None = None
        self.waiting: AttemptSpec | Unfinished | None = None
        self.ready_changed: Signal[[]] = Signal()
        # The score of an attempt that ended is in the history.
        self.finished: Signal[[dict[str, Any]]] = Signal()
        self._keep_settings = keep_settings
        self._make_engine = make_engine
        self._seen_stage: Stage | None = None
        self._log: Log = NoLog()
        self._closed = False

    # --- the gallery ------------------------------------------------------------------------------
    def choose(self, choice: Choice) -> None:
        """Choose patient, guidance and mode for the next attempt."""
        if choice != self.choice:
            self.choice = choice
            self.choice_changed.emit()

    # --- getting ready ----------------------------------------------------------------------------
    def prepare(self, work: Callable[[Cancel, Report], Iterator[None]]) -> None:
        """Have the worker load the simulator; :meth:`begin` waits for it."""
        self.ready = False

        def follow(progress: Progress) -> None:
            self.preparing = progress
            self.ready_changed.emit()

        def done() -> None:
            self.ready, self.preparing = True, None
            wanted, self.waiting = self.waiting, None
            self.ready_changed.emit()
            if wanted is not None:
                self.begin(wanted)

        def failed(error: Exception) -> None:
            # The attempt will fail for the same reason, or not at all: let it be tried.
            self.failed.emit(error)
            done()

        self.worker.start(work, each=lambda _: None, progress=follow, done=done, failed=failed)
        self.ready_changed.emit()

    def begin(self, wanted: AttemptSpec | Unfinished) -> None:
        """Start a new attempt or go on with one that was cut off, as soon as the app is ready."""
        if not self.ready:
            self.waiting = wanted
            self.ready_changed.emit()
        elif isinstance(wanted, Unfinished):
            self.resume(wanted)
        else:
            self.start(wanted)

    def forget(self) -> None:
        """Begin nothing after all."""
        self.waiting = None
        self.ready_changed.emit()

    # --- attempts ---------------------------------------------------------------------------------
    def start(self, spec: AttemptSpec) -> Attempt:
        """Open a new attempt; one that was open is left as it is in the store."""
        attempt = self._open(spec, self.shelf.open(spec))
        attempt.begin()
        return attempt

    def resume(self, unfinished: Unfinished) -> Attempt:
        """Go on with an attempt that was cut off."""
        attempt = self._open(unfinished.spec, self.shelf.reopen(unfinished.identifier))
        attempt.resume(unfinished.entries)
        return attempt

    def leave(self) -> None:
        """Go back to the gallery; the attempt stays in the store."""
        if self.attempt is not None:
            self.attempt.cancel()
            self.attempt = None
            self.stage = self._seen_stage = None
            self.attempt_changed.emit()

    def _open(self, spec: AttemptSpec, log: Log) -> Attempt:
        self.leave()
        engine = None if self._make_engine is None else self._make_engine(spec)
        attempt = Attempt(spec, self.worker, log, engine)
        attempt.changed.connect(self._follow)
        attempt.failed.connect(self._fail)
        self.attempt = attempt
        self._log, self._closed = log, False
        self.stage = self._seen_stage = None
        self.attempt_changed.emit()
        return attempt

    # --- pages ------------------------------------------------------------------------------------
    @property
    def reachable(self) -> tuple[Stage, ...]:
        """The pages that may be opened now."""
        if self.attempt is None or not self.attempt.started:
            return ()
        return reachable(self.attempt.state)

    def show(self, stage: Stage) -> bool:
        """Turn to a page, where it can be reached; return whether it could."""
        if stage not in self.reachable:
            return False
        if stage is not self.stage:
            self.stage = stage
            self.stage_changed.emit()
        return True

    def back(self) -> bool:
        """Turn to the reachable page before this one."""
        pages = self.reachable
        if self.stage not in pages or pages.index(self.stage) == 0:
            return False
        return self.show(pages[pages.index(self.stage) - 1])

    def _follow(self) -> None:
        """Turn to where the procedure has come to, but let a page be turned to by hand."""
        assert self.attempt is not None
        natural = natural_stage(self.attempt.state)
        if self._seen_stage is None:
            spec = self.attempt.spec
            log.info("begun: %s, number %d, %s", spec.case, spec.seed, spec.guidance)
        moved_on = natural is not self._seen_stage
        self._seen_stage = natural
        if moved_on or self.stage not in self.reachable:
            self.stage = natural
        # Also where the page stays: what can be reached may have changed.
        self.stage_changed.emit()
        if self.attempt is not None and self.attempt.ended:
            self._finish(self.attempt)

    def _fail(self, error: Exception) -> None:
        """Say what broke; an attempt that could not even begin is left."""
        if self.attempt is not None and not self.attempt.started:
            self.leave()
        self.failed.emit(error)

    def _finish(self, attempt: Attempt) -> None:
        """Have the score computed and written down, once."""
        if self._closed or not self.shelf.keeps:
            return
        self._closed = True
        log, state = self._log, attempt.state

        def keep(score: dict[str, Any]) -> None:
            self.shelf.close(log, state.outcome or "", score)
            self.finished.emit(score)

        attempt.compute(lambda cancel, report: iter([attempt.engine.score(state)]), keep)

    # --- settings ---------------------------------------------------------------------------------
    def change_settings(self, **changes: Any) -> None:
        """Change settings, for good."""
        self.settings = replace(self.settings, **changes)
        self._keep_settings(self.settings)
        self.settings_changed.emit()

    @property
    def hints_on(self) -> bool:
        """Whether hints and the band are shown now: never in an exam that has not ended."""
        exam = self.attempt is not None and self.attempt.spec.exam and not self.attempt.ended
        return self.settings.hints and not exam
