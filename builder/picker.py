"""A search box of rows, each with icon, title, a note, and something at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QApplication, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from shiboken6 import isValid

from builder.icons import ICON_SIZE
from builder.resting import note_key
from builder.row_paint import draw_marked, draw_row_back, mirrored
from builder.search_box import SearchBox
from builder.theme import GRID, Theme, font

ROWS = 10  # seen at once
ROW_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list.

    Attributes:
        title: what it is.
        note: said quietly behind the title.
        right: said quietly at the right edge.
        letters: indices of the title's letters that were typed.
        icon: in front; a bar in `color` stands there if that is given.
        color: "#rrggbb"; empty for none.
        fault: why it cannot be taken; it is greyed out and this stands in place of the note.
        tip: what the tool tip says.
    """

    title: str
    note: str = ""
    right: str = ""
    letters: tuple[int, ...] = ()
    icon: QIcon | None = None
    color: str = ""
    fault: str = ""
    tip: str = ""

    @property
    def spoken(self) -> str:
        """The row for a screen reader."""
        return ", ".join(part for part in (self.title, self.fault or self.note, self.right) if part)


class Picker(SearchBox):
    """A search box of rows. The owner fills the list with `show_rows` whenever `asked` says so.

    Args:
        name: what a screen reader calls it.
        prompt: what the empty field says.
        theme: for its colours.
        parent: what it lies on.
        rows: how many are seen at once.

    Signals:
        asked(str): another text stands in the field.
    """

    asked = Signal(str)

    def __init__(self, name: str, prompt: str, theme: Theme, parent: QWidget, rows: int = ROWS) -> None:
        super().__init__(name, parent)
        self.setAccessibleName(name)
        self._num_rows = rows
        self._back: QWidget | None = None
        self._model, self._delegate = _Rows(self), _RowDelegate(theme, self.list)
        self._install(self._model, self._delegate)
        self.field.setPlaceholderText(prompt)
        self.field.textChanged.connect(self.asked)
        self.set_theme(theme)

    @property
    def rows(self) -> Sequence[Row]:
        """What the list shows, from top to bottom."""
        return self._model.rows

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self._delegate.theme = theme

    def open(self) -> None:
        """Shows itself with the field selected, and remembers where the focus was."""
        note_key()
        if not self.isVisible():
            self._back = QApplication.focusWidget()
        self.show()
        self.raise_()
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        self.asked.emit(self.field.text())

    def go_back_to(self, widget: QWidget) -> None:
        """Says where the focus goes when this closes."""
        self._back = widget

    def close_quietly(self) -> None:
        """Goes away; the focus goes back to where it was if it is still here."""
        had_focus, back = self.field.hasFocus(), self._back
        self._back = None
        if self.isVisible() and had_focus and back is not None and isValid(back) and back.isVisible():
            back.setFocus(Qt.FocusReason.PopupFocusReason)
        super().close_quietly()

    def show_rows(self, rows: Sequence[Row], hint: str = "", current: int = 0) -> None:
        """Replaces the list.

        Args:
            rows: from top to bottom.
            hint: stands below the list; empty for nothing.
            current: the row that Enter takes.
        """
        self._model.show(rows)
        self.list.setVisible(bool(rows))
        if rows:
            height = self.list.sizeHintForRow(0)
            self.list.setFixedHeight(min(len(rows), self._num_rows, self._room() // height) * height + 2)
            self.current = current
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.adjustSize()

    def _room(self) -> int:
        """Pixels that the list may take."""
        parent = self.parentWidget()
        return max(parent.height() - self.y() - 12 * GRID, 6 * GRID)


class _Rows(QStringListModel):
    """Rows in order.

    How many there are Qt keeps itself: it asks twice a row, and to be asked in Python takes longer, for a
    hundred rows, than what a key was pressed for.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.setStringList([""] * len(rows))

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.fault or row.tip or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        return row.title if role == Qt.ItemDataRole.DisplayRole else None


class _RowDelegate(QStyledItemDelegate):
    """Draws a row in one line: icon or colour, title, note, and what stands at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self._fonts = font("body"), font("strong")
        self._caption = font("caption")

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, max(QFontMetrics(self._fonts[0]).height(), ICON_SIZE) + GRID + GRID // 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(option.direction)
        area = option.rect.adjusted(2, 1, -2, -1)
        draw_row_back(painter, area, option.state, self.theme)
        inner = area.adjusted(GRID, 0, -GRID, 0)
        room = self._paint_mark(painter, inner, row)
        room = self._paint_right(painter, inner, room, row)
        self._paint_texts(painter, inner, room, row)
        painter.restore()

    def _paint_mark(self, painter: QPainter, area: QRect, row: Row) -> QRect:
        if row.color:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color(row.color))
            bar = QRect(area.left(), area.top() + 4, 4, area.height() - 8)
            painter.drawRoundedRect(mirrored(painter, bar, area), 2, 2)
            return area.adjusted(2 * GRID, 0, 0, 0)
        if row.icon is not None:
            place = QRect(0, 0, ICON_SIZE, ICON_SIZE)
            place.moveCenter(area.center())
            place.moveLeft(area.left())
            mode = QIcon.Mode.Disabled if row.fault else QIcon.Mode.Normal
            row.icon.paint(painter, mirrored(painter, place, area), Qt.AlignmentFlag.AlignCenter, mode)
        return area.adjusted(ICON_SIZE + GRID, 0, 0, 0)

    def _paint_right(self, painter: QPainter, whole: QRect, area: QRect, row: Row) -> QRect:
        if not row.right:
            return area
        metrics = QFontMetrics(self._caption)
        text = metrics.elidedText(row.right, Qt.TextElideMode.ElideMiddle, area.width() // 2)
        painter.setFont(self._caption)
        painter.setPen(self.theme.color("text_disabled" if row.fault else "text_muted"))
        place = mirrored(painter, area, whole)  # in which Qt takes its right for the other end
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        return area.adjusted(0, 0, -metrics.horizontalAdvance(text) - 2 * GRID, 0)

    def _paint_texts(self, painter: QPainter, whole: QRect, area: QRect, row: Row) -> None:
        height = QFontMetrics(self._fonts[0]).height()
        line = QRect(area.left(), area.top() + (area.height() - height) // 2, area.width(), height)
        painter.setPen(self.theme.color("text_disabled" if row.fault else "text"))
        place = mirrored(painter, line, whole)
        width = draw_marked(painter, row.title, row.letters, place, self._fonts)
        rest = area.adjusted(width + GRID + GRID // 2, 0, 0, 0)
        metrics = QFontMetrics(self._caption)
        note = metrics.elidedText(row.fault or row.note, Qt.TextElideMode.ElideRight, max(rest.width(), 0))
        painter.setFont(self._caption)
        painter.setPen(self.theme.color("text_muted"))
        place = mirrored(painter, rest, whole)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, note)
