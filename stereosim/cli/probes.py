"""``stereosim probes``: the ultrasound arrays that there are."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import add_command, described, print_json, print_table


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "probes",
        summary="list the ultrasound probes: frequency, elements, focus, provenance",
        description="List the linear arrays of the catalogue. Lengths are in mm. With --json each "
        "number comes with its unit, source and status (see docs/provenance.md).",
        example="stereosim probes\nstereosim probes --json",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the catalogue."""
    from stereosim.imaging.ultrasound.probes import load_probes

    probes = load_probes()
    if args.json:
        print_json([described(probe) for probe in probes.values()])
        return 0
    print_table(
        ("name", "MHz", "bandwidth", "elements", "pitch mm", "width mm", "lens focus mm", "probe"),
        [
            (
                probe.name,
                probe.frequency_mhz,
                probe.bandwidth,
                probe.elements,
                probe.pitch_mm,
                round(probe.width_mm, 1),
                probe.elevation_focus_mm,
                probe.label,
            )
            for probe in probes.values()
        ],
    )
    return 0
