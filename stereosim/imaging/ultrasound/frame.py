"""One B-mode frame: where the probe is, the echoes of that plane, and how they are displayed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.probe import ProbePose
from stereosim.imaging.knobs import DYNAMIC_RANGE_DB, WHITE_DB
from stereosim.imaging.ultrasound.beam import ELEVATION_BIN_MM, LATERAL_REACH_MM, Beam, Grid
from stereosim.imaging.ultrasound.medium import CELL_MM, Medium, Slant
from stereosim.imaging.ultrasound.pools import Points
from stereosim.imaging.ultrasound.probes import Probe
from stereosim.imaging.ultrasound.shaft import Shaft, shaft_echoes, shaft_shadow
from stereosim.imaging.ultrasound.tissue import Insonated
from stereosim.kernels.ultrasound import form_image, splat_points, splat_tissue
from stereosim_phantoms.randomness import stream

Array = NDArray[np.float64]
Grids = NDArray[np.float32]
DEFAULT_GRID = Grid()
_UPPER_SHARE = 0.57  # of the work that is drawn by the thread without the noise
_TURN = np.exp(-2j * np.pi * np.arange(1024) / 1024).astype(np.complex64)


@dataclass(frozen=True)
class Frame:
    """One image plane, as the machine hands it to the display.

    Attributes
    ----------
    envelope : float32 ndarray (rows, columns)
        Echo amplitude after time-gain compensation; the mean power of fat is about 1.
    row_mm, column_mm : float
        Pixel steps; row 0 is the skin.
    pose : ProbePose
        Where the probe stood.
    probe : Probe
        Which probe.
    """

    envelope: NDArray[np.float32]
    row_mm: float
    column_mm: float
    pose: ProbePose
    probe: Probe

    def supine_mm(self, row: float, column: float) -> Array:
        """Supine point (3,) that a pixel shows: where it lies in the breast at rest."""
        middle = 0.5 * (self.envelope.shape[1] - 1)
        return self.pose.supine_mm([(column - middle) * self.column_mm, 0.0, row * self.row_mm])


def bmode(
    frame: Frame, *, dynamic_range_db: float = DYNAMIC_RANGE_DB, white_db: float = WHITE_DB
) -> NDArray[np.float32]:
    """Return the display of `frame`, 0 black to 1 white, log compressed.

    Parameters
    ----------
    frame : Frame
        The image.
    dynamic_range_db : float
        Range from black to white.
    white_db : float
        Level over the mean of fat that is shown white: the gain knob.
    """
    db = 20.0 * np.log10(np.maximum(frame.envelope, 1e-9))
    return np.asarray(np.clip((db - white_db) / dynamic_range_db + 1.0, 0.0, 1.0), np.float32)


def scan_frame(
    tissue: Insonated,
    pose: ProbePose,
    probe: Probe,
    *,
    seed: int,
    grid: Grid = DEFAULT_GRID,
    focus_mm: float | None = None,
    shaft: Shaft | None = None,
) -> Frame:
    """Image one plane.

    Parameters
    ----------
    tissue : Insonated
        What the beam meets.
    pose : ProbePose
        Where the probe stands.
    probe : Probe
        The array.
    seed : int
        Electronic noise of this scan; the speckle belongs to the tissue and does not change.
    grid : Grid
        Depth and sampling.
    focus_mm : float, optional
        Transmit focus; the probe's own where none is given.
    shaft : Shaft, optional
        The needle that is in.
    """
    medium = tissue.medium(probe, grid, focus_mm, Slant.of(pose))
    return next(draw_frames(medium, (pose,), 1.0, probe, seed=seed, shaft=shaft))


def parallel_frames(
    tissue: Insonated,
    poses: Sequence[ProbePose],
    step_mm: float,
    probe: Probe,
    *,
    seed: int,
    grid: Grid = DEFAULT_GRID,
    focus_mm: float | None = None,
) -> Iterator[Frame]:
    """Yield the frames of parallel planes, each the one that :func:`scan_frame` gives.

    Each scatterer is drawn once and heard by all the planes that it is near to.  `poses` are
    `step_mm` apart on the skin at right angles to the array, in the order in which y grows at
    angle 0.
    """
    medium = tissue.medium(probe, grid, focus_mm, Slant.of(poses[0]))
    yield from draw_frames(medium, poses, step_mm, probe, seed=seed)


def draw_frames(
    medium: Medium,
    poses: Sequence[ProbePose],
    step_mm: float,
    probe: Probe,
    *,
    seed: int,
    shaft: Shaft | None = None,
    points: Points | None = None,
    helper: Executor | None = None,
) -> Iterator[Frame]:
    """Yield the frames of :func:`parallel_frames` from what is heard, needle and bubbles too.

    A `helper` thread draws the lower part of the tissue meanwhile, and the noise; the frames are
    the same bit for bit, for each row is drawn by one thread alone and in the same order.

    Raises
    ------
    ValueError
        When the loss in `medium` was summed along another direction than that of `poses`.
    """
    if medium.slant != Slant.of(poses[0]):
        raise ValueError("poses: the medium is that of a probe that leans or presses otherwise")
    if len(poses) > 1 and poses[0].tilt_deg != 0.0:
        for pose in poses:  # one place lies at another depth in each
            yield from draw_frames(
                medium,
                (pose,),
                step_mm,
                probe,
                seed=seed,
                shaft=shaft,
                points=points,
                helper=helper,
            )
        return
    beam = medium.beam
    grid = beam.grid
    fine = 0.5 * beam.column_mm
    shape = (len(poses), 2, grid.rows, grid.columns + beam.lateral.shape[1] // 2)
    real, imaginary = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    place = np.array([poses[0].x_mm, poses[0].y_mm])
    matrix = np.ascontiguousarray(poses[0].matrix)

    def draw(reach_mm: Array) -> None:
        splat_tissue(
            medium.seed,
            CELL_MM,
            medium.amplitude,
            medium.origin_mm,
            medium.spacing_mm,
            place,
            matrix,
            fine,
            grid.row_mm,
            beam.phase,
            beam.wavenumber,
            beam.elevation,
            ELEVATION_BIN_MM,
            reach_mm,
            _TURN,
            step_mm / (1.0 - poses[0].strain),
            real,
            imaginary,
        )

    if helper is None:
        draw(beam.reach_mm)
        noises = (_noise(beam, pose, seed) for pose in poses)
    else:
        work = np.cumsum(beam.reach_mm)
        upper = work < _UPPER_SHARE * work[-1]
        lower_half = helper.submit(draw, np.where(upper, 0.0, beam.reach_mm))
        ahead = [helper.submit(_noise, beam, pose, seed) for pose in poses]
        draw(np.where(upper, beam.reach_mm, 0.0))
        lower_half.result()
        noises = (noise.result() for noise in ahead)
    lateral_re = np.ascontiguousarray(beam.lateral.real)
    lateral_im = np.ascontiguousarray(beam.lateral.imag)

    def add(i: int, points_uvw: Array, echoes: Array) -> None:
        u, v, w = np.ascontiguousarray(points_uvw.T)
        splat_points(
            u,
            v,
            w,
            echoes,
            fine,
            grid.row_mm,
            beam.phase,
            beam.wavenumber,
            beam.elevation,
            ELEVATION_BIN_MM,
            real[i],
            imaginary[i],
        )

    for i, (pose, noise) in enumerate(zip(poses, noises, strict=True)):
        add(i, pose.image_mm(medium.speck_mm), medium.speck_amplitude)
        if points is not None:
            places, echoes = points.echoes(medium)
            add(i, pose.image_mm(places), echoes)
        if shaft is not None:
            _shade(shaft, pose, medium, real[i], imaginary[i])
            places, echoes = shaft_echoes(shaft, medium)
            add(i, pose.image_mm(places), echoes)
        add(i, *_skin(medium, pose, fine))
        envelope = np.empty((grid.rows, grid.columns), np.float32)
        form_image(
            real[i], imaginary[i], lateral_re, lateral_im, beam.axial, noise[0], noise[1], envelope
        )
        yield Frame(envelope, grid.row_mm, beam.column_mm, pose, probe)


def _shade(shaft: Shaft, pose: ProbePose, medium: Medium, real: Grids, imaginary: Grids) -> None:
    """Weaken what one plane hears from behind a needle."""
    tip, behind = pose.image_mm([shaft.tip_mm, shaft.tip_mm - shaft.axis])
    shade = shaft_shadow(
        tip,
        behind,
        shaft.diameter_mm,
        shaft.taper_mm,
        medium.beam,
        real.shape[0] * real.shape[2],
        medium.acoustics,
    )
    if shade is not None:
        real *= shade
        imaginary *= shade


def _skin(medium: Medium, pose: ProbePose, fine_mm: float) -> tuple[Array, Array]:
    """Specular echoes of the two faces of the skin: places (n, 3) in the image, and echoes.

    There is one per fine column.  A plane reflector returns the amplitude R dA / wavelength per
    area dA (Kirchhoff); one that does not face the beam sends it past the array.
    """
    beam, a = medium.beam, medium.acoustics
    half = 0.5 * beam.grid.columns * beam.column_mm + LATERAL_REACH_MM
    u = np.arange(-half, half, fine_mm)
    axis = pose.lateral_axis()
    x = pose.x_mm + u * axis[0]
    y = pose.y_mm + u * axis[1]
    i = np.clip((x - medium.origin_mm[0]) / medium.spacing_mm, 0, medium.skin_mm.shape[1] - 1.001)
    j = np.clip((y - medium.origin_mm[1]) / medium.spacing_mm, 0, medium.skin_mm.shape[0] - 1.001)
    i0, j0 = i.astype(np.int64), j.astype(np.int64)
    wi, wj = i - i0, j - j0
    s = medium.skin_mm
    thickness = (1 - wj) * ((1 - wi) * s[j0, i0] + wi * s[j0, i0 + 1]) + wj * (
        (1 - wi) * s[j0 + 1, i0] + wi * s[j0 + 1, i0 + 1]
    )
    # The skin lies level under a probe that leans, and thinner under one that presses.
    slope = np.arctan(np.gradient(thickness * (1.0 - pose.strain), fine_mm))
    away = np.hypot(np.degrees([np.zeros_like(slope), slope]), pose.tilt_deg)
    facing = np.exp(-((away / a.specular_acceptance_deg) ** 2))
    faces = (
        (np.zeros_like(u), a.gel_impedance_mrayl, a.skin_impedance_mrayl),
        (thickness.astype(np.float64), a.skin_impedance_mrayl, a.fat_impedance_mrayl),
    )
    w = np.concatenate([face[0] for face in faces]) * medium.slant.path
    row = np.clip(np.rint(w / beam.grid.row_mm).astype(np.int64), 0, beam.grid.rows - 1)
    frequency = beam.frequency_mhz[row]
    thick = beam.elevation.sum(axis=1) * 2.0 * ELEVATION_BIN_MM / beam.elevation[:, 0]
    area = fine_mm * np.abs(thick)[row]
    reflected = np.concatenate(
        [
            (after - before) / (after + before) * turn
            for (_, before, after), turn in zip(faces, facing, strict=True)
        ]
    )
    present = np.tile(thickness > 0.0, 2)
    strength = present * reflected * area / a.wavelength_mm(frequency)
    strength /= np.sqrt(a.fat_backscatter_per_mm(frequency))
    return np.column_stack([np.tile(u, 2), np.zeros(w.size), w]), strength


def _noise(beam: Beam, pose: ProbePose, seed: int) -> NDArray[np.float32]:
    """Return white noise (2, rows, columns) that has the beam's noise power after the pulse."""
    place = [pose.x_mm, pose.y_mm, pose.angle_deg]
    if pose.tilt_deg or pose.strain:
        place += [pose.tilt_deg, pose.strain]
    key = zlib.crc32(np.array(place).tobytes())
    rng = stream(seed, "ultrasound noise", key)
    noise = rng.standard_normal((2, beam.grid.rows, beam.grid.columns), dtype=np.float32)
    noise *= np.sqrt(0.5 * beam.noise_power * beam.grid.row_mm).astype(np.float32)[:, None]
    return noise
