"""The numbers of quality assurance, as data (data/quality.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

_FILE = Path(__file__).parent / "data" / "quality.toml"


@dataclass(frozen=True)
class TestsSpec:
    """What passes, and where the paddle stands; mm."""

    tolerance_mm: float
    paddle_height_mm: float
    provenance: dict[str, Parameter]


@dataclass(frozen=True)
class PhantomSpec:
    """The gelatin phantom and how its targets are recognised.

    `x_mm` and `y_mm` count from the window's centre, `z_mm` from the support; `pair_mm` is the
    largest difference of y between the images of one target; what is found farther than `reach_mm`
    from every target belongs to none.
    """

    thickness_mm: float
    glandular_fraction: float
    x_mm: tuple[float, ...]
    y_mm: tuple[float, ...]
    z_mm: tuple[float, ...]
    diameter_mm: float
    pair_mm: float
    reach_mm: float
    speck_sd_px: float
    provenance: dict[str, Parameter]


@dataclass(frozen=True)
class AlignmentSpec:
    """The zero-alignment test: height of the tip, needle, and the sheet that stands for air."""

    tip_z_mm: float
    needle_mm: float
    sheet_mm: float
    tip_sd_px: float
    provenance: dict[str, Parameter]


@dataclass(frozen=True)
class MarksSpec:
    """How reference marks are recognised in an image: see :mod:`.quality_views`."""

    mark_sd_px: float
    reach_mm: float
    doubt_p: float
    fewest: int
    provenance: dict[str, Parameter]


@dataclass(frozen=True)
class QualitySpec:
    """All of them."""

    tests: TestsSpec
    phantom: PhantomSpec
    alignment: AlignmentSpec
    marks: MarksSpec


@cache
def load_quality() -> QualitySpec:
    """Return the catalogue's numbers."""
    table = load_toml(_FILE)
    sources = table["sources"]
    return QualitySpec(
        read_spec(TestsSpec, table["tests"], sources, f"{_FILE.name}: tests"),
        read_spec(PhantomSpec, table["phantom"], sources, f"{_FILE.name}: phantom"),
        read_spec(AlignmentSpec, table["alignment"], sources, f"{_FILE.name}: alignment"),
        read_spec(MarksSpec, table["marks"], sources, f"{_FILE.name}: marks"),
    )
