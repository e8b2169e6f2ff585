"""The simulated operator at the stereotactic unit: sees the images and read-outs, nothing else.

The policy is written as two generators, ``localise`` and ``biopsy``.  Each yields an intent and is
sent back what the operator then sees.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.fluids import usual_anaesthetic_ml
from stereosim.biopsy.pose import NeedlePose
from stereosim.geometry.units import Unit
from stereosim.procedures.approach import stand_check, usual_position
from stereosim.procedures.intents import (
    Advance,
    Anaesthetise,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    Intent,
    MarkPair,
    PlaceClip,
    Position,
    Sample,
    Stop,
    Withdraw,
)
from stereosim.procedures.matching import Matches
from stereosim.procedures.operators.aiming import correction, off_the_skin
from stereosim.procedures.operators.choosing import Group, in_skin
from stereosim.procedures.operators.reaching import Way, lateral_way, repositioned, safe_way
from stereosim.procedures.operators.reading import Reader
from stereosim.procedures.operators.sampling import (
    cores_with_calcification,
    hours_towards,
    pass_pattern,
    unfilmed,
)
from stereosim.procedures.operators.skill import Search, Skill
from stereosim.procedures.state import Seen

Policy = Generator[Intent, Seen, None]
Array = NDArray[np.float64]


@dataclass
class StereotacticOperator:
    """A radiologist at a stereotactic unit.

    Attributes
    ----------
    skill : Skill
        How well the operator works.
    search : Search
        How far the operator looks.
    unit : Unit
        The unit's geometry, which its console knows.
    devices : mapping of str to Device
        The catalogue on the shelf.
    rng : numpy.random.Generator
        The operator's own unsteadiness.
    anaesthetic : bool
        Whether the usual anaesthetic is given; not to give it is an ablation.
    """

    skill: Skill
    search: Search
    unit: Unit
    devices: Mapping[str, Device]
    rng: np.random.Generator
    anaesthetic: bool = True

    @property
    def reader(self) -> Reader:
        """Who reads the images."""
        return Reader(self.unit, self.search, self.skill)

    def localise(self, seen: Seen) -> Policy:
        """From positioning to a marked target, or a stop where nothing is found."""
        position = usual_position(seen.referral, self.unit)
        expected = np.array([0.0, seen.referral.y_mm - position.shift_y_mm])
        window = np.array([0.0, self.unit.window_centre_y_mm])
        seen = yield from self._mark_in(seen, position, expected, window)
        if seen.marked_mm is None:
            yield Stop("not found on images")

    def _mark_in(
        self, seen: Seen, position: Position, expected: Array, wanted: Array
    ) -> Generator[Intent, Seen, Seen]:
        """Position the breast, expose it and mark the target, if it is seen.

        It is expected at one place (x, y), and brought to another where it lies far from that.
        """
        shift = np.array([position.shift_x_mm, position.shift_y_mm])
        groups: list[Group] = []
        for _ in range(2):  # position, and once more if the lesion is far from there
            seen = yield replace(position, shift_x_mm=float(shift[0]), shift_y_mm=float(shift[1]))
            seen = yield Expose("scout")
            groups = self.reader.scout_groups(seen, expected)
            if not groups:
                return seen
            group = groups[0].centre_mm
            off = group - wanted
            moved = np.array([shift[0] + off[0], max(0.0, shift[1] + off[1])])
            if np.linalg.norm(moved - shift) <= self.skill.recentre_mm:
                break
            shift, expected = moved, group - (moved - shift)
        matches: Matches | None = None
        for _ in range(self.skill.pairs):
            seen = yield Expose("pair")
            matches = self._first_match(seen, groups)
            if matches is None or abs(matches.y_mismatch_mm) <= self.skill.y_tolerance_mm:
                break  # else the patient moved between the two exposures
        if matches is None:
            return seen
        pixels = matches.left_px[matches.central], matches.right_px[matches.central]
        seen = yield MarkPair(self._click(pixels[0]), self._click(pixels[1]))
        return seen

    def _first_match(self, seen: Seen, groups: Sequence[Group]) -> Matches | None:
        """Pair the groups in order until one is likely and lies not in the skin; else the first."""
        depth = (0.0, seen.thickness_mm)
        first: Matches | None = None
        for group in groups:
            matches = self.reader.match(
                seen,
                "target",
                group.centre_mm,
                depth,
                y_tolerance_mm=self.search.motion_gate_mm,
                place_sd_mm=self.reader.radius_mm(seen),
            )
            if matches is None:
                continue
            if matches.log_odds.sum() > 0.0 and not in_skin(matches.points_mm, seen.thickness_mm):
                return matches
            first = first or matches
        return first

    def biopsy(self, seen: Seen, variants: Sequence[str]) -> Policy:
        """From the marked target to the end, with the first of `variants` that is safe."""
        seen, way = yield from self._reach(seen, [self.devices[name] for name in variants])
        if way is None:
            yield Stop("inaccessible")
            return
        if self.anaesthetic:
            seen = yield Anaesthetise(usual_anaesthetic_ml(way.device))
        passes = self._gun_passes if way.device.kind == "gun" else self._vacuum_passes
        seen = yield from passes(seen, way)
        yield Stop("finished")

    def _reach(
        self, seen: Seen, variants: Sequence[Device]
    ) -> Generator[Intent, Seen, tuple[Seen, Way | None]]:
        """Choose the needle and how it is held; position the breast anew where that may help."""
        for device in variants:
            seen = yield ChooseDevice(device.name)
            way = safe_way([device], seen, self.unit)
            if way is not None:
                return seen, way
        way = lateral_way(variants, seen, self.unit)
        if way is None:
            for arm, position, place in repositioned(variants, seen, self.unit):
                seen = yield from self._mark_in(seen, position, place[:2], place[:2])
                if seen.marked_mm is None:
                    return seen, None
                way = safe_way(variants, seen, self.unit, [arm])
                if way is not None:
                    break
        if way is not None:
            seen = yield ChooseDevice(way.device.name, way.arm)
        return seen, way

    def _vacuum_passes(self, seen: Seen, way: Way) -> Generator[Intent, Seen, Seen]:
        device, depth = way.device, way.offset_mm
        pose = NeedlePose.held(np.zeros(3), way.arm)
        offset = depth
        for last in (k == self.skill.max_passes - 1 for k in range(self.skill.max_passes)):
            seen = yield Advance(_triple(offset))
            seen = yield Expose("pair")
            seen = yield Fire()
            seen = yield Expose("pair")
            miss = self._lesion_from_needle(seen, device, depth)
            local = None if miss is None else pose.frame @ miss
            if local is not None and not last and self._too_far(local, device):
                offset = self._moved(seen, way, offset, miss)
                seen = yield Withdraw()
                continue
            hours = hours_towards(local, device.usual_cores)
            seen = yield Sample(off_the_skin(hours, seen.margins))
            seen = yield Film()
            if cores_with_calcification(seen.films[-1]) or last:
                break
            if miss is not None:
                offset = self._moved(seen, way, offset, miss)
            seen = yield Withdraw()
        seen = yield PlaceClip()
        return seen

    def _moved(self, seen: Seen, way: Way, offset: Array, miss: Array | None) -> Array:
        """Return the next offset for a lesion at `miss` from the needle, as far as there is room.

        A level needle must not come too near to paddle, support or chest wall.
        """
        assert seen.commanded is not None and seen.marked_mm is not None and miss is not None
        move = correction(miss, seen.margins, seen.commanded.axis)
        for share in (1.0, 0.75, 0.5, 0.25):
            moved: Array = offset + move * [1.0, 1.0, share]
            place = seen.marked_mm + moved
            if stand_check(way.device, place, seen, self.unit, way.arm).room_margin_mm >= 0.0:
                return moved
        return offset + move * [1.0, 0.0, 0.0]

    def _gun_passes(self, seen: Seen, way: Way) -> Generator[Intent, Seen, Seen]:
        """Aim each pass at another speck of the group; once round, step aside from each.

        The film is made after the usual number of cores, and after as many again where it showed
        nothing.
        """
        assert seen.marked_mm is not None
        device, depth = way.device, way.offset_mm
        pose = NeedlePose.held(np.zeros(3), way.arm)
        matches = self.reader.match_near(seen, "target", seen.marked_mm)
        order = [] if matches is None else matches.spread_order()
        systematic = np.zeros(3)
        for k, (spot, hour) in enumerate(pass_pattern(2 * device.usual_cores, len(order))):
            if k > 0 and matches is not None:
                speck = order[k % len(order)]
                seen = yield MarkPair(
                    self._click(matches.left_px[speck]), self._click(matches.right_px[speck])
                )
                seen = yield ChooseDevice(device.name, way.arm)
                again = safe_way([device], seen, self.unit, [way.arm])
                if again is None:
                    continue
                depth = again.offset_mm
            aside = spot @ pose.frame
            if k > 0 and not self._fits(seen, way, systematic + aside):
                continue
            seen = yield Advance(_triple(systematic + depth + aside))
            if k == 0:
                seen = yield Expose("pair")
            seen = yield Fire()
            if k == 0:
                seen = yield Expose("pair")
                miss = self._lesion_from_needle(seen, device, depth)
                if miss is not None and self._too_far(pose.frame @ miss, device):
                    systematic = self._moved(seen, way, np.zeros(3), miss)
            seen = yield Sample((hour,))
            if seen.cores % device.usual_cores == 0:
                seen = yield Film()
                if cores_with_calcification(seen.films[-1]):
                    break
            seen = yield Withdraw()
        if unfilmed(seen):  # passes were left out where there was no room
            seen = yield Film()
        if seen.cores:
            seen = yield PlaceClip()
        return seen

    def _fits(self, seen: Seen, way: Way, offset: Array) -> bool:
        """Whether a level needle beside the marked place has room above and below."""
        assert seen.marked_mm is not None
        place = seen.marked_mm + offset
        return stand_check(way.device, place, seen, self.unit, way.arm).room_margin_mm >= 0.0

    def _too_far(self, miss: Array, device: Device) -> bool:
        """Whether the lesion, at `miss` in the needle's frame, calls for a new insertion."""
        lateral = float(np.hypot(miss[0], miss[1]))
        return lateral > self.skill.retarget_mm or abs(float(miss[2])) > (
            self.search.depth_share * device.aperture_mm
        )

    def _click(self, pixel: Array) -> tuple[float, float]:
        column, row = pixel + self.rng.normal(0.0, self.skill.click_sd_px, 2)
        return float(column), float(row)

    def _lesion_from_needle(self, seen: Seen, device: Device, depth: Array) -> Array | None:
        """Read the post-fire pair: where the lesion lies from where the needle should have it.

        `depth` is by how much the aperture was aimed off the target on purpose.  Returns None where
        the pair shows no speck near the marked place.
        """
        reading = self.reader.postfire(seen, device)
        if reading is None:
            return None
        miss: Array = reading.miss_mm + depth
        return miss


def _triple(vector: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in vector)
    return x, y, z
