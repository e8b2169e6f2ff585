"""An app that waits to be killed in the middle of a biopsy, and the app that comes after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stereosim.procedures.intents import to_dict
from stereosim_gui.model.attempt import Attempt
from tests import app_procedures as do
from tests.app_driver import Trainee, coarse
from tests.app_scenes import wait_ms, wait_until


def digest(attempt: Attempt) -> str:
    """Return a digest of all that the trainee did and of every pixel that was made."""
    found = hashlib.sha256()
    found.update(json.dumps([to_dict(intent) for intent in attempt.state.intents]).encode())
    found.update(repr((attempt.marks.left, attempt.marks.right, attempt.undone)).encode())
    for picture in attempt.pictures:
        found.update(f"{picture.view} {picture.phase} {picture.number}".encode())
        found.update(picture.levels[0].tobytes())
    return found.hexdigest()


@contextmanager
def reopened(data: Path) -> Iterator[Trainee]:
    """Open the app on a data folder."""
    from PySide6.QtWidgets import QApplication

    from stereosim_gui.start import Session
    from stereosim_gui.views.theme import dress

    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    session = Session(qt, data)
    session.app._make_engine = coarse
    session.window.resize(1280, 800)
    session.window.show()
    session.window.activateWindow()
    wait_until(lambda: qt.activeWindow() is session.window)
    wait_ms(20)
    yield Trainee(session.app, session.window)
    session.close()
    session.window.deleteLater()
    dress(qt)
    wait_ms(5)


def until_it_dies(data: Path) -> None:
    """Go on to just after FIRE, with a step taken back on the way; say so and wait."""
    with reopened(data) as trainee:
        do.begin(trainee, "case-1")
        do.make_pair(trainee)
        do.target(trainee)
        trainee.key("Ctrl+Z")
        trainee.key("Ctrl+Y")
        do.insert(trainee)
        trainee.click("Fire the needle")
        print(digest(trainee.attempt), flush=True)
        wait_until(lambda: False, 600.0)
