"""A sweep: the stack of frames that a slow, steady movement of the probe gives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.ultrasound.beam import Grid
from stereosim.imaging.ultrasound.frame import DEFAULT_GRID, Frame, parallel_frames
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.imaging.ultrasound.tissue import Insonated

Array = NDArray[np.float64]
_TOGETHER = 24  # frames drawn at once: their grids take 75 MB
STEP_MM = (
    0.5  # half of the -6 dB slice thickness at the elevation focus: no speck falls between frames
)


@dataclass(frozen=True)
class Sweep:
    """Parallel frames across a region of the skin.

    Attributes
    ----------
    stack : float32 ndarray (n, rows, columns)
        Envelopes, as in :class:`Frame`.
    poses : tuple of ProbePose, length n
        Where the probe stood; equally spaced across the plane.
    row_mm, column_mm, step_mm : float
        Steps along the three axes of the stack; `step_mm` is that of the probe on the skin.
    probe : Probe
        Which probe.
    """

    stack: NDArray[np.float32]
    poses: tuple[ProbePose, ...]
    row_mm: float
    column_mm: float
    step_mm: float
    probe: Probe

    def frame(self, index: int) -> Frame:
        """Return frame `index`."""
        return Frame(self.stack[index], self.row_mm, self.column_mm, self.poses[index], self.probe)

    def supine_mm(self, index: ArrayLike, row: ArrayLike, column: ArrayLike) -> Array:
        """Supine points at rest, shape (3,) or (n, 3), of the stack's (fractional) indices."""
        frame, row_, column_ = np.broadcast_arrays(
            np.asarray(index, float), np.asarray(row, float), np.asarray(column, float)
        )
        u = (column_ - 0.5 * (self.stack.shape[2] - 1)) * self.column_mm
        image = np.stack([u, np.zeros_like(u), row_ * self.row_mm], axis=-1)
        first = self.poses[0]
        across = first.across_axis()
        return np.asarray(first.supine_mm(image) + (frame * self.step_mm)[..., None] * across)

    @property
    def volume_cm3(self) -> float:
        """Volume that was scanned; pressure keeps it."""
        n, rows, columns = self.stack.shape
        area = rows * self.row_mm * columns * self.column_mm
        apart = self.step_mm * float(self.poses[0].matrix[1] @ self.poses[0].across_axis())
        return float(1e-3 * n * apart * area)


def sweep_poses(
    centre_xy_mm: ArrayLike,
    extent_mm: float,
    step_mm: float,
    angle_deg: float = 0.0,
    tilt_deg: float = 0.0,
    strain: float = 0.0,
) -> tuple[ProbePose, ...]:
    """Return poses that cross `extent_mm` about `centre_xy_mm`, at right angles to the array."""
    n = max(1, round(extent_mm / step_mm) + 1)
    a = math.radians(angle_deg)
    x, y = np.asarray(centre_xy_mm, float)
    away = (np.arange(n) - 0.5 * (n - 1)) * step_mm
    return tuple(
        ProbePose(x - d * math.sin(a), y + d * math.cos(a), angle_deg, tilt_deg, strain)
        for d in away
    )


def sweep(
    tissue: Insonated,
    centre_xy_mm: ArrayLike,
    extent_mm: float,
    step_mm: float,
    probe: Probe,
    *,
    seed: int,
    angle_deg: float = 0.0,
    tilt_deg: float = 0.0,
    strain: float = 0.0,
    grid: Grid = DEFAULT_GRID,
    focus_mm: float | None = None,
) -> Sweep:
    """Scan a region.

    Parameters
    ----------
    tissue : Insonated
        What the beam meets; its box must reach half an element height beyond the planes.
    centre_xy_mm : array_like (2,)
        Middle of the region on the skin, supine frame.
    extent_mm : float
        Length of the movement; the other side of the region is the width of the probe.
    step_mm : float
        Between frames; ``STEP_MM`` misses nothing.
    probe : Probe
        The array.
    seed : int
        Electronic noise.
    angle_deg : float
        Turn of the image planes; 90 gives the second sweep at right angles.
    tilt_deg, strain : float
        How the probe leans and presses all the while: see :class:`ProbePose`.
    grid, focus_mm
        As in :func:`scan_frame`.
    """
    poses = sweep_poses(centre_xy_mm, extent_mm, step_mm, angle_deg, tilt_deg, strain)
    stack = np.empty((len(poses), grid.rows, grid.columns), np.float32)
    for i, frame in enumerate(
        frames(tissue, poses, step_mm, probe, seed=seed, grid=grid, focus_mm=focus_mm)
    ):
        stack[i] = frame.envelope
    return Sweep(stack, poses, grid.row_mm, probe.width_mm / grid.columns, step_mm, probe)


def frames(
    tissue: Insonated,
    poses: Sequence[ProbePose],
    step_mm: float,
    probe: Probe,
    *,
    seed: int,
    grid: Grid = DEFAULT_GRID,
    focus_mm: float | None = None,
) -> Iterator[Frame]:
    """Yield the frames of parallel `poses`, `step_mm` apart: a display that follows the probe."""
    for first in range(0, len(poses), _TOGETHER):
        yield from parallel_frames(
            tissue,
            poses[first : first + _TOGETHER],
            step_mm,
            probe,
            seed=seed,
            grid=grid,
            focus_mm=focus_mm,
        )


def scan_box(
    centre_xy_mm: ArrayLike,
    extent_mm: float,
    probe: Probe,
    depth_mm: float = DEFAULT_GRID.depth_mm,
    *,
    tilt_deg: float = 0.0,
    strain: float = 0.0,
) -> tuple[Array, Array]:
    """Corners (lo, hi) of the supine box that a sweep at any angle hears, mm.

    A probe that leans looks beside itself by `tilt_deg` or less, one that presses sees deeper.
    """
    half = 0.5 * max(extent_mm, probe.width_mm) + 0.6 * probe.element_height_mm + 2.0
    beside = 0.6 * probe.element_height_mm + 2.0
    sine, cosine = math.sin(math.radians(abs(tilt_deg))), math.cos(math.radians(tilt_deg))
    half += beside * (1.0 / cosine - 1.0) + (1.0 - strain) * depth_mm * sine
    deep = (depth_mm * cosine + beside * sine) / (1.0 - strain) + 1.0
    x, y = np.asarray(centre_xy_mm, float)
    return np.array([x - half, y - half, 0.0]), np.array([x + half, y + half, deep])
