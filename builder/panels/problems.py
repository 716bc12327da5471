"""The Problems tab: errors, warnings and hints, with their remedies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from builder.fix_all import Choose, FixAll
from builder.fixing import fix_problem, silence
from builder.foresight import Foresight
from builder.icons import icon
from builder.mending import mends_errors
from builder.panels.problem_groups import ProblemGroups
from builder.panels.silenced_menu import SilencedButton
from builder.scope_names import path_text
from builder.session import MANY, Session
from builder.severities import SEVERITIES
from builder.texts import tr
from builder.theme import GRID, Theme
from graph.problems import Fix, Problem
from graph.scopes import LocatedProblem

POINT = "Point at a remedy to see what it would change."


class ProblemsPanel(QWidget):
    """Lists the session's problems.

    Args:
        choose: asks which remedies of all are wanted, as `FixAll` says.

    Attributes:
        all_fixes: what the button does that fixes everything.
        previews: what is said of a remedy that somebody points at.

    Signals:
        node_chosen(str): a problem's node is to be shown; it is already selected.
        title_changed(str): what the tab should be called: `Problems (2)`.
        foreseen(LocatedProblem | None, Fix | None): somebody thinks about a remedy, or no more.
        fixed(): a remedy was asked for.
    """

    node_chosen = Signal(str)
    fixed = Signal()
    title_changed = Signal(str)
    foreseen = Signal(object, object)

    def __init__(
        self,
        session: Session,
        theme: Theme,
        choose: Choose | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._shown: Sequence[LocatedProblem] = ()
        self._is_blank = False
        self.summary = QLabel(self)
        self.fix_all_button = QPushButton(tr("Fix all"), self)
        self.silenced = SilencedButton(session, self)
        self.cards = ProblemGroups(theme, self)
        self.empty = _EmptyState(theme, self)
        self.foresight = QLabel(tr(POINT), self)
        self._scroll = QScrollArea(self, accessibleName=tr("Problems and their remedies"))
        self._lay_out()
        self.cards.chosen.connect(self._choose)
        self.cards.fix_asked.connect(self._fix)
        self.cards.silence_asked.connect(self._silence)
        self.cards.fix_pointed_at.connect(self._foresee)
        self.cards.card_focused.connect(self._scroll.ensureWidgetVisible)
        self.previews = Foresight(session, self)
        self.previews.told.connect(self._tell)
        self.fix_all_button.clicked.connect(self.fix_all)
        self.all_fixes = FixAll(session, choose, self)
        self.all_fixes.fixed.connect(self.fixed)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.refresh)
        session.problems_changed.connect(self._follow_problems)
        session.changed.connect(self._follow)
        self.refresh()

    @property
    def title(self) -> str:
        """What the tab is called."""
        count = len(self._session.open_problems)
        return tr("Problems ({count:,})", count=count) if count else tr("Problems")

    @Slot()
    def refresh(self) -> None:
        """Reads the problems anew."""
        self._later.stop()
        self._shown, self._is_blank = self._session.open_problems, self._session.is_blank
        groups, project = self._session.problem_groups, self._session.project
        is_few = len(self._shown) <= MANY
        self.cards.show_problems(groups, lambda each: path_text(project, each.path), at_once=is_few)
        self.empty.setVisible(not groups)
        self.empty.show_state(is_blank=self._is_blank)
        self.summary.setText(_summary(groups))
        self.summary.setVisible(bool(groups))
        fixable = bool(groups) and self._session.is_mendable
        errors = (each.problem for each in groups.get("error", ()))
        self.fix_all_button.setVisible(bool(groups))
        self.fix_all_button.setEnabled(fixable)
        self.fix_all_button.setText(tr("Fix all errors") if mends_errors(errors) else tr("Fix all"))
        self.foresight.setVisible(fixable)
        self._point()
        self.fix_all_button.setToolTip(
            tr("Shows what the first remedy of each would change, and applies them as one step")
            if fixable
            else tr("None of these has a remedy that can be applied for you")
        )
        self.title_changed.emit(self.title)

    @Slot()
    def _follow_problems(self) -> None:
        """Reads the problems anew; very many in a turn of its own, as others are told of them too."""
        if len(self._session.all_problems) > MANY:
            self._later.start()
        else:
            self.refresh()

    @Slot()
    def _follow(self) -> None:
        """Shows problems from the first layer on, also where that alone changes none."""
        if self._session.is_blank != self._is_blank:
            self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.cards.set_theme(theme)
        self.empty.set_theme(theme)

    @Slot(object)
    def _choose(self, problem: Problem) -> None:
        located = self._place_of(problem)
        if located is None or problem.node is None:
            return
        if self._session.show_scope(located.path):
            self._session.select((problem.node,))
            self.node_chosen.emit(problem.node)

    @Slot(object, object)
    def _fix(self, problem: Problem, fix: Fix) -> None:
        located = self._place_of(problem)
        if located is not None:
            fix_problem(self._session, fix, located.block)
            self.fixed.emit()

    @Slot(object)
    def _silence(self, problem: Problem) -> None:
        located = self._place_of(problem)
        if located is not None:
            silence(self._session, problem, located.block)

    def _place_of(self, problem: Problem) -> LocatedProblem | None:
        """Where the problem of a card is; None if it went while a menu of its card was open."""
        return next((each for each in self._shown if each.problem is problem), None)

    @Slot()
    def fix_all(self) -> None:
        """Applies the first remedy of every problem, after showing what comes of it where it is several."""
        self.all_fixes.begin()

    def focus_first(self) -> None:
        """Puts the focus on the first problem."""
        for card in self.cards.cards[:1]:
            card.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(object, object)
    def _foresee(self, problem: Problem, fix: Fix | None) -> None:
        """Says what a remedy would change; a copy is tried out, so the project stays as it is."""
        located = self._place_of(problem)
        self.foreseen.emit(located, fix)
        if fix is None or located is None:
            self._point()
        elif fix.edits:
            self.previews.ask(fix, located.block)
        else:
            self.previews.forget()
            self.foresight.setText(tr("Shows the code first; nothing runs before you have agreed."))

    @Slot(object)
    def _tell(self, text: str) -> None:
        self.foresight.setText(text)

    def _point(self) -> None:
        """Says how to have a remedy explained, as none is pointed at."""
        self.previews.forget()
        self.foresight.setText(tr(POINT))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        head.addWidget(self.silenced)
        head.addWidget(self.fix_all_button)
        column = QWidget()
        inner = QVBoxLayout(column)
        inner.setContentsMargins(GRID, 0, GRID, GRID)
        inner.addWidget(self.cards)
        inner.addWidget(self.empty)
        inner.addStretch(1)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(column)
        self.foresight.setProperty("role", "muted")
        self.foresight.setWordWrap(True)
        self.foresight.setTextFormat(Qt.TextFormat.PlainText)
        self.foresight.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        self.foresight.setMinimumHeight(2 * self.foresight.fontMetrics().lineSpacing() + GRID)
        self.foresight.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.foresight.setAccessibleName(tr("What the remedy would change"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        head.setContentsMargins(GRID, GRID, GRID, 0)
        layout.addLayout(head)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.foresight)


class _EmptyState(QWidget):
    """Says that all is well, or that nothing is there yet, and what comes next."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._is_blank = theme, False
        self._icon = QLabel(self)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = QLabel(self)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 3 * GRID, GRID, GRID)
        layout.addWidget(self._icon)
        layout.addWidget(self.text)
        self.show_state(is_blank=False)

    def show_state(self, *, is_blank: bool) -> None:
        """Says what there is to say; `is_blank` where nothing was drawn yet."""
        self._is_blank = is_blank
        blank = tr("Nothing to check yet. Double-click the canvas to add a layer.")
        self.text.setText(blank if is_blank else tr("No problems. Press Train."))
        self.set_theme(self._theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        drawn = icon("info", theme.text_muted) if self._is_blank else icon("success", theme.success)
        self._icon.setPixmap(drawn.pixmap(QSize(4 * GRID, 4 * GRID), self.devicePixelRatioF()))


def _summary(groups: Mapping[str, Sequence[LocatedProblem]]) -> str:
    there = (each for each in SEVERITIES if each in groups)
    return ", ".join(SEVERITIES[each].counted(len(groups[each])) for each in there)
