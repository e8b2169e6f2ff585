"""The truth over every picture of an attempt: a strip of small ones, and one or a pair large."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPainterPath, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.captions import series_name, view_name
from stereosim_gui.model.display import Box, Picture, Series, Window, Windows, grey
from stereosim_gui.model.overlays import Overlay
from stereosim_gui.model.viewport import Viewport
from stereosim_gui.views.debrief_legend import Legend
from stereosim_gui.views.image_pane import ImagePane
from stereosim_gui.views.image_tools import ImageTools
from stereosim_gui.views.ink import lines, stroke
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.listening import Listens
from stereosim_gui.views.theme import ACCENT, FOCUS, MARK

_ICON = QSize(76, 48)
# As thick as an ultrasound slice: what lies farther beside it is drawn faint.
_SLICE_MM = 1.5
_RING = 7.0
_PANE_HEIGHT = 400
# Shown around the target and the marks.
_AROUND_MM = 8.0


class TruthPane(ImagePane):
    """Shows a picture with its truth, at first the surroundings of the target."""

    def __init__(self, windows: Windows, view: str, *, parent: QWidget | None = None) -> None:
        super().__init__(windows, view, parent=parent)
        self._surroundings: Box | None = None
        self.zoomed.connect(self._let_loose)
        self.moved.connect(self._let_loose)

    def show_truth(self, overlay: Overlay) -> None:
        """Show the picture of `overlay` with the truth drawn over it."""
        self.overlays = [partial(draw_truth, overlay)]
        self.show_picture(overlay.picture)
        super().fit()
        self._surroundings = _surroundings(overlay)
        self._look_there()

    def fit(self, to: str = "box") -> None:
        """Fit the paddle's window or the whole image."""
        self._let_loose()
        super().fit(to)

    def zoom_quietly(self, factor: float, at: tuple[float, float]) -> None:
        """Zoom; from then on the size of the pane says nothing about the zoom."""
        self._let_loose()
        super().zoom_quietly(factor, at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the surroundings of the target in sight."""
        super().resizeEvent(event)
        self._look_there()

    def _look_there(self) -> None:
        if self._surroundings is not None:
            self.fitted = ""
            self.viewport = self.viewport.fitted(self._surroundings)
            self.update()

    def _let_loose(self, *_: float) -> None:
        self._surroundings = None


def _surroundings(overlay: Overlay) -> Box | None:
    """Return the part of an X-ray image that shows group, marks and the needle's end."""
    if overlay.picture.kind != "xray" or overlay.group_px is None:
        return None
    column, row, radius = overlay.group_px
    points = [(column - radius, row - radius), (column + radius, row + radius)]
    points += [*overlay.marks_px, *(() if overlay.aim_px is None else (overlay.aim_px,))]
    if overlay.aperture_px is not None:
        points += [(float(c), float(r)) for c, r in overlay.aperture_px]
    columns, rows = zip(*points, strict=True)
    margin = _AROUND_MM / overlay.picture.pixel_mm[0]
    return (
        min(columns) - margin,
        min(rows) - margin,
        max(columns) + margin,
        max(rows) + margin,
    )


class TruthImages(Listens, QWidget):
    """Pictures with the truth drawn over them.

    Parameters
    ----------
    windows : Windows
        The model's windows.
    overlays : sequence of Overlay
        One for each picture, in their order.
    mine : bool
        Whether the marks are the trainee's; else they are the simulated operator's.
    """

    def __init__(
        self,
        windows: Windows,
        overlays: Sequence[Overlay],
        *,
        mine: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mark_role = "your-mark" if mine else "their-mark"
        self.groups = grouped(overlays)
        self.panes = tuple(TruthPane(windows, view, parent=self) for view in ("left", "right"))
        for pane in self.panes:
            pane.setMinimumHeight(_PANE_HEIGHT)
        self.tools = ImageTools(self, windows, self.panes, "xray")
        self.tools.add_usual()
        self.strip = QListWidget()
        self.strip.setFlow(QListView.Flow.LeftToRight)
        self.strip.setIconSize(_ICON)
        self.strip.setSpacing(2)
        self.strip.setWrapping(False)
        self.strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.strip.setAccessibleName(self.tr("Images of this attempt"))
        self.strip.setToolTip(self.tr("Choose an image; its truth is drawn over it"))
        for group in self.groups:
            self.strip.addItem(QListWidgetItem(_icon(group), _name(group, self)))
        self.strip.setFixedHeight(_ICON.height() + 40)
        self.strip.currentRowChanged.connect(self.show_group)
        self.legend = Legend()
        images = QHBoxLayout()
        images.setSpacing(4)
        for pane in self.panes:
            images.addWidget(pane, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.strip)
        column.addWidget(self.tools)
        column.addLayout(images, 1)
        column.addWidget(self.legend)
        self.strip.setVisible(len(self.groups) > 1)
        if self.groups:
            self.strip.setCurrentRow(_most_telling(self.groups))

    @property
    def shown(self) -> tuple[Overlay, ...]:
        """What stands in the panes."""
        row = self.strip.currentRow()
        return self.groups[row] if 0 <= row < len(self.groups) else ()

    def show_group(self, row: int) -> None:
        """Show one picture or a pair with its truth."""
        if not 0 <= row < len(self.groups):
            return
        group = self.groups[row]
        self.tools.kind = group[0].picture.kind
        self.panes[1].setVisible(len(group) > 1)
        for pane, overlay in zip(self.panes, group, strict=False):
            pane.show_truth(overlay)
            pane.setAccessibleDescription(_in_words(overlay, self))
        self.legend.show_roles(_roles(group, self._mark_role))

    def let_go(self) -> None:
        """Have the panes listen no more."""
        for pane in self.panes:
            pane.let_go()
        super().let_go()


def grouped(overlays: Sequence[Overlay]) -> tuple[tuple[Overlay, ...], ...]:
    """Put the two views of a pair together."""
    groups: list[tuple[Overlay, ...]] = []
    for overlay in overlays:
        last = groups[-1] if groups else ()
        pair = (
            overlay.picture.view == "right"
            and len(last) == 1
            and last[0].picture.view == "left"
            and last[0].picture.phase == overlay.picture.phase
        )
        if pair:
            groups[-1] = (last[0], overlay)
        else:
            groups.append((overlay,))
    return tuple(groups)


def _most_telling(groups: Sequence[tuple[Overlay, ...]]) -> int:
    """Return the newest post-fire pair, else the last picture."""
    for row in reversed(range(len(groups))):
        if groups[row][0].picture.phase == "postfire":
            return row
    return len(groups) - 1


def _name(group: tuple[Overlay, ...], widget: QWidget) -> str:
    first = group[0].picture
    if first.kind == "xray":
        series = Series(first.phase, tuple(overlay.picture for overlay in group))
        return spoken(series_name(series))
    name = spoken(view_name(first.view))
    return name if not first.number else fill(widget.tr("{name} {n}"), name=name, n=first.number)


def _in_words(overlay: Overlay, widget: QWidget) -> str:
    """Say for a screen reader what is drawn."""
    return fill(
        widget.tr("{n} calcifications of the target, {m} others in this image"),
        n=int(overlay.target.sum()),
        m=int((~overlay.target).sum()),
    )


def _roles(group: tuple[Overlay, ...], mark_role: str) -> tuple[str, ...]:
    """Return what the legend has to explain."""
    roles = {
        "speck-target": any(overlay.target.any() for overlay in group),
        "speck-other": any((~overlay.target).any() for overlay in group),
        "speck-beside": any((overlay.beside_mm > _SLICE_MM).any() for overlay in group),
        "group": any(overlay.group_px is not None for overlay in group),
        "true-needle": any(overlay.shaft_px is not None for overlay in group),
        "true-aperture": any(overlay.aperture_px is not None for overlay in group),
        mark_role: any(overlay.marks_px for overlay in group),
        "your-aim": any(overlay.aim_px is not None for overlay in group),
    }
    return tuple(role for role, there in roles.items() if there)


def _icon(group: tuple[Overlay, ...]) -> QIcon:
    pixmap = QPixmap(_ICON)
    pixmap.fill(Qt.GlobalColor.black)
    painter = QPainter(pixmap)
    width = _ICON.width() // len(group)
    for k, overlay in enumerate(group):
        small = thumbnail(overlay.picture, QSize(width - 1, _ICON.height()))
        x = k * width + (width - small.width()) // 2
        painter.drawImage(x, (_ICON.height() - small.height()) // 2, small)
    painter.end()
    return QIcon(pixmap)


def thumbnail(picture: Picture, size: QSize) -> QImage:
    """Return what matters of a picture, no larger than `size`."""
    pixels = picture.levels[-1]
    step = 2 ** (len(picture.levels) - 1)
    left, top, right, bottom = (max(round(edge / step), 0) for edge in picture.box)
    cut = pixels[top:bottom, left:right]
    if cut.size == 0:
        cut = pixels
    values = np.zeros((cut.shape[0], -(-cut.shape[1] // 4) * 4), dtype=np.uint8)
    grey(cut, Window(), values[:, : cut.shape[1]])
    image = QImage(
        values.data, cut.shape[1], cut.shape[0], values.shape[1], QImage.Format.Format_Grayscale8
    )
    return image.scaled(
        size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


# --- drawing --------------------------------------------------------------------------------------
def draw_truth(overlay: Overlay, painter: QPainter, viewport: Viewport) -> None:
    """Draw the truth over a picture."""

    def at(point: Sequence[float]) -> QPointF:
        return QPointF(*viewport.to_pane(float(point[0]), float(point[1])))

    if overlay.shaft_px is not None:
        _line(painter, at(overlay.shaft_px[0]), at(overlay.shaft_px[1]), "#c8ccd1", 1.6)
    if overlay.aperture_px is not None:
        _line(painter, at(overlay.aperture_px[0]), at(overlay.aperture_px[1]), FOCUS, 4.0)
    if overlay.group_px is not None:
        column, row, radius = overlay.group_px
        ring = QPainterPath()
        ring.addEllipse(at((column, row)), radius * viewport.scale, radius * viewport.scale)
        stroke(painter, ring, MARK, 1.2, Qt.PenStyle.DashLine, casing=0.6)
    for place, target, beside in zip(
        overlay.specks_px, overlay.target, overlay.beside_mm, strict=True
    ):
        ring = QPainterPath()
        ring.addEllipse(at(place), _RING, _RING)
        near = beside <= _SLICE_MM
        style = Qt.PenStyle.SolidLine if near else Qt.PenStyle.DotLine
        stroke(painter, ring, MARK if target else "#ffffff", 1.6 if near else 1.0, style)
    for mark in overlay.marks_px:
        _reticle(painter, at(mark), ACCENT)
    if overlay.aim_px is not None:
        _saltire(painter, at(overlay.aim_px), ACCENT)


def _line(painter: QPainter, start: QPointF, end: QPointF, colour: str, width: float) -> None:
    path = QPainterPath(start)
    path.lineTo(end)
    stroke(painter, path, colour, width)


def _reticle(painter: QPainter, at: QPointF, colour: str) -> None:
    x, y = at.x(), at.y()
    arms = [(x + a * dx, y + a * dy, x + b * dx, y + b * dy) for dx, dy, a, b in _ARMS]
    stroke(painter, lines(*arms), colour, 1.6)


def _saltire(painter: QPainter, at: QPointF, colour: str) -> None:
    x, y = at.x(), at.y()
    stroke(painter, lines((x - 5, y - 5, x + 5, y + 5), (x - 5, y + 5, x + 5, y - 5)), colour, 1.6)


_ARMS = ((1, 0, 5, 15), (-1, 0, 5, 15), (0, 1, 5, 15), (0, -1, 5, 15))
