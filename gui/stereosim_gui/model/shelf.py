"""Attempts kept in the attempt store of the library."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stereosim_gui.model.app import Shelf, Unfinished
from stereosim_gui.model.history import Log, NoLog
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

if TYPE_CHECKING:
    from stereosim.storage.attempts import AttemptStore

log = logging.getLogger(__name__)

Tell = Callable[[Text], None]

_DAMAGED = QT_TRANSLATE_NOOP(
    "Shelf",
    "The file of your attempts is damaged. It is kept as {kept}, and a new one has been begun.",
)
_CLOSED = QT_TRANSLATE_NOOP(
    "Shelf",
    "Your attempts cannot be saved: {why}. You can go on; this session will not be kept.",
)
_STOPPED = QT_TRANSLATE_NOOP(
    "Shelf",
    "Saving has stopped: {why}. You can go on; what you do from here will not be kept.",
)


class StoreShelf(Shelf):
    """Keeps attempts in the attempt store; where that fails, says so once and goes on without.

    Parameters
    ----------
    path : Path
        File of the store.  It is opened when it is first needed.
    tell : callable
        Receives what the user has to know.
    """

    keeps = True

    def __init__(self, path: Path, tell: Tell) -> None:
        self.path = path
        self._tell = tell
        self._store: AttemptStore | None = None
        self._tried = False

    @property
    def store(self) -> AttemptStore | None:
        """The store; None where it cannot be used."""
        if not self._tried:
            self._tried = True
            self._store = self._opened()
        return self._store

    def open(self, spec: AttemptSpec) -> Log:
        """Return the log of a new attempt."""
        from stereosim.storage.attempts import StoreError
        from stereosim.storage.recording import Header

        if self.store is None:
            return NoLog()
        header = Header(
            case=spec.case or spec.cohort,
            cohort=spec.case is None,
            guidance=spec.guidance,
            seed=spec.seed,
            patient_seed=spec.seed,
            unit=spec.unit,
            probe=spec.probe,
            exam=spec.exam,
            voxel_mm=spec.voxel_mm,
            extra={"spec": spec.as_dict()},
        )
        try:
            return StoreLog(self.store, self.store.create(header), self._stop)
        except StoreError as error:
            self._stop(error)
            return NoLog()

    def reopen(self, identifier: str) -> Log:
        """Return the log of an attempt that goes on."""
        return NoLog() if self.store is None else StoreLog(self.store, identifier, self._stop)

    def unfinished(self) -> Unfinished | None:
        """Return the attempt that was cut off last, if any."""
        from stereosim.storage.attempts import StoreError

        if self.store is None:
            return None
        try:
            for attempt in self.store.unfinished():
                spec = attempt.header.extra.get("spec")
                if isinstance(spec, dict):
                    entries = self.store.entries(attempt.id)
                    return Unfinished(
                        attempt.id,
                        AttemptSpec.from_dict(spec),
                        attempt.header.made_at,
                        tuple((entry.kind, entry.body) for entry in entries),
                    )
        except StoreError as error:
            self._stop(error)
        return None

    def drop(self, identifier: str) -> None:
        """Do not offer that attempt again; nothing of it is deleted."""
        from stereosim.storage.attempts import StoreError

        if self.store is not None:
            try:
                self.store.discard(identifier)
            except StoreError as error:
                self._stop(error)

    def close(self, log: Log, outcome: str, score: dict[str, Any]) -> None:
        """Write down how an attempt ended."""
        if isinstance(log, StoreLog):
            log.close(outcome, score)

    def history(self) -> Sequence[dict[str, Any]]:
        """Return the scores of the attempts that ended, oldest first.

        With each score come ``case`` (None for a random patient), ``guidance``, ``seed``,
        ``exam`` and ``made_at``.
        """
        from stereosim.storage.attempts import StoreError

        if self.store is None:
            return ()
        try:
            attempts = self.store.attempts()
        except StoreError as error:
            self._stop(error)
            return ()
        return tuple(
            {
                "outcome": attempt.outcome,
                **(attempt.score or {}),
                "case": None if attempt.header.cohort else attempt.header.case,
                "guidance": attempt.header.guidance,
                "seed": attempt.header.seed,
                "exam": attempt.header.exam,
                "made_at": attempt.header.made_at,
            }
            for attempt in attempts
        )

    def shut(self) -> None:
        """Close the file."""
        if self._store is not None:
            self._store.shut()

    def _opened(self) -> AttemptStore | None:
        from stereosim.storage.attempts import AttemptStore, StoreError, set_aside

        try:
            try:
                return AttemptStore(self.path)
            except StoreError as error:
                if error.problem != "corrupt":
                    raise
                log.exception("the attempt store is damaged")
                kept = set_aside(self.path)
                self._tell(say(_DAMAGED, kept=str(kept)))
                return AttemptStore(self.path)
        except (StoreError, OSError) as error:
            log.exception("the attempt store cannot be opened")
            self._tell(say(_CLOSED, why=str(error)))
            return None

    def _stop(self, error: Exception) -> None:
        """Say that nothing more is kept; a log with a gap could not be replayed."""
        if self._store is not None:
            log.error("the attempt store failed", exc_info=error)
            self._store = None
            self._tell(say(_STOPPED, why=str(error)))


class StoreLog:
    """The log of one attempt in the store; never raises.

    Parameters
    ----------
    store : AttemptStore
        Where it is written.
    identifier : str
        Which attempt.
    failed : callable
        Told of the first failure; nothing is written after it.
    """

    def __init__(
        self, store: AttemptStore, identifier: str, failed: Callable[[Exception], None]
    ) -> None:
        self.identifier = identifier
        self._store: AttemptStore | None = store
        self._failed = failed

    def append(self, kind: str, body: dict[str, Any]) -> None:
        """Write one entry; returns when it is safe, or when saving has stopped."""
        self._write(lambda store: store.append(self.identifier, kind, body))

    def close(self, outcome: str, score: dict[str, Any]) -> None:
        """Write the end of the attempt."""
        self._write(lambda store: store.close(self.identifier, outcome, score))

    def _write(self, write: Callable[[AttemptStore], object]) -> None:
        from stereosim.storage.attempts import StoreError

        if self._store is None:
            return
        try:
            write(self._store)
        except (StoreError, KeyError, ValueError) as error:
            self._store = None
            self._failed(error)
