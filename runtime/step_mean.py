"""Batches of one step whose targets do not weigh alike: each counts by what its own weigh.

A loss with class weights, or with targets that do not count, divides by what the targets weigh. For several
batches to make the step of one large batch, each must be divided by what the targets of all of them weigh,
which therefore has to be known before the first of them is trained on.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from runtime.data.feed import Batch, Targets
from runtime.losses import total_weight, weighs_targets
from runtime.metrics import Judge, rightly_counted
from runtime.parted_loss import PartedLoss, several
from runtime.scoring import Scoring


class Total(NamedTuple):
    """What the targets of a step come to.

    Args:
        weight: what they weigh to the loss; where they weigh alike, how many samples they are of.
        counted: the fraction of them that counts.
    """

    weight: Tensor | int
    counted: Tensor | float = 1.0


class StepMean(nn.Module):
    """A batch's part of a loss's mean over its whole step, and of the step's right answers.

    Args:
        loss: as `build_loss` gives it.
        judge: tells which answers are right, if any can be.
        ignored: the class number that does not count, if the targets hold one.

    Attributes:
        total: of the step under way.
    """

    def __init__(self, loss: nn.Module, judge: Judge | None, ignored: int | None) -> None:
        super().__init__()
        self._is_weighed, self._ignored = weighs_targets(loss, ignored), ignored
        # A mean would be no number where nothing of a batch counts.
        self._loss = _summed(loss) if self._is_weighed else loss
        self.judge = judge if judge is None or ignored is None else self._right
        self.total = Total(1)

    def forward(self, outputs: Any, targets: Tensor) -> Tensor:
        loss: Tensor = self._loss(outputs, targets)
        return loss / self.total.weight if self._is_weighed else loss * (len(targets) / self.total.weight)

    def total_of(self, targets: Sequence[Tensor]) -> Total:
        """What the targets of all batches of a step come to."""
        if not self._is_weighed:
            return Total(sum(map(len, targets)))
        together = torch.cat(list(targets))
        weight = total_weight(self._loss, together, self._ignored)
        assert weight is not None
        if self._ignored is None:
            return Total(weight)
        return Total(weight, (together != self._ignored).float().mean())

    def _right(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """What does not count is as right as the rest of the step."""
        assert self._ignored is not None
        return rightly_counted(outputs, targets, self._ignored) / self.total.counted


class StepMeans:
    """The loss of a batch as its part of a step of several batches, each Output's weighed on its own.

    Args:
        scoring: has the loss whose mean over the whole step is wanted.
        batches_per_step: the last step of an epoch may have fewer.

    Attributes:
        loss: called as `loss(outputs, targets)`, once the total of the step is set.
        judge: tells which answers are right; None where the loss has none, or there are several losses.
    """

    def __init__(self, scoring: Scoring, batches_per_step: int) -> None:
        self.batches_per_step = batches_per_step
        loss = scoring.loss
        losses, judges = (
            (loss.losses, loss.judges) if isinstance(loss, PartedLoss) else ([loss], [scoring.judge])
        )
        self._means = [StepMean(*each) for each in zip(losses, judges, scoring.ignored, strict=True)]
        judges = [each.judge for each in self._means]
        self.loss: nn.Module = self._means[0]
        self.judge: Judge | None = judges[0]
        if isinstance(loss, PartedLoss):
            self.loss, self.judge = PartedLoss(self._means, loss.weights, judges), None

    def ahead(self, batches: Iterable[Batch]) -> StepAhead:
        """Batches, from the first of a step on, that come with the totals of their steps."""
        return StepAhead(batches, self)

    def begin(self, totals: Sequence[Total]) -> None:
        """Has all batches from now on count as parts of a step with these totals."""
        for mean, total in zip(self._means, totals, strict=True):
            mean.total = total

    def totals(self, targets: Iterable[Targets]) -> list[Total]:
        """What the targets of all batches of a step come to, for each loss."""
        by_loss = zip(*map(several, targets), strict=True)
        return [mean.total_of(each) for mean, each in zip(self._means, by_loss, strict=True)]


class StepAhead:
    """Gives batches in their order, having seen the targets of their whole step.

    It holds as many batches as a step has, and asks for one whenever it has given one: whoever reads them
    from a disk goes on in the meantime.

    Args:
        batches: from the first of a step on.
        means: tell what targets come to.
    """

    def __init__(self, batches: Iterable[Batch], means: StepMeans) -> None:
        self._batches, self._means = batches, means
        self._totals: list[Total] = []

    def begin(self) -> None:
        """Has batches count as parts of the step that the one given last belongs to."""
        self._means.begin(self._totals)

    def __iter__(self) -> Iterator[Batch]:
        coming = map(kept, self._batches)
        waiting = list(islice(coming, self._means.batches_per_step))
        while waiting:
            self._totals = self._means.totals(batch.y for batch in waiting)
            self.begin()
            for _ in range(len(waiting)):
                yield waiting.pop(0)
                waiting.extend(islice(coming, 1))


def kept(batch: Batch) -> Batch:
    """A batch that outlives the next."""
    targets = tuple(each.clone() for each in several(batch.y))
    return Batch(batch.x.clone(), targets if isinstance(batch.y, tuple) else targets[0])


def _summed(loss: nn.Module) -> nn.Module:
    """The same loss, not divided by what its targets weigh."""
    summed: Any = copy.copy(loss)
    summed.reduction = "sum"
    return summed  # type: ignore[no-any-return]
