"""What a window does because of somebody's preferences; theme and size are the application's."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMainWindow

from builder.canvas.scene import CanvasScene
from builder.preferences import Preferences
from builder.recovery import Recovery


class PreferenceEffects(QObject):
    """Keeps a window as it is preferred.

    Args:
        preferences: followed from the start, except for motion, which waits for `follow_motion`.
        window: whose panels glide or not.
        scene: where what is moved snaps to the grid or not.
        recovery: keeps unsaved work as often as preferred.
    """

    def __init__(
        self, preferences: Preferences, window: QMainWindow, scene: CanvasScene, recovery: Recovery
    ) -> None:
        super().__init__(window)
        self._preferences, self._window, self._scene, self._recovery = preferences, window, scene, recovery
        preferences.changed.connect(self._follow)
        for name in ("snap_to_grid", "recovery_interval"):
            self._follow(name)

    def follow_motion(self) -> None:
        """Glides or not; what the system wants takes a moment to find out, so this is not for the start."""
        self._window.setAnimated(not self._preferences.reduced_motion)

    @Slot(str)
    def _follow(self, name: str) -> None:
        if name == "motion":
            self.follow_motion()
        elif name == "snap_to_grid":
            self._scene.snaps_to_grid = self._preferences.snap_to_grid
        elif name == "recovery_interval":
            self._recovery.set_interval(self._preferences.recovery_interval)
