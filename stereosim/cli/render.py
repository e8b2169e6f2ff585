"""``stereosim render``: one image of a case."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stereosim.cli import sonogram
from stereosim.cli.common import (
    InputError,
    add_command,
    finite,
    pick,
    print_json,
    suggestion,
    whole,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stereosim.experiments.trial import Room
    from stereosim_phantoms.patient import VirtualPatient

XRAY_VIEWS = ("scout", "left", "right")
FORMATS = (".npy", ".png", ".dcm")


def add_parser(subparsers: Any) -> None:
    """Describe the command."""
    parser = add_command(
        subparsers,
        "render",
        summary="one image of a case: scout, left, right or ultrasound",
        description="Make one image of a case and write it to a file. X-ray: the breast is "
        "positioned as the referral suggests (or by --shift) and exposed. Ultrasound: the frame at "
        "which the simulated operator stops, or any plane of the breast: --at, --angle, --tilt.\n\n"
        "The ending of the file chooses the format: .npy holds the numbers of the machine, "
        "float32, rows by columns (X-ray: the linear detector signal; ultrasound: the linear "
        "envelope); .png the displayed grey values, on square pixels; .dcm a DICOM file.",
        example="stereosim render case-1 --view left --out left.png\n"
        "stereosim render case-1 --view ultrasound --out bmode.npy --seed 3\n"
        "stereosim render cyst-beside --view ultrasound --at 20 -10 --tilt 15 --pressure 10 "
        "--out plane.png",
    )
    parser.add_argument("case", metavar="CASE", help="name of a case (see stereosim cases)")
    parser.add_argument(
        "--view",
        required=True,
        choices=(*XRAY_VIEWS, "ultrasound"),
        help="which image; left is the -15 degree view",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="file to write: .npy, .png or .dcm"
    )
    parser.add_argument(
        "--seed", type=whole, default=1, metavar="S", help="seed of patient and noise (default 1)"
    )
    parser.add_argument(
        "--unit", default="upright-hologic", help="stereotactic unit (default upright-hologic)"
    )
    parser.add_argument("--noise-free", action="store_true", help="X-ray without noise")
    parser.add_argument(
        "--shift",
        nargs=2,
        type=finite,
        metavar=("X", "Y"),
        help="how the breast is shifted, mm, from where it lies for its approach; Y at least 0",
    )
    sonogram.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the image, write it and say what it is."""
    _check(args)
    from stereosim.experiments.trial import Room, Setting
    from stereosim.geometry.units import load_units
    from stereosim.imaging.ultrasound.probes import load_probes
    from stereosim_phantoms.cases import list_cases, load_case

    if args.case not in list_cases():
        raise InputError(f"CASE: {args.case!r} is unknown; {suggestion(args.case, list_cases())}")
    pick(load_units(), args.unit, "--unit")
    patient = load_case(args.case).patient(args.seed)
    probe = Setting().probe if args.probe is None else args.probe
    pick(load_probes(), probe, "--probe")
    room = Room(Setting(unit=args.unit, probe=probe))
    make = _ultrasound if args.view == "ultrasound" else _xray
    answer = {
        "case": args.case,
        "view": args.view,
        "seed": args.seed,
        "out": args.out,
        **make(args, patient, room),
    }
    if args.json:
        print_json(answer)
    else:
        print(f"{args.out}: {args.view} of {args.case}")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse what can be refused before anything is computed."""
    if args.out.suffix.lower() not in FORMATS:
        raise InputError(f"--out: {args.out.name!r} must end in {', '.join(FORMATS)}")
    if not args.out.absolute().parent.is_dir():
        raise InputError(f"--out: the folder {args.out.parent} does not exist")
    if args.out.is_dir():
        raise InputError(f"--out: {args.out} is a folder")
    if args.view == "ultrasound" and (args.shift is not None or args.noise_free):
        raise InputError("--shift, --noise-free: apply to X-ray views only")
    sonogram.check(args)
    if args.shift is not None and args.shift[1] < 0:
        raise InputError("--shift: Y is below 0; the chest wall ends at the support's edge")


def _xray(args: argparse.Namespace, patient: VirtualPatient, room: Room) -> dict[str, Any]:
    from dataclasses import replace

    from stereosim.experiments.first_look import xray_looks
    from stereosim.imaging.display import presentation
    from stereosim.procedures.approach import usual_position

    position = usual_position(patient.referral, room.unit)
    if args.shift is not None:
        position = replace(position, shift_x_mm=args.shift[0], shift_y_mm=args.shift[1])
    looks = xray_looks(patient, room, seed=args.seed, noise=not args.noise_free, position=position)
    image = next(look for look in looks if look.view.name == args.view)
    if args.out.suffix.lower() == ".dcm":
        from stereosim.storage.dicom import write_xray

        write_xray(
            image,
            args.out,
            laterality=_side(patient),
            patient_label=args.case[:40],
            from_below=position.approach == "caudocranial",
        )
    else:
        _write(args.out, image.pixels, lambda: presentation(image))
    exposure = image.exposure
    return {
        "unit": room.unit.name,
        "angle_deg": image.view.angle_deg,
        "shape": image.pixels.shape,
        "pitch_mm": room.unit.pitch_mm,
        "approach": position.approach,
        "shift_mm": (position.shift_x_mm, position.shift_y_mm),
        "thickness_mm": patient.breast.thickness_mm,
        "kv": exposure.kv,
        "mas": exposure.mas,
        "dose_mgy": exposure.dose_mgy,
    }


def _ultrasound(args: argparse.Namespace, patient: VirtualPatient, room: Room) -> dict[str, Any]:
    from stereosim.experiments.first_look import ultrasound_look

    look = ultrasound_look(patient, room, seed=args.seed, look=sonogram.look_of(args))
    frame = look.frame
    if args.out.suffix.lower() == ".dcm":
        from stereosim.storage.dicom_ultrasound import write_ultrasound

        write_ultrasound(frame, args.out, laterality=_side(patient), patient_label=args.case[:40])
    else:
        _write(args.out, frame.envelope, lambda: sonogram.shown(args, frame))
    return {
        "probe": room.probe.name,
        "shape": frame.envelope.shape,
        "row_mm": frame.row_mm,
        "column_mm": frame.column_mm,
        "probe_mm": (frame.pose.x_mm, frame.pose.y_mm),
        "angle_deg": frame.pose.angle_deg,
        "tilt_deg": frame.pose.tilt_deg,
        "strain": frame.pose.strain,
        "placed_by": look.reason,
    }


def _side(patient: VirtualPatient) -> str:
    return patient.breast.side[0].upper()


def _write(
    out: Path, numbers: NDArray[np.float32], shown: Callable[[], NDArray[np.float32]]
) -> None:
    """Write the machine's numbers or the displayed grey values, as the ending asks."""
    import numpy as np

    try:
        if out.suffix.lower() == ".npy":
            with out.open("wb") as stream:
                np.save(stream, numbers)
            return
        from PIL import Image

        grey = np.rint(np.clip(shown(), 0.0, 1.0) * 255.0).astype(np.uint8)
        Image.fromarray(grey).save(out)
    except OSError as error:
        raise InputError(f"--out: {out} cannot be written: {error.strerror}") from error
