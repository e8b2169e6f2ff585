"""Whole procedures by real mouse and key events, from the gallery to the debrief."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stereosim.procedures.intents import Fire, IntentError, MarkPair
from stereosim_gui.model.engine import Engine
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from tests import app_procedures as do
from tests.app_driver import (
    Trainee,
    at_a_session,
    at_the_app,
    coarse,
    middle_speck,
    pixels_of_point,
    true_specks,
)
from tests.app_scenes import wait_ms, wait_until

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def trainee() -> Iterator[Trainee]:
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    with at_the_app() as somebody:
        yield somebody


def shown_texts(trainee: Trainee) -> str:
    return "\n".join(trainee.words())


# --- stereotactic ---------------------------------------------------------------------------------
def test_stereotactic_with_the_mouse(trainee: Trainee) -> None:
    """Case 1, from its card to what ultrasound would have got."""
    assert trainee.says("Choose a patient")
    do.begin(trainee, "case-1")
    attempt = trainee.attempt
    assert attempt.spec == AttemptSpec("case-1", 1, "stereotactic")
    do.make_pair(trainee)
    assert attempt.seen.exposures == 3
    do.target(trainee)
    do.insert(trainee)
    assert trainee.says("✓ Safe to fire")
    do.fire_and_look(trainee)
    assert [p.phase for p in attempt.pictures[-4:]] == ["prefire"] * 2 + ["postfire"] * 2
    toward = do.hour_of_specks(trainee)
    hours = tuple(float((toward + k - 1) % 12 + 1) for k in (-2, -1, 0, 1, 2, 6))
    do.sample(trainee, hours)
    do.film(trainee, 2)
    do.clip_and_end(trainee)
    assert attempt.state.outcome == "finished" and trainee.refused == []
    review = trainee.page.debrief.review
    assert review.score.target_sampled and review.film_positive
    assert trainee.says("Retrieved: calcification in") and trainee.says("Exposures: 7.")
    assert do.await_other_guidance(trainee) is not None
    debrief = trainee.page.debrief
    trainee.key("Alt+8")
    bar = debrief.area.verticalScrollBar()
    assert bar.value() == min(debrief.sections[7].y(), bar.maximum()) > 0
    trainee.click("Another patient")
    assert trainee.app.attempt is None and trainee.find("Patients").isVisible()


def test_stereotactic_with_the_keyboard_only(trainee: Trainee) -> None:
    key, attempt_of = trainee.key, lambda: trainee.attempt
    assert trainee.focus is trainee.find("Patients")
    key("Down")
    while trainee.app.choice.case != "case-1":
        key("Right")
    key("Return")
    trainee.settle()
    trainee.stage(Stage.POSITION)
    trainee.tab_to("As the referral says")
    key("Space")
    key("Return")
    trainee.stage(Stage.SCOUT)
    key("Return", 2)
    trainee.stage(Stage.TARGET)
    attempt = attempt_of()
    pixels = pixels_of_point(attempt, middle_speck(attempt))
    # The left mark: into the middle of the view, then by arrows.
    assert trainee.focus is trainee.pane("left")
    key("P")
    walk_mark(trainee, "left", pixels["left"])
    # The right one is typed.
    for axis, number in zip(("column", "row"), pixels["right"], strict=True):
        trainee.tab_to(f"Right mark, {axis}")
        key("Ctrl+A")
        trainee.type(f"{number:.1f}")
    key("Return")
    assert attempt.marks.right == pytest.approx(pixels["right"], abs=0.06)
    key("Return")
    trainee.stage(Stage.NEEDLE)
    assert np.linalg.norm(attempt.seen.marked_mm - middle_speck(attempt)) < 1.0
    assert trainee.focus is trainee.find("Devices")
    key("Home")
    while attempt.console.device != "vab-9g-petite":
        key("Down")
    key("Return")
    trainee.stage(Stage.PREFIRE)
    key("Return")
    assert attempt.pictures[-1].phase == "prefire"
    key("Return")  # nothing is fired by Enter
    trainee.stage(Stage.PREFIRE)
    key("Ctrl+F")
    trainee.stage(Stage.SAMPLE)
    key("Return")
    assert attempt.pictures[-1].phase == "postfire"
    assert trainee.focus is trainee.find("Clock dial")
    trainee.type("123")
    key("0")
    key("Return")
    assert attempt.seen.hours == (1.0, 2.0, 3.0, 10.0)
    key("Return")
    trainee.stage(Stage.SPECIMEN)
    assert trainee.focus is trainee.find("Cores with calcification")
    key("Ctrl+A")
    trainee.type("1")
    key("Return", 2)
    trainee.stage(Stage.CLIP)
    key("Return")
    assert trainee.question.isVisible()
    key("Return")  # stays: the dialog's usual answer changes nothing
    trainee.stage(Stage.CLIP)
    key("Return")
    trainee.tab_to("End it")
    key("Space")
    do.await_debrief(trainee)
    debrief = trainee.page.debrief
    for number, section in enumerate(debrief.sections, start=1):
        key(f"Alt+{number}")
        bar = debrief.area.verticalScrollBar()
        assert bar.value() == min(section.y(), bar.maximum()), section.short
    key("Ctrl+W")
    assert trainee.app.attempt is None


def walk_mark(trainee: Trainee, view: str, pixel: tuple[float, float]) -> None:
    """Bring a mark to `pixel` by arrows: ten pixels, one, a tenth."""
    for axis, ways in enumerate((("Left", "Right"), ("Up", "Down"))):
        for size, held in ((10.0, "Shift+"), (1.0, ""), (0.1, "Alt+")):
            here = getattr(trainee.attempt.marks, view)[axis]
            steps = int((pixel[axis] - here) / size)
            for _ in range(abs(steps)):
                trainee.key(f"{held}{ways[steps > 0]}")
    placed = getattr(trainee.attempt.marks, view)
    assert placed == pytest.approx(pixel, abs=0.11)


# --- ultrasound -----------------------------------------------------------------------------------
def test_ultrasound_with_the_mouse(trainee: Trainee) -> None:
    """Calcifications in a mass: found, hit, filmed; the needle is steered by keys."""
    do.begin(trainee, "cluster-in-mass", "ultrasound")
    trainee.stage(Stage.SEARCH)
    attempt, machine = trainee.attempt, trainee.attempt.sonography
    place = middle_speck(attempt)
    do.scan_to(trainee, place[0], place[1])
    do.freeze_and_keep(trainee)
    trainee.click("primary")
    trainee.stage(Stage.TARGET)
    u, v, z = do.in_plane(trainee, place)
    assert abs(v) < 2.0
    do.click_in_sonogram(trainee, u, z)
    trainee.click("Calcifications seen")
    trainee.click("primary")
    trainee.stage(Stage.NEEDLE)
    assert np.linalg.norm(attempt.seen.marked_mm - place) < 2.0
    do.click_in_sonogram(trainee, u, z)
    assert trainee.says("The line passes the target at 0.")
    trainee.click("primary")
    trainee.stage(Stage.PREFIRE)
    do.steer_to_target(trainee)
    assert trainee.says("As told: aperture") and trainee.says("✓ Safe to fire")
    # A needle that went beside the finding is seen by its echo, and swung back by keys.
    steered = len(attempt.state.intents)
    trainee.key("Shift+S")
    trainee.key("Shift+W")
    assert len(attempt.state.intents) == steered + 2
    trainee.click("Fire the needle")
    trainee.stage(Stage.SAMPLE)
    assert not machine.frozen
    do.sample(trainee, tuple(float(hour) for hour in range(1, 13)))
    do.film(trainee, 3)
    do.clip_and_end(trainee)
    review = trainee.page.debrief.review
    assert attempt.state.outcome == "finished" and review.score.cores == 12
    assert trainee.says("Marked as specks seen under ultrasound.")
    assert do.await_other_guidance(trainee) is not None
    assert trainee.refused == []


def test_ultrasound_declined_as_not_visible(trainee: Trainee) -> None:
    """Case 1 under ultrasound: five specks without a mass; to refer is the right decision."""
    do.begin(trainee, "case-1", "ultrasound")
    attempt = trainee.attempt
    expected = attempt.engine.equipment
    assert expected is not None
    place = middle_speck(attempt)
    do.scan_to(trainee, place[0], place[1])
    do.freeze_and_keep(trainee)
    trainee.click("Not visible: refer…")
    assert trainee.question.defaultButton().text() == "Go on looking"
    trainee.click("Go on looking")
    trainee.stage(Stage.SEARCH)
    trainee.click("Not visible: refer…")
    trainee.click("Refer")
    do.await_debrief(trainee)
    assert attempt.state.outcome == "declined: not visible"
    assert trainee.says("No core was taken.")
    assert do.await_other_guidance(trainee) is not None


# --- a novice's mistakes --------------------------------------------------------------------------
def test_mistake_another_speck_in_one_view(trainee: Trainee) -> None:
    do.begin(trainee, "case-1")
    do.make_pair(trainee)
    attempt = trainee.attempt
    left, right = two_specks_on_other_rows(attempt)
    do.mark(trainee, left, right)
    heard = trainee.hear("y-mismatch")
    assert heard.level == "warning" and trainee.page.hints.lesson == heard
    assert trainee.says("these are probably two different specks")
    assert "is it the same point" in trainee.pane("left").warning
    trainee.click("Why?")
    assert trainee.says("The tube moves sideways only")
    trainee.key("Esc")
    trainee.click("primary")
    trainee.stage(Stage.NEEDLE)
    do.insert(trainee)
    trainee.click("Fire the needle")
    if trainee.top is not trainee.window:
        trainee.click("Fire all the same")
    end_without_cores(trainee)
    assert trainee.says("The two marks were on two different specks.")


def two_specks_on_other_rows(attempt: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return marks on two specks of the target: rows far apart, height inside the breast."""
    specks, best = true_specks(attempt), None
    tolerance = attempt.engine.room.skill.y_tolerance_mm
    for one in specks:
        for other in specks:
            left = pixels_of_point(attempt, one)["left"]
            right = pixels_of_point(attempt, other)["right"]
            found = attempt.engine.preview(attempt.state, marks_of(left, right)).target
            if found is None or not 12.0 < found.target_mm[2] < attempt.seen.thickness_mm - 12.0:
                continue
            if abs(found.y_mismatch_mm) > tolerance and (
                best is None or abs(found.y_mismatch_mm) > best[0]
            ):
                best = (abs(found.y_mismatch_mm), left, right)
    assert best is not None
    return best[1], best[2]


