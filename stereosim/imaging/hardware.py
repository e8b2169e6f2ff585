"""What of the unit is in every image: the paddle with its biopsy window, and the reference marks.

All of it stays as long as the breast is compressed, so that a series computes it once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.marks import Marks, Paddle, paddle, reference_marks
from stereosim.geometry.units import Unit
from stereosim.geometry.views import View
from stereosim.imaging.background import Background
from stereosim.imaging.detectors import Detector, focal_transfer
from stereosim.imaging.exposure import DetectedBeam
from stereosim.imaging.materials import DATA, Array, attenuation_per_mm
from stereosim.imaging.rendering import coarse_grid, focal_width_mm, native, rays
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec
from stereosim_phantoms.solids import Ellipsoids, Specks

Image = NDArray[np.float32]

# Samples per pixel of the profile of an edge.
_FINE = 16
# What is added to either end of a profile so that its blur does not come round from the other one.
_PAD_MM = 4.0


@dataclass(frozen=True)
class RimSpec:
    """The frame round the biopsy window (data/xray.toml, ``[window_rim]``)."""

    width_mm: float
    height_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_rim() -> RimSpec:
    """Return the frame round the window."""
    tables = load_toml(DATA / "xray.toml")
    return read_spec(RimSpec, tables["window_rim"], tables["sources"], "xray.toml: window_rim")


@dataclass(frozen=True, eq=False)
class Hardware:
    """What of the unit stands in the beam besides the breast.

    Attributes
    ----------
    paddle : Paddle, optional
        Its plate reaches beyond the field on all sides; only the window is open.
    marks : Marks, optional
        Reference marks, or the balls of a calibration block.
    rim : RimSpec, optional
        Frame on top of the plate, round the window.
    second : Paddle, optional
        The plate of a second open paddle, on which the breast lies.
    """

    paddle: Paddle | None = None
    marks: Marks | None = None
    rim: RimSpec | None = None
    second: Paddle | None = None

    @classmethod
    def of(cls, unit: Unit, thickness_mm: float, *, second: bool = False) -> Hardware:
        """Return the paddle and the marks of `unit` on a breast of `thickness_mm`.

        With `second` it lies on a second paddle, a plate like the first one; `unit` is then the
        unit as that raises it (:meth:`~stereosim.geometry.units.Unit.raised`).
        """
        plate = paddle(unit, thickness_mm)
        below = replace(plate, lower_mm=-unit.paddle_thickness_mm, upper_mm=0.0)
        marks = reference_marks(unit, thickness_mm)
        return cls(plate, marks, load_rim(), below if second else None)

    def balls(self, view: View) -> list[Specks]:
        """Return the marks that `view` shows, one by one."""
        if self.marks is None or len(self.marks) == 0:
            return []
        axes = 0.5 * self.marks.diameter_mm * np.eye(3)[None]
        number = np.zeros(1, np.int64)
        return [
            Specks(Ellipsoids(centre[None], axes), (self.marks.material,), number)
            for centre in self.marks.centres_mm[self.marks.seen(view)]
        ]


@dataclass(frozen=True)
class _Window:
    """A rectangular hole in a plate: corners, and the heights of the plate's faces, mm."""

    lo: tuple[float, float]
    hi: tuple[float, float]
    lower: float
    upper: float

    def grown(self, margin: float) -> _Window:
        """Return the hole wider by `margin` on all sides."""
        lo, hi = (
            (self.lo[0] - margin, self.lo[1] - margin),
            (self.hi[0] + margin, self.hi[1] + margin),
        )
        return replace(self, lo=lo, hi=hi)


