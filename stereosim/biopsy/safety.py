"""May this needle be fired here?  What is wrong, by how much, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from stereosim.biopsy.devices import Device
from stereosim.biopsy.needle import CATALOGUE
from stereosim.biopsy.pose import NeedlePose, Vector
from stereosim_phantoms.provenance import Parameter, SpecError, load_toml, read_spec


@dataclass(frozen=True)
class SafetyLimits:
    """Limits of the check; the numbers come from ``data/placement.toml``.

    Attributes
    ----------
    label : str
        For tables.
    skin_allowance_mm : float
        Depth that the aperture must stay clear of on the paddle's side.
    stroke_margin_mm : float
        The stroke margin must be above this.
    difficult_mm, contraindicated_mm : float
        Compressed thicknesses below which biopsy is difficult, and is not done.
    hub_allowance_mm : float
        Length of shaft that the guide and the gap to the paddle take up; on the lateral arm, to
        the skin at the side.
    shaft_clearance_mm : float
        Distance that a level shaft keeps from paddle and support.
    guide_half_height_mm : float
        Half the height and width of the lateral arm's guide, which has to stand above the support
        and in front of the chest wall.
    """

    label: str
    skin_allowance_mm: float
    stroke_margin_mm: float
    difficult_mm: float
    contraindicated_mm: float
    hub_allowance_mm: float
    shaft_clearance_mm: float
    guide_half_height_mm: float
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Margins:
    """The outcome of :func:`safety_check`.

    Attributes
    ----------
    stroke_margin_mm : float
        From the post-fire point to the back of the breast: ``T - (d + a / 2 + e)``; of a level
        needle to the skin on the far side.
    skin_margin_mm : float
        From the skin's inner side to the near end of the aperture: ``d - a / 2 - allowance``.
    length_margin_mm : float
        Shaft that is left over.
    window_margin_mm : float
        From the target to the nearest edge of the paddle's window, less the needle's radius;
        infinite where no window was given.  Of a level needle: shaft that is left over where its
        guide has to stand beside the paddle's plate; infinite where it comes up to the skin.
    problems : tuple of str
        What forbids firing: what, and by how much.
    remedies : tuple of str
        For each problem, in the same order, the manoeuvres that mend it.
    warnings : tuple of str
        What makes it difficult, without forbidding it.
    room_margin_mm : float
        Of a level needle, what is left between shaft or guide and paddle, support or chest wall.
    depth_mm : float
        From the skin to the middle of the aperture, along the needle: the insertion depth.
    skin_hours : tuple of (float, float)
        Of a level needle, the hours (from, to) at which a core would reach into the skin.
    """

    stroke_margin_mm: float
    skin_margin_mm: float
    length_margin_mm: float
    window_margin_mm: float
    problems: tuple[str, ...]
    remedies: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    room_margin_mm: float = np.inf
    depth_mm: float = np.nan
    skin_hours: tuple[tuple[float, float], ...] = ()

    @property
    def safe(self) -> bool:
        """Whether nothing forbids firing."""
        return not self.problems


@dataclass(frozen=True)
class Window:
    """The opening of the biopsy paddle in the support frame, mm."""

    width_mm: float
    height_mm: float
    centre_y_mm: float
    centre_x_mm: float = 0.0

    def margin_mm(self, target_mm: Vector) -> float:
        """Return the distance from `target_mm` to the nearest edge; negative outside."""
        beside_x = self.width_mm / 2.0 - abs(float(target_mm[0]) - self.centre_x_mm)
        beside_y = self.height_mm / 2.0 - abs(float(target_mm[1]) - self.centre_y_mm)
        return min(beside_x, beside_y)


def load_limits(path: Path = CATALOGUE) -> SafetyLimits:
    """Read the limits."""
    raw = load_toml(path)
    if "safety" not in raw:
        raise SpecError(f"{path.name}: missing [safety]")
    return read_spec(SafetyLimits, raw["safety"], raw.get("sources", {}), f"{path.name}.safety")


@cache
def usual_limits() -> SafetyLimits:
    """Return the limits of the catalogue, read once."""
    return load_limits()


def safety_check(
    device: Device,
    target_mm: Vector,
    thickness_mm: float,
    *,
    window: Window | None = None,
    bulge_mm: float = 0.0,
    limits: SafetyLimits | None = None,
) -> Margins:
    """Check a vertical approach from the paddle to `target_mm`.

    Parameters
    ----------
    device : Device
        What is to be fired.
    target_mm : sequence of float, length 3
        Where the aperture's centre shall come to lie, support frame.
    thickness_mm : float
        Compressed thickness T; the paddle is at z = T.
    window : Window, optional
        Opening of the paddle; not checked if left out.
    bulge_mm : float
        How far tissue bulges below z = 0 under the target, into the opening of a second paddle.
    limits : SafetyLimits, optional
        Those of the catalogue if left out.

    Returns
    -------
    Margins
        Margins, problems and remedies.

    Raises
    ------
    ValueError
        For numbers that are not finite or a thickness not above 0.

    Examples
    --------
    Paddle to target 15 mm in a breast of 30 mm: an aperture of 20 mm with a dead tip of 7 mm would
    come out by 2 mm at the back, its petite variant of 12 mm stays inside by 2 mm.

    >>> from stereosim.biopsy.devices import load_devices
    >>> from stereosim.biopsy.safety import safety_check
    >>> devices = load_devices()
    >>> safety_check(devices["vab-9g"], (0, 30, 15), 30.0).stroke_margin_mm
    -2.0
    >>> safety_check(devices["vab-9g-petite"], (0, 30, 15), 30.0).stroke_margin_mm
    2.0
    """
    target = np.asarray(target_mm, dtype=np.float64)
    if target.shape != (3,) or not np.isfinite(target).all():
        raise ValueError(f"target_mm must be three finite numbers: {target_mm!r}")
    if not (np.isfinite(thickness_mm) and thickness_mm > 0.0):
        raise ValueError(f"thickness_mm must be above 0: {thickness_mm!r}")
    limits = limits or usual_limits()
    depth = float(thickness_mm - target[2])
    stroke = float(thickness_mm + bulge_mm - (depth + device.tip_offset_mm))
    skin = depth - device.aperture_mm / 2.0 - limits.skin_allowance_mm
    spare = device.length_mm - (depth + device.tip_offset_mm + limits.hub_allowance_mm)
    free = np.inf
    if window is not None:
        free = window.margin_mm(target) - device.outer_diameter_mm / 2.0
    problems: list[str] = []
    remedies: list[str] = []

    def found(wrong: str, mend: str) -> None:
        problems.append(wrong)
        remedies.append(mend)

    if thickness_mm < limits.contraindicated_mm:
        found(
            f"compressed thickness {thickness_mm:.1f} mm is below {limits.contraindicated_mm:g} mm",
            "lateral arm, reverse compression, or another guidance",
        )
    if stroke <= limits.stroke_margin_mm:
        found(
            f"stroke margin {stroke:.1f} mm: the point would pass the limit of "
            f"{limits.stroke_margin_mm:g} mm before the back of the breast by "
            f"{limits.stroke_margin_mm - stroke:.1f} mm",
            "petite aperture, second paddle or bolster, reverse compression, lateral arm, "
            "or advance by hand instead of firing",
        )
    if skin <= 0.0:
        found(
            f"skin margin {skin:.1f} mm: the aperture would open into the skin by {-skin:.1f} mm",
            "petite aperture, aim deeper, or reverse compression",
        )
    if spare < 0.0:
        found(
            f"the needle is too short by {-spare:.1f} mm",
            "longer needle, or approach from the other side",
        )
    if free < 0.0:
        found(
            f"the needle would meet the paddle: outside the window by {-free:.1f} mm",
            "reposition the breast so that the target lies in the window",
        )
    warnings: tuple[str, ...] = ()
    if limits.contraindicated_mm <= thickness_mm < limits.difficult_mm:
        warnings = (f"thin breast: {thickness_mm:.1f} mm is below {limits.difficult_mm:g} mm",)
    return Margins(
        stroke,
        skin,
        spare,
        float(free),
        tuple(problems),
        tuple(remedies),
        warnings,
        depth_mm=depth,
    )


def freehand_check(
    device: Device,
    pose: NeedlePose,
    *,
    chest_wall_mm: float = np.inf,
    limits: SafetyLimits | None = None,
) -> Margins:
    """Check an oblique approach by hand in the supine frame (skin at z = 0, z into the breast).

    Parameters
    ----------
    device : Device
        What is to be fired.
    pose : NeedlePose
        Where it is aimed.
    chest_wall_mm : float
        Depth of the chest wall, which the point must not reach; not checked if left out.
    limits : SafetyLimits, optional
        Those of the catalogue if left out.

    Returns
    -------
    Margins
        Stroke margin along the depth from the point to the chest wall, skin margin from the
        aperture's near end to the skin's inner side, and spare length of the shaft.
    """
    limits = limits or usual_limits()
    near = float((pose.centre_mm - device.aperture_mm / 2.0 * pose.axis)[2])
    stroke = float(chest_wall_mm - pose.tip_mm(device)[2])
    skin = near - limits.skin_allowance_mm
    inside = float(pose.centre_mm[2] / pose.axis[2]) if pose.axis[2] > 1e-6 else np.inf
    # By hand the hub may touch the skin: no guide takes up part of the shaft.
    spare = device.length_mm - (inside + device.tip_offset_mm)
    found: list[tuple[str, str]] = []
    if stroke <= limits.stroke_margin_mm:
        found.append(
            (
                f"the point would pass the limit of {limits.stroke_margin_mm:g} mm before the "
                f"chest wall by {limits.stroke_margin_mm - stroke:.1f} mm",
                "flatter approach, petite aperture, or advance by hand instead of firing",
            )
        )
    if skin <= 0.0:
        found.append(
            (
                f"the aperture would open into the skin by {-skin:.1f} mm",
                "petite aperture, flatter approach, or aim deeper",
            )
        )
    if spare < 0.0:
        found.append(
            (f"the needle is too short by {-spare:.1f} mm", "steeper approach, or longer needle")
        )
    return Margins(
        stroke,
        skin,
        spare,
        np.inf,
        tuple(p for p, _ in found),
        tuple(r for _, r in found),
        depth_mm=inside,
    )


def choose_variant(
    devices: Mapping[str, Device],
    family: str,
    target_mm: Vector,
    thickness_mm: float,
    *,
    window: Window | None = None,
    limits: SafetyLimits | None = None,
) -> Device | None:
    """Return the first variant of `family`, in the catalogue's order, that may be fired here.

    Raises
    ------
    ValueError
        When no device belongs to `family`.
    """
    variants = [device for device in devices.values() if device.family == family]
    if not variants:
        known = sorted({device.family for device in devices.values()})
        raise ValueError(f"unknown device family {family!r}: one of {', '.join(known)}")
    for device in variants:
        if safety_check(device, target_mm, thickness_mm, window=window, limits=limits).safe:
            return device
    return None
