"""Puts an image on the screen: the level that fits the zoom, made grey where it is in sight."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from stereosim_gui.model.display import Grey, Picture, Window, grey
from stereosim_gui.model.viewport import Viewport


class Raster:
    """Draws pictures, and keeps the last grey image for as long as it is the same."""

    def __init__(self) -> None:
        self._key: object = None
        self._buffer: Grey = np.zeros((1, 1), dtype=np.uint8)
        self._image = QImage()
        # The level drawn last.
        self.level = 0

    def draw(
        self,
        painter: QPainter,
        picture: Picture,
        window: Window,
        viewport: Viewport,
        *,
        raw: bool = False,
    ) -> None:
        """Draw what of `picture` is in sight.

        Parameters
        ----------
        painter : QPainter
            In the units of the pane.
        picture : Picture
            What is shown.
        window : Window
            What is black and what is white.
        viewport : Viewport
            Where it is drawn.
        raw : bool
            Whether the detector's own pixels are drawn as squares.
        """
        device = viewport.scale * painter.device().devicePixelRatioF()
        self.level = 0 if raw else picture.level_for(device)
        step = 2**self.level
        pixels = picture.levels[self.level]
        rows, columns = pixels.shape
        # Pixel j of a level covers the image from step * j - 0.5 to step * (j + 1) - 0.5.
        left, top = viewport.to_image(0.0, 0.0)
        right, bottom = viewport.to_image(viewport.width, viewport.height)
        first_column = min(max(math.floor((left + 0.5) / step) - 1, 0), columns)
        last_column = min(max(math.ceil((right + 0.5) / step) + 1, 0), columns)
        first_row = min(max(math.floor((top + 0.5) / step) - 1, 0), rows)
        last_row = min(max(math.ceil((bottom + 0.5) / step) + 1, 0), rows)
        if first_column >= last_column or first_row >= last_row:
            return
        key = (picture, self.level, first_column, last_column, first_row, last_row, window)
        if key != self._key:
            self._turn_to_grey(pixels[first_row:last_row, first_column:last_column], window)
            self._key = key
        x0, y0 = viewport.to_pane(step * first_column - 0.5, step * first_row - 0.5)
        x1, y1 = viewport.to_pane(step * last_column - 0.5, step * last_row - 0.5)
        as_it_is = raw or (self.level == 0 and math.isclose(device, 1.0, rel_tol=1e-6))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not as_it_is)
        painter.drawImage(QRectF(x0, y0, x1 - x0, y1 - y0), self._image)

    def _turn_to_grey(self, pixels: NDArray[np.float32], window: Window) -> None:
        rows, columns = pixels.shape
        # Qt wants rows that begin at multiples of four bytes.
        stride = -(-columns // 4) * 4
        if self._buffer.shape != (rows, stride):
            self._buffer = np.zeros((rows, stride), dtype=np.uint8)
        grey(pixels, window, self._buffer[:, :columns])
        self._image = QImage(
            self._buffer.data, columns, rows, stride, QImage.Format.Format_Grayscale8
        )
