"""A line that renames something while it is typed, and says why a name is refused."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from builder.panels.fields import leaves_history, set_invalid
from graph.document import Edit, EditError

_bursts = count(1)


class NameField(QWidget):
    """Shows a name; typing submits edits, and a burst of typing is one undo step.

    Args:
        submit: makes the edit; raises EditError if it does not suit.
        rename: gives the edit for a name.
    """

    def __init__(
        self,
        submit: Callable[[Edit, Hashable], object],
        rename: Callable[[str], Edit],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._submit, self._rename = submit, rename
        self._burst = next(_bursts)
        self.line = QLineEdit(self)
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._finished)
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
        typing = self.line.hasFocus() and (self.line.text().strip() == name or self.refusal.text())
        if not typing:
            self.line.setText(name)
            if not self.line.hasFocus():
                self.line.setCursorPosition(0)  # a long name shows its beginning
            self._refuse("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return leaves_history(event)

    @Slot(str)
    def _typed(self, name: str) -> None:
        try:
            self._submit(self._rename(name), ("name", self._burst))
        except EditError as error:
            self._refuse(str(error))
        else:
            self._refuse("")

    @Slot()
    def _finished(self) -> None:
        self._burst = next(_bursts)

    def _refuse(self, reason: str) -> None:
        set_invalid(self.line, bool(reason))
        self.refusal.setText(reason)
        self.refusal.setVisible(bool(reason))
