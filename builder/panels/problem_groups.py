"""Problems by how much they matter: errors, then warnings, then hints, each under a heading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.panels.problem_card import ProblemCard
from builder.panels.problem_list import ProblemCards
from builder.severities import SEVERITIES
from builder.texts import tr
from builder.theme import GRID, Theme, font
from graph.problems import Problem
from graph.scopes import LocatedProblem


class ProblemGroups(QWidget):
    """Shows problems in groups; one without problems is not shown.

    Signals:
        chosen(Problem): a card was clicked.
        fix_asked(Problem, Fix): a remedy of the problem was asked for.
        fix_pointed_at(Problem, Fix | None): the mouse or the focus came to a remedy, or left it.
        silence_asked(Problem): a problem is not to be shown any more.
        card_focused(ProblemCard): the focus went from one card to this one.
    """

    chosen = Signal(object)
    fix_asked = Signal(object, object)
    fix_pointed_at = Signal(object, object)
    silence_asked = Signal(object)
    card_focused = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headings = {severity: QLabel(self) for severity in SEVERITIES}
        self.lists = {severity: ProblemCards(theme, self) for severity in SEVERITIES}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        for severity, cards in self.lists.items():
            self.headings[severity].setFont(font("strong"))
            self.headings[severity].setToolTip(tr(SEVERITIES[severity].about))
            layout.addWidget(self.headings[severity])
            layout.addWidget(cards)
            cards.chosen.connect(self.chosen)
            cards.fix_asked.connect(self.fix_asked)
            cards.fix_pointed_at.connect(self.fix_pointed_at)
            cards.silence_asked.connect(self.silence_asked)
            cards.step_asked.connect(self._step)

    @property
    def cards(self) -> list[ProblemCard]:
        """The cards that are shown, top to bottom."""
        return [card for cards in self.lists.values() for card in cards.cards]

    def show_problems(
        self,
        groups: Mapping[str, Sequence[LocatedProblem]],
        place_of: Callable[[LocatedProblem], str],
        *,
        at_once: bool = True,
    ) -> None:
        """Shows these problems, in this order within their groups.

        Args:
            groups: the problems of each severity that there is.
            place_of: in which block one is.
            at_once: has all cards there when it comes back, and not one after the other.
        """
        for severity, cards in self.lists.items():
            found = groups.get(severity, ())
            cards.show_problems(_Bare(found), _placing(found, place_of), at_once=at_once)
            self.headings[severity].setText(SEVERITIES[severity].counted(len(found)))
            self.headings[severity].setVisible(bool(found) and len(groups) > 1)
        self.setVisible(bool(groups))

    @Slot(object, int)
    def _step(self, card: ProblemCard, by: int) -> None:
        """Goes from a card to the one below or above, whatever group that is in."""
        shown = self.cards
        at = shown.index(card) + by if card in shown else -1  # a key may reach one that just went
        if 0 <= at < len(shown):
            shown[at].setFocus(Qt.FocusReason.TabFocusReason)
            self.card_focused.emit(shown[at])

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        for cards in self.lists.values():
            cards.set_theme(theme)


class _Bare(Sequence[Problem]):
    """Problems without where they are, each taken when it is shown: of thousands few are."""

    def __init__(self, found: Sequence[LocatedProblem]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, index: int) -> Problem:  # type: ignore[override]  # nobody takes a slice
        return self._found[index].problem


def _placing(
    found: Sequence[LocatedProblem], place_of: Callable[[LocatedProblem], str]
) -> Callable[[int], str]:
    return lambda index: place_of(found[index])
