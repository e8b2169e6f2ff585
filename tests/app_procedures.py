"""Steps of a biopsy as a trainee does them, with the mouse; see :mod:`tests.app_driver`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stereosim_gui.model.stages import Stage
from tests.app_driver import Array, Trainee, middle_speck, pixels_of_point, true_specks
from tests.app_scenes import wait_ms, wait_until

Pixel = tuple[float, float]


# --- gallery --------------------------------------------------------------------------------------
def begin(
    trainee: Trainee, case: str | None, guidance: str = "stereotactic", *, exam: bool = False
) -> None:
    """Choose a card and how to do it, and begin."""
    click_card(trainee, case)
    briefing = trainee.window.gallery.briefing
    trainee.click(briefing.guidances[guidance])
    if briefing.exam.isChecked() is not exam:
        trainee.click(briefing.exam)
    trainee.click("Begin")


def click_card(trainee: Trainee, case: str | None) -> None:
    """Click the card of a case."""
    from PySide6.QtCore import Qt

    cards = trainee.find("Patients")
    items = [cards.item(row) for row in range(cards.count())]
    item = next(i for i in items if i.data(Qt.ItemDataRole.UserRole).key == case)
    place = scrolled_to(trainee, cards, lambda: cards.visualItemRect(item))
    trainee.click(cards.viewport(), place)


def scrolled_to(trainee: Trainee, view: Any, rect: Any) -> Any:
    """Turn the wheel over a list until an item lies in it; return the item's middle."""
    inside = view.viewport().rect()
    for _ in range(200):
        box = rect()
        # Wholly in sight: a click on what sticks out has the list scroll half a second later.
        if box.top() >= inside.top() and box.bottom() <= inside.bottom():
            return box.center()
        before = view.verticalScrollBar().value()
        trainee.wheel(view.viewport(), inside.center(), 1 if box.top() < inside.top() else -1)
        if view.verticalScrollBar().value() == before:
            break
    raise AssertionError("the item cannot be scrolled to")


# --- stereotactic ---------------------------------------------------------------------------------
def make_pair(trainee: Trainee) -> None:
    """Position as the referral says, make the scout and the pair."""
    trainee.stage(Stage.POSITION)
    trainee.click("As the referral says")
    trainee.click("primary")
    trainee.stage(Stage.SCOUT)
    trainee.click("primary")
    trainee.stage(Stage.PAIR)
    trainee.click("primary")
    trainee.stage(Stage.TARGET)


def mark(trainee: Trainee, left: Pixel, right: Pixel) -> None:
    """Zoom in on each place and click it; the marks come to lie within half a pixel."""
    for view, pixel in (("left", left), ("right", right)):
        trainee.click("Fit")
        trainee.click_in_view(view, pixel)
        placed = getattr(trainee.attempt.marks, view)
        assert placed is not None and math.dist(placed, pixel) < 0.5, (placed, pixel)
    trainee.click("Fit")


def target(trainee: Trainee, place_mm: Array | None = None) -> None:
    """Mark a place (by default the speck in the middle of the group) and set the target."""
    place = middle_speck(trainee.attempt) if place_mm is None else place_mm
    pixels = pixels_of_point(trainee.attempt, place)
    mark(trainee, pixels["left"], pixels["right"])
    trainee.click("primary")
    trainee.stage(Stage.NEEDLE)
    found = trainee.attempt.seen.marked_mm
    assert found is not None and np.linalg.norm(found - place) < 1.0


def choose_device(trainee: Trainee, name: str) -> None:
    """Click a device of the table."""
    wait_ms(30)
    table = trainee.find("Devices")
    item = table.item(table.names.index(name), 0)
    trainee.click(table.viewport(), scrolled_to(trainee, table, lambda: table.visualItemRect(item)))
    assert trainee.attempt.console.device == name


def insert(trainee: Trainee, device: str = "vab-9g-petite") -> None:
    """Choose a device, insert it, look at the pre-fire pair."""
    choose_device(trainee, device)
    trainee.click("primary")
    trainee.stage(Stage.PREFIRE)
    trainee.click("primary")
    assert trainee.attempt.pictures[-1].phase == "prefire"


def fire_and_look(trainee: Trainee) -> None:
    """FIRE where it is safe, and make the post-fire pair."""
    trainee.click("Fire the needle")
    trainee.stage(Stage.SAMPLE)
    trainee.click("primary")
    assert trainee.attempt.pictures[-1].phase == "postfire"


# --- both -----------------------------------------------------------------------------------------
def hour_of_specks(trainee: Trainee) -> float:
    """Return the clock hour at which most of the target lies from the needle."""
    placed = trainee.attempt.state.truth.tissue.needle
    assert placed is not None
    pose, beside = placed.pose, true_specks(trainee.attempt).mean(axis=0) - placed.pose.centre_mm
    up = np.asarray(pose.twelve)
    right = np.cross(np.asarray(pose.axis), up)
    hours = math.degrees(math.atan2(float(beside @ right), float(beside @ up))) / 30.0
    return float(round(hours) % 12 or 12)


