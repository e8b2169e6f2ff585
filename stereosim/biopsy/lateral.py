"""A needle on the lateral arm: the breast's outline that it has to stay in, and its margins.

The arm holds the needle level with the support, along x.  It enters through the side of the
compressed breast: how deep it goes has nothing to do with z.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import NeedlePose, Vector
from stereosim.biopsy.safety import Margins, SafetyLimits, usual_limits


@dataclass(frozen=True)
class Outline:
    """The outside of the breast in the stand, support frame, mm: half an ellipse, its rim rounded.

    Attributes
    ----------
    half_width_mm, front_mm : float
        Half axes at mid-height: along x, and from the chest wall to the nipple.
    edge_mm : float
        How far the rim is rounded back at top and bottom.
    thickness_mm : float
        Compressed thickness.
    centre_x_mm, wall_y_mm : float
        Where its middle and the chest wall lie.
    """

    half_width_mm: float
    front_mm: float
    edge_mm: float
    thickness_mm: float
    centre_x_mm: float = 0.0
    wall_y_mm: float = 0.0

    def sides_mm(self, y_mm: float, z_mm: float) -> tuple[float, float]:
        """Return the x of the skin on the left (-x) and on the right at a height and a place y.

        Raises
        ------
        ValueError
            Where there is no breast.
        """
        v = 2.0 * z_mm / self.thickness_mm - 1.0
        if not abs(v) <= 1.0:
            raise ValueError(f"z {z_mm:g} mm: above or below the breast")
        back = self.edge_mm * (1.0 - float(np.sqrt(1.0 - v * v)))
        u = max(0.0, y_mm - self.wall_y_mm) / (self.front_mm - back)
        if not u < 1.0:
            raise ValueError(f"y {y_mm:g} mm: in front of the breast")
        half = (self.half_width_mm - back) * float(np.sqrt(1.0 - u * u))
        return self.centre_x_mm - half, self.centre_x_mm + half

    def compressed(self, thickness_mm: float) -> Outline:
        """Return the outline of the same breast compressed to another thickness: same volume."""
        wider = float(np.sqrt(self.thickness_mm / thickness_mm))
        return replace(
            self,
            half_width_mm=wider * self.half_width_mm,
            front_mm=wider * self.front_mm,
            edge_mm=wider * self.edge_mm,
            thickness_mm=thickness_mm,
        )

    def holds(self, point_mm: Vector) -> bool:
        """Return whether a point lies in the breast."""
        try:
            low, high = self.sides_mm(float(point_mm[1]), float(point_mm[2]))
        except ValueError:
            return False
        return low < float(point_mm[0]) < high

    def room_mm(self, point_mm: Vector) -> float:
        """Return the height of the skin above mid-height over a place (x, y); 0 beside the breast.

        The outline is the same upside down: the skin lies as far below mid-height.
        """
        x, y = float(point_mm[0]), float(point_mm[1])
        middle = 0.5 * self.thickness_mm
        low, high = 0.0, middle
        for _ in range(40):
            half = 0.5 * (low + high)
            inside = self.holds((x, y, middle + half))
            low, high = (half, high) if inside else (low, half)
        return low


def lateral_check(
    device: Device,
    target_mm: Vector,
    outline: Outline,
    *,
    arm: str,
    paddle_half_width_mm: float,
    limits: SafetyLimits | None = None,
) -> Margins:
    """Check a needle on the lateral arm with its aperture's middle at `target_mm`.

    Parameters
    ----------
    device : Device
        What is to be fired.
    target_mm : sequence of float, length 3
        Where the aperture's centre shall come to lie, support frame.
    outline : Outline
        Of the breast as it lies.
    arm : {"lateral-left", "lateral-right"}
        From which side it comes, -x or +x.
    paddle_half_width_mm : float
        How far the paddle's plate reaches to either side.
    limits : SafetyLimits, optional
        Those of the catalogue if left out.

    Returns
    -------
    Margins
        Stroke margin from the post-fire point to the skin on the far side; skin margin from the
        aperture's near end to the inner side of the skin that it entered through; the rest as
        :class:`Margins` says.

    Raises
    ------
    ValueError
        For numbers that are not finite, or an arm that there is not.
    """
    limits = limits or usual_limits()
    pose = NeedlePose.lateral(target_mm, arm)
    x, y, z = (float(v) for v in pose.centre_mm)
    thick = outline.thickness_mm
    try:
        low, high = outline.sides_mm(y, z)
    except ValueError:
        low = high = x  # nothing but skin: no margin is left
    entry, exit_ = (low, high) if pose.axis[0] > 0.0 else (high, low)
    along = float(pose.axis[0])
    depth = (x - entry) * along
    stroke = (exit_ - x) * along - device.tip_offset_mm
    skin = depth - device.aperture_mm / 2.0 - limits.skin_allowance_mm
    used = device.tip_offset_mm + limits.hub_allowance_mm
    spare = device.length_mm - depth - used
    # A guide that is too high to come under the plate stands beside it.
    beside = np.inf
    if thick - z < limits.guide_half_height_mm:
        beside = device.length_mm - (paddle_half_width_mm + x * along) - used
    radius = device.outer_diameter_mm / 2.0
    shaft = min(z, thick - z) - radius - limits.shaft_clearance_mm
    # The guide stands above the support, and beside the patient: her chest wall is at y = 0.
    room = min(shaft, z - limits.guide_half_height_mm, y - limits.guide_half_height_mm)
    found: list[tuple[str, str]] = []
    if stroke <= limits.stroke_margin_mm:
        found.append(
            (
                f"stroke margin {stroke:.1f} mm: the point would pass the limit of "
                f"{limits.stroke_margin_mm:g} mm before the skin on the far side by "
                f"{limits.stroke_margin_mm - stroke:.1f} mm",
                "the lateral arm from the other side, petite aperture, or aim shallower",
            )
        )
    if skin <= 0.0:
        found.append(
            (
                f"skin margin {skin:.1f} mm: the aperture would open into the skin by "
                f"{-skin:.1f} mm",
                "the lateral arm from the other side, petite aperture, or aim deeper",
            )
        )
    if spare < 0.0:
        found.append(
            (
                f"the needle is too short by {-spare:.1f} mm",
                "longer needle, or the lateral arm from the other side",
            )
        )
    if beside < 0.0:
        found.append(
            (
                f"the guide would meet the paddle: the needle is too short by {-beside:.1f} mm "
                "to reach past the plate",
                "reposition the breast so that the target lies nearer to this side, longer "
                "needle, or the lateral arm from the other side",
            )
        )
    if room < 0.0:
        which = "support" if z < thick - z else "paddle"
        if y - limits.guide_half_height_mm == room:
            which = "chest wall"
        found.append(
            (
                f"shaft or guide would meet the {which} by {-room:.1f} mm",
                "vertical approach, aim at another height, or less compression",
            )
        )
    hours = _hours_into_skin(device, pose, outline, limits)
    warnings = tuple(
        f"cores at {_hour(first)} to {_hour(last)} o'clock would reach into the skin"
        for first, last in hours
    )
    return Margins(
        stroke,
        skin,
        spare,
        float(beside),
        tuple(problem for problem, _ in found),
        tuple(mends for _, mends in found),
        warnings,
        room_margin_mm=room,
        depth_mm=depth,
        skin_hours=hours,
    )


def _hours_into_skin(
    device: Device, pose: NeedlePose, outline: Outline, limits: SafetyLimits
) -> tuple[tuple[float, float], ...]:
    """Return the hours, from and to, whose core would reach into the skin above or below."""
    half = 0.5 * device.aperture_mm
    ends = [pose.moved_along(by).centre_mm for by in (-half, 0.0, half)]
    inner = min(outline.room_mm(end) for end in ends) - limits.skin_allowance_mm
    up = float(pose.centre_mm[2]) - 0.5 * outline.thickness_mm
    hours = []
    for middle, distance in ((12.0, inner - up), (6.0, inner + up)):
        if distance >= device.reach_mm:
            continue
        angle = np.degrees(np.arccos(np.clip(distance / device.reach_mm, -1.0, 1.0)))
        wide = (float(angle) + 0.5 * device.capture_angle_deg) / 30.0
        wide = min(wide, 5.99)
        hours.append(((middle - wide) % 12.0, (middle + wide) % 12.0))
    return tuple(hours)


def _hour(hour: float) -> str:
    return f"{hour % 12.0 or 12.0:.1f}"
