"""Sample: the post-fire pair, the clock hours, the cores; correct, withdraw, film."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from stereosim.procedures.intents import Adjust, Expose, Film, Intent, Sample, Withdraw
from stereosim_gui.model.sampling import (
    Hours,
    all_round,
    fan,
    hours_of_pass,
    pair_of_pass,
    unfilmed,
)
from stereosim_gui.model.stages import Stage, fired
from stereosim_gui.views.clock_dial import ClockDial
from stereosim_gui.views.controls.fields import NumberBox, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.core_tray import CoreTray
from stereosim_gui.views.language import fill

_ALONG_MM = 30.0


class SampleControls(Page):
    """The needle has been fired: look, sample, correct."""

    def build(self) -> None:
        """Make the dial with its presets, the tray and the corrections."""
        self.advice = note()
        self.column.addWidget(self.advice)
        self.dial = ClockDial()
        self.dial.reduced_motion = bool(getattr(self.app.settings, "reduced_motion", False))
        self.dial.planned_changed.connect(self.follow)
        self.tray = CoreTray()
        self.dial.progressed.connect(self._fill_tray)
        self.face = note("", "caption")
        self.round = QPushButton()
        self.round.setToolTip(
            self.tr("The usual number of cores, evenly round the clock: for a centred lesion.")
        )
        self.round.clicked.connect(lambda: self.dial.plan(all_round(self.attempt.console.needle)))
        self.side = NumberBox(
            self.tr("Toward, o'clock"),
            self.tr("The clock hour in which the lesion lies from the needle."),
            1.0,
            12.0,
            decimals=0,
        )
        self.side.setWrapping(True)
        self.side.put(12.0)
        self.toward = QPushButton(self.tr("Toward"))
        self.toward.setToolTip(
            self.tr("Half of the usual cores within two hours of that side: for a lesion beside.")
        )
        self.toward.clicked.connect(self._plan_fan)
        self.clear = QPushButton(self.tr("Clear"))
        self.clear.setToolTip(self.tr("Plan no hour (Del)"))
        self.clear.clicked.connect(lambda: self.dial.plan(()))
        self.take = QPushButton()
        self.take.setToolTip(self.tr("Draw one core at each hour that is planned"))
        self.take.clicked.connect(self._sample)
        self.along = NumberBox(
            self.tr("Move along the needle"),
            self.tr("Forward is toward the tip; below 0 is back toward the hub."),
            -_ALONG_MM,
            _ALONG_MM,
            step=0.5,
            suffix=self.tr(" mm"),
        )
        self.push = QPushButton(self.tr("Move"))
        self.push.setToolTip(
            self.tr("Push the needle on, or pull it back, without firing: mends an error in z.")
        )
        self.push.clicked.connect(self._move)
        self.retarget = QPushButton(self.tr("Withdraw, retarget"))
        self.retarget.setToolTip(
            self.tr("Pull the needle out and mark again: mends an error in x or y. The marks stay.")
        )
        self.retarget.clicked.connect(self._withdraw)
        self.film = self.secondary(
            self.tr("Film the cores"),
            self.tr("Radiograph the cores taken so far: it costs minutes, and the patient no dose"),
        )
        self.film.clicked.connect(lambda: self.attempt.send(Film()))
        self._turn_to_target = False
        self._lay_out()

    def _lay_out(self) -> None:
        beside = QHBoxLayout()
        beside.setSpacing(8)
        beside.addWidget(self.dial)
        presets = QVBoxLayout()
        presets.setSpacing(4)
        toward = QHBoxLayout()
        toward.setSpacing(4)
        toward.addWidget(self.toward, 1)
        toward.addWidget(self.side)
        presets.addWidget(self.round)
        presets.addLayout(toward)
        presets.addWidget(self.clear)
        presets.addWidget(self.face)
        presets.addStretch(1)
        presets.addWidget(self.take)
        beside.addLayout(presets, 1)
        self.column.addLayout(beside)
        self.column.addWidget(self.tray)
        correct = QHBoxLayout()
        correct.setSpacing(3)
        correct.addWidget(self.along)
        correct.addWidget(self.push)
        correct.addWidget(self.retarget, 1)
        self.column.addLayout(correct)

    # --- what there is ----------------------------------------------------------------------------
    @property
    def _stereotactic(self) -> bool:
        return self.attempt.spec.guidance == "stereotactic"

    @property
    def _checked(self) -> bool:
        """Whether a post-fire pair has been made, where there is one to be made."""
        intents = self.attempt.state.intents
        return not self._stereotactic or pair_of_pass(intents, after_fire=True)

    @property
    def _in(self) -> bool:
        return self.attempt.started and fired(self.attempt.state)

    def refresh(self) -> None:
        """Show what has been sampled and what can be done."""
        attempt, device = self.attempt, self.attempt.console.needle
        intents = attempt.state.intents
        gun = device.kind == "gun"
        self.dial.single = gun
        self.dial.directions = self._directions()
        taken = hours_of_pass(intents) if self._in else ()
        if taken != self.dial.taken:
            self.dial.show_taken(taken)
        self._fill_tray()
        free = self._in and not attempt.busy
        spent = gun and bool(taken)
        self.dial.setEnabled(self._in and not spent)
        self.round.setText(fill(self.tr("All round ({n})"), n=len(all_round(device))))
        self.round.setVisible(not gun)
        for widget in (self.round, self.toward, self.side, self.clear):
            widget.setEnabled(free and not spent)
        self.face.setText(self._face_words())
        self.take.setText(self._take_words())
        # Before the post-fire pair this is not the step to do next, but it can be done.
        self.take.setVisible(self._in and not self._checked and bool(self.dial.planned))
        self.take.setEnabled(free and bool(self.dial.planned) and not spent)
        for button in (self.along, self.push, self.retarget):
            button.setEnabled(free)
        self.film.setEnabled(not attempt.busy and attempt.seen.cores > 0)
        # Not beside the big button that says the same.
        self.film.setVisible(self._next is not Film)
        if spent:
            self.retarget.setText(self.tr("Withdraw for another pass"))
        else:
            self.retarget.setText(self.tr("Withdraw, retarget"))
        self._show_advice(spent)

    def _show_advice(self, spent: bool) -> None:
        if not self._in:
            words = self.tr("No needle is in: insert one for another pass, or film the cores.")
        elif not self._checked:
            words = self.tr("Look at the post-fire pair before you take tissue.")
        elif spent:
            words = self.tr(
                "A gun takes one core a pass. Withdraw it, and aim a few mm beside for the next."
            )
        else:
            words = self.tr("Plan the hours that face the lesion.")
        show_note(self.advice, words)

    def _directions(self) -> tuple[str, str, str, str]:
        if not self._stereotactic:
            return self.tr("skin"), "", "", ""
        arm = self.attempt.seen.arm
        if arm != "vertical":
            sides = self.tr("chest wall"), self.tr("nipple")
            three, nine = sides if arm == "lateral-left" else sides[::-1]
            return self.tr("paddle"), three, self.tr("support"), nine
        # From below the breast is turned: 3 o'clock is the patient's left.
        right, left = self.tr("patient's right"), self.tr("patient's left")
        if self.attempt.seen.approach == "caudocranial":
            right, left = left, right
        return self.tr("nipple"), right, self.tr("chest wall"), left

    def _face_words(self) -> str:
        if not self._stereotactic:
            return self.tr("Seen from the hub, looking toward the tip. 12 o'clock is the skin.")
        return fill(
            self.tr("Seen from the hub. 12 o'clock: {up}. 3 o'clock: {side}."),
            up=self._directions()[0],
            side=self._directions()[1],
        )

    def _fill_tray(self, *_: object) -> None:
        """Fill the tray in step with the dial: what came before this needle lies there already."""
        hours: Hours = self.attempt.seen.hours if self.attempt.started else ()
        waiting = len(self.dial.taken) - self.dial.drawn
        self.tray.show_cores(hours, max(len(hours) - waiting, 0.0))

    def _plan_fan(self) -> None:
        half = self.attempt.console.equipment.fan_hours
        cores = max(self.attempt.console.needle.cores_per_insertion // 2, 1)
        self.dial.plan(fan(self.side.value(), cores, half))

    # --- steps ------------------------------------------------------------------------------------
    def _sample(self) -> None:
        hours = self.dial.planned
        if hours and self.attempt.send(Sample(hours)):
            self.dial.plan(())

    def _move(self) -> None:
        if self.along.taken() and self.along.value() != 0.0:
            self.attempt.send(Adjust(self.along.value()))
            self.along.put(0.0)

    def _withdraw(self) -> None:
        # A gun that is spent goes in again at once, at the same target.
        gun = self.attempt.console.needle.kind == "gun"
        self._turn_to_target = not (gun and hours_of_pass(self.attempt.state.intents))
        if not self.attempt.send(Withdraw()):
            self._turn_to_target = False

    def follow(self) -> None:
        """After withdrawing, turn to the page on which the target is marked again."""
        attempt = self.attempt
        super().follow()
        if self._turn_to_target and attempt.started and not attempt.busy:
            last = attempt.state.intents[-1] if attempt.state.intents else None
            if isinstance(last, Withdraw):
                self._turn_to_target = False
                self.app.show(Stage.TARGET)

    def _take_words(self) -> str:
        return fill(self.tr("Take {n} cores"), n=len(self.dial.planned))

    @property
    def _next(self) -> type[Intent] | None:
        """What comes next: look, take, film."""
        if not self.attempt.started:
            return None
        if self._in and not self._checked:
            return Expose
        if unfilmed(self.attempt.state.intents) and not (self._in and self.dial.planned):
            return Film
        return Sample if self._in else None

    @property
    def primary_text(self) -> str:
        """Look, take, film: whatever is next."""
        following = self._next
        if following is Expose:
            return self.tr("Expose the post-fire pair")
        if following is Film:
            return self.tr("Film the cores")
        return self._take_words() if following is Sample else ""

    @property
    def primary_enabled(self) -> bool:
        """Whether that can be done now."""
        if self.attempt.busy or not self.attempt.started:
            return False
        return bool(self.dial.planned) or self._next is not Sample

    def do_primary(self) -> None:
        """Do it."""
        following = self._next
        if following is Expose:
            self.attempt.send(Expose("pair"))
        elif following is Film:
            self.attempt.send(Film())
        elif following is Sample:
            self._sample()

    @property
    def first(self) -> QWidget | None:
        """Give the dial the number keys."""
        return self.dial if self.dial.isEnabled() else None
