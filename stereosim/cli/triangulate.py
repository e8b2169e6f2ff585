"""``stereosim triangulate``: the target from its marks on the stereo pair."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import InputError, add_command, finite, pick, positive, print_json

# One false alarm in a hundred pairs that belong together.
WRONG_PAIRING_P = 0.01


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "triangulate",
        summary="the target x, y, z from its marks on the stereo pair",
        description="Compute a target in the patient-support frame (mm) from its marks on the two "
        "views of a unit, with standard deviations for the stated precision of a mark, and the y "
        "mismatch: how far the two marks disagree along y, the alarm for marks on two different "
        "calcifications or a patient who moved.",
        example="stereosim triangulate --unit upright-hologic --left 1255 594 --right 841 594",
    )
    parser.add_argument("--unit", required=True, help="name of the unit (see stereosim units)")
    for side, angle in (("left", "-15"), ("right", "+15")):
        parser.add_argument(
            f"--{side}",
            required=True,
            nargs=2,
            type=finite,
            metavar=("COL", "ROW"),
            help=f"mark on the {side} ({angle} degree) view, pixels",
        )
    parser.add_argument(
        "--sigma-px",
        type=positive,
        default=1.0,
        metavar="S",
        help="standard deviation of a mark along each axis, pixels (default 1)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Triangulate and print."""
    from stereosim.geometry.triangulation import triangulate_pair
    from stereosim.geometry.units import load_units
    from stereosim.geometry.views import stereo_pair

    unit = pick(load_units(), args.unit, "--unit")
    left, right = stereo_pair(unit)
    for view, mark in ((left, args.left), (right, args.right)):
        _check_inside(view.name, view.shape, mark)
    try:
        found = triangulate_pair(left, right, args.left, args.right, sigma_px=args.sigma_px)
    except ValueError as error:
        raise InputError(f"--left, --right: {error}") from error
    warnings = _warnings(found.target_mm[2], found.p_value)
    if args.json:
        print_json(
            {
                "unit": unit.name,
                "target_mm": found.target_mm,
                "sd_mm": found.sd_mm,
                "y_mismatch_mm": found.y_mismatch_mm,
                "covariance_mm2": found.covariance_mm2,
                "chi2": found.chi2,
                "p_value": found.p_value,
                "sigma_px": args.sigma_px,
                "warnings": warnings,
            }
        )
        return 0
    for axis, value, sd in zip("xyz", found.target_mm, found.sd_mm, strict=True):
        print(f"{axis}  {value:9.3f} mm   (standard deviation {sd:.3f} mm)")
    print(f"y mismatch {found.y_mismatch_mm:+.3f} mm, p = {found.p_value:.2g} that marks of one")
    print(f"point, each placed within {args.sigma_px:g} px, would disagree as much")
    for warning in warnings:
        print(f"warning: {warning}")
    return 0


def _warnings(z_mm: float, p_value: float) -> list[str]:
    warnings = []
    if z_mm < 0.0:
        warnings.append("the target lies below the support: are left and right exchanged?")
    if p_value < WRONG_PAIRING_P:
        warnings.append("the marks disagree along y: two different specks, or motion?")
    return warnings


def _check_inside(name: str, shape: tuple[int, int], mark: list[float]) -> None:
    rows, columns = shape
    for what, value, count in (("column", mark[0], columns), ("row", mark[1], rows)):
        if not -0.5 <= value <= count - 0.5:
            raise InputError(f"--{name}: {what} {value:g} is outside the image (0 to {count - 1})")
