"""The one thread in which the app computes."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from stereosim.experiments.progress import Cancel, CancelledError, Progress
from stereosim.procedures.intents import IntentError

__all__ = ["Cancel", "CancelledError", "Deliver", "Progress", "Report", "Worker"]

T = TypeVar("T")
Report = Callable[[Progress], None]
Deliver = Callable[[Callable[[], None]], None]

log = logging.getLogger(__name__)


class Worker:
    """Runs one job after another in a thread of its own and hands results to the app's thread.

    Parameters
    ----------
    deliver : callable
        Takes a function and has it called in the thread that owns the model (for Qt, through a
        queued signal; in a test, at once or from a queue).
    """

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._stopped = False
        # A daemon: closing the window does not wait for a compile that cannot be interrupted.
        self._thread = threading.Thread(target=self._loop, name="stereosim-worker", daemon=True)
        self._thread.start()

    def start(
        self,
        work: Callable[[Cancel, Report], Iterator[T]],
        *,
        each: Callable[[T], None],
        progress: Report,
        done: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> Cancel:
        """Queue a job that yields results one by one.

        After the returned switch is set nothing of the job is delivered any more, not even what
        it had finished before.
        """
        cancel = Cancel()

        def send(call: Callable[[], None]) -> None:
            def unless_cancelled() -> None:
                try:
                    cancel.check()
                except CancelledError:
                    return
                call()

            self._deliver(unless_cancelled)

        def job() -> None:
            try:
                cancel.check()
                for result in work(cancel, lambda p: send(lambda: progress(p))):
                    cancel.check()
                    send(lambda kept=result: each(kept))  # type: ignore[misc]
                send(done)
            except CancelledError:
                return
            except Exception as error:
                # While Python shuts down, a job that still runs may break, and nobody cares.
                if self._stopped:
                    return
                # A step that does not fit is refused, and nothing is broken.
                if not isinstance(error, IntentError):
                    log.exception("a job of the worker failed")
                send(lambda kept=error: failed(kept))  # type: ignore[misc]

        self._jobs.put(job)
        return cancel

    def stop(self) -> None:
        """End the thread after the jobs that wait; a failure of theirs is told to nobody."""
        self._stopped = True
        self._jobs.put(None)

    def ended(self, within_s: float) -> bool:
        """Wait for the thread after :meth:`stop`; return whether it has ended in that time."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
