"""What the model observer reads off the newest X-ray images, as a teacher would point it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stereosim.biopsy.pose import NeedlePose
from stereosim.geometry.projection import magnification, project
from stereosim.geometry.triangulation import triangulate_many
from stereosim.geometry.views import stereo_pair
from stereosim.procedures.approach import unit_of
from stereosim.procedures.observations import Level, Observation
from stereosim.procedures.operators.aiming import correction
from stereosim.procedures.operators.reading import Reader
from stereosim.procedures.operators.sampling import cores_with_calcification
from stereosim.procedures.operators.skill import Skill, load_search, load_skills
from stereosim.procedures.published import load_hints, load_training

if TYPE_CHECKING:
    from stereosim.geometry.units import Unit
    from stereosim.procedures.matching import Matches
    from stereosim.procedures.state import Seen

Array = NDArray[np.float64]
Values = dict[str, float | str]

# Fewer specks than this do not tell the patient's motion from wrong pairs.
_FEWEST = 3


def stereotactic_notes(seen: Seen, unit: Unit, skill: Skill) -> Iterator[Observation]:
    """Yield what the newest X-ray images show."""
    reader = Reader(unit, load_search(), skill)
    shots = seen.shots[seen.first_shot :]
    phase = shots[-1].phase if shots else ""
    if phase == "scout":
        yield from _scout(seen, reader)
    elif phase == "target":
        yield from _pair(seen, reader)
    elif phase == "prefire":
        yield from _prefire(seen, reader)
    elif phase == "postfire":
        yield from _postfire(seen, reader)
    yield from specimen_notes(seen, reader)


def off_centre(
    off_mm: tuple[float, float], shift_mm: tuple[float, float], limit_mm: float, level: Level
) -> Observation:
    """Return that the lesion lies `off_mm` from the window's middle, and the new position."""
    values: Values = {
        "dx_mm": off_mm[0],
        "dy_mm": off_mm[1],
        "limit_mm": limit_mm,
        "shift_x_mm": shift_mm[0],
        "shift_y_mm": shift_mm[1],
    }
    return Observation("off-centre-scout", values, level, ("reposition",))


def expected_mm(seen: Seen) -> Array:
    """Return where the referral puts the lesion, x and y of the support frame."""
    side = 1.0 if seen.approach == "craniocaudal" else -1.0
    place = np.array([side * seen.referral.x_mm, seen.referral.y_mm])
    return np.asarray(place - seen.shift_mm)


def _scout(seen: Seen, reader: Reader) -> Iterator[Observation]:
    group = reader.scout_group(seen, expected_mm(seen))
    if group is None:
        yield Observation("lesion-not-seen", {"where": "scout"}, remedies=("reposition",))
        return
    off = group - [0.0, reader.unit.window_centre_y_mm]
    shift = seen.shift_mm[0] + float(off[0]), max(0.0, seen.shift_mm[1] + float(off[1]))
    gain = float(np.hypot(shift[0] - seen.shift_mm[0], shift[1] - seen.shift_mm[1]))
    if gain > reader.skill.recentre_mm:
        away = float(off[0]), float(off[1])
        yield off_centre(away, shift, reader.skill.recentre_mm, "warning")


def _matches(seen: Seen, reader: Reader, phase: str) -> Matches | None:
    if seen.marked_mm is not None:
        return reader.match_near(seen, phase, seen.marked_mm)
    return reader.match(seen, phase, expected_mm(seen), (0.0, seen.thickness_mm))


