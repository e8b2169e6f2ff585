"""Frames, and the maps between them, each named by both ends: ``b_from_a``.

Support frame
    Right-handed, millimetres: x along the chest wall, y toward the nipple, z toward the X-ray
    source, origin under the central ray at the chest-wall edge, z = 0 at the support surface (the
    frame of DICOM PS3.3 C.8.21.5.2).  Everything stereotactic is stored in it.
Breast frame
    The same axes before the patient is placed: +x is the patient's right in a cranio-caudal view,
    the chest wall is y = 0.  Placing her only slides the breast on the support.
Supine frame
    Origin at the nipple on the skin: x the patient's right, y cranial, z into the breast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def as_points(points: ArrayLike, name: str) -> Floats:
    """Return `points` as a contiguous (n, 3) array of finite numbers, or say what is wrong.

    Raises
    ------
    ValueError
        Naming the argument, and the first point that is not finite.
    """
    return _as_rows(points, 3, name, "point")


def as_pixels(pixels: ArrayLike, name: str) -> Floats:
    """Return `pixels` as a contiguous (n, 2) array of finite (column, row), or say what is wrong.

    Raises
    ------
    ValueError
        Naming the argument, and the first pixel that is not finite.
    """
    return _as_rows(pixels, 2, name, "pixel")


def _as_rows(values: ArrayLike, width: int, name: str, word: str) -> Floats:
    # Writeable, because kernels are compiled for one kind of array.
    rows = np.require(values, dtype=np.float64, requirements=["C", "W"])
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"{name}: must have shape (n, {width}), not {rows.shape}")
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        raise ValueError(f"{name}: {word} {int(np.argmax(bad))} is not finite")
    return rows


def as_vector(values: ArrayLike, size: int, name: str) -> Floats:
    """Return `values` as a finite vector (size,), or raise ValueError naming the argument."""
    vector = np.array(values, dtype=np.float64)
    if vector.shape != (size,):
        raise ValueError(f"{name}: must have shape ({size},), not {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name}: is not finite")
    return vector


@dataclass(frozen=True)
class Positioning:
    """How far the breast was slid on the support to bring the target under the window.

    Attributes
    ----------
    shift_x_mm, shift_y_mm : float
        A breast point p stands at p - (shift_x, shift_y, 0) in the support frame.  shift_y is at
        least 0: the chest wall cannot be pushed past the edge of the support.
    """

    shift_x_mm: float = 0.0
    shift_y_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a breast that would lie inside the patient's chest."""
        if not math.isfinite(self.shift_x_mm):
            raise ValueError("shift_x_mm: is not finite")
        if not 0.0 <= self.shift_y_mm < math.inf:
            raise ValueError("shift_y_mm: must be at least 0")

    @property
    def shift_mm(self) -> Floats:
        """The shift as a vector (3,)."""
        return np.array([self.shift_x_mm, self.shift_y_mm, 0.0])

    def support_from_breast(self, points_mm: ArrayLike) -> Floats:
        """Move points (n, 3) from the breast frame to the support frame."""
        return as_points(points_mm, "points_mm") - self.shift_mm

    def breast_from_support(self, points_mm: ArrayLike) -> Floats:
        """Move points (n, 3) from the support frame to the breast frame."""
        return as_points(points_mm, "points_mm") + self.shift_mm


@dataclass(frozen=True, eq=False)
class Rigid:
    """A turn followed by a shift, b = R a + t; name an instance ``b_from_a``.

    Attributes
    ----------
    rotation : (3, 3) ndarray
        Proper rotation R.
    translation_mm : (3,) ndarray
        Shift t.
    """

    rotation: Floats
    translation_mm: Floats

    def __post_init__(self) -> None:
        """Refuse a matrix that is no rotation."""
        rotation = np.array(self.rotation, dtype=np.float64)
        if rotation.shape != (3, 3) or not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-9):
            raise ValueError("rotation: must be a (3, 3) rotation matrix")
        if np.linalg.det(rotation) < 0.0:
            raise ValueError("rotation: mirrors, which no rigid motion does")
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(
            self, "translation_mm", as_vector(self.translation_mm, 3, "translation_mm")
        )

    @classmethod
    def turn(cls, vector_rad: ArrayLike, translation_mm: ArrayLike = (0.0, 0.0, 0.0)) -> Rigid:
        """Turn about an axis through the origin.

        Parameters
        ----------
        vector_rad : (3,) array_like
            Axis times angle in radians, right-handed (Rodrigues).
        translation_mm : (3,) array_like
            Shift after the turn.
        """
        vector = as_vector(vector_rad, 3, "vector_rad")
        angle = float(np.linalg.norm(vector))
        x, y, z = vector / angle if angle > 0.0 else vector
        cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        rotation = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
        return cls(rotation, np.asarray(translation_mm, dtype=np.float64))

    def points(self, points_mm: ArrayLike) -> Floats:
        """Map points (n, 3)."""
        return as_points(points_mm, "points_mm") @ self.rotation.T + self.translation_mm

    def directions(self, directions: ArrayLike) -> Floats:
        """Map directions (n, 3): turned, not shifted."""
        return as_points(directions, "directions") @ self.rotation.T

    def inverse(self) -> Rigid:
        """Return the way back."""
        return Rigid(self.rotation.T, -self.rotation.T @ self.translation_mm)