def marks_of(left: tuple[float, float], right: tuple[float, float]) -> Any:
    from stereosim_gui.model.engine import Marks

    return Marks(left, right)


def end_without_cores(trainee: Trainee) -> None:
    trainee.stage(Stage.SAMPLE)
    do.end_early(trainee, "Inaccessible to the needle")


def test_mistake_negative_stroke_margin(trainee: Trainee) -> None:
    """Too long an aperture in a thin breast: warned before, asked at FIRE, told afterwards."""
    do.begin(trainee, "thin-breast")
    do.make_pair(trainee)
    attempt = trainee.attempt
    do.target(trainee)
    name = next(
        name
        for name, margins in attempt.console.margins.items()
        if margins.stroke_margin_mm < -2.0 and attempt.engine.room.devices[name].kind == "vacuum"
    )
    do.choose_device(trainee, name)
    assert trainee.says("✗")
    trainee.click("primary")
    trainee.stage(Stage.PREFIRE)
    heard = trainee.hear("stroke-margin")
    assert heard.level == "warning" and heard.remedies
    assert trainee.says("Stroke margin below zero")
    assert trainee.says("FIRE - UNSAFE")
    trainee.click("primary")
    trainee.click("Fire the needle")
    question = trainee.question
    assert question.defaultButton().text() == "Do not fire"
    trainee.key("Return")
    trainee.stage(Stage.PREFIRE)
    assert not any(isinstance(intent, Fire) for intent in attempt.state.intents)
    trainee.key("Ctrl+F")
    trainee.key("Esc")
    trainee.stage(Stage.PREFIRE)
    trainee.key("Ctrl+F")
    trainee.click("Fire all the same")
    end_without_cores(trainee)
    assert trainee.says("Fired with a stroke margin below zero")