def paddle_factors(
    hardware: Hardware,
    background: Background,
    beam: DetectedBeam,
    primary: Image,
    detector: Detector,
) -> tuple[Image, Image]:
    """Share of the primary that paddles and rim let pass.

    The plate's attenuation is that of the whole spectrum hardened by the breast.  Across an edge
    the way through the plate is exact and blurred by focal spot, detector and pixel.  The way
    through a corner is taken as the product of the two edges that meet there.

    Parameters
    ----------
    hardware : Hardware
        With a paddle.
    background : Background
        The breast in one view.
    beam : DetectedBeam
        Beam as absorbed by the detector.
    primary : ndarray of float32
        What ``beam.behind(background.paths_mm)`` gave.
    detector : Detector
        Whose blur is applied.

    Returns
    -------
    coarse, fine : ndarray of float32
        On the grid of the background and at the pixels.
    """
    view, step, plate = background.view, background.step, hardware.paddle
    assert plate is not None
    shape, place = coarse_grid(view, step)
    slant = rays(view, shape, place)[1].astype(np.float32)
    mu = attenuation_per_mm(plate.material, beam.energies_kev)

    def behind(height_mm: float) -> Image:
        hardened = replace(beam, absorbed_kev=beam.absorbed_kev * np.exp(-mu * height_mm))
        return hardened.behind(background.paths_mm)[0]

    # Plate and frame as one block with the window in it; then the frame away from all that lies
    # beyond its outer edge.  Slanting, the spectrum hardens no further to speak of.
    rim_mm = 0.0 if hardware.rim is None else hardware.rim.height_mm
    flat = behind(plate.upper_mm - plate.lower_mm)
    window = _Window(plate.lo_mm, plate.hi_mm, plate.lower_mm, plate.upper_mm + rim_mm)
    holes = [(window, (flat / primary) ** slant)]
    if hardware.rim is not None and rim_mm > 0.0:
        tall = behind(plate.upper_mm - plate.lower_mm + rim_mm)
        frame = replace(window.grown(hardware.rim.width_mm), lower=plate.upper_mm)
        holes = [(window, (tall / primary) ** slant), (frame, (flat / tall) ** slant)]
    if hardware.second is not None:
        lower = hardware.second
        opening = _Window(lower.lo_mm, lower.hi_mm, lower.lower_mm, lower.upper_mm)
        holes.append((opening, (behind(lower.upper_mm - lower.lower_mm) / primary) ** slant))
    grid = (_steps(place[0], place[1], shape[1]), _steps(place[2], place[3], shape[0]))
    pixels = (
        _steps(view.origin_mm[0], view.column_mm[0], view.shape[1]),
        _steps(view.origin_mm[1], view.row_mm[1], view.shape[0]),
    )
    coarse, fine = np.ones(shape, np.float32), np.ones(view.shape, np.float32)
    for hole, passed in holes:
        typical = float(passed[shape[0] // 2, shape[1] // 2])
        for image, share, places in (
            (coarse, passed, grid),
            (fine, native(passed, step, (0, 0), view.shape), pixels),
        ):
            across, along = (
                _profile(hole, axis, places[axis], view, detector, typical) for axis in (0, 1)
            )
            image *= 1.0 - (1.0 - share) * (1.0 - np.outer(along, across))
    return coarse, fine


def _steps(first: float, step: float, count: int) -> Array:
    """Return equally spaced places."""
    return first + step * np.arange(count, dtype=np.float64)


def _profile(
    hole: _Window, axis: int, places: Array, view: View, detector: Detector, passed: float
) -> Image:
    """How much more light comes through along one axis of a hole: 0 plate, 1 open; blurred."""
    from scipy import fft

    plane = float(view.origin_mm[2])
    focus = view.source_mm
    height = float(focus[2]) - plane
    pitch = view.pitch_mm
    fine = pitch / _FINE
    first = min(places[0], places[-1]) - _PAD_MM
    count = int(np.ceil((abs(places[-1] - places[0]) + 2.0 * _PAD_MM) / fine)) + 1
    samples = first + fine * np.arange(count)
    # A ray meets the height h at x linear in h: between the faces a share of it is in the hole.
    ends = []
    for z in (hole.lower, hole.upper):
        part = (z - plane) / height
        ends.append(samples * (1.0 - part) + float(focus[axis]) * part)
    low, high = np.minimum(*ends), np.maximum(*ends) + 1e-9
    inside = np.minimum(high, hole.hi[axis]) - np.maximum(low, hole.lo[axis])
    open_share = np.clip(inside / (high - low), 0.0, 1.0)
    light = (passed ** (1.0 - open_share) - passed) / (1.0 - passed)
    focal = focal_width_mm(view, 0.5 * (hole.lower + hole.upper))
    length = fft.next_fast_len(count, real=True)
    frequency = fft.rfftfreq(length, fine)
    transfer = detector.presampling_transfer(frequency, pitch) * focal_transfer(frequency, focal)
    spectrum = fft.rfft(light, n=length) * transfer
    blurred = fft.irfft(spectrum, n=length)[:count]
    return np.interp(places, samples, blurred).astype(np.float32)
