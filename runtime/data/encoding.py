"""Columns of a table as inputs of a model; everything that is measured is measured on the training rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.columns import Cells
from runtime.data.memory import require_room
from runtime.data.raw import Column, Fitted, Samples

BYTES_A_NUMBER = 20  # of 64 bits in columns and in rows, then of 32


@dataclass(frozen=True)
class TableFit:
    """Fits the encoding of a table on its training rows.

    Args:
        cells: the columns of x, in order.
        params: of the source: `missing`, `categories`, `standardize`, `standardize_target`.
        targets: names of the columns of y.
        is_regression: whether y holds numbers, which can be standardised.
        skipped: columns that the model does not see.
    """

    cells: tuple[Cells, ...]
    params: Params
    targets: tuple[str, ...] = ()
    is_regression: bool = False
    skipped: tuple[str, ...] = ()

    def __call__(self, train: Samples, val: Samples) -> Fitted:
        """Both parts as the model gets them, and what was measured."""
        assert isinstance(train.x, Tensor)
        assert isinstance(val.x, Tensor)
        parts: tuple[list[Tensor], list[Tensor]] = ([], [])
        encodings = [_fit(cells, train.x[:, index], self.params) for index, cells in enumerate(self.cells)]
        _require_room([each.column for each in encodings], len(train) + len(val))
        columns = []
        for index, (cells, encode) in enumerate(zip(self.cells, encodings, strict=True)):
            columns.append(_with_unseen(encode, cells, val.x[:, index]))
            for part, x in zip(parts, (train.x, val.x), strict=True):
                part.extend(encode(x[:, index]))
        is_code = self.params.get("categories") == "codes" and {each.kind for each in self.cells} == {
            "categorical"
        }
        dtype = torch.int64 if is_code else torch.float32
        train_x, val_x = (torch.stack(part, dim=1).to(dtype) for part in parts)
        train_y, val_y, measured = self._targets(train.y, val.y)
        left_out = [Column(name, "skip", 0) for name in self.skipped]
        return Fitted(Samples(train_x, train_y), Samples(val_x, val_y), (*columns, *left_out, *measured))

    def _targets(self, train: Tensor, val: Tensor) -> tuple[Tensor, Tensor, list[Column]]:
        # In 64 bits till they are scaled: in 32 there is nothing left of what differs far from 0.
        if not self.is_regression or not self.params.get("standardize_target"):
            return train, val, [Column(name, "target") for name in self.targets]
        mean, std = train.mean(dim=0), _spread(train)
        pairs = zip(self.targets, mean.flatten().tolist(), std.flatten().tolist(), strict=True)
        columns = [Column(name, "target", 1, _scaling(low, width), low, width) for name, low, width in pairs]
        return (train - mean) / std, (val - mean) / std, columns


@dataclass(frozen=True)
class _Encoding:
    """Turns a column, NaN for what is missing, into one or more columns of numbers.

    Args:
        fill: stands for what is missing.
        shift: taken away from numbers.
        scale: that numbers are divided by then.
        known: the categories that get a column each; None for numbers.
        is_code: whether a category is its number.
        is_indicated: whether a further column tells what was missing.
    """

    column: Column
    fill: float
    shift: float = 0.0
    scale: float = 1.0
    known: Tensor | None = None
    is_code: bool = False
    is_indicated: bool = False

    def __call__(self, values: Tensor) -> list[Tensor]:
        missing = values.isnan()
        filled = values.where(~missing, self.fill)
        told = [missing.to(values.dtype)] if self.is_indicated else []
        if self.known is None:
            return [(filled - self.shift) / self.scale, *told]
        if self.is_code:  # what the training rows do not have comes behind the last
            places = torch.searchsorted(self.known, filled.contiguous())
            padded = torch.cat([self.known, self.known.new_full((1,), math.nan)])
            places = places.where(padded[places] == filled, len(self.known))
            return [places.to(values.dtype), *told]
        matches = filled[:, None] == self.known
        return [*matches.to(values.dtype).unbind(dim=1), *told]


def _require_room(columns: Sequence[Column], rows: int) -> None:
    """Nothing, if the columns have room as numbers.

    Raises:
        DataError: one of many words makes so many numbers that they have not.
    """
    widest = max(columns, key=lambda column: column.width)
    require_room(
        sum(column.width for column in columns) * rows * BYTES_A_NUMBER,
        f"Column {widest.name!r} becomes {widest.width:,} numbers a row, with which the {rows:,} rows",
        "Set data.categories = codes, or name the column in data.leave_out.",
    )


def _fit(cells: Cells, values: Tensor, params: Params) -> _Encoding:
    present = values[~values.isnan()]
    gaps = len(values) - len(present)
    is_indicated = params.get("missing") == "indicate" and gaps > 0
    if cells.kind == "categorical":
        return _fit_words(cells, present, gaps, is_indicated, params.get("categories") == "codes")
    if cells.kind == "boolean":
        fill = float(present.mode().values) if len(present) else 0.0
        return _Encoding(
            _column(cells, [], [], gaps, f"{fill:g}", is_indicated), fill, is_indicated=is_indicated
        )
    fill = float(present.median()) if len(present) else 0.0
    filled = values.where(~values.isnan(), fill)
    mean, std = (float(filled.mean()), float(_spread(filled))) if params.standardize else (0.0, 1.0)
    measured = [_scaling(mean, std)] if params.standardize else []
    column = _column(cells, [], measured, gaps, f"{fill:.4g}", is_indicated)
    return _Encoding(column, fill, mean, std, is_indicated=is_indicated)


def _fit_words(cells: Cells, present: Tensor, gaps: int, is_indicated: bool, is_code: bool) -> _Encoding:
    known = present.unique()
    fill = float(present.mode().values) if len(present) else 0.0
    words = [cells.categories[int(place)] for place in known.tolist()]
    usual = cells.categories[int(fill)] if words else ""
    titles = [] if is_code else [f"{cells.name} = {word}" for word in words]
    column = _column(cells, titles, [_listed(words)], gaps, usual, is_indicated)
    if not words and not is_code:
        column = replace(column, width=int(is_indicated))
    return _Encoding(column, fill, known=known, is_code=is_code, is_indicated=is_indicated)


def _with_unseen(encode: _Encoding, cells: Cells, values: Tensor) -> Column:
    """What is told of a column, with the words that only validation rows have: they are no category."""
    if encode.known is None:
        return encode.column
    present = values[~values.isnan()].unique()
    unseen = [cells.categories[int(place)] for place in present[~torch.isin(present, encode.known)].tolist()]
    if not unseen:
        return encode.column
    return replace(encode.column, text=f"{encode.column.text}; only in validation: {_listed(unseen)}")


def _column(
    cells: Cells, titles: list[str], measured: list[str], gaps: int, fill: str, is_indicated: bool
) -> Column:
    """What is told of a column.

    Args:
        cells: the column.
        titles: of the numbers that the model gets of it; empty for one called like the column.
        measured: what was found in it.
        gaps: how many cells of the training rows are empty.
        fill: what stands in them.
        is_indicated: whether a further number tells of them.
    """
    titles = [*(titles or [cells.name]), *([f"{cells.name} is empty"] if is_indicated else [])]
    told = [f"{gaps:,} empty cell{'s' if gaps > 1 else ''} filled with {fill}"] if gaps else []
    return Column(cells.name, cells.kind, len(titles), "; ".join([*measured, *told]), titles=tuple(titles))


def _spread(values: Tensor) -> Tensor:
    """The standard deviation, or 1 where nothing changes."""
    std = values.std(dim=0, correction=0)
    return std.where((values.amax(dim=0) > values.amin(dim=0)) & (std > 0), 1.0)


def _scaling(mean: float, std: float) -> str:
    return f"mean {mean:.4g}, std {std:.4g}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
