"""Turns Ctrl-C and a terminate signal into a polite stop of a run."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from runtime.control import Control

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Received:
    """The signal that stopped a run, if one did."""

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process ended by this signal: 130 for SIGINT, 143 for SIGTERM; else 0."""
        return 0 if self.number is None else 128 + self.number


@contextmanager
def stop_on_signals(control: Control) -> Iterator[Received]:
    """The first signal stops the run after its step; a second one interrupts at once.

    Only the main thread may use this.
    """
    received = Received()

    def handle(number: int, frame: FrameType | None) -> None:
        if received.number is not None:
            raise KeyboardInterrupt
        received.number = number
        control.request_stop()

    earlier = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield received
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
