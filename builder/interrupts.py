"""Ctrl+C in the terminal and a polite kill: the window ends in order and keeps unsaved work."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier, Slot

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts(QObject):
    """Brings signals of the system into Qt's loop, which would otherwise let Python sleep over them.

    Args:
        leave: called with the signal's number, in the window's thread.
    """

    def __init__(self, leave: Callable[[int], None], parent: QObject) -> None:
        super().__init__(parent)
        self._leave = leave
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno())
        self._before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}

    def restore(self) -> None:
        """Gives the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    @Slot()
    def _wake(self) -> None:
        for number in self._reader.recv(64):
            if number in SIGNALS:
                self._leave(number)
                return
