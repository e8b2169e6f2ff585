"""The hint bar by keys and settings, on an engine that makes no images."""

from collections.abc import Iterator
from typing import Any

import pytest

from stereosim.procedures.intents import ChooseDevice
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.teaching import Lesson
from stereosim_gui.model.texts import say
from tests.app_scenes import wait_until
from tests.controls_scenes import Scene, scene


@pytest.fixture(scope="module", autouse=True)
def qt() -> Any:
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    return QApplication.instance() or QApplication([])


@pytest.fixture
def room() -> Iterator[Scene]:
    with scene() as made:
        yield made


def explanations(room: Scene) -> list[Any]:
    from stereosim_gui.views.hints import Explanation

    return [box for box in room.window.findChildren(Explanation) if box.isVisible()]


def test_a_page_has_its_tip_and_says_why_by_key(room: Scene) -> None:
    from PySide6.QtWidgets import QLabel

    hints = room.page.hints
    assert hints.lesson.code == "stage-position" and hints.word.text() == "Tip"
    assert "under the window of the paddle" in hints.text.text()
    assert hints.icon.level == "tip" and not hints.next.isVisible()
    room.key(room.page, "Y")
    (box,) = explanations(room)
    words = " ".join(label.text() for label in box.findChildren(QLabel))
    assert hints.lesson.why.english() in words
    room.key(box, "Escape")
    assert explanations(room) == []


def test_the_most_urgent_comes_first_and_n_goes_on(room: Scene) -> None:
    # Low in the breast of case 1: the long aperture would come out at the back.
    room.to(Stage.NEEDLE, left=(1130.0, 480.0), right=(905.0, 480.0))
    hints = room.page.hints
    room.do(ChooseDevice("vab-9g"))
    wait_until(lambda: hints.lesson is not None and hints.lesson.code == "stroke-margin")
    assert hints.word.text() == "Careful" and hints.icon.level == "warning"
    assert "back of the breast" in hints.text.text()
    codes = [lesson.code for lesson in hints.lessons]
    assert codes[-1] == "stage-needle" and hints.next.isVisible()
    for code in (*codes[1:], codes[0]):
        room.key(room.page, "N")
        assert hints.lesson.code == code
    assert hints.next.text().startswith(f"1 of {len(codes)}")


def test_what_is_being_read_stays_until_something_urgent_comes_up(room: Scene) -> None:
    hints = room.page.hints

    def said(code: str, level: str) -> Lesson:
        return Lesson(code, level, say(("Doc", code)), say(("Doc", code)))

    note, other, tip = said("a", "note"), said("b", "note"), said("stage-x", "tip")

    def speak(*lessons: Lesson) -> str:
        hints.tutor.lessons = lambda stage: lessons
        hints.tutor.changed.emit()
        return str(hints.lesson.code)

    assert speak(tip) == "stage-x"
    assert speak(note, tip) == "a", "news come before the page's tip"
    assert speak(other, note, tip) == "a", "what is being read stays"
    assert speak(said("c", "warning"), other, note, tip) == "c"
    assert speak(tip) == "stage-x"


def test_hints_can_be_switched_off_and_on(room: Scene) -> None:
    hints = room.page.hints
    high = hints.height()
    assert high > 20
    room.app.change_settings(hints=False)
    room.settle()
    assert hints.lessons == () and hints.height() == 0
    room.key(room.page, "Y")
    assert explanations(room) == []
    room.app.change_settings(hints=True)
    room.settle()
    assert hints.height() == high and hints.lesson is not None


def test_an_exam_is_silent() -> None:
    with scene(exam=True) as made:
        hints = made.page.hints
        made.to(Stage.NEEDLE, left=(1130.0, 480.0), right=(905.0, 480.0))
        made.do(ChooseDevice("vab-9g"))
        assert hints.lessons == () and hints.height() == 0
        assert hints.tutor._read_outs is None, "nothing is looked at either"
