"""What a trained network says about some samples: beside each other, and about the chosen one in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from builder.icons import icon
from builder.overlays import percent
from builder.panels.answer_view import AnswerView
from builder.panels.sample_view import SampleView, scrolled
from builder.panels.shown_samples import ShownSamples
from builder.panels.view_switch import ViewSwitch
from builder.texts import later, tr, tr_count, tr_made
from builder.theme import GRID, Theme, font

if TYPE_CHECKING:
    from runtime.events import CheckpointKind
    from runtime.questions import Answer, Answered

ANSWER_WIDTH = 280  # pixels
KINDS: tuple[CheckpointKind, ...] = ("last", "best")
KIND_TITLES = (later("Last weights"), later("Best weights"))


class AnswersPage(QWidget):
    """Has a heading, the weights to choose, and a way back.

    Signals:
        left(): the user goes back to the data.
        weights_chosen(str): which weights are to be asked instead: last, or best.
        inverted(bool): pictures that seem to be negatives are to be inverted, or to be as they are again.

    Attributes:
        answered: what is shown; None while it is found out, and after a fault.
    """

    left = Signal()
    weights_chosen = Signal(str)
    inverted = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answered: Answered | None = None
        self._build(theme)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.samples.grid.set_theme(theme)
        self.answer.set_theme(theme)

    def begin(self, title: str, kind: CheckpointKind) -> None:
        """Shows a heading while the answers are found out.

        Args:
            title: what was asked.
            kind: which weights are asked.
        """
        self.answered = None
        self.title.setText(title)
        self.detail.clear()
        self.negatives.hide()
        self.switch.show_chosen(KINDS.index(kind))
        self.say(tr("Asking the network..."))

    def take_focus(self) -> None:
        """Lets keys choose samples, as soon as there are any."""
        self.back.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    @Slot(str)
    def say(self, text: str) -> None:
        """Shows a text in place of samples."""
        self.note.setText(text)
        self._pages.setCurrentWidget(self._note_page)

    def show_answers(self, answered: Answered, samples: ShownSamples, detail: str, caption: str) -> None:
        """Shows answers.

        Args:
            answered: the answers.
            samples: what they are about.
            detail: whose answers these are, and how many.
            caption: what stands below a sample.
        """
        self.answered = answered
        self.detail.setText("\n".join([detail, *map(tr_made, answered.notes)]))
        self._tell_negatives(answered)
        self.answer.clear()
        self.samples.show_samples(samples, caption)
        self._pages.setCurrentWidget(self._samples_page)
        self.samples.choose(0)
        if self.back.hasFocus():
            self.samples.take_focus()

    def _tell_negatives(self, answered: Answered) -> None:
        """Says in which pictures light and dark seem exchanged: a network takes them for anything."""
        names = answered.exchanged
        what = (
            names[0]
            if len(names) == 1
            else tr_count("{count} picture", "{count} of the pictures", len(names))
        )
        self.negative_label.setText(
            tr("Inverted: {what}.", what=what)
            if answered.is_inverted
            else tr(
                "{what} may be a negative for the network: light where its training pictures are dark, or "
                "dark where they are light.",
                what=what,
            )
        )
        self.invert_button.setChecked(answered.is_inverted)
        self.negatives.setVisible(bool(names))

    @Slot(int)
    def _show_answer(self, index: int) -> None:
        answered = self.answered
        if answered is not None and 0 <= index < len(answered.answers):
            name = answered.names[index] if answered.names else ""
            self.answer.show_answers(name, answered.answers[index])

    def _build(self, theme: Theme) -> None:
        self.note = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self.note.setProperty("role", "muted")
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._note_page = QWidget()
        column = QVBoxLayout(self._note_page)
        column.addWidget(self.note)
        self.samples = SampleView(theme, can_choose=True)
        self.samples.chosen.connect(self._show_answer)
        self.answer = AnswerView(theme)
        side = scrolled(self.answer)
        side.setFixedWidth(ANSWER_WIDTH)
        self._samples_page = QWidget()
        row = QHBoxLayout(self._samples_page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self.samples, 1)
        row.addWidget(side)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._note_page)
        self._pages.addWidget(self._samples_page)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(self._build_head())
        column.addWidget(self._pages, 1)

    def _build_head(self) -> QHBoxLayout:
        self.back = QPushButton(icon("chevron-left"), tr("Back to the data"))
        self.back.clicked.connect(self.left)
        self.title = QLabel(wordWrap=True)
        self.title.setFont(font("strong"))
        self.detail = QLabel(wordWrap=True)
        self.detail.setProperty("role", "muted")
        self.switch = ViewSwitch([tr(title) for title in KIND_TITLES], tr("Which weights are asked"))
        self.switch.chosen.connect(lambda index: self.weights_chosen.emit(KINDS[index]))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        words.addWidget(self._build_negatives())
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        for part in (self.back, self.switch):
            row.addWidget(part, alignment=Qt.AlignmentFlag.AlignTop)
        row.insertLayout(1, words, 1)
        return row

    def _build_negatives(self) -> QWidget:
        self.negatives = QWidget()
        self.negative_label = QLabel(wordWrap=True)
        self.invert_button = QPushButton(tr("Invert"), checkable=True)
        self.invert_button.setToolTip(tr("Exchanges light and dark before the network is asked."))
        self.invert_button.clicked.connect(self.inverted)
        row = QHBoxLayout(self.negatives)
        row.setContentsMargins(0, GRID // 2, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self.invert_button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.negative_label, 1)
        return self.negatives


def captions(answered: Answered) -> Iterator[str]:
    """A few words on each sample: what it is taken for, and how surely."""
    for answers in answered.answers:
        yield ", ".join(map(_in_short, answers))


def _in_short(answer: Answer) -> str:
    if not answer.guesses:
        return answer.text
    best = answer.guesses[0]
    return best.name if best.share is None else f"{best.name} · {percent(best.share)}"
