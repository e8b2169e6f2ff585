"""An app that waits to be killed in the middle of a biopsy, and the app that comes after it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from stereosim.procedures.intents import to_dict
from stereosim_gui.model.attempt import Attempt
from tests import app_procedures as do
from tests.app_driver import at_a_session
from tests.app_scenes import wait_until


def digest(attempt: Attempt) -> str:
    """Return a digest of all that the trainee did and of every pixel that was made."""
    found = hashlib.sha256()
    found.update(json.dumps([to_dict(intent) for intent in attempt.state.intents]).encode())
    found.update(repr((attempt.marks.left, attempt.marks.right, attempt.undone)).encode())
    for picture in attempt.pictures:
        found.update(f"{picture.view} {picture.phase} {picture.number}".encode())
        found.update(picture.levels[0].tobytes())
    return found.hexdigest()


def until_it_dies(data: Path) -> None:
    """Go on to just after FIRE, with a step taken back on the way; say so and wait."""
    with at_a_session(data) as trainee:
        do.begin(trainee, "case-1")
        do.make_pair(trainee)
        do.target(trainee)
        trainee.key("Ctrl+Z")
        trainee.key("Ctrl+Y")
        do.insert(trainee)
        trainee.click("Fire the needle")
        print(digest(trainee.attempt), flush=True)
        wait_until(lambda: False, 600.0)
