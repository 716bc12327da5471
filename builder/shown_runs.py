"""Earlier runs in the Training tab: one in full where no other is shown, the others over its curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from builder.panels.other_runs import OtherRun, next_color
from builder.run_tail import RunTail
from runtime.events import EpochEnded, Event, StepsRecorded

if TYPE_CHECKING:
    from builder.panels.dashboard import Dashboard
    from builder.run_commands import RunCommands
    from builder.session import Session
    from runtime.run_summary import RunSummary

MAIN_COLOR = "plot_train"  # of the run that is shown in full


class ShownRuns(QObject):
    """Reads the runs that are to be seen, and goes on reading those that go on.

    Signals:
        changed(): other runs are seen.
        failed(str): a run that was to be seen cannot be read.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, runs: RunCommands, dashboard: Dashboard, parent: QObject) -> None:
        super().__init__(parent)
        self._runs, self._dashboard = runs, dashboard
        self._others: dict[Path, OtherRun] = {}
        self._tails: dict[Path, RunTail] = {}
        dashboard.legend.removed.connect(self.hide)
        runs.shown_changed.connect(self._follow_main)
        session.document_replaced.connect(self.clear)

    @property
    def colors(self) -> dict[Path, str]:
        """The runs that are seen, and the colours of their curves."""
        main = {} if self._runs.run_dir is None else {self._runs.run_dir: MAIN_COLOR}
        return main | {folder: other.color for folder, other in self._others.items()}

    def can_hide(self, folder: Path) -> bool:
        """Whether the curves of a run are seen and can be taken away; those of one that trains here stay."""
        return folder in self._others or (folder == self._runs.run_dir and not self._runs.is_training)

    def show(self, run: RunSummary) -> None:
        """Shows a run: in full where none is shown, else over the one that is."""
        if run.folder in self._others or run.folder == self._runs.run_dir:
            self._look_again(run.folder)
        elif self._runs.run_dir is None:
            self._show_in_full(run.folder, run.name)
        else:
            self._add(run)

    def note_names(self, runs: Iterable[RunSummary]) -> None:
        """Calls the run that is shown in full as it is called by now."""
        for run in runs:
            if run.folder == self._runs.run_dir:
                self._dashboard.name_run(run.name)

    @Slot(object)
    def hide(self, folder: Path) -> None:
        """Shows the curves of a run no more; the run that trains stays."""
        if self._others.pop(folder, None) is not None:
            self._end_tail(folder)
            self._tell()
        elif folder == self._runs.run_dir and not self._runs.is_training:
            self._end_tail(folder)
            self._runs.show_run(None)
            if self._others:
                folder, other = next(iter(self._others.items()))
                self._show_in_full(folder, other.name)  # so that the others lie over something

    def end(self) -> None:
        """Reads no further, and waits for what reads."""
        for folder in tuple(self._tails):
            self._end_tail(folder)

    @Slot()
    def clear(self) -> None:
        """Takes everything away but a run that goes on, as another project is open."""
        self.end()
        self._others.clear()
        if self._runs.run_dir is not None and not self._runs.is_training:
            self._runs.show_run(None)
        self._tell()

    @Slot()
    def _follow_main(self) -> None:
        """Leaves the run that was shown in full as soon as another is."""
        main = self._runs.run_dir
        if main is not None:
            self._others.pop(main, None)
        is_told = self._runs.is_training  # by the run itself
        for folder in [each for each in self._tails if each not in self._others]:
            if folder != main or is_told:
                self._end_tail(folder)
        self._tell()

    def _show_in_full(self, folder: Path, name: str) -> None:
        if self._others.pop(folder, None) is not None:
            self._end_tail(folder)
        self._runs.show_run(folder)
        self._dashboard.name_run(name)
        self._follow(folder, self._runs.feed_shown, self._runs.show_again)
        self._tell()

    def _add(self, run: RunSummary) -> None:
        from builder.panels.history import History  # numpy would hold up the window by 0.1 s

        color = next_color(self._others.values())
        history = History(self._dashboard.menu.smoothing)
        self._others[run.folder] = OtherRun(run.folder, run.name, color, history)
        self._follow(run.folder, partial(self._take, run.folder), partial(self._begin_again, run.folder))
        self._tell()

    def _take(self, folder: Path, events: list[Event]) -> None:
        history = self._others[folder].history
        for event in events:
            if isinstance(event, StepsRecorded):
                history.add_steps(event)
            elif isinstance(event, EpochEnded):
                history.add_epoch(event)
        self._dashboard.draw_soon()

    def _begin_again(self, folder: Path) -> None:
        from builder.panels.history import History

        history = History(self._dashboard.menu.smoothing)
        self._others[folder] = replace(self._others[folder], history=history)
        self._tell()

    def _follow(
        self, folder: Path, take: Callable[[list[Event]], object], restart: Callable[[], object]
    ) -> None:
        tail = RunTail(folder, parent=self)
        tail.events.connect(take)
        tail.restarted.connect(restart)
        tail.failed.connect(self.failed)
        self._tails[folder] = tail
        tail.look()

    def _look_again(self, folder: Path) -> None:
        """Reads what a run wrote that goes on again."""
        if folder in self._tails:
            self._tails[folder].look()

    def _end_tail(self, folder: Path) -> None:
        tail = self._tails.pop(folder, None)
        if tail is not None:
            tail.end()
            tail.deleteLater()

    def _tell(self) -> None:
        self._dashboard.show_others(self._others.values())
        self.changed.emit()
