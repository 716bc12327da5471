"""Windows over time series, with what comes next or a label as target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from graph.catalog.call import Params
from runtime.data.choices import DEFAULT_VAL_FRACTION
from runtime.data.columns import days_of, guess_kind, read_cells
from runtime.data.frames import notes_of, read_frame, require_columns, require_filled
from runtime.data.memory import require_room
from runtime.data.npy import read_npy
from runtime.data.raw import Column, DataError, Loading, RawData, Request, Samples
from runtime.data.tables import RESOURCES, read_target
from runtime.events import DataProgress

if TYPE_CHECKING:
    import pandas as pd

DEFAULTS = {
    "columns": (), "target_columns": (), "label": None, "group": None, "stride": 1, "padding": "none",
}  # fmt: skip
NAMES = ("columns", "target_columns", "label", "group")  # parameters that name columns
Table = npt.NDArray[np.float64]  # (moments, columns)


@dataclass(frozen=True)
class Series:
    """What is seen and what is predicted, moment by moment.

    Args:
        seen: float64 (moments, columns).
        aims: float64 (moments, targets), or the class of each moment, int64 (moments,).
        groups: which series each moment belongs to, int64 (moments,), rising.
        names: of the columns that are seen.
        aim_names: of the targets.
        class_names: one a class, where the target is one.
    """

    seen: Table
    aims: npt.NDArray[np.generic]
    groups: npt.NDArray[np.int64]
    names: tuple[str, ...]
    aim_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def load_series(request: Request) -> Loading[RawData]:
    """Windows float32 (N, window, columns); y float32 (N, horizon * targets), or a class int64 (N,).

    Raises:
        DataError: the file cannot be read, a column is missing, or it is shorter than a window.
    """
    path = request.file("path", "a table or an .npy of a series")
    yield DataProgress(f"Reading {path.name}", 0, None)
    return windowed(_read(path, request.params), request, path)


def load_sunspots(request: Request) -> Loading[RawData]:
    """Windows over the months of the sunspots that come with Netloom."""
    path = RESOURCES / "sunspots.csv"
    yield DataProgress("Reading sunspots", 0, None)
    params = Params({**DEFAULTS, **request.params})
    return windowed(
        _read(path, params), Request(request.source, params, request.folder, request.val_fraction), path
    )


def _read(path: Path, params: Params) -> Series:
    if path.suffix == ".npy":
        return _from_array(path, params)
    frame = read_frame(path)
    for key in ("columns", "target_columns"):
        require_columns(frame, params[key], key, path)
    for key in ("label", "group"):
        require_columns(frame, [params[key]] if params[key] else [], key, path)
    groups = _groups(frame, params.group, path)
    order = np.argsort(groups, kind="stable")
    frame, groups = frame.iloc[order], groups[order]
    extra = {params.label, params.group}
    numeric = [name for name in frame.columns if name not in extra and guess_kind(frame[name]) == "numeric"]
    names = tuple(params.columns) or tuple(numeric)
    if not names:
        raise DataError(f"{path} has no column of numbers. Expected a series. Set data.columns.")
    seen, gaps = _numbers(frame, names, groups, path)
    notes = (*notes_of(frame), *_order_notes(frame, groups), *gaps)
    if params.label:
        target = read_target(frame, (params.label,), Params({"types": {}, "task": "classification"}), path)
        labelled = Series(seen, target.y.numpy(), groups, names, (params.label,), target.names, notes)
        return _begun(labelled, path)
    aim_names = tuple(params.target_columns) or names
    aims, more = _numbers(frame, aim_names, groups, path)
    told = tuple(dict.fromkeys((*notes, *more)))
    return _begun(Series(seen, aims, groups, names, aim_names, notes=told), path)


def _groups(frame: pd.DataFrame, name: str | None, path: Path) -> npt.NDArray[np.int64]:
    """Which series each row belongs to."""
    if name is None:
        return np.zeros(len(frame), np.int64)
    require_filled(
        frame[name],
        path,
        "Expected the name of a series in every row, as data.group names the column. Fill the cells in or "
        "remove the rows.",
    )
    numbers, _ = frame[name].factorize(sort=True)
    return np.asarray(numbers, np.int64)


def _order_notes(frame: pd.DataFrame, groups: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Tells of dates that do not rise within a series: what is predicted would not come later."""
    same_series = np.diff(groups) == 0
    for name in frame.columns:
        if guess_kind(frame[name]) != "datetime":
            continue
        steps = np.diff(days_of(frame[name]))[same_series]
        if (steps < 0).any():
            falls = "falls from row to row" if (steps <= 0).all() else "does not rise from row to row"
            return (
                f"Column {name!r} {falls}, but a series is read in the order of its rows: what is "
                "predicted does not come later. Sort the rows by it.",
            )
    return ()


