"""The drawing of breast, target and needle to scale: where everything lies in the cut, in mm.

Stereotactic: a cut along y through the target, the chest wall on the left, the support below; for a
needle on the lateral arm a cut along x.  Ultrasound: a cut along the needle, the skin on top.
Points are (across, up), mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim_gui.model.equipment import BreastOutline

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.lateral import Outline
    from stereosim.biopsy.pose import NeedlePose
    from stereosim.biopsy.safety import Margins
    from stereosim_gui.model.equipment import Equipment

Array = NDArray[np.float64]
Point = tuple[float, float]

# Heights at which the front of the breast is drawn: enough for a smooth curve.
_STEPS = 41
# Below this the needle travels straight down and has no direction along the skin.
_STRAIGHT = 1e-6
# How much of the supine skin is drawn to either side of what there is to see.
_BESIDE_MM = 12.0
# How much of the breast is drawn beyond target and point of a needle from the side.
_BEYOND_MM = 14.0


@dataclass(frozen=True)
class NeedleDrawing:
    """A needle in the cut; all points after firing.

    Attributes
    ----------
    axis : Point
        Direction toward the point, of length 1 unless the needle leaves the plane of the cut.
    near, far, tip : Point
        The two ends of the aperture, nearer to the hub first, and the needle's point.
    throw_mm, diameter_mm : float
        Travel on firing and outer diameter.
    phase : str
        ``"planned"``, ``"prefire"`` (in, not fired) or ``"fired"``.
    """

    axis: Point
    near: Point
    far: Point
    tip: Point
    throw_mm: float
    diameter_mm: float
    phase: str

    @classmethod
    def of(cls, centre: Point, axis: Point, device: Device, phase: str) -> NeedleDrawing:
        """Return `device` with its aperture around `centre`."""
        half = device.aperture_mm / 2.0
        return cls(
            axis=axis,
            near=_along(centre, axis, -half),
            far=_along(centre, axis, half),
            tip=_along(centre, axis, half + device.dead_tip_mm),
            throw_mm=device.throw_mm,
            diameter_mm=device.outer_diameter_mm,
            phase=phase,
        )

    @property
    def level(self) -> bool:
        """Whether it lies level, on the lateral arm."""
        return self.axis[1] == 0.0

    def before_firing(self, point: Point) -> Point:
        """Return where a point of the needle lies before it is fired: one throw back."""
        return _along(point, self.axis, -self.throw_mm)


@dataclass(frozen=True)
class Dimension:
    """A distance drawn with its number.

    Attributes
    ----------
    start, end : Point
        Between which it lies; the sign is that of `value_mm`.
    value_mm : float
        The number.
    bad : bool
        Whether it forbids firing.
    """

    start: Point
    end: Point
    value_mm: float
    bad: bool


@dataclass(frozen=True)
class Section:
    """Everything in the cut.

    Attributes
    ----------
    supine : bool
        Ultrasound: skin on top, no support and no paddle.
    outline : tuple of Point
        The breast, closed.
    skin_mm : float
        Allowance for the skin, at the top and (stereotactic) at the bottom.
    top_mm, bottom_mm : float
        Paddle and support; or the skin (0) and the muscle (below 0).
    window : (float, float) or None
        Opening of the paddle, across.
    target : Point or None
        Where the target is believed to be.
    target_sd : Point or None
        Standard deviations across and up.
    needle : NeedleDrawing or None
        The needle planned, or as it was told to be.
    stroke, skin : Dimension or None
        The two margins.
    level : bool
        Whether it is a cut along x, for a needle on the lateral arm.
    """

    supine: bool
    outline: tuple[Point, ...]
    skin_mm: float
    top_mm: float
    bottom_mm: float
    window: tuple[float, float] | None = None
    target: Point | None = None
    target_sd: Point | None = None
    needle: NeedleDrawing | None = None
    stroke: Dimension | None = None
    skin: Dimension | None = None
    level: bool = False

    @property
    def outside(self) -> bool:
        """Whether the target lies above or below the breast: then no needle is drawn."""
        return self.target is not None and not self.bottom_mm <= self.target[1] <= self.top_mm

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Least across, least up, largest across, largest up of breast and target."""
        points = [*self.outline]
        if self.target is not None:
            points.append(self.target)
        if self.needle is not None and not self.outside:
            points += [self.needle.tip, self.needle.near]
        across, up = np.array(points).T
        return float(across.min()), float(up.min()), float(across.max()), float(up.max())


