"""A button with a border for an action: text, reason and whether it can be pressed are the action's."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget


class ActionButton(QPushButton):
    """Triggers an action and follows it.

    Attributes:
        action: what it triggers.
    """

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        self.setText(self.action.iconText())
        self.setToolTip(self.action.toolTip())
        self.setEnabled(self.action.isEnabled())
