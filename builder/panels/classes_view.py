"""How well a run tells the classes apart: the confusion matrix, and a row of figures for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Slot,
)
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from builder.panels.confusion import ConfusionMatrix, Matrix
from builder.panels.figure_table import as_figures, title
from builder.texts import later, tr
from builder.theme import GRID, Theme, font
from runtime.events import EpochEnded

_COLUMNS = (later("Class"), later("Samples"), later("Precision"), later("Recall"), later("F1"))
_TABLE_WIDTH = 640  # pixels at most; figures far from the name of their class are hard to follow
_SORT = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ClassFigures:
    """One class: how many samples are of it, and how well they are told from the others; fractions of 1."""

    name: str
    samples: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def class_figures(matrix: Matrix, names: Sequence[str]) -> list[ClassFigures]:
    """The figures of each class; a precision or recall of none is 0."""
    called = [sum(column) for column in zip(*matrix, strict=True)]
    return [
        ClassFigures(
            name,
            sum(row),
            row[index] / called[index] if called[index] else 0.0,
            row[index] / sum(row) if sum(row) else 0.0,
        )
        for index, (name, row) in enumerate(zip(names, matrix, strict=True))
    ]


class ClassTable(QAbstractTableModel):
    """A row for each class."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ClassFigures] = []

    def show(self, rows: list[ClassFigures]) -> None:
        """Shows other figures."""
        if len(rows) != len(self._rows):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self._rows = rows
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(_COLUMNS) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        return title(section, orientation, role, [tr(each) for each in _COLUMNS])

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        figures = self._rows[index.row()]
        values = (figures.name, figures.samples, figures.precision, figures.recall, figures.f1)
        value = values[index.column()]
        if role == _SORT:
            return value
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                f"{value:.1%}"
                if isinstance(value, float)
                else f"{value:,}"
                if isinstance(value, int)
                else value
            )
        return None


class ClassesView(QWidget):
    """Shows the newest epoch's confusions; says what to do while there are none.

    Attributes:
        names: of the classes; a network may tell more apart than the data has.
        follows: as the other views, whether it shows all steps; it always shows the newest epoch.
    """

    follows = True

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = ConfusionMatrix(theme)
        self.model = ClassTable(self)
        self.table = _table(self.model, tr("Figures of each class"))
        self.note = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.note.setProperty("role", "muted")
        self.caption = QLabel()
        self.caption.setFont(font("caption"))
        self.caption.setProperty("role", "muted")
        column = QVBoxLayout()  # the matrix beside it has all of the height
        column.setSpacing(0)
        column.addWidget(self.caption)
        column.addWidget(self.table, 1)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self.matrix, 2)
        row.addLayout(column, 3)
        row.addStretch()
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.note)
        self._pages.addWidget(content)
        self.names: Sequence[str] = ()
        self._unseen: EpochEnded | None = None
        self.reset()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.matrix.set_theme(theme)

    def reset(self, names: Sequence[str] = ()) -> None:
        """Waits for the first epoch of a run, whose classes have these names."""
        self.names, self._unseen = names, None
        self.note.setText(tr("After its first epoch a classifier shows here what it takes for what."))
        self._pages.setCurrentIndex(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._unseen is not None:
            self._show(self._unseen)

    @Slot(object)
    def show_epoch(self, event: EpochEnded) -> None:
        """Shows what an epoch's validation found, as soon as somebody looks."""
        if self.isVisible():
            self._show(event)
        else:
            self._unseen = event

    def _show(self, event: EpochEnded) -> None:
        self._unseen = None
        if not event.confusion:
            self.note.setText(
                tr("This run has no confusion matrix: its answers are no classes, or too many.")
            )
            self._pages.setCurrentIndex(0)
            return
        known = self.names
        names = [*known, *map(str, range(len(known), len(event.confusion)))][: len(event.confusion)]
        self.names = names
        self.matrix.show_matrix(event.confusion, names)
        self.model.show(class_figures(event.confusion, names))
        samples = sum(map(sum, event.confusion))
        text = tr("Epoch {epoch}, {samples:,} validation samples", epoch=event.epoch, samples=samples)
        self.caption.setText(text)
        self._pages.setCurrentIndex(1)


def _table(model: QAbstractTableModel, name: str) -> QTableView:
    """A table that can be sorted by any column."""
    table = QTableView(accessibleName=name)
    proxy = QSortFilterProxyModel(table)
    proxy.setSourceModel(model)
    proxy.setSortRole(_SORT)
    table.setModel(proxy)
    table.setSortingEnabled(True)
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    as_figures(table)
    table.setMaximumWidth(_TABLE_WIDTH)
    return table
