"""Typing in a line, turned into values: what makes one step, what is held back, and the way back."""

from __future__ import annotations

from itertools import count

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget
from shiboken6 import isValid

from builder.panels.field_text import SEVERAL, UNSET, format_value, is_unfinished, parse_text, same
from graph.catalog.params import ParamSpec, Value

_bursts = count(1)
_HISTORY_KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


def next_burst() -> int:
    """A number that no step had before; edits that share one are one step."""
    return next(_bursts)


def leaves_history(event: QEvent) -> bool:
    """Lets the window have the keys for undo and redo, as they work on the document; whether it was one."""
    is_asked = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
    if is_asked and any(event.matches(key) for key in _HISTORY_KEYS):
        event.ignore()
        return True
    return False


class TypedText(QObject):
    """Turns typing in a line into values; typing without a break shares one burst number, one undo step.

    Escape takes back what was typed since. Undo and redo keys go to the window, also while typing: they work
    on the document. Any shortcut first gets what was typed.

    Args:
        line: where the text stands.
        field: the widget that has the focus; the line itself, or the spin box around it.

    Signals:
        edited(value, burst): another value stands there; a text that may still become one is held back
            until the typing ends.
        cancelled(burst): the edits of this burst shall be as if they had never been.
    """

    edited = Signal(object, int)
    cancelled = Signal(int)

    def __init__(self, spec: ParamSpec, line: QLineEdit, field: QWidget) -> None:
        super().__init__(line)
        field.installEventFilter(self)
        self.spec = spec
        self._line = line
        self._value: Value = UNSET
        self._burst, self._has_told = next_burst(), False
        line.textEdited.connect(self._typed)
        line.editingFinished.connect(self.finish)

    @property
    def value(self) -> Value:
        """What stands in the line, read."""
        text = self._line.text()
        if self._value is SEVERAL and not text:
            return SEVERAL  # nothing was typed over what several nodes have
        return parse_text(self.spec, text)

    def show_value(self, value: Value) -> None:
        """Shows a value, unless what stands there says the same: the cursor stays while typing."""
        if self._line.hasFocus() and same(self.spec, self._value, value):
            return
        self._value = value
        if not same(self.spec, self.value, value) or not self._line.hasFocus():
            self._line.setText(format_value(value))

    def commit(self) -> None:
        """Tells of text that was held back."""
        self._tell(self.value)

    def finish(self) -> None:
        """Ends a burst of typing, and writes the value the way it is always written."""
        if not isValid(self._line):
            return  # a window that is deleted with the focus in a spin box still says that typing ended
        self.commit()
        self._begin_burst()
        tidy = format_value(self._value)
        if tidy != self._line.text():
            self._line.setText(tidy)

    def revert(self) -> None:
        """Takes back what was typed since the burst began."""
        burst, has_told = self._burst, self._has_told
        self._begin_burst()
        if has_told:
            self.cancelled.emit(burst)
        self._line.setText(format_value(self._value))
        self._line.selectAll()

    def enter(self, value: Value) -> None:
        """Puts a value there as if it had been typed."""
        self._line.setText(format_value(value))
        self._tell(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Escape and self._is_pending:
            if event.type() == QEvent.Type.KeyPress:
                self.revert()
            event.accept()
            return True
        if event.type() == QEvent.Type.ShortcutOverride:
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.commit()
            return leaves_history(event)
        return False

    @property
    def _is_pending(self) -> bool:
        """Whether there is anything to take back."""
        return self._has_told or self._line.text() != format_value(self._value)

    def _begin_burst(self) -> None:
        self._burst, self._has_told = next_burst(), False

    def _typed(self, text: str) -> None:
        if not is_unfinished(self.spec, text):
            self._tell(self.value)

    def _tell(self, value: Value) -> None:
        if not same(self.spec, value, self._value):
            self._value = value
            self._has_told = True
            self.edited.emit(value, self._burst)