def _depth(seen: Seen, reader: Reader) -> Iterator[Observation]:
    """Yield that the marks lie above or below the group: the sign of a wrong partner on its row."""
    if seen.marked_mm is None:
        return
    matches = reader.match(seen, "target", seen.marked_mm[:2], (0.0, seen.thickness_mm))
    if matches is None or len(matches) < _FEWEST:
        return
    heights, limit = matches.points_mm[:, 2], reader.skill.retarget_mm
    # The speck that the left or the right mark is on, as the reader pairs it; else the whole group.
    own = np.zeros(len(matches), bool)
    for image, pixels in zip(seen.pair("target"), (matches.left_px, matches.right_px), strict=True):
        away = np.linalg.norm(pixels - project(image.view, seen.marked_mm[None]), axis=1)
        own |= away * image.pitch_mm <= load_hints().empty_mark_mm
    marked, others = float(seen.marked_mm[2]), heights[own] if own.any() else heights
    if not others.min() - limit <= marked <= others.max() + limit:
        values: Values = {
            "z_mm": marked,
            "group_z_mm": float(np.median(others)),
            "dz_mm": marked - float(np.median(others)),
            "limit_mm": limit,
        }
        yield Observation("depth-off-group", values, remedies=("mark-same-speck",))


def _pair(seen: Seen, reader: Reader) -> Iterator[Observation]:
    yield from _depth(seen, reader)
    # A patient who moved between the two exposures shows only to who allows for it: the novice.
    loose = load_skills()["novice"].y_tolerance_mm
    patient = replace(reader, skill=replace(reader.skill, y_tolerance_mm=loose))
    matches = _matches(seen, patient, "target")
    if matches is None:
        yield Observation("lesion-not-seen", {"where": "pair"}, remedies=("repeat-pair",))
        return
    if len(matches) < _FEWEST:
        return
    left, right = seen.pair("target")
    found = triangulate_many(left.view, right.view, matches.left_px, matches.right_px)
    group = float(np.median(found.y_mismatch_mm))
    if abs(group) > reader.skill.y_tolerance_mm:
        values: Values = {"group_y_mm": group, "limit_mm": reader.skill.y_tolerance_mm}
        if seen.target is not None:
            values["marks_y_mm"] = seen.target.y_mismatch_mm
        yield Observation("motion", values, remedies=("repeat-pair",))


def _not_seen(seen: Seen, reader: Reader, where: str, remedies: tuple[str, ...]) -> Observation:
    """Return that the group is not seen; and where the pair that was marked had it, if far off.

    A needle that is off along x lies over the group in one of the views and hides it.
    """
    assert seen.marked_mm is not None and seen.commanded is not None
    before = reader.match_near(seen, "target", seen.marked_mm)
    if before is not None:
        away = before.centroid_mm - seen.commanded.centre_mm
        lateral = _across(seen.commanded, away)
        if lateral > reader.skill.retarget_mm:
            values: Values = {"where": where, "dx_mm": float(away[0]), "dy_mm": float(away[1])}
            values |= {"lateral_mm": lateral, "limit_mm": reader.skill.retarget_mm}
            return Observation("lesion-not-seen", values, "warning", ("retarget",))
    return Observation("lesion-not-seen", {"where": where}, "note", remedies)


