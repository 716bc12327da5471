"""A column of problem cards that are reused as the problems change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from builder.panels.problem_card import ProblemCard
from builder.texts import tr
from builder.theme import GRID, Theme
from graph.problems import Problem

PAGE = 10  # cards at once: each is a dozen widgets, and of thousands of problems nobody reads all
BITE = 3  # cards that are made in one turn where that is not to be done at once


class ProblemCards(QWidget):
    """Shows the first of some problems, and more where that is asked for.

    Signals:
        chosen(Problem): a card was clicked.
        fix_asked(Problem, Fix): a remedy of the problem was asked for.
        fix_pointed_at(Problem, Fix | None): the mouse or the focus came to a remedy, or left it.
        silence_asked(Problem): a problem is not to be shown any more.
        step_asked(ProblemCard, int): the focus should go from a card to another.
    """

    chosen = Signal(object)
    fix_asked = Signal(object, object)
    fix_pointed_at = Signal(object, object)
    silence_asked = Signal(object)
    step_asked = Signal(object, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pool: list[ProblemCard] = []
        self._problems: Sequence[Problem] = ()
        self._place_of: Callable[[int], str] = _nowhere
        self._limit = PAGE
        self._rest = QTimer(self, singleShot=True, interval=0)
        self._rest.timeout.connect(self._go_on)
        self.more_button = QPushButton(self)
        self.more_button.setProperty("role", "link")
        self.more_button.clicked.connect(self.show_more)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GRID)
        self._layout.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_problems(())

    @property
    def cards(self) -> list[ProblemCard]:
        """The cards that are shown, top to bottom."""
        return [card for card in self._pool if not card.isHidden()]

    def show_problems(
        self,
        problems: Sequence[Problem],
        place_of: Callable[[int], str] | None = None,
        *,
        at_once: bool = True,
    ) -> None:
        """Shows these problems, in this order.

        Args:
            problems: what is wrong.
            place_of: in which block the problem of an index is; without it that goes without saying.
            at_once: has all cards there when it comes back, and not one after the other.
        """
        self._problems, self._place_of = problems, place_of or _nowhere
        if len(problems) <= PAGE:
            self._limit = PAGE
        self._fill(self._limit if at_once else max(len(self._pool), BITE))

    @Slot()
    def show_more(self) -> None:
        """Shows so many more, and puts the focus on the first of them."""
        first = len(self.cards)
        self._limit += PAGE
        self._fill(self._limit)
        for card in self.cards[first : first + 1]:
            card.setFocus(Qt.FocusReason.TabFocusReason)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for card in self._pool:
            card.set_theme(theme)

    @Slot()
    def _go_on(self) -> None:
        self._fill(len(self._pool) + BITE)

    def _fill(self, most: int) -> None:
        """Shows so many problems at most, and the others that are due a few at a time after that."""
        listed = list(islice(self._problems, min(self._limit, most)))
        if len(listed) < min(self._limit, len(self._problems)):
            self._rest.start()
        else:
            self._rest.stop()
        while len(self._pool) < len(listed):
            self._add_card()
        for index, problem in enumerate(listed):
            self._pool[index].show_problem(problem, self._place_of(index))
            self._pool[index].show()
        for card in self._pool[len(listed) :]:
            card.hide()
        self._trim()
        left = len(self._problems) - len(listed)
        self.more_button.setText(tr("Show {count:,} of {left:,} more", count=min(left, PAGE), left=left))
        self.more_button.setVisible(left > 0)
        self.setVisible(bool(listed))

    def _trim(self) -> None:
        """Lets go of cards that only a long list needed: a change of theme dresses every widget."""
        for card in self._pool[self._limit :]:
            self._layout.removeWidget(card)
            card.deleteLater()
        del self._pool[self._limit :]

    def _add_card(self) -> None:
        card = ProblemCard(self._theme, self)
        card.chosen.connect(self.chosen)
        card.fix_asked.connect(lambda fix: self.fix_asked.emit(card.problem, fix))
        card.fix_pointed_at.connect(lambda fix: self.fix_pointed_at.emit(card.problem, fix))
        card.silence_asked.connect(self.silence_asked)
        card.step_asked.connect(lambda step: self.step_asked.emit(card, step))
        self._layout.insertWidget(len(self._pool), card)
        self._pool.append(card)


def _nowhere(index: int) -> str:
    return ""
