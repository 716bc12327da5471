"""Something that is worked out in a thread from what is there now, and worked out anew when that changes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from builder.background import Job


class Latest(QObject):
    """Works out one answer at a time; what a change has overtaken is never told.

    Args:
        begin: takes what it needs from the window, and gives the work for the thread.
        name: of the thread.
        delay: milliseconds from the question until it begins.
        parent: lives at least as long.

    Signals:
        done(object): what the work gave, for what is there now.
    """

    done = Signal(object)

    def __init__(
        self, begin: Callable[[], Callable[[], object]], name: str, delay: int, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._begin, self._name = begin, name
        self._job: Job | None = None
        self._is_current = False  # whether the job works on what is there now
        self._is_next = False  # whether another is to follow it
        self._delay = QTimer(self, singleShot=True, interval=delay)
        self._delay.timeout.connect(self._start)

    @property
    def is_asked(self) -> bool:
        """Whether an answer is under way."""
        return self._delay.isActive() or self._is_current or self._is_next

    def ask(self) -> None:
        """Has it worked out, unless that is under way."""
        if not self.is_asked:
            self._delay.start()

    def outdate(self) -> None:
        """Takes note of a change; who still wants an answer asks again."""
        self._delay.stop()
        self._is_current = self._is_next = False

    def wait(self) -> None:
        """Lets the work in hand come to its end, with nobody told."""
        self.outdate()
        if self._job is not None:
            self._job.wait()

    @Slot()
    def _start(self) -> None:
        if self._job is not None:
            self._is_next = True
            return
        self._job, self._is_current = Job(self._begin(), self._name, self), True
        self._job.done.connect(self._take)
        self._job.failed.connect(self._fail)
        self._job.finished.connect(self._end)
        self._job.start()

    @Slot(object)
    def _take(self, result: object) -> None:
        if self._is_current:
            self._is_current = False
            self.done.emit(result)

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        raise error  # as it would have been without a thread

    @Slot()
    def _end(self) -> None:
        if self._job is not None:
            self._job.deleteLater()
        self._job, self._is_current = None, False
        if self._is_next:
            self._is_next = False
            self._start()
