"""Measurements on simulated images, as a physicist makes them on a real unit.

Nothing here knows how the simulator works: pixels, pitch and geometry go in.
"""

from dataclasses import dataclass, replace

import numpy as np
import xraylib

from stereosim.geometry import load_units
from stereosim.imaging.scene import Needle

# Every detector of the catalogue in a unit; the coarse CCD takes the place of the fine one.
DETECTORS = {
    "a-se-70": "upright-hologic",
    "a-se-85": "upright-siemens",
    "csi-100": "upright-ge",
    "ccd-49": "prone-spot",
    "ccd-98": "prone-spot",
}


def unit_with(detector):
    """A unit that carries `detector`."""
    unit = load_units()[DETECTORS[detector]]
    if detector == "ccd-98":
        unit = replace(unit, detector="ccd-98", pitch_mm=0.098)
    return unit


def steel_edge(unit, height_mm, slant_deg=3.0):
    """A thick steel bar whose silhouette is an edge near the middle of the image.

    A ray 1 um inside of the silhouette of a bar of 12 mm already crosses 0.2 mm of steel.
    """
    slant = np.deg2rad(slant_deg)
    axis = np.array([np.sin(slant), np.cos(slant), 0.0])
    middle = np.array([6.0, unit.window_centre_y_mm, height_mm])
    return Needle(middle + 60.0 * axis, axis, 120.0, 12.0)


def edge_transfer(image, pitch_mm, oversampling=8):
    """Modulation transfer from the image of a slanted edge (after ISO 12233 and IEC 62220-1-2).

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
        Part of a linear image with one nearly vertical edge, bright and dark on either side.
    pitch_mm : float
        Pixel pitch.

    Returns
    -------
    frequency_per_mm, transfer : ndarray
        Up to the Nyquist frequency.
    """
    low, high = np.percentile(image, [5.0, 95.0])
    image = (image - low) / (high - low)
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    # Where each row crosses, from its line spread; then a straight line through all.
    spread = np.abs(np.diff(image, axis=1))
    cross = (spread * (columns[:, 1:] - 0.5)).sum(axis=1) / spread.sum(axis=1)
    slope, start = np.polyfit(np.arange(len(cross)), cross, 1)
    distance = (columns - slope * rows - start) / np.hypot(1.0, slope) * pitch_mm
    step = pitch_mm / oversampling
    half = 3.0  # mm on either side
    index = np.floor((distance + half) / step).astype(int)
    inside = (index >= 0) & (index < int(2 * half / step))
    count = np.bincount(index[inside], minlength=int(2 * half / step))
    edge = np.bincount(index[inside], image[inside], minlength=len(count)) / count
    line = np.diff(edge) * np.hanning(len(edge) - 1)
    transfer = np.abs(np.fft.rfft(line))
    frequency = np.fft.rfftfreq(len(line), step)
    # Difference of neighbours and width of a bin act as two boxes of one step.
    transfer /= transfer[0] * np.sinc(frequency * step) ** 2
    kept = frequency <= 0.5 / pitch_mm
    return frequency[kept], transfer[kept]


def noise_power(noise, pitch_mm, size=128):
    """Noise power spectrum of images of pure noise, mean over half-overlapping regions.

    Parameters
    ----------
    noise : ndarray, shape (rows, columns)
        Noise without the mean image.

    Returns
    -------
    frequency_per_mm, power : ndarray
        Radial bins of 1/(size pitch); power in (unit of `noise`)^2 mm^2.
    """
    total = np.zeros((size, size))
    number = 0
    for r in range(0, noise.shape[0] - size + 1, size // 2):
        for c in range(0, noise.shape[1] - size + 1, size // 2):
            part = noise[r : r + size, c : c + size]
            total += np.abs(np.fft.fft2(part - part.mean())) ** 2
            number += 1
    power = total / number * pitch_mm**2 / size**2
    f = np.fft.fftfreq(size, pitch_mm)
    radius = np.hypot(f[:, None], f[None, :])
    width = 1.0 / (size * pitch_mm)
    index = np.rint(radius / width).astype(int)
    count = np.bincount(index.ravel())
    # The lowest bins hold what is left of the mean.
    keep = slice(2, size // 2)
    frequency = np.bincount(index.ravel(), radius.ravel()) / count
    return frequency[keep], (np.bincount(index.ravel(), power.ravel()) / count)[keep]


@dataclass(frozen=True)
class Layer:
    """A layer in the beam by elemental composition (mass fractions), density and thickness."""

    parts: dict[str, float]
    density_g_cm3: float
    thickness_mm: float

    def attenuation(self, energies_kev):
        """Attenuation coefficient times thickness, from xraylib."""
        total = sum(self.parts.values())
        numbers = {xraylib.SymbolToAtomicNumber(symbol): w for symbol, w in self.parts.items()}
        coefficient = [
            sum(w * xraylib.CS_Total(z, float(e)) for z, w in numbers.items()) / total
            for e in energies_kev
        ]
        return 0.1 * self.density_g_cm3 * self.thickness_mm * np.array(coefficient)
