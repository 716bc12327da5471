"""Work off the window's thread: loading PyTorch, exporting."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal


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
