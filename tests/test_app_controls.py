"""The controls of every stage, by mouse and keys, on an engine that makes no images."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from stereosim.biopsy.devices import load_devices
from stereosim.procedures.intents import (
    Adjust,
    Advance,
    ChooseDevice,
    Expose,
    Film,
    Fire,
    MarkPair,
    PlaceClip,
    Position,
    Sample,
    Stop,
    Withdraw,
)
from stereosim_gui.model.stages import STAGES, Stage
from tests.app_scenes import wait_ms, wait_until
from tests.controls_scenes import LEFT, RIGHT, USUAL, Scene, scene


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


def insert(room: Scene, device: str, **marks: Any) -> None:
    room.to(Stage.NEEDLE, **marks)
    room.do(ChooseDevice(device), Advance())
    assert room.app.stage is Stage.PREFIRE


def fired(room: Scene, device: str = "vab-9g-petite") -> None:
    insert(room, device)
    room.do(Fire(), Expose("pair"))
    assert room.app.stage is Stage.SAMPLE


# --- position -------------------------------------------------------------------------------------
def test_the_referral_and_its_usual_position(room: Scene) -> None:
    controls = room.controls
    assert "7:30 o'clock" in controls.referral.text()
    room.click(controls.usual)
    assert controls.position == USUAL
    room.key(controls.shift_x, "Return")
    assert room.last() == USUAL and room.app.stage is Stage.SCOUT


def test_enter_takes_a_typed_number_and_the_next_enter_goes_on(room: Scene) -> None:
    controls = room.controls
    room.type(controls.shift_x, "12.5")
    room.key(controls.shift_x, "Return")
    assert controls.position.shift_x_mm == 12.5 and not room.attempt.state.intents
    room.key(controls.shift_x, "Return")
    assert room.last() == Position(12.5, 0.0)


def test_a_bad_number_is_named_and_nothing_is_lost(room: Scene) -> None:
    controls = room.controls
    for box, text, words in (
        (controls.thickness, "20", "Thickness: this breast can be held at"),
        (controls.shift_y, "-3", "Shift y: not below 0"),
    ):
        old = box.value()
        room.type(box, text)
        room.click(room.page.primary)
        assert words in controls.problem.text() and controls.problem.isVisible()
        assert box.value() == float(text) and not room.attempt.state.intents
        box.put(old)
    room.type(controls.shift_x, "-")
    room.click(room.page.primary)
    assert "Shift x" in controls.problem.text() or room.last() == Position(0.0, 0.0)


def test_what_the_procedure_refuses_is_shown_at_the_field(room: Scene) -> None:
    room.attempt.send(Position(0.0, 0.0, thickness_mm=5.0))
    room.settle()
    assert "Thickness" in room.controls.problem.text()
    assert room.controls.thickness.hasFocus() and not room.attempt.state.intents


def test_compression_changes_thickness_plan_and_dose(room: Scene) -> None:
    controls = room.controls
    wait_until(lambda: "mGy" in controls.effect.text())
    before, outline = controls.effect.text(), controls.plan_view.plan.outline
    room.type(controls.thickness, "36")
    room.key(controls.thickness, "Return")
    wait_until(lambda: controls.effect.text() != before and "mGy" in controls.effect.text())
    assert max(y for _, y in controls.plan_view.plan.outline) > max(y for _, y in outline)
    room.click(room.page.primary)
    assert room.last() == Position(0.0, 0.0, "craniocaudal", 36.0)
    assert room.attempt.console.reading is not None
    assert room.attempt.console.reading.thickness_mm == 36.0


def test_undo_in_a_field_is_that_of_the_procedure(room: Scene) -> None:
    room.do(USUAL)
    assert room.app.show(Stage.POSITION)
    box = room.controls.shift_x
    room.type(box, "7")
    room.key(box, "Z", "Control")
    assert not room.attempt.state.intents


# --- scout and pair -------------------------------------------------------------------------------
def test_a_place_of_the_scout_is_brought_under_the_window(room: Scene) -> None:
    room.to(Stage.PAIR)
    centring = room.controls.centring
    assert not centring.button.isEnabled()
    room.attempt.pick_on_scout((1257.0, 522.0))
    wait_until(lambda: centring.position is not None)
    assert "Reposition" in centring.words.text() and centring.words.objectName() == "warn"
    room.click(centring.button)
    moved = room.last()
    assert isinstance(moved, Position) and moved.shift_x_mm > USUAL.shift_x_mm + 15.0
    assert room.app.stage is Stage.SCOUT and room.attempt.scout_pixel is None


def test_enter_exposes_the_pair_once(room: Scene) -> None:
    room.to(Stage.PAIR)
    room.key(room.page, "Return")
    assert room.last() == Expose("pair") and room.app.stage is Stage.TARGET
    room.app.show(Stage.PAIR)
    room.key(room.page, "Return")
    assert room.attempt.seen.exposures == 3 and room.app.stage is Stage.TARGET
    room.app.show(Stage.PAIR)
    room.click(room.controls.retake)
    assert room.attempt.seen.exposures == 5


# --- target ---------------------------------------------------------------------------------------
def test_coordinates_are_typed(room: Scene) -> None:
    room.to(Stage.TARGET)
    controls = room.controls
    boxes = controls.boxes
    assert not room.page.primary.isEnabled()
    for (view, k), number in zip(
        itertools.product(("left", "right"), (0, 1)), (*LEFT, *RIGHT), strict=True
    ):
        room.type(boxes[view, k], f"{number:.1f}")
        room.key(boxes[view, k], "Return")
    assert (room.attempt.marks.left, room.attempt.marks.right) == (LEFT, RIGHT)
    wait_until(lambda: "under the paddle" in controls.depth_words.text())
    room.key(boxes["left", 0], "Up")
    assert room.attempt.marks.left == (1207.1, 480.0)
    room.key(boxes["left", 0], "Z", "Control")
    assert room.attempt.marks.left == LEFT and boxes["left", 0].value() == 1207.0
    room.key(controls, "Return")
    assert room.last() == MarkPair(LEFT, RIGHT) and room.app.stage is Stage.NEEDLE


def test_marks_of_different_specks_are_said_to_be_so(room: Scene) -> None:
    room.to(Stage.TARGET)
    room.attempt.mark("left", LEFT)
    room.attempt.mark("right", (827.0, 520.0))
    controls = room.controls
    wait_until(lambda: controls.words.objectName() == "bad")
    assert "different specks" in controls.words.text()
    wait_until(lambda: room.page.readout.cells["mismatch"].value.text().startswith("✗"))
    room.click(controls.clear)
    assert room.attempt.marks.left is None and room.attempt.marks.right is None
    room.attempt.undo()
    assert room.attempt.marks.right == (827.0, 520.0)


def test_a_target_outside_the_breast_is_red(room: Scene) -> None:
    room.to(Stage.TARGET)
    room.attempt.mark("left", RIGHT)
    room.attempt.mark("right", LEFT)
    wait_until(lambda: room.controls.words.objectName() == "bad")
    assert room.page.readout.status.text() == "Target outside the breast"
    section = room.attempt.console.section
    assert section is not None and section.target is not None and section.target[1] < 0.0


# --- needle ---------------------------------------------------------------------------------------
def test_every_device_is_listed_with_its_margins(room: Scene) -> None:
    room.to(Stage.NEEDLE)
    table = room.controls.table
    assert table.rowCount() == len(load_devices()) and table.hasFocus()
    margins = room.attempt.console.margins
    assert margins is not None
    for row, name in enumerate(table.names):
        safe = margins[name].stroke_margin_mm > 0.0
        assert table.item(row, 2).text()[0] == ("✓" if safe else "✗")
    row = table.currentRow()
    room.key(table, "Down")
    assert room.attempt.console.device == table.names[row + 1]
    assert room.attempt.seen.device is None


def test_inserting_takes_the_device_and_aims_off(room: Scene) -> None:
    room.to(Stage.NEEDLE)
    room.attempt.console.weigh(device="vab-9g-petite")
    room.type(room.controls.offsets[2], "2")
    room.key(room.controls.offsets[2], "Return")
    room.key(room.controls.offsets[2], "Return")
    wait_until(lambda: room.app.stage is Stage.PREFIRE)
    assert room.attempt.state.intents[-2:] == (
        ChooseDevice("vab-9g-petite"),
        Advance((0.0, 0.0, 2.0)),
    )


def test_an_unsafe_device_can_be_inserted_and_is_red_at_once(room: Scene) -> None:
    low = {"left": (1170.0, 480.0), "right": (870.0, 480.0)}
    room.to(Stage.NEEDLE, **low)
    room.attempt.console.weigh(device="vab-7g")
    wait_until(lambda: room.controls.problem.isVisible())
    assert room.controls.problem.text().startswith("✗ Stroke margin −")
    assert room.page.readout.cells["stroke"].value.objectName() == "bad"
    section = room.attempt.console.section
    assert section is not None and section.stroke is not None and section.stroke.bad
    room.key(room.controls.table, "Return")
    wait_until(lambda: room.app.stage is Stage.PREFIRE)


# --- fire -----------------------------------------------------------------------------------------
def test_enter_and_space_never_fire(room: Scene) -> None:
    room.to(Stage.NEEDLE)
    room.key(room.controls.table, "Return")
    wait_until(lambda: room.app.stage is Stage.PREFIRE)
    room.settle()
    for name in ("Return", "Return", "Space", "Return", "Space"):
        from PySide6.QtWidgets import QApplication

        room.key(QApplication.focusWidget() or room.page, name)
    assert room.last() == Expose("pair") and room.app.stage is Stage.PREFIRE
    assert room.attempt.seen.exposures == 5 and not room.page.primary.isVisible()
    room.key(room.page, "F", "Control")
    assert room.last() == Fire() and room.app.stage is Stage.SAMPLE


def test_an_unsafe_shot_is_asked_about_and_enter_stays(room: Scene) -> None:
    insert(room, "vab-7g", left=(1170.0, 480.0), right=(870.0, 480.0))
    controls = room.controls
    assert controls.fire.verdict.objectName() == "bad" and "UNSAFE" in controls.fire.button.text()
    room.key(room.page, "F", "Control")
    box = room.question()
    assert "Stroke margin −" in box.informativeText() and box.defaultButton() is not None
    room.key(box, "Return")
    assert room.question() is None and room.last() == Advance()
    room.click(controls.fire.button)
    room.answer("Fire all the same")
    assert room.last() == Fire()
    # An unsafe shot that was fired cannot be undone.
    assert not room.attempt.can_undo


def test_fire_belongs_to_its_page(room: Scene) -> None:
    insert(room, "vab-9g-petite")
    assert room.app.show(Stage.PAIR)
    wait_ms(20)
    room.key(room.page, "F", "Control")
    assert room.last() == Advance()


def test_a_needle_that_is_in_can_be_withdrawn(room: Scene) -> None:
    insert(room, "vab-9g-petite")
    room.click(room.controls.withdraw)
    assert room.last() == Withdraw() and room.app.stage is Stage.NEEDLE


# --- sample ---------------------------------------------------------------------------------------
def dial_point(dial: Any, hour: float) -> Any:
    import math

    from PySide6.QtCore import QPoint

    angle, radius = math.radians(30.0 * hour), 0.3 * dial.width()
    return QPoint(
        round(dial.width() / 2 + radius * math.sin(angle)),
        round(dial.height() / 2 - radius * math.cos(angle)),
    )


def test_hours_by_mouse_and_keys(room: Scene) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    fired(room)
    dial = room.controls.dial
    windows = room.app.windows["xray"]
    for hour in range(1, 13):
        QTest.mouseClick(dial, Qt.MouseButton.LeftButton, pos=dial_point(dial, hour))
        assert dial.planned == (float(hour),)
        QTest.mouseClick(dial, Qt.MouseButton.LeftButton, pos=dial_point(dial, hour))
        assert dial.planned == ()
    dial.setFocus()
    for name in ("1", "2", "9", "0", "Minus", "Equal"):
        room.key(dial, name)
    assert dial.planned == (1.0, 2.0, 9.0, 10.0, 11.0, 12.0)
    # The presets of the images have the same keys, and were not meant.
    assert room.app.windows["xray"] == windows
    room.key(dial, "Delete")
    assert dial.planned == ()
    room.key(dial, "Left")
    room.key(dial, "Space")
    assert len(dial.planned) == 1


def test_cores_are_taken_and_drawn_one_by_one(room: Scene) -> None:
    fired(room)
    controls = room.controls
    room.click(controls.round)
    assert len(controls.dial.planned) == 12
    controls.dial.plan((1.0, 2.0))
    room.key(controls.dial, "Return")
    assert room.last() == Sample((1.0, 2.0)) and controls.dial.planned == ()
    assert controls.dial.taken == (1.0, 2.0) and controls.dial.drawn < 2.0
    # The app goes on while the vacuum is drawn: nothing waits for the drawing.
    assert room.page.primary.isEnabled()
    wait_until(lambda: controls.dial.drawn == 2.0)
    room.click(controls.toward)
    assert all(h >= 10.0 or h <= 2.0 for h in controls.dial.planned)
    room.attempt.undo()
    room.settle()
    assert controls.dial.taken == () and controls.dial.drawn == 0.0


def test_reduced_motion_draws_at_once(room: Scene) -> None:
    fired(room)
    room.controls.dial.reduced_motion = True
    room.do(Sample((6.0, 7.0)))
    assert room.controls.dial.drawn == 2.0


def test_a_gun_takes_one_core_a_pass(room: Scene) -> None:
    fired(room, "ncb-14g")
    controls = room.controls
    controls.dial.plan((3.0,))
    controls.dial.toggle(6.0)
    assert controls.dial.planned == (6.0,) and not controls.round.isVisible()
    room.key(controls.dial, "Return")
    assert room.last() == Sample((6.0,)) and not controls.dial.isEnabled()
    assert room.page.primary.text().startswith("Film the cores")
    # The next pass goes to the same target.
    room.click(controls.retarget)
    assert room.last() == Withdraw() and room.app.stage is Stage.NEEDLE


def test_correcting_along_and_retargeting(room: Scene) -> None:
    fired(room)
    controls = room.controls
    room.type(controls.along, "-2.5")
    room.key(controls.along, "Return")
    room.click(controls.push)
    assert room.last() == Adjust(-2.5) and controls.along.value() == 0.0
    room.click(controls.retarget)
    wait_until(lambda: room.app.stage is Stage.TARGET)
    assert room.last() == Withdraw()
    assert (room.attempt.marks.left, room.attempt.marks.right) == (LEFT, RIGHT)


def test_sides_change_with_the_approach(room: Scene) -> None:
    fired(room)
    assert room.controls.dial.directions == (
        "nipple",
        "patient's left",
        "chest wall",
        "patient's right",
    )
    with scene("near-skin") as other:
        fired(other, "vab-11g-petite")
        assert other.controls.dial.directions[1] == "patient's right"


# --- specimen and clip ----------------------------------------------------------------------------
def test_film_reading_clip_and_end(room: Scene) -> None:
    fired(room)
    room.do(Sample((12.0, 1.5)))
    room.key(room.page, "Return")
    assert room.last() == Film() and room.app.stage is Stage.SPECIMEN
    controls, view = room.controls, room.page.specimen
    assert view.pane.picture is view.films[-1] and not view.history.isVisible()
    room.type(controls.count, "1")
    room.key(controls.count, "Return")
    assert room.attempt.notes["cores with calcification"]["cores"] == 1
    assert controls.advice.objectName() == "good"
    room.click(controls.more)
    assert room.app.stage is Stage.SAMPLE
    room.do(Sample((6.0,)), Film())
    assert len(view.films) == 2 and view.history.isVisible()
    # Another film is another question.
    assert controls.count.value() == -1.0
    view.choose(0)
    assert len(view.pane.picture.outlines_px) == 2
    room.key(room.page, "Return")
    assert room.last() == PlaceClip() and room.app.stage is Stage.CLIP
    room.key(room.page, "Return")
    room.key(room.question(), "Escape")
    assert room.last() == PlaceClip()
    # The views with the clip: first the needle has to come out.
    room.click(room.controls.views)
    assert room.last() == Withdraw() and room.app.stage is Stage.CLIP
    room.click(room.controls.views)
    assert room.last() == Expose("pair") and room.app.stage is Stage.CLIP
    assert room.attempt.seen.shots[-1].phase == "postclip"
    assert room.page.centre.currentWidget() is room.page.images
    room.key(room.page, "Return")
    room.answer("End it")
    assert room.last() == Stop("finished") and room.app.stage is Stage.DEBRIEF


@pytest.mark.parametrize("stage", [Stage.POSITION, Stage.PAIR, Stage.NEEDLE])
def test_stopping_early_is_possible_with_a_reason(room: Scene, stage: Stage) -> None:
    if stage is not Stage.POSITION:
        room.to(stage)
    stop = room.controls.stop
    stop.reasons.aboutToShow.emit()
    reasons = [action.text() for action in stop.reasons.actions()]
    assert reasons == ["Not found on the images", "Inaccessible to the needle"]
    stop.reasons.actions()[1].trigger()
    room.answer("End it")
    assert room.last() == Stop("inaccessible") and room.attempt.ended


# --- read-outs ------------------------------------------------------------------------------------
def test_read_outs_say_what_was_done(room: Scene) -> None:
    fired(room)
    room.do(Sample((12.0,)))
    readout = room.page.readout
    assert readout.counts.text() == "Exposures 5 · 2.5 mGy · 8 min · passes 1 · cores 1"
    reading = room.attempt.console.reading
    assert reading is not None and reading.margins is not None
    stroke = readout.cells["stroke"].value.text()
    assert stroke == f"✓ +{reading.margins.stroke_margin_mm:.1f} mm"
    assert readout.drawing.accessibleDescription().startswith("Stroke margin +")


def test_everything_has_a_name_and_teaches(room: Scene) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QTableWidget, QWidget

    fired(room)
    stages = [stage for stage in STAGES["stereotactic"] if stage is not Stage.DEBRIEF]
    for controls in map(room.page.controls_of, stages):
        for widget in controls.findChildren(QWidget):
            if isinstance(widget, QAbstractSpinBox | QTableWidget):
                assert widget.accessibleName() and widget.toolTip(), (controls, widget)
            elif isinstance(widget, QAbstractButton) and widget.parent().metaObject() is not None:
                inner = isinstance(widget.parent(), QAbstractSpinBox | QTableWidget)
                named = widget.accessibleName() or widget.text()
                assert inner or (named and widget.toolTip()), (controls, widget)
