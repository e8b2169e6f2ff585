"""Target: the two marks as numbers, what they come to, and setting them."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton

from stereosim.procedures.intents import Expose, MarkPair
from stereosim_gui.model.reading import differs, marks_set
from stereosim_gui.model.stages import Stage, needle_in
from stereosim_gui.model.wording import mismatch
from stereosim_gui.views.controls.fields import NumberBox, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.language import fill, spoken

_LARGEST_PX = 99999.0
_ANGLES = {"left": -15.0, "right": 15.0}


class TargetControls(Page):
    """Mark the same speck in both views and set the target."""

    def build(self) -> None:
        """Make the switch and the coordinates."""
        self.switch = QCheckBox(self.tr("Mark (M)"))
        self.switch.setToolTip(
            self.tr(
                "On: a click in a view puts its mark, the arrows move it by a pixel (Shift 10, "
                "Alt 0.1). Off: the marks cannot be moved by accident."
            )
        )
        self.switch.toggled.connect(self.attempt.set_marking)
        self.clear = QPushButton(self.tr("Clear marks"))
        self.clear.setToolTip(self.tr("Take both marks away (Undo brings them back)"))
        self.clear.clicked.connect(self._clear)
        top = QHBoxLayout()
        top.addWidget(self.switch, 1)
        top.addWidget(self.clear)
        self.column.addLayout(top)
        grid = QGridLayout()
        grid.setSpacing(4)
        self.boxes: dict[tuple[str, int], NumberBox] = {}
        for k, (axis, teaching) in enumerate(
            (
                (self.tr("column"), self.tr("Along x, in pixels of the detector.")),
                (self.tr("row"), self.tr("Along y, in pixels: the same in both views.")),
            )
        ):
            grid.addWidget(QLabel(axis), 0, k + 1)
            for row, view in enumerate(("left", "right"), start=1):
                name = fill(self.tr("{view} mark, {axis}"), view=self._view(view), axis=axis)
                box = NumberBox(name, teaching, -1.0, _LARGEST_PX, step=0.1)
                # Below the range stands what is shown where there is no mark.
                box.setSpecialValueText("–")
                box.setValue(-1.0)
                box.edited.connect(partial(self._typed, view))
                self.boxes[view, k] = box
                grid.addWidget(box, row, k + 1)
        for row, view in enumerate(("left", "right"), start=1):
            label = fill(
                self.tr("{view}, {angle:+.0f}°"), view=self._view(view), angle=_ANGLES[view]
            )
            grid.addWidget(QLabel(label), row, 0)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self.column.addLayout(grid)
        self.words = note()
        self.depth_words = note()
        self.column.addWidget(self.words)
        self.column.addWidget(self.depth_words)
        self.again = self.secondary(
            self.tr("Retake the pair"),
            self.tr("Expose both views again: where the patient moved between them."),
        )
        self.again.clicked.connect(lambda: self.attempt.send(Expose("pair")))
        self.hear(self.attempt.marks_changed, self.follow)
        self.hear(self.attempt.marking_changed, self.follow)
        self.hear(self.attempt.console.changed, self.follow)

    def _view(self, view: str) -> str:
        return self.tr("Left") if view == "left" else self.tr("Right")

    # --- marks ------------------------------------------------------------------------------------
    def _typed(self, view: str, *_: object) -> None:
        """Put the mark where the numbers say, once both are there."""
        column, row = (self.boxes[view, k].value() for k in (0, 1))
        if column >= 0.0 and row >= 0.0:
            self.attempt.mark(view, (column, row))

    def _clear(self) -> None:
        for view in ("left", "right"):
            self.attempt.mark(view, None)

    # --- page -------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the marks and what they come to."""
        attempt = self.attempt
        self.switch.setChecked(attempt.marking)
        marks = attempt.marks
        for view, pixel in (("left", marks.left), ("right", marks.right)):
            for k in (0, 1):
                box = self.boxes[view, k]
                # A number typed first waits for the other one of its mark.
                if pixel is not None or self._other_missing(view):
                    box.put(-1.0 if pixel is None else pixel[k])
        self.clear.setEnabled(marks.left is not None or marks.right is not None)
        self.again.setEnabled(not attempt.busy and not needle_in(attempt.state))
        self._show_words()

    def _other_missing(self, view: str) -> bool:
        """Whether not one of two numbers has been typed alone."""
        given = [self.boxes[view, k].value() >= 0.0 for k in (0, 1)]
        return given[0] is given[1]

    def _show_words(self) -> None:
        reading, marks = self.attempt.console.reading, self.attempt.marks
        show_note(self.depth_words, "")
        if reading is None or not marks.complete:
            one = (marks.left is None) is not (marks.right is None)
            words = self.tr("Find the same speck in both views and mark it in each.")
            # In an exam there is no band.
            if one and self.app.hints_on:
                words = self.tr(
                    "The band in the other view shows where the same speck can lie: at one y, "
                    "its x given by the depth."
                )
            show_note(self.words, words)
            return
        said = mismatch(reading)
        bad = reading.mismatched or reading.outside
        show_note(self.words, "" if said is None else spoken(said), "bad" if bad else "quiet")
        if reading.from_paddle_mm is not None and reading.from_support_mm is not None:
            show_note(
                self.depth_words,
                fill(
                    self.tr("Depth: {a:.1f} mm under the paddle, {b:.1f} mm above the support."),
                    a=reading.from_paddle_mm,
                    b=reading.from_support_mm,
                ),
                "",
            )

    @property
    def primary_text(self) -> str:
        """Set the target, or go on with it."""
        if self._is_set:
            return self.tr("On to the needle")
        return self.tr("Set target")

    @property
    def _is_set(self) -> bool:
        attempt = self.attempt
        if not attempt.started or attempt.seen.marked_mm is None:
            return False
        return attempt.marks.complete and not differs(
            attempt.marks, marks_set(attempt.state.intents)
        )

    @property
    def primary_enabled(self) -> bool:
        """Whether both views are marked and no needle is in."""
        attempt = self.attempt
        if attempt.busy or not attempt.started or needle_in(attempt.state):
            return False
        return attempt.marks.complete

    def do_primary(self) -> None:
        """Set the target that the marks give; typed numbers count first."""
        for box in self.boxes.values():
            if box.typing:
                box.taken()
        if self._is_set:
            self.app.show(Stage.NEEDLE)
            return
        marks = self.attempt.marks
        if marks.left is not None and marks.right is not None:
            self.attempt.send(MarkPair(marks.left, marks.right))
