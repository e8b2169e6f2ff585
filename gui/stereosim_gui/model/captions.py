"""What is written on an image: what it is, how it was made, and which edge is which."""

from __future__ import annotations

from stereosim_gui.model.display import Picture, Series, Window
from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

_VIEWS = {
    "scout": QT_TRANSLATE_NOOP("Caption", "Scout"),
    "left": QT_TRANSLATE_NOOP("Caption", "Left view"),
    "right": QT_TRANSLATE_NOOP("Caption", "Right view"),
    "specimen": QT_TRANSLATE_NOOP("Caption", "Specimen radiograph"),
    "ultrasound": QT_TRANSLATE_NOOP("Caption", "Ultrasound"),
}
_PHASES = {
    "scout": QT_TRANSLATE_NOOP("Caption", "scout"),
    "target": QT_TRANSLATE_NOOP("Caption", "target pair"),
    "prefire": QT_TRANSLATE_NOOP("Caption", "pre-fire pair"),
    "postfire": QT_TRANSLATE_NOOP("Caption", "post-fire pair"),
    "postclip": QT_TRANSLATE_NOOP("Caption", "post-clip pair"),
}
_FRAMES = {
    "search": QT_TRANSLATE_NOOP("Caption", "while searching"),
    "target": QT_TRANSLATE_NOOP("Caption", "target marked"),
    "prefire": QT_TRANSLATE_NOOP("Caption", "before firing"),
    "postfire": QT_TRANSLATE_NOOP("Caption", "after firing"),
}
_SIDES = {
    "right": QT_TRANSLATE_NOOP("Caption", "right breast"),
    "left": QT_TRANSLATE_NOOP("Caption", "left breast"),
}
_APPROACHES = {
    "craniocaudal": QT_TRANSLATE_NOOP("Caption", "from above (craniocaudal)"),
    "caudocranial": QT_TRANSLATE_NOOP("Caption", "from below (caudocranial)"),
}
_CHEST_WALL = say(QT_TRANSLATE_NOOP("Caption", "chest wall"))
_LATERAL = say(QT_TRANSLATE_NOOP("Caption", "lateral"))
_MEDIAL = say(QT_TRANSLATE_NOOP("Caption", "medial"))


def view_name(view: str) -> Text:
    """Return what a view is called."""
    return say(_VIEWS.get(view, ("Caption", view)))


def what_it_is(picture: Picture) -> tuple[Text, ...]:
    """Return the lines that say what is seen: the view with its angle, the side, the approach."""
    lines = [view_name(picture.view)]
    angle = picture.fact("angle_deg")
    if angle is not None and picture.view != "scout":
        # A true minus sign: a hyphen is easily overlooked.
        sign = "\u2212" if angle < 0 else "+"
        lines[0] = say(
            QT_TRANSLATE_NOOP("Caption", "{view}  {sign}{angle:.0f}°"),
            view=lines[0],
            sign=sign,
            angle=abs(float(angle)),
        )
    side, approach = picture.fact("side"), picture.fact("approach")
    if side in _SIDES and approach in _APPROACHES:
        lines.append(
            say(
                QT_TRANSLATE_NOOP("Caption", "{side}, {approach}"),
                side=say(_SIDES[side]),
                approach=say(_APPROACHES[approach]),
            )
        )
    return tuple(lines)


def how_it_was_made(picture: Picture) -> tuple[Text, ...]:
    """Return the lines that say which exposure it is, with its technique and dose."""
    lines = []
    if picture.number and picture.kind == "ultrasound":
        phase = say(_FRAMES.get(picture.phase, ("Caption", "")))
        lines.append(
            say(QT_TRANSLATE_NOOP("Caption", "Frame {n}: {phase}"), n=picture.number, phase=phase)
        )
    elif picture.number:
        lines.append(
            say(
                QT_TRANSLATE_NOOP("Caption", "Exposure {n}: {phase}"),
                n=picture.number,
                phase=say(_PHASES.get(picture.phase, ("Caption", ""))),
            )
        )
    kv, mas, dose = (picture.fact(name) for name in ("kv", "mas", "dose_mgy"))
    if kv is not None and mas is not None:
        technique = say(
            QT_TRANSLATE_NOOP("Caption", "{kv:.0f} kV  {mas:.0f} mAs"), kv=float(kv), mas=float(mas)
        )
        if dose is not None:
            technique = say(
                QT_TRANSLATE_NOOP("Caption", "{technique}  {dose:.2f} mGy"),
                technique=technique,
                dose=float(dose),
            )
        lines.append(technique)
    return tuple(lines)


def edges(picture: Picture) -> dict[str, Text]:
    """Return what lies toward the ``"left"``, ``"right"`` and ``"bottom"`` edge of an X-ray image.

    Columns run along +x of the support: the patient's right, or her left where the breast has been
    turned over to be reached from below.  Rows run toward the chest wall.
    """
    if picture.kind != "xray":
        return {}
    named = {"bottom": _CHEST_WALL}
    side, approach = picture.fact("side"), picture.fact("approach")
    if side in _SIDES and approach in _APPROACHES:
        lateral_right = (side == "right") == (approach == "craniocaudal")
        named["right"], named["left"] = (
            (_LATERAL, _MEDIAL) if lateral_right else (_MEDIAL, _LATERAL)
        )
    return named


def readings(zoom: float, window: Window) -> Text:
    """Return width, level and zoom (pixels of the screen that an image pixel takes)."""
    return say(
        QT_TRANSLATE_NOOP("Caption", "W {width:.2f}  L {level:.2f}  \u00d7{zoom:.2f}"),
        zoom=zoom,
        level=window.level,
        width=window.width,
    )


def scale_name(mm: float) -> Text:
    """Return what stands under the scale bar."""
    return say(QT_TRANSLATE_NOOP("Caption", "{mm:.0f} mm"), mm=mm)


def depth_name(mm: float) -> Text:
    """Return the label of a tick of the band: the height above the support."""
    return say(QT_TRANSLATE_NOOP("Caption", "z {mm:.0f} mm"), mm=mm)


def pixel_name(column: float, row: float) -> Text:
    """Return the words for a place in an image."""
    return say(
        QT_TRANSLATE_NOOP("Caption", "column {column:.1f}  row {row:.1f}"), column=column, row=row
    )


def series_name(series: Series) -> Text:
    """Return how the strip of exposures calls a series: its numbers and its phase."""
    phase = say(_PHASES.get(series.phase, ("Caption", series.phase)))
    first, last = series.numbers[0], series.numbers[-1]
    if first == last:
        return say(QT_TRANSLATE_NOOP("Caption", "{n}  {phase}"), n=first, phase=phase)
    return say(QT_TRANSLATE_NOOP("Caption", "{n}-{m}  {phase}"), n=first, m=last, phase=phase)
