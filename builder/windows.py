"""The windows of this process: one project each, and what all of them share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtWidgets import QApplication

from builder.custom_code import ShapeQueue
from builder.data_code import DataTrust
from builder.discarding import Discarding
from builder.garbage import GarbageCollector
from builder.hint_memory import HintMemory
from builder.preferences import Preferences
from builder.recent import RecentProjects
from builder.run_turn import RunTurn
from builder.shortcuts import Shortcuts
from builder.theme import Mode, ThemeManager
from builder.torch_loader import TorchLoader
from builder.window_actions import ALL_ACTIONS
from graph import custom_shapes
from runtime.custom_probe import ShapeProbe

if TYPE_CHECKING:
    from builder.main_window import MainWindow


class Windows(QObject):
    """Knows every open window, and which project is open where.

    Theme, preferences, shortcuts, recent projects, the loading of PyTorch, the collecting of garbage, the
    answers of custom code and the turn to train are the process's, and so belong to no single window.

    Args:
        collects: has Python collect garbage once PyTorch is loaded, even if it does not now.

    Attributes:
        restart_paths: the projects to open when Netloom starts again; None unless that is wanted.

    Signals:
        changed(): a window came or went.
    """

    changed = Signal()

    def __init__(
        self,
        themes: ThemeManager,
        settings: QSettings,
        parent: QObject | None = None,
        *,
        collects: bool = False,
    ) -> None:
        super().__init__(parent)
        self.themes, self.settings = themes, settings
        self.preferences = Preferences(settings, self)
        self.shortcuts = Shortcuts(ALL_ACTIONS, settings, self)
        self.recent = RecentProjects(settings, self)
        self.garbage = GarbageCollector(self, resumes=collects)
        self.loader = TorchLoader(self.garbage, self)
        self.discarding = Discarding(self)
        self.hints = HintMemory(settings, self)
        self.turn = RunTurn(self)
        self.shapes = ShapeQueue(ShapeProbe(), self)
        self.data_trust = DataTrust(self.shapes.trust, self)
        self.restart_paths: list[Path] | None = None
        self._windows: list[MainWindow] = []
        self._front: MainWindow | None = None
        self._provider_before: custom_shapes.Provider | None = custom_shapes.ask_from_now_on(self.shapes)
        self.preferences.changed.connect(self._follow_preference)

    def __iter__(self) -> Iterator[MainWindow]:
        """The windows, oldest first."""
        return iter(tuple(self._windows))

    def __len__(self) -> int:
        return len(self._windows)

    @property
    def front(self) -> MainWindow:
        """The window that was used last."""
        return self._front if self._front is not None else self._windows[-1]

    def add(self, window: MainWindow) -> None:
        """Takes a window in."""
        self._windows.append(window)
        self.changed.emit()

    def remove(self, window: MainWindow) -> None:
        """Forgets a window that was closed; after the last one no thread or process is left."""
        if window not in self._windows:
            return
        self._windows.remove(window)
        if self._front is window:
            self._front = None
        if not self._windows:
            self.end_threads()
        self.changed.emit()

    def note_front(self, window: MainWindow) -> None:
        """Remembers which window is used."""
        if window in self._windows:
            self._front = window

    def holder_of(self, path: Path) -> MainWindow | None:
        """The window in which a file is open; None if it is in none."""
        wanted = path.resolve()
        for window in self._windows:
            own = window.session.document.path
            if own is not None and own.resolve() == wanted:
                return window
        return None

    def bring_forward(self, window: MainWindow) -> None:
        """Puts a window before all others."""
        if window.isMinimized():
            window.showNormal()
        window.show()
        window.raise_()
        window.activateWindow()

    def next_after(self, window: MainWindow) -> MainWindow:
        """The window that follows another, round and round."""
        return self._windows[(self._windows.index(window) + 1) % len(self._windows)]

    def use_theme(self, mode: Mode) -> None:
        """Dresses every window, and remembers it."""
        self.preferences.change(theme=mode)
        self._show_mode(mode)  # the command line may have asked for another than the one preferred

    def quit(self) -> bool:
        """Closes every window once each has been asked about unsaved work; False if one is to stay."""
        ordered = sorted(self, key=lambda window: window is not self.front)
        if not all(window.may_close() for window in ordered):
            return False
        return all(window.close_unasked() for window in ordered)

    @Slot()
    def restart(self) -> None:
        """Closes every window as `quit` does; `restart_paths` then holds what is to be opened again."""
        documents = [window.session.document for window in self]
        if self.quit():
            self.restart_paths = [document.path for document in documents if document.path is not None]

    def leave_at_once(self, signal_number: int) -> None:
        """Ends without a question: runs are saved, unsaved work is offered at the next start."""
        self.secure()
        QApplication.exit(128 + signal_number)

    def secure(self) -> None:
        """Saves the run and puts unsaved work aside; does nothing to windows that were closed."""
        for window in self:
            window.secure()
        self.end_threads()

    def end_threads(self) -> None:
        """Waits for what works behind the windows, and ends what never would."""
        self.loader.wait()
        self.shapes.close()
        if self._provider_before is not None:
            custom_shapes.ask_from_now_on(self._provider_before)
            self._provider_before = None

    @Slot(str)
    def _follow_preference(self, name: str) -> None:
        if name == "theme":
            self._show_mode(self.preferences.theme)

    def _show_mode(self, mode: Mode) -> None:
        self.themes.set_mode(mode)
        for window in self._windows:
            window.menus.show_mode(mode)
