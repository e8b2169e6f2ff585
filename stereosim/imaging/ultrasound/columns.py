"""The breast in columns, each a function of its index alone, for a probe that moves freely.

What a column's neighbours do to it (a shadow that spreads, a sheet that goes on) is known from the
ring of columns around it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.probe import LARGEST_STRAIN
from stereosim.imaging.ultrasound.acoustics import load_acoustics
from stereosim.imaging.ultrasound.beam import Grid, surviving_spectrum
from stereosim.imaging.ultrasound.interfaces import Sheets
from stereosim.imaging.ultrasound.medium import (
    CELL_MM,
    LEVEL,
    NO_SHADOWS,
    Slant,
    loss_per_slice,
    spread_loss_db,
)
from stereosim.imaging.ultrasound.probes import Probe
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
_EDGE = 8  # voxels that the filters of the sheets' echo reach
_DEPTHS_MM = 10.0  # columns are built to a multiple of this, and a little below it
_BELOW = 5  # voxels
_PROFILE_VOXEL_MM = 1.6
_PROFILE_EXTENT_MM = 40.0
# At 40 mm a piece takes 0.6 MB and a column 0.3 MB: under 250 MB, with most of a breast in columns.
_PIECES_KEPT, _COLUMNS_KEPT = 120, 600


class Key(NamedTuple):
    """Which column: index along x and y, and how many voxels it reaches down."""

    i: int
    j: int
    slices: int


class Piece(NamedTuple):
    """The anatomy of a column, and its attenuation."""

    field: SupineField
    attenuation: Volume


class Column(NamedTuple):
    """One column as a probe hears it.

    Echo of one scatterer per voxel before attenuation, for a level probe; what of it others hear
    otherwise; attenuation; gain of a level probe without specks; skin.
    """

    echo: Volume
    sheets: Sheets
    attenuation: Volume
    gain: Volume
    skin_mm: NDArray[np.float32]


class Mean(NamedTuple):
    """The mean tissue at the depth of each slice.

    Attenuation, dB/(cm MHz^y), volume fraction of gland, centre of the echo's band, MHz.
    """

    attenuation: Array
    gland: Array
    frequency_mhz: Array


class Columns:
    """One patient in columns; the last ones used are kept.

    Parameters
    ----------
    patient : VirtualPatient
        Asked for ``supine_field``, ``referral`` and ``seed``.
    probe : Probe
        The array: its band decides what a slice of tissue loses.

    Attributes
    ----------
    seed : int
        Which scatterers.
    acoustics : Acoustics
        Constants.
    """

    def __init__(self, patient: VirtualPatient, probe: Probe) -> None:
        self._patient, self._probe = patient, probe
        self.acoustics = load_acoustics()
        self.seed = derived_seed(patient.seed, "scatterers")
        slices = slices_to(DEEPEST_MM / (1.0 - LARGEST_STRAIN))
        self.depth_mm: Array = np.linspace(0.5, slices - 0.5, slices) * VOXEL_MM
        self._mean: Mean | None = None
        self._pieces: OrderedDict[Key, Piece] = OrderedDict()
        self._columns: OrderedDict[Key, Column] = OrderedDict()

    def build_next(self, keys: list[Key]) -> bool:
        """Build one piece of what is missing of these columns; return whether there was any."""
        for key in keys:
            if key in self._columns:
                continue
            for near in _ring(key):
                if near not in self._pieces:
                    self._piece(near)
                    return True
            self.column(key)
            return True
        return False

    def column(self, key: Key) -> Column:
        """Return a column, built if it is missing."""
        return kept(self._columns, key, lambda: self._built(key), _COLUMNS_KEPT)

    def _piece(self, key: Key) -> Piece:
        def build() -> Piece:
            low = np.array([key.i * TILE_MM, key.j * TILE_MM, 0.0])
            size = np.array([TILE_MM, TILE_MM, key.slices * VOXEL_MM])
            field = self._patient.supine_field(low, low + size, VOXEL_MM)
            return Piece(field, attenuation_of(tissue_parts(field, self.acoustics)))

        return kept(self._pieces, key, build, _PIECES_KEPT)

    def _built(self, key: Key) -> Column:
        a = self.acoustics
        ring = [self._piece(near) for near in _ring(key)]
        inner = slice(SIDE, 2 * SIDE)
        loss_db = spread_loss_db(
            _joined([piece.attenuation for piece in ring], SIDE),
            *self.made_up_for(key.slices, LEVEL),
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
        power, sheets = backscatter_of(near, tissue_parts(near, a), a, self.seed)
        return Column(
            np.sqrt(power[:, inner, inner] * np.float32(np.prod(CELL_MM))),
            sheets.inner(power.shape, _EDGE),
            ring[4].attenuation,
            np.asarray(10.0 ** (-loss_db / 20.0), np.float32),
            skin_thickness_mm(own),
        )

    def made_up_for(self, slices: int, slant: Slant) -> tuple[Array, Array]:
        """Return what the time-gain compensation makes up for in each slice along a slanting beam.

        That is the mean attenuation, and what 1 dB/(cm MHz^y) loses there, dB.
        """
        mean = self.mean_tissue()
        along_beam = self.depth_mm[:slices] * slant.path
        heard = np.interp(along_beam, self.depth_mm, mean.frequency_mhz)
        attenuation = np.interp(along_beam, self.depth_mm, mean.attenuation)
        return attenuation, loss_per_slice(heard, VOXEL_MM * slant.path, self.acoustics)

    def mean_tissue(self) -> Mean:
        """Return the mean about the place that the referral names."""
        if self._mean is None:
            a, place = self.acoustics, self._patient.referral.supine_mm[:2]
            box = scan_box(place, _PROFILE_EXTENT_MM, self._probe, DEEPEST_MM)
            coarse = self._patient.supine_field(*box, _PROFILE_VOXEL_MM)
            at = coarse.origin_mm[2] + _PROFILE_VOXEL_MM * np.arange(coarse.gland.shape[0])
            attenuation, gland = (
                np.interp(self.depth_mm, at, volume.mean(axis=(1, 2), dtype=np.float64))
                for volume in (attenuation_of(tissue_parts(coarse, a)), coarse.gland)
            )
            grid = Grid(depth_mm=DEEPEST_MM)
            summed = np.cumsum(self.at_rows(attenuation, grid)) * grid.row_mm * 0.1
            centre = surviving_spectrum(self._probe, summed, a.attenuation_exponent)[0]
            frequency = np.interp(self.depth_mm, np.arange(grid.rows) * grid.row_mm, centre)
            self._mean = Mean(attenuation, gland, frequency)
        return self._mean

    def at_rows(self, profile: Array, grid: Grid) -> Array:
        """Return a profile of the mean tissue at the rows of `grid`."""
        rows_mm = np.arange(grid.rows) * grid.row_mm
        return np.asarray(np.interp(rows_mm, self.depth_mm, profile))


def slices_to(depth_mm: float) -> int:
    """Return how many voxels a column has that reaches down to `depth_mm`."""
    return round(_DEPTHS_MM * math.ceil(depth_mm / _DEPTHS_MM) / VOXEL_MM) + _BELOW


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


def kept(store: OrderedDict[K, T], key: K, build: Callable[[], T], limit: int) -> T:
    """Return what `store` holds for `key`, built if it is missing; the oldest use goes first."""
    if key not in store:
        store[key] = build()
        while len(store) > limit:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]
