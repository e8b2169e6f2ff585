"""How an entry of a catalogue is written as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any


def described(entry: Any) -> dict[str, Any]:
    """Return the fields of a catalogue's dataclass, its provenance last.

    Parameters
    ----------
    entry : dataclass instance
        With a field ``provenance`` (name of a field -> its parameter).
    """
    fields = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry)}
    provenance = fields.pop("provenance", {})
    return {**fields, "provenance": provenance}
