"""What a console makes of the marks of a pair: the target, and how far it can be trusted."""

from __future__ import annotations

from functools import cache

from numpy.typing import ArrayLike

from stereosim.biopsy.needle import load_placement
from stereosim.geometry.alarm import mark_sd_px
from stereosim.geometry.targets import Triangulation
from stereosim.geometry.triangulation import triangulate_pair
from stereosim.geometry.views import View

# The imprecision of a careful mark, in pixels, that a console reckons with.
CLICK_SD_PX = 1.0


@cache
def _motion_sd_mm() -> float:
    """How much a patient usually moves between exposures, per axis."""
    return load_placement()["stereotactic"].motion_sd_mm


def triangulate_marks(
    views: tuple[View, View], left_px: ArrayLike, right_px: ArrayLike
) -> Triangulation:
    """Triangulate the marks of a pair; its error holds the hand's and a patient's usual motion.

    Without the motion the standard deviations would be a fifth of what they are, and the test for
    a wrong pair would take more than half of all right ones for wrong.

    Parameters
    ----------
    views : (View, View)
        Left and right as the console believes them to be.
    left_px, right_px : (2,) array_like
        Column and row of the marks.

    Raises
    ------
    ValueError
        As :func:`~stereosim.geometry.triangulation.triangulate_pair`.
    """
    hand = triangulate_pair(*views, left_px, right_px, sigma_px=CLICK_SD_PX)
    sigma_px = mark_sd_px(
        views[0], hand.target_mm, click_sd_px=CLICK_SD_PX, motion_sd_mm=_motion_sd_mm()
    )
    return triangulate_pair(*views, left_px, right_px, sigma_px=sigma_px)
