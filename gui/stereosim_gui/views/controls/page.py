"""What the controls of all stages share: a column, a foot with the way out, staying up to date."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from stereosim.procedures.intents import Stop
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.wording import stop_reason
from stereosim_gui.views.controls.fields import ask_first
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.part import Controls

_REASONS = {
    "stereotactic": ("not found on images", "inaccessible"),
    "ultrasound": ("declined: not visible", "not found on images", "inaccessible"),
}


class StopButton(QPushButton):
    """A small menu of the reasons for ending the procedure."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self.attempt = attempt
        self.setText(self.tr("End…"))
        self.setObjectName("plain")
        self.setAccessibleName(self.tr("End the procedure, with a reason"))
        self.setToolTip(
            self.tr(
                "End the procedure now and go to the debrief. To stop and say why is right where "
                "nothing is found or the needle cannot reach it."
            )
        )
        self.reasons = QMenu(self)
        self.reasons.aboutToShow.connect(self._list)
        self.setMenu(self.reasons)

    def _list(self) -> None:
        self.reasons.clear()
        codes = list(_REASONS[self.attempt.spec.guidance])
        if self.attempt.started and self.attempt.seen.cores:
            codes.insert(0, "finished")
        for code in codes:
            action = self.reasons.addAction(spoken(stop_reason(code)))
            action.triggered.connect(partial(self.ask, code))

    def ask(self, code: str, *_: object) -> None:
        """Ask whether to end the procedure for this reason."""
        ask_first(
            self.window(),
            self.tr("End the procedure?"),
            fill(
                self.tr("Reason: {reason}. This cannot be undone. The debrief follows."),
                reason=spoken(stop_reason(code)),
            ),
            go=self.tr("End it"),
            stay=self.tr("Go on"),
            act=partial(self.attempt.send, Stop(code)),
        )


class PageStack(QStackedWidget):
    """Pages of which only the one that is seen takes up room."""

    def sizeHint(self) -> QSize:
        """Return the size of the page that is seen."""
        page = self.currentWidget()
        return super().sizeHint() if page is None else page.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the least size of the page that is seen."""
        page = self.currentWidget()
        return super().minimumSizeHint() if page is None else page.minimumSizeHint()

    def heightForWidth(self, width: int) -> int:
        """Return the least height that the page that is seen needs."""
        page = self.currentWidget()
        layout = None if page is None else page.layout()
        if layout is None or not layout.hasHeightForWidth():
            return self.minimumSizeHint().height()
        return layout.minimumHeightForWidth(width)


class Page(Controls):
    """Controls in a column; a stage fills :meth:`build` and :meth:`refresh`."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        # A click beside the fields takes the keyboard from them.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2, 2, 2, 2)
        self.column.setSpacing(6)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(6)
        self.build()
        self.column.addStretch(1)
        self.foot.addStretch(1)
        self.stop = StopButton(attempt)
        self.foot.addWidget(self.stop)
        self.column.addLayout(self.foot)
        self.hear(attempt.changed, self.follow)
        self.hear(attempt.progress_changed, self.follow)
        self.follow()

    @property
    def first(self) -> QWidget | None:
        """Return what gets the keyboard when the page is turned to; None leaves it as it is."""
        return None

    def showEvent(self, event: QShowEvent) -> None:
        """Give the keyboard to what is most likely needed."""
        super().showEvent(event)
        if not event.spontaneous() and self.first is not None:
            self.first.setFocus()

    def build(self) -> None:
        """Make the widgets, once."""

    def refresh(self) -> None:
        """Show the present state; called after every change, once the attempt has begun."""

    def show_stage(self, stage: Stage) -> None:
        """Show the present state."""
        self.follow()

    def follow(self) -> None:
        """Show the present state, if there is one."""
        if not self.attempt.started:
            return
        self.stop.setEnabled(not self.attempt.busy and not self.attempt.ended)
        self.refresh()
        self.primary_changed.emit()

    def secondary(self, words: str, teaching: str) -> QPushButton:
        """Add a button to the foot."""
        button = QPushButton(words)
        button.setToolTip(teaching)
        button.setAccessibleName(words)
        self.foot.addWidget(button)
        return button
