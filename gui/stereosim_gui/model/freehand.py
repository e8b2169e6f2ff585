"""The needle in the hand: how it shall enter, the line it follows, what is drawn of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.procedures.intents import ChooseDevice, Insert, Look, Steer
from stereosim_gui.model.sonogram import Point, direction, pose_of
from stereosim_gui.model.stages import fired, needle_in

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.pose import NeedlePose
    from stereosim_gui.model.attempt import Attempt
    from stereosim_gui.model.sonography import Sonography

Array = NDArray[np.float64]

DISTANCE_MM = (2.0, 60.0)
TILT_DEG = (2.0, 88.0)
TURN_DEG = (-45.0, 45.0)


@dataclass(frozen=True)
class Approach:
    """How the needle shall enter, as seen from the probe.

    Attributes
    ----------
    side : int
        -1 from the left of the image, 1 from its right.
    distance_mm : float
        Along the skin from the edge of the array to the entry.
    tilt_deg : float
        Angle to the skin.
    turn_deg : float
        Turn out of the image plane; 0 keeps the whole needle in the image.
    """

    side: int = 1
    distance_mm: float = 10.0
    tilt_deg: float = 30.0
    turn_deg: float = 0.0

    def changed(
        self, *, distance_mm: float = 0.0, tilt_deg: float = 0.0, turn_deg: float = 0.0
    ) -> Approach:
        """Return the approach changed by so much, within what a hand can do."""
        return Approach(
            self.side,
            round(float(np.clip(self.distance_mm + distance_mm, *DISTANCE_MM)), 2),
            round(float(np.clip(self.tilt_deg + tilt_deg, *TILT_DEG)), 2),
            round(float(np.clip(self.turn_deg + turn_deg, *TURN_DEG)), 2),
        )

    def mirrored(self) -> Approach:
        """Return the approach from the other side."""
        return replace(self, side=-self.side, turn_deg=-self.turn_deg)

    def entering(self, u_mm: float, width_mm: float) -> Approach:
        """Return the approach that enters at `u_mm`, or as near to the array as it can."""
        side = 1 if u_mm >= 0.0 else -1
        distance = abs(u_mm) - 0.5 * width_mm
        return replace(
            self, side=side, distance_mm=round(float(np.clip(distance, *DISTANCE_MM)), 1)
        )

    def through(self, point: Point, width_mm: float) -> Approach:
        """Return the approach tilted so that its line goes through `point` (u, z) of the image."""
        away = self.entry_u_mm(width_mm) - point[0]
        tilt = math.degrees(math.atan2(point[1], self.side * away))
        return replace(self, tilt_deg=round(float(np.clip(tilt, *TILT_DEG)), 2))

    def entry_u_mm(self, width_mm: float) -> float:
        """Return u of the entry, for an array of `width_mm`."""
        return self.side * (0.5 * width_mm + self.distance_mm)

    def insert(self, look: Look, width_mm: float) -> Insert:
        """Return the intent that brings the needle in, for a probe at `look`.

        Tilt and turn are what is seen in the image; where the probe leans or presses, those in the
        breast are others.
        """
        pose, u = pose_of(look), self.entry_u_mm(width_mm)
        (along, down), (ahead, aside) = direction(self.tilt_deg), direction(self.turn_deg)
        image = np.array([-self.side * along * ahead, -self.side * along * aside, down])
        entry = pose.supine_mm([u, 0.0, 0.0])
        axis = pose.supine_mm(np.array([u, 0.0, 0.0]) + image) - entry
        azimuth = math.degrees(math.atan2(axis[1], axis[0])) % 360.0
        tilt = math.degrees(math.atan2(axis[2], math.hypot(axis[0], axis[1])))
        return Insert((float(entry[0]), float(entry[1])), azimuth, tilt)


@dataclass(frozen=True, eq=False)
class NeedleLine:
    """The line that a needle was told to follow; where it really runs only the echoes show.

    Attributes
    ----------
    entry_mm, axis : ndarray, shape (3,)
        Where it enters the skin, and its direction, supine frame.
    """

    entry_mm: Array
    axis: Array

    @classmethod
    def of_insert(cls, insert: Insert) -> NeedleLine:
        """Return the line of a needle that is still to enter."""
        along, down = direction(insert.tilt_deg)
        cos, sin = direction(insert.azimuth_deg)
        entry = np.array([*insert.entry_mm, 0.0])
        return cls(entry, np.array([along * cos, along * sin, down]))

    @classmethod
    def of_pose(cls, pose: NeedlePose) -> NeedleLine:
        """Return the line of a needle that lies, or was told to lie, at `pose`."""
        axis = np.asarray(pose.axis)
        # A needle along the skin never meets it: its line then starts where it is.
        way = pose.centre_mm[2] / axis[2] if abs(axis[2]) > 1e-3 else 0.0
        return cls(pose.centre_mm - way * axis, axis)

    def at(self, along_mm: float) -> Array:
        """Return the point, shape (3,), so far from the entry."""
        point: Array = self.entry_mm + along_mm * self.axis
        return point

    def nearest(self, supine_mm: Array) -> tuple[float, float]:
        """Return how far along the line a point is, and how far beside it, mm."""
        way = np.asarray(supine_mm, dtype=np.float64) - self.entry_mm
        along = float(way @ self.axis)
        return along, float(np.linalg.norm(way - along * self.axis))


@dataclass(frozen=True, eq=False)
class Guide:
    """What the needle is told to do, for the drawing in the image.

    Attributes
    ----------
    line : NeedleLine
        Its path.
    centre_mm : float
        Along the line from the entry to the middle of the aperture after firing.
    aperture_mm, dead_tip_mm, throw_mm : float
        Of the device; the throw is 0 once it has been fired.
    inserted : bool
        Whether the needle is in: then the point before firing is drawn too.
    """

    line: NeedleLine
    centre_mm: float
    aperture_mm: float
    dead_tip_mm: float
    throw_mm: float
    inserted: bool

    @classmethod
    def of(
        cls, line: NeedleLine, centre_mm: float, device: Device, *, inserted: bool, fired: bool
    ) -> Guide:
        """Return the guide for `device` on `line`."""
        throw = 0.0 if fired else device.throw_mm
        return cls(line, centre_mm, device.aperture_mm, device.dead_tip_mm, throw, inserted)

    @property
    def aperture(self) -> tuple[float, float]:
        """Both ends of the aperture after firing, along the line."""
        return self.centre_mm - 0.5 * self.aperture_mm, self.centre_mm + 0.5 * self.aperture_mm

    @property
    def tip_mm(self) -> float:
        """The needle's point after firing, along the line."""
        return self.aperture[1] + self.dead_tip_mm

    @property
    def point_mm(self) -> float:
        """The needle's point as it is now, along the line."""
        return self.tip_mm - self.throw_mm