def test_mistakes_ten_millimetres_off_and_no_calcification(trainee: Trainee) -> None:
    """Aimed beside the group: the post-fire pair and two empty films each say so."""
    do.begin(trainee, "case-1")
    do.make_pair(trainee)
    attempt = trainee.attempt
    middle = true_specks(attempt).mean(axis=0)
    do.target(trainee, middle + np.array([10.0, 0.0, 0.0]))
    do.insert(trainee)
    heard = trainee.hear("prefire-tip")
    assert heard.level == "warning" and trainee.says("do not fire yet")
    trainee.click("Fire the needle")
    trainee.stage(Stage.SAMPLE)
    trainee.click("primary")
    heard = trainee.hear("postfire-offset")
    assert heard.level == "warning" and trainee.says("too far from here")
    assert any(lesson.code == "postfire-both-same-side" for lesson in trainee.page.hints.lessons)
    away = (do.hour_of_specks(trainee) + 6.0 - 1.0) % 12.0 + 1.0
    do.sample(trainee, (away,))
    do.film(trainee, 0)
    trainee.hear("specimen-negative")
    assert trainee.says("do not stop here")
    assert trainee.says("No calcification was retrieved.")
    trainee.click("More cores")
    do.sample(trainee, (away,))
    do.film(trainee, 0)
    wait_until(lambda: trainee.says("The film is empty again"), 30.0)
    trainee.click("primary")
    trainee.stage(Stage.CLIP)
    do.end(trainee)
    assert trainee.says("Not retrieved: no calcification in any core")
    assert trainee.says("Largest error: x", "is on no speck")
    assert trainee.says("A mark was on no calcification at all.")
    assert not trainee.page.debrief.review.score.target_sampled


