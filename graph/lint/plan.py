"""What design rules read from a training plan, taken leniently: whoever runs the plan checks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_SOURCE = "digits"
DEFAULT_LOSS = "CrossEntropyLoss"
DEFAULT_OPTIMIZER = "AdamW"
DEFAULT_LR = 0.001
DEFAULT_BATCH_SIZE = 64


@dataclass(frozen=True)
class PlanFacts:
    """The parts of a plan that say something about the network.

    Args:
        loss: its type.
        is_loss_chosen: whether the plan names the loss, instead of leaving it at the default.
        has_own_losses: whether Outputs learn by losses of their own, so that `loss` says nothing about them.
        optimizer: its type.
        lr: None where it is no number, or is left to an optimizer other than the default one.
        batch_size: None where it is no number.
        source: where the data comes from.
        transforms: the types of the steps that prepare a training sample.
    """

    loss: str = DEFAULT_LOSS
    is_loss_chosen: bool = False
    has_own_losses: bool = False
    optimizer: str = DEFAULT_OPTIMIZER
    lr: float | None = DEFAULT_LR
    batch_size: int | None = DEFAULT_BATCH_SIZE
    source: str = DEFAULT_SOURCE
    transforms: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, training: Mapping[str, Any]) -> PlanFacts:
        """The facts of a project's `training`; what is left out has its default."""
        optimizer = part(training, "optimizer")
        kind = _word(optimizer.get("type"), DEFAULT_OPTIMIZER)
        lr = optimizer.get("lr", DEFAULT_LR if kind == DEFAULT_OPTIMIZER else None)
        batch_size = training.get("batch_size", DEFAULT_BATCH_SIZE)
        return cls(
            loss=_word(part(training, "loss").get("type"), DEFAULT_LOSS),
            is_loss_chosen="loss" in training,
            has_own_losses=bool(training.get("outputs")),
            optimizer=kind,
            lr=lr if isinstance(lr, int | float) and not isinstance(lr, bool) else None,
            batch_size=batch_size if isinstance(batch_size, int) else None,
            source=_word(part(training, "data", "source").get("source"), DEFAULT_SOURCE),
            transforms=tuple(_word(step.get("type"), "") for step in chain(training, "train")),
        )


def part(training: Mapping[str, Any], name: str, key: str = "type") -> Mapping[str, Any]:
    """A part of the plan, such as the optimizer; a bare word stands for its type."""
    value = training.get(name)
    if isinstance(value, str):
        return {key: value}
    return value if isinstance(value, Mapping) else {}


def chain(training: Mapping[str, Any], split: str) -> list[Mapping[str, Any]]:
    """The steps that prepare a sample of a split."""
    transforms = part(training, "data", "source").get("transforms")
    steps = transforms.get(split) if isinstance(transforms, Mapping) else None
    return [step for step in steps if isinstance(step, Mapping)] if isinstance(steps, list | tuple) else []


def _word(value: object, default: str) -> str:
    return value if isinstance(value, str) else default
