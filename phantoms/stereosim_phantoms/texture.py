"""The law of the parenchyma's noise, for what is too fine to stand in voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.anatomy import NO_MASSES, STRETCH, anatomy_of
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.kernels import tissue as kernel
from stereosim_phantoms.noise import band_variance
from stereosim_phantoms.solids import Array

# Height of the sheets in which fine texture lies, and distance of the places in them where the
# tissue is asked how it responds.  Sheets are independent, as they are higher than the wavelengths
# that voxels lose are long; and so thin that no layers are seen.
SHEET_MM = 2.0
# What the tissue is evaluated with; only edges depend on it.
_VOXEL_MM = 0.35


@dataclass(frozen=True, eq=False)
class Texture:
    """How the tissue of a box responds to the noise that is finer than its voxels.

    The drive of the parenchyma is noise with a power-law spectrum, and gland is what lies above a
    soft threshold.  The box is cut into sheets, number n from n `SHEET_MM` to (n + 1) `SHEET_MM` in
    the breast; a box holds those whose middle it holds.

    Attributes
    ----------
    seed : int
        The patient's.
    exponent, power : float
        Three-dimensional power spectrum ``power * k**-exponent`` of the drive, k in 1/mm.
    finest_mm : float
        The shortest wavelength of the noise that voxels are filled from.
    along : float
        By how much features are drawn out along y.
    first : int
        Number of the lowest sheet.
    corner_mm : tuple of float
        Place (x, y) of ``slopes[:, 0, 0]`` in the breast.
    slopes : ndarray of float32, shape (sheets, ny, nx)
        Slope d gland / d drive on a lattice of `SHEET_MM`.
    scale, offset_mm : tuple of float
        Place in the breast = scale * place of the tissue + offset, along x, y and z, where the
        tissue has been compressed, turned or moved.
    """

    seed: int
    exponent: float
    power: float
    finest_mm: float
    along: float
    first: int
    corner_mm: tuple[float, float]
    slopes: NDArray[np.float32]
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def sheet_mm(self) -> float:
        """Height of a sheet and pitch of the slopes."""
        return SHEET_MM

    def placed(self, scale: Array, offset_mm: Array) -> Texture:
        """Return the texture of tissue that was moved: old place = scale * new place + offset."""
        before = np.array(self.scale)
        x, y, z = (float(v) for v in before * scale)
        a, b, c = (float(v) for v in before * offset_mm + self.offset_mm)
        return replace(self, scale=(x, y, z), offset_mm=(a, b, c))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the texture as arrays by name, as a cache keeps it."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Texture:
        """Return the texture that :meth:`arrays` was called of."""
        plain = {name: array.tolist() for name, array in arrays.items() if name != "slopes"}
        values: dict[str, Any]
        values = {n: tuple(v) if isinstance(v, list) else v for n, v in plain.items()}
        return cls(**values, slopes=arrays["slopes"])


def sampled_texture(
    breast: BreastSpec, lo_mm: Array, hi_mm: Array, masses: Array = NO_MASSES
) -> Texture | None:
    """Return the texture of a box of the breast; None for homogeneous parenchyma.

    Parameters
    ----------
    breast : BreastSpec
        The breast.
    lo_mm, hi_mm : ndarray, shape (3,)
        Corners of the box, breast frame.
    masses : ndarray, shape (n, 18)
        Masses as the kernels take them; they have no texture.
    """
    if breast.parenchyma == "homogeneous":
        return None
    low = np.floor(np.asarray(lo_mm) / SHEET_MM).astype(np.int64)
    high = np.ceil(np.asarray(hi_mm) / SHEET_MM).astype(np.int64)
    numbers = np.arange(low[2], high[2] + 1)
    middles = SHEET_MM * (numbers + 0.5)
    numbers = numbers[(middles >= lo_mm[2]) & (middles < hi_mm[2]) & (numbers >= 0)]
    x, y = (SHEET_MM * np.arange(low[a], high[a] + 1) for a in (0, 1))
    places = np.stack(np.meshgrid(SHEET_MM * (numbers + 0.5), y, x, indexing="ij")[::-1], axis=-1)
    anatomy = anatomy_of(breast)
    found = anatomy.evaluate(places.reshape(-1, 3), _VOXEL_MM, masses)
    soft = anatomy.shape[kernel.SOFT]
    # The derivative of t^2 / (1 + t^2), where that is the gland's share.
    t = np.maximum((found[:, 6] - anatomy.shape[kernel.THRESHOLD]) / soft + 0.5, 0.0)
    parenchyma = found[:, 0] - found[:, 1] - found[:, 4]
    slopes = parenchyma * found[:, 7] * 2.0 * t / (1.0 + t**2) ** 2 / soft
    p = anatomy_parameters()
    # The noise's variance is 4 pi power * integral of k^(2 - exponent) dk.
    band = 4.0 * np.pi * band_variance(p.noise_exponent, p.longest_mm, p.finest_mm)
    return Texture(
        breast.seed,
        p.noise_exponent,
        (1.0 - p.strand_share) / band,
        p.finest_mm,
        STRETCH,
        int(numbers[0]) if len(numbers) else 0,
        (float(x[0]), float(y[0])),
        slopes.reshape(places.shape[:-1]).astype(np.float32),
    )
