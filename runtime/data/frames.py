"""Tables read with pandas, and every way in which they can be wrong."""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from graph.problems import closest
from runtime.data.followed import followed, followed_bytes
from runtime.data.raw import DataError, Loading
from runtime.data.text_files import encoding_of

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "none", "?", "-")
SNIFFED = 64 * 1024  # characters that tell the separator
SEPARATORS = ",;\t|"
SPELLED = {r"\t": "\t"}  # as people type what no key gives
SPACES = r"\s+"
FIRST_ROW = 2  # the line of a file that holds the first row, below the header
WITH_COMMA = r"\s*[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?\s*"  # 1.234,5
NOTES = "notes"  # where a frame keeps what the user should know of its reading


def read_frame(path: Path, separator: str | None = None, *, as_words: bool = False) -> pd.DataFrame:
    """The table in a CSV, TSV or Parquet file, with text column names; `notes_of` tells how it was read.

    Args:
        path: the file; `.parquet` is read as such, anything else as text.
        separator: between cells; None finds it out.
        as_words: whether cells of text stay as they are written, such as 007.

    Raises:
        DataError: it is no such file, or it is empty.
    """
    loading = reading_frame(path, separator, as_words=as_words)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            frame: pd.DataFrame = end.value
            return frame


def reading_frame(
    path: Path, separator: str | None = None, *, as_words: bool = False
) -> Loading[pd.DataFrame]:
    """As `read_frame`, and yields how far that is; closing it ends the reading."""
    if path.suffix == ".parquet":
        frame = yield from _reading_parquet(path)
    else:
        frame = yield from _reading_text(path, separator, as_words)
    frame.columns = [str(name).strip() for name in frame.columns]
    repeated = [name for name in frame.columns if list(frame.columns).count(name) > 1]
    if repeated:
        raise DataError(
            f"{path} has several columns called {repeated[0]!r}. Expected every name once. Rename "
            "all but one."
        )
    if not len(frame):
        raise DataError(f"{path} has no rows below its header. Expected a row a sample. Choose another file.")
    return frame


def notes_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """What the user should know of how a table was read, one sentence each."""
    notes: tuple[str, ...] = frame.attrs.get(NOTES, ())
    return notes


def _reading_text(path: Path, separator: str | None, as_words: bool) -> Loading[pd.DataFrame]:
    encoding, notes = encoding_of(path, "a table as text")
    between = SPELLED.get(separator or "", separator) or _separator(path, encoding)
    header = _header(path, between, encoding)
    frame = yield from followed(partial(_parsed, path, between, as_words), path, encoding)
    if between != "," and not as_words:
        notes += _with_points(frame)
    twice = sorted({name for name in header if header.count(name) > 1 and name and not _is_number(name)})
    if twice:
        notes += (
            f"{path.name} has several columns called {', '.join(twice[:3])}: behind the first of them a "
            "number is added to the name.",
        )
    notes += _swallowed_notes(frame, between, path)
    numbers = [name for name in map(str, frame.columns) if _is_number(name)]
    if len(numbers) > len(frame.columns) / 2:
        notes += (
            f"The first line of {path.name} is taken for the names of the columns: {', '.join(numbers[:3])}.",
        )
    frame.attrs[NOTES] = notes
    return frame


def _parsed(path: Path, separator: str, as_words: bool, file: TextIO) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(
            file, skipinitialspace=True, na_values=list(MISSING_WORDS),
            keep_default_na=True, index_col=False, dtype=str if as_words else None, **_dialect(separator),
        )  # fmt: skip
    except UnicodeDecodeError as error:  # behind a mark that says otherwise
        raise DataError(
            f"{path} is no text in {file.encoding} (byte {error.start}). Expected a table as text. "
            "Save it as UTF-8."
        ) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path} is empty. Expected a header and rows. Choose another file.") from error
    except (pd.errors.ParserError, ValueError, OSError) as error:
        raise DataError(
            f"{path} cannot be read as a table ({str(error).strip()}). Expected as many cells in "
            "every row as in "
            "the header. Mend that row, or set data.separator."
        ) from error


def _dialect(separator: str) -> dict[str, Any]:
    """What pandas is told of a separator; its slow parser alone takes one of several letters."""
    if separator == SPACES or (len(separator) == 1 and separator.isascii()):
        return {"sep": separator, "low_memory": False}
    return {"sep": re.escape(separator), "engine": "python"}