def upright_section(
    equipment: Equipment,
    outline: BreastOutline,
    shift_mm: tuple[float, float],
    *,
    target_mm: Array | None = None,
    sd_mm: Array | None = None,
    centre_mm: Array | None = None,
    device: Device | None = None,
    margins: Margins | None = None,
    phase: str = "planned",
) -> Section:
    """Return the cut along y through the target, support frame.

    Parameters
    ----------
    equipment : Equipment
        Paddle and limits.
    outline : BreastOutline
        The breast as it is compressed now.
    shift_mm : tuple of two floats
        How it was positioned, x and y.
    target_mm, sd_mm : ndarray, shape (3,), optional
        The target and its standard deviations.
    centre_mm : ndarray, shape (3,), optional
        Where the aperture's centre shall come to lie (with `device`).
    device : Device, optional
        The needle.
    margins : Margins, optional
        Its margins there.
    phase : str
        See :class:`NeedleDrawing`.
    """
    thickness = outline.thickness_mm
    x = 0.0 if target_mm is None else float(target_mm[0])
    # Closer together at top and bottom, where the front runs along the support.
    heights = thickness * 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, _STEPS)))
    front = outline.front_mm(x + shift_mm[0], heights) - shift_mm[1]
    back = -shift_mm[1]
    edge = [(float(y), float(z)) for y, z in zip(front, heights, strict=True)]
    window = equipment.window_mm
    needle = None
    if centre_mm is not None and device is not None:
        at = (float(centre_mm[1]), float(centre_mm[2]))
        needle = NeedleDrawing.of(at, (0.0, -1.0), device, phase)
    skin = equipment.limits.skin_allowance_mm
    margin = _dimensions(needle, margins, equipment, top=thickness - skin)
    return Section(
        supine=False,
        outline=((back, 0.0), *edge, (back, thickness)),
        skin_mm=skin,
        top_mm=thickness,
        bottom_mm=0.0,
        window=(window[1], window[3]),
        target=None if target_mm is None else (float(target_mm[1]), float(target_mm[2])),
        target_sd=None if sd_mm is None else (float(sd_mm[1]), float(sd_mm[2])),
        needle=needle,
        stroke=margin[0],
        skin=margin[1],
    )


def lateral_section(
    equipment: Equipment,
    outline: Outline,
    *,
    target_mm: Array,
    axis_x: float,
    sd_mm: Array | None = None,
    centre_mm: Array | None = None,
    device: Device | None = None,
    margins: Margins | None = None,
    phase: str = "planned",
) -> Section:
    """Return the cut along x through the target, support frame, for a needle on the lateral arm.

    Parameters
    ----------
    equipment, sd_mm, centre_mm, device, margins, phase
        As for :func:`upright_section`.
    outline : Outline
        The breast as it lies, support frame.
    target_mm : ndarray, shape (3,)
        The target.
    axis_x : float
        1 where the needle travels toward +x, -1 toward -x.
    """
    thickness = outline.thickness_mm
    heights = thickness * 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, _STEPS)))
    half, middle = _half_widths(outline, float(target_mm[1]), heights), outline.centre_x_mm
    needle = None
    seen = [float(target_mm[0])]
    if centre_mm is not None and device is not None:
        at = (float(centre_mm[0]), float(centre_mm[2]))
        needle = NeedleDrawing.of(at, (axis_x, 0.0), device, phase)
        seen += [needle.tip[0], needle.before_firing(needle.near)[0]]
    entry = middle - axis_x * float(half.max())
    # The breast is wide: of the far side no more is drawn than there is to see.
    low = min(entry, *seen) - _BEYOND_MM
    high = max(entry, *seen) + _BEYOND_MM
    near = [(float(x), float(z)) for x, z in zip(middle - axis_x * half, heights, strict=True)]
    far = np.clip(middle + axis_x * half, low, high)
    beyond = [(float(x), float(z)) for x, z in zip(far, heights, strict=True)]
    k = len(beyond) // 2
    edge = [*beyond[k::-1], *near, *beyond[:k:-1]]
    cut = beyond[k][0]
    if cut in (low, high):  # no skin there
        edge = [(cut, 0.0), *near, (cut, thickness)]
    window = equipment.window_mm
    stroke = skin = None
    if needle is not None and margins is not None:
        height = needle.tip[1]
        value = float(margins.stroke_margin_mm)
        if np.isfinite(value):
            end = (float(np.clip(needle.tip[0] + axis_x * value, low, high)), height)
            bad = value <= equipment.limits.stroke_margin_mm
            stroke = Dimension(end, needle.tip, value, bad)
        value = float(margins.skin_margin_mm)
        end = (needle.near[0] - axis_x * value, height)
        skin = Dimension(needle.near, end, value, value <= 0.0)
    return Section(
        supine=False,
        outline=tuple(edge),
        skin_mm=equipment.limits.skin_allowance_mm,
        top_mm=thickness,
        bottom_mm=0.0,
        window=(window[0], window[2]),
        target=(float(target_mm[0]), float(target_mm[2])),
        target_sd=None if sd_mm is None else (float(sd_mm[0]), float(sd_mm[2])),
        needle=needle,
        stroke=stroke,
        skin=skin,
        level=True,
    )


