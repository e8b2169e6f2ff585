"""A frame of the ultrasound machine: its grey values and its place in the patient.

A point of the frame is (u, w): u mm from the middle of the array, growing towards the right of the
image, and w mm along the image lines: the depth below the skin where the probe stands upright.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.probe import ProbePose
from stereosim.imaging import knobs
from stereosim.procedures.intents import Look
from stereosim_gui.model.display import Image

if TYPE_CHECKING:
    from stereosim.imaging.ultrasound.frame import Frame

Array = NDArray[np.float64]
Point = tuple[float, float]

TGC_SLIDERS = 8
# Below this an echo is no echo; it only keeps the logarithm finite.
_LEAST = 1e-6
# The image plane is about so thick: what lies within it is drawn as in the plane.
PLANE_MM = 1.5


@dataclass(frozen=True)
class Display:
    """How echoes become grey values; nothing of it changes the echoes.

    Attributes
    ----------
    gain_db, dynamic_range_db : float
        Brightness, and range from black to white.
    tgc_db : tuple of float
        More gain at depths that divide the image evenly, from the skin down.
    """

    gain_db: float = 0.0
    dynamic_range_db: float = knobs.DYNAMIC_RANGE_DB
    tgc_db: tuple[float, ...] = (0.0,) * TGC_SLIDERS

    def curve_db(self, rows: int) -> Array:
        """Return the time-gain curve (rows,)."""
        at = (np.arange(len(self.tgc_db)) + 0.5) * rows / len(self.tgc_db)
        curve: Array = np.interp(np.arange(rows) + 0.5, at, self.tgc_db)
        return curve

    def shifted(self, gain_db: float = 0.0, dynamic_range_db: float = 0.0) -> Display:
        """Return the display with the knobs turned by so much, within their ranges."""
        return replace(
            self,
            gain_db=float(np.clip(self.gain_db + gain_db, *GAIN_DB)),
            dynamic_range_db=float(
                np.clip(self.dynamic_range_db + dynamic_range_db, *DYNAMIC_RANGE_DB)
            ),
        )


GAIN_DB = (-30.0, 30.0)
DYNAMIC_RANGE_DB = (30.0, 90.0)
TGC_DB = 12.0


@dataclass(frozen=True, eq=False)
class Sonogram:
    """One frame, ready for the screen.

    Attributes
    ----------
    level_db : ndarray of float32, shape (rows, columns)
        Echo over the mean of fat; row 0 is the skin.
    row_mm, column_mm : float
        Steps of rows and columns.
    look : Look
        Where the probe stood and how it was set.
    """

    level_db: Image
    row_mm: float
    column_mm: float
    look: Look

    @classmethod
    def of(cls, frame: Frame, look: Look) -> Sonogram:
        """Return `frame`, taken at `look`, with its echoes in dB."""
        level = 20.0 * np.log10(np.maximum(frame.envelope, np.float32(_LEAST)))
        return cls(np.asarray(level, np.float32), frame.row_mm, frame.column_mm, look)

    @property
    def width_mm(self) -> float:
        """Width of the image: that of the array."""
        return float(self.level_db.shape[1] * self.column_mm)

    @property
    def depth_mm(self) -> float:
        """Depth of the last row."""
        return float((self.level_db.shape[0] - 1) * self.row_mm)

    def grey(self, display: Display) -> NDArray[np.uint8]:
        """Return the grey values, 0 to 255, of the same shape as ``level_db``."""
        black = knobs.WHITE_DB - display.gain_db - display.dynamic_range_db
        scale = 255.0 / display.dynamic_range_db
        offset = ((display.curve_db(self.level_db.shape[0]) - black) * scale).astype(np.float32)
        grey = self.level_db * np.float32(scale)
        grey += offset[:, None]
        np.clip(grey, 0.0, 255.0, out=grey)
        return np.ascontiguousarray(grey.astype(np.uint8))

    def fitted(self, display: Display) -> Display:
        """Return `display` with the gain at which the median echo is a third up the grey scale."""
        shown = self.level_db + display.curve_db(self.level_db.shape[0])[:, None]
        black = float(np.median(shown)) - display.dynamic_range_db / 3.0
        gain = knobs.WHITE_DB - display.dynamic_range_db - black
        return replace(display, gain_db=float(np.clip(round(gain), *GAIN_DB)))

    def supine_mm(self, point: Point) -> tuple[float, float, float]:
        """Return the place in the breast at rest, supine frame, that `point` (u, w) shows."""
        x, y, z = pose_of(self.look).supine_mm([point[0], 0.0, point[1]])
        return float(x), float(y), float(z)

    def place_mm(self, supine_mm: Array) -> Array:
        """Return (u, v, w) of supine points, shape (3,) or (n, 3); v leads out of the plane."""
        return pose_of(self.look).image_mm(supine_mm)


def pose_of(look: Look) -> ProbePose:
    """Return where the probe stands at `look`."""
    return ProbePose(look.x_mm, look.y_mm, look.angle_deg, look.tilt_deg, look.strain)


def direction(angle_deg: float) -> tuple[float, float]:
    """Return cosine and sine of an angle."""
    return math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
