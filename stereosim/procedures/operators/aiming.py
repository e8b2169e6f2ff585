"""Where in the aperture the target is placed: the middle, unless a margin asks for less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.safety import Margins

# The axis of a needle from the paddle.
DOWN = np.array([0.0, 0.0, -1.0])
# Beyond the bare limit, so that the margin is positive on the console.
_SPARE_MM = 0.2


def safe_depth_offset(device: Device, margins: Margins, inside_mm: float) -> float | None:
    """Return how far the needle is to be aimed short of (+) or beyond (-) the target, mm.

    Along the needle, so above or below it where it comes from the paddle.  A needle that would come
    too near to the back of the breast is aimed shallower, one whose aperture would open into the
    skin deeper, as long as the target stays inside the aperture.

    Parameters
    ----------
    device : Device
        The needle.
    margins : Margins
        With the target in the middle of the aperture.
    inside_mm : float
        How far the target must stay inside the ends of the aperture.

    Returns
    -------
    float or None
        0 where the middle is safe; None where no place in the aperture is.
    """
    if margins.safe:
        return 0.0
    if min(margins.length_margin_mm, margins.window_margin_mm, margins.room_margin_mm) < 0.0:
        return None
    most = device.aperture_mm / 2.0 - inside_mm
    up = max(0.0, _SPARE_MM - margins.stroke_margin_mm)
    down = max(0.0, _SPARE_MM - margins.skin_margin_mm)
    if (up > 0.0 and down > 0.0) or max(up, down) > most:
        return None
    if up >= margins.skin_margin_mm > 0.0 and up > 0.0:
        return None
    if down >= margins.stroke_margin_mm > 0.0 and down > 0.0:
        return None
    if up == down == 0.0:  # forbidden for another reason, such as the thickness
        return None
    return up - down


def correction(
    miss_mm: NDArray[np.float64], margins: Margins | None, axis: NDArray[np.float64] = DOWN
) -> NDArray[np.float64]:
    """Return by how much the next insertion is moved for a lesion at `miss_mm` from the needle.

    All of the way across; along the needle's `axis` only as far as the margins allow: back into the
    skin margin, on into the stroke margin.
    """
    move = np.array(miss_mm, dtype=np.float64)
    if margins is not None:
        on = float(move @ axis)
        farthest = max(0.0, margins.stroke_margin_mm - _SPARE_MM)
        back = max(0.0, margins.skin_margin_mm - _SPARE_MM)
        move += (float(np.clip(on, -back, farthest)) - on) * axis
    return move


def off_the_skin(hours: tuple[float, ...], margins: Margins | None) -> tuple[float, ...]:
    """Return the clock hours at which no core reaches into the skin; all where none is left."""
    if margins is None:
        return hours
    kept = tuple(
        hour
        for hour in hours
        if not any(
            (hour - start) % 12.0 <= (end - start) % 12.0 for start, end in margins.skin_hours
        )
    )
    return kept or hours


def axial_offset(
    device: Device, margins: Margins, tilt_deg: float, inside_mm: float
) -> float | None:
    """Return how far back along its axis an oblique needle is to be aimed; None where none helps.

    As :func:`safe_depth_offset`, whose depths are those along a vertical needle.
    """
    steep = max(float(np.sin(np.radians(tilt_deg))), 0.05)
    along = replace(
        margins,
        stroke_margin_mm=margins.stroke_margin_mm / steep,
        skin_margin_mm=margins.skin_margin_mm / steep,
    )
    return safe_depth_offset(device, along, inside_mm)
