"""The editor for the source of a custom layer: an editor of code, and whether the user trusts it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from builder.panels.field_text import UNSET
from builder.panels.source_view import SourceView
from builder.panels.typed_text import next_burst
from builder.texts import tr
from builder.theme import GRID, Theme, light
from graph import custom, custom_shapes
from graph.catalog.params import ParamSpec, Value

LINES = 18  # that are in view
INDENT = "    "

_HISTORY_KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class SourceEditor(SourceView):
    """A source that can be changed; typing within one line shares one burst number, one undo step.

    Undo and redo keys go to the window: they work on the document.

    Signals:
        edited(str, burst): another text stands there.
    """

    edited = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(light(), parent)
        self.setReadOnly(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextEditorInteraction)
        self.setTabChangesFocus(False)
        self._burst, self._text, self._is_shown = next_burst(), "", False
        self.textChanged.connect(self._tell)
        self.installEventFilter(self)

    def show_text(self, text: str) -> None:
        """Shows another text; the cursor of somebody who types stays where the text around it does."""
        self._is_shown = True
        self.set_source("\n".join(custom.lines_of(text)))
        self._is_shown, self._text = False, self.toPlainText()
        if not self.hasFocus():
            self.moveCursor(QTextCursor.MoveOperation.Start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and any(event.matches(key) for key in _HISTORY_KEYS):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tab indents, Enter keeps the indentation, Escape leaves."""
        if event.key() == Qt.Key.Key_Tab and not event.modifiers():
            self.textCursor().insertText(INDENT)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._burst = next_burst()
            self.textCursor().insertText("\n" + _indentation(self.textCursor()))
            self.ensureCursorVisible()
        elif event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._burst = next_burst()
        super().focusOutEvent(event)

    @Slot()
    def _tell(self) -> None:
        text = self.toPlainText()
        if text != self._text and not self._is_shown:  # colours are changes too
            self._text = text
            self.edited.emit(text, self._burst)


class SourceField(QWidget):
    """The editor, with a line that says whether the code may run, and a button that changes it.

    Signals:
        edited(value, burst): another text stands there.
        review_asked(str): the user wants this source to run.
    """

    edited = Signal(object, int)
    review_asked = Signal(str)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = ""
        self.editor = SourceEditor(self)
        self.editor.setAccessibleName(spec.name)
        self.editor.setFixedHeight(LINES * self.editor.fontMetrics().lineSpacing() + 2 * GRID)
        self.editor.edited.connect(self._edit)
        self.state = QLabel(self)
        self.state.setProperty("role", "muted")
        self.state.setWordWrap(True)
        self.button = QPushButton(self)
        self.button.clicked.connect(lambda: self.review_asked.emit(self._source))
        self.stops = (self.editor, self.button)  # of the keys
        self.setFocusProxy(self.editor)
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.editor)
        layout.addLayout(row)

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self._source = source = value if isinstance(value, str) else ""
        is_short = len(source) <= custom.MAX_CHARACTERS
        # An editor takes seconds for a line of a million characters, which could not be used anyway.
        self.editor.show_text(source if is_short else "")
        self.editor.setEnabled(is_short)
        is_trusted = is_short and bool(source) and custom_shapes.is_trusted(source)
        self.state.setText(_state_text(len(source), is_trusted))
        self.button.setText(tr("Run again") if is_trusted else tr("Review and trust..."))
        self.button.setEnabled(is_short and bool(source.strip()))
        self.button.setToolTip(
            tr("Finds out the shape anew") if is_trusted else tr("Shows the code and asks whether it may run")
        )

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.editor.set_theme(theme)

    @Slot(str, int)
    def _edit(self, text: str, burst: int) -> None:
        self._source = text
        self.edited.emit(text or UNSET, burst)


def _state_text(length: int, is_trusted: bool) -> str:
    if length > custom.MAX_CHARACTERS:
        return tr("{length:,} characters are too many to be shown.", length=length)
    return tr("Trusted: it may run.") if is_trusted else tr("Not trusted: it is never run.")


def _indentation(cursor: QTextCursor) -> str:
    """The spaces that the next line begins with."""
    before = cursor.block().text()[: cursor.positionInBlock()]
    spaces = before[: len(before) - len(before.lstrip())]
    return spaces + (INDENT if before.rstrip().endswith(":") else "")