def sample(trainee: Trainee, hours: tuple[float, ...]) -> None:
    """Click hours of the clock dial and take the cores."""
    from PySide6.QtCore import QPointF

    dial = trainee.find("Clock dial")
    middle = QPointF(dial.rect().center())
    reach = 0.33 * dial.width()
    for hour in hours:
        turn = math.radians(30.0 * hour)
        trainee.click(dial, middle + QPointF(reach * math.sin(turn), -reach * math.cos(turn)))
    assert dial.planned == hours
    trainee.click("primary")
    assert trainee.attempt.seen.hours[-len(hours) :] == hours


def film(trainee: Trainee, cores: int) -> None:
    """Film the cores and say in how many the film shows calcification."""
    trainee.click("primary")
    trainee.stage(Stage.SPECIMEN)
    count = trainee.find("Cores with calcification")
    trainee.click(count)
    trainee.key("Ctrl+A")
    trainee.type(str(cores))
    trainee.key("Return")
    assert trainee.attempt.notes["cores with calcification"]["cores"] == cores


def clip_and_end(trainee: Trainee) -> None:
    """Place the clip, end the procedure, wait for the debrief."""
    trainee.click("primary")
    trainee.stage(Stage.CLIP)
    end(trainee)


def end(trainee: Trainee) -> None:
    """End at the clip's page, answer the question, wait for the debrief."""
    trainee.click("primary")
    assert trainee.question.defaultButton().text() == "Go on"
    trainee.click("End it")
    await_debrief(trainee)


def end_early(trainee: Trainee, reason: str) -> None:
    """End with a reason from the menu of the button for it."""
    trainee.click("End the procedure, with a reason")
    menu = trainee.top
    action = next(action for action in menu.actions() if action.text() == reason)
    trainee.click(menu, menu.actionGeometry(action).center())
    trainee.click("End it")
    await_debrief(trainee)


def await_debrief(trainee: Trainee) -> None:
    """Wait until the debrief is there."""
    trainee.stage(Stage.DEBRIEF)
    wait_until(lambda: trainee.page.debrief.review is not None)
    trainee.settle()


def await_other_guidance(trainee: Trainee) -> Any:
    """Wait for what the simulated operator got under the other guidance."""
    debrief = trainee.page.debrief
    wait_until(lambda: debrief.other.arm is not None or bool(trainee.broken), 240.0)
    assert trainee.broken == []
    return debrief.other.arm


# --- ultrasound -----------------------------------------------------------------------------------
def scan_to(trainee: Trainee, x_mm: float, y_mm: float) -> None:
    """Take hold of the probe and drag it over the skin to (x, y)."""
    body = trainee.find("Probe on the breast")
    machine = trainee.attempt.sonography
    wait_until(lambda: machine.skin is not None and machine.sonogram is not None)
    start = body.pixel_of(machine.look.x_mm, machine.look.y_mm)
    trainee.drag(body, start, body.pixel_of(x_mm, y_mm), steps=12)
    assert math.dist((machine.look.x_mm, machine.look.y_mm), (x_mm, y_mm)) < 2.0


def freeze_and_keep(trainee: Trainee) -> None:
    """Freeze the image and keep it."""
    assert not trainee.attempt.sonography.frozen
    trainee.click("primary")
    assert trainee.attempt.sonography.frozen
    trainee.click("primary")
    assert trainee.attempt.sonography.kept


def click_in_sonogram(trainee: Trainee, u_mm: float, z_mm: float) -> None:
    """Click a point of the ultrasound image."""
    image = trainee.find("Ultrasound image")
    trainee.click(image, image.pixel_of((u_mm, z_mm)))


def in_plane(trainee: Trainee, place_mm: Array) -> tuple[float, float, float]:
    """Return u, v, z of a place in the image that is shown: v is out of its plane."""
    shown = trainee.attempt.sonography.sonogram
    assert shown is not None
    u, v, z = (float(c) for c in shown.place_mm(place_mm))
    return u, v, z


def steer_to_target(trainee: Trainee) -> None:
    """Push the needle on with W until the aperture after firing lies at the target."""
    needle = trainee.attempt.sonography.needle
    marked = trainee.attempt.seen.marked_mm
    assert marked is not None
    for _ in range(400):
        guide = needle.guide
        assert guide is not None
        short = guide.line.nearest(marked)[0] - guide.centre_mm
        if abs(short) <= 0.1:
            return
        size = "Shift+" if abs(short) > 5.0 else "" if abs(short) > 1.0 else "Alt+"
        trainee.key(f"{size}{'W' if short > 0.0 else 'S'}")
    raise AssertionError("the needle does not get there")
