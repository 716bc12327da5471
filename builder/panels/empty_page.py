"""What a panel shows while there is nothing in it: what will be there, and what to do for that."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from builder.icons import icon
from builder.theme import GRID, Theme, font

_ICON = 6 * GRID  # pixels


class EmptyPage(QWidget):
    """An icon, a title and a hint in the middle.

    Args:
        icon_name: of the icon.
        title: says that there is nothing.
        hint: says what to do.
    """

    def __init__(self, icon_name: str, title: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title_label = QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter)
        title_label.setFont(font("title"))
        hint_label = QLabel(hint, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        hint_label.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addStretch()
        for label in (self._icon, title_label, hint_label):
            column.addWidget(label)
        column.addStretch()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._icon.setPixmap(icon(self._icon_name, theme.text_muted).pixmap(_ICON))
