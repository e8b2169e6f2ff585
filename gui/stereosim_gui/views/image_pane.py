"""One image: its grey values through the model's window, zoom and pan, caption and scale."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QWidget

from stereosim_gui.model import Picture, Window
from stereosim_gui.theme import GROUND, TEXT

# A drag over the whole pane runs through the whole grey scale.
_DRAG_PER_PANE = 1.0
SCALE_MM = 10


class _Box(pg.ViewBox):  # type: ignore[misc]
    """The area of the image: right-drag is for the window, middle-drag pans, the wheel zooms."""

    def __init__(self, pane: ImagePane) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False, border=None)
        self._pane = pane

    def mouseDragEvent(self, ev: Any, axis: Any = None) -> None:
        if ev.button() == Qt.MouseButton.RightButton:
            ev.accept()
            moved = ev.screenPos() - ev.lastScreenPos()
            size = self.screenGeometry()
            self._pane.window_dragged.emit(
                _DRAG_PER_PANE * moved.x() / max(1, size.width()),
                _DRAG_PER_PANE * moved.y() / max(1, size.height()),
            )
        elif ev.button() == Qt.MouseButton.MiddleButton:
            super().mouseDragEvent(ev, axis)
        else:  # the left button is kept for marking
            ev.ignore()


class ImagePane(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Shows a picture; every change of its window goes through the model.

    Parameters
    ----------
    view : str
        Which of the model's views this pane shows.
    """

    window_dragged = Signal(float, float)
    activated = Signal(str)

    def __init__(self, view: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.setBackground(GROUND)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{view} image")
        self.setToolTip(
            "Right-drag: window (left and right) and level (up and down). Wheel: zoom. "
            "Middle-drag: pan. Keys: 1 to 5 presets, A auto, I invert, Ctrl+0 fit, S overlays."
        )
        self._box = _Box(self)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.addItem(self._box)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._box.addItem(self._image)
        self._caption = pg.LabelItem(justify="left")
        self._caption.setParentItem(self._box)
        self._caption.anchor(itemPos=(0, 0), parentPos=(0, 0), offset=(6, 4))
        self._scale = pg.ScaleBar(size=SCALE_MM, width=3, brush=TEXT, pen=GROUND, suffix="mm")
        self._scale.text.setText(f"{SCALE_MM} mm")
        self._scale.setParentItem(self._box)
        self._scale.anchor((1, 1), (1, 1), offset=(-16, -14))
        self.clear_picture("")

    @property
    def shows_picture(self) -> bool:
        """Whether there is a picture."""
        return self._image.image is not None

    @property
    def shown_limits(self) -> tuple[float, float]:
        """Display values that are drawn black and white."""
        low, high = self._image.getLevels()
        return float(low), float(high)

    def clear_picture(self, why: str) -> None:
        """Show no picture, and say why."""
        self._image.clear()
        self._scale.hide()
        self._write(f"{self.view}\n{why}")

    def show_picture(self, picture: Picture, window: Window) -> None:
        """Show `picture` whole."""
        self._image.setImage(picture.pixels, autoLevels=False, levels=window.limits)
        self._image.setRect(QRectF(0.0, 0.0, picture.width_mm, picture.height_mm))
        self.show_window(window)
        self._scale.show()
        self._write(picture.caption)
        self.fit()

    def show_window(self, window: Window) -> None:
        """Draw the picture through `window`."""
        self._image.setLevels(window.limits)
        first, last = (255, 0) if window.inverted else (0, 255)
        self._image.setColorMap(pg.ColorMap([0.0, 1.0], [(first,) * 3, (last,) * 3]))

    def fit(self) -> None:
        """Zoom so that the whole picture is seen."""
        if self.shows_picture:
            self._box.autoRange(padding=0.0)

    def show_overlays(self, on: bool) -> None:
        """Show or hide caption and scale."""
        self._caption.setVisible(on)
        self._scale.setVisible(on and self.shows_picture)

    def focusInEvent(self, event: Any) -> None:
        """Tell which pane the keys are for."""
        super().focusInEvent(event)
        self.activated.emit(self.view)

    def _write(self, text: str) -> None:
        # The dark ground under the letters keeps them readable on white tissue.
        lines = "<br>".join(
            f'<span style="background-color: rgba(0, 0, 0, 160)">&nbsp;{line}&nbsp;</span>'
            for line in text.splitlines()
        )
        self._caption.setText(lines, color=TEXT, size="9pt")
