"""A whole ultrasound-guided biopsy in the window, from the search to the debrief, by events."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stereosim.procedures.intents import (
    Film,
    Fire,
    Insert,
    Look,
    MarkEcho,
    PlaceClip,
    Sample,
    Steer,
    Stop,
)
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.worker import Worker
from tests.app_scenes import wait_ms, wait_until

SPEC = AttemptSpec("case-1-mass", 1, "ultrasound")


class Trainee:
    """Works at the window with mouse and keys, and waits until each thing is done."""

    def __init__(self, app: AppModel, window: Any) -> None:
        self.app = app
        self.window = window
        assert app.attempt is not None
        self.attempt = app.attempt
        self.machine = app.attempt.sonography

    @property
    def page(self) -> Any:
        return self.window.page

    @property
    def image(self) -> Any:
        return self.page.images.image

    def settle(self) -> None:
        wait_until(lambda: not self.attempt.busy and not self.machine.waiting)
        wait_ms(20)

    def key(self, name: str, modifier: str = "No", widget: Any = None) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        where = self.image if widget is None else widget
        QTest.keyClick(where, Qt.Key[f"Key_{name}"], Qt.KeyboardModifier[f"{modifier}Modifier"])
        self.settle()

    def click(self, widget: Any, at: Any = None) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        where = QPoint(12, widget.height() // 2) if at is None else at.toPoint()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where)
        self.settle()

    def say_yes(self) -> bool:
        """Answer a question with the button that is not the usual one; False without one."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication, QMessageBox

        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            return False
        go = next(b for b in box.buttons() if b is not box.defaultButton())
        QTest.mouseClick(go, Qt.MouseButton.LeftButton)
        self.settle()
        return True

    def drag_probe_to(self, x_mm: float, y_mm: float) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        body, look = self.page.images.body, self.machine.look
        start, end = body.pixel_of(look.x_mm, look.y_mm), body.pixel_of(x_mm, y_mm)
        QTest.mousePress(body, Qt.MouseButton.LeftButton, pos=start.toPoint())
        for k in range(1, 6):
            QTest.mouseMove(body, (start + (end - start) * (k / 5)).toPoint())
            self.settle()
        QTest.mouseRelease(body, Qt.MouseButton.LeftButton, pos=end.toPoint())

    def press_until(self, name: str, condition: Callable[[], bool], most: int) -> None:
        for _ in range(most):
            if condition():
                return
            self.key(name)
        assert condition(), name


@pytest.fixture
def trainee() -> Iterator[Trainee]:
    try:
        from PySide6.QtCore import QCoreApplication, QEvent
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    from stereosim_gui.views.courier import Courier
    from stereosim_gui.views.main_window import MainWindow
    from stereosim_gui.views.theme import dress

    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    dress(qt)
    courier = Courier()
    worker = Worker(courier.deliver)
    app = AppModel(worker)
    broken: list[Exception] = []
    app.failed.connect(broken.append)
    window = MainWindow(app)
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    attempt = app.start(SPEC)
    wait_until(lambda: attempt.started and attempt.sonography.sonogram is not None)
    made = Trainee(app, window)
    made.settle()
    yield made
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    worker.stop()
    assert broken == []


def test_a_biopsy_under_ultrasound_from_the_search_to_the_debrief(trainee: Trainee) -> None:
    machine, attempt = trainee.machine, trainee.attempt
    # Where the report says, then up and down over it, as a trainee would.
    x, y, _ = (float(c) for c in attempt.seen.referral.supine_mm)
    trainee.drag_probe_to(x, y - 4.0)
    assert machine.sonogram is not None and machine.skin is not None
    assert machine.look.y_mm == pytest.approx(y - 4.0, abs=1.0)
    trainee.image.setFocus()
    for _ in range(4):
        trainee.key("Up")
    assert machine.skin.seen.sum() > 100
    # The test knows where the mass is; a trainee sees it.
    patient = attempt.engine.patient
    middle = patient.supine_specks().solids.centres_mm[patient.specks.target].mean(axis=0)
    trainee.drag_probe_to(float(middle[0]), float(middle[1]))
    trainee.image.setFocus()
    for _ in range(3):
        trainee.key("Return")  # freeze, keep, to the target
    assert trainee.app.stage is Stage.TARGET and [s.phase for s in attempt.seen.stills] == [
        "search"
    ]
    place = machine.sonogram.place_mm(middle)
    trainee.click(trainee.image, trainee.image.pixel_of((float(place[0]), float(place[2]))))
    trainee.click(trainee.page.current.reasons["correlate"])
    trainee.key("Return")
    assert trainee.app.stage is Stage.NEEDLE and attempt.seen.marked_reason == "correlate"

    # Flat, so that the throw stays off the chest wall: entry far out, line through the target.
    trainee.key("S", "Shift")
    trainee.key("S", "Shift")
    place = machine.sonogram.place_mm(attempt.seen.marked_mm)
    trainee.click(trainee.image, trainee.image.pixel_of((float(place[0]), float(place[2]))))
    combo = trainee.page.current.devices
    index = combo.findData("vab-11g-petite")
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
    trainee.key("Return")
    assert trainee.app.stage is Stage.PREFIRE and not machine.frozen
    before = machine.sonogram

    def short_by() -> float:
        guide = machine.needle.guide
        assert guide is not None and attempt.seen.marked_mm is not None
        return guide.line.nearest(attempt.seen.marked_mm)[0] - guide.centre_mm

    trainee.press_until("W", lambda: short_by() < 0.5, 60)
    assert machine.sonogram is not before, "the image goes on while the needle moves"
    trainee.key("S", "Alt")
    trainee.key("Z", "Control")
    for _ in range(2):
        trainee.key("Return")
    assert attempt.seen.stills[-1].phase == "prefire"
    assert not any(isinstance(i, Fire) for i in attempt.state.intents), "Enter never fires"
    trainee.key("F", "Control")
    # Nothing speaks against it, so nothing is asked.
    assert not trainee.say_yes()
    assert trainee.app.stage is Stage.SAMPLE and not attempt.can_undo
    trainee.image.setFocus()
    trainee.key("Space")
    trainee.key("K")
    assert attempt.seen.stills[-1].phase == "postfire"

    trainee.click(trainee.page.current.round)
    for _ in range(12):
        if attempt.ended:
            break
        trainee.page.primary.click()
        trainee.settle()
        trainee.say_yes()
    assert attempt.ended and trainee.app.stage is Stage.DEBRIEF
    kinds = [type(intent) for intent in attempt.state.intents]
    for kind in (Look, MarkEcho, Insert, Steer, Fire, Sample, Film, PlaceClip, Stop):
        assert kind in kinds, kind
    assert attempt.engine.procedure.replay(attempt.state.intents).seen.cores == attempt.seen.cores


def test_referring_is_an_end_too(trainee: Trainee) -> None:
    trainee.click(trainee.page.current.refer)
    assert trainee.say_yes()
    assert trainee.attempt.state.outcome == "declined: not visible"
    assert trainee.app.stage is Stage.DEBRIEF
