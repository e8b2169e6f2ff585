"""The app in Chinese: complete, up to date, the same values in the same places."""

import importlib.util
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stereosim_phantoms.shelf import LIBRARY, case_names, read_case
from tests.app_scenes import wait_until

ROOT = Path(__file__).parent.parent
HAN = re.compile(r"[一-鿿]")


def tool() -> ModuleType:
    """tools/translations.py, which is no package."""
    spec = importlib.util.spec_from_file_location("tr", ROOT / "tools" / "translations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = tool()
TS: Path = TOOL.TRANSLATIONS / "stereosim_zh_CN.ts"
DONE: dict[tuple[str, str], str] = TOOL.read(TS)


def test_what_is_gathered(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(
        "class A:\n"
        "    def f(self):\n"
        "        self.tr('one ' 'two'); QCoreApplication.translate('C', 'three')\n"
        "        class B:\n"
        "            def g(self): return [self.tr('four') for _ in x]\n"
        "def h(widget): return widget.tr('five')\n"
        "K = QT_TRANSLATE_NOOP('D', 'six')\n"
    )
    assert set(TOOL.texts_of(path)) == {
        ("A", "one two"), ("C", "three"), ("B", "four"), ("Common", "five"), ("D", "six"),
    }  # fmt: skip
    path.write_text("class A:\n    def f(self, x): self.tr(x)\n")
    with pytest.raises(ValueError, match=r"x\.py:2"):
        list(TOOL.texts_of(path))


def test_no_text_of_the_app_lacks_its_translation() -> None:
    missing = [key for key in TOOL.gathered() if key not in DONE]
    assert not missing, f"make translations, then fill in {TS.name}: {missing[:5]}"


def test_the_files_are_up_to_date(tmp_path: Path) -> None:
    pytest.importorskip("PySide6")
    text = TOOL.written(TOOL.gathered(), DONE, "zh_CN")
    assert TS.read_text(encoding="utf-8") == text, "make translations"
    TOOL.compile_(TS, tmp_path / "again.qm")
    shipped = TS.with_suffix(".qm").read_bytes()
    assert (tmp_path / "again.qm").read_bytes() == shipped, "make translations"


def fields(text: str) -> list[tuple[str, str | None]]:
    return sorted((n, spec) for _, n, spec, _ in string.Formatter().parse(text) if n is not None)


def wrong(source: str, translation: str) -> list[str]:
    """What a translation has lost or added."""
    found = []
    if fields(source) != fields(translation):
        found.append("placeholders")
    if source.count("&") != translation.count("&"):
        found.append("mnemonic")
    if source.count("\n") != translation.count("\n"):
        found.append("lines")
    if source.startswith(" ") != translation.startswith(" "):
        found.append("space in front")
    plain = re.sub(r"\{[^}]*\}", "", translation)
    if HAN.search(plain) and re.search(r"[一-鿿] ?[,:;?!]|[,:;?!] ?[一-鿿]", plain):
        found.append("Western punctuation beside Chinese")
    if re.search(r"[，。：；] ", translation):
        found.append("a space after a wide sign")
    return found


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("z {z:.1f} mm", "z {z:.1f} mm", []),
        ("z {z:.1f} mm", "z {z} mm", ["placeholders"]),
        ("&Size", "大小", ["mnemonic"]),
        ("a: b", "甲: 乙", ["Western punctuation beside Chinese"]),
    ],
)
def test_what_a_wrong_translation_is(source: str, translation: str, expected: list[str]) -> None:
    assert wrong(source, translation) == expected


def test_translations_keep_values_and_form() -> None:
    faults = {key: found for key, text in DONE.items() if (found := wrong(key[1], text))}
    assert not faults, faults


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("name", case_names())
def test_every_case_is_told_in_chinese_with_the_same_figures(name: str) -> None:
    english, chinese = read_case(name), read_case(name, "zh_CN")
    assert chinese.language == "zh_CN" and HAN.search(chinese.title)
    lost = numbers(english.title + english.teaching) - numbers(chinese.title + chinese.teaching)
    assert not lost, lost
    assert english.teaching.count("\n## ") == chinese.teaching.count("\n## ")
    assert english.teaching.count("\n- ") == chinese.teaching.count("\n- ")


