"""The runs of a project as rows that can be sorted, and named in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from builder.icons import icon
from builder.panels.run_columns import COLUMNS, STATUS_COLORS, reason_text
from builder.texts import tr
from builder.theme import Theme
from runtime.run_summary import RunSummary

_Index = QModelIndex | QPersistentModelIndex
NAME, STATE, STARTED = 0, 1, 2  # columns
_ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RunTable(QAbstractTableModel):
    """Shows summaries; a row keeps its place while its figures change.

    Signals:
        renamed(RunSummary, str): the user typed what a run is to be called.

    Attributes:
        runs: in the order of the rows.
    """

    renamed = Signal(object, str)

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunSummary] = []
        self._theme = theme
        self._shown: dict[Path, str] = {}
        self._order = (STARTED, Qt.SortOrder.DescendingOrder)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self._tell_all()

    def show(self, runs: Sequence[RunSummary]) -> None:
        """Shows these runs."""
        ordered = self._sorted(runs)
        if [run.folder for run in ordered] == [run.folder for run in self.runs]:
            if ordered != self.runs:
                self.runs = ordered
                self._tell_all()
            return
        self.beginResetModel()
        self.runs = ordered
        self.endResetModel()

    def mark_shown(self, colors: dict[Path, str]) -> None:
        """Marks the runs whose curves are seen, each in the colour, a token, of its curves."""
        self._shown = colors
        self._tell_all()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.beginResetModel()
        self._order = (column, order)
        self.runs = self._sorted(self.runs)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section].title)
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        run, column = self.runs[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return COLUMNS[column].text(run)
            case Qt.ItemDataRole.EditRole:
                return run.title
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(filter(None, (COLUMNS[column].text(run), reason_text(run))))
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ForegroundRole if column == STATE:
                return self._theme.color(STATUS_COLORS[run.status])
            case Qt.ItemDataRole.DecorationRole if column == NAME and run.folder in self._shown:
                return icon("eye", self._theme.color(self._shown[run.folder]))
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        run = self.runs[index.row()]
        can_rename = index.column() == NAME and run.status not in ("running", "damaged")
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if can_rename else Qt.ItemFlag.NoItemFlags)

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or index.column() != NAME:
            return False
        self.renamed.emit(self.runs[index.row()], str(value).strip())
        return True

    def _sorted(self, runs: Sequence[RunSummary]) -> list[RunSummary]:
        """What is not known comes last in both directions."""
        column, order = self._order
        key, is_down = COLUMNS[column].key, order is Qt.SortOrder.DescendingOrder
        known = [run for run in runs if not key(run)[0]]
        return sorted(known, key=key, reverse=is_down) + [run for run in runs if key(run)[0]]

    def _tell_all(self) -> None:
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, len(COLUMNS) - 1))


def _alignment(column: int) -> Qt.AlignmentFlag:
    return _ALIGN_RIGHT if COLUMNS[column].is_number else _ALIGN_LEFT
