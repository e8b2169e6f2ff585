"""What one probe hears of a tissue: beam, gain, echo per voxel, echo of single reflectors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.acoustics import Acoustics, calcification_cross_section_mm2
from stereosim.imaging.ultrasound.beam import Beam
from stereosim.kernels.medium import spread_loss, spread_shade

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

CELL_MM = np.array([0.25, 0.25, 0.05])  # one scatterer per cell: 320 per mm^3
_SHADOW_BLUR = 0.35  # sd of the sideways spread of a shadow, mm per root mm: see spread_loss_db


class Slant(NamedTuple):
    """How the beam of a leaning or pressing probe crosses the breast at rest.

    Attributes
    ----------
    angle_deg, tilt_deg, strain : float
        As those of a :class:`ProbePose`; of one that does neither all 0.
    """

    angle_deg: float = 0.0
    tilt_deg: float = 0.0
    strain: float = 0.0

    @classmethod
    def of(cls, pose: ProbePose) -> Slant:
        """Return the slant of the beam of a probe at `pose`."""
        if pose.tilt_deg == 0.0 and pose.strain == 0.0:
            return LEVEL
        return cls(pose.angle_deg, pose.tilt_deg, pose.strain)

    @property
    def path(self) -> float:
        """Millimetres along the beam, as the image shows it, per millimetre of depth at rest."""
        return (1.0 - self.strain) / math.cos(math.radians(self.tilt_deg))

    @property
    def aside(self) -> tuple[float, float]:
        """Way along x and y at rest per millimetre of depth at rest."""
        way = (1.0 - self.strain) ** 2 * math.tan(math.radians(self.tilt_deg))
        turn = math.radians(self.angle_deg)
        return -way * math.sin(turn), way * math.cos(turn)

    def slope_weights(self) -> Array:
        """Return by what the squared slopes at rest make those in the image, (2, 6).

        The products of slopes are xx, yy, zz, xy, xz, yz; the image's are those along the beam and
        across it.
        """
        back = np.linalg.inv(ProbePose(0.0, 0.0, *self).matrix)
        along = np.outer(back[:, 2], back[:, 2])
        i, j = np.array([0, 1, 2, 0, 0, 1]), np.array([0, 1, 2, 1, 2, 2])
        twice = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
        return np.stack([twice * form[i, j] for form in (along, back @ back.T - along)])


LEVEL = Slant()


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
    slant : Slant
        How the beam crosses the tissue: `gain` is that along such a beam.
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
    slant: Slant = LEVEL

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
        rows = np.rint(points_mm[:, 2] * self.slant.path / grid.row_mm).astype(np.int64)
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
    """Return the two-way loss (dB) in `spacing_mm` for 1 dB/(cm MHz^y), at each frequency."""
    db = 2.0 * 0.1 * spacing_mm * frequency_mhz**a.attenuation_exponent
    return np.asarray(db)


def spread_loss_db(
    attenuation: Volume,
    mean: Array,
    per_slice_db: Array,
    shadows: Shadows,
    spacing_mm: float,
    *,
    above: int = 0,
    slant: Slant = LEVEL,
) -> Volume:
    """Sum the loss before each voxel along the beam, slice by slice (nz, ny, nx), dB.

    Between slices it is blurred sideways, for a focused beam passes around small things: their
    shadows fill up with depth.  The spread after d mm is ``_SHADOW_BLUR * sqrt(d)``, at 10 mm half
    of the width that an aperture of f/2 spans there.  A slanting beam takes it sideways as well.

    Parameters
    ----------
    attenuation : float32 ndarray (nz, ny, nx)
        One way, dB/(cm MHz^y).
    mean : ndarray (nz,)
        What of it the time-gain compensation makes up for, at the depth of each slice in the image.
    per_slice_db : ndarray (nz,)
        Two-way loss within each slice for 1 dB/(cm MHz^y): see :func:`loss_per_slice`.
    shadows : Shadows
        Loss behind small things.
    spacing_mm : float
        Voxel size.
    above : int
        Slices above the skin, which lose nothing.
    slant : Slant
        How the beam crosses the voxels.
    """
    taps_y, taps_x = _spread_taps(spacing_mm, slant)
    out = np.empty_like(attenuation)
    spread_loss(
        np.ascontiguousarray(attenuation),
        np.ascontiguousarray(mean),
        np.ascontiguousarray(per_slice_db),
        taps_y,
        taps_x,
        above,
        shadows.voxel,
        shadows.loss_db * slant.path,  # the beam is narrower there by as much
        out,
    )
    return out


def spread_shade_of(
    stops: Volume, fall: float, spacing_mm: float, slant: Slant
) -> tuple[Volume, Volume]:
    """Return what is left of the beam before each voxel (nz, ny, nx), and what was stopped above.

    Unlike a loss in dB, the share that passes beside something opaque adds up: see
    :func:`spread_loss_db` for how it spreads.

    Parameters
    ----------
    stops : float32 ndarray (nz, ny, nx)
        Share of the section of each voxel that lets no sound through.
    fall : float
        Share of what was stopped that is left one slice deeper.
    spacing_mm : float
        Voxel size.
    slant : Slant
        How the beam crosses the voxels.
    """
    through, stopped = np.empty_like(stops), np.empty_like(stops)
    spread_shade(stops, *_spread_taps(spacing_mm, slant), fall, through, stopped)
    return through, stopped


def _spread_taps(spacing_mm: float, slant: Slant) -> tuple[Array, Array]:
    """Return how a beam spreads from one slice to the next, along rows and columns."""
    sd = _SHADOW_BLUR / math.sqrt(spacing_mm / slant.path)
    x, y = slant.aside
    return _taps(y, sd), _taps(x, sd)


def _taps(shift: float, sd: float) -> Array:
    """Shares (2 n + 1,) of a Gaussian about `shift` voxels, cut off at 3 `sd`.

    Off the voxels they are those of two Gaussians, which linear interpolation mixes; what that adds
    to the variance the Gaussians have less.
    """
    whole = math.floor(shift)
    part = shift - whole
    variance = max(sd * sd - part * (1.0 - part), 1e-3)
    reach = int(3.0 * math.sqrt(variance) + 0.5)
    bell = np.exp(-0.5 / variance * np.arange(-reach, reach + 1.0) ** 2)
    bell /= bell.sum()
    middle = reach + max(abs(whole), abs(whole + 1) if part else 0)
    taps = np.zeros(2 * middle + 1)
    for share, at in ((1.0 - part, whole), (part, whole + 1)):
        if share:
            taps[middle + at - reach : middle + at + reach + 1] += share * bell
    return taps


class Shadows(NamedTuple):
    """Two-way loss (dB, (n,)) behind small things, and their voxels (n, 3): slice, row, column.

    They come in the order of the slices.
    """

    voxel: NDArray[np.int64]
    loss_db: Array


def speck_shadows(
    speck_mm: Array,
    radius_mm: Array,
    origin_mm: Array,
    spacing_mm: float,
    shape: tuple[int, ...],
) -> Shadows:
    """Return the loss behind each speck in a box of `shape`: its disc against the voxel's area.

    A speck takes its geometric cross-section out of the beam on the way in and again on the way
    back; narrower than the beam it casts hardly a shadow once the blur has spread the loss.
    """
    at = np.rint((speck_mm[:, ::-1] - origin_mm[::-1]) / spacing_mm).astype(np.int64)
    kept = np.flatnonzero(np.all((at >= 0) & (at < np.array(shape)), axis=1))
    kept = kept[np.argsort(at[kept, 0], kind="stable")]
    loss = 2.0 * 10.0 / math.log(10.0) * math.pi * radius_mm[kept] ** 2 / spacing_mm**2
    return Shadows(np.ascontiguousarray(at[kept]), loss)


NO_SHADOWS = Shadows(np.zeros((0, 3), np.int64), np.zeros(0))
