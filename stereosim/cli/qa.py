"""``stereosim qa``: the tests that a stereotactic unit passes before it is used on a patient."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from stereosim.cli.common import (
    InputError,
    add_command,
    pick,
    print_json,
    print_table,
    whole,
)
from stereosim.cli.mis_set import add_arguments, misalignment_of

if TYPE_CHECKING:
    from stereosim.procedures.quality import Bench, Calibration, Comparison

TESTS = ("calibrate", "zero-alignment", "phantom")


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "qa",
        summary="zero-alignment, gelatin phantom and calibration of a unit, mis-set if you like",
        description="Test a stereotactic unit with simulated X-ray images. calibrate estimates "
        "source and detector of every view from the unit's reference marks (from a calibration "
        "block where it carries none) and prints them beside the truth. zero-alignment drives a "
        "needle to a known place and compares where the stereo pair sees its tip. phantom images "
        "specks at known places in gelatin, finds, pairs and triangulates them. Both pass when "
        "every target is within 1 mm on each axis.\n\n"
        "The unit can be mis-set: its images are then made with the wrong geometry, while its "
        "console goes on believing the right one, unless --calibrated makes it use what the marks "
        "say. A test that fails is a result: the exit status is 0 and the answer says FAIL.",
        example="stereosim qa phantom --unit upright-hologic\n"
        "stereosim qa phantom --unit upright-hologic --gantry-error-deg 1 --calibrated\n"
        "stereosim qa zero-alignment --unit prone-spot --detector-shift-mm 1 0.5\n"
        "stereosim qa calibrate --unit upright-ge --pivot-error-mm 2 0 -1",
    )
    parser.add_argument("test", metavar="TEST", choices=TESTS, help=", ".join(TESTS))
    parser.add_argument("--unit", required=True, help="name of the unit (see stereosim units)")
    add_arguments(parser)
    parser.add_argument(
        "--seed", type=whole, default=1, metavar="S", help="seed of the noise (default 1)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run one test and print what it found."""
    _check(args)
    off = misalignment_of(args)
    from stereosim.geometry.units import load_units
    from stereosim.imaging.xray import XrayMachine
    from stereosim.procedures.quality import Bench

    unit = pick(load_units(), args.unit, "--unit")
    bench = Bench(XrayMachine(unit), off, args.seed)
    answer = {
        "unit": unit.name,
        "test": args.test,
        "misalignment": {
            "gantry_deg": off.gantry_deg,
            "swing_deg": off.stereo_deg,
            "pivot_mm": off.pivot_mm,
            "detector_mm": off.detector_mm,
        },
        "seed": args.seed,
    }
    if args.test == "calibrate":
        return _calibrate(bench, answer, as_json=args.json)
    return _compare(bench, answer, calibrated=args.calibrated, as_json=args.json)


def _check(args: argparse.Namespace) -> None:
    """Refuse what is no test of a unit."""
    if args.test == "calibrate" and args.calibrated:
        raise InputError("--calibrated: applies to zero-alignment and phantom only")


def _calibrate(bench: Bench, answer: dict[str, Any], *, as_json: bool) -> int:
    try:
        found = bench.calibrate()
    except ValueError as error:
        return _failed(answer, str(error), as_json=as_json)
    if as_json:
        views = {name: _view_answer(found, name) for name in found.views}
        print_json({**answer, "passed": True, "marks": found.source, "views": views})
        return 0
    rows = []
    for name, view in found.views.items():
        true, nominal = found.true[name], found.nominal[name]
        columns = zip(
            ("source x", "source y", "source z", "detector x", "detector y"),
            [*nominal.source_mm, 0.0, 0.0],
            [*view.view.source_mm, *(view.view.origin_mm - nominal.origin_mm)[:2]],
            view.sd_mm,
            [*true.source_mm, *(true.origin_mm - nominal.origin_mm)[:2]],
            strict=True,
        )
        rows += [(name, what, *(round(float(x), 3) for x in numbers)) for what, *numbers in columns]
    print_table(("view", "mm", "nominal", "estimated", "sd", "true"), rows)
    where = "the unit's marks" if found.source == "marks" else "the calibration block"
    print(f"from {where}; the detector's are shifts from its nominal place")
    return 0


def _view_answer(found: Calibration, name: str) -> dict[str, Any]:
    import numpy as np

    view, true, nominal = found.views[name], found.true[name], found.nominal[name]
    return {
        "source_mm": view.view.source_mm,
        "detector_mm": (view.view.origin_mm - nominal.origin_mm)[:2],
        "sd_mm": view.sd_mm,
        "true_source_mm": true.source_mm,
        "true_detector_mm": (true.origin_mm - nominal.origin_mm)[:2],
        "nominal_source_mm": nominal.source_mm,
        "marks_found": int(np.isfinite(view.residuals_px[:, 0]).sum()),
        "rms_px": float(np.sqrt(np.nanmean(view.residuals_px**2))),
        "p_value": view.p_value,
    }


def _compare(bench: Bench, answer: dict[str, Any], *, calibrated: bool, as_json: bool) -> int:
    from stereosim.procedures.quality import phantom_test, zero_alignment

    answer["calibrated"] = calibrated
    test = phantom_test if answer["test"] == "phantom" else zero_alignment
    try:
        found = test(bench, calibrated=calibrated)
    except ValueError as error:
        return _failed(answer, str(error), as_json=as_json)
    if as_json:
        print_json({**answer, **_comparison_answer(found)})
        return 0
    rows = []
    numbered = zip(found.true_mm, found.errors_mm, found.sd_mm, found.within, strict=True)
    for k, (true, off, sd, within) in enumerate(numbered, 1):
        seen = bool((off == off).all())  # NaN is not
        numbers = [f"{x:+.3f}" for x in off] + [f"{sd[2]:.3f}"] if seen else ["-"] * 4
        verdict = ("yes" if within else "no") if seen else "not found"
        rows.append((k, *(float(x) for x in true), *numbers, verdict))
    header = ("target", "x mm", "y mm", "z mm", "dx", "dy", "dz", "sd of z", "within")
    print_table(header, rows)
    good, all_of = int(found.within.sum()), len(found.within)
    print(
        f"{'PASS' if found.passed else 'FAIL'}: {good} of {all_of} within "
        f"{found.tolerance_mm:g} mm on every axis"
    )
    return 0


def _comparison_answer(found: Comparison) -> dict[str, Any]:
    """Return the numbers of a comparison; null where a target was not found."""
    import numpy as np

    def null(rows: Any) -> list[list[float] | None]:
        return [row.tolist() if np.isfinite(row).all() else None for row in rows]

    seen = np.isfinite(found.errors_mm).all(axis=1)
    largest = np.abs(found.errors_mm[seen]).max(axis=0) if seen.any() else None
    return {
        "passed": found.passed,
        "tolerance_mm": found.tolerance_mm,
        "true_mm": found.true_mm,
        "found_mm": null(found.found_mm),
        "errors_mm": null(found.errors_mm),
        "sd_mm": null(found.sd_mm),
        "within": found.within,
        "largest_error_mm": largest,
    }


def _failed(answer: dict[str, Any], reason: str, *, as_json: bool) -> int:
    if as_json:
        print_json({**answer, "passed": False, "reason": reason})
    else:
        print(f"FAIL: {reason}")
    return 0
