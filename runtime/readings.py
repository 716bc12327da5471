"""What the answers of a trained network say: which class and how surely, or which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from runtime.data.prepared import HeadData, TrainData
from runtime.data.raw import Column
from runtime.loss_spec import Needs, needs_of
from runtime.metric_choices import Task, task_of
from runtime.plan import TrainingPlan
from runtime.preflight import Ends
from runtime.tallies import MOST_IN_CONFUSION

TOP = 5  # guesses that are told
MOST_NUMBERS = 8  # of an answer that are written out
SURE = ("logits", "log-probabilities", "probabilities")  # outputs that probabilities can be made of

Cell = tuple[int, int]  # actual and given class


@dataclass(frozen=True)
class Guess:
    """What a sample may be.

    Args:
        name: of the class or label.
        share: its probability, or the share of the places that were given it; None where nothing tells.
    """

    name: str
    share: float | None


@dataclass(frozen=True)
class Reading:
    """How the answers of one Output are read.

    Args:
        place: which of the network's answers it is, the first being 0.
        needs: of its loss.
        shape: of its answers, the batch first.
        output: its name; empty where one loss takes them all.
        class_names: one a class, or empty.
        columns: of the targets, where they are numbers of a table.
        ignored: the class number that does not count, if the targets hold one.
    """

    place: int
    needs: Needs
    shape: tuple[object, ...]
    output: str = ""
    class_names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    ignored: int | None = None

    @property
    def task(self) -> Task | None:
        """What was learned, as far as answers can be right or wrong."""
        return task_of(self.needs)

    @property
    def has_confusion(self) -> bool:
        """Whether a confusion matrix can be about this Output."""
        if self.task == "classes":
            count = self.shape[1]
            return isinstance(count, int) and count <= MOST_IN_CONFUSION
        return self.task == "labels" and (len(self.shape) != 2 or self.shape[1] == 1)

    @property
    def is_of_places(self) -> bool:
        """Whether a sample gets a class at every place, as a picture for each pixel."""
        return self.task == "classes" and len(self.shape) > 2

    def chosen(self, answers: Tensor) -> Tensor:
        """The class of each answer.

        Shape: (N, classes, ...), or (N, ...) where each is yes or no -> int64 (N, ...).
        """
        above = self.needs.yes_above
        return answers.argmax(dim=1) if above is None else (answers > above).long()

    def in_cell(self, answers: Tensor, targets: Tensor, cell: Cell) -> Tensor:
        """How many answers of each sample are in a cell of the confusion matrix.

        Shape: as `chosen` takes and gives them -> int64 (N,).
        """
        actual = targets if self.needs.yes_above is None else (targets > 0.5).long()
        hits = (actual == cell[0]) & (self.chosen(answers).reshape(actual.shape) == cell[1])
        if self.ignored is not None:
            hits = hits & (actual != self.ignored)
        return _by_sample(hits).sum(dim=1)

    def name_of(self, number: int) -> str:
        """What a class is called."""
        return self.class_names[number] if number < len(self.class_names) else str(number)

    def guesses(self, answers: Tensor) -> list[tuple[Guess, ...]]:
        """For each sample the classes that it may be of, likeliest first; none where it gives numbers."""
        if self.task not in ("classes", "labels"):
            return [()] * len(answers)
        shares = self._shares(answers.float())
        best = shares.topk(min(TOP, shares.shape[1]), dim=1)
        is_told = self.is_of_places or self.needs.outputs[0].name in SURE
        return [
            tuple(
                Guess(self.name_of(number), share if is_told else None)
                for number, share in zip(numbers, values, strict=True)
            )
            for numbers, values in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    def text(self, answer: Tensor) -> str:
        """One sample's answer in numbers, in the unit of the data's file.

        Shape: (...).
        """
        values = answer.float().flatten()
        if len(values) > MOST_NUMBERS:
            low, high = (float(each) for each in values.aminmax())
            return f"{' × '.join(map(str, answer.shape))} numbers from {low:.4g} to {high:.4g}"
        columns = self.columns if len(self.columns) == len(values) else ()
        numbers = values.tolist()
        if not columns:
            return ", ".join(f"{number:.4g}" for number in numbers)
        pairs = zip(columns, numbers, strict=True)
        return ", ".join(f"{each.name} {number * each.scale + each.shift:.4g}" for each, number in pairs)

    def _shares(self, answers: Tensor) -> Tensor:
        """The probability of each class or label, or the share of the places that were given it.

        Shape: (N, classes, ...) -> (N, classes).
        """
        if self.needs.yes_above is None:
            if answers.ndim > 2:
                return one_hot(self.chosen(answers).flatten(1), answers.shape[1]).float().mean(dim=1)
            return answers.softmax(dim=1)
        yes = answers if self.needs.yes_above else answers.sigmoid()
        if yes.ndim == 2 and yes.shape[1] > 1:
            return yes  # each label by itself
        yes = _by_sample(yes).mean(dim=1, keepdim=True)
        return torch.cat([1 - yes, yes], dim=1)


def readings(plan: TrainingPlan, data: TrainData, ends: Ends) -> tuple[Reading, ...]:
    """How the answers of each Output are read; of the first alone, where one loss takes several."""
    columns = tuple(each for each in data.columns if each.kind == "target")
    shapes = [tuple(tensor.shape) for tensor in ends.outputs]
    if data.heads:
        return tuple(_of_head(place, shapes[place], head, columns) for place, head in enumerate(data.heads))
    ignored = plan.loss.params.get("ignore_index")
    is_held = ignored is not None and any(bool((y == ignored).any()) for y in (data.train_y, data.val_y))
    return (
        Reading(
            0, needs_of(plan.loss), shapes[0], class_names=data.class_names, columns=columns,
            ignored=ignored if is_held else None,
        ),
    )  # fmt: skip


def confused(found: Sequence[Reading]) -> Reading | None:
    """The Output that the confusion matrix is about; None where there is none."""
    return next((each for each in found if each.has_confusion), None)


def _by_sample(values: Tensor) -> Tensor:
    """Shape: (N, ...) -> (N, answers)."""
    return values.flatten(1) if values.ndim > 1 else values.unsqueeze(1)


def _of_head(place: int, shape: tuple[object, ...], data: HeadData, columns: tuple[Column, ...]) -> Reading:
    names = data.head.plan.columns
    own = tuple(each for each in columns if each.name in names) if names else columns
    ignored = data.head.loss.params.get("ignore_index")
    return Reading(
        place, needs_of(data.head.loss), shape, data.head.name, data.class_names, own,
        ignored if data.holds(ignored) else None,
    )  # fmt: skip
