"""Many requests, few answers: repaints that keep up with data without following every piece of it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot


class Pulse(QObject):
    """Fires soon after a request, at most once per interval; silent, at no cost, while nobody asks.

    Signals:
        fired(): at least one request came since the last time.
    """

    fired = Signal()

    def __init__(self, interval: int, parent: QObject, *, at_once: bool = True) -> None:
        """Fires every `interval` milliseconds at most; not `at_once` means after other events had a turn."""
        super().__init__(parent)
        self._interval, self._at_once = interval, at_once
        self._since = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._fire)

    def request(self) -> None:
        """Asks for one firing: at once where the last one is long enough ago, or else as soon as it is."""
        if self._timer.isActive():
            return
        left = self._interval - self._since.elapsed() if self._since.isValid() else 0
        if left > 0 or not self._at_once:
            self._timer.start(max(left, 0))
        else:
            self._fire()

    def cancel(self) -> None:
        """Forgets a request that has not been answered."""
        self._timer.stop()

    @property
    def is_pending(self) -> bool:
        """Whether a request waits for its firing."""
        return self._timer.isActive()

    @Slot()
    def _fire(self) -> None:
        self._since.restart()
        self.fired.emit()
