"""The view of an image, estimated from the reference marks that are seen in it.

A unit that is mis-set by some millimetres shows a mark where its neighbour was expected.  The marks
are therefore recognised by their pattern: a shift of the source and one of the detector move all
marks at a height alike, so that any two marks at different heights say where all others must be.
The pair of finds with which most others agree names them all.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.calibration import CalibratedView, calibrate_view, view_slopes
from stereosim.geometry.marks import Marks
from stereosim.geometry.views import View
from stereosim.imaging.marks import find_marks
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.quality_spec import MarksSpec, load_quality

Array = NDArray[np.float64]

# Two finds nearer than this are one disc.
_SAME_PX = 2.0
# Levels of marks that are nearer than this do not tell a shift of the source from the detector's.
_LEVELS_MM = 5.0
_SOURCE_XY_AND_DETECTOR = [0, 1, 3, 4]


def estimate_view(
    image: XrayImage, marks: Marks, *, spec: MarksSpec | None = None
) -> CalibratedView:
    """Find the marks in an image and estimate the view that it was made with.

    Parameters
    ----------
    image : XrayImage
        Its ``view`` is what the console believes: the nominal one.
    marks : Marks
        Those of the unit with the paddle where it stands, or the balls of the block.
    spec : MarksSpec, optional
        How they are recognised; data/quality.toml by default.

    Returns
    -------
    CalibratedView
        Its residuals (n, 2) are NaN for marks that were not found or left out.

    Raises
    ------
    ValueError
        If no pattern of marks is recognised, or too few of them to determine the view.
    """
    spec = load_quality().marks if spec is None else spec
    nominal = image.view
    found = np.full((len(marks), 2), np.nan)
    near = np.flatnonzero(_within(marks, nominal, spec.reach_mm))
    expected, slopes, depth = view_slopes(nominal, marks.centres_mm[near])
    sizes = marks.diameter_mm / depth / nominal.pitch_mm
    reach = spec.reach_mm / nominal.pitch_mm
    discs = _distinct(find_marks(image, expected, sizes, reach_px=reach))
    found[near] = _recognised(
        expected,
        slopes[:, :, _SOURCE_XY_AND_DETECTOR],
        marks.centres_mm[near, 2],
        discs,
        reach,
        spec.agree_mm / nominal.pitch_mm,
    )
    if len(marks) and np.isnan(found).all():
        raise ValueError(f"marks: no pattern of them is seen within {spec.reach_mm:g} mm")
    while True:
        view = calibrate_view(nominal, marks.centres_mm, found, sigma_px=spec.mark_sd_px)
        # Without four more numbers than are fitted the worst mark does not stand out.
        if view.p_value >= spec.doubt_p or view.dof < 4:
            return view
        found[np.nanargmax(np.linalg.norm(view.residuals_px, axis=1))] = np.nan


def view_believed(image: XrayImage, marks: Marks) -> View:
    """Return the view with which a console computes: the estimated one, or else the nominal one.

    The unit may carry no marks, or the needle and the edge of the field may hide too many.
    """
    try:
        return estimate_view(image, marks).view
    except ValueError:
        return image.view


def _within(marks: Marks, view: View, reach_mm: float) -> NDArray[np.bool_]:
    """Whether each mark could be on the image of a view mis-set by as much as `reach_mm`."""
    if len(marks) == 0:
        return np.zeros(0, dtype=np.bool_)
    pixels = view_slopes(view, marks.centres_mm)[0]
    room = reach_mm / view.pitch_mm
    upper = np.array([view.shape[1], view.shape[0]]) + room
    return np.asarray(((pixels > -room) & (pixels < upper)).all(axis=1))


def _distinct(finds: Array) -> Array:
    """Return the finds that are not NaN, each disc once."""
    kept: list[Array] = []
    for find in finds[~np.isnan(finds).any(axis=1)]:
        if all(np.linalg.norm(find - other) > _SAME_PX for other in kept):
            kept.append(find)
    return np.array(kept).reshape(-1, 2)


def _recognised(
    expected: Array, slopes: Array, heights: Array, discs: Array, reach: float, agree: float
) -> Array:
    """Return which disc each mark is: pixels (n, 2), NaN where none agrees with the pattern."""
    best, most = np.full_like(expected, np.nan), (0, 0.0)
    away = np.linalg.norm(expected[:, None] - discs[None], axis=2)
    for i, j in product(range(len(expected)), repeat=2):
        if heights[i] - heights[j] < _LEVELS_MM:
            continue
        for a, b in product(np.flatnonzero(away[i] < reach), np.flatnonzero(away[j] < reach)):
            if a == b:
                continue
            moves = np.concatenate([discs[a] - expected[i], discs[b] - expected[j]])
            shift = np.linalg.solve(np.concatenate([slopes[i], slopes[j]]), moves)
            places = expected + slopes @ shift
            gaps = np.linalg.norm(places[:, None] - discs[None], axis=2)
            nearest = gaps.min(axis=1)
            agreeing = nearest < agree
            score = (int(np.count_nonzero(agreeing)), -float(nearest[agreeing].sum()))
            if score > most:
                most = score
                best = np.where(agreeing[:, None], discs[gaps.argmin(axis=1)], np.nan)
    return best
