"""``stereosim app``: the command that opens the window.

The library must not know the app, so this module reaches the command line through the entry point
``stereosim.commands`` of pyproject.toml.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

from stereosim.cli.common import InputError, add_command, suggestion


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "app",
        summary="open the desktop app",
        description="Open the desktop app: a gallery of cases, each to be biopsied under "
        "stereotactic or ultrasound guidance from the first image to the debrief. A case that is "
        "named is begun at once. With --json nothing is opened; the answer says whether the app "
        "can be.",
        example="stereosim app\nstereosim app case-1\nstereosim app --data ./class-of-monday",
    )
    parser.add_argument("case", nargs="?", metavar="CASE", help="name of the case to begin")
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        help="folder of attempts, settings and log (default: this user's application data)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window; return when it is closed."""
    from stereosim_phantoms.shelf import case_names

    names = case_names()
    if args.case is not None and args.case not in names:
        raise InputError(f"CASE: {args.case!r} is unknown; {suggestion(args.case, names)}")
    if args.data is not None and args.data.exists() and not args.data.is_dir():
        raise InputError(f"--data: {args.data} is not a folder")
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
    return show(args.case, args.data)
