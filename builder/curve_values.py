"""The values of a run's curves as a table: into a file, or onto the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from builder.background import Job
from builder.dialogs import Dialogs
from builder.panels.dashboard import Dashboard
from builder.session import Session
from builder.texts import tr
from graph.atomic import write_atomic

if TYPE_CHECKING:
    from builder.panels.history import History


class CurveValues(QObject):
    """Does what the dashboard's menu asks for; a million steps take some seconds, in a thread.

    Args:
        folder: of the run that is shown; None if there is none.
        parent: lives at least as long.
    """

    def __init__(
        self,
        dashboard: Dashboard,
        session: Session,
        dialogs: Dialogs,
        folder: Callable[[], Path | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._dashboard, self._session, self._dialogs, self._folder = dashboard, session, dialogs, folder
        dashboard.menu.values_asked.connect(self._save)
        dashboard.menu.table_asked.connect(self._copy)

    @Slot()
    def _save(self) -> None:
        history = self._history()
        if history is None:
            return
        suggestion = (self._folder() or Path()) / "values.csv"
        path = self._dialogs.save_path(tr("Save values"), suggestion, tr("CSV files (*.csv)"))
        if path is None:
            return
        job = self._job(history, lambda table: write_atomic(path, table.encode()))
        job.done.connect(lambda: self._session.message.emit(tr("Saved {path}", path=path)))
        job.failed.connect(lambda error: self._dialogs.error(tr("Cannot save the values"), str(error)))
        job.start()

    @Slot()
    def _copy(self) -> None:
        history = self._history()
        if history is None:
            return
        job = self._job(history, lambda table: table)
        job.done.connect(self._take)
        job.start()

    @Slot(object)
    def _take(self, table: str) -> None:
        QGuiApplication.clipboard().setText(table)
        self._session.message.emit(tr("The values are on the clipboard."))

    def _history(self) -> History | None:
        history = self._dashboard.history
        if history is None:
            self._session.message.emit(tr("Nothing was trained yet."))
        return history

    def _job(self, history: History, use: Callable[[str], object]) -> Job:
        from builder.panels.history_csv import csv_lines  # numpy would hold up the window

        readable = self._dashboard.layers.readable
        series = {readable(name): each for name, each in history.copy().items()}
        job = Job(lambda: use("\n".join(csv_lines(series))), "values", self)
        job.finished.connect(job.deleteLater)
        return job
