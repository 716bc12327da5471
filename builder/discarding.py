"""Lets go of much that nobody needs any more bit by bit, so that the window answers meanwhile."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Slot

PAUSE = 100  # milliseconds until whoever else holds it has let go
SLICE = 0.005  # seconds of work before the window has its turn
OURS = 2  # references to an object that nobody else holds: a name, and what counts them
MANY = 1000  # references of an object from which on each of them leads to little
CHUNK = 50  # of these that go between two looks at the clock


class Discarding(QObject):
    """Takes objects apart from the outside in.

    The end of the last reference to a project of 100,000 layers is the end of a million objects, one after
    the other, which takes a tenth of a second in which nothing else happens. Here, what an object refers to
    is held before it goes, and so goes after it, in its own time. Nothing is changed, and what somebody else
    holds stays as it is.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left: list[object] = []  # to be taken apart
        self._little: list[object] = []  # to be let go as they are
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether there is something left."""
        return self._timer.isActive()

    def take(self, objects: Iterable[object]) -> None:
        """Lets go of these soon; the caller should hold them no longer."""
        self._left += objects
        self._timer.start(PAUSE)

    @Slot()
    def _go_on(self) -> None:
        self._timer.setInterval(0)
        until = perf_counter() + SLICE
        while self._left or self._little:
            if self._little:
                del self._little[-CHUNK:]
            else:
                self._take_apart()
            if perf_counter() >= until:
                return
        self._timer.stop()

    def _take_apart(self) -> None:
        """Lets go of an object, but not yet of what it alone holds."""
        found = self._left.pop()
        if sys.getrefcount(found) == OURS:
            inside = gc.get_referents(found)
            held = self._little if len(inside) > MANY else self._left
            held += inside
