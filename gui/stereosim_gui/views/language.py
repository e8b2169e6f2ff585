"""The user's language: Qt's translations, and numbers as the locale writes them."""

from __future__ import annotations

import string
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

from stereosim_gui.model.texts import Text


class _ByLocale(string.Formatter):
    """Formats floats with the decimal point of the locale: ``{z:.1f}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Text):
            return spoken(value)
        if isinstance(value, float) and format_spec.endswith("f"):
            plain = format(value, format_spec)
            point = QLocale().decimalPoint()
            return plain if point == "." else plain.replace(".", point)
        return str(super().format_field(value, format_spec))


_FORMATTER = _ByLocale()


def fill(template: str, **values: Any) -> str:
    """Return `template`, already translated, with `values` in its braces by locale."""
    return _FORMATTER.vformat(template, (), values)


def spoken(text: Text) -> str:
    """Return `text` in the user's language."""
    template = QCoreApplication.translate(*text.key)
    return fill(template, **dict(text.values))
