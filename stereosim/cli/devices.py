"""``stereosim devices``: the biopsy needles that there are."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import add_command, described, print_json, print_table


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "devices",
        summary="list the biopsy devices: gauge, aperture, throw, mass per core, provenance",
        description="List the biopsy devices of the catalogue: automated guns (NCB) and "
        "vacuum-assisted needles (VANCB). Lengths are in mm, masses in mg. With --json each number "
        "comes with its unit, source and status (see docs/provenance.md).",
        example="stereosim devices\nstereosim devices --json",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the catalogue."""
    from stereosim.biopsy.devices import load_devices

    devices = load_devices()
    if args.json:
        print_json([described(device) for device in devices.values()])
        return 0
    print_table(
        ("name", "kind", "outer mm", "aperture mm", "throw mm", "core mg", "cores", "device"),
        [
            (
                device.name,
                device.kind,
                device.outer_diameter_mm,
                device.aperture_mm,
                device.throw_mm,
                device.core_mass_mg,
                device.usual_cores,
                device.label,
            )
            for device in devices.values()
        ],
    )
    return 0
