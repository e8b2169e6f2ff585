"""One attempt of a trainee at one patient: its history, its marks and what is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from stereosim.experiments.progress import Cancel, Progress
from stereosim.procedures.intents import Intent, IntentError, Position, to_dict
from stereosim_gui.model.band import Pixel
from stereosim_gui.model.console import Console
from stereosim_gui.model.display import Picture
from stereosim_gui.model.engine import Engine, Marks, Preview, Stepped
from stereosim_gui.model.history import Entry, History, Log, Moment, NoLog, replayed
from stereosim_gui.model.sonography import Sonography
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.signals import Signal
from stereosim_gui.worker import Report, Worker

if TYPE_CHECKING:
    from stereosim.procedures.procedure import Event
    from stereosim.procedures.state import ProcedureState, Seen

T = TypeVar("T")


class Attempt:
    """State of an attempt and the only place that changes it.

    Everything here is called in the thread of the window; work is handed to the worker, and its
    result comes back as a signal.  While an intent is under way (:attr:`busy`) further intents are
    refused; marks may still be moved.

    Parameters
    ----------
    spec : AttemptSpec
        Patient, guidance and mode.
    worker : Worker
        The compute thread.
    log : Log
        Where every entry is written at once.
    engine : Engine, optional
        What computes; a test may put another in its place.
    """

    def __init__(
        self,
        spec: AttemptSpec,
        worker: Worker,
        log: Log | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.spec = spec
        self.engine = engine or Engine(spec)
        self.progress: Progress | None = None
        self.preview: Preview | None = None
        # Emitted after any change of the moment: a step, undo, redo, a mark.
        self.changed: Signal[[]] = Signal()
        self.marks_changed: Signal[[]] = Signal()
        self.preview_changed: Signal[[]] = Signal()
        self.progress_changed: Signal[[]] = Signal()
        self.happened: Signal[[tuple[Event, ...]]] = Signal()
        # The trainee pointed at a place of the scout that is to be brought under the window.
        self.scout_picked: Signal[[Pixel | None]] = Signal()
        # Whether a click in an image marks; a click at any other time does nothing to the marks.
        self.marking = False
        self.marking_changed: Signal[[]] = Signal()
        # What could not be done and why, for the status line: the state is unchanged.
        self.refused: Signal[[str]] = Signal()
        # Something broke: for a dialog; the state is unchanged.
        self.failed: Signal[[Exception]] = Signal()
        # What the trainee said that is no step: about what, and what. The last word counts.
        self.notes: dict[str, dict[str, Any]] = {}
        self._scout_pick: tuple[int, Pixel] | None = None
        self._worker = worker
        self._log = log or NoLog()
        self._history = History()
        self._running: Cancel | None = None
        self._previewing: Cancel | None = None
        self.console = Console(self)
        self.sonography = Sonography(self)

    # --- what there is ----------------------------------------------------------------------------
    @property
    def started(self) -> bool:
        """Whether the patient is there."""
        return self._history.started

    @property
    def moment(self) -> Moment:
        """The present moment."""
        return self._history.now

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The moments from the start to the present one."""
        return self._history.so_far

    @property
    def state(self) -> ProcedureState:
        """The present state of the procedure."""
        return self.moment.state

    @property
    def seen(self) -> Seen:
        """What the trainee may see."""
        return self.moment.state.seen

    @property
    def marks(self) -> Marks:
        """The marks in progress."""
        return self.moment.marks

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture so far."""
        return self.moment.pictures

    @property
    def busy(self) -> bool:
        """Whether an intent is under way."""
        return self._running is not None

    @property
    def ended(self) -> bool:
        """Whether the procedure is over."""
        return self.started and self.state.outcome is not None

    @property
    def undone(self) -> int:
        """How many steps have been taken back so far."""
        return self._history.undone

    def picture(self, view: str, phase: str = "") -> Picture | None:
        """Return the newest picture of `view` (and `phase`) of the present positioning, if any.

        Pictures of an earlier positioning show the breast elsewhere and are left out.
        """
        first = self.seen.first_shot
        for picture in reversed(self.pictures):
            if picture.kind == "xray" and picture.number <= first:
                continue
            if picture.view == view and (not phase or picture.phase == phase):
                return picture
        return None

    # --- beginning --------------------------------------------------------------------------------
    def begin(self) -> None:
        """Make the patient; :attr:`changed` tells when there is a state."""
        self._run(
            lambda cancel, report: iter([self.engine.begin(report)]),
            self._begun,
        )

    def _begun(self, state: ProcedureState) -> None:
        self._push(Moment(state, Marks(), ()))
        self._look_ahead()

    def resume(self, entries: Sequence[Entry]) -> None:
        """Begin, and go through `entries` (kind, body) of the store up to where it was left."""

        def done(history: History) -> None:
            self._history = history
            said = [body for kind, body in entries if kind == "note" and "about" in body]
            self.notes = {body["about"]: body for body in said}
            self.changed.emit()
            self.marks_changed.emit()
            self._ask_preview()

        self._run(
            lambda cancel, report: iter([replayed(self.engine, entries, cancel, report)]), done
        )

    # --- intents ----------------------------------------------------------------------------------
    def send(self, intent: Intent) -> bool:
        """Have `intent` carried out in the worker.

        Returns
        -------
        bool
            Whether it was taken up; :attr:`refused` says why not.
        """
        if not self.started or self.busy:
            self.refused.emit("busy")
            return False
        now = self.moment

        def done(stepped: Stepped) -> None:
            self._log.append("intent", to_dict(intent))
            self._push(now.after(intent, stepped))
            if isinstance(intent, Position):
                self._look_ahead()
            self.happened.emit(stepped.events)
            self._ask_preview()

        self._run(lambda cancel, report: iter([self.engine.step(now.state, intent)]), done)
        return True

    def _look_ahead(self) -> None:
        """Have the worker do what the next exposure will need, while the trainee reads."""
        state = self.state

        def work(cancel: Cancel, report: Report) -> Iterator[None]:
            self.engine.look_ahead(state)
            yield None

        self.compute(work, lambda nothing: None)

    def cancel(self) -> None:
        """Drop the intent that is under way: nothing of it has happened."""
        if self._running is not None:
            self._running.set()
            self._done()

    def note(self, about: str, body: dict[str, Any]) -> None:
        """Write down what the trainee says about something, for the debrief; plain data."""
        self.notes[about] = {"about": about, **body}
        self._log.append("note", self.notes[about])

    # --- marks ------------------------------------------------------------------------------------
    def mark(self, view: str, pixel: Pixel | None) -> None:
        """Put the mark of ``"left"`` or ``"right"`` at `pixel`, or take it away."""
        if not self.started or self.ended:
            return
        now = self.moment
        marks = now.marks.placed(view, pixel)
        if marks == now.marks:
            return
        self._log.append("draft", {"left": marks.left, "right": marks.right})
        self._push(now.marked(marks), quiet=True)
        self.marks_changed.emit()
        self._ask_preview()

    def set_marking(self, on: bool) -> None:
        """Unlock the marks, or lock them (no step of the procedure: nothing to undo)."""
        if on is not self.marking:
            self.marking = on
            self.marking_changed.emit()

    def nudge(self, view: str, columns: float, rows: float) -> None:
        """Move a mark by image pixels."""
        pixel = getattr(self.marks, view)
        if pixel is not None:
            self.mark(view, (pixel[0] + columns, pixel[1] + rows))

    @property
    def scout_pixel(self) -> Pixel | None:
        """Where the trainee pointed on the newest scout of this positioning, if so."""
        scout = self.picture("scout") if self.started else None
        if scout is None or self._scout_pick is None or self._scout_pick[0] != scout.number:
            return None
        return self._scout_pick[1]

    def pick_on_scout(self, pixel: Pixel | None) -> None:
        """Point at a place of the newest scout (no step of the procedure: nothing to undo)."""
        scout = self.picture("scout") if self.started else None
        self._scout_pick = None if scout is None or pixel is None else (scout.number, pixel)
        self.scout_picked.emit(self.scout_pixel)

    def _ask_preview(self) -> None:
        """Have the worker compute what the marks come to; older questions are dropped."""
        if self._previewing is not None:
            self._previewing.set()
        self.preview = None
        self.preview_changed.emit()
        if not self.started or self.spec.guidance != "stereotactic":
            return
        state, marks = self.state, self.marks
        if marks.left is None and marks.right is None:
            return

        def receive(preview: Preview) -> None:
            if preview.marks == self.marks:
                self.preview = preview
                self.preview_changed.emit()

        self._previewing = self._worker.start(
            lambda cancel, report: iter([self.engine.preview(state, marks)]),
            each=receive,
            progress=lambda progress: None,
            done=lambda: None,
            failed=self.failed.emit,
        )

    # --- undo -------------------------------------------------------------------------------------
    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back; the shot of the needle is none."""
        return not self.busy and not self.ended and self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return not self.busy and self._history.can_redo

    def undo(self) -> None:
        """Take the last step or mark back."""
        if not self.can_undo:
            self.refused.emit("undo")
            return
        self._log.append("undo", {})
        self._history.undo()
        self._show_moment()

    def redo(self) -> None:
        """Do the step taken back last again."""
        if not self.can_redo:
            self.refused.emit("redo")
            return
        self._log.append("redo", {})
        self._history.redo()
        self._show_moment()

    def _show_moment(self) -> None:
        self.changed.emit()
        self.marks_changed.emit()
        self._ask_preview()

    def _push(self, moment: Moment, *, quiet: bool = False) -> None:
        self._history.push(moment)
        if not quiet:
            self.changed.emit()
            self.marks_changed.emit()

    # --- work -------------------------------------------------------------------------------------
    def compute(
        self,
        work: Callable[[Cancel, Report], Iterator[T]],
        each: Callable[[T], None],
        *,
        done: Callable[[], None] = lambda: None,
        progress: Report = lambda progress: None,
    ) -> Cancel:
        """Have something computed beside the attempt (a live frame, a debrief); see Worker."""
        return self._worker.start(
            work, each=each, progress=progress, done=done, failed=self.failed.emit
        )

    def _run(
        self, work: Callable[[Cancel, Report], Iterator[T]], receive: Callable[[T], None]
    ) -> None:
        mine: list[Cancel] = []

        def finish() -> None:
            # A listener may have started the next work already: that is not ended here.
            if mine and self._running is mine[0]:
                self._done()

        def take(result: T) -> None:
            finish()
            receive(result)

        def fail(error: Exception) -> None:
            finish()
            self._fail(error)

        mine.append(
            self._worker.start(work, each=take, progress=self._report, done=finish, failed=fail)
        )
        self._running = mine[0]
        self.progress_changed.emit()

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        self.progress_changed.emit()

    def _done(self) -> None:
        self._running = None
        self.progress = None
        self.progress_changed.emit()

    def _fail(self, error: Exception) -> None:
        if isinstance(error, IntentError):
            self.refused.emit(str(error))
        else:
            self.failed.emit(error)
