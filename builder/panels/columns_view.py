"""The columns of a table, what was measured of each, and what it is taken as, which can be changed there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from builder.panels.sample_view import text_view
from builder.panels.text_table import TextTable
from builder.texts import later, tr
from runtime.data.source_choices import COLUMN_KINDS

if TYPE_CHECKING:
    from runtime.data.raw import Column

_Index = QModelIndex | QPersistentModelIndex

NAME, KIND, MEASURED = range(3)
FIXED_KIND = "target"
GUESS = ""  # chosen in place of a kind: what it looks like
GUESS_TEXT = later("as it looks")


class ColumnTable(TextTable):
    """Columns with their kinds, which may be changed.

    Signals:
        kind_chosen(name, kind): a column is to be taken as this; as GUESS, as what it looks like.
    """

    kind_chosen = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: Sequence[Column] = ()
        self._is_changeable = False

    def show_columns(self, columns: Sequence[Column], *, is_changeable: bool) -> None:
        """Shows the columns of a table.

        Args:
            columns: in the table's order.
            is_changeable: whether the plan can say what a column is.
        """
        self._columns, self._is_changeable = columns, is_changeable
        titles = [tr("Column"), tr("Kind"), tr("Measured")]
        self.show(titles, [(each.name, self._kind_text(each), each.text) for each in columns])

    def kind(self, row: int) -> str:
        """What a column is taken as."""
        return self._columns[row].kind

    def can_change(self, row: int) -> bool:
        """Whether a column can be taken as something else."""
        return self._is_changeable and self.kind(row) != FIXED_KIND

    def flags(self, index: _Index) -> Qt.ItemFlag:
        is_choice = index.column() == KIND and self.can_change(index.row())
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if is_choice else Qt.ItemFlag.NoItemFlags)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == KIND and self.can_change(index.row()):
            return tr("Click to take the column as something else")
        return super().data(index, role)

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or value == self.kind(index.row()):
            return False
        self.kind_chosen.emit(self._columns[index.row()].name, str(value))
        return True

    def _kind_text(self, column: Column) -> str:
        return f"{column.kind} ▾" if self._is_changeable and column.kind != FIXED_KIND else column.kind


class _KindDelegate(QStyledItemDelegate):
    """Edits the kind of a column with a list of all."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        box = QComboBox(parent)
        box.setAccessibleName(tr("Kind"))
        for kind in COLUMN_KINDS:
            box.addItem(kind, kind)
        box.addItem(tr(GUESS_TEXT), GUESS)
        box.activated.connect(self._close)
        return box

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        model = index.model()
        if isinstance(editor, QComboBox) and isinstance(model, ColumnTable):
            editor.setCurrentIndex(editor.findData(model.kind(index.row())))
            editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentData())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        room = editor.sizeHint()  # the column is as wide as its texts, without room for an arrow
        rect = option.rect
        editor.setGeometry(rect.x(), rect.y(), max(rect.width(), room.width()), rect.height())

    @Slot()
    def _close(self) -> None:
        box = self.sender()
        if isinstance(box, QComboBox):
            self.commitData.emit(box)
            self.closeEditor.emit(box)


def columns_view(model: ColumnTable) -> QTableView:
    """A table of columns; a click on a kind, or F2, lists the others."""
    table = text_view(model, tr("Columns"))
    delegate = _KindDelegate(table)
    table.setItemDelegateForColumn(KIND, delegate)
    table.setEditTriggers(
        QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.AnyKeyPressed
    )

    @Slot(QModelIndex)
    def choose(index: QModelIndex) -> None:
        if model.flags(index) & Qt.ItemFlag.ItemIsEditable:
            table.edit(index)

    table.clicked.connect(choose)
    return table
