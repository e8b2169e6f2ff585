"""Finding the reference marks in an image, to a small part of a pixel.

A steel ball is a disc of known size with a blurred rim.  The disc is looked for by normalised
correlation near where the unit's drawing has it, and then fitted: place, size, depth, blur and the
slope of what lies behind it.  What is not like a disc (covered by the needle, cut by the edge of
the image, a calcification) is not found rather than found in the wrong place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.imaging.materials import Array
from stereosim.imaging.xray import XrayImage

# How far from its expected place a mark is looked for, in the detector plane.
REACH_MM = 3.0
# The fit takes in this much beyond the rim of the disc, in pixels.
_SURROUND_PX = 4.0
# What is taken for a mark: correlation with the disc, share of the signal that it takes away,
# radius over the expected one, and rest of the fit over the depth.
_LEAST_CORRELATION = 0.6
_LEAST_DEPTH = 0.4
_RADIUS_RATIO = (0.85, 1.2)
_LARGEST_REST = 0.12
_FIRST_BLUR_PX = 0.6
# Correlation that a disc at the end of the reach may have more than one in the expected place.
_NEARER = 0.25
# The fit: rests beyond this share of the background count less; when and at the latest it ends.
_OUTLIER = 0.1
_CLOSE_PX = 1e-3
_STEPS = 25


def find_marks(
    image: XrayImage,
    expected_px: ArrayLike,
    diameter_px: ArrayLike,
    *,
    reach_px: float | None = None,
) -> Array:
    """Find steel balls near their expected places.

    Parameters
    ----------
    image : XrayImage
        For processing.
    expected_px : (n, 2) array_like
        Column and row where each mark should be.
    diameter_px : float or (n,) array_like
        Diameter of its image: that of the ball, magnified, over the pitch.
    reach_px : float, optional
        How far off it may be; 3 mm in the detector plane if not given.

    Returns
    -------
    ndarray, shape (n, 2)
        Column and row of the centre of each disc; NaN where none was found.
    """
    expected = np.asarray(expected_px, dtype=np.float64).reshape(-1, 2)
    sizes = np.broadcast_to(np.asarray(diameter_px, dtype=np.float64), len(expected))
    reach = REACH_MM / image.pitch_mm if reach_px is None else reach_px
    found = [
        _find(image, place, 0.5 * float(size), reach)
        for place, size in zip(expected, sizes, strict=True)
    ]
    return np.array(found).reshape(-1, 2)


def _find(image: XrayImage, expected: Array, radius: float, reach: float) -> Array:
    """Return column and row of the disc of `radius` within `reach` of `expected`, or NaN."""
    nothing = np.full(2, np.nan)
    if not np.isfinite(expected).all():
        return nothing
    size = int(np.ceil(radius + _SURROUND_PX))
    low = np.floor(expected - reach - size).astype(int)
    high = np.ceil(expected + reach + size).astype(int) + 1
    first = np.maximum(low, 0)
    last = np.minimum(high, np.array(image.pixels.shape[::-1]))
    if (last - first < 2 * size + 1).any():
        return nothing
    patch = image.pixels[first[1] : last[1], first[0] : last[0]] - np.float64(image.offset_dn)
    match = _correlation(patch, radius, size)
    rows, columns = (np.arange(n, dtype=np.float64) for n in match.shape)
    away = np.hypot(
        rows[:, None] + size + first[1] - expected[1], columns + size + first[0] - expected[0]
    )
    match[(away > reach) | (match < _LEAST_CORRELATION)] = -1.0
    # Of two discs the nearer one.  It may be none after all (a corner of the needle): try a few.
    match -= _NEARER * away / reach
    for _ in range(3):
        row, column = np.unravel_index(int(match.argmax()), match.shape)
        if match[row, column] < _LEAST_CORRELATION - _NEARER:
            return nothing
        near = patch[row : row + 2 * size + 1, column : column + 2 * size + 1]
        offset = _fit(near, radius)
        if offset is not None:
            return np.asarray(first + offset + (column + size, row + size), dtype=np.float64)
        r0, c0 = max(row - size, 0), max(column - size, 0)
        match[r0 : row + size, c0 : column + size] = -1.0
    return nothing


def _disc(size: int, radius: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return a soft disc and the round neighbourhood in which it is judged."""
    y, x = np.mgrid[-size : size + 1, -size : size + 1].astype(np.float64)
    r = np.hypot(x, y)
    return np.clip(radius + 0.5 - r, 0.0, 1.0), r <= radius + _SURROUND_PX


