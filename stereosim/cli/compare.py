"""``stereosim compare``: the same women under both guidances, and what came of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stereosim.cli import mis_set
from stereosim.cli.common import add_command, finite, print_json, whole

if TYPE_CHECKING:
    from stereosim.experiments.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "compare",
        summary="stereotactic beside ultrasound guidance on the same virtual patients",
        description="Biopsy every virtual patient under stereotactic and under ultrasound "
        "guidance, with an automated gun (NCB) and a vacuum device (VANCB), and compare.\n\n"
        "A case gives a patient of the same description in every trial: the fine anatomy, the "
        "single specks, the lie of the supine breast, the operator's hand and the noise are drawn "
        "anew. A cohort draws a new patient in each. The "
        "strata visible and not visible on ultrasound are always shown; an operator who sees "
        "nothing declines, and what would have come of trying all the same is reported beside "
        "it.\n\nThe folder receives summary.json, trials.jsonl (a line per arm), report.html and "
        "figures. A run that was interrupted goes on where it was when it is started again.",
        example="stereosim compare case-1 --trials 10 --seed 1 --out out/case-1\n"
        "stereosim compare screening --trials 100 --seed 1 --out out/screening --workers 2",
    )
    parser.add_argument(
        "patients", metavar="CASE|COHORT", help="a case (see stereosim cases) or a cohort"
    )
    parser.add_argument("--trials", required=True, type=whole, metavar="N", help="number of trials")
    parser.add_argument("--seed", required=True, type=whole, metavar="S", help="seed of everything")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the results"
    )
    parser.add_argument(
        "--workers", type=whole, metavar="N", help="processes (default: all processors)"
    )
    parser.add_argument("--unit", metavar="UNIT", help="stereotactic unit (see stereosim units)")
    parser.add_argument("--probe", metavar="PROBE", help="ultrasound probe")
    parser.add_argument(
        "--skill", metavar="SKILL", help="skill of the simulated operator: novice, trained, expert"
    )
    parser.add_argument(
        "--devices",
        nargs="+",
        metavar="DEVICE",
        help="device families, one arm each (default ncb-14g vab-11g; see stereosim devices)",
    )
    parser.add_argument(
        "--displacement-mm",
        type=finite,
        metavar="D",
        help="how uncertain the mammogram leaves the place in the supine breast: RMS, 0 to 25 mm "
        "(default: that of the case or cohort)",
    )
    parser.add_argument(
        "--referred",
        action="store_true",
        help="of a cohort, biopsy only women whose target is found on a simulated screening "
        "mammogram; the others are drawn and counted (default: biopsy all)",
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=(),
        metavar="SOURCE",
        help="take sources of error away, to see what they are worth: aim, carry, deflection, "
        "motion, marks, anaesthetic, bleeding (default: none)",
    )
    mis_set.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the trials, write the results and print the table."""
    from stereosim.experiments.runner import Comparison, default_workers
    from stereosim.experiments.trial import setting_of
    from stereosim.reports.comparison import compare

    setting = setting_of(
        unit=args.unit,
        probe=args.probe,
        skill=args.skill,
        families=args.devices,
        misalignment=mis_set.misalignment_of(args),
        calibrated=args.calibrated,
        without=args.without,
    )
    comparison = Comparison(
        args.patients,
        args.trials,
        args.seed,
        setting,
        displacement_mm=args.displacement_mm,
        referred=args.referred,
    )
    workers = default_workers() if args.workers is None else max(1, args.workers)
    written = compare(comparison, args.out, workers=workers, report=_show, command=_command(args))
    if args.json:
        print_json({"out": args.out, "report": written.report, "summary": written.summary})
        return 0
    print(written.text)
    print(f"Report: {written.report}")
    return 0


def _command(args: argparse.Namespace) -> str:
    """Return the command line that makes the same result again."""
    words = ["stereosim compare", args.patients, f"--trials {args.trials}", f"--seed {args.seed}"]
    for name in ("unit", "probe", "skill"):
        if getattr(args, name) is not None:
            words.append(f"--{name} {getattr(args, name)}")
    if args.devices:
        words.append(f"--devices {' '.join(args.devices)}")
    if args.displacement_mm is not None:
        words.append(f"--displacement-mm {args.displacement_mm:g}")
    if args.referred:
        words.append("--referred")
    if args.without:
        words.append(f"--without {' '.join(args.without)}")
    return " ".join([*words, *mis_set.words(args), "--out DIR"])


def _show(progress: Progress) -> None:
    """Write the state of the work to standard error: one line, rewritten on a terminal."""
    left = progress.remaining_s
    when = "" if left is None else f", about {_duration(left)} left"
    line = f"{progress.stage}: {progress.done} of {progress.total}{when}"
    if sys.stderr.isatty():
        end = "\n" if progress.done == progress.total else ""
        print(f"\r\x1b[K{line}", end=end, file=sys.stderr, flush=True)
    elif progress.done % max(1, progress.total // 10) == 0 or progress.done == progress.total:
        print(line, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
