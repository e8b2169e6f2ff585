"""Whether a screening mammogram would have shown the target: who is referred at all.

Every woman of a clinical series was sent because a mammogram showed calcifications.  Here a CC view
with automatic exposure, the breast positioned so that the target is in the field, is searched by
the X-ray observer at its stated false-alarm rate.  That knows nothing of ultrasound or of the unit
of the trial, comes before both arms, and has noise of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stereosim.geometry.projection import magnification, project
from stereosim.geometry.units import Unit, load_units
from stereosim.geometry.views import View, scout
from stereosim.imaging.background import Background
from stereosim.imaging.detection import Candidates, find_specks
from stereosim.imaging.scene import Scene, field_box
from stereosim.imaging.xray import XrayImage, XrayMachine
from stereosim.procedures.approach import positioned_specks, positioned_tissue, tissue_slabs
from stereosim.procedures.intents import Position
from stereosim.procedures.operators.skill import load_skills
from stereosim_phantoms.patient import VirtualPatient
from stereosim_phantoms.provenance import Parameter, load_toml, read_spec

Array = NDArray[np.float64]

VOXEL_MM = 0.5  # edge of the tissue's voxels, as in the trials
CATALOGUE = Path(__file__).parent / "data" / "referral.toml"


@dataclass(frozen=True)
class Recall:
    """When a woman is referred; see ``data/referral.toml``.

    Attributes
    ----------
    fewest : int
        Specks of the target that must be found.
    match_mm : float
        A candidate this near to a speck is that speck.
    skill, unit : str
        Skill of the reader; unit whose geometry and detector stand for the mammograph's.
    """

    fewest: int
    match_mm: float
    skill: str
    unit: str
    provenance: dict[str, Parameter]


@cache
def load_recall() -> Recall:
    """Return the rule of the catalogue."""
    raw = load_toml(CATALOGUE)
    return read_spec(Recall, raw["referral"], raw["sources"], f"{CATALOGUE.name}: referral")


def is_referred(
    patient: VirtualPatient, *, rng: np.random.Generator, voxel_mm: float = VOXEL_MM
) -> bool:
    """Tell whether the screening mammogram shows the target.

    Parameters
    ----------
    patient : VirtualPatient
        Who.
    rng : numpy.random.Generator
        Noise of the view.
    voxel_mm : float
        Edge of the tissue's voxels.
    """
    recall = load_recall()
    unit = load_units()[recall.unit]
    position = _position(patient, unit)
    image = screening_view(patient, position, XrayMachine(unit), rng=rng, voxel_mm=voxel_mm)
    found = find_specks(image)
    # Who uses a part of the information needs a signal that is larger by its root.
    efficiency = load_skills()[recall.skill].efficiency
    found = found.subset(found.snr >= found.threshold / np.sqrt(efficiency))
    specks = positioned_specks(patient, position)
    target = specks.solids.centres_mm[specks.target]
    return count_found(image.view, found, target) >= recall.fewest


def _position(patient: VirtualPatient, unit: Unit) -> Position:
    """Bring the target to the middle of the field, as far as the chest wall lets it."""
    x, y, _ = patient.target_mm
    middle = unit.field_y_min_mm + 0.5 * unit.field_height_mm
    return Position(float(x), max(0.0, float(y) - middle), "craniocaudal")


def screening_view(
    patient: VirtualPatient,
    position: Position,
    machine: XrayMachine,
    *,
    rng: np.random.Generator | None,
    voxel_mm: float,
) -> XrayImage:
    """Return the CC view of a positioned breast, without the biopsy paddle and its marks."""
    breast, view = patient.breast, scout(machine.unit)
    background: Background | None = None
    box = field_box(machine.unit, breast.thickness_mm)
    for lo, hi in tissue_slabs(breast.thickness_mm, position, *box, voxel_mm):
        slab = machine.background(positioned_tissue(patient, position, lo, hi, voxel_mm), view)
        background = slab if background is None else background + slab
    assert background is not None, "a breast has a thickness"
    exposure = machine.exposure(breast.thickness_mm, breast.glandular_fraction)
    scene = Scene(breast.thickness_mm, positioned_specks(patient, position))
    return machine.series(background, exposure).image(scene, rng=rng)


def count_found(view: View, found: Candidates, target_mm: Array) -> int:
    """Count the candidates that are specks of the target (n, 3), each speck once at most."""
    if len(found) == 0:
        return 0
    pixels = project(view, target_mm)
    away = np.linalg.norm(found.pixels[:, None] - pixels[None], axis=2)
    near = away * view.pitch_mm <= load_recall().match_mm * magnification(view, target_mm)
    return min(int(near.any(axis=1).sum()), int(near.any(axis=0).sum()))
