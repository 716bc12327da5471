"""Counts what a model answers, batch by batch on its device, and turns the counts into metrics at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from runtime.loss_spec import Needs
from runtime.metric_choices import Task, task_of

MOST_IN_CONFUSION = 100  # classes; a larger matrix is no longer looked at cell by cell
MOST_RANKED = 2_000_000  # scores; ranking more for the ROC AUC would hold an epoch up
TOP = 5

Confusion = tuple[tuple[int, ...], ...]  # samples by [actual class][predicted class]


class Tally(Protocol):
    """What one pass over a data set adds up to."""

    def update(self, outputs: Any, targets: Any) -> None:
        """Counts a batch; the host does not wait for the device."""

    def metrics(self) -> Mapping[str, float]:
        """The metrics that are defined for what was counted, by name."""

    def confusion(self) -> Confusion:
        """How often each class was taken for each; empty where there are no classes, or too many."""


def tally_of(needs: Needs, ignored: int | None = None) -> Tally | None:
    """An empty tally for what a loss compares; None where answers cannot be scored.

    Args:
        needs: the loss's.
        ignored: the class number that does not count, if the targets hold one.
    """
    task = task_of(needs)
    if task is None:
        return None
    makers: Mapping[Task, Callable[[], Tally]] = {
        "classes": lambda: ClassTally(ignored),
        "labels": lambda: LabelTally(needs.yes_above or 0.0),
        "numbers": NumberTally,
    }
    return makers[task]()


class ClassTally:
    """Answers that are one class of several.

    Shape: outputs (N, classes, ...), targets int64 (N, ...); each position counts as an answer.

    Precision, recall and F1 are means over the classes that occur in targets or answers, 0 where a class was
    never called; the ROC AUC sets each class against the rest.
    """

    def __init__(self, ignored: int | None = None) -> None:
        self._ignored = ignored
        self._counts: _ClassCounts | None = None
        self._ranking = _Ranking()

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        scores = outputs.movedim(1, -1).flatten(0, -2)  # (answers, classes)
        labels = targets.flatten()
        counted = labels != self._ignored if self._ignored is not None else torch.ones_like(labels).bool()
        labels = labels.where(counted, 0)
        if self._counts is None:
            self._counts = _ClassCounts(scores.shape[1], scores.device)
        self._counts.add(scores, labels, counted)
        self._ranking.add(scores.float().softmax(dim=1), labels, counted)

    def metrics(self) -> Mapping[str, float]:
        if self._counts is None or not self._counts.total:
            return {}
        found = self._counts.metrics()
        scores, labels = self._ranking.ranked()
        if scores is None or labels is None:
            return found
        classes = scores.shape[1]
        chosen = [1] if classes == 2 else range(classes)  # the other of two is its mirror image
        positive = torch.stack([labels == each for each in chosen], dim=1)
        return found | _named_auc(scores[:, list(chosen)], positive)

    def confusion(self) -> Confusion:
        return () if self._counts is None else self._counts.confusion()


class _ClassCounts:
    """How often each class was the right one, the answer, and both."""

    def __init__(self, classes: int, device: torch.device) -> None:
        def zeros(size: int) -> Tensor:
            return torch.zeros(size, dtype=torch.int64, device=device)

        self._classes = classes
        self._right, self._answered, self._actual = zeros(classes), zeros(classes), zeros(classes)
        self._in_top = zeros(1)
        self._pairs = zeros(classes * classes) if classes <= MOST_IN_CONFUSION else None

    def add(self, scores: Tensor, labels: Tensor, counted: Tensor) -> None:
        answers, ones = scores.argmax(dim=1), counted.long()
        self._right.index_add_(0, labels, ones * (answers == labels))
        self._answered.index_add_(0, answers, ones)
        self._actual.index_add_(0, labels, ones)
        if self._pairs is not None:
            self._pairs.index_add_(0, labels * self._classes + answers, ones)
        if self._classes > TOP:
            hits = (scores.topk(TOP, dim=1).indices == labels[:, None]).any(dim=1)
            self._in_top += (hits & counted).sum()

    @property
    def total(self) -> int:
        return int(self._actual.sum())

    def metrics(self) -> dict[str, float]:
        total = self.total
        found = {"accuracy": int(self._right.sum()) / total}
        if self._classes > TOP:
            found["top5"] = int(self._in_top) / total
        return found | _precision_and_recall(self._right, self._answered, self._actual)

    def confusion(self) -> Confusion:
        if self._pairs is None:
            return ()
        rows: list[list[int]] = self._pairs.reshape(self._classes, self._classes).tolist()
        return tuple(map(tuple, rows))


class LabelTally:
    """Answers of yes or no, to one question or to several at once.

    Shape: outputs and targets (N,) or (N, labels), or maps (N, ...), whose positions answer one question.

    Args:
        yes_above: outputs above this say yes; targets above a half do.
    """

    def __init__(self, yes_above: float) -> None:
        self._yes_above = yes_above
        self._counts: Tensor | None = None  # (5, labels): right, yes and right, yes, truly yes, answers
        self._ranking = _Ranking()

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        is_listed = outputs.ndim == 2
        scores = outputs if is_listed else outputs.reshape(-1, 1)
        actual = (targets if is_listed else targets.reshape(-1, 1)) > 0.5
        yes = scores > self._yes_above
        answers = torch.ones_like(yes)
        counts = torch.stack(
            [each.sum(dim=0) for each in (yes == actual, yes & actual, yes, actual, answers)]
        )
        self._counts = counts if self._counts is None else self._counts + counts
        self._ranking.add(scores.float(), actual, None)

    def metrics(self) -> Mapping[str, float]:
        if self._counts is None:
            return {}
        right, both, yes, actual, answers = self._counts.unbind()
        found = {"accuracy": int(right.sum()) / int(answers.sum())}
        found |= _precision_and_recall(both, yes, actual, every=True)
        scores, positive = self._ranking.ranked()
        return found if scores is None or positive is None else found | _named_auc(scores, positive)

    def confusion(self) -> Confusion:
        if self._counts is None or self._counts.shape[1] != 1:
            return ()
        _, both, yes, actual, answers = map(int, self._counts.flatten())
        return ((answers - yes - actual + both, yes - both), (actual - both, both))


class NumberTally:
    """Predicted numbers.

    Shape: outputs and targets (N, ...), alike.

    R² weighs several targets by their variance, so that one that never changes does no harm. Sums are kept
    around the running mean, where large targets lose no digits.
    """

    def __init__(self) -> None:
        self._rows = 0
        self._mean: Tensor | None = None  # (targets,)
        self._sums: Tensor | None = None  # (3, targets): deviations squared, errors absolute and squared

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        precise = torch.float32 if outputs.device.type == "mps" else torch.float64
        actual = targets.reshape(len(targets), -1).to(precise)
        errors = outputs.reshape(len(outputs), -1).to(precise) - actual
        mean, rows = actual.mean(dim=0), len(actual)
        sums = torch.stack([(actual - mean).square().sum(0), errors.abs().sum(0), errors.square().sum(0)])
        if self._mean is None or self._sums is None:
            self._mean, self._sums, self._rows = mean, sums, rows
            return
        shift, total = mean - self._mean, self._rows + rows
        self._sums += sums
        self._sums[0] += shift.square() * (self._rows * rows / total)
        self._mean = self._mean + shift * (rows / total)
        self._rows = total

    def metrics(self) -> Mapping[str, float]:
        if self._sums is None:
            return {}
        numbers = self._rows * self._sums.shape[1]
        deviations, absolute, squared = self._sums.sum(dim=1).tolist()
        found = {"mae": absolute / numbers, "rmse": math.sqrt(squared / numbers)}
        return found | ({"r2": 1 - squared / deviations} if deviations > 0 else {})

    def confusion(self) -> Confusion:
        return ()


class _Ranking:
    """Every score of a pass, for metrics that need their order; gives up where they become too many."""

    def __init__(self) -> None:
        self._scores: list[Tensor] = []
        self._labels: list[Tensor] = []
        self._counted: list[Tensor | None] = []
        self._size = 0

    def add(self, scores: Tensor, labels: Tensor, counted: Tensor | None) -> None:
        self._size += scores.numel()
        if self._size > MOST_RANKED:
            self._scores, self._labels, self._counted = [], [], []
            return
        self._scores.append(scores)
        self._labels.append(labels)
        self._counted.append(counted)

    def ranked(self) -> tuple[Tensor | None, Tensor | None]:
        """Scores and labels of what counts; None where there were none, or too many."""
        if not self._scores:
            return None, None
        scores, labels = torch.cat(self._scores), torch.cat(self._labels)
        if self._counted[0] is None:
            return scores, labels
        kept = torch.cat([each for each in self._counted if each is not None])
        return scores[kept], labels[kept]


def roc_auc(scores: Tensor, positive: Tensor) -> Tensor:
    """The area under the ROC curve of each column; NaN where all samples are positive, or none is.

    It is the share of pairs of a positive and a negative that the scores put in the right order, ties
    counting half, worked out from ranks in whole numbers.

    Shape: scores float and positive bool (N, columns); gives float64 (columns) on the CPU.
    """
    columns = scores.T.contiguous()
    ordered = columns.sort(dim=1).values
    below = torch.searchsorted(ordered, columns)
    upto = torch.searchsorted(ordered, columns, right=True)
    twice_rank = below + upto + 1
    marked = positive.T.long()
    ranks, yes = (twice_rank * marked).sum(dim=1).cpu().double(), marked.sum(dim=1).cpu().double()
    return (ranks / 2 - yes * (yes + 1) / 2) / (yes * (len(scores) - yes))


def _named_auc(scores: Tensor, positive: Tensor) -> dict[str, float]:
    areas = roc_auc(scores, positive)
    defined = areas[areas.isfinite()]
    return {"roc_auc": float(defined.mean())} if len(defined) else {}


def _precision_and_recall(
    right: Tensor, answered: Tensor, actual: Tensor, *, every: bool = False
) -> dict[str, float]:
    """Means over the classes that occur, or over `every` one; a division by 0 counts as 0."""
    right, answered, actual = (each.cpu().double() for each in (right, answered, actual))
    occurs = torch.ones_like(right).bool() if every else (answered + actual) > 0
    parts = {
        "precision": right / answered.clamp_min(1),
        "recall": right / actual.clamp_min(1),
        "f1": 2 * right / (answered + actual).clamp_min(1),
    }
    return {name: float(values[occurs].mean()) for name, values in parts.items()}
