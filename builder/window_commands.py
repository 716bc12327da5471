"""What concerns more than one window: new ones, the way to the others, and the end of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from builder.first_look import FirstLook
from builder.theme import GRID
from builder.windows import Windows
from graph.document import Document

if TYPE_CHECKING:
    from builder.main_window import MainWindow

CASCADE = 4 * GRID  # pixels between a window and the next


class WindowCommands:
    """Handlers of the Window menu, and the other windows as one of them sees them.

    Args:
        window: whose they are.
        make: makes another window like it.
    """

    def __init__(self, window: MainWindow, windows: Windows, make: Callable[[], MainWindow]) -> None:
        self._window, self._windows, self._make = window, windows, make

    def new_window(self) -> MainWindow:
        """Opens another window, on its welcome page."""
        other = self._make()
        other.delete_when_closed()
        other.resize(self._window.size())
        other.move(_beside(self._window))
        other.show()
        self._windows.bring_forward(other)
        return other

    def close_window(self) -> None:
        """Closes the window."""
        self._window.close()

    def next_window(self) -> None:
        """Goes to the window that was opened after this one."""
        self._windows.bring_forward(self._windows.next_after(self._window))

    def quit(self) -> None:
        """Closes all windows."""
        self._windows.quit()

    def use_system_theme(self) -> None:
        """Follows the system."""
        self._windows.use_theme("system")

    def use_light_theme(self) -> None:
        """Stays light."""
        self._windows.use_theme("light")

    def use_dark_theme(self) -> None:
        """Stays dark."""
        self._windows.use_theme("dark")

    def holds(self, path: Path) -> bool:
        """Whether a file is open in another window."""
        return self._windows.holder_of(path) not in (None, self._window)

    def show(self, path: Path) -> bool:
        """Brings the window forward that a file is open in; False if it is in no other."""
        holder = self._windows.holder_of(path)
        if holder is None or holder is self._window:
            return False
        self._windows.bring_forward(holder)
        return True

    def open(self, document: Document, look: FirstLook | None = None, *, is_unsaved: bool = False) -> None:
        """Opens a document in a new window, or in the one that shows its file as it was saved."""
        holder = self._windows.holder_of(document.path) if document.path is not None else None
        if holder is None or holder.session.document.is_dirty:
            holder = self.new_window()
        holder.files.show(document, look, is_unsaved=is_unsaved)


def _beside(window: MainWindow) -> QPoint:
    """Where the next window goes: a little below and to the right, or in the corner if that is off screen."""
    screen = window.screen() or QGuiApplication.primaryScreen()
    room, place = screen.availableGeometry(), window.pos() + QPoint(CASCADE, CASCADE)
    fits = room.contains(place + QPoint(window.width(), window.height()))
    return place if fits else room.topLeft() + QPoint(CASCADE, CASCADE)
