"""Objects in cycles are collected by the window's thread alone while another thread runs Python for long.

Python lets whichever thread allocates next collect. A training thread that found a dropped widget or timer
would delete it under the window's feet, and Qt would send its next event into freed memory.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

from graph.collecting import HOLD

INTERVAL = 1000  # milliseconds between two collections of what is young
ALL = 300  # collections until everything is looked at that is not set aside


class GarbageCollector(QObject):
    """Collects from a timer of the thread it lives in, from the first `start` to the last `stop`.

    Args:
        resumes: has Python collect afterwards even if it did not before, as after a quick start.
    """

    def __init__(self, parent: QObject | None = None, *, resumes: bool = False) -> None:
        super().__init__(parent)
        self._resumes = resumes
        self._num_users = self._num_makers = 0
        self._count = 0
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.collect)

    @property
    def is_active(self) -> bool:
        """Whether this is the only collector."""
        return self._timer.isActive()

    def start(self, *, is_kept: bool = False) -> None:
        """Takes collecting over from Python; every call needs a `stop`.

        Args:
            is_kept: what is made until that `stop` stays to the end, such as PyTorch's 200,000 objects. It is
                set aside and not looked through any more: each look would hold up the window for 0.1 s.
        """
        self._num_makers += is_kept
        self._num_users += 1
        if self._num_users == 1:
            self._count = 0
            HOLD.take()
            self._timer.start()

    def stop(self, *, is_kept: bool = False) -> None:
        """Gives collecting back once everybody has stopped.

        Args:
            is_kept: as it was said at the `start`.
        """
        if is_kept:
            self._num_makers -= 1
            gc.freeze()
        self._num_users -= 1
        if self._num_users:
            return
        self._timer.stop()
        HOLD.release(resumes=self._resumes)

    @Slot()
    def collect(self) -> None:
        """Collects what is young, and now and then everything; sets it aside while what stays is made."""
        self._count += 1
        if self._num_makers:
            gc.freeze()
        else:
            gc.collect(1 if self._count % ALL else 2)
