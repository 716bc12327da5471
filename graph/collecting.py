"""Holds off Python's search for garbage while much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Hold:
    """Keeps Python from collecting as long as anybody in the process wants that, in whichever thread.

    Python looks through young objects again and again while they become more, so that each takes longer
    the more there are. Garbage in cycles waits until the last has let go; other garbage goes at once.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._num_holders = 0
        self._resumes = False

    def take(self) -> None:
        """Turns collecting off; every call needs a `release`."""
        with self._lock:
            self._num_holders += 1
            if self._num_holders == 1:
                self._resumes = gc.isenabled()
                gc.disable()

    def release(self, *, resumes: bool = False) -> None:
        """Turns collecting on again once everybody has let go, if it was on before.

        Args:
            resumes: has it turned on then even if it was not.
        """
        with self._lock:
            self._num_holders -= 1
            self._resumes |= resumes
            if not self._num_holders and self._resumes:
                gc.enable()


HOLD = Hold()  # one, as Python has one collector for all threads


def set_aside() -> None:
    """Has Python not look any more at what was made by now, once the garbage among it is gone.

    What was made since this was called last is looked at once more. That is little, but for when collecting
    is held off because much is made elsewhere: then garbage in cycles stays with the rest.
    """
    if gc.isenabled():
        gc.collect(1)
    gc.freeze()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Python does not look for garbage meanwhile."""
    HOLD.take()
    try:
        yield
    finally:
        HOLD.release()
