"""How long the steps of a procedure take, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

_FILE = Path(__file__).parent / "data" / "workflow.toml"


@dataclass(frozen=True)
class Minutes:
    """Minutes that each step takes."""

    position: float
    second_paddle: float
    lateral_arm: float
    expose_scout: float
    expose_pair: float
    mark: float
    anaesthetise: float
    scan: float
    look: float
    advance: float
    fire: float
    core: float
    film: float
    clip: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_minutes() -> Minutes:
    """Return the durations of the steps."""
    table = load_toml(_FILE)
    return read_spec(Minutes, table["minutes"], table["sources"], f"{_FILE.name}: minutes")
