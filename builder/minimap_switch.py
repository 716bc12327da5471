"""Shows and hides the minimap, and remembers which."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from builder.canvas.minimap import Minimap
from builder.preferences import Preferences


class MinimapSwitch(QObject):
    """Provides the handler of the action that shows the minimap; all windows follow the preference."""

    def __init__(self, minimap: Minimap, preferences: Preferences, action: QAction) -> None:
        super().__init__(minimap)
        self._minimap, self._preferences, self._action = minimap, preferences, action
        preferences.changed.connect(self._follow)
        self._follow("minimap")

    def show_minimap(self, is_on: bool) -> None:
        """Shows the minimap from now on, or no longer."""
        self._preferences.change(minimap=is_on)

    @Slot(str)
    def _follow(self, name: str) -> None:
        if name == "minimap":
            self._action.setChecked(self._preferences.minimap)
            self._minimap.switch(self._preferences.minimap)
