"""Ultrasound, the search: keep frames, mark the place, or say that nothing is visible."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QPushButton,
    QRadioButton,
    QToolButton,
    QWidget,
)

from stereosim.procedures.intents import Stop
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.display import Picture
from stereosim_gui.model.stages import Stage
from stereosim_gui.views.controls.fields import ask_first, heading, note, show_note
from stereosim_gui.views.controls.page import Page
from stereosim_gui.views.language import fill
from stereosim_gui.views.sonography_image import SonogramView

_THUMB = QSize(68, 68)
_COLUMNS = 4


class ProbePage(Page):
    """A page beside which the keyboard moves the probe: a click on it leaves the keys there."""

    @property
    def first(self) -> QWidget | None:
        """The image."""
        found: QWidget | None = self.window().findChild(SonogramView)
        return found

    def showEvent(self, event: QShowEvent) -> None:
        """Pass the keys on to the image."""
        if self.first is not None:
            self.setFocusProxy(self.first)
        super().showEvent(event)


class FramePage(ProbePage):
    """A page whose next step is to freeze the image and to keep it."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        self.machine = attempt.sonography
        super().__init__(app, attempt)
        self.hear(self.machine.image_changed, self.follow)
        self.hear(self.machine.drawing_changed, self.follow)

    @property
    def primary_text(self) -> str:
        """Freeze, then keep, then what the page is for."""
        if not self.machine.frozen:
            return self.tr("Freeze the image")
        return self.after_keeping if self.machine.kept else self.tr("Keep this frame")

    @property
    def after_keeping(self) -> str:
        """What comes once the frozen image is kept."""
        return ""

    @property
    def primary_enabled(self) -> bool:
        """An image to freeze, and nothing under way."""
        return not self.attempt.busy and self.machine.sonogram is not None

    def do_primary(self) -> None:
        """Do the next of the three."""
        if not self.machine.frozen:
            self.machine.freeze()
        elif not self.machine.kept:
            self.machine.keep()
        else:
            self.do_after_keeping()

    def do_after_keeping(self) -> None:
        """Do what the page is for."""

    def refer_button(self) -> QPushButton:
        """Return the button that ends the procedure because nothing is visible."""
        made = QPushButton(self.tr("Not visible: refer…"))
        made.setToolTip(
            self.tr(
                "Calcifications without a mass are often not seen under ultrasound. To say so, and "
                "to refer to stereotactic guidance, is then the right decision."
            )
        )
        made.clicked.connect(self.ask_to_refer)
        return made

    def ask_to_refer(self) -> None:
        """Explain what referring means, and ask."""
        ask_first(
            self.window(),
            self.tr("Refer to stereotactic guidance?"),
            self.tr(
                "You say that the finding is not visible under ultrasound, and that the patient is "
                "to be biopsied under stereotactic guidance. No needle is used. Where the finding "
                "cannot be seen this is the right decision: a needle placed blindly may miss it, "
                "and a benign result would then be false. The procedure ends, and the debrief "
                "shows what was there to be seen."
            ),
            go=self.tr("Refer"),
            stay=self.tr("Go on looking"),
            act=partial(self.attempt.send, Stop("declined: not visible")),
        )


