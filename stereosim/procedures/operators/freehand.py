"""Leading a needle by hand under ultrasound: insert, look, find it in the image, correct, fire.

What the hand believes is a pose.  It begins as the pose that was meant and is replaced by what an
image shows; nothing here knows where the needle lies.  The probe stands over the target with its
plane through the place where the needle goes in, and is turned about that place until the needle
is found.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.safety import Margins, usual_limits
from stereosim.imaging.ultrasound.needle_reading import (
    ExpectedNeedle,
    NeedleReading,
    read_needle,
)
from stereosim.procedures.intents import Adjust, Fire, Insert, Intent, Look, Steer, Withdraw
from stereosim.procedures.operators.again import Target, depth_shown, seen_again
from stereosim.procedures.operators.aiming import axial_offset
from stereosim.procedures.operators.skill import Search, Skill
from stereosim.procedures.state import Seen

Array = NDArray[np.float64]
_LEAST_TILT_DEG = 3.0


@dataclass(frozen=True, eq=False)
class Led:
    """A needle that has been fired.

    Attributes
    ----------
    pose : NeedlePose
        Where the operator believes its aperture.
    seen_after : bool
        Whether that was read from an image after it was fired.
    target : Target
        Where the target was last believed, the tissue being moved by the needle.
    """

    pose: NeedlePose
    seen_after: bool
    target: Target

    @property
    def miss_mm(self) -> Array | None:
        """Target from the aperture: right, twelve, along; None where the needle was not seen."""
        if not self.seen_after:
            return None
        return self.pose.frame @ (self.target.place_mm - self.pose.centre_mm)


@dataclass(frozen=True)
class Approach:
    """How the needle comes: from where, and which part of its aperture meets the target.

    Attributes
    ----------
    entry_mm : float
        Along the skin from above the target to where it goes in.
    back_mm : float
        How far behind the target, along the needle, the aperture's centre is to come.
    """

    entry_mm: float
    back_mm: float


def plan(
    seen: Seen, device: Device, search: Search, usual_mm: float, *, beyond_mm: float = 0.0
) -> Approach | None:
    """Return the first approach that the margins of the chosen device allow; None where none does.

    The console's margins are those of the usual entry.  From farther off the needle comes flatter:
    its point stays higher over the chest wall, its aperture deeper under the skin.  Entries up to
    `beyond_mm` have been tried.
    """
    assert seen.margins is not None and seen.marked_mm is not None
    depth = float(seen.marked_mm[2])

    def tilt(away_mm: float) -> float:
        return float(np.arctan2(depth, away_mm))

    for away in (usual_mm, *search.flat_entry_mm):
        if away <= beyond_mm:
            continue
        flatter = float(np.sin(tilt(usual_mm)) - np.sin(tilt(away)))
        stroke = seen.margins.stroke_margin_mm + device.tip_offset_mm * flatter
        skin = seen.margins.skin_margin_mm + 0.5 * device.aperture_mm * flatter
        spare = seen.margins.length_margin_mm + float(
            np.hypot(depth, usual_mm) - np.hypot(depth, away)
        )
        margins = _judged(stroke, skin, spare)
        tilt_deg = float(np.degrees(tilt(away)))
        back = axial_offset(device, margins, tilt_deg, search.aperture_inside_mm)
        if back is not None:
            return Approach(away, back)
    return None


def _judged(stroke_mm: float, skin_mm: float, spare_mm: float) -> Margins:
    """Return margins with a problem where one of them is too small."""
    close = stroke_mm <= usual_limits().stroke_margin_mm or skin_mm <= 0.0 or spare_mm < 0.0
    wrong = ("margin",) if close else ()
    return Margins(stroke_mm, skin_mm, spare_mm, np.inf, wrong, wrong)


@dataclass
class Hand:
    """One insertion after another with one device.

    Attributes
    ----------
    skill, search : Skill, Search
        How well and how far the operator looks.
    device : Device
        The needle.
    first : bool
        Whether this is the first way in; after it half of the looks are enough.
    back_mm : float
        How far behind the target, along the needle, its aperture's centre is to come.
    belief : NeedlePose
        Where the operator believes the aperture now.
    target : Target
        Where the operator believes the target now.
    """

    skill: Skill
    search: Search
    device: Device
    first: bool = True

    def __post_init__(self) -> None:
        """Begin with nothing in hand."""
        self.belief = NeedlePose.vertical((0.0, 0.0, 0.0))
        self.target = self._marked = Target(np.zeros(3), np.zeros((0, 3)))
        self.looks, self.back_mm = 0, 0.0
        self.most_looks = self.skill.looks if self.first else max(1, self.skill.looks // 2)

    def lead(
        self, seen: Seen, target: Target, approach: Approach
    ) -> Generator[Intent, Seen, tuple[Seen, Led | None]]:
        """Insert, correct as long as looks are left, and fire.

        None comes back, with the needle out, where the margins on the console forbid to fire it.
        """
        self.target = self._marked = target
        self.looks = 0
        seen = yield from self._go_in(seen, approach.entry_mm)
        self.back_mm = approach.back_mm
        seen, last = yield from self._correct(seen)
        more = axial_offset(
            self.device,
            self._margins(seen),
            self.belief.tilt_deg,
            self.search.aperture_inside_mm + abs(self.back_mm),
        )
        if more is None:
            seen = yield Withdraw()
            return seen, None
        if more:
            self.back_mm += more
            seen = yield from self._steer(seen, Steer(along_mm=-more))
        seen = yield Fire()
        self.belief = self.belief.moved_along(self.device.throw_mm)
        seen, reading = yield from self._look(seen, fired=True)
        seen_after = reading is not None and self._whole(reading)
        if seen_after:
            assert reading is not None
            self._believe(reading)
        along = float(self._miss()[2]) - self.back_mm
        most = self.search.depth_share * self.device.aperture_mm
        if (seen_after or last) and abs(along) > most:
            seen = yield Adjust(along)
            self.belief = self.belief.moved_along(along)
        return seen, Led(self.belief, seen_after, self.target)

    # --- insertion --------------------------------------------------------------------------------
    def _go_in(self, seen: Seen, away_mm: float) -> Generator[Intent, Seen, Seen]:
        """Go through the skin on the side away from the nipple, and most of the way on."""
        place = self.target.place_mm
        side = 1.0 if place[0] >= 0.0 else -1.0
        pose = NeedlePose.freehand(place, entry_distance_mm=away_mm, side=(side, 0.0, 0.0))
        entry = pose.skin_mm
        azimuth = float(np.degrees(np.arctan2(pose.axis[1], pose.axis[0])))
        self._entry = entry
        seen = yield Insert((float(entry[0]), float(entry[1])), azimuth, pose.tilt_deg)
        assert seen.commanded is not None
        self.belief = seen.commanded.moved_along(-self.device.throw_mm)
        ahead = self.search.first_look_share * self._left_mm()
        return (yield from self._steer(seen, Steer(along_mm=ahead)))

    def _correct(self, seen: Seen) -> Generator[Intent, Seen, tuple[Seen, bool]]:
        """Look and correct until the needle points at the target; True where it was seen last."""
        near, known = False, False
        while self.looks < self.most_looks:
            seen, reading = yield from self._find(seen)
            known = reading is not None
            if reading is not None:
                self._believe(reading)
            miss, left = self._pointing_mm(), self._left_mm()
            good = np.hypot(*miss) <= self.skill.needle_tolerance_mm
            if near and (good or not known) and abs(left) <= self.skill.needle_tolerance_mm:
                break
            near = True
            seen = yield from self._steer(seen, self._correction())
            if not self.skill.looks_before_firing:
                return seen, known
        if not near:
            seen = yield from self._steer(seen, self._correction())
        return seen, known

    def _correction(self) -> Steer:
        """Return the movement about the entry, and along, that leads to the target."""
        wanted = NeedlePose.from_points(self._entry, self.target.place_mm)
        now = self.belief
        azimuth = np.degrees(
            np.arctan2(wanted.axis[1], wanted.axis[0]) - np.arctan2(now.axis[1], now.axis[0])
        )
        tilt = max(wanted.tilt_deg - now.tilt_deg, _LEAST_TILT_DEG - now.tilt_deg)
        return Steer(self._left_mm(), float((azimuth + 180.0) % 360.0 - 180.0), float(tilt))

    def _steer(self, seen: Seen, steer: Steer) -> Generator[Intent, Seen, Seen]:
        """Steer, as far as needle and skin allow, and believe that it went as it was meant."""
        assert seen.commanded is not None
        pose = seen.commanded.moved_along(-self.device.throw_mm)
        inside = float((pose.tip_mm(self.device) - pose.skin_mm) @ pose.axis)
        along = float(np.clip(steer.along_mm, 1.0 - inside, self.device.length_mm - 1.0 - inside))
        tilt = float(np.clip(steer.tilt_deg, _LEAST_TILT_DEG - pose.tilt_deg, 89.0 - pose.tilt_deg))
        seen = yield replace(steer, along_mm=along, tilt_deg=tilt)
        turn = self.belief.turn(steer.azimuth_deg, tilt)
        self.belief = self.belief.turned(self._entry, turn).moved_along(along)
        return seen

    def _miss(self) -> Array:
        """Return the target from the aperture as it is believed: right, twelve, along."""
        return self.belief.frame @ (self.target.place_mm - self.belief.centre_mm)

    def _pointing_mm(self) -> Array:
        """Return by how much the needle's line passes the target: right, twelve."""
        return self._miss()[:2]

    def _left_mm(self) -> float:
        """Return how far the needle has to go until it may be fired."""
        way = float(np.linalg.norm(self.target.place_mm - self._entry))
        gone = float((self.belief.centre_mm - self._entry) @ self.belief.axis)
        return way - self.back_mm - self.device.throw_mm - gone

    def _margins(self, seen: Seen) -> Margins:
        """Return the console's margins, which are those of the needle as meant, for it as seen."""
        assert seen.margins is not None and seen.commanded is not None
        ahead = self.belief.moved_along(self.device.throw_mm)
        lower = float((ahead.centre_mm - seen.commanded.centre_mm)[2])
        steeper = float((ahead.axis - seen.commanded.axis)[2])
        return _judged(
            seen.margins.stroke_margin_mm - lower - self.device.tip_offset_mm * steeper,
            seen.margins.skin_margin_mm + lower - 0.5 * self.device.aperture_mm * steeper,
            seen.margins.length_margin_mm,
        )

    # --- looking ----------------------------------------------------------------------------------
    def _find(self, seen: Seen) -> Generator[Intent, Seen, tuple[Seen, NeedleReading | None]]:
        """Look along the needle as it is believed; turn the probe until all of it is seen."""
        step = self.search.plane_step_deg
        best: tuple[float, NeedleReading] | None = None
        for turn in (0.0, step, -step, 2.0 * step, -2.0 * step):
            if self.looks >= self.most_looks:
                break
            seen, reading = yield from self._look(seen, turn)
            if reading is not None and (best is None or reading.visible_mm > best[1].visible_mm):
                best = turn, reading
            if best is not None and self._whole(best[1]):
                break
        return seen, None if best is None else best[1]

    def _look(
        self, seen: Seen, turn_deg: float = 0.0, *, fired: bool = False
    ) -> Generator[Intent, Seen, tuple[Seen, NeedleReading | None]]:
        """Look once, the plane through the entry; None where no needle is seen."""
        axis, place = self.belief.axis, self.target.place_mm
        along = np.degrees(np.arctan2(axis[1], axis[0])) + turn_deg
        way = np.array([np.cos(np.radians(along)), np.sin(np.radians(along))])
        # Before it is fired the target stands far in the image, so that the shaft fills it.
        before = 0.0 if fired else 0.5 * _width_mm(seen) - self.search.target_inside_mm
        over = self._entry[:2] + (float((place - self._entry)[:2] @ way) - before) * way
        depth, focus = depth_shown(self._marked.place_mm, self.search)
        angle = (along + 90.0) % 180.0 - 90.0
        seen = yield Look(float(over[0]), float(over[1]), float(angle), depth, focus)
        self.looks += 1
        frame = seen.stills[-1].frame
        device = self.device
        known = ExpectedNeedle(
            self._entry, self.belief.axis, device.outer_diameter_mm, device.dead_tip_mm
        )
        reading = read_needle(frame, known)
        reading = reading if reading is not None and reading.seen else None
        if len(self.target.foci_mm):
            line = self.belief if reading is None else self._pose(reading)
            # Held against where it was marked, so that errors do not add up.
            again = seen_again(
                [frame],
                self._marked,
                self.search,
                needle=line,
                diameter_mm=device.outer_diameter_mm,
            )
            self.target = self.target if again is None else again
        return seen, reading

    def _whole(self, reading: NeedleReading) -> bool:
        """Whether the needle ends in the image where its length inside says that it should."""
        inside = float((self.belief.tip_mm(self.device) - self._entry) @ self.belief.axis)
        shown = float(np.linalg.norm(reading.tip_mm - self._entry))
        return abs(shown - inside) < self.search.tip_short_mm

    def _pose(self, reading: NeedleReading) -> NeedlePose:
        """Return the pose that a reading shows: from where it goes in to the point.

        Where the point is not in the image, the line is, and the length is that on the shaft.
        """
        axis = reading.tip_mm - self._entry
        inside = float(np.linalg.norm(axis))
        if not self._whole(reading):
            inside = float((self.belief.tip_mm(self.device) - self._entry) @ self.belief.axis)
        axis = axis / np.linalg.norm(axis)
        centre = self._entry + (inside - self.device.tip_offset_mm) * axis
        return NeedlePose(centre, axis, self.belief.twelve)

    def _believe(self, reading: NeedleReading) -> None:
        self.belief = self._pose(reading)


def _width_mm(seen: Seen) -> float:
    """Return the width of the probe: that of the images so far."""
    probe = seen.stills[-1].frame.probe if seen.stills else seen.sweeps[-1].probe
    return probe.width_mm
