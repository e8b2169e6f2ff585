"""Log density: what display, search and the hunt for metal all start from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.xray import XrayImage

Image = NDArray[np.float32]


def density(image: XrayImage) -> Image:
    """Return minus the natural logarithm of the dark-corrected signal; more is denser.

    A pixel without signal counts as one digital number.
    """
    signal = image.pixels - np.float32(image.offset_dn)
    dense: Image = -np.log(np.maximum(signal, np.float32(1.0)))
    return dense
