"""What can be done with earlier runs of the project: see, compare, restore, name, delete."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from builder.actions import Actions
from builder.background import Task
from builder.dialogs import Dialogs
from builder.panels.runs_panel import RunsPanel
from builder.run_folders import run_places
from builder.run_reasons import (
    why_not_compared,
    why_not_deleted,
    why_not_one,
    why_not_renamed,
    why_not_shown,
)
from builder.run_scan import RunScan
from builder.session import Session
from builder.shown_runs import ShownRuns
from builder.texts import later, tr, tr_count, tr_made
from graph.project import Project
from graph.restoring import Restore
from runtime.comparing import compare
from runtime.run_summary import RunSummary
from runtime.runs import rename_run

MAX_TITLE = 80  # characters
NO_FOLDER = later("Choose one run in the Runs tab.")

_log = logging.getLogger("netloom.run")


class RunList(QObject):
    """Handlers of the actions on runs, and what the Runs tab shows.

    Signals:
        seen(): curves were put into the Training tab, which should be shown.
        changed(): other runs are there, or the chosen ones are others.
    """

    seen = Signal()
    changed = Signal()

    def __init__(
        self,
        session: Session,
        panel: RunsPanel,
        shown: ShownRuns,
        actions: Actions,
        dialogs: Dialogs,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._panel, self._shown = session, panel, shown
        self._actions, self._dialogs = actions, dialogs
        self._tasks: set[Task] = set()
        self.has_project = False
        self.scan = RunScan(self)
        self.scan.scanned.connect(self._show)
        panel.chosen.connect(self.refresh)
        panel.seen.connect(self._watch)
        panel.activated.connect(lambda: self._if_possible("runs.show", self._see))  # drawn already or not
        panel.delete_asked.connect(lambda: self._if_possible("runs.delete", self.delete_runs))
        panel.model.renamed.connect(self._rename)
        shown.changed.connect(self._mark)
        session.document_replaced.connect(self.look)

    @property
    def newest(self) -> RunSummary | None:
        """The run of the project that began last."""
        return next(iter(self.scan.runs), None)

    @property
    def resumable(self) -> RunSummary | None:
        """The run that is meant by `resume`: the chosen one where the tab is seen, else the newest."""
        chosen = self._panel.chosen_runs if self._panel.isVisible() else []
        return chosen[0] if len(chosen) == 1 else self.newest

    @Slot()
    def look(self) -> None:
        """Looks for the runs of the project that is open."""
        self.scan.set_places(run_places(self._session.document) if self.has_project else [])

    @Slot()
    def refresh(self) -> None:
        """Brings the actions in line with what is chosen."""
        chosen = self._panel.chosen_runs
        none = "" if self.has_project else tr("No project is open.")
        for name, reason in (
            ("runs.show", why_not_shown(chosen)),
            ("runs.compare", why_not_compared(chosen)),
            ("runs.restore", why_not_one(chosen)),
            ("runs.rename", why_not_renamed(chosen)),
            ("runs.folder", tr(NO_FOLDER) if len(chosen) != 1 else ""),
            ("runs.delete", why_not_deleted(chosen)),
        ):
            self._actions.set_enabled(name, not (none or reason), none or reason)
        self._actions.set_enabled("run.runs", not none, none)
        self._actions.set_text("runs.show", tr("&Hide curves") if self._can_hide() else tr("&Show curves"))
        self.changed.emit()

    def show_run_curves(self) -> None:
        """Draws the curves of the chosen runs, or takes them away if all of them are drawn."""
        if self._can_hide():
            for run in self._readable:
                self._shown.hide(run.folder)
        else:
            self._see()

    def compare_runs(self) -> None:
        """Shows two runs side by side, the earlier one first."""
        first, second = sorted(self._panel.chosen_runs, key=lambda run: run.age)
        self._work(
            partial(compare, first.folder, second.folder),
            self._show_comparison,
            tr("Cannot compare the runs"),
        )

    def restore_run(self) -> None:
        """Puts back what the chosen run was trained with."""
        (run,) = self._panel.chosen_runs
        self.restore(run)

    def restore(self, run: RunSummary) -> None:
        """Puts the network and the plan of a run in the place of the present ones, as one edit."""
        document = self._session.document
        self._work(
            partial(_project_of, run.folder),
            lambda project: self._put_back(run, project) if self._session.document is document else None,
            tr("Cannot restore the run"),
        )

    def rename_run(self) -> None:
        """Lets the user type what the chosen run is called."""
        self._panel.rename()

    def open_chosen_run(self) -> None:
        """Shows the files of the chosen run in the system's file manager."""
        (run,) = self._panel.chosen_runs
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.folder)))

    def delete_runs(self) -> None:
        """Moves the chosen runs to the trash; asks before they are deleted where there is none."""
        folders = [run.folder for run in self._panel.chosen_runs]
        for folder in folders:
            self._shown.hide(folder)
        self._work(partial(_put_into_trash, folders), self._have_deleted, tr("Cannot delete the runs"))

    def end(self) -> None:
        """Waits for all that works behind this."""
        self.scan.end()
        for task in tuple(self._tasks):
            task.end()

    @property
    def _readable(self) -> list[RunSummary]:
        """Those of the chosen runs that have curves."""
        return [run for run in self._panel.chosen_runs if run.status != "damaged"]

    def _can_hide(self) -> bool:
        """Whether the curves of all chosen runs are drawn, and can be taken away."""
        readable = self._readable
        return bool(readable) and all(self._shown.can_hide(run.folder) for run in readable)

    def _see(self) -> None:
        """Draws the curves of the chosen runs, and goes there."""
        for run in reversed(self._readable):
            self._shown.show(run)
        self.seen.emit()

    def _if_possible(self, action_id: str, work: Callable[[], None]) -> None:
        """Does what a key or a double click asks for where its action can be used, or says why not."""
        reason = self._actions.why_disabled(action_id)
        if reason:
            self._session.message.emit(reason)
        else:
            work()

    @Slot()
    def _show(self) -> None:
        self._panel.show_runs(self.scan.runs)
        self._shown.note_names(self.scan.runs)
        self.refresh()

    @Slot(bool)
    def _watch(self, is_seen: bool) -> None:
        self.scan.is_watched = is_seen
        if is_seen:
            self.look()

    @Slot()
    def _mark(self) -> None:
        self._panel.model.mark_shown(self._shown.colors)
        self.refresh()

    @Slot(object, str)
    def _rename(self, run: RunSummary, title: str) -> None:
        if title != run.title:
            work = partial(rename_run, run.folder, title[:MAX_TITLE])
            self._work(work, lambda _: self.look(), tr("Cannot rename the run"))

    def _put_back(self, run: RunSummary, project: Project) -> None:
        edit = Restore.of(project, later("Restore run {0}").replace("{0}", run.folder.name))
        if self._session.apply_to_project(edit):
            text = tr(
                "The network and the plan are those of run {name} again. Ctrl+Z takes it back.", name=run.name
            )
            self._session.message.emit(text)

    def _show_comparison(self, comparison: object) -> None:
        wanted = self._dialogs.show_comparison(comparison)
        if wanted is not None:
            self.restore(wanted)

    def _have_deleted(self, left: object) -> None:
        assert isinstance(left, list)
        if left and self._dialogs.confirm(
            tr("Delete for good?"),
            tr_count(
                "{count} run cannot be moved to the trash. It would be deleted at once, with all weights.",
                "{count} runs cannot be moved to the trash. They would be deleted at once, with all weights.",
                len(left),
            ),
            tr("Delete"),
        ):
            self._work(partial(_delete, left), lambda _: self.look(), tr("Cannot delete the runs"))
        self.look()

    def _work(self, work: Callable[[], object], done: Callable[..., object], title: str) -> None:
        """Does something with folders in a thread; what goes wrong is told under a title."""
        task = Task(work, "runs", done, lambda error: self._dialogs.error(title, tr_made(str(error))), self)
        self._tasks.add(task)
        task.over.connect(self._tasks.discard)
        task.start()


def _project_of(folder: Path) -> Project:
    from graph.storage import load
    from runtime.runs import PROJECT_FILE

    return load(folder / PROJECT_FILE)


def _put_into_trash(folders: Sequence[Path]) -> list[Path]:
    """Gives those that stayed."""
    return [folder for folder in folders if not QFile.moveToTrash(str(folder))]


def _delete(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder)
