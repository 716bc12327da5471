"""What a resumed run had measured before, brought to the dashboard ahead of what it measures now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from builder.run_tail import RunTail
from runtime.events import EpochEnded, Event, RunStarted, StepsRecorded

_log = logging.getLogger("netloom.run")


class Past(QObject):
    """Holds a run's events back until those from before are read, and gives both in order.

    Args:
        folder: of the run.
        deliver: takes events.
    """

    def __init__(self, folder: Path, deliver: Callable[[list[Event]], None], parent: QObject) -> None:
        super().__init__(parent)
        self._folder, self._deliver = folder, deliver
        self._held: list[Event] = []
        self._tail: RunTail | None = None
        self._epoch = self._step = 0  # the last ones from before
        self.is_over = False

    def take(self, events: Iterable[Event]) -> None:
        """Takes what the run tells now; by the time that it has started its folder holds the past alone."""
        for event in events:
            self._held.append(event)
            if isinstance(event, RunStarted) and self._tail is None:
                self._tail = RunTail(self._folder, event.start_step, self)
                self._tail.events.connect(self._take_past)
                self._tail.caught_up.connect(self._end)
                self._tail.failed.connect(self._fail)
                self._tail.look()
        if self._tail is None:
            self._deliver(self._let_go())  # how far the data is; and a run that never starts still ends

    def end(self) -> None:
        """Gives everything that was held back, and reads no further."""
        if self._tail is not None:
            self._tail.end()
        self._end()

    @Slot(object)
    def _take_past(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, EpochEnded):
                self._epoch = event.epoch
            elif isinstance(event, StepsRecorded):
                self._step = event.first_step + len(event.losses) - 1
        self._deliver(events)

    @Slot(str)
    def _fail(self, reason: str) -> None:
        _log.warning("What the run measured before it was resumed cannot be shown: %s", reason)
        self._end()

    @Slot()
    def _end(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._deliver([event for event in self._let_go() if not self._is_past(event)])

    def _is_past(self, event: Event) -> bool:
        """Whether the folder told it already: the run may have ended an epoch before it was read."""
        if isinstance(event, EpochEnded):
            return event.epoch <= self._epoch
        return isinstance(event, StepsRecorded) and event.first_step <= self._step

    def _let_go(self) -> list[Event]:
        held, self._held = self._held, []
        return held
