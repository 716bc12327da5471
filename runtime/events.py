"""What a training run tells the world: frozen records of numbers and strings.

Events cross threads and processes, so they hold no tensor, no path object and no live exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

RunState: TypeAlias = Literal["running", "paused", "stopping"]
EndState: TypeAlias = Literal["finished", "stopped", "failed"]
CheckpointKind: TypeAlias = Literal["last", "best"]


@dataclass(frozen=True, slots=True)
class DataProgress:
    """How far reading and decoding the data set has come.

    Attributes:
        text: what is being done, as the user reads it.
        done: finished units.
        total: all units, or None while unknown.
    """

    text: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class DataNoted:
    """The data is there, and these are things that the user should know of it.

    Attributes:
        notes: one sentence each.
    """

    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run's size and place, known once data and model are ready.

    Attributes:
        start_step: optimizer steps already behind a resumed run; 0 for a fresh one.
        class_names: one a class, as the data names them, or empty.
        resumed_at: the steps after which a run that is told from its folder was resumed.
    """

    run_dir: str
    device: str
    precision: str
    epochs: int
    steps_per_epoch: int
    total_steps: int
    train_samples: int
    val_samples: int
    parameters: int
    start_step: int = 0
    class_names: tuple[str, ...] = ()
    resumed_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StepsRecorded:
    """What consecutive optimizer steps measured, all of one epoch.

    Attributes:
        first_step: number of the first step in the tuples; the run's first step is 1.
        epoch: epoch of these steps; the first is 1.
        losses: training loss of each step.
        lrs: learning rate each step was taken with.
        grad_norms: 2-norm of the whole gradient before clipping.
        times: seconds since the run started, taken at the step.
        parts: the loss of each Output by its name, where each has its own; `losses` are their weighted sums.
    """

    first_step: int
    epoch: int
    losses: tuple[float, ...]
    lrs: tuple[float, ...]
    grad_norms: tuple[float, ...]
    times: tuple[float, ...]
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """What a node did in a step, the instances inside it included; None where that means nothing.

    Attributes:
        seconds: forward and backward, the median of the last steps that were looked at.
        time_share: of the network's time, 0 to 1.
        grad_norm: 2-norm of the gradient of all its parameters, before clipping.
        update_ratio: 2-norm of what the step changed its parameters by, against theirs.
        mean: of its output; of several calls in the step, their average.
        std: of its output, over batch and units.
        dead: share of its units that gave 0 for the whole batch; of rectifiers only.
    """

    seconds: float
    time_share: float
    grad_norm: float | None = None
    update_ratio: float | None = None
    mean: float | None = None
    std: float | None = None
    dead: float | None = None


@dataclass(frozen=True, slots=True)
class NodesInspected:
    """A step that was looked at, node by node; sent while somebody watches.

    Attributes:
        step: number of the step.
        nodes: by the ids that lead to a node: those of the instances it stands in, then its own.
        update_ratio: that of all parameters together.
    """

    step: int
    nodes: Mapping[tuple[str, ...], NodeFigures]
    update_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch's summary; shares are fractions of 1.

    Attributes:
        step: optimizer steps taken so far.
        train_accuracy: None where no answer is quite right, as in a regression. Where Outputs have losses of
            their own it is the mean over those that can be right.
        metrics: of the validation samples, by name; empty where nothing is held back.
        seconds: wall-clock length of this epoch, validation included.
        is_best: whether this epoch became the run's best checkpoint.
        confusion: validation samples by [actual class][predicted class]; empty where there are no classes.
        skipped_steps: steps of this epoch that were left out, as their gradient was not finite.
        parts: figures of training of each Output that has a loss of its own, as `train_loss.logits`; those of
            validation are among `metrics`, as `loss.logits`.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float | None
    val_loss: float | None
    metrics: Mapping[str, float]
    seconds: float
    is_best: bool
    confusion: tuple[tuple[int, ...], ...] = ()
    skipped_steps: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, float]:
        """Losses and metrics by the names that the run folder has for them, as far as there are any."""
        named = {
            "train_loss": self.train_loss,
            "train_accuracy": self.train_accuracy,
            "val_loss": self.val_loss,
            **self.parts,
            **{f"val_{name}": value for name, value in self.metrics.items()},
        }
        return {name: value for name, value in named.items() if value is not None}

    @property
    def val_accuracy(self) -> float | None:
        """Share of right answers to the validation samples, likewise; None where there is none."""
        return self.metrics.get("accuracy")


@dataclass(frozen=True, slots=True)
class StepsSkipped:
    """Steps were left out, as the plan asks for, because their gradient was not finite.

    Attributes:
        step: number of the last of them.
        count: how many since the last time that this was told.
        reason: what was not finite, and where it began, as far as that is known.
        node: id of the node it began in, where one is known.
    """

    step: int
    count: int
    reason: str
    node: str | None = None


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The run goes on with another plan.

    Attributes:
        step: the last step that was taken with the plan so far.
        changes: each in words: `optimizer.lr: 0.1 -> 0.01`.
        epochs: of the whole run, as it is planned now.
        total_steps: optimizer steps of the whole run.
    """

    step: int
    changes: tuple[str, ...]
    epochs: int
    total_steps: int


@dataclass(frozen=True, slots=True)
class GraphChanged:
    """The run goes on with another network.

    Attributes:
        step: the last step that was taken with the network so far.
        changes: each in words: `adds dropout1`.
        kept: how many parameters go on from what they had learned.
        fresh: names of those that start afresh.
        numbers: how many numbers its parameters are by now; None where that was not noted.
    """

    step: int
    changes: tuple[str, ...]
    kept: int
    fresh: tuple[str, ...]
    numbers: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeRefused:
    """An edited project was not taken up; the run goes on as before."""

    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The run paused, went on, or was asked to stop."""

    state: RunState


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint folder is complete on disk."""

    kind: CheckpointKind
    path: str
    step: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The one last event of every run.

    Attributes:
        reason: why, in words a person understands; empty when the run simply came to its last epoch.
        node: id of the node a failure belongs to, where one is known.
        step: optimizer steps taken.
        traceback: Python's traceback text of a failure, else None.
        best_epoch: epoch of the best checkpoint, or None when none was saved.
        fitting_batch: where the memory ran out, the batch size to go on with, if any would fit.
    """

    state: EndState
    reason: str = ""
    node: str | None = None
    step: int = 0
    traceback: str | None = None
    best_epoch: int | None = None
    fitting_batch: int | None = None


Event: TypeAlias = (
    DataProgress
    | DataNoted
    | RunStarted
    | StepsRecorded
    | NodesInspected
    | EpochEnded
    | StepsSkipped
    | PlanChanged
    | GraphChanged
    | ChangeRefused
    | StateChanged
    | CheckpointSaved
    | RunEnded
)
