"""``stereosim project``: where a point of the breast appears in each view."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import (
    InputError,
    add_command,
    finite,
    pick,
    print_json,
    print_table,
)


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "project",
        summary="where a point appears in the scout and in the stereo pair",
        description="Project a point of the patient-support frame (mm; x along the chest wall, y "
        "toward the nipple, z up toward the X-ray source, z = 0 at the support) into each view of "
        "a unit. The left view is the -15 degree one. Pixels are (column, row), centres at whole "
        "numbers; detector mm are x and y in the detector plane. A point whose image falls beside "
        "the field is computed all the same and marked as not inside.",
        example="stereosim project --unit upright-hologic --point 5 30 25",
    )
    parser.add_argument("--unit", required=True, help="name of the unit (see stereosim units)")
    parser.add_argument(
        "--point",
        required=True,
        nargs=3,
        type=finite,
        metavar=("X", "Y", "Z"),
        help="the point, support frame, mm",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Project and print."""
    import numpy as np

    from stereosim.geometry.projection import project
    from stereosim.geometry.units import load_units
    from stereosim.geometry.views import scout, stereo_pair

    unit = pick(load_units(), args.unit, "--unit")
    point = np.array([args.point], dtype=np.float64)
    views = (scout(unit), *stereo_pair(unit))
    lowest_source_mm = min(float(view.source_mm[2]) for view in views)
    if not -unit.detector_offset_mm <= args.point[2] < lowest_source_mm:
        raise InputError(
            f"--point: z = {args.point[2]:g} mm is not between the detector "
            f"({-unit.detector_offset_mm:g} mm) and the X-ray source ({lowest_source_mm:.1f} mm)"
        )
    answers = []
    for view in views:
        pixel = project(view, point)
        answers.append(
            {
                "view": view.name,
                "detector_mm": view.detector_from_pixel(pixel)[0],
                "pixel": pixel[0],
                "inside": bool(view.contains(pixel)[0]),
            }
        )
    if args.json:
        print_json({"unit": unit.name, "point_mm": args.point, "views": answers})
        return 0
    print_table(
        ("view", "u mm", "v mm", "column", "row", "inside the field"),
        [
            (
                answer["view"],
                *(round(float(number), 4) for number in (*answer["detector_mm"], *answer["pixel"])),
                "yes" if answer["inside"] else "no",
            )
            for answer in answers
        ],
    )
    return 0
