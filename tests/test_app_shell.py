"""The shell of the app, offscreen: theme, gallery, settings, errors, sheet of keys, tour."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stereosim_gui.model import tour
from stereosim_gui.model.choice import CASE_SEED, Choice
from stereosim_gui.model.spec import AttemptSpec
from tests.app_scenes import wait_ms, wait_until

if TYPE_CHECKING:
    from stereosim_gui.start import Session

SPEC = AttemptSpec("case-1", 3, "stereotactic", exam=True)


# --- the theme ------------------------------------------------------------------------------------
def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    parts = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_texts_have_the_contrast_that_wcag_asks_for(qt: Any) -> None:
    from stereosim_gui.views import theme

    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    poor = [pair for pair in theme.TEXT_PAIRS if contrast(*pair) < 4.5]
    assert not poor, poor
    for edge in (theme.FOCUS, theme.OUTLINE, theme.ACCENT):
        assert contrast(edge, theme.PANEL) >= 3.0, "what shows the keyboard or an outline"


# --- the window, offscreen ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def qt() -> Any:
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    return QApplication.instance() or QApplication([])


@pytest.fixture
def session(qt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Session"]:
    """The app with a simulator that needs no time to get ready."""
    from PySide6.QtCore import QCoreApplication, QEvent

    from stereosim_gui import start

    monkeypatch.setattr(start, "warm_up", lambda cancel, report: iter(()))
    (tmp_path / "settings.json").write_text('{"language": "en"}')
    made = start.Session(qt, tmp_path)
    made.open()
    wait_until(lambda: made.app.ready)
    wait_ms(30)  # until the window is up and has the keyboard
    yield made
    made.close()
    made.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_importing_the_window_loads_nothing_heavy(qt: Any) -> None:
    heavy = ("numba", "scipy", "matplotlib", "pyqtgraph")
    code = (
        f"import sys; import stereosim_gui.start\nprint([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_nothing_is_chosen_at_first_and_a_key_chooses(session: "Session") -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    gallery, app = session.window.gallery, session.app
    gallery.cards.setFocus()
    wait_ms(20)
    assert not app.choice.made and not gallery.briefing.begin.isEnabled()
    assert "Welcome" in gallery.briefing.title.text()
    QTest.keyClick(gallery.cards, Qt.Key.Key_Right)
    first = gallery.library[0].text
    assert app.choice == Choice(True, first.name, CASE_SEED)
    assert gallery.briefing.title.text() == first.title and gallery.briefing.begin.isEnabled()
    assert "The question" in gallery.briefing.text.toPlainText()
    QTest.keyClick(gallery.cards, Qt.Key.Key_Right)
    assert app.choice.case == gallery.library[1].text.name


def test_guidance_exam_hints_and_number_are_chosen_by_clicks(session: "Session") -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QWidget

    gallery, app = session.window.gallery, session.app
    briefing = gallery.briefing
    item = gallery.cards.item(gallery.cards.count() - 1)
    QTest.mouseClick(
        gallery.cards.viewport(),
        Qt.MouseButton.LeftButton,
        pos=gallery.cards.visualItemRect(item).center(),
    )
    assert app.choice.made and app.choice.case is None
    drawn = app.choice.seed
    assert briefing.seed.value() == drawn

    def click(widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))

    click(briefing.guidances["ultrasound"])
    click(briefing.hints)
    assert not app.settings.hints
    click(briefing.exam)
    assert app.choice == Choice(True, None, drawn, "ultrasound", True)
    assert not briefing.hints.isEnabled(), "there are no hints in an exam"
    QTest.mouseClick(briefing.another, Qt.MouseButton.LeftButton)
    assert app.choice.seed == briefing.seed.value()
    briefing.seed.setFocus()
    briefing.seed.selectAll()
    QTest.keyClicks(briefing.seed, "4711")
    QTest.keyClick(briefing.seed, Qt.Key.Key_Tab)
    assert app.choice.seed == 4711
    kept = json.loads((session.data / "settings.json").read_text())
    assert kept["hints"] is False


def test_enter_begins_and_ctrl_w_leaves_and_the_banner_goes_on(session: "Session") -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from stereosim.procedures.intents import Position

    window, app = session.window, session.app
    gallery = window.gallery
    assert not gallery.banner.isVisible()
    gallery.cards.choose("thin-breast")
    gallery.cards.setFocus()
    QTest.keyClick(gallery.cards, Qt.Key.Key_Return)
    wait_until(lambda: app.attempt is not None and app.attempt.started)
    assert app.attempt is not None and app.attempt.spec == AttemptSpec(
        "thin-breast", 1, "stereotactic"
    )
    assert window.page is not None and window.stack.currentWidget() is window.page
    assert "22 mm" in window.windowTitle()
    app.attempt.send(Position(1.0, 2.0))
    wait_until(lambda: app.attempt is not None and not app.attempt.busy)
    QTest.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert app.attempt is None and window.stack.currentWidget() is gallery
    assert gallery.banner.isVisible() and "22 mm" in gallery.banner_text.text()
    QTest.mouseClick(gallery.resume_button, Qt.MouseButton.LeftButton)
    wait_until(lambda: app.attempt is not None and app.attempt.started)
    assert app.attempt.seen.shift_mm == (1.0, 2.0)
    app.leave()
    QTest.mouseClick(gallery.discard_button, Qt.MouseButton.LeftButton)
    assert not gallery.banner.isVisible() and gallery.unfinished is None


def test_an_attempt_that_ends_is_scored_and_shown_on_its_card(session: "Session") -> None:
    from stereosim.procedures.intents import Position, Stop

    app = session.app
    scores: list[dict[str, Any]] = []
    app.finished.connect(scores.append)
    attempt = app.start(AttemptSpec("thin-breast", 1, "stereotactic", voxel_mm=2.0))
    wait_until(lambda: attempt.started)
    for intent in (Position(0.0, 0.0), Stop("inaccessible")):
        attempt.send(intent)
        wait_until(lambda: not attempt.busy)
    wait_until(lambda: bool(scores))
    (entry,) = app.shelf.history()
    assert entry["outcome"] == "inaccessible" == scores[0]["outcome"] and entry["cores"] == 0
    app.leave()
    assert app.shelf.unfinished() is None
    gallery = session.window.gallery
    gallery.cards.choose("thin-breast")
    assert gallery.cards.face is not None and "not accessible" in gallery.cards.face.note


def test_a_broken_patient_leads_back_to_the_gallery(
    session: "Session", monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtWidgets import QMessageBox

    from stereosim_gui.model.engine import Engine

    def broken(engine: Engine, report: object) -> Any:
        raise ZeroDivisionError("no breast")

    monkeypatch.setattr(Engine, "begin", broken)
    session.app.start(SPEC)
    wait_until(lambda: session.app.attempt is None)
    wait_until(lambda: bool(session.window.findChildren(QMessageBox)))
    (box,) = session.window.findChildren(QMessageBox)
    assert "no breast" in box.informativeText() and "ZeroDivisionError" in box.detailedText()
    assert str(session.data) in box.text()
    box.reject()


def test_errors_of_slots_and_threads_give_one_dialog_and_a_log(
    session: "Session", caplog: pytest.LogCaptureFixture
) -> None:
    from PySide6.QtWidgets import QMessageBox

    with caplog.at_level(logging.ERROR):
        for number in range(3):
            session.report(ValueError(f"fault {number}"))
        wait_until(lambda: bool(session.window.findChildren(QMessageBox)))
    (box,) = session.window.findChildren(QMessageBox)
    assert "fault 0" in box.informativeText()
    assert [record.message for record in caplog.records].count("unexpected error") == 3
    box.reject()


def test_what_qt_says_goes_to_the_log(qt: Any, caplog: pytest.LogCaptureFixture) -> None:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

    from stereosim_gui.start import _log_of_qt

    with caplog.at_level(logging.WARNING):
        _log_of_qt(QtMsgType.QtWarningMsg, QMessageLogContext(), "a complaint")
    assert [(r.name, r.levelname, r.message) for r in caplog.records] == [
        ("qt", "WARNING", "a complaint")
    ]


def test_broken_settings_and_store_are_said_and_the_app_opens(qt: Any, tmp_path: Path) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QMessageBox

    from stereosim_gui import start

    (tmp_path / "settings.json").write_text("{")
    (tmp_path / "attempts.sqlite").mkdir()
    said: list[str] = []
    made = start.Session(qt, tmp_path)
    made.app.said.connect(lambda text: said.append(text.english()))
    made.open()
    wait_until(lambda: len(said) >= 2)
    assert any("settings" in text for text in said) and any("attempts" in text for text in said)
    assert made.window.findChildren(QMessageBox)
    made.close()
    made.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_settings_change_texts_at_once_and_keep_the_attempt(session: "Session", qt: Any) -> None:
    from stereosim_gui.views.settings import SettingsDialog

    app, window = session.app, session.window
    attempt = app.start(AttemptSpec("thin-breast", 1, "stereotactic"))
    wait_until(lambda: attempt.started)
    points = qt.font().pointSizeF()
    dialog = SettingsDialog(app, session.data, window)
    dialog.text_scale.setValue(150)
    dialog.language.setCurrentIndex(dialog.language.findData("zh_CN"))
    dialog.accept()
    assert qt.font().pointSizeF() == pytest.approx(1.5 * points, rel=0.01)
    assert app.attempt is attempt and window.page is not None
    assert window.page.undo_button.text() != "Undo"
    app.change_settings(language="en", text_scale=1.0)
    assert window.page.undo_button.text() == "Undo"
    assert qt.font().pointSizeF() == pytest.approx(points, rel=0.01)


def test_the_sheet_of_keys_names_every_key_and_closes_with_esc(session: "Session") -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QDialog, QLabel

    from stereosim_gui.views.keys import KEYS
    from stereosim_gui.views.language import spoken

    QTest.keyClick(session.window, Qt.Key.Key_F1)
    (sheet,) = session.window.findChildren(QDialog)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    assert {spoken(key.does) for key in KEYS.values()} <= words
    assert {spoken(key.group) for key in KEYS.values()} <= words
    assert "F1" in words
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_the_tour_points_at_widgets_and_moves_on_when_the_step_is_done(session: "Session") -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    window, app = session.window, session.app
    QTest.mouseClick(window.gallery.buttons["tour"], Qt.MouseButton.LeftButton)
    guide = window.tour
    assert guide.running and app.settings.toured
    assert guide.step is not None and guide.step.name == "choose"
    callout, ring = guide.callout, guide.ring
    assert callout.isVisible() and "first case" in callout.title.text()
    place = window.gallery.cards.mapTo(window, window.gallery.cards.rect().center())
    assert ring.isVisible() and ring.geometry().contains(place)
    window.gallery.cards.choose("near-skin")
    wait_ms(150)
    assert guide.step.name == "choose", "another case is not what the tour asked for"
    window.gallery.cards.choose("case-1")
    wait_until(lambda: callout.title.text() == "Begin")
    assert window.rect().contains(callout.geometry())
    QTest.mouseClick(callout.leave, Qt.MouseButton.LeftButton)
    assert not callout.isVisible() and not ring.isVisible()
    QTest.keyClick(window, Qt.Key.Key_F3)
    assert callout.isVisible() and callout.title.text() == "Begin", "taken up where it was left"


def test_a_new_user_is_offered_the_tour_once(session: "Session") -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    gallery = session.window.gallery
    assert gallery.welcome.isVisible()
    gallery.tour_buttons[1].setFocus()
    QTest.keyClick(gallery.tour_buttons[1], Qt.Key.Key_Return)
    assert not gallery.welcome.isVisible() and not session.window.tour.running
    assert json.loads((session.data / "settings.json").read_text())["toured"] is True


def test_the_tour_follows_a_whole_biopsy(session: "Session") -> None:
    from stereosim.procedures.approach import usual_position
    from stereosim.procedures.intents import (
        Advance,
        ChooseDevice,
        Expose,
        Film,
        Fire,
        Intent,
        MarkPair,
        PlaceClip,
        Sample,
        Stop,
    )

    app, guide = session.app, session.window.tour
    guide.start()
    attempt = app.start(AttemptSpec(tour.TOUR_CASE, 1, "stereotactic", voxel_mm=2.0))
    wait_until(lambda: attempt.started and not attempt.busy)
    names = [guide.step.name if guide.step else None]

    def send(intent: Intent) -> None:
        assert attempt.send(intent)
        wait_until(lambda: not attempt.busy)
        names.append(guide.step.name if guide.step else None)

    room = attempt.engine.room
    for intent in (
        usual_position(attempt.seen.referral, room.unit), Expose("scout"), Expose("pair"),
    ):  # fmt: skip
        send(intent)
    attempt.mark("left", (900.0, 500.0))
    attempt.mark("right", (850.0, 500.0))
    wait_until(lambda: attempt.preview is not None and attempt.preview.target is not None)
    names.append(guide.step.name if guide.step else None)
    for intent in (
        MarkPair((900.0, 500.0), (850.0, 500.0)), ChooseDevice(next(iter(room.devices))),
        Advance(), Expose("pair"), Fire(), Expose("pair"), Sample((12.0,)), Film(), PlaceClip(),
        Stop("finished"),
    ):  # fmt: skip
        send(intent)
    assert names == [
        "position", "scout", "pair", "mark", "target", "needle", "needle", "prefire", "fire",
        "postfire", "sample", "film", "finish", "finish", None,
    ]  # fmt: skip
    wait_until(lambda: guide.callout.title.text() == "That was your first biopsy")


def test_every_control_of_the_shell_has_a_name_and_a_tooltip(session: "Session") -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox

    from stereosim_gui.views.settings import SettingsDialog

    dialog = SettingsDialog(session.app, session.data, session.window)
    for root in (session.window.gallery, dialog):
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox):
            for widget in root.findChildren(kind):
                if widget.parent().metaObject().className() == "QDialogButtonBox":
                    continue  # OK and Cancel
                name = widget.accessibleName() or (
                    widget.text() if isinstance(widget, QAbstractButton) else ""
                )
                assert name, widget
                assert widget.toolTip(), name
    dialog.reject()
