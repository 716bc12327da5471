"""Makes the workspace of a window behind its welcome page, or at once where somebody cannot wait."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.waiting import give_turn

if TYPE_CHECKING:
    from builder.main_window import MainWindow
    from builder.workspace import Workspace

# Modules that bring many others along; one at a time, as the window answers to nobody meanwhile.
BITES = (
    "builder.canvas.style",
    "builder.canvas.scene",
    "builder.canvas.view",
    "builder.canvas.page",
    "builder.connect_commands",
    "builder.panels.inspector",
    "builder.panels.problems",
    "builder.panels.training",
    "builder.figure.commands",
    "builder.window_tools",
    "builder.workspace",
)


class Preparation(QObject):
    """Works in bites, whenever no event waits.

    Signals:
        bitten(): a bite is done, and the window answers.
        finished(): there is nothing left to be made.
    """

    bitten = Signal()
    finished = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._workspace: Workspace | None = None
        self._bites = self._work()
        self._is_biting = self.is_done = False
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    @property
    def workspace(self) -> Workspace:
        """All of the workspace; while it is being made, what there is of it."""
        if not self._is_biting:
            while self._bite():
                pass
        assert self._workspace is not None
        return self._workspace

    def make_in_turns(self) -> None:
        """Makes all of the workspace before it comes back, and has the window painted meanwhile."""
        while self._bite():
            give_turn()

    @Slot()
    def start(self) -> None:
        """Begins, or goes on."""
        self._timer.start()

    def end(self) -> Workspace | None:
        """Stops; the workspace, whole, if any of it was made."""
        self._timer.stop()
        return None if self._workspace is None else self.workspace

    @Slot()
    def _go_on(self) -> None:
        if self._bite():
            self.bitten.emit()
        else:
            self._timer.stop()
            self.finished.emit()

    def _bite(self) -> bool:
        """Does the next bite; False if none is left."""
        self._is_biting = True
        try:
            self.is_done = next(self._bites, self) is self
        finally:
            self._is_biting = False
        return not self.is_done

    def _work(self) -> Iterator[None]:
        for module in BITES:
            import_module(module)
            yield
        from builder.workspace import Workspace

        self._workspace = Workspace(self._window)
        yield from self._workspace.make()


class Part:
    """An attribute of a window that is its workspace's, which is made where it is not there yet."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, window: MainWindow | None, owner: type) -> Any:
        return self if window is None else getattr(window.workspace, self._name)
