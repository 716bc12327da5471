"""What Train, Pause and Stop do in the window, and what it shows of a run."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from builder.actions import Actions
from builder.curve_values import CurveValues
from builder.data_code import DataCode
from builder.dialogs import Dialogs
from builder.panels.data_titles import made_titled
from builder.panels.plan_edits import plan_error, with_setting
from builder.panels.training import TrainingPanel
from builder.past import Past
from builder.pulse import Pulse
from builder.run_bar import RunProgress
from builder.run_controller import RunController
from builder.run_folders import new_run_folder, note_saved
from builder.session import Session
from builder.severities import SEVERITIES
from builder.texts import later, tr, tr_count, tr_made
from builder.torch_loader import TorchLoader
from graph.document import Document
from graph.edits import SetTraining
from runtime.events import ChangeRefused, DataNoted, Event, GraphChanged, PlanChanged, RunEnded

BUSY = later("A run is on. Stop it first.")
PROGRESS_INTERVAL = 1000  # milliseconds: it counts seconds, and every repaint costs the training
IDLE = later("Nothing is being trained.")

_log = logging.getLogger("netloom.run")


class RunCommands(QObject):
    """Handlers of the Run menu.

    Signals:
        problems_asked(): the graph cannot be trained as it is; its problems should be shown.
        training_asked(): the Training tab should be shown.
        node_failed(str): a run failed in this node.
        shown_changed(): the dashboard shows another run, or none.
        edits_applied(): the run was asked to go on with the project as it is.
        refreshed(): a run may be started now, or may not any more: see `why_busy`.

    Attributes:
        why_busy: what keeps a run from being started; empty if nothing does.
    """

    problems_asked = Signal()
    training_asked = Signal()
    node_failed = Signal(str)
    shown_changed = Signal()
    refreshed = Signal()
    edits_applied = Signal()

    def __init__(
        self,
        session: Session,
        controller: RunController,
        loader: TorchLoader,
        panel: TrainingPanel,
        progress: RunProgress,
        actions: Actions,
        dialogs: Dialogs,
        code: DataCode,
    ) -> None:
        super().__init__(controller)
        self._session, self._controller, self._loader = session, controller, loader
        self._panel, self._progress, self._actions, self._dialogs = panel, progress, actions, dialogs
        self._code = code
        self._run_dir: Path | None = None
        self._trained: Document | None = None
        self._trained_path: Path | None = None
        self._past: Past | None = None
        self._pulse = Pulse(PROGRESS_INTERVAL, self)
        self._pulse.fired.connect(self._show_progress)
        panel.dashboard.work_in(controller.turns)
        CurveValues(panel.dashboard, session, dialogs, lambda: self._run_dir, self)
        panel.dashboard.banner.batch_asked.connect(self.train_with_batch)
        controller.events.connect(self._feed)
        controller.state_changed.connect(self.refresh)
        controller.ended.connect(self._end)
        controller.turn.changed.connect(self.refresh)
        session.document_replaced.connect(self.refresh)
        session.problems_changed.connect(self._allow_edits)
        self.has_project = False
        self.why_busy = ""
        self.refresh()

    @property
    def run_dir(self) -> Path | None:
        """The folder of the run that the dashboard shows; None before the first."""
        return self._run_dir

    @property
    def is_training(self) -> bool:
        """Whether that run goes on in this window."""
        return self._controller.is_active

    @property
    def can_take_edits(self) -> bool:
        """Whether that run goes on for long enough to take up edits, and they are made to its project."""
        is_on = self._controller.state in ("preparing", "running", "paused")
        return is_on and self._session.document is self._trained

    @property
    def trained_path(self) -> Path | None:
        """Where the project of that run was saved when the run began."""
        return self._trained_path

    def weights_of(self, document: Document) -> Path | None:
        """The folder of that run, if it is of this document and has saved weights."""
        is_own = document is self._trained and self._run_dir is not None
        return self._run_dir if is_own and (self._run_dir / "checkpoints").is_dir() else None

    @Slot()
    def note_saved(self) -> None:
        """Lets the runs of a project that had no file be found by the one it has now."""
        try:
            note_saved(self._session.document)
        except OSError as error:
            _log.warning("The runs will not be found beside the project: %s", error)

    def train(self) -> None:
        """Starts a run, or explains what is in the way."""
        if self.is_refused():
            return
        try:
            run_dir = new_run_folder(self._session.document)
        except OSError as error:
            self._dialogs.error(
                tr("Cannot start the run"),
                tr("No folder can be made for it: {reason}.", reason=error.strerror or error),
            )
            return
        self._past = None
        self._begin(run_dir)

    def resume(self, run_dir: Path, *, accepts_changes: bool = False) -> None:
        """Goes on with a run of the project, or explains what is in the way.

        Args:
            run_dir: its folder.
            accepts_changes: whether what has changed in the project since then is wanted.
        """
        if self._controller.is_active or self.is_refused():
            return
        self._past = Past(run_dir, self._panel.feed, self)
        self._begin(run_dir, resume=True, accepts_changes=accepts_changes)

    def _begin(self, run_dir: Path, *, resume: bool = False, accepts_changes: bool = False) -> None:
        document = self._session.document
        self._run_dir, self._trained, self._trained_path = run_dir, document, document.path
        self._panel.dashboard.name_run(run_dir.name)
        self._panel.dashboard.reset(document.project)
        self.training_asked.emit()
        _log.info("Training %s in %s", document.project.name, run_dir)
        going_on = tr("Run {name} goes on from its last checkpoint.", name=run_dir.name)
        self._session.message.emit(going_on if resume else tr("Training as run {name}.", name=run_dir.name))
        self._controller.start(
            document.project,
            run_dir,
            document.path.parent if document.path else None,
            resume=resume,
            accepts_changes=accepts_changes,
        )
        self.shown_changed.emit()
        self._progress.show_text(
            tr("Preparing...") if self._loader.is_loaded else tr("Waiting for PyTorch to load...")
        )

    def show_run(self, run_dir: Path | None) -> None:
        """Makes place in the dashboard for an earlier run of the project; None shows none."""
        document = self._session.document
        self._run_dir, self._trained, self._trained_path = run_dir, document, document.path
        self._panel.dashboard.name_run("" if run_dir is None else run_dir.name)
        self._panel.dashboard.reset(document.project, is_live=False)
        self._progress.show_text("")  # which told how another run ended
        self.refresh()
        self.shown_changed.emit()

    @Slot(object)
    def feed_shown(self, events: list[Event]) -> None:
        """Shows what that run tells."""
        self._panel.feed(events)

    @Slot()
    def show_again(self) -> None:
        """Shows that run from its start, as it went back to an earlier step."""
        self._panel.dashboard.reset(self._session.project, is_live=False)

    @Slot(int)
    def train_with_batch(self, size: int) -> None:
        """Gives the plan another batch size, as one edit, and starts a run."""
        training = with_setting(self._session.project.training, "batch_size", size)
        self._session.apply(SetTraining(training, later("Set batch_size")))
        self.train()

    def end(self) -> None:
        """Reads nothing any more."""
        if self._past is not None:
            self._past.end()

    def pause_training(self) -> None:
        """Holds the run, or lets it go on."""
        self._controller.toggle_pause()

    def stop_training(self) -> None:
        """Asks the run to end after its step."""
        self._controller.stop()

    def apply_to_run(self) -> None:
        """Has the run go on with the project as it is now, from its next step on."""
        if not self.is_refused():
            self._controller.change(self._session.project)
            self.edits_applied.emit()

    def open_run_folder(self) -> None:
        """Shows the last run's files in the system's file manager."""
        if self._run_dir is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._run_dir)))

    @Slot()
    def refresh(self) -> None:
        """Brings the actions in line with what the run is doing."""
        state, actions = self._controller.state, self._actions
        idle = self.has_project and state == "idle"
        busy = tr(BUSY) if self.has_project else tr("No project is open.")
        other = self._controller.turn.other_name(self._controller)
        elsewhere = tr(
            "{other} is being trained in another window. Stop it there, or wait for its end.", other=other
        )
        self.why_busy = busy if not idle else elsewhere if other else ""
        pausing = state in ("preparing", "running", "paused")
        why_not_paused = tr("The run is ending.") if state == "stopping" else tr(IDLE)
        changes = [(name, pausing, why_not_paused) for name in ("run.pause", "run.stop")]
        for name in ("run.train", "run.suggest", "run.find_lr", "run.overfit", "run.speed"):
            changes.append((name, not self.why_busy, self.why_busy))
        # What can be pressed now first: a button that goes hands the focus on.
        for change in sorted(changes, key=lambda change: not change[1]):
            actions.set_enabled(*change)
        self._allow_edits()
        is_paused = state == "paused"
        actions.set_text("run.pause", tr("&Resume") if is_paused else tr("&Pause"))
        actions.set_icon("run.pause", "play" if is_paused else "pause")
        actions.set_enabled("file.close_project", idle, busy)
        self._panel.dashboard.banner.allow(self._why_not_again(idle, busy))
        actions.set_enabled("run.folder", self._run_dir is not None, tr("Nothing was trained yet."))
        self.refreshed.emit()

    @Slot()
    def _allow_edits(self) -> None:
        """Lets the run take up edits, unless something is known to be against it."""
        reason = self._why_not_applied()
        self._actions.set_enabled("run.apply", not reason, reason)

    def _why_not_applied(self) -> str:
        if not self.can_take_edits:
            is_ours = self._session.document is self._trained
            is_on = self._controller.is_active
            return tr("The run is another project's.") if is_on and not is_ours else tr(IDLE)
        if self._session.is_blank:
            return tr("Nothing is drawn that the run could take up.")
        errors, _ = self._session.num_open_problems
        return (
            tr("The run cannot take up a graph with {errors}.", errors=SEVERITIES["error"].counted(errors))
            if errors
            else ""
        )

    def _why_not_again(self, idle: bool, busy: str) -> str:
        """What keeps the run that failed from being started with another batch; empty if nothing does."""
        if not idle:
            return busy
        is_own = self._session.document is self._trained
        return "" if is_own else tr("The run was another project's.")

    def is_refused(self) -> bool:
        """Whether something is in the way of a training; says what."""
        if self._session.is_blank:
            self._session.message.emit(
                tr("Not trained: nothing is drawn yet. Add layers, or open a template.")
            )
            return True
        errors = len(self._session.errors)
        if errors:
            self._session.message.emit(
                tr(
                    "Not trained: the graph has {errors}. Solve them first.",
                    errors=SEVERITIES["error"].counted(errors),
                )
            )
            self.problems_asked.emit()
            return True
        error = plan_error(self._session.project.training)
        if error is not None:
            self._session.message.emit(tr("Not trained: {error}", error=made_titled(str(error))))
            self.training_asked.emit()
            return True
        if not self._code.allows_run():
            self._session.message.emit(tr("Not trained: the code of the data is not trusted."))
            self.training_asked.emit()
            return True
        if self._loader.fault:
            self._dialogs.error(tr("Cannot train"), self._loader.fault)
            return True
        return False

    @Slot(object)
    def _feed(self, events: list[Event]) -> None:
        if self._past is not None and not self._past.is_over:
            self._past.take(events)
        else:
            self._panel.feed(events)
        self._pulse.request()
        for event in events:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        """Says what became of an edited project."""
        match event:
            case DataNoted():
                for note in event.notes:
                    _log.info("%s", tr_made(note))
            case PlanChanged() | GraphChanged():
                changes = "; ".join(map(tr_made, event.changes))
                self._session.message.emit(tr("The run goes on with: {changes}.", changes=changes))
            case ChangeRefused():
                text = tr("The run goes on as before: {reason}", reason=made_titled(event.reason))
                self._session.message.emit(text)
            case _:
                pass

    @Slot()
    def _show_progress(self) -> None:
        self._progress.show_figures(self._panel.dashboard.figures)

    @Slot(object)
    def _end(self, ended: RunEnded) -> None:
        self._pulse.cancel()
        self._progress.show_text(tr("Run {state}", state=ended.state))
        text = tr(
            "The run {state} after {steps}",
            state=ended.state,
            steps=tr_count("{count} step", "{count} steps", ended.step),
        )
        text = f"{text}: {made_titled(ended.reason)}" if ended.reason else f"{text}."
        self._session.message.emit(text)
        if ended.traceback:
            _log.info("%s", ended.traceback)
        if ended.state == "failed":
            self.training_asked.emit()
            if ended.node is not None and self._session.document is self._trained:
                self.node_failed.emit(ended.node)
