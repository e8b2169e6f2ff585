"""Running trials: written as they come, survive a kill, do not depend on the workers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stereosim.experiments import runner
from stereosim.experiments.parameters import all_parameters
from stereosim.experiments.progress import Cancel, CancelledError, Meter, Progress
from stereosim.experiments.results import ArmResult
from stereosim.experiments.runner import Comparison, run_comparison
from stereosim.experiments.trial import Room, Setting, TrialRecord, setting_of
from stereosim.imaging.ultrasound.probes import load_probes
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import SpecError
from tests.synthetic_results import cohort

CASE = Comparison("case-1", 4, 1)
# Women of whom some are declined under ultrasound, so that trials have four to six lines.
MADE_UP = cohort(8, stereo=0.8, seen=0.9, blind=0.3, visible=0.5)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the simulation by rows made up from the trial's number; return what was run."""
    ran: list[int] = []

    def rows(comparison: Comparison, trial: int) -> tuple[ArmResult, ...]:
        ran.append(trial)
        return tuple(row for row in MADE_UP if row.trial == trial)

    monkeypatch.setattr(runner, "trial_rows", rows)
    return ran


def test_a_run_that_was_cut_anywhere_goes_on_and_ends_the_same(
    tmp_path: Path, counted: list[int]
) -> None:
    whole = tmp_path / "whole"
    expected = run_comparison(CASE, whole, workers=1)
    text = (whole / "trials.jsonl").read_text()
    assert counted == [0, 1, 2, 3]
    for cut in range(0, len(text) + 1, 97):
        out = tmp_path / f"cut-{cut}"
        out.mkdir()
        (out / "run.json").write_text((whole / "run.json").read_text())
        (out / "trials.jsonl").write_text(text[:cut])
        counted.clear()
        assert run_comparison(CASE, out, workers=1) == expected
        assert (out / "trials.jsonl").read_text() == text
        assert counted == sorted(counted)
        lost = text[:cut].count('"trial": 3') == 0
        assert 3 in counted or not lost


def test_a_finished_run_runs_nothing_and_a_longer_one_only_the_rest(
    tmp_path: Path, counted: list[int]
) -> None:
    run_comparison(CASE, tmp_path, workers=1)
    counted.clear()
    run_comparison(CASE, tmp_path, workers=1)
    assert counted == []
    run_comparison(Comparison("case-1", 6, 1), tmp_path, workers=1)
    assert counted == [4, 5]


def test_a_folder_of_another_run_is_refused_and_kept(tmp_path: Path, counted: list[int]) -> None:
    run_comparison(CASE, tmp_path, workers=1)
    before = (tmp_path / "trials.jsonl").read_text()
    with pytest.raises(SpecError, match=r"run\.json.*seed: 1, asked 2"):
        run_comparison(Comparison("case-1", 4, 2), tmp_path, workers=1)
    assert (tmp_path / "trials.jsonl").read_text() == before
    (tmp_path / "trials.jsonl").write_text("not json\n")
    with pytest.raises(SpecError, match=r"trials\.jsonl: line 1"):
        run_comparison(CASE, tmp_path, workers=1)


def test_cancel_keeps_what_is_finished(tmp_path: Path, counted: list[int]) -> None:
    cancel = Cancel()

    def report(progress: Progress) -> None:
        if progress.done == 2:
            cancel.set()

    with pytest.raises(CancelledError):
        run_comparison(CASE, tmp_path, workers=1, report=report, cancel=cancel)
    kept = (tmp_path / "trials.jsonl").read_text().splitlines()
    assert {json.loads(line)["trial"] for line in kept} == {0, 1}


def test_progress_counts_what_was_there_and_expects_the_rest() -> None:
    heard: list[Progress] = []
    meter = Meter("trials", 5, heard.append, done=2)
    meter.advance()
    assert [p.done for p in heard] == [2, 3]
    assert heard[0].remaining_s is None
    assert heard[1].remaining_s == pytest.approx(2.0 * heard[1].elapsed_s)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (lambda: Comparison("case-9", 1, 1), "case-9"),
        (lambda: Comparison("case-1", 0, 1), "trials"),
        (lambda: Comparison("case-1", 1, -1), "seed"),
        (lambda: Comparison("case-1", 1, 1, displacement_mm=25.5), "displacement-mm: 25.5"),
        (lambda: Comparison("case-1", 1, 1, displacement_mm=-1.0), "displacement-mm: -1"),
        (lambda: Comparison("case-1", 1, 1, referred=True), "referred: 'case-1' is a case"),
        (lambda: setting_of(unit="toaster"), "unit: 'toaster'"),
        (lambda: setting_of(probe="curved"), "probe: 'curved'"),
        (lambda: setting_of(skill="genius"), "skill: 'genius'"),
        (lambda: setting_of(families=["vab-11g", "spoon"]), "device: 'spoon'"),
    ],
)
def test_what_is_not_in_a_catalogue_is_named(asked, named: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=named):
        asked()


