"""Waits for work that is done in another thread, with the window alive and a way out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QProgressDialog, QWidget

from builder.background import Job
from builder.handing_over import handing_over_soon
from builder.texts import tr
from graph.collecting import set_aside, without_collecting

PATIENCE = 300  # milliseconds before anything is shown

Result = TypeVar("Result")

_loops: list[QEventLoop] = []  # of who waits


def is_waiting() -> bool:
    """Whether somebody waits for work, which what can be put off had better leave the interpreter to."""
    return bool(_loops)


def give_turn() -> None:
    """Has the window painted and what is due done, in the midst of much; what the user does comes later."""
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


def wait_for(
    work: Callable[[], Result], text: str, window: QWidget, *, can_leave: bool = True
) -> Result | None:
    """What a function gives that runs in a thread of its own; None if the user would not wait.

    The function then comes to its end unheard.

    Args:
        work: what to do; it has what it works on for itself.
        text: tells the user what is going on.
        window: keeps being painted, and takes no other input.
        can_leave: whether the user may go on without.

    Raises:
        Exception: whatever the function raises.
    """
    results, errors = list[Result](), list[Exception]()

    def keep_result() -> None:
        try:
            results.append(work())
        except Exception as error:
            errors.append(error)

    job, loop = Job(keep_result, "waited for"), QEventLoop()
    job.finished.connect(loop.quit)
    progress = _progress(text, window) if can_leave else _Firm(text, window)
    progress.canceled.connect(loop.quit)
    with _garbage_left_alone(), handing_over_soon():
        job.start()
        _loops.append(loop)
        loop.exec()
        _loops.remove(loop)
    progress.hide()
    progress.deleteLater()
    if job.isRunning() and can_leave:
        _let_go(job, window)
    elif not can_leave:
        job.wait()  # where the application is told to end meanwhile
    if errors:
        raise errors[0]
    return results[0] if results else None


class _Firm(QProgressDialog):
    """Is there from the start, and stays to the end."""

    def __init__(self, text: str, window: QWidget) -> None:
        super().__init__(text, "", 0, 0, window)
        self.setCancelButton(None)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.show()

    def reject(self) -> None:
        """What Escape asks for."""

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()


def _progress(text: str, window: QWidget) -> QProgressDialog:
    progress = QProgressDialog(text, tr("Cancel"), 0, 0, window)
    progress.setWindowModality(Qt.WindowModality.WindowModal)
    progress.setMinimumDuration(0)
    progress.reset()
    QTimer.singleShot(PATIENCE, progress, progress.show)
    return progress


def _let_go(job: Job, window: QWidget) -> None:
    """Leaves the thread to the window, which outlives it."""
    job.setParent(window)
    job.finished.connect(job.deleteLater)


@contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """No search for garbage among a million new objects, which would hold up every thread; they stay."""
    set_aside()
    with without_collecting():
        try:
            yield
        finally:
            gc.freeze()
