"""Ultrasound, the needle: device and entry, then steering by hand up to FIRE."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QPushButton

from stereosim.procedures.intents import Withdraw
from stereosim_gui.model.freehand import DISTANCE_MM, TILT_DEG, TURN_DEG, Approach
from stereosim_gui.model.stages import fired, needle_in
from stereosim_gui.model.wording import device_name, problems
from stereosim_gui.views.controls.anaesthetic import AnaestheticRow
from stereosim_gui.views.controls.fields import NumberBox, heading, note, show_note
from stereosim_gui.views.controls.fire import FireButton
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.controls.sonography import FramePage, ProbePage
from stereosim_gui.views.language import fill, signed, spoken

# Nearer than this to the target the line is said to meet it.
_MEETS_MM = 2.0


def guide_box(page: Page) -> QCheckBox:
    """Return the switch of the needle guide in the image."""
    machine = page.attempt.sonography
    made = QCheckBox(page.tr("Needle guide in the image"))
    made.setToolTip(
        page.tr(
            "The line that the needle is told to follow and where its aperture comes to lie after "
            "firing. Where the needle really is only its echo shows. Not in an exam."
        )
    )
    made.setAccessibleName(made.text())
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.clicked.connect(machine.needle.want_guide)
    return made


class NeedleControls(ProbePage):
    """Choose the device, plan the entry beside the probe, bring the needle in."""

    def build(self) -> None:
        """Make the list of devices and the fields of the approach."""
        self.machine = self.attempt.sonography
        self.devices = QComboBox()
        self.devices.setAccessibleName(self.tr("Device"))
        self.devices.setToolTip(
            self.tr(
                "Needles that can be held in the hand: length of the aperture, and throw, how far "
                "the point jumps on firing."
            )
        )
        self.devices.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.devices.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.devices.setMinimumContentsLength(12)
        self.devices.activated.connect(self._choose)
        self.column.addWidget(self.devices)
        self.anaesthetic = AnaestheticRow(self.app, self.attempt)
        self.column.addWidget(self.anaesthetic)
        self.column.addWidget(heading(self.tr("Entry beside the probe")))
        sides = QGridLayout()
        sides.setSpacing(4)
        self.sides: dict[int, QPushButton] = {}
        for side, words in ((-1, self.tr("← left")), (1, self.tr("right →"))):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setAccessibleName(words)
            button.setToolTip(self.tr("From which side of the image the needle comes (X)."))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self._take_side, side))
            sides.addWidget(button, 0, max(0, side))
            self.sides[side] = button
        self.column.addLayout(sides)
        self.distance = NumberBox(
            self.tr("From the probe"),
            self.tr(
                "Along the skin from the edge of the probe to the entry (W nearer, S farther)."
            ),
            *DISTANCE_MM,
            suffix=self.tr(" mm"),
        )
        self.tilt = NumberBox(
            self.tr("Tilt"),
            self.tr(
                "Angle of the needle to the skin (R steeper, F flatter). The flatter, the brighter "
                "its echo. Or click in the image: the line is laid through that point."
            ),
            *TILT_DEG,
            suffix="°",
        )
        self.turn = NumberBox(
            self.tr("Out of plane"),
            self.tr("Turn of the needle out of the image plane (T, G). At 0 all of it is in view."),
            *TURN_DEG,
            suffix="°",
        )
        fields = QGridLayout()
        fields.setHorizontalSpacing(6)
        fields.setVerticalSpacing(4)
        for row, box in enumerate((self.distance, self.tilt, self.turn)):
            label = QLabel(box.name)
            label.setBuddy(box)
            label.setToolTip(box.toolTip())
            box.edited.connect(self._edited)
            fields.addWidget(label, row, 0)
            fields.addWidget(box, row, 1)
        fields.setColumnStretch(1, 1)
        self.column.addLayout(fields)
        self.guide = guide_box(self)
        self.column.addWidget(self.guide)
        self.path = note("", "")
        self.column.addWidget(self.path)
        self.margins = note("", "")
        self.column.addWidget(self.margins)
        self.hear(self.machine.drawing_changed, self.follow)
        self.hear(self.machine.moved, self.follow)
        self.hear(self.attempt.console.changed, self.follow)

    def let_go(self) -> None:
        """Have the parts listen to nothing any more."""
        self.anaesthetic.let_go()
        super().let_go()

    # --- what is done -----------------------------------------------------------------------------
    def _choose(self, index: int) -> None:
        self.attempt.console.weigh(device=self.devices.itemData(index))

    def _take_side(self, side: int, *_: object) -> None:
        needle = self.machine.needle
        if needle.approach.side != side:
            needle.plan(needle.approach.mirrored())
        self.follow()

    def _edited(self, _: float) -> None:
        needle = self.machine.needle
        needle.plan(
            Approach(
                needle.approach.side, self.distance.value(), self.tilt.value(), self.turn.value()
            )
        )

    @property
    def primary_text(self) -> str:
        """Bring it in."""
        return self.tr("Insert the needle")

    @property
    def primary_enabled(self) -> bool:
        """A target, a device and an image to plan by."""
        ready = self.machine.needle.planned is not None and self.machine.needle.device is not None
        return ready and self.attempt.seen.marked_mm is not None and not self.attempt.busy

    def do_primary(self) -> None:
        """Take the device and bring it through the skin."""
        if all(box.taken() for box in (self.distance, self.tilt, self.turn)):
            self.machine.needle.insert()

    # --- what is shown ----------------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the plan and where it leads."""
        console, needle = self.attempt.console, self.machine.needle
        if self.devices.count() == 0:
            for name, device in console.equipment.devices.items():
                if device.handheld:
                    words = fill(
                        self.tr("{name} · {aperture:.0f} mm · throw {throw:.0f} mm"),
                        name=device_name(device),
                        aperture=device.aperture_mm,
                        throw=device.throw_mm,
                    )
                    self.devices.addItem(words, name)
        with QSignalBlocker(self.devices):
            self.devices.setCurrentIndex(self.devices.findData(console.device))
        approach = needle.approach
        for side, button in self.sides.items():
            button.setChecked(side == approach.side)
        self.distance.put(approach.distance_mm)
        self.tilt.put(approach.tilt_deg)
        self.turn.put(approach.turn_deg)
        self._show_path()
        self._show_margins()
        self.guide.setEnabled(needle.guide_allowed)
        self.guide.setChecked(needle.guide_wanted and needle.guide_allowed)

    def _show_path(self) -> None:
        """Say how near the planned line comes to the target; not in an exam."""
        needle, marked = self.machine.needle, self.attempt.seen.marked_mm
        line = needle.line
        if line is None or marked is None or not needle.guide_allowed:
            show_note(self.path, "")
            return
        along, beside = line.nearest(marked)
        if along <= 0.0:
            show_note(self.path, self.tr("The needle points away from the target."), "warn")
            return
        words = fill(
            self.tr("The line passes the target at {beside:.1f} mm, {along:.0f} mm from the skin."),
            beside=beside,
            along=along,
        )
        show_note(self.path, words, "good" if beside <= _MEETS_MM else "")

    def _show_margins(self) -> None:
        reading, equipment = self.attempt.console.reading, self.attempt.console.equipment
        if reading is None or reading.margins is None:
            show_note(self.margins, "")
            return
        found = problems(reading.margins, reading.thickness_mm, equipment.limits)
        words = " ".join(f"✗ {spoken(wrong)} {spoken(mend)}" for wrong, mend in found)
        show_note(self.margins, words, "bad")


