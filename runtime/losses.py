"""Builds the loss that a plan names, called as `loss(outputs, targets)` whatever order PyTorch has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from graph.catalog.params import Value
from runtime.loss_spec import BALANCED, PADDING, TARGET, LossSpec, Needs, needs_of
from runtime.options import Option

LossFunction = Callable[[Any, Any], Tensor]
DISTANCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "euclidean": nn.PairwiseDistance(),
    "manhattan": nn.PairwiseDistance(p=1.0),
    "cosine": lambda one, other: 1 - F.cosine_similarity(one, other),
}


class FocalLoss(nn.Module):
    """Cross entropy in which a sample counts the less, the surer the model is of the right answer.

    Args:
        task: `multiclass` for class numbers, `binary` for yes and no.
        gamma: how much less; 0 is cross entropy.
        alpha: one weight a class; for `binary` the weight of yes, no weighing the rest to 1.

    Shape: logits (N, classes, ...) and int64 (N, ...), or both (N, ...) for `binary`; gives a scalar.

    Source: https://arxiv.org/abs/1708.02002
    """

    def __init__(self, task: str = "multiclass", gamma: float = 2.0, alpha: Tensor | None = None) -> None:
        super().__init__()
        self.is_binary, self.gamma = task == "binary", gamma
        self.register_buffer("alpha", alpha)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        if self.is_binary:
            cross_entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
            yes = logits.float().sigmoid()
            missed = yes * (1 - targets) + (1 - yes) * targets
        else:
            cross_entropy = F.cross_entropy(logits.float(), targets, reduction="none")
            missed = -torch.expm1(-cross_entropy)
        # Where nothing is missed, the slope of a power below 1 is infinite.
        missed = missed.clamp_min(torch.finfo(missed.dtype).eps)
        return (self._weight(targets) * missed**self.gamma * cross_entropy).mean()

    def _weight(self, targets: Tensor) -> Tensor | float:
        alpha = cast("Tensor | None", self.alpha)
        if alpha is None:
            return 1.0
        return alpha * targets + (1 - alpha) * (1 - targets) if self.is_binary else alpha[targets]


class GuardedBCELoss(nn.Module):
    """BCELoss whose value is NaN where an output is no probability.

    `nn.BCELoss` raises there on the CPU, and on a GPU it leaves the whole process without one. It also
    refuses to be computed under autocast.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loss = nn.BCELoss()

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(outputs.device.type, enabled=False):
            probabilities = outputs.float()
            right = (probabilities >= 0) & (probabilities <= 1)
            loss: Tensor = self.loss(probabilities.where(right, 0.5), targets)
            return loss.where(right.all(), torch.nan)


class GuardedGaussianNLLLoss(nn.Module):
    """GaussianNLLLoss whose value is NaN, instead of an error, where a variance is negative."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.loss = nn.GaussianNLLLoss(**settings)

    def forward(self, means: Tensor, targets: Tensor, variances: Tensor) -> Tensor:
        right = variances >= 0
        loss: Tensor = self.loss(means.float(), targets, variances.float().where(right, 1.0))
        return loss.where(right.all(), torch.nan)


class BatchFirstCTCLoss(nn.Module):
    """CTCLoss of outputs (N, T, classes) and of targets (N, S) that are filled up with -1."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.loss = nn.CTCLoss(**settings)

    def forward(self, log_probabilities: Tensor, targets: Tensor) -> Tensor:
        count, steps, _ = log_probabilities.shape
        steps_each = torch.full((count,), steps, device=targets.device)
        labels_each = (targets != PADDING).sum(dim=1)
        by_step = log_probabilities.float().transpose(0, 1)  # (T, N, classes)
        loss: Tensor = self.loss(by_step, targets.clamp_min(0), steps_each, labels_each)
        return loss


