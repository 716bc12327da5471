"""Renames a node on its card."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from builder.texts import tr
from graph.edits import MAX_NAME_LENGTH


class InlineName(QLineEdit):
    """A field over a card's title.

    Signals:
        entered(str, str): node id and the new name, on Enter or when the focus leaves.
        cancelled(): Escape.
    """

    entered = Signal(str, str)
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas.rename")
        self.setAccessibleName(tr("Name"))
        self.setMaxLength(MAX_NAME_LENGTH)
        self._node_id = ""
        self.installEventFilter(self)
        self.editingFinished.connect(self._enter)
        self.hide()

    def edit(self, node_id: str, name: str, place: QRect) -> None:
        """Opens over a place in the parent."""
        self._node_id = node_id
        self.setText(name)
        self.selectAll()
        self.setGeometry(place)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Closes without a word."""
        self._node_id = ""
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys typed here are text, not canvas shortcuts
        elif (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self.leave()
            self.cancelled.emit()
            return True
        return False

    @Slot()
    def _enter(self) -> None:
        if self._node_id:
            self.entered.emit(self._node_id, self.text())
