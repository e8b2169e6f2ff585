"""Opening the window: theme, language, worker, and what catches unexpected errors."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import Any

from PySide6.QtWidgets import QApplication

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.views.courier import Courier
from stereosim_gui.views.main_window import MainWindow
from stereosim_gui.views.theme import dress
from stereosim_gui.worker import Worker

log = logging.getLogger(__name__)


def show(case: str | None) -> int:
    """Open the window, on `case` if one is named; return when it is closed."""
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    dress(qt)
    courier = Courier()
    app = AppModel(Worker(courier.deliver))
    window = MainWindow(app)
    sys.excepthook = partial(_report_exception, window)
    window.show()
    if case is not None:
        app.start(AttemptSpec(case=case, seed=1, guidance="stereotactic"))
    return qt.exec()


def _report_exception(window: MainWindow, kind: Any, error: BaseException, trace: Any) -> None:
    """Log what a slot let through and say it; the state is unchanged."""
    log.error("unexpected error", exc_info=(kind, error, trace))
    window.show_error(error)
