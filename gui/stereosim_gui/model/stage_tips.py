"""What is said at each page of a procedure, whatever has been seen: what to do here, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stereosim_gui.model.stages import Stage, fired, has_shot
from stereosim_gui.model.teaching import Lesson
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, say

if TYPE_CHECKING:
    from stereosim.procedures.state import ProcedureState
    from stereosim_gui.model.engine import Marks


def tip(state: ProcedureState, stage: Stage, marks: Marks) -> Lesson | None:
    """Return what belongs to a page at this moment; None at the debrief."""
    key = situation(state, stage, marks)
    if key not in _TIPS:
        return None
    what, why = _TIPS[key]
    return Lesson(f"stage-{key}", "tip", say(what), say(why))


def situation(state: ProcedureState, stage: Stage, marks: Marks) -> str:
    """Return which tip a page calls for, by what has been done and marked."""
    stereotactic = state.seen.guidance == "stereotactic"
    if stage is Stage.SCOUT:
        return "scout-made" if has_shot(state, "scout") else "scout"
    if stage is Stage.TARGET and stereotactic:
        count = (marks.left is not None) + (marks.right is not None)
        return ("target-none", "target-one", "target-both")[count]
    if stage is Stage.PREFIRE and stereotactic:
        return "prefire-pair" if has_shot(state, "prefire") else "prefire"
    if stage is Stage.SAMPLE:
        if not fired(state):
            return "needle" if stereotactic else "needle-us"
        cores = len(state.truth.tissue.cores)
        new = cores - sum(len(f.core_boxes_mm) for f in state.seen.films[-1:])
        if new > 0:
            return "sample-film"
        if stereotactic and not has_shot(state, "postfire"):
            return "sample-pair"
        return "sample" if stereotactic else "sample-us"
    if stage is Stage.SPECIMEN:
        return "specimen" if state.seen.films else "specimen-none"
    if stage is Stage.CLIP:
        return "clip-placed" if state.truth.clip is not None else "clip"
    return stage.value if stereotactic else f"{stage.value}-us"


_TIPS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "position": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Bring the place that the referral names under the window of the paddle, and let the "
            "needle come from the nearer side.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The shorter the way through the breast, the less the needle drifts, and the more room "
            "is left behind the target for the stroke. A lesion of the upper half is reached from "
            "above, one of the lower half from below. The referral rounds its figures: the scout "
            "will show how far they were off.",
        ),
    ),
    "scout": (
        QT_TRANSLATE_NOOP("Tips", "Make the scout: is the group under the window?"),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The scout is made straight from above. It shows x and y, but says nothing about the "
            "height z: all heights lie on top of each other.",
        ),
    ),
    "scout-made": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Find the group in the scout. It should lie near the middle of the window; if not, "
            "point at it and position again.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "Count the specks and learn their pattern: you have to find the same pattern again in "
            "both oblique views. Use the narrow windows (keys 4 and 5) and the magnifier (Z).",
        ),
    ),
    "pair": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Make the stereo pair: two views from -15° and +15° turn the height into a shift "
            "between them.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "Between the two views the tube moves by 30 degrees while breast and detector stay. A "
            "speck on the support hardly moves in the image; the higher it lies, the farther it "
            "moves along the row. This parallax is all that z is computed from.",
        ),
    ),
    "target-none": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Mark one speck in the middle of the group, one that you will know again in the other "
            "view.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The middle of the group is a better target than its brightest speck, because the "
            "cores should hold as many as possible. But both marks must be on the same speck: "
            "choose one with a shape of its own near the middle.",
        ),
    ),
    "target-one": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "The same speck lies on the blue band in the other view: same row, column by its "
            "height. Mark it there.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The tube moved by 30 degrees along the rows. So your mark stands for a line of "
            "sight through the breast, and in the other view this line is the band: one end is the "
            "support, the other the paddle. Where on the band the partner lies says how high it "
            "is. A speck beside the band cannot be the same one, unless she moved.",
        ),
    ),
    "target-both": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Check the y mismatch before you trust z: z is the uncertain one. Nudge the marks with "
            "the arrow keys under the magnifier.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "An error of a mark along the row is nearly doubled in z, because 30 degrees are a "
            "short base; x and y suffer less than the mark itself. At fit-to-window one pixel of "
            "the screen is more than one of the image: a click alone is not enough. The standard "
            "deviations beside x, y and z assume one pixel of error and the right speck; they know "
            "nothing of a wrong one.",
        ),
    ),
    "needle": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Choose a needle whose aperture lies wholly inside the breast and whose point stays "
            "inside after firing: both margins above zero.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "A vacuum needle takes larger cores, in any direction, with one insertion; it "
            "retrieves calcifications more often than a gun. Its aperture and dead tip need room: "
            "stroke margin = thickness - (depth + half the aperture + dead tip). A short "
            "aperture needs less on both sides.",
        ),
    ),
    "prefire": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Make the pre-fire pair: is the needle in line with the group in both views?",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "It is the last chance at no cost: until you fire you can withdraw and target again. "
            "The pair also shows whether she moved since the target pair.",
        ),
    ),
    "prefire-pair": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "In both views the group should lie on the line of the needle, one throw deeper than "
            "its point. Then fire.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "Compare with the target pair: if the specks have moved alike in both views, she "
            "moved. If the needle is beside the group in both views on the same side, x is wrong; "
            "on opposite sides, the depth; if the rows differ, y. Firing cannot be undone.",
        ),
    ),
    "sample-pair": (
        QT_TRANSLATE_NOOP(
            "Tips", "Make the post-fire pair before you take a core: where does the group lie now?"
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "Needle and tissue have both moved on firing. Without the pair you do not know which "
            "clock hours face the group, and after the first cores bleeding hides the specks.",
        ),
    ),
    "sample": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Read the pair: off to the same side in both views is an error along x, opposite "
            "sides an error of depth, different rows an error along y.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "Same side and equally far in both views: x. Opposite sides: depth, z. Up or down in "
            "both: y. Right in one view only, with a mismatch of rows: the marks were on two "
            "different specks. All specks moved alike since the last pair: she moved.\n\n"
            "Then turn the aperture toward the group (12 o'clock is toward the nipple, 6 toward "
            "the chest wall), move the needle along its axis, or withdraw and target again.",
        ),
    ),
    "sample-film": (
        QT_TRANSLATE_NOOP(
            "Tips", "Make the specimen film: only it says whether the calcifications are in."
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "A needle that looks right is no proof. While it is still in, an empty film can be "
            "answered with more cores; after it is out, only with another insertion.",
        ),
    ),
    "specimen-none": (
        QT_TRANSLATE_NOOP("Tips", "Radiograph the cores before you decide anything else."),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The film takes two minutes and no dose to the patient. It is the only proof that the "
            "calcifications have been sampled.",
        ),
    ),
    "specimen": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Compare the specks in the cores with the group on the scout: the same size and shape, "
            "and how many of them?",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "A single benign speck that happened to be near can make a film look positive. The "
            "cores lie in the order in which they were taken: a core that holds specks tells you "
            "at which hour the group lies.",
        ),
    ),
    "clip": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Place the clip through the needle: afterwards nothing may be left to see of the "
            "lesion.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The surgeon and the next mammogram need to know where the cores came from. When the "
            "compression is released the clip can move, mostly along the needle's axis: "
            "measure its distance on the views afterwards.",
        ),
    ),
    "clip-placed": (
        QT_TRANSLATE_NOOP("Tips", "The clip is in. End the procedure for the debrief."),
        QT_TRANSLATE_NOOP(
            "Tips",
            "In practice two views after the clip follow; they show where it came to lie. The "
            "debrief says how far from the target that is.",
        ),
    ),
    "search-us": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Scan slowly around the place that the referral names. Look for bright specks, with or "
            "without a dark mass; keep a frame of what you find.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "Lying down has moved the tissue: the lesion can be centimetres from where the "
            "mammogram put it. Specks of a fifth of a millimetre drown in the speckle of gland; "
            "in a dark mass or in fat they show better. Set the focus to the depth you search, "
            "and turn the probe: a speck stays a point, a ligament becomes a line.",
        ),
    ),
    "target-us": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Mark only what you take for the lesion, and say what you saw: specks, or a mass that "
            "may belong to them. If neither, refer.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "A mass at the same clock hour is not proof that it holds the calcifications: an "
            "hour is a sector, not a point. If you biopsy a mass without specks, the specimen "
            "film decides whether it was the right one.",
        ),
    ),
    "needle-us": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Enter beside the probe and keep the whole needle in the image plane, as flat as the "
            "target's depth allows.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "A needle along the image plane is seen from its entry to its point; one that leaves "
            "the plane shows only a part, and its apparent end is not its point. Flat means a "
            "bright needle and a throw along the chest wall, not into it.",
        ),
    ),
    "prefire-us": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Point in the plane, target in line, enough room for the throw behind it? Turn the "
            "probe across the needle to check. Then fire.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "The image is a slice of about a millimetre and a half. Needle and target can both "
            "seem to be in it and still lie beside each other. A second look at a right angle "
            "settles that.",
        ),
    ),
    "sample-us": (
        QT_TRANSLATE_NOOP(
            "Tips",
            "Look where the aperture lies against the target, turn it toward the target, and take "
            "the cores.",
        ),
        QT_TRANSLATE_NOOP(
            "Tips",
            "12 o'clock faces the probe. Air and blood hide what is left after the first cores, "
            "so look first. Then make a specimen film, as after a stereotactic biopsy: it is the "
            "only proof that the calcifications were in what you sampled.",
        ),
    ),
}
