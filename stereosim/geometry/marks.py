"""Steel balls at known places: the reference marks of a unit, and the block that calibrates one.

The upright units carry eight marks: four in the paddle just outside the window's corners, whose
height follows the compressed thickness, and four in the support, two between the window and the
chest wall and two beyond its far edge.  The places are chosen so that the marks lie outside the
image of the window and apart from each other, in the scout and in the pair, up to a breast of
75 mm; in a thicker one the outer paddle marks leave the field and five or six remain.  Their two
heights tell the place of the source from that of the detector (:mod:`.calibration`).

The spot detector of a prone table is no larger than its window, so that every mark that it could
see would stand among the specks.  It carries none: it is calibrated with a block of plastic that
holds balls at three levels, and keeps that calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.units import Unit
from stereosim.geometry.views import View
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Floats = NDArray[np.float64]

CATALOGUE = Path(__file__).parent / "data" / "block.toml"


@dataclass(frozen=True, eq=False)
class Marks:
    """Balls at known places.

    Attributes
    ----------
    centres_mm : (n, 3) ndarray
        Centres, support frame; n may be 0.
    diameter_mm : float
        Diameter of each.
    material : str
        Name in the imaging package's catalogue of materials.
    """

    centres_mm: Floats
    diameter_mm: float
    material: str = "steel"

    def __len__(self) -> int:
        """Return the number of marks."""
        return len(self.centres_mm)

    def seen(self, view: View) -> NDArray[np.bool_]:
        """Whether each mark (n,) lies on the image of `view`, with room of its diameter."""
        # The matrix and not `project`: that one is compiled, and the app asks this early.
        points = np.column_stack([self.centres_mm, np.ones(len(self))])
        images = points @ view.projection_matrix.T
        pixels = images[:, :2] / images[:, 2:]
        room = self.diameter_mm / view.pitch_mm
        upper = np.array([view.shape[1] - 1.0, view.shape[0] - 1.0]) - room
        return np.asarray(((pixels >= room) & (pixels <= upper)).all(axis=1))


@dataclass(frozen=True)
class Paddle:
    """The plate of the biopsy paddle and its opening, support frame.

    Attributes
    ----------
    lower_mm, upper_mm : float
        Heights of its faces; the breast lies below the lower one.
    lo_mm, hi_mm : (float, float)
        Lowest and highest x and y inside the window.
    material : str
        Name in the imaging package's catalogue of materials.
    """

    lower_mm: float
    upper_mm: float
    lo_mm: tuple[float, float]
    hi_mm: tuple[float, float]
    material: str = "pmma"


def paddle(unit: Unit, thickness_mm: float) -> Paddle:
    """Return the paddle of `unit` on a breast compressed to `thickness_mm`."""
    upper = thickness_mm + unit.paddle_thickness_mm
    return Paddle(thickness_mm, upper, unit.window_lo_mm, unit.window_hi_mm)


def reference_marks(unit: Unit, thickness_mm: float) -> Marks:
    """Return the marks that `unit` carries, the paddle standing at `thickness_mm`.

    Returns
    -------
    Marks
        Those in the paddle first, by y and then x; none for a unit that carries none.
    """
    if unit.mark_diameter_mm == 0.0:
        return Marks(np.empty((0, 3)), 0.0)
    (x0, y0), (x1, y1) = unit.window_lo_mm, unit.window_hi_mm
    out = unit.paddle_mark_margin_mm
    height = thickness_mm + 0.5 * unit.paddle_thickness_mm
    in_paddle = [[x, y, height] for y in (y0 - out, y1 + out) for x in (x0 - out, x1 + out)]
    in_support = [
        [x, y, -unit.support_mark_depth_mm]
        for y in (unit.support_mark_y_lo_mm, unit.support_mark_y_hi_mm)
        for x in (-unit.support_mark_x_mm, unit.support_mark_x_mm)
    ]
    return Marks(np.array(in_paddle + in_support), unit.mark_diameter_mm)


@dataclass(frozen=True)
class BlockSpec:
    """The calibration block (data/block.toml): four balls at each of some levels.

    Attributes
    ----------
    thickness_mm : float
        Height of the block.
    level_mm, half_x_mm, half_y_mm : tuple of float
        For each level its height and how far the balls lie beside the window's centre.
    diameter_mm : float
        Of the balls.
    """

    thickness_mm: float
    level_mm: tuple[float, ...]
    half_x_mm: tuple[float, ...]
    half_y_mm: tuple[float, ...]
    diameter_mm: float
    provenance: dict[str, Parameter]


@lru_cache(maxsize=1)
def load_block() -> BlockSpec:
    """Return the numbers of the block."""
    tables = load_toml(CATALOGUE)
    return read_spec(BlockSpec, tables["block"], tables["sources"], "block.toml: block")


def calibration_block(unit: Unit) -> Marks:
    """Return the balls of the block, laid on the support of `unit` under the window's centre."""
    spec = load_block()
    levels = zip(spec.level_mm, spec.half_x_mm, spec.half_y_mm, strict=True)
    centres = [
        [x, unit.window_centre_y_mm + y, z]
        for z, half_x, half_y in levels
        for y in (-half_y, half_y)
        for x in (-half_x, half_x)
    ]
    return Marks(np.array(centres), spec.diameter_mm)
