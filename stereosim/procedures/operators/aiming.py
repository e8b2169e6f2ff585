"""Where in the aperture the target is placed: the middle, unless a margin asks for less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.safety import Margins

# Beyond the bare limit, so that the margin is positive on the console.
_SPARE_MM = 0.2


def safe_depth_offset(device: Device, margins: Margins, inside_mm: float) -> float | None:
    """Return how far the needle is to be aimed above (+) or below (-) the target, mm, along z.

    A needle that would come too near to the back of the breast is aimed shallower, one whose
    aperture would open into the skin deeper, as long as the target stays inside the aperture.

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
    if margins.length_margin_mm < 0.0 or margins.window_margin_mm < 0.0:
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


def correction(miss_mm: NDArray[np.float64], margins: Margins | None) -> NDArray[np.float64]:
    """Return by how much the next insertion is moved for a lesion at `miss_mm` from the needle.

    All of the way across; along z only as far as the margins allow: up into the skin margin, down
    into the stroke margin.
    """
    move = np.array(miss_mm, dtype=np.float64)
    if margins is not None:
        lowest = -max(0.0, margins.stroke_margin_mm - _SPARE_MM)
        highest = max(0.0, margins.skin_margin_mm - _SPARE_MM)
        move[2] = float(np.clip(move[2], lowest, highest))
    return move


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
