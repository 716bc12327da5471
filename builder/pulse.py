"""Many requests, few answers: repaints that keep up with data without following every piece of it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot


class Pulse(QObject):
    """Fires soon after a request, at most once per interval; silent, at no cost, while nobody asks.

    Signals:
        fired(): at least one request came since the last time.
    """

    fired = Signal()

    def __init__(self, interval: int, parent: QObject, *, slack: int = 0) -> None:
        """Fires when it is asked to.

        Args:
            interval: milliseconds between two firings, at least.
            parent: owns it.
            slack: how many milliseconds longer it waits for another request, in which it would fire, after
                one that came too early: what is asked for then is the best moment for the work.
        """
        super().__init__(parent)
        self._interval, self._slack = interval, slack
        self._since = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._fire)

    def request(self) -> None:
        """Asks for one firing: at once where the last one is long enough ago, or else as soon as it is."""
        left = self._interval - self._since.elapsed() if self._since.isValid() else 0
        if left <= 0:
            self._fire()
        elif not self._timer.isActive():
            self._timer.start(left + self._slack)

    def cancel(self) -> None:
        """Forgets a request that has not been answered."""
        self._timer.stop()

    @property
    def is_pending(self) -> bool:
        """Whether a request waits for its firing."""
        return self._timer.isActive()

    @Slot()
    def _fire(self) -> None:
        self._timer.stop()
        self._since.restart()
        self.fired.emit()
