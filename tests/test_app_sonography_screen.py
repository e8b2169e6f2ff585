"""Ultrasound in the app: the screen of the machine and its controls, by mouse and keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from stereosim.procedures.intents import Look, MarkEcho, Stop
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.sonography import Sonography, Tool
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.worker import Worker
from tests.app_scenes import Pump
from tests.sonography_scenes import StubEngine


@dataclass
class Room:
    """The page of an ultrasound attempt."""

    app: AppModel
    attempt: Attempt
    engine: StubEngine
    pump: Pump
    page: Any

    @property
    def machine(self) -> Sonography:
        return self.attempt.sonography

    @property
    def image(self) -> Any:
        return self.page.images.image

    @property
    def body(self) -> Any:
        return self.page.images.body

    def settle(self) -> None:
        """Have every frame and every intent arrive and be drawn."""
        from PySide6.QtWidgets import QApplication

        self.pump.until(lambda: not self.machine.waiting and not self.attempt.busy)
        QApplication.processEvents()

    def key(self, widget: Any, name: str, modifier: str = "No") -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.keyClick(widget, Qt.Key[f"Key_{name}"], Qt.KeyboardModifier[f"{modifier}Modifier"])
        self.settle()

    def click(self, widget: Any, at: Any = None) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QCheckBox, QRadioButton

        # Radio buttons and check boxes take clicks on their words only.
        where = widget.rect().center() if at is None else at.toPoint()
        if at is None and isinstance(widget, (QCheckBox, QRadioButton)):
            where = QPoint(12, widget.height() // 2)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where)
        self.settle()

    def click_in_image(self, u_mm: float, z_mm: float) -> None:
        self.click(self.image, self.image.pixel_of((u_mm, z_mm)))


@pytest.fixture(scope="module")
def qt() -> Any:
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        pytest.skip(f"Qt cannot start here: {error}")
    return QApplication.instance() or QApplication([])


def opened(exam: bool = False) -> Iterator[Room]:
    from PySide6.QtCore import QCoreApplication, QEvent

    from stereosim_gui.views.practise import PractisePage

    pump = Pump()
    worker = Worker(pump.calls.put)
    engines: list[StubEngine] = []

    def make(spec: AttemptSpec) -> StubEngine:
        engines.append(StubEngine(spec))
        return engines[-1]

    app = AppModel(worker, make_engine=make)
    attempt = app.start(AttemptSpec("case-1", 1, "ultrasound", exam=exam))
    pump.until(lambda: attempt.started)
    page = PractisePage(app, attempt)
    page.resize(1280, 800)
    page.show()
    page.activateWindow()
    room = Room(app, attempt, engines[0], pump, page)
    pump.until(lambda: attempt.sonography.sonogram is not None)
    room.settle()
    yield room
    page.let_go()
    page.close()
    page.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    worker.stop()


@pytest.fixture
def room(qt: Any) -> Iterator[Room]:
    yield from opened()


@pytest.fixture
def exam(qt: Any) -> Iterator[Room]:
    yield from opened(exam=True)


# --- the probe -----------------------------------------------------------------------------------
def test_arrows_move_the_probe_as_the_operator_sees_it(room: Room) -> None:
    machine = room.machine
    room.key(room.image, "Right")
    # The operator's right is the patient's left.
    assert (machine.look.x_mm, machine.look.y_mm) == (-1.0, 0.0)
    room.key(room.image, "Up", "Shift")
    room.key(room.body, "Left", "Alt")
    assert (machine.look.x_mm, machine.look.y_mm) == (-0.8, 5.0)
    assert machine.sonogram is not None and machine.sonogram.look == machine.look
    room.key(room.body, "E")
    assert machine.look.angle_deg == 185.0
    room.key(room.body, "Q", "Shift")
    assert machine.look.angle_deg == 95.0


def test_dragging_the_probe_on_the_breast_moves_it_by_as_much(room: Room) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    body, machine = room.body, room.machine
    start = body.pixel_of(0.0, 0.0).toPoint()
    QTest.mousePress(body, Qt.MouseButton.LeftButton, pos=start)
    for k in range(1, 6):
        QTest.mouseMove(body, start + QPoint(4 * k, -6 * k))
        room.settle()
    QTest.mouseRelease(body, Qt.MouseButton.LeftButton, pos=start + QPoint(20, -30))
    assert machine.look.x_mm == pytest.approx(-20.0 / body.scale, abs=0.05)
    assert machine.look.y_mm == pytest.approx(30.0 / body.scale, abs=0.05)
    assert room.engine.asked[-1] == machine.look
    # A click beside the probe puts it down there.
    room.click(body, body.pixel_of(25.0, -30.0))
    assert machine.look.x_mm == pytest.approx(25.0, abs=1.0 / body.scale)
    assert machine.look.y_mm == pytest.approx(-30.0, abs=1.0 / body.scale)


def test_the_marker_of_the_probe_is_at_the_left_of_the_image(room: Room) -> None:
    """Drawing and image agree: what lies at the marker's end is the left of the image."""
    machine, body = room.machine, room.body
    for angle in (180.0, 215.0, 270.0, 30.0):
        machine.turn(angle - machine.look.angle_deg)
        room.settle()
        assert machine.sonogram is not None
        half = 0.5 * machine.sonogram.width_mm
        x, y, _ = machine.sonogram.supine_mm((-half, 0.0))
        drawn = body._on_probe().map(-half, 0.0)
        at = body.pixel_of(x, y)
        assert drawn == pytest.approx((at.x(), at.y()), abs=0.01)


