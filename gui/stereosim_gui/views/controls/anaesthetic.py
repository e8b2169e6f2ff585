"""Local anaesthetic: how much, and injecting it before the needle is inserted."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from stereosim.procedures.intents import Anaesthetise
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.views.controls.fields import NumberBox
from stereosim_gui.views.language import fill
from stereosim_gui.views.part import Part

_LEAST_ML = 0.5


class AnaestheticRow(Part):
    """One row on the needle's page of either guidance."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.volume = NumberBox(
            self.tr("Anaesthetic"),
            self.tr(
                "Deep local anaesthetic about the marked place. The fluid swells the tissue: it "
                "pushes the lesion aside unless it lies in the middle of it, and hides a little. "
                "Give it before the needle goes in, and look again."
            ),
            _LEAST_ML,
            _LEAST_ML,
            step=0.5,
            suffix=self.tr(" ml"),
        )
        self._usual_for = ""
        label = QLabel(self.volume.name)
        label.setBuddy(self.volume)
        label.setToolTip(self.volume.toolTip())
        self.inject = QPushButton()
        self.inject.setToolTip(self.volume.toolTip())
        self.inject.clicked.connect(self._inject)
        row.addWidget(label)
        row.addWidget(self.volume)
        row.addWidget(self.inject, 1)
        self.hear(attempt.changed, self.refresh)
        self.hear(attempt.console.changed, self.refresh)
        self.hear(attempt.progress_changed, self.refresh)
        self.refresh()

    @property
    def possible(self) -> bool:
        """Whether it can be given now: a place is marked, and no needle has been in."""
        attempt = self.attempt
        if attempt.busy or not attempt.started or attempt.ended:
            return False
        seen = attempt.seen
        most = attempt.console.equipment.most_anaesthetic_ml
        return seen.marked_mm is not None and seen.passes == 0 and seen.anaesthetic_ml < most

    def refresh(self) -> None:
        """Say how much has been given."""
        if not self.attempt.started:
            return
        console, given = self.attempt.console, self.attempt.seen.anaesthetic_ml
        self.volume.setMaximum(max(_LEAST_ML, console.equipment.most_anaesthetic_ml - given))
        if self._usual_for != console.device and not given:
            self._usual_for = console.device
            self.volume.put(console.equipment.anaesthetic_ml[console.device or console.needle.name])
        words = self.tr("Inject")
        if given:
            words = fill(self.tr("Inject more ({ml:g} ml given)"), ml=given)
        self.inject.setText(words)
        self.inject.setAccessibleName(words)
        self.inject.setEnabled(self.possible)
        self.volume.setEnabled(self.possible)

    def _inject(self) -> None:
        if self.possible and self.volume.taken():
            self.attempt.send(Anaesthetise(self.volume.value()))
