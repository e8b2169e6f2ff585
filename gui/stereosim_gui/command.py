"""``stereosim app``: the command that opens the window.

The library must not know the app, so this module reaches the command line through the entry point
``stereosim.commands`` of pyproject.toml.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from typing import Any

from stereosim.cli.common import InputError, add_command, suggestion


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "app",
        summary="open the desktop app",
        description="Open the desktop app, on a case of the library if one is named. It shows the "
        "case's text, the scout, the stereo pair and the ultrasound frame. With --json nothing is "
        "opened; the answer says whether the app can be.",
        example="stereosim app\nstereosim app case-1",
    )
    parser.add_argument("case", nargs="?", metavar="CASE", help="name of the case to open")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window; return when it is closed."""
    from stereosim_phantoms.cases import list_cases

    names = list(list_cases())
    if args.case is not None and args.case not in names:
        raise InputError(f"CASE: {args.case!r} is unknown; {suggestion(args.case, names)}")
    missing = [name for name in ("PySide6", "pyqtgraph") if not importlib.util.find_spec(name)]
    if args.json:
        from stereosim.cli.common import print_json

        print_json({"available": not missing, "missing": missing, "case": args.case})
        return 0
    if missing:
        print(
            f"stereosim app: {' and '.join(missing)} not installed; "
            "pip install -c constraints.txt -e '.[app]' installs them",
            file=sys.stderr,
        )
        return 1
    try:
        from stereosim_gui.start import show
    except ImportError as error:  # a library of the system that Qt needs
        print(f"stereosim app: Qt cannot start: {error}; see tools/setup.sh", file=sys.stderr)
        return 1
    return show(args.case)
