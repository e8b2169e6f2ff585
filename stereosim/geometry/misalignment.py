"""A unit that is not set as its console believes: gantry, pivot and detector off their places.

The truth about such a unit: images are made with :func:`misaligned` views, while the console goes
on computing with the nominal ones, or with those that it estimates from reference marks
(:mod:`.calibration`).  The detector neither turns nor tilts, because the projector of tissue needs
its columns along x and its rows along y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from stereosim.geometry.frames import as_vector
from stereosim.geometry.units import Unit
from stereosim.geometry.views import View


@dataclass(frozen=True)
class Misalignment:
    """How a unit differs from its nominal geometry.

    Attributes
    ----------
    gantry_deg : float
        Added to every tube angle: the zero of the angle's scale.
    stereo_deg : float
        Added to the size of the angle of the left and of the right view: the stops of the swing.
    pivot_mm : (float, float, float)
        Shift of the tube's axis, and the tube with it, support frame.
    detector_mm : (float, float)
        Shift of the detector along x and y.
    """

    gantry_deg: float = 0.0
    stereo_deg: float = 0.0
    pivot_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    detector_mm: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse what is no number, by name."""
        for name in ("gantry_deg", "stereo_deg"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name}: is not finite")
        for name, size in (("pivot_mm", 3), ("detector_mm", 2)):
            vector = as_vector(getattr(self, name), size, name)
            object.__setattr__(self, name, tuple(vector.tolist()))

    @property
    def is_none(self) -> bool:
        """Whether the unit is set as its console believes."""
        return self == Misalignment()


def misaligned(view: View, unit: Unit, misalignment: Misalignment) -> View:
    """Return where the source and the detector of a nominal view of `unit` truly are.

    The name and the angle for the record stay those of `view`: the console knows no others.

    Raises
    ------
    ValueError
        If the tube would lie down, or the source fall onto the detector.
    """
    if misalignment.is_none:
        return view
    side = math.copysign(1.0, view.angle_deg) if view.angle_deg else 0.0
    angle = view.angle_deg + misalignment.gantry_deg + side * misalignment.stereo_deg
    if not abs(angle) < 90.0:
        raise ValueError(f"misalignment: the tube would stand at {angle:g} degrees")
    source = unit.source_mm(angle) + misalignment.pivot_mm
    if not source[2] > -unit.detector_offset_mm:
        raise ValueError("misalignment.pivot_mm: the source would lie below the detector")
    origin = view.origin_mm + np.array([*misalignment.detector_mm, 0.0])
    return replace(view, source_mm=source, origin_mm=origin)
