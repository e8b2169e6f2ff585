"""Where an ultrasound probe stands, and the plane that it shows.

Frames: *supine* (x, y along the skin, z into the breast, at rest) and *image* (u along the array,
v out of the plane, w along the image lines), millimetres, origin in the middle of the array.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

STEEPEST_DEG = 45.0
LARGEST_STRAIN = 0.4


@dataclass(frozen=True)
class ProbePose:
    """Where the probe stands on the skin of the supine breast, how it leans and how it presses.

    Tissue under the probe is flattened by its pressure evenly, and spreads to both sides of the
    array: along the array, which is long, it cannot.  Its volume stays.  So the way from the breast
    at rest to the image is affine: with d the way from the middle of the array, a = d.across /
    (1 - strain) and q = d.z (1 - strain), u = d.along, v = a cos(tilt) - q sin(tilt) and
    w = a sin(tilt) + q cos(tilt).

    Attributes
    ----------
    x_mm, y_mm : float
        Middle of the array, supine frame.
    angle_deg : float
        Turn of the array about z; at 0 the columns run along +x.
    tilt_deg : float
        How far the image plane leans about the array, positive towards `across_axis`, at most
        ``STEEPEST_DEG`` to either side.
    strain : float
        Share of its thickness by which the tissue is flattened, 0 to ``LARGEST_STRAIN``.

    Raises
    ------
    ValueError
        For a tilt or a strain beyond these.
    """

    x_mm: float
    y_mm: float
    angle_deg: float = 0.0
    tilt_deg: float = 0.0
    strain: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no hand does."""
        if not abs(self.tilt_deg) <= STEEPEST_DEG:
            raise ValueError(f"tilt_deg: {self.tilt_deg:g} is beyond {STEEPEST_DEG:g}")
        if not 0.0 <= self.strain <= LARGEST_STRAIN:
            raise ValueError(f"strain: {self.strain:g} is not within 0 and {LARGEST_STRAIN:g}")

    def lateral_axis(self) -> Array:
        """Return the unit vector (3,) from column to column, supine frame."""
        a = math.radians(self.angle_deg)
        return np.array([math.cos(a), math.sin(a), 0.0])

    def across_axis(self) -> Array:
        """Return the unit vector (3,) along the skin at right angles to the array."""
        a = math.radians(self.angle_deg)
        return np.array([-math.sin(a), math.cos(a), 0.0])

    @property
    def origin_mm(self) -> Array:
        """Middle of the array (3,), supine frame."""
        return np.array([self.x_mm, self.y_mm, 0.0])

    @cached_property
    def matrix(self) -> Array:
        """Image directions of supine ones, (3, 3): rows u, v, w.  Its determinant is 1."""
        t, left = math.radians(self.tilt_deg), 1.0 - self.strain
        across, down = self.across_axis() / left, np.array([0.0, 0.0, left])
        cosine, sine = math.cos(t), math.sin(t)
        v, w = cosine * across - sine * down, sine * across + cosine * down
        return np.stack([self.lateral_axis(), v, w])

    def image_mm(self, supine_mm: ArrayLike) -> Array:
        """Return (u, v, w) of supine points at rest, shape (..., 3)."""
        image: Array = (np.asarray(supine_mm, np.float64) - self.origin_mm) @ self.matrix.T
        return image

    def supine_mm(self, image_mm: ArrayLike) -> Array:
        """Return the supine points at rest that image points (u, v, w) show, shape (..., 3)."""
        way: Array = np.asarray(image_mm, np.float64) @ np.linalg.inv(self.matrix).T
        return way + self.origin_mm
