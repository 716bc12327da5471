"""The Data tab: what the plan's data is, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from builder.data_ends import fitting_edit, left_alone
from builder.panels.answers_page import AnswersPage
from builder.panels.class_bars import ClassBars
from builder.panels.columns_view import GUESS, ColumnTable, columns_view
from builder.panels.data_facts import facts_of
from builder.panels.data_look import COUNT, look_at
from builder.panels.data_titles import made_titled
from builder.panels.facts import FactsSection
from builder.panels.field_text import UNSET
from builder.panels.noted_page import NotedPage
from builder.panels.plan_edits import part_of, with_part_value
from builder.panels.sample_view import SampleView, scrolled
from builder.panels.trust_row import TrustRow
from builder.panels.view_switch import ViewSwitch
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import GRID, Theme
from builder.trial import Trial
from graph.document import Change
from graph.edits import SetTraining
from runtime.control import Control

if TYPE_CHECKING:
    from builder.data_code import DataCode
    from builder.panels.data_look import Look

PATIENCE = 500  # milliseconds after the last change of the plan
FACTS_WIDTH = 300  # pixels
SAMPLES, CLASSES, COLUMNS = range(3)  # the views
OWN_TABLE = "csv"  # the source whose plan says what a column is


class DataPanel(QWidget):
    """Samples, balance and columns of the plan's data, and a button that makes the network fit them.

    It looks at the data by itself while it is seen, once PyTorch is there.

    Signals:
        looked(): reading has ended, with something to show or with a fault.

    Attributes:
        look: what is shown; None before the first look, and after one that failed.
    """

    looked = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.look: Look | None = None
        self._trials: list[Trial] = []
        self._is_ready = False
        self._is_outdated = True
        self._start = 0
        self._later = QTimer(self, singleShot=True, interval=PATIENCE)
        self._later.timeout.connect(self._look_if_seen)
        self._build(theme)
        session.changed.connect(self._follow)
        session.document_replaced.connect(self._restart)

    @Slot()
    def set_ready(self) -> None:
        """PyTorch is there: data can be read."""
        self._is_ready = True
        self._look_if_seen()

    def follow(self, code: DataCode) -> None:
        """Offers to review the code of the data, and looks at the data once it is trusted."""
        self.trust.follow(code)
        code.changed.connect(self._restart)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.samples.grid.set_theme(theme)
        self.bars.set_theme(theme)
        self.answers.set_theme(theme)

    @Slot()
    def show_answers(self) -> None:
        """Shows what a trained network says, in place of the data."""
        self._whole.setCurrentWidget(self.answers)

    @Slot()
    def leave_answers(self) -> None:
        """Shows the data."""
        self._whole.setCurrentWidget(self._pages)
        self._look_if_seen()

    def read(self) -> None:
        """Looks at the data, seen or not, unless it is known; `looked` tells when it is."""
        if self._is_outdated or self.look is None:
            self._begin()
        else:
            self.looked.emit()

    def end(self) -> None:
        """Stops reading, and waits for it."""
        for trial in self._trials:
            trial.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_if_seen()

    # -- when to look

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        if "training" in change.fields:
            self._restart()
        self._show_fit()

    @Slot()
    def _restart(self) -> None:
        self._is_outdated, self._start = True, 0
        self._later.start()

    @Slot()
    def _look_if_seen(self) -> None:
        if self._is_ready and self._is_outdated and self._pages.isVisible():
            self._begin()

    def _begin(self) -> None:
        """Looks at the samples from the one that is to be shown first."""
        self._is_outdated = False
        for trial in self._trials:
            trial.give_up()
        training = dict(self._session.project.training)
        path, start = self._session.document.path, self._start
        folder = path.parent if path else None

        def work(control: Control) -> Iterator[Any]:
            return look_at(training, control, start, folder)

        trial = Trial(work, self)
        self._trials.append(trial)
        trial.reading.connect(self.note.setText)
        trial.arrived.connect(self._take)
        trial.ended.connect(self._end)
        trial.over.connect(self._forget)
        self._say(tr("Reading the data..."))
        trial.start()

    @Slot(object)
    def _take(self, events: Sequence[Any]) -> None:
        for event in events:
            self._show(event)

    @Slot(str)
    def _end(self, fault: str) -> None:
        if fault:
            self.look = None
            self._say(made_titled(fault), role="error-card")
            self._pages.setCurrentWidget(self._note_page)
        self.looked.emit()

    @Slot(object)
    def _forget(self, trial: Trial) -> None:
        self._trials.remove(trial)
        trial.deleteLater()

    # -- what is shown

    def _say(self, text: str, role: str = "muted") -> None:
        """Tells something in place of the samples."""
        self.note.setText(text)
        self.note.setProperty("role", role)
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)

    def _show(self, look: Look) -> None:
        self.look = look
        self.facts.facts.show_facts(facts_of(look))
        self.noted.show_notes(map(tr_made, look.preview.notes), map(tr_made, look.ends.hints))
        self._show_samples()
        self._show_classes(look)
        is_changeable = part_of(self._session.project.training, "data")["source"] == OWN_TABLE
        self.columns.show_columns(look.preview.columns, is_changeable=is_changeable)
        self._show_pages(look)
        self._show_fit()
        self._pages.setCurrentWidget(self.noted)

    @Slot()
    def _show_samples(self) -> None:
        if self.look is not None:
            self.chance.setVisible(self.look.has_chance)
            shown = self.look.samples if self.chance.isChecked() else self.look.plain
            self.samples.show_samples(shown, tr("Target"))

    def _show_classes(self, look: Look) -> None:
        counts = look.preview.class_counts
        names = look.preview.class_names or tuple(str(index) for index in range(len(counts)))
        self.bars.show_counts(names[: len(counts)], counts)

    def _show_pages(self, look: Look) -> None:
        """Shows which samples these are, and whether there are others."""
        first, last = self._start + 1, self._start + len(look.plain.captions)
        total = look.preview.train_samples
        self.place.setText(tr("{first:,} to {last:,} of {total:,}", first=first, last=last, total=total))
        self.back.setEnabled(self._start > 0)
        self.forth.setEnabled(last < total)
        self.switch.set_enabled(CLASSES, bool(look.preview.class_counts), tr("The targets are no classes."))
        self.switch.set_enabled(COLUMNS, bool(look.preview.columns), tr("The data is no table."))

    def _show_fit(self) -> None:
        """Offers to make the network fit, or says why there is nothing to be done."""
        edit = self._fitting_edit()
        self.fit_button.setEnabled(edit is not None)
        sets = tr("Sets the Input, the size of the last layer and the loss.")
        rests = left_alone(self._session.graph) or tr("The network fits the data.")
        self.fit_button.setToolTip(sets if edit else rests)

    def _fitting_edit(self) -> Any:
        if self.look is None:
            return None
        return fitting_edit(self._session.project, self.look.ends, len(self.look.preview.vocabulary))

    @Slot()
    def fit(self) -> None:
        """Makes the network fit the data that was looked at, as one edit."""
        edit = self._fitting_edit()
        if edit is not None:
            self._session.apply(edit)

    @Slot(str, str)
    def _take_column_as(self, name: str, kind: str) -> None:
        training = self._session.project.training
        known = part_of(training, "data").get("types")
        types = {key: value for key, value in (known or {}).items() if key != name}
        types |= {name: kind} if kind != GUESS else {}
        edited = with_part_value(training, "data", "types", types or UNSET)
        self._session.apply(SetTraining(edited, later("Set types of columns")))

    @Slot()
    def _go_back(self) -> None:
        self._start = max(self._start - COUNT, 0)
        self._begin()

    @Slot()
    def _go_forth(self) -> None:
        self._start += COUNT
        self._begin()

    # -- parts

    def _build(self, theme: Theme) -> None:
        self.note = QLabel(tr("The data is shown here once it was read."), wordWrap=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setProperty("role", "muted")
        self.note.setMargin(GRID)
        lines = QHBoxLayout()  # of a length that can be read
        lines.addStretch(1)
        lines.addWidget(self.note, 3)
        lines.addStretch(1)
        self.trust = TrustRow(says_state=False)
        self._note_page = QWidget()
        column = QVBoxLayout(self._note_page)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.addStretch(1)
        column.addLayout(lines)
        column.addWidget(self.trust, alignment=Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addWidget(self._build_facts())
        row.addLayout(self._build_views(theme), 1)
        self.noted = NotedPage(row)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._note_page)
        self._pages.addWidget(self.noted)
        self.answers = AnswersPage(theme)
        self.answers.left.connect(self.leave_answers)
        self._whole = QStackedWidget()
        self._whole.addWidget(self._pages)
        self._whole.addWidget(self.answers)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._whole)

    def _build_facts(self) -> QWidget:
        self.facts = FactsSection(tr("Data"))
        self.fit_button = QPushButton(tr("Use as Input and Output"))
        self.fit_button.clicked.connect(self.fit)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID)
        column.addWidget(self.facts)
        column.addStretch(1)
        whole = QWidget()
        whole.setFixedWidth(FACTS_WIDTH)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(scrolled(content), 1)
        column.addWidget(self.fit_button)  # what comes next, which is not to be scrolled to
        return whole

    def _build_views(self, theme: Theme) -> QVBoxLayout:
        self.samples, self.bars = SampleView(theme), ClassBars(theme)
        self.columns = ColumnTable(self)
        self.columns.kind_chosen.connect(self._take_column_as)
        views = QStackedWidget()
        for view in (self.samples, scrolled(self.bars), columns_view(self.columns)):
            views.addWidget(view)
        self.switch = ViewSwitch(
            [tr("Samples"), tr("Classes"), tr("Columns")], tr("What is shown of the data")
        )
        self.switch.chosen.connect(views.setCurrentIndex)
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addLayout(self._build_bar())
        column.addWidget(views, 1)
        return column

    def _build_bar(self) -> QHBoxLayout:
        self.chance = QCheckBox(tr("With random transforms"))
        self.chance.setChecked(True)
        self.chance.toggled.connect(self._show_samples)
        self.place = QLabel()
        self.place.setProperty("role", "muted")
        self.back, self.forth = QPushButton("‹"), QPushButton("›")
        for button, name, slot in (
            (self.back, tr("Samples before these"), self._go_back),
            (self.forth, tr("More samples"), self._go_forth),
        ):
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.setFixedWidth(4 * GRID)
            button.clicked.connect(slot)
        row = QHBoxLayout()
        row.addWidget(self.switch)
        row.addStretch(1)
        self.pager = QWidget()
        pages = QHBoxLayout(self.pager)
        pages.setContentsMargins(0, 0, 0, 0)
        for part in (self.chance, self.place, self.back, self.forth):
            pages.addWidget(part)
        row.addWidget(self.pager)
        self.switch.chosen.connect(lambda view: self.pager.setVisible(view == SAMPLES))
        return row
