"""Position: the referral, the approach, where the breast is shifted, how far it is compressed."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from stereosim.procedures.intents import Position
from stereosim_gui.model.plan import plan
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.wording import referral_lines
from stereosim_gui.views.controls.fields import NumberBox, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.controls.plan_view import PlanView
from stereosim_gui.views.language import fill, signed, spoken

_SHIFT_MM = 200.0
_THICKNESS_MM = (1.0, 150.0)


class PositionControls(Page):
    """Compress the breast with the place of the referral under the window."""

    def build(self) -> None:
        """Make the fields beside the plan."""
        self.referral = note("", "")
        self.referral.setToolTip(
            self.tr("What the diagnostic work-up reported: rounded, as reports are.")
        )
        self.plan_view = PlanView()
        self.above = QRadioButton(self.tr("from above"))
        self.above.setToolTip(
            self.tr("Craniocaudal: the shorter way to a lesion of the upper breast.")
        )
        self.below = QRadioButton(self.tr("from below"))
        self.below.setToolTip(
            self.tr(
                "Caudocranial: the shorter way to a lesion of the lower breast, with no scar "
                "that shows. Left and right change sides in the images."
            )
        )
        self.approach = QButtonGroup(self)
        for button in (self.above, self.below):
            self.approach.addButton(button)
        self.above.setChecked(True)
        self.approach.buttonToggled.connect(self._edited)
        self.shift_x = NumberBox(
            self.tr("Shift x"),
            self.tr("How far the breast is moved to the left in the image, to bring x to 0."),
            -_SHIFT_MM,
            _SHIFT_MM,
            suffix=self.tr(" mm"),
        )
        self.shift_y = NumberBox(
            self.tr("Shift y"),
            self.tr(
                "How far the breast is pulled back from the support. 0 is the chest wall at the "
                "edge: nothing lies nearer to the wall than the field reaches."
            ),
            -_SHIFT_MM,
            _SHIFT_MM,
            suffix=self.tr(" mm"),
        )
        self.thickness = NumberBox(
            self.tr("Thickness"),
            self.tr(
                "To what thickness the breast is compressed. Thinner: less dose, sharper images, "
                "but less room for the stroke of the needle."
            ),
            *_THICKNESS_MM,
            suffix=self.tr(" mm"),
        )
        self.paddle = QCheckBox(self.tr("Second paddle"))
        self.paddle.setToolTip(
            self.tr(
                "Lay the breast on a second open paddle: it stands farther from the detector, and "
                "tissue bulges into the opening, so that the needle has more room behind it."
            )
        )
        self.paddle.setAccessibleName(self.paddle.text())
        self.paddle.toggled.connect(self._edited)
        self.usual = QPushButton(self.tr("As the referral says"))
        self.usual.setToolTip(
            self.tr("Fill in what the referral suggests: approach, shifts, usual compression.")
        )
        self.usual.clicked.connect(self.fill_in_usual)
        self.effect = note()
        self.problem = note("", "bad")
        self.problem.hide()
        self._shown: tuple[object, ...] = ()
        self._doses: dict[float, float] = {}
        self._lay_out()
        self.hear(self.attempt.refused, self._refused)

    def _lay_out(self) -> None:
        self.column.addWidget(self.referral)
        beside = QHBoxLayout()
        beside.setSpacing(8)
        fields = QVBoxLayout()
        fields.setSpacing(4)
        approach = QHBoxLayout()
        approach.setSpacing(6)
        approach.addWidget(self.above)
        approach.addWidget(self.below)
        fields.addLayout(approach)
        grid = QGridLayout()
        grid.setSpacing(4)
        for row, box in enumerate((self.shift_x, self.shift_y, self.thickness)):
            label = QLabel(box.name)
            label.setBuddy(box)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            box.edited.connect(self._edited)
        fields.addLayout(grid)
        fields.addWidget(self.paddle)
        fields.addStretch(1)
        beside.addLayout(fields)
        beside.addWidget(self.plan_view, 1)
        self.column.addLayout(beside)
        self.column.addWidget(self.problem)
        self.column.addWidget(self.effect)
        self.foot.addWidget(self.usual)

    # --- fields -----------------------------------------------------------------------------------
    @property
    def position(self) -> Position:
        """What the fields say."""
        usual = self.attempt.console.equipment.outline.thickness_mm
        thickness = self.thickness.value()
        return Position(
            self.shift_x.value(),
            self.shift_y.value(),
            "caudocranial" if self.below.isChecked() else "craniocaudal",
            None if abs(thickness - usual) < 0.05 else thickness,
            self.paddle.isChecked(),
        )

    def show_position(self, position: Position) -> None:
        """Fill the fields."""
        usual = self.attempt.console.equipment.outline.thickness_mm
        (self.below if position.approach == "caudocranial" else self.above).setChecked(True)
        self.paddle.setChecked(position.second_paddle)
        self.shift_x.put(position.shift_x_mm)
        self.shift_y.put(position.shift_y_mm)
        self.thickness.put(usual if position.thickness_mm is None else position.thickness_mm)
        self._edited()

    def fill_in_usual(self) -> None:
        """Fill in what the referral suggests."""
        usual = self.attempt.console.equipment.usual_position
        if usual is not None:
            self.show_position(usual)

    def _edited(self, *_: object) -> None:
        if not self.attempt.started:
            return
        show_note(self.problem, "")
        self._show_plan()
        self._ask_dose()
        self.primary_changed.emit()

    def _show_plan(self) -> None:
        equipment = self.attempt.console.equipment
        self.plan_view.show_plan(plan(self.attempt.seen.referral, equipment, self.position))

    # --- what the compression changes -------------------------------------------------------------
    def _ask_dose(self) -> None:
        thickness, engine = self.thickness.value(), self.attempt.engine
        self._show_effect()
        if thickness in self._doses:
            return

        def work(*_: object) -> Iterator[float]:
            yield engine.dose_mgy(thickness)

        def receive(dose: float) -> None:
            self._doses[thickness] = dose
            self._show_effect()

        self.expect(self.attempt.compute(work, receive))

    def _show_effect(self) -> None:
        console = self.attempt.console
        thickness = self.thickness.value()
        device = console.equipment.devices[console.device or console.equipment.usual_device]
        dose = self._doses.get(thickness)
        spare = thickness / 2.0 - device.tip_offset_mm
        if self.paddle.isChecked():
            spare += console.equipment.bulge_mm
        words = fill(
            self.tr("A target half way down leaves a stroke margin of {mm} mm ({gauge:g}G)."),
            mm=signed(spare),
            gauge=device.gauge,
        )
        if dose is not None:
            each = fill(self.tr("About {dose:.2f} mGy an exposure."), dose=dose)
            words = f"{each} {words}"
        if self.below.isChecked():
            why = self.tr("From below: the shorter way into the lower breast.")
        else:
            why = self.tr("From above: the shorter way into the upper breast.")
        show_note(self.effect, f"{why}\n{words}", "warn" if spare <= 0.0 else "quiet")

    # --- page -------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the referral, and the position that the breast has."""
        seen = self.attempt.seen
        if not self._shown:
            self.referral.setText("\n".join(spoken(line) for line in referral_lines(seen.referral)))
        held = (seen.shift_mm, seen.approach, seen.thickness_mm, seen.second_paddle)
        if held != self._shown:
            self._shown = held
            self.show_position(
                Position(*seen.shift_mm, seen.approach, seen.thickness_mm, seen.second_paddle)
            )
        self.usual.setEnabled(not self.attempt.busy)

    @property
    def first(self) -> QWidget | None:
        """Give the keyboard to the approach."""
        return self.approach.checkedButton()

    @property
    def primary_text(self) -> str:
        """Compress."""
        return self.tr("Compress and position")

    def do_primary(self) -> None:
        """Send the position, or say which field is wrong."""
        for box in (self.shift_x, self.shift_y, self.thickness):
            if not box.taken():
                return self._complain(
                    box,
                    fill(
                        self.tr("{field}: type a number from {low:g} to {high:g}."),
                        field=box.name,
                        low=box.minimum(),
                        high=box.maximum(),
                    ),
                )
        low, high = self.attempt.console.equipment.thickness_limits_mm
        if not low <= self.thickness.value() <= high:
            words = self.tr("{field}: this breast can be held at {low:.1f} to {high:.1f} mm.")
            words = fill(words, field=self.thickness.name, low=low, high=high)
            return self._complain(self.thickness, words)
        if self.shift_y.value() < 0.0:
            words = self.tr("{field}: not below 0. The chest wall ends at the support's edge.")
            return self._complain(self.shift_y, fill(words, field=self.shift_y.name))
        self.attempt.send(self.position)
        return None

    def _complain(self, box: NumberBox, words: str) -> None:
        show_note(self.problem, words, "bad")
        box.setFocus()
        box.selectAll()

    def _refused(self, why: str) -> None:
        """Show what the procedure says about a field beside it."""
        field, _, reason = why.partition(": ")
        box = {
            "position.shift_x_mm": self.shift_x,
            "position.shift_y_mm": self.shift_y,
            "position.thickness_mm": self.thickness,
        }.get(field)
        if box is not None and self.app.stage is Stage.POSITION:
            words = fill(self.tr("{field}: {reason}"), field=box.name, reason=reason)
            self._complain(box, words)
