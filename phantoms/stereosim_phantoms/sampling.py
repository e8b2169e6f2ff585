"""Tissue on the voxels of a box; large boxes are kept on disk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import stereosim_phantoms
from stereosim_phantoms.anatomy import anatomy_of, slab_by_slab
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.cache import content_key, default_cache
from stereosim_phantoms.noise import Volume
from stereosim_phantoms.solids import Array
from stereosim_phantoms.vessels import vessel_parameters

Codes = NDArray[np.uint8]

# A smaller box is filled about as fast as it is read.
KEPT_VOXELS = 2_000_000
# Fractions of large boxes are whole multiples of 1 / STEPS, whether read or new.
STEPS = 255
NAMES = ("gland", "skin", "inside")


def tissue_volumes(
    breast: BreastSpec,
    masses: Array,
    origin_mm: Array,
    spacing_mm: float,
    shape: tuple[int, int, int],
) -> tuple[Volume, Volume, Volume]:
    """Return the fractions of gland (with masses), skin and inside on the voxels of a box.

    Parameters
    ----------
    breast : BreastSpec
        The breast.
    masses : ndarray, shape (n, 18)
        Masses as the kernels take them.
    origin_mm : ndarray, shape (3,)
        Centre of the first voxel, breast frame.
    spacing_mm : float
        Edge of a voxel.
    shape : (int, int, int)
        Voxels (nz, ny, nx).  Of KEPT_VOXELS or more, fractions are rounded to 1 / STEPS and kept.
    """
    if np.prod(shape) < KEPT_VOXELS or breast.parenchyma == "homogeneous":
        gland, skin, inside = (np.zeros(shape, dtype=np.float32) for _ in NAMES)
        anatomy_of(breast).fill_box(origin_mm, spacing_mm, masses, gland, skin, inside)
        return gland, skin, inside

    def make() -> dict[str, Codes]:
        """Return the codes of the fractions, which are never all in memory."""
        anatomy = anatomy_of(breast)
        codes = {name: np.empty(shape, dtype=np.uint8) for name in NAMES}

        def code(part: slice) -> None:
            """Fill and round one slab; what is neither gland nor skin never falls below 0."""
            lo = origin_mm + np.array([0.0, 0.0, part.start * spacing_mm])
            gland, skin, inside = np.zeros((3, part.stop - part.start, *shape[1:]), np.float32)
            anatomy.fill_box(lo, spacing_mm, masses, gland, skin, inside)
            for volume in (gland, skin, inside):
                volume *= STEPS
                np.rint(volume, out=volume)
            codes["gland"][part] = np.minimum(gland, inside - skin)
            codes["skin"][part], codes["inside"][part] = skin, inside

        slab_by_slab(shape[0], code)
        return codes

    key = content_key(
        "tissue", breast, anatomy_parameters(), vessel_parameters(), masses, origin_mm, spacing_mm,
        shape, code=(stereosim_phantoms,),
    )  # fmt: skip
    codes = default_cache().arrays(key, make)
    gland, skin, inside = (_decoded(codes[name]) for name in NAMES)
    return gland, skin, inside


def _decoded(codes: Codes) -> Volume:
    """Return the fractions that the codes stand for."""
    volume = np.empty(codes.shape, dtype=np.float32)

    def decode(part: slice) -> None:
        """Scale one slab."""
        np.divide(codes[part], np.float32(STEPS), out=volume[part])

    slab_by_slab(len(codes), decode)
    return volume