@pytest.mark.parametrize("patients", ["case-1", "screening"])
def test_the_supine_place_is_as_uncertain_as_asked_and_all_else_stays(patients: str) -> None:
    usual, sure, unsure = (
        Comparison(patients, 2, 1, displacement_mm=d).patient(1) for d in (None, 0.0, 25.0)
    )
    assert sure.breast.supine_displacement_mm == 0.0
    assert unsure.breast.supine_displacement_mm == 25.0
    for patient in (sure, unsure):
        assert (patient.specks.solids.centres_mm == usual.specks.solids.centres_mm).all()
        same = replace(patient.breast, supine_displacement_mm=usual.breast.supine_displacement_mm)
        assert same == usual.breast
    away = [
        float(np.linalg.norm(p.supine_specks().solids.centres_mm.mean(axis=0) - sure_middle))
        for sure_middle in [sure.supine_specks().solids.centres_mm.mean(axis=0)]
        for p in (usual, unsure)
    ]
    assert 0.0 < away[0] < away[1]


def test_displacements_are_other_runs_and_stand_in_the_header(
    tmp_path: Path, counted: list[int]
) -> None:
    run_comparison(CASE, tmp_path, workers=1)
    with pytest.raises(SpecError, match="displacement_mm: None, asked 5"):
        run_comparison(replace(CASE, displacement_mm=5.0), tmp_path, workers=1)
    asked = replace(CASE, patients="screening", displacement_mm=5.0)
    assert asked.parameters()["screening"]["supine_displacement_mm"].value == 5.0
    assert asked.parameters()["screening"]["thickness_mean_mm"].value == 59.0
    assert "case-1" not in CASE.parameters()


def test_who_is_not_referred_has_no_rows_and_is_not_biopsied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Comparison("screening", 4, 1, referred=True)
    looked_at: list[str] = []

    def sees(patient: VirtualPatient, *, rng: np.random.Generator) -> bool:
        looked_at.append(patient.label)
        return not patient.label.endswith("-2")

    def biopsied(patient: VirtualPatient, room: Room, *, seed: int, trial: int) -> TrialRecord:
        return TrialRecord(tuple(row for row in MADE_UP if row.trial == trial), {})

    monkeypatch.setattr(runner, "is_referred", sees)
    monkeypatch.setattr(runner, "run_trial", biopsied)
    rows = run_comparison(asked, tmp_path, workers=1)
    assert {row.trial for row in rows} == {0, 1, 3}
    text = (tmp_path / "trials.jsonl").read_text()
    looked_at.clear()
    assert run_comparison(asked, tmp_path, workers=1) == rows
    assert looked_at == ["screening-1-2"]
    assert (tmp_path / "trials.jsonl").read_text() == text
    with pytest.raises(SpecError, match="referred: True, asked False"):
        run_comparison(replace(asked, referred=False), tmp_path, workers=1)


def test_a_family_brings_its_variants() -> None:
    setting = setting_of(families=["ncb-14g", "vab-9g"])
    nine = ("vab-9g", "vab-9g-blunt", "vab-9g-petite", "vab-9g-petite-blunt")
    assert setting.needles == (("ncb-14g",), nine)


def test_every_probe_has_a_calibrated_reader() -> None:
    for name in load_probes():
        assert setting_of(probe=name).probe == name


def test_the_parameters_of_every_model_are_gathered() -> None:
    found = all_parameters()
    assert {"devices", "units", "probes", "operators", "placement", "tissues"} <= found.keys()
    assert "published" not in found
    mass = found["devices"]["devices.vab-11g.core_mass_mg"]
    assert (mass.value, mass.unit) == (94.4, "mg")
    assert mass.source


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    few = Comparison("case-1", 3, 7)
    alone = run_comparison(few, tmp_path / "one", workers=1)
    both = run_comparison(few, tmp_path / "two", workers=2)
    assert alone == both
    one, two = (tmp_path / name / "trials.jsonl" for name in ("one", "two"))
    assert one.read_text() == two.read_text()


@pytest.mark.slow
def test_an_arm_does_not_depend_on_which_came_first() -> None:
    gun, vacuum = ("ncb-14g",), ("vab-11g", "vab-11g-petite")
    one, other = (
        Comparison("case-1", 1, 5, replace(Setting(), needles=needles))
        for needles in ((gun, vacuum), (vacuum, gun))
    )
    first = sorted(row.to_json() for row in runner.trial_rows(one, 0))
    assert first == sorted(row.to_json() for row in runner.trial_rows(other, 0))
