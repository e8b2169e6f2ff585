"""The simulated operator at the stereotactic unit: sees the images and read-outs, nothing else.

The policy is written as two generators, ``localise`` and ``biopsy``.  Each yields an intent and is
sent back what the operator then sees.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.geometry.units import Unit
from stereosim.procedures.approach import usual_position
from stereosim.procedures.intents import (
    Advance,
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
from stereosim.procedures.operators.aiming import correction, safe_depth_offset
from stereosim.procedures.operators.choosing import Group, in_skin
from stereosim.procedures.operators.reading import Reader
from stereosim.procedures.operators.sampling import (
    cores_with_calcification,
    hours_towards,
    pass_pattern,
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
    """

    skill: Skill
    search: Search
    unit: Unit
    devices: Mapping[str, Device]
    rng: np.random.Generator

    @property
    def reader(self) -> Reader:
        """Who reads the images."""
        return Reader(self.unit, self.search, self.skill)

    def localise(self, seen: Seen) -> Policy:
        """From positioning to a marked target, or a stop where nothing is found."""
        referral = seen.referral
        window = np.array([0.0, self.unit.window_centre_y_mm])
        position = usual_position(referral, self.unit)
        shift = np.array([position.shift_x_mm, position.shift_y_mm])
        expected = np.array([shift[0], referral.y_mm]) - shift
        groups: list[Group] = []
        for _ in range(2):  # position, and once more if the lesion is far from the centre
            seen = yield Position(float(shift[0]), float(shift[1]), position.approach)
            seen = yield Expose("scout")
            groups = self.reader.scout_groups(seen, expected)
            if not groups:
                yield Stop("not found on images")
                return
            group = groups[0].centre_mm
            off = group - window
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
            yield Stop("not found on images")
            return
        pixels = matches.left_px[matches.central], matches.right_px[matches.central]
        yield MarkPair(self._click(pixels[0]), self._click(pixels[1]))

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
        for name in variants:
            seen = yield ChooseDevice(name)
            assert seen.margins is not None
            device = self.devices[name]
            depth = safe_depth_offset(device, seen.margins, self.search.aperture_inside_mm)
            if depth is not None:
                break
        else:
            yield Stop("inaccessible")
            return
        passes = self._gun_passes if device.kind == "gun" else self._vacuum_passes
        seen = yield from passes(seen, device, np.array([0.0, 0.0, depth]))
        yield Stop("finished")

    def _vacuum_passes(
        self, seen: Seen, device: Device, depth: Array
    ) -> Generator[Intent, Seen, Seen]:
        offset = depth
        for last in (k == self.skill.max_passes - 1 for k in range(self.skill.max_passes)):
            seen = yield Advance(_triple(offset))
            seen = yield Expose("pair")
            seen = yield Fire()
            seen = yield Expose("pair")
            miss = self._lesion_from_needle(seen, device, depth)
            if miss is not None and not last and self._too_far(miss, device):
                offset = offset + correction(miss, seen.margins)
                seen = yield Withdraw()
                continue
            seen = yield Sample(hours_towards(miss, device.usual_cores))
            seen = yield Film()
            if cores_with_calcification(seen.films[-1]) or last:
                break
            if miss is not None:
                offset = offset + correction(miss, seen.margins)
            seen = yield Withdraw()
        seen = yield PlaceClip()
        return seen

    def _gun_passes(
        self, seen: Seen, device: Device, depth: Array
    ) -> Generator[Intent, Seen, Seen]:
        """Aim each pass at another speck of the group; once round, step aside from each.

        The film is made after the usual number of cores, and after as many again where it showed
        nothing.
        """
        assert seen.marked_mm is not None
        matches = self.reader.match_near(seen, "target", seen.marked_mm)
        order = [] if matches is None else matches.spread_order()
        systematic = np.zeros(3)
        for k, (spot, hour) in enumerate(pass_pattern(2 * device.usual_cores, len(order))):
            if k > 0 and matches is not None:
                speck = order[k % len(order)]
                seen = yield MarkPair(
                    self._click(matches.left_px[speck]), self._click(matches.right_px[speck])
                )
                seen = yield ChooseDevice(device.name)
                assert seen.margins is not None
                off = safe_depth_offset(device, seen.margins, self.search.aperture_inside_mm)
                if off is None:
                    continue
                depth = np.array([0.0, 0.0, off])
            seen = yield Advance(_triple(systematic + depth + spot))
            if k == 0:
                seen = yield Expose("pair")
            seen = yield Fire()
            if k == 0:
                seen = yield Expose("pair")
                miss = self._lesion_from_needle(seen, device, depth)
                if miss is not None and self._too_far(miss, device):
                    systematic = correction(miss, seen.margins)
            seen = yield Sample((hour,))
            if seen.cores % device.usual_cores == 0:
                seen = yield Film()
                if cores_with_calcification(seen.films[-1]):
                    break
            seen = yield Withdraw()
        if seen.cores:
            seen = yield PlaceClip()
        return seen

    def _too_far(self, miss: Array, device: Device) -> bool:
        """Whether the lesion, at `miss` from the aperture, calls for a new insertion."""
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