class Arranged(nn.Module):
    """A loss of several outputs, called as `loss(outputs, targets)`.

    Args:
        loss: takes its arguments in the order of PyTorch.
        order: for each of its arguments the number of an output; None for the targets.
    """

    def __init__(self, loss: nn.Module, order: tuple[int | None, ...]) -> None:
        super().__init__()
        self.loss, self._order = loss, order

    def forward(self, outputs: tuple[Tensor, ...], targets: Tensor) -> Tensor:
        arguments = (targets if index is None else outputs[index] for index in self._order)
        return cast(Tensor, self.loss(*arguments))


OWN: Mapping[str, Callable[..., nn.Module]] = {
    "FocalLoss": FocalLoss,
    "BCELoss": GuardedBCELoss,
    "GaussianNLLLoss": GuardedGaussianNLLLoss,
    "CTCLoss": BatchFirstCTCLoss,
}


def build_loss(
    option: Option[LossSpec], targets: Tensor | None = None, num_classes: int | None = None
) -> nn.Module:
    """The loss, called as `loss(outputs, targets)`.

    Args:
        option: which one, with its parameters.
        targets: those of the training data, which balanced weights are counted from.
        num_classes: how many classes they are from.
    """
    needs = needs_of(option)
    settings = {name: _as_torch(name, value) for name, value in option.params.items()}
    for name, value in option.params.items():
        if value == BALANCED:
            assert targets is not None
            settings[name] = balanced(name, needs, targets, num_classes, option.params.get("ignore_index"))
    make = OWN.get(option.type) or cast("Callable[..., nn.Module]", getattr(nn, option.type))
    loss = make(**settings, **dict(option.spec.fixed))
    if len(needs.outputs) == 1:
        return loss
    names = [need.name for need in needs.outputs]
    order = (None if name == TARGET else names.index(name) for name in option.spec.arguments)
    return Arranged(loss, tuple(order))


def weighs_targets(loss: nn.Module, ignored: int | None) -> bool:
    """Whether the mean of a loss goes by what its targets weigh, and not by how many they are.

    Args:
        loss: as `build_loss` gives it.
        ignored: the class number that does not count, if the targets hold one.
    """
    if not isinstance(loss, nn.CrossEntropyLoss | nn.NLLLoss):
        return False
    return loss.weight is not None or ignored is not None


def total_weight(loss: nn.Module, targets: Tensor, ignored: int | None) -> Tensor | None:
    """What the mean of a loss divides by, a scalar; None where all targets weigh alike.

    Args:
        loss: as `build_loss` gives it.
        targets: of a batch.
        ignored: the class number that does not count, if the targets hold one.
    """
    if not weighs_targets(loss, ignored):
        return None
    assert isinstance(loss, nn.CrossEntropyLoss | nn.NLLLoss)
    counted = targets != loss.ignore_index
    if loss.weight is None:
        return counted.sum()
    return (loss.weight[targets.where(counted, 0)] * counted).sum()


def balanced(
    name: str, needs: Needs, targets: Tensor, num_classes: int | None, ignored: int | None = None
) -> Tensor:
    """Weights that make up for how unequally often classes, or yes and no, occur in the targets."""
    if needs.target.kind == "class":
        return _class_weights(targets, num_classes or 1, ignored)
    yes, no = _yes_and_no(targets)
    if name == "pos_weight":
        return torch.where(yes > 0, no / yes, 1.0)
    return no.sum() / (no + yes).sum()


def _class_weights(targets: Tensor, num_classes: int, ignored: int | None) -> Tensor:
    """Samples / (classes * samples of the class): 1 on average; 0 for a class that does not occur."""
    labels = targets.flatten() if ignored is None else targets[targets != ignored]
    counts = torch.bincount(labels, minlength=num_classes).float()
    return torch.where(counts > 0, counts.sum() / (num_classes * counts), 0.0)


def _yes_and_no(targets: Tensor) -> tuple[Tensor, Tensor]:
    """How much yes and how much no there is for each label; for maps, in all."""
    yes = targets.sum(dim=0) if targets.ndim == 2 else targets.sum()
    return yes, targets.numel() / yes.numel() - yes


def _as_torch(name: str, value: Value) -> Value:
    if name == "distance_function":
        return DISTANCES[value]
    return torch.tensor(value) if isinstance(value, tuple) else value
