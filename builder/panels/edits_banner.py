"""Says, above the dashboard, that the run does not know of edits yet, and hands them over."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from builder.panels.action_button import ActionButton
from builder.theme import GRID, font


class EditsBanner(QFrame):
    """Is there only while the run trains something else than is drawn and planned.

    Attributes:
        label: what the run does not know of.
        button: has the run go on with it; made by `offer`'s action.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "info-card")
        self.label = QLabel(wordWrap=True)
        self.label.setFont(font("caption"))
        self.button: ActionButton | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(GRID, 0, 0, 0)  # low, as charts stand below it
        self._row.setSpacing(2 * GRID)
        self._row.addWidget(self.label, 1)
        self.say("", is_possible=False)

    def show_action(self, action: QAction) -> None:
        """Puts a button beside the text."""
        self.button = ActionButton(action, self)
        self.button.setFont(font("caption"))
        self._row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    def say(self, text: str, *, is_possible: bool) -> None:
        """Tells what the run does not know of; hides for nothing.

        Args:
            text: what it is.
            is_possible: whether the run can take it up.
        """
        self.label.setText(text)
        if self.button is not None:
            self.button.setVisible(is_possible)
        self.setVisible(bool(text))
