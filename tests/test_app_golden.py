"""Screens that were looked at once and must stay as they are (see golden.py for the tolerance)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.engine import Engine
from stereosim_gui.model.stages import Stage
from tests import app_procedures as do
from tests.app_driver import Trainee, at_the_app, coarse, middle_speck, pixels_of_point
from tests.app_scenes import wait_ms, wait_until
from tests.golden import FOLDER, MOST, compare, share_that_differs

USED: set[str] = set()


@dataclass
class Camera:
    """Compares screens with their golden images and writes down which differ."""

    trainee: Trainee
    kept: Path
    found: list[str] = field(default_factory=list)

    def look(self, name: str, *, size: tuple[int, int] = (1280, 800)) -> None:
        """Compare what is shown once everything has come to rest."""
        window = self.trainee.window
        if window.size().toTuple() != size:
            window.resize(*size)
        self._rest()
        USED.add(name)
        wrong = compare(self.trainee.top, name, self.kept)
        if wrong:
            self.found.append(wrong)

    def _rest(self) -> None:
        """Wait for the hints, the animation of the dial, and whatever else is under way."""
        from PySide6.QtWidgets import QApplication

        attempt, page = self.trainee.app.attempt, self.trainee.page
        for _ in range(2):
            wait_ms(200)
            self.trainee.settle()
            if attempt is not None and attempt.started:
                self._await_worker(attempt)
        if page is not None and self.trainee.app.hints_on and page.hints.isVisible():
            wait_until(lambda: not page.hints.tutor.images_unread)
        dial = getattr(page.current, "dial", None) if page is not None else None
        if dial is not None:
            wait_until(lambda: dial.drawn == len(dial.taken))
        QApplication.processEvents()
        wait_ms(30)

    @staticmethod
    def _await_worker(attempt: Attempt) -> None:
        """Wait until the worker has come through all that was asked of it so far."""
        answered: list[bool] = []
        attempt.compute(lambda cancel, report: iter([True]), answered.append)
        wait_until(lambda: bool(answered))


@pytest.fixture
def camera(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Camera]:
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    flash = qt.cursorFlashTime()
    qt.setCursorFlashTime(0)
    with at_the_app(make_engine=Engine if getattr(request, "param", False) else coarse) as trainee:
        made = Camera(trainee, tmp_path)
        yield made
    qt.setCursorFlashTime(flash)
    assert not made.found, "\n".join(made.found)


def test_the_shell(camera: Camera) -> None:
    trainee, look = camera.trainee, camera.look
    look("gallery-welcome")
    do.click_card(trainee, "linear-branching")
    look("gallery-case")
    trainee.click("Keys")
    look("keys")
    trainee.key("Esc")
    trainee.click("Settings")
    look("settings")
    trainee.key("Esc")
    trainee.click("Tour")
    look("tour-gallery")
    do.click_card(trainee, "case-1")
    trainee.click("Begin")
    look("tour-position")


@pytest.mark.parametrize("camera", [True], indirect=True, ids=["fine"])
def test_stereotactic(camera: Camera) -> None:
    trainee, look = camera.trainee, camera.look
    do.begin(trainee, "case-1")
    trainee.click("As the referral says")
    look("position")
    trainee.click("primary")
    trainee.click("primary")
    attempt = trainee.attempt
    pixels = pixels_of_point(attempt, middle_speck(attempt))
    trainee.click("2 Scout")
    trainee.click_in_view("scout", pixels["scout"], zoom=0)
    look("scout")
    trainee.click("3 Stereo pair")
    trainee.click("primary")
    trainee.stage(Stage.TARGET)
    trainee.click_in_view("left", pixels["left"], zoom=0)
    look("target-band")
    right = pixels["right"]
    trainee.click_in_view("right", (right[0] + 60.0, right[1] - 40.0), zoom=0)
    look("target-mismatch")
    trainee.click("Why?")
    look("why")
    trainee.key("Esc")
    do.mark(trainee, pixels["left"], right)
    look("target-both")
    trainee.window.resize(1280, 720)
    look("target-both-720", size=(1280, 720))
    trainee.window.resize(1280, 800)
    trainee.click("primary")
    do.choose_device(trainee, "vab-9g-petite")
    look("needle")
    trainee.click("primary")
    trainee.click("primary")
    look("prefire")
    do.fire_and_look(trainee)
    look("postfire")
    toward = do.hour_of_specks(trainee)
    hours = tuple(float((toward + k - 1) % 12 + 1) for k in (-1, 0, 1, 2))
    do.sample(trainee, hours)
    look("sampled")
    do.film(trainee, 2)
    look("specimen")
    trainee.click("primary")
    look("clip")
    trainee.click("Withdraw the needle")
    trainee.click("Expose the post-clip pair")
    look("clip-pair")
    do.end(trainee)
    do.await_other_guidance(trainee)
    for number, section in enumerate(trainee.page.debrief.sections, start=1):
        trainee.click(f"{number}  {section.short}")
        if section.short != "Images":  # they are in sight with the result
            look(f"debrief-{section.short.lower().replace(' ', '-')}")


def test_an_unsafe_needle(camera: Camera) -> None:
    trainee, look = camera.trainee, camera.look
    do.begin(trainee, "thin-breast")
    do.make_pair(trainee)
    do.target(trainee)
    do.choose_device(trainee, "vab-9g")
    look("needle-unsafe")
    trainee.click("primary")
    trainee.click("primary")
    look("prefire-unsafe")
    trainee.click("Fire the needle")
    look("question-unsafe")
    trainee.key("Esc")
    # What mends it: the lateral arm.
    trainee.click("Withdraw")
    trainee.click("5 Needle")
    trainee.find("How the needle is held").setFocus()
    trainee.key("Down")
    assert trainee.attempt.console.arm == "lateral-left"
    trainee.click("primary")
    trainee.stage(Stage.PREFIRE)
    do.fire_and_look(trainee)
    look("lateral-postfire")


def test_an_exam(camera: Camera) -> None:
    trainee = camera.trainee
    do.begin(trainee, "case-1", exam=True)
    do.make_pair(trainee)
    pixels = pixels_of_point(trainee.attempt, middle_speck(trainee.attempt))
    trainee.click_in_view("left", pixels["left"], zoom=0)
    camera.look("exam-target")


def test_ultrasound(camera: Camera) -> None:
    trainee, look = camera.trainee, camera.look
    do.begin(trainee, "cluster-in-mass", "ultrasound")
    place = middle_speck(trainee.attempt)
    do.scan_to(trainee, place[0], place[1])
    look("ultrasound-scan")
    trainee.attempt.sonography.tilt(15.0)
    trainee.attempt.sonography.press(10.0)
    look("ultrasound-leaning")
    trainee.attempt.sonography.tilt(0.0)
    trainee.attempt.sonography.press(0.0)
    trainee.settle()
    do.freeze_and_keep(trainee)
    trainee.click("primary")
    u, _, z = do.in_plane(trainee, place)
    do.click_in_sonogram(trainee, u, z)
    trainee.click("Calcifications seen")
    look("ultrasound-target")
    trainee.click("Not visible: refer…")
    look("question-refer")
    trainee.key("Esc")
    trainee.click("primary")
    do.click_in_sonogram(trainee, u, z)
    look("ultrasound-needle")
    trainee.click("primary")
    do.steer_to_target(trainee)
    look("ultrasound-prefire")
    trainee.click("Fire the needle")
    look("ultrasound-fired")
    do.sample(trainee, (12.0, 2.0, 4.0, 6.0, 8.0, 10.0))
    do.film(trainee, 3)
    do.clip_and_end(trainee)
    do.await_other_guidance(trainee)
    look("ultrasound-debrief")


def test_every_golden_image_is_used_and_they_are_few() -> None:
    """Runs last; where it runs alone there is nothing to compare the names with."""
    names = {file.stem for file in FOLDER.glob("*.png")}
    assert len(names) <= MOST
    if len(USED) > 30:
        assert names == USED


def test_a_moved_line_is_a_difference() -> None:
    """The tolerance: a line moved by a pixel is found, the last bits of a blend are not."""
    picture = np.full((800, 1280, 3), 30, np.uint8)
    noisy = picture + np.random.default_rng(1).integers(0, 3, picture.shape, dtype=np.uint8)
    assert share_that_differs(picture, noisy) == 0.0
    one, other = picture.copy(), picture.copy()
    one[400:404, :600] = 200
    other[404:408, :600] = 200
    assert share_that_differs(one, other) > 0.002
    assert share_that_differs(one, one[1:]) == 1.0
