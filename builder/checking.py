"""Has design rules look at what was edited, bit by bit, so that the window answers meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.findings import Findings
from graph.collecting import set_aside
from graph.document import Change

DELAY = 50  # milliseconds; shapes are on the screen first, and a burst of typing is looked at once
SLICE = 0.005  # seconds of looking before the window has its turn


class Checking(QObject):
    """Keeps findings up to date; each edit has it begin anew with what is still to be looked at.

    It works in the window's thread, where nothing has to be copied for it, and stops with the window.

    Attributes:
        delay: milliseconds from an edit until it is looked at.
        slice: seconds of looking before the window has its turn.

    Signals:
        done(): everything has been looked at.
        busy_changed(): `is_busy` is otherwise now.
    """

    done = Signal()
    busy_changed = Signal()

    def __init__(self, findings: Findings, parent: QObject) -> None:
        super().__init__(parent)
        self.delay, self.slice = DELAY, SLICE
        self._is_busy = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go_on)
        self.adopt(findings)

    @property
    def findings(self) -> Findings:
        """What was found, as far as everything has been looked at."""
        return self._findings

    @property
    def is_due(self) -> bool:
        """Whether something is still to be looked at, so that what was found before may not hold."""
        return self._is_waiting or self._findings.is_due

    @property
    def is_busy(self) -> bool:
        """Whether looking takes so long that people should know."""
        return self._is_busy

    def adopt(self, findings: Findings) -> None:
        """Goes on with another project."""
        self._findings = findings
        self._looking: Iterator[None] | None = None
        self._is_waiting = False
        self._timer.stop()
        self._set_busy(False)

    def wait(self) -> None:
        """Looks at nothing before the change is told that shapes still follow."""
        self._is_waiting = True
        self._looking = None
        self._timer.stop()
        self._set_busy(True)

    def follow(self, change: Change, touched: Iterable[str]) -> None:
        """Has what a change may have made otherwise looked at soon; arguments as of `Findings.follow`."""
        self._findings.follow(change, touched)
        self._looking, self._is_waiting = None, False
        self._timer.start(self.delay)

    def finish(self) -> None:
        """Looks at everything at once, and tells nobody."""
        self._timer.stop()
        self._looking = None
        if self._findings.is_due:
            deque(self._findings.look(), maxlen=0)
        self._set_busy(False)

    @Slot()
    def _go_on(self) -> None:
        if self._looking is None:
            self._looking = self._findings.look()
        until = perf_counter() + self.slice
        for _ in self._looking:
            if perf_counter() >= until:
                self._set_busy(True)
                self._timer.start(0)
                return
        if self._is_busy:  # what was found stays; to look for garbage among it would hold the window up
            set_aside()
        self._set_busy(False)
        self.done.emit()

    def _set_busy(self, is_busy: bool) -> None:
        if is_busy != self._is_busy:
            self._is_busy = is_busy
            self.busy_changed.emit()