def _numbers(
    frame: pd.DataFrame, names: Sequence[str], groups: npt.NDArray[np.int64], path: Path
) -> tuple[Table, tuple[str, ...]]:
    """The columns as numbers; a gap takes the value before it in its series, as nothing later is known then.

    What comes before a column's first value in a series stays NaN.
    """
    mend = "Correct the cell or empty it, or name columns of numbers in data.columns and data.target_columns."
    table = np.stack([read_cells(frame[name], "numeric", path, mend).values for name in names], axis=1)
    starts = np.maximum.accumulate(np.where(np.diff(groups, prepend=-1) != 0, np.arange(len(groups)), 0))
    notes = []
    for index, name in enumerate(names):
        column = table[:, index]
        gaps = np.isnan(column)
        if gaps.all():
            raise DataError(f"{path}, column {name!r} is empty. Expected numbers. Leave it out.")
        if gaps.any():
            places = np.maximum.accumulate(np.where(gaps, starts, np.arange(len(column))))
            table[:, index] = column[places]
            filled = int(gaps.sum() - np.isnan(table[:, index]).sum())
            notes += [f"Column {name!r}: {filled} gaps took the value before them."] if filled else []
    return table, tuple(notes)


def _begun(series: Series, path: Path) -> Series:
    """The series without the moments before its columns' first values, as nothing is known of these then."""
    aims = series.aims.reshape(len(series.groups), -1)
    early = np.isnan(series.seen).any(axis=1) | np.isnan(aims).any(axis=1)
    if not early.any():
        return series
    if early.all():
        raise DataError(
            f"{path} has no row with a value in or above it in each of {', '.join(series.names)}. Expected "
            "columns that overlap. Set data.columns to some that do."
        )
    note = f"{int(early.sum()):,} rows that come before the first value of a column are left out."
    return replace(
        series, seen=series.seen[~early], aims=series.aims[~early], groups=series.groups[~early],
        notes=(*series.notes, note),
    )  # fmt: skip


def _from_array(path: Path, params: Params) -> Series:
    named = next((key for key in NAMES if params[key]), None)
    if named is not None:
        raise DataError(
            f"data.{named} names columns, but those of {path} have no names. Expected a table. Empty "
            f"data.{named}, or save the series as CSV with a header."
        )
    values = read_npy(path)
    if values.ndim not in (1, 2) or not values.size or not np.isfinite(values).all():
        raise DataError(
            f"{path} has shape {values.shape} of {values.dtype}. Expected finite numbers (moments,) or "
            "(moments, columns). Save the series so."
        )
    table = values.reshape(len(values), -1).astype(np.float64)
    names = tuple(f"column {index}" for index in range(table.shape[1]))
    return Series(table, table, np.zeros(len(table), np.int64), names, names)


def windowed(series: Series, request: Request, path: Path) -> RawData:
    """Training windows over the beginning of each series, validation windows over its end.

    Raises:
        DataError: no series is long enough.
    """
    params = request.params
    fraction = DEFAULT_VAL_FRACTION if request.val_fraction is None else request.val_fraction
    early, late = _cut(series, fraction)
    standardized, columns = (
        _standardized(series, np.concatenate(early)) if params.standardize else (series, ())
    )
    is_class = bool(series.class_names)
    parts = [_windows(standardized, runs, params) for runs in (early, late)]
    if not len(parts[0][0]):
        longest = max(map(len, early))
        needed = params.window + (0 if is_class else params.horizon)
        raise DataError(
            f"{path} has at most {longest} moments in a row to train on. Expected at least {needed} "
            "for a window "
            "and what comes next. Lower data.window or data.val_fraction, or set data.padding = zeros."
        )
    train, val = (Samples(torch.from_numpy(x), torch.from_numpy(y)) for x, y in parts)
    notes = (*series.notes, *_short_notes(early, params, is_class=is_class))
    if fraction and not len(val):
        notes += (
            f"No window of {params.window} moments and what comes next fits into those that are held back: "
            "nothing is validated.",
        )
    known = columns or tuple(Column(name, "numeric") for name in series.names)
    return RawData(
        train, val, num_classes=len(series.class_names) or None, class_names=series.class_names,
        kind="sequence", is_split=True, columns=known, notes=notes,
    )  # fmt: skip


