"""Work that tells how far it is, off the window's thread: its events brought here, its end told in words."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.background import Job
from builder.texts import tr_made
from runtime.control import Control
from runtime.events import DataProgress

FRAME = 50  # milliseconds between two looks
PATIENCE = 60.0  # seconds that the step under way may take once the dialog is closed

_log = logging.getLogger("netloom.trial")

Work = Callable[[Control], Iterator[Any]]


class Trial(QObject):
    """Runs a generator of events in a thread.

    Signals:
        reading(str): how far the data is, in the user's words.
        arrived(list): all other events, in order.
        ended(str): it is over; what went wrong, in words, or nothing.
        over(Trial): its thread has ended.
    """

    reading = Signal(str)
    arrived = Signal(object)
    ended = Signal(str)
    over = Signal(object)

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._control, self._events, self._fault = Control(), deque[Any](), ""
        self._is_heard = True
        self._job = Job(lambda: self._run(work), "trial", self)
        self._job.failed.connect(self._note)
        self._job.finished.connect(self._finish)
        self._timer = QTimer(self, interval=FRAME)
        self._timer.timeout.connect(self._drain)

    def start(self) -> None:
        """Begins."""
        self._job.start()
        self._timer.start()

    def give_up(self) -> None:
        """Asks for the end, and tells nothing any more but that it is over."""
        self._control.request_stop()
        self._timer.stop()
        self._is_heard = False

    def stop(self) -> bool:
        """Asks for the end and waits for it; whether it came in time."""
        self._control.request_stop()
        return self._job.wait(round(PATIENCE * 1000))

    def _run(self, work: Work) -> None:
        from torch import enable_grad  # the window is up before torch is

        with enable_grad():  # grad mode belongs to the thread
            for event in work(self._control):
                self._events.append(event)

    @Slot(object)
    def _note(self, error: Exception) -> None:
        from runtime.data.raw import DataCancelled
        from runtime.launch import USER_ERRORS

        if isinstance(error, DataCancelled):
            return
        self._fault = str(error) if isinstance(error, USER_ERRORS) else f"{type(error).__name__}: {error}"
        _log.info("A trial failed", exc_info=error)

    @Slot()
    def _drain(self) -> None:
        events = [self._events.popleft() for _ in range(len(self._events))]
        data = [event for event in events if isinstance(event, DataProgress)]
        if data:
            self.reading.emit(tr_made(data[-1].text))
        if len(events) > len(data):
            self.arrived.emit([event for event in events if not isinstance(event, DataProgress)])

    @Slot()
    def _finish(self) -> None:
        self._timer.stop()
        if self._is_heard:
            self._drain()
            self.ended.emit(self._fault)
        self.over.emit(self)
