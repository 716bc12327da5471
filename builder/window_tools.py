"""What the window offers beside its panels: command palette, find, shortcuts, preferences."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMainWindow

from builder.actions import Actions
from builder.canvas.page import CanvasPage
from builder.command_palette import CommandPalette
from builder.command_sources import action_commands, panel_commands, recent_commands, template_commands
from builder.dialogs import Dialogs
from builder.docks import Docks
from builder.find_bar import FindBar
from builder.preferences_dialog import PreferencesDialog
from builder.project_files import ProjectFiles
from builder.session import Session
from builder.shortcut_dialog import ShortcutDialog
from builder.theme import Theme
from builder.windows import Windows


class WindowTools(QObject):
    """Handlers of the actions that search, and that change how the window behaves.

    Args:
        actions: what the command palette offers.
        files: opens what is recent, and templates.
        docks: the panels to go to.
        session: in which to find.
        page: where what was found is seen.
        dialogs: asks before shortcuts are reset.
        windows: whose shortcuts and preferences these are.
        window: everything lies on it.

    Attributes:
        has_project: whether a project is open, for what needs one.

    Signals:
        restart_asked(): Netloom is to be left and started again.
    """

    restart_asked = Signal()

    def __init__(
        self,
        actions: Actions,
        files: ProjectFiles,
        docks: Docks,
        session: Session,
        page: CanvasPage,
        dialogs: Dialogs,
        windows: Windows,
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self.has_project = False
        self._dialogs, self._window = dialogs, window
        self.shortcuts, self._preferences = windows.shortcuts, windows.preferences
        self._shortcut_dialog: ShortcutDialog | None = None
        self._preferences_dialog: PreferencesDialog | None = None
        sources = (
            partial(action_commands, actions, self.shortcuts),
            partial(recent_commands, files.recent, files.open_project),
            partial(template_commands, files.new_project),
            partial(panel_commands, docks, lambda: self.has_project),
        )
        theme = windows.themes.theme
        self.commands = CommandPalette(sources, windows.settings, theme, window)
        self.finder = FindBar(session, theme, page)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows everything in another theme."""
        self.commands.set_theme(theme)
        self.finder.set_theme(theme)

    def show_commands(self) -> None:
        """Opens or closes the command palette."""
        self.commands.toggle()

    @property
    def shortcut_dialog(self) -> ShortcutDialog:
        """The list of keys; made when it is first asked for."""
        if self._shortcut_dialog is None:
            self._shortcut_dialog = ShortcutDialog(self.shortcuts, self._dialogs, self._window)
        return self._shortcut_dialog

    @property
    def preferences_dialog(self) -> PreferencesDialog:
        """The preferences; made when they are first asked for."""
        if self._preferences_dialog is None:
            self._preferences_dialog = PreferencesDialog(self._preferences, self._window)
            self._preferences_dialog.shortcuts_asked.connect(self.show_shortcuts)
            self._preferences_dialog.restart_asked.connect(self.restart_asked)
        return self._preferences_dialog

    def show_preferences(self) -> None:
        """Shows what can be preferred."""
        self.preferences_dialog.open_again()

    def show_shortcuts(self) -> None:
        """Shows all keys, to look up and to change."""
        self.shortcut_dialog.open_again()

    def show_find(self) -> None:
        """Opens the find bar."""
        self.finder.find()

    def find_next(self) -> None:
        """Goes to the next of what was looked for."""
        self.finder.find_next()

    def find_previous(self) -> None:
        """Goes to the one before of what was looked for."""
        self.finder.find_previous()
