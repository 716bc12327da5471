"""The two switches of a running training: stop and pause, safe to use from any thread."""

from __future__ import annotations

import threading


class Control:
    """Lets a window, a signal handler or a test stop, pause and resume one run."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._may_run = threading.Event()
        self._may_run.set()

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
