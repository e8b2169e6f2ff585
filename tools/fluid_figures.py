"""Print the figures of docs/fluids.md: haematomas, shifts, and how much fainter specks get.

    .venv/bin/python tools/fluid_figures.py

Nothing here is compared with a published figure: it says what the assumed numbers come to.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy import fluids
from stereosim.biopsy.capture import take_core
from stereosim.biopsy.cavity import cavity_solids, soaked_solids
from stereosim.biopsy.devices import Device, load_devices
from stereosim.biopsy.needle import withdraw
from stereosim.biopsy.pose import NeedlePose
from stereosim.biopsy.tissue import NeedleInPlace, Tissue
from stereosim.experiments.trial import Room, Setting
from stereosim.geometry.projection import project
from stereosim.imaging.detection import find_specks
from stereosim.imaging.scene import Scene, Soaked
from stereosim.procedures.approach import positioned_specks
from stereosim.procedures.intents import Position
from stereosim.procedures.procedure import Conditions
from stereosim.procedures.stereotactic import StereotacticProcedure
from stereosim_phantoms.cases import load_case
from stereosim_phantoms.randomness import stream
from stereosim_phantoms.solids import Ellipsoids, Specks

Array = NDArray[np.float64]
DEVICES = load_devices()
PATIENTS, SEED, PAUSE_MIN = 1000, 7, 3.0
# A gun's five passes: the middle and four places 3 mm off; minutes with the needle in and out.
PATTERN = ((0.0, 0.0), (3.0, 0.0), (0.0, 3.0), (-3.0, 0.0), (0.0, -3.0))
PASS_MIN = (0.5, 1.2)


def round_specks(places: Array, diameter_mm: float = 0.3) -> Specks:
    """Return round specks of the target at `places`."""
    axes = np.repeat(np.eye(3)[None] * diameter_mm / 2.0, len(places), axis=0)
    names = ("hydroxyapatite",) * len(places)
    return Specks(Ellipsoids(places, axes), names, np.zeros(len(places), np.int64))


def said(values: list[float]) -> str:
    """Return the median and the 95 % range."""
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def bled(
    device: Device, poses: list[NeedlePose], cores: int, patient: int, start: Tissue
) -> tuple[Tissue, float]:
    """Return the tissue after the cores of one patient, and the mean mass of a core."""
    factor, tissue = fluids.patient_factor(patient), start
    for pose in poses:
        tissue = replace(tissue, needle=NeedleInPlace(pose, device, np.zeros(3)))
        for k in range(cores):
            tissue, _ = take_core(tissue, device, pose, 12.0 * k / cores or 12.0)
            rng = stream(SEED, "bleeding", patient, len(tissue.cores))
            tissue = fluids.bleed(tissue, device, rng=rng, patient_factor=factor)
        within, after = (PAUSE_MIN, 0.0) if device.kind == "vacuum" else PASS_MIN
        tissue = fluids.ooze(tissue, within, patient_factor=factor)
        tissue = fluids.settle(withdraw(tissue))
        tissue = fluids.ooze(tissue, after, patient_factor=factor)
    return tissue, tissue.removed_mg / len(tissue.cores)


def haematomas() -> None:
    """Print volumes, shifts and masses of cores."""
    places = np.array([[0.0, 5.0, 0.0], [0.0, 10.0, 0.0], [0.0, 60.0, 0.0]])
    for name, cores in (("vab-14g", 12), ("vab-11g", 12), ("vab-7g", 6), ("ncb-14g", 1)):
        device = DEVICES[name]
        offsets = ((0.0, 0.0),) if device.kind == "vacuum" else PATTERN
        poses = [NeedlePose.vertical(np.array([x, y, 0.0])) for x, y in offsets]
        volumes, masses, ways = [], [], []
        for patient in range(PATIENTS):
            # Of one bore on its own, beside it: specks that no core takes.
            start = Tissue.untouched(round_specks(places[2:]))
            tissue, mass = bled(device, poses, cores, patient, start)
            volumes.append(sum(bore.blood_mm3 for bore in tissue.bores) / fluids.MM3_PER_ML)
            masses.append(mass / device.core_mass_mg)
            a = tissue.bores[0].distended_mm2
            ways.append([np.sqrt(r**2 + a) - r for r in (5.0, 10.0)])
        near, far = np.array(ways).T
        print(f"{name}, {len(tissue.cores)} cores: {said(volumes)} ml of blood")
        print(f"    shift 5 and 10 mm from the first bore: {said(near)}, {said(far)} mm")
        print(f"    mass of a core over that without blood: {said(masses)}")


def injections() -> None:
    """Print how far a target goes."""
    places = np.array([[r, 0.0, 0.0] for r in (0.0, 3.0, 6.0, 10.0)])
    for ml in (2.0, 5.0, 10.0):
        start = Tissue.untouched(round_specks(places))
        after = fluids.infiltrate(start, (0.0, 0.0, 0.0), ml * fluids.MM3_PER_ML)
        ways = np.linalg.norm(after.rest_mm - start.rest_mm, axis=1)
        print(f"{ml:g} ml, target 0, 3, 6, 10 mm from its middle: {ways.round(2)} mm")


def faintness(diameter_mm: float, repeats: int = 4) -> None:
    """Print the observer's SNR of specks in the scout, before and behind fluids."""
    room, case = Room(Setting()), load_case("large-cluster").patient(1)
    conditions = Conditions(True, room.placement["stereotactic"])
    procedure = StereotacticProcedure(case, room.devices, conditions, 1, room.machine, 0.5)
    middle = case.specks.solids.centres_mm[case.specks.target].mean(axis=0)
    down = max(0.0, float(middle[1] - room.unit.window_centre_y_mm))
    position = Position(float(middle[0]), down)
    state, _ = procedure.step(procedure.start(), position)
    centre = positioned_specks(case, position).solids.centres_mm[case.specks.target].mean(axis=0)
    grid = 2.2 * np.stack(np.meshgrid(*2 * [np.arange(-2.0, 3.0)]), axis=-1).reshape(-1, 2)
    specks = round_specks(centre + np.column_stack([grid, np.full(25, 8.0)]), diameter_mm)
    nothing = Tissue.untouched(specks)
    scenes = {"nothing": nothing}
    for ml in (5.0, 10.0):
        scenes[f"{ml:g} ml of anaesthetic"] = fluids.infiltrate(nothing, centre, 1000.0 * ml)
    for who, factor in (("median", 1.0), ("97.5 %", 4.8)):
        device, tissue = DEVICES["vab-11g"], nothing
        pose = NeedlePose.vertical(centre - np.array([0.0, 0.0, 2.0]))
        for k in range(12):
            tissue, _ = take_core(tissue, device, pose, float(k) or 12.0)
            rng = np.random.default_rng(k)
            tissue = fluids.bleed(tissue, device, rng=rng, patient_factor=factor)
        held = replace(tissue, needle=NeedleInPlace(pose, device, np.zeros(3)))
        held = fluids.ooze(held, PAUSE_MIN, patient_factor=factor)
        scenes[f"11G, {who}"] = fluids.settle(withdraw(held))
    series = procedure._positioned(state.seen)["scout"]
    marks = project(series.background.view, specks.solids.centres_mm)
    for name, tissue in scenes.items():
        cavities = cavity_solids(tissue)
        soaked = Soaked(*soaked_solids(tissue, cavities))
        scene = Scene(state.seen.thickness_mm, specks, cavities=cavities, soaked=soaked)
        found = np.full((repeats, len(marks)), np.nan)
        for k in range(repeats):
            image = series.image(scene, rng=np.random.default_rng(100 + k))
            candidates = find_specks(image)
            for i, mark in enumerate(marks):
                near = np.hypot(*(candidates.pixels - mark).T) * image.pitch_mm < 0.3
                found[k, i] = candidates.snr[near].max() if near.any() else np.nan
        seen = float(np.isfinite(found).mean())
        blood = sum(bore.blood_mm3 for bore in tissue.bores) / fluids.MM3_PER_ML
        print(
            f"{diameter_mm} mm, {name} ({blood:.2f} ml of blood): SNR {np.nanmean(found):.1f}, "
            f"{seen:.0%} found"
        )


if __name__ == "__main__":
    haematomas()
    injections()
    for size in (0.3, 0.16):
        faintness(size)
