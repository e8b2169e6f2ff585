"""The law of the parenchyma's noise, for what is too fine to stand in voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stereosim_phantoms.anatomy import FINE_SIDE
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.noise import band_variance
from stereosim_phantoms.solids import Array

# Noise is drawn out toward the nipple, as in :mod:`.anatomy`.
_ALONG = 1.35


@dataclass(frozen=True)
class Texture:
    """Power law of the drive whose sharp threshold makes gland (:mod:`.kernels.tissue`).

    Attributes
    ----------
    seed : int
        The patient's.
    exponent, power : float
        Three-dimensional power spectrum ``power * k**-exponent`` of the drive, k in 1/mm.
    finest_mm : float
        The shortest wavelength of the noise that voxels are filled from.
    softness : float
        Width of the passage from fat to gland in units of the drive.
    along : float
        By how much features are drawn out along y.
    scale, offset_mm : tuple of float
        Place in the breast = scale * place of the tissue + offset, along x, y and z: where the
        tissue has been compressed, turned or moved.
    """

    seed: int
    exponent: float
    power: float
    finest_mm: float
    softness: float
    along: float = 1.0
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def placed(self, scale: Array, offset_mm: Array) -> Texture:
        """Return the texture of tissue that was moved: old place = scale * new place + offset."""
        before = np.array(self.scale)
        x, y, z = (float(v) for v in before * scale)
        a, b, c = (float(v) for v in before * offset_mm + self.offset_mm)
        return replace(self, scale=(x, y, z), offset_mm=(a, b, c))


def texture_of(breast: BreastSpec) -> Texture | None:
    """Return the law of a breast's noise; None for homogeneous parenchyma."""
    if breast.parenchyma == "homogeneous":
        return None
    p = anatomy_parameters()
    finest_mm = 2.0 * p.fine_period_mm / FINE_SIDE
    # The noise's variance is 4 pi power * integral of k^(2 - exponent) dk.
    band = 4.0 * np.pi * band_variance(p.noise_exponent, p.coarse_period_mm, finest_mm)
    power = (1.0 - p.strand_share) / band
    return Texture(breast.seed, p.noise_exponent, power, finest_mm, p.softness, _ALONG)
