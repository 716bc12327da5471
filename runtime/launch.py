"""From a project to a finished run: data, live model, engine and run folder, as one stream of events."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

from codegen.importers.weights import WeightsError
from codegen.live import LiveModel, build
from codegen.source import GenerationError
from graph.document import Project
from graph.storage import StorageError
from runtime.checkpoint import CheckpointError
from runtime.control import Control
from runtime.data.raw import DataCancelled, DataError
from runtime.device import DeviceError, pick_device
from runtime.engine import train
from runtime.events import (
    DataNoted,
    EpochEnded,
    Event,
    GraphChanged,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepsRecorded,
)
from runtime.failure import NonFiniteError, TrainingFailure
from runtime.first_batch import check_batches
from runtime.free_memory import free_memory
from runtime.heads import left_over
from runtime.inspect import Inspector
from runtime.live_changes import Renewer
from runtime.material import gather
from runtime.out_of_memory import (
    OutOfMemoryFailure,
    failure_of,
    fitting_batch,
    is_out_of_memory,
    shortage_text,
)
from runtime.out_of_range import is_out_of_range, out_of_range
from runtime.plan import PlanError, TrainingPlan, lr_curve
from runtime.plan_warnings import plan_warnings
from runtime.random_state import seeded
from runtime.resuming import Resumption, resumption
from runtime.runs import RunError, RunFolder
from runtime.training_cost import shortage

_log = logging.getLogger(__name__)

# Mistakes of the user, told in words already.
USER_ERRORS = (
    PlanError,
    DataError,
    DeviceError,
    TrainingFailure,
    CheckpointError,
    RunError,
    GenerationError,
    StorageError,
    WeightsError,
)


def run(
    project: Project,
    run_dir: Path,
    control: Control,
    *,
    resume: bool = False,
    accepts_changes: bool = False,
    data_folder: Path | None = None,
) -> Iterator[Event]:
    """Trains a project and keeps its run folder; the last event is always one RunEnded, whatever goes wrong.

    Closing the generator before that marks the run stopped, without saving. All random states are left as
    they were found; between two events it is the run's, so nothing else should draw from it.

    Args:
        project: read, never changed.
        run_dir: the run folder; made if missing.
        control: stops and pauses the run.
        resume: goes on with the run in `run_dir` at its last checkpoint.
        accepts_changes: goes on even if the project is not what the run was started with; what
            `runtime.plan_changes.changes_since` tells is then taken up, and all else carried over.
        data_folder: where relative paths of the plan and of layers start; the working directory when None.
    """
    launch = _Launch(project, run_dir, control, resume, accepts_changes, data_folder)
    ended = None
    try:
        for event in launch.events():
            launch.note(event)
            yield event
    except GeneratorExit:
        launch.close(RunEnded("stopped", "The run was closed before its end.", step=launch.step))
        raise
    except KeyboardInterrupt:
        ended = RunEnded("stopped", "Interrupted.", step=launch.step)
    except DataCancelled:
        ended = RunEnded("stopped", "Stopped while the data was being read.")
    except Exception as error:
        ended = launch.failed(error)
    if ended is not None:
        yield launch.close(ended)


class _Launch:
    """One run on its way, and what is known about it when it fails."""

    def __init__(
        self,
        project: Project,
        run_dir: Path,
        control: Control,
        resume: bool,
        accepts_changes: bool,
        data_folder: Path | None,
    ) -> None:
        self.step = 0
        self.best_epoch: int | None = None
        self._project, self._run_dir, self._control = project, run_dir, control
        self._resume, self._accepts_changes, self._data_folder = resume, accepts_changes, data_folder
        self._folder = RunFolder(run_dir)
        self._plan: TrainingPlan | None = None
        self._device = torch.device("cpu")
        self._room: tuple[str, int] | None = None  # where it computes, and the bytes free there before it
        self._live: LiveModel | None = None
        self._renewer: Renewer | None = None

    def events(self) -> Iterator[Event]:
        """Everything that happens, up to an exception."""
        resumed = self._open_folder()
        self._plan = plan = TrainingPlan.from_mapping(self._project.training)
        self._folder.update(plan=plan.to_mapping(defaults=True), seed=plan.seed)
        if plan.extra:
            names = ", ".join(plan.extra)
            yield DataNoted(
                (f"The plan has {names}, which this version of Netloom does not know: not used.",)
            )
        self._device = pick_device(plan.device)
        material = yield from gather(self._project, plan, self._control, self._data_folder)
        if material.data.notes:
            yield DataNoted(material.data.notes)
        if stray := left_over(plan, material.ends.heads):
            _log.warning("%s", stray)
        self._room = free_memory(str(self._device))
        if text := shortage(self._project, plan, str(self._device), len(material.data.train_x)):
            _log.warning("%s", text)
        with seeded(plan.seed, self._device):
            folder = None if self._resume else self._data_folder or Path()
            self._live = build(self._project, weights_folder=folder)
            model = self._live.module.to(self._device)
            feed = material.feed()
            steps_per_epoch = max(feed.steps_per_epoch // plan.accumulate_steps, 1)
            for warning in plan_warnings(plan, lr_curve(plan, steps_per_epoch)):
                _log.warning("%s", warning.text)
            inspector = Inspector(self._live, self._project, self._control, self._device)
            check_batches(self._live, feed, plan, material.ends, inspector.origin)
            self._renewer = Renewer(
                self._project,
                self._live,
                feed,
                material.data,
                self._device,
                self._control,
                self._data_folder or Path(),
            )
            yield from train(
                model,
                plan,
                feed,
                self._control,
                device=self._device,
                run_dir=self._run_dir,
                checkpoint=None if resumed is None else resumed.checkpoint,
                inspector=inspector,
                carried=None if resumed is None else resumed.carried(self._live, self._project),
                renew=self._renewer,
            )

    def note(self, event: Event) -> None:
        """Keeps what an event says, in the run folder and for a later failure."""
        self._look_after_folder()
        match event:
            case RunStarted():
                self.step = event.start_step
            case StepsRecorded():
                self.step = event.first_step + len(event.losses) - 1
            case EpochEnded(is_best=True):
                self.best_epoch = event.epoch
            case PlanChanged() | GraphChanged():
                self._take_up_change()
        self._folder.record(event)

    def _look_after_folder(self) -> None:
        """Puts the run folder back where somebody deleted or moved it: hours of training may hang on it."""
        if self._folder.is_gone():
            _log.warning("%s", self._folder.restore(self._project))

    def _take_up_change(self) -> None:
        """Keeps the edited project as what is trained from now on."""
        assert self._renewer is not None, "only a renewer changes a run"
        self._project, self._live = self._renewer.project, self._renewer.live
        self._plan = TrainingPlan.from_mapping(self._project.training)
        self._folder.change(self._project, self._plan.to_mapping(defaults=True))

    def close(self, ended: RunEnded) -> RunEnded:
        """Marks the run as ended, as far as the disk allows."""
        try:
            self._look_after_folder()
            self._folder.finish(ended)
        except (OSError, RunError, StorageError) as error:
            text = traceback.format_exc()
            reason = f"{ended.reason} The run folder could not be closed: {error}.".strip()
            return RunEnded(
                "failed", reason, ended.node, ended.step, ended.traceback or text, ended.best_epoch
            )
        return ended

    def failed(self, error: Exception) -> RunEnded:
        """The end that an exception stands for."""
        text = "".join(traceback.format_exception(error))
        if self._plan is not None and (isinstance(error, OutOfMemoryFailure) or is_out_of_memory(error)):
            node, reason, fits = self._explain_shortage(error, self._plan)
            return RunEnded("failed", reason, node, self.step, text, self.best_epoch, fits)
        node, reason = self._explain(error)
        return RunEnded("failed", reason, node, self.step, text, self.best_epoch)

    def _explain_shortage(self, error: Exception, plan: TrainingPlan) -> tuple[str | None, str, int | None]:
        """The node that asked for too much, what happened, and the batch that would fit."""
        failure = failure_of(error, "between two steps" if self.step else "before the first step")
        if self._room is None or self._live is None:  # neither batch nor network was there yet
            return None, f"{failure} Close what else takes memory, or use less data.", None
        place, free = self._room
        node, name = self._node_of(error)
        fits = fitting_batch(self._project, plan, place, free)
        return node, shortage_text(failure, plan, place, free, fits, name), fits

    def _node_of(self, error: Exception) -> tuple[str | None, str]:
        """Id and name of the node that an error comes from, where one is known."""
        return self._live.owner(error) if self._live is not None else (None, "")

    def _open_folder(self) -> Resumption | None:
        if not self._resume:
            self._folder.create(self._project)
            return None
        resumed = resumption(self._run_dir, self._project, accepts_changes=self._accepts_changes)
        progress = resumed.checkpoint.trainer["progress"]
        self._folder.reopen(self._project, progress["step"], progress["epoch"])
        return resumed

    def _owner(self, error: Exception) -> str | None:
        """The node of the parameter whose numbers went wrong."""
        if isinstance(error, NonFiniteError) and self._live is not None and error.parameter is not None:
            return self._live.node_of_parameter(error.parameter)
        return None

    def _explain(self, error: Exception) -> tuple[str | None, str]:
        """The node at fault, where one is known, and what happened."""
        if isinstance(error, USER_ERRORS):
            return getattr(error, "node", None) or self._owner(error), str(error)
        if isinstance(error, OSError):
            place = error.filename or self._run_dir  # a full disk does not tell of itself
            return (
                None,
                f"{error.strerror or error}: {place} could not be read or written. "
                "Check the free space and the rights there.",
            )
        if self._live is not None:
            return out_of_range(self._live, error) if is_out_of_range(error) else self._live.explain(error)
        return None, f"{type(error).__name__}: {error}"