def test_what_was_scanned_stays_shaded(room: Room) -> None:
    machine = room.machine
    room.key(room.image, "Up", "Shift")
    room.key(room.image, "Up", "Shift")
    assert machine.skin is not None
    before = machine.skin.seen.sum()
    room.key(room.image, "Up", "Shift")
    assert machine.skin.seen.sum() > before


# --- the image -----------------------------------------------------------------------------------
def test_what_is_clicked_is_what_is_seen(room: Room) -> None:
    image = room.image
    for point in ((0.0, 0.0), (-12.3, 31.0), (18.0, 7.5)):
        assert image.point_of(image.pixel_of(point)) == pytest.approx(point)
    rect, shown = image.image_rect, room.machine.sonogram
    assert shown is not None
    # True to shape: as many pixels per millimetre down as across.
    assert rect.width() / shown.width_mm == pytest.approx(rect.height() / shown.depth_mm)
    assert rect.left() > 0 and rect.right() <= image.width()
    assert rect.top() > 0 and rect.bottom() <= image.height()


def test_the_screen_shows_the_grey_values_of_the_frame(room: Room) -> None:
    from PySide6.QtGui import QImage

    machine, image = room.machine, room.image
    assert machine.sonogram is not None
    # A step in brightness at a known depth, found again on the screen at that depth.
    machine.sonogram.level_db[:] = -60.0
    deep = round(20.0 / machine.sonogram.row_mm)
    machine.sonogram.level_db[deep:] = 40.0
    machine.show_with(machine.display.shifted(gain_db=1.0))
    grabbed = image.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    data = np.frombuffer(grabbed.constBits(), np.uint8).reshape(grabbed.height(), -1)
    column = round(image.pixel_of((5.0, 0.0)).x())
    y = image.pixel_of((0.0, 20.0)).y()
    assert data[round(y) - 6, column] < 20 and data[round(y) + 6, column] > 230


def test_space_freezes_and_keys_turn_the_knobs(room: Room) -> None:
    machine, image = room.machine, room.image
    image.setFocus()
    room.key(image, "Plus")
    assert machine.display.gain_db == 2.0
    room.key(image, "PageDown")
    room.key(image, "PageUp", "Control")
    assert (machine.look.depth_mm, machine.look.focus_mm) == (45.0, 14.0)
    assert machine.sonogram is not None and machine.sonogram.look.depth_mm == 45.0
    room.key(image, "Space")
    asked = len(room.engine.asked)
    assert machine.frozen
    room.key(image, "Right")
    room.key(image, "PageDown")
    assert machine.look.depth_mm == 45.0 and len(room.engine.asked) == asked
    room.key(image, "Space")
    assert not machine.frozen
    sliders = room.page.images.knobs.sliders
    sliders["gain"].setValue(-9)
    sliders["range"].setValue(45)
    sliders["depth"].setValue(30)
    room.page.images.time_gain.sliders[2].setValue(4)
    room.settle()
    assert (machine.display.gain_db, machine.display.dynamic_range_db) == (-9.0, 45.0)
    assert machine.display.tgc_db[2] == 4.0 and machine.look.depth_mm == 30.0


