"""The reader of a sweep: looks for bright foci and dark masses, in the frames and nothing else.

A *focus* is a spot of the size of the beam that stands out of its surroundings on all sides (a
ligament stands out on two).  Its statistic is its level in excess of what other foci of the same
breast reach. A *cluster* adds up that excess over the foci within a ball.  A *mass* is an ellipsoid
that is darker than all that surrounds it and darker than fat.  How sure the reader may be of each
is told in :mod:`stereosim.imaging.ultrasound.certainty`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from stereosim.imaging.ultrasound.certainty import SPECK_LOOKS, Thresholds, load_thresholds
from stereosim.imaging.ultrasound.reader import load_reader
from stereosim.imaging.ultrasound.sweep import Sweep
from stereosim.kernels.observer import ring_contrast

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

READER = load_reader()


@dataclass(frozen=True)
class Foci:
    """Bright foci of a sweep, the strongest first.

    Attributes
    ----------
    position_mm : ndarray (n, 3)
        Supine frame.
    level_db : ndarray (n,)
        Over the surroundings.
    """

    position_mm: Array
    level_db: Array

    def above(self, deepest_mm: float) -> Foci:
        """Return those that lie no deeper than `deepest_mm`."""
        kept = self.position_mm[:, 2] <= deepest_mm
        return Foci(self.position_mm[kept], self.level_db[kept])


@dataclass(frozen=True)
class EchoFinding:
    """Something that the reader reports.

    Attributes
    ----------
    kind : {"specks", "mass"}
        Bright foci, or a dark mass.
    position_mm : ndarray (3,)
        Its middle, supine frame.
    statistic, threshold : float
        What was measured, and what the reader asks for; dB.
    extent_mm : float
        Largest width; 0 for a single focus.
    false_alarm_probability : float
        How sure: the probability that a search of as much tissue without any such thing reports
        something of this kind that stands out as much, 0 to 1.  The fitted law gives it; the null
        scans behind the law (see :class:`Thresholds`) vouch for it down to about one in their
        number.
    foci_mm : ndarray (k, 3)
        Foci that it is made of, supine frame; none for a mass.
    """

    kind: Literal["specks", "mass"]
    position_mm: Array
    statistic: float
    threshold: float
    extent_mm: float
    false_alarm_probability: float
    foci_mm: Array = field(default_factory=lambda: np.zeros((0, 3)))


def search(
    sweep: Sweep, *, thresholds: Thresholds | None = None, deepest_mm: float = math.inf
) -> list[EchoFinding]:
    """Return what the reader finds in a sweep, the surest first.

    Parameters
    ----------
    sweep : Sweep
        The frames.
    thresholds : Thresholds, optional
        Those of the sweep's probe, at a false-alarm rate of 0.05, where none are given.
    deepest_mm : float
        Nothing is looked for below this depth, such as that of the pectoral muscle.
    """
    limits = load_thresholds(sweep.probe.name) if thresholds is None else thresholds
    depth = sweep.stack.shape[1] * sweep.row_mm
    volume = sweep.volume_cm3 * min(1.0, deepest_mm / depth)
    found = _specks(find_foci(sweep).above(deepest_mm), volume, limits)
    masses: list[EchoFinding] = []
    limit = limits.at(limits.mass, limits.false_alarm_rate, volume)
    statistic, widths, to_supine = mass_statistic(sweep)
    for index in np.argsort(statistic, axis=None)[::-1]:
        at = np.unravel_index(index, statistic.shape)
        if statistic[at] <= limit:
            break
        point, width = to_supine(at), float(widths[at])
        if point[2] <= deepest_mm and not _near(masses, point, width):
            db = float(statistic[at])
            chance = limits.chance(limits.mass, db, volume)
            masses.append(EchoFinding("mass", point, db, limit, width, chance))
    return sorted(found + masses, key=lambda item: item.false_alarm_probability)


def _near(
    found: list[EchoFinding], point: Array, distance_mm: float = READER.cluster_radius_mm
) -> bool:
    return any(np.linalg.norm(item.position_mm - point) < distance_mm for item in found)


def focus_map(frame: NDArray[np.float32], row_mm: float, column_mm: float) -> Volume:
    """Return the level (dB) of each pixel over its surroundings; of two rows the brighter."""
    power = frame * frame
    point = ndimage.gaussian_filter(
        power, (READER.focus_mm[0] / row_mm, READER.focus_mm[1] / column_mm), truncate=2.5
    )
    last = power.shape[0] // 2 * 2
    point = np.maximum(point[0:last:2], point[1:last:2])
    patch = (
        max(1, round(READER.patch_mm[0] / row_mm)),
        max(1, round(READER.patch_mm[1] / column_mm)),
    )
    smooth = ndimage.uniform_filter(power, patch, mode="nearest")[0:last:2]
    turn = np.arange(8) * np.pi / 4.0
    down = np.rint(READER.ring_mm[0] * np.sin(turn) / (2.0 * row_mm)).astype(np.int64)
    across = np.rint(READER.ring_mm[1] * np.cos(turn) / column_mm).astype(np.int64)
    out = np.empty_like(point)
    ring_contrast(np.ascontiguousarray(point), np.ascontiguousarray(smooth), down, across, 1, out)
    return out


def find_foci(sweep: Sweep, *, above_db: float = READER.candidate_db) -> Foci:
    """Return the local maxima of the focus map that exceed `above_db`."""
    skip = math.ceil(READER.skin_mm / (2.0 * sweep.row_mm))
    places, levels = [], []
    for index, frame in enumerate(sweep.stack):
        level = focus_map(frame, sweep.row_mm, sweep.column_mm)[skip:]
        # A first thinning in the plane keeps the list short; the frames are thinned together below.
        row, column = _peaks(level, above_db)
        places.append(np.column_stack([np.full(row.size, index), 2 * (row + skip), column]))
        levels.append(level[row, column])
    place = np.concatenate(places).astype(np.float64)
    level_db = np.concatenate(levels).astype(np.float64)
    kept = _thinned(
        place * [sweep.step_mm, sweep.row_mm, sweep.column_mm] / READER.apart_mm, level_db
    )
    index_, row_, column_ = place[kept].T
    return Foci(sweep.supine_mm(index_, row_, column_), level_db[kept])


def _peaks(level: Volume, above_db: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows and columns that exceed `above_db` and all within two pixels of them."""
    row, column = np.nonzero(level > above_db)
    peak = np.ones(row.size, bool)
    for down, across in np.ndindex(5, 5):
        beside = (
            np.clip(row + down - 2, 0, level.shape[0] - 1),
            np.clip(column + across - 2, 0, level.shape[1] - 1),
        )
        peak &= level[row, column] >= level[beside]
    return row[peak], column[peak]


