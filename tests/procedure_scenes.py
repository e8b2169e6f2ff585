"""A plain breast with a few specks under the stereotactic unit: cheap to image, truth known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stereosim.biopsy.needle import PlacementModel
from stereosim.experiments.trial import Room, Setting
from stereosim.geometry.projection import project
from stereosim.geometry.views import stereo_pair
from stereosim.procedures.intents import Expose, Intent, MarkPair, Position
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.state import ProcedureState
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim_phantoms.patient import plain_patient
from stereosim_phantoms.solids import Specks
from tests.xray_scenes import spheres

ROOM = Room(Setting())
EXACT = ROOM.placement["stereotactic"].perfect()
# Five specks round (0, 35, 25), no two on one row, the first in the middle.
FIVE = np.array([(0, 35, 25), (-3, 33, 24), (2, 32, 26), (-2, 38, 27), (3, 37, 23)], float)


def benign(specks: Specks, index: Sequence[int]) -> Specks:
    """Return the specks with some of them outside every cluster."""
    clusters = specks.clusters.copy()
    clusters[list(index)] = -1
    return replace(specks, clusters=clusters)


@dataclass
class MovingPatient(StereotacticProcedure):
    """The procedure with a patient who moves as the test says: exposure -> motion, mm."""

    motions: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def motion_mm(self, exposure: int) -> np.ndarray:
        return np.array(self.motions.get(exposure, (0.0, 0.0, 0.0)))


def scene(
    specks: Specks | None = None,
    *,
    thickness_mm: float = 50.0,
    placement: PlacementModel = EXACT,
    motions: dict[int, tuple[float, float, float]] | None = None,
    noise: bool = True,
) -> StereotacticProcedure:
    """Return a procedure on a plain breast, its voxels as coarse as a homogeneous one lets them."""
    patient = plain_patient(
        specks=spheres(FIVE, 0.4) if specks is None else specks, thickness_mm=thickness_mm
    )
    kind = StereotacticProcedure if motions is None else MovingPatient
    procedure = kind(
        patient=patient,
        devices=ROOM.devices,
        conditions=Conditions(noise, placement),
        seed=3,
        machine=ROOM.machine,
        voxel_mm=5.0,
    )
    if isinstance(procedure, MovingPatient):
        procedure.motions = motions or {}
    return procedure


def do(procedure: StereotacticProcedure, state: ProcedureState, *intents: Intent) -> ProcedureState:
    """Carry out `intents` one after the other."""
    for intent in intents:
        state, _ = procedure.step(state, intent)
    return state


def paired(procedure: StereotacticProcedure, position: Position | None = None) -> ProcedureState:
    """Return the state with scout and pair made."""
    return do(
        procedure,
        procedure.start(),
        position or Position(0.0, 0.0),
        Expose("scout"),
        Expose("pair"),
    )


def marks_on(
    procedure: StereotacticProcedure,
    left_mm: Sequence[float],
    right_mm: Sequence[float] | None = None,
) -> MarkPair:
    """Return the marks of a steady hand on points of the support frame, one for each view."""
    points = (left_mm, left_mm if right_mm is None else right_mm)
    left, right = (
        project(view, np.array([point], float))[0]
        for view, point in zip(stereo_pair(procedure.unit), points, strict=True)
    )
    return MarkPair((float(left[0]), float(left[1])), (float(right[0]), float(right[1])))
