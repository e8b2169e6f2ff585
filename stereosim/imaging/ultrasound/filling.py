"""What pools do to the voxels of the tissue: echo, loss, shadow and haze."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.ultrasound.acoustics import Acoustics
from stereosim.imaging.ultrasound.medium import (
    CELL_MM,
    Slant,
    speck_shadows,
    spread_loss_db,
    spread_shade_of,
)
from stereosim.imaging.ultrasound.pools import KINDS, Points, Pools, Silhouette, pool_points

Array = NDArray[np.float64]
Volume = NDArray[np.float32]
Voxel = tuple[int, int, int]
Box = tuple[slice, slice, slice]

_RIM_MM = 8.0  # about a pool: so far its shadow spreads


@dataclass(frozen=True, eq=False)
class Filled:
    """What pools of one group do to a box of voxels.

    Attributes
    ----------
    low : tuple of int
        Voxel (z, y, x) of the tissue's lattice at which the box begins.
    gain : float32 ndarray (nz, ny, nx)
        By how much they change the amplitude that comes back from each voxel.
    left : float32 ndarray
        The same for the root of the power that the tissue itself scatters.
    own, haze : float32 ndarray or None
        Power that the fluid scatters, and that reverberation adds, against fat.
    """

    low: Voxel
    gain: Volume
    left: Volume
    own: Volume | None
    haze: Volume | None

    def into(self, gain: Volume, amplitude: Volume, first: Voxel) -> None:
        """Change `gain` and `amplitude` of a window that begins at the voxel `first`."""
        nz, ny, nx = gain.shape
        there, here = _overlap(first, (nz, ny, nx), self.low, self.gain.shape)
        gain[there] *= self.gain[here]
        amplitude[there] *= self.gain[here]
        amplitude[there] *= self.left[here]
        if self.own is None or self.haze is None:
            return
        cell = np.float32(np.prod(CELL_MM))
        added = self.own[here] * gain[there] ** 2 + self.haze[here]
        amplitude[there] = np.sqrt(amplitude[there] ** 2 + cell * added)


def fill(
    pools: Pools,
    seed: int,
    slices: int,
    spacing_mm: float,
    made_up_for: tuple[Array, Array],
    slant: Slant,
    a: Acoustics,
) -> list[Filled]:
    """Return what the pools do to the tissue: first the anaesthetic, then blood and air.

    Parameters
    ----------
    pools : Pools
        The fluids.
    seed : int
        Which tissue this is: see :func:`pool_points`.
    slices : int
        Voxels down to which the tissue is asked for.
    spacing_mm : float
        Voxel size; voxel i of the lattice has its centre at (i + 1/2) of it.
    made_up_for : tuple of two ndarrays (slices,)
        Mean attenuation, dB/(cm MHz^y), and the loss (dB) of 1 of it in each slice.
    slant : Slant
        How the beam crosses the tissue.
    a : Acoustics
        Constants.
    """
    groups = [pools.of("anaesthetic"), pools.of("blood", "air")]
    made = []
    for some in groups:
        if not len(some):
            continue
        low, shape = _box(some, slices, spacing_mm, slant)
        if shape[0] > 0:
            points = pool_points(some, seed, a)
            made.append(_fill(some, points, low, shape, spacing_mm, made_up_for, slant, a))
    return made


def _box(pools: Pools, slices: int, h: float, slant: Slant) -> tuple[Voxel, Voxel]:
    """Return first voxel and shape (z, y, x) of what lies in and behind the pools."""
    half = np.linalg.norm(pools.solids.axes_mm, axis=2)
    low = (pools.solids.centres_mm - half).min(axis=0)
    high = (pools.solids.centres_mm + half).max(axis=0)
    way = np.array(slant.aside) * max(slices * h - low[2], 0.0)
    low[:2] += np.minimum(way, 0.0) - _RIM_MM
    high[:2] += np.maximum(way, 0.0) + _RIM_MM
    first = np.floor(low / h).astype(int)
    first[2] = max(first[2] - 1, 0)
    last = np.ceil(high / h).astype(int)
    nx, ny = (int(n) for n in (last - first)[:2])
    x, y, z = (int(n) for n in first)
    return (z, y, x), (slices - z, ny, nx)


def _fill(
    pools: Pools,
    points: Points,
    low: Voxel,
    shape: Voxel,
    h: float,
    made_up_for: tuple[Array, Array],
    slant: Slant,
    a: Acoustics,
) -> Filled:
    mean, per_slice = (profile[low[0] :] for profile in made_up_for)
    left = np.ones(shape, np.float32)
    excess = np.zeros(shape, np.float32)  # attenuation over that of the mean tissue
    cavity = any(kind != "anaesthetic" for kind in pools.kinds)
    own = np.zeros(shape, np.float32) if cavity else None
    stops = np.zeros(shape, np.float32) if "air" in pools.kinds else None
    for kind in KINDS:
        for i in (i for i, name in enumerate(pools.kinds) if name == kind):
            centre, axes = pools.solids.centres_mm[i], pools.solids.axes_mm[i]
            first, whole = _share_of_voxels(centre.tobytes(), axes.tobytes(), h)
            here, part = _overlap(low, shape, first, whole.shape)
            share = whole[part]
            stays = 1.0 - share * np.float32(pools.shares[i])
            left[here] *= stays
            excess[here] *= stays
            if own is not None:
                own[here] *= stays
            if kind == "air":
                assert stops is not None
                np.maximum(stops[here], share, out=stops[here])
                _close(stops, centre - h * np.array(low[::-1]), axes, h)
                continue
            fluid = a.blood_attenuation if kind == "blood" else 0.0
            over = (fluid - mean[here[0]]).astype(np.float32)[:, None, None]
            excess[here] += (1.0 - stays) * over
            if own is not None:
                own[here] += (1.0 - stays) * np.float32(10.0 ** (0.1 * a.blood_db))
    origin = h * (np.array(low[::-1]) + 0.5)
    wide = 2.0 * points.bubble_radius_mm  # a small soft sphere takes 4 pi a^2 out of the beam
    shadows = speck_shadows(points.bubble_mm, wide, origin, h, shape)
    gain = spread_loss_db(excess, np.zeros(shape[0]), per_slice, shadows, h, slant=slant)
    gain *= np.float32(-math.log(10.0) / 20.0)
    np.exp(gain, out=gain)
    haze = None if own is None else np.zeros(shape, np.float32)
    if stops is not None and haze is not None:
        fall = 10.0 ** (-0.1 * a.air_haze_fall_db_per_mm * h * slant.path)
        through, stopped = spread_shade_of(stops, fall, h, slant)
        gain *= np.maximum(through**2, np.float32(10.0 ** (a.shadow_floor_db / 20.0)))
        haze += np.float32(10.0 ** (0.1 * a.air_haze_db)) * stopped
    return Filled(low, gain, np.sqrt(left, out=left), own, haze)


def _overlap(low: Voxel, shape: Voxel, first: Voxel, size: tuple[int, ...]) -> tuple[Box, Box]:
    """Return where a box of `size` at voxel `first` meets one of `shape` at `low`, in either."""
    begin = [max(a, b) for a, b in zip(low, first, strict=True)]
    ends = zip(low, shape, first, size, strict=True)
    end = [max(b, min(a + n, f + m)) for b, (a, n, f, m) in zip(begin, ends, strict=True)]
    return _slices(begin, end, low), _slices(begin, end, first)


def _slices(begin: list[int], end: list[int], first: Voxel) -> Box:
    z, y, x = (slice(b - f, e - f) for b, e, f in zip(begin, end, first, strict=True))
    return z, y, x


@lru_cache(maxsize=32)
def _share_of_voxels(centre: bytes, axes: bytes, h: float) -> tuple[Voxel, Volume]:
    """Return the first voxel that an ellipsoid may meet, and the share of each that it fills.

    Kept, for the pool stays as it is while the probe leans this way and that.
    """
    middle, columns = np.frombuffer(centre), np.frombuffer(axes).reshape(3, 3)
    half = np.linalg.norm(columns, axis=1) + h
    first = np.floor((middle - half) / h).astype(int)
    count = np.ceil((middle + half) / h).astype(int) - first
    x, y, z = (
        ((f + 0.5 + np.arange(n)) * h - m).astype(np.float32)
        for f, n, m in zip(first, count, middle, strict=True)
    )
    inverse = np.linalg.inv(columns).astype(np.float32)
    ball = [
        row[2] * z[:, None, None] + row[1] * y[None, :, None] + row[0] * x[None, None, :]
        for row in inverse
    ]
    square = ball[0] ** 2 + ball[1] ** 2 + ball[2] ** 2
    steep = np.zeros_like(square)
    for column in inverse.T:
        steep += (column[0] * ball[0] + column[1] * ball[1] + column[2] * ball[2]) ** 2
    radius = np.sqrt(square)
    deep = (radius - square) / np.maximum(np.sqrt(steep), np.float32(1e-9))
    # In the very middle there is no direction; the shortest axis is as deep as it gets.
    deep[radius < 1e-6] = np.linalg.svd(columns, compute_uv=False)[-1]
    share = np.clip(0.5 + deep / np.float32(h), 0.0, 1.0)
    i, j, k = (int(n) for n in first)
    return (k, j, i), np.asarray(share, np.float32)


def _close(stops: Volume, centre: Array, axes: Array, h: float) -> None:
    """Let no sound through the face of air, however thin the air behind it is.

    `centre` is that from the corner of the first voxel.
    """
    top = Silhouette(axes)
    half = np.linalg.norm(axes, axis=1)
    size = np.array(stops.shape[::-1])
    first = np.clip(np.floor((centre - half) / h).astype(int) - 1, 0, size)
    last = np.clip(np.ceil((centre + half) / h).astype(int) + 1, 0, size)
    x, y = ((np.arange(first[d], last[d]) + 0.5) * h - centre[d] for d in (0, 1))
    beside = np.stack(np.meshgrid(x, y))
    share = np.clip(0.5 + top.inside(beside) / h, 0.0, 1.0)
    slices = np.floor((centre[2] + top.face(beside)[0]) / h).astype(int)
    j, i = np.nonzero((share > 0.0) & (slices >= 0) & (slices < stops.shape[0]))
    at = slices[j, i], j + first[1], i + first[0]
    stops[at] = np.maximum(stops[at], share[j, i])