def _prefire(seen: Seen, reader: Reader) -> Iterator[Observation]:
    if seen.device is None or seen.commanded is None or seen.marked_mm is None:
        return
    planned = seen.commanded.prefire(seen.device).tip_mm(seen.device)
    # Of a shallow target the point has not entered the breast yet: there is nothing to read.
    outside = _outside_mm(seen, planned)
    tip = None if outside > 0.0 else reader.tip(seen, "prefire")
    matches = reader.match_near(seen, "prefire", seen.marked_mm)
    if tip is None:
        if matches is None:
            yield _not_seen(seen, reader, "prefire", ("repeat-pair",))
        yield Observation("prefire-tip-not-seen", {"outside_mm": max(outside, 0.0)}, "note")
        return
    off = tip.target_mm - planned
    values: Values = {
        "dx_mm": float(off[0]),
        "dy_mm": float(off[1]),
        "dz_mm": float(off[2]),
        "throw_mm": seen.device.throw_mm,
        "limit_mm": load_training().tolerance_mm,
    }
    beside = _across(seen.commanded, off)
    level: Level = "good" if beside <= load_training().tolerance_mm else "note"
    remedies: tuple[str, ...] = ()
    before = reader.match_near(seen, "target", seen.marked_mm)
    # A group that cannot be made out with the needle in lies where it lay before.
    if matches is not None:
        middle: Array | None = reader.lesion(seen, matches)
    else:
        middle = None if before is None else before.centroid_mm
    if middle is not None:
        lesion = middle - tip.target_mm
        values |= {"lesion_dx_mm": float(lesion[0]), "lesion_dy_mm": float(lesion[1])}
        if _across(seen.commanded, lesion) > reader.skill.retarget_mm:
            level, remedies = "warning", ("retarget",)
    yield Observation("prefire-tip", values, level, remedies)
    if matches is None:
        yield _not_seen(seen, reader, "prefire", ("repeat-pair",))
        return
    moved = reader.moved(before, matches, _FEWEST)
    # Along the needle the tissue is carried by it; across, the patient has moved.
    far_off = 0.0 if moved is None else _across(seen.commanded, moved)
    if moved is not None and far_off > reader.skill.y_tolerance_mm:
        values = {"dx_mm": float(moved[0]), "dy_mm": float(moved[1])}
        values["limit_mm"] = reader.skill.y_tolerance_mm
        far = far_off > reader.skill.retarget_mm
        yield Observation("motion", values, "warning" if far else "note", ("retarget",))


def _postfire(seen: Seen, reader: Reader) -> Iterator[Observation]:
    if seen.device is None or seen.commanded is None or seen.marked_mm is None:
        return
    reading = reader.postfire(seen, seen.device)
    if reading is None:
        # A group that lay beside the needle's way cannot have come under it: it lies where it lay.
        before = reader.match_near(seen, "target", seen.marked_mm)
        centre = seen.commanded.centre_mm
        if before is not None:
            away = before.centroid_mm - centre
            if _across(seen.commanded, away) > reader.skill.retarget_mm:
                yield _offset(seen, reader, before.centroid_mm, centre)
                yield from _signatures(seen, reader, before.centroid_mm, centre)
        yield _not_seen(seen, reader, "postfire", ("sample-all-round", "repeat-pair"))
        return
    lesion = reading.lesion_mm
    yield _offset(seen, reader, lesion, reading.centre_mm)
    yield from _signatures(seen, reader, lesion, reading.centre_mm)


def _offset(seen: Seen, reader: Reader, lesion: Array, centre: Array) -> Observation:
    """Return where the lesion lies from the aperture, and what to do about it."""
    device, search, pose = seen.device, reader.search, seen.commanded
    assert device is not None and pose is not None
    miss = lesion - centre
    lateral, on = _across(pose, miss), float(miss @ pose.axis)
    hour = replace(pose, centre_mm=centre).hour_of(lesion) or 12.0
    values: Values = {
        "dx_mm": float(miss[0]),
        "dy_mm": float(miss[1]),
        "dz_mm": float(miss[2]),
        "lateral_mm": lateral,
        "limit_mm": reader.skill.retarget_mm,
        "hour": hour,
    }
    level: Level = "good" if lateral <= search.centred_mm else "note"
    remedies: list[str] = []
    if lateral > reader.skill.retarget_mm:
        level = "warning"
        remedies.append("retarget")
    along = float(correction(miss, seen.margins, pose.axis) @ pose.axis)
    share = search.depth_share * device.aperture_mm
    inside = device.aperture_mm / 2.0 - search.aperture_inside_mm
    if abs(on) > share:
        left = abs(on - along)
        if left <= share:
            level = "warning"
            if not remedies:
                remedies.append("adjust")
            values["adjust"] = along
        elif left > inside:
            level = "warning"
            remedies = ["retarget"]
    if "retarget" in remedies:
        pass
    elif lateral <= search.centred_mm:
        remedies.append("sample-all-round")
    else:
        remedies.append("sample-towards")
        values |= {
            "sample-towards": hour,
            "from_hour": (hour - search.fan_hours) % 12.0 or 12.0,
            "to_hour": (hour + search.fan_hours) % 12.0 or 12.0,
        }
    return Observation("postfire-offset", values, level, tuple(remedies))


