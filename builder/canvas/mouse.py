"""What the buttons of the mouse do on the canvas: pan, drag, and call a drag off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent

from builder.canvas.border_pan import BorderPan
from builder.canvas.keys import CanvasKeys
from builder.canvas.pointer import Pointer

if TYPE_CHECKING:
    from builder.canvas.view import CanvasView

LEFT = Qt.MouseButton.LeftButton


class CanvasMouse:
    """Takes the mouse of a view.

    Attributes:
        has_called_off: the last press ended a drag; the menu that it would open elsewhere is not meant.
    """

    def __init__(self, view: CanvasView, pointer: Pointer, keys: CanvasKeys) -> None:
        self._view, self._pointer, self._keys = view, pointer, keys
        self._border = BorderPan(view, self._drag_to)
        self.has_called_off = False

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        view, at = self._view, event.position().toPoint()
        is_left = event.button() == LEFT
        self.has_called_off = False
        if event.button() == Qt.MouseButton.MiddleButton or (is_left and self._keys.is_space_held):
            view.begin_pan(at)
            self._keys.has_panned = True
            self._pointer.leave()
        elif is_left:
            self._border.begin(at)
            self._pointer.press(at, view.mapToScene(at), view.zoom, event.modifiers())
        elif event.button() == Qt.MouseButton.RightButton:
            self.has_called_off = self._pointer.cancel()

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved."""
        view, at = self._view, event.position().toPoint()
        if view.is_panned and event.buttons():
            view.pan_to(at)
        elif event.buttons() & LEFT:
            if self._drag_to(at):
                self._border.follow(at)
        elif not (view.search.isVisible() or self._keys.is_space_held):
            self._let_go()
            view.menu_at = None
            self._pointer.hover(at, view.mapToScene(at), view.zoom)
            view.viewport().setCursor(self._pointer.cursor)

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        self._border.stop()
        if self._view.is_panned:
            self._view.end_pan()
            self._keys.show_cursor()
        elif event.button() == LEFT:
            self._pointer.release(self._view.mapToScene(event.position().toPoint()))

    def _drag_to(self, at: QPoint) -> bool:
        """Moves what is in the hand to a position of the viewport; False if nothing is."""
        self._pointer.move(at, self._view.mapToScene(at))
        return self._pointer.gesture is not None

    def _let_go(self) -> None:
        """Ends what a release ended that came to somebody else, such as a dialog that opened meanwhile."""
        self._view.end_pan()
        self._border.stop()
        self._pointer.cancel()
