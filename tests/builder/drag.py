"""A hand that drags the name of a parameter."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from builder.panels.drag_label import PIXELS_PER_STEP

NONE = Qt.KeyboardModifier.NoModifier


class Drag:
    """A drag on a label, with the left button down from the start."""

    def __init__(self, label):
        self.label, self.at = label, QPointF(label.rect().center())
        self._send(QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton, NONE)

    def by(self, pixels, modifiers=NONE):
        """Moves on; the first pixels of a drag only begin it."""
        self.at += QPointF(pixels, 0)
        self._send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton, modifiers)
        return self

    def steps(self, count, modifiers=NONE):
        return self.by(count * PIXELS_PER_STEP, modifiers)

    def end(self):
        self._send(QEvent.Type.MouseButtonRelease, Qt.MouseButton.LeftButton, NONE)

    def _send(self, kind, button, modifiers):
        is_down = kind != QEvent.Type.MouseButtonRelease
        buttons = Qt.MouseButton.LeftButton if is_down else Qt.MouseButton.NoButton
        where = self.label.mapToGlobal(self.at)
        QApplication.sendEvent(self.label, QMouseEvent(kind, self.at, where, button, buttons, modifiers))
