"""A small card beside the mouse: what an edge carries, what is wrong, why a port refuses."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

OFFSET = QPoint(16, 18)  # from the mouse to the note's corner
MAX_WIDTH = 360


class Note(QFrame):
    """Text beside the mouse that never takes the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("canvas.note")
        self._label = QLabel(self)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 7)
        layout.addWidget(self._label)
        self._shown: tuple[str, ...] = ()
        self.hide()

    @property
    def text(self) -> str:
        """What it says, line by line; empty while hidden."""
        return "\n".join(self._shown[1:]) if self.isVisible() else ""

    def tell(self, lines: Sequence[str], at: QPoint, role: str = "card") -> None:
        """Shows lines, the first one strong, beside a position in the parent.

        Args:
            lines: plain text.
            at: where the mouse is.
            role: `card`, `error-card` or `warning-card`.
        """
        content = (role, *lines)
        if content != self._shown:
            self._shown = content
            strong, *rest = (escape(line).replace("   ", "&nbsp;&nbsp; ") for line in lines)
            self._label.setText("<br>".join([f"<b>{strong}</b>" if rest else strong, *rest]))
            self._label.setWordWrap(False)
            is_long = self._label.sizeHint().width() > MAX_WIDTH
            self._label.setWordWrap(is_long)
            self._label.setMinimumWidth(MAX_WIDTH if is_long else 0)
            self._take_role(role)
        self.adjustSize()
        self.move(beside(at, self.size(), self.parentWidget().rect()))
        self.show()
        self.raise_()

    def _take_role(self, role: str) -> None:
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)


def beside(at: QPoint, size: QSize, room: QRect) -> QPoint:
    """The corner for something beside the mouse: right of it and below, or where the room ends, elsewhere."""
    room = room.adjusted(4, 4, -4, -4)
    corner = at + OFFSET
    if corner.x() + size.width() > room.right():
        corner.setX(max(room.left(), at.x() - OFFSET.x() - size.width()))
    if corner.y() + size.height() > room.bottom():
        corner.setY(max(room.top(), at.y() - OFFSET.y() - size.height()))
    return corner
