"""Arguments that say how a stereotactic unit is mis-set, shared by the commands that know them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stereosim.cli.common import InputError, finite

if TYPE_CHECKING:
    from stereosim.geometry.misalignment import Misalignment

# Beyond this a unit is not mis-set but broken; the figures of the tests mean nothing.
LARGEST_DEG = 10.0
LARGEST_MM = 50.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to a command."""
    parser.add_argument(
        "--gantry-error-deg",
        type=finite,
        default=0.0,
        metavar="A",
        help="mis-set unit: added to every tube angle (default 0)",
    )
    parser.add_argument(
        "--swing-error-deg",
        type=finite,
        default=0.0,
        metavar="A",
        help="mis-set unit: added to the size of the angle of both views of the pair (default 0)",
    )
    parser.add_argument(
        "--pivot-error-mm",
        nargs=3,
        type=finite,
        default=(0.0, 0.0, 0.0),
        metavar=("X", "Y", "Z"),
        help="mis-set unit: shift of the tube's axis, and the tube with it (default 0 0 0)",
    )
    parser.add_argument(
        "--detector-shift-mm",
        nargs=2,
        type=finite,
        default=(0.0, 0.0),
        metavar=("X", "Y"),
        help="mis-set unit: shift of the detector (default 0 0)",
    )
    parser.add_argument(
        "--calibrated",
        action="store_true",
        help="compute with the geometry estimated from the marks, not with the nominal one",
    )


def misalignment_of(args: argparse.Namespace) -> Misalignment:
    """Return what the arguments say.

    Raises
    ------
    InputError
        Naming the argument that is no error of a working unit.
    """
    limits = (
        ("--gantry-error-deg", [args.gantry_error_deg], LARGEST_DEG, "degrees"),
        ("--swing-error-deg", [args.swing_error_deg], LARGEST_DEG, "degrees"),
        ("--pivot-error-mm", args.pivot_error_mm, LARGEST_MM, "mm"),
        ("--detector-shift-mm", args.detector_shift_mm, LARGEST_MM, "mm"),
    )
    for name, values, limit, unit in limits:
        for value in values:
            if abs(value) > limit:
                raise InputError(f"{name}: {value:g} is beyond {limit:g} {unit}")
    from stereosim.geometry.misalignment import Misalignment

    x, y, z = args.pivot_error_mm
    u, v = args.detector_shift_mm
    return Misalignment(args.gantry_error_deg, args.swing_error_deg, (x, y, z), (u, v))


def words(args: argparse.Namespace) -> list[str]:
    """Return the arguments as a command line gives them, without those that change nothing."""
    said = []
    for name in ("gantry_error_deg", "swing_error_deg", "pivot_error_mm", "detector_shift_mm"):
        value = getattr(args, name)
        numbers = [value] if isinstance(value, float) else list(value)
        if any(numbers):
            said.append(f"--{name.replace('_', '-')} {' '.join(f'{n:g}' for n in numbers)}")
    return [*said, "--calibrated"] if args.calibrated else said
