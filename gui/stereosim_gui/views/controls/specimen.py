"""Specimen and clip: read the film, take more or mark the place, end the procedure."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from stereosim.procedures.intents import Expose, Film, PlaceClip, Withdraw
from stereosim_gui.model.sampling import clip_placed, unfilmed
from stereosim_gui.model.stages import Stage, fired, has_shot, needle_in
from stereosim_gui.views.controls.fields import NumberBox, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.core_tray import CoreTray
from stereosim_gui.views.language import fill

# What the trainee reads on the film, among the attempt's notes.
READ = "cores with calcification"


class SpecimenControls(Page):
    """Read the specimen film."""

    def build(self) -> None:
        """Make the question and what can follow."""
        self.tray = CoreTray()
        self.column.addWidget(self.tray)
        self.question = note("", "")
        self.column.addWidget(self.question)
        row = QHBoxLayout()
        self.count = NumberBox(
            self.tr("Cores with calcification"),
            self.tr(
                "Count the cores in which the film shows at least one speck. The debrief compares "
                "your reading with the truth."
            ),
            -1.0,
            99.0,
            decimals=0,
        )
        self.count.setSpecialValueText("–")
        self.count.setValue(-1.0)
        self.count.edited.connect(self._count)
        self.of_all = QLabel()
        row.addWidget(self.count)
        row.addWidget(self.of_all, 1)
        self.column.addLayout(row)
        self.advice = note()
        self.column.addWidget(self.advice)
        self.more = self.secondary(
            self.tr("More cores"),
            self.tr("Go back to the needle and sample on: where the film shows too little."),
        )
        self.more.clicked.connect(self._more)

    @property
    def first(self) -> QWidget | None:
        """Give the keyboard to the count."""
        return self.count if self.count.isEnabled() else None

    @property
    def _films(self) -> int:
        return len(self.attempt.seen.films)

    def refresh(self) -> None:
        """Show the question about the newest film."""
        attempt = self.attempt
        seen = attempt.seen
        self.tray.show_cores(seen.hours)
        on_film = 0 if not seen.films else len(seen.films[-1].core_boxes_mm)
        self.question.setText(self.tr("In how many cores does the film show calcification?"))
        self.of_all.setText(fill(self.tr("of {n} cores on the newest film"), n=on_film))
        self.count.setMaximum(float(on_film))
        read = self._read()
        self.count.put(-1.0 if read is None else float(read))
        self.count.setEnabled(on_film > 0)
        self.more.setEnabled(not attempt.busy)
        if read is None:
            words, tone = self.tr("Magnify, and change the contrast, before you count."), "quiet"
        elif read == 0:
            words = self.tr(
                "No calcification was retrieved. Take more cores, or withdraw and aim again. A "
                "clip now would mark the wrong place."
            )
            tone = "warn"
        else:
            words = self.tr(
                "Calcification is in the cores. Place the clip while the needle is in, or take "
                "more cores if much of the lesion is left."
            )
            tone = "good"
        show_note(self.advice, words, tone)

    def _read(self) -> int | None:
        """Return what was read on the newest film."""
        found = self.attempt.notes.get(READ)
        if not isinstance(found, dict) or found.get("film") != self._films:
            return None
        return int(found["cores"])

    def _count(self, value: float) -> None:
        if value >= 0.0:
            self.attempt.note(READ, {"film": self._films, "cores": int(value)})
        self.follow()

    def _more(self) -> None:
        self.app.show(Stage.SAMPLE if fired(self.attempt.state) else Stage.NEEDLE)

    @property
    def primary_text(self) -> str:
        """Film what has not been filmed, else mark the place."""
        if self.attempt.started and unfilmed(self.attempt.state.intents):
            return self.tr("Film the cores")
        return self.tr("Place the clip")

    def do_primary(self) -> None:
        """Do it; what was typed counts first."""
        if self.count.typing:
            self.count.taken()
        film = unfilmed(self.attempt.state.intents)
        self.attempt.send(Film() if film else PlaceClip())


class ClipControls(Page):
    """Mark the place with a clip, then end."""

    def build(self) -> None:
        """Make the words and the way back."""
        self.words = note("", "")
        self.column.addWidget(self.words)
        self.more = self.secondary(
            self.tr("More cores"), self.tr("Go back to the needle and sample on.")
        )
        self.more.clicked.connect(self._more)
        self.views = self.secondary("", self.tr("See where the clip lies, and what is left."))
        self.views.clicked.connect(self._next_view)

    def refresh(self) -> None:
        """Say what the clip is for, and offer the views with it."""
        state = self.attempt.state
        placed = clip_placed(state.intents)
        if needle_in(state):
            self.views.setText(self.tr("Withdraw the needle"))
        elif has_shot(state, "postclip"):
            self.views.setText(self.tr("Repeat the post-clip pair"))
        else:
            self.views.setText(self.tr("Expose the post-clip pair"))
        self.views.setVisible(placed and self.attempt.seen.guidance == "stereotactic")
        self.views.setEnabled(not self.attempt.busy)
        if placed:
            words = self.tr(
                "The clip lies in the cavity. It can wander when the compression is let go, most "
                "along the direction of compression; the views afterwards show where it is."
            )
        else:
            words = self.tr(
                "A clip marks the place for the surgeon and for later images, most of all where "
                "all of the calcification was removed."
            )
        self.words.setText(words)
        self.more.setEnabled(not self.attempt.busy)

    def _more(self) -> None:
        self.app.show(Stage.SAMPLE if fired(self.attempt.state) else Stage.NEEDLE)

    def _next_view(self) -> None:
        withdraw = needle_in(self.attempt.state)
        self.attempt.send(Withdraw() if withdraw else Expose("pair"))

    @property
    def primary_text(self) -> str:
        """Place it; then end."""
        if self.attempt.started and clip_placed(self.attempt.state.intents):
            return self.tr("End the procedure")
        return self.tr("Place the clip")

    def do_primary(self) -> None:
        """Do it."""
        if clip_placed(self.attempt.state.intents):
            self.stop.ask("finished")
        else:
            self.attempt.send(PlaceClip())
