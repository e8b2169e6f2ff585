"""Tissue sampled on a box: volume fractions per voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.solids import Array

if TYPE_CHECKING:
    from stereosim_phantoms.texture import Texture

Volume = NDArray[np.float32]


@dataclass(frozen=True)
class TissueField:
    """What X-rays meet, in a box of the breast frame.

    Attributes
    ----------
    origin_mm : ndarray, shape (3,)
        Centre (x, y, z) of voxel [0, 0, 0].
    spacing_mm : float
        Edge of a voxel.
    gland, skin, inside : ndarray of float32, shape (nz, ny, nx)
        Volume fractions; fat is ``inside - gland - skin``.  Ducts, ligaments and masses
        count as gland.
    texture : Texture, optional
        What is finer than voxels.
    """

    origin_mm: Array
    spacing_mm: float
    gland: Volume
    skin: Volume
    inside: Volume
    texture: Texture | None = None

    @property
    def fat(self) -> Volume:
        """Volume fraction of fat."""
        return self.inside - self.gland - self.skin


@dataclass(frozen=True)
class SupineField:
    """What ultrasound meets, in a box of the supine frame.

    Attributes
    ----------
    origin_mm, spacing_mm
        As in :class:`TissueField`, supine frame.
    gland, skin, ligament, mass, fluid, inside : ndarray of float32, shape (nz, ny, nx)
        Volume fractions, disjoint; fat is what is left of `inside`; outside the breast all are 0.
        Gland holds the ducts, mass the solid masses, fluid the content of cysts, dilated ducts and
        vessels.
    mass_power, mass_attenuation : ndarray of float32, shape (nz, ny, nx)
        Scattered power against fat, and attenuation, dB/(cm MHz^y), of mass and fluid, each times
        its fraction.
    walled : ndarray of float32, shape (nz, ny, nx)
        Fraction of cysts, dilated ducts and circumscribed masses: a wall is where it changes.
    tubes : ndarray, shape (n, 7)
        Ducts and vessels that pass the box, whose walls are finer than voxels: start (3), end (3)
        and radius of the lumen, mm.
    """

    origin_mm: Array
    spacing_mm: float
    gland: Volume
    skin: Volume
    ligament: Volume
    mass: Volume
    fluid: Volume
    mass_power: Volume
    mass_attenuation: Volume
    walled: Volume
    inside: Volume
    tubes: Array


# The names of the volumes of a supine field.
VOLUMES = (
    "gland", "skin", "ligament", "mass", "fluid",
    "mass_power", "mass_attenuation", "walled", "inside",
)  # fmt: skip


def box_grid(lo_mm: Array, hi_mm: Array, spacing_mm: float) -> tuple[Array, tuple[int, int, int]]:
    """Return first voxel centre (3,) and shape (nz, ny, nx) of the box lo..hi, filled from lo.

    Raises
    ------
    ValueError
        If the box is empty or `spacing_mm` is not above 0.
    """
    lo, hi = np.asarray(lo_mm, dtype=np.float64), np.asarray(hi_mm, dtype=np.float64)
    if lo.shape != (3,) or hi.shape != (3,) or not (hi > lo).all() or not spacing_mm > 0.0:
        raise ValueError(f"no box from {lo} to {hi} at spacing {spacing_mm}")
    nx, ny, nz = (int(n) for n in np.ceil((hi - lo) / spacing_mm - 1e-9))
    return lo + 0.5 * spacing_mm, (nz, ny, nx)
