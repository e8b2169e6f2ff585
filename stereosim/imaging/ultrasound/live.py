"""The breast under a probe that moves freely: built in columns as the probe comes near.

A frame needs the tissue under the probe only.  The breast is cut into columns of ``TILE_MM`` along
x and y; each is a function of its index alone, so that a place looks the same from wherever and in
whatever order the probe came there.  What a column's neighbours do to it (a shadow that spreads, a
sheet that goes on) is known from the ring of columns around it.

The time-gain compensation follows the mean tissue about the place that the referral names; a sweep
sets it by the tissue that it scans, and so may be brighter or darker by a decibel or two.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import (
    ELEVATION_BIN_MM,
    LATERAL_REACH_MM,
    Beam,
    Grid,
    form_beam,
    surviving_spectrum,
)
from stereosim.imaging.ultrasound.frame import Frame, draw_frames
from stereosim.imaging.ultrasound.medium import (
    CELL_MM,
    NO_SHADOWS,
    Medium,
    loss_per_slice,
    speck_shadows,
    spread_loss_db,
)
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.imaging.ultrasound.sweep import scan_box
from stereosim.imaging.ultrasound.tissue import (
    VOXEL_MM,
    attenuation_of,
    backscatter_of,
    skin_thickness_mm,
    tissue_parts,
)
from stereosim_phantoms.fields import VOLUMES
from stereosim_phantoms.randomness import derived_seed

if TYPE_CHECKING:
    from stereosim_phantoms.fields import SupineField
    from stereosim_phantoms.patient import VirtualPatient

Array = NDArray[np.float64]
Volume = NDArray[np.float32]
K = TypeVar("K")
T = TypeVar("T")

SIDE = 15  # voxels along x and y of a column
TILE_MM = SIDE * VOXEL_MM
DEEPEST_MM = 80.0
AHEAD_MM = 24.0  # how far beside the plane columns are prepared: what a quick hand crosses in 0.8 s
_EDGE = 8  # voxels that the filters of the sheets' echo reach
_DEPTHS_MM = 10.0  # columns are built to a multiple of this, and a little below it
_BELOW = 5  # voxels
_PROFILE_VOXEL_MM = 1.6
_PROFILE_EXTENT_MM = 40.0
# At 40 mm a piece takes 0.6 MB and a column 0.2 MB: under 200 MB, with most of a breast in columns.
_PIECES_KEPT, _COLUMNS_KEPT = 120, 600


class Key(NamedTuple):
    """Which column: index along x and y, and how many voxels it reaches down."""

    i: int
    j: int
    slices: int


class _Piece(NamedTuple):
    """The anatomy of a column, and its attenuation."""

    field: SupineField
    attenuation: Volume


class _Column(NamedTuple):
    """Echo of one scatterer per voxel before attenuation, gain without specks, skin."""

    echo: Volume
    gain: Volume
    skin_mm: NDArray[np.float32]


class _Window(NamedTuple):
    """The columns under the probe as one box; what no beam reaches is 0."""

    origin_mm: Array
    echo: Volume
    gain: Volume
    skin_mm: NDArray[np.float32]


class LiveTissue:
    """One patient under one probe.

    Use it from one thread at a time; it has a helper thread of its own, which draws half of each
    frame.

    Parameters
    ----------
    patient : VirtualPatient
        Asked for ``supine_field``, ``referral`` and ``seed``.
    probe : Probe
        The array.
    """

    def __init__(self, patient: VirtualPatient, probe: Probe) -> None:
        self._patient, self._probe = patient, probe
        self._acoustics = load_acoustics()
        self._seed = derived_seed(patient.seed, "scatterers")
        slices = round(DEEPEST_MM / VOXEL_MM) + _BELOW
        self._depth_mm: Array = np.linspace(0.5, slices - 0.5, slices) * VOXEL_MM
        self._profile: Array | None = None
        self._gland: Array = np.zeros(0)
        self._loss: Array = np.zeros(0)
        self._pieces: OrderedDict[Key, _Piece] = OrderedDict()
        self._columns: OrderedDict[Key, _Column] = OrderedDict()
        self._beams: OrderedDict[tuple[Grid, float | None], Beam] = OrderedDict()
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="ultrasound")
        self._window: tuple[tuple[Key, ...], _Window] | None = None
        self._shaded: tuple[object, Volume, Volume] | None = None

    def frame(
        self,
        pose: ProbePose,
        speck_mm: Array,
        speck_radius_mm: Array,
        *,
        seed: int,
        grid: Grid,
        focus_mm: float | None = None,
        shaft: Shaft | None = None,
    ) -> Frame:
        """Return what the machine shows, building what of the tissue is still missing.

        Parameters
        ----------
        pose : ProbePose
            Where the probe stands.
        speck_mm, speck_radius_mm : ndarrays (n, 3) and (n,)
            Calcifications as they lie now, supine frame: centres, and radii of equal volume.
        seed : int
            Electronic noise.
        grid : Grid
            Depth, at most ``DEEPEST_MM``, and sampling.
        focus_mm : float, optional
            Transmit focus; the probe's own where none is given.
        shaft : Shaft, optional
            The needle that is in.
        """
        keys = tuple(self._keys(pose, grid.depth_mm))
        if self._window is None or self._window[0] != keys:
            self._window = keys, self._assembled(keys)
        window = self._window[1]
        gain, amplitude = self._with_shadows(keys, window, speck_mm, speck_radius_mm)
        medium = Medium(
            beam=self._beam(grid, focus_mm),
            origin_mm=window.origin_mm,
            spacing_mm=VOXEL_MM,
            gain=gain,
            amplitude=amplitude,
            skin_mm=window.skin_mm,
            speck_mm=speck_mm,
            speck_radius_mm=speck_radius_mm,
            seed=self._seed,
            acoustics=self._acoustics,
        )
        frames = draw_frames(
            medium, (pose,), 1.0, self._probe, seed=seed, shaft=shaft, helper=self._helper
        )
        return next(frames)

    def prepare(self, pose: ProbePose, depth_mm: float) -> bool:
        """Build one piece of what is missing near the probe (about 30 ms); False when all is there.

        The plane comes first, then its surroundings out to ``AHEAD_MM``.
        """
        for ahead in np.arange(0.0, AHEAD_MM + 1.0, TILE_MM):
            for key in self._keys(pose, depth_mm, float(ahead)):
                if key in self._columns:
                    continue
                for near in _ring(key):
                    if near not in self._pieces:
                        self._piece(near)
                        return True
                self._column(key)
                return True
        return False

    # --- which columns ----------------------------------------------------------------------------
    def _keys(self, pose: ProbePose, depth_mm: float, ahead_mm: float = 0.0) -> list[Key]:
        """Return the columns that a frame at `pose` hears, and those `ahead_mm` beside it."""
        slices = round(_DEPTHS_MM * math.ceil(depth_mm / _DEPTHS_MM) / VOXEL_MM) + _BELOW
        c, s = pose.lateral_axis()[:2]
        spread = 0.5 * TILE_MM * (abs(c) + abs(s))
        half_u = 0.5 * self._probe.width_mm + LATERAL_REACH_MM + VOXEL_MM + ahead_mm
        # The elevational beam is stored to this distance from the plane.
        half_v = 0.6 * self._probe.element_height_mm + 9 * ELEVATION_BIN_MM + VOXEL_MM + ahead_mm
        reach = np.array([abs(c) * half_u + abs(s) * half_v, abs(s) * half_u + abs(c) * half_v])
        place = np.array([pose.x_mm, pose.y_mm])
        low = np.floor((place - reach) / TILE_MM).astype(int)
        high = np.floor((place + reach) / TILE_MM).astype(int)
        found = []
        for j in range(low[1], high[1] + 1):
            for i in range(low[0], high[0] + 1):
                x, y = (np.array([i, j]) + 0.5) * TILE_MM - place
                beyond_u, beyond_v = abs(x * c + y * s) - half_u, abs(y * c - x * s) - half_v
                if beyond_u <= spread and beyond_v <= spread:
                    found.append(Key(i, j, slices))
        return found

    # --- the tissue -------------------------------------------------------------------------------
    def _piece(self, key: Key) -> _Piece:
        def build() -> _Piece:
            low = np.array([key.i * TILE_MM, key.j * TILE_MM, 0.0])
            size = np.array([TILE_MM, TILE_MM, key.slices * VOXEL_MM])
            field = self._patient.supine_field(low, low + size, VOXEL_MM)
            return _Piece(field, attenuation_of(tissue_parts(field, self._acoustics)))

        return _kept(self._pieces, key, build, _PIECES_KEPT)

    def _column(self, key: Key) -> _Column:
        return _kept(self._columns, key, lambda: self._built(key), _COLUMNS_KEPT)

    def _built(self, key: Key) -> _Column:
        a = self._acoustics
        ring = [self._piece(near) for near in _ring(key)]
        profile, loss = self._mean_tissue()
        inner = slice(SIDE, 2 * SIDE)
        loss_db = spread_loss_db(
            _joined([piece.attenuation for piece in ring], SIDE),
            profile[: key.slices],
            loss[: key.slices],
            NO_SHADOWS,
            VOXEL_MM,
        )[:, inner, inner]
        own = ring[4].field
        volumes: dict[str, Any] = {
            name: _joined([getattr(piece.field, name) for piece in ring], _EDGE) for name in VOLUMES
        }
        corner = own.origin_mm - VOXEL_MM * np.array([_EDGE, _EDGE, 0.0])
        near = replace(own, origin_mm=corner, **volumes)
        inner = slice(_EDGE, -_EDGE)
        power = backscatter_of(near, tissue_parts(near, a), a, self._seed)[:, inner, inner]
        return _Column(
            np.sqrt(power * np.float32(np.prod(CELL_MM))),
            np.asarray(10.0 ** (-loss_db / 20.0), np.float32),
            skin_thickness_mm(own),
        )

    def _mean_tissue(self) -> tuple[Array, Array]:
        """Return the mean attenuation of each slice, and what 1 dB/(cm MHz^y) loses there, dB."""
        if self._profile is None:
            a, place = self._acoustics, self._patient.referral.supine_mm[:2]
            box = scan_box(place, _PROFILE_EXTENT_MM, self._probe, DEEPEST_MM)
            coarse = self._patient.supine_field(*box, _PROFILE_VOXEL_MM)
            mean = attenuation_of(tissue_parts(coarse, a)).mean(axis=(1, 2), dtype=np.float64)
            at = coarse.origin_mm[2] + _PROFILE_VOXEL_MM * np.arange(mean.size)
            self._profile = np.interp(self._depth_mm, at, mean)
            gland = coarse.gland.mean(axis=(1, 2), dtype=np.float64)
            self._gland = np.interp(self._depth_mm, at, gland)
            grid = Grid(depth_mm=DEEPEST_MM)
            summed = np.cumsum(self._per_row(grid, self._profile)) * grid.row_mm * 0.1
            centre = surviving_spectrum(self._probe, summed, a.attenuation_exponent)[0]
            rows_mm = np.arange(grid.rows) * grid.row_mm
            frequency = np.interp(self._depth_mm, rows_mm, centre)
            self._loss = loss_per_slice(frequency, VOXEL_MM, a)
        return self._profile, self._loss

    def _per_row(self, grid: Grid, profile: Array) -> Array:
        """Return a profile of the mean tissue at the rows of `grid`."""
        rows_mm = np.arange(grid.rows) * grid.row_mm
        return np.asarray(np.interp(rows_mm, self._depth_mm, profile))

    def _beam(self, grid: Grid, focus_mm: float | None) -> Beam:
        def build() -> Beam:
            attenuation = self._per_row(grid, self._mean_tissue()[0])
            gland = self._per_row(grid, self._gland)
            return form_beam(self._probe, self._acoustics, attenuation, grid, focus_mm, gland)

        return _kept(self._beams, (grid, focus_mm), build, 16)

    # --- what is under the probe ------------------------------------------------------------------
    def _assembled(self, keys: tuple[Key, ...]) -> _Window:
        """Lay the columns side by side."""
        first_i, first_j = min(key.i for key in keys), min(key.j for key in keys)
        nx = (max(key.i for key in keys) - first_i + 1) * SIDE
        ny = (max(key.j for key in keys) - first_j + 1) * SIDE
        echo, gain = (np.zeros((keys[0].slices, ny, nx), np.float32) for _ in range(2))
        skin = np.zeros((ny, nx), np.float32)
        for key in keys:
            column = self._column(key)
            j, i = (key.j - first_j) * SIDE, (key.i - first_i) * SIDE
            echo[:, j : j + SIDE, i : i + SIDE] = column.echo
            gain[:, j : j + SIDE, i : i + SIDE] = column.gain
            skin[j : j + SIDE, i : i + SIDE] = column.skin_mm
        corner = np.array([first_i * TILE_MM, first_j * TILE_MM, 0.0])
        return _Window(corner + 0.5 * VOXEL_MM, echo, gain, skin)

    def _with_shadows(
        self, keys: tuple[Key, ...], window: _Window, speck_mm: Array, radius_mm: Array
    ) -> tuple[Volume, Volume]:
        """Return gain and amplitude of the window behind these specks (the last are kept)."""
        mark = (keys, speck_mm.tobytes(), radius_mm.tobytes())
        if self._shaded is None or self._shaded[0] != mark:
            gain = _shadowed(window, speck_mm, radius_mm)
            self._shaded = mark, gain, window.echo * gain
        return self._shaded[1:]


def _shadowed(window: _Window, speck_mm: Array, radius_mm: Array) -> Volume:
    """Return the window's gain with the shadows of the specks, a ring of columns around it heard.

    Losses in dB add up, so the specks' can be spread on their own, in the box that they fill.
    """
    shape = np.array(window.gain.shape)[::-1]
    at = np.rint((speck_mm - window.origin_mm) / VOXEL_MM).astype(int)
    near = np.all((at[:, :2] >= -SIDE) & (at[:, :2] < shape[:2] + SIDE), axis=1)
    near &= (at[:, 2] >= 0) & (at[:, 2] < shape[2])
    if not near.any():
        return window.gain
    low = at[near].min(axis=0) - [SIDE, SIDE, 0]  # above the first speck there is no shadow
    high = at[near].max(axis=0) + SIDE + 1
    high[2] = shape[2]
    size = tuple(int(n) for n in (high - low)[::-1])
    origin = window.origin_mm + low * VOXEL_MM
    shadows = speck_shadows(speck_mm[near], radius_mm[near], origin, VOXEL_MM, size)
    nothing = np.zeros(size[0])
    loss_db = spread_loss_db(np.zeros(size, np.float32), nothing, nothing, shadows, VOXEL_MM)
    gain = window.gain.copy()
    first, last = np.maximum(low, 0), np.minimum(high, shape)
    there = tuple(slice(a, b) for a, b in zip(first[::-1], last[::-1], strict=True))
    here = tuple(slice(a, b) for a, b in zip((first - low)[::-1], (last - low)[::-1], strict=True))
    gain[there] *= 10.0 ** (-loss_db[here] / 20.0)
    return gain


def _ring(key: Key) -> list[Key]:
    """Return the nine columns around `key`, row by row."""
    return [Key(key.i + i, key.j + j, key.slices) for j in (-1, 0, 1) for i in (-1, 0, 1)]


def _joined(ring: list[Volume], edge: int) -> Volume:
    """Return the middle of nine columns (row by row) with `edge` voxels of those around it."""
    part = (slice(-edge, None), slice(None), slice(edge))
    rows = [
        np.concatenate([ring[3 * j + i][:, part[j], part[i]] for i in range(3)], axis=2)
        for j in range(3)
    ]
    return np.concatenate(rows, axis=1)


def _kept(store: OrderedDict[K, T], key: K, build: Callable[[], T], limit: int) -> T:
    """Return what `store` holds for `key`, built if it is missing; the oldest use goes first."""
    if key not in store:
        store[key] = build()
        while len(store) > limit:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]
