"""Every parameter of every model, gathered from the catalogues for the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import stereosim
import stereosim_phantoms
from stereosim_phantoms.provenance import Parameter, load_toml, read_parameter


@cache
def all_parameters() -> dict[str, dict[str, Parameter]]:
    """Return the parameters of all catalogues: file -> dotted name -> parameter.

    The published figures that results are held against are not among them: they are no input.
    """
    found: dict[str, dict[str, Parameter]] = {}
    for package in (stereosim_phantoms, stereosim):
        with resources.as_file(resources.files(package)) as root:
            for path in sorted(root.glob("**/data/*.toml")):
                if path.name == "published.toml":
                    continue
                table = load_toml(path)
                sources = table.pop("sources", {})
                parameters = dict(_walk(table, sources, path))
                if parameters:
                    found[path.stem] = parameters
    return found


def _walk(
    table: Mapping[str, Any], sources: Mapping[str, str], path: Path, name: str = ""
) -> Iterator[tuple[str, Parameter]]:
    """Yield the parameters of a table and of the tables in it."""
    for key, value in table.items():
        full = f"{name}.{key}" if name else key
        if not isinstance(value, dict):
            continue
        if {"value", "unit", "source", "status"} <= value.keys():
            yield full, read_parameter(value, sources, f"{path.name}: {full}")
        else:
            yield from _walk(value, sources, path, full)
