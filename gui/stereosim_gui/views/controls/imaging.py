"""Scout and stereo pair: expose, see whether the lesion lies in the window, reposition."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout

from stereosim.procedures.intents import Expose, Position
from stereosim_gui.model.stages import Stage, has_shot, needle_in
from stereosim_gui.views.controls.fields import heading, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.language import fill, signed
from stereosim_gui.views.part import Part

# A shift smaller than this is not worth another compression.
_NEAR_MM = 5.0


class Centring(Part):
    """How far the place picked on the scout lies from the window's middle, and how to mend it."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.app, page.attempt)
        self.position: Position | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading(self.tr("Is the lesion in the window?")))
        self.words = note()
        self.button = QPushButton(self.tr("Reposition"))
        self.button.setToolTip(
            self.tr(
                "Compress again with the breast shifted so that the place comes under the middle "
                "of the window. It costs minutes and a new scout."
            )
        )
        self.button.clicked.connect(self.reposition)
        column.addWidget(self.words)
        column.addWidget(self.button)
        self.hear(self.attempt.scout_picked, self.ask)
        self.hear(self.attempt.changed, self.ask)
        self.ask()

    def ask(self, *_: object) -> None:
        """Have the shift worked out for the place that is picked now."""
        self.position = None
        self.refresh()
        pixel = self.attempt.scout_pixel
        if pixel is None:
            return
        state, engine = self.attempt.state, self.attempt.engine

        def receive(position: Position) -> None:
            if self.attempt.scout_pixel == pixel and self.attempt.state is state:
                self.position = position
                self.refresh()

        self.expect(
            self.attempt.compute(
                lambda cancel, report: iter([engine.repositioned(state, pixel)]), receive
            )
        )

    def refresh(self) -> None:
        """Say how far off it is."""
        free = self.attempt.started and not self.attempt.busy and not self.attempt.seen.passes
        self.button.setEnabled(self.position is not None and free)
        if self.position is None:
            show_note(
                self.words,
                self.tr(
                    "Click the lesion in the scout: the window is the outlined square. The pair "
                    "shows it in both views only if it lies well inside."
                ),
            )
            return
        seen = self.attempt.seen
        x = self.position.shift_x_mm - seen.shift_mm[0]
        y = self.position.shift_y_mm - seen.shift_mm[1]
        words = fill(
            self.tr("The place lies {x} mm in x and {y} mm in y from the window's middle."),
            x=signed(x),
            y=signed(y),
        )
        near = math.hypot(x, y) <= _NEAR_MM
        advice = self.tr("That is near enough.") if near else self.tr("Reposition to centre it.")
        show_note(self.words, f"{words} {advice}", "good" if near else "warn")

    def reposition(self) -> None:
        """Send the new position."""
        if self.position is not None:
            self.attempt.send(self.position)


class ImagingPage(Page):
    """A page with the window and what the exposures have cost so far."""

    def build(self) -> None:
        """Make the parts."""
        self.what = note("", "")
        self.column.addWidget(self.what)
        self.centring = Centring(self)
        self.column.addWidget(self.centring)
        self.cost = QLabel()
        self.cost.setWordWrap(True)
        self.column.addWidget(self.cost)
        self.again = self.secondary(
            self.tr("Another scout"),
            self.tr("Expose the scout again: after the patient has moved, say. It adds its dose."),
        )
        self.again.clicked.connect(lambda: self.attempt.send(Expose("scout")))

    def refresh(self) -> None:
        """Show what there is."""
        state, seen = self.attempt.state, self.attempt.seen
        exposed = has_shot(state, "scout")
        self.centring.setVisible(exposed)
        self.centring.refresh()
        self.again.setVisible(exposed)
        self.again.setEnabled(not self.attempt.busy)
        self.cost.setText("")
        if seen.shots:
            last = seen.shots[-1].image.exposure
            self.cost.setText(
                fill(
                    self.tr("Last exposure: {kv:.0f} kV, {mas:.0f} mAs, {dose:.2f} mGy."),
                    kv=float(last.kv),
                    mas=float(last.mas),
                    dose=float(last.dose_mgy),
                )
            )

    def let_go(self) -> None:
        """Have the parts listen to nothing any more."""
        self.centring.let_go()
        super().let_go()


class ScoutControls(ImagingPage):
    """Expose the scout, and reposition if the lesion is not in the window."""

    def refresh(self) -> None:
        """Say what the scout is for."""
        super().refresh()
        self.what.setText(
            self.tr(
                "The scout is the straight view through the paddle. It shows whether the lesion "
                "lies in the window, not how deep it lies."
            )
        )

    @property
    def primary_text(self) -> str:
        """Expose; then go on to the pair."""
        if self.attempt.started and has_shot(self.attempt.state, "scout"):
            return self.tr("Expose the stereo pair")
        return self.tr("Expose the scout")

    def do_primary(self) -> None:
        """Expose."""
        there = has_shot(self.attempt.state, "scout")
        self.attempt.send(Expose("pair" if there else "scout"))


class PairControls(ImagingPage):
    """Expose the pair."""

    def build(self) -> None:
        """Add what makes another pair."""
        super().build()
        self.retake = self.secondary(
            self.tr("Another pair"),
            self.tr("Expose both views again: where the patient moved between them."),
        )
        self.retake.clicked.connect(lambda: self.attempt.send(Expose("pair")))

    def refresh(self) -> None:
        """Say what the pair is for."""
        super().refresh()
        self.what.setText(
            self.tr(
                "The pair is taken at −15° and +15°. A speck shifts between the views "
                "along x; the higher it lies above the detector, the more."
            )
        )
        self.retake.setVisible(has_shot(self.attempt.state, "target"))
        self.retake.setEnabled(not self.attempt.busy and not needle_in(self.attempt.state))

    @property
    def primary_text(self) -> str:
        """Expose the pair; once it is there, Enter exposes no other by mistake."""
        if self.attempt.started and has_shot(self.attempt.state, "target"):
            return self.tr("On to the target")
        return self.tr("Expose the stereo pair")

    def do_primary(self) -> None:
        """Expose, or go on."""
        if has_shot(self.attempt.state, "target"):
            self.app.show(Stage.TARGET)
        else:
            self.attempt.send(Expose("pair"))