class SearchControls(FramePage):
    """Look for the finding, keep frames of what is found."""

    def build(self) -> None:
        """Make the advice, the frames that were kept, and the way out."""
        self.column.addWidget(heading(self.tr("Look for the finding")))
        self.advice = note()
        self.column.addWidget(self.advice)
        self.kept_title = note(self.tr("Frames kept"))
        self.column.addWidget(self.kept_title)
        self.grid = QGridLayout()
        self.grid.setSpacing(3)
        self.grid.setColumnStretch(_COLUMNS, 1)
        self.column.addLayout(self.grid)
        self.thumbs: list[QToolButton] = []
        self.refer = self.refer_button()
        self.column.addWidget(self.refer)

    @property
    def after_keeping(self) -> str:
        """Mark in the frame that was kept."""
        return self.tr("Mark the target")

    def do_after_keeping(self) -> None:
        """Turn to the page on which it is marked."""
        self.app.show(Stage.TARGET)

    def refresh(self) -> None:
        """Show what can be done with the image, and the frames."""
        machine = self.machine
        words = self.tr(
            "Scan slowly round the place of the report, in two directions. Calcifications are "
            "bright points, easier to see in a dark mass or duct."
        )
        if machine.frozen and machine.kept:
            words = self.tr("Kept. Mark the target in it, or go on scanning (Space).")
        elif machine.frozen:
            words = self.tr("Frozen. Keep the frame if it shows the finding, or go on (Space).")
        show_note(self.advice, words)
        self.refer.setEnabled(not self.attempt.busy)
        self._show_thumbs()

    def _show_thumbs(self) -> None:
        pictures = [p for p in self.attempt.pictures if p.kind == "ultrasound"]
        self.kept_title.setVisible(bool(pictures))
        while len(self.thumbs) > len(pictures):
            gone = self.thumbs.pop()
            self.grid.removeWidget(gone)
            gone.deleteLater()
        for index, picture in enumerate(pictures):
            if index == len(self.thumbs):
                self.thumbs.append(self._thumb(index))
            thumb = self.thumbs[index]
            if thumb.property("picture") is not picture:
                thumb.setProperty("picture", picture)
                thumb.setIcon(_icon(picture))

    def _thumb(self, index: int) -> QToolButton:
        made = QToolButton()
        made.setIconSize(_THUMB)
        name = fill(self.tr("Frame {n}"), n=index + 1)
        made.setAccessibleName(name)
        made.setToolTip(fill(self.tr("{frame}: show it again, frozen"), frame=name))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(partial(self._recall, index))
        self.grid.addWidget(made, index // _COLUMNS, index % _COLUMNS)
        return made

    def _recall(self, index: int, *_: object) -> None:
        self.machine.recall(index)


class TargetControls(FramePage):
    """Mark the place in the frozen image, and say why."""

    def build(self) -> None:
        """Make the three reasons."""
        self.column.addWidget(heading(self.tr("Mark the target")))
        self.advice = note()
        self.column.addWidget(self.advice)
        self.group = QButtonGroup(self)
        self.reasons: dict[str, QRadioButton] = {}
        for reason, words, tip in (
            (
                "specks",
                self.tr("Calcifications seen"),
                self.tr("Bright points in this place, with or without a mass round them."),
            ),
            (
                "correlate",
                self.tr("Mass or duct taken for it"),
                self.tr(
                    "No calcification is seen, but a mass or a duct where it should be. Only the "
                    "specimen film will show whether it was the right one."
                ),
            ),
            (
                "blind",
                self.tr("Nothing seen: place of the report"),
                self.tr(
                    "The needle goes where the report says. Breasts move by a centimetre and more "
                    "between the mammogram and this table: expect to miss."
                ),
            ),
        ):
            button = QRadioButton(words)
            button.setToolTip(tip)
            button.setAccessibleName(words)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self._give, reason))
            self.group.addButton(button)
            self.column.addWidget(button)
            self.reasons[reason] = button
        self.where = note("", "")
        self.column.addWidget(self.where)
        self.refer = self.refer_button()
        self.column.addWidget(self.refer)

    def _give(self, reason: str, *_: object) -> None:
        self.machine.give_reason(reason)

    @property
    def after_keeping(self) -> str:
        """Set what was drafted."""
        return self.tr("Set the target here")

    @property
    def primary_enabled(self) -> bool:
        """A place and a reason."""
        machine = self.machine
        if machine.frozen and machine.kept and (machine.draft is None or not machine.reason):
            return False
        return super().primary_enabled

    def do_after_keeping(self) -> None:
        """Set the target."""
        self.machine.mark()

    def refresh(self) -> None:
        """Show what is still missing."""
        machine = self.machine
        if not machine.frozen:
            words = self.tr("Bring the finding into the image and freeze it.")
        elif machine.draft is None:
            words = self.tr("Click on the middle of the finding in the image.")
        elif not machine.reason:
            words = self.tr("Say what you take it for.")
        elif not machine.kept:
            words = self.tr("Keep the frame: it documents the target.")
        else:
            words = self.tr("Arrows move the mark by 0.5 mm (Shift: more, Alt: less).")
        show_note(self.advice, words)
        self.group.setExclusive(False)
        for reason, button in self.reasons.items():
            button.setChecked(reason == machine.reason)
        self.group.setExclusive(True)
        place = ""
        if machine.draft is not None and machine.sonogram is not None:
            x, y, z = machine.sonogram.supine_mm(machine.draft)
            place = fill(
                self.tr("{far:.0f} mm from the nipple, {z:.1f} mm deep"),
                far=float(np.hypot(x, y)),
                z=z,
            )
        show_note(self.where, place, "")
        self.refer.setEnabled(not self.attempt.busy)


def _icon(picture: Picture) -> QIcon:
    """Return a small image of a frame at its true shape."""
    level = picture.levels[-1]
    grey = np.ascontiguousarray(np.clip(255.0 * level, 0.0, 255.0).astype(np.uint8))
    rows, columns = grey.shape
    image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
    width = picture.shape[1] * picture.pixel_mm[0]
    height = picture.shape[0] * picture.pixel_mm[1]
    side = float(_THUMB.width())
    scale = side / max(width, height)
    return QIcon(
        QPixmap.fromImage(image).scaled(
            round(scale * width),
            round(scale * height),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    )
