"""Objects in cycles are collected by the window's thread alone while another thread runs Python for long.

Python lets whichever thread allocates next collect. A training thread that found a dropped widget or timer
would delete it under the window's feet, and Qt would send its next event into freed memory.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL = 1000  # milliseconds between two collections of what is young
ALL = 300  # collections until everything is looked at, which holds up the window for about 0.1 s
SETTLING = 5  # collections while a run is built, which makes 100,000 objects that stay


class GarbageCollector(QObject):
    """Collects from a timer of the thread it lives in, between `start` and `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = False
        self._count = 0
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.collect)

    @property
    def is_active(self) -> bool:
        """Whether this is the only collector."""
        return self._timer.isActive()

    def start(self) -> None:
        """Takes collecting over from Python."""
        if not self.is_active:
            self._was_enabled = gc.isenabled()
            self._count = 0
            gc.disable()
            self._timer.start()

    def stop(self) -> None:
        """Gives collecting back, if Python did it before."""
        if self.is_active:
            self._timer.stop()
            gc.unfreeze()
            if self._was_enabled:
                gc.enable()

    @Slot()
    def collect(self) -> None:
        """Collects what is young, and now and then everything; at first it only sets aside what there is.

        To look through all that a starting run has made would hold up the window for 0.1 s.
        """
        self._count += 1
        if self._count <= SETTLING:
            gc.freeze()
        else:
            gc.collect(1 if self._count % ALL else 2)
