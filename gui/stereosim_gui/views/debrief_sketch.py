"""The sketch of the debrief with its legend and its ways of looking."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stereosim_gui.model.sketch import Eye, Scene
from stereosim_gui.model.texts import Text
from stereosim_gui.views.debrief_legend import Legend
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import spoken
from stereosim_gui.views.sketch import Sketch

_COLUMN = 250
_HEIGHT = 430
# In the order of the legend; shades that explain themselves are left out.
_TOLD = (
    "target",
    "removed",
    "other",
    "mark",
    "spread",
    "needle",
    "aperture",
    "needle-before",
    "error",
    "clip",
    "window",
    "paddle",
    "support",
    "skin",
    "chest-wall",
)


class SketchView(QWidget):
    """The sketch; buttons for the usual views; what its signs mean.

    Parameters
    ----------
    scene : Scene
        What is sketched.
    axes : Text
        Where its axes lead.
    """

    def __init__(self, scene: Scene, axes: Text, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sketch = Sketch()
        self.sketch.setMinimumHeight(_HEIGHT)
        self.sketch.set_scene(scene)
        self.near = self._button(self.tr("Target"), self.tr("The surroundings of the target (T)"))
        self.whole = self._button(self.tr("Whole breast"), self.tr("Everything (Shift+T)"))
        extent = QButtonGroup(self)
        for button in (self.near, self.whole):
            button.setCheckable(True)
            extent.addButton(button)
        self.near.clicked.connect(partial(self.show_close, True))
        self.whole.clicked.connect(partial(self.show_close, False))
        column = QVBoxLayout()
        column.addWidget(self.near)
        column.addWidget(self.whole)
        column.addSpacing(8)
        for text, tip, eye in self._eyes():
            button = self._button(text, tip)
            button.clicked.connect(partial(self._look, eye))
            column.addWidget(button)
        column.addSpacing(8)
        shown = {shape.role for shape in scene.shapes}
        legend = Legend([role for role in _TOLD if role in shown])
        column.addWidget(legend)
        frame = QLabel(spoken(axes))
        frame.setObjectName("quiet")
        frame.setWordWrap(True)
        column.addWidget(frame)
        column.addStretch(1)
        side = QWidget()
        side.setFixedWidth(max(_COLUMN, legend.widest))
        column.setContentsMargins(0, 0, 0, 0)
        side.setLayout(column)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.sketch, 1)
        row.addWidget(side)
        bind(self, "sketch_close", partial(self.show_close, True))
        bind(self, "sketch_whole", partial(self.show_close, False))
        self.show_close(True)

    def _eyes(self) -> tuple[tuple[str, str, Eye], ...]:
        return (
            (
                self.tr("From the front"),
                self.tr("Along y: shows the errors in x and z"),
                Eye(180.0, 0.0),
            ),
            (
                self.tr("From the side"),
                self.tr("Along x: shows the errors in y and z"),
                Eye(90.0, 0.0),
            ),
            (
                self.tr("From above"),
                self.tr("Along z: shows the errors in x and y"),
                Eye(180.0, 89.0),
            ),
            (self.tr("Obliquely"), self.tr("As at the start (Home)"), Eye()),
        )

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        return button

    def show_close(self, close: bool) -> None:
        """Show the surroundings of the target, or everything."""
        (self.near if close else self.whole).setChecked(True)
        self.sketch.show_close(close)

    def _look(self, eye: Eye) -> None:
        self.sketch.look(Eye(eye.azimuth_deg, eye.elevation_deg, self.sketch.eye.zoom))
