"""A bounded queue of events between a training thread and a window that looks in now and then."""

from __future__ import annotations

import threading
from collections import deque

from runtime.events import DataProgress, Event, NodesInspected, StepsRecorded


class Mailbox:
    """Holds events until they are drained, without growing when nobody drains.

    Of the data progress and of what nodes do only the newest matters. Of step records the oldest go first
    when there are too many: the run folder has every step, and `first_step` shows the gap. All other events
    are kept.

    Args:
        capacity: step records held at most.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self._events: deque[Event] = deque()
        self._capacity = capacity
        self._records = 0
        self._lock = threading.Lock()

    def put(self, event: Event) -> None:
        """Adds an event; never waits for the reader."""
        with self._lock:
            if isinstance(event, DataProgress | NodesInspected):
                self._forget(type(event))
            self._events.append(event)
            if isinstance(event, StepsRecorded):
                self._records += 1
                if self._records > self._capacity:
                    self._forget_oldest_record()

    def drain(self) -> list[Event]:
        """Every event since the last call, in order."""
        with self._lock:
            events = list(self._events)
            self._events.clear()
            self._records = 0
        return events

    def _forget(self, kind: type[Event]) -> None:
        for index, event in enumerate(self._events):
            if isinstance(event, kind):
                del self._events[index]
                return

    def _forget_oldest_record(self) -> None:
        oldest = next(index for index, event in enumerate(self._events) if isinstance(event, StepsRecorded))
        del self._events[oldest]
        self._records -= 1
