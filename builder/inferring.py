"""Has shapes follow what was edited: at once in most graphs, in a very large one bit by bit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from graph.collecting import set_aside, without_collecting
from graph.document import Change
from graph.scopes import Scope

AT_ONCE = 2500  # layers, whose shapes are always there in the turn of the edit
FIRST = 0.012  # seconds in the turn of the edit, which are enough for most edits of any graph
SLICE = 0.008  # seconds of work before the window has its turn
PULSE = 0.1  # seconds between two times that it is told that more is known


class Inferring(QObject):
    """Keeps the main graph's shapes up to date while that graph is shown.

    Args:
        scope: of the project.
        tell: tells, in steps, what became of changes that were not followed in the turn of the edit, by
            `look` and `end`. After another change it begins anew.

    Attributes:
        at_once: layers that are always looked at in the turn of the edit.
        first: seconds in the turn of the edit, in a larger graph.
        slice: seconds of each turn after that.
        pulse: seconds, at least, between two signals.

    Signals:
        advanced(): results that were pending are there, though not all of them yet.
    """

    advanced = Signal()

    def __init__(self, scope: Scope, tell: Callable[[], Iterator[None]], parent: QObject) -> None:
        super().__init__(parent)
        self._tell = tell
        self.at_once, self.first, self.slice, self.pulse = AT_ONCE, FIRST, SLICE, PULSE
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self.adopt(scope)

    @property
    def is_due(self) -> bool:
        """Whether there is a change that is not followed everywhere, or was not taken yet."""
        return bool(self._changes)

    def adopt(self, scope: Scope) -> None:
        """Goes on with another project."""
        self._timer.stop()
        self._scope = scope
        self._changes: list[Change] = []
        self._touched: frozenset[str] = frozenset()
        self._steps: Iterator[None] = iter(())
        self._told_at = 0.0

    def follow(self, change: Change) -> bool:
        """Takes note of a change of the project; whether it is followed everywhere already."""
        main = self._scope.main
        self._scope.note(change)
        self._changes.append(change)
        if len(self._scope.graph.nodes) <= self.at_once:
            return True  # whoever takes it has it followed, also what was left of changes before
        self._steps = chain(main.spread(), main.prepare())
        is_done = self._work(self.first)
        if is_done:
            self._timer.stop()
        else:
            self._steps = chain(self._steps, self._tell())
            self._told_at = perf_counter()
            self._timer.start()
        return is_done

    def look(self) -> tuple[list[Change], frozenset[str]]:
        """Follows at once what is left.

        Returns:
            The changes since they were taken last, and the ids of the nodes whose result they made another.
        """
        before, self._touched = self._touched, self._scope.take_touched()
        if before:
            self._touched = frozenset((before | self._touched) & self._scope.graph.nodes.keys())
        return self._changes, self._touched

    def take(self) -> tuple[list[Change], frozenset[str]]:
        """The same, which nobody is told of any more but whoever takes it."""
        self._timer.stop()
        found, self._steps = self.look(), iter(())
        self.end()
        return found

    def end(self) -> None:
        """Takes note that what `look` gave is known to whoever asks."""
        self._changes, self._touched = [], frozenset()

    def finish(self) -> None:
        """Follows and tells at once what is left."""
        if self.is_due:
            main = self._scope.main
            self._timer.stop()
            self._steps = chain(main.spread(), main.prepare(), self._tell())
            deque(self._steps, maxlen=0)

    @Slot()
    def _go_on(self) -> None:
        if self._work(self.slice):
            self._timer.stop()
        elif self._scope.main.is_due and perf_counter() >= self._told_at + self.pulse:
            self._told_at = perf_counter()
            self.advanced.emit()
        set_aside()  # results stay: to search them all for garbage would hold the window up for 0.1 s

    def _work(self, seconds: float) -> bool:
        """Works for a while; whether nothing is left."""
        until, steps = perf_counter() + seconds, self._steps
        with without_collecting():
            for _ in steps:
                if perf_counter() >= until or steps is not self._steps:
                    return False
        return steps is self._steps
