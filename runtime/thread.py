"""A training run in a thread of the window's process: the only Qt code of the runtime."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, QThread, Signal

from graph import storage
from graph.document import Project
from runtime.control import Control
from runtime.events import Event, RunEnded, RunStarted, StateChanged
from runtime.mailbox import Mailbox


class TrainingThread(QThread):
    """Runs one training; its events wait in `drain` for a timer of the window.

    Signals:
        changed: the run started, paused, went on, or ended: time to drain at once.
        break_begun: the run waits, as it was asked to, for `control.end_break`.
    """

    changed = Signal()
    break_begun = Signal()

    def __init__(
        self,
        project: Project,
        run_dir: Path,
        control: Control,
        *,
        resume: bool = False,
        accepts_changes: bool = False,
        data_folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.control = control
        # A copy: the user may go on drawing while this trains.
        self._project = storage.from_bytes(storage.to_bytes(project))
        self._run_dir, self._resume, self._data_folder = run_dir, resume, data_folder
        self._accepts_changes = accepts_changes
        self._mailbox = Mailbox()

    def drain(self) -> list[Event]:
        """Every event since the last call, in order; called from the window's thread."""
        return self._mailbox.drain()

    def ask_for_break(self, after: float = 0.0) -> None:
        """Has the run wait before its first step after so many seconds, and tell by `break_begun`."""
        self.control.ask_for_break(self.break_begun.emit, after)

    def stop_and_wait(self, timeout: float = 30.0) -> bool:
        """Asks the run to stop and waits for the thread; whether it ended within `timeout` seconds."""
        self.control.request_stop()
        return self.wait(QDeadlineTimer(round(timeout * 1000)))

    def run(self) -> None:
        """The thread's work; Qt calls it."""
        # The window is up before torch is: importing it takes a second, spent here and not there.
        from torch import enable_grad

        from runtime import compat, launch

        with enable_grad():  # grad mode belongs to the thread
            events = launch.run(
                self._project,
                self._run_dir,
                self.control,
                resume=self._resume,
                accepts_changes=self._accepts_changes,
                data_folder=self._data_folder,
            )
            for event in events:
                self._mailbox.put(event)
                if isinstance(event, RunStarted | StateChanged | RunEnded):
                    self.changed.emit()
        del events  # and with it the network, the data and the optimizer's state
        compat.give_memory_back()
