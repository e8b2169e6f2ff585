"""From pixels back to points: stationary detector, any two views, any number of views.

All three minimise the same sum, the squared pixel residuals over all views, so that they are the
maximum-likelihood estimate under equal Gaussian errors of columns and rows.  The geometry that
they share: with a detector plane O + column c + row r and a source S, a point X has

    X - S = w (column c + row r + O - S),                                                    (1)

where w is its distance from the source as a fraction of that of the plane.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.kernels._jit import njit

Floats = NDArray[np.float64]

# Pairs worked on at a time.  Fourteen arrays and six buffers of this length are 20 KiB and stay in
# a first-level cache of 32 KiB; blocks of 512, which do not, took half as long again.
BLOCK = 128


@njit
def stationary_pairs(
    left_column: Floats,
    left_row: Floats,
    right_column: Floats,
    right_row: Floats,
    geometry: Floats,
    baseline: float,
    column_offset: float,
    row_offset: float,
    variance: float,
    target: Floats,
    mismatch: Floats,
    covariance: Floats,
) -> int:
    """Triangulate pairs whose two views share the detector plane and the direction of columns.

    Take (1) for both views and subtract.  With the baseline S' - S = B c, one w serves both views:

        w = B / (B + d),    d = left column - right column - offset,
        0 = m,              m = left row - right row - offset.

    Columns alone fix w and with it the point's column; rows alone carry the mismatch m and the
    remaining coordinate, whose best estimate is the mean of the two rows because both have the
    same variance.  Nothing is linearised: three unknowns fit both columns exactly, so that the
    sum of squares is m^2/2 at the mean row and no other choice makes it smaller.

    The derivative of X by the left column is -(w/B)(X - S'), by the right column (w/B)(X - S), by
    the mean row w r.  With the variance v of one pixel coordinate, half of it for the mean row, and
    M halfway between the sources the sum of the three outer products is

        covariance = v w^2 [ 2 (X - M) (X - M)^T / B^2 + (c c^T + r r^T) / 2 ].

    Parameters
    ----------
    left_column, left_row, right_column, right_row : (n,) ndarray
        Marks in pixels.
    geometry : (5, 3) ndarray
        Left source S, right source S', step of a column c, step of a row r, left origin O, mm.
    baseline : float
        B, in columns.
    column_offset, row_offset : float
        Difference of column and row at which the two images show one point of the detector.
    variance : float
        Variance of one pixel coordinate in px^2.
    target : (3, n) ndarray
        Filled with x, y, z in mm; NaN where a pair has no solution.
    mismatch : (n,) ndarray
        Filled with m in rows.
    covariance : (6, n) ndarray
        Filled with xx, xy, xz, yy, yz, zz in mm^2; of length n = 0 where it is not wanted.

    Returns
    -------
    int
        Number of pairs without a solution: not finite, parallel rays, or met behind the sources.

    Notes
    -----
    The loop is cut into short loops of few arrays each over blocks that stay in the cache: the
    compiler then proves that they do not overlap and uses vector instructions throughout.
    """
    n = left_column.shape[0]
    with_covariance = covariance.shape[1] == n
    fraction = np.empty(BLOCK)
    square = np.empty(BLOCK)
    mean_row = np.empty(BLOCK)
    lever = np.empty((3, BLOCK))
    bad = 0
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        lc = left_column[start : start + size]
        lr = left_row[start : start + size]
        rc = right_column[start : start + size]
        rr = right_row[start : start + size]
        m = mismatch[start : start + size]
        for i in range(size):
            inverse = 1.0 + (lc[i] - rc[i] - column_offset) / baseline
            good = 1e-9 < inverse < 1e9
            bad += not good
            fraction[i] = np.divide(1.0, inverse) if good else np.nan
        for i in range(size):
            m[i] = lr[i] - rr[i] - row_offset
        for i in range(size):
            bad += fraction[i] == fraction[i] and not abs(m[i]) < np.inf
        for i in range(size):
            mean_row[i] = lr[i] - 0.5 * m[i]
        for k in range(3):
            source = geometry[0, k]
            c, r, g = geometry[2, k], geometry[3, k], geometry[4, k] - source
            x = target[k, start : start + size]
            for i in range(size):
                x[i] = source + fraction[i] * (lc[i] * c + mean_row[i] * r + g)
        if with_covariance:
            scale = np.sqrt(2.0 * variance) / baseline
            for k in range(3):
                middle = 0.5 * (geometry[0, k] + geometry[1, k])
                x = target[k, start : start + size]
                q = lever[k]
                for i in range(size):
                    q[i] = scale * fraction[i] * (x[i] - middle)
            for i in range(size):
                square[i] = fraction[i] * fraction[i]
            entry = 0
            for k in range(3):
                for j in range(k, 3):
                    sideways = geometry[2, k] * geometry[2, j] + geometry[3, k] * geometry[3, j]
                    sideways *= 0.5 * variance
                    p, q = lever[k], lever[j]
                    out = covariance[entry, start : start + size]
                    for i in range(size):
                        out[i] = p[i] * q[i] + square[i] * sideways
                    entry += 1
    return bad


@njit
def _symmetric_inverse(
    xx: float, xy: float, xz: float, yy: float, yz: float, zz: float
) -> tuple[float, float, float, float, float, float]:
    """Invert a symmetric 3x3 matrix given by its upper triangle; NaN where it is singular."""
    cxx = yy * zz - yz * yz
    cxy = xz * yz - xy * zz
    cxz = xy * yz - xz * yy
    scale = np.divide(1.0, xx * cxx + xy * cxy + xz * cxz)
    return (
        cxx * scale,
        cxy * scale,
        cxz * scale,
        (xx * zz - xz * xz) * scale,
        (xy * xz - xx * yz) * scale,
        (xx * yy - xy * xy) * scale,
    )


@njit
def general_pairs(
    left_column: Floats,
    left_row: Floats,
    right_column: Floats,
    right_row: Floats,
    geometry: Floats,
    matrices: Floats,
    fundamental: Floats,
    variance: float,
    target: Floats,
    mismatch: Floats,
    covariance: Floats,
) -> int:
    """Triangulate pairs of any two views.

    Two marks q of one point satisfy the epipolar constraint e(q) = 0, which is linear in each
    view.  The marks are first moved to the nearest q that satisfies it: q is replaced by

        q0 - g (e(q) + g . (q0 - q)) / |g|^2,    g = gradient of e at q,  q0 = the marks,

    until it rests (one step is Sampson's correction, right to first order in the noise; for a
    stationary detector it is exact).  The two rays then meet, and where they meet is the
    maximum-likelihood point.

    Parameters
    ----------
    left_column, left_row, right_column, right_row : (n,) ndarray
        Marks in pixels.
    geometry : (2, 4, 3) ndarray
        For each view the source S, the steps c and r and the origin O, mm.
    matrices : (2, 3, 4) ndarray
        Pixel from support for each view.
    fundamental : (3, 3) ndarray
        F with e = (left mark, 1)^T F (right mark, 1).
    variance : float
        Variance of one pixel coordinate in px^2.
    target, mismatch, covariance : ndarray
        As in :func:`stationary_pairs`; the mismatch is sqrt(2) times the distance in pixels from
        the marks to the nearest pair that meets, with the sign of the left row's share.

    Returns
    -------
    int
        Number of pairs without a solution.
    """
    n = left_column.shape[0]
    with_covariance = covariance.shape[1] == n
    marks = np.empty(4)
    moved = np.empty(4)
    slope = np.empty(4)
    ray = np.empty((2, 3))
    normal = np.empty(3)
    point = np.empty(3)
    base = geometry[1, 0] - geometry[0, 0]
    information = np.empty(6)
    bad = 0
    for i in range(n):
        marks[0], marks[1] = left_column[i], left_row[i]
        marks[2], marks[3] = right_column[i], right_row[i]
        moved[:] = marks
        for _ in range(20):
            for k in range(2):
                slope[k] = (
                    fundamental[k, 0] * moved[2] + fundamental[k, 1] * moved[3] + fundamental[k, 2]
                )
                slope[2 + k] = (
                    fundamental[0, k] * moved[0] + fundamental[1, k] * moved[1] + fundamental[2, k]
                )
            constraint = (
                moved[0] * slope[0]
                + moved[1] * slope[1]
                + fundamental[2, 0] * moved[2]
                + fundamental[2, 1] * moved[3]
                + fundamental[2, 2]
            )
            steepness = 0.0
            for k in range(4):
                steepness += slope[k] * slope[k]
                constraint += slope[k] * (marks[k] - moved[k])
            share = np.divide(constraint, steepness)
            change = 0.0
            for k in range(4):
                to = marks[k] - share * slope[k]
                change = max(change, abs(to - moved[k]))
                moved[k] = to
            if not change > 1e-11:
                break
        distance = 0.0
        for k in range(4):
            distance += (marks[k] - moved[k]) ** 2
        mismatch[i] = np.copysign(np.sqrt(2.0 * distance), marks[1] - moved[1])

        for v in range(2):
            for k in range(3):
                ray[v, k] = (
                    moved[2 * v] * geometry[v, 1, k]
                    + moved[2 * v + 1] * geometry[v, 2, k]
                    + geometry[v, 3, k]
                    - geometry[v, 0, k]
                )
        square = 0.0
        lengths = 1.0
        for k in range(3):
            j, m = (k + 1) % 3, (k + 2) % 3
            normal[k] = ray[0, j] * ray[1, m] - ray[0, m] * ray[1, j]
            square += normal[k] * normal[k]
        for v in range(2):
            lengths *= ray[v, 0] ** 2 + ray[v, 1] ** 2 + ray[v, 2] ** 2
        along_left = 0.0
        along_right = 0.0
        for k in range(3):
            j, m = (k + 1) % 3, (k + 2) % 3
            along_left += (base[j] * ray[1, m] - base[m] * ray[1, j]) * normal[k]
            along_right += (base[j] * ray[0, m] - base[m] * ray[0, j]) * normal[k]
        along_left = np.divide(along_left, square)
        along_right = np.divide(along_right, square)
        good = square > 1e-18 * lengths and along_left > 0.0 and along_right > 0.0
        bad += not good
        for k in range(3):
            on_left = geometry[0, 0, k] + along_left * ray[0, k]
            on_right = geometry[1, 0, k] + along_right * ray[1, k]
            point[k] = 0.5 * (on_left + on_right) if good else np.nan
            target[k, i] = point[k]
        if with_covariance:
            information[:] = 0.0
            for v in range(2):
                _add_information(matrices[v], point, information)
            entries = _symmetric_inverse(
                information[0],
                information[1],
                information[2],
                information[3],
                information[4],
                information[5],
            )
            for k in range(6):
                covariance[k, i] = variance * entries[k]
    return bad


@njit
def _add_information(matrix: Floats, point: Floats, information: Floats) -> None:
    """Add one view's Fisher information of `point` (upper triangle, for 1 px errors)."""
    depth = matrix[2, 3]
    for k in range(3):
        depth += matrix[2, k] * point[k]
    for q in range(2):
        pixel = matrix[q, 3]
        for k in range(3):
            pixel += matrix[q, k] * point[k]
        pixel = np.divide(pixel, depth)
        x = np.divide(matrix[q, 0] - pixel * matrix[2, 0], depth)
        y = np.divide(matrix[q, 1] - pixel * matrix[2, 1], depth)
        z = np.divide(matrix[q, 2] - pixel * matrix[2, 2], depth)
        information[0] += x * x
        information[1] += x * y
        information[2] += x * z
        information[3] += y * y
        information[4] += y * z
        information[5] += z * z


@njit
def refine_point(
    matrices: Floats, pixels: Floats, start: Floats, target: Floats, information: Floats
) -> int:
    """Find the point with the smallest sum of squared pixel residuals (Gauss-Newton).

    Parameters
    ----------
    matrices : (m, 3, 4) ndarray
        Pixel from support for each view.
    pixels : (m, 2) ndarray
        Column and row marked in each view.
    start : (3,) ndarray
        Where to begin, mm.
    target : (3,) ndarray
        Filled with the point, mm.
    information : (6,) ndarray
        Filled with the upper triangle of the Fisher information at the point in 1/mm^2, for
        pixel errors of 1 px.

    Returns
    -------
    int
        Steps taken; -1 where the point left the space in front of the sources or did not settle.
    """
    target[:] = start
    for step in range(50):
        information[:] = 0.0
        gx = gy = gz = 0.0
        for v in range(matrices.shape[0]):
            matrix = matrices[v]
            depth = (
                matrix[2, 0] * target[0]
                + matrix[2, 1] * target[1]
                + matrix[2, 2] * target[2]
                + matrix[2, 3]
            )
            if not depth > 0.0:
                return -1
            for q in range(2):
                pixel = (
                    matrix[q, 0] * target[0]
                    + matrix[q, 1] * target[1]
                    + matrix[q, 2] * target[2]
                    + matrix[q, 3]
                ) / depth
                miss = (pixels[v, q] - pixel) / depth
                gx += (matrix[q, 0] - pixel * matrix[2, 0]) * miss
                gy += (matrix[q, 1] - pixel * matrix[2, 1]) * miss
                gz += (matrix[q, 2] - pixel * matrix[2, 2]) * miss
            _add_information(matrix, target, information)
        xx, xy, xz, yy, yz, zz = _symmetric_inverse(
            information[0],
            information[1],
            information[2],
            information[3],
            information[4],
            information[5],
        )
        dx = xx * gx + xy * gy + xz * gz
        dy = xy * gx + yy * gy + yz * gz
        dz = xz * gx + yz * gy + zz * gz
        target[0] += dx
        target[1] += dy
        target[2] += dz
        length = np.sqrt(dx * dx + dy * dy + dz * dz)
        if not length < 1e6:
            return -1
        # A hundred-thousandth of a nanometre: far below any use, above the rounding of 700 mm.
        if length < 1e-11:
            return step + 1
    return -1
