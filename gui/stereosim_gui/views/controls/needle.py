"""Needle: every device of the catalogue with its margins here, where to aim, and inserting it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from stereosim.procedures.intents import Advance, ChooseDevice
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import needle_in
from stereosim_gui.model.wording import arm_name, device_name, unsafe
from stereosim_gui.views import theme
from stereosim_gui.views.controls.anaesthetic import AnaestheticRow
from stereosim_gui.views.controls.fields import NumberBox, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.language import fill, signed, spoken
from stereosim_gui.views.listening import Listens
from stereosim_gui.views.tone import set_tone

_OFFSET_MM = 30.0
_ROWS_SEEN = 2


class DeviceTable(Listens, QTableWidget):
    """The catalogue with the margins of each device where it would be aimed.

    Unsafe ones are marked with sign and colour and can be chosen all the same: why they must not be
    fired is there to be learnt.
    """

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(0, 4)
        self.attempt = attempt
        self.names: list[str] = []
        self.setAccessibleName(self.tr("Devices"))
        self.setHorizontalHeaderLabels(
            [self.tr("device"), self.tr("aperture"), self.tr("stroke"), self.tr("skin")]
        )
        self.setToolTip(
            self.tr(
                "Margins in mm with the aperture centred on the target. A cross means: do not fire "
                "this one here."
            )
        )
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setHighlightSections(False)
        self.currentCellChanged.connect(self._picked)
        self.hear(attempt.console.changed, self.refresh)

    def minimumSizeHint(self) -> QSize:
        """Return room for a few rows."""
        rows = _ROWS_SEEN * max(self.rowHeight(0), self.fontMetrics().height())
        width = super().minimumSizeHint().width()
        return QSize(width, self.horizontalHeader().height() + rows + 6)

    def refresh(self) -> None:
        """Show the margins as they are now."""
        console = self.attempt.console
        if not self.attempt.started:
            return
        with QSignalBlocker(self):
            if not self.names:
                self._fill()
            for row, name in enumerate(self.names):
                margins = None if console.margins is None else console.margins.get(name)
                limit = console.equipment.limits.stroke_margin_mm
                stroke = None if margins is None else margins.stroke_margin_mm
                skin = None if margins is None else margins.skin_margin_mm
                self._show_margin(row, 2, stroke, limit)
                self._show_margin(row, 3, skin, 0.0)
            if console.device in self.names:
                row = self.names.index(console.device)
                if row != self.currentRow():
                    self.setCurrentCell(row, 0)

    def _fill(self) -> None:
        devices = self.attempt.console.equipment.devices
        self.names = list(devices)
        self.setRowCount(len(devices))
        for row, device in enumerate(devices.values()):
            words = (
                spoken(device_name(device)),
                fill("{mm:.0f}", mm=device.aperture_mm),
                "–",
                "–",
            )
            for column, text in enumerate(words):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                item.setToolTip(device.label)
                self.setItem(row, column, item)

    def _show_margin(self, row: int, column: int, value: float | None, limit: float) -> None:
        item = self.item(row, column)
        if item is None:
            return
        if value is None or value == float("inf"):
            item.setText("–")
            item.setForeground(QColor(theme.QUIET))
            return
        safe = value > limit
        item.setText(f"{'✓' if safe else '✗'} {signed(value)}")
        item.setForeground(QColor(theme.GOOD_TEXT if safe else theme.BAD_TEXT))

    def _picked(self, row: int, *_: int) -> None:
        if 0 <= row < len(self.names):
            self.attempt.console.weigh(device=self.names[row])


class NeedleControls(Page):
    """Choose the needle, aim it, insert it to where it is fired from."""

    def build(self) -> None:
        """Make the list, what is wrong with the choice, and the offsets."""
        # What follows once the device has been taken.
        self._then: Advance | None = None
        self.table = DeviceTable(self.app, self.attempt)
        self.column.addWidget(self.table, 100)
        self.facts = note()
        self.column.addWidget(self.facts)
        self.problem = note("", "bad")
        self.column.addWidget(self.problem)
        self.arm = QComboBox()
        self.arm.setAccessibleName(self.tr("How the needle is held"))
        self.arm.setToolTip(
            self.tr(
                "From the paddle, or level on the lateral arm from either side: in a thin breast "
                "the throw then runs along the breast and not out at the back."
            )
        )
        self.arm.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.arm.activated.connect(self._hold)
        self.column.addWidget(self.arm)
        self.anaesthetic = AnaestheticRow(self.app, self.attempt)
        self.column.addWidget(self.anaesthetic)
        label = QLabel(self.tr("Aim off the target by, mm"))
        set_tone(label, "caption")
        self.column.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.offsets: list[NumberBox] = []
        for axis, teaching in (
            ("x", self.tr("Aim this far beside the target along x.")),
            ("y", self.tr("Aim this far beside the target toward the nipple.")),
            (
                "z",
                self.tr(
                    "Aim this far above the target. Less depth gains stroke margin; the target "
                    "must still lie beside the aperture."
                ),
            ),
        ):
            name = fill(self.tr("Aim off in {axis}, mm"), axis=axis)
            box = NumberBox(name, teaching, -_OFFSET_MM, _OFFSET_MM, step=0.5)
            box.edited.connect(self._aimed)
            row.addWidget(QLabel(axis))
            row.addWidget(box, 1)
            self.offsets.append(box)
        self.column.addLayout(row)
        self.hear(self.attempt.console.changed, self.follow)
        self.hear(self.attempt.refused, self._stay)
        self.hear(self.attempt.failed, self._stay)

    def _hold(self, index: int) -> None:
        self.attempt.console.weigh(arm=self.arm.itemData(index))

    def _aimed(self, *_: object) -> None:
        x, y, z = (box.value() for box in self.offsets)
        self.attempt.console.weigh(offset_mm=(x, y, z))

    def refresh(self) -> None:
        """Show the device that is weighed up and what is wrong with it here."""
        console = self.attempt.console
        self._show_arm()
        for box, value in zip(self.offsets, console.offset_mm, strict=True):
            box.put(value)
        device = console.equipment.devices.get(console.device)
        if device is None:
            return
        self.facts.setText(
            fill(
                self.tr(
                    "Aperture {a:g} mm, throw {throw:g} mm, dead tip {tip:g} mm; usually {n} cores "
                    "of about {mass:.0f} mg."
                ),
                a=device.aperture_mm,
                throw=device.throw_mm,
                tip=device.dead_tip_mm,
                n=device.usual_cores,
                mass=device.core_mass_mg,
            )
        )
        reading = console.reading
        found = () if reading is None else unsafe(reading, console.equipment.limits)
        show_note(self.problem, "\n".join(f"✗ {spoken(what)}" for what, _ in found), "bad")
        self.problem.setToolTip("\n".join(spoken(mend) for _, mend in found))

    def _show_arm(self) -> None:
        console = self.attempt.console
        if self.arm.count() == 0:
            for name in console.equipment.arms:
                self.arm.addItem(spoken(arm_name(name)), name)
        self.arm.setVisible(self.arm.count() > 1)
        with QSignalBlocker(self.arm):
            self.arm.setCurrentIndex(self.arm.findData(console.arm))

    @property
    def first(self) -> QWidget | None:
        """Give the keyboard to the list."""
        return self.table

    # --- inserting --------------------------------------------------------------------------------
    @property
    def primary_text(self) -> str:
        """Insert."""
        return self.tr("Insert to pre-fire")

    @property
    def primary_enabled(self) -> bool:
        """Whether there is a target and no needle in."""
        attempt = self.attempt
        if attempt.busy or not attempt.started or needle_in(attempt.state):
            return False
        return attempt.seen.marked_mm is not None and bool(attempt.console.device)

    def do_primary(self) -> None:
        """Take the device, if it is another one, and insert it."""
        for box in self.offsets:
            if box.typing:
                box.taken()
        attempt, console = self.attempt, self.attempt.console
        advance = Advance(console.offset_mm)
        chosen = attempt.seen.device
        held = attempt.seen.arm == console.arm
        if chosen is not None and chosen.name == console.device and held:
            attempt.send(advance)
            return
        self._then = advance
        if not attempt.send(ChooseDevice(console.device, console.arm)):
            self._then = None

    def follow(self) -> None:
        """Go on with the needle once the device is taken."""
        attempt = self.attempt
        then = self._then
        if then is not None and attempt.started and not attempt.busy:
            last = attempt.state.intents[-1] if attempt.state.intents else None
            if isinstance(last, ChooseDevice) and last.device == attempt.console.device:
                self._then = None
                attempt.send(then)
        super().follow()

    def _stay(self, *_: object) -> None:
        self._then = None

    def let_go(self) -> None:
        """Have the table listen to nothing any more."""
        self.table.let_go()
        self.anaesthetic.let_go()
        super().let_go()
