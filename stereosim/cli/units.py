"""``stereosim units``: the stereotactic units that there are."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import add_command, described, print_json, print_table


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "units",
        summary="list the stereotactic units: geometry, detector, provenance",
        description="List the stereotactic biopsy units of the catalogue. Lengths are in mm. With "
        "--json each number comes with its unit, source and status (read, common, derived, "
        "measured, assumed; see docs/provenance.md).",
        example="stereosim units\nstereosim units --json",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the catalogue."""
    from stereosim.geometry.units import load_units

    units = load_units()
    if args.json:
        print_json([described(unit) for unit in units.values()])
        return 0
    print_table(
        ("name", "patient", "SID mm", "pivot mm", "angle deg", "detector", "pitch mm", "unit"),
        [
            (
                unit.name,
                unit.patient,
                unit.sid_mm,
                unit.pivot_height_mm,
                unit.stereo_angle_deg,
                unit.detector,
                unit.pitch_mm,
                unit.label,
            )
            for unit in units.values()
        ],
    )
    return 0
