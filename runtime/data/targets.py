"""Turns what a source gives as targets into what the loss compares with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from runtime.data.raw import DataError, RawData, Samples
from runtime.plan_choices import TargetKind

PrepareTargets = Callable[[RawData, str], tuple[RawData, int | None]]


def prepare_targets(data: RawData, kind: TargetKind, source: str) -> tuple[RawData, int | None]:
    """The data with targets as this kind of loss takes them, and how many classes there are, if classes.

    Raises:
        DataError: the targets cannot be meant for such a loss.
    """
    return PREPARE[kind](data, source)


def _as_classes(data: RawData, source: str) -> tuple[RawData, int | None]:
    labelled = _each(data, lambda y: _class_numbers(y, source))
    splits = [split for split in (labelled.train, labelled.val) if split is not None and len(split)]
    low = min(int(split.y.min()) for split in splits)
    high = max(int(split.y.max()) for split in splits)
    if low < 0 or (data.num_classes is not None and high >= data.num_classes):
        limit = f"0 to {data.num_classes - 1}" if data.num_classes else "0, 1, 2, ..."
        raise DataError(
            f"{source}: y holds the label {low if low < 0 else high}. Expected class numbers {limit}. "
            f"Number the classes from 0{', or raise data.num_classes' if low >= 0 else ''}."
        )
    return labelled, data.num_classes or high + 1


def _class_numbers(y: Tensor, source: str) -> Tensor:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.squeeze(1)
    if y.ndim != 1:
        raise DataError(
            f"{source}: y has shape {_shown(y)}. Expected one class number a sample, (N,). "
            "Save y.argmax(1) if it is one-hot, or choose another loss for several targets a sample."
        )
    numbers = y.to(torch.int64)
    if y.is_floating_point() and not torch.equal(numbers.to(y.dtype), y):
        value = float(y[numbers.to(y.dtype) != y][0])
        raise DataError(
            f"{source}: y holds {value:g}. Expected whole class numbers 0, 1, 2, ... "
            "Choose MSELoss to predict numbers, or number the classes."
        )
    return numbers


def _as_binary(data: RawData, source: str) -> tuple[RawData, int | None]:
    labelled = _each(data, _as_columns)
    for split in (labelled.train, labelled.val):
        if split is None:
            continue
        outside = split.y[(split.y < 0) | (split.y > 1)]
        if len(outside):
            raise DataError(
                f"{source}: y holds {float(outside[0]):g}. The loss expects 0 or 1. "
                "Choose CrossEntropyLoss for several classes."
            )
    return labelled, 2 if labelled.train.y.shape[1] == 1 else None


def _as_values(data: RawData, source: str) -> tuple[RawData, int | None]:
    if data.num_classes is not None:
        raise DataError(
            f"{source} gives one of {data.num_classes} classes a sample. The loss expects numbers. "
            "Choose CrossEntropyLoss, or data with numbers."
        )
    return _each(data, _as_columns), None


def _as_columns(y: Tensor) -> Tensor:
    """Targets as float32 (N, K); one number a sample becomes one column, as a Linear(..., 1) gives it."""
    floats = y.to(torch.float32)
    return floats.unsqueeze(1) if y.ndim == 1 else floats


def _each(data: RawData, convert: Callable[[Tensor], Tensor]) -> RawData:
    train = Samples(data.train.x, convert(data.train.y))
    val = None if data.val is None else Samples(data.val.x, convert(data.val.y))
    return RawData(train, val, data.num_classes, data.class_names)


def _shown(y: Tensor) -> str:
    return f"({', '.join(['N', *(str(dim) for dim in y.shape[1:])])})"


PREPARE: Mapping[TargetKind, PrepareTargets] = {
    "class": _as_classes,
    "binary": _as_binary,
    "value": _as_values,
}
