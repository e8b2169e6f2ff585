"""The beam and the pulse of a probe at every depth, by diffraction integrals.

Transmit focuses at one depth, receive at all; both broaden by aberration.  Attenuation removes the
high frequencies first, so that deep echoes come back longer and wider.  All profiles are scaled to
unit energy (the integral of the squared two-way beam is 1 mm^3): after time-gain compensation a
homogeneous tissue then has the same brightness at every depth, and a point echo falls against it as
the resolution volume grows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.imaging.ultrasound.aberration import broadening, deflection_variance_mm2
from stereosim.imaging.ultrasound.acoustics import Acoustics
from stereosim.imaging.ultrasound.probes import Probe

Array = NDArray[np.float64]

# Half width of the stored lateral beam.  Beyond it lies less than 0.5 % of the energy down to 30 mm
# and up to 2 % at 40 mm if the focus is left at 18 mm.
LATERAL_REACH_MM = 3.0
ELEVATION_BIN_MM = 0.05
ELEVATION_CUT = (
    0.06  # two-way amplitude (-24 dB) below which a scatterer beside the plane is left out
)
_COARSE_STEP_MM = 0.8  # depths at which diffraction is integrated; between them linear
_APERTURE_POINTS = 96


@dataclass(frozen=True)
class Grid:
    """Sampling of a frame.

    Attributes
    ----------
    depth_mm : float
        Depth of the last row.
    row_mm : float
        Axial step; row 0 is the skin surface.  0.05 mm holds the complex echo of a 12 MHz pulse.
    columns : int
        Number of image lines across the width of the probe.
    """

    depth_mm: float = 35.0
    row_mm: float = 0.05
    columns: int = 256

    @property
    def rows(self) -> int:
        """Number of rows."""
        return round(self.depth_mm / self.row_mm) + 1


@dataclass(frozen=True)
class Beam:
    """Beam of one probe in one mean tissue, per image row.

    Attributes
    ----------
    grid : Grid
        Sampling.
    column_mm : float
        Step of the image lines; the fine grid has half of it.
    frequency_mhz : ndarray (rows,)
        Centre of what is left of the spectrum.
    phase, wavenumber : ndarray (rows,)
        Two-way phase, rad, and its slope, rad/mm.
    lateral : complex64 ndarray (rows, taps)
        Two-way lateral beam on the fine grid.
    axial : float32 ndarray (rows, pulse taps)
        Pulse envelope.
    elevation : complex64 ndarray (rows, bins)
        Two-way elevational beam, bins of ``ELEVATION_BIN_MM``.
    reach_mm : ndarray (rows,)
        Half thickness of the slab that is heard.
    loss_db : ndarray (rows,)
        Two-way loss of pulse energy in the mean tissue.
    noise_power : ndarray (rows,)
        Electronic noise after time-gain compensation, against the speckle of unattenuated fat.
    resolution_volume_mm3 : ndarray (rows,)
        Integral of the squared beam over its squared peak.
    """

    grid: Grid
    column_mm: float
    frequency_mhz: Array
    phase: Array
    wavenumber: Array
    lateral: NDArray[np.complex64]
    axial: NDArray[np.float32]
    elevation: NDArray[np.complex64]
    reach_mm: Array
    loss_db: Array
    noise_power: Array
    resolution_volume_mm3: Array


def surviving_spectrum(
    probe: Probe, attenuation_db: Array, exponent: float
) -> tuple[Array, Array, Array]:
    """Centre (MHz), amplitude sd (MHz) and energy loss (dB) of the echo.

    `attenuation_db` (n,) is the one-way attenuation at 1 MHz down to each depth, dB/MHz^exponent.
    """
    f = np.arange(0.5, 3.0 * probe.frequency_mhz, 0.05)
    sd = probe.bandwidth * probe.frequency_mhz / math.sqrt(8.0 * math.log(2.0))
    amplitude = np.exp(-0.5 * ((f - probe.frequency_mhz) / sd) ** 2)
    amplitude *= np.sinc(probe.drive_cycles * (f / probe.frequency_mhz - 1.0))
    echo = amplitude * 10.0 ** (-attenuation_db[:, None] * f**exponent / 10.0)
    power = echo**2
    total = power.sum(axis=1)
    centre = (power @ f) / total
    spread = np.sqrt(np.maximum((power @ f**2) / total - centre**2, 1e-6))
    return centre, spread * math.sqrt(2.0), -10.0 * np.log10(total / (amplitude**2).sum())


@dataclass(frozen=True)
class _Line:
    """One aperture at all depths: size and focus, mm, and the weight (depths, points) across it."""

    aperture: Array
    focus: Array
    weight: Array


_PLACES = (np.arange(_APERTURE_POINTS) + 0.5) / _APERTURE_POINTS - 0.5


def _array_weight(
    probe: Probe, aperture: Array, depth: Array, per_mm: Array, pedestal: float
) -> Array:
    """Apodisation, and what an element sends towards the axis at `depth`; `per_mm`: 1/wavelength.

    An element as wide as the pitch in a soft baffle sends sinc(pitch sin / wavelength) cos; the
    wave falls with the root of the path.
    """
    u = aperture[:, None] * _PLACES
    cosine = depth[:, None] / np.sqrt(u**2 + depth[:, None] ** 2)
    sine = np.sqrt(1.0 - cosine**2)
    window = pedestal + (1.0 - pedestal) * np.cos(2.0 * np.pi * _PLACES)
    return np.asarray(window * np.sinc(probe.pitch_mm * sine * per_mm[:, None]) * cosine**1.5)


def _focused_fields(
    across: Array, depth: Array, line: _Line, wavenumber: Array, step: Array, count: int
) -> Iterator[NDArray[np.complex128]]:
    """Yield one-way fields of a line aperture at the distances `across` (depths, points), mm.

    The fields are those at `count` wavenumbers (rad/mm, one per depth), `step` apart.  The phase of
    each follows from the one before by one product: an exponential costs thirty times as much.
    """
    u, focus = line.aperture[:, None] * _PLACES, line.focus
    path = np.sqrt((across[:, :, None] - u[:, None, :]) ** 2 + depth[:, None, None] ** 2)
    # Less the path along the axis, so that the phase on it stays 0.
    path -= (np.sqrt(u**2 + focus[:, None] ** 2) + (depth - focus)[:, None])[:, None, :]
    phasor = np.exp(1j * wavenumber[:, None, None] * path) * line.weight[:, None, :]
    turn = np.exp(1j * step[:, None, None] * path)
    for k in range(count):
        if k:
            phasor *= turn
        yield phasor.sum(axis=2)


def _two_way(
    across: Array,
    depth: Array,
    transmit: _Line,
    receive: _Line,
    frequency: Array,
    sd: Array,
    medium: _Aberration,
) -> NDArray[np.complex128]:
    """Return the two-way beam (times, depths, across) while the pulse passes.

    Thirteen frequencies over 3 sd to both sides: cut at 1.5 sd, the skirts fall 5 to 20 dB too low
    from -25 dB on.
    """
    steps = np.linspace(-3.0, 3.0, 13)
    per_mhz = 2.0 * np.pi / medium.speed_mm_us
    k, apart, middle = (per_mhz * f for f in (frequency - 3.0 * sd, 0.5 * sd, frequency))

    def fields(line: _Line) -> Iterator[NDArray[np.complex128]]:
        at = medium.narrowed(across, depth, line, middle)
        return _focused_fields(at, depth, line, k, apart, steps.size)

    pairs: Iterable[tuple[NDArray[np.complex128], NDArray[np.complex128]]]
    if transmit is receive:
        pairs = ((one, one) for one in fields(transmit))
    else:
        pairs = zip(fields(transmit), fields(receive), strict=True)
    spectrum = np.zeros((64, depth.size, across.size), np.complex128)  # the centre comes first
    for i, (out, back) in enumerate(pairs):
        # Deep down little but the low end of the pulse is left; nothing is below 0.5 MHz.
        weight = math.exp(-0.5 * steps[i] ** 2) * (frequency + steps[i] * sd >= 0.5)
        spectrum[i - 6] = weight[:, None] * out * back
    return np.asarray(np.fft.fft(spectrum, axis=0))


def _at_its_peak(beam: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return the beam (depths, across) at the time when the pulse is strongest on the axis."""
    when = np.abs(beam[:, :, 0]).argmax(axis=0)
    return np.asarray(beam[when, np.arange(when.size)])


