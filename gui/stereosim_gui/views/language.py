"""The user's language: Qt's translations, and numbers and dates as the locale writes them."""

from __future__ import annotations

import string
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QDateTime, QLibraryInfo, QLocale, QTranslator

from stereosim_gui.model.texts import QT_TRANSLATE_NOOP, Text

TRANSLATIONS = Path(__file__).parent.parent / "translations"
_OURS = "of the user's language"
_COMMON = "Common"

# What the progress lines of the library say; here, because the library knows no translations.
STAGES = (
    QT_TRANSLATE_NOOP("Progress", "loading the simulator"),
    QT_TRANSLATE_NOOP("Progress", "making the patient"),
    QT_TRANSLATE_NOOP("Progress", "going back to where you were"),
)


class _ByLocale(string.Formatter):
    """Formats floats with the decimal point of the locale: ``{z:.1f}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Text):
            return spoken(value)
        if isinstance(value, float) and format_spec.endswith("f"):
            plain = format(value, format_spec)
            point = QLocale().decimalPoint()
            # A true minus sign: a hyphen is easily overlooked.
            plain = plain.replace("-", "−")
            return plain if point == "." else plain.replace(".", point)
        return str(super().format_field(value, format_spec))


_FORMATTER = _ByLocale()


def fill(template: str, **values: Any) -> str:
    """Return `template`, already translated, with `values` in its braces by locale."""
    return _FORMATTER.vformat(template, (), values)


def signed(value: float, decimals: int = 1) -> str:
    """Return a number with its sign, by locale and with a true minus."""
    rounded = round(float(value), decimals)
    sign = "+" if rounded else ""
    return fill(f"{{v:{sign}.{decimals}f}}", v=rounded + 0.0)


def spoken(text: Text) -> str:
    """Return `text` in the user's language."""
    template = QCoreApplication.translate(*text.key)
    return fill(template, **dict(text.values))


def spoken_stage(stage: str) -> str:
    """Return what a progress line of the library says, in the user's language."""
    return QCoreApplication.translate("Progress", stage)


def when(iso: str) -> str:
    """Return a time of the attempt store (ISO, UTC) as the user writes time and day."""
    try:
        moment = datetime.fromisoformat(iso).timestamp()
    except ValueError:
        return iso
    local = QDateTime.fromSecsSinceEpoch(int(moment))
    return QLocale().toString(local, QLocale.FormatType.ShortFormat)


# --- which language -------------------------------------------------------------------------------
def current_language() -> str:
    """Return the language of the texts: ``"en"`` or ``"zh_CN"``."""
    app = QCoreApplication.instance()
    return "en" if app is None else app.property("speaks") or "en"


def chosen_language(setting: str) -> str:
    """Return the language for a setting, which is empty to follow the system."""
    if setting:
        return setting
    system = QLocale.system()
    simplified = system.script() == QLocale.Script.SimplifiedChineseScript
    return "zh_CN" if system.language() == QLocale.Language.Chinese and simplified else "en"


class _Translator(QTranslator):
    """Finds also the texts that no class speaks for, see tools/translations.py."""

    def translate(
        self,
        context: str,
        sourceText: str,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str:
        """Return the translation; None, which Qt takes for "not mine", where there is none."""
        found = super().translate(context, sourceText, disambiguation, n)
        return found or super().translate(_COMMON, sourceText) or None  # type: ignore[return-value]


def speak(app: QCoreApplication, setting: str) -> None:
    """Have `app` speak the language of `setting`; windows made from now on do."""
    for old in app.findChildren(QTranslator, _OURS):
        app.removeTranslator(old)
        old.deleteLater()
    language = chosen_language(setting)
    app.setProperty("speaks", language)
    # A language that was chosen brings its decimal point; otherwise the system's is kept.
    QLocale.setDefault(QLocale(language) if setting else QLocale.system())
    if language == "en":
        return
    of_qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for folder, stem in ((of_qt, "qtbase_"), (str(TRANSLATIONS), "stereosim_")):
        translator = _Translator(app)
        translator.setObjectName(_OURS)
        if translator.load(f"{stem}{language}", folder):
            app.installTranslator(translator)
