"""A page with what is to be known of its content above it, whole however little room there is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QLayout, QScrollArea, QVBoxLayout, QWidget

from builder.theme import GRID

BULLET = "•\u00a0"  # tells where a note of several lines ends


class NotedPage(QScrollArea):
    """Gives the content what notes leave of the height, and scrolls as a whole where that is too little.

    Args:
        content: what the notes are about.

    Attributes:
        notes: warns of what is odd; hidden while nothing is.
        hints: tells what else is worth doing; hidden while there is nothing.
    """

    def __init__(self, content: QLayout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.notes, self.hints = _label("warning-card"), _label("muted")
        self.notes.setMargin(GRID // 2)
        rest = _Rest()
        rest.setLayout(content)
        content.setContentsMargins(0, 0, 0, 0)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.notes)
        column.addWidget(self.hints)
        column.addWidget(rest, 1)
        self.setWidget(whole)

    def show_notes(self, notes: Iterable[str], hints: Iterable[str]) -> None:
        """Shows these sentences above the content."""
        for label, sentences in ((self.notes, list(notes)), (self.hints, list(hints))):
            bullet = BULLET if len(sentences) > 1 else ""
            label.setText("\n".join(bullet + sentence for sentence in sentences))
            label.setVisible(bool(sentences))


class _Rest(QWidget):
    """Asks for no more height than it cannot do without, and takes what there is."""

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()


def _label(role: str) -> QLabel:
    label = QLabel(wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setTextFormat(Qt.TextFormat.PlainText)  # names of classes and columns stand in it
    label.setProperty("role", role)
    label.hide()
    return label
