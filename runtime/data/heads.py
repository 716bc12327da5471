"""Targets of several Outputs, each made from what the data gives as its own loss takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from runtime.data.choices import DataPlan
from runtime.data.inputs_as_targets import class_count, like_inputs
from runtime.data.prepared import HeadData, TrainData
from runtime.data.raw import RawData, Samples
from runtime.data.sampler import class_numbers
from runtime.data.targets import prepare_targets
from runtime.heads import Head
from runtime.loss_spec import needs_of
from runtime.options import PlanError, join
from runtime.output_choices import LABEL


def with_heads(data: TrainData, heads: Sequence[Head], plan: DataPlan) -> TrainData:
    """The data with targets for each Output.

    Args:
        data: whose targets are as the data's files have them.
        heads: what each Output learns.
        plan: where the data comes from.

    Raises:
        DataError: the targets cannot be meant for one of the losses.
        PlanError: an Output names columns or groups that do not suit.
    """
    return replace(data, heads=tuple(_targets(data, head, plan) for head in heads))


def _targets(data: TrainData, head: Head, plan: DataPlan) -> HeadData:
    needs, what = needs_of(head.loss), head.plan
    if what.target != LABEL:
        count = class_count(data.train_x, needs.target.kind)
        return HeadData(head, *like_inputs(data), count, target=what.target)
    train, val, count = data.train_y, data.val_y, data.num_classes
    if what.columns:
        places = _places(head, plan, train)
        train, val, count = _columns(train, places), _columns(val, places), None
    ignored = what.loss.params.get("ignore_index")
    if what.groups is not None:
        group_of = _group_of(head, what.groups, (train, val), count, ignored)
        train, val, count = group_of(train), group_of(val), max(what.groups) + 1
    raw = RawData(Samples(train, train), Samples(val, val), num_classes=count)
    source = f"{plan.source.type}, {head.name}"
    labelled, classes = prepare_targets(raw, needs.target.kind, source, ignored, head.loss.type)
    assert labelled.val is not None
    is_as_read = not what.columns and what.groups is None
    return HeadData(head, labelled.train.y, labelled.val.y, classes, data.class_names if is_as_read else ())


def _places(head: Head, plan: DataPlan, targets: Tensor) -> list[int]:
    """The columns of the targets that a head learns."""
    path, known = join(head.path, "columns"), tuple(plan.source.params.get("target_columns") or ())
    if targets.ndim != 2 or len(known) != targets.shape[1]:
        raise PlanError(
            path,
            f"{path} is set, but the data of {plan.source.type} names no several target columns.",
            "a table with data.target_columns",
            f"Set data.target_columns, or empty {path}.",
        )
    for name in head.plan.columns:
        if name not in known:
            raise PlanError(
                path, f"{path} names {name!r}, which is no target column.", f"some of {', '.join(known)}",
                f"Add it to data.target_columns, or correct {path}.",
            )  # fmt: skip
    return [known.index(name) for name in head.plan.columns]


def _columns(targets: Tensor, places: list[int]) -> Tensor:
    return targets[:, places[0]] if len(places) == 1 else targets[:, places]


def _group_of(
    head: Head, groups: tuple[int, ...], targets: Sequence[Tensor], count: int | None, ignored: int | None
) -> Callable[[Tensor], Tensor]:
    """Turns class numbers into those of their groups; the one that does not count stays."""
    path = join(head.path, "groups")
    numbers = class_numbers(torch.cat([each[each != ignored].flatten() for each in targets]))
    if numbers is None:
        raise PlanError(
            path, f"{path} is set, but the targets are no classes.", "class numbers 0, 1, 2, ...",
            f"Empty {path}, or choose other data.",
        )  # fmt: skip
    known = max(count or 0, int(numbers.max()) + 1)
    if len(groups) != known:
        raise PlanError(
            path,
            f"{path} has {len(groups)} numbers, but the data has {known} classes.",
            f"the group of each class, {known} numbers",
            f"Write {known} numbers.",
        )
    table = torch.tensor(groups)

    def group_of(labels: Tensor) -> Tensor:
        whole = labels.to(torch.int64)
        is_counted = whole != ignored if ignored is not None else torch.ones_like(whole, dtype=torch.bool)
        return torch.where(is_counted, table[whole.where(is_counted, 0)], whole)

    return group_of
