"""The view of an image, estimated from the reference marks that are seen in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.calibration import CalibratedView, calibrate_view, view_slopes
from stereosim.geometry.marks import Marks
from stereosim.geometry.views import View
from stereosim.imaging.marks import find_marks
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.quality_spec import MarksSpec, load_quality

Array = NDArray[np.float64]


def estimate_view(
    image: XrayImage, marks: Marks, *, spec: MarksSpec | None = None
) -> CalibratedView:
    """Find the marks in an image and estimate the view that it was made with.

    A mark is the nearest disc to where the nominal view has it.  That may be its neighbour's, or no
    mark's at all: the worst is left out until the rest agree.

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
        If too few marks are found that agree.
    """
    spec = load_quality().marks if spec is None else spec
    nominal = image.view
    found = _found(image, marks, spec.reach_mm)
    # Three marks fit nearly any view: fewer than these are no evidence.
    while np.count_nonzero(np.isfinite(found[:, 0])) >= spec.fewest:
        view = calibrate_view(nominal, marks.centres_mm, found, sigma_px=spec.mark_sd_px)
        if view.p_value >= spec.doubt_p:
            return view
        found[np.nanargmax(np.linalg.norm(view.residuals_px, axis=1))] = np.nan
    raise ValueError(
        f"marks: of {len(marks)} no {spec.fewest} are seen within {spec.reach_mm:g} mm of their "
        "places that agree with each other"
    )


def view_believed(image: XrayImage, marks: Marks) -> View:
    """Return the view with which a console computes: the estimated one, or else the nominal one.

    The unit may carry no marks, or the needle and the edge of the field may hide too many.
    """
    try:
        return estimate_view(image, marks).view
    except ValueError:
        return image.view


def _found(image: XrayImage, marks: Marks, reach_mm: float) -> Array:
    """Return the disc nearest to each mark's nominal place, pixels (n, 2); NaN without one."""
    found = np.full((len(marks), 2), np.nan)
    if len(marks) == 0:
        return found
    expected, _, depth = view_slopes(image.view, marks.centres_mm)
    sizes = marks.diameter_mm / depth / image.pitch_mm
    reach = reach_mm / image.pitch_mm
    # Each search returns the best disc in its reach, which for a neighbour may be the nearer one.
    discs = find_marks(image, expected, sizes, reach_px=reach)
    discs = discs[np.isfinite(discs[:, 0])]
    if len(discs):
        away = np.linalg.norm(expected[:, None] - discs[None], axis=2)
        near = away.min(axis=1) < reach
        found[near] = discs[away.argmin(axis=1)][near]
    return found
