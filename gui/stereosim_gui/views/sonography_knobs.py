"""The knobs of the ultrasound machine: gain, depth, focus, range, time-gain compensation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
)

from stereosim_gui.model.sonogram import DYNAMIC_RANGE_DB, GAIN_DB, TGC_DB, TGC_SLIDERS
from stereosim_gui.model.sonography import (
    DEPTH_MM,
    FOCUS_MM,
    PRESSURE_PERCENT,
    TILT_DEG,
    Sonography,
    Tool,
)
from stereosim_gui.views.language import fill, signed
from stereosim_gui.views.part import Part


class Knob(QSlider):
    """A slider that the wheel turns only where the keyboard is; else the column is scrolled."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn it, or leave the wheel to what lies below."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def slider(low: float, high: float, step: int, name: str, tip: str) -> QSlider:
    """Return a horizontal slider that the mouse uses without taking the keys from the image."""
    made = Knob(Qt.Orientation.Horizontal)
    made.setRange(round(low), round(high))
    made.setSingleStep(step)
    made.setPageStep(5 * step)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setMinimumWidth(40)
    return made


def button(words: str, tip: str, act: Callable[[], object]) -> QPushButton:
    """Return a button that the mouse presses without taking the keys from the image."""
    made = QPushButton(words)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    # Four of them share a narrow column.
    made.setMinimumWidth(30)
    made.setStyleSheet("padding-left: 2px; padding-right: 2px;")
    made.clicked.connect(lambda: act())
    return made