def test_right_drag_turns_gain_and_range_and_the_wheel_the_depth(room: Room) -> None:
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    machine, image = room.machine, room.image
    start = QPoint(200, 300)
    QTest.mousePress(image, Qt.MouseButton.RightButton, pos=start)
    QTest.mouseMove(image, start + QPoint(40, -80))
    QTest.mouseRelease(image, Qt.MouseButton.RightButton, pos=start + QPoint(40, -80))
    assert machine.display.gain_db > 1.0 and machine.display.dynamic_range_db > 61.0
    assert machine.draft is None
    event = QWheelEvent(
        QPointF(start), QPointF(image.mapToGlobal(start)), QPoint(), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(image, event)
    room.settle()
    assert machine.look.depth_mm == 45.0


def test_tooltips_do_not_hide_what_is_looked_at(room: Room) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtWidgets import QApplication

    def shown(widget: Any, at: Any) -> bool:
        event = QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at))
        QApplication.sendEvent(widget, event)
        return event.isAccepted()

    rect = room.image.image_rect.toRect()
    assert not shown(room.image, rect.center())
    assert shown(room.image, rect.bottomRight() + rect.topLeft())
    assert not shown(room.body, room.body.rect().center())
    assert shown(room.body, room.body.rect().topLeft())


def test_the_caliper_by_mouse(room: Room) -> None:
    machine = room.machine
    room.key(room.image, "C")
    assert machine.frozen and machine.tool is Tool.CALIPER
    room.click_in_image(-5.0, 10.0)
    room.click_in_image(4.0, 22.0)
    scale = room.image.image_rect.width() / 38.4
    assert machine.distance_mm == pytest.approx(15.0, abs=1.5 / scale)
    room.key(room.image, "C")
    assert machine.tool is Tool.NONE


# --- procedure -----------------------------------------------------------------------------------
def to_target(room: Room) -> None:
    """Freeze, keep and turn to the page of the target, by Enter alone."""
    for _ in range(3):
        room.key(room.image, "Return")
    assert room.app.stage is Stage.TARGET


def test_enter_freezes_keeps_and_goes_on_to_the_target(room: Room) -> None:
    room.key(room.image, "Right", "Shift")
    to_target(room)
    look = room.machine.look
    assert room.attempt.state.intents == (look,) and isinstance(look, Look)
    # Nothing to set yet: no place, no reason.
    assert not room.page.primary.isEnabled()
    room.click_in_image(3.0, 12.0)
    assert not room.page.primary.isEnabled()
    room.click(room.page.current.reasons["correlate"])
    room.key(room.image, "Right")
    room.key(room.image, "Down", "Alt")
    assert room.machine.draft is not None and room.machine.sonogram is not None
    scale = room.image.image_rect.width() / 38.4
    assert room.machine.draft == pytest.approx((3.5, 12.1), abs=1.0 / scale)
    expected = room.machine.sonogram.supine_mm(room.machine.draft)
    room.key(room.image, "Return")
    assert room.attempt.state.intents[-1] == MarkEcho(expected, "correlate")
    assert room.app.stage is Stage.NEEDLE


def test_the_mark_can_be_taken_back(room: Room) -> None:
    to_target(room)
    room.click_in_image(3.0, 12.0)
    room.click(room.page.current.reasons["blind"])
    room.key(room.image, "Return")
    assert room.attempt.seen.marked_mm is not None
    room.key(room.image, "Z", "Control")
    assert room.attempt.seen.marked_mm is None
    assert room.app.stage in (Stage.SEARCH, Stage.TARGET)


def test_kept_frames_can_be_shown_again(room: Room) -> None:
    for _ in range(2):
        room.key(room.image, "Up", "Shift")
        room.key(room.image, "Space")
        room.key(room.image, "K")
        room.key(room.image, "Space")
    thumbs = room.page.current.thumbs
    assert len(thumbs) == len(room.attempt.seen.stills) == 2
    room.click(thumbs[0])
    assert room.machine.frozen and room.machine.look.y_mm == 5.0
    room.click(thumbs[1])
    assert room.machine.look.y_mm == 10.0
    # The mouse leaves the keys with the image.
    room.key(room.image, "Space")
    assert not room.machine.frozen


