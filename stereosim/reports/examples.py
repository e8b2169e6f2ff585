"""Pictures of one trial for the report: what each machine made, as its operator saw it."""

from __future__ import annotations

import numpy as np

from stereosim.experiments.trial import TrialRecord
from stereosim.geometry.projection import project
from stereosim.imaging.density import density
from stereosim.imaging.display import presentation
from stereosim.imaging.ultrasound.frame import bmode
from stereosim.procedures.state import Seen
from stereosim.reports.images import ReportImage

_PHASES = {"scout": "Scout", "target": "Targeting pair", "postfire": "Post-fire pair"}
_VIEWS = {"scout": "0°", "left": "left, -15°", "right": "right, +15°"}
_DETAIL_MM = 24.0
_MARKED = {
    "specks": "where the operator saw calcifications",
    "correlate": "where the operator saw a mass, taken for the correlate",
    "": "at the place that the referral names; nothing was seen",
}


def example_images(record: TrialRecord) -> list[ReportImage]:
    """Return the images of the last stereotactic arm, its film, and the ultrasound frame.

    The ultrasound frame is the one through the place that the operator marked, or, where nothing
    was seen, through the place that the referral names.
    """
    seen = {state.seen.guidance: state.seen for state in record.states.values()}
    return [*_stereotactic(seen["stereotactic"]), *_ultrasound(seen["ultrasound"])]


def _detail(seen: Seen) -> list[ReportImage]:
    """Return the surroundings of the first mark in the targeting pair, pixel by pixel."""
    if seen.target is None:
        return []
    images = []
    for image in seen.pair("target"):
        column, row = np.rint(project(image.view, seen.target.target_mm[None])[0]).astype(int)
        half = round(_DETAIL_MM / 2.0 / image.pitch_mm)
        rows = slice(max(row - half, 0), row + half)
        columns = slice(max(column - half, 0), column + half)
        part = density(image)[rows, columns]
        low, high = np.percentile(part, [1.0, 99.95])
        name = image.view.name
        images.append(
            ReportImage.from_array(
                f"detail-{name}",
                np.clip((part - low) / (high - low), 0.0, 1.0),
                f"Detail around the last mark, {_DETAIL_MM:g} mm across, {_VIEWS[name]}",
                f"Enlarged mammographic view around the mark, {_VIEWS[name]}",
                group="Targeting pair, detail",
            )
        )
    return images


def _stereotactic(seen: Seen) -> list[ReportImage]:
    newest = {(shot.phase, shot.view): shot.image for shot in seen.shots}
    images = [
        ReportImage.from_array(
            f"{phase}-{view}",
            presentation(image),
            f"{_PHASES[phase]}, {_VIEWS[view]}",
            f"Mammographic view, {_PHASES[phase].lower()}, {_VIEWS[view]}",
            group=_PHASES[phase],
        )
        for (phase, view), image in newest.items()
        if phase in _PHASES
    ]
    after = next((i for i, image in enumerate(images) if "postfire" in image.name), len(images))
    images[after:after] = _detail(seen)
    if seen.films:
        film = ReportImage.from_array(
            "specimen",
            presentation(seen.films[-1].image),
            "Specimen radiograph",
            f"Radiograph of {seen.cores} cores side by side",
            group="Specimen",
        )
        images.append(film)
    return images


def _ultrasound(seen: Seen) -> list[ReportImage]:
    place = seen.referral.supine_mm if seen.marked_mm is None else seen.marked_mm
    away = [
        (np.hypot(pose.x_mm - place[0], pose.y_mm - place[1]), i, k)
        for i, sweep in enumerate(seen.sweeps)
        for k, pose in enumerate(sweep.poses)
    ]
    if not away:
        return []
    _, i, k = min(away)
    frame = seen.sweeps[i].frame(k)
    where = _MARKED[seen.marked_reason]
    return [
        ReportImage.from_array(
            "b-mode",
            bmode(frame),
            f"B-mode frame {where}",
            f"Ultrasound image of the breast {where}",
            group="Ultrasound",
            pixel_aspect=frame.row_mm / frame.column_mm,
        )
    ]
