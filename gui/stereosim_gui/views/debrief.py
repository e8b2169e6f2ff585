"""The debrief: the truth, what went wrong and why, the score, and the other guidance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model import comparison, debrief_tables, debriefing
from stereosim_gui.model.app import AppModel
from stereosim_gui.model.attempt import Attempt
from stereosim_gui.model.learning_curve import learning_curve
from stereosim_gui.model.metrics import metrics_csv
from stereosim_gui.model.review import Review, review
from stereosim_gui.model.spec import AttemptSpec
from stereosim_gui.model.stages import Stage
from stereosim_gui.model.texts import Text
from stereosim_gui.views.debrief_curve import LearningCurve
from stereosim_gui.views.debrief_errors import FiringView, PartsKey
from stereosim_gui.views.debrief_images import TruthImages
from stereosim_gui.views.debrief_other import OtherGuidance
from stereosim_gui.views.debrief_sketch import SketchView
from stereosim_gui.views.debrief_table import PlainTable
from stereosim_gui.views.hints import LevelIcon
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import fill, spoken
from stereosim_gui.views.part import Part
from stereosim_gui.worker import Cancel, Report

_NAVIGATION = 180


class Section(QFrame):
    """A titled part of the page that can be gone to."""

    def __init__(self, title: str, short: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.short = short
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 4, 0, 18)
        self.column.setSpacing(8)
        self.heading = QLabel(title)
        self.heading.setObjectName("title")
        self.column.addWidget(self.heading)
        self.setAccessibleName(title)

    def add(self, *widgets: QWidget) -> None:
        """Add widgets below one another."""
        for widget in widgets:
            self.column.addWidget(widget)

    def say(self, *texts: Text | str, role: str = "") -> None:
        """Add a line for each text."""
        for text in texts:
            label = QLabel(spoken(text) if isinstance(text, Text) else text)
            label.setObjectName(role)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.column.addWidget(label)


class Debrief(Part):
    """The last page; its content is made in the worker when the procedure has ended."""

    def __init__(self, app: AppModel, attempt: Attempt) -> None:
        super().__init__(app, attempt)
        self.review: Review | None = None
        self.sections: list[Section] = []
        self._goal: Section | None = None
        self.images: TruthImages | None = None
        self.other: OtherGuidance | None = None
        self.curve: LearningCurve | None = None
        self._asked: Cancel | None = None
        self._wait = QLabel(self.tr("Comparing what you did with the truth …"))
        self._wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._navigation = QVBoxLayout()
        self._lay_out()
        self.hear(attempt.failed, self._tell_failure)
        for number in range(1, 9):
            bind(
                self,
                f"section{number}",
                partial(self.go_to, number - 1),
                context=Qt.ShortcutContext.WindowShortcut,
            )

    def _lay_out(self) -> None:
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page = QWidget()
        self._column = QVBoxLayout(self.page)
        self._column.setContentsMargins(4, 0, 16, 0)
        self._column.addWidget(self._wait)
        self.area.setWidget(self.page)
        bar = self.area.verticalScrollBar()
        # What the other guidance got comes late and moves the sections; first the range changes.
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(0)
        self._settled.timeout.connect(self._keep_goal)
        bar.rangeChanged.connect(lambda: self._settled.start())
        bar.actionTriggered.connect(self._let_goal_go)
        side = QWidget()
        side.setMinimumWidth(_NAVIGATION)
        side.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        self._navigation.setSpacing(4)
        column.addLayout(self._navigation)
        column.addStretch(1)
        for text, tip, act in (
            (
                self.tr("Export figures …"),
                self.tr("Write all figures of this attempt to a CSV file"),
                self._export,
            ),
            (
                self.tr("Same patient again"),
                self.tr("The same breast and the same guidance, from the start"),
                self._again,
            ),
            (
                self.tr("Other guidance, yourself"),
                self.tr("The same patient, biopsied by you under the other guidance"),
                self._other_way,
            ),
            (
                self.tr("Another patient"),
                self.tr("Back to the gallery (Ctrl+W)"),
                self.app.leave,
            ),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(act)
            column.addWidget(button)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(side)
        row.addWidget(self.area, 1)

    # --- content ----------------------------------------------------------------------------------
    def show_stage(self, stage: Stage) -> None:
        """Have the review made, once the procedure has ended; before, nothing of it is shown."""
        if stage is not Stage.DEBRIEF or not self.attempt.ended or self._asked is not None:
            return
        attempt, earlier = self.attempt, self._earlier()
        engine, moments, undone = attempt.engine, attempt.moments, attempt.undone

        def work(cancel: Cancel, report: Report) -> Iterator[Review]:
            yield review(engine, moments, earlier=earlier, undone=undone, report=report)

        self._asked = attempt.compute(work, self._receive)

    def _tell_failure(self, error: Exception) -> None:
        """Do not let the user wait for what will not come; a dialog says what broke."""
        if self._asked is not None and self.review is None:
            self._wait.setText(self.tr("The debrief could not be worked out."))

    def _earlier(self) -> list[dict[str, object]]:
        """Return the trainee's earlier scores; this attempt may or may not be among them yet."""
        return list(self.app.shelf.history())

    def _receive(self, made: Review) -> None:
        self.review = made
        self._wait.hide()
        for make in (
            self._result,
            self._images,
            self._sketch,
            self._errors,
            self._cores,
            self._cost,
            self._score,
            self._other,
        ):
            section = make(made)
            if section is not None:
                self._add(section)
        self._column.addStretch(1)
        # The arrows scroll at once; what had the keyboard is out of sight now.
        self.area.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, section: Section) -> None:
        number = len(self.sections)
        self.sections.append(section)
        self._column.addWidget(section)
        button = QPushButton(f"{number + 1}  {section.short}")
        button.setAccessibleName(section.heading.text())
        button.setObjectName("section")
        button.setStyleSheet("text-align: left")
        button.setToolTip(fill(self.tr("Go there (Alt+{n})"), n=number + 1))
        button.clicked.connect(partial(self.go_to, number))
        self._navigation.addWidget(button)

    def go_to(self, number: int) -> None:
        """Scroll to a section, and put the keyboard there."""
        if not 0 <= number < len(self.sections):
            return
        section = self.sections[number]
        self._goal = section
        self._keep_goal()
        for widget in section.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return
        # Nothing to be worked with: the arrows scroll the page.
        self.area.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _keep_goal(self) -> None:
        """Show the section gone to, wherever the lay-out has put it by now."""
        if self._goal is not None and self._goal in self.sections:
            self.area.verticalScrollBar().setValue(self._goal.y())

    def _let_goal_go(self, action: int = 0) -> None:
        """Leave the page where the hand scrolls it."""
        self._goal = None

    # --- sections ---------------------------------------------------------------------------------
    def _result(self, made: Review) -> Section:
        section = Section(self.tr("Result"), self.tr("Result"))
        said = debriefing.headline(made)
        row = QHBoxLayout()
        row.addWidget(LevelIcon(said.level))
        title = QLabel(spoken(said.title))
        title.setObjectName("title")
        title.setWordWrap(True)
        row.addWidget(title, 1)
        section.column.addLayout(row)
        section.say(*said.lines)
        return section

    def _images(self, made: Review) -> Section | None:
        if not made.overlays:
            return None
        section = Section(self.tr("Your images with the truth"), self.tr("Images"))
        self.images = TruthImages(self.app.windows, made.overlays)
        section.add(self.images)
        return section

    def _sketch(self, made: Review) -> Section:
        section = Section(self.tr("In three dimensions"), self.tr("Sketch"))
        section.add(SketchView(made.scene, debriefing.axes(made)))
        return section

    def _errors(self, made: Review) -> Section | None:
        firings = debriefing.errors(made)
        if not firings:
            return None
        section = Section(self.tr("Where the needle was off, and why"), self.tr("Errors"))
        section.say(
            self.tr("From the middle of the target to the middle of the aperture, when fired."),
            role="quiet",
        )
        section.add(PartsKey())
        for firing in firings:
            section.add(FiringView(firing))
        return section

    def _cores(self, made: Review) -> Section | None:
        if not made.facts.cores:
            return None
        section = Section(self.tr("What the cores hold"), self.tr("Cores"))
        section.say(debriefing.removed(made))
        name = self.tr("Cores")
        section.add(PlainTable(debrief_tables.cores(made), name, wide=3, widest=920))
        return section

    def _cost(self, made: Review) -> Section:
        section = Section(self.tr("What it cost"), self.tr("Cost"))
        section.say(*debriefing.effort(made))
        if made.facts.exposures:
            name = self.tr("Exposures")
            section.add(PlainTable(debrief_tables.exposures(made), name, wide=2))
        return section

    def _score(self, made: Review) -> Section:
        section = Section(self.tr("Score beside published figures"), self.tr("Score"))
        if made.rows:
            name = self.tr("Score")
            section.add(PlainTable(comparison.scores(made), name, wide=4, widest=1100))
        section.say(*comparison.own_history(made.history))
        if made.history.outcomes:
            self.curve = LearningCurve(self.attempt, learning_curve(made))
            section.add(self.curve)
        return section

    def _other(self, made: Review) -> Section:
        stereotactic = made.facts.guidance == "stereotactic"
        title = self.tr("What ultrasound would have shown")
        if not stereotactic:
            title = self.tr("What stereotactic guidance would have shown")
        section = Section(title, self.tr("Other guidance"))
        self.other = OtherGuidance(self.attempt, self.app.windows, made)
        section.add(self.other)
        self.other.start()
        return section

    # --- what next --------------------------------------------------------------------------------
    def _again(self) -> None:
        self.app.begin(self.attempt.spec)

    def _other_way(self) -> None:
        spec = self.attempt.spec
        other = "ultrasound" if spec.guidance == "stereotactic" else "stereotactic"
        self.app.begin(replace(spec, guidance=other))

    def _export(self) -> None:
        if self.review is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export figures"), _file_name(self.attempt.spec), "CSV (*.csv)"
        )
        if path:
            self.export_to(Path(path))

    def export_to(self, path: Path) -> None:
        """Write all figures to a CSV file; what fails is told by a dialog."""
        if self.review is None:
            return
        try:
            path.write_text(metrics_csv(self.attempt.spec, self.review), encoding="utf-8")
        except OSError as error:
            self.app.failed.emit(error)

    def let_go(self) -> None:
        """Stop what runs, and listen no more."""
        self._settled.stop()
        if self._asked is not None:
            self._asked.set()
        for view in (self.images, self.other, self.curve):
            if view is not None:
                view.let_go()
        super().let_go()


def _file_name(spec: AttemptSpec) -> str:
    return f"{spec.case or spec.cohort}-{spec.seed}-{spec.guidance}.csv"
