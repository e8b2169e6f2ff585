"""What the images teach: for each observation a line or two, and why.  See :mod:`.teaching`."""

from __future__ import annotations

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP

IMAGES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "lesion-not-seen-scout": (
        QT_TRANSLATE_NOOP(
            "Teaching", "The scout shows no group near the place that the referral names."
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Look again with a narrow window and the magnifier, also outside the paddle's "
            "window. If it is not in the field, position again. If faint specks stay unseen, stop: "
            "to biopsy what is not seen helps nobody.",
        ),
    ),
    "lesion-not-seen-pair": (
        QT_TRANSLATE_NOOP(
            "Teaching", "No specks that belong together can be made out in the two views."
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Both views must show the group. Where one does not, it lies outside the field, is "
            "hidden, or she moved. Match the pattern of the group, not single specks.",
        ),
    ),
    "lesion-not-seen-prefire": (
        QT_TRANSLATE_NOOP("Teaching", "The pre-fire pair does not show the group near the mark."),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The needle may hide it, or she moved. Compare with the target pair before you fire.",
        ),
    ),
    "lesion-not-seen-postfire": (
        QT_TRANSLATE_NOOP(
            "Teaching", "No speck is seen near the needle after firing: it may lie behind it."
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Metal hides what lies behind it. A group that is hidden in both views usually lies at "
            "the needle: sample all round. If you saw it beside the target before, look where it "
            "went.",
        ),
    ),
    "lesion-not-seen-prefire-beside": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "In the target pair the group lay {lateral_mm:.1f} mm from where the needle is sent "
            "({dx_mm:.1f} mm {dx_way}, {dy_mm:.1f} mm {dy_way}); the needle hides it now. Do not "
            "fire.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "A needle that is off along x lies over the group in one of the views and hides it: "
            "that nothing is seen there is no sign of a good position. More than {limit_mm:.1f} mm "
            "beside the group the cores will miss it. Until you fire everything can be put right "
            "at no cost.",
        ),
    ),
    "lesion-not-seen-postfire-beside": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The needle hides the group. In the target pair it lay {lateral_mm:.1f} mm from here "
            "({dx_mm:.1f} mm {dx_way}, {dy_mm:.1f} mm {dy_way}): too far to be sampled.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Metal hides what lies behind it, so a group that has disappeared need not be at the "
            "needle. Compare with the target pair: it shows where it lay from your mark. Cores "
            "reach a few millimetres from the axis; more than {limit_mm:.1f} mm calls for a new "
            "insertion, not for more cores.",
        ),
    ),
    "depth-off-group": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Your marks put the target {dz_mm:.1f} mm {dz_way} the group: two specks on one row "
            "that are not the same.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Where two specks lie on the same row, their rows cannot tell a wrong pair. The height "
            "can: specks of one group lie within a few millimetres of each other, and a wrong "
            "partner comes out above or below all of them. Compare the pattern: the same speck has "
            "the same neighbours in both views.",
        ),
    ),
    "motion": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "All specks differ in row between the two views by about {group_y_mm:.1f} mm: she "
            "moved between the exposures.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "If only your marks differed, they would be two specks. Here the whole group does, "
            "so the breast moved. A movement along y shows as a mismatch of rows; one along x "
            "cannot be seen and makes z wrong. So the pair is not to be trusted.",
        ),
    ),
    "motion-prefire": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Since the target pair the group has moved {dx_mm:.1f} mm {dx_way} and {dy_mm:.1f} mm "
            "{dy_way}.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "In both views the specks moved alike: the patient moved, or the anaesthetic or the "
            "needle pushed the tissue along. What you marked is no longer there. A small movement "
            "can be met by sampling toward it; a large one needs a new target.",
        ),
    ),
    "prefire-tip": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "From its planned place before firing the point is {dx_mm:.1f} mm {dx_way} and "
            "{dy_mm:.1f} mm {dy_way}. It will travel {throw_mm:.0f} mm on.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Before firing the point must lie one throw short of its place behind the group. In "
            "both views the line of the needle should run to the middle of the group; a needle "
            "from the paddle as far to one side in the left view as to the other in the right.",
        ),
    ),
    "prefire-tip-off": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "From the needle the group lies {lesion_dx_mm:.1f} mm {lesion_dx_way} and "
            "{lesion_dy_mm:.1f} mm {lesion_dy_way}: do not fire yet.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Sampling in a direction reaches a few millimetres from the needle's axis. What lies "
            "farther is missed, and the fired needle leaves a track and a haematoma that hides "
            "the specks. Until you fire everything can be put right at no cost.",
        ),
    ),
    "prefire-tip-not-seen": (
        QT_TRANSLATE_NOOP("Teaching", "The point of the needle cannot be made out in both views."),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Without the point its depth is only what the console says. Widen the window, or make "
            "the pair again.",
        ),
    ),
    "postfire-offset-good": (
        QT_TRANSLATE_NOOP(
            "Teaching", "The group lies within {lateral_mm:.1f} mm of the needle's axis."
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "In both views the aperture covers the group. It lies all around the needle, so no "
            "clock hour is better than another.",
        ),
    ),
    "postfire-offset-note": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The group lies {lateral_mm:.1f} mm from the needle, at {hour} o'clock, and "
            "{dz_mm:.1f} mm {dz_way} the middle of the aperture.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Vacuum draws tissue in from the side to which the aperture looks. Turned toward the "
            "group, the cores hold it; all round the clock most of them would miss it. Along the "
            "needle, what matters is that the group lies within the length of the aperture.",
        ),
    ),
    "postfire-offset-warning": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The group lies {lateral_mm:.1f} mm from the needle ({dx_mm:.1f} mm {dx_way}, "
            "{dy_mm:.1f} mm {dy_way}, {dz_mm:.1f} mm {dz_way}): too far from here.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Cores reach a few millimetres from the axis; more than {limit_mm:.1f} mm beside it "
            "calls for a new insertion. More cores from a wrong place do not help. Along the "
            "needle a move without firing may be enough. Before you withdraw, mark on the newest "
            "pair: the tissue has moved since the first.",
        ),
    ),
    "postfire-both-same-side": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "In both views the group lies off to the same side, {dx_way} (left view "
            "{left_mm:.1f}, right view {right_mm:.1f} mm): the needle is off along x.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "A sideways error looks the same in both views; an error of depth looks opposite in "
            "the two. So the pair tells, without any arithmetic, what kind of error it is. For a "
            "sideways error turn the aperture to that side, or target again.",
        ),
    ),
    "postfire-opposite": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Left view {left_mm:.1f} mm {left_way}, right view {right_mm:.1f} mm {right_way}: "
            "opposite sides, so the error lies along the needle. The group is {dz_mm:.1f} mm "
            "{dz_way} the middle of the aperture.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Seen from -15° and from +15°, what lies deeper or higher than the aperture is shifted "
            "to opposite sides. 1 mm apart in the two views stands for nearly 2 mm of depth. "
            "Advance or retract the needle; a wrong depth often comes from a wrong pair of marks.",
        ),
    ),
    "postfire-one-view": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "In one view the needle is at the group, in the other it is not (left {left_mm:.1f}, "
            "right {right_mm:.1f} mm): look for a wrong pair of marks, or for movement.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "If one mark was on the right speck and the other on another one, the needle comes to "
            "lie on the line of sight of the right mark: it fits in that view only. The same "
            "happens if she moved between the two exposures of the target pair.",
        ),
    ),
    "postfire-y": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "In both views the group lies {dy_mm:.1f} mm off the needle {dy_way}: an error along "
            "y.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "An error along y is seen directly, in either view, as a distance between rows. 12 "
            "o'clock faces the nipple, 6 o'clock the chest wall.",
        ),
    ),
    "specimen-positive": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "{cores} of {of} cores show calcification: the target has been sampled. Place a clip.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Now the histology can stand for the calcifications. Mark the cores that hold them for "
            "the pathologist. Removing less than 40 % of the specks went with more upgrades at "
            "surgery (PMC4712894), so a few more cores toward what is left can be worth it. The "
            "clip marks the place if nothing is left to see.",
        ),
    ),
    "specimen-negative": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "No calcification in {of} cores: do not stop here. The calcifications are still in the "
            "breast.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Cores without calcification do not say that the lesion is benign; they say that it "
            "was missed. Look at the pair after firing: where does the group lie from the "
            "aperture? Take more cores toward it, at other clock hours. If it lies out of reach, "
            "withdraw, target again on a new pair, and insert anew. A specimen film after each "
            "round answers the question in two minutes.",
        ),
    ),
    "specimen-negative-again": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The film is empty again ({of} cores): more of the same will not help. See where the "
            "calcifications are now.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Two empty films mean that the needle is not where the calcifications are. The cores "
            "also pull tissue in and bleed, so the old pair no longer holds. Make a new pair; if "
            "the group is still there, target it again; if it cannot be seen any more, stop.\n\n"
            "A biopsy that did not retrieve the calcifications is not representative, whatever "
            "the histology says. Say so in the report, place a clip, and plan another biopsy or "
            "an excision. Never let a benign result of such a biopsy reassure her.",
        ),
    ),
    "not-visible-refer": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Nothing in these images can be taken for the lesion. What is not seen should not be "
            "biopsied.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Of lesions that consist of calcifications only, ultrasound showed about one in four "
            "in a published series (Soo 2003). A needle put where the lesion ought to be, or into "
            "a mass that merely lies near, can miss, and its benign result then reassures wrongly. "
            "Calcifications that ultrasound does not show are biopsied under stereotactic "
            "guidance.",
        ),
    ),
}
