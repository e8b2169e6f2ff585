"""Firing: what speaks against it, and the one button that cannot be undone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout

from stereosim.procedures.intents import Fire
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import fired, needle_in
from stereosim_gui.model.wording import unsafe
from stereosim_gui.views.controls.fields import ask_first
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import fill, signed, spoken
from stereosim_gui.views.part import Part
from stereosim_gui.views.tone import set_tone


class FireButton(Part):
    """FIRE, with everything that speaks against it above it; both guidances use it.

    It is never what Enter does: it is clicked, or fired with its own keys.
    """

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setAccessibleName(self.tr("Safety check"))
        self.button = QPushButton()
        self.button.setObjectName("fire")
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(self.tr("Fire the needle"))
        self.button.setToolTip(
            self.tr("Fire the needle (Ctrl+F). This is the one step that cannot be undone.")
        )
        self.button.clicked.connect(self.fire)
        column.addWidget(self.verdict)
        column.addWidget(self.button)
        # The shortcut is the page's, so that it works wherever the keyboard is.
        bind(self, "fire", self.fire, context=Qt.ShortcutContext.WindowShortcut)
        self.hear(attempt.changed, self.refresh)
        self.hear(attempt.progress_changed, self.refresh)
        self.hear(attempt.console.changed, self.refresh)
        self.refresh()

    @property
    def possible(self) -> bool:
        """Whether there is a needle to be fired."""
        attempt = self.attempt
        if attempt.busy or not attempt.started:
            return False
        return needle_in(attempt.state) and not fired(attempt.state)

    def refresh(self) -> None:
        """Say what speaks against firing."""
        self.button.setEnabled(self.possible)
        console = self.attempt.console
        reading = console.reading
        if reading is None or reading.margins is None:
            self.verdict.setText("")
            self.button.setText(self.tr("FIRE  (Ctrl+F)"))
            return
        found = unsafe(reading, console.equipment.limits)
        if found:
            words = "\n".join(f"✗ {spoken(what)} {spoken(mend)}" for what, mend in found)
            self.button.setText(self.tr("FIRE - UNSAFE  (Ctrl+F)"))
        else:
            words = fill(
                self.tr("✓ Safe to fire: skin margin {skin} mm, stroke margin {stroke} mm."),
                skin=signed(reading.margins.skin_margin_mm),
                stroke=signed(reading.margins.stroke_margin_mm),
            )
            if reading.margins.stroke_margin_mm == float("inf"):
                words = fill(
                    self.tr("✓ Skin margin {skin} mm. See on the image that the tip has room."),
                    skin=signed(reading.margins.skin_margin_mm),
                )
            self.button.setText(self.tr("FIRE  (Ctrl+F)"))
        self.verdict.setText(words)
        set_tone(self.verdict, "bad" if found else "good")

    def fire(self) -> None:
        """Fire; where something speaks against it, ask first."""
        # The shortcut belongs to the window: another page must not fire.
        if not self.possible or not self.isVisible():
            return
        console = self.attempt.console
        reading = console.reading
        found = () if reading is None else unsafe(reading, console.equipment.limits)
        if not found:
            self.attempt.send(Fire())
            return
        what = "\n".join(spoken(wrong) for wrong, _ in found)
        ask_first(
            self.window(),
            self.tr("Do not fire here"),
            fill(self.tr("{what}\n\nFiring cannot be undone."), what=what),
            go=self.tr("Fire all the same"),
            stay=self.tr("Do not fire"),
            act=self._fire_all_the_same,
        )

    def _fire_all_the_same(self) -> None:
        if self.possible:
            self.attempt.send(Fire())
