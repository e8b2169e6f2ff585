"""The simulated operator at the ultrasound machine: sees the sweep and the referral, nothing else.

Seen specks are biopsied; else a mass near the expected place is taken for the correlate; else
nothing is marked, and the operator declines and refers to stereotactic guidance, or attempts it all
the same where the experiment asks for that.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.devices import Device
from stereosim.biopsy.fluids import usual_anaesthetic_ml
from stereosim.biopsy.needle import load_placement
from stereosim.biopsy.safety import usual_limits
from stereosim.imaging.ultrasound.observer import EchoFinding, search
from stereosim.procedures.intents import (
    Anaesthetise,
    ChooseDevice,
    Film,
    Intent,
    MarkEcho,
    PlaceClip,
    Sample,
    Scan,
    Stop,
    Withdraw,
)
from stereosim.procedures.matching import spread_order
from stereosim.procedures.operators.again import Target, look_again
from stereosim.procedures.operators.freehand import Approach, Hand, Led, plan
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
class UltrasoundOperator:
    """A radiologist with an ultrasound probe.

    Attributes
    ----------
    skill : Skill
        How well the operator works.
    search : Search
        How far the operator looks.
    devices : mapping of str to Device
        The catalogue on the shelf.
    anaesthetic : bool
        Whether the usual anaesthetic is given; not to give it is an ablation.
    findings : list of EchoFinding
        What the last search reported.
    aims : ndarray, shape (k, 3)
        The single foci of the specks that are biopsied, supine frame, mm.
    """

    skill: Skill
    search: Search
    devices: Mapping[str, Device]
    anaesthetic: bool = True
    findings: list[EchoFinding] = field(default_factory=list, init=False)
    aims: Array = field(default_factory=lambda: np.zeros((0, 3)), init=False)

    def localise(self, seen: Seen) -> Policy:
        """Scan the expected place, then both sides of it, and mark what is seen first, if anything.

        Breasts move: where the first strip shows nothing, the strips beside it are swept too.
        """
        expected = seen.referral.supine_mm
        self.findings = []
        beside = 0.0
        for strip in (0.0, 1.0, -1.0):
            seen = yield Scan(
                float(expected[0] + strip * beside),
                float(expected[1]),
                self.search.ultrasound_extent_mm,
                max(self.search.ultrasound_depth_mm, float(expected[2]) + self.search.below_mm),
                float(expected[2]),
            )
            self.findings += search(seen.sweeps[-1])
            specks = _nearest(self.findings, "specks", expected, self.search.ultrasound_gate_mm)
            mass = _nearest(self.findings, "mass", expected, self.search.correlate_gate_mm)
            if specks is not None:
                self.aims = specks.foci_mm
                yield MarkEcho(_triple(specks.position_mm), "specks")
                return
            if mass is not None:
                yield MarkEcho(_triple(mass.position_mm), "correlate")
                return
            beside = seen.sweeps[-1].probe.width_mm

    def decline(self) -> Policy:
        """Refer to stereotactic guidance: what the guideline asks for where nothing is seen."""
        yield Stop("declined: not visible")

    def attempt(self, seen: Seen) -> Policy:
        """Mark the place that the referral names, although nothing is seen there."""
        yield MarkEcho(_triple(seen.referral.supine_mm), "blind")

    def biopsy(self, seen: Seen, variants: tuple[str, ...]) -> Policy:
        """Sample the marked place freehand with the first of `variants` that may be fired."""
        sampled, usual = False, load_placement()["freehand"].entry_distance_mm
        for name in variants:
            seen = yield ChooseDevice(name)
            device = self.devices[name]
            approach = plan(seen, device, self.search, usual)
            if approach is None:
                continue
            seen, target = yield from self._anaesthetised(seen, device)
            passes = self._gun_passes if device.kind == "gun" else self._vacuum_passes
            seen = yield from passes(seen, target, device, approach)
            sampled = seen.cores > 0
            if sampled:
                break
        if sampled:
            yield PlaceClip()
        yield Stop("finished" if sampled else "inaccessible")

    def _anaesthetised(
        self, seen: Seen, device: Device
    ) -> Generator[Intent, Seen, tuple[Seen, Target]]:
        """Give the usual anaesthetic, look again, and return where the target is believed then.

        Where it is not seen again it is believed where it was marked.
        """
        assert seen.marked_mm is not None
        marked = Target(seen.marked_mm, self.aims)
        if self.anaesthetic and not seen.anaesthetic_ml and not seen.passes:
            seen = yield Anaesthetise(usual_anaesthetic_ml(device))
        if not seen.anaesthetic_ml:
            return seen, marked
        seen, again = yield from look_again(seen, marked, self.search)
        return seen, marked if again is None else again

    def _vacuum_passes(
        self, seen: Seen, target: Target, device: Device, approach: Approach
    ) -> Generator[Intent, Seen, Seen]:
        """Insert anew where the needle is seen to lie too far beside, or the film shows nothing.

        Where nothing was seen, one insertion is all: a second would go to the same place.
        """
        insertions = 1 if seen.marked_reason == "blind" else self.skill.max_passes
        for k in range(insertions):
            last = k == insertions - 1
            seen, led = yield from self._led(seen, target, device, approach)
            if led is None:
                break
            miss = led.miss_mm
            beside = 0.0 if miss is None else float(np.hypot(miss[0], miss[1]))
            if beside > self.skill.retarget_mm and not last:
                seen = yield Withdraw()
                continue
            seen = yield Sample(hours_towards(miss, device.usual_cores))
            seen = yield Film()
            if cores_with_calcification(seen.films[-1]) or last:
                break
            seen = yield Withdraw()
        return seen

    def _led(
        self, seen: Seen, target: Target, device: Device, approach: Approach
    ) -> Generator[Intent, Seen, tuple[Seen, Led | None]]:
        """Lead the needle to the target, flatter where it came too near to the chest wall."""
        usual = load_placement()["freehand"].entry_distance_mm
        way: Approach | None = approach
        while way is not None:
            hand = Hand(self.skill, self.search, device, first=seen.passes == 0)
            seen, led = yield from hand.lead(seen, target, way)
            if led is not None:
                return seen, led
            seen = yield ChooseDevice(device.name)
            way = plan(seen, device, self.search, usual, beyond_mm=way.entry_mm)
        return seen, None

    def _gun_passes(
        self, seen: Seen, believed: Target, device: Device, approach: Approach
    ) -> Generator[Intent, Seen, Seen]:
        """Aim each pass at another of the foci; once round, step aside from each."""
        order: list[int] = []
        aims = believed.foci_mm
        if len(aims):
            away = np.linalg.norm(aims - believed.place_mm, axis=1)
            order = spread_order(aims, int(np.argmin(away)))
        for k, (spot, hour) in enumerate(pass_pattern(2 * device.usual_cores, len(order))):
            focus = aims[order[k % len(order)]] if order else believed.place_mm
            # The pattern is laid out across the needle, which lies nearly along x: in y and z.
            aside = np.array([0.0, float(spot[0]), float(spot[1])])
            if focus[2] + aside[2] < usual_limits().skin_allowance_mm:
                continue  # this step of the pattern would leave the breast
            target = Target(focus + aside, aims)
            seen, led = yield from self._led(seen, target, device, approach)
            if led is None:
                continue
            seen = yield Sample((hour,))
            if seen.cores % device.usual_cores == 0:
                seen = yield Film()
                if cores_with_calcification(seen.films[-1]):
                    break
            seen = yield Withdraw()
        if unfilmed(seen):  # passes were left out where there was no room
            seen = yield Film()
        return seen


def _nearest(
    findings: list[EchoFinding], kind: str, expected: Array, gate_mm: float
) -> EchoFinding | None:
    """Return the surest finding of `kind` within `gate_mm` of the place along the skin."""
    near = [
        finding
        for finding in findings
        if finding.kind == kind and np.linalg.norm((finding.position_mm - expected)[:2]) <= gate_mm
    ]
    return min(near, key=lambda finding: finding.false_alarm_probability, default=None)


def _triple(vector: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in vector)
    return x, y, z
