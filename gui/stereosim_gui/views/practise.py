"""The practice page: stepper on top, images in the middle, controls and read-outs on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.refusals import refusal
from stereosim_gui.model.stages import Stage, has_shot
from stereosim_gui.views.controls import CONTROLS
from stereosim_gui.views.controls.page import PageStack
from stereosim_gui.views.debrief import Debrief
from stereosim_gui.views.hints import HintBar
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import fill, spoken, spoken_stage
from stereosim_gui.views.part import Controls, Part
from stereosim_gui.views.readout import Readout
from stereosim_gui.views.sonography import Sonography
from stereosim_gui.views.specimen import SpecimenView
from stereosim_gui.views.stepper import Stepper
from stereosim_gui.views.stereo_images import StereoImages

COLUMN_WIDTH = 350
_WIDEST_SCALE = 1.7


class PractisePage(Part):
    """Everything of one attempt."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.stepper = Stepper(app, attempt)
        self.readout = Readout(app, attempt)
        self.hints = HintBar(app, attempt)
        images = StereoImages if attempt.spec.guidance == "stereotactic" else Sonography
        self.images: Part = images(app, attempt)
        self.specimen = SpecimenView(app, attempt)
        # Made when they are first shown: all at once would hold the window up.
        self.controls: dict[Stage, Controls] = {}
        self._debrief: Debrief | None = None
        self.primary = QPushButton()
        # The mouse leaves the keyboard with the image or the field that it is at.
        self.primary.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.primary.setObjectName("primary")
        self.primary.clicked.connect(self.do_primary)
        self._lay_out()
        self.hear(app.stage_changed, self.refresh)
        self.hear(app.settings_changed, self._fit_column)
        self.hear(attempt.changed, self.refresh)
        self.hear(attempt.progress_changed, self._show_progress)
        self.hear(attempt.refused, self._show_refusal)
        for shortcut in bind(self, "next", self.do_primary):
            # A key that is held down does not run through the procedure.
            shortcut.setAutoRepeat(False)
        bind(self, "back", self.app.back)
        bind(self, "undo", attempt.undo)
        bind(self, "redo", attempt.redo)
        self.refresh()

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 4)
        whole.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(self.stepper, 1)
        self.undo_button = QPushButton(self.tr("Undo"))
        self.redo_button = QPushButton(self.tr("Redo"))
        for button, act, tip in (
            (self.undo_button, self.attempt.undo, self.tr("Take the last step back (Ctrl+Z)")),
            (self.redo_button, self.attempt.redo, self.tr("Do it again (Ctrl+Y)")),
        ):
            button.clicked.connect(act)
            button.setToolTip(tip)
            top.addWidget(button)
        whole.addLayout(top)

        self.centre = QStackedWidget()
        for widget in (self.images, self.specimen):
            self.centre.addWidget(widget)
        self.stack = PageStack()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.stack)
        self.column = QWidget()
        self._fit_column()
        column = QVBoxLayout(self.column)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll, 1)
        column.addWidget(self.primary)
        column.addWidget(self.readout)
        middle = QHBoxLayout()
        middle.addWidget(self.centre, 1)
        middle.addWidget(self.column)
        whole.addLayout(middle, 1)
        whole.addWidget(self.hints)

        foot = QHBoxLayout()
        self.status = QLabel()
        self.status.setObjectName("quiet")
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(280)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setToolTip(self.tr("Stop this; nothing of it will have happened"))
        self.cancel_button.clicked.connect(self._cancel)
        foot.addWidget(self.status, 1)
        foot.addWidget(self.progress)
        foot.addWidget(self.cancel_button)
        whole.addLayout(foot)
        self._show_progress()

    def _fit_column(self) -> None:
        """Make the right column as wide as its texts need; the images keep half of the window."""
        scale = min(self.app.settings.text_scale, _WIDEST_SCALE)
        self.column.setFixedWidth(round(COLUMN_WIDTH * scale))

    # --- what to do next --------------------------------------------------------------------------
    @property
    def current(self) -> Controls | None:
        """The controls of the stage shown."""
        return None if self.app.stage is None else self.controls_of(self.app.stage)

    def controls_of(self, stage: Stage) -> Controls | None:
        """Return the controls of `stage`; the debrief has none."""
        kinds = CONTROLS[self.attempt.spec.guidance]
        if stage is Stage.DEBRIEF or stage not in kinds:
            return None
        if stage not in self.controls:
            controls = kinds[stage](self.app, self.attempt)
            controls.primary_changed.connect(self._show_primary)
            self.stack.addWidget(controls)
            self.controls[stage] = controls
        return self.controls[stage]

    @property
    def debrief(self) -> Debrief:
        """The last page, made when it is first asked for."""
        if self._debrief is None:
            self._debrief = Debrief(self.app, self.attempt)
            self.centre.addWidget(self._debrief)
        return self._debrief

    def do_primary(self) -> None:
        """Do what the big button says."""
        controls = self.current
        if controls is not None and controls.primary_text and controls.primary_enabled:
            controls.do_primary()

    def _show_primary(self) -> None:
        controls = self.current
        text = "" if controls is None else controls.primary_text
        self.primary.setVisible(bool(text))
        self.primary.setText(fill(self.tr("{step}  (Enter)"), step=text))
        self.primary.setEnabled(controls is not None and controls.primary_enabled)

    # --- what the model says ----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the stage that the app is at."""
        stage = self.app.stage
        self.undo_button.setEnabled(self.attempt.can_undo)
        self.redo_button.setEnabled(self.attempt.can_redo)
        if stage is None:
            self._show_primary()
            return
        centre: QWidget = self.images
        # The film, until there are views with the clip to look at.
        clip_seen = stage is Stage.CLIP and has_shot(self.attempt.state, "postclip")
        if stage in (Stage.SPECIMEN, Stage.CLIP) and not clip_seen:
            centre = self.specimen
        elif stage is Stage.DEBRIEF:
            centre = self.debrief
        self.centre.setCurrentWidget(centre)
        self.column.setVisible(stage is not Stage.DEBRIEF)
        self.hints.setVisible(stage is not Stage.DEBRIEF)
        controls = self.current
        if controls is not None:
            # Up to date before it is shown: only what is enabled can take the keyboard.
            controls.show_stage(stage)
            self.stack.setCurrentWidget(controls)
        centre.show_stage(stage)  # type: ignore[attr-defined]
        self.readout.show_stage(stage)
        self.hints.show_stage(stage)
        self._show_primary()

    def _show_progress(self) -> None:
        busy, progress = self.attempt.busy, self.attempt.progress
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.undo_button.setEnabled(self.attempt.can_undo)
        self.redo_button.setEnabled(self.attempt.can_redo)
        self._show_primary()
        if not busy:
            self.status.setText("")
            return
        if progress is None:
            self.progress.setRange(0, 0)
            self.status.setText(self.tr("Working"))
            return
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        text = spoken_stage(progress.stage)
        if progress.remaining_s is not None and progress.done < progress.total:
            text = fill(
                self.tr("{what}, about {n} s left"), what=text, n=round(progress.remaining_s)
            )
        self.status.setText(text)

    def _show_refusal(self, why: str) -> None:
        if why not in ("busy", "undo", "redo"):
            self.status.setText(spoken(refusal(why)))

    def _cancel(self) -> None:
        started = self.attempt.started
        self.attempt.cancel()
        if not started:
            self.app.leave()

    def let_go(self) -> None:
        """Have every part listen to nothing any more."""
        parts = [self.stepper, self.readout, self.hints, self.images, self.specimen]
        if self._debrief is not None:
            parts.append(self._debrief)
        for part in (*parts, *self.controls.values()):
            part.let_go()
        super().let_go()
