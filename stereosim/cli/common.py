"""What the commands share: the parser, the checks of arguments, and the two ways to answer."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import math
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from stereosim_phantoms.provenance import Parameter

T = TypeVar("T")

# argparse takes "-1e-3" for an option unless told otherwise.
_NEGATIVE_NUMBER = re.compile(r"^-(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$|^-(inf|nan|infinity)$", re.I)


class InputError(ValueError):
    """The user's input is wrong; the message is one line that names the argument or file."""


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line and leaves the layout of its help alone."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)
        self._negative_number_matcher = _NEGATIVE_NUMBER

    def error(self, message: str) -> NoReturn:
        """Print the reason and where the help is; exit with status 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)\n")


def add_command(
    subparsers: Any, name: str, *, summary: str, description: str, example: str
) -> argparse.ArgumentParser:
    """Add the parser of one command, with ``--json`` and an example in its help.

    Parameters
    ----------
    subparsers : argparse's subparsers action
        Where the command is added.
    name, summary, description : str
        The command, its line in the list of commands, and the text of its own help.
    example : str
        One or more command lines.

    Returns
    -------
    argparse.ArgumentParser
        To which the command adds its arguments and ``set_defaults(run=run)``.
    """
    added: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=filled(description),
        epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()),
    )
    added.add_argument(
        "--json", action="store_true", help="machine-readable answer on standard output"
    )
    return added


def finite(text: str) -> float:
    """Read a finite number; the type of every numeric argument."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def positive(text: str) -> float:
    """Read a finite number above 0."""
    value = finite(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} must be above 0")
    return value


def whole(text: str) -> int:
    """Read a whole number of at least 0, such as a seed."""
    if not re.fullmatch(r"\d+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def pick(catalogue: Mapping[str, T], name: str, argument: str) -> T:
    """Return ``catalogue[name]``, or complain and suggest the names that come near.

    Raises
    ------
    InputError
        Naming `argument`, the wrong name and its nearest neighbours (or all there are).
    """
    if name in catalogue:
        return catalogue[name]
    raise InputError(f"{argument}: {name!r} is unknown; {suggestion(name, catalogue)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say which of the `known` names come near `name`, or list all where none does."""
    names = list(known)
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"


def print_json(answer: object) -> None:
    """Write the machine answer; NaN and inf are refused, for they are not JSON."""
    json.dump(plain(answer), sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def plain(value: Any) -> Any:
    """Turn arrays, tuples, parameters and paths into what JSON can hold."""
    if isinstance(value, Parameter):
        return {
            "value": plain(value.value),
            "unit": value.unit,
            "source": value.source,
            "status": value.status,
            "note": value.note,
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # a NumPy array or number, without importing NumPy
        return value.tolist()
    return value


def described(entry: Any) -> dict[str, Any]:
    """Return the fields of a catalogue's entry (a dataclass), its provenance last."""
    fields = {field.name: getattr(entry, field.name) for field in dataclasses.fields(entry)}
    return {**fields, "provenance": fields.pop("provenance", {})}


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write columns for reading; numbers to the right, words to the left."""
    right = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(header))]
    lines = [list(header), *([_cell(item) for item in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        cells = zip(line, widths, right, strict=True)
        padded = (cell.rjust(w) if to_right else cell.ljust(w) for cell, w, to_right in cells)
        print("  ".join(padded).rstrip())


def _cell(item: object) -> str:
    return f"{item:.6g}" if isinstance(item, float) else str(item)


def filled(text: str) -> str:
    """Fill the paragraphs of a help text."""
    return "\n\n".join(textwrap.fill(part, 90) for part in text.strip().split("\n\n"))
