"""Looks for the runs of a project, in a thread: there may be many, with long measurements."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from builder.background import Job
from runtime.run_summary import RunSummaries, RunSummary, run_folders

PERIOD = 1_000  # milliseconds between two looks while a run goes on and somebody watches
QUIET = 100  # milliseconds that pass before a change of the folders is looked at

_log = logging.getLogger("netloom")


class RunScan(QObject):
    """Knows the runs in some folders, newest first.

    It looks when it is asked to, when a folder comes or goes, and now and then while a run goes on, as long
    as `is_watched`.

    Signals:
        scanned(): the runs were looked at.

    Attributes:
        runs: as they were found last.
        is_watched: whether somebody sees them.
    """

    scanned = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: Sequence[RunSummary] = ()
        self.is_watched = False
        self._places: list[Path] = []
        self._summaries = RunSummaries()
        self._job: Job | None = None
        self._is_asked = self._is_ended = False
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._look_soon)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)

    def set_places(self, places: list[Path]) -> None:
        """Looks in other folders from now on; there are no runs until they were looked at."""
        if places != self._places:
            self._places, self.runs = places, ()
            self.scanned.emit()
        self.look()

    @Slot()
    def look(self) -> None:
        """Looks at all runs; once more if it is doing so already."""
        self._timer.stop()
        if self._is_ended:
            return
        if self._job is not None:
            self._is_asked = True
            return
        self._watch()
        self._is_asked, places = False, tuple(self._places)
        self._job = Job(lambda: (places, self._found(places)), "looking for runs", self)
        self._job.done.connect(self._take)
        self._job.failed.connect(self._fail)
        self._job.start()

    def end(self) -> None:
        """Looks no further, and waits for its thread."""
        self._is_ended = True
        self._timer.stop()
        if self._job is not None:
            self._job.wait()

    def _found(self, places: Sequence[Path]) -> list[RunSummary]:
        found = self._summaries.of([folder for place in places for folder in run_folders(place)])
        return sorted(found, key=lambda run: run.age, reverse=True)

    def _watch(self) -> None:
        watched = set(self._watcher.directories())
        wanted = {str(place) for place in self._places if place.is_dir()}
        if gone := watched - wanted:
            self._watcher.removePaths(sorted(gone))
        if fresh := wanted - watched:
            self._watcher.addPaths(sorted(fresh))

    @Slot()
    def _look_soon(self) -> None:
        if not self._is_ended:
            self._timer.start(QUIET)

    @Slot(object)
    def _take(self, found: tuple[Sequence[Path], list[RunSummary]]) -> None:
        self._let_go()
        places, runs = found
        if list(places) == self._places and not self._is_ended:
            self.runs = runs
            self.scanned.emit()
        self._go_on()

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._let_go()
        _log.warning("The runs of the project cannot be listed: %s", error)
        self._go_on()

    def _let_go(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.let_go()

    def _go_on(self) -> None:
        """Looks again if it was asked to meanwhile, or later while a run goes on."""
        if self._is_asked:
            self.look()
        elif self.is_watched and not self._is_ended and any(run.status == "running" for run in self.runs):
            self._timer.start(PERIOD)
