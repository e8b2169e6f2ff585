"""Arguments that say how the ultrasound probe is held and its machine is set."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from stereosim.cli.common import InputError, finite
from stereosim.imaging.knobs import DYNAMIC_RANGE_DB, WHITE_DB

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.procedures.intents import Look

_MACHINE = ("probe", "depth", "focus", "gain", "dynamic_range")
_HAND = ("angle", "tilt", "pressure")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to a command."""
    group = parser.add_argument_group("ultrasound")
    group.add_argument(
        "--at",
        nargs=2,
        type=finite,
        metavar=("X", "Y"),
        help="place of the probe on the skin, supine frame, mm from the nipple",
    )
    group.add_argument(
        "--angle", type=finite, metavar="A", help="turn of the image plane, degrees (with --at)"
    )
    group.add_argument(
        "--tilt", type=finite, metavar="A", help="lean of the image plane, degrees (with --at)"
    )
    group.add_argument(
        "--pressure",
        type=finite,
        metavar="P",
        help="by how many percent the probe flattens the tissue under it (with --at)",
    )
    group.add_argument("--depth", type=finite, metavar="MM", help="depth shown (with --at)")
    group.add_argument("--focus", type=finite, metavar="MM", help="transmit focus (with --at)")
    group.add_argument("--probe", metavar="PROBE", help="which array (see stereosim probes)")
    group.add_argument("--gain", type=finite, metavar="DB", help="of the display (default 0)")
    group.add_argument(
        "--dynamic-range",
        type=finite,
        metavar="DB",
        help=f"of the display (default {DYNAMIC_RANGE_DB:g})",
    )


def check(args: argparse.Namespace) -> None:
    """Refuse arguments that do not go with the view asked for or with each other.

    Raises
    ------
    InputError
        Naming the argument.
    """
    given = [name for name in ("at", *_HAND, *_MACHINE) if getattr(args, name) is not None]
    if args.view != "ultrasound" and given:
        raise InputError(f"{_option(given[0])}: applies to --view ultrasound only")
    for name in (*_HAND, "depth", "focus"):
        if getattr(args, name) is not None and args.at is None:
            raise InputError(f"{_option(name)}: say with --at where the probe is held")
    for name in ("gain", "dynamic_range"):
        if getattr(args, name) is not None and args.out.suffix.lower() != ".png":
            raise InputError(f"{_option(name)}: applies to .png only; others hold the echoes")
    if args.dynamic_range is not None and args.dynamic_range <= 0.0:
        raise InputError(f"--dynamic-range: {args.dynamic_range:g} is not above 0")


def look_of(args: argparse.Namespace) -> Look | None:
    """Return how the probe is held; None where the simulated operator holds it.

    Raises
    ------
    InputError
        Naming the argument that no hand or machine can do.
    """
    if args.at is None:
        return None
    from stereosim.geometry.probe import LARGEST_STRAIN, STEEPEST_DEG
    from stereosim.imaging.ultrasound.live import DEEPEST_MM
    from stereosim.procedures.intents import Look
    from stereosim.procedures.ultrasound import SHALLOWEST_MM

    limits = (
        ("tilt", -STEEPEST_DEG, STEEPEST_DEG),
        ("pressure", 0.0, 100.0 * LARGEST_STRAIN),
        ("depth", SHALLOWEST_MM, DEEPEST_MM),
        ("focus", 1.0, DEEPEST_MM),
    )
    for name, low, high in limits:
        value = getattr(args, name)
        if value is not None and not low <= value <= high:
            raise InputError(f"{_option(name)}: {value:g} is not within {low:g} and {high:g}")
    x_mm, y_mm = args.at
    look = Look(x_mm, y_mm, args.angle or 0.0)
    look = replace(look, tilt_deg=args.tilt or 0.0, strain=0.01 * (args.pressure or 0.0))
    if args.depth is not None:
        look = replace(look, depth_mm=args.depth)
    return look if args.focus is None else replace(look, focus_mm=args.focus)


def shown(args: argparse.Namespace, frame: Frame) -> NDArray[np.float32]:
    """Return `frame` as the display shows it, 0 to 1, on square pixels."""
    from stereosim.imaging.ultrasound.frame import bmode

    wide = DYNAMIC_RANGE_DB if args.dynamic_range is None else args.dynamic_range
    grey = bmode(frame, dynamic_range_db=wide, white_db=WHITE_DB - (args.gain or 0.0))
    return _square(grey, frame.row_mm, frame.column_mm)


def _square(shown: NDArray[np.float32], row_mm: float, column_mm: float) -> NDArray[np.float32]:
    """Resample along the rows of the image, so that pixels are `row_mm` wide as well as high."""
    import numpy as np

    columns = shown.shape[1]
    wanted = np.arange(round(columns * column_mm / row_mm))
    at = (wanted + 0.5) * row_mm / column_mm - 0.5  # both grids cover the same width
    left = np.clip(np.floor(at).astype(np.int64), 0, columns - 2)
    share = np.clip(at - left, 0.0, 1.0).astype(np.float32)
    return (1.0 - share) * shown[:, left] + share * shown[:, left + 1]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
