"""What the read-outs teach: for each observation a line or two, and why.  See :mod:`.teaching`."""

from __future__ import annotations

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP

READ_OUTS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "y-mismatch": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The rows of your two marks differ by {mismatch_mm:.1f} mm, more than {limit_mm:.1f} "
            "mm: these are probably two different specks.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The tube moves sideways only, along the rows of the image. So one and the same "
            "speck lies on the same row in both views, and only its column changes with its "
            "height. Rows that differ mean either two different specks or a patient who moved "
            "between the two exposures.\n\n"
            "A wrong pair is dangerous because it looks exact: the console triangulates any two "
            "marks. The height z then comes out wrong by almost twice the distance between the "
            "two specks along the row. If all specks differ by the same amount, she moved: make "
            "the pair again. If only yours do, look for the true partner on the band.",
        ),
    ),
    "y-mismatch-small": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The rows of your marks differ by {mismatch_mm:.1f} mm: more than the hand explains. "
            "She moved a little, or these are two neighbouring specks.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "A careful mark is good to about one pixel, so one speck should give almost the same "
            "row in both views. {mismatch_mm:.1f} mm lies within the tolerance of {limit_mm:.1f} "
            "mm, because patients breathe and move. But a neighbouring speck of the same group "
            "can be as near. Compare shape and brightness of the two, with the magnifier.",
        ),
    ),
    "depth-outside-breast": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "These marks put the target at z {z_mm:.1f} mm; the breast reaches from 0 to "
            "{thickness_mm:.0f} mm. Two marks that are not one speck.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The height follows from how far the speck moves along the row between the two views. "
            "A height below the support or above the paddle is impossible, so the two marks do "
            "not belong together, even where their rows agree. The end of the band marks the "
            "support and the paddle: the partner lies between them.",
        ),
    ),
    "off-centre-scout": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "From the middle of the window the group lies {dx_mm:.0f} mm {dx_way} and "
            "{dy_mm:.0f} mm {dy_way}.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The needle reaches only what lies under the window of the paddle, and in the oblique "
            "views the group moves sideways by up to half its height. Near the middle nothing is "
            "cut off and a correction stays possible. To reposition costs one more exposure now; "
            "later it costs the pair as well. A lesion near the chest wall cannot be brought "
            "farther out than the support's edge lets it.",
        ),
    ),
    "thin-breast": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The breast is {thickness_mm:.0f} mm thick; below {limit_mm:.0f} mm room for the "
            "stroke is short. Look at the stroke margin of each needle.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "After firing, half the aperture and the dead tip lie deeper than the target. In a "
            "thin breast that can be more than what is left to the support. What helps: a short "
            "aperture, a second paddle or bolster to let the breast stand higher, less or "
            "reverse compression, the lateral arm, or to advance by hand instead of firing.",
        ),
    ),
    "thin-breast-too": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The breast is only {thickness_mm:.0f} mm thick: too thin for a needle from the "
            "paddle.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Under about 20 mm a needle that comes straight down has no room for its aperture "
            "and its tip. Loosen the compression, use a lateral arm, or choose another guidance.",
        ),
    ),
    "stroke-margin": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Stroke margin below zero ({margin_mm:.1f} mm too far): fired here, the point would "
            "come out at the back of the breast.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Stroke margin = thickness - (depth of the target from the paddle + half the aperture "
            "+ dead tip). It is what remains between the point after firing and the support. It "
            "must be above zero, on some tables above 4 mm.\n\n"
            "To start farther back does not help: the stroke ends at the same place. What "
            "helps is a shorter aperture, to aim a little higher as long as the target stays in "
            "the aperture, to come from the other side, or a thicker breast (less compression, "
            "bolster, second paddle). On the lateral arm the throw runs along the breast; and a "
            "needle pushed by hand can stop where the margin is still positive.",
        ),
    ),
    "stroke-margin-supine": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Fired here, the point would pass the limit before the chest wall by "
            "{margin_mm:.1f} mm.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Behind the gland lie muscle, rib and pleura. Keep the needle as flat as you can, "
            "parallel to the chest wall, so that the throw leads along it and not into it. "
            "A short aperture, or opening the needle by hand without firing, needs less room.",
        ),
    ),
    "skin-margin": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Skin margin below zero: the aperture would open {margin_mm:.1f} mm into the skin.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The whole aperture must lie inside the breast, skin not counted: depth of the target "
            "minus half the aperture must be more than the skin's thickness. Else the vacuum "
            "draws in skin or air. A short aperture helps, or to aim a little deeper while the "
            "target stays in the aperture, or to come from the other side.",
        ),
    ),
    "window-margin": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The target lies {margin_mm:.1f} mm outside the window: the needle would meet the "
            "paddle.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "The paddle is closed but for its window. Nothing outside can be reached from above. "
            "The breast has to be positioned again so that the group comes under the window.",
        ),
    ),
    "room-margin": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Needle or guide would be {margin_mm:.1f} mm too near to paddle, support or "
            "chest wall.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "On the lateral arm the shaft lies level between paddle and support, and both are "
            "hard; its guide stands beside the breast, in front of the chest wall. The target "
            "needs half the shaft's thickness and the skin above and below it. Near the paddle, "
            "the support or the chest wall a needle from above is the way; or the breast is "
            "compressed less.",
        ),
    ),
    "too-short": (
        QT_TRANSLATE_NOOP("Teaching", "The needle is {margin_mm:.1f} mm too short for this depth."),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Guide and paddle take up a part of the shaft. Come from the nearer side or take a "
            "longer needle.",
        ),
    ),
    "exposures-many": (
        QT_TRANSLATE_NOOP(
            "Teaching",
            "{exposures} exposures so far ({dose_mgy:.1f} mGy); published procedures need about "
            "{published}.",
        ),
        QT_TRANSLATE_NOOP(
            "Teaching",
            "Every exposure should answer a question. A correction that can be read off the pair "
            "you have needs no new one; a patient who moved does.",
        ),
    ),
}
