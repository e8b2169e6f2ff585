"""How the simulated reader looks at a sweep, as data with provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from stereosim.imaging.ultrasound.probes import DATA
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec


@dataclass(frozen=True)
class Reader:
    """Habits of the reader; units in the names, pairs are (depth, lateral).

    Attributes
    ----------
    candidate_db, clutter_per_cm3, elsewhere_mm, centres, cluster_radius_mm
        Which foci are listed, what they are compared with, and what counts as a group.
    focus_mm, ring_mm, patch_mm, apart_mm
        Filter, surroundings and separation of foci; `apart_mm` is (across, depth, lateral).
    skin_mm
        The search begins below it.
    fat_offset_db, mass_width_mm, mass_height_mm, fat_band_mm
        Templates for masses, and the fat that they are compared with.
    """

    candidate_db: float
    clutter_per_cm3: float
    elsewhere_mm: float
    centres: int
    cluster_radius_mm: float
    focus_mm: tuple[float, float]
    ring_mm: tuple[float, float]
    patch_mm: tuple[float, float]
    apart_mm: tuple[float, float, float]
    skin_mm: float
    fat_offset_db: float
    mass_width_mm: tuple[float, ...]
    mass_height_mm: tuple[float, ...]
    fat_band_mm: tuple[float, float]
    provenance: dict[str, Parameter] = field(default_factory=dict, compare=False, repr=False)


@lru_cache(maxsize=1)
def load_reader() -> Reader:
    """Return the reader of the catalogue."""
    path = DATA / "reader.toml"
    table = load_toml(path)
    return read_spec(Reader, table["reader"], table["sources"], f"{path.name}: reader")
