"""From a case to the pictures of the viewer; runs in the worker and says how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stereosim.experiments.progress import Cancel, Meter
from stereosim_gui.model import CaseInfo, Picture
from stereosim_gui.worker import Report

if TYPE_CHECKING:
    from stereosim.imaging.ultrasound.frame import Frame
    from stereosim.imaging.xray import XrayImage

# The viewer shows the same images as `stereosim render` with its defaults.
SEED = 1


def library() -> list[CaseInfo]:
    """Return the cases of the library."""
    from stereosim_phantoms.cases import list_cases, load_case

    cases = [load_case(name) for name in list_cases()]
    return [CaseInfo(case.name, case.title, case.teaching) for case in cases]


def pictures(name: str, cancel: Cancel, report: Report) -> Iterator[Picture]:
    """Yield scout, left, right and ultrasound picture of the case `name`.

    Parameters
    ----------
    name : str
        The case.
    cancel : Cancel
        Looked at between the images.
    report : callable
        Receives the progress.
    """
    meter = Meter("loading the simulator", 5, report)
    from stereosim.experiments.first_look import ultrasound_look, xray_looks
    from stereosim.experiments.trial import Room, Setting
    from stereosim.procedures.approach import usual_position
    from stereosim_phantoms.cases import load_case

    meter.advance()
    room = Room(Setting())
    patient = load_case(name).patient(SEED)
    meter.stage = "making the stereotactic images"
    cancel.check()
    position = usual_position(patient.referral, room.unit)
    for image in xray_looks(patient, room, seed=SEED, position=position):
        cancel.check()
        meter.advance()
        yield _xray_picture(image, position.approach)
    meter.stage = "scanning with ultrasound"
    cancel.check()
    look = ultrasound_look(patient, room, seed=SEED)
    meter.advance()
    yield _ultrasound_picture(look.frame, look.reason)


def _xray_picture(image: XrayImage, approach: str) -> Picture:
    from stereosim.imaging.display import presentation

    rows, columns = image.pixels.shape
    pitch, exposure = image.view.pitch_mm, image.exposure
    angle = f"{image.view.angle_deg:+.0f}°" if image.view.angle_deg else "0°"
    caption = (
        f"{image.view.name}  {angle}  {approach}\n"
        f"{exposure.kv:.0f} kV  {exposure.mas:.0f} mAs  {exposure.dose_mgy:.2f} mGy"
    )
    return Picture(
        image.view.name, "xray", presentation(image), columns * pitch, rows * pitch, caption
    )


def _ultrasound_picture(frame: Frame, reason: str) -> Picture:
    from stereosim.imaging.ultrasound.frame import bmode

    rows, columns = frame.envelope.shape
    why = {
        "specks": "at what the search takes for calcifications",
        "correlate": "at the mass nearest to the expected place",
        "nothing seen": "at the expected place: the search sees nothing",
    }.get(reason, reason)
    caption = f"ultrasound  {frame.probe.frequency_mhz:.0f} MHz\n{why}"
    return Picture(
        "ultrasound",
        "ultrasound",
        bmode(frame),
        columns * frame.column_mm,
        rows * frame.row_mm,
        caption,
    )
