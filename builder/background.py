"""Work off the window's thread: loading PyTorch, exporting, reading runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal, Slot


class Job(QThread):
    """Calls one function in a thread of its own.

    Signals:
        done(object): what the function gave.
        failed(Exception): what it raised.
    """

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[[], object], name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._work = work

    def run(self) -> None:
        """The thread's work; Qt calls it."""
        try:
            result = self._work()
        except Exception as error:
            self.failed.emit(error)
        else:
            self.done.emit(result)

    def let_go(self) -> None:
        """Goes, after the moment that the thread still takes once it has told what it did."""
        self.wait()
        self.deleteLater()


class Task(QObject):
    """Calls one function in a thread of its own, and another with what it gave in the thread of its parent.

    Args:
        work: what is called in the thread.
        name: of the thread.
        done: gets what it gave.
        failed: gets what it raised.
        parent: owns this, which goes when all is done.

    Signals:
        over(Task): the thread has ended.
    """

    over = Signal(object)

    def __init__(
        self,
        work: Callable[[], object],
        name: str,
        done: Callable[..., object],
        failed: Callable[[Exception], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._done, self._failed = done, failed
        self._is_heard = True
        self._job = Job(work, name, self)
        self._job.done.connect(self._take)
        self._job.failed.connect(self._fail)
        self._job.finished.connect(self._finish)

    def start(self) -> None:
        """Begins."""
        self._job.start()

    def end(self) -> None:
        """Waits for the thread; nothing is told any more."""
        self._is_heard = False
        self._job.wait()

    @Slot(object)
    def _take(self, result: object) -> None:
        if self._is_heard:
            self._done(result)

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        if self._is_heard:
            self._failed(error)

    @Slot()
    def _finish(self) -> None:
        self._job.wait()
        self.over.emit(self)
        self.deleteLater()
