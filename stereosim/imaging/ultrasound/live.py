"""The breast under a probe that moves freely: built in columns as the probe comes near.

A frame needs the tissue under the probe only.  The breast is cut into columns of ``TILE_MM`` along
x and y; each is a function of its index alone, so that a place looks the same from wherever and in
whatever order the probe came there.

Attenuation along the beam of a level probe belongs to the columns; for a probe that leans or
presses it is summed anew over the columns under it, once per direction.

The time-gain compensation follows the mean tissue about the place that the referral names; a sweep
sets it by the tissue that it scans, and so may be brighter or darker by a decibel or two.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import (
    ELEVATION_BIN_MM,
    LATERAL_REACH_MM,
    Beam,
    Grid,
    form_beam,
)
from stereosim.imaging.ultrasound.columns import (
    DEEPEST_MM,
    SIDE,
    TILE_MM,
    Columns,
    Key,
    kept,
    slices_to,
)
from stereosim.imaging.ultrasound.filling import Filled, fill
from stereosim.imaging.ultrasound.frame import Frame, draw_frames
from stereosim.imaging.ultrasound.interfaces import Sheets
from stereosim.imaging.ultrasound.medium import (
    CELL_MM,
    LEVEL,
    Medium,
    Slant,
    speck_shadows,
    spread_loss_db,
)
from stereosim.imaging.ultrasound.pools import NO_POOLS, Points, Pools, pool_points
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.imaging.ultrasound.shaft import Shaft
from stereosim.imaging.ultrasound.tissue import VOXEL_MM

if TYPE_CHECKING:
    from stereosim_phantoms.patient import VirtualPatient

__all__ = ["AHEAD_MM", "DEEPEST_MM", "TILE_MM", "LiveTissue"]

Array = NDArray[np.float64]
Volume = NDArray[np.float32]

AHEAD_MM = 24.0  # how far beside the plane columns are prepared: what a quick hand crosses in 0.8 s
_PRESSED = 0.15  # strain for which columns are prepared
_SPARE_MM = 0.5  # of a column's lowest voxels: so a little lean takes the columns there are
_RIM_MM = 2.0  # about the columns that a slanting beam crosses: so far their shadows spread


class _Window:
    """The columns under the probe as one box."""

    def __init__(self, keys: tuple[Key, ...], tissue: Columns) -> None:
        self.keys = keys
        self._columns = [tissue.column(key) for key in keys]
        self._mean = tissue.mean_tissue().attenuation[: keys[0].slices]
        first_i, first_j = min(key.i for key in keys), min(key.j for key in keys)
        self._at = [((key.j - first_j) * SIDE, (key.i - first_i) * SIDE) for key in keys]
        nx = max(i for _, i in self._at) + SIDE
        ny = max(j for j, _ in self._at) + SIDE
        self.shape = keys[0].slices, ny, nx
        self.first = first_i * SIDE, first_j * SIDE  # voxel along x and y
        self.origin_mm: Array = np.array([first_i * TILE_MM, first_j * TILE_MM, 0.0])
        self.origin_mm += 0.5 * VOXEL_MM

    def _fill(self, box: Volume, parts: list[Volume]) -> Volume:
        for part, (j, i) in zip(parts, self._at, strict=True):
            box[..., j : j + SIDE, i : i + SIDE] = part
        return box

    @cached_property
    def echo(self) -> Volume:
        """Echo of one scatterer per voxel before attenuation; where no beam comes 0."""
        return self._fill(np.zeros(self.shape, np.float32), [c.echo for c in self._columns])

    @cached_property
    def sheets(self) -> Sheets:
        """What of the echo a probe that leans or presses hears otherwise."""
        found = [c.sheets for c in self._columns]
        voxel = []
        for sheets, (j, i) in zip(found, self._at, strict=True):
            z, y, x = np.unravel_index(sheets.voxel, (self.shape[0], SIDE, SIDE))
            voxel.append(np.ravel_multi_index((z, y + j, x + i), self.shape))
        return Sheets(
            np.concatenate(voxel),
            np.concatenate([sheets.power for sheets in found]),
            np.concatenate([sheets.level for sheets in found]),
            np.concatenate([sheets.slopes for sheets in found], axis=1),
        )

    @cached_property
    def gain(self) -> Volume:
        """What attenuation leaves for a level probe, without specks."""
        return self._fill(np.zeros(self.shape, np.float32), [c.gain for c in self._columns])

    @cached_property
    def attenuation(self) -> Volume:
        """One way, dB/(cm MHz^y); that of the mean tissue where no beam comes."""
        box = np.empty(self.shape, np.float32)
        box[:] = self._mean[:, None, None]
        return self._fill(box, [c.attenuation for c in self._columns])

    @cached_property
    def skin_mm(self) -> Volume:
        """Thickness of the skin."""
        return self._fill(np.zeros(self.shape[1:], np.float32), [c.skin_mm for c in self._columns])


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
        self._probe = probe
        self._tissue = Columns(patient, probe)
        self._beams: OrderedDict[tuple[Grid, float | None], Beam] = OrderedDict()
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="ultrasound")
        self._window: _Window | None = None
        self._shaded: tuple[object, Volume, Volume] | None = None
        self._filled: tuple[object, list[Filled]] | None = None
        self._points: tuple[object, Points] | None = None

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
        pools: Pools = NO_POOLS,
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
        pools : Pools
            The fluids that are in the tissue.
        """
        keys = tuple(self._keys(pose, grid.depth_mm))
        if self._window is None or self._window.keys != keys:
            self._window = _Window(keys, self._tissue)
        window, slant = self._window, Slant.of(pose)
        gain, amplitude = self._with_shadows(window, slant, speck_mm, speck_radius_mm, pools)
        medium = Medium(
            beam=self._beam(grid, focus_mm),
            origin_mm=window.origin_mm,
            spacing_mm=VOXEL_MM,
            gain=gain,
            amplitude=amplitude,
            skin_mm=window.skin_mm,
            speck_mm=speck_mm,
            speck_radius_mm=speck_radius_mm,
            seed=self._tissue.seed,
            acoustics=self._tissue.acoustics,
            slant=slant,
        )
        frames = draw_frames(
            medium,
            (pose,),
            1.0,
            self._probe,
            seed=seed,
            shaft=shaft,
            points=self._points_of(pools) if len(pools) else None,
            helper=self._helper,
        )
        return next(frames)

    def prepare(self, pose: ProbePose, depth_mm: float) -> bool:
        """Build one piece of what is missing near the probe (about 30 ms); False when all is there.

        The plane comes first, then its surroundings out to ``AHEAD_MM``, then what comes into the
        plane from below when the probe is pressed.
        """
        for ahead in np.arange(0.0, AHEAD_MM + 1.0, TILE_MM):
            if self._tissue.build_next(self._keys(pose, depth_mm, float(ahead))):
                return True
        if pose.strain == 0.0:
            return self._tissue.build_next(self._keys(replace(pose, strain=_PRESSED), depth_mm))
        return False

    # --- which columns ----------------------------------------------------------------------------
    def _keys(self, pose: ProbePose, depth_mm: float, ahead_mm: float = 0.0) -> list[Key]:
        """Return the columns that a frame at `pose` hears, and those `ahead_mm` beside it."""
        c, s = pose.lateral_axis()[:2]
        spread = 0.5 * TILE_MM * (abs(c) + abs(s))
        half_u = 0.5 * self._probe.width_mm + LATERAL_REACH_MM + VOXEL_MM + ahead_mm
        # The elevational beam is stored to this distance from the plane.
        half_v = 0.6 * self._probe.element_height_mm + 9 * ELEVATION_BIN_MM + VOXEL_MM
        place = np.array([pose.x_mm, pose.y_mm])
        slant = Slant.of(pose)
        if slant != LEVEL:
            t, left = math.radians(pose.tilt_deg), 1.0 - pose.strain
            aside = 0.5 * depth_mm / slant.path * np.array(slant.aside)
            place += aside
            depth_mm = (depth_mm * math.cos(t) + half_v * abs(math.sin(t))) / left - _SPARE_MM
            half_v = half_v * left / math.cos(t) + float(np.hypot(*aside)) + _RIM_MM
            half_u += _RIM_MM
        half_v += ahead_mm
        slices = slices_to(depth_mm)
        reach = np.array([abs(c) * half_u + abs(s) * half_v, abs(s) * half_u + abs(c) * half_v])
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

    # --- what is under the probe ------------------------------------------------------------------
    def _beam(self, grid: Grid, focus_mm: float | None) -> Beam:
        def build() -> Beam:
            mean = self._tissue.mean_tissue()
            attenuation, gland = (
                self._tissue.at_rows(profile, grid) for profile in (mean.attenuation, mean.gland)
            )
            return form_beam(
                self._probe, self._tissue.acoustics, attenuation, grid, focus_mm, gland
            )

        return kept(self._beams, (grid, focus_mm), build, 16)

    def _with_shadows(
        self, window: _Window, slant: Slant, speck_mm: Array, radius_mm: Array, pools: Pools
    ) -> tuple[Volume, Volume]:
        """Return gain and amplitude of the window behind specks and pools (the last kept)."""
        mark = (window.keys, slant, speck_mm.tobytes(), radius_mm.tobytes(), pools.mark)
        if self._shaded is None or self._shaded[0] != mark:
            if slant == LEVEL:
                gain = _shadowed(window, speck_mm, radius_mm)
                amplitude = window.echo * gain
            else:
                passed = self._helper.submit(self._slanting, window, slant, speck_mm, radius_mm)
                amplitude = self._turned(window, slant)
                gain = passed.result()
                amplitude *= gain
            if len(pools):
                gain = gain.copy() if gain is window.gain else gain
                first = 0, window.first[1], window.first[0]
                for filled in self._filling(window.shape[0], slant, pools):
                    filled.into(gain, amplitude, first)
            self._shaded = mark, gain, amplitude
        return self._shaded[1:]

    def _filling(self, slices: int, slant: Slant, pools: Pools) -> list[Filled]:
        """Return what the pools do to the tissue along this beam (the last is kept)."""
        mark = (pools.mark, slant, slices)
        if self._filled is None or self._filled[0] != mark:
            tissue = self._tissue
            profiles = tissue.made_up_for(slices, slant)
            filled = fill(pools, tissue.seed, slices, VOXEL_MM, profiles, slant, tissue.acoustics)
            self._filled = mark, filled
        return self._filled[1]

    def _points_of(self, pools: Pools) -> Points:
        if self._points is None or self._points[0] != pools.mark:
            points = pool_points(pools, self._tissue.seed, self._tissue.acoustics)
            self._points = pools.mark, points
        return self._points[1]

    def _turned(self, window: _Window, slant: Slant) -> Volume:
        """Return the window's echo, with its sheets as a slanting beam meets them."""
        acceptance_deg = self._tissue.acoustics.specular_acceptance_deg
        gained = window.sheets.gained(slant, acceptance_deg) * np.float32(np.prod(CELL_MM))
        echo, at = window.echo.copy(), window.sheets.voxel
        echo.ravel()[at] = np.sqrt(np.maximum(echo.ravel()[at] ** 2 + gained, 0.0))
        return echo

    def _slanting(self, window: _Window, slant: Slant, speck_mm: Array, radius_mm: Array) -> Volume:
        """Return the window's gain along a slanting beam, with the shadows of the specks."""
        loss_db = spread_loss_db(
            window.attenuation,
            *self._tissue.made_up_for(window.shape[0], slant),
            speck_shadows(speck_mm, radius_mm, window.origin_mm, VOXEL_MM, window.shape),
            VOXEL_MM,
            slant=slant,
        )
        loss_db *= np.float32(-math.log(10.0) / 20.0)
        return np.asarray(np.exp(loss_db, out=loss_db))


def _shadowed(window: _Window, speck_mm: Array, radius_mm: Array) -> Volume:
    """Return the window's gain with the shadows of the specks, a ring of columns around it heard.

    Losses in dB add up, so the specks' can be spread on their own, in the box that they fill.
    """
    shape = np.array(window.shape)[::-1]
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