def _signatures(seen: Seen, reader: Reader, lesion: Array, centre: Array) -> Iterator[Observation]:
    """Yield how the offset shows in the two views: what tells its direction without arithmetic."""
    device, search, pose = seen.device, reader.search, seen.commanded
    assert device is not None and pose is not None
    miss, ends = lesion - centre, np.array([centre, lesion])
    views = []
    for view in stereo_pair(unit_of(seen, reader.unit)):
        columns = project(view, ends)[:, 0]
        scale = view.pitch_mm / float(magnification(view, ends[1:])[0])
        views.append(float(columns[1] - columns[0]) * scale)
    left, right = views
    limit = search.centred_mm
    seen_in: Values = {"left_mm": left, "right_mm": right}
    far = reader.skill.retarget_mm
    # Along the needle the aperture is long, across it there is none.
    share = search.depth_share * device.aperture_mm
    level_needle = abs(float(pose.axis[2])) < abs(float(pose.axis[0]))
    x_limit, z_limit = (share, limit) if level_needle else (limit, share)
    if min(abs(left), abs(right)) < limit and max(abs(left), abs(right)) > 2.0 * limit:
        yield Observation("postfire-one-view", seen_in, "note", ("repeat-pair",))
    elif left * right > 0.0 and abs(float(miss[0])) > x_limit:
        level: Level = "warning" if abs(float(miss[0])) > far else "note"
        yield Observation("postfire-both-same-side", {**seen_in, "dx_mm": float(miss[0])}, level)
    if left * right < 0.0 and abs(float(miss[2])) > z_limit:
        yield Observation("postfire-opposite", {**seen_in, "dz_mm": float(miss[2])}, "note")
    if abs(float(miss[1])) > limit:
        level = "warning" if abs(float(miss[1])) > far else "note"
        yield Observation("postfire-y", {"dy_mm": float(miss[1])}, level)


def _across(pose: NeedlePose, way_mm: Array) -> float:
    """Return how far `way_mm` leads across the needle."""
    right, twelve, _ = pose.frame @ way_mm
    return float(np.hypot(right, twelve))


def _outside_mm(seen: Seen, point_mm: Array) -> float:
    """Return how far a point lies before the skin that the needle enters through."""
    x, y, z = (float(v) for v in point_mm)
    if seen.arm == "vertical" or seen.outline is None:
        return z - seen.thickness_mm
    try:
        low, high = seen.outline.sides_mm(y, z)
    except ValueError:
        return 0.0
    return low - x if seen.arm == "lateral-left" else x - high


def specimen_notes(seen: Seen, reader: Reader | None = None) -> Iterator[Observation]:
    """Yield what the newest film shows, while it holds all the cores."""
    if not seen.films or len(seen.films[-1].core_boxes_mm) != seen.cores:
        return
    held = cores_with_calcification(seen.films[-1])
    if held:
        yield Observation("specimen-positive", {"cores": held, "of": seen.cores}, "good")
        return
    remedies: tuple[str, ...] = ("more-cores", "retarget")
    values: Values = {"of": seen.cores}
    fired = any(shot.phase == "postfire" for shot in seen.shots[seen.first_shot :])
    vacuum = seen.device is not None and seen.device.kind == "vacuum"
    if reader is not None and fired and vacuum:
        # What is left in the breast says what to do; the pair was made before the cores.
        offset = next((o for o in _postfire(seen, reader) if o.code == "postfire-offset"), None)
        if offset is None:
            remedies = ("repeat-pair", "retarget")
        else:
            values |= offset.values
            remedies = offset.remedies
            if offset.level == "good":
                remedies = ("repeat-pair", "more-cores")
    yield Observation("specimen-negative", values, remedies=remedies)
