"""The Runs tab: what this project was trained before, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QMenu,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from builder.panels.action_button import ActionButton
from builder.panels.empty_page import EmptyPage
from builder.panels.figure_table import as_figures
from builder.panels.flow import FlowLayout
from builder.panels.run_columns import reason_text
from builder.panels.run_table import NAME, STARTED, RunTable
from builder.texts import tr
from builder.theme import GRID, Theme
from runtime.run_summary import RunSummary


class RunsPanel(QWidget):
    """A table of runs, of which some can be chosen; buttons and a menu for them.

    Signals:
        chosen(): other runs are chosen.
        seen(bool): the panel came into view, or went.
        activated(): the chosen run was double-clicked, or Enter pressed on it.
        delete_asked(): Delete was pressed.

    Attributes:
        table: shows the runs.
        model: holds them.
        note: why the chosen run ended, or what is wrong with it.
    """

    chosen = Signal()
    seen = Signal(bool)
    activated = Signal()
    delete_asked = Signal()

    def __init__(self, theme: Theme, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = list(actions)
        self._folders: set[Path] = set()  # of the chosen runs
        self.model = RunTable(theme, self)
        self.table = self._make_table()
        self.note = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setProperty("role", "muted")
        self._lay_out()
        self.model.modelReset.connect(self._choose_again)
        self.set_theme(theme)
        self.show_runs(())

    @property
    def chosen_runs(self) -> list[RunSummary]:
        """The runs that are chosen, from top to bottom."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.runs[row] for row in rows]

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Shows these runs; those that are chosen stay so."""
        self.model.show(runs)
        self._pages.setCurrentIndex(1 if runs else 0)
        self._tell()

    def choose(self, folders: Iterable[Path]) -> None:
        """Chooses runs by their folders."""
        self._folders = set(folders)
        self._choose_again()

    def rename(self) -> None:
        """Lets the user type what the chosen run is called."""
        (run,) = self.chosen_runs
        self.table.edit(self.model.index(self.model.runs.index(run), NAME))

    def take_focus(self) -> None:
        """Lets keys choose runs."""
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.model.runs and not self._folders:
            self.table.selectRow(0)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.model.set_theme(theme)
        self._empty_page.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    @Slot()
    def _choose_again(self) -> None:
        """Chooses the same runs where they stand now."""
        wanted = QItemSelection()
        for row, run in enumerate(self.model.runs):
            if run.folder in self._folders:
                index = self.model.index(row, 0)
                wanted.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(wanted, flags.ClearAndSelect | flags.Rows)
        self._tell()

    @Slot()
    def _note_chosen(self) -> None:
        self._folders = {run.folder for run in self.chosen_runs}
        self._tell()

    def _tell(self) -> None:
        runs = self.chosen_runs
        text = reason_text(runs[0]) if len(runs) == 1 else ""
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.chosen.emit()

    @Slot(QPoint)
    def _open_menu(self, position: QPoint) -> None:
        if self.chosen_runs:
            self.menu.popup(self.table.viewport().mapToGlobal(position))

    # -- parts

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        as_figures(table)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        table.setAccessibleName(tr("Runs of this project"))
        table.setTabKeyNavigation(False)
        table.setAlternatingRowColors(False)
        header = table.horizontalHeader()
        header.setSortIndicator(STARTED, Qt.SortOrder.DescendingOrder)
        table.setSortingEnabled(True)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        table.selectionModel().selectionChanged.connect(self._note_chosen)
        table.activated.connect(self.activated)
        delete = QShortcut(QKeySequence.StandardKey.Delete, table, context=Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.delete_asked)
        self.menu = QMenu(table)
        self.menu.setToolTipsVisible(True)
        self.menu.addActions(self._actions)
        return table

    def _lay_out(self) -> None:
        buttons = FlowLayout()
        for action in self._actions:
            buttons.addWidget(ActionButton(action, self))
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)
        self._pages = QStackedWidget()
        self._empty_page = EmptyPage(
            "runs",
            tr("No runs of this project yet"),
            tr("Press Train (Ctrl+Enter). Every run is kept here, to be looked at, compared and resumed."),
        )
        self._pages.addWidget(self._empty_page)
        self._pages.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
