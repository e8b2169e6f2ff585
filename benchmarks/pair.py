"""X-ray exposures as a trainee waits for them: the first of a position, a pair, the post-fire pair.

A position costs the tissue and its projections once; an exposure then costs noise and solids.
Voxels are those of the app.  No peer makes such images, so the rows give our own time only.

"Complete pair" starts from the voxels of the breast in memory and ends with two noisy images and
their dose: projection, exposure control, texture, scatter, blur, specks and noise of both views;
under 400 ms is asked of two cores.  "Update" makes the pair again after needle and specks have
changed, noise included; under 100 ms is asked.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stereosim.experiments.trial import Room, Setting
from stereosim.geometry import project, stereo_pair
from stereosim.geometry.views import View
from stereosim.imaging.display import presentation
from stereosim.imaging.scene import Scene, field_box
from stereosim.imaging.xray import XrayImage
from stereosim.procedures.approach import positioned_specks, positioned_tissue, usual_position
from stereosim.procedures.intents import Advance, ChooseDevice, Expose, Fire, Intent, MarkPair
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.state import ProcedureState
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim_phantoms.cache import Cache
from stereosim_phantoms.cases import load_case
from timing import Row, alone

BENCH = "pair"
VOXEL_MM = 0.3
CASES = ("case-1", "large-cluster")


def measure() -> list[Row]:
    room, rows = Room(Setting()), []
    folder = TemporaryDirectory()
    cache = Cache(Path(folder.name))
    for case in CASES:
        patient = load_case(case).patient(1)

        def procedure(patient=patient) -> StereotacticProcedure:
            conditions = Conditions(True, room.placement["stereotactic"])
            return StereotacticProcedure(
                patient, room.devices, conditions, 1, room.machine, VOXEL_MM
            )

        position = usual_position(patient.referral, room.unit)
        usual = procedure()
        state = after(usual, usual.start(), position, Expose("scout"), Expose("pair"))
        specks = state.truth.tissue.original
        place = specks.solids.centres_mm[specks.target].mean(axis=0, keepdims=True)
        left, right = (tuple(project(view, place)[0]) for view in stereo_pair(room.unit))
        marked = after(usual, state, MarkPair(left, right))
        ready = after(usual, marked, ChooseDevice("vab-9g"), Advance(), Expose("pair"))
        fired = after(usual, ready, Fire())

        def first(make=procedure, position=position) -> None:
            new = make()
            after(new, new.start(), position, Expose("scout"))

        def kept(position=position, make=procedure, cache=cache) -> None:
            new = replace(make(), cache=cache)
            after(new, new.start(), position, Expose("scout"))

        def pair(usual=usual, state=state) -> None:
            after(usual, state, Expose("pair"))

        def post(usual=usual, fired=fired) -> None:
            after(usual, fired, Expose("pair"))

        def shown(usual=usual, ready=ready) -> None:
            for shot in after(usual, ready, Fire(), Expose("pair")).seen.shots[-2:]:
                presentation(shot.image)

        thickness_mm = patient.breast.thickness_mm
        tissue = positioned_tissue(patient, position, *field_box(room.unit, thickness_mm), VOXEL_MM)
        scene = Scene(thickness_mm=thickness_mm, specks=positioned_specks(patient, position))

        def complete(tissue=tissue, scene=scene, patient=patient) -> list[XrayImage]:
            exposure = room.machine.exposure(scene.thickness_mm, patient.breast.glandular_fraction)

            def one(which: View) -> XrayImage:
                series = room.machine.series(room.machine.background(tissue, which), exposure)
                return series.image(scene, rng=np.random.default_rng(1))

            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(one, stereo_pair(room.unit)))

        thickness = f"{case}, {patient.breast.thickness_mm:.0f} mm"
        whole = f"complete pair, noise and dose, voxels in memory ({thickness})"
        rows += [
            Row(BENCH, f"first exposure of a position ({thickness})", alone(first, repeats=3)),
            Row(BENCH, f"the same, kept on disk ({thickness})", alone(kept, repeats=3)),
            Row(BENCH, whole, alone(complete)),
            Row(BENCH, f"pair, no needle ({thickness})", alone(pair)),
            Row(BENCH, f"update: only needle and specks changed ({thickness})", alone(post)),
            Row(BENCH, f"fire to both pictures ({thickness})", alone(shown)),
        ]
    folder.cleanup()
    return rows


def after(
    procedure: StereotacticProcedure, state: ProcedureState, *intents: Intent
) -> ProcedureState:
    """Return the state after some intents."""
    for intent in intents:
        state, _ = procedure.step(state, intent)
    return state