def _at_any_time(beam: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return the beam (depths, across), each place when the pulse is strongest there.

    Beside the axis that is a little later.
    """
    when = np.abs(beam).argmax(axis=0)
    return np.asarray(np.take_along_axis(beam, when[None], axis=0)[0])


@dataclass(frozen=True)
class _Aberration:
    """Tissue of which the beam is broadened: sound speed, and mean gland fraction per row."""

    speed_mm_us: float
    acoustics: Acoustics
    rows_mm: Array
    gland: Array | None

    def narrowed(self, across: Array, depth: Array, line: _Line, wavenumber: Array) -> Array:
        """Return where the unaberrated beam is as high as the broadened one (depths, across)."""
        at = np.broadcast_to(across, (depth.size, across.size))
        if self.gland is None:
            return at
        variance = deflection_variance_mm2(
            self.gland, self.rows_mm, depth, line.aperture, self.acoustics
        )
        field = next(_focused_fields(at, depth, line, wavenumber, wavenumber, 1))
        return np.asarray(at / broadening(np.abs(field), across, variance)[:, None])


def _per_row(
    coarse: NDArray[np.complex128], depth: Array, rows_mm: Array
) -> NDArray[np.complex128]:
    """Interpolate profiles (depths, n) linearly to the rows."""
    step = depth[1] - depth[0]
    position = np.clip((rows_mm - depth[0]) / step, 0.0, depth.size - 1.001)
    i = position.astype(np.int64)
    w = (position - i)[:, None]
    return np.asarray((1.0 - w) * coarse[i] + w * coarse[i + 1])


def form_beam(
    probe: Probe,
    acoustics: Acoustics,
    attenuation: Array,
    grid: Grid,
    focus_mm: float | None = None,
    gland: Array | None = None,
) -> Beam:
    """Integrate the beam of `probe` down a tissue.

    Parameters
    ----------
    probe : Probe
        The array.
    acoustics : Acoustics
        Constants.
    attenuation : ndarray (rows,)
        Mean one-way attenuation at each row, dB/(cm MHz^y).
    grid : Grid
        Sampling.
    focus_mm : float, optional
        Transmit focus; that of the catalogue where it is not given.
    gland : ndarray (rows,), optional
        Mean volume fraction of gland at each row, which with the fat aberrates the beam; without
        it nothing does.
    """
    speed = acoustics.sound_speed_m_s * 1e-3
    rows_mm: Array = np.linspace(0.0, (grid.rows - 1) * grid.row_mm, grid.rows)
    column = probe.width_mm / grid.columns
    summed = np.cumsum(attenuation) * grid.row_mm * 0.1
    frequency, sd, loss = surviving_spectrum(probe, summed, acoustics.attenuation_exponent)

    depth = np.arange(0.5, grid.depth_mm + 2 * _COARSE_STEP_MM, _COARSE_STEP_MM)
    f = np.interp(depth, rows_mm, frequency)
    spread = np.interp(depth, rows_mm, sd)
    medium = _Aberration(speed, acoustics, rows_mm, gland)
    lateral = _lateral(probe, depth, f, spread, column, medium, focus_mm)
    elevation = _elevation(probe, depth, f, spread, medium)

    lateral_rows = _per_row(lateral, depth, rows_mm)
    lateral_rows /= np.sqrt((np.abs(lateral_rows) ** 2).sum(axis=1, keepdims=True) * 0.5 * column)
    elevation_rows = _per_row(elevation, depth, rows_mm)
    scale = (np.abs(elevation_rows) ** 2).sum(axis=1, keepdims=True) * 2.0 * ELEVATION_BIN_MM
    elevation_rows /= np.sqrt(scale)
    axial = _axial(sd, speed, grid.row_mm)

    level = np.abs(elevation_rows) / np.abs(elevation_rows[:, :1])
    heard = (level > ELEVATION_CUT) * np.arange(1, level.shape[1] + 1)
    wavenumber = 4.0 * np.pi * frequency / speed
    middle = lateral_rows.shape[1] // 2
    peak = np.abs(lateral_rows[:, middle] * elevation_rows[:, 0]) * axial[:, axial.shape[1] // 2]
    return Beam(
        grid=grid,
        column_mm=column,
        frequency_mhz=frequency,
        phase=np.cumsum(wavenumber) * grid.row_mm,
        wavenumber=wavenumber,
        lateral=lateral_rows.astype(np.complex64),
        axial=axial.astype(np.float32),
        elevation=elevation_rows.astype(np.complex64),
        reach_mm=(heard.max(axis=1) - 0.01) * ELEVATION_BIN_MM,
        loss_db=loss,
        noise_power=10.0 ** ((loss - _sensitivity_db(probe, acoustics)) / 10.0),
        resolution_volume_mm3=1.0 / peak**2,
    )


def _lateral(
    probe: Probe,
    depth: Array,
    f: Array,
    sd: Array,
    column: float,
    medium: _Aberration,
    focus_mm: float | None,
) -> NDArray[np.complex128]:
    """Two-way lateral beam (depths, taps) on the fine grid."""
    half = math.ceil(LATERAL_REACH_MM / (0.5 * column))
    side: Array = np.linspace(0.0, half * 0.5 * column, half + 1)
    largest = probe.active_elements * probe.pitch_mm
    smallest = 4 * probe.pitch_mm
    focus = probe.transmit_focus_mm if focus_mm is None else focus_mm
    sent = np.full(depth.size, np.clip(focus / probe.transmit_f_number, smallest, largest))
    heard = np.clip(depth / probe.receive_f_number, smallest, largest)
    per_mm = f / medium.speed_mm_us
    transmit = _Line(
        sent, np.full(depth.size, focus), _array_weight(probe, sent, depth, per_mm, 1.0)
    )
    receive = _Line(heard, depth, _array_weight(probe, heard, depth, per_mm, probe.apodisation))
    beam = _at_its_peak(_two_way(side, depth, transmit, receive, f, sd, medium))
    return np.concatenate([beam[:, :0:-1], beam], axis=1)


def _elevation(
    probe: Probe, depth: Array, f: Array, sd: Array, medium: _Aberration
) -> NDArray[np.complex128]:
    """Two-way elevational beam (depths, bins) against the distance from the plane."""
    bins = math.ceil(0.6 * probe.element_height_mm / ELEVATION_BIN_MM) + 8
    v: Array = np.linspace(0.5, bins - 0.5, bins) * ELEVATION_BIN_MM
    height = np.full(depth.size, probe.element_height_mm)
    focus = np.full(depth.size, probe.elevation_focus_mm)
    lens = _Line(height, focus, np.ones((depth.size, _APERTURE_POINTS)))
    # An echo from beside the plane comes a little later; it is heard all the same.
    return _at_any_time(_two_way(v, depth, lens, lens, f, sd, medium))


def _axial(sd_mhz: Array, speed_mm_us: float, row_mm: float) -> Array:
    """Gaussian pulse (rows, taps) of unit energy."""
    sigma = 0.5 * speed_mm_us / (2.0 * math.pi * sd_mhz)
    half = max(3, math.ceil(3.0 * float(sigma.max()) / row_mm))
    offset = np.arange(-half, half + 1) * row_mm
    pulse = np.exp(-0.5 * (offset / sigma[:, None]) ** 2)
    return np.asarray(pulse / np.sqrt((pulse**2).sum(axis=1, keepdims=True) * row_mm))


def _sensitivity_db(probe: Probe, acoustics: Acoustics) -> float:
    """Speckle of unattenuated fat over electronic noise, dB: the loss at the stated penetration."""
    path = np.array([acoustics.phantom_attenuation * probe.penetration_mm * 0.1])
    return float(surviving_spectrum(probe, path, 1.0)[2][0])
