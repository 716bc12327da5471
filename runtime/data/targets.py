"""Turns what a source gives as targets into what the loss compares with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from runtime.data.choices import SOURCES
from runtime.data.raw import DataError, RawData, Samples
from runtime.data.source_choices import MOST_CLASSES
from runtime.loss_spec import PADDING, TargetKind


class Meeting(NamedTuple):
    """What messages call the data, and the loss that it meets."""

    source: str
    loss: str


PrepareTargets = Callable[[RawData, Meeting], tuple[RawData, int | None]]

REGRESSION = "regression"  # a task that some sources can be told
SUM_TOLERANCE = 1e-3  # float32 adds up a distribution over thousands of classes about as well


def prepare_targets(
    data: RawData,
    kind: TargetKind,
    source: str,
    ignored: int | None = None,
    loss: str = "The loss",
) -> tuple[RawData, int | None]:
    """The data with targets as this kind of loss takes them, and how many classes there are, if classes.

    Args:
        data: as its files hold it.
        kind: what the loss compares with.
        source: what messages call the data.
        ignored: the class number that does not count, if there is one.
        loss: what messages call the loss.

    Raises:
        DataError: the targets cannot be meant for such a loss.
    """
    return (
        _as_classes(data, source, ignored) if kind == "class" else PREPARE[kind](data, Meeting(source, loss))
    )


def _as_classes(data: RawData, source: str, ignored: int | None) -> tuple[RawData, int | None]:
    labelled = _each(data, lambda y: _class_numbers(y, source))
    every = [split.y for split in _splits(labelled)]
    counted = every if ignored is None else [y[y != ignored] for y in every]
    low = min((int(y.min()) for y in counted if len(y)), default=0)
    high = max((int(y.max()) for y in counted if len(y)), default=0)
    if low < 0 or (data.num_classes is not None and high >= data.num_classes):
        limit = f"0 to {data.num_classes - 1}" if data.num_classes else "0, 1, 2, ..."
        raise DataError(
            f"{source}: y holds the label {low if low < 0 else high}. Expected class numbers {limit}. "
            f"Number the classes from 0{', or raise data.num_classes' if low >= 0 else ''}."
        )
    if high >= MOST_CLASSES:  # a network has an output for each number up to the highest
        raise DataError(
            f"{source}: y holds the label {high}. Expected class numbers 0, 1, 2, ... below "
            f"{MOST_CLASSES:,}. Number the classes from 0, as in np.unique(y, return_inverse=True)[1]."
        )
    return labelled, data.num_classes or high + 1


def _class_numbers(y: Tensor, source: str) -> Tensor:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.squeeze(1)
    if _is_one_hot(y):
        raise DataError(
            f"{source}: y has shape {_shown(y)}. Expected one class number a sample, (N,). "
            "Save y.argmax(1) if it is one-hot, or choose another loss for several targets a sample."
        )
    return _whole(y, source, "whole class numbers 0, 1, 2, ...")


def _is_one_hot(y: Tensor) -> bool:
    return (
        y.ndim == 2 and len(y) > 0 and bool(((y == 0) | (y == 1)).all()) and bool((y.sum(dim=1) == 1).all())
    )


def _whole(y: Tensor, source: str, expected: str) -> Tensor:
    numbers = y.to(torch.int64)
    if y.is_floating_point() and not torch.equal(numbers.to(y.dtype), y):
        value = float(y[numbers.to(y.dtype) != y][0])
        raise DataError(
            f"{source}: y holds {value:g}. Expected {expected} "
            "Choose MSELoss to predict numbers, or number the classes."
        )
    return numbers


def _as_binary(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    labelled = _each(data, _as_columns)
    _refuse(
        labelled, lambda y: (y < 0) | (y > 1), meeting,
        f"{meeting.loss} expects 0 or 1. Choose CrossEntropyLoss for several classes.",
    )  # fmt: skip
    return labelled, 2 if labelled.train.y.shape[1:] == (1,) else None


def _as_signs(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    """Targets of -1 and 1; where there is no -1, a 0 means no, too."""
    columns = _each(data, _as_columns)
    if not any(bool((split.y < 0).any()) for split in _splits(columns)):
        columns = _each(_as_binary(data, meeting)[0], lambda y: 2 * y - 1)
    _refuse(
        columns, lambda y: y.abs() != 1, meeting,
        f"{meeting.loss} expects -1 or 1. "
        "Save 1 for yes and -1 for no, or choose CrossEntropyLoss for classes.",
    )  # fmt: skip
    return columns, None


def _as_pairs(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    signs, _ = _as_signs(data, meeting)
    return _each(signs, lambda y: y.squeeze(1) if y.shape[1:] == (1,) else y), None


def _as_values(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    _refuse_classes(data, meeting, "numbers", "numbers")
    return _each(data, _as_columns), None


def _as_counts(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    counts, _ = _as_values(data, meeting)
    _refuse(
        counts, lambda y: y < 0, meeting,
        f"{meeting.loss} expects counts of at least 0. Choose MSELoss for numbers of both signs.",
    )  # fmt: skip
    return counts, None


def _as_distributions(data: RawData, meeting: Meeting, *, is_log: bool = False) -> tuple[RawData, int | None]:
    _refuse_classes(data, meeting, "a probability for each class", "probabilities")
    numbers = _each(data, _as_columns)
    what = "logarithms of probabilities" if is_log else "probabilities"
    for split in _splits(numbers):
        shares = split.y.exp() if is_log else split.y
        sums = shares.sum(dim=1)
        odd = (sums - 1).abs() > SUM_TOLERANCE
        if bool((shares < 0).any()) or bool(odd.any()):
            found = f"sums to {float(sums[odd][0]):g}" if bool(odd.any()) else "holds negative numbers"
            raise DataError(
                f"{meeting.source}: a row of y {found}. "
                f"{meeting.loss} expects {what} of at least 0 that sum to 1. "
                "Divide each row by its sum, or choose MSELoss."
            )
    return numbers, None


def _as_log_distributions(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    return _as_distributions(data, meeting, is_log=True)


def _as_label_lists(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    lists = _rows_of_classes(data, meeting, "the class numbers that apply, then -1")
    width = lists.train.y.shape[1]
    _refuse(
        lists, lambda y: y >= width, meeting,
        f"Expected class numbers below {width}, the length of a row. Make rows as long as there are classes.",
    )  # fmt: skip
    return lists, None


def _as_sequences(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    rows = _rows_of_classes(data, meeting, "a row of class numbers, filled up with -1")
    return rows, 1 + max(int(split.y.max()) for split in _splits(rows))


def _as_given(data: RawData, meeting: Meeting) -> tuple[RawData, int | None]:
    return data, None


def _rows_of_classes(data: RawData, meeting: Meeting, expected: str) -> RawData:
    _refuse_classes(data, meeting, f"{expected}, for each sample", "such rows, from arrays")
    if data.train.y.ndim != 2:
        raise DataError(
            f"{meeting.source}: y has shape {_shown(data.train.y)}. "
            f"{meeting.loss} expects {expected}: (N, length). Save one row a sample."
        )
    rows = _each(data, lambda y: _whole(y, meeting.source, "whole class numbers, and -1 behind them."))
    _refuse(
        rows, lambda y: (y < PADDING) | _behind_padding(y), meeting,
        f"{meeting.loss} expects {expected}. Save -1 only behind the last class number of a row.",
    )  # fmt: skip
    return rows


def _behind_padding(y: Tensor) -> Tensor:
    """Which entries are class numbers although one before them is not."""
    return (y >= 0) & ((y < 0).cumsum(dim=1) > 0)


def _refuse_classes(data: RawData, meeting: Meeting, expected: str, wanted: str) -> None:
    if data.num_classes is not None:
        raise DataError(
            f"{meeting.source} gives one of {data.num_classes} classes a sample. "
            f"{meeting.loss} expects {expected}. Choose CrossEntropyLoss, or {_otherwise(meeting, wanted)}."
        )


def _otherwise(meeting: Meeting, wanted: str) -> str:
    """How to get other targets, beside another loss."""
    source = SOURCES.get(meeting.source)
    tasks = [param for param in source.params if param.name == "task"] if source else []
    if any(REGRESSION in getattr(task, "choices", ()) for task in tasks):
        return f"set data.task = {REGRESSION} if the label is a number"
    return f"data with {wanted}"


def _refuse(data: RawData, wrong: Callable[[Tensor], Tensor], meeting: Meeting, expected: str) -> None:
    for split in _splits(data):
        found = split.y[wrong(split.y)]
        if len(found):
            raise DataError(f"{meeting.source}: y holds {float(found[0]):g}. {expected}")


def _as_columns(y: Tensor) -> Tensor:
    """Targets as floats (N, K); one number a sample becomes one column, as a Linear(..., 1) gives it."""
    floats = y if y.dtype == torch.float64 else y.to(torch.float32)  # those of a table are still to be scaled
    return floats.unsqueeze(1) if y.ndim == 1 else floats


def _splits(data: RawData) -> list[Samples]:
    return [split for split in (data.train, data.val) if split is not None and len(split)]


def _each(data: RawData, convert: Callable[[Tensor], Tensor]) -> RawData:
    train = Samples(data.train.x, convert(data.train.y))
    val = None if data.val is None else Samples(data.val.x, convert(data.val.y))
    return replace(data, train=train, val=val)


def _shown(y: Tensor) -> str:
    return f"({', '.join(['N', *(str(dim) for dim in y.shape[1:])])})"


PREPARE: Mapping[TargetKind, PrepareTargets] = {
    "binary": _as_binary,
    "value": _as_values,
    "count": _as_counts,
    "sign": _as_signs,
    "pair": _as_pairs,
    "distribution": _as_distributions,
    "log-distribution": _as_log_distributions,
    "label-list": _as_label_lists,
    "sequence": _as_sequences,
    "none": _as_given,
}
