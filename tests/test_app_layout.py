"""The layout of every stage: nothing cut, nothing over anything else, at every size that counts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from stereosim_gui.model.settings import Settings
from stereosim_gui.model.stages import Stage
from tests import app_procedures as do
from tests.app_driver import (
    Trainee,
    at_the_app,
    middle_speck,
    pixels_of_point,
)
from tests.app_layout import faults
from tests.app_scenes import wait_ms

# By the scale of the texts: which sizes of the window are looked at.
SIZES = {1.0: ((1280, 800), (1280, 720)), 1.5: ((1280, 800),)}


@dataclass
class Surveyor:
    """Looks at a screen at every size and writes down what is wrong."""

    trainee: Trainee
    found: list[str] = field(default_factory=list)

    @property
    def scale(self) -> float:
        return self.trainee.app.settings.text_scale

    def look(self, name: str) -> None:
        """Look at what is shown at every size; then go on at the usual one."""
        for size in (*SIZES[self.scale][1:], SIZES[self.scale][0]):
            self.trainee.window.resize(*size)
            where = f"{name} at {size[0]} x {size[1]}, texts {self.scale:g}"
            self.found += [f"{where}: {fault}" for fault in self._faults()]
        if self.scale == 1.0:
            self.found += [f"{name}: {fault}" for fault in self._hidden()]

    def _faults(self) -> list[str]:
        """Return what is wrong once the lay-out has come to rest."""
        found: list[str] = []
        for _ in range(8):
            wait_ms(15)
            found = faults(self.trainee.top)
            if not found:
                break
        return found

    def _hidden(self) -> Iterator[str]:
        """At the usual sizes nothing of the controls has to be scrolled to."""
        page = self.trainee.page
        if page is not None and page.column.isVisible():
            bar = page.stack.parentWidget().parentWidget().verticalScrollBar()
            if bar.maximum() > 0:
                yield f"the controls are {bar.maximum()} px too high"


@pytest.fixture(params=[1.0, pytest.param(1.5, marks=pytest.mark.slow)])
def surveyor(request: pytest.FixtureRequest) -> Iterator[Surveyor]:
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    settings = Settings(language="en", toured=True, text_scale=request.param)
    with at_the_app(settings=settings) as trainee:
        yield Surveyor(trainee)


def test_every_stage_of_a_stereotactic_attempt(surveyor: Surveyor) -> None:
    trainee, look = surveyor.trainee, surveyor.look
    look("gallery")
    do.click_card(trainee, "large-cluster")
    look("gallery, a case chosen")
    do.begin(trainee, "case-1")
    look("position")
    trainee.click("As the referral says")
    trainee.click("primary")
    look("scout")
    trainee.click("primary")
    look("pair")
    attempt = trainee.attempt
    pixels = pixels_of_point(attempt, middle_speck(attempt))
    trainee.click("2 Scout")
    trainee.click_in_view("scout", pixels["scout"], zoom=0)
    trainee.hear("stage-scout-made")
    look("scout, a place picked")
    trainee.click("3 Stereo pair")
    trainee.click("primary")
    trainee.hear("stage-target-none")
    look("target")
    trainee.click_in_view("left", pixels["left"], zoom=0)
    look("target, one mark")
    # A mark far off its row: everything that can be said is said.
    trainee.click_in_view("right", (pixels["right"][0], pixels["right"][1] - 60.0), zoom=0)
    trainee.hear("y-mismatch")
    look("target, wrong pair")
    trainee.click("Why?")
    look("the explanation")
    trainee.key("Esc")
    trainee.click_in_view("right", pixels["right"], zoom=0)
    trainee.click("primary")
    look("needle")
    do.choose_device(trainee, "vab-9g-petite")
    trainee.click("primary")
    look("pre-fire")
    trainee.click("primary")
    trainee.hear("prefire-tip")
    look("pre-fire, with its pair")
    trainee.click("Fire the needle")
    look("fired")
    trainee.click("primary")
    trainee.hear("postfire-offset")
    look("post-fire")
    do.sample(trainee, (12.0, 1.0, 2.0, 3.0))
    look("sampled")
    trainee.click("primary")
    look("specimen")
    count = trainee.find("Cores with calcification")
    trainee.click(count)
    trainee.key("Ctrl+A")
    trainee.type("0")
    trainee.key("Return")
    look("specimen, nothing on it")
    trainee.click("primary")
    trainee.stage(Stage.CLIP)
    look("clip")
    trainee.click("primary")
    look("the question before the end")
    trainee.click("End it")
    do.await_debrief(trainee)
    do.await_other_guidance(trainee)
    look("debrief")
    assert not surveyor.found, "\n".join(surveyor.found)


def test_an_unsafe_needle_and_a_thin_breast(surveyor: Surveyor) -> None:
    trainee, look = surveyor.trainee, surveyor.look
    do.begin(trainee, "thin-breast")
    do.make_pair(trainee)
    do.target(trainee)
    do.choose_device(trainee, "vab-9g")
    look("needle, unsafe")
    trainee.click("primary")
    trainee.hear("stroke-margin")
    look("pre-fire, unsafe")
    trainee.click("primary")
    look("pre-fire, unsafe, with its pair")
    trainee.click("Fire the needle")
    look("the question before firing")
    assert not surveyor.found, "\n".join(surveyor.found)


def test_every_stage_of_an_ultrasound_attempt(surveyor: Surveyor) -> None:
    trainee, look = surveyor.trainee, surveyor.look
    do.begin(trainee, "cluster-in-mass", "ultrasound")
    place = middle_speck(trainee.attempt)
    do.scan_to(trainee, place[0], place[1])
    look("scan")
    trainee.click("primary")
    look("frozen")
    trainee.click("primary")
    look("kept")
    trainee.click("primary")
    u, _, z = do.in_plane(trainee, place)
    do.click_in_sonogram(trainee, u, z)
    look("target")
    trainee.click("Not visible: refer…")
    look("the question before referring")
    trainee.key("Esc")
    trainee.click("Calcifications seen")
    trainee.click("primary")
    do.click_in_sonogram(trainee, u, z)
    look("needle")
    trainee.click("primary")
    do.steer_to_target(trainee)
    look("pre-fire")
    trainee.click("Fire the needle")
    look("fired")
    do.sample(trainee, (12.0, 3.0))
    look("sampled")
    trainee.click("primary")
    look("specimen")
    trainee.click("primary")
    look("clip")
    do.end(trainee)
    look("debrief")
    assert not surveyor.found, "\n".join(surveyor.found)


def test_the_dialogs(surveyor: Surveyor) -> None:
    trainee, look = surveyor.trainee, surveyor.look
    for name in ("Keys", "Settings", "About"):
        trainee.click(name)
        look(name)
        trainee.key("Esc")
    assert not surveyor.found, "\n".join(surveyor.found)


def test_faults_are_found() -> None:
    """The check itself: a label that is too narrow, and two that lie over one another."""
    from PySide6.QtWidgets import QApplication, QLabel, QWidget

    qt = QApplication.instance() or QApplication([])
    assert qt is not None
    box = QWidget()
    box.resize(200, 100)
    one, other = QLabel("wide words that need room", box), QLabel("short", box)
    one.setGeometry(0, 0, 40, 20)
    other.setGeometry(30, 10, 80, 30)
    box.show()
    said = "\n".join(faults(box))
    assert "needs" in said and "lies over" in said
    one.setGeometry(0, 0, 190, 30)
    other.setGeometry(0, 40, 80, 30)
    assert faults(box) == []
    other.setGeometry(150, 40, 80, 30)
    assert "x 150 to 229" in faults(box)[0]
    box.close()
