"""The debrief's numbers and pictures, made in the worker once an attempt has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stereosim_gui.model.overlays import (
    GROUP_MARGIN_MM,
    Overlay,
    circle,
    over_frame,
    overlays,
)
from stereosim_gui.model.scenes import scene_of
from stereosim_gui.model.sketch import Scene
from stereosim_gui.model.texts import Text
from stereosim_gui.model.wording import device_name

if TYPE_CHECKING:
    from stereosim.experiments.counterpart import Counterpart
    from stereosim.experiments.progress import Cancel
    from stereosim.experiments.training_benchmarks import BenchmarkRow, History
    from stereosim.procedures.debriefing import Debriefing
    from stereosim.procedures.scoring import Score
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.display import Picture
    from stereosim_gui.model.engine import Engine
    from stereosim_gui.model.history import Moment
    from stereosim_gui.worker import Report


@dataclass(frozen=True, eq=False)
class Review:
    """What really happened in an attempt, ready to be shown.

    Attributes
    ----------
    outcome : str
        The reason that was given when it was stopped.
    approach : str
        From where a stereotactic needle came.
    facts : Debriefing
        The truth as numbers.
    score : Score
        Its metrics.
    rows : tuple of BenchmarkRow
        The metrics beside published ones.
    history : History
        The trainee's own attempts under this guidance, this one among them.
    overlays : tuple of Overlay
        The truth over each picture.
    scene : Scene
        For the sketch.
    labels : dict of str to Text
        What devices are called.
    film_positive : bool or None
        Whether the last specimen film shows calcification; None without a film.
    mass_holds_target : bool
        Whether the target's specks lie in a mass.
    tolerance_mm : float
        Error per axis that counts as none.
    """

    outcome: str
    approach: str
    facts: Debriefing
    score: Score
    rows: tuple[BenchmarkRow, ...]
    history: History
    overlays: tuple[Overlay, ...]
    scene: Scene
    labels: Mapping[str, Text]
    film_positive: bool | None
    mass_holds_target: bool
    tolerance_mm: float


@dataclass(frozen=True, eq=False)
class OtherArm:
    """What the other guidance showed and got.

    Attributes
    ----------
    counterpart : Counterpart
        Its end.
    overlays : tuple of Overlay
        Its image or pair, with the truth.
    label : Text
        What its needle is called.
    """

    counterpart: Counterpart
    overlays: tuple[Overlay, ...]
    label: Text


def review(
    engine: Engine,
    moments: Sequence[Moment],
    *,
    earlier: Sequence[Mapping[str, Any]],
    undone: int,
    report: Report,
) -> Review:
    """Say what really happened; runs in the worker.

    Parameters
    ----------
    engine : Engine
        That of the attempt.
    moments : sequence of Moment
        From the start to the end, marks in progress left out or not.
    earlier : sequence of mapping
        Scores of the trainee's earlier attempts, as the shelf keeps them, oldest first.
    undone : int
        Steps that were taken back.
    report : callable
        Told of the progress.
    """
    from dataclasses import replace

    from stereosim.experiments.progress import Meter
    from stereosim.experiments.training_benchmarks import benchmark_rows, history
    from stereosim.procedures.debriefing import debrief
    from stereosim.procedures.published import load_training
    from stereosim.procedures.scoring import score

    states, end = distinct_states(moments), moments[-1].state
    meter = Meter("comparing with the truth", 3, report)
    facts = replace(debrief(end, engine.procedure), undone=undone)
    scored = score(end)
    meter.advance()
    guidance = end.seen.guidance
    of_guidance = [line for line in earlier if line.get("guidance", guidance) == guidance]
    device = end.seen.device.name if end.seen.device is not None else None
    rows = benchmark_rows(scored, guidance=guidance, device=device, earlier=of_guidance)
    meter.advance()
    over = tuple(overlays(engine.procedure, states, moments[-1].pictures))
    unit = engine.room.unit if guidance == "stereotactic" else None
    scene = scene_of(states, engine.patient, unit)
    meter.advance()
    assert end.outcome is not None
    return Review(
        outcome=end.outcome,
        approach=end.seen.approach,
        facts=facts,
        score=scored,
        rows=rows,
        history=history([*of_guidance, {"guidance": guidance, **engine.score(end)}]),
        overlays=over,
        scene=scene,
        labels={name: device_name(device) for name, device in engine.room.devices.items()},
        film_positive=scored.cores_with_calcification > 0 if end.seen.films else None,
        mass_holds_target=any(mass.holds_target for mass in engine.patient.masses),
        tolerance_mm=load_training().tolerance_mm,
    )


def distinct_states(moments: Sequence[Moment]) -> list[ProcedureState]:
    """Return the states of `moments`, each once: marks in progress share one."""
    states = [moments[0].state]
    for moment in moments[1:]:
        if moment.state is not states[-1]:
            states.append(moment.state)
    return states


def other_arm(engine: Engine, device: str | None, cancel: Cancel, report: Report) -> OtherArm:
    """Let the simulated operator biopsy the same patient under the other guidance.

    Parameters
    ----------
    engine : Engine
        That of the attempt.
    device : str or None
        The trainee's needle.
    cancel, report
        Switch and progress.

    Raises
    ------
    CancelledError
        Where it was cancelled.
    """
    from stereosim.experiments.counterpart import counterpart

    done = counterpart(
        engine.patient,
        engine.room,
        trainee=engine.spec.guidance,
        seed=engine.spec.seed,
        device=device,
        report=report,
        cancel=cancel,
    )
    return OtherArm(
        done,
        tuple(_over_other(engine, done)),
        device_name(engine.room.devices[done.device]),
    )


def _over_other(engine: Engine, done: Counterpart) -> Iterator[Overlay]:
    from stereosim.procedures.state import Still
    from stereosim_gui.model.scanner import still_picture

    if done.look is not None:
        picture = still_picture(Still("target", done.look), 1)
        yield over_frame(_untouched(done.state), done.look, picture)
    for shot in done.exposures:
        number = 1 + done.state.seen.shots.index(shot)
        picture = engine.xray_picture(shot, number, done.state)
        yield _over_pair(done.state, picture, shot.image)


def _untouched(state: ProcedureState) -> ProcedureState:
    """Return the state as it was before the needle: the frame was made then."""
    from dataclasses import replace

    from stereosim.biopsy.tissue import Tissue

    tissue = Tissue.untouched(state.truth.tissue.original)
    return replace(state, truth=replace(state.truth, tissue=tissue))


def _over_pair(state: ProcedureState, picture: Picture, image: Any) -> Overlay:
    """Return the specks over an image of the pair, as far as the patient kept still."""
    from stereosim.geometry.projection import project

    specks = state.truth.tissue.original
    pixels = project(image.view, specks.solids.centres_mm)
    group = circle(pixels[specks.target], GROUP_MARGIN_MM / image.view.pitch_mm)
    return Overlay(picture, pixels, specks.target, np.zeros(len(pixels)), group)
