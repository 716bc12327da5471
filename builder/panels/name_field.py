"""A line that renames something while it is typed, and says why a name is refused."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from builder.panels.fields import set_invalid
from builder.panels.typed_text import leaves_history, next_burst
from builder.session import Session
from builder.texts import tr, tr_made
from graph.document import Edit, EditError


class NameField(QWidget):
    """Shows a name; typing submits edits, a burst of typing is one undo step, and Escape takes it back.

    Args:
        session: takes the edits.
        rename: gives the edit for a name.
    """

    def __init__(
        self, session: Session, rename: Callable[[str], Edit], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._rename = session, rename
        self._burst, self._has_told = next_burst(), False
        self._name = ""
        self.line = QLineEdit(self)
        self.line.setAccessibleName(tr("Name"))
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._begin_burst)
        self.refusal = QLabel(self)
        self.refusal.setProperty("role", "error")
        self.refusal.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line)
        layout.addWidget(self.refusal)
        self.setFocusProxy(self.line)
        self._refuse("")

    def show_name(self, name: str) -> None:
        """Shows the name it has now; a refused one that is being typed stays."""
        self._name = name
        typing = self.line.hasFocus() and (self.line.text().strip() == name or self.refusal.text())
        if not typing:
            self._begin_burst()
            self.line.setText(name)
            if not self.line.hasFocus():
                self.line.setCursorPosition(0)  # a long name shows its beginning
            self._refuse("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if self._has_told or self.refusal.text():
                if event.type() == QEvent.Type.KeyPress:
                    self._revert()
                event.accept()
                return True
            return False
        return leaves_history(event)

    def _revert(self) -> None:
        key = self._key
        self._begin_burst()
        self._refuse("")
        self._session.take_back(key)
        self.line.setText(self._name)
        self.line.selectAll()

    @property
    def _key(self) -> tuple[str, int]:
        return "name", self._burst

    @Slot(str)
    def _typed(self, name: str) -> None:
        try:
            self._session.submit(self._rename(name), self._key)
        except EditError as error:
            self._refuse(tr_made(str(error)))
        else:
            self._has_told = True
            self._refuse("")

    @Slot()
    def _begin_burst(self) -> None:
        self._burst, self._has_told = next_burst(), False

    def _refuse(self, reason: str) -> None:
        set_invalid(self.line, bool(reason))
        self.refusal.setText(reason)
        self.refusal.setVisible(bool(reason))
