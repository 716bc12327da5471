"""The switches of a running training: stop, pause, watch and change, safe to use from any thread."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.project import Project

LONGEST_BREAK = 0.05  # seconds that a run waits for who asked for a break and is busy with something else


class _Break:
    """A pause of the run for somebody who asked for it.

    Attributes:
        begun: is called when the run waits.
        due: reading of the clock before which it does not.
        is_over: lets it go on.
    """

    def __init__(self, begun: Callable[[], object], due: float) -> None:
        self.begun, self.due = begun, due
        self.is_over = threading.Event()


class Control:
    """Lets a window, a signal handler or a test stop, pause, resume and change one run.

    Args:
        clock: seconds, monotonic.

    Attributes:
        watches_nodes: whether now and then a step should tell what every node does.
        break_began: reading of the clock at which the run's last break began.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._change: Project | None = None
        self._may_run = threading.Event()
        self._may_run.set()
        self.watches_nodes = False
        self.break_began = -math.inf
        self._clock = clock
        self._asked: _Break | None = None  # has not begun
        self._newest: _Break | None = None  # whether it has begun or not

    @property
    def has_change(self) -> bool:
        """Whether an edited project waits for the run."""
        return self._change is not None

    def request_change(self, project: Project) -> None:
        """Asks the run to go on with an edited project from its next step on; a later one takes its place.

        Args:
            project: must not be edited any more.
        """
        with self._lock:
            self._change = project

    def take_change(self) -> Project | None:
        """The project that waits, which then waits no longer."""
        with self._lock:
            change, self._change = self._change, None
        return change

    @property
    def stopped(self) -> bool:
        """Whether a stop was asked for; it is never taken back."""
        return self._stop.is_set()

    @property
    def paused(self) -> bool:
        """Whether the run should wait; a stop ends the wait."""
        return not self._may_run.is_set()

    def request_stop(self) -> None:
        """Asks the run to end after the step it is in, paused or not."""
        self._stop.set()
        self._may_run.set()
        self.end_break()

    def pause(self) -> None:
        """Asks the run to wait after the step it is in; does nothing once a stop was asked for."""
        self._may_run.clear()
        if self._stop.is_set():
            self._may_run.set()

    def resume(self) -> None:
        """Lets a paused run go on."""
        self._may_run.set()

    def wait_while_paused(self) -> None:
        """Returns when the run may take its next step, at once unless paused."""
        self._may_run.wait()

    def ask_for_break(self, begun: Callable[[], object], after: float = 0.0) -> None:
        """Asks the run to wait before its next batch until `end_break`, while the caller works for a moment.

        Takes the place of what was asked for before, which is over.

        Two threads of Python that call many short functions at once hand the interpreter back and forth at
        every call, and both take several times as long.

        Args:
            begun: is called by the run, in its thread, when it waits. Where batches take long that comes
                late, and the caller had better go on without: most of such a batch leaves the interpreter
                free.
            after: seconds from now in which the run goes on; so that nobody need wake up to ask in time.
        """
        newest = self._newest
        self._newest = self._asked = _Break(begun, self._clock() + after)
        if newest is not None:
            newest.is_over.set()  # last: the run may take the processor over at once

    def end_break(self) -> None:
        """Lets the run go on, or takes the request back."""
        self._asked, newest = None, self._newest
        if newest is not None:
            newest.is_over.set()

    @property
    def has_asker(self) -> bool:
        """Whether somebody waits for a break."""
        asked = self._asked
        return asked is not None and self._clock() >= asked.due

    def make_way(self) -> None:
        """Returns at once, or after the break that somebody asked for; after `LONGEST_BREAK` in any case."""
        asked = self._asked
        if asked is not None and (now := self._clock()) >= asked.due:
            self._asked, self.break_began = None, now
            asked.begun()
            asked.is_over.wait(LONGEST_BREAK)
