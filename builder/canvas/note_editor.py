"""Edits the text of a note in its place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from builder.texts import tr

MIN_SIZE = QSize(160, 64)  # pixels, also where the note is small on the screen
STAYING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)  # a menu, another window


class NoteEditor(QPlainTextEdit):
    """A field over a note. Escape and Ctrl+Enter end it; what was typed stays, and undo takes it back.

    Signals:
        entered(str, str): id of the note and its text.
    """

    entered = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas.note")
        self.setAccessibleName(tr("Text of the note"))
        self.setAccessibleDescription(tr("Escape or Ctrl+Enter ends editing."))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(False)
        self._note_id = ""
        self.hide()

    def edit(self, note_id: str, text: str, place: QRect, font: QFont) -> None:
        """Opens over a place in the parent, in letters of a font."""
        self._note_id = note_id
        self.setFont(font)
        self.setPlainText(text)
        self.selectAll()
        self.setGeometry(QRect(place.topLeft(), place.size().expandedTo(MIN_SIZE)))
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Closes without a word."""
        self._note_id = ""
        self.hide()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys typed here are text, not canvas shortcuts
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ends = is_enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if ends or event.key() == Qt.Key.Key_Escape:
            self._enter()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in STAYING:
            self._enter()

    def _enter(self) -> None:
        if self._note_id:
            note_id, self._note_id = self._note_id, ""
            self.hide()
            self.entered.emit(note_id, self.toPlainText())
