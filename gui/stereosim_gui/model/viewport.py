"""Which part of an image a pane shows, free of Qt.

Image points are (column, row), pixel centres at whole numbers; points of the pane are (x, y) from
its top left corner, in the units of the window system.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stereosim_gui.model.display import Box

# A pixel larger than this is a tile; an image smaller than this cannot be read.
_LARGEST_SCALE = 40.0
_SMALLEST_SCALE = 0.02


@dataclass(frozen=True)
class Viewport:
    """A pane over an image.

    Attributes
    ----------
    column, row : float
        Image point in the middle of the pane.
    scale : float
        Units of the window system that an image pixel takes.
    width, height : float
        Size of the pane.

    Examples
    --------
    >>> pane = Viewport(column=100.0, row=50.0, scale=2.0, width=400.0, height=300.0)
    >>> pane.to_pane(100.5, 50.0)
    (201.0, 150.0)
    >>> pane.to_image(201.0, 150.0)
    (100.5, 50.0)
    """

    column: float = 0.0
    row: float = 0.0
    scale: float = 1.0
    width: float = 1.0
    height: float = 1.0

    def to_pane(self, column: float, row: float) -> tuple[float, float]:
        """Return where in the pane an image point is drawn."""
        return (
            self.width / 2 + (column - self.column) * self.scale,
            self.height / 2 + (row - self.row) * self.scale,
        )

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Return the image point drawn at a point of the pane."""
        return (
            self.column + (x - self.width / 2) / self.scale,
            self.row + (y - self.height / 2) / self.scale,
        )

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Return it magnified by `factor`; what is drawn at (x, y) stays there."""
        column, row = self.to_image(x, y)
        scale = min(max(self.scale * factor, _SMALLEST_SCALE), _LARGEST_SCALE)
        return replace(
            self,
            scale=scale,
            column=column - (x - self.width / 2) / scale,
            row=row - (y - self.height / 2) / scale,
        )

    def panned(self, x: float, y: float) -> Viewport:
        """Return it with the image moved by (x, y) in the pane."""
        return replace(self, column=self.column - x / self.scale, row=self.row - y / self.scale)

    def fitted(self, box: Box, margin: float = 0.0) -> Viewport:
        """Return it with all of `box` in sight, and `margin` around it where there is room."""
        left, top, right, bottom = box
        scale = min(
            max(self.width - 2 * margin, 1.0) / max(right - left, 1e-6),
            max(self.height - 2 * margin, 1.0) / max(bottom - top, 1e-6),
        )
        scale = min(max(scale, _SMALLEST_SCALE), _LARGEST_SCALE)
        return replace(self, scale=scale, column=(left + right) / 2, row=(top + bottom) / 2)

    def sized(self, width: float, height: float) -> Viewport:
        """Return it for a pane of another size; the middle stays in the middle."""
        return replace(self, width=max(width, 1.0), height=max(height, 1.0))

    def shows(self, column: float, row: float, inset: float = 0.0) -> bool:
        """Tell whether an image point is in sight, `inset` or more inside the pane's edges."""
        x, y = self.to_pane(column, row)
        return inset <= x <= self.width - inset and inset <= y <= self.height - inset
