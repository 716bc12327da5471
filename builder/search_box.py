"""A field with a list below it, floating over the window: typing searches, arrow keys walk the list."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from builder.resting import note_key
from builder.texts import tr
from builder.theme import GRID

PAGE = 6  # rows that a page key goes
MOVES = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Tab: 1,
    Qt.Key.Key_Backtab: -1,
    Qt.Key.Key_PageDown: PAGE,
    Qt.Key.Key_PageUp: -PAGE,
}
STAYING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)  # a menu, another window


class SearchBox(QFrame):
    """What every search box has in common; `_install` gives it what the list shows.

    Signals:
        taken(int, bool): Enter or a click on the row of this index; True if Shift was held.
        moved(int): a key made another row the current one.
        closed(): it went away.
    """

    taken = Signal(int, bool)
    moved = Signal(int)
    closed = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "floating")
        self.field = QLineEdit(self, clearButtonEnabled=True)
        self.field.setAccessibleName(name)
        self.list = QListView(self)
        self.list.setAccessibleName(tr("{name}: results", name=name))
        self.hint = QLabel(self, wordWrap=True)
        self.hint.setProperty("role", "muted")
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._click)
        self._lay_out()
        self.hide()

    @property
    def current(self) -> int:
        """The index of the current row; -1 without one."""
        return self.list.currentIndex().row()

    @current.setter
    def current(self, row: int) -> None:
        self.list.setCurrentIndex(self.list.model().index(row, 0))

    def close_quietly(self) -> None:
        """Goes away."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            note_key()
            return self._key(event)
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in STAYING:
            self.close_quietly()
        return False

    def _install(self, model: QAbstractItemModel, delegate: QStyledItemDelegate) -> None:
        self.list.setModel(model)
        self.list.setItemDelegate(delegate)

    def _lay_out(self) -> None:
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        for widget in (self.field, self.list, self.hint):
            layout.addWidget(widget)

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.close_quietly()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.current >= 0:
                self.taken.emit(self.current, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in MOVES:
            self._move(MOVES[key])
        else:
            return False
        return True

    def _move(self, step: int) -> None:
        """Goes on by some rows; a single step beyond the end comes in at the other."""
        count = self.list.model().rowCount()
        if not count:
            return
        wanted = self.current + step
        self.current = wanted % count if abs(step) == 1 else min(max(wanted, 0), count - 1)
        self.moved.emit(self.current)

    @Slot(QModelIndex)
    def _click(self, index: QModelIndex) -> None:
        self.taken.emit(index.row(), False)
