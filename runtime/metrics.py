"""Tells right answers and scores a model on held-out data, with all sums kept on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from runtime.control import Control
from runtime.plan_choices import TargetKind
from runtime.precision import Precision

# Gives how right each sample is, (N,): true or false, or the fraction of its labels.
Judge = Callable[[Tensor, Tensor], Tensor]
LossFunction = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the samples of a data set; accuracy is a fraction of 1, None where none is defined."""

    loss: float
    accuracy: float | None


def judge_of(target: TargetKind) -> Judge | None:
    """Tells which of a batch's (outputs, targets) are right; None for values, which are never quite right."""
    return _JUDGES.get(target)


def evaluate(
    model: nn.Module,
    loss_function: LossFunction,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    precision: Precision,
    judge: Judge | None,
    control: Control,
) -> Scores | None:
    """Scores a model without changing it; None if there was no data, or a stop came in between.

    The model is back in training mode afterwards if it was before. Autocast's and the device's work is
    waited for once, at the end.
    """
    losses, hits, counts = [], [], []
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for inputs, targets in batches:
                if control.stopped:
                    return None
                with precision.autocast():
                    outputs = model(inputs)
                    losses.append(loss_function(outputs, targets).float())
                if judge is not None:
                    hits.append(judge(outputs, targets).sum(dtype=torch.float32))
                counts.append(len(targets))
            return _scores(losses, hits, counts)
    finally:
        model.train(was_training)


def _scores(losses: list[Tensor], hits: list[Tensor], counts: list[int]) -> Scores | None:
    total = sum(counts)
    if not total:
        return None
    weighted = zip(torch.stack(losses).tolist(), counts, strict=True)
    loss = sum(loss * count for loss, count in weighted) / total
    accuracy = sum(torch.stack(hits).tolist()) / total if hits else None
    return Scores(loss, accuracy)


def _judge_classes(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs.argmax(dim=1) == targets  # (N, classes) and (N,)


def _judge_labels(outputs: Tensor, targets: Tensor) -> Tensor:
    right = (outputs > 0) == (targets > 0.5)  # (N, labels); logits above 0 mean yes
    return right.squeeze(1) if right.shape[1] == 1 else right.float().mean(dim=1)


_JUDGES: dict[TargetKind, Judge] = {"class": _judge_classes, "binary": _judge_labels}
