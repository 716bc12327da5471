"""Tells right answers and scores a model on held-out data, with all sums kept on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from runtime.control import Control
from runtime.loss_spec import Needs
from runtime.precision import Precision
from runtime.tallies import Confusion, Tally

# Gives how right each sample is, (N,): true or false, or the fraction of its labels.
Judge = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a model does on a data set.

    Attributes:
        loss: mean over the samples.
        metrics: by name, as `runtime.metric_choices` declares them; shares are fractions of 1.
        confusion: samples by [actual class][predicted class]; empty where there is nothing to confuse.
    """

    loss: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    confusion: Confusion = ()


def judge_of(needs: Needs, ignored: int | None = None) -> Judge | None:
    """Tells which of a batch's (outputs, targets) are right; None where a loss has no right and wrong.

    Args:
        needs: the loss's.
        ignored: the class number that does not count, if the targets hold one.
    """
    if needs.target.kind == "class":
        return _judge_classes if ignored is None else partial(_judge_counted, ignored=ignored)
    return None if needs.yes_above is None else partial(_judge_labels, yes_above=needs.yes_above)


class Losses(Protocol):
    """The loss of a batch, or those of its parts, and how they make up that of all samples."""

    names: tuple[str, ...]  # of the parts; empty where there are none

    def row(self, outputs: Any, targets: Any) -> Tensor: ...

    def weights(self, row: Tensor, targets: Any, samples: int) -> Tensor: ...

    def total(self, losses: Sequence[float]) -> float: ...


def evaluate(
    model: nn.Module,
    losses: Losses,
    batches: Iterable[tuple[Tensor, Any]],
    *,
    precision: Precision,
    tally: Tally | None,
    control: Control,
) -> Scores | None:
    """Scores a model without changing it; None if there was no data, or a stop came in between.

    The model is back in training mode afterwards if it was before. Autocast's and the device's work is
    waited for once, at the end.

    Args:
        model: on the device of the batches.
        losses: of the batches.
        batches: inputs and targets.
        precision: to compute in.
        tally: empty, for the answers; None where they cannot be scored.
        control: a stop ends it.
    """
    rows, weights = [], []
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for inputs, targets in batches:
                if control.stopped:
                    return None
                control.make_way()
                with precision.autocast():
                    outputs = model(inputs)
                    rows.append(losses.row(outputs, targets).float())
                weights.append(losses.weights(rows[-1], targets, len(inputs)))
                if tally is not None:
                    is_whole = bool(losses.names) or isinstance(outputs, Tensor)
                    tally.update(outputs if is_whole else outputs[0], targets)
            return _scores(rows, weights, losses, tally)
    finally:
        model.train(was_training)


def _scores(rows: list[Tensor], weights: list[Tensor], losses: Losses, tally: Tally | None) -> Scores | None:
    if not rows:
        return None
    means = _means(torch.stack(rows).cpu().double(), torch.stack(weights).cpu().double())
    loss = losses.total(means)
    metrics = {f"loss.{name}": part for name, part in zip(losses.names, means, strict=False)}
    if tally is None:
        return Scores(loss, metrics)
    return Scores(loss, {**metrics, **tally.metrics()}, tally.confusion())


def _means(values: Tensor, weights: Tensor) -> list[float]:
    """The weighted mean of each column; what weighs nothing need be no number.

    Shape: both (batches, columns).
    """
    means: list[float] = ((values.where(weights > 0, 0) * weights).sum(dim=0) / weights.sum(dim=0)).tolist()
    return means


def _judge_classes(outputs: Tensor, targets: Tensor) -> Tensor:
    return _each(outputs.argmax(dim=1) == targets)  # (N, classes, ...) and (N, ...)


def _judge_counted(outputs: Tensor, targets: Tensor, *, ignored: int) -> Tensor:
    """As `_judge_classes`; what does not count is as right as the rest of the batch: its mean stays."""
    right = (outputs.argmax(dim=1) == targets).float()
    counts = targets != ignored
    return _each(right.where(counts, (right * counts).sum() / counts.sum()))


def rightly_counted(outputs: Tensor, targets: Tensor, ignored: int) -> Tensor:
    """How much of each sample is right, of which what does not count never is."""
    return _each(((outputs.argmax(dim=1) == targets) & (targets != ignored)).float())


def _judge_labels(outputs: Tensor, targets: Tensor, *, yes_above: float) -> Tensor:
    return _each((outputs > yes_above) == (targets > 0.5))  # (N, labels); no is 0 or -1


def _each(right: Tensor) -> Tensor:
    """How right each sample is: its one answer, or the fraction of its answers."""
    if right.ndim == 1:
        return right
    answers = right.flatten(1)
    return answers.squeeze(1) if answers.shape[1] == 1 else answers.float().mean(dim=1)
