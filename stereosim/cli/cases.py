"""``stereosim cases``: the case library."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import add_command, pick, print_json


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "cases",
        summary="list the case library, or show one case with its teaching text",
        description="List the cases of the library, each a virtual patient made for one teaching "
        "point. With a name, show that case's text.",
        example="stereosim cases\nstereosim cases case-1",
    )
    parser.add_argument("case", nargs="?", metavar="CASE", help="name of a case, to read its text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the library or one case."""
    from stereosim_phantoms.cases import list_cases, load_case

    cases = {name: load_case(name) for name in list_cases()}
    if args.case is not None:
        case = pick(cases, args.case, "CASE")
        if not args.json:
            print(f"{case.name}: {case.title}\n\n{case.teaching.strip()}")
            return 0
        cases = {case.name: case}
    if args.json:
        print_json(
            [{"name": c.name, "title": c.title, "teaching": c.teaching} for c in cases.values()]
        )
        return 0
    width = max(len(name) for name in cases)
    for case in cases.values():
        print(f"{case.name:<{width}}  {case.title}")
    return 0
