"""Where the source and the detector are, estimated from reference marks.

A mark X at a fraction w of the way from the source to the detector is imaged at pi(X).  With P the
slope of pi by X, its slope by the source is -(1 - w) P and by a shift of the detector -w P, because
only the place of the mark relative to both counts.  Marks at one height share one w: a shift of the
source then looks like a shift of the detector, and only marks at two heights tell them apart.

The estimate is the maximum-likelihood one for equal Gaussian errors of the marks' pixels, found by
Gauss-Newton from the nominal view; its covariance is the Cramer-Rao bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from stereosim.geometry.frames import as_pixels, as_points, as_vector
from stereosim.geometry.views import View

Floats = NDArray[np.float64]

# The place of the source, then the shift of the detector.
PARAMETERS = ("source x", "source y", "source z", "detector x", "detector y")

# A source known no better than this is not worth having: at 15 mm a gantry is a degree off.
_WORST_SD_MM = 15.0
_STEPS = 30


@dataclass(frozen=True, eq=False)
class CalibratedView:
    """A view as estimated from marks.

    Attributes
    ----------
    view : View
        The nominal view with the estimated source and the shifted detector.
    covariance_mm2 : (5, 5) ndarray
        Of source x, y, z and detector shift x, y.
    residuals_px : (n, 2) ndarray
        Marks minus their images in `view`; NaN for a mark that was not found.
    chi2 : float
        Sum of squared residuals over the variance of a mark's pixel.
    dof : int
        Degrees of freedom of `chi2`.
    p_value : float
        Probability of a larger `chi2` where every mark is what it is taken for.
    sigma_px : float
        Error of the marks that the covariance stands for.
    """

    view: View
    covariance_mm2: Floats
    residuals_px: Floats
    chi2: float
    dof: int
    p_value: float
    sigma_px: float

    @property
    def sd_mm(self) -> Floats:
        """Standard deviations (5,) of source x, y, z and detector x, y."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance_mm2)))


def calibrate_view(
    nominal: View, marks_mm: ArrayLike, marks_px: ArrayLike, *, sigma_px: float
) -> CalibratedView:
    """Estimate the source and the shift of the detector of a view from marks at known places.

    Parameters
    ----------
    nominal : View
        Where the console believes they are; the detector keeps its direction and its pitch.
    marks_mm : (n, 3) array_like
        Centres of the marks, support frame.
    marks_px : (n, 2) array_like
        Column and row at which each was found; a row of NaN for one that was not.
    sigma_px : float
        Standard deviation of a mark's column and of its row.

    Returns
    -------
    CalibratedView

    Raises
    ------
    ValueError
        If fewer than three marks were found, or if those that were do not determine the source:
        all at one height, too near to each other, or not images of these marks at all.
    """
    points = as_points(marks_mm, "marks_mm")
    pixels = np.array(marks_px, dtype=np.float64)
    if pixels.shape != (len(points), 2):
        raise ValueError(f"marks_px: must have shape ({len(points)}, 2), not {pixels.shape}")
    if not 0.0 < sigma_px < np.inf:
        raise ValueError(f"sigma_px: must be positive, not {sigma_px}")
    found = ~np.isnan(pixels).any(axis=1)
    if np.count_nonzero(found) < 3:
        raise ValueError(f"marks_px: {np.count_nonzero(found)} marks were found, 3 are needed")
    inside, marks = points[found], as_pixels(pixels[found], "marks_px")
    view, covariance = _settled(nominal, inside, marks, sigma_px)
    residuals = np.full_like(pixels, np.nan)
    residuals[found] = marks - _by_point(view, inside)[0]
    chi2 = float(np.nansum(residuals**2)) / sigma_px**2
    dof = marks.size - len(PARAMETERS)
    p_value = float(chdtrc(dof, chi2))
    return CalibratedView(view, covariance, residuals, chi2, dof, p_value, float(sigma_px))


