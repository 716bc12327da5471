"""A parameter's name that can be dragged to change the number beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from builder.panels.number_field import NumberField

PIXELS_PER_STEP = 4
FINER, COARSER = 0.1, 10.0
DRAG_HINT = "Drag sideways to change it; Shift is finer, Ctrl coarser, Esc takes it back."


class DragLabel(QLabel):
    """A name; a click on it goes to its field, and dragging it sideways changes the number there.

    A drag is one undo step. Shift makes it finer, Ctrl coarser, and Escape takes it back.
    """

    def __init__(self, text: str, field: QWidget, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._field = field
        self._x: float | None = None  # where the mouse was last, while the button is down
        self._distance = 0.0  # steps
        self._is_dragging = False
        self.setBuddy(field)
        if isinstance(field, NumberField):
            field.cancelled.connect(self._forget)

    @property
    def is_draggable(self) -> bool:
        """Whether there is a number to change now."""
        return isinstance(self._field, NumberField) and self._field.is_draggable

    def show_cursor(self) -> None:
        """Lets the mouse look like what it can do here."""
        wanted = Qt.CursorShape.SizeHorCursor if self.is_draggable else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() != wanted:
            self.setCursor(wanted)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._x, self._distance = event.globalPosition().x(), 0.0
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._x is None:
            return
        moved = event.globalPosition().x() - self._x
        if not self._is_dragging:
            if abs(moved) < QApplication.startDragDistance() or not self.is_draggable:
                return
            self._is_dragging = True
            self._field.setFocus(Qt.FocusReason.MouseFocusReason)  # Escape arrives there
            self._field.begin_drag()
        self._x = event.globalPosition().x()
        self._distance += moved / PIXELS_PER_STEP * _speed(event.modifiers())
        self._field.drag(self._distance, _is_fine(event.modifiers()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._x is None:
            super().mouseReleaseEvent(event)
            return
        if self._is_dragging:
            self._end()
        elif self.rect().contains(event.position().toPoint()):
            self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)  # which selects what stands there
        self._forget()

    def hideEvent(self, event: QHideEvent) -> None:
        if self._is_dragging:
            self._end()
        super().hideEvent(event)

    def _end(self) -> None:
        self._field.end_drag()
        self._forget()

    @Slot()
    def _forget(self) -> None:
        self._x, self._is_dragging = None, False


def _is_fine(modifiers: Qt.KeyboardModifier) -> bool:
    return bool(modifiers & Qt.KeyboardModifier.ShiftModifier)


def _speed(modifiers: Qt.KeyboardModifier) -> float:
    if _is_fine(modifiers):
        return FINER
    return COARSER if modifiers & Qt.KeyboardModifier.ControlModifier else 1.0
