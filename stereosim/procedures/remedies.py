"""What mends a margin: every proposal is tried out on the catalogue before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Margins, Window, freehand_check, safety_check, usual_limits
from stereosim.procedures.approach import (
    breast_from_support,
    support_from_breast,
    thickness_limits_mm,
)
from stereosim.procedures.intents import Position
from stereosim.procedures.operators.aiming import safe_depth_offset
from stereosim.procedures.operators.skill import load_search
from stereosim.procedures.published import load_hints

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
    """

    device: Device
    target_mm: Array
    thickness_mm: float
    window: Window
    approach: str
    shift_mm: tuple[float, float]
    usual_mm: float | None

    def margins(self) -> Margins:
        """Return the safety margins."""
        return safety_check(self.device, self.target_mm, self.thickness_mm, window=self.window)

    def problems(self) -> frozenset[str]:
        """Return the codes of what forbids firing."""
        return problems(self.margins(), self.thickness_mm)

    def changes(self, devices: Mapping[str, Device]) -> Iterator[tuple[str, Values, Held]]:
        """Yield what could be done, the simplest first: its code, its amounts, what it leads to."""
        yield self._repositioned()
        inside = load_search().aperture_inside_mm
        for device in (self.device, *_shorter(self.device, devices)):
            other = replace(self, device=device)
            values: Values = {} if device is self.device else {"petite": device.name}
            if values:
                yield "petite", values, other
            up = safe_depth_offset(device, other.margins(), inside)
            if up:
                aim = "aim-shallower" if up > 0.0 else "aim-deeper"
                raised = replace(other, target_mm=self.target_mm + np.array([0.0, 0.0, up]))
                yield f"petite-{aim}" if values else aim, {**values, aim: abs(up)}, raised
        x, y, z = self.target_mm
        turned = replace(self, target_mm=np.array([-x, y, self.thickness_mm - z]))
        way = "caudocranial" if self.approach == "craniocaudal" else "craniocaudal"
        yield "other-approach", {"other-approach": way}, turned
        yield from self._loosened()
        for device in _others(self.device, devices):
            yield "other-device", {"other-device": device.name}, replace(self, device=device)

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
            loosened = replace(self, target_mm=target, thickness_mm=float(thickness))
            yield "less-compression", {"less-compression": float(thickness)}, loosened

    def _repositioned(self) -> tuple[str, Values, Held]:
        """Bring the target under the middle of the window, as far as the chest wall lets it."""
        x, y, z = self.target_mm
        across = float(x) - self.window.centre_x_mm
        outward = max(float(y) - self.window.centre_y_mm, -self.shift_mm[1])
        shift = (self.shift_mm[0] + across, self.shift_mm[1] + outward)
        moved = replace(self, target_mm=np.array([x - across, y - outward, z]), shift_mm=shift)
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
        parts = ("petite", "aim-shallower", "aim-deeper")
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


def _others(device: Device, devices: Mapping[str, Device]) -> list[Device]:
    """Return the devices of other families, the same kind first."""
    others = [other for other in devices.values() if other.family != device.family]
    return sorted(others, key=lambda other: other.kind != device.kind)
