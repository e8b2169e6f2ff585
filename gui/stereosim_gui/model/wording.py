"""What the console says in words: the referral, what is wrong with a margin and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

if TYPE_CHECKING:
    from stereosim.biopsy.devices import Device
    from stereosim.biopsy.safety import Margins, SafetyLimits
    from stereosim_gui.model.reading import Reading
    from stereosim_phantoms.referral import Referral

_SIDES = {
    "right": QT_TRANSLATE_NOOP("Referral", "Right breast"),
    "left": QT_TRANSLATE_NOOP("Referral", "Left breast"),
}
_THIRDS = {
    "anterior": QT_TRANSLATE_NOOP("Referral", "anterior third"),
    "middle": QT_TRANSLATE_NOOP("Referral", "middle third"),
    "posterior": QT_TRANSLATE_NOOP("Referral", "posterior third"),
}
_MORPHOLOGY = {
    "punctate": QT_TRANSLATE_NOOP("Referral", "punctate"),
    "amorphous": QT_TRANSLATE_NOOP("Referral", "amorphous"),
    "coarse heterogeneous": QT_TRANSLATE_NOOP("Referral", "coarse heterogeneous"),
    "fine pleomorphic": QT_TRANSLATE_NOOP("Referral", "fine pleomorphic"),
    "fine linear branching": QT_TRANSLATE_NOOP("Referral", "fine linear branching"),
}
_DISTRIBUTION = {
    "grouped": QT_TRANSLATE_NOOP("Referral", "grouped"),
    "linear": QT_TRANSLATE_NOOP("Referral", "linear"),
    "segmental": QT_TRANSLATE_NOOP("Referral", "segmental"),
    "regional": QT_TRANSLATE_NOOP("Referral", "regional"),
    "diffuse": QT_TRANSLATE_NOOP("Referral", "diffuse"),
}
_REASONS = {
    "finished": QT_TRANSLATE_NOOP("Stop", "Finished"),
    "not found on images": QT_TRANSLATE_NOOP("Stop", "Not found on the images"),
    "inaccessible": QT_TRANSLATE_NOOP("Stop", "Inaccessible to the needle"),
    "declined: not visible": QT_TRANSLATE_NOOP("Stop", "Not visible: refer"),
}
_ARMS = {
    "vertical": QT_TRANSLATE_NOOP("Arm", "From the paddle"),
    "lateral-left": QT_TRANSLATE_NOOP("Arm", "Lateral arm, from the left of the image"),
    "lateral-right": QT_TRANSLATE_NOOP("Arm", "Lateral arm, from the right of the image"),
}
_VARIANTS = {
    "petite": QT_TRANSLATE_NOOP("Device", "{device}, petite"),
    "half": QT_TRANSLATE_NOOP("Device", "{device}, half"),
    "blunt": QT_TRANSLATE_NOOP("Device", "{device}, blunt tip"),
    "petite-blunt": QT_TRANSLATE_NOOP("Device", "{device}, petite, blunt tip"),
    "short": QT_TRANSLATE_NOOP("Device", "{device}, short throw"),
}


def _known(words: dict[str, tuple[str, str]], code: str) -> Text:
    """Return the words for `code`, or the code as it stands."""
    return say(words.get(code, ("", code)))


def referral_lines(referral: Referral) -> tuple[Text, ...]:
    """Return the request for biopsy as short lines: where, what, and where in the CC view."""
    hour, minutes = int(referral.clock_hour) or 12, 30 * (referral.clock_hour % 1.0 > 0.0)
    clock = f"{hour}:{minutes:02d}"
    side, third = _known(_SIDES, referral.side), _known(_THIRDS, referral.depth_third)
    where = say(
        QT_TRANSLATE_NOOP(
            "Referral", "{side}, {clock} o'clock, {distance:.0f} mm from the nipple, {third}."
        ),
        side=side,
        clock=clock,
        distance=referral.nipple_distance_mm,
        third=third,
    )
    if referral.nipple_distance_mm <= 0.0:
        where = say(
            QT_TRANSLATE_NOOP("Referral", "{side}, {clock} o'clock, retro-areolar, {third}."),
            side=side,
            clock=clock,
            third=third,
        )
    what = say(
        QT_TRANSLATE_NOOP(
            "Referral",
            "{n} calcifications, {morphology}, {distribution}, over {extent:.0f} mm.",
        ),
        n=referral.specks,
        morphology=_known(_MORPHOLOGY, referral.morphology),
        distribution=_known(_DISTRIBUTION, referral.distribution),
        extent=referral.extent_mm,
    )
    lateral = referral.x_mm if referral.side == "right" else -referral.x_mm
    if abs(lateral) < 1.0:
        aside = say(QT_TRANSLATE_NOOP("Referral", "on the nipple line"))
    elif lateral > 0.0:
        aside = say(QT_TRANSLATE_NOOP("Referral", "{mm:.0f} mm lateral"), mm=lateral)
    else:
        aside = say(QT_TRANSLATE_NOOP("Referral", "{mm:.0f} mm medial"), mm=-lateral)
    view = say(
        QT_TRANSLATE_NOOP("Referral", "In the CC view: {aside}, {y:.0f} mm from the chest wall."),
        aside=aside,
        y=referral.y_mm,
    )
    return where, what, view


def arm_name(arm: str) -> Text:
    """Return how a unit holds a needle."""
    return _known(_ARMS, arm)


def stop_reason(code: str) -> Text:
    """Return a reason for ending a procedure."""
    return _known(_REASONS, code)


def device_name(device: Device) -> Text:
    """Return a short name of a device: gauge, kind, trade type, and which variant."""
    _, _, rest = device.label.partition("(")
    trade = rest.partition(" type")[0]
    gauge = f"{device.gauge:g}"
    if device.kind == "gun":
        name = say(QT_TRANSLATE_NOOP("Device", "{gauge}G gun"), gauge=gauge)
    elif trade:
        name = say(QT_TRANSLATE_NOOP("Device", "{gauge}G {trade}"), gauge=gauge, trade=trade)
    else:
        name = say(QT_TRANSLATE_NOOP("Device", "{gauge}G vacuum"), gauge=gauge)
    variant = device.name.removeprefix(device.family) or device.name.rpartition("-")[2]
    variant = variant.strip("-")
    return say(_VARIANTS[variant], device=name) if variant in _VARIANTS else name


def problems(
    margins: Margins, thickness_mm: float, limits: SafetyLimits
) -> tuple[tuple[Text, Text], ...]:
    """Return what forbids firing, each with the manoeuvres that mend it.

    Parameters
    ----------
    margins : Margins
        Of the needle where it is aimed.
    thickness_mm : float
        Compressed thickness.
    limits : SafetyLimits
        Of the safety check.
    """
    found: list[tuple[Text, Text]] = []
    stroke, skin = margins.stroke_margin_mm, margins.skin_margin_mm
    if thickness_mm < limits.contraindicated_mm:
        found.append(
            (
                say(
                    QT_TRANSLATE_NOOP(
                        "Safety", "The breast is {mm:.1f} mm thick: below {limit:.0f} mm."
                    ),
                    mm=thickness_mm,
                    limit=limits.contraindicated_mm,
                ),
                say(QT_TRANSLATE_NOOP("Safety", "Lateral arm, or another guidance.")),
            )
        )
    if stroke <= limits.stroke_margin_mm:
        past = say(
            QT_TRANSLATE_NOOP("Safety", "Stroke margin {mm:.1f} mm: tip out at the back."),
            mm=stroke,
        )
        if limits.stroke_margin_mm > 0.0:
            past = say(
                QT_TRANSLATE_NOOP(
                    "Safety", "Stroke margin {mm:.1f} mm: not above the limit of {limit:.1f} mm."
                ),
                mm=stroke,
                limit=limits.stroke_margin_mm,
            )
        mend = QT_TRANSLATE_NOOP(
            "Safety", "Petite aperture, less depth, second paddle, lateral arm, or by hand."
        )
        found.append((past, say(mend)))
    if skin <= 0.0:
        found.append(
            (
                say(
                    QT_TRANSLATE_NOOP("Safety", "Skin margin {mm:.1f} mm: aperture in the skin."),
                    mm=skin,
                ),
                say(QT_TRANSLATE_NOOP("Safety", "Petite aperture, or aim deeper.")),
            )
        )
    if margins.length_margin_mm < 0.0:
        found.append(
            (
                say(
                    QT_TRANSLATE_NOOP("Safety", "The needle is too short by {mm:.1f} mm."),
                    mm=-margins.length_margin_mm,
                ),
                say(QT_TRANSLATE_NOOP("Safety", "A longer needle, or from the other side.")),
            )
        )
    if margins.room_margin_mm < 0.0:
        found.append(
            (
                say(
                    QT_TRANSLATE_NOOP(
                        "Safety", "Shaft {mm:.1f} mm too near to paddle, support or chest wall."
                    ),
                    mm=-margins.room_margin_mm,
                ),
                say(QT_TRANSLATE_NOOP("Safety", "From the paddle, or less compression.")),
            )
        )
    if margins.window_margin_mm < 0.0:
        found.append(
            (
                say(
                    QT_TRANSLATE_NOOP(
                        "Safety",
                        "The needle would meet the paddle: {mm:.1f} mm outside the window.",
                    ),
                    mm=-margins.window_margin_mm,
                ),
                say(QT_TRANSLATE_NOOP("Safety", "Reposition the breast.")),
            )
        )
    return tuple(found)


def mismatch(reading: Reading) -> Text | None:
    """Return what the y mismatch says about the pair of marks."""
    if reading.y_mismatch_mm is None or reading.p_value is None:
        return None
    if reading.beside:
        return say(
            QT_TRANSLATE_NOOP("Mismatch", "A mark is set beside the breast, where nothing is.")
        )
    if reading.outside:
        return say(
            QT_TRANSLATE_NOOP(
                "Mismatch",
                "z lies outside the breast: these marks cannot be one speck.",
            )
        )
    if reading.mismatched:
        return say(
            QT_TRANSLATE_NOOP(
                "Mismatch",
                "y mismatch above {limit:.1f} mm: two different specks, or the patient moved.",
            ),
            limit=reading.y_tolerance_mm,
        )
    share = 100.0 * reading.p_value
    if share < 1.0:
        return say(
            QT_TRANSLATE_NOOP(
                "Mismatch",
                "Within {limit:.1f} mm, but rare for one speck (under 1 in 100): look again.",
            ),
            limit=reading.y_tolerance_mm,
        )
    return say(
        QT_TRANSLATE_NOOP(
            "Mismatch",
            "Within {limit:.1f} mm: one speck gives this or more in {n:.0f} of 100 pairs.",
        ),
        limit=reading.y_tolerance_mm,
        n=share,
    )


def unsafe(reading: Reading, limits: SafetyLimits) -> tuple[tuple[Text, Text], ...]:
    """Return everything that speaks against firing now."""
    found: tuple[tuple[Text, Text], ...] = ()
    if reading.outside:
        found = (
            (
                say(QT_TRANSLATE_NOOP("Safety", "The target lies outside the breast.")),
                say(QT_TRANSLATE_NOOP("Safety", "Mark the same speck in both views.")),
            ),
        )
    if reading.margins is None:
        return found
    return found + problems(reading.margins, reading.thickness_mm, limits)
