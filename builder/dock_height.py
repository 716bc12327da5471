"""How high the panels below the canvas are: a share of the window until somebody drags them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QDockWidget, QMainWindow, QToolBar, QWidget

SHARE = 0.34  # of the window's height
LEAST = 240  # pixels with the tabs; less shows no curve
MOST = 0.45  # of what bars leave of it, whatever LEAST says: the canvas keeps the larger part
SLACK = 8  # pixels; a drag moves the separator by more


class DockHeight(QObject):
    """Follows the window's height, and leaves the panels alone once the user has sized them.

    Args:
        window: whose panels they are.
        bottom: gives the dock below the canvas that is in front, or None while none is.

    Attributes:
        is_chosen: whether the user has dragged the panels to a height.
    """

    def __init__(self, window: QMainWindow, bottom: Callable[[], QDockWidget | None]) -> None:
        super().__init__(window)
        self._window, self._bottom = window, bottom
        self._fitted = 0
        self.is_chosen = False
        self._later = QTimer(self, interval=0, singleShot=True)
        self._later.timeout.connect(self.fit)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.Resize, QEvent.Type.Show):
            self.fit_soon()
        elif kind is QEvent.Type.MouseButtonRelease:  # the window itself gets the mouse only on a separator
            dock = self._bottom()
            if dock is not None and self._fitted and abs(dock.height() - self._fitted) > SLACK:
                self.is_chosen = True
        return False

    def fit_soon(self) -> None:
        """Gives the panels their share once the window's layout has come to rest."""
        if not self.is_chosen:
            self._later.start()

    @Slot()
    def fit(self) -> None:
        """Gives the panels their share of the window's height."""
        dock = self._bottom()
        if self.is_chosen or dock is None:
            return
        height = self._window.height()
        room = height - sum(bar.height() for bar in self._bars() if bar.isVisible())
        spare = max(height - self._window.minimumSizeHint().height(), 0)  # more would make the window grow
        most = min(MOST * room, dock.minimumSizeHint().height() + spare)
        wanted = round(min(max(SHARE * height, LEAST), most))
        self._window.resizeDocks([dock], [wanted], Qt.Orientation.Vertical)
        self._window.layout().activate()
        self._fitted = dock.height()

    def _bars(self) -> tuple[QWidget, ...]:
        """What stands above and below the panels, as high as it is."""
        window, direct = self._window, Qt.FindChildOption.FindDirectChildrenOnly
        tools = [bar for bar in window.findChildren(QToolBar, options=direct) if not bar.isFloating()]
        return (window.menuBar(), window.statusBar(), *tools[:1])
