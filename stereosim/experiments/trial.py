"""One paired trial: the same virtual patient under both guidances with both kinds of needle.

The arms share the patient and nothing else.  Every random number is keyed by seed, trial and
purpose, so that a trial gives the same rows alone, in any order and on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from stereosim.biopsy.devices import Device, load_devices
from stereosim.biopsy.needle import PlacementModel, load_placement
from stereosim.experiments.ablation import check_sources, placement_without, skill_without
from stereosim.experiments.results import ArmResult
from stereosim.geometry.misalignment import Misalignment
from stereosim.geometry.units import Unit, load_units
from stereosim.imaging.ultrasound.certainty import load_thresholds
from stereosim.imaging.ultrasound.probes import Probe, load_probes
from stereosim.imaging.ultrasound.sweep import STEP_MM
from stereosim.imaging.xray import XrayMachine
from stereosim.procedures.operators.skill import Search, Skill, load_search, load_skills
from stereosim.procedures.operators.stereotactic import StereotacticOperator
from stereosim.procedures.operators.ultrasound import UltrasoundOperator
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.scoring import score
from stereosim.procedures.state import ProcedureState
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim.procedures.ultrasound import UltrasoundProcedure
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import SpecError
from stereosim_phantoms.randomness import derived_seed, stream

T = TypeVar("T")

WELL_SET = Misalignment()

# A finding this near to a target speck is a finding of that speck: one pass of a probe's footprint
# in elevation, well under the size of a cluster.
SAME_PLACE_MM = 3.0


@dataclass(frozen=True)
class Setting:
    """With what and by whom the trials are done; names of catalogue entries.

    Attributes
    ----------
    unit, probe : str
        Stereotactic unit and ultrasound probe.
    needles : tuple of tuple of str
        For each arm the variants of its device, in order of preference.
    skill : str
        Skill of the simulated operator.
    voxel_mm : float
        Voxel edge of the tissue in the X-ray images.
    sweep_step_mm : float
        Distance between the frames of an ultrasound sweep.
    misalignment : Misalignment
        How the stereotactic unit is mis-set.
    calibrated : bool
        Whether its console estimates the geometry from the reference marks.
    without : tuple of str
        Sources of error that are taken away, of :data:`~stereosim.experiments.ablation.SOURCES`.
    """

    unit: str = "upright-hologic"
    probe: str = "l14-5"
    needles: tuple[tuple[str, ...], ...] = (("ncb-14g",), ("vab-11g", "vab-11g-petite"))
    skill: str = "trained"
    voxel_mm: float = 0.5
    sweep_step_mm: float = STEP_MM
    misalignment: Misalignment = WELL_SET
    calibrated: bool = False
    without: tuple[str, ...] = ()


def setting_of(
    *,
    unit: str | None = None,
    probe: str | None = None,
    skill: str | None = None,
    families: Sequence[str] | None = None,
    misalignment: Misalignment = WELL_SET,
    calibrated: bool = False,
    without: Sequence[str] = (),
) -> Setting:
    """Return the usual setting with what is given replaced.

    Parameters
    ----------
    unit, probe, skill : str, optional
        Names of catalogue entries.
    families : sequence of str, optional
        Device families; each becomes an arm with all its variants, the full aperture first.
    misalignment, calibrated, without
        As in :class:`Setting`.

    Raises
    ------
    SpecError
        Naming what is not in a catalogue.
    """
    setting = Setting(
        misalignment=misalignment, calibrated=calibrated, without=check_sources(without)
    )
    if families is not None:
        devices = load_devices().values()
        known = {device.family: "" for device in devices}
        for family in families:
            _named(known, family, "device")
        variants = [tuple(d.name for d in devices if d.family == family) for family in families]
        setting = replace(setting, needles=tuple(variants))
    setting = replace(
        setting,
        unit=unit or setting.unit,
        probe=probe or setting.probe,
        skill=skill or setting.skill,
    )
    _named(load_units(), setting.unit, "unit")
    _named(load_probes(), setting.probe, "probe")
    _named(load_skills(), setting.skill, "skill")
    try:
        load_thresholds(setting.probe)
    except KeyError as error:
        raise SpecError(error.args[0]) from error
    return setting


@dataclass(frozen=True)
class Room:
    """The equipment of a setting, loaded once."""

    setting: Setting

    @cached_property
    def unit(self) -> Unit:
        """The stereotactic unit."""
        return _named(load_units(), self.setting.unit, "unit")

    @cached_property
    def machine(self) -> XrayMachine:
        """The unit with its detector."""
        return XrayMachine(self.unit)

    @cached_property
    def probe(self) -> Probe:
        """The ultrasound probe."""
        return _named(load_probes(), self.setting.probe, "probe")

    @cached_property
    def devices(self) -> dict[str, Device]:
        """The catalogue of needles."""
        devices = load_devices()
        for names in self.setting.needles:
            for name in names:
                _named(devices, name, "device")
        return devices

    @cached_property
    def skill(self) -> Skill:
        """The operator's skill."""
        skill = _named(load_skills(), self.setting.skill, "skill")
        return skill_without(skill, self.setting.without)

    @cached_property
    def search(self) -> Search:
        """The limits of the operator's search."""
        return load_search()

    @cached_property
    def placement(self) -> dict[str, PlacementModel]:
        """Needle errors under stereotactic guidance and freehand, for the operator's skill."""
        models = load_placement()
        freehand = models["freehand"].novice(self.skill.untrained_share)
        found = {"stereotactic": models["stereotactic"], "ultrasound": freehand}
        return {
            name: placement_without(model, self.setting.without) for name, model in found.items()
        }

    def conditions(self, guidance: str, *, noise: bool = True) -> Conditions:
        """Return under which conditions a procedure of this guidance runs here."""
        bleeding = "bleeding" not in self.setting.without
        return Conditions(noise, self.placement[guidance], bleeding)

    @property
    def anaesthetic(self) -> bool:
        """Whether the operators give local anaesthetic."""
        return "anaesthetic" not in self.setting.without


