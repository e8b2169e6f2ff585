"""Published figures that one attempt of a trainee is held against, as data with provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Training:
    """Benchmarks of training.

    Attributes
    ----------
    exposures : int
        X-ray exposures of one biopsy.
    minutes : float
        Time in the room.
    dose_mgy : tuple of two floats
        Lowest and highest mean glandular dose of one biopsy.
    tolerance_mm : float
        Error per axis that quality control allows.
    fraction_least, fraction_all : float
        Fractions of the specks removed that outcomes were found to go with.
    upgrade_all, upgrade_overall : float
        Upgrades of atypia where all was removed, and in all lesions.
    first_cases : int
        Cases that count as a beginner's.
    competent_cases : tuple of two ints
        After how many cases one is called competent.
    """

    exposures: int
    minutes: float
    dose_mgy: tuple[float, float]
    tolerance_mm: float
    fraction_least: float
    fraction_all: float
    upgrade_all: float
    upgrade_overall: float
    first_cases: int
    competent_cases: tuple[int, int]
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Hints:
    """When a hint is given.

    Attributes
    ----------
    empty_mark_mm : float
        Distance from every speck at which a mark counts as set on none.
    tilt_deg : tuple of two floats
        Flattest and steepest freehand needle that a hint may propose.
    fewest_looks : int
        Frames kept near the expected place that make a search without a sweep.
    towards_cosine : float
        Mean cosine of the cores' angles to the target above which they were taken toward it.
    """

    empty_mark_mm: float
    tilt_deg: tuple[float, float]
    fewest_looks: int
    towards_cosine: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_training() -> Training:
    """Return the benchmarks of training."""
    table = load_toml(_DATA / "published.toml")
    return read_spec(Training, table["training"], table["sources"], "published.toml: training")


@cache
def load_hints() -> Hints:
    """Return when hints are given."""
    table = load_toml(_DATA / "teaching.toml")
    return read_spec(Hints, table["hints"], table["sources"], "teaching.toml: hints")
