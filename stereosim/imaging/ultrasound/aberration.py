"""Beam broadening by the different sound speeds of fat and gland.

Where fat and gland are mixed, arrival times differ from place to place and rays are deflected.  The
relative speed is taken as a random field of variance ``g (1 - g) contrast^2``, g the fraction of
gland, with a Gaussian correlation of length l: on each millimetre of path the slope of a wave front
gains ``2 sqrt(pi) / l`` times that.  A ray bent at depth z'
misses a point at depth z by the slope times z - z'.  What all rays of the aperture have in common
moves the image of the point and does not broaden it, so the mean slope across the part of the
aperture that the beam fills at z' is taken away.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.ultrasound.acoustics import Acoustics

Array = NDArray[np.float64]

# -6 dB width (of the amplitude) of a Gaussian beam over the sd of its intensity.
_WIDTH_PER_SD = 2.0 * math.sqrt(4.0 * math.log(2.0))


def deflection_variance_mm2(
    gland: Array, rows_mm: Array, depth_mm: Array, aperture_mm: Array, acoustics: Acoustics
) -> Array:
    """Return the variance (n,), mm^2, of where the rays of an aperture cross a line at each depth.

    Parameters
    ----------
    gland : ndarray (rows,)
        Mean volume fraction of gland at each row; the rest counts as fat.
    rows_mm : ndarray (rows,)
        Depths of the rows, equally spaced.
    depth_mm, aperture_mm : ndarray (n,)
        Depths of the image, and the width of the aperture that serves each.
    acoustics : Acoustics
        Constants.
    """
    fat_speed, gland_speed = acoustics.fat_speed_m_s, acoustics.gland_speed_m_s
    contrast = 2.0 * (gland_speed - fat_speed) / (gland_speed + fat_speed)
    variance = contrast**2 * gland * (1.0 - gland)
    length = acoustics.speed_correlation_mm
    slope = 2.0 * math.sqrt(math.pi) * variance * (rows_mm[1] - rows_mm[0]) / length
    left = np.maximum(depth_mm[:, None] - rows_mm, 0.0)
    filled = (aperture_mm / depth_mm)[:, None] * left / length
    square = np.maximum(filled**2, 1e-9)
    kept = np.where(square > 1e-4, 1.0 + np.expm1(-square) / square, 0.5 * square)
    return np.asarray((slope * left**2 * kept).sum(axis=1))


def broadening(profile: Array, across_mm: Array, variance_mm2: Array) -> Array:
    """Return the factor (n,) by which each one-way beam is broader than its diffraction.

    Parameters
    ----------
    profile : ndarray (n, points)
        Amplitude of the unaberrated beam on one side of its axis.
    across_mm : ndarray (points,)
        Distances from the axis.
    variance_mm2 : ndarray (n,)
        Of :func:`deflection_variance_mm2`; it adds to the beam's own width in quadrature.
    """
    over = profile / profile.max(axis=1, keepdims=True) - 0.5
    last = profile.shape[1] - 1 - np.argmax(over[:, ::-1] >= 0.0, axis=1)
    beyond = np.minimum(last + 1, profile.shape[1] - 1)
    at, after = (over[np.arange(last.size), i] for i in (last, beyond))
    share = np.where(beyond > last, at / np.maximum(at - after, 1e-9), 0.0)
    width = 2.0 * (across_mm[last] + share * (across_mm[beyond] - across_mm[last]))
    return np.asarray(np.sqrt(1.0 + _WIDTH_PER_SD**2 * variance_mm2 / width**2))
