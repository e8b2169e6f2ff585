"""What the tests of the app share: a pump for deliveries, and waiting that lets the worker work."""

import queue
import time
from collections.abc import Callable

import pytest


class Pump:
    """A thread's inbox: deliveries wait until the test fetches them."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def until(self, condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
        end = time.monotonic() + timeout_s
        while not condition():
            try:
                self.calls.get(timeout=max(0.0, end - time.monotonic()))()
            except queue.Empty:
                pytest.fail("the worker did not deliver in time")


def wait_ms(milliseconds: int) -> None:
    """Let Qt work; unlike ``QTest.qWait`` this lets other threads work too."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    """Let Qt and the worker work until `condition` holds."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "the window did not get there in time"
        wait_ms(5)