class Knobs(Part):
    """Sliders with their values, and the buttons for freeze, caliper and automatic gain."""

    def __init__(self, machine: Sonography, owner: Part, caliper: Callable[[], object]) -> None:
        super().__init__(owner.app, owner.attempt)
        self.machine = machine
        self._lay_out(caliper)
        self.hear(machine.image_changed, self.refresh)
        self.hear(machine.moved, self.refresh)
        self.hear(machine.drawing_changed, self.refresh)
        self.hear(owner.attempt.progress_changed, self.refresh)
        self.refresh()

    def _lay_out(self, caliper: Callable[[], object]) -> None:
        machine = self.machine
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        self.sliders: dict[str, QSlider] = {}
        self.values: dict[str, QLabel] = {}
        rows: tuple[tuple[str, str, tuple[float, float], str, Callable[[int], None]], ...] = (
            (
                "tilt",
                self.tr("Tilt"),
                (-TILT_DEG, TILT_DEG),
                self.tr(
                    "Lean the probe: the plane fans about the array and shows what lies beside it "
                    "(U, J). What faces the beam squarely is brightest."
                ),
                machine.tilt,
            ),
            (
                "press",
                self.tr("Press"),
                (0.0, PRESSURE_PERCENT),
                self.tr(
                    "Probe pressure: how much thinner the tissue under the probe is (D, V). Sound "
                    "has less way to go and comes deeper; the target comes nearer."
                ),
                machine.press,
            ),
            (
                "depth",
                self.tr("Depth"),
                DEPTH_MM,
                self.tr("Show the breast down to this depth (PgUp, PgDown, wheel)."),
                machine.set_depth,
            ),
            (
                "focus",
                self.tr("Focus"),
                FOCUS_MM,
                self.tr(
                    "Depth of the transmit focus: the image is sharpest there. Put it at the depth "
                    "of the finding (Ctrl+PgUp, Ctrl+PgDown)."
                ),
                machine.set_focus,
            ),
            (
                "gain",
                self.tr("Gain"),
                GAIN_DB,
                self.tr("Brightness of the whole image (+ and -). It does not change the echoes."),
                lambda value: machine.show_with(replace(machine.display, gain_db=float(value))),
            ),
            (
                "range",
                self.tr("Range"),
                DYNAMIC_RANGE_DB,
                self.tr(
                    "Dynamic range from black to white. Less range: more contrast, and weak echoes "
                    "are lost."
                ),
                lambda value: machine.show_with(
                    replace(machine.display, dynamic_range_db=float(value))
                ),
            ),
        )
        for row, (key, words, (low, high), tip, act) in enumerate(rows):
            label, value = QLabel(words), QLabel()
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("00 mm  "))
            made = slider(low, high, 5 if key == "depth" else 1, words, tip)
            made.valueChanged.connect(act)
            label.setToolTip(tip)
            label.setBuddy(made)
            for column, widget in enumerate((label, made, value)):
                grid.addWidget(widget, row, column)
            self.sliders[key], self.values[key] = made, value
        grid.setColumnStretch(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        self.row = QGridLayout()
        self.row.setSpacing(4)
        self.freeze = button(
            self.tr("Freeze"),
            self.tr("Hold the image, or go on (Space). Measure and mark on a frozen image."),
            machine.toggle_freeze,
        )
        self.freeze.setCheckable(True)
        self.keep = button(
            self.tr("Keep"),
            self.tr("Keep the frozen frame in the record (K)."),
            machine.keep,
        )
        self.caliper = button(
            self.tr("Caliper"),
            self.tr("Measure between two points of the frozen image (C): click both."),
            caliper,
        )
        self.caliper.setCheckable(True)
        self.auto = button(
            self.tr("Auto"), self.tr("Set the gain to this image (A)."), machine.fit_gain
        )
        self._place_buttons(4)
        whole.addLayout(self.row)
        whole.addLayout(grid)

    def _place_buttons(self, columns: int) -> None:
        for k, made in enumerate((self.freeze, self.keep, self.caliper, self.auto)):
            self.row.addWidget(made, k // columns, k % columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons into two rows where one is too short for their words."""
        super().resizeEvent(event)
        buttons = (self.freeze, self.keep, self.caliper, self.auto)
        widest = max(made.sizeHint().width() for made in buttons)
        self._place_buttons(4 if 4 * widest + 12 <= self.width() else 2)

    def refresh(self) -> None:
        """Show how the machine is set."""
        machine = self.machine
        look, display = machine.look, machine.display
        for key, value in (
            ("tilt", look.tilt_deg),
            ("press", 100.0 * look.strain),
            ("depth", look.depth_mm),
            ("focus", look.focus_mm),
            ("gain", display.gain_db),
            ("range", display.dynamic_range_db),
        ):
            with QSignalBlocker(self.sliders[key]):
                self.sliders[key].setValue(round(value))
        # What changes the echoes needs a live image.
        for key in ("tilt", "press", "depth", "focus"):
            self.sliders[key].setEnabled(not machine.frozen)
        self.values["tilt"].setText(
            fill(self.tr("{angle}°"), angle=signed(look.tilt_deg, decimals=0))
        )
        self.values["press"].setText(fill(self.tr("{d:.0f} %"), d=100.0 * look.strain))
        self.values["depth"].setText(fill(self.tr("{d:.0f} mm"), d=look.depth_mm))
        self.values["focus"].setText(fill(self.tr("{d:.0f} mm"), d=look.focus_mm))
        self.values["gain"].setText(
            fill(self.tr("{gain} dB"), gain=signed(display.gain_db, decimals=0))
        )
        self.values["range"].setText(fill(self.tr("{d:.0f} dB"), d=display.dynamic_range_db))
        self.keep.setEnabled(machine.frozen and not machine.kept and not self.attempt.busy)
        self.freeze.setChecked(machine.frozen)
        self.freeze.setText(self.tr("Go on") if machine.frozen else self.tr("Freeze"))
        self.caliper.setChecked(machine.tool is Tool.CALIPER)


class TimeGain(Part):
    """Sliders beside the image, each at the depth where it acts."""

    def __init__(self, machine: Sonography, owner: Part) -> None:
        super().__init__(owner.app, owner.attempt)
        self.machine = machine
        self.column = QVBoxLayout(self)
        self.column.setSpacing(0)
        title = QLabel(self.tr("TGC"))
        title.setObjectName("quiet")
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        tip = self.tr("Time-gain compensation: more or less gain at this depth, for the display.")
        title.setToolTip(tip)
        self.title = title
        self.sliders: list[QSlider] = []
        for k in range(TGC_SLIDERS):
            name = fill(self.tr("Time gain {n} from the skin"), n=k + 1)
            made = slider(-TGC_DB, TGC_DB, 1, name, tip)
            made.valueChanged.connect(partial(self._set, k))
            self.column.addWidget(made, 1)
            self.sliders.append(made)
        title.setParent(self)
        self.setFixedWidth(max(58, title.sizeHint().width() + 12))
        self.hear(machine.image_changed, self.refresh)
        self.refresh()

    def span(self, top: float, bottom: float) -> None:
        """Lay the sliders along the image, which lies from `top` to `bottom` of the widget."""
        below = max(0, self.height() - round(bottom))
        self.column.setContentsMargins(4, round(top), 4, below)
        self.title.setGeometry(0, 0, self.width(), round(top))

    def _set(self, index: int, value: int) -> None:
        curve = list(self.machine.display.tgc_db)
        curve[index] = float(value)
        self.machine.show_with(replace(self.machine.display, tgc_db=tuple(curve)))

    def refresh(self) -> None:
        """Show the curve."""
        for made, value in zip(self.sliders, self.machine.display.tgc_db, strict=True):
            with QSignalBlocker(made):
                made.setValue(round(value))