@dataclass(frozen=True)
class TrialRecord:
    """A trial's rows and, for the report, the final states behind them by guidance."""

    rows: tuple[ArmResult, ...]
    states: dict[str, ProcedureState]


def run_trial(
    patient: VirtualPatient, room: Room, *, seed: int, trial: int, noise: bool = True
) -> TrialRecord:
    """Biopsy `patient` under both guidances with every needle of the setting.

    Parameters
    ----------
    patient : VirtualPatient
        The patient.
    room : Room
        Equipment and skill.
    seed, trial : int
        Seed of the experiment and number of the trial.
    noise : bool
        Whether images carry noise.

    Returns
    -------
    TrialRecord
        A row per arm; a declined ultrasound arm has a second row "attempted".
    """
    rows: list[ArmResult] = []
    states: dict[str, ProcedureState] = {}

    sono = UltrasoundProcedure(
        patient=patient,
        devices=room.devices,
        conditions=room.conditions("ultrasound", noise=noise),
        seed=derived_seed(seed, trial, "ultrasound"),
        probe=room.probe,
        step_mm=room.setting.sweep_step_mm,
    )
    sonographer = UltrasoundOperator(
        room.skill, room.search, room.devices, anaesthetic=room.anaesthetic
    )
    start = sono.start()
    scanned = sono.run(start, sonographer.localise(start.seen))
    saw = what_ultrasound_saw(patient, sonographer)

    table = StereotacticProcedure(
        patient=patient,
        devices=room.devices,
        conditions=room.conditions("stereotactic", noise=noise),
        seed=derived_seed(seed, trial, "stereotactic"),
        machine=room.machine,
        voxel_mm=room.setting.voxel_mm,
        misalignment=room.setting.misalignment,
        calibrated=room.setting.calibrated,
    )
    radiologist = StereotacticOperator(
        room.skill,
        room.search,
        room.unit,
        room.devices,
        stream(seed, trial, "operator"),
        anaesthetic=room.anaesthetic,
    )
    start = table.start()
    targeted = table.run(start, radiologist.localise(start.seen))

    def row(names: tuple[str, ...], state: ProcedureState, mode: str) -> ArmResult:
        return _row(patient, state, saw, names[0], mode, seed, trial)

    for names in room.setting.needles:
        end = targeted
        if end.outcome is None:
            # Each arm has its own hand: neither depends on whether the other came first.
            hand = replace(radiologist, rng=stream(seed, trial, "operator", *names))
            end = table.run(end, hand.biopsy(end.seen, names))
        rows.append(row(names, end, "as guided"))
        states[f"stereotactic {names[0]}"] = end
        if scanned.seen.marked_mm is None:
            end = sono.run(scanned, sonographer.decline())
            rows.append(row(names, end, "as guided"))
            blind = sono.run(scanned, sonographer.attempt(scanned.seen))
            tried = sono.run(blind, sonographer.biopsy(blind.seen, names))
            rows.append(row(names, tried, "attempted"))
        else:
            end = sono.run(scanned, sonographer.biopsy(scanned.seen, names))
            rows.append(row(names, end, "as guided"))
        states[f"ultrasound {names[0]}"] = end
    return TrialRecord(tuple(rows), states)