class Freehand:
    """The needle of an ultrasound-guided attempt: planned, then steered.

    Parameters
    ----------
    attempt : Attempt
        Where intents are sent.
    machine : Sonography
        Probe and image that the needle is planned by.
    """

    def __init__(self, attempt: Attempt, machine: Sonography) -> None:
        self._attempt = attempt
        self._machine = machine
        self.approach = Approach()
        self.guide_wanted = True
        self._steer = Steer()
        # To be sent once the device has been chosen.
        self._next: Insert | None = None

    # --- before it is in --------------------------------------------------------------------------
    def plan(self, approach: Approach) -> None:
        """Plan how the needle shall enter."""
        if approach != self.approach:
            self.approach = approach
            self.weigh()
            self._machine.drawing_changed.emit()

    def weigh(self) -> None:
        """Have the console say what the planned approach leaves of the margins."""
        attempt, planned = self._attempt, self.planned
        if not attempt.started or attempt.seen.marked_mm is None or needle_in(attempt.state):
            return
        if planned is not None and planned != attempt.console.approach:
            attempt.console.weigh(approach=planned)

    def aim(self, point: Point) -> None:
        """Tilt the planned needle so that its line goes through `point` (u, z) of the image."""
        if self._machine.sonogram is not None:
            self.plan(self.approach.through(point, self._machine.sonogram.width_mm))

    @property
    def planned(self) -> Insert | None:
        """The intent that the planned approach comes to, with the probe where it is."""
        sonogram = self._machine.sonogram
        return None if sonogram is None else self.approach.insert(sonogram.look, sonogram.width_mm)

    @property
    def device(self) -> Device | None:
        """The needle that is in, or the one that is weighed up."""
        attempt = self._attempt
        if not attempt.started:
            return None
        if needle_in(attempt.state):
            return attempt.seen.device
        return attempt.console.equipment.devices.get(attempt.console.device)

    def insert(self) -> bool:
        """Take the device and bring it through the skin as planned.

        Returns
        -------
        bool
            Whether that was taken up.
        """
        intent, device, chosen = self.planned, self.device, self._attempt.seen.device
        if intent is None or device is None:
            return False
        if chosen is not None and chosen.name == device.name:
            return self._attempt.send(intent)
        taken_up = self._attempt.send(ChooseDevice(device.name))
        self._next = intent if taken_up else None
        return taken_up

    # --- in the breast ----------------------------------------------------------------------------
    def steer(self, along_mm: float = 0.0, azimuth_deg: float = 0.0, tilt_deg: float = 0.0) -> None:
        """Move the needle that is in; steps asked for while one is under way add up to the next."""
        self._steer = Steer(
            round(self._steer.along_mm + along_mm, 2),
            round(self._steer.azimuth_deg + azimuth_deg, 2),
            round(self._steer.tilt_deg + tilt_deg, 2),
        )
        self.go_on()

    def go_on(self) -> None:
        """Do what was asked for while the last step was under way."""
        if self._next is not None and not self._attempt.busy:
            intent, self._next = self._next, None
            chosen, device = self._attempt.seen.device, self.device
            if chosen is not None and device is not None and chosen.name == device.name:
                self._attempt.send(intent)
        if self._steer != Steer() and not self._attempt.busy:
            steer, self._steer = self._steer, Steer()
            if self._attempt.started and needle_in(self._attempt.state):
                self._attempt.send(steer)

    # --- what is drawn ----------------------------------------------------------------------------
    @property
    def line(self) -> NeedleLine | None:
        """The line that the needle follows, or would follow if it entered as planned."""
        attempt = self._attempt
        if not attempt.started:
            return None
        commanded = attempt.seen.commanded
        if needle_in(attempt.state) and commanded is not None:
            return NeedleLine.of_pose(commanded)
        intent = self.planned
        return None if intent is None else NeedleLine.of_insert(intent)

    @property
    def guide_allowed(self) -> bool:
        """Whether the guide may be shown: not in an exam that goes on."""
        return not self._attempt.spec.exam or self._attempt.ended

    def want_guide(self, wanted: bool) -> None:
        """Show the guide in the image, or do not."""
        self.guide_wanted = wanted
        self._machine.drawing_changed.emit()

    @property
    def guide(self) -> Guide | None:
        """What is drawn of the needle's way; None before there are a target and a device."""
        line, attempt = self.line, self._attempt
        if line is None or not self.guide_wanted or not self.guide_allowed:
            return None
        seen, inside = attempt.seen, needle_in(attempt.state)
        device = self.device
        if device is None or seen.marked_mm is None:
            return None
        goal = seen.marked_mm
        if inside and seen.commanded is not None:
            goal = seen.commanded.centre_mm
        return Guide.of(
            line, line.nearest(goal)[0], device, inserted=inside, fired=fired(attempt.state)
        )
