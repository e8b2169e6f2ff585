"""Where a needle is: its pose, its clock face and its tip.

The clock is read from the hub, looking toward the tip, and runs clockwise: 3 o'clock is
``axis x twelve``.  The hours of a stereotactic needle that comes from above (axis -z) with 12
o'clock toward the nipple (+y) therefore have 3 o'clock at +x, the patient's right.

>>> from stereosim.biopsy.pose import NeedlePose
>>> pose = NeedlePose.vertical((0.0, 30.0, 25.0))
>>> [float(round(c, 6)) + 0.0 for c in pose.hour_direction(3)]
[1.0, 0.0, 0.0]
>>> [float(round(c, 6)) + 0.0 for c in pose.hour_direction(12)]
[0.0, 1.0, 0.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device

Array = NDArray[np.float64]
Vector = Sequence[float] | Array


def unit_vector(vector: Vector, what: str) -> Array:
    """Return `vector`, shape (3,), at length 1; ValueError naming `what` if it has no direction."""
    v = np.array(vector, dtype=np.float64)
    length = float(np.linalg.norm(v)) if v.shape == (3,) else np.nan
    if not np.isfinite(length) or length == 0.0:
        raise ValueError(f"{what} must be three finite numbers, not all zero: {vector!r}")
    return v / length


@dataclass(frozen=True, eq=False)
class NeedlePose:
    """Place and orientation of a needle in any right-handed frame, mm.

    Attributes
    ----------
    centre_mm : ndarray, shape (3,)
        Centre of the sampling aperture.
    axis : ndarray, shape (3,)
        Unit vector toward the tip.
    twelve : ndarray, shape (3,)
        Unit vector of 12 o'clock, perpendicular to `axis` (made so if it is not).

    Raises
    ------
    ValueError
        For numbers that are not finite, or a `twelve` parallel to `axis`.
    """

    centre_mm: Array
    axis: Array
    twelve: Array

    def __post_init__(self) -> None:
        """Check the numbers and make the axes orthonormal."""
        centre = np.array(self.centre_mm, dtype=np.float64)
        if centre.shape != (3,) or not np.isfinite(centre).all():
            raise ValueError(f"centre_mm must be three finite numbers: {self.centre_mm!r}")
        axis = unit_vector(self.axis, "axis")
        twelve = unit_vector(self.twelve, "twelve")
        across = twelve - axis * (axis @ twelve)
        if np.linalg.norm(across) < 1e-6:
            raise ValueError("twelve is parallel to the needle's axis")
        object.__setattr__(self, "centre_mm", centre)
        object.__setattr__(self, "axis", axis)
        object.__setattr__(self, "twelve", unit_vector(across, "twelve"))

    @classmethod
    def vertical(cls, centre_mm: Vector) -> NeedlePose:
        """Return a stereotactic needle from above: axis -z, 12 o'clock toward the nipple (+y)."""
        return cls(np.asarray(centre_mm), np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0]))

    @classmethod
    def lateral(cls, centre_mm: Vector, arm: str) -> NeedlePose:
        """Return a needle on the lateral arm: level with the support, 12 o'clock up (+z).

        ``"lateral-left"`` comes from -x and points to +x, ``"lateral-right"`` the other way.  Seen
        from the hub, 3 o'clock is toward the chest wall (-y) on the left, the nipple on the right.
        """
        if arm not in ("lateral-left", "lateral-right"):
            raise ValueError(f"arm: {arm!r} is neither 'lateral-left' nor 'lateral-right'")
        along = 1.0 if arm == "lateral-left" else -1.0
        return cls(np.asarray(centre_mm), np.array([along, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))

    @classmethod
    def held(cls, centre_mm: Vector, arm: str) -> NeedlePose:
        """Return a needle as the stereotactic unit holds it: :meth:`vertical`, :meth:`lateral`."""
        return cls.vertical(centre_mm) if arm == "vertical" else cls.lateral(centre_mm, arm)

    @classmethod
    def from_points(
        cls, entry_mm: Vector, target_mm: Vector, *, up: Vector = (0.0, 0.0, -1.0)
    ) -> NeedlePose:
        """Return a needle from `entry_mm` with its aperture centred on `target_mm`.

        12 o'clock faces `up` (default -z: in the supine frame, the skin and the probe) as nearly as
        the axis lets it; for a needle along `up` it faces +y.
        """
        entry, target = np.asarray(entry_mm, np.float64), np.asarray(target_mm, np.float64)
        axis = unit_vector(target - entry, "the way from entry_mm to target_mm")
        twelve = unit_vector(up, "up")
        if abs(axis @ twelve) > 1.0 - 1e-9:
            twelve = np.array([0.0, 1.0, 0.0])
        return cls(target, axis, twelve)

    @classmethod
    def freehand(
        cls, target_mm: Vector, *, entry_distance_mm: float, side: Vector = (1.0, 0.0, 0.0)
    ) -> NeedlePose:
        """Return a needle that enters the skin beside the probe, in its plane, supine frame.

        Parameters
        ----------
        target_mm : sequence of float, length 3
            Where the aperture's centre shall come to lie; its z is the depth below the skin.
        entry_distance_mm : float
            Along the skin from above the target to the entry: the nearer, the steeper.
        side : sequence of float, length 3
            From which side it comes; only its direction counts.
        """
        target = np.asarray(target_mm, np.float64)
        entry = target + entry_distance_mm * unit_vector(side, "side")
        entry[2] = 0.0
        return cls.from_points(entry, target)

    @classmethod
    def from_angles(cls, centre_mm: Vector, azimuth_deg: float, tilt_deg: float) -> NeedlePose:
        """Return a needle held by hand, supine frame.

        Parameters
        ----------
        centre_mm : sequence of float, length 3
            Centre of the aperture.
        azimuth_deg : float
            Direction in which it travels along the skin, from +x toward +y.
        tilt_deg : float
            Angle to the skin; at 90 it goes straight down, with 12 o'clock along the azimuth.
        """
        a, t = np.radians([azimuth_deg, tilt_deg])
        axis = np.array([np.cos(a) * np.cos(t), np.sin(a) * np.cos(t), np.sin(t)])
        twelve = np.array([np.cos(a) * np.sin(t), np.sin(a) * np.sin(t), -np.cos(t)])
        return cls(np.asarray(centre_mm, np.float64), axis, twelve)

    @property
    def tilt_deg(self) -> float:
        """Angle to the skin, supine frame, counted from the side opposite to 12 o'clock's.

        Above 90 the needle travels backward, with 12 o'clock then facing away from the skin.
        """
        ahead = self._level_right[[1, 0, 2]] * [1.0, -1.0, 0.0]
        return float(np.degrees(np.arctan2(self.axis[2], self.axis @ ahead)))

    @property
    def skin_mm(self) -> Array:
        """Where the axis meets the skin (z = 0, supine frame), shape (3,).

        Raises
        ------
        ValueError
            When the needle lies along the skin.
        """
        if abs(self.axis[2]) < 1e-9:
            raise ValueError("a needle along the skin does not meet it")
        met: Array = self.centre_mm - self.centre_mm[2] / self.axis[2] * self.axis
        return met

    def turn(self, azimuth_deg: float, tilt_deg: float) -> Array:
        """Return the rotation, shape (3, 3), by which this pose's azimuth and tilt grow so much."""
        about_z = _rotation(np.array([0.0, 0.0, 1.0]), azimuth_deg)
        return _rotation(about_z @ self._level_right, -tilt_deg) @ about_z

    def turned(self, pivot_mm: Vector, turn: Array) -> NeedlePose:
        """Return the pose turned about a point by a rotation, shape (3, 3)."""
        pivot = np.asarray(pivot_mm, np.float64)
        centre = pivot + turn @ (self.centre_mm - pivot)
        return NeedlePose(centre, turn @ self.axis, turn @ self.twelve)

    @property
    def _level_right(self) -> Array:
        """3 o'clock brought level with the skin."""
        return unit_vector(self.right * [1.0, 1.0, 0.0], "3 o'clock along the skin")

    @property
    def right(self) -> Array:
        """Unit vector of 3 o'clock, shape (3,)."""
        return np.cross(self.axis, self.twelve)

    @property
    def frame(self) -> Array:
        """Rows right, twelve, axis, shape (3, 3): ``frame @ (p - centre)`` leads to the needle."""
        rows: Array = np.array([self.right, self.twelve, self.axis])
        return rows

    def hour_direction(self, hour: float) -> Array:
        """Return the unit vector, shape (3,), in which clock hour `hour` looks."""
        angle = np.radians(30.0 * hour)
        direction: Array = np.sin(angle) * self.right + np.cos(angle) * self.twelve
        return direction

    def hour_of(self, point_mm: Vector) -> float:
        """Return the clock hour, in [0, 12), in which `point_mm` lies (0 stands for 12)."""
        right, twelve, _ = self.frame @ (np.asarray(point_mm, np.float64) - self.centre_mm)
        # A tiny negative angle rounds up to the full circle: the second remainder folds it back.
        return float(np.degrees(np.arctan2(right, twelve)) / 30.0 % 12.0 % 12.0)

    def needle_from_points(self, points_mm: Array) -> Array:
        """Return points, shape (n, 3), in the needle frame (right, twelve, along)."""
        local: Array = np.ascontiguousarray((points_mm - self.centre_mm) @ self.frame.T)
        return local

    def points_from_needle(self, local_mm: Array) -> Array:
        """Return points given in the needle frame, shape (n, 3), in the frame of the pose."""
        points: Array = np.ascontiguousarray(local_mm @ self.frame + self.centre_mm)
        return points

    def moved_along(self, along_mm: float) -> NeedlePose:
        """Return the pose moved along its own axis, positive toward the tip."""
        return replace(self, centre_mm=self.centre_mm + along_mm * self.axis)

    def moved(self, vector_mm: Vector) -> NeedlePose:
        """Return the pose translated by `vector_mm`, shape (3,)."""
        return replace(self, centre_mm=self.centre_mm + np.asarray(vector_mm, np.float64))

    def prefire(self, device: Device) -> NeedlePose:
        """Return the pose from which firing `device` leads here: one throw back."""
        return self.moved_along(-device.throw_mm)

    def tip_mm(self, device: Device) -> Array:
        """Return the needle's point, shape (3,): half an aperture and the dead tip further on."""
        return self.centre_mm + (device.aperture_mm / 2.0 + device.dead_tip_mm) * self.axis

    def same_as(self, other: NeedlePose) -> bool:
        """Return whether both poses agree to within a nanometre."""
        mine = np.concatenate([self.centre_mm, self.axis, self.twelve])
        theirs = np.concatenate([other.centre_mm, other.axis, other.twelve])
        return bool(np.abs(mine - theirs).max() < 1e-6)


def _rotation(axis: Array, angle_deg: float) -> Array:
    """Return the matrix, shape (3, 3), that turns by the right-hand rule about a unit vector."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    a = np.radians(angle_deg)
    turn: Array = np.eye(3) + np.sin(a) * cross + (1.0 - np.cos(a)) * cross @ cross
    return turn