def _thinned(scaled: Array, level: Array) -> NDArray[np.int64]:
    """Return which points have no stronger one within distance 1, the strongest first."""
    order = np.argsort(-level, kind="stable")
    if order.size == 0:
        return order
    tree = cKDTree(scaled)
    free = np.ones(level.size, bool)
    kept = []
    for i in order:
        if free[i]:
            kept.append(i)
            free[tree.query_ball_point(scaled[i], 1.0)] = False
    return np.array(kept, np.int64)


@dataclass(frozen=True)
class SpeckStatistics:
    """What the reader measures about each of the strongest foci.

    Attributes
    ----------
    focus_db : ndarray (n,)
        Level over what foci elsewhere in the sweep reach.
    cluster_db : ndarray (n,)
        Sum of that over the foci in a ball around it.
    reference_db : ndarray (n,)
        What foci elsewhere reach.
    members : tuple of ndarray
        Indices of the foci in the ball that count.
    """

    focus_db: Array
    cluster_db: Array
    reference_db: Array
    members: tuple[NDArray[np.int64], ...]


def speck_statistics(foci: Foci, volume_cm3: float) -> SpeckStatistics:
    """Compare the strongest foci with the rest of the same breast.

    One breast is full of bright septa, the next is not, and a reader gets used to it: the reference
    is the level of the strongest foci *elsewhere* (more than ``elsewhere_mm`` away), at the rank
    that leaves ``clutter_per_cm3`` stronger ones in the searched volume.
    """
    n = min(foci.level_db.size, READER.centres)
    if n == 0:
        return SpeckStatistics(np.zeros(0), np.zeros(0), np.zeros(0), ())
    distance = cdist(foci.position_mm[:n], foci.position_mm)
    rank = max(1, round(READER.clutter_per_cm3 * volume_cm3))
    single, group, compared, members = np.empty(n), np.empty(n), np.empty(n), []
    for i in range(n):
        elsewhere = foci.level_db[
            distance[i] > READER.elsewhere_mm
        ]  # strongest first, as the foci are
        reference = elsewhere[rank - 1] if elsewhere.size >= rank else READER.candidate_db
        excess = foci.level_db - reference
        inside = np.flatnonzero((distance[i] <= READER.cluster_radius_mm) & (excess > 0.0))
        compared[i] = reference
        single[i] = excess[i]
        group[i] = excess[inside].sum()
        members.append(inside)
    return SpeckStatistics(single, group, compared, tuple(members))


def _specks(foci: Foci, volume_cm3: float, limits: Thresholds) -> list[EchoFinding]:
    """Return groups whose summed excess is too large for chance, then single foci that are."""
    # Two looks at the specks, the brightest and the group, share the accepted error.
    half = -math.expm1(math.log1p(-limits.false_alarm_rate) / SPECK_LOOKS)
    lone = limits.at(limits.focus, half, volume_cm3)
    limit = limits.at(limits.cluster, half, volume_cm3)
    measured = speck_statistics(foci, volume_cm3)
    found: list[EchoFinding] = []
    for i in np.argsort(-measured.cluster_db, kind="stable"):
        total = float(measured.cluster_db[i])
        if total <= limit:
            break
        group = measured.members[i]
        points = foci.position_mm[group]
        # A focus that hardly stands out of clutter hardly moves the middle.
        excess = foci.level_db[group] - measured.reference_db[i]
        middle = np.average(points, axis=0, weights=excess)
        if not _near(found, middle, 2.0 * READER.cluster_radius_mm):
            extent = float(2.0 * np.linalg.norm(points - middle, axis=1).max())
            chance = limits.chance(limits.cluster, total, volume_cm3, looks=SPECK_LOOKS)
            found.append(EchoFinding("specks", middle, total, limit, extent, chance, points))
    for i in np.flatnonzero(measured.focus_db > lone):
        point = foci.position_mm[i]
        if not _near(found, point):
            db = float(measured.focus_db[i])
            chance = limits.chance(limits.focus, db, volume_cm3, looks=SPECK_LOOKS)
            found.append(EchoFinding("specks", point, db, lone, 0.0, chance, point[None]))
    return found


