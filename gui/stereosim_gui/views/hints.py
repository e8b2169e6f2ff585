"""Hints that teach, below the images."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.teaching import Lesson
from stereosim_gui.model.tutoring import Tutor
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.part import Part
from stereosim_gui.views.theme import ACCENT, BAD_TEXT, GOOD_TEXT, GROUND, WARN_TEXT

# The images are read when the hand has rested for so long; a sweep takes the reader longer and
# would hold up the live image.
_REST_MS = {"stereotactic": 120, "ultrasound": 900}
_LINES = 2
# From this scale of the texts on the longest hints take a line more.
_LARGE = 1.25
_ICON_PX = 22
_ANY_HEIGHT = 16_777_215
_COLOURS = {"warning": BAD_TEXT, "note": WARN_TEXT, "good": GOOD_TEXT, "tip": ACCENT}


class LevelIcon(QWidget):
    """A level as a shape: triangle for a warning, square for a note, tick for good, ring for a tip.

    Attributes
    ----------
    level : str
        As in :class:`~stereosim_gui.model.teaching.Lesson`.
    """

    def __init__(self, level: str = "tip", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.level = level
        self.setFixedSize(_ICON_PX, _ICON_PX)

    def show_level(self, level: str) -> None:
        """Show another level."""
        self.level = level
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the shape with its sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(_COLOURS[self.level]))
        if self.level == "warning":
            top = QPointF(box.center().x(), box.top())
            painter.drawPolygon(QPolygonF([box.bottomLeft(), top, box.bottomRight()]))
        elif self.level == "note":
            painter.drawRoundedRect(box, 3, 3)
        elif self.level == "good":
            painter.drawEllipse(box)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(_COLOURS["tip"]), 2.0))
            painter.drawEllipse(box)
        sign = {"warning": "!", "note": "i", "tip": "?"}.get(self.level)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QPen(QColor(_COLOURS["tip"] if self.level == "tip" else GROUND), 2.4))
        if sign is None:
            x, y, w, h = box.x(), box.y(), box.width(), box.height()
            tick = [
                QPointF(x + w * a, y + h * b) for a, b in ((0.26, 0.54), (0.44, 0.72), (0.76, 0.32))
            ]
            painter.drawPolyline(QPolygonF(tick))
        else:
            if self.level == "warning":
                box = box.adjusted(0, 4, 0, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sign)
        painter.end()


class HintBar(Part):
    """Says what a teacher at the elbow would say; silent in exam mode and where switched off."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.tutor = Tutor(attempt)
        self._stage: Stage | None = None
        self._lessons: tuple[Lesson, ...] = ()
        self._at = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS[attempt.spec.guidance])
        self._rest.timeout.connect(self._read_images)
        self._lay_out()
        self.hear(self.tutor.changed, self._show)
        self.hear(attempt.changed, self._look)
        self.hear(attempt.marks_changed, self._show)
        self.hear(attempt.preview_changed, self._look)
        self.hear(app.settings_changed, self._look)
        bind(self, "why", self.explain, context=Qt.ShortcutContext.WindowShortcut)
        bind(self, "next_hint", self.show_next, context=Qt.ShortcutContext.WindowShortcut)
        self._show()

    def _lay_out(self) -> None:
        self.setAccessibleName(self.tr("Hints"))
        frame = QFrame()
        frame.setObjectName("banner")
        row = QHBoxLayout(frame)
        row.setContentsMargins(10, 4, 6, 4)
        row.setSpacing(8)
        self.icon = LevelIcon()
        self.word = QLabel()
        self.word.setObjectName("heading")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self.next = QToolButton()
        self.next.setToolTip(self.tr("Show the next hint (N)"))
        self.next.clicked.connect(self.show_next)
        self.why = QPushButton(self.tr("Why?"))
        self.why.setToolTip(self.tr("Explain this hint, and all that helps (Y)"))
        self.why.clicked.connect(self.explain)
        row.addWidget(self.icon)
        row.addWidget(self.word)
        row.addWidget(self.text, 1)
        row.addWidget(self.next)
        row.addWidget(self.why)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        self.frame = frame

    def sizeHint(self) -> QSize:
        """Return the same height whatever is said: the images above must not jump."""
        count = _LINES if self.app.settings.text_scale < _LARGE else _LINES + 1
        lines = count * QFontMetrics(self.text.font()).lineSpacing() + 14
        return QSize(400, max(lines, self.why.sizeHint().height() + 10))

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(100, self.sizeHint().height())

    def hasHeightForWidth(self) -> bool:
        """Say that the height does not follow the words, which wrap."""
        return False

    # --- what is said -----------------------------------------------------------------------------
    @property
    def lesson(self) -> Lesson | None:
        """What is being said."""
        return self._lessons[self._at] if self._lessons else None

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All that could be said now, the most important first."""
        return self._lessons

    def show_stage(self, stage: Stage) -> None:
        """Speak about `stage`."""
        self._stage = stage
        self._look()

    def show_next(self) -> None:
        """Say the next thing; after the last one the first."""
        if self._lessons:
            self._at = (self._at + 1) % len(self._lessons)
            self._say()

    def explain(self) -> None:
        """Open the longer explanation of what is being said."""
        if self.lesson is not None and self.isVisible():
            dialog = Explanation(self.lesson, self)
            dialog.open()

    def _look(self) -> None:
        """Have the tutor look, where anything may be said."""
        if self._stage is not None and self.app.hints_on:
            self.tutor.look(self._stage)
            if self.tutor.images_unread:
                self._rest.start()
        self._show()

    def _read_images(self) -> None:
        if self.app.hints_on and not self.attempt.busy:
            self.tutor.read_images()
        elif self.attempt.busy:
            self._rest.start()

    def _show(self) -> None:
        said: tuple[Lesson, ...] = ()
        if self._stage is not None and self.app.hints_on:
            said = self.tutor.lessons(self._stage)
        if said != self._lessons:
            kept = self.lesson
            self._lessons = said
            # What is being read stays, unless it is the page's tip or something more urgent has
            # come up.
            self._at = 0
            if kept in said and kept is not None and kept.level != "tip":
                urgent = said[0].level == "warning" and kept.level != "warning"
                self._at = 0 if urgent else said.index(kept)
        self._say()

    def _say(self) -> None:
        lesson = self.lesson
        # Silent, the bar gives its place to the images; between hints it keeps it: they must not
        # jump.
        self.setMaximumHeight(_ANY_HEIGHT if self.app.hints_on else 0)
        self.frame.setVisible(lesson is not None)
        if lesson is None:
            return
        self.icon.show_level(lesson.level)
        self.word.setText(self._words()[lesson.level])
        self.word.setStyleSheet(f"color: {_COLOURS[lesson.level]}")
        text = spoken(lesson.what)
        self.text.setText(text)
        self.text.setToolTip(text)
        self.text.setAccessibleName(text)
        self.next.setVisible(len(self._lessons) > 1)
        count = fill(self.tr("{n} of {m}  ▸"), n=self._at + 1, m=len(self._lessons))
        self.next.setText(count)
        self.next.setAccessibleName(
            fill(self.tr("Hint {n} of {m}: next"), n=self._at + 1, m=len(self._lessons))
        )

    def _words(self) -> dict[str, str]:
        return {
            "warning": self.tr("Careful"),
            "note": self.tr("Note"),
            "good": self.tr("Good"),
            "tip": self.tr("Tip"),
        }

    def let_go(self) -> None:
        """Listen no more, and have nothing read."""
        self._rest.stop()
        self.tutor.stop()
        super().let_go()


class Explanation(QDialog):
    """Why something was said, and all that mends it."""

    def __init__(self, lesson: Lesson, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Why?"))
        self.setMinimumWidth(520)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 12, 4)
        column.setSpacing(12)
        for text, role in ((spoken(lesson.what), "heading"), (spoken(lesson.why), "")):
            label = QLabel(text)
            label.setObjectName(role)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        if lesson.remedies:
            heading = QLabel(self.tr("What helps, the simplest first"))
            heading.setObjectName("heading")
            column.addWidget(heading)
            for number, remedy in enumerate(lesson.remedies, start=1):
                label = QLabel(fill(self.tr("{n}. {what}."), n=number, what=spoken(remedy)))
                label.setWordWrap(True)
                column.addWidget(label)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.addWidget(scroll, 1)
        whole.addWidget(buttons)
        self.resize(self.minimumWidth(), min(560, body.heightForWidth(500) + 110))
