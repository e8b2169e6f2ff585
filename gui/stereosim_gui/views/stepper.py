"""The row of stages at the top of the practice page."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import STAGES, natural_stage, stage_name
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.part import Part

# Frame and padding beside the words of a button, in pixels.
_BESIDE_WORDS = 6
# Words are not set smaller than this share of the usual size.
_SMALLEST = 0.6


class Stepper(Part):
    """Shows where the procedure is; a stage that can be reached can be clicked."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.setAccessibleName(self.tr("Stages of the procedure"))
        self.buttons = {}
        for number, stage in enumerate(STAGES[attempt.spec.guidance], start=1):
            button = QPushButton()
            button.setObjectName("step")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(24)
            name = spoken(stage_name(stage))
            button.setText(f"{number} {name}")
            button.setAccessibleName(fill(self.tr("Stage {n}: {name}"), n=number, name=name))
            button.clicked.connect(partial(self._show, stage))
            row.addWidget(button)
            self.buttons[stage] = button
        self._row = row
        self.hear(app.stage_changed, self.refresh)
        self.hear(attempt.progress_changed, self.refresh)
        self.refresh()

    def _share_width(self) -> None:
        """Give each button its share by the width of its words, set in bold as the present one is.

        Words that are too large for the window are set smaller.
        """
        font = QFont(self.font())
        font.setBold(True)
        buttons = self.buttons.values()
        wanted = [QFontMetrics(font).horizontalAdvance(button.text()) for button in buttons]
        beside = len(buttons) * (_BESIDE_WORDS + self._row.spacing())
        fits = min(1.0, (self.width() - beside) / max(sum(wanted), 1))
        points = max(fits, _SMALLEST) * font.pointSizeF()
        style = f"QPushButton#step {{ font-size: {points:.1f}pt; }}" if fits < 1.0 else ""
        if style != self.styleSheet():
            self.setStyleSheet(style)
        for button, words in zip(buttons, wanted, strict=True):
            self._row.setStretchFactor(button, words + _BESIDE_WORDS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the width."""
        super().resizeEvent(event)
        self._share_width()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of the texts."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_row"):
            self._share_width()

    def _show(self, stage: object) -> None:
        self.app.show(stage)  # type: ignore[arg-type]
        self.refresh()

    def refresh(self) -> None:
        """Show which stages are done, open and shown."""
        pages = self.app.reachable
        now = natural_stage(self.attempt.state) if self.attempt.started else None
        for stage, button in self.buttons.items():
            button.setEnabled(stage in pages and not self.attempt.busy)
            button.setChecked(stage is self.app.stage)
            button.setProperty("now", stage is now)
            if stage is self.app.stage:
                tip = self.tr("You are here")
            elif stage in pages:
                tip = self.tr("Turn to this page")
            else:
                tip = self.tr("Not yet, or no longer, possible")
            button.setToolTip(tip)
            button.style().unpolish(button)
            button.style().polish(button)
