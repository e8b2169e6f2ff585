"""What one probe hears of a tissue: beam, gain, echo per voxel, echo of single reflectors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from stereosim.imaging.ultrasound.acoustics import Acoustics, calcification_cross_section_mm2
from stereosim.imaging.ultrasound.beam import Beam

Array = NDArray[np.float64]
Volume = NDArray[np.float32]
Shadows = dict[int, list[tuple[int, int, float]]]

CELL_MM = np.array([0.25, 0.25, 0.05])  # one scatterer per cell: 320 per mm^3
_SHADOW_BLUR = 0.35  # sd of the sideways spread of a shadow, mm per root mm: see spread_loss_db


@dataclass(frozen=True)
class Medium:
    """A tissue as one probe hears it: all that a frame is drawn from.

    Attributes
    ----------
    beam : Beam
        Beam in the mean of the tissue.
    origin_mm, spacing_mm : ndarray (3,), float
        Centre of voxel [0, 0, 0] as (x, y, z), supine frame, and voxel size.
    gain : float32 ndarray (nz, ny, nx)
        Amplitude that attenuation and shadows leave after time-gain compensation.
    amplitude : float32 ndarray (nz, ny, nx)
        Echo of one scatterer per voxel, against fat, `gain` included.
    skin_mm : float32 ndarray (ny, nx)
        Thickness of the skin; 0 where there is none.
    speck_mm, speck_radius_mm : ndarrays (n, 3) and (n,)
        Calcifications: centres, and radii of spheres of equal volume.
    seed : int
        Which scatterers.
    acoustics : Acoustics
        Constants.
    """

    beam: Beam
    origin_mm: Array
    spacing_mm: float
    gain: Volume
    amplitude: Volume
    skin_mm: NDArray[np.float32]
    speck_mm: Array
    speck_radius_mm: Array
    seed: int
    acoustics: Acoustics

    @cached_property
    def speck_amplitude(self) -> Array:
        """Echo of each speck against fat, root mm^3, (n,)."""
        section = calcification_cross_section_mm2(
            self.speck_radius_mm, self.frequency_at(self.speck_mm), self.acoustics
        )
        return np.sqrt(section) * self.echo_at(self.speck_mm)

    def frequency_at(self, points_mm: Array) -> Array:
        """Return the centre frequency of the echo, MHz, at the depth of `points_mm` (n, 3)."""
        grid = self.beam.grid
        rows = np.rint(points_mm[:, 2] / grid.row_mm).astype(np.int64)
        return self.beam.frequency_mhz[np.clip(rows, 0, grid.rows - 1)]

    def echo_at(self, points_mm: Array) -> Array:
        """Return the echo against fat (n,) of a cross-section of 1 mm^2/sr at `points_mm` (n, 3).

        The gain is that of the voxel above: no reflector lies in its own shadow.
        """
        at = np.rint((points_mm - self.origin_mm) / self.spacing_mm).astype(np.int64)
        at = np.clip(at - [0, 0, 1], 0, np.array(self.gain.shape)[::-1] - 1)
        fat = self.acoustics.fat_backscatter_per_mm(self.frequency_at(points_mm))
        return np.asarray(self.gain[at[:, 2], at[:, 1], at[:, 0]] / np.sqrt(fat), np.float64)


def loss_per_slice(frequency_mhz: Array, spacing_mm: float, a: Acoustics) -> Array:
    """Return the two-way loss (dB) in each slice of voxels for 1 dB/(cm MHz^y), (nz, 1, 1)."""
    db = 2.0 * 0.1 * spacing_mm * frequency_mhz**a.attenuation_exponent
    return np.asarray(db[:, None, None])


def spread_loss_db(
    excess_db: NDArray[Any], shadows: Shadows, spacing_mm: float, *, above: int = 0
) -> Volume:
    """Sum the loss above each voxel downward, slice by slice (nz, ny, nx), dB.

    Between slices it is blurred sideways, for a focused beam passes around small things: their
    shadows fill up with depth.  The spread after d mm is ``_SHADOW_BLUR * sqrt(d)``, at 10 mm half
    of the width that an aperture of f/2 spans there.

    Parameters
    ----------
    excess_db : ndarray (nz, ny, nx)
        Loss within each voxel over that of the mean tissue, two-way; in its middle half of it.
    shadows : dict
        Loss behind small things, by slice: (row, column, dB).
    spacing_mm : float
        Voxel size.
    above : int
        Slices above the skin, which lose nothing.
    """
    out = np.zeros_like(excess_db, np.float32)
    summed = np.zeros_like(excess_db[0], np.float64)
    blur = _SHADOW_BLUR / math.sqrt(spacing_mm)
    for k in range(above, out.shape[0]):
        half = 0.5 * excess_db[k]
        summed += half
        out[k] = summed
        summed += half
        for j, i, loss_db in shadows.get(k, []):
            summed[j, i] += loss_db
        summed = ndimage.gaussian_filter(summed, blur, mode="nearest", truncate=3.0)
    return out


def speck_shadows(
    speck_mm: Array,
    radius_mm: Array,
    origin_mm: Array,
    spacing_mm: float,
    shape: tuple[int, ...],
) -> Shadows:
    """Two-way loss (dB) behind each speck, by slice: its disc against the voxel's area.

    A speck takes its geometric cross-section out of the beam on the way in and again on the way
    back; narrower than the beam it casts hardly a shadow once the blur has spread the loss.
    """
    found: Shadows = {}
    nz, ny, nx = shape
    for centre, radius in zip(speck_mm, radius_mm, strict=True):
        i, j, k = np.rint((centre - origin_mm) / spacing_mm).astype(int)
        if 0 <= i < nx and 0 <= j < ny and 0 <= k < nz:
            loss = 2.0 * 10.0 / math.log(10.0) * math.pi * radius**2 / spacing_mm**2
            found.setdefault(int(k), []).append((int(j), int(i), loss))
    return found
