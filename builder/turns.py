"""Work done bit by bit, with a turn of the event loop for everybody else in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

MOMENT = 0.001  # seconds


class Turns(QObject):
    """Does one work after the other: in each turn as many bits as fit into a moment, one at least.

    Args:
        clock: seconds, monotonic.

    Attributes:
        moment: seconds of work in a turn; what has begun then is still done.

    Signals:
        done(): nothing is left, and what widgets asked for meanwhile is painted.
    """

    done = Signal()

    def __init__(self, parent: QObject, clock: Callable[[], float] = perf_counter) -> None:
        super().__init__(parent)
        self._clock, self.moment = clock, MOMENT
        self._works: deque[Iterator[object]] = deque()
        self._is_busy = False
        # A timer and no posted event: those that are posted meanwhile are sent before any timer has its turn.
        self._timer = QTimer(self, singleShot=True, interval=0, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be done."""
        return not self._is_busy

    def add(self, work: Iterable[object]) -> None:
        """Does each step of an iterator in turns to come, after what was added before."""
        self._works.append(iter(work))
        self._is_busy = True
        self._timer.start()

    @Slot()
    def _go_on(self) -> None:
        if not self._works:
            self._is_busy = False
            self.done.emit()
            return
        self._timer.start()  # first, so that nobody waits for ever if a work fails
        until = self._clock() + self.moment
        while self._bite() and self._clock() < until:
            pass

    def _bite(self) -> bool:
        """Does the next bit; whether there may be another."""
        is_over = True
        try:
            is_over = next(self._works[0], self) is self
        finally:
            if is_over:
                self._works.popleft()
        return bool(self._works)
