"""Triangulation, slow and obvious: minimise the squared residuals with a general optimiser."""

import numpy as np
from scipy.optimize import least_squares


def matrix_of(source, column, row, origin):
    """Pixel from support (3, 4) of a source and a plane."""
    inverse = np.linalg.inv(np.column_stack([column, row, origin - source]))
    return np.column_stack([inverse, -inverse @ source])


def images(matrices, point):
    """Pixels (m, 2) of a point."""
    homogeneous = np.array([m @ np.append(point, 1.0) for m in matrices])
    return homogeneous[:, :2] / homogeneous[:, 2:]


def refine_point(matrices, pixels, start):
    """Maximum-likelihood point and Fisher information (3, 3) for errors of 1 px."""
    found = least_squares(
        lambda x: (images(matrices, x) - pixels).ravel(),
        start,
        method="lm",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    ).x
    # Central differences: one image per coordinate, moved by a hundredth of a millimetre.
    step = 1e-2
    slopes = np.array(
        [
            (images(matrices, found + step * e) - images(matrices, found - step * e)).ravel()
            / (2 * step)
            for e in np.eye(3)
        ]
    )
    return found, slopes @ slopes.T


def pairs(matrices, left, right, start):
    """Targets (n, 3), mismatches (n,) in px and covariances (n, 3, 3) for errors of 1 px."""
    targets, mismatches, covariances = [], [], []
    for a, b, x in zip(left, right, start, strict=True):
        marks = np.array([a, b])
        target, information = refine_point(matrices, marks, x)
        residuals = marks - images(matrices, target)
        size = np.sqrt(2.0 * (residuals**2).sum())
        targets.append(target)
        mismatches.append(np.copysign(size, residuals[0, 1]))
        covariances.append(np.linalg.inv(information))
    return np.array(targets), np.array(mismatches), np.array(covariances)


def stationary_pairs(geometry, left, right, start):
    """Pairs of two views that share the detector; `geometry` as the kernel's."""
    source_left, source_right, column, row, origin = geometry
    matrices = [matrix_of(s, column, row, origin) for s in (source_left, source_right)]
    return pairs(matrices, left, right, start)


def general_pairs(geometry, left, right, start):
    """Pairs of any two views; `geometry` as the kernel's."""
    return pairs([matrix_of(*view) for view in geometry], left, right, start)