class PrefireControls(FramePage):
    """Steer the needle by its echo, then fire."""

    def build(self) -> None:
        """Make the steering buttons, the fire button and the way out."""
        self.column.addWidget(heading(self.tr("Steer by the echo of the needle")))
        self.advice = note()
        self.column.addWidget(self.advice)
        grid = QGridLayout()
        grid.setSpacing(4)
        self.steering: dict[str, QPushButton] = {}
        steer = self.machine.needle.steer
        tr = self.tr
        for place, (key, words, tip, act) in enumerate(
            (
                ("on", tr("On (W)"), tr("By 1 mm; Shift+W 5 mm, Alt+W 0.2 mm"), (1, 0, 0)),
                ("up", tr("Steeper (R)"), tr("By 1°; Shift+R 5°, Alt+R 0.2°"), (0, 0, 1)),
                (
                    "left",
                    tr("Swing (T)"),
                    tr("By 1°; Shift+T 5°, Alt+T 0.2°"),
                    (0, -1, 0),
                ),
                (
                    "back",
                    tr("Back (S)"),
                    tr("By 1 mm; Shift+S 5 mm, Alt+S 0.2 mm"),
                    (-1, 0, 0),
                ),
                ("down", tr("Flatter (F)"), tr("By 1°; Shift+F 5°, Alt+F 0.2°"), (0, 0, -1)),
                (
                    "right",
                    tr("Swing (G)"),
                    tr("By 1°; Shift+G 5°, Alt+G 0.2°"),
                    (0, 1, 0),
                ),
            )
        ):
            button = QPushButton(words)
            button.setToolTip(tip)
            button.setAccessibleName(words)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoRepeat(True)
            button.clicked.connect(partial(self._steer, steer, *(float(v) for v in act)))
            grid.addWidget(button, place // 3, place % 3)
            self.steering[key] = button
        self.column.addLayout(grid)
        self.told = note("", "")
        self.column.addWidget(self.told)
        self.guide = guide_box(self)
        self.column.addWidget(self.guide)
        self.fire = FireButton(self.app, self.attempt)
        self.column.addWidget(self.fire)
        self.withdraw = self.secondary(
            self.tr("Withdraw"), self.tr("Pull the needle out, to scan, mark or plan anew.")
        )
        self.withdraw.clicked.connect(lambda: self.attempt.send(Withdraw()))

    @staticmethod
    def _steer(steer: object, along: float, azimuth: float, tilt: float, *_: object) -> None:
        steer(along, azimuth, tilt)  # type: ignore[operator]

    def refresh(self) -> None:
        """Show where the needle was told to be."""
        attempt, needle = self.attempt, self.machine.needle
        inside = needle_in(attempt.state) and not fired(attempt.state)
        for button in self.steering.values():
            button.setEnabled(inside)
        self.withdraw.setEnabled(inside and not attempt.busy)
        show_note(
            self.advice,
            self.tr(
                "Advance until the point lies one throw short of the target. If the echo of the "
                "needle is lost, move or turn the probe, not the needle."
            ),
        )
        words, guide = "", needle.guide
        if guide is not None and attempt.seen.marked_mm is not None:
            along, beside = guide.line.nearest(attempt.seen.marked_mm)
            words = fill(
                self.tr("As told: aperture {off} mm along and {beside:.1f} mm beside the target."),
                off=signed(guide.centre_mm - along),
                beside=beside,
            )
        show_note(self.told, words, "")
        self.guide.setEnabled(needle.guide_allowed)
        self.guide.setChecked(needle.guide_wanted and needle.guide_allowed)

    def let_go(self) -> None:
        """Have the fire button listen to nothing any more."""
        self.fire.let_go()
        super().let_go()
