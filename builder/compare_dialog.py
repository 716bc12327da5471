"""Two runs side by side: result, plan and network, and a way back to either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from builder.panels.figures import duration, number
from builder.panels.run_columns import NONE, best_figure, best_value, epochs_text, metric_title, status_text
from builder.texts import later, tr, tr_made
from builder.theme import GRID, font
from graph.problems import shown
from runtime.comparing import Comparison
from runtime.run_summary import RunSummary

FIRST_SIZE = QSize(820, 560)
MAX_VALUE = 120  # characters
Row = tuple[str, str, str]


class CompareDialog(QDialog):
    """A table of three parts, and a button for each run that puts its network and plan back.

    Attributes:
        table: a part for what came out, for the plan, and for the network.
        restore_buttons: of the first run and of the second.
    """

    def __init__(self, comparison: Comparison, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted: RunSummary | None = None
        runs = (comparison.first, comparison.second)
        names = [run.name for run in runs]
        self.setWindowTitle(tr("Compare run {first} with run {second}", first=names[0], second=names[1]))
        self.resize(FIRST_SIZE)
        self.table = QTreeWidget(accessibleName=tr("What the runs differ in"))
        self.table.setHeaderLabels(["", *names])
        self.table.setRootIsDecorated(False)
        self.table.setIndentation(2 * GRID)
        self._add(tr("Result"), _results(*runs))
        plan = [(each.path, _value(each.before), _value(each.after)) for each in comparison.plan]
        self._add(tr("Plan"), plan)
        self._add(tr("Network"), _network(comparison), comparison.wiring)
        self._fit_columns()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.restore_buttons = [self._restore_button(buttons, run) for run in runs]
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.table, 1)
        column.addWidget(buttons)

    def ask(self) -> RunSummary | None:
        """The run whose network and plan the user wants back, if any."""
        self.exec()
        return self._wanted

    def _add(self, title: str, rows: Sequence[Row], phrases: Iterable[str] = ()) -> None:
        part = QTreeWidgetItem(self.table, [title])
        part.setFont(0, font("strong"))
        for row in rows:
            item = QTreeWidgetItem(part, row)
            for column in (1, 2):
                item.setToolTip(column, row[column])
        for phrase in phrases:
            QTreeWidgetItem(part, [tr_made(phrase)]).setFirstColumnSpanned(True)
        if not part.childCount():
            part.setText(1, tr("The same in both."))
        part.setExpanded(True)

    def _fit_columns(self) -> None:
        header = self.table.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    def _restore_button(self, buttons: QDialogButtonBox, run: RunSummary) -> QPushButton:
        button = buttons.addButton(
            tr("Restore {name}", name=run.folder.name), QDialogButtonBox.ButtonRole.ActionRole
        )
        button.setToolTip(tr("Puts the network and the plan of this run back; Ctrl+Z takes that back."))
        button.clicked.connect(lambda: self._want(run))
        return button

    def _want(self, run: RunSummary) -> None:
        self._wanted = run
        self.accept()


def _results(one: RunSummary, other: RunSummary) -> list[Row]:
    def row(title: str, texts: Iterable[str]) -> Row:
        first, second = texts
        return tr(title), first, second

    runs = (one, other)
    metrics = {run.metric for run in runs if run.metric}
    rows = [
        row(later("State"), map(status_text, runs)),
        row(later("Epochs"), map(epochs_text, runs)),
        row(later("Best epoch"), (NONE if run.best_epoch is None else f"{run.best_epoch:,}" for run in runs)),
        row(later("Val loss"), (_figure(run.val_loss) for run in runs)),
        row(later("Time"), (NONE if run.seconds is None else duration(run.seconds) for run in runs)),
        row(later("Parameters"), (_count(run.parameters) for run in runs)),
        row(later("Device"), (run.device or NONE for run in runs)),
    ]
    if len(metrics) == 1:
        title = tr("Best {metric}", metric=metric_title(*metrics))
        rows.insert(2, (title, *map(best_value, runs)))
    elif metrics:  # each was judged by a figure of its own, which is then said beside it
        rows.insert(2, row(later("Best"), map(best_figure, runs)))
    return rows


def _network(comparison: Comparison) -> list[Row]:
    return [
        (
            tr("{node} in {block}", node=each.name, block=each.block) if each.block else each.name,
            each.before or NONE,
            each.after or NONE,
        )
        for each in comparison.nodes
    ]


def _value(value: object) -> str:
    return NONE if value is None else shown(value, MAX_VALUE)


def _figure(value: float | None) -> str:
    return NONE if value is None else number(value)


def _count(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"
