"""What pools do to the voxels of the tissue: echo, loss, shadow and haze."""

from __future__ import annotations

from dataclasses import dataclass

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
Box = tuple[slice, slice, slice]
Sides = tuple[Array, Array, Array]

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

    low: tuple[int, int, int]
    gain: Volume
    left: Volume
    own: Volume | None
    haze: Volume | None

    def into(self, gain: Volume, amplitude: Volume, first: tuple[int, int, int]) -> None:
        """Change `gain` and `amplitude` of a window that begins at the voxel `first`."""
        shape, low = np.array(self.gain.shape), np.array(self.low) - first
        begin, end = np.maximum(low, 0), np.minimum(low + shape, gain.shape)
        if (end <= begin).any():
            return
        there = tuple(slice(a, b) for a, b in zip(begin, end, strict=True))
        here = tuple(slice(a, b) for a, b in zip(begin - low, end - low, strict=True))
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


def _box(
    pools: Pools, slices: int, h: float, slant: Slant
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
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
    low: tuple[int, int, int],
    shape: tuple[int, int, int],
    h: float,
    made_up_for: tuple[Array, Array],
    slant: Slant,
    a: Acoustics,
) -> Filled:
    z, y, x = (
        np.asarray((first + 0.5 + np.arange(n)) * h) for first, n in zip(low, shape, strict=True)
    )
    mean, per_slice = (profile[low[0] :] for profile in made_up_for)
    left = np.ones(shape, np.float32)
    excess = np.zeros(shape, np.float32)  # attenuation over that of the mean tissue
    cavity = any(kind != "anaesthetic" for kind in pools.kinds)
    own = np.zeros(shape, np.float32) if cavity else None
    stops = np.zeros(shape, np.float32) if "air" in pools.kinds else None
    for kind in KINDS:
        for i in (i for i, name in enumerate(pools.kinds) if name == kind):
            centre, axes = pools.solids.centres_mm[i], pools.solids.axes_mm[i]
            here, share = _share_of_voxels(centre, axes, (z, y, x), h)
            if not share.size:
                continue
            stays = 1.0 - share * np.float32(pools.shares[i])
            left[here] *= stays
            excess[here] *= stays
            if own is not None:
                own[here] *= stays
            if kind == "air":
                assert stops is not None
                np.maximum(stops[here], share, out=stops[here])
                _close(stops, centre, axes, (z, y, x), h)
                continue
            fluid = a.blood_attenuation if kind == "blood" else 0.0
            excess[here] += (1.0 - stays) * (fluid - mean[here[0]]).astype(np.float32)[
                :, None, None
            ]
            if own is not None:
                own[here] += (1.0 - stays) * np.float32(10.0 ** (0.1 * a.blood_db))
    origin = h * (np.array(low[::-1]) + 0.5)
    wide = 2.0 * points.bubble_radius_mm  # a small soft sphere takes 4 pi a^2 out of the beam
    shadows = speck_shadows(points.bubble_mm, wide, origin, h, shape)
    loss_db = spread_loss_db(excess, np.zeros(shape[0]), per_slice, shadows, h, slant=slant)
    gain = np.asarray(10.0 ** (-loss_db / 20.0), np.float32)
    haze = None if own is None else np.zeros(shape, np.float32)
    if stops is not None and haze is not None:
        fall = 10.0 ** (-0.1 * a.air_haze_fall_db_per_mm * h * slant.path)
        through, stopped = spread_shade_of(stops, fall, h, slant)
        gain *= np.maximum(through**2, np.float32(10.0 ** (a.shadow_floor_db / 20.0)))
        haze += np.float32(10.0 ** (0.1 * a.air_haze_db)) * stopped
    return Filled(low, gain, np.sqrt(left), own, haze)


def _near(centre: Array, half: Array, sides: Sides, h: float) -> Box:
    """Return the voxels within `half` (3,) and one voxel of a centre."""
    found = []
    for side, middle, reach in zip(sides, centre[::-1], half[::-1], strict=True):
        first, last = np.searchsorted(side, [middle - reach - h, middle + reach + h])
        found.append(slice(int(first), int(last)))
    return found[0], found[1], found[2]


def _share_of_voxels(centre: Array, axes: Array, sides: Sides, h: float) -> tuple[Box, Volume]:
    """Return which voxels an ellipsoid may meet and the share of each that it fills."""
    box = _near(centre, np.linalg.norm(axes, axis=1), sides, h)
    z, y, x = (side[part] for side, part in zip(sides, box, strict=True))
    place = np.stack(np.meshgrid(z, y, x, indexing="ij")[::-1]) - centre[:, None, None, None]
    inverse = np.linalg.inv(axes)
    ball = np.tensordot(inverse, place, 1)
    radius = np.sqrt((ball**2).sum(axis=0))
    steep = np.sqrt((np.tensordot(inverse.T, ball, 1) ** 2).sum(axis=0))
    deep = (1.0 - radius) * radius / np.maximum(steep, 1e-9)
    # In the very middle there is no direction; the shortest axis is as deep as it gets.
    deep[radius < 1e-6] = np.linalg.svd(axes, compute_uv=False)[-1]
    return box, np.asarray(np.clip(0.5 + deep / h, 0.0, 1.0), np.float32)


def _close(stops: Volume, centre: Array, axes: Array, sides: Sides, h: float) -> None:
    """Let no sound through the face of air, however thin the air behind it is."""
    top = Silhouette(axes)
    _, ys, xs = _near(centre, np.linalg.norm(axes, axis=1), sides, h)
    y, x = np.meshgrid(sides[1][ys] - centre[1], sides[2][xs] - centre[0], indexing="ij")
    beside = np.stack([x, y])
    share = np.clip(0.5 + top.inside(beside) / h, 0.0, 1.0)
    slices = np.rint((centre[2] + top.face(beside)[0] - sides[0][0]) / h).astype(int)
    j, i = np.nonzero((share > 0.0) & (slices >= 0) & (slices < stops.shape[0]))
    k = slices[j, i]
    at = k, j + ys.start, i + xs.start
    stops[at] = np.maximum(stops[at], share[j, i])
