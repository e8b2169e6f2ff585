"""What mends a margin: every proposal is tried out on the catalogue before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.lateral import Outline, lateral_check
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Margins, Window, freehand_check, safety_check, usual_limits
from stereosim.geometry.units import Unit
from stereosim.procedures.approach import (
    breast_from_support,
    bulge_mm,
    support_from_breast,
    thickness_limits_mm,
)
from stereosim.procedures.intents import ARMS, Position
from stereosim.procedures.operators.aiming import safe_depth_offset
from stereosim.procedures.operators.skill import load_search
from stereosim.procedures.published import load_hints
from stereosim.procedures.state import Seen

Array = NDArray[np.float64]
Values = dict[str, float | str]


@dataclass(frozen=True, eq=False)
class Held:
    """A needle held by the arm and aimed at a place of a breast in the stand.

    Attributes
    ----------
    device : Device
        The needle.
    target_mm : ndarray of 3
        Where its aperture shall come to lie, support frame.
    thickness_mm : float
        Compressed thickness.
    window : Window
        Opening of the paddle.
    approach : str
        From where it comes.
    shift_mm : tuple of two floats
        How the breast is positioned.
    usual_mm : float or None
        Thickness in the usual compression; less compression is not proposed where it is not known.
    arm : str
        How the needle is held.
    unit : Unit or None
        In whose stand it is; neither second paddle nor lateral arm is proposed where it is unknown.
    outline : Outline or None
        Of the breast; no lateral arm is proposed where it is not known.
    second_paddle : bool
        Whether the breast lies on a second paddle.
    """

    device: Device
    target_mm: Array
    thickness_mm: float
    window: Window
    approach: str
    shift_mm: tuple[float, float]
    usual_mm: float | None
    arm: str = "vertical"
    unit: Unit | None = None
    outline: Outline | None = None
    second_paddle: bool = False

    @classmethod
    def of(cls, seen: Seen, unit: Unit, usual_mm: float | None) -> Held:
        """Return the chosen needle as it is aimed at the marked place."""
        assert seen.device is not None and seen.marked_mm is not None
        window = Window(unit.window_width_mm, unit.window_height_mm, unit.window_centre_y_mm)
        return cls(
            seen.device,
            seen.marked_mm,
            seen.thickness_mm,
            window,
            seen.approach,
            seen.shift_mm,
            usual_mm,
            seen.arm,
            unit,
            seen.outline,
            seen.second_paddle,
        )

    @property
    def axis(self) -> Array:
        """Unit vector toward the point."""
        return NeedlePose.held(self.target_mm, self.arm).axis

    @property
    def bulge_mm(self) -> float:
        """How far tissue would bulge into a second paddle under the target."""
        return 0.0 if self.unit is None else float(bulge_mm(self.unit, self.target_mm)[0])

    def margins(self) -> Margins:
        """Return the safety margins."""
        if self.arm != "vertical":
            assert self.outline is not None and self.unit is not None
            wide = self.unit.paddle_half_width_mm
            return lateral_check(
                self.device,
                self.target_mm,
                self.outline,
                arm=self.arm,
                paddle_half_width_mm=wide,
            )
        return safety_check(
            self.device,
            self.target_mm,
            self.thickness_mm,
            window=self.window,
            bulge_mm=self.bulge_mm if self.second_paddle else 0.0,
        )

    def problems(self) -> frozenset[str]:
        """Return the codes of what forbids firing."""
        return problems(self.margins(), self.thickness_mm if self.arm == "vertical" else None)

    def changes(self, devices: Mapping[str, Device]) -> Iterator[tuple[str, Values, Held]]:
        """Yield what could be done, the simplest first: its code, its amounts, what it leads to."""
        yield self._repositioned()
        inside = load_search().aperture_inside_mm
        for device in _blunter(self.device, devices):
            yield "blunt", {"blunt": device.name}, replace(self, device=device)
        for device in (self.device, *_shorter(self.device, devices)):
            other = replace(self, device=device)
            values: Values = {} if device is self.device else {"petite": device.name}
            if values:
                yield "petite", values, other
            back = safe_depth_offset(device, other.margins(), inside)
            if back:
                aim = "aim-shallower" if back > 0.0 else "aim-deeper"
                aside = replace(other, target_mm=self.target_mm - back * self.axis)
                yield f"petite-{aim}" if values else aim, {**values, aim: abs(back)}, aside
                if back > 0.0 and device.kind == "vacuum" and not values:
                    # Stopped short of the throw, it ends where a needle aimed shallower would.
                    yield "by-hand", {"by-hand": device.throw_mm - back}, aside
        yield from self._otherwise_held()
        if self.unit is not None and not self.second_paddle:
            room = {"second-paddle": self.bulge_mm}
            yield "second-paddle", dict(room), replace(self, second_paddle=True)
        yield self._turned()
        yield from self._loosened()
        for device in _others(self.device, devices):
            yield "other-device", {"other-device": device.name}, replace(self, device=device)

    def _otherwise_held(self) -> Iterator[tuple[str, Values, Held]]:
        """Come from the side, from the other side, or from the paddle; the shorter way first."""
        if self.unit is None or self.outline is None or not self.unit.lateral_arm:
            return
        sides = [replace(self, arm=arm) for arm in ARMS[1:] if arm != self.arm]
        for held in sorted(sides, key=lambda side: side.margins().depth_mm):
            yield "lateral-arm", {"lateral-arm": held.arm}, held
        if self.arm != ARMS[0]:
            yield "vertical-arm", {}, replace(self, arm=ARMS[0])

    def _turned(self) -> tuple[str, Values, Held]:
        """Turn the breast over, so that the needle comes from where it lies nearest to."""
        x, y, z = self.target_mm
        outline = self.outline
        if outline is not None:
            outline = replace(outline, centre_x_mm=-outline.centre_x_mm)
        way = "caudocranial" if self.approach == "craniocaudal" else "craniocaudal"
        turned = replace(
            self,
            target_mm=np.array([-x, y, self.thickness_mm - z]),
            approach=way,
            shift_mm=(-self.shift_mm[0], self.shift_mm[1]),
            outline=outline,
        )
        return "other-approach", {"other-approach": way}, turned

    def _loosened(self) -> Iterator[tuple[str, Values, Held]]:
        """Compress less, by whole millimetres; the target goes along with the breast."""
        if self.usual_mm is None:
            return
        now = Position(*self.shift_mm, self.approach, self.thickness_mm)
        in_breast = breast_from_support(self.target_mm[None], self.usual_mm, now)
        _, most = thickness_limits_mm(self.usual_mm)
        for thickness in np.arange(np.floor(self.thickness_mm) + 1.0, most + 1e-9):
            then = replace(now, thickness_mm=float(thickness))
            target = support_from_breast(in_breast, self.usual_mm, then)[0]
            wide = self.outline
            wide = None if wide is None else wide.compressed(float(thickness))
            loosened = replace(self, target_mm=target, thickness_mm=float(thickness), outline=wide)
            yield "less-compression", {"less-compression": float(thickness)}, loosened

    def _repositioned(self) -> tuple[str, Values, Held]:
        """Bring the target under the middle of the window, as far as the chest wall lets it.

        For the lateral arm half way to the window's edge on its side, where the guide is nearer.
        """
        x, y, z = self.target_mm
        aside = -0.25 * self.window.width_mm * float(self.axis[0])
        across = float(x) - self.window.centre_x_mm - aside
        outward = max(float(y) - self.window.centre_y_mm, -self.shift_mm[1])
        shift = (self.shift_mm[0] + across, self.shift_mm[1] + outward)
        outline = self.outline
        if outline is not None:
            outline = replace(
                outline,
                centre_x_mm=outline.centre_x_mm - across,
                wall_y_mm=outline.wall_y_mm - outward,
            )
        moved = replace(
            self,
            target_mm=np.array([x - across, y - outward, z]),
            shift_mm=shift,
            outline=outline,
        )
        return "reposition", {"shift_x_mm": shift[0], "shift_y_mm": shift[1]}, moved


@dataclass(frozen=True, eq=False)
class Freehand:
    """A needle held by hand and aimed at a place of the supine breast.

    Attributes
    ----------
    device : Device
        The needle.
    pose : NeedlePose
        Where it shall come to lie.
    chest_wall_mm : float
        Depth of the chest wall there; infinite where it is not known.
    """

    device: Device
    pose: NeedlePose
    chest_wall_mm: float = np.inf

    def margins(self) -> Margins:
        """Return the safety margins."""
        return freehand_check(self.device, self.pose, chest_wall_mm=self.chest_wall_mm)

    def problems(self) -> frozenset[str]:
        """Return the codes of what forbids firing."""
        return problems(self.margins())

    def changes(self, devices: Mapping[str, Device]) -> Iterator[tuple[str, Values, Freehand]]:
        """Yield what could be done, the simplest first: its code, its amounts, what it leads to."""
        for device in _blunter(self.device, devices):
            yield "blunt", {"blunt": device.name}, replace(self, device=device)
        for device in _shorter(self.device, devices):
            yield "petite", {"petite": device.name}, replace(self, device=device)
        farthest = self.device.aperture_mm / 2.0 - load_search().aperture_inside_mm
        for code, sign in (("aim-deeper", 1.0), ("aim-shallower", -1.0)):
            for by in np.arange(0.5, farthest + 1e-9, 0.5):
                moved = replace(self, pose=self.pose.moved_along(sign * float(by)))
                yield code, {code: float(by)}, moved
        flattest, steepest = load_hints().tilt_deg
        now = float(np.degrees(np.arcsin(np.clip(self.pose.axis[2], -1.0, 1.0))))
        for tilt in np.arange(np.ceil(now) - 1.0, flattest - 1e-9, -1.0):
            yield "flatter", {"flatter": float(tilt)}, self._tilted(float(tilt))
        for tilt in np.arange(np.floor(now) + 1.0, steepest + 1e-9):
            yield "steeper", {"steeper": float(tilt)}, self._tilted(float(tilt))
        for device in _others(self.device, devices):
            if device.handheld:
                yield "other-device", {"other-device": device.name}, replace(self, device=device)

    def _tilted(self, tilt_deg: float) -> Freehand:
        """Turn the needle about its aperture, in its own vertical plane."""
        along = self.pose.axis[:2] / max(float(np.linalg.norm(self.pose.axis[:2])), 1e-9)
        tilt = np.radians(tilt_deg)
        axis = np.array([*(along * np.cos(tilt)), np.sin(tilt)])
        return replace(self, pose=replace(self.pose, axis=axis, twelve=np.array([0.0, 0.0, -1.0])))


def problems(margins: Margins, thickness_mm: float | None = None) -> frozenset[str]:
    """Return the codes of what forbids firing, of margins and of a compressed thickness."""
    limits = usual_limits()
    forbids = {
        "stroke-margin": margins.stroke_margin_mm <= limits.stroke_margin_mm,
        "skin-margin": margins.skin_margin_mm <= 0.0,
        "too-short": margins.length_margin_mm < 0.0,
        "window-margin": margins.window_margin_mm < 0.0,
        "room-margin": margins.room_margin_mm < 0.0,
        "thin-breast": thickness_mm is not None and thickness_mm < limits.contraindicated_mm,
    }
    return frozenset(code for code, wrong in forbids.items() if wrong)


def mend(
    problem: str, aimed: Held | Freehand, devices: Mapping[str, Device]
) -> tuple[tuple[str, ...], Values]:
    """Return what mends one problem without making another, and the amounts.

    Parameters
    ----------
    problem : str
        A code of :func:`problems`.
    aimed : Held or Freehand
        As things stand.
    devices : mapping of str to Device
        The catalogue.

    Returns
    -------
    remedies : tuple of str
        The simplest first; ``("other-guidance",)`` where nothing here helps.
    values : dict
        Amounts by name.
    """
    before = aimed.problems()
    remedies: list[str] = []
    amounts: Values = {}
    for code, values, changed in aimed.changes(devices):
        # A second way is not offered where a part of it does: petite and aimed, where petite is
        # enough; another needle, where this one can be used.
        parts = ("petite", "blunt", "aim-shallower", "aim-deeper")
        simpler = code in remedies or (
            (code.startswith("petite-") or code == "other-device")
            and any(remedy in parts or remedy.startswith("petite-") for remedy in remedies)
        )
        if simpler:
            continue
        after = changed.problems()
        if problem not in after and after <= before:
            remedies.append(code)
            amounts |= values
    return tuple(remedies) or ("other-guidance",), amounts


def _shorter(device: Device, devices: Mapping[str, Device]) -> list[Device]:
    """Return the variants of the same family with a shorter aperture."""
    return [
        other
        for other in devices.values()
        if other.family == device.family and other.aperture_mm < device.aperture_mm
    ]


def _blunter(device: Device, devices: Mapping[str, Device]) -> list[Device]:
    """Return the variants of the same family that keep the aperture and end shorter."""
    return [
        other
        for other in devices.values()
        if other.family == device.family
        and other.aperture_mm == device.aperture_mm
        and other.dead_tip_mm < device.dead_tip_mm
    ]


def _others(device: Device, devices: Mapping[str, Device]) -> list[Device]:
    """Return the devices of other families, the same kind first."""
    others = [other for other in devices.values() if other.family != device.family]
    return sorted(others, key=lambda other: other.kind != device.kind)
