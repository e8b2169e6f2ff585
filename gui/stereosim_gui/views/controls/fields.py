"""Fields of the controls: numbers that are typed or stepped, notes, and questions before a step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QMessageBox, QWidget

from stereosim_gui.views.tone import set_tone

# Frame, padding and arrows of a field, in pixels.
_BESIDE_TEXT = 58

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberBox(QDoubleSpinBox):
    """A number that is typed or stepped with the arrows.

    What is being typed counts once Enter is pressed or the field is left; the next Enter does the
    next step.  Undo and redo are those of the procedure, and the wheel turns only the field that
    has the keyboard.

    Parameters
    ----------
    name : str
        Its name, for messages and screen readers.
    teaching : str
        The tooltip.
    low, high, step : float
        Range and step.
    decimals : int
        Decimals shown.
    suffix : str
        Unit, with the space before it.
    """

    # The user has given another number; setting it by the program says nothing.
    edited = Signal(float)

    def __init__(
        self,
        name: str,
        teaching: str,
        low: float,
        high: float,
        *,
        step: float = 1.0,
        decimals: int = 1,
        suffix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.setAccessibleName(name)
        self.setToolTip(teaching)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setDecimals(decimals)
        self.setSuffix(suffix)
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QDoubleSpinBox.CorrectionMode.CorrectToPreviousValue)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self.edited.emit)

    def sizeHint(self) -> QSize:
        """Return room for a usual number; Qt would make it for the longest of the range."""
        decimals = self.decimals()
        usual = f"-88.{'8' * decimals}{self.suffix()}" if decimals else f"88{self.suffix()}"
        width = self.fontMetrics().horizontalAdvance(usual) + _BESIDE_TEXT
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return the same: less cannot be read."""
        return self.sizeHint()

    def put(self, value: float) -> None:
        """Show a number of the model, unless the user is typing another one."""
        if self.typing or value == self.value():
            return
        with QSignalBlocker(self):
            self.setValue(value)

    @property
    def typing(self) -> bool:
        """Whether something has been typed that does not count yet."""
        return self.hasFocus() and self.lineEdit().isModified()

    def taken(self) -> bool:
        """Make what was typed count; return False where it is no number of the range."""
        if not self.hasAcceptableInput():
            return False
        self.interpretText()
        self.lineEdit().setModified(False)
        return True

    def event(self, event: QEvent) -> bool:
        """Keep Enter while a number is being typed; leave undo and redo to the procedure."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in _ENTER and self.typing:
                event.accept()
                return True
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in (
                Qt.Key.Key_Z,
                Qt.Key.Key_Y,
            ):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the number over at Enter."""
        if event.key() in _ENTER and self.typing:
            self.taken()
            self.selectAll()
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn the number only where the keyboard is; else the page is scrolled."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def note(words: str = "", tone: str = "quiet") -> QLabel:
    """Return a label whose words wrap."""
    label = QLabel(words)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    set_tone(label, tone)
    return label


def heading(words: str) -> QLabel:
    """Return a heading."""
    label = QLabel(words)
    set_tone(label, "heading")
    return label


def show_note(label: QLabel, words: str, tone: str = "quiet") -> None:
    """Show words in a note, or hide it where there are none."""
    label.setText(words)
    label.setVisible(bool(words))
    set_tone(label, tone)


def ask_first(
    parent: QWidget, title: str, question: str, *, go: str, stay: str, act: Callable[[], object]
) -> QMessageBox:
    """Ask before something that cannot be taken back; Enter and Esc stay.

    Parameters
    ----------
    parent : QWidget
        Over which the question is shown.
    title, question : str
        What is asked.
    go, stay : str
        What the two buttons say.
    act : callable
        Done where the answer is `go`.
    """
    box = QMessageBox(QMessageBox.Icon.Warning, title, title, parent=parent)
    box.setInformativeText(question)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    yes = box.addButton(go, QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(stay, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    yes.setAutoDefault(False)

    def answered(_: int) -> None:
        if box.clickedButton() is yes:
            act()

    box.finished.connect(answered)
    box.open()
    return box