# --- exam, undo -----------------------------------------------------------------------------------
def test_an_exam_is_silent_until_its_end(trainee: Trainee) -> None:
    do.begin(trainee, "case-1", exam=True)
    do.make_pair(trainee)
    attempt = trainee.attempt
    left, right = two_specks_on_other_rows(attempt)
    trainee.click_in_view("left", left)
    assert attempt.preview.bands and trainee.pane("right").band is None
    trainee.click("Fit")
    trainee.click_in_view("right", right)
    wait_ms(400)
    hints = trainee.page.hints
    assert hints.lessons == () and not hints.frame.isVisible()
    assert "is it the same point" in trainee.pane("left").warning  # the console's own alarm
    do.end_early(trainee, "Not found on the images")
    assert trainee.says("No core was taken.")


def test_a_guided_attempt_shows_the_band(trainee: Trainee) -> None:
    do.begin(trainee, "case-1")
    do.make_pair(trainee)
    trainee.hear("stage-target-none")
    high = trainee.pane("left").height()
    pixels = pixels_of_point(trainee.attempt, middle_speck(trainee.attempt))
    trainee.click_in_view("left", pixels["left"])
    band = trainee.pane("right").band
    assert band is not None and trainee.pane("left").band is None
    apart = np.hypot(*(band.pixels - np.array(pixels["right"])).T)
    assert apart.min() < 20.0, "the partner lies on the band"
    assert trainee.says("The same speck lies on the blue band")
    trainee.click("Fit")
    trainee.click_in_view("right", (pixels["right"][0], pixels["right"][1] - 60.0))
    trainee.hear("y-mismatch")
    assert trainee.pane("left").height() == high, "the images do not jump for a longer hint"


def test_undo_and_redo_by_keys(trainee: Trainee) -> None:
    do.begin(trainee, "case-1")
    do.make_pair(trainee)
    do.target(trainee)
    attempt = trainee.attempt
    do.insert(trainee)
    states = [attempt.state]
    trainee.key("Ctrl+Z", 2)
    trainee.stage(Stage.NEEDLE)
    assert attempt.seen.exposures == 3 and attempt.undone == 2
    trainee.key("Ctrl+Y")
    trainee.stage(Stage.PREFIRE)
    trainee.key("Ctrl+Shift+Z")
    assert attempt.state is states[0] and attempt.seen.exposures == 5
    steps = 0
    while attempt.can_undo:
        trainee.key("Ctrl+Z")
        steps += 1
    trainee.stage(Stage.POSITION)
    assert attempt.state.intents == () and attempt.marks.left is None
    trainee.key("Ctrl+Y", steps)
    assert attempt.state is states[0]
    trainee.key("Ctrl+F")
    trainee.stage(Stage.SAMPLE)
    fired = attempt.state
    trainee.key("Ctrl+Z")
    assert attempt.state is fired, "FIRE cannot be undone"


# --- what breaks ----------------------------------------------------------------------------------
class Fragile(Engine):
    """Breaks in its steps when told to."""

    broken = False

    def step(self, state: Any, intent: Any) -> Any:
        if Fragile.broken:
            raise ZeroDivisionError("no breast")
        return super().step(state, intent)


def fragile(spec: AttemptSpec) -> Fragile:
    from dataclasses import replace

    return Fragile(replace(spec, voxel_mm=1.5))


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Trainee]:
    """The app as its command opens it, over an engine that breaks when told to."""
    with at_a_session(tmp_path, fragile) as somebody:
        yield somebody
    Fragile.broken = False