def _header(path: Path, separator: str, encoding: str) -> list[str]:
    """The names of the columns as the file has them; none where that is not to be seen.

    Every cell of the first row has to have one, or pandas would make up an index.

    Raises:
        DataError: there is a cell behind the last name.
    """
    if len(separator) > 1:
        return []
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        rows = filter(None, csv.reader(file, delimiter=separator, skipinitialspace=True))
        try:
            header, first = next(rows, []), next(rows, [])
        except csv.Error:
            return []  # pandas tells what is wrong
    if any(first[len(header) :]):
        raise DataError(
            f"{path} has {len(header)} names in its first line, but {len(first)} cells in the next. Expected "
            "a name for every column. Add those that are missing, or set data.separator."
        )
    return header


def _separator(path: Path, encoding: str) -> str:
    """What the header is divided by, a comma if by nothing."""
    if path.suffix == ".tsv":
        return "\t"
    with path.open(encoding=encoding, errors="replace") as file:
        header = file.readline(SNIFFED)
    return max(SEPARATORS, key=header.count) if any(map(header.count, SEPARATORS)) else ","


def _with_points(frame: pd.DataFrame) -> tuple[str, ...]:
    """Turns the decimal commas of whole columns of numbers into points, and tells of it."""
    import pandas as pd

    changed = []
    for name in frame.columns:
        if not pd.api.types.is_string_dtype(frame[name]):
            continue
        words = frame[name].dropna().astype(str)
        if not words.str.contains(",").any() or not words.str.fullmatch(WITH_COMMA).all():
            continue
        plain = (
            frame[name].astype("string").str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
        )
        frame[name] = pd.to_numeric(plain).astype("float64")
        changed.append(str(name))
    return (f"The commas in {', '.join(changed)} are read as decimal points.",) if changed else ()


def _swallowed_notes(frame: pd.DataFrame, separator: str, path: Path) -> tuple[str, ...]:
    """Tells of a cell that holds whole lines of the table, as it does between two stray quotation marks."""
    import pandas as pd

    for name in frame.columns:
        if not pd.api.types.is_string_dtype(frame[name]):
            continue
        several = frame[name][frame[name].str.contains("\n", regex=False, na=False)]
        for row, word in several.items():
            lines = word.split("\n")[1:-1]
            if lines and all(line.count(separator) == len(frame.columns) - 1 for line in lines):
                place = f"{path.name}, row {file_row(int(row))}, column {str(name)!r}"
                return (
                    f"{place} holds {len(lines):,} whole lines of the table, which are no rows then: a "
                    "quotation mark before them is not closed, or one is too many.",
                )
    return ()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _reading_parquet(path: Path) -> Loading[pd.DataFrame]:
    import pandas as pd

    can_follow = importlib.util.find_spec("pyarrow") is not None
    if not (can_follow or importlib.util.find_spec("fastparquet")):
        raise DataError(
            f"{path} is a Parquet file, which needs the package pyarrow. Expected it to be installed. "
            "Install it with `pip install pyarrow`, or save the table as CSV."
        )
    try:
        if can_follow:
            frame = yield from followed_bytes(pd.read_parquet, path)
        else:
            frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise DataError(
            f"{path} cannot be read ({error}). Expected a Parquet file. Save the table again."
        ) from error
    is_named = any(name is not None for name in frame.index.names)  # such an index was a column once
    return frame.reset_index(drop=not is_named)


def require_columns(frame: pd.DataFrame, names: Sequence[str], key: str, path: Path) -> None:
    """Nothing, if the table has all these columns.

    Raises:
        DataError: it lacks one.
    """
    columns = list(frame.columns)
    for name in names:
        if name not in columns:
            close = closest(name, tuple(columns))
            listed = ", ".join(columns[:12]) + (", ..." if len(columns) > 12 else "")
            raise DataError(
                f"{path} has no column {name!r}, which data.{key} names. Expected one of {listed}. "
                + (f"Did you mean {close!r}?" if close else "Check the spelling.")
            )


def require_filled(series: pd.Series[Any], path: Path, advice: str) -> None:
    """Nothing, if no cell of a column is empty.

    Args:
        series: the column.
        path: of its file.
        advice: what was expected, and how to mend it.

    Raises:
        DataError: one is; the text names its row.
    """
    empty = series.index[series.isna()]
    if len(empty):
        more = f", and {len(empty) - 1:,} more" if len(empty) > 1 else ""
        raise DataError(
            f"{path}, row {file_row(int(empty[0]))}, column {series.name!r} is empty{more}. {advice}"
        )


def file_row(index: int) -> int:
    """The line of the file that a row stands in."""
    return index + FIRST_ROW
