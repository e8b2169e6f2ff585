"""The command line: one module per command, thin over the library.

A command's module has ``add_parser(subparsers)``, which describes it and sets itself as the
default ``run``, and ``run(args) -> int``.  Heavy imports happen inside `run`, so that help and
complaints come at once.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from importlib.metadata import entry_points

from stereosim import __version__
from stereosim.cli.common import InputError, Parser, filled
from stereosim_phantoms.provenance import SpecError

COMMANDS = (
    "cases",
    "units",
    "devices",
    "probes",
    "project",
    "triangulate",
    "qa",
    "render",
    "compare",
)

USAGE_ERROR = 2
FAILURE = 1
INTERRUPTED = 130  # what a shell reports for a program ended by Ctrl+C


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="stereosim",
        description=filled(
            "Stereotactic breast biopsy simulated beside ultrasound guidance on the same virtual "
            "patient. For teaching and research; not a medical device."
        ),
        epilog=filled(
            "Each command has its own help: stereosim COMMAND --help. Results go to standard "
            "output, progress and errors to standard error. Exit status: 0 success, 2 a mistake "
            "in the usage or the input, 1 a failure of stereosim itself (STEREOSIM_DEBUG=1 shows "
            "its trace)."
        ),
    )
    top.add_argument("--version", action="version", version=f"stereosim {__version__}")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"stereosim.cli.{name}").add_parser(subparsers)
    # The app is above the library, which therefore cannot import it; it announces itself.
    for command in entry_points(group="stereosim.commands"):
        command.load().add_parser(subparsers)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        The arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        Exit status: 0 success, 1 a failure of ours, 2 a usage or input error.
    """
    try:
        args = parser().parse_args(argv)
    except SystemExit as done:  # --help, --version, or a complaint that is printed already
        return int(done.code or 0)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except (InputError, SpecError) as error:
        return _complain(args.command, str(error), USAGE_ERROR)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep the interpreter from flushing into nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain(args.command, "stopped", INTERRUPTED)
    except Exception as error:
        if os.environ.get("STEREOSIM_DEBUG"):
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _complain(
            args.command, f"failed: {what} (STEREOSIM_DEBUG=1 shows the trace)", FAILURE
        )
    return status


def _complain(command: str, reason: str, status: int) -> int:
    print(f"stereosim {command}: {' '.join(reason.split())}", file=sys.stderr)
    return status
