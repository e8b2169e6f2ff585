"""The tour: callouts that point at what is to be done next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.tour import END, TourStep, current_step, number_of
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.listening import Listens
from stereosim_gui.views.theme import MARK

_WIDTH = 320
_GAP = 14


class _Ring(QWidget):
    """A ring around what the callout speaks of; lets every click through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # The style sheet would paint a ground over everything below.
        self.setStyleSheet("background: transparent;")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for width, colour in ((5, "#000000"), (3, MARK)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawRoundedRect(self.rect().adjusted(3, 3, -3, -3), 6, 6)
        painter.end()


class _Callout(QFrame):
    """Title, text, and how to leave."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("callout")
        column = QVBoxLayout(self)
        self.title = QLabel()
        self.title.setObjectName("heading")
        self.title.setWordWrap(True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        row = QHBoxLayout()
        self.count = QLabel()
        self.count.setObjectName("quiet")
        self.leave = QPushButton()
        row.addWidget(self.count, 1)
        row.addWidget(self.leave)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addLayout(row)


class TourGuide(Listens, QObject):
    """Shows the step of the tour that is to be done.

    Parameters
    ----------
    app : AppModel
        From whose state the step follows.
    window : QWidget
        The main window, in which the widgets to point at are looked up.
    """

    def __init__(self, app: AppModel, window: QWidget) -> None:
        super().__init__(window)
        self.app = app
        self.window = window
        self.running = False
        self._attempt: Attempt | None = None
        self.ring = _Ring(window)
        self.callout = _Callout(window)
        self.callout.leave.clicked.connect(self.stop)
        self.ring.hide()
        self.callout.hide()
        # The layout has to settle before a widget's place is known.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(60)
        self._later.timeout.connect(self.refresh)
        window.installEventFilter(self)
        for signal in (
            app.settings_changed,
            app.choice_changed,
            app.ready_changed,
            app.stage_changed,
        ):
            self.hear(signal, self._soon)
        self.hear(app.attempt_changed, self._follow_attempt)
        self._follow_attempt()

    # --- begin and end ----------------------------------------------------------------------------
    def start(self) -> None:
        """Begin, or go on where it was left."""
        self.running = True
        self.app.change_settings(toured=True)
        self.refresh()

    def stop(self) -> None:
        """Leave the tour; the state of the app tells where to take it up again."""
        self.running = False
        self.refresh()

    @property
    def step(self) -> TourStep | None:
        """The step that is shown."""
        return current_step(self.app) if self.running else None

    # --- following --------------------------------------------------------------------------------
    def _follow_attempt(self) -> None:
        self._let_attempt_go()
        self._attempt = self.app.attempt
        if self._attempt is not None:
            self._attempt.changed.connect(self._soon)
            self._attempt.preview_changed.connect(self._soon)
            self._attempt.progress_changed.connect(self._soon)
        self._soon()

    def _let_attempt_go(self) -> None:
        if self._attempt is not None:
            self._attempt.changed.disconnect(self._soon)
            self._attempt.preview_changed.disconnect(self._soon)
            self._attempt.progress_changed.disconnect(self._soon)

    def let_go(self) -> None:
        """Listen to nothing any more."""
        self.running = False
        self._later.stop()
        self._let_attempt_go()
        self._attempt = None
        self.ring.hide()
        self.callout.hide()
        super().let_go()

    def _soon(self) -> None:
        if self.running:
            self._later.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if self.running and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._later.start()
        return super().eventFilter(watched, event)

    # --- drawing ----------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the callout of now, or none."""
        attempt = self.app.attempt
        # While something is computed, the step is neither done nor to be done.
        waiting = attempt is not None and not attempt.started
        shown = self.running and not waiting and self.app.waiting is None
        step = self.step
        if not shown:
            self.ring.hide()
            self.callout.hide()
            return
        callout = self.callout
        title, text = END if step is None else (step.title, step.text)
        callout.title.setText(spoken(title))
        callout.text.setText(spoken(text))
        callout.setAccessibleName(spoken(title))
        callout.setAccessibleDescription(spoken(text))
        if step is None:
            callout.count.setText("")
            callout.leave.setText(self.tr("Close the tour"))
        else:
            number, of = number_of(step)
            callout.count.setText(fill(self.tr("Step {n} of {m}"), n=max(number, 1), m=of))
            callout.leave.setText(self.tr("Leave the tour"))
        callout.leave.setToolTip(self.tr("F3 takes the tour up again where it was left"))
        scale = max(1.0, callout.fontMetrics().averageCharWidth() / 7)
        width = round(_WIDTH * scale)
        callout.setFixedSize(width, callout.heightForWidth(width))
        self._place(None if step is None else self._anchor(step.anchor))

    def _anchor(self, name: str) -> QWidget | None:
        """Return the widget that a step points at, where it is in sight."""
        gallery = getattr(self.window, "gallery", None)
        page = getattr(self.window, "page", None)
        found: QWidget | None = None
        if name in ("cards", "briefing"):
            found = getattr(gallery, name, None)
        elif name == "begin":
            found = getattr(getattr(gallery, "briefing", None), "begin", None)
        elif page is not None:
            found = page.current if name == "controls" else getattr(page, name, None)
            if name == "primary" and found is not None and not found.isVisible():
                found = page.current
        return found if found is not None and found.isVisible() else None

    def _place(self, anchor: QWidget | None) -> None:
        callout, room = self.callout, self.window.rect()
        size = callout.size()
        if anchor is None:
            self.ring.hide()
            corner = QPoint(_GAP, room.height() - size.height() - 4 * _GAP)
        else:
            top_left = anchor.mapTo(self.window, QPoint(0, 0))
            seen = QRect(top_left, anchor.size()).intersected(room)
            self.ring.setGeometry(seen.adjusted(-3, -3, 3, 3))
            self.ring.show()
            self.ring.raise_()
            corner = self._beside(seen, size.width(), size.height())
        callout.move(
            max(4, min(corner.x(), room.width() - size.width() - 4)),
            max(4, min(corner.y(), room.height() - size.height() - 4)),
        )
        callout.show()
        callout.raise_()

    def _beside(self, seen: QRect, width: int, height: int) -> QPoint:
        """Return where the callout hides least of the widget: beside, above, below, else inside."""
        room = self.window.rect()
        middle = seen.center().y() - height // 2
        if seen.left() - _GAP >= width:
            return QPoint(seen.left() - _GAP - width, middle)
        if room.width() - seen.right() - _GAP >= width:
            return QPoint(seen.right() + _GAP, middle)
        if seen.top() - _GAP >= height:
            return QPoint(seen.left(), seen.top() - _GAP - height)
        if room.height() - seen.bottom() - _GAP >= height:
            return QPoint(seen.left(), seen.bottom() + _GAP)
        return QPoint(seen.left() + _GAP, seen.bottom() - _GAP - height)
