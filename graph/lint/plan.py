"""What design rules read from a training plan, taken leniently: whoever runs the plan checks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

DEFAULT_SOURCE = "digits"
DEFAULT_LOSS = "CrossEntropyLoss"
DEFAULT_OPTIMIZER = "AdamW"
DEFAULT_LR = 0.001
DEFAULT_BATCH_SIZE = 64
DEFAULT_PRECISION = "float32"
AUTO = "auto"


@dataclass(frozen=True)
class LossFacts:
    """What is known of a loss.

    Args:
        kind: its type.
        is_chosen: whether the plan names it, instead of leaving it at the default.
        has_labels: whether it compares with the data's labels as they are.
        groups: how many groups of classes it tells apart, where labels stand for groups.
    """

    kind: str = DEFAULT_LOSS
    is_chosen: bool = False
    has_labels: bool = True
    groups: int | None = None


@dataclass(frozen=True)
class PlanFacts:
    """The parts of a plan that say something about the network.

    Args:
        loss: of the only Output, and of all that have none of their own.
        own_losses: of Outputs by their ids; empty where one loss takes all Outputs.
        optimizer: its type.
        lr: None where it is no number, or is left to an optimizer other than the default one.
        weight_decay: as the plan names it; 0 where it does not, or it is no number.
        batch_size: None where it is no number.
        source: where the data comes from.
        transforms: the types of the steps that prepare a training sample.
        precision: `float32`, or that of automatic mixed precision.
        device: its name; `auto` for the best there is.
    """

    loss: LossFacts = LossFacts()
    own_losses: Mapping[str, LossFacts] = field(default_factory=dict)
    optimizer: str = DEFAULT_OPTIMIZER
    lr: float | None = DEFAULT_LR
    weight_decay: float = 0.0
    batch_size: int | None = DEFAULT_BATCH_SIZE
    source: str = DEFAULT_SOURCE
    transforms: tuple[str, ...] = ()
    precision: str = DEFAULT_PRECISION
    device: str = AUTO

    @classmethod
    def from_mapping(cls, training: Mapping[str, Any]) -> PlanFacts:
        """The facts of a project's `training`; what is left out has its default."""
        optimizer = part(training, "optimizer")
        kind = _word(optimizer.get("type"), DEFAULT_OPTIMIZER)
        lr = optimizer.get("lr", DEFAULT_LR if kind == DEFAULT_OPTIMIZER else None)
        batch_size = training.get("batch_size", DEFAULT_BATCH_SIZE)
        return cls(
            loss=_loss_of(training, LossFacts()),
            own_losses=_own_losses(training),
            optimizer=kind,
            lr=_number(lr),
            weight_decay=_number(optimizer.get("weight_decay")) or 0.0,
            batch_size=batch_size if isinstance(batch_size, int) else None,
            source=_word(part(training, "data", "source").get("source"), DEFAULT_SOURCE),
            transforms=tuple(_word(step.get("type"), "") for step in chain(training, "train")),
            precision=_word(training.get("precision"), DEFAULT_PRECISION),
            device=_word(training.get("device"), AUTO),
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


def _loss_of(mapping: Mapping[str, Any], usual: LossFacts) -> LossFacts:
    """What a plan, or the part of it that is about an Output, says of its loss."""
    if "loss" not in mapping:
        return usual
    return LossFacts(_word(part(mapping, "loss").get("type"), DEFAULT_LOSS), is_chosen=True)


def _own_losses(training: Mapping[str, Any]) -> Mapping[str, LossFacts]:
    outputs, usual = training.get("outputs"), _loss_of(training, LossFacts())
    if not isinstance(outputs, Mapping):
        return {}
    found: dict[str, LossFacts] = {}
    for output in outputs:
        settings = part(outputs, output)
        groups = settings.get("groups")
        found[output] = replace(
            _loss_of(settings, usual),
            has_labels=settings.get("target", "label") == "label" and not settings.get("columns"),
            groups=_count(groups) if groups else None,
        )
    return found


def _count(groups: object) -> int | None:
    """How many groups their numbers stand for; None where they are no numbers."""
    if not isinstance(groups, list | tuple) or not all(isinstance(each, int) for each in groups):
        return None
    return int(max(groups)) + 1


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _word(value: object, default: str) -> str:
    return value if isinstance(value, str) else default
