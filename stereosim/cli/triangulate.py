"""``stereosim triangulate``: the target from its marks on the stereo pair, and on the scout."""

from __future__ import annotations

import argparse
from typing import Any

from stereosim.cli.common import InputError, add_command, finite, pick, positive, print_json


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "triangulate",
        summary="the target x, y, z from its marks on the stereo pair and the scout",
        description="Compute a target in the patient-support frame (mm) from its marks on the two "
        "views of a unit, with standard deviations for the stated precision of a mark, and the y "
        "mismatch: how far the two marks disagree along y, the alarm for marks on two different "
        "calcifications or a patient who moved. A mark on the scout as well makes x and y better "
        "by a fifth, z no better, and the alarm far sharper: a wrong partner must then also lie "
        "midway between the other two marks. The alarm sounds for the stated share of marks that "
        "do belong together.",
        example="stereosim triangulate --unit upright-hologic --left 1255 594 --right 841 594\n"
        "stereosim triangulate --unit upright-hologic --left 1255 594 --right 841 594 "
        "--scout 1048 595",
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
        "--scout",
        nargs=2,
        type=finite,
        metavar=("COL", "ROW"),
        help="mark on the scout (0 degree) view, pixels; without it two views serve",
    )
    parser.add_argument(
        "--sigma-px",
        type=positive,
        default=1.0,
        metavar="S",
        help="standard deviation of a mark along each axis, pixels (default 1)",
    )
    parser.add_argument(
        "--false-alarm-rate",
        type=positive,
        metavar="P",
        help="share of rightly paired marks that raise the alarm (default 0.01)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Triangulate and print."""
    from stereosim.geometry.alarm import load_alarm, pairing_alarm
    from stereosim.geometry.triangulation import triangulate, triangulate_pair
    from stereosim.geometry.units import load_units
    from stereosim.geometry.views import scout, stereo_pair

    unit = pick(load_units(), args.unit, "--unit")
    rate = load_alarm().false_alarm_rate if args.false_alarm_rate is None else args.false_alarm_rate
    if not rate < 1.0:
        raise InputError(f"--false-alarm-rate: {rate:g} must be below 1")
    marked = list(zip(stereo_pair(unit), (args.left, args.right), strict=True))
    if args.scout is not None:
        marked.append((scout(unit), args.scout))
    for view, mark in marked:
        _check_inside(view.name, view.shape, mark)
    views, marks = zip(*marked, strict=True)
    try:
        # Two views have a closed form.
        if len(views) == 2:
            found = triangulate_pair(*views, *marks, sigma_px=args.sigma_px)
        else:
            found = triangulate(views, marks, sigma_px=args.sigma_px)
    except ValueError as error:
        raise InputError(f"{', '.join('--' + v.name for v in views)}: {error}") from error
    alarm = pairing_alarm(found, false_alarm_rate=rate)
    warnings = _warnings(found.target_mm[2], alarm, len(views))
    if args.json:
        print_json(
            {
                "unit": unit.name,
                "views": [view.name for view in views],
                "target_mm": found.target_mm,
                "sd_mm": found.sd_mm,
                "y_mismatch_mm": found.y_mismatch_mm,
                "covariance_mm2": found.covariance_mm2,
                "residuals_px": found.residuals_px,
                "chi2": found.chi2,
                "dof": found.dof,
                "p_value": found.p_value,
                "false_alarm_rate": rate,
                "pairing_ok": not alarm,
                "sigma_px": args.sigma_px,
                "warnings": warnings,
            }
        )
        return 0
    for axis, value, sd in zip("xyz", found.target_mm, found.sd_mm, strict=True):
        print(f"{axis}  {value:9.3f} mm   (standard deviation {sd:.3f} mm)")
    print(f"y mismatch {found.y_mismatch_mm:+.3f} mm, p = {found.p_value:.2g} that marks of one")
    print(f"point, each placed within {args.sigma_px:g} px, would disagree as much")
    print(f"pairing {'in doubt' if alarm else 'ok'} (one false alarm in {1.0 / rate:.3g})")
    for warning in warnings:
        print(f"warning: {warning}")
    return 0


def _warnings(z_mm: float, alarm: bool, views: int) -> list[str]:
    warnings = []
    if z_mm < 0.0:
        warnings.append("the target lies below the support: are left and right exchanged?")
    if alarm:
        where = "along y" if views == 2 else "between the views"
        warnings.append(f"the marks disagree {where}: two different specks, or motion?")
    return warnings


def _check_inside(name: str, shape: tuple[int, int], mark: list[float]) -> None:
    rows, columns = shape
    for what, value, count in (("column", mark[0], columns), ("row", mark[1], rows)):
        if not -0.5 <= value <= count - 0.5:
            raise InputError(f"--{name}: {what} {value:g} is outside the image (0 to {count - 1})")
