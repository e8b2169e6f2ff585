"""The gallery: choose a patient, a guidance and a mode."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QElapsedTimer, QSize, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from stereosim_gui.model.app import AppModel, Unfinished
from stereosim_gui.model.library import (
    Card,
    LastResult,
    cards,
    guidance_name,
    last_results,
    outcome_text,
)
from stereosim_gui.views.briefing import Briefing
from stereosim_gui.views.cards import CardFace, Cards
from stereosim_gui.views.keys import bind
from stereosim_gui.views.language import current_language, fill, spoken, when
from stereosim_gui.views.listening import Listens


class Gallery(Listens, QWidget):
    """The first page of the app."""

    def __init__(self, app: AppModel) -> None:
        super().__init__()
        self.app = app
        self.library = cards(current_language())
        self.unfinished: Unfinished | None = None
        self.cards = Cards()
        self.cards.setAccessibleName(self.tr("Patients"))
        self.briefing = Briefing(app, {card.text.name: card.text for card in self.library})
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self._show_cards({})
        self.cards.chosen.connect(lambda face: app.choose(app.choice.of_case(face.key)))
        self.cards.opened.connect(self.briefing.do_begin)
        self.hear(app.ready_changed, self._follow_readiness)
        self.hear(app.choice_changed, self._follow_choice)
        self.hear(app.finished, lambda score: self.refresh())
        self.hear(app.settings_changed, self._show_welcome)
        bind(self, "next", self._enter)
        # Between two reports of the worker the time left runs on.
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._show_readiness)
        self._since_report = QElapsedTimer()
        self._since_report.start()
        self._show_welcome()
        self._follow_choice()
        self._show_readiness()
        # The store is opened after the window is there.
        QTimer.singleShot(0, self, self.refresh)

    # --- layout -----------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 8, 12, 8)
        whole.setSpacing(8)
        top = QHBoxLayout()
        title = QLabel("stereosim")
        title.setObjectName("title")
        what = QLabel(self.tr("Choose a patient, read the case, and begin the biopsy."))
        what.setObjectName("quiet")
        top.addWidget(title)
        top.addSpacing(12)
        top.addWidget(what, 1)
        for name, text, tip in (
            ("tour", self.tr("Tour"), self.tr("A guided first biopsy, step by step, on case 1")),
            ("keys", self.tr("Keys"), self.tr("All keys of the app (F1)")),
            ("settings", self.tr("Settings"), self.tr("Language, size of the texts, hints (F2)")),
            ("about", self.tr("About"), self.tr("What stereosim is and is not; versions")),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            self.buttons[name] = button
            top.addWidget(button)
        whole.addLayout(top)
        whole.addWidget(self._welcome())
        whole.addWidget(self._banner())
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.cards, 1)
        policy = QSizePolicy.Policy
        self.briefing.setSizePolicy(policy.Fixed, policy.Expanding)
        middle.addWidget(self.briefing)
        whole.addLayout(middle, 1)
        foot = QHBoxLayout()
        self.status = QLabel()
        self.status.setObjectName("quiet")
        self.progress = QProgressBar()
        self.progress.setFixedWidth(220)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.cancel_button = QPushButton(self.tr("Do not begin"))
        self.cancel_button.setToolTip(self.tr("Stay in the gallery when the simulator is ready"))
        self.cancel_button.clicked.connect(self.app.forget)
        foot.addWidget(self.status, 1)
        foot.addWidget(self.progress)
        foot.addWidget(self.cancel_button)
        whole.addLayout(foot)

    def _welcome(self) -> QWidget:
        """Return what a new user is offered: the tour."""
        self.welcome = QFrame()
        self.welcome.setObjectName("banner")
        row = QHBoxLayout(self.welcome)
        text = QLabel(self.tr("New here? The tour leads you through a first biopsy, step by step."))
        text.setWordWrap(True)
        row.addWidget(text, 1)
        offered = QPushButton(self.tr("Begin the tour"))
        offered.setToolTip(self.tr("It can be left at any time and taken up again with F3"))
        offered.clicked.connect(self.buttons["tour"].click)
        later = QPushButton(self.tr("Not now"))
        later.setToolTip(self.tr("The button Tour begins it later"))
        later.clicked.connect(lambda: self.app.change_settings(toured=True))
        self.tour_buttons = (offered, later)
        row.addWidget(offered)
        row.addWidget(later)
        return self.welcome

    def _banner(self) -> QWidget:
        self.banner = QFrame()
        self.banner.setObjectName("banner")
        row = QHBoxLayout(self.banner)
        self.banner_text = QLabel()
        self.banner_text.setWordWrap(True)
        row.addWidget(self.banner_text, 1)
        self.resume_button = QPushButton(self.tr("Go on"))
        self.resume_button.setToolTip(self.tr("Open this attempt where it was left"))
        self.resume_button.clicked.connect(self._resume)
        self.discard_button = QPushButton(self.tr("Discard"))
        self.discard_button.setToolTip(
            self.tr("Do not offer this attempt again; its record is kept in the data folder")
        )
        self.discard_button.clicked.connect(self._discard)
        row.addWidget(self.resume_button)
        row.addWidget(self.discard_button)
        self.banner.hide()
        return self.banner

    def sizeHint(self) -> QSize:
        """Return a size at which all cards are seen."""
        return QSize(1280, 760)

    # --- what the model says ----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the newest history, and what can be gone on with."""
        shelf = self.app.shelf
        self._show_cards(last_results(shelf.history()))
        self.unfinished = shelf.unfinished()
        self.banner.setVisible(self.unfinished is not None)
        if self.unfinished is not None:
            spec = self.unfinished.spec
            self.banner_text.setText(
                fill(
                    self.tr(
                        "Not finished: {title}. {guidance}, begun {when}. Go on where you were?"
                    ),
                    title=self.title_of(spec.case, spec.seed),
                    guidance=spoken(guidance_name(spec.guidance)),
                    when=when(self.unfinished.made_at),
                )
            )

    def title_of(self, case: str | None, seed: int) -> str:
        """Return how a case, or (None) a random patient, is called."""
        for card in self.library:
            if card.text.name == case:
                return card.text.title
        return fill(self.tr("Random patient {n}"), n=seed)

    def _show_cards(self, results: dict[str | None, dict[str, LastResult]]) -> None:
        faces = [self._face(card, results.get(card.text.name, {})) for card in self.library]
        random = CardFace(
            None,
            self.tr("Random patient, drawn as in screening"),
            self._note(results.get(None, {})),
            None,
        )
        self.cards.show_faces([*faces, random])

    def _face(self, card: Card, results: dict[str, LastResult]) -> CardFace:
        picture = None if card.thumbnail is None else QPixmap(str(card.thumbnail))
        return CardFace(card.text.name, card.text.title, self._note(results), picture)

    def _note(self, results: dict[str, LastResult]) -> str:
        if not results:
            return self.tr("Not done yet")
        return "\n".join(
            fill(
                self.tr("{guidance}: {outcome}"),
                guidance=spoken(guidance_name(result.guidance)),
                outcome=spoken(outcome_text(result.outcome)),
            )
            for result in results.values()
        )

    def _show_welcome(self) -> None:
        self.welcome.setVisible(not self.app.settings.toured)

    def _enter(self) -> None:
        """Press the button that has the keyboard; otherwise begin."""
        focus = self.focusWidget()
        if isinstance(focus, QPushButton):
            focus.click()
        else:
            self.briefing.do_begin()

    def _follow_choice(self) -> None:
        choice = self.app.choice
        face = self.cards.face
        if choice.made and (face is None or face.key != choice.case):
            self.cards.choose(choice.case)

    def _follow_readiness(self) -> None:
        self._since_report.restart()
        self._show_readiness()

    def _show_readiness(self) -> None:
        app = self.app
        self.progress.setVisible(not app.ready)
        self.cancel_button.setVisible(app.waiting is not None)
        if app.ready:
            self._clock.stop()
            self.status.setText("")
            return
        self._clock.start()
        text = self._readiness()
        if app.waiting is not None:
            text = fill(self.tr("{what}. Your attempt begins after that."), what=text)
        self.status.setText(text)

    def _readiness(self) -> str:
        """Show how far the simulator is, and return it in words."""
        progress = self.app.preparing
        since_s = self._since_report.elapsed() / 1000
        if progress is None or progress.remaining_s is None:
            self.progress.setRange(0, 0)
            return self.tr("Preparing the simulator")
        elapsed_s = progress.elapsed_s + since_s
        left_s = max(0.0, progress.remaining_s - since_s)
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * elapsed_s / max(elapsed_s + left_s, 1e-3)))
        if progress.stage != "compiling":
            return self.tr("Preparing the simulator")
        return fill(
            self.tr("Preparing the simulator: compiling, once per machine, about {n} s left"),
            n=max(1, round(left_s)),
        )

    def _resume(self) -> None:
        if self.unfinished is not None:
            self.app.begin(self.unfinished)

    def _discard(self) -> None:
        if self.unfinished is not None:
            self.app.shelf.drop(self.unfinished.identifier)
            self.refresh()
            self.cards.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_random_case(self) -> None:
        """Choose a new random patient."""
        self.app.choose(replace(self.app.choice, made=False).of_case(None))

    def let_go(self) -> None:
        """Have the briefing listen to nothing any more, too."""
        self.briefing.let_go()
        super().let_go()
