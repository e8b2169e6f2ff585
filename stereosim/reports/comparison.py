"""A comparison from question to report: run the trials, summarise, draw, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stereosim import __version__
from stereosim.experiments.progress import Cancel, Progress
from stereosim.experiments.runner import FIDELITY, Comparison, run_comparison
from stereosim.experiments.summary import summarise, summary_json
from stereosim.experiments.trial import Room, run_trial
from stereosim.reports.examples import example_images
from stereosim.reports.html import write_report
from stereosim.reports.table import text_report
from stereosim_phantoms.cases import list_cases, load_case
from stereosim_phantoms.provenance import SpecError


@dataclass(frozen=True)
class Written:
    """What a comparison left behind.

    Attributes
    ----------
    summary : Path
        ``summary.json``.
    report : Path
        ``report.html``.
    text : str
        The table for the terminal.
    """

    summary: Path
    report: Path
    text: str


def compare(
    comparison: Comparison,
    out: Path,
    *,
    workers: int,
    command: str,
    report: Callable[[Progress], None] = lambda _: None,
    cancel: Cancel | None = None,
) -> Written:
    """Run a comparison and write its table, figures, report and machine output to `out`.

    Parameters
    ----------
    comparison : Comparison
        What to run.
    out : Path
        Folder; a run that was interrupted there goes on.
    workers : int
        Processes.
    command : str
        Command line that makes the same again, for the report.
    report : callable
        Receives the progress.
    cancel : Cancel, optional
        Looked at between trials.

    Raises
    ------
    SpecError
        Where `out` holds another run, or nobody was referred.
    CancelledError
        Where `cancel` was set.
    """
    results = run_comparison(comparison, out, workers=workers, report=report, cancel=cancel)
    if not results:
        raise SpecError("referred: no mammogram shows a target; draw more women")
    women = len({row.trial for row in results})
    subject = _subject(comparison, referred=women)
    parameters = comparison.parameters()
    summary = summarise(
        results,
        seed=comparison.seed,
        version=__version__,
        fidelity=FIDELITY,
        subject=subject,
        command=command,
        one_case=comparison.patients in list_cases(),
        drawn=comparison.trials,
        parameters=parameters,
    )
    path = out / "summary.json"
    path.write_text(summary_json(summary), encoding="utf-8")
    room = Room(comparison.setting)
    first = results[0].trial
    example = run_trial(comparison.patient(first), room, seed=comparison.seed, trial=first)
    images = example_images(example)
    page = write_report(out, summary, results, images, parameters, title=subject)
    return Written(path, page, text_report(summary, words=True))


def _subject(comparison: Comparison, *, referred: int) -> str:
    """Say in words who was biopsied; `referred` is how many of those drawn."""
    if comparison.patients in list_cases():
        subject = f"{load_case(comparison.patients).title} ({comparison.patients})"
    else:
        subject = comparison.cohort().title
    if comparison.displacement_mm is not None:
        subject += f", supine place uncertain by {comparison.displacement_mm:g} mm RMS"
    if comparison.referred:
        missed = comparison.trials - referred
        subject += f" ({missed} of {comparison.trials} drawn not referred: not seen at screening)"
    return subject
