"""Pre-fire: check the needle on a pair, then fire it or withdraw."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from stereosim.procedures.intents import Expose, Fire, Withdraw
from stereosim_gui.model.sampling import pair_of_pass
from stereosim_gui.model.stages import fired, needle_in
from stereosim_gui.views.controls.fields import NumberBox, note, show_note
from stereosim_gui.views.controls.fire import FireButton
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.language import fill, signed


class PrefireControls(Page):
    """The needle is in and has not been fired."""

    def build(self) -> None:
        """Make the words, FIRE and the way back."""
        self.where = note("", "")
        self.column.addWidget(self.where)
        self.checked = note()
        self.column.addWidget(self.checked)
        self.fire = FireButton(self.app, self.attempt)
        self.column.addWidget(self.fire)
        by_hand = QHBoxLayout()
        by_hand.setSpacing(4)
        self.way = NumberBox(
            self.tr("By hand"),
            self.tr(
                "How far the needle is pushed by hand instead of fired. Stop short of the whole "
                "throw where the stroke margin forbids it; the tissue is carried along more."
            ),
            1.0,
            40.0,
            step=0.5,
            suffix=self.tr(" mm"),
        )
        self.way.edited.connect(self._say_way)
        self.push = QPushButton(self.tr("Push by hand"))
        self.push.setToolTip(self.way.toolTip())
        self.push.setAccessibleName(self.push.text())
        self.push.clicked.connect(self._push)
        by_hand.addWidget(self.push, 1)
        by_hand.addWidget(self.way)
        self.column.addLayout(by_hand)
        self.left_over = note()
        self.column.addWidget(self.left_over)
        self.withdraw = self.secondary(
            self.tr("Withdraw"),
            self.tr("Pull the needle out without firing: to mark again or take another one."),
        )
        self.withdraw.clicked.connect(lambda: self.attempt.send(Withdraw()))
        self.again = self.secondary(
            self.tr("Another pair"), self.tr("Expose the pre-fire pair again; it adds its dose.")
        )
        self.again.clicked.connect(lambda: self.attempt.send(Expose("pair")))

    def _push(self) -> None:
        if self.way.taken():
            self.attempt.send(Fire(by_hand_mm=self.way.value()))

    def _say_way(self, *_: object) -> None:
        """Say what stroke margin is left where the hand stops there."""
        attempt = self.attempt
        device, margins = attempt.seen.device, attempt.seen.margins
        words, tone = "", "quiet"
        if device is not None and device.kind == "vacuum" and margins is not None:
            left = margins.stroke_margin_mm + device.throw_mm - self.way.value()
            words = fill(self.tr("By hand as far as this: stroke margin {mm} mm."), mm=signed(left))
            limit = attempt.console.equipment.limits.stroke_margin_mm
            tone = "quiet" if left > limit else "warn"
        show_note(self.left_over, words, tone)

    @property
    def _checked(self) -> bool:
        return self.attempt.started and pair_of_pass(self.attempt.state.intents, after_fire=False)

    def refresh(self) -> None:
        """Say where the needle is."""
        attempt = self.attempt
        device = attempt.seen.device
        if device is not None:
            self.where.setText(
                fill(
                    self.tr(
                        "The needle is in and aims at the target. Firing drives it {throw:g} mm "
                        "on, until the target lies beside the middle of the aperture."
                    ),
                    throw=device.throw_mm,
                )
            )
        checked = self._checked
        if checked:
            words = self.tr(
                "On the pre-fire pair the tip must point at the target in both views. If it "
                "points past it in one, withdraw and mark again."
            )
            show_note(self.checked, words)
        else:
            words = self.tr("No pre-fire pair yet: nobody has seen whether the needle lines up.")
            show_note(self.checked, words, "warn")
        free = not attempt.busy and needle_in(attempt.state) and not fired(attempt.state)
        vacuum = device is not None and device.kind == "vacuum"
        for widget in (self.way, self.push):
            widget.setVisible(vacuum)
            widget.setEnabled(free)
        if device is not None and vacuum and device.throw_mm != self.way.maximum():
            self.way.setMaximum(device.throw_mm)
            self.way.put(device.throw_mm)
        self._say_way()
        self.withdraw.setEnabled(free)
        self.again.setVisible(checked)
        self.again.setEnabled(free)

    @property
    def first(self) -> QWidget | None:
        """Keep the keyboard off FIRE until it is asked for."""
        return self

    @property
    def primary_text(self) -> str:
        """Expose the pair once; then Enter does nothing, so that nothing is fired by mistake."""
        return "" if self._checked else self.tr("Expose the pre-fire pair")

    def do_primary(self) -> None:
        """Expose."""
        self.attempt.send(Expose("pair"))

    def let_go(self) -> None:
        """Have the parts listen to nothing any more."""
        self.fire.let_go()
        super().let_go()
