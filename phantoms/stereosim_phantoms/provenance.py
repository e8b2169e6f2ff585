"""Numbers as data: a value, its unit, where it comes from and how sure we are of that.

A catalogue is a TOML file with a ``[sources]`` table (short key -> citation) and tables of
parameters.  A parameter is an inline table::

    sid_mm = { value = 650.0, unit = "mm", source = "victre", status = "read" }

:func:`read_spec` turns such a table into a frozen dataclass and refuses a missing or an unknown
key with an error that names the file and the field.
"""

from __future__ import annotations

import dataclasses
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

Status = Literal["read", "common", "derived", "measured", "assumed"]
STATUSES: tuple[str, ...] = get_args(Status)

T = TypeVar("T")


class SpecError(ValueError):
    """A file of ours or of the user's is wrong; the message names the file and the field."""


@dataclass(frozen=True)
class Parameter:
    """One number (or list of numbers) with its unit, source and status.

    Attributes
    ----------
    value : float, int or tuple
        The number itself, in `unit`.
    unit : str
        Unit of `value`; ``"1"`` for a pure number.
    source : str
        Citation in full, or ``"stereosim"`` for a choice of ours.
    status : {"read", "common", "derived", "measured", "assumed"}
        How far the number can be trusted (see docs/provenance.md).
    note : str
        Plausible range or remark; may be empty.
    """

    value: Any
    unit: str
    source: str
    status: Status
    note: str = ""


def load_toml(path: Path) -> dict[str, Any]:
    """Parse the TOML file at `path`; raise :class:`SpecError` naming it where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise SpecError(f"{path.name}: cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path.name}: not valid TOML: {error}") from error


def read_parameter(raw: object, sources: Mapping[str, str], where: str) -> Parameter:
    """Check one inline table of a catalogue and return it as a :class:`Parameter`."""
    if not isinstance(raw, dict):
        raise SpecError(f"{where}: must be a table with value, unit, source, status")
    missing = {"value", "unit", "source", "status"} - raw.keys()
    unknown = raw.keys() - {"value", "unit", "source", "status", "note"}
    if missing or unknown:
        problem = f"missing {sorted(missing)}" if missing else f"unknown {sorted(unknown)}"
        raise SpecError(f"{where}: {problem}")
    if raw["status"] not in STATUSES:
        raise SpecError(f"{where}: status {raw['status']!r} is none of {', '.join(STATUSES)}")
    if raw["source"] not in sources:
        raise SpecError(f"{where}: source {raw['source']!r} is not in [sources]")
    value = tuple(raw["value"]) if isinstance(raw["value"], list) else raw["value"]
    return Parameter(value, raw["unit"], sources[raw["source"]], raw["status"], raw.get("note", ""))


def read_parameters(
    table: Mapping[str, Any], sources: Mapping[str, str], where: str
) -> dict[str, Parameter]:
    """Read every parameter of `table`; `where` is the file and table named in errors."""
    return {key: read_parameter(raw, sources, f"{where}.{key}") for key, raw in table.items()}


def read_spec(cls: type[T], table: Mapping[str, Any], sources: Mapping[str, str], where: str) -> T:
    """Build the frozen dataclass `cls` from a catalogue table.

    Fields annotated ``str`` or ``bool`` are read as they stand; every other field is a parameter
    whose bare value goes into the field.  A field called ``provenance`` (``dict[str, Parameter]``)
    receives all the parameters by name.

    Raises
    ------
    SpecError
        For an unknown key, a missing key without default, or a malformed parameter.
    """
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls) if f.name != "provenance"}  # type: ignore[arg-type]
    unknown = table.keys() - fields.keys()
    if unknown:
        raise SpecError(f"{where}: unknown key {sorted(unknown)[0]!r}")
    values: dict[str, Any] = {}
    provenance: dict[str, Parameter] = {}
    for name, field in fields.items():
        if name not in table:
            if field.default is dataclasses.MISSING:
                raise SpecError(f"{where}: missing key {name!r}")
            continue
        if hints[name] in (str, bool):
            if not isinstance(table[name], hints[name]):
                raise SpecError(f"{where}.{name}: must be {hints[name].__name__}")
            values[name] = table[name]
            continue
        parameter = read_parameter(table[name], sources, f"{where}.{name}")
        provenance[name] = parameter
        values[name] = parameter.value
    if "provenance" in hints:
        values["provenance"] = provenance
    return cls(**values)
