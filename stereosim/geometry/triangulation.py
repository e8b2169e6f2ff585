"""From marks to targets: two views in closed form, any number of views by maximum likelihood.

Each mark is taken as the true pixel plus a Gaussian error of standard deviation `sigma_px`, the
same for column and row and independent between views.  Under that model every function here gives
the maximum-likelihood point, its covariance (the Cramer-Rao bound at the point), and a test of
the model: marks of two different specks, or a patient who moved, leave a residual too large for
the error of the marks.

With a stationary detector and the tube moving along columns the residual is the y mismatch, the
difference of y at which the two views see the speck.  The columns alone give x and z, and y follows
from the mean of the two rows: see :func:`stereosim.kernels.triangulation.stationary_pairs` for why
nothing better can be done.  (The mid-point of the shortest segment between the two rays, the usual
recipe, is the same point only where the rays meet.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from stereosim.geometry.frames import as_pixels, as_vector
from stereosim.geometry.targets import UPPER_TRIANGLE, Triangulation, Triangulations
from stereosim.geometry.views import View
from stereosim.kernels.triangulation import general_pairs, refine_point, stationary_pairs

Floats = NDArray[np.float64]

# Rays closer than this in direction (radians) are called parallel: at 700 mm from the source a
# pixel subtends 1e-4.
PARALLEL_RAD = 1e-8


def triangulate_pair(
    left: View, right: View, left_px: ArrayLike, right_px: ArrayLike, *, sigma_px: float
) -> Triangulation:
    """Find the target from its marks in two views, in closed form.

    Parameters
    ----------
    left, right : View
        Any two views with different sources; the names only set the sign of the mismatch.
    left_px, right_px : (2,) array_like
        Column and row of the marks.
    sigma_px : float
        Standard deviation of a mark's column and of its row.

    Returns
    -------
    Triangulation

    Raises
    ------
    ValueError
        Naming the argument: marks that are not finite, views that share a source, rays that are
        parallel or meet behind a source, `sigma_px` not positive.
    """
    marks = np.stack([as_vector(left_px, 2, "left_px"), as_vector(right_px, 2, "right_px")])
    sigma = _positive(sigma_px)
    many = triangulate_many(left, right, marks[:1], marks[1:], sigma_px=sigma)
    target = np.ascontiguousarray(many.target_mm[0])
    return Triangulation(
        target_mm=target,
        covariance_mm2=many.covariance_mm2[0],
        y_mismatch_mm=float(many.y_mismatch_mm[0]),
        chi2=float(many.chi2[0]),
        dof=1,
        p_value=float(many.p_value[0]),
        residuals_px=_residuals((left, right), marks, target),
    )


def triangulate_many(
    left: View,
    right: View,
    left_px: ArrayLike,
    right_px: ArrayLike,
    *,
    sigma_px: float | None = None,
    invalid: Literal["raise", "nan"] = "raise",
    out: Triangulations | None = None,
) -> Triangulations:
    """Find many targets, each from its marks in the same two views.

    Parameters
    ----------
    left, right : View
        As in :func:`triangulate_pair`.
    left_px, right_px : (n, 2) array_like
        Columns and rows.  Arrays stored column by column (``np.empty((2, n)).T``) are read in
        place; others are copied first.
    sigma_px : float, optional
        Standard deviation of a mark's column and of its row; without it there are no covariances.
    invalid : {"raise", "nan"}
        What to do with a pair that has no solution: raise, or return a target of NaN.
    out : Triangulations, optional
        Result of an earlier call with as many pairs and with the same choice about `sigma_px`;
        its arrays are overwritten and returned, which saves half the time for a million pairs.

    Returns
    -------
    Triangulations

    Raises
    ------
    ValueError
        As :func:`triangulate_pair`, with the index of the first pair at fault.
    """
    sigma = None if sigma_px is None else _positive(sigma_px)
    marks = [np.asarray(px, dtype=np.float64) for px in (left_px, right_px)]
    for name, px in zip(("left_px", "right_px"), marks, strict=True):
        if px.ndim != 2 or px.shape[1] != 2:
            raise ValueError(f"{name}: must have shape (n, 2), not {px.shape}")
    n = len(marks[0])
    if len(marks[1]) != n:
        raise ValueError(f"right_px: has {len(marks[1])} rows, left_px has {n}")
    scene = _scene(left, right)

    shapes = ((3, n), (n,), (6, 0 if sigma is None else n))
    if out is None:
        target, mismatch, covariance = (np.empty(shape) for shape in shapes)
    else:
        target, mismatch, covariance = out.components_mm, out.mismatch_px, out.covariances_mm2
        if (target.shape, mismatch.shape, covariance.shape) != shapes:
            raise ValueError("out: is of another number of pairs or another choice of sigma_px")
    # Kernels are compiled for one kind of array: contiguous and writeable.
    lc, lr, rc, rr = (
        np.require(px[:, axis], requirements=["C", "W"]) for px in marks for axis in (0, 1)
    )
    results = (target, mismatch, covariance)
    variance = 0.0 if sigma is None else sigma * sigma
    if scene.rectified is not None:
        geometry, rectified = scene.geometry, scene.rectified
        bad = stationary_pairs(lc, lr, rc, rr, geometry, *rectified, variance, *results)
    else:
        geometry, matrices, fundamental = scene.geometry, scene.matrices, scene.fundamental
        bad = general_pairs(lc, lr, rc, rr, geometry, matrices, fundamental, variance, *results)
    if bad and invalid == "raise":
        raise ValueError(_fault(marks, target))
    return Triangulations(target, mismatch, covariance, scene.row_pitch_mm, sigma)


class _Scene(NamedTuple):
    """What the kernels need to know of two views."""

    geometry: Floats
    rectified: tuple[float, float, float] | None
    matrices: Floats
    fundamental: Floats
    row_pitch_mm: float


@lru_cache(maxsize=64)  # views are immutable and compare by identity
def _scene(left: View, right: View) -> _Scene:
    apart = float(np.linalg.norm(right.source_mm - left.source_mm))
    if not apart > PARALLEL_RAD * float(np.linalg.norm(left.origin_mm - left.source_mm)):
        raise ValueError("left, right: the two views share one source")
    views = (left, right)
    rectified = _rectified(left, right)
    if rectified is not None:
        vectors = [left.source_mm, right.source_mm, left.column_mm, left.row_mm, left.origin_mm]
        geometry = np.stack(vectors)
    else:
        geometry = np.stack(
            [np.stack([v.source_mm, v.column_mm, v.row_mm, v.origin_mm]) for v in views]
        )
    return _Scene(
        geometry,
        rectified,
        np.stack([v.projection_matrix for v in views]),
        _fundamental(left, right),
        float(np.linalg.norm(left.row_mm)),
    )


def _fault(marks: list[Floats], target: Floats) -> str:
    """Say what is wrong with the first pair that has no solution."""
    for name, px in zip(("left_px", "right_px"), marks, strict=True):
        lost = ~np.isfinite(px).all(axis=1)
        if lost.any():
            return f"{name}: pixel {int(np.argmax(lost))} is not finite"
    index = int(np.argmax(~np.isfinite(target).all(axis=0)))
    return (
        f"left_px, right_px: the rays of pair {index} are parallel or meet behind a source, so the "
        "marks are not of one point"
    )


def _rectified(left: View, right: View) -> tuple[float, float, float] | None:
    """Baseline in columns, column offset, row offset; None where rows are not epipolar lines."""
    tolerance = 1e-12 * float(np.linalg.norm(left.origin_mm - left.source_mm))
    column, row = left.column_mm, left.row_mm
    pixels = max(*left.shape, *right.shape)
    if np.abs([right.column_mm - column, right.row_mm - row]).max() * pixels > tolerance:
        return None
    plane = np.stack([column, row], axis=1)
    moves = np.stack([right.source_mm - left.source_mm, right.origin_mm - left.origin_mm], axis=1)
    steps = np.linalg.lstsq(plane, moves, rcond=None)[0]
    steps[1, 0] = 0.0  # the source may move along columns only
    if np.abs(moves - plane @ steps).max() > tolerance or steps[0, 0] == 0.0:
        return None
    return float(steps[0, 0]), float(steps[0, 1]), float(steps[1, 1])


def _fundamental(left: View, right: View) -> Floats:
    """F (3, 3) with (left mark, 1)^T F (right mark, 1) = 0 for the marks of one point."""
    rays_left, rays_right = (
        np.stack([v.column_mm, v.row_mm, v.origin_mm - v.source_mm]) for v in (left, right)
    )
    base = right.source_mm - left.source_mm
    triple = np.cross(rays_left[:, None, :], rays_right[None, :, :]) @ base
    # Scale is free; with unit size the squares of its gradient stay far from the ends of double.
    return np.ascontiguousarray(triple / np.abs(triple).max())


def pairing_p_values(
    left: View, right: View, left_px: ArrayLike, right_px: ArrayLike, *, sigma_px: float
) -> Floats:
    """Test for every left mark and every right mark whether the two can be one point.

    Parameters
    ----------
    left, right : View
        The two views.
    left_px, right_px : (n, 2) and (k, 2) array_like
        Columns and rows.
    sigma_px : float
        Standard deviation of a mark's column and of its row.

    Returns
    -------
    (n, k) ndarray
        Probability of a larger mismatch where the two belong together.  Sampson's distance serves
        for the residual: exact for a stationary detector, right to first order for other views.

    Raises
    ------
    ValueError
        As :func:`triangulate_pair`.
    """
    marks = [as_pixels(left_px, "left_px"), as_pixels(right_px, "right_px")]
    sigma = _positive(sigma_px)
    a, b = (np.column_stack([px, np.ones(len(px))]) for px in marks)
    fundamental = _scene(left, right).fundamental
    lines_a, lines_b = b @ fundamental.T, a @ fundamental
    steepness = (lines_a[:, :2] ** 2).sum(1)[None, :] + (lines_b[:, :2] ** 2).sum(1)[:, None]
    distance2 = (a @ fundamental @ b.T) ** 2 / steepness
    return np.asarray(chdtrc(1, distance2 / sigma**2))


def triangulate(views: Sequence[View], pixels: ArrayLike, *, sigma_px: float) -> Triangulation:
    """Find the target from its marks in two or more views, by maximum likelihood.

    Gauss-Newton on the squared pixel residuals, from the point nearest to all rays.

    Parameters
    ----------
    views : sequence of View
        At least two.
    pixels : (m, 2) array_like
        Column and row of the mark in each view.
    sigma_px : float
        Standard deviation of a mark's column and of its row.

    Returns
    -------
    Triangulation

    Raises
    ------
    ValueError
        Naming the argument: fewer than two views, marks that are not finite, rays that are all
        parallel, no point in front of all the sources, `sigma_px` not positive.
    """
    marks = as_pixels(pixels, "pixels")
    sigma = _positive(sigma_px)
    if len(views) < 2:
        raise ValueError("views: at least two are needed")
    if len(marks) != len(views):
        raise ValueError(f"pixels: {len(marks)} marks for {len(views)} views")
    matrices = np.stack([view.projection_matrix for view in views])
    target, information = np.empty(3), np.empty(6)
    steps = refine_point(matrices, marks, _nearest_point(views, marks), target, information)
    if steps < 0:
        raise ValueError("pixels: no point in front of all the sources fits these marks")
    residuals = _residuals(views, marks, target)
    squares = float((residuals**2).sum())
    rows = residuals[:, 1] * [float(np.linalg.norm(view.row_mm)) for view in views]
    if len(views) == 2:
        pitch = float(np.linalg.norm(views[0].row_mm))
        mismatch = -math.copysign(math.sqrt(2.0 * squares) * pitch, residuals[0, 1])
    else:
        mismatch = float(np.ptp(rows))
    chi2, dof = squares / sigma**2, 2 * len(views) - 3
    return Triangulation(
        target_mm=target,
        covariance_mm2=sigma**2 * np.linalg.inv(information[UPPER_TRIANGLE]),
        y_mismatch_mm=mismatch,
        chi2=chi2,
        dof=dof,
        p_value=float(chdtrc(dof, chi2)),
        residuals_px=residuals,
    )


def _nearest_point(views: Sequence[View], marks: Floats) -> Floats:
    """Point with the least sum of squared distances from all rays."""
    across, pull = np.zeros((3, 3)), np.zeros(3)
    for view, mark in zip(views, marks, strict=True):
        ray = view.support_from_pixel(mark[None])[0] - view.source_mm
        ray /= np.linalg.norm(ray)
        projector = np.eye(3) - np.outer(ray, ray)
        across += projector
        pull += projector @ view.source_mm
    # Along parallel rays nothing is fixed: the smallest eigenvalue is about half the square of
    # the widest angle between rays.
    if not np.linalg.eigvalsh(across)[0] > 1e-13:
        raise ValueError("pixels: the rays are parallel, or all views share one source")
    return np.asarray(np.linalg.solve(across, pull))


def _residuals(views: Sequence[View], marks: Floats, target: Floats) -> Floats:
    """Return marks minus the images (m, 2) of a target in front of all sources."""
    images = np.stack([view.projection_matrix for view in views]) @ np.append(target, 1.0)
    return np.asarray(marks - images[:, :2] / images[:, 2:])


def _positive(sigma_px: float) -> float:
    if not 0.0 < sigma_px < math.inf:
        raise ValueError(f"sigma_px: must be positive, not {sigma_px}")
    return float(sigma_px)
