"""The panels around the canvas: where they stand, how they are hidden, and that they stay so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QByteArray, QSettings, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from builder.dock_height import DockHeight
from builder.texts import tr

LAYOUT_VERSION = 2
PALETTE_WIDTH = 192  # pixels
INSPECTOR_WIDTH = 288  # pixels
GEOMETRY_KEY, STATE_KEY, HEIGHT_KEY = "window/geometry", "window/state", "window/height_is_chosen"


class Docks:
    """Palette on the left, inspector on the right, the others as tabs below.

    They are empty until panels are put into them.

    Args:
        window: gets the docks.
        side: what is on the left and on the right.
        tabs: what is below, in order.
    """

    def __init__(self, window: QMainWindow, side: Iterable[str], tabs: Iterable[str]) -> None:
        self._window = window
        self._side = {title: _dock(window, title) for title in side}
        self._tabs = {title: _tab_dock(window, title) for title in tabs}
        self._was_visible: list[QDockWidget] | None = None
        self.height = DockHeight(window, self._bottom)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.reset()

    def __iter__(self) -> Iterator[QDockWidget]:
        """Every dock."""
        return iter((*self._side.values(), *self._tabs.values()))

    def __getitem__(self, title: str) -> QDockWidget:
        """The dock of a title. Raises KeyError for an unknown one."""
        return (self._side | self._tabs)[title]

    def place(self, title: str) -> QWidget:
        """What a panel is best made as a child of: Qt dresses it anew whenever it gets another parent."""
        return self[title] if title in self._side else self[title].widget()

    def put(self, title: str, panel: QWidget) -> None:
        """Puts a panel into its dock.

        Qt keeps what is behind another tab visible, out of sight; here it is hidden, so that it need not
        keep up.
        """
        dock = self[title]
        if title in self._side:
            dock.setWidget(panel)
        else:
            panel.setVisible(dock.isVisible())
            dock.widget().layout().addWidget(panel)
            dock.visibilityChanged.connect(panel.setVisible)

    @property
    def titles(self) -> list[str]:
        """What the panels are called."""
        return [*self._side, *self._tabs]

    @property
    def toggles(self) -> list[QAction]:
        """Actions that show and hide the docks."""
        return [dock.toggleViewAction() for dock in self]

    def reset(self) -> None:
        """Puts every dock to its first place; what is there stays, as Qt lays all out anew for each."""
        left, right = self._side.values()
        areas = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
        for dock, area in zip((left, right), areas, strict=True):
            if dock.isFloating() or self._window.dockWidgetArea(dock) != area:
                self._window.addDockWidget(area, dock)
        first, *others = self._tabs.values()
        if not self._are_tabs_in_place():
            self._window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, first)
            for dock in others:
                self._window.tabifyDockWidget(first, dock)
        for dock in self:
            if dock.isFloating():
                dock.setFloating(False)
            dock.show()
        first.raise_()
        self._window.resizeDocks([left, right], [PALETTE_WIDTH, INSPECTOR_WIDTH], Qt.Orientation.Horizontal)
        self.height.is_chosen = False
        self.height.fit_soon()

    def reveal(self, title: str) -> None:
        """Brings a panel to the front; from one that it covers it takes over the focus.

        Qt would give that to whatever comes next, such as the choice of the device beside Train.
        """
        focus, covered = QApplication.focusWidget(), self._window.tabifiedDockWidgets(self[title])
        takes_over = focus is not None and any(dock.isAncestorOf(focus) for dock in covered)
        self[title].show()
        self[title].raise_()
        if takes_over:
            self._take_focus(title)

    def visit(self, title: str) -> None:
        """Brings a panel to the front and puts the focus into it."""
        self.reveal(title)
        self._take_focus(title)

    def _take_focus(self, title: str) -> None:
        fields = self[title].widget().findChildren(QWidget)
        first = next((each for each in fields if each.isVisible() and _takes_focus(each)), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def set_title(self, title: str, text: str) -> None:
        """Shows another text on the tab of the panel called `title`."""
        self[title].setWindowTitle(text)

    def set_hidden(self, hidden: bool) -> None:
        """Hides all docks, or shows those again that were shown before."""
        if hidden and self._was_visible is None:
            self._was_visible = [dock for dock in self if not dock.isHidden()]
            for dock in self:
                dock.hide()
        elif not hidden and self._was_visible is not None:
            size = self._window.size()
            for dock in self._was_visible:
                dock.show()
            self._was_visible = None
            first = next(iter(self._tabs.values()))
            first.raise_()
            self.height.fit()
            self.height.fit_soon()
            self._window.resize(size)  # what docks would like to have may be more than a small screen has
        for dock in self:
            dock.toggleViewAction().setEnabled(not hidden)
            dock.toggleViewAction().setToolTip(tr("No project is open.") if hidden else "")

    def save(self, settings: QSettings) -> None:
        """Remembers the window's place and every dock's."""
        self.set_hidden(False)
        settings.setValue(GEOMETRY_KEY, self._window.saveGeometry())
        settings.setValue(STATE_KEY, self._window.saveState(LAYOUT_VERSION))
        settings.setValue(HEIGHT_KEY, self.height.is_chosen)

    def restore(self, settings: QSettings) -> bool:
        """Puts window and docks where they were; False if nothing is remembered."""
        geometry, state = settings.value(GEOMETRY_KEY), settings.value(STATE_KEY)
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        self._window.restoreGeometry(geometry)
        self.height.is_chosen = settings.value(HEIGHT_KEY, False, type=bool)
        return bool(self._window.restoreState(state, LAYOUT_VERSION))

    def _are_tabs_in_place(self) -> bool:
        """Whether all that are tabs at first are so now, in their order."""
        first, *others = self._tabs.values()
        return (
            self._window.dockWidgetArea(first) == Qt.DockWidgetArea.BottomDockWidgetArea
            and not any(dock.isFloating() for dock in self._tabs.values())
            # Each of them tells all but itself, in their order.
            and self._window.tabifiedDockWidgets(first) == others
            and self._window.tabifiedDockWidgets(others[-1]) == [first, *others[:-1]]
        )

    def _bottom(self) -> QDockWidget | None:
        """The panel in front below the canvas."""
        area = Qt.DockWidgetArea.BottomDockWidgetArea
        docked = [
            dock
            for dock in self._tabs.values()
            if not dock.isHidden() and not dock.isFloating() and self._window.dockWidgetArea(dock) == area
        ]
        return next((dock for dock in docked if not dock.visibleRegion().isEmpty()), next(iter(docked), None))


def _takes_focus(widget: QWidget) -> bool:
    return widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _dock(window: QMainWindow, title: str) -> QDockWidget:
    dock = QDockWidget(tr(title), window)
    dock.setObjectName(f"dock.{title}")
    dock.toggleViewAction().setText(tr(title))
    return dock


def _tab_dock(window: QMainWindow, title: str) -> QDockWidget:
    """A dock whose tab is its title; a title bar it has only while it floats."""
    dock = _dock(window, title)
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    dock.setWidget(page)
    bare = QWidget(dock)
    bare.hide()

    @Slot(bool)
    def follow(floating: bool) -> None:
        dock.setTitleBarWidget(None if floating else bare)  # type: ignore[arg-type]

    dock.topLevelChanged.connect(follow)
    follow(False)
    return dock
