"""A training phantom as that of Harvey 1997, and passes at its target by the simulated hand.

A box of even tissue stands in for the phantom, a sphere for its target.  A pass is on target where
the notch, after it is fired, holds a point of the sphere.  The abstract gives no sizes: a target of
10 mm at 20 mm is assumed (6 to 15 mm and 10 to 30 mm are usual in phantoms of the breast).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from stereosim.experiments.trial import Room, Setting
from stereosim.imaging.ultrasound.live import LiveTissue
from stereosim.imaging.ultrasound.needle_reading import NeedleReading
from stereosim.imaging.ultrasound.probes import load_probe
from stereosim.procedures.intents import ChooseDevice, Intent, Look, MarkEcho
from stereosim.procedures.operators.again import Target
from stereosim.procedures.operators.freehand import Approach, Hand
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.state import ProcedureState, Seen
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim_phantoms.fields import SupineField
from stereosim_phantoms.solids import Ellipsoids, Specks

TARGET_MM, DEPTH_MM, ENTRY_MM = 10.0, 20.0, 35.0
GUN = "ncb-14g"
PLACE = np.array([20.0, 0.0, DEPTH_MM])


class Noting(Hand):
    """A hand of which it is noted, for each look at a needle, whether that was seen."""

    def __post_init__(self) -> None:
        """Begin with nothing noted."""
        super().__post_init__()
        self.found: list[bool] = []

    def _look(
        self, seen: Seen, turn_deg: float = 0.0, *, fired: bool = False
    ) -> Generator[Intent, Seen, tuple[Seen, NeedleReading | None]]:
        seen, reading = yield from super()._look(seen, turn_deg, fired=fired)
        self.found.append(reading is not None)
        return seen, reading


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass.

    Attributes
    ----------
    error_mm : ndarray (3,)
        Notch's middle from the target: right, twelve, along the needle.
    seen : list of bool
        For each look before it was fired, whether the needle was seen.
    """

    error_mm: np.ndarray
    seen: list[bool]

    def on_target(self, half_notch_mm: float) -> bool:
        """Whether the notch holds a point of the target."""
        beyond = max(0.0, abs(self.error_mm[2]) - half_notch_mm)
        beside = float(np.hypot(*self.error_mm[:2]))
        return float(np.hypot(beside, beyond)) <= 0.5 * TARGET_MM


class PhantomPatient:
    """Even tissue, a third of it gland, without skin; its only speck is too small to be seen."""

    seed = 7
    breast = SimpleNamespace(thickness_mm=60.0)
    referral = SimpleNamespace(supine_mm=PLACE)
    supine = SimpleNamespace(
        nominal=SimpleNamespace(chest_wall_depth_mm=lambda points: np.full(len(points), 80.0))
    )

    def supine_specks(self) -> Specks:
        """Return the middle of the target."""
        solid = Ellipsoids(PLACE[None], 1e-3 * np.eye(3)[None])
        return Specks(solid, ("hydroxyapatite",), np.zeros(1, np.int64))

    def supine_field(self, low: np.ndarray, high: np.ndarray, spacing_mm: float) -> SupineField:
        """Return the even tissue."""
        shape = tuple(int(round(n)) for n in ((np.asarray(high) - low) / spacing_mm)[::-1])
        even: dict[str, object] = {
            field.name: np.zeros(shape, np.float32) for field in dataclasses.fields(SupineField)
        }
        even["gland"] = np.full(shape, 0.33, np.float32)
        even["inside"] = np.ones(shape, np.float32)
        even["tubes"] = np.zeros((0, 7))
        even["origin_mm"] = np.asarray(low, float) + 0.5 * spacing_mm
        even["spacing_mm"] = spacing_mm
        return SupineField(**even)  # type: ignore[arg-type]


def room_with(patient: PhantomPatient, room: Room, seed: int) -> UltrasoundProcedure:
    """Return a procedure at the phantom."""
    return UltrasoundProcedure(
        patient=patient,  # type: ignore[arg-type]
        devices=room.devices,
        conditions=Conditions(True, room.placement["ultrasound"]),
        seed=seed,
        probe=load_probe("l11-5"),
        step_mm=1.0,
    )


def one_pass(procedure: UltrasoundProcedure, hand: Hand) -> ProcedureState:
    """Lead `hand` to the target and fire."""

    def policy(seen: Seen) -> Generator[Intent, Seen, None]:
        x, y, z = (float(v) for v in PLACE)
        yield Look(x, y, 0.0, 40.0, z)
        yield MarkEcho((x, y, z), "correlate")
        seen = yield ChooseDevice(GUN)
        yield from hand.lead(seen, Target(PLACE, np.zeros((0, 3))), Approach(ENTRY_MM, 0.0))

    start = procedure.start()
    return procedure.run(start, policy(start.seen))


def shoot(skill: str, count: int) -> list[Pass]:
    """Let a hand of this skill make `count` passes, each at an untouched phantom."""
    room, patient = Room(Setting(skill=skill)), PhantomPatient()
    tissue = LiveTissue(patient, load_probe("l11-5"))  # type: ignore[arg-type]
    made: list[Pass] = []
    for seed in range(count):
        procedure = room_with(patient, room, seed)
        procedure.__dict__["_live"] = tissue  # the same phantom each time: built once
        hand = Noting(room.skill, room.search, room.devices[GUN])
        state = one_pass(procedure, hand)
        placed, firing = state.truth.tissue.needle, state.truth.firings[0]
        assert placed is not None
        error = placed.pose.frame @ (firing.centre_mm - firing.lesion_mm)
        made.append(Pass(error, hand.found[:-1]))
    return made
