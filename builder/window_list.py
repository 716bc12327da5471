"""The list of open windows in the Window menu."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMenu

from builder.texts import tr
from builder.windows import Windows

if TYPE_CHECKING:
    from builder.main_window import MainWindow


class WindowList(QObject):
    """Lists every window below the menu's own entries, with the one that the menu is in ticked."""

    def __init__(self, window: MainWindow, windows: Windows, menu: QMenu) -> None:
        super().__init__(window)
        self._window, self._windows, self._menu = window, windows, menu
        self._own = len(menu.actions())
        menu.aboutToShow.connect(self.fill)

    @Slot()
    def fill(self) -> None:
        """Reads the windows anew."""
        for action in self._menu.actions()[self._own :]:
            self._menu.removeAction(action)
            action.deleteLater()
        self._menu.addSeparator()
        for window in self._windows:
            action = self._menu.addAction(_title(window), partial(self._windows.bring_forward, window))
            action.setCheckable(True)
            action.setChecked(window is self._window)


def _title(window: MainWindow) -> str:
    name = window.windowTitle().replace("[*]", "").replace("&", "&&")
    return tr("{name} (not saved)", name=name) if window.isWindowModified() else name