def _half_widths(outline: Outline, y_mm: float, heights_mm: Array) -> Array:
    """Return half the width of the breast at y and heights z; 0 where there is none."""
    half = np.zeros(len(heights_mm))
    for k, z in enumerate(heights_mm):
        if outline.holds((outline.centre_x_mm, y_mm, float(z))):
            low, high = outline.sides_mm(y_mm, float(z))
            half[k] = 0.5 * (high - low)
    return half


def supine_section(
    equipment: Equipment,
    *,
    target_mm: Array | None = None,
    pose: NeedlePose | None = None,
    device: Device | None = None,
    margins: Margins | None = None,
    phase: str = "planned",
) -> Section:
    """Return the cut along the needle, or along x without one, through the target.

    Parameters
    ----------
    equipment : Equipment
        Limits, depth of the muscle.
    target_mm : ndarray, shape (3,), optional
        The place marked, supine frame.
    pose : NeedlePose, optional
        Where the needle was told to be after firing (with `device`).
    device, margins, phase
        As for :func:`upright_section`.
    """
    direction = np.array([1.0, 0.0, 0.0])
    if pose is not None and np.hypot(*pose.axis[:2]) > _STRAIGHT:
        direction = np.array([*pose.axis[:2], 0.0]) / np.hypot(*pose.axis[:2])
    origin = np.zeros(3)
    if target_mm is not None:
        origin = np.asarray(target_mm, np.float64)
    elif pose is not None:
        origin = pose.centre_mm

    def seen(point: Array) -> Point:
        return float((point - origin) @ direction), -float(point[2])

    needle = None
    if pose is not None and device is not None:
        axis = (float(pose.axis @ direction), -float(pose.axis[2]))
        needle = NeedleDrawing.of(seen(pose.centre_mm), axis, device, phase)
    target = None if target_mm is None else seen(origin)
    across = [0.0]
    if needle is not None:
        across += [needle.tip[0], needle.before_firing(needle.near)[0]]
    depth = equipment.supine_height_mm
    if needle is not None and margins is not None and np.isfinite(margins.stroke_margin_mm):
        # The wall curves: what counts is its depth below the point.
        depth = float(margins.stroke_margin_mm) - needle.tip[1]
    left, right = min(across) - _BESIDE_MM, max(across) + _BESIDE_MM
    # At least as wide as deep, or the drawing of a lone target would be a slit.
    spare = max(0.0, 1.5 * depth - (right - left)) / 2.0
    left, right = left - spare, right + spare
    skin = equipment.limits.skin_allowance_mm
    margin = _dimensions(needle, margins, equipment, top=-skin)
    return Section(
        supine=True,
        outline=((left, 0.0), (right, 0.0), (right, -depth), (left, -depth)),
        skin_mm=skin,
        top_mm=0.0,
        bottom_mm=-depth,
        target=target,
        needle=needle,
        stroke=margin[0],
        skin=margin[1],
    )


def _dimensions(
    needle: NeedleDrawing | None,
    margins: Margins | None,
    equipment: Equipment,
    *,
    top: float,
) -> tuple[Dimension | None, Dimension | None]:
    """Return stroke and skin margin, as far as they are known, upright from the needle's points."""
    if needle is None or margins is None:
        return None, None
    stroke = None
    value = float(margins.stroke_margin_mm)
    if np.isfinite(value):
        x, tip = needle.tip
        bad = value <= equipment.limits.stroke_margin_mm
        # Down to the back of the breast, which bulges into the opening of a second paddle.
        stroke = Dimension((x, tip - value), (x, tip), value, bad)
    x, near = needle.near
    value = float(margins.skin_margin_mm)
    return stroke, Dimension((x, near), (x, top), value, value <= 0.0)


def _along(point: Point, axis: Point, by_mm: float) -> Point:
    return point[0] + by_mm * axis[0], point[1] + by_mm * axis[1]
