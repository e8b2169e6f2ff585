"""Runs paired trials in processes, writes each as it comes, and resumes what is missing.

``run.json`` says what was asked for and ``trials.jsonl`` holds a line per arm.  A trial counts as
done when all its lines are there, so that a run killed at any instant goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from stereosim import __version__
from stereosim.experiments.parameters import all_parameters
from stereosim.experiments.progress import Cancel, Meter, Progress
from stereosim.experiments.referral import is_referred
from stereosim.experiments.results import ArmResult
from stereosim.experiments.trial import Room, Setting, run_trial
from stereosim_phantoms.cases import list_cases, load_case
from stereosim_phantoms.cohort import Cohort, draw_patient, list_cohorts, load_cohort
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import Parameter, SpecError
from stereosim_phantoms.randomness import derived_seed, stream

FIDELITY = "image"
# The map from the compressed to the supine breast can be inverted up to there.
LARGEST_DISPLACEMENT_MM = 25.0


@dataclass(frozen=True)
class Comparison:
    """What a comparison is asked for.

    Attributes
    ----------
    patients : str
        Name of a case (patients of the same description) or of a cohort (new ones).
    trials : int
        Number of trials, at least 1.
    seed : int
        Seed of everything, at least 0.
    setting : Setting
        Equipment and skill.
    displacement_mm : float, optional
        How well the mammogram says where to look: RMS of the random part of the way from the
        compressed to the supine breast, instead of that of the cohort or case.  The breasts and the
        lesions stay as they are.
    referred : bool
        Of a cohort, only women whose target a screening mammogram shows are biopsied
        (:mod:`~stereosim.experiments.referral`); the others are drawn and have no rows.

    Examples
    --------
    What the uncertainty of the supine place does to the ultrasound arm, in the same women:

    >>> from pathlib import Path
    >>> def sweep(out: Path) -> None:
    ...     for d in (0.0, 4.4, 10.0, 23.3):
    ...         asked = Comparison("screening", 60, 1, displacement_mm=d)
    ...         rows = run_comparison(asked, out / f"{d:g}-mm", workers=2)
    """

    patients: str
    trials: int
    seed: int
    setting: Setting = field(default_factory=Setting)
    displacement_mm: float | None = None
    referred: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown name and counts out of range, before anything runs."""
        if self.trials < 1:
            raise SpecError(f"trials: {self.trials} is not at least 1")
        if self.seed < 0:
            raise SpecError(f"seed: {self.seed} is negative")
        known = [*list_cases(), *list_cohorts()]
        if self.patients not in known:
            raise SpecError(f"{self.patients!r} is neither a case nor a cohort: {', '.join(known)}")
        if not 0.0 <= (self.displacement_mm or 0.0) <= LARGEST_DISPLACEMENT_MM:
            raise SpecError(
                f"displacement-mm: {self.displacement_mm:g} is not 0 to {LARGEST_DISPLACEMENT_MM:g}"
            )
        if self.referred and self.patients not in list_cohorts():
            raise SpecError(f"referred: {self.patients!r} is a case, which has been referred")

    def patient(self, trial: int) -> VirtualPatient:
        """Return the patient of one trial."""
        if self.patients in list_cases():
            seed = derived_seed(self.seed, trial, "patient")
            return load_case(self.patients).patient(
                seed, supine_displacement_mm=self.displacement_mm
            )
        return draw_patient(self.cohort(), self.seed, trial)

    def cohort(self) -> Cohort:
        """Return the cohort that the patients are drawn from."""
        cohort = load_cohort(self.patients)
        if self.displacement_mm is None:
            return cohort
        return dataclasses.replace(cohort, supine_displacement_mm=self.displacement_mm)

    def parameters(self) -> dict[str, dict[str, Parameter]]:
        """Return the parameters of every model that the comparison uses, and of its cohort."""
        own: dict[str, Parameter] = {}
        if self.patients not in list_cases():
            own |= self.cohort().provenance
        if self.displacement_mm is not None:
            own["supine_displacement_mm"] = Parameter(
                self.displacement_mm, "mm", "as asked for (--displacement-mm)", "assumed", "RMS"
            )
        return all_parameters() | ({self.patients: own} if own else {})

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What must be equal for results to belong together; all but the number of trials."""
        return {
            "patients": self.patients,
            "seed": self.seed,
            "setting": json.loads(json.dumps(dataclasses.asdict(self.setting))),
            "displacement_mm": self.displacement_mm,
            "referred": self.referred,
            "version": __version__,
            "fidelity": FIDELITY,
        }


@cache
def _room(setting: Setting) -> Room:
    return Room(setting)


def trial_rows(comparison: Comparison, trial: int) -> tuple[ArmResult, ...]:
    """Run one trial of `comparison`, which is empty for who is not referred; what a worker does."""
    patient = comparison.patient(trial)
    if comparison.referred:
        noise = stream(comparison.seed, trial, "screening")
        if not is_referred(patient, rng=noise):
            return ()
    room = _room(comparison.setting)
    return run_trial(patient, room, seed=comparison.seed, trial=trial).rows


def run_comparison(
    comparison: Comparison,
    out: Path,
    *,
    workers: int,
    report: Callable[[Progress], None] = lambda _: None,
    cancel: Cancel | None = None,
) -> list[ArmResult]:
    """Run the trials that `out` does not hold yet and return all rows in order of trials.

    Who was not referred has no rows, and is looked at again when a run goes on.

    Parameters
    ----------
    comparison : Comparison
        What to run.
    out : Path
        Folder of ``run.json`` and ``trials.jsonl``; made if need be.
    workers : int
        Processes; the result does not depend on it.
    report : callable
        Receives a :class:`~stereosim.experiments.progress.Progress` at every trial.
    cancel : Cancel, optional
        Looked at between trials.

    Raises
    ------
    SpecError
        Where `out` holds the results of another comparison.
    CancelledError
        Where `cancel` was set; finished trials are kept.
    """
    done = _open(comparison, out)
    missing = [trial for trial in range(comparison.trials) if trial not in done]
    meter = Meter("trials", comparison.trials, report, done=comparison.trials - len(missing))
    with (out / "trials.jsonl").open("a", encoding="utf-8") as lines:
        for trial, rows in _results(comparison, missing, workers, cancel):
            lines.write("".join(row.to_json() + "\n" for row in rows))
            lines.flush()
            os.fsync(lines.fileno())
            done[trial] = rows
            meter.advance()
    # Workers finish in any order; the file that is left does not show it.
    _write_whole(out / "trials.jsonl", _lines(done))
    return [row for trial in range(comparison.trials) for row in done[trial]]


def _results(
    comparison: Comparison, trials: list[int], workers: int, cancel: Cancel | None
) -> Iterator[tuple[int, tuple[ArmResult, ...]]]:
    if workers <= 1 or len(trials) <= 1:
        for trial in trials:
            if cancel is not None:
                cancel.check()
            yield trial, trial_rows(comparison, trial)
        return
    # Spawned workers: a fork would copy a process in which Qt or a compiled kernel may be running.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running: dict[Future[tuple[ArmResult, ...]], int] = {}
        queue = iter(trials)
        try:
            while True:
                for trial in queue:
                    running[pool.submit(trial_rows, comparison, trial)] = trial
                    if len(running) >= 2 * workers:
                        break
                if not running:
                    return
                finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                if cancel is not None:
                    cancel.check()
                for future in finished:
                    yield running.pop(future), future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _open(comparison: Comparison, out: Path) -> dict[int, tuple[ArmResult, ...]]:
    """Make or check the folder and return the trials that are complete in it."""
    out.mkdir(parents=True, exist_ok=True)
    header = out / "run.json"
    if header.exists():
        try:
            asked = json.loads(header.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SpecError(f"{header}: not valid JSON: {error}") from error
        for key, value in comparison.fingerprint.items():
            if asked.get(key) != value:
                raise SpecError(
                    f"{header}: holds another run ({key}: {asked.get(key)!r}, asked {value!r});"
                    " choose an empty folder"
                )
    else:
        _write_whole(header, json.dumps(comparison.fingerprint, indent=1) + "\n")
    lines = out / "trials.jsonl"
    arms = len(comparison.setting.needles)
    rows = _complete_rows(lines, arms) if lines.exists() else {}
    # What a kill left of an incomplete trial is dropped, so that the file holds each arm once.
    _write_whole(lines, _lines(rows))
    return rows


def _lines(rows: dict[int, tuple[ArmResult, ...]]) -> str:
    return "".join(row.to_json() + "\n" for trial in sorted(rows) for row in rows[trial])


def _complete_rows(path: Path, needles: int) -> dict[int, tuple[ArmResult, ...]]:
    """Return the trials whose every arm is in the file."""
    rows: dict[int, list[ArmResult]] = {}
    # After the last line break comes nothing, or a line that a kill cut off.
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = ArmResult.from_json(line)
        except ValueError as error:
            raise SpecError(f"{path}: line {number}: {error}") from error
        rows.setdefault(row.trial, []).append(row)
    return {trial: tuple(found) for trial, found in rows.items() if _complete(found, needles)}


def _complete(rows: list[ArmResult], needles: int) -> bool:
    """Whether both guidances are there for each needle, and an attempt for each decline."""
    guided = [row for row in rows if row.mode == "as guided"]
    declined = [row for row in guided if row.outcome == "declined: not visible"]
    return len(guided) == 2 * needles and len(rows) == len(guided) + len(declined)


def _write_whole(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, so that a kill leaves the old or the new."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def default_workers() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


__all__ = ["FIDELITY", "Comparison", "Progress", "default_workers", "run_comparison", "trial_rows"]
