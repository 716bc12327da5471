"""What a column of a table holds: its kind, guessed or given, and its cells as numbers."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from graph.catalog.params import MAX_FLOAT32
from runtime.data.frames import file_row
from runtime.data.raw import DataError

if TYPE_CHECKING:
    import pandas as pd

Numbers = npt.NDArray[np.float64]
YES, NO = ("true", "yes", "y", "t", "1", "1.0"), ("false", "no", "n", "f", "0", "0.0")
DATE_BEGUN = r"\s*\d{4}-\d{1,2}(-\d{1,2})?"
UNNAMED = "Unnamed: "
MOSTLY = 0.9  # share of numbers that makes a column one of numbers with mistakes in it
MANY_WORDS = 100  # a column of more words, most of them in one row only, names rows
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Cells:
    """A column as numbers; what is missing is NaN.

    Args:
        categories: the words by number, of a categorical column.
    """

    name: str
    kind: str
    values: Numbers
    categories: tuple[str, ...] = ()


def guess_kind(series: pd.Series[Any]) -> str:
    """`numeric`, `categorical`, `boolean`, `datetime`, or `skip` for what says nothing or names rows."""
    import pandas as pd
    from pandas.api import types

    known = series.dropna()
    if not len(known) or (is_unnamed(series) and _counts_rows(series)):
        return "skip"
    if types.is_bool_dtype(known):
        return "boolean"
    if types.is_numeric_dtype(known) or types.is_timedelta64_dtype(known):
        return "numeric"
    if types.is_datetime64_any_dtype(known) or isinstance(known.dtype, pd.PeriodDtype):
        return "datetime"
    if holds_parts(known):
        return "skip"
    counts = known.astype(str).value_counts(
        sort=False
    )  # a word that is there a million times is looked at once
    words = counts.index.to_series().str.strip()
    if set(words.str.lower()) <= {*YES, *NO}:
        return "boolean"
    if counts.to_numpy()[_numbers(words).notna().to_numpy()].sum() >= MOSTLY * len(known):
        return "numeric"
    if bool(words.str.match(DATE_BEGUN).all()):
        return "datetime"
    distinct = words.nunique()
    return "skip" if distinct > MANY_WORDS and distinct > len(known) / 2 else "categorical"


def holds_parts(series: pd.Series[Any]) -> bool:
    """Whether cells are lists, bytes or the like, as a Parquet file can have: no numbers, no words."""
    known = series.dropna()
    return bool(len(known)) and isinstance(known.iloc[0], list | tuple | dict | bytes | np.ndarray)


def is_unnamed(series: pd.Series[Any]) -> bool:
    """Whether the file has no name for the column, so that pandas made one up."""
    return str(series.name).startswith(UNNAMED)


def _counts_rows(series: pd.Series[Any]) -> bool:
    """Whether it is the index of a table, which many programs save with it."""
    from pandas.api import types

    if not types.is_numeric_dtype(series):
        return False
    return bool((np.diff(series.to_numpy(np.float64, na_value=math.nan)) == 1).all())


def read_cells(series: pd.Series[Any], kind: str, path: Path, mend: str | None = None) -> Cells:
    """A column as numbers: words as their place among all words, dates as days since 1970.

    Args:
        series: the column.
        kind: what it holds.
        path: of its file.
        mend: what to do about a cell that does not suit; None for the column of a table that is seen.

    Raises:
        DataError: a cell does not suit the kind; the text names its row and column.
    """
    name = str(series.name)
    if kind == "categorical":
        words = series.astype("string").str.strip()
        categories = tuple(sorted(words.dropna().unique(), key=natural))
        places = {word: float(index) for index, word in enumerate(categories)}
        return Cells(name, kind, words.map(places).to_numpy(np.float64, na_value=math.nan), categories)
    values = {"numeric": _numbers, "boolean": _truths, "datetime": _days}[kind](series)
    wrong = np.flatnonzero(values.isna().to_numpy() & series.notna().to_numpy())
    if len(wrong):
        row = int(wrong[0])
        place = file_row(int(series.index[row]))  # rows may have been dropped or sorted
        expected = {"numeric": "a number", "boolean": "true or false", "datetime": "a date"}[kind]
        raise DataError(
            f"{path}, row {place}, column {name!r} holds {str(series.iloc[row])!r}. "
            f"Expected {expected}. "
            + (mend or f'Correct the cell or empty it, or set data.types = {{"{name}": "categorical"}}.')
        )
    return Cells(name, kind, _finite(values, name, path))


def days_of(series: pd.Series[Any]) -> Numbers:
    """Dates as days since 1970, NaN for what is none."""
    days: Numbers = _days(series).to_numpy(np.float64, na_value=math.nan)
    return days


def natural(word: str) -> tuple[int, float, str]:
    """A key that sorts numbers by size and before words."""
    try:
        return 0, float(word), word
    except ValueError:
        return 1, 0.0, word


def _finite(series: pd.Series[Any], name: str, path: Path) -> Numbers:
    values: Numbers = series.to_numpy(np.float64, copy=True, na_value=math.nan)
    wrong = np.flatnonzero(np.abs(values) > MAX_FLOAT32)
    if len(wrong):
        value = float(values[wrong[0]])
        found = "is infinite" if math.isinf(value) else f"holds {value:g}"
        raise DataError(
            f"{path}, row {file_row(int(series.index[wrong[0]]))}, column {name!r} {found}. "
            f"Expected a finite number of at most {MAX_FLOAT32:.4g}. "
            "Correct the cell or empty it."
        )
    return values


def _numbers(series: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd
    from pandas.api import types

    if types.is_timedelta64_dtype(series):
        return series.dt.total_seconds()
    if types.is_datetime64_any_dtype(series):  # pandas would give nanoseconds
        return pd.Series(math.nan, index=series.index)
    return pd.to_numeric(series, errors="coerce")


def _truths(series: pd.Series[Any]) -> pd.Series[Any]:
    words = series.astype("string").str.strip().str.lower()
    return words.map({**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}).astype("Float64")


def _days(series: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of dates in no one format
        dates = pd.to_datetime(series, errors="coerce", utc=True)
    # In seconds, as in nanoseconds no year behind 2262 has a place.
    start = pd.Timestamp("1970-01-01", tz="UTC").as_unit("s")
    return (dates - start).dt.total_seconds() / SECONDS_A_DAY