def _short_notes(runs: Sequence[npt.NDArray[np.int64]], params: Params, *, is_class: bool) -> tuple[str, ...]:
    """Tells how many series are left out, as not even one window fits into what is trained on of them."""
    short = sum(next(_of_run(moments, params, is_class=is_class), None) is None for moments in runs)
    if not short:
        return ()
    are_padded = "" if params.padding == "zeros" else ", or set data.padding = zeros"
    return (
        f"{short:,} of {len(runs):,} series are too short to train on, so they are left out. "
        f"Lower data.window{are_padded}.",
    )


def _cut(series: Series, fraction: float) -> tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.int64]]]:
    """The moments of each series to train on, and those to validate on, which come later."""
    early, late = [], []
    for group in np.unique(series.groups):
        moments = np.flatnonzero(series.groups == group)
        kept = len(moments) - round(len(moments) * fraction)
        early.append(moments[:kept])
        late.append(moments[kept:])
    return early, late


def _standardized(series: Series, moments: npt.NDArray[np.int64]) -> tuple[Series, tuple[Column, ...]]:
    """The series scaled by what the training moments show."""
    seen, columns = _scaled(series.seen, moments, series.names, "numeric")
    if series.class_names:
        return Series(
            seen, series.aims, series.groups, series.names, series.aim_names, series.class_names
        ), columns
    aims, targets = _scaled(series.aims.astype(np.float64), moments, series.aim_names, "target")
    return replace(series, seen=seen, aims=aims), (*columns, *targets)


def _scaled(
    table: Table, moments: npt.NDArray[np.int64], names: Sequence[str], kind: str
) -> tuple[Table, tuple[Column, ...]]:
    known = table[moments]
    mean, std = known.mean(axis=0), known.std(axis=0)
    changes = (known.max(axis=0, initial=-np.inf) > known.min(axis=0, initial=np.inf)) & (std > 0)
    std = np.where(changes, std, 1.0)
    rows = zip(names, mean.tolist(), std.tolist(), strict=True)
    columns = tuple(
        Column(name, kind, 1, f"mean {low:.4g}, std {width:.4g}", low, width) for name, low, width in rows
    )
    return (table - mean) / std, columns


def _windows(
    series: Series, runs: Sequence[npt.NDArray[np.int64]], params: Params
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.generic]]:
    """The windows over runs of moments, and their targets."""
    pairs = [pair for moments in runs for pair in _of_run(moments, params, is_class=bool(series.class_names))]
    is_padded, width = params.padding == "zeros", series.seen.shape[1]
    require_room(
        len(pairs) * (params.window * (width + is_padded) + params.horizon) * np.dtype(np.float32).itemsize,
        f"{len(pairs):,} windows of {params.window:,} moments",
        "Raise data.stride, or lower data.window.",
    )
    x = np.zeros((len(pairs), params.window, width + is_padded), np.float32)
    for row, (seen, _) in enumerate(pairs):
        x[row, params.window - len(seen) :, :width] = series.seen[seen]
        if is_padded:
            x[row, params.window - len(seen) :, width] = 1
    if series.class_names:
        return x, np.array([series.aims[ahead[0]] for _, ahead in pairs], np.int64)
    aims = [series.aims[ahead].reshape(-1) for _, ahead in pairs]
    return x, np.array(aims, np.float32).reshape(len(pairs), params.horizon * series.aims.shape[1])


def _of_run(
    moments: npt.NDArray[np.int64], params: Params, *, is_class: bool
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """The moments of each window, and those of its target: the next ones, or the last one for a class."""
    ahead = 0 if is_class else params.horizon
    room = len(moments) - params.window - ahead
    if room < 0 and params.padding == "zeros" and len(moments) > ahead:
        seen = moments[: len(moments) - ahead]
        yield seen, moments[-1:] if is_class else moments[-ahead:]
    for start in range(0, room + 1, params.stride):
        end = start + params.window
        yield moments[start:end], moments[end - 1 : end] if is_class else moments[end : end + ahead]
