"""Says, above the dashboard, that the run does not know of edits yet, and hands them over."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from builder.panels.action_button import ActionButton
from builder.severities import SEVERITIES
from builder.texts import tr
from builder.theme import GRID, font


class EditsBanner(QFrame):
    """Is there only while the run trains something else than is drawn and planned.

    Attributes:
        label: what the run does not know of.
        button: has the run go on with it; made by `show_action`.
        errors_button: says how many errors keep it from that, and shows them.

    Signals:
        errors_asked(): the user wants to see the errors.
    """

    errors_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "info-card")
        self.label = QLabel(wordWrap=True)
        self.label.setFont(font("caption"))
        self.button: ActionButton | None = None
        self.errors_button = QPushButton()
        self.errors_button.setFont(font("caption"))
        self.errors_button.setProperty("role", "flat")
        self.errors_button.setToolTip(tr("Show the problems"))
        self.errors_button.clicked.connect(self.errors_asked)
        self._errors, self._is_possible = 0, False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(GRID, 0, 0, 0)  # low, as charts stand below it
        self._row.setSpacing(2 * GRID)
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.errors_button, 0, Qt.AlignmentFlag.AlignVCenter)
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
        self._is_possible = is_possible
        self.label.setText(text)
        self.count_errors(self._errors)
        if self.button is not None:
            self.button.setVisible(is_possible)
        self.setVisible(bool(text))

    def count_errors(self, errors: int) -> None:
        """Says how many errors keep the run from taking up what it otherwise could."""
        self._errors = errors
        self.errors_button.setText(SEVERITIES["error"].counted(errors))
        self.errors_button.setVisible(self._is_possible and errors > 0)
