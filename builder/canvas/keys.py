"""What keys do on the canvas by themselves: arrows, Escape, and Space, which pans while it is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from builder.canvas.moving import move_edit, places_of_selection
from builder.canvas.pointer import Pointer
from builder.session import Session
from builder.shortcuts import trigger
from builder.theme import GRID

if TYPE_CHECKING:
    from builder.canvas.view import CanvasView

ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
PAN_STEP = 64  # pixels an arrow key pans by when nothing is selected


class CanvasKeys:
    """Takes the keys of a view.

    Attributes:
        is_space_held: the mouse pans.
        has_panned: it did since Space went down, which then does nothing more.
    """

    def __init__(self, view: CanvasView, session: Session, pointer: Pointer) -> None:
        self._view, self._session, self._pointer = view, session, pointer
        self.is_space_held = self.has_panned = False

    def press(self, event: QKeyEvent) -> None:
        """A key went down."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.is_space_held, self.has_panned = True, False
                self.show_cursor()
        elif key in ARROWS and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._step(*ARROWS[key], large=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            self._say_why_not(event)
            event.ignore()

    def release(self, event: QKeyEvent) -> None:
        """A key went up; Space that was only tapped searches."""
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat() or not self.is_space_held:
            event.ignore()
            return
        self.is_space_held = False
        self.show_cursor()
        if not self.has_panned:
            trigger(self._view, Qt.Key.Key_Space)

    def leave(self) -> None:
        """Keys go to somebody else now, who will be told when Space comes up."""
        if self.is_space_held:
            self.is_space_held = False
            self.show_cursor()

    def show_cursor(self) -> None:
        """Shows whether the mouse would pan."""
        shape = Qt.CursorShape.OpenHandCursor if self.is_space_held else Qt.CursorShape.ArrowCursor
        self._view.viewport().setCursor(shape)

    def _say_why_not(self, event: QKeyEvent) -> None:
        """Says why an action cannot be used whose keys these are: those of one that can never come here."""
        if event.isAutoRepeat():
            return
        keys = QKeySequence(event.keyCombination())
        for action in (*self._view.actions(), *self._view.window().actions()):
            if not action.isEnabled() and keys in action.shortcuts():
                self._session.message.emit(action.statusTip())
                return

    def _escape(self) -> None:
        """Breaks a gesture off, else selects nothing, else leaves the block."""
        scene = self._view.graph_scene
        if self._pointer.cancel():
            return
        if self._session.all_selected or scene.selected_edges:
            self._session.select(())
            scene.select_edges(())
        else:
            self._session.leave()

    def _step(self, dx: int, dy: int, large: bool) -> None:
        """An arrow key: moves the selection by the grid, or the view."""
        if not self._session.all_selected:
            self._view.pan_by(QPoint(-dx * PAN_STEP, -dy * PAN_STEP))
            return
        step = GRID * (5 if large else 1)
        places = places_of_selection(self._view.graph_scene)
        moved = {i: (x + dx * step, y + dy * step) for i, (x, y) in places.items()}
        edit = move_edit(self._view.graph_scene, moved)
        self._session.apply(edit, merge_key=("nudge", self._session.block, tuple(moved)))