def _settled(nominal: View, points: Floats, marks: Floats, sigma_px: float) -> tuple[View, Floats]:
    """Gauss-Newton; return the view and the covariance of its five parameters."""
    view = nominal
    for _ in range(_STEPS):
        pixels, slopes, _ = view_slopes(view, points)
        design = slopes.reshape(-1, len(PARAMETERS))
        # Lengths of 1 for all columns, so that the rank is judged free of units.
        scale = np.linalg.norm(design, axis=0)
        left, values, right = np.linalg.svd(design / scale, full_matrices=False)
        if not values[-1] > 1e-7 * values[0]:
            raise ValueError("marks_mm: marks at one height do not tell source from detector")
        root = (right.T / values) / scale[:, None]
        change = root @ (left.T @ (marks - pixels).ravel())
        source = view.source_mm + change[:3]
        origin = view.origin_mm + np.append(change[3:], 0.0)
        if not np.abs(change).max() < 0.5 * float(np.abs(view.source_mm - view.origin_mm).max()):
            raise ValueError("marks_px: are no images of these marks")
        view = replace(view, source_mm=source, origin_mm=origin)
        if np.abs(change).max() < 1e-9:
            break
    else:
        raise ValueError("marks_px: are no images of these marks")
    covariance = sigma_px**2 * root @ root.T
    worst = float(np.sqrt(np.diagonal(covariance)[:3].max()))
    if not worst < _WORST_SD_MM:
        raise ValueError(
            f"marks_mm: leave the source uncertain by {worst:.0f} mm; marks at heights further "
            "apart are needed"
        )
    return view, covariance


def view_slopes(view: View, points_mm: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """How the images of points move with the parameters of a view.

    Returns
    -------
    pixels : (n, 2) ndarray
        Column and row.
    slopes : (n, 2, 5) ndarray
        Pixels per mm of source x, y, z and detector shift x, y.
    depth : (n,) ndarray
        Distance from the source as a fraction of that of the detector.

    Raises
    ------
    ValueError
        For a point that is not finite or not in front of the source.
    """
    points = as_points(points_mm, "points_mm")
    pixels, by_point, depth = _by_point(view, points)
    away = depth[:, None, None]
    slopes = np.concatenate([(away - 1.0) * by_point, -away * by_point[:, :, :2]], axis=2)
    return pixels, slopes, depth


def _by_point(view: View, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Pixels (n, 2) of points, their slopes (n, 2, 3) by the points, and depths (n,)."""
    # The matrix and not `project`: that one is compiled, and the app calibrates early.
    images = np.column_stack([points, np.ones(len(points))]) @ view.projection_matrix.T
    depth = images[:, 2]
    if not (depth > 0.0).all():
        index = int(np.argmax(~(depth > 0.0)))
        raise ValueError(f"points_mm: point {index} is not in front of the source of {view.name!r}")
    pixels = images[:, :2] / depth[:, None]
    matrix = view.projection_matrix[:, :3]
    by_point = (matrix[:2] - pixels[:, :, None] * matrix[2]) / depth[:, None, None]
    return pixels, by_point, depth


def target_covariance_from_calibration(
    calibrated: Sequence[CalibratedView], target_mm: ArrayLike
) -> Floats:
    """Covariance (3, 3) in mm^2 that the calibration's own error adds to a triangulated target.

    Parameters
    ----------
    calibrated : sequence of CalibratedView
        The views with which the target was triangulated, each estimated by itself.
    target_mm : (3,) array_like
        The target, support frame.

    Raises
    ------
    ValueError
        For fewer than two views, or a target that is not in front of their sources.
    """
    if len(calibrated) < 2:
        raise ValueError("calibrated: at least two views are needed")
    point = as_vector(target_mm, 3, "target_mm")[None]
    information, pulls = np.zeros((3, 3)), []
    for one in calibrated:
        slopes, by_point = view_slopes(one.view, point)[1], _by_point(one.view, point)[1][0]
        information += by_point.T @ by_point
        pulls.append(by_point.T @ slopes[0])
    # The least-squares target moves against the images of the assumed views.
    gains = [np.linalg.solve(information, pull) for pull in pulls]
    parts = [g @ one.covariance_mm2 @ g.T for g, one in zip(gains, calibrated, strict=True)]
    return np.asarray(sum(parts))


def target_sd_from_calibration(
    calibrated: Sequence[CalibratedView], target_mm: ArrayLike
) -> Floats:
    """Return the standard deviations (3,) in mm of :func:`target_covariance_from_calibration`."""
    return np.sqrt(np.diagonal(target_covariance_from_calibration(calibrated, target_mm)))
