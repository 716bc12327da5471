"""Follows a run folder for the window: what is new is read in a thread, bit by bit."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.background import Job
from runtime.events import Event
from runtime.replay import Replay

PERIOD = 500  # milliseconds between two looks at a run that goes on


class RunTail(QObject):
    """Tells the events of a run that this window did not start, also of one that ended long ago.

    Args:
        folder: of the run.
        until: the last step that is told; None tells all, and goes on as long as the run does.

    Signals:
        events(list[Event]): what comes next, in order.
        restarted(): the run went back to an earlier step; all of it is told again.
        caught_up(): everything that there is was told.
        failed(str): the folder cannot be read.
    """

    events = Signal(object)
    restarted = Signal()
    caught_up = Signal()
    failed = Signal(str)

    def __init__(self, folder: Path, until: int | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._replay = Replay(folder, until)
        self._follows = until is None
        self._restarts = 0
        self._is_ended = False
        self._job: Job | None = None
        self._timer = QTimer(self, singleShot=True, interval=PERIOD)
        self._timer.timeout.connect(self.look)

    @Slot()
    def look(self) -> None:
        """Reads what is new; does nothing while it reads."""
        if self._job is not None or self._is_ended:
            return
        self._timer.stop()
        self._job = Job(self._replay.read, "reading a run", self)
        self._job.done.connect(self._take)
        self._job.failed.connect(self._fail)
        self._job.start()

    def end(self) -> None:
        """Reads no further, and waits for its thread."""
        self._is_ended = True
        self._timer.stop()
        if self._job is not None:
            self._job.wait()

    @Slot(object)
    def _take(self, events: list[Event]) -> None:
        self._let_go()
        if self._is_ended:
            return
        if self._replay.restarts != self._restarts:
            self._restarts = self._replay.restarts
            self.restarted.emit()
        if events:
            self.events.emit(events)
            self.look()
            return
        self.caught_up.emit()
        if self._follows and not self._replay.is_over and not self._is_ended:
            self._timer.start()

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._let_go()
        if not self._is_ended:
            self.failed.emit(str(error))

    def _let_go(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.let_go()
