"""Asks with what to go on with a run whose project has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from builder.texts import tr, tr_count, tr_made
from builder.theme import GRID

if TYPE_CHECKING:
    from builder.dialogs import Version

FIRST_SIZE = QSize(560, 380)


class ChangesDialog(QDialog):
    """Lists what has changed; nothing is taken back or taken up without a choice.

    Args:
        run: what the run is called.
        changes: each in words, as the engine tells them.

    Attributes:
        changes: the list.
        theirs_button: goes on with what the run was trained with.
        mine_button: goes on with the project as it is now.
    """

    def __init__(self, run: str, changes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Resume run {name}", name=run))
        self.resize(FIRST_SIZE)
        self._version: Version = "cancel"
        heading = _label(
            tr_count(
                "The project has {count} change that this run does not know:",
                "The project has {count} changes that this run does not know:",
                len(changes),
            )
        )
        self.changes = QListWidget(accessibleName=tr("What has changed since the run"))
        self.changes.addItems([tr_made(change) for change in changes])
        self.changes.setWordWrap(True)
        note = _label(
            tr(
                "Taken back, the run goes on as if it had never stopped, and Ctrl+Z brings the changes back. "
                "Taken up, what still fits is kept and everything new starts afresh."
            )
        )
        note.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for part in (heading, self.changes, note, self._make_buttons()):
            column.addWidget(part)

    def ask(self) -> Version:
        """What the user wants."""
        self.exec()
        return self._version

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.theirs_button = buttons.addButton(tr("Take the changes back and resume"), role)
        self.mine_button = buttons.addButton(tr("Resume with the changes"), role)
        self.theirs_button.clicked.connect(lambda: self._choose("theirs"))
        self.mine_button.clicked.connect(lambda: self._choose("mine"))
        self.theirs_button.setDefault(True)
        self.theirs_button.setProperty("role", "primary")
        buttons.rejected.connect(self.reject)
        return buttons

    def _choose(self, version: Version) -> None:
        self._version = version
        self.accept()


def _label(text: str) -> QLabel:
    return QLabel(text, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
