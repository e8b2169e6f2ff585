"""Ultrasound: live image, probe on the breast, freehand needle."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.sonography import Tool
from stereosim_gui.model.stages import Stage, needle_in
from stereosim_gui.model.wording import referral_lines
from stereosim_gui.views.keys import bind, bind_each
from stereosim_gui.views.language import spoken
from stereosim_gui.views.part import Part
from stereosim_gui.views.sonography_body import BodyView
from stereosim_gui.views.sonography_image import SonogramView
from stereosim_gui.views.sonography_knobs import Knobs, TimeGain

_SIDE_WIDTH = (250, 420)
_TURN_DEG = (5.0, 90.0)
_LEAN_DEG, _PRESS_STEP = (5.0, 1.0), 2.0
_STEPS = (1.0, 5.0, 0.2)
_DEPTH_STEP_MM, _FOCUS_STEP_MM, _GAIN_STEP_DB = 5.0, 1.0, 2.0
_TOOLS = {Stage.TARGET: Tool.MARK, Stage.NEEDLE: Tool.AIM}


class Sonography(Part):
    """The screen of the ultrasound machine and the breast under the probe."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.machine = attempt.sonography
        self._stage: Stage | None = None
        self.image = SonogramView(self.machine, self)
        self.time_gain = TimeGain(self.machine, self)
        self.body = BodyView(self.machine, self)
        self.knobs = Knobs(self.machine, self, self.machine.toggle_caliper)
        self.referral = QLabel()
        self.referral.setWordWrap(True)
        self.referral.setAccessibleName(self.tr("Request for biopsy"))
        self.referral.setToolTip(
            self.tr(
                "What the mammogram showed. The breast lies differently now: expect the finding "
                "within a few centimetres of this place, not at it."
            )
        )
        self.place = QLabel()
        self.place.setObjectName("quiet")
        self.place.setWordWrap(True)
        self._lay_out()
        self._bind()
        for view in (self.image, self.body):
            view.probe_stepped.connect(self._step_probe)
        self.hear(self.machine.moved, self._show_place)
        self.hear(attempt.changed, self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.image, 1)
        row.addWidget(self.time_gain)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.referral)
        column.addWidget(self.body, 1)
        column.addWidget(self.place)
        column.addWidget(self.knobs)
        # Large letters need more room than a small window has.
        self.side = QScrollArea()
        self.side.setWidgetResizable(True)
        self.side.setFrameShape(QFrame.Shape.NoFrame)
        self.side.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.side.setWidget(inside)
        row.addWidget(self.side)

    def _bind(self) -> None:
        machine, whole = self.machine, Qt.ShortcutContext.WindowShortcut
        for name, signs in (("turn_left", -1.0), ("turn_right", 1.0)):
            acts = [partial(machine.turn, signs * step) for step in _TURN_DEG]
            bind_each(self, name, acts, context=whole)
        for name, lean in (("lean_left", -1.0), ("lean_right", 1.0)):
            acts = [partial(self._lean, lean * step) for step in _LEAN_DEG]
            bind_each(self, name, acts, context=whole)
        for name, press in (("press_more", _PRESS_STEP), ("press_less", -_PRESS_STEP)):
            bind(self, name, partial(self._press, press), context=whole)
        for view in (self.image, self.body):
            bind(view, "freeze", machine.toggle_freeze, context=Qt.ShortcutContext.WidgetShortcut)
        for name, act in (
            ("keep", machine.keep),
            ("caliper", machine.toggle_caliper),
            ("auto", machine.fit_gain),
            ("gain_up", partial(self._change_gain, _GAIN_STEP_DB)),
            ("gain_down", partial(self._change_gain, -_GAIN_STEP_DB)),
            ("deeper", partial(self._change_depth, _DEPTH_STEP_MM)),
            ("shallower", partial(self._change_depth, -_DEPTH_STEP_MM)),
            ("focus_down", partial(self._change_focus, _FOCUS_STEP_MM)),
            ("focus_up", partial(self._change_focus, -_FOCUS_STEP_MM)),
            ("other_side", self._other_side),
        ):
            bind(self, name, act, context=whole)
        for name, move in (
            ("needle_on", partial(self._move_needle, 1.0, 0.0, 0.0)),
            ("needle_back", partial(self._move_needle, -1.0, 0.0, 0.0)),
            ("tilt_up", partial(self._move_needle, 0.0, 1.0, 0.0)),
            ("tilt_down", partial(self._move_needle, 0.0, -1.0, 0.0)),
            ("swing_left", partial(self._move_needle, 0.0, 0.0, -1.0)),
            ("swing_right", partial(self._move_needle, 0.0, 0.0, 1.0)),
        ):
            bind_each(self, name, [partial(move, step) for step in _STEPS], context=whole)

    # --- what the keys do -------------------------------------------------------------------------
    def _step_probe(self, right: float, up: float) -> None:
        # The patient's right is at the operator's left.
        self.machine.move(-right, up)

    def _lean(self, by_deg: float) -> None:
        self.machine.tilt(self.machine.look.tilt_deg + by_deg)

    def _press(self, by_percent: float) -> None:
        self.machine.press(100.0 * self.machine.look.strain + by_percent)

    def _change_gain(self, by_db: float) -> None:
        self.machine.show_with(self.machine.display.shifted(gain_db=by_db))

    def _change_depth(self, by_mm: float) -> None:
        self.machine.set_depth(self.machine.look.depth_mm + by_mm)

    def _change_focus(self, by_mm: float) -> None:
        self.machine.set_focus(self.machine.look.focus_mm + by_mm)

    def _other_side(self) -> None:
        if self._stage is Stage.NEEDLE:
            self.machine.needle.plan(self.machine.needle.approach.mirrored())

    def _move_needle(self, along: float, tilt: float, swing: float, step: float) -> None:
        """Move the needle that is in, or the one that is planned."""
        if not self.attempt.started:
            return
        needle = self.machine.needle
        if needle_in(self.attempt.state):
            needle.steer(along * step, swing * step, tilt * step)
        elif self._stage is Stage.NEEDLE:
            # On is towards the probe: the entry comes nearer to it.
            needle.plan(
                needle.approach.changed(
                    distance_mm=-along * step, tilt_deg=tilt * step, turn_deg=swing * step
                )
            )

    # --- what is shown ----------------------------------------------------------------------------
    def show_stage(self, stage: Stage) -> None:
        """Take the tool that belongs to `stage` in hand."""
        tool = _TOOLS.get(stage, Tool.NONE)
        if tool is Tool.AIM and needle_in(self.attempt.state):
            tool = Tool.NONE
        if stage is not self._stage or tool is not self.machine.usual_tool:
            self._stage = stage
            self.machine.usually(tool)

    def refresh(self) -> None:
        """Show the request for biopsy and where the probe is."""
        if self.attempt.started:
            lines = [spoken(line) for line in referral_lines(self.attempt.seen.referral)]
            self.referral.setText("<br>".join([f"<b>{lines[0]}</b>", *lines[1:]]))
        self._show_place()

    def _show_place(self) -> None:
        self.place.setText(spoken(self.machine.place))

    def showEvent(self, event: QShowEvent) -> None:
        """Have live frames made."""
        super().showEvent(event)
        self.machine.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Have no more frames made."""
        super().hideEvent(event)
        self.machine.watch(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the drawing of the breast at a share of the page; the image has the rest."""
        super().resizeEvent(event)
        low, high = _SIDE_WIDTH
        self.side.setFixedWidth(min(max(low, round(0.295 * self.width())), high))
        rect = self.image.image_rect
        self.time_gain.span(rect.top(), rect.bottom())

    def let_go(self) -> None:
        """Stop the frames too."""
        self.machine.watch(False)
        for part in (self.image, self.time_gain, self.body, self.knobs):
            part.let_go()
        super().let_go()