@pytest.mark.parametrize("yes", [False, True])
def test_not_visible_is_asked_before_it_ends_the_procedure(room: Room, yes: bool) -> None:
    from PySide6.QtWidgets import QApplication, QMessageBox

    room.click(room.page.current.refer)
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox) and "stereotactic" in box.text()
    words = "Refer" if yes else "Go on looking"
    room.click(next(button for button in box.buttons() if button.text() == words))
    if yes:
        assert room.attempt.state.intents[-1] == Stop("declined: not visible")
        assert room.app.stage is Stage.DEBRIEF
    else:
        assert not room.attempt.ended


def planned(room: Room) -> None:
    """Mark a target and come to the page of the needle."""
    to_target(room)
    room.click_in_image(3.0, 14.0)
    room.click(room.page.current.reasons["specks"])
    room.key(room.image, "Return")
    assert room.app.stage is Stage.NEEDLE


def test_the_approach_by_keys_mouse_and_fields(room: Room) -> None:
    planned(room)
    needle, image = room.machine.needle, room.image
    room.key(image, "S", "Shift")
    room.key(image, "W")
    room.key(image, "R", "Shift")
    room.key(image, "F", "Alt")
    room.key(image, "G")
    approach = needle.approach
    assert (approach.distance_mm, approach.tilt_deg, approach.turn_deg) == (14.0, 34.8, 1.0)
    room.key(image, "X")
    assert needle.approach.side == -1 and needle.approach.turn_deg == -1.0
    room.page.current.tilt.setValue(50.0)
    assert needle.approach.tilt_deg == 50.0
    room.page.current.turn.setValue(0.0)
    # A click in the image lays the line through it.
    room.click_in_image(3.0, 14.0)
    line, marked = needle.line, room.attempt.seen.marked_mm
    assert line is not None and marked is not None
    assert line.nearest(marked)[1] < 0.5
    assert "target" in room.page.current.path.text()


def test_the_entry_can_be_dragged_along_the_plane(room: Room) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    planned(room)
    body, needle, look = room.body, room.machine.needle, room.machine.look
    assert needle.line is not None
    start = body.pixel_of(*(float(c) for c in needle.line.entry_mm[:2])).toPoint()
    # To the other side of the probe, 25 mm beyond its edge.
    goal = body._on_probe().map(-(0.5 * 38.4 + 25.0), 3.0)
    from PySide6.QtCore import QPointF

    end = QPointF(*goal).toPoint()
    QTest.mousePress(body, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(body, end)
    QTest.mouseRelease(body, Qt.MouseButton.LeftButton, pos=end)
    assert needle.approach.side == -1
    assert needle.approach.distance_mm == pytest.approx(25.0, abs=1.0 / body.scale)
    assert room.machine.look == look


def test_the_guide_is_drawn_and_can_be_switched_off(room: Room) -> None:
    planned(room)
    with_guide = room.image.grab().toImage()
    room.click(room.page.current.guide)
    assert room.machine.needle.guide is None
    assert room.image.grab().toImage() != with_guide


def test_there_is_no_guide_in_an_exam(exam: Room) -> None:
    planned(exam)
    assert exam.machine.needle.guide is None and not exam.page.current.guide.isEnabled()
    assert exam.page.current.path.text() == ""
    before = exam.image.grab().toImage()
    exam.machine.needle.plan(exam.machine.needle.approach.changed(tilt_deg=20.0))
    assert exam.image.grab().toImage() == before


def test_a_page_that_is_left_asks_for_no_more_frames(room: Room) -> None:
    room.page.hide()
    asked = len(room.engine.asked)
    room.machine.move(3.0, 3.0)
    assert not room.machine.waiting and len(room.engine.asked) == asked
    room.page.show()
    room.settle()
    assert len(room.engine.asked) == asked + 1


def test_everything_can_be_reached_by_tab_and_has_a_name(room: Room) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QScrollBar, QWidget

    reached: list[QWidget] = []
    widget: Any = room.image.nextInFocusChain()
    while widget is not room.image:
        reached.append(widget)
        widget = widget.nextInFocusChain()
    images = room.page.images
    used = [
        made
        for made in images.findChildren(QWidget)
        if isinstance(made, (QAbstractButton, QAbstractSlider)) and not isinstance(made, QScrollBar)
    ]
    assert len(used) >= 4 + 4 + 8  # buttons, knobs, time gain
    for made in (*used, images.body, images.image):
        assert made in reached or made is room.image, made
        assert made.focusPolicy() & Qt.FocusPolicy.TabFocus, made
        assert made.accessibleName() or made.text(), made
        assert made.toolTip(), made
