"""No window of a series sees another series, what comes later, or what is held back; what is lost is told."""

import numpy as np
import pandas as pd
import pytest
import torch

from runtime.data.raw import DataError

STEPS = 40


@pytest.fixture
def load_series(load, tmp_path):
    """Gives a function that writes a table as CSV and loads windows over it."""

    def write_and_load(frame, **settings):
        frame.to_csv(tmp_path / "series.csv", index=False)
        plan = {"source": "sequences", "path": "series.csv", "window": 4, "standardize": False, **settings}
        return load(plan, folder=tmp_path, target="value")

    return write_and_load


def two_series(**columns) -> pd.DataFrame:
    """A from 0 to 19 and B from 1000 to 1019, row by row in turn."""
    level = np.arange(STEPS, dtype=float) // 2 + 1000 * (np.arange(STEPS) % 2)
    return pd.DataFrame({"level": level, "sensor": ["A", "B"] * (STEPS // 2), **columns})


@pytest.mark.parametrize("settings", [{}, {"horizon": 3}, {"stride": 2}, {"padding": "zeros"}])
def test_no_window_crosses_from_series_to_series_or_from_training_to_validation(load_series, settings):
    data = load_series(two_series(), group="sensor", val_fraction=0.4, **settings)
    for x, y, first, last in ((data.train_x, data.train_y, 0, 11), (data.val_x, data.val_y, 12, 19)):
        moments = torch.cat([x[..., 0], y], dim=1)
        is_second = moments[:, :1] >= 1000
        assert bool(((moments >= 1000) == is_second).all())
        within = moments - 1000 * is_second
        assert set((within[:, 1:] - within[:, :-1]).flatten().tolist()) == {1.0}
        assert (float(within.min()), float(within.max())) == (first, last - (settings == {"stride": 2}))


def test_what_is_standardised_is_measured_on_the_training_moments(load_series):
    frame = pd.DataFrame({"level": [*([1.0, 3.0] * 16), *([500.0] * 8)]})
    data = load_series(frame, standardize=True)
    assert [(column.shift, column.scale) for column in data.columns] == [(2.0, 1.0)] * 2
    assert data.val_x.unique().tolist() == [498.0]


def test_a_gap_takes_no_value_of_another_series(load_series):
    frame = two_series()
    frame.loc[frame.index[[1, 3, 20]], "level"] = np.nan  # the first two of B, and one within A
    data = load_series(frame, group="sensor", val_fraction=0)
    starts = data.train_x[:, 0, 0].tolist()
    assert 1002.0 in starts
    assert min(start for start in starts if start > 20) == 1002.0
    assert data.train_x[7, :, 0].tolist() == [7, 8, 9, 9]
    assert data.notes == (
        "Column 'level': 1 gaps took the value before them.",
        "2 rows that come before the first value of a column are left out.",
    )


def test_nothing_is_filled_with_what_comes_later(load_series):
    frame = pd.DataFrame({"level": [*([np.nan] * 10), *range(30)], "other": range(40)})
    assert load_series(frame, val_fraction=0).train_x[0].tolist() == [[0, 10], [1, 11], [2, 12], [3, 13]]
    frame["other"] = [*range(10), *([np.nan] * 30)]
    frame["level"] = [*([np.nan] * 10), *range(30)]
    assert load_series(frame, val_fraction=0).train_x[0].tolist() == [[0, 9], [1, 9], [2, 9], [3, 9]]
    apart = pd.DataFrame({"level": [np.nan, 1.0], "other": [1.0, np.nan], "sensor": ["A", "B"]})
    with pytest.raises(DataError, match=r"has no row with a value in or above it in each of level, other\."):
        load_series(apart, group="sensor")


def test_a_row_without_the_name_of_its_series_is_refused(load_series):
    frame = two_series()
    frame.loc[[5, 9], "sensor"] = None
    with pytest.raises(DataError, match=r"row 7, column 'sensor' is empty, and 1 more\. .*data\.group names"):
        load_series(frame, group="sensor")


def test_dates_that_do_not_rise_are_told(load_series):
    frame = pd.DataFrame({"day": pd.date_range("2020", periods=STEPS).astype(str), "level": range(STEPS)})
    assert not load_series(frame).notes
    (note,) = load_series(frame[::-1]).notes
    assert note.startswith(
        "Column 'day' falls from row to row, but a series is read in the order of its rows"
    )
    (note,) = load_series(frame.sample(frac=1, random_state=1)).notes
    assert note.startswith("Column 'day' does not rise from row to row")
    twice = pd.concat([frame.assign(sensor="A"), frame.assign(sensor="B")])
    assert not load_series(twice, group="sensor").notes


def test_series_that_are_too_short_are_told(load_series):
    frame = two_series(sensor=["A"] * 20 + ["B"] * 16 + ["C"] * 4)
    data = load_series(frame, group="sensor", val_fraction=0.3)
    assert data.notes == (
        "1 of 3 series are too short to train on, so they are left out. Lower data.window, or set "
        "data.padding = zeros.",
    )


def test_an_array_has_no_columns_to_name(load, tmp_path):
    np.save(tmp_path / "series.npy", np.arange(50))
    plan = {"source": "sequences", "path": "series.npy", "window": 4}
    with pytest.raises(
        DataError, match=r"data\.group names columns, but those of .*series\.npy have no names"
    ):
        load({**plan, "group": "sensor"}, folder=tmp_path, target="value")
    for empty in (np.zeros(0), np.zeros((50, 0))):
        np.save(tmp_path / "series.npy", empty)
        with pytest.raises(DataError, match=r"has shape \(.*Save the series so"):
            load(plan, folder=tmp_path, target="value")
