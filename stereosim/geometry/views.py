"""Views: where the source stands and what point of the detector each pixel is.

A pixel is (column, row), its centre at whole numbers, the first pixel (0, 0) at the top left.
Columns run along +x of the support frame, rows run toward the chest wall, so that the chest wall is
the bottom edge of the image:

>>> from stereosim.geometry import load_unit, scout
>>> view = scout(load_unit("upright-ge"))
>>> view.shape
(820, 1300)
>>> view.detector_from_pixel([[0.0, 0.0], [1299.0, 819.0]]).round(3).tolist()
[[-64.95, 85.95], [64.95, 4.05]]

so that the image, from the outer edge of its first pixel to that of its last, is 130 mm wide,
centred on x = 0, and begins 4 mm from the chest-wall edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.geometry.frames import Rigid, as_pixels, as_vector
from stereosim.geometry.units import Unit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """One exposure's geometry: a point source and a plane of pixels anywhere in space.

    Attributes
    ----------
    name : str
        "scout", "left", "right", or any other.
    angle_deg : float
        Tube angle; for the record, the other fields hold the geometry.
    source_mm : (3,) ndarray
        Focal spot, support frame.
    origin_mm : (3,) ndarray
        Centre of pixel (0, 0), support frame.
    column_mm, row_mm : (3,) ndarray
        Step from one column (row) to the next, support frame.
    shape : (int, int)
        Rows and columns.
    """

    name: str
    angle_deg: float
    source_mm: Floats
    origin_mm: Floats
    column_mm: Floats
    row_mm: Floats
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse a plane without area or through the source."""
        for name in ("source_mm", "origin_mm", "column_mm", "row_mm"):
            vector = as_vector(getattr(self, name), 3, name)
            vector.setflags(write=False)
            object.__setattr__(self, name, vector)
        normal = np.cross(self.column_mm, self.row_mm)
        area = float(np.linalg.norm(normal))
        steps = float(np.linalg.norm(self.column_mm) * np.linalg.norm(self.row_mm))
        if not area > 1e-9 * steps:
            raise ValueError("column_mm, row_mm: span no plane")
        if not abs(normal @ (self.origin_mm - self.source_mm)) > 1e-6 * area:
            raise ValueError("source_mm: lies in the plane of the detector")

    @cached_property
    def projection_matrix(self) -> Floats:
        """Pixel from support, (3, 4).

        ``m @ (x, y, z, 1)`` is w (column, row, 1), where w is the distance of the point from the
        source as a fraction of that of the detector plane: 1 on the detector, 0 at the source.
        """
        rays = np.column_stack([self.column_mm, self.row_mm, self.origin_mm - self.source_mm])
        inverse = np.linalg.inv(rays)
        matrix = np.ascontiguousarray(np.column_stack([inverse, -inverse @ self.source_mm]))
        matrix.setflags(write=False)
        return matrix

    @property
    def pitch_mm(self) -> float:
        """Geometric mean of the column and row steps."""
        return float(np.sqrt(np.linalg.norm(self.column_mm) * np.linalg.norm(self.row_mm)))

    def support_from_pixel(self, pixels: ArrayLike) -> Floats:
        """Points (n, 3) of the detector plane at pixels (n, 2), support frame."""
        columns, rows = as_pixels(pixels, "pixels").T[:, :, None]
        return np.asarray(self.origin_mm + columns * self.column_mm + rows * self.row_mm)

    def detector_from_pixel(self, pixels: ArrayLike) -> Floats:
        """Detector coordinates (n, 2) in mm, the support frame's x and y, at pixels (n, 2)."""
        return self.support_from_pixel(pixels)[:, :2]

    def pixel_from_detector(self, detector_mm: ArrayLike) -> Floats:
        """Pixels (n, 2) at detector coordinates (n, 2) in mm; the inverse of the above."""
        offsets = as_pixels(detector_mm, "detector_mm") - self.origin_mm[:2]
        steps = np.column_stack([self.column_mm[:2], self.row_mm[:2]])
        return np.ascontiguousarray(np.linalg.solve(steps, offsets.T).T)

    def contains(self, pixels: ArrayLike) -> NDArray[np.bool_]:
        """Whether pixels (n, 2) fall on the image, edges of the outer pixels included."""
        marks = as_pixels(pixels, "pixels")
        rows, columns = self.shape
        upper = np.array([columns - 0.5, rows - 0.5])
        return np.asarray(((marks >= -0.5) & (marks <= upper)).all(axis=1))

    def moved(self, new_from_support: Rigid) -> View:
        """Return the same view after a rigid motion of source and detector together."""
        source, origin = new_from_support.points([self.source_mm, self.origin_mm])
        column, row = new_from_support.directions([self.column_mm, self.row_mm])
        return replace(self, source_mm=source, origin_mm=origin, column_mm=column, row_mm=row)


def view_at(unit: Unit, name: str, angle_deg: float) -> View:
    """Return the view of `unit` with the tube at `angle_deg` (positive: source toward +x)."""
    rows, columns = unit.image_shape
    pitch = unit.pitch_mm
    left = -0.5 * (columns - 1) * pitch
    top = unit.field_y_min_mm + (rows - 0.5) * pitch
    return View(
        name=name,
        angle_deg=angle_deg,
        source_mm=unit.source_mm(angle_deg),
        origin_mm=np.array([left, top, -unit.detector_offset_mm]),
        column_mm=np.array([pitch, 0.0, 0.0]),
        row_mm=np.array([0.0, -pitch, 0.0]),
        shape=(rows, columns),
    )


def scout(unit: Unit) -> View:
    """Return the straight view."""
    return view_at(unit, "scout", 0.0)


def stereo_pair(unit: Unit) -> tuple[View, View]:
    """Return the left view (source toward -x) and the right view (source toward +x)."""
    return (
        view_at(unit, "left", -unit.stereo_angle_deg),
        view_at(unit, "right", unit.stereo_angle_deg),
    )