def test_what_breaks_in_a_step_is_told_and_changes_nothing(
    at_work: Trainee, caplog: pytest.LogCaptureFixture
) -> None:
    trainee = at_work
    do.begin(trainee, "case-1")
    do.make_pair(trainee)
    pictures = trainee.attempt.pictures
    Fragile.broken = True
    caplog.clear()
    pixels = pixels_of_point(trainee.attempt, middle_speck(trainee.attempt))
    do.mark(trainee, pixels["left"], pixels["right"])
    marked = trainee.attempt.moment
    trainee.click("primary")
    assert trainee.says("Something went wrong, and nothing has been changed.")
    assert "ZeroDivisionError: no breast" in trainee.question.detailedText()
    assert any(r.levelno == logging.ERROR and r.exc_info for r in caplog.records)
    trainee.key("Esc")
    assert trainee.attempt.moment is marked and trainee.attempt.pictures == pictures
    trainee.stage(Stage.TARGET)
    # And it goes on.
    Fragile.broken = False
    trainee.click("primary")
    trainee.stage(Stage.NEEDLE)
    assert isinstance(trainee.attempt.state.intents[-1], MarkPair)


def test_what_breaks_in_a_slot_is_told_and_changes_nothing(
    at_work: Trainee,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainee = at_work
    do.begin(trainee, "case-1")
    before = trainee.attempt.moment

    def break_down(intent: Any) -> bool:
        raise LookupError("the paddle fell off")

    monkeypatch.setattr(trainee.attempt, "send", break_down)
    caplog.clear()
    trainee.click("primary")
    wait_until(lambda: trainee.top is not trainee.window)
    assert trainee.says("Something went wrong") and trainee.says("the paddle fell off")
    assert any("unexpected error" in r.message and r.exc_info for r in caplog.records)
    trainee.click("OK")
    assert trainee.attempt.moment is before
    monkeypatch.undo()
    trainee.click("primary")
    trainee.stage(Stage.SCOUT)


def test_what_does_not_fit_is_said_in_the_status_line(
    trainee: Trainee, monkeypatch: pytest.MonkeyPatch
) -> None:
    do.begin(trainee, "case-1")

    def refuse(state: Any, intent: Any) -> Any:
        raise IntentError("expose: position the breast first")

    monkeypatch.setattr(trainee.attempt.engine, "step", refuse)
    trainee.click("primary")
    assert trainee.says("Not possible: position the breast first.")
    trainee.stage(Stage.POSITION)


# --- crash and resume -----------------------------------------------------------------------------
STOREY = """
import sys
from pathlib import Path
from tests.app_crash import until_it_dies
until_it_dies(Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_crash_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    from tests.app_crash import digest

    app = subprocess.Popen(
        [sys.executable, "-c", STOREY, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'gui'}:{ROOT / 'phantoms'}"},
    )
    try:
        assert app.stdout is not None
        told = app.stdout.readline().strip()
        assert app.poll() is None, "it should be waiting to be killed"
    finally:
        app.kill()
        app.communicate()
    with at_a_session(tmp_path) as trainee:
        assert trainee.says("Not finished:", "Go on where you were?")
        trainee.click("Go on")
        wait_until(lambda: trainee.app.attempt is not None and trainee.attempt.started)
        trainee.settle()
        trainee.stage(Stage.SAMPLE)
        assert digest(trainee.attempt) == told
        trainee.click("primary")
        assert trainee.attempt.pictures[-1].phase == "postfire"


# --- under X --------------------------------------------------------------------------------------
@pytest.mark.slow
def test_with_the_mouse_under_a_virtual_x_screen() -> None:
    if sys.platform != "linux":
        pytest.skip("X is Linux's")
    xvfb = shutil.which("xvfb-run")
    if xvfb is None or shutil.which("xauth") is None:
        pytest.skip("xvfb-run is not installed (tools/setup.sh test installs it where it may)")
    done = subprocess.run(
        [
            *(xvfb, "-a", "-s", "-screen 0 1280x800x24"),
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *("-k", "with_the_mouse and not virtual", str(Path(__file__).relative_to(ROOT))),
        ],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout, done.stdout


def test_the_driver_sees_only_what_is_in_sight(trainee: Trainee) -> None:
    """The events are worth something only if what is covered does not get them."""
    trainee.click("Keys")
    assert trainee.top is not trainee.window
    before = trainee.app.choice
    do_not = trainee.window.gallery.cards
    window, place = trainee.point(do_not.viewport(), do_not.visualItemRect(do_not.item(0)).center())
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert trainee.app.choice == before
    trainee.key("Esc")
    assert trainee.top is trainee.window
    assert coarse(AttemptSpec("case-1", 1, "stereotactic")).spec.voxel_mm > 1.0
