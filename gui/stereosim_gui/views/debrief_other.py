"""What the other guidance would have shown and got: worked out in the background."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.comparison import other_headline
from stereosim_gui.model.display import Windows
from stereosim_gui.model.review import OtherArm, Review, other_arm
from stereosim_gui.views.debrief_images import TruthImages
from stereosim_gui.views.hints import LevelIcon
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.listening import Listens
from stereosim_gui.worker import Cancel, Progress, Report


class OtherGuidance(Listens, QWidget):
    """Runs the simulated operator under the other guidance, and shows what came of it.

    Parameters
    ----------
    attempt : Attempt
        The trainee's; it has ended.
    windows : Windows
        The model's windows.
    review : Review
        The trainee's result, to be set beside.
    """

    def __init__(
        self, attempt: Attempt, windows: Windows, review: Review, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.arm: OtherArm | None = None
        self._attempt = attempt
        self._windows = windows
        self._review = review
        self._running: Cancel | None = None
        self._images: TruthImages | None = None
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(320)
        self.progress.setAccessibleName(self.tr("Progress of the other guidance"))
        self.go = QPushButton()
        self.go.clicked.connect(self._go)
        row = QHBoxLayout()
        row.addWidget(self.status, 1)
        row.addWidget(self.progress)
        row.addWidget(self.go)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(row)
        self._show_idle()
        # What broke is told by a dialog; here it can be tried again.
        self.hear(attempt.failed, lambda error: self._end())

    @property
    def running(self) -> bool:
        """Whether it is being worked out."""
        return self._running is not None

    def start(self) -> None:
        """Have it worked out."""
        if self.running or self.arm is not None:
            return
        engine, device = self._attempt.engine, self._device()

        def work(cancel: Cancel, report: Report) -> Iterator[OtherArm]:
            yield other_arm(engine, device, cancel, report)

        self.progress.setRange(0, 0)
        self.progress.show()
        self.status.setText(self._what())
        self.go.setText(self.tr("Cancel"))
        self.go.setToolTip(self.tr("Stop working it out; it can be started again"))
        self._running = self._attempt.compute(
            work,
            self._receive,
            done=self._end,
            progress=self._report,
        )

    def stop(self) -> None:
        """Stop working it out."""
        if self._running is not None:
            self._running.set()
            self._running = None
            self._show_idle()

    def _go(self) -> None:
        if self.running:
            self.stop()
        else:
            self.start()

    def _device(self) -> str | None:
        device = self._attempt.seen.device
        return None if device is None else device.name

    def _what(self) -> str:
        if self._attempt.spec.guidance == "stereotactic":
            return self.tr("The simulated operator scans this patient with ultrasound.")
        return self.tr("The simulated operator biopsies this patient under stereotactic guidance.")

    def _report(self, progress: Progress) -> None:
        if not self.running:
            return
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        text = self._what()
        if progress.remaining_s is not None and progress.done < progress.total:
            text = fill(
                self.tr("{what} About {n} s left."), what=text, n=round(progress.remaining_s)
            )
        self.status.setText(text)

    def _show_idle(self) -> None:
        self.progress.hide()
        self.status.setText(
            self.tr("The same patient, biopsied by the simulated operator the other way.")
        )
        self.go.setText(self.tr("Work it out"))
        self.go.setToolTip(self.tr("Takes up to half a minute; you can go on reading"))
        self.go.show()

    def _end(self) -> None:
        self._running = None
        if self.arm is None:
            self._show_idle()

    def _receive(self, arm: OtherArm) -> None:
        self.arm = arm
        self._running = None
        self.progress.hide()
        self.go.hide()
        self.status.hide()
        said = other_headline(arm, self._review)
        title = QLabel(spoken(said.title))
        title.setObjectName("heading")
        title.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(LevelIcon(said.level))
        row.addWidget(title, 1)
        self._column.addLayout(row)
        for line in said.lines:
            label = QLabel(spoken(line))
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._column.addWidget(label)
        if arm.overlays:
            self._images = TruthImages(self._windows, arm.overlays, mine=False)
            self._images.setObjectName("other-images")
            self._column.addWidget(self._images)

    def let_go(self) -> None:
        """Stop, and have the images listen no more."""
        self.stop()
        if self._images is not None:
            self._images.let_go()
        super().let_go()
