"""The command palette: everything the window can do, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QWidget

from builder.command_search import Command, Found, rank
from builder.icons import icon
from builder.picker import Picker, Row
from builder.texts import tr
from builder.theme import GRID, Theme

KEY = "palette/used"
REMEMBERED = 20  # commands
WIDTH = 640  # pixels, where the window has room
TOP = 5 * GRID  # pixels below the window's upper edge

Source = Callable[[], Iterable[Command]]


class CommandPalette(QObject):
    """Shows the commands of its sources in a search box at the top of the window.

    Args:
        sources: each gives its commands as they are at that moment.
        settings: keeps which were used last.
        window: it lies on it.
    """

    def __init__(self, sources: Sequence[Source], settings: QSettings, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._sources, self._settings, self._window = sources, settings, window
        self._commands: list[Command] = []
        self._found: list[Found] = []
        self.picker = Picker(tr("Search commands"), tr("What do you want to do?"), theme, window)
        self.picker.setObjectName("palette.commands")
        self.picker.asked.connect(self._search)
        self.picker.taken.connect(self._take)

    @property
    def commands(self) -> list[Command]:
        """Those that are listed, from top to bottom."""
        return [found.command for found in self._found]

    @property
    def used(self) -> list[str]:
        """Ids of the commands used last, the latest first."""
        value = self._settings.value(KEY, [])
        return [value] if isinstance(value, str) else list(value or [])

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Shows itself in another theme."""
        self.picker.set_theme(theme)

    def toggle(self) -> None:
        """Opens at the top of the window, or closes."""
        if self.picker.isVisible():
            self.picker.close_quietly()
            return
        self._commands = [command for source in self._sources for command in source()]
        self.picker.field.clear()
        width = min(WIDTH, self._window.width() - 4 * GRID)
        self.picker.setFixedWidth(width)
        self.picker.move((self._window.width() - width) // 2, TOP)
        self.picker.open()

    @Slot(str)
    def _search(self, query: str) -> None:
        self._found = rank(query, self._commands, self.used)
        hint = "" if self._found else tr("No command matches “{query}”.", query=query.strip())
        self.picker.show_rows([_row(found) for found in self._found], hint)

    @Slot(int, bool)
    def _take(self, row: int, _shift: bool) -> None:
        command = self._found[row].command
        if command.fault:
            self.picker.hint.setText(f"{command.title}: {command.fault}")
            self.picker.hint.show()
            self.picker.adjustSize()
            return
        others = [each for each in self.used if each != command.id]
        self._settings.setValue(KEY, [command.id, *others][:REMEMBERED])
        self.picker.close_quietly()  # first, so that the command finds the focus where it was
        command.run()


def _row(found: Found) -> Row:
    command = found.command
    return Row(
        title=command.title,
        note=command.category,
        right=command.keys,
        letters=found.letters,
        icon=icon(command.icon) if command.icon else None,
        fault=command.fault,
        tip=command.about,
    )
