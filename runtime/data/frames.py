"""Tables read with pandas, and every way in which they can be wrong."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.problems import closest
from runtime.data.raw import DataError

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "none", "?", "-")
SNIFFED = 64 * 1024  # characters that tell the separator
SEPARATORS = ",;\t|"
FIRST_ROW = 2  # the line of a file that holds the first row, below the header


def read_frame(path: Path, separator: str | None = None, *, as_text: bool = False) -> pd.DataFrame:
    """The table in a CSV, TSV or Parquet file, with text column names.

    Args:
        path: the file; `.parquet` is read as such, anything else as text.
        separator: between cells; None finds it out.
        as_text: whether cells stay the text they are.

    Raises:
        DataError: it is no such file, or it is empty.
    """
    frame = _read_parquet(path) if path.suffix == ".parquet" else _read_text(path, separator, as_text)
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


def _read_text(path: Path, separator: str | None, as_text: bool) -> pd.DataFrame:
    import pandas as pd

    options: dict[str, Any] = {"dtype": str, "keep_default_na": False} if as_text else {
        "na_values": list(MISSING_WORDS), "keep_default_na": True, "low_memory": False,
    }  # fmt: skip
    try:
        return pd.read_csv(path, sep=separator or _separator(path), skipinitialspace=True, **options)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text (byte {error.start}). Expected a table as text. Save it as UTF-8."
        ) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path} is empty. Expected a header and rows. Choose another file.") from error
    except (pd.errors.ParserError, ValueError, OSError) as error:
        raise DataError(
            f"{path} cannot be read as a table ({str(error).strip()}). Expected as many cells in "
            "every row as in "
            "the header. Mend that row, or set data.separator."
        ) from error


def _separator(path: Path) -> str:
    """What the header is divided by, a comma if by nothing."""
    if path.suffix == ".tsv":
        return "\t"
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline(SNIFFED)
    return max(SEPARATORS, key=header.count) if any(map(header.count, SEPARATORS)) else ","


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not any(importlib.util.find_spec(name) for name in ("pyarrow", "fastparquet")):
        raise DataError(
            f"{path} is a Parquet file, which needs the package pyarrow. Expected it to be installed. "
            "Install it with `pip install pyarrow`, or save the table as CSV."
        )
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise DataError(
            f"{path} cannot be read ({error}). Expected a Parquet file. Save the table again."
        ) from error


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


def file_row(index: int) -> int:
    """The line of the file that a row stands in."""
    return index + FIRST_ROW
