"""How a run turns answers into losses, right answers and metrics: all Outputs together, or each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from runtime.data.feed import Feed, Targets
from runtime.data.prepared import HeadData
from runtime.goals import TRAIN_ACCURACY, TRAIN_LOSS, told_metrics
from runtime.loss_spec import needs_of
from runtime.losses import build_loss, total_weight, weighs_targets
from runtime.metric_choices import task_of
from runtime.metrics import Judge, judge_of
from runtime.parted_loss import PartedLoss, PartedTally, mean_accuracy, several
from runtime.plan import TrainingPlan
from runtime.tallies import MOST_IN_CONFUSION, Tally, tally_of


class Scoring:
    """The loss of a plan for some data, and all that is told about answers.

    Args:
        plan: names the losses.
        feed: the data; where it has heads, each has a loss of its own.
        device: where losses keep their weights.

    Attributes:
        loss: called as `loss(outputs, targets)`.
        judge: tells which answers are right; None where the loss has none, or there are several losses.
        names: of the Outputs that have a loss of their own, in their order.
        class_names: of the classes that a confusion matrix is about, as the data names them, or empty.
        ignored: for each loss the class number that does not count, if the targets hold one.
    """

    def __init__(self, plan: TrainingPlan, feed: Feed, device: torch.device) -> None:
        self.names = tuple(each.head.name for each in feed.heads)
        self._plan, self._heads = plan, feed.heads
        self._judged = tuple(each for each in feed.heads if _judge(each) is not None)
        confused = (each.class_names for each in feed.heads if _has_confusion(each))
        self.class_names = next(confused, ()) if feed.heads else feed.class_names
        self._needs = needs_of(plan.loss)
        ignored = plan.loss.params.get("ignore_index")
        self._ignored = ignored if not feed.heads and feed.holds_target(ignored) else None
        self.ignored = [_ignored(each) for each in feed.heads] or [self._ignored]
        self.judge: Judge | None = None if feed.heads else judge_of(self._needs, self._ignored)
        self.loss: nn.Module = (
            _parted(feed.heads) if feed.heads else build_loss(plan.loss, feed.train_targets, feed.num_classes)
        ).to(device)

    @property
    def weighs_targets(self) -> bool:
        """Whether the mean of any loss goes by what its targets weigh."""
        return any(map(weighs_targets, self._losses(), self.ignored))

    def row(self, outputs: Any, targets: Targets) -> Tensor:
        """The loss of a batch, or those of its parts.

        Shape: gives (parts,), one where there are no parts.
        """
        if not isinstance(self.loss, PartedLoss):
            loss: Tensor = self.loss(outputs, targets)
            return loss.reshape(1)
        return torch.stack(self.loss.parts(outputs, targets))

    def weights(self, row: Tensor, targets: Targets, samples: int) -> Tensor:
        """How much a batch counts in the mean of each number in its row, so that it is that of all samples.

        That is how many samples it has, or what they weigh to the loss: nothing where none of them counts,
        whose loss is no number.
        """
        weights = torch.full_like(row, samples)
        for place, (loss, target, ignored) in enumerate(
            zip(self._losses(), several(targets), self.ignored, strict=True)
        ):
            weight = total_weight(loss, target, ignored)
            if weight is not None:
                weights[place] = weight
        return weights

    def total(self, losses: Sequence[float]) -> float:
        """The loss that those of a row add up to."""
        weights = self.loss.weights if isinstance(self.loss, PartedLoss) else (1.0,)
        return sum(weight * loss for weight, loss in zip(weights, losses, strict=True))

    def tally(self) -> Tally | None:
        """An empty count of answers; None where they cannot be scored."""
        if not self._heads:
            return tally_of(self._needs, self._ignored)
        return PartedTally(
            {each.head.name: tally_of(needs_of(each.head.loss), _ignored(each)) for each in self._heads}
        )

    def metric_names(self, *, has_val: bool) -> tuple[str, ...]:
        """What the run tells of every epoch, by the names of the run folder."""
        return told_metrics(self._plan, [each.head for each in self._heads], has_val=has_val)

    def train_figures(self, sums: Sequence[float], samples: int) -> Mapping[str, float]:
        """An epoch's figures of each Output, from what its steps have added up.

        Args:
            sums: of each loss times samples, then of the right answers of each Output that is judged.
            samples: that were trained on.
        """
        if not sums:
            return {}
        names = [each.head.figure(TRAIN_LOSS) for each in self._heads]
        names += [each.head.figure(TRAIN_ACCURACY) for each in self._judged]
        return {name: total / max(samples, 1) for name, total in zip(names, sums, strict=True)}

    def train_accuracy(self, hits: float, samples: int, parts: Mapping[str, float]) -> float | None:
        """An epoch's share of right answers, the mean over all Outputs; None where there is none.

        Args:
            hits: right answers of the only Output.
            samples: that were trained on.
            parts: what `train_figures` gives.
        """
        return mean_accuracy(parts, TRAIN_ACCURACY) if self.judge is None else hits / max(samples, 1)

    def _losses(self) -> Sequence[nn.Module]:
        return list(self.loss.losses) if isinstance(self.loss, PartedLoss) else [self.loss]


def _parted(heads: Sequence[HeadData]) -> PartedLoss:
    return PartedLoss(
        [build_loss(each.head.loss, each.train_y, each.num_classes) for each in heads],
        [each.head.plan.weight for each in heads],
        [_judge(each) for each in heads],
    )


def _has_confusion(data: HeadData) -> bool:
    """Whether a confusion matrix can be about this Output; that of the first such one is told."""
    match task_of(needs_of(data.head.loss)):
        case "classes":
            return (data.num_classes or 0) <= MOST_IN_CONFUSION
        case "labels":
            return data.train_y.ndim != 2 or data.train_y.shape[1] == 1
        case _:
            return False


def _judge(data: HeadData) -> Judge | None:
    return judge_of(needs_of(data.head.loss), _ignored(data))


def _ignored(data: HeadData) -> int | None:
    """The class number that does not count, if the targets hold one."""
    value: int | None = data.head.loss.params.get("ignore_index")
    return value if data.holds(value) else None
