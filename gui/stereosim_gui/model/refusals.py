"""Why the procedure refused an intent, in words that can be translated."""

from __future__ import annotations

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text, say

# What the procedures say without a number in it; tests/test_app.py holds it against their source.
KNOWN = {
    key[1]: key
    for key in (
        QT_TRANSLATE_NOOP("Refusal", "mark a target first"),
        QT_TRANSLATE_NOOP("Refusal", "mark a target and choose a device first"),
        QT_TRANSLATE_NOOP("Refusal", "mark the place to be biopsied first"),
        QT_TRANSLATE_NOOP("Refusal", "choose a device first"),
        QT_TRANSLATE_NOOP("Refusal", "withdraw the needle first"),
        QT_TRANSLATE_NOOP("Refusal", "the needle is in; withdraw it first"),
        QT_TRANSLATE_NOOP("Refusal", "insert the needle first"),
        QT_TRANSLATE_NOOP("Refusal", "the needle has been fired"),
        QT_TRANSLATE_NOOP("Refusal", "fire the needle first"),
        QT_TRANSLATE_NOOP("Refusal", "no needle is in"),
        QT_TRANSLATE_NOOP("Refusal", "no clock hour given"),
        QT_TRANSLATE_NOOP("Refusal", "hours lie above 0 and up to 12"),
        QT_TRANSLATE_NOOP("Refusal", "a gun takes one core a pass"),
        QT_TRANSLATE_NOOP("Refusal", "no core has been taken"),
        QT_TRANSLATE_NOOP("Refusal", "position the breast first"),
        QT_TRANSLATE_NOOP("Refusal", "the needle has been in; the breast stays where it is"),
        QT_TRANSLATE_NOOP("Refusal", "the chest wall ends at the support's edge"),
        QT_TRANSLATE_NOOP("Refusal", "the needle has been in; its track would be in the image"),
        QT_TRANSLATE_NOOP("Refusal", "scan or look first"),
        QT_TRANSLATE_NOOP("Refusal", "the point would come out of the skin; withdraw the needle"),
        QT_TRANSLATE_NOOP("Refusal", "the hub has reached the skin; a longer needle is needed"),
        QT_TRANSLATE_NOOP("Refusal", "a gun is not pushed home by hand"),
        QT_TRANSLATE_NOOP("Refusal", "the needle has been in; it is given before that"),
        QT_TRANSLATE_NOOP("Refusal", "anaesthetic has been given; the breast stays where it is"),
        QT_TRANSLATE_NOOP("Refusal", "anaesthetic has been given; a sweep would not show it"),
        QT_TRANSLATE_NOOP("Refusal", "the procedure has ended"),
    )
}
_NOT_POSSIBLE = QT_TRANSLATE_NOOP("Refusal", "Not possible: {why}.")


def refusal(why: str) -> Text:
    """Return what is said about ``"intent: problem"``; an unknown problem is said as it is."""
    _, _, problem = why.partition(": ")
    key = KNOWN.get(problem)
    return say(_NOT_POSSIBLE, why=say(key) if key is not None else problem or why)
