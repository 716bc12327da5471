"""A row of flat buttons of which one is down: which view of the same thing is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget


class ViewSwitch(QWidget):
    """Chooses one of several views.

    Signals:
        chosen(int): another view, the first being 0.
    """

    chosen = Signal(int)

    def __init__(self, titles: Sequence[str], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for index, title in enumerate(titles):
            button = QToolButton(self)
            button.setText(title)
            button.setCheckable(True)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self.chosen)

    def set_enabled(self, index: int, enabled: bool, reason: str) -> None:
        """Lets a view be chosen, or says why not; the first takes its place if it was."""
        button = self._group.button(index)
        button.setEnabled(enabled)
        button.setToolTip("" if enabled else reason)
        if not enabled and button.isChecked():
            self.choose(0)

    def show_chosen(self, index: int) -> None:
        """Has the button of a view down that is shown already."""
        self._group.button(index).setChecked(True)

    def take_focus(self) -> None:
        """Gives the keyboard's focus to the button that is down, as when one comes to it with Tab."""
        self._group.checkedButton().setFocus(Qt.FocusReason.TabFocusReason)

    def can_choose(self, index: int) -> bool:
        """Whether a view can be chosen."""
        return self._group.button(index).isEnabled()

    def choose(self, index: int) -> None:
        """Presses a button."""
        self._group.button(index).click()
