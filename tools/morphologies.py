"""Make the picture of the documentation that shows every BI-RADS morphology as it is simulated.

    .venv/bin/python tools/morphologies.py

Each panel is a simulated scout at native pitch of a homogeneous breast, enlarged; the number is its
width in mm.  White and black are set panel by panel, as a reader would.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from stereosim.geometry.projection import project
from stereosim.geometry.units import load_unit
from stereosim.geometry.views import scout
from stereosim.imaging.density import density
from stereosim.imaging.scene import Scene
from stereosim.imaging.xray import XrayMachine
from stereosim_phantoms.benign import BenignPlan, Site, benign_kinds
from stereosim_phantoms.benign_growth import grow_benign
from stereosim_phantoms.breast import BreastSpec, anatomy_parameters
from stereosim_phantoms.calcifications import ClusterSpec, grow_cluster, morphologies
from stereosim_phantoms.ducts import grow_ducts
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Ellipsoids, Specks, united
from stereosim_phantoms.vessels import grow_vessels, vessel_parameters

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "morphologies.png"
PANEL_PX, LABEL_PX, GAP_PX, COLUMNS = 232, 16, 4, 5
LEVELS = 20
BREAST = BreastSpec("right", 55.0, 90.0, 95.0, 1.44, 0.2, 40.0, 7, edge_mm=22.0)
# Which of the random draws is shown, and how wide the panel is.
SHOWN = {
    "skin": (2, 12.0), "vascular": (2, 30.0), "coarse or popcorn-like": (5, 10.0),
    "large rod-like": (5, 34.0), "round": (6, 19.0), "rim": (2, 11.0), "dystrophic": (8, 14.0),
    "milk of calcium": (1, 14.0), "suture": (1, 14.0),
    "punctate": (1, 12.0), "amorphous": (1, 10.0), "coarse heterogeneous": (1, 13.0),
    "fine pleomorphic": (2, 11.0), "fine linear branching": (2, 11.0),
}  # fmt: skip
SINGLE = ("vascular", "rim", "suture")


def solids_of(name: str, seed: int) -> tuple[Ellipsoids, str]:
    """Return the solids of a morphology and what they are made of."""
    ducts = grow_ducts(BREAST, anatomy_parameters())
    if name in morphologies():
        spec = ClusterSpec(name, "grouped", 45 if name == "amorphous" else 18, 8.0)
        grown = grow_cluster(
            BREAST, ducts, spec, np.array([20.0, 45.0, 28.0]), rng=stream(seed, name)
        )
        return grown, spec.material
    site = Site(BREAST, ducts, grow_vessels(BREAST, vessel_parameters()))
    plan = BenignPlan(name, count=1 if name in SINGLE else 0)
    grown = grow_benign(site, plan, np.zeros((0, 3)), united([]), rng=stream(seed, name))
    return grown, benign_kinds()[name].material


def panel(name: str, seed: int, width_mm: float) -> NDArray[np.uint8]:
    """Return the picture of a morphology, square."""
    solids, material = solids_of(name, seed)
    machine = XrayMachine(load_unit("upright-hologic"))
    view = scout(machine.unit)
    middle = 0.5 * (solids.centres_mm.min(axis=0) + solids.centres_mm.max(axis=0))
    place = np.array([0.0, 30.0, middle[2]])
    moved = Ellipsoids(solids.centres_mm - middle + place, solids.axes_mm)
    specks = Specks(moved, (material,) * len(moved), np.full(len(moved), -1))
    image = machine.image(
        machine.slab_background(view, BREAST.thickness_mm, 0.2, BREAST.skin_mm),
        Scene(BREAST.thickness_mm, specks=specks),
        view,
        machine.exposure(BREAST.thickness_mm, 0.2),
        rng=stream(seed, name, "noise"),
    )
    column, row = np.rint(project(view, place[None])[0]).astype(int)
    half = round(0.5 * width_mm / view.pitch_mm)
    piece = density(image)[row - half : row + half, column - half : column + half]
    usual = float(np.median(piece))
    white = max(usual + 0.75 * float(piece.max() - usual), usual + 0.22)
    black = usual - 0.25 * (white - usual) - 0.06
    grey = Image.fromarray(
        (255.0 * np.clip((piece - black) / (white - black), 0.0, 1.0)).astype(np.uint8)
    )
    enlarged = np.asarray(grey.resize((PANEL_PX, PANEL_PX), Image.Resampling.BICUBIC)) / 255.0
    return (np.round(enlarged * (LEVELS - 1)) * (255 / (LEVELS - 1))).astype(np.uint8)


def main() -> None:
    """Write the picture: the suspicious ones first, then the typically benign ones."""
    names = [*morphologies(), *benign_kinds()]
    rows = -(-len(names) // COLUMNS)
    width, height = PANEL_PX + GAP_PX, PANEL_PX + LABEL_PX + GAP_PX
    sheet = Image.new("L", (COLUMNS * width - GAP_PX, rows * height - GAP_PX), 0)
    pen = ImageDraw.Draw(sheet)
    for i, name in enumerate(names):
        seed, width_mm = SHOWN[name]
        corner = ((i % COLUMNS) * width, (i // COLUMNS) * height)
        pen.text((corner[0] + 2, corner[1] + 2), f"{name}   {width_mm:.0f}", fill=255)
        sheet.paste(Image.fromarray(panel(name, seed, width_mm)), (corner[0], corner[1] + LABEL_PX))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(32).save(PICTURE, optimize=True)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
