"""What the app knows: the library, the chosen case, its pictures and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.experiments.progress import Cancel, Progress
from stereosim_gui.signals import Signal
from stereosim_gui.worker import Report, Worker

VIEWS = ("scout", "ultrasound", "left", "right")


@dataclass(frozen=True)
class CaseInfo:
    """A case as the library lists it."""

    name: str
    title: str
    teaching: str


@dataclass(frozen=True)
class Picture:
    """One image, ready to be shown.

    Attributes
    ----------
    view : str
        One of :data:`VIEWS`.
    kind : str
        ``"xray"`` or ``"ultrasound"``; pictures of a kind share their window.
    pixels : ndarray of float32, shape (rows, columns)
        Display values, 0 black to 1 white.
    width_mm, height_mm : float
        Size of the whole image.
    caption : str
        What is written in its corner.
    """

    view: str
    kind: str
    pixels: NDArray[np.float32]
    width_mm: float
    height_mm: float
    caption: str


@dataclass(frozen=True)
class Window:
    """Which display values are shown from black to white.

    Attributes
    ----------
    level, width : float
        Middle and extent, in display values.
    inverted : bool
        Whether white and black are exchanged.
    """

    level: float = 0.5
    width: float = 1.0
    inverted: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Values shown at the two ends of the grey scale."""
        return self.level - self.width / 2, self.level + self.width / 2


# Key -> name, level, width. The first shows everything, the others favour one tissue each.
PRESETS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "xray": (
        ("Full range", 0.50, 1.00),
        ("Fat", 0.35, 0.50),
        ("Gland", 0.60, 0.60),
        ("Dense gland", 0.75, 0.50),
        ("Calcifications", 0.80, 0.30),
    ),
    "ultrasound": (
        ("Full range", 0.50, 1.00),
        ("Soft", 0.45, 1.20),
        ("Contrast", 0.50, 0.70),
        ("Dark masses", 0.35, 0.50),
        ("Bright specks", 0.75, 0.45),
    ),
}

# Narrower than this a window is a threshold; wider, the picture is grey all over.
_WIDTHS = (0.02, 4.0)
_LEVELS = (-1.0, 2.0)

Look = Callable[[str, Cancel, Report], Iterator[Picture]]


class AppModel:
    """State of the viewer and the only place that starts work.

    Parameters
    ----------
    cases : sequence of CaseInfo
        The library.
    look : callable
        ``look(case, cancel, report)`` yields the pictures of a case; runs in the worker.
    worker : Worker
        The compute thread.
    """

    def __init__(self, cases: Sequence[CaseInfo], look: Look, worker: Worker) -> None:
        self.cases = tuple(cases)
        self.case: CaseInfo | None = None
        self.pictures: dict[str, Picture] = {}
        self.windows = {kind: Window() for kind in PRESETS}
        self.progress: Progress | None = None
        self.case_changed: Signal[[]] = Signal()
        self.picture_ready: Signal[[Picture]] = Signal()
        self.window_changed: Signal[[str]] = Signal()
        self.progress_changed: Signal[[]] = Signal()
        self.failed: Signal[[str]] = Signal()
        self._look = look
        self._worker = worker
        self._running: Cancel | None = None

    def choose(self, name: str) -> None:
        """Show the case `name`; work for another case is dropped.

        Raises
        ------
        KeyError
            Where the library holds no such case.
        """
        chosen = {case.name: case for case in self.cases}[name]
        self.cancel()
        self.case = chosen
        self.pictures = {}
        self.case_changed.emit()
        self._running = self._worker.start(
            lambda cancel, report: self._look(name, cancel, report),
            each=self._receive,
            progress=self._report,
            done=self._done,
            failed=self._fail,
        )

    def cancel(self) -> None:
        """Drop the work that runs, if any."""
        if self._running is not None:
            self._running.set()
            self._done()

    def drag_window(self, kind: str, width_by: float, level_by: float) -> None:
        """Widen and shift the window of a kind, in fractions of the grey scale."""
        window = self.windows[kind]
        self._set(
            kind,
            replace(
                window,
                width=float(np.clip(window.width + width_by, *_WIDTHS)),
                level=float(np.clip(window.level + level_by, *_LEVELS)),
            ),
        )

    def apply_preset(self, kind: str, number: int) -> None:
        """Apply preset `number`, counted from 1 as on the keyboard."""
        _, level, width = PRESETS[kind][number - 1]
        self._set(kind, replace(self.windows[kind], level=level, width=width))

    def fit_window(self, view: str) -> None:
        """Fit the window to what `view` shows; nothing happens where it shows nothing yet."""
        picture = self.pictures.get(view)
        if picture is None:
            return
        # The open beam and the probe's far field are black and say nothing about the tissue.
        shown = picture.pixels[picture.pixels > 0.02]
        if shown.size == 0:
            return
        low, high = (float(v) for v in np.percentile(shown, (1.0, 99.8)))
        window = self.windows[picture.kind]
        width = max(high - low, _WIDTHS[0])
        self._set(picture.kind, replace(window, level=(low + high) / 2, width=width))

    def invert(self, kind: str) -> None:
        """Exchange black and white."""
        self._set(kind, replace(self.windows[kind], inverted=not self.windows[kind].inverted))

    def _set(self, kind: str, window: Window) -> None:
        self.windows[kind] = window
        self.window_changed.emit(kind)

    def _receive(self, picture: Picture) -> None:
        self.pictures[picture.view] = picture
        self.picture_ready.emit(picture)

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        self.progress_changed.emit()

    def _done(self) -> None:
        self._running = None
        self.progress = None
        self.progress_changed.emit()

    def _fail(self, error: Exception) -> None:
        self._done()
        self.failed.emit(f"{type(error).__name__}: {error}")
