"""What a Parquet file can hold and a table of text cannot: lists, bytes, durations, periods and dates."""

import datetime

import pandas as pd
import pytest

from runtime.data.raw import DataError

pytest.importorskip("pyarrow")

ROWS = 20
PAIRS = {"list": [[1.0, 2.0]] * ROWS, "bytes": [b"x\xff"] * ROWS, "dict": [{"a": 1}] * ROWS}


@pytest.fixture
def load_column(load, tmp_path):
    """Gives a function that loads a table of Parquet with a column of these cells before its label."""

    def write_and_load(cells, target="class", **settings):
        frame = pd.DataFrame({"number": range(ROWS), "cells": cells, "label": ["a", "b"] * (ROWS // 2)})
        frame.to_parquet(tmp_path / "table.parquet")
        plan = {"source": "csv", "path": "table.parquet", "val_fraction": 0, "standardize": False}
        return load({**plan, **settings}, folder=tmp_path, target=target)

    return write_and_load


@pytest.mark.parametrize("kind", PAIRS)
def test_cells_of_several_parts_are_left_out_and_told(load_column, kind):
    data = load_column(PAIRS[kind])
    assert data.input_shape == (1,)
    assert data.notes == ("Column 'cells' is left out: it is empty, names single rows, or holds lists.",)


@pytest.mark.parametrize("kind", PAIRS)
def test_cells_of_several_parts_are_not_predicted(load_column, kind):
    with pytest.raises(
        DataError, match=r"column 'cells' holds cells of \w+\. Expected a number or a word in every"
    ):
        load_column(PAIRS[kind], label="cells")


def test_durations_are_seconds(load_column):
    data = load_column(pd.to_timedelta(range(ROWS), unit="min"))
    assert data.train_x[:3, 1].tolist() == [0, 60, 120]
    predicted = load_column(pd.to_timedelta(range(ROWS), unit="min"), label="cells", target="value")
    assert predicted.train_y[:3].flatten().tolist() == [0, 60, 120]


def test_periods_are_dates(load_column):
    data = load_column(pd.period_range("1970-01", periods=ROWS, freq="M"))
    assert (data.columns[1].kind, data.train_x[:3, 1].tolist()) == ("datetime", [0, 31, 59])


@pytest.mark.parametrize("cells", [pd.date_range("2020", periods=ROWS), [datetime.date(2020, 1, 1)] * ROWS])
def test_dates_are_not_predicted_as_nanoseconds(load_column, cells):
    with pytest.raises(DataError, match=r"row 2, column 'cells' holds '2020-01-01.*'\. Expected a number"):
        load_column(cells, label="cells", target="value", task="regression")
    data = load_column(cells, label="cells", target="value", types={"cells": "datetime"})
    assert float(data.train_y[0]) == 18262
