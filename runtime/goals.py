"""What a run is judged by: the metric that tells its best epoch, and the one that ends it early."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runtime.heads import Head
from runtime.loss_spec import Needs, needs_of
from runtime.metric_choices import METRICS, task_of
from runtime.options import PlanError, did_you_mean
from runtime.plan import TrainingPlan
from runtime.plan_choices import DEFAULT_MONITOR

TRAIN_LOSS, VAL_LOSS = "train_loss", "val_loss"
TRAIN_ACCURACY, VAL_ACCURACY = "train_accuracy", "val_accuracy"
ANSWERED = ("classes", "labels")  # tasks whose answers are right or wrong


@dataclass(frozen=True)
class Goal:
    """A metric of an epoch, and which way it gets better.

    Args:
        metric: its name, as the run folder has it.
        min_delta: the least change that counts.
    """

    metric: str
    min_delta: float = 0.0

    @property
    def mode(self) -> str:
        """`max` for a metric that rises when the model gets better, else `min`."""
        spec = METRICS.get(self.metric.partition("_")[2].partition(".")[0])
        return "max" if spec is not None and spec.is_better_higher else "min"

    def value(self, figures: Mapping[str, float]) -> float:
        """The metric of an epoch; NaN where it has none."""
        return figures.get(self.metric, math.nan)

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether a value beats the best so far; what is no number never does."""
        if best is None or not math.isfinite(value):
            return math.isfinite(value)
        return (value - best if self.mode == "max" else best - value) > self.min_delta


@dataclass(frozen=True)
class Goals:
    """What tells the best epoch, and what ends a run that no longer gets better.

    An accuracy is often at its best long before the network is: of epochs that tie, the one with the lowest
    `val_loss` is the best. To patience a tie is no improvement, as in other libraries: it asks whether the
    metric that was chosen still moves, and a loss that falls by a hair each epoch would put the end off for
    ever.

    Args:
        best: of the checkpoint.
        stopping: of early stopping.
        patience: epochs without a better one that are let pass; None never ends a run.
    """

    best: Goal
    stopping: Goal
    patience: int | None = None

    def is_best(self, figures: Mapping[str, float], best: float | None, best_loss: float | None) -> bool:
        """Whether an epoch beats the best so far.

        Args:
            figures: of the epoch.
            best: what the metric was in the best so far; None before there is one.
            best_loss: `loss_of` that epoch, which decides a tie; None where it is not known, and the earlier
                epoch stays the best.
        """
        value = self.best.value(figures)
        if value == best:
            return best_loss is not None and loss_of(figures) < best_loss
        return self.best.is_better(value, best)


def loss_of(figures: Mapping[str, float]) -> float:
    """The validation loss of an epoch; infinite where it is no number or nothing is held back."""
    loss = figures.get(VAL_LOSS, math.inf)
    return loss if math.isfinite(loss) else math.inf


def goals_of(plan: TrainingPlan, known: Sequence[str]) -> Goals:
    """The goals of a plan.

    Args:
        plan: names the metrics.
        known: the metrics that the run tells of every epoch.

    Raises:
        PlanError: the run will not tell such a metric.
    """
    early = plan.early_stopping
    return Goals(
        Goal(_known(plan.monitor, known, "monitor")),
        Goal(_known(early.metric or plan.monitor, known, "early_stopping.metric"), early.min_delta),
        early.patience,
    )


def metric_names(needs: Needs, *, has_val: bool) -> tuple[str, ...]:
    """What a run with one loss tells of every epoch, by the names of the run folder.

    Args:
        needs: the loss's.
        has_val: whether anything is held back.
    """
    task = task_of(needs)
    scored = [f"val_{name}" for name, spec in METRICS.items() if task in spec.tasks]
    train = [TRAIN_LOSS, *([TRAIN_ACCURACY] if task in ANSWERED else [])]
    return (*train, *([VAL_LOSS, *scored] if has_val else []))


def told_metrics(plan: TrainingPlan, heads: Sequence[Head], *, has_val: bool = True) -> tuple[str, ...]:
    """What a run tells of every epoch: of its one loss, or of all Outputs together and of each.

    Args:
        plan: of the run.
        heads: the Outputs that learn by a loss of their own.
        has_val: whether anything is held back.
    """
    if not heads:
        return metric_names(needs_of(plan.loss), has_val=has_val)
    needs = [needs_of(head.loss) for head in heads]
    is_answered = any(task_of(each) in ANSWERED for each in needs)
    train = (TRAIN_LOSS, *([TRAIN_ACCURACY] if is_answered else []))
    val = (VAL_LOSS, *([VAL_ACCURACY] if is_answered else [])) if has_val else ()
    parts = [
        head.figure(name)
        for head, each in zip(heads, needs, strict=True)
        for name in metric_names(each, has_val=has_val)
    ]
    return (*train, *val, *parts)


def _known(metric: str, known: Iterable[str], path: str) -> str:
    if metric in known:
        return metric
    if metric == DEFAULT_MONITOR:  # nothing is held back
        return TRAIN_LOSS
    raise PlanError(
        path, f"{path} is {metric!r}, which this run does not tell.", f"one of {', '.join(known)}",
        did_you_mean(metric, known),
    )  # fmt: skip
