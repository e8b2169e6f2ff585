"""``stereosim devices``: the biopsy needles that there are."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import add_command, described, print_json, print_table

COLUMNS = (
    "name",
    "outer mm",
    "aperture mm",
    "opening deg",
    "throw mm",
    "pull-back mm",
    "dead mm",
    "tip",
    "length mm",
    "cores",
    "core mg",
    "simulated mg",
    "SD mg",
    "status",
    "device",
)


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "devices",
        summary="list the biopsy devices: gauge, aperture, throw, mass per core, provenance",
        description="List the biopsy devices of the catalogue: automated guns (ncb) and "
        "vacuum-assisted needles (vab). Opening: the sector that one core is taken from. "
        "Pull-back: how far the point stands short of the target before firing. Dead: from the "
        "aperture's end to the point. Cores: of a usual procedure. Core: the published mean mass "
        "and its status. Simulated: mean and SD of the masses of a usual insertion, all round the "
        "clock in homogeneous tissue (a gun takes one core per insertion: no SD).\n\n"
        "With --json each number comes with its unit, source and status (see docs/provenance.md).",
        example="stereosim devices\nstereosim devices --json",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the catalogue."""
    import numpy as np

    from stereosim.biopsy.devices import load_devices

    devices = load_devices()
    simulated = {
        name: (
            float(np.mean(device.insertion_masses_mg)),
            float(np.std(device.insertion_masses_mg)),
        )
        for name, device in devices.items()
    }
    if args.json:
        answer = []
        for name, device in devices.items():
            entry = described(device)
            mean, spread = simulated[name]
            derived = {
                "pull_back_mm": device.pull_back_mm,
                "reach_mm": device.reach_mm,
                "simulated_mass_mg": mean,
                "simulated_mass_sd_mg": spread,
            }
            answer.append({**entry, **derived, "provenance": entry["provenance"]})
        print_json(answer)
        return 0
    print_table(
        COLUMNS,
        [
            (
                name,
                device.outer_diameter_mm,
                device.aperture_mm,
                device.capture_angle_deg,
                device.throw_mm,
                device.pull_back_mm,
                device.dead_tip_mm,
                device.tip,
                device.length_mm,
                device.usual_cores,
                round(device.core_mass_mg, 1),
                round(simulated[name][0], 1),
                round(simulated[name][1], 1),
                device.provenance["core_mass_mg"].status,
                device.label,
            )
            for name, device in devices.items()
        ],
    )
    return 0
