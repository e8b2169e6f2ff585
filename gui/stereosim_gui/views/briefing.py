"""The right side of the gallery: the case's text, how to do it, and the button that begins it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.app import AppModel
from stereosim_gui.model.library import LARGEST_SEED, CaseText, new_seed
from stereosim_gui.views.listening import Listens

_LEAST_TEXT_HEIGHT = 140
_INDENT = 16
_WIDTH = 430
# Room for the scroll bar that a low window shows.
_BAR = 14


class Briefing(Listens, QFrame):
    """What is to be known and chosen before the attempt begins.

    Parameters
    ----------
    app : AppModel
        Holds the choice.
    texts : dict of str to CaseText
        The cases by name.
    """

    def __init__(self, app: AppModel, texts: dict[str, CaseText]) -> None:
        super().__init__()
        self.app = app
        self.texts = texts
        self._lay_out()
        self.hear(app.choice_changed, self.refresh)
        self.hear(app.settings_changed, self.refresh)
        self.hear(app.ready_changed, self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.title = QLabel()
        self.title.setObjectName("title")
        self.title.setWordWrap(True)
        self.text = QTextBrowser()
        self.text.setAccessibleName(self.tr("The case"))
        self.text.setMinimumHeight(_LEAST_TEXT_HEIGHT)
        self.text.setTabChangesFocus(True)
        self.text.document().setIndentWidth(_INDENT)
        column.addWidget(self.title)
        column.addWidget(self.text, 1)
        column.addLayout(self._guidance_row())
        self.exam = QCheckBox(self.tr("Exam: no help before the debrief"))
        self.exam.setToolTip(
            self.tr("Work as in the clinic: no hints and no guide band before the debrief")
        )
        self.exam.toggled.connect(lambda on: self.app.choose(replace(self.app.choice, exam=on)))
        self.hints = QCheckBox(self.tr("Hints that teach"))
        self.hints.setToolTip(
            self.tr("Below the images, say what a teacher beside you would say at this step")
        )
        self.hints.toggled.connect(self._set_hints)
        column.addWidget(self.exam)
        column.addWidget(self.hints)
        column.addLayout(self._seed_row())
        self.begin = QPushButton(self.tr("Begin  (Enter)"))
        self.begin.setObjectName("primary")
        self.begin.setToolTip(self.tr("Begin the biopsy of this patient"))
        self.begin.clicked.connect(self.do_begin)
        column.addWidget(self.begin)
        self.inside = inside
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scroll)

    def sizeHint(self) -> QSize:
        """Return a width that holds the longest line of the choices, at any size of the texts."""
        return QSize(max(_WIDTH, self.inside.minimumSizeHint().width() + _BAR), 600)

    def minimumSizeHint(self) -> QSize:
        """Return the same width, with little height: the rest is scrolled."""
        return QSize(self.sizeHint().width(), 200)

    def _guidance_row(self) -> QVBoxLayout:
        rows = QVBoxLayout()
        rows.setSpacing(0)
        self.guidances: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        for guidance, text, tip in (
            (
                "stereotactic",
                self.tr("Stereotactic guidance (X-ray pair)"),
                self.tr(
                    "The breast is compressed; depth comes from two views at -15 and +15 degrees"
                ),
            ),
            (
                "ultrasound",
                self.tr("Ultrasound guidance (freehand)"),
                self.tr("The patient lies on her back; you hold the probe and steer the needle"),
            ),
        ):
            button = QRadioButton(text)
            button.setToolTip(tip)
            button.toggled.connect(lambda on, guidance=guidance: self._set_guidance(guidance, on))
            group.addButton(button)
            rows.addWidget(button)
            self.guidances[guidance] = button
        return rows

    def _seed_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        label = QLabel(self.tr("Patient number"))
        self.seed = QSpinBox()
        self.seed.setRange(1, LARGEST_SEED)
        self.seed.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.seed.setKeyboardTracking(False)
        self.seed.setAccessibleName(self.tr("Patient number"))
        self.seed.setToolTip(
            self.tr(
                "The same number gives the same patient and the same images again; "
                "another number gives another breast for the same story"
            )
        )
        self.seed.valueChanged.connect(
            lambda value: self.app.choose(replace(self.app.choice, seed=value))
        )
        label.setBuddy(self.seed)
        self.another = QPushButton(self.tr("Another"))
        self.another.setToolTip(self.tr("Draw a number that nobody has seen yet"))
        self.another.clicked.connect(
            lambda: self.app.choose(replace(self.app.choice, seed=new_seed()))
        )
        row.addWidget(label)
        row.addWidget(self.seed, 1)
        row.addWidget(self.another)
        return row

    # --- what the model says ----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the choice."""
        choice = self.app.choice
        text = self.texts.get(choice.case or "")
        if not choice.made:
            title, teaching = self.tr("Welcome"), self._welcome()
        elif text is None:
            title, teaching = self.tr("Random patient"), self._about_random()
        else:
            title, teaching = text.title, text.teaching
        if self.title.text() != title:
            self.title.setText(title)
            self.text.setMarkdown(teaching)
        for guidance, button in self.guidances.items():
            button.setChecked(guidance == choice.guidance)
        self.exam.setChecked(choice.exam)
        self.hints.setChecked(self.app.settings.hints and not choice.exam)
        self.hints.setEnabled(not choice.exam)
        if self.seed.value() != choice.seed:
            self.seed.setValue(choice.seed)
        for widget in (self.seed, self.another):
            widget.setEnabled(choice.made)
        self.begin.setEnabled(choice.made and self.app.waiting is None)

    def do_begin(self) -> None:
        """Begin what is chosen."""
        self.seed.interpretText()
        if self.begin.isEnabled() and self.app.attempt is None:
            self.app.begin(self.app.choice.spec())

    def _set_guidance(self, guidance: str, on: bool) -> None:
        if on:
            self.app.choose(replace(self.app.choice, guidance=guidance))

    def _set_hints(self, on: bool) -> None:
        if not self.app.choice.exam and on != self.app.settings.hints:
            self.app.change_settings(hints=on)

    def _welcome(self) -> str:
        return self.tr(
            "Here you learn to biopsy breast calcifications under stereotactic guidance and "
            "under ultrasound guidance, on virtual patients whose truth is known and shown at "
            "the end.\n\n"
            "- Choose a patient on the left: click, or move with the arrow keys.\n"
            "- Choose the guidance below. The same patient can be done under both.\n"
            "- Every button says what it does when the mouse rests on it. F1 shows all keys.\n\n"
            "New here? The tour leads you through a first biopsy.\n\n"
            "For teaching and research. Not a medical device."
        )

    def _about_random(self) -> str:
        return self.tr(
            "A patient drawn from the published distributions of breasts and calcifications "
            "seen in screening. Nobody knows her yet: whether the calcifications can be seen, "
            "reached and removed is for you to find out.\n\n"
            "The same patient number gives the same patient again, on any machine: "
            "type it to repeat her, or give it to a colleague."
        )