def _correlation(patch: Array, radius: float, size: int) -> Array:
    """Normalised correlation of darkness with a disc wherever the neighbourhood fits."""
    from scipy.signal import fftconvolve

    disc, near = _disc(size, radius)
    template = np.where(near, disc - disc[near].mean(), 0.0)
    weight = near.astype(np.float64)
    dark = -(patch - patch.mean())
    mean = fftconvolve(dark, weight, mode="valid") / weight.sum()
    square = fftconvolve(dark**2, weight, mode="valid") / weight.sum()
    spread = np.sqrt(np.maximum(square - mean**2, 1e-9 * max(float(square.max()), 1e-9)))
    product = fftconvolve(dark, template[::-1, ::-1], mode="valid")
    scale = np.sqrt((template**2).sum() * weight.sum())
    return np.asarray(product / (scale * spread))


def _fit(near: Array, radius: float) -> Array | None:
    """Fit a disc to its neighbourhood; return (column, row) from the middle, or None."""
    size = near.shape[0] // 2
    y, x = np.mgrid[-size : size + 1, -size : size + 1].astype(np.float64)
    use = np.hypot(x, y) <= radius + _SURROUND_PX
    x, y, values = x[use], y[use], near[use]
    level = float(np.percentile(values, 90.0))
    if level <= 0.0:
        return None
    values = values / level
    p = np.array([0.0, 0.0, radius, _FIRST_BLUR_PX, 0.8, 1.0, 0.0, 0.0])
    low = np.array([-3.0, -3.0, 0.5 * radius, 0.2, 0.0, 0.3, -0.1, -0.1])
    high = np.array([3.0, 3.0, 2.0 * radius, 2.5, 1.1, 3.0, 0.1, 0.1])
    model, slopes = _model(p, x, y)
    cost, damping = _cost(values - model), 1e-3
    for _ in range(_STEPS):
        rest = values - model
        weight = 1.0 / np.sqrt(1.0 + (rest / _OUTLIER) ** 2)
        square = (slopes * weight) @ slopes.T
        square[np.diag_indices(len(p))] *= 1.0 + damping
        step = np.linalg.solve(square + 1e-12 * np.eye(len(p)), (slopes * weight) @ rest)
        tried = np.clip(p + step, low, high)
        model_tried, slopes_tried = _model(tried, x, y)
        cost_tried = _cost(values - model_tried)
        if cost_tried > cost:
            damping *= 10.0
            continue
        done = float(np.abs(tried - p)[:2].max()) < _CLOSE_PX
        p, model, slopes, cost = tried, model_tried, slopes_tried, cost_tried
        damping *= 0.1
        if done:
            break
    column, row, width, _, depth, middle = p[:6]
    rest_rms = float(np.sqrt(np.mean((values - model) ** 2)))
    good = (
        depth > _LEAST_DEPTH
        and _RADIUS_RATIO[0] < width / radius < _RADIUS_RATIO[1]
        and rest_rms < _LARGEST_REST * depth * middle
    )
    return np.array([column, row]) if good else None


def _cost(rest: Array) -> float:
    """Sum of squares that grows linearly for outliers, such as a calcification beside the ball."""
    return float(np.sum(np.sqrt(1.0 + (rest / _OUTLIER) ** 2) - 1.0))


def _model(p: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Return a disc before a sloping background, and its slopes (8, n) with the parameters.

    The parameters are column, row, radius and blur of the disc, the share that it takes away,
    and height and slopes of the background.
    """
    from scipy.special import erfc

    dx, dy = x - p[0], y - p[1]
    r = np.maximum(np.hypot(dx, dy), 1e-9)
    u = (r - p[2]) / (np.sqrt(2.0) * p[3])
    covered = 0.5 * erfc(u)
    behind = p[5] + p[6] * x + p[7] * y
    light = 1.0 - p[4] * covered
    # How the signal changes as the rim moves outward.
    rim = -behind * p[4] * np.exp(-(u**2)) / (np.sqrt(2.0 * np.pi) * p[3])
    slopes = [rim * dx / r, rim * dy / r, rim, rim * u * np.sqrt(2.0), -behind * covered]
    return behind * light, np.array([*slopes, light, light * x, light * y])
