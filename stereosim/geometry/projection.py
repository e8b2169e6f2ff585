"""Points to pixels, pixels to rays, and the strip where a mark's partner can lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.geometry.frames import as_pixels, as_points
from stereosim.geometry.views import View
from stereosim.kernels.projection import project_points

Floats = NDArray[np.float64]


def project(view: View, points_mm: ArrayLike) -> Floats:
    """Pixels at which points are imaged.

    Parameters
    ----------
    view : View
        Source and detector.
    points_mm : (n, 3) array_like
        Points, support frame.

    Returns
    -------
    (n, 2) ndarray
        Column and row; they may lie outside the image (see :meth:`View.contains`).

    Raises
    ------
    ValueError
        For a point that is not finite or not in front of the source.
    """
    pixels, _ = _project(view, points_mm)
    return pixels


def magnification(view: View, points_mm: ArrayLike) -> Floats:
    """How much larger than life (n,) the image is, parallel to the detector, at points (n, 3).

    Raises
    ------
    ValueError
        For a point that is not finite or not in front of the source.
    """
    _, depth = _project(view, points_mm)
    return 1.0 / depth


def _project(view: View, points_mm: ArrayLike) -> tuple[Floats, Floats]:
    """Pixels (n, 2) and depth fractions (n,) of points in front of the source."""
    points = as_points(points_mm, "points_mm")
    pixels, depth = project_points(view.projection_matrix.copy(), points)
    behind = ~(depth > 0.0)
    if behind.any():
        index = int(np.argmax(behind))
        raise ValueError(f"points_mm: point {index} is not in front of the source of {view.name!r}")
    return pixels, depth


def back_project(view: View, pixels: ArrayLike, z_mm: ArrayLike) -> Floats:
    """Points where the rays to pixels cross heights.

    Parameters
    ----------
    view : View
        Source and detector.
    pixels : (n, 2) array_like
        Column and row.
    z_mm : float or (n,) array_like
        Height above the support surface.

    Returns
    -------
    (n, 3) ndarray
        Points, support frame.

    Raises
    ------
    ValueError
        For a pixel or height that is not finite, and for a height that a ray does not cross in
        front of the source.
    """
    on_plane = view.support_from_pixel(as_pixels(pixels, "pixels"))
    heights = np.broadcast_to(np.asarray(z_mm, dtype=np.float64), on_plane.shape[:1])
    if not np.isfinite(heights).all():
        raise ValueError("z_mm: is not finite")
    rays = on_plane - view.source_mm
    fall = heights - view.source_mm[2]
    reached = rays[:, 2] * fall > 0.0
    if not reached.all():
        index = int(np.argmax(~reached))
        raise ValueError(
            f"z_mm: the ray to pixel {index} of {view.name!r} does not cross this height"
        )
    return np.asarray(view.source_mm + (fall / rays[:, 2])[:, None] * rays)


def epipolar_rows(
    view_a: View, view_b: View, pixel_a: ArrayLike, z_lo_mm: float, z_hi_mm: float
) -> Floats:
    """Segment of view b on which the point marked in view a must be imaged.

    Parameters
    ----------
    view_a, view_b : View
        Where the mark is, and where its partner is sought.
    pixel_a : (2,) array_like
        Column and row of the mark in view a.
    z_lo_mm, z_hi_mm : float
        Lowest and highest height at which the point can lie, support frame.

    Returns
    -------
    (2, 2) ndarray
        Column and row in view b for `z_lo_mm` and for `z_hi_mm`.  With a stationary detector and
        the tube moving along columns both rows are that of the mark.

    Raises
    ------
    ValueError
        As :func:`back_project` and :func:`project`.
    """
    mark = np.asarray(pixel_a, dtype=np.float64)
    if mark.shape != (2,):
        raise ValueError(f"pixel_a: must have shape (2,), not {mark.shape}")
    ends = back_project(view_a, np.stack([mark, mark]), np.array([z_lo_mm, z_hi_mm]))
    return project(view_b, ends)
