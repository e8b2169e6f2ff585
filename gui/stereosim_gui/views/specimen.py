"""The specimen radiograph, with the outline, number and clock hour of every core."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.display import Picture
from stereosim_gui.model.sampling import hours_of
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.clock_dial import clock
from stereosim_gui.views.image_pane import ImagePane
from stereosim_gui.views.image_tools import ImageTools
from stereosim_gui.views.ink import lines, plate, stroke
from stereosim_gui.views.language import fill
from stereosim_gui.views.part import Part
from stereosim_gui.views.theme import ACCENT


class SpecimenView(Part):
    """Shows a film of the cores: the newest, or one that is chosen from those before."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.pane = ImagePane(app.windows, "specimen", first_fit="whole")
        self.pane.overlays.append(self._draw_cores)
        self.tools = ImageTools(self, app.windows, (self.pane,), "specimen")
        self.tools.add_usual()
        self.history = QWidget()
        self._row = QHBoxLayout(self.history)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._group = QButtonGroup(self)
        self._chosen = -1
        self._films: tuple[Picture, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.tools)
        column.addWidget(self.pane, 1)
        column.addWidget(self.history)

    @property
    def films(self) -> tuple[Picture, ...]:
        """Every film so far."""
        return tuple(p for p in self.attempt.pictures if p.kind == "specimen")

    def show_stage(self, stage: Stage) -> None:
        """Show the newest film."""
        if not self.attempt.started:
            return
        films = self.films
        if films != self._films:
            fresh = len(films) > len(self._films)
            self._films = films
            self._list()
            self.choose(len(films) - 1)
            if fresh:
                self.app.windows.fit(films[-1])

    def choose(self, number: int) -> None:
        """Show a film, counted from 0."""
        self._chosen = number
        if not 0 <= number < len(self._films):
            self.pane.show_picture(None, self.tr("The cores have not been filmed."))
            return
        self.pane.show_picture(self._films[number])
        button = self._group.button(number)
        if button is not None:
            button.setChecked(True)

    def _list(self) -> None:
        """List the films, where there are several."""
        for button in self._group.buttons():
            self._group.removeButton(button)
            button.deleteLater()
        while (item := self._row.takeAt(0)) is not None:
            del item
        for number in range(len(self._films)):
            button = QPushButton(fill(self.tr("Film {n}"), n=number + 1))
            button.setCheckable(True)
            button.setToolTip(self.tr("Show this film: all the cores taken up to then"))
            button.clicked.connect(partial(self.choose, number))
            self._group.addButton(button, number)
            self._row.addWidget(button)
        self._row.addStretch(1)
        self.history.setVisible(len(self._films) > 1)

    def _draw_cores(self, painter: QPainter, viewport: Viewport) -> None:
        """Outline the cores; a gap is left, so that no speck at the edge is hidden."""
        picture = self.pane.picture
        if picture is None or picture.outlines_px is None:
            return
        hours = hours_of(self.attempt.state.intents)
        gap = 3.0
        for k, (left, top, right, bottom) in enumerate(picture.outlines_px):
            x0, y0 = viewport.to_pane(float(left), float(top))
            x1, y1 = viewport.to_pane(float(right), float(bottom))
            x0, y0, x1, y1 = x0 - gap, y0 - gap, x1 + gap, y1 + gap
            sides = lines((x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0))
            stroke(painter, sides, ACCENT, 1.0, casing=0.6)
            number = QPointF((x0 + x1) / 2, y0 - 2.0)
            plate(painter, number, [str(k + 1)], anchor=(0.5, 1.0), bold_first=True)
            if k < len(hours):
                place = QPointF((x0 + x1) / 2, y1 + 2.0)
                plate(painter, place, [clock(hours[k], minutes=True)], anchor=(0.5, 0.0))

    def let_go(self) -> None:
        """Have the pane listen to nothing any more either."""
        self.pane.let_go()
        super().let_go()
