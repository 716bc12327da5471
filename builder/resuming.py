"""Goes on with a run that was stopped, interrupted or failed, once it is clear with which project."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from builder.background import Task
from builder.run_list_actions import RESUME
from builder.run_reasons import why_not_resumed
from builder.texts import later, tr, tr_count, tr_made
from graph.restoring import Restore

if TYPE_CHECKING:
    from builder.actions import Actions
    from builder.dialogs import Dialogs
    from builder.panels.resume_offer import ResumeOffer
    from builder.run_commands import RunCommands
    from builder.run_list import RunList
    from builder.session import Session
    from builder.shown_runs import ShownRuns
    from graph.changes import Change
    from graph.document import Document
    from graph.project import Project
    from runtime.run_summary import RunSummary


class Resuming(QObject):
    """Handles the action that resumes, and offers it beside the curves of a run that can go on."""

    def __init__(
        self,
        session: Session,
        runs: RunCommands,
        run_list: RunList,
        shown: ShownRuns,
        actions: Actions,
        dialogs: Dialogs,
        offer: ResumeOffer,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._runs, self._list, self._shown = session, runs, run_list, shown
        self._actions, self._dialogs, self._offer = actions, dialogs, offer
        self._on_offer: RunSummary | None = None
        self._shown_once: set[Path] = set()  # runs that were cut off, and whose curves were shown for it
        self._declined: set[Path] = set()  # runs that need not be offered any more
        self._task: Task | None = None
        run_list.changed.connect(self.refresh)
        runs.refreshed.connect(self.refresh)
        session.changed.connect(self._follow_plan)
        offer.resume_asked.connect(self._resume_offered)
        offer.closed.connect(self._decline)

    @Slot()
    def refresh(self) -> None:
        """Brings the action and the offer in line with what there is."""
        run = self._list.resumable
        epochs = self._session.plan.epochs
        reason = self._runs.why_busy or why_not_resumed(run, epochs) or self._why_waiting
        is_finished = run is not None and run.status == "finished"
        self._actions.set_text(RESUME, tr("Train &on") if is_finished else tr("R&esume run"))
        self._actions.set_enabled(RESUME, not reason, reason)
        self._make_offer()

    @Slot(object, object)
    def _follow_plan(self, change: Change, _: object) -> None:
        if "training" in change.fields:
            self.refresh()

    def resume_run(self) -> None:
        """Goes on with the run that is chosen in the Runs tab where that is seen, else with the newest."""
        run = self._list.resumable
        if run is not None:
            self.resume(run)

    def resume(self, run: RunSummary) -> None:
        """Goes on with a run; where the project has changed since, the user is asked with which."""
        self._declined.discard(run.folder)
        document = self._session.document
        work = partial(_changes, run.folder, document.project.copy())
        self._task = Task(work, "resuming", partial(self._go_on, run, document), self._fail, self)
        self._task.over.connect(self._let_go)
        self._task.start()
        self.refresh()

    def end(self) -> None:
        """Waits for what is read."""
        if self._task is not None:
            self._task.end()

    @property
    def _why_waiting(self) -> str:
        return "" if self._task is None else tr("The run is being looked at.")

    def _go_on(self, run: RunSummary, document: Document, found: tuple[tuple[str, ...], Project]) -> None:
        changes, before = found
        if self._session.document is not document:
            return  # another project was opened meanwhile
        is_longer = run.status == "finished"  # more epochs are what is wanted then, and need no question
        if is_longer:
            before.training = {**before.training, "epochs": self._session.plan.epochs}
        asked = [each for each in changes if not (is_longer and each.startswith("epochs: "))]
        version = self._dialogs.choose_version(run.name, asked) if asked else "mine"
        if version == "cancel":
            return
        if version == "theirs":
            label = later("Restore run {0}").replace("{0}", run.folder.name)
            if not self._session.apply_to_project(Restore.of(before, label)):
                return
        self._runs.resume(run.folder, accepts_changes=is_longer or (version == "mine" and bool(changes)))

    def _fail(self, error: Exception) -> None:
        self._dialogs.error(tr("Cannot resume the run"), tr_made(str(error)))

    @Slot()
    def _let_go(self) -> None:
        self._task = None
        self.refresh()

    # -- the offer

    def _make_offer(self) -> None:
        """Offers to go on with the run that is shown, or with the newest if it was cut off."""
        run = self._on_offer = next((each for each in self._candidates() if self._can_go_on(each)), None)
        if run is None:
            self._offer.offer("", "")
            return
        text, outlook = _offer_texts(run, self._session.plan.epochs)
        self._offer.offer(text, outlook, goes_beyond=run.status == "finished")
        self._offer.allow(self._runs.why_busy or self._why_waiting)
        if run.status == "interrupted" and run.folder not in self._shown_once:
            self._shown_once.add(run.folder)
            self._session.message.emit(f"{text} {outlook}")  # who opens a project sees its problems first
            if self._runs.run_dir is None:
                self._shown.show(run)  # as far as it came

    def _candidates(self) -> list[RunSummary]:
        if self._runs.is_training:
            return []
        newest = self._list.newest
        shown = [run for run in self._list.scan.runs if run.folder == self._runs.run_dir]
        return [*shown, newest] if newest is not None and newest.status == "interrupted" else shown

    def _can_go_on(self, run: RunSummary) -> bool:
        """Whether to offer a run; one that failed would do so again, and its own banner says what to do."""
        is_declined = run.folder in self._declined or run.status == "failed"
        return not (is_declined or why_not_resumed(run, self._session.plan.epochs))

    @Slot()
    def _resume_offered(self) -> None:
        if self._on_offer is not None:
            self.resume(self._on_offer)

    @Slot()
    def _decline(self) -> None:
        if self._on_offer is not None:
            self._declined.add(self._on_offer.folder)
        self.refresh()


def _offer_texts(run: RunSummary, epochs: int) -> tuple[str, str]:
    """What became of a run, and where it can go on to.

    Args:
        run: one that was cut off, stopped or finished.
        epochs: as many are planned by now.
    """
    if run.status == "finished":
        return (
            tr("Run {name} has trained all its epochs.", name=run.name),
            tr("It can train on: {epochs:,} are planned by now.", epochs=epochs),
        )
    steps = tr_count("{count} step", "{count} steps", run.step)
    if run.status == "stopped":
        return (
            tr("Run {name} was stopped after {steps}.", name=run.name, steps=steps),
            tr("It can go on from there."),
        )
    outlook = tr("It can go on from its last checkpoint.")
    if not run.epochs:
        return tr("Run {name} was cut off after {steps}.", name=run.name, steps=steps), outlook
    text = tr(
        "Run {name} was cut off in epoch {epoch:,} of {epochs:,}, after {steps}.",
        name=run.name,
        epoch=min(run.epoch + 1, run.epochs),
        epochs=run.epochs,
        steps=steps,
    )
    return text, outlook


def _changes(folder: Path, project: Project) -> tuple[tuple[str, ...], Project]:
    """What has changed since a run, and what it was trained with."""
    from graph.storage import load
    from runtime.plan_changes import changes_since
    from runtime.runs import PROJECT_FILE

    return changes_since(folder, project), load(folder / PROJECT_FILE)
