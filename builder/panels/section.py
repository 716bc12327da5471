"""The heading of a part of a panel, with what can be done with that part."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from builder.icons import icon
from builder.theme import GRID, font

BUTTON_ICON = QSize(16, 16)  # pixels


def section_title(text: str, parent: QWidget) -> QLabel:
    """The heading of a part of a panel."""
    label = QLabel(text, parent)
    label.setFont(font("strong"))
    label.setContentsMargins(0, GRID, 0, 0)
    return label


def inline_button(icon_name: str, action: str, parent: QWidget) -> QToolButton:
    """A small button with an icon alone.

    Args:
        icon_name: what it shows.
        action: what it does, for the tool tip and for who cannot see the icon.
        parent: owns it.
    """
    button = QToolButton(parent)
    button.setIcon(icon(icon_name))
    button.setIconSize(BUTTON_ICON)
    button.setProperty("role", "inline")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action)
    button.setToolTip(action)
    return button


class SectionHeading(QWidget):
    """A heading with one button at its right end.

    Args:
        text: the heading.
        icon_name: of the button.
        action: what the button does, for the tool tip and for who cannot see the icon.
    """

    def __init__(self, text: str, icon_name: str, action: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._action = action
        self.button = inline_button(icon_name, action, self)
        label = QLabel(text, self)
        label.setFont(font("strong"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(label, 1)
        layout.addWidget(self.button)

    def allow(self, allowed: bool, reason: str) -> None:
        """Enables the button, or says why it cannot be pressed."""
        self.button.setEnabled(allowed)
        self.button.setToolTip(self._action if allowed else reason)