def test_no_translation_without_its_case() -> None:
    assert {path.name.split(".")[0] for path in LIBRARY.glob("*.zh_CN.md")} == set(case_names())


# --- at work --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def qt() -> Any:
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    return QApplication.instance() or QApplication([])


@pytest.fixture
def chinese(qt: Any) -> Iterator[None]:
    from stereosim_gui.views.language import speak

    speak(qt, "zh_CN")
    yield
    speak(qt, "en")


@pytest.mark.parametrize(
    ("setting", "system", "expected"),
    [
        ("", "zh_CN", "zh_CN"),
        ("", "zh_SG", "zh_CN"),
        ("", "zh_TW", "en"),
        ("", "de_DE", "en"),
        ("en", "zh_CN", "en"),
        ("zh_CN", "de_DE", "zh_CN"),
    ],
)
def test_the_language_follows_the_setting_or_else_the_system(
    qt: Any, setting: str, system: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtCore import QLocale

    from stereosim_gui.views import language

    class Locale(QLocale):
        @staticmethod
        def system() -> QLocale:
            return QLocale(system)

    monkeypatch.setattr(language, "QLocale", Locale)
    assert language.chosen_language(setting) == expected


def test_texts_of_classes_functions_model_and_qt_are_spoken(chinese: None) -> None:
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QDialogButtonBox

    from stereosim_gui.model.stages import Stage, stage_name
    from stereosim_gui.views.language import current_language, spoken, spoken_stage

    assert current_language() == "zh_CN"
    assert spoken(stage_name(Stage.SCOUT)) == "定位像"
    assert HAN.search(spoken_stage("making the patient"))
    common = next(source for context, source in DONE if context == "Common" and len(source) > 9)
    assert QCoreApplication.translate("NobodysClass", common) == DONE["Common", common]
    assert QCoreApplication.translate("NobodysClass", "Not to be found") == "Not to be found"
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert "取消" in box.buttons()[0].text()


# Names, keys and signs that stay as they are.
KEPT = re.compile(
    r"stereosim|English|Enter|Return|Shift|Ctrl|Alt|Backspace|Space|Home|Page|PgUp|PgDown|Down|"
    r"BSD|Clause|Python|Linux|Fusion|Mammotome|EnCor|ATEC|Vacora|Revolve|FIRE|https?\S+"
)


def english_in(root: Any) -> list[str]:
    """What a widget and those in it show that looks like English."""
    from PySide6.QtWidgets import QAbstractButton, QLabel

    shown = [w.text() for kind in (QLabel, QAbstractButton) for w in root.findChildren(kind)]
    shown += [w.toolTip() for kind in (QLabel, QAbstractButton) for w in root.findChildren(kind)]
    return sorted({text for text in shown if re.search(r"[A-Za-z]{4,}", KEPT.sub("", text))})


@pytest.mark.parametrize("guidance", ["stereotactic", "ultrasound"])
def test_nothing_is_left_in_english_in_the_window(
    qt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guidance: str
) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    from stereosim_gui import start
    from stereosim_gui.model.spec import AttemptSpec
    from stereosim_gui.views.language import speak

    monkeypatch.setattr(start, "warm_up", lambda cancel, report: iter(()))
    (tmp_path / "settings.json").write_text('{"language": "zh_CN"}')
    session = start.Session(qt, tmp_path)
    try:
        session.open()
        wait_until(lambda: session.app.ready)
        assert english_in(session.window.gallery) == []
        attempt = session.app.start(AttemptSpec("thin-breast", 1, guidance))
        wait_until(lambda: attempt.started and not attempt.busy)
        assert english_in(session.window.page) == []
    finally:
        session.close()
        session.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        speak(qt, "en")


def test_the_tool_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["translations.py", "--check"])
    monkeypatch.setattr(TOOL, "TRANSLATIONS", tmp_path)
    assert TOOL.main() == 1
    assert list(tmp_path.iterdir()) == [], "a check changes nothing"
