"""The menu bar, made from the actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMenuBar

from builder.actions import Actions
from builder.recent import RecentProjects
from builder.texts import later, tr
from builder.theme import MODES, Mode
from builder.window_actions import MENUS, OVERLAYS, SUBMENUS, THEMES


class Menus:
    """Fills a menu bar; no action is left out.

    Args:
        panels: the actions that show and hide the panels.
        open_path: opens a recent project.
    """

    def __init__(
        self,
        bar: QMenuBar,
        actions: Actions,
        panels: Iterable[QAction],
        recent: RecentProjects,
        open_path: Callable[[Path], object],
    ) -> None:
        self._actions, self._recent, self._open_path = actions, recent, open_path
        self.recent_menu = _menu_of(later("Open &recent"), ())
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        self._themes, self._overlays = QActionGroup(bar), QActionGroup(bar)
        self._submenus = {
            "file.recent": self.recent_menu,
            "view.theme": self._choice_menu(later("&Theme"), self._themes, THEMES),
            "view.overlay": self._choice_menu(later("&Overlay while training"), self._overlays, OVERLAYS),
            "view.panels": _menu_of(later("&Panels"), panels),
            **{
                entry: _menu_of(title, map(actions.__getitem__, ids))
                for entry, (title, ids) in SUBMENUS.items()
            },
        }
        self._actions[OVERLAYS[0]].setChecked(True)
        self._menus = {title: bar.addMenu(tr(f"&{title}")) for title in MENUS}
        for title, entries in MENUS.items():
            self._fill(self._menus[title], title, entries)

    def menu(self, title: str) -> QMenu:
        """The menu of a title. Raises KeyError for an unknown one."""
        return self._menus[title]

    def show_mode(self, mode: Mode) -> None:
        """Ticks the theme that is on."""
        self._actions[THEMES[MODES.index(mode)]].setChecked(True)

    def _fill(self, menu: QMenu, category: str, entries: Iterable[str]) -> None:
        menu.setToolTipsVisible(True)
        for entry in entries:
            if not entry:
                menu.addSeparator()
            elif entry in self._submenus:
                menu.addMenu(self._submenus[entry])
            else:
                menu.addAction(self._actions[entry])
        named = {entry for listed in MENUS.values() for entry in listed} | {*THEMES, *OVERLAYS}
        named.update(entry for _, ids in SUBMENUS.values() for entry in ids)
        rest = [spec.id for spec in self._actions if spec.category == category and spec.id not in named]
        if rest:
            menu.addSeparator()
            menu.addActions([self._actions[action_id] for action_id in rest])

    def _choice_menu(self, title: str, group: QActionGroup, action_ids: Iterable[str]) -> QMenu:
        """Actions of which one is on."""
        for action_id in action_ids:
            self._actions[action_id].setCheckable(True)
            group.addAction(self._actions[action_id])
        return _menu_of(title, group.actions())

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for path in self._recent.paths:
            action = self.recent_menu.addAction(path.stem, partial(self._open_path, path))
            action.setToolTip(str(path))
        if self.recent_menu.isEmpty():
            none = self.recent_menu.addAction(tr("No recent projects"))
            none.setEnabled(False)
            none.setToolTip(tr("Projects that you open or save appear here."))
        else:
            self.recent_menu.addSeparator()
            self.recent_menu.addAction(tr("Clear the list"), self._recent.clear)


def _menu_of(title: str, actions: Iterable[QAction]) -> QMenu:
    menu = QMenu(tr(title))
    menu.setToolTipsVisible(True)
    menu.addActions(list(actions))
    return menu
