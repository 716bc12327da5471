"""The switches of a running training: stop, pause, watch and change, safe to use from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.project import Project

SHORT_STEP = 0.003  # seconds that a holder waits for the step to end; longer ones leave the interpreter free
MOST_SKIPPED = 64  # times that a holder does not wait in vain again


class Control:
    """Lets a window, a signal handler or a test stop, pause, resume and change one run.

    Attributes:
        watches_nodes: whether now and then a step should tell what every node does.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._change: Project | None = None
        self._may_run = threading.Event()
        self._may_run.set()
        self.watches_nodes = False
        self._parked = threading.Event()
        self._undisturbed = threading.Event()
        self._undisturbed.set()
        self._skips = self._skipped = 0  # how often not to wait after a step that was too long, and done so

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

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps the run from its next step while the caller works for a moment, such as on a repaint.

        Two threads of Python that call many short functions at once hand the interpreter back and forth at
        every call, and both take several times as long. So the caller waits for the step under way, if steps
        are short ones, and the run waits for the caller.
        """
        self._parked.clear()
        self._undisturbed.clear()
        try:
            self._wait_for_step()
            yield
        finally:
            self._undisturbed.set()

    def _wait_for_step(self) -> None:
        """Waits for the end of the step; where steps are too long for that, it only tries now and then."""
        if self._skipped < self._skips:
            self._skipped += 1
            return
        self._skipped = 0
        is_short = self._parked.wait(SHORT_STEP)
        self._skips = 0 if is_short else min(2 * self._skips + 1, MOST_SKIPPED)

    def make_way(self) -> None:
        """Returns at once, or when who holds the run is through."""
        if not self._undisturbed.is_set():
            self._parked.set()
            self._undisturbed.wait()
