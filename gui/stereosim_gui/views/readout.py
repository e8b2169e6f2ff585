"""The read-outs that are always in sight: coordinates, margins, drawing, dose and time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.reading import Reading
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.wording import device_name
from stereosim_gui.views.cross_section import CrossSection
from stereosim_gui.views.language import fill, signed, spoken
from stereosim_gui.views.part import Part
from stereosim_gui.views.tone import set_tone

_NOTHING = "–"


class Cell(QFrame):
    """A number under its name."""

    def __init__(self, name: str, teaching: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.name = QLabel(name)
        set_tone(self.name, "caption")
        self.value = QLabel(_NOTHING)
        self.value.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.name, self.value):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column.addWidget(label)
        self.setToolTip(teaching)
        self.setAccessibleName(name)

    def rename(self, name: str, teaching: str) -> None:
        """Show another number from now on."""
        self.name.setText(name)
        self.setToolTip(teaching)
        self.setAccessibleName(name)

    def show_value(self, words: str, tone: str = "") -> None:
        """Show a number; `tone` is ``"good"``, ``"warn"``, ``"bad"`` or empty."""
        self.value.setText(words)
        self.setAccessibleDescription(words)
        set_tone(self.value, tone)


class Readout(Part):
    """Shows the console's reading and its drawing."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.setAccessibleName(self.tr("Read-outs"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        head = QHBoxLayout()
        self.status = QLabel()
        self.device = QLabel()
        set_tone(self.device, "caption")
        head.addWidget(self.status, 1)
        head.addWidget(self.device)
        column.addLayout(head)
        self.drawing = CrossSection()
        column.addWidget(self.drawing)
        grid = QGridLayout()
        grid.setHorizontalSpacing(3)
        grid.setVerticalSpacing(2)
        self.cells = self._stereotactic()
        if attempt.spec.guidance == "ultrasound":
            self.cells = self._ultrasound()
        columns = 4 if len(self.cells) > 6 else 3
        for k, cell in enumerate(self.cells.values()):
            grid.addWidget(cell, k // columns, k % columns)
            grid.setColumnStretch(k % columns, 1)
        column.addLayout(grid)
        self.counts = QLabel()
        self.counts.setWordWrap(True)
        self.counts.setToolTip(
            self.tr(
                "What the procedure has cost the patient so far. At most 11 exposures and about "
                "17 minutes are usual for a stereotactic biopsy."
            )
        )
        column.addWidget(self.counts)
        self.hear(attempt.console.changed, self.refresh)
        self.refresh()

    def _stereotactic(self) -> dict[str, Cell]:
        return {
            "x": Cell(
                self.tr("x, mm"), self.tr("Along the chest wall, from the middle of the window.")
            ),
            "y": Cell(
                self.tr("y, mm"), self.tr("From the chest-wall edge of the support to the nipple.")
            ),
            "z": Cell(
                self.tr("z, mm"),
                self.tr(
                    "Height above the support. Its standard deviation is three to four times that "
                    "of x: the views are only 30 degrees apart."
                ),
            ),
            "mismatch": Cell(
                self.tr("y mismatch"),
                self.tr(
                    "One speck has the same y in both views. A difference means two different "
                    "specks, or a patient who moved."
                ),
            ),
            "paddle": Cell(
                self.tr("under paddle"), self.tr("Depth of the target below the paddle, mm.")
            ),
            "support": Cell(
                self.tr("above support"), self.tr("Height of the target above the support, mm.")
            ),
            "stroke": Cell(
                self.tr("stroke margin"),
                self.tr(
                    "Thickness - (depth + half the aperture + dead tip): what is left behind the "
                    "tip after firing, mm. It must be above 0."
                ),
            ),
            "skin": Cell(
                self.tr("skin margin"),
                self.tr(
                    "Depth - half the aperture - skin: what is left between the skin and the open "
                    "aperture, mm. It must be above 0."
                ),
            ),
        }

    def _ultrasound(self) -> dict[str, Cell]:
        return {
            "x": Cell(self.tr("x, mm"), self.tr("From the nipple to the patient's right.")),
            "y": Cell(self.tr("y, mm"), self.tr("From the nipple toward the head.")),
            "paddle": Cell(
                self.tr("depth, mm"), self.tr("Depth of the marked place under the skin.")
            ),
            "stroke": Cell(
                self.tr("stroke margin"),
                self.tr(
                    "From the tip after firing to the chest wall, in depth. It must be above 0."
                ),
            ),
            "skin": Cell(
                self.tr("skin margin"),
                self.tr("Between the skin and the open aperture, mm. It must be above 0."),
            ),
        }

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the window: the drawing is as high as it lets it."""
        super().showEvent(event)
        self.window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Measure the drawing again when the window has another size."""
        if event.type() == QEvent.Type.Resize:
            self.drawing.updateGeometry()
        return False

    def let_go(self) -> None:
        """Watch and listen no more."""
        self.window().removeEventFilter(self)
        super().let_go()

    def show_stage(self, stage: Stage) -> None:
        """Do nothing: the read-outs are the same at every stage."""

    # --- what is shown ----------------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the console's reading."""
        console = self.attempt.console
        self.drawing.show_section(console.section)
        reading = console.reading
        if reading is None:
            return
        self._show_status(reading)
        self._show_place(reading)
        self._show_margins(reading)
        self._show_counts(reading)

    def _show_status(self, reading: Reading) -> None:
        words, tone = self.tr("No target yet"), "quiet"
        if reading.pending:
            words, tone = self.tr("Working out the marks"), "quiet"
        elif reading.outside:
            words, tone = self.tr("Target outside the breast"), "bad"
        elif reading.phase == "fired":
            words, tone = self.tr("Needle fired"), ""
        elif reading.phase == "prefire":
            words, tone = self.tr("Needle in, not fired"), "warn"
        elif reading.provisional:
            words, tone = self.tr("Marks not set yet"), "warn"
        elif reading.target_mm is not None:
            words, tone = self.tr("Target set"), ""
        self.status.setText(words)
        set_tone(self.status, tone)
        self.device.setText("" if reading.device is None else spoken(device_name(reading.device)))

    def _show_place(self, reading: Reading) -> None:
        for k, axis in enumerate("xyz"):
            cell = self.cells.get(axis)
            if cell is None:
                continue
            if reading.target_mm is None:
                cell.show_value(_NOTHING)
            elif reading.sd_mm is None:
                cell.show_value(fill("{v:.1f}", v=float(reading.target_mm[k])))
            else:
                v, sd = float(reading.target_mm[k]), float(reading.sd_mm[k])
                words = fill("{v:.1f} ±{sd:.2f}", v=v, sd=sd)
                cell.show_value(words, "bad" if axis == "z" and reading.outside else "")
        for name, depth in (
            ("paddle", reading.from_paddle_mm),
            ("support", reading.from_support_mm),
        ):
            if name in self.cells:
                words = _NOTHING if depth is None else fill(self.tr("{v:.1f} mm"), v=depth)
                self.cells[name].show_value(words)
        self._show_depth(reading)
        mismatch = self.cells.get("mismatch")
        if mismatch is None:
            return
        if reading.y_mismatch_mm is None:
            mismatch.show_value(_NOTHING)
        else:
            sign = "✗" if reading.mismatched else "✓"
            # Hundredths are for what may be one speck.
            decimals = 2 if abs(reading.y_mismatch_mm) < 1.0 else 1
            mm = signed(reading.y_mismatch_mm, decimals)
            words = fill(self.tr("{sign} {mm} mm"), sign=sign, mm=mm)
            mismatch.show_value(words, "bad" if reading.mismatched else "good")

    def _show_depth(self, reading: Reading) -> None:
        """On the lateral arm the depth along the needle counts, not that under the paddle."""
        if reading.guidance == "ultrasound":
            return
        cell, margins = self.cells["paddle"], reading.margins
        if reading.arm == "vertical":
            cell.rename(
                self.tr("under paddle"), self.tr("Depth of the target below the paddle, mm.")
            )
            return
        cell.rename(
            self.tr("from the side"),
            self.tr("Depth of the aperture's middle along the needle, from the skin, mm."),
        )
        words = _NOTHING
        if margins is not None:
            words = fill(self.tr("{v:.1f} mm"), v=float(margins.depth_mm))
        cell.show_value(words)

    def _show_margins(self, reading: Reading) -> None:
        margins, limits = reading.margins, self.attempt.console.equipment.limits
        for name, limit in (("stroke", limits.stroke_margin_mm), ("skin", 0.0)):
            cell = self.cells.get(name)
            if cell is None:
                continue
            if margins is None:
                cell.show_value(_NOTHING)
                continue
            value = float(getattr(margins, f"{name}_margin_mm"))
            if value == float("inf"):
                cell.show_value(_NOTHING)
                continue
            safe = value > limit
            sign = "✓" if safe else "✗"
            words = fill(self.tr("{sign} {mm} mm"), sign=sign, mm=signed(value))
            cell.show_value(words, "good" if safe else "bad")

    def _show_counts(self, reading: Reading) -> None:
        parts = [
            fill(self.tr("Exposures {n}"), n=reading.exposures),
            fill(self.tr("{dose:.1f} mGy"), dose=reading.dose_mgy),
            fill(self.tr("{minutes:.0f} min"), minutes=reading.minutes),
            fill(self.tr("passes {n}"), n=reading.passes),
            fill(self.tr("cores {n}"), n=reading.cores),
        ]
        if reading.guidance == "ultrasound":
            del parts[:2]
        self.counts.setText(" · ".join(parts))
