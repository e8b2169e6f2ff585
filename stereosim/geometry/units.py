"""Biopsy units: X-ray geometry, image field and biopsy window, read from ``data/units.toml``.

The upright units collimate a field that holds the projection of the whole window volume (z from
0 to 90 mm) in the scout and in both views of the pair.  The spot detector of the prone table is
no larger than its window.  On a fixed detector a point at height h above it moves by
s h / (H - h) from the scout to either view (H height and s sideways offset of the source), so that
on a field of width F both views of the pair see only

    |x| < ((F / 2) (H - h) - s h) / H,

which is 23 mm at the support surface, 15 mm at z = 25 mm, 9 mm at z = 45 mm, 5 mm at z = 60 mm and
nothing from z = 77 mm up.  Magnification also takes the far end of the window (y = 60 mm): the
field ends at y = 59 mm on the support surface and at y = 55 mm at z = 45 mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec

CATALOGUE = Path(__file__).parent / "data" / "units.toml"


@dataclass(frozen=True)
class Unit:
    """One stereotactic unit with a stationary detector.

    Attributes
    ----------
    name, label : str
        Key in the catalogue; words for people.
    patient : {"upright", "prone"}
        How the patient is placed.
    sid_mm : float
        Distance from the source to the detector in the scout view.
    pivot_height_mm : float
        Height of the tube's axis of rotation above the detector.
    detector_offset_mm : float
        Depth of the detector plane below the support surface.
    stereo_angle_deg : float
        The pair is taken at minus and plus this angle.
    detector : str
        Name in the detector catalogue of the imaging package.
    pitch_mm : float
        Pixel pitch, equal along columns and rows.
    field_width_mm, field_y_min_mm, field_height_mm : float
        Collimated image in the detector plane: centred on x = 0, from y_min up.
    window_width_mm, window_height_mm, window_centre_y_mm : float
        Opening of the biopsy paddle along x and y, centred on x = 0, support frame.  A needle
        driven along z reaches only targets inside it.
    paddle_thickness_mm : float
        Thickness of the paddle's plate.
    mark_diameter_mm : float
        Diameter of the reference marks; 0 where the unit carries none (:mod:`.marks`).
    paddle_mark_margin_mm : float
        How far outside the window's edges the four marks in the paddle lie, along x and y.
    support_mark_x_mm, support_mark_y_lo_mm, support_mark_y_hi_mm : float
        The four marks in the support lie at plus and minus x, at either y.
    support_mark_depth_mm : float
        Depth of their centres below the support surface.
    lateral_arm : int
        Whether it can hold the needle level with the support (1) or only along z (0).
    paddle_half_width_mm : float
        How far the paddle's plate reaches to either side of x = 0.
    provenance : dict of str to Parameter
        Unit, source and status of every number.
    """

    name: str
    label: str
    patient: str
    detector: str
    sid_mm: float
    pivot_height_mm: float
    detector_offset_mm: float
    stereo_angle_deg: float
    pitch_mm: float
    field_width_mm: float
    field_y_min_mm: float
    field_height_mm: float
    window_width_mm: float
    window_height_mm: float
    window_centre_y_mm: float
    paddle_thickness_mm: float
    mark_diameter_mm: float = 0.0
    paddle_mark_margin_mm: float = 0.0
    support_mark_x_mm: float = 0.0
    support_mark_y_lo_mm: float = 0.0
    support_mark_y_hi_mm: float = 0.0
    support_mark_depth_mm: float = 0.0
    lateral_arm: int = 0
    paddle_half_width_mm: float = 0.0
    provenance: dict[str, Parameter] = field(compare=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no unit; the message names the unit and the field."""
        if self.patient not in ("upright", "prone"):
            raise SpecError(f"{self.name}.patient: {self.patient!r} is neither upright nor prone")
        positive = ("sid_mm", "pitch_mm", "field_width_mm", "field_height_mm", "window_width_mm")
        for name in (*positive, "window_height_mm", "stereo_angle_deg", "paddle_thickness_mm"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise SpecError(f"{self.name}.{name}: must be positive")
        for name in ("pivot_height_mm", "detector_offset_mm"):
            if not 0.0 <= getattr(self, name) < self.sid_mm:
                raise SpecError(f"{self.name}.{name}: must lie between 0 and sid_mm")
        if not 0.0 <= self.mark_diameter_mm < math.inf:
            raise SpecError(f"{self.name}.mark_diameter_mm: must be at least 0")
        depth, radius = self.support_mark_depth_mm, 0.5 * self.mark_diameter_mm
        if radius and not radius <= depth <= self.detector_offset_mm - radius:
            raise SpecError(f"{self.name}.support_mark_depth_mm: must lie inside the support")
        if self.lateral_arm and not self.paddle_half_width_mm > 0.5 * self.window_width_mm:
            raise SpecError(f"{self.name}.paddle_half_width_mm: the plate holds the window")
        if not self.stereo_angle_deg < 90.0:
            raise SpecError(f"{self.name}.stereo_angle_deg: must be less than 90")

    def raised(self, by_mm: float) -> Unit:
        """Return the unit as it stands about a breast that lies `by_mm` above its support.

        z = 0 stays at the surface that the breast lies on, so that detector and support lie deeper.
        """
        if by_mm == 0.0:
            return self
        depth = self.support_mark_depth_mm + by_mm if self.mark_diameter_mm else 0.0
        return replace(
            self,
            detector_offset_mm=self.detector_offset_mm + by_mm,
            support_mark_depth_mm=depth,
        )

    @property
    def image_shape(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        return (
            round(self.field_height_mm / self.pitch_mm),
            round(self.field_width_mm / self.pitch_mm),
        )

    @property
    def window_lo_mm(self) -> tuple[float, float]:
        """Lowest x and y inside the biopsy window, support frame; y is the posterior limit."""
        return (
            -0.5 * self.window_width_mm,
            self.window_centre_y_mm - 0.5 * self.window_height_mm,
        )

    @property
    def window_hi_mm(self) -> tuple[float, float]:
        """Highest x and y inside the biopsy window, support frame."""
        return (
            0.5 * self.window_width_mm,
            self.window_centre_y_mm + 0.5 * self.window_height_mm,
        )

    def source_mm(self, angle_deg: float) -> NDArray[np.float64]:
        """Position (3,) of the focal spot in the support frame at a tube angle.

        Positive angles bring the source toward +x.
        """
        arm = self.sid_mm - self.pivot_height_mm
        angle = math.radians(angle_deg)
        height = self.pivot_height_mm + arm * math.cos(angle)
        return np.array([arm * math.sin(angle), 0.0, height - self.detector_offset_mm])

    def window_margin_mm(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of points (n, 3) from the nearest edge of the window, as seen along z.

        Positive inside; support frame.
        """
        xy = np.asarray(points_mm, dtype=np.float64)[:, :2]
        inside = np.minimum(xy - self.window_lo_mm, np.asarray(self.window_hi_mm) - xy)
        return np.asarray(inside.min(axis=1))


@cache
def _catalogue() -> dict[str, Unit]:
    """Read the catalogue once."""
    table = load_toml(CATALOGUE)
    sources = table.pop("sources")
    return {
        name: read_spec(Unit, {"name": name, **entry}, sources, f"{CATALOGUE.name}: {name}")
        for name, entry in table.items()
    }


def load_units() -> dict[str, Unit]:
    """Return all units of the catalogue by name."""
    return dict(_catalogue())


def load_unit(name: str) -> Unit:
    """Return the unit called `name`.

    Raises
    ------
    ValueError
        Where there is none; the message lists those that there are.
    """
    units = _catalogue()
    if name not in units:
        raise ValueError(f"unit: {name!r} is none of {', '.join(units)}")
    return units[name]
