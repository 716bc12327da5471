"""How soon a thread hands Python over to the window's, while it works for long beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

# Seconds. The window asks for Python whenever Qt comes back to a line of it, dozens of times for each key:
# with the usual 0.001 s a key into Find took 18 ms while costs were worked out, with this 8 ms.
SWITCH_INTERVAL = 0.0001


class _Interval:
    """The shortest interval as long as any thread wants it, then what it was before."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._num_users = 0
        self._before = 0.0

    def take(self) -> None:
        """Has threads hand over soon; every call needs a `release`."""
        with self._lock:
            self._num_users += 1
            if self._num_users == 1:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(SWITCH_INTERVAL)

    def release(self) -> None:
        """Leaves all as it was once everybody has let go."""
        with self._lock:
            self._num_users -= 1
            if not self._num_users:
                sys.setswitchinterval(self._before)


_INTERVAL = _Interval()  # one, as Python has one for all threads


@contextmanager
def handing_over_soon() -> Iterator[None]:
    """The window has its turn as soon as it wants one."""
    _INTERVAL.take()
    try:
        yield
    finally:
        _INTERVAL.release()
