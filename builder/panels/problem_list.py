"""A column of problem cards that are reused as the problems change."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.problem_card import ProblemCard
from builder.texts import tr
from builder.theme import GRID, Theme
from graph.problems import Problem

MAX_CARDS = 100


class ProblemCards(QWidget):
    """Shows problems, at most MAX_CARDS of them and then how many more there are.

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
        self._more = QLabel(self)
        self._more.setProperty("role", "muted")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GRID)
        self._layout.addWidget(self._more)
        self.show_problems(())

    @property
    def cards(self) -> list[ProblemCard]:
        """The cards that are shown, top to bottom."""
        return [card for card in self._pool if not card.isHidden()]

    def show_problems(self, problems: Sequence[Problem], places: Sequence[str] = ()) -> None:
        """Shows these problems, in this order.

        Args:
            problems: what is wrong.
            places: in which block each is; none where that goes without saying.
        """
        listed = problems[:MAX_CARDS]
        while len(self._pool) < len(listed):
            self._add_card()
        for index, card in enumerate(self._pool):
            if index < len(listed):
                card.show_problem(listed[index], places[index] if places else "")
            card.setVisible(index < len(listed))
        self._more.setText(tr("and {count:,} more", count=len(problems) - len(listed)))
        self._more.setVisible(len(problems) > len(listed))
        self.setVisible(bool(listed))

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for card in self._pool:
            card.set_theme(theme)

    def _add_card(self) -> None:
        card = ProblemCard(self._theme, self)
        card.chosen.connect(self.chosen)
        card.fix_asked.connect(lambda fix: self.fix_asked.emit(card.problem, fix))
        card.fix_pointed_at.connect(lambda fix: self.fix_pointed_at.emit(card.problem, fix))
        card.silence_asked.connect(self.silence_asked)
        card.step_asked.connect(lambda step: self.step_asked.emit(card, step))
        self._layout.insertWidget(len(self._pool), card)
        self._pool.append(card)
