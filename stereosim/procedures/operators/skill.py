"""Skill levels of the simulated operator, as data with provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

_FILE = Path(__file__).parent.parent / "data" / "operators.toml"


@dataclass(frozen=True)
class Skill:
    """What tells a novice from an expert.

    Attributes
    ----------
    efficiency : float
        Share of the squared signal-to-noise ratio of the prewhitened matched filter that the
        reader makes use of.
    click_sd_px : float
        Standard deviation of a mark, per axis and view, image pixels.
    y_tolerance_mm : float
        Largest y mismatch at which two specks are taken for the same one, mm.
    retarget_mm : float
        Offset of the lesion from the needle at which it is inserted anew, mm.
    recentre_mm : float
        Offset of the lesion from the window's centre at which the breast is repositioned, mm.
    pairs : int
        How often the pair is exposed, at most, until the patient keeps still.
    max_passes : int
        Insertions of a vacuum device before giving up.
    untrained_share : float
        How far the freehand hand is from trained (0) towards untrained (1).
    looks : int
        Ultrasound frames in which the needle is looked for before it is fired, for each insertion.
    needle_tolerance_mm : float
        By how much the needle's line, and its depth, may miss the target when it is fired by hand.
    looks_before_firing : int
        Whether the needle is looked at again after it was corrected (1) or fired as it is (0).
    """

    efficiency: float
    click_sd_px: float
    y_tolerance_mm: float
    retarget_mm: float
    recentre_mm: float
    pairs: int
    max_passes: int
    untrained_share: float
    looks: int
    needle_tolerance_mm: float
    looks_before_firing: int
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Search:
    """How far a search goes, in mm; the same for every level of skill.

    A y mismatch up to `motion_gate_mm` is recognised as the patient's motion, `mark_margin_mm` is
    how far the reference marks may lie from their nominal places, `tip_gate_mm` how far the
    needle's point from where it was sent; `tip_sd_px` is the error of reading it, per axis and
    view.
    With a needle in hand: `first_look_share` is how much of the way it goes before the first look,
    `target_inside_mm` how far from the far edge of the image the target then stands,
    `plane_step_deg` by how much the probe is turned to find it, `tip_short_mm` how much shorter
    than the shaft's marks say it may look, `flat_entry_mm` from where it goes in where a margin
    forbids the usual place; foci are taken for those marked within `seen_again_mm`, at least
    `seen_again_foci` of them.
    `film_false_alarms` is the mean number of false specks that pure noise is allowed on a film.
    """

    scout_gate_mm: float
    pair_gate_mm: float
    motion_gate_mm: float
    mark_margin_mm: float
    tip_gate_mm: float
    tip_sd_px: float
    ultrasound_extent_mm: float
    ultrasound_depth_mm: float
    below_mm: float
    ultrasound_gate_mm: float
    correlate_gate_mm: float
    first_look_share: float
    target_inside_mm: float
    plane_step_deg: float
    tip_short_mm: float
    flat_entry_mm: tuple[float, ...]
    seen_again_mm: float
    seen_again_foci: int
    minimum_radius_mm: float
    core_end_mm: float
    aperture_inside_mm: float
    centred_mm: float
    fan_hours: float
    aside_mm: tuple[float, float]
    depth_share: float
    film_false_alarms: float
    provenance: dict[str, Parameter] = field(default_factory=dict, repr=False)


@cache
def load_skills() -> dict[str, Skill]:
    """Return the skill levels by name."""
    table = load_toml(_FILE)
    return {
        name: read_spec(Skill, raw, table["sources"], f"{_FILE.name}: operator.{name}")
        for name, raw in table["operator"].items()
    }


@cache
def load_search() -> Search:
    """Return the limits of the search."""
    table = load_toml(_FILE)
    return read_spec(Search, table["search"], table["sources"], f"{_FILE.name}: search")
