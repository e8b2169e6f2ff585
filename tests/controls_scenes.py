"""A practice page on an engine that makes no X-ray images, for the tests of its controls."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from stereosim.geometry.views import scout, stereo_pair
from stereosim.procedures.intents import Expose, Intent, MarkPair, Position
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.display import Picture
from stereosim_gui.model.engine import Engine
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.worker import Worker
from tests.app_scenes import wait_ms, wait_until

# Marks that put a target into the breast of case 1, in the usual position.
LEFT, RIGHT = (1207.0, 480.0), (827.0, 480.0)
PIXELS = np.zeros((1000, 1943), np.float32)


class Unseeing(Engine):
    """Makes black images: what an exposure costs and shows of the needle is left out."""

    def _made(self) -> Any:
        procedure = cast(Any, super()._made())
        views = (scout(self.room.unit), *stereo_pair(self.room.unit))
        exposure = SimpleNamespace(dose_mgy=0.5, kv=28, mas=50.0)
        procedure._positioned = lambda seen: {view.name: view for view in views}
        procedure._image = lambda state, view, number: SimpleNamespace(
            exposure=exposure, view=view, pixels=PIXELS
        )
        procedure._as_read = lambda image, view, thickness_mm: image
        return procedure

    def beside(self, state: Any, marks: Any) -> bool:
        """No image says where the breast ends."""
        return False

    def look_ahead(self, state: Any) -> None:
        """Nothing is there to be got ready."""

    def xray_picture(self, shot: Any, number: int, state: Any) -> Picture:
        box = np.array([[600.0, 200.0, 1300.0, 900.0]])
        return Picture(shot.view, shot.phase, "xray", (PIXELS,), (0.07, 0.07), number, (), box)


@dataclass
class Scene:
    """The page of an attempt in a window."""

    app: AppModel
    attempt: Attempt
    window: Any
    page: Any
    failures: list[Exception]

    @property
    def controls(self) -> Any:
        return self.page.current

    def settle(self) -> None:
        """Have everything under way arrive."""
        wait_until(lambda: not self.attempt.busy)
        wait_ms(20)
        wait_until(lambda: not self.attempt.busy)
        assert not self.failures, self.failures

    def do(self, *intents: Intent) -> None:
        for intent in intents:
            assert self.attempt.send(intent), intent
            self.settle()

    def to(self, stage: Stage, **marks: Any) -> None:
        """Go to the stage as far as the target."""
        usual = self.attempt.engine.equipment.usual_position
        assert usual is not None
        self.do(usual)
        if stage in (Stage.PAIR, Stage.TARGET, Stage.NEEDLE):
            self.do(Expose("scout"))
        if stage in (Stage.TARGET, Stage.NEEDLE):
            self.do(Expose("pair"))
        if stage is Stage.NEEDLE:
            left, right = marks.get("left", LEFT), marks.get("right", RIGHT)
            self.attempt.mark("left", left)
            self.attempt.mark("right", right)
            self.do(MarkPair(left, right))
            wait_until(lambda: self.attempt.console.margins is not None)
        assert self.app.stage is stage

    def last(self) -> Intent:
        return self.attempt.state.intents[-1]

    def key(self, widget: Any, name: str, modifier: str = "No") -> None:
        """Press a key as a user does: shortcuts come first."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        # After a question the window is not active at once, and shortcuts wait for that.
        widget.window().activateWindow()
        wait_until(widget.window().isActiveWindow)
        QTest.keyClick(widget, Qt.Key[f"Key_{name}"], Qt.KeyboardModifier[f"{modifier}Modifier"])
        self.settle()

    def type(self, box: Any, text: str) -> None:
        """Type a number over what stands in a field, and do not press Enter."""
        from PySide6.QtTest import QTest

        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)

    def click(self, widget: Any) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        at = QPoint(12, widget.height() // 2)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)
        self.settle()

    def answer(self, words: str) -> None:
        """Click the button of the question that is asked."""
        self.click(next(b for b in self.question().buttons() if b.text() == words))

    def question(self) -> Any:
        """The question that is asked now, if any."""
        from PySide6.QtWidgets import QMessageBox

        wait_ms(20)
        asked = [box for box in self.window.findChildren(QMessageBox) if box.isVisible()]
        return asked[0] if asked else None


@contextmanager
def scene(case: str = "case-1", *, exam: bool = False) -> Iterator[Scene]:
    """Open the page of an attempt, and close it again."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QMainWindow

    from stereosim_gui.views.courier import Courier
    from stereosim_gui.views.practise import PractisePage
    from stereosim_gui.views.theme import dress

    qt = QCoreApplication.instance()
    dress(cast(Any, qt))
    courier = Courier()
    worker = Worker(courier.deliver)
    app = AppModel(worker, make_engine=Unseeing)
    failures: list[Exception] = []
    app.failed.connect(failures.append)
    attempt = app.start(AttemptSpec(case, 3, "stereotactic", exam=exam))
    page = PractisePage(app, attempt)
    window = QMainWindow()
    window.setCentralWidget(page)
    window.resize(1280, 720)
    window.show()
    window.activateWindow()
    made = Scene(app, attempt, window, page, failures)
    try:
        wait_until(lambda: attempt.started)
        made.settle()
        yield made
    finally:
        page.let_go()
        app.leave()
        worker.stop()
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


USUAL = Position(-10.0, 0.0, "caudocranial")
