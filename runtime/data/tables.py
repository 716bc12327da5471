"""Tables with a row a sample: the user's own, and those that come with Netloom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.columns import Cells, Numbers, guess_kind, holds_parts, is_unnamed, natural, read_cells
from runtime.data.encoding import TableFit
from runtime.data.frames import file_row, notes_of, read_frame, reading_frame, require_columns, require_filled
from runtime.data.raw import DataError, Loader, Loading, RawData, Request, Samples
from runtime.events import DataProgress

if TYPE_CHECKING:
    import pandas as pd

RESOURCES = Path(__file__).parents[2] / "resources" / "data"
DEFAULTS: Mapping[str, object] = {
    "label": None, "target_columns": (), "task": "auto", "leave_out": (), "types": {}, "missing": "fill",
    "categories": "one-hot", "standardize": True, "standardize_target": False, "split_column": None,
}  # fmt: skip
TRAIN_WORDS, VAL_WORDS = ("train", "training"), ("val", "valid", "validation", "dev", "test", "eval")
KINDS_OF_CLASSES = ("categorical", "boolean", "skip")
FEW_WORDS = 10  # of a column, which are categories however few rows there are
MOST_CLASSES, LEAST_A_CLASS = (
    30,
    5,
)  # whole numbers are classes if they are few, and each stands for several rows


def load_table(request: Request) -> Loading[RawData]:
    """The rows of a CSV, TSV or Parquet file, x float64 (N, columns) until it is fitted.

    Raises:
        DataError: the file cannot be read, a column is missing, or a cell does not suit.
    """
    path = request.file("path", "a CSV, TSV or Parquet file")
    yield DataProgress(f"Reading {path.name}", 0, None)
    frame = yield from reading_frame(path, request.params.separator)
    yield DataProgress(f"Looking through {len(frame):,} rows", 0, None)
    data = table_data(frame, request.params, path)
    if request.params.split_column is None or request.val_fraction is None:
        return data
    note = f"data.val_fraction is not used: column {request.params.split_column!r} tells what is held back."
    return replace(data, notes=(*data.notes, note))


def bundled_table(name: str) -> Loader:
    """The loader of a table that comes with Netloom; its last column is the target."""
    path = RESOURCES / f"{name}.csv"

    def load(request: Request) -> Loading[RawData]:
        yield DataProgress(f"Reading {name}", 0, None)
        return table_data(read_frame(path, ","), Params({**DEFAULTS, **request.params}), path)

    return load


def table_data(frame: pd.DataFrame, params: Params, path: Path) -> RawData:
    """The samples that a table holds.

    Raises:
        DataError: a column is missing, or a cell does not suit.
    """
    targets = _target_names(frame, params, path)
    marks = (params.split_column,) if params.split_column else ()
    require_columns(frame, marks, "split_column", path)
    require_columns(frame, params.leave_out, "leave_out", path)
    require_columns(frame, tuple(params.types), "types", path)
    features = [name for name in frame.columns if name not in {*targets, *marks, *params.leave_out}]
    kinds = {name: params.types.get(name) or guess_kind(frame[name]) for name in features}
    used = [name for name in features if kinds[name] != "skip"]
    if not used:
        raise DataError(
            f"{path} has no column for the model to see: {', '.join(features) or 'only the target'} "
            "left out. "
            "Expected at least one. Set data.types or data.leave_out."
        )
    count = len(frame)
    frame = _without_gaps(frame, [*used, *targets], params.missing == "drop", path)
    lost = count - len(frame)
    dropped = [f"{lost:,} of {count:,} rows have an empty cell and are dropped."] if lost else []
    cells = tuple(read_cells(frame[name], kinds[name], path) for name in used)
    x = torch.from_numpy(np.stack([each.values for each in cells], axis=1))
    target = read_target(frame, targets, params, path)
    skipped = tuple(name for name in features if kinds[name] == "skip")
    guessed = [name for name in skipped if name not in params.types]
    notes = [
        *notes_of(frame),
        *dropped,
        *(
            f"Column {name!r} is left out: it is empty, names single rows, or holds lists."
            for name in guessed
        ),
        *(
            f"Column {each.name!r} is taken for categories, though most of them stand in one row only. "
            "If they are dates or numbers, write them like 2020-01-31 and 1234.5."
            for each in cells
            if each.name not in params.types and _is_scattered(each)
        ),
    ]
    data = RawData(
        Samples(x, target.y), num_classes=len(target.names) or None, class_names=target.names, kind="row",
        fit=TableFit(cells, params, targets, not target.names, skipped), notes=tuple(notes),
    )  # fmt: skip
    return _marked(data, frame[params.split_column], path) if params.split_column else data


def _is_scattered(cells: Cells) -> bool:
    """Whether so many different words stand in a column that it may be meant otherwise."""
    return len(cells.categories) > max(FEW_WORDS, int(np.isfinite(cells.values).sum()) / 2)


def table_rows(frame: pd.DataFrame, known: Sequence[Cells], path: Path) -> tuple[Tensor, list[str]]:
    """Rows of another table in the columns of the one that was trained on, and what the user should know.

    Words that it did not have are none of its categories, as words of validation rows are.

    Shape: float64 (N, columns).

    Raises:
        DataError: a column is missing, or a cell does not suit.
    """
    missing = [each.name for each in known if each.name not in frame.columns]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]!r}. Expected the columns that the run was trained on: "
            f"{', '.join(each.name for each in known)}. Add it."
        )
    columns, notes = [], []
    for cells in known:
        found = read_cells(frame[cells.name], cells.kind, path)
        columns.append(_renumbered(found, cells) if cells.kind == "categorical" else found.values)
        unknown = [word for word in found.categories if word not in cells.categories]
        if unknown:
            notes.append(f"Column {cells.name!r}: the run knows no {', '.join(map(repr, unknown))}.")
    return torch.from_numpy(np.stack(columns, axis=1)), notes


def _renumbered(cells: Cells, like: Cells) -> Numbers:
    """The words of a column by the numbers that they have in another, -1 where it has not got them."""
    places = {word: float(place) for place, word in enumerate(like.categories)}
    numbers = np.array([*(places.get(word, -1.0) for word in cells.categories), np.nan])
    return numbers[np.nan_to_num(cells.values, nan=-1).astype(np.int64)]


def _target_names(frame: pd.DataFrame, params: Params, path: Path) -> tuple[str, ...]:
    if params.target_columns:
        require_columns(frame, params.target_columns, "target_columns", path)
        return tuple(params.target_columns)
    if params.label is not None:
        require_columns(frame, (params.label,), "label", path)
        return (params.label,)
    taken = {params.split_column, *params.leave_out}
    empty = {name for name in frame.columns if is_unnamed(frame[name]) and frame[name].isna().all()}
    rest = [name for name in frame.columns if name not in taken | empty]
    if len(rest) < 2:
        raise DataError(
            f"{path} has only the column {', '.join(rest) or '(none)'}"
            f"{' beside those that the plan leaves out' if taken - {None} else ''}. Expected columns to "
            "see and one to predict. "
            + (
                "Name fewer in data.leave_out."
                if params.leave_out
                else "Set data.separator, if the cells are divided by something unusual."
            )
        )
    return (rest[-1],)


def _without_gaps(frame: pd.DataFrame, names: list[str], is_dropped: bool, path: Path) -> pd.DataFrame:
    if not is_dropped:
        return frame
    whole = frame.dropna(subset=names)
    if not len(whole):
        raise DataError(
            f"{path} has an empty cell in every row. Expected whole rows, as data.missing is drop. "
            "Set data.missing = fill, or leave out the column that is empty."
        )
    return whole


@dataclass(frozen=True)
class Target:
    """What is to be predicted, and the names of the classes, if it is one; numbers are float64."""

    y: Tensor
    names: tuple[str, ...] = ()


def read_target(frame: pd.DataFrame, names: tuple[str, ...], params: Params, path: Path) -> Target:
    """What the columns of these names give as targets.

    Raises:
        DataError: a cell is empty, or does not suit.
    """
    for name in names:
        require_filled(
            frame[name],
            path,
            "Expected a target in every row. Fill the cells in or remove the rows; NA, None, null, ? and - "
            "count as empty, so a class called like that needs another name.",
        )
    for name in names:
        if holds_parts(frame[name]):
            kind = type(frame[name].iloc[0]).__name__
            raise DataError(
                f"{path}, column {name!r} holds cells of {kind}. Expected a number or a word in "
                "every cell, as it is to be predicted. Save each part in a column, and name "
                "them in data.target_columns."
            )
    mend = "Correct the cell or remove the row, or set data.task = classification if it is a class."
    if len(names) > 1:
        mend = "Correct the cell or remove the row, or take the column out of data.target_columns."
        columns = [
            read_cells(frame[name], params.types.get(name, "numeric"), path, mend).values for name in names
        ]
        return Target(torch.from_numpy(np.stack(columns, axis=1)))
    kind = params.types.get(names[0]) or guess_kind(frame[names[0]])
    if params.task == "classification" or (params.task == "auto" and kind in KINDS_OF_CLASSES):
        return _classes(frame[names[0]])
    is_given = params.types.get(names[0]) == "datetime"  # dates that nobody calls so are refused as numbers
    read_as = kind if is_given or kind == "boolean" else "numeric"
    values = read_cells(frame[names[0]], read_as, path, mend).values
    if params.task == "auto" and read_as == "numeric" and _are_classes(values):
        return _classes(frame[names[0]])
    return Target(torch.from_numpy(values))


def _are_classes(values: Numbers) -> bool:
    """Whether numbers are few whole ones, each of which stands in several rows."""
    distinct = len(np.unique(values))
    return bool((values == values.round()).all()) and distinct <= min(
        MOST_CLASSES, len(values) / LEAST_A_CLASS
    )


def _classes(series: pd.Series) -> Target:
    from pandas.api import types

    words = series.astype(str).str.strip()
    if types.is_numeric_dtype(series):
        words = words.str.removesuffix(".0")  # whole numbers beside empty cells are read as fractions
    names = tuple(sorted(words.unique(), key=natural))
    numbers = words.map({name: index for index, name in enumerate(names)}).to_numpy(np.int64)
    return Target(torch.from_numpy(numbers.copy()), names)


def _marked(data: RawData, marks: pd.Series, path: Path) -> RawData:
    """The data split as a column says."""
    words = marks.astype(str).str.strip().str.lower()
    is_train, is_val = words.isin(TRAIN_WORDS).to_numpy(), words.isin(VAL_WORDS).to_numpy()
    wrong = np.flatnonzero(~(is_train | is_val))
    if len(wrong) or not is_train.any():
        where = (
            f"row {file_row(int(marks.index[wrong[0]]))} says {str(marks.iloc[wrong[0]])!r}"
            if len(wrong)
            else ""
        )
        raise DataError(
            f"{path}, column {marks.name!r}: {where or 'no row says train'}. "
            f"Expected {TRAIN_WORDS[0]} or one of {', '.join(VAL_WORDS)}. Correct it, or empty "
            "data.split_column."
        )
    rows = [torch.from_numpy(np.flatnonzero(each)) for each in (is_train, is_val)]
    held_back = words[is_val].unique()
    notes = []
    if not len(held_back):
        notes.append(f"No row says val in column {marks.name!r}: nothing is validated.")
    elif len(held_back) > 1:
        notes.append(f"Rows that say {' or '.join(held_back)} are all held back for validation.")
    return RawData(
        data.train.take(rows[0]), data.train.take(rows[1]), data.num_classes, data.class_names, data.kind,
        is_split=True, fit=data.fit, notes=(*data.notes, *notes),
    )  # fmt: skip