def what_ultrasound_saw(patient: VirtualPatient, operator: UltrasoundOperator) -> tuple[bool, bool]:
    """Hold the findings against the truth: the target's specks, the mass that holds them."""
    target = patient.specks.target
    specks = patient.supine_specks().solids.centres_mm[target]
    saw_specks = any(
        np.linalg.norm(specks - finding.position_mm, axis=1).min() <= SAME_PLACE_MM
        for finding in operator.findings
        if finding.kind == "specks"
    )
    saw_mass = False
    for mass in patient.masses:
        if not mass.holds_target:
            continue
        # A mass may be made of several bodies; the reader may take the middle of any for its own.
        middles = patient.supine.supine_from_breast(mass.solid.centres_mm)
        saw_mass |= any(
            bool(np.linalg.norm(middles - finding.position_mm, axis=1).min() <= SAME_PLACE_MM)
            for finding in operator.findings
            if finding.kind == "mass"
        )
    return saw_specks, saw_mass


def _row(
    patient: VirtualPatient,
    state: ProcedureState,
    saw: tuple[bool, bool],
    device: str,
    mode: str,
    seed: int,
    trial: int,
) -> ArmResult:
    target = patient.specks.subset(patient.specks.target)
    centres = target.solids.centres_mm
    extent = float(np.linalg.norm(centres[:, None] - centres[None], axis=2).max())
    result = score(state)
    error = result.error_mm
    return ArmResult(
        trial=trial,
        seed=seed,
        patient=patient.label,
        guidance=state.seen.guidance,  # type: ignore[arg-type]
        mode=mode,  # type: ignore[arg-type]
        device=device,
        ultrasound_saw_specks=saw[0],
        ultrasound_saw_mass=saw[1],
        calcification_only=not any(mass.holds_target for mass in patient.masses),
        outcome=result.outcome,  # type: ignore[arg-type]
        retrieved=result.outcome == "retrieved",
        fraction_removed=result.fraction_removed,
        target_sampled=result.target_sampled,
        cores=result.cores,
        cores_with_calcification=result.cores_with_calcification,
        first_core_calcification=result.first_core_calcification,
        error_mm=None if error is None else (float(error[0]), float(error[1]), float(error[2])),
        error_norm_mm=None if error is None else float(np.linalg.norm(error)),
        exposures=result.exposures,
        dose_mgy=result.dose_mgy,
        minutes=result.minutes,
        specks=len(target),
        extent_mm=extent,
        mean_diameter_mm=float(target.solids.diameters_mm.mean()),
        thickness_mm=patient.breast.thickness_mm,
        glandular_fraction=patient.breast.glandular_fraction,
        specks_per_core=result.film_cores,
        volume_fraction_removed=result.volume_fraction_removed,
        lesion_fraction_removed=result.lesion_fraction_removed,
        clip_mm=result.clip_mm,
    )


def _named(catalogue: Mapping[str, T], name: str, what: str) -> T:
    """Return the entry `name`, or raise naming what is known."""
    try:
        return catalogue[name]
    except KeyError:
        raise SpecError(f"{what}: {name!r} is none of {', '.join(catalogue)}") from None