class _ToSupine:
    """Supine point of an index of the coarse volume."""

    def __init__(self, sweep: Sweep, blocks: tuple[int, int, int]) -> None:
        self.sweep, self.blocks = sweep, blocks

    def __call__(self, at: tuple[np.intp, ...]) -> Array:
        fine = [(int(i) + 0.5) * b - 0.5 for i, b in zip(at, self.blocks, strict=True)]
        return self.sweep.supine_mm(*fine)


def mass_statistic(sweep: Sweep) -> tuple[Volume, Volume, _ToSupine]:
    """Darkness of ellipsoids about each point of a coarse volume.

    The statistic (dB of mean log envelope) is the smaller of two contrasts: of the inside against
    the least dark of its six neighbours (above, below, left, right, before, behind), which a lobule
    of fat open to one side fails, and against subcutaneous fat, which a lobule of fat should fail.

    Returns
    -------
    statistic, width_mm : float32 ndarray (frames', rows', columns')
        The largest statistic over the templates, and that template's width.
    to_supine : callable
        Carries an index of that volume to the supine frame.
    """
    blocks = (
        max(1, round(1.0 / sweep.step_mm)),
        max(1, round(0.5 / sweep.row_mm)),
        max(1, round(1.0 / sweep.column_mm)),
    )
    coarse = _block_mean(sweep.stack, blocks)
    spacing = np.array(blocks) * [sweep.step_mm, sweep.row_mm, sweep.column_mm]
    depth = (np.arange(coarse.shape[1]) + 0.5) * spacing[1]
    band = (depth >= READER.fat_band_mm[0]) & (depth <= READER.fat_band_mm[1])
    fat = float(np.median(coarse[:, band])) if band.any() else 0.0
    best = np.full(coarse.shape, -np.inf, np.float32)
    widths = np.zeros(coarse.shape, np.float32)
    for width, height in zip(READER.mass_width_mm, READER.mass_height_mm, strict=True):
        inside, around = _templates(width, height, spacing)
        middle = signal.fftconvolve(coarse, inside, mode="same")
        sides = [signal.fftconvolve(coarse, side, mode="same") for side in around]
        enclosed = np.min(sides, axis=0) - middle
        statistic = np.minimum(enclosed, fat - middle + READER.fat_offset_db)
        room = np.ceil(0.5 * np.array([width, height, width]) / spacing).astype(int)
        valid = np.zeros(coarse.shape, bool)
        valid[
            room[0] : coarse.shape[0] - room[0],
            room[1] + math.ceil(READER.skin_mm / spacing[1]) : coarse.shape[1] - room[1],
            room[2] : coarse.shape[2] - room[2],
        ] = True
        better = valid & (statistic > best)
        best[better] = statistic[better]
        widths[better] = width
    return best, widths, _ToSupine(sweep, blocks)


def _block_mean(stack: Volume, blocks: tuple[int, int, int]) -> Array:
    """Mean log envelope (dB) over blocks of pixels; what does not fill a block is left out."""
    n = [size // block for size, block in zip(stack.shape, blocks, strict=True)]
    out = np.empty(n)
    for k in range(n[0]):
        part = stack[k * blocks[0] : (k + 1) * blocks[0], : n[1] * blocks[1], : n[2] * blocks[2]]
        log = 20.0 * np.log10(np.maximum(part, 1e-3))
        out[k] = log.reshape(blocks[0], n[1], blocks[1], n[2], blocks[2]).mean(axis=(0, 2, 4))
    return out


def _templates(width: float, height: float, spacing: Array) -> tuple[Array, list[Array]]:
    """Ellipsoid of unit sum, and the six sides of the shell around it (1.3 to 2 times its size)."""
    axes = 0.5 * np.array([width, height, width])
    half = np.ceil(2.0 * axes / spacing).astype(int)
    grid = np.meshgrid(
        *[np.arange(-n, n + 1) * s / a for n, s, a in zip(half, spacing, axes, strict=True)],
        indexing="ij",
    )
    radius = np.sqrt(sum(g * g for g in grid))
    inside = (radius <= 0.85).astype(float)
    shell = (radius >= 1.3) & (radius <= 2.0)
    sides = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            side = (shell & (sign * grid[axis] > 0.6 * radius)).astype(float)
            if side.any():  # frames may be too far apart for a shell
                sides.append(np.flip(side) / side.sum())  # fftconvolve flips its kernel
    return inside / inside.sum(), sides
