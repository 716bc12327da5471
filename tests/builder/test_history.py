"""Curves: every step kept, thinned for the screen so that nothing that matters is lost."""

import math
from itertools import pairwise

import pytest

from builder.panels.chart_specs import x_range
from builder.panels.history import History, Series
from runtime.events import EpochEnded, StepsRecorded
from tests.builder.run_events import steps


def test_series_keeps_every_point_through_growth():
    series = Series()
    for first in range(1, 50_001, 777):
        count = min(777, 50_001 - first)
        series.extend(range(first, first + count), [float(x) ** 0.5 for x in range(first, first + count)])
    assert len(series) == 50_000
    assert series.x.tolist() == list(range(1, 50_001))
    assert series.y[41_999] == 42_000**0.5


def thinned(series, start, end, buckets, *, smooth=False):
    return series.window(start, end, series.buckets(start, end, buckets)[0], smooth=smooth)


def test_thinned_window_loses_no_peak():
    series = Series()
    values = [0.0] * 100_000
    values[31_415], values[92_653] = 9.0, -7.0
    series.extend(range(100_000), values)
    x, y = thinned(series, 0, 100_000, 200)
    assert len(x) <= 800
    assert y.max() == 9.0
    assert y.min() == -7.0
    assert abs(x[y.argmax()] - 31_415) < 100_000 / 200


def test_a_smooth_curve_is_thinned_without_teeth():
    series = Series()
    series.extend(range(10_000), [1 / (1 + x) for x in range(10_000)])
    x, y = thinned(series, 0, 1e9, 50, smooth=True)
    assert len(x) <= 200
    assert all(before > after for before, after in pairwise(y))
    assert (x[0], x[-1]) == (0, 9_999)


def test_thinning_stands_still_while_the_curve_grows():
    series = Series()
    series.extend(range(10_000), [math.sin(x) for x in range(10_000)])
    _, before = thinned(series, 0, 1e9, 100)
    series.extend(range(10_000, 10_050), [5.0] * 50)
    _, after = thinned(series, 0, 1e9, 100)
    assert after[: len(before) - 2].tolist() == before[:-2].tolist()


def test_window_without_thinning_reaches_over_its_edges():
    series = Series()
    series.extend(range(100), [float(x) for x in range(100)])
    x, _ = thinned(series, 10.5, 20.5, 200)
    assert x[0] <= 10.5  # so that lines run out of the picture instead of ending in it
    assert x[-1] >= 20.5
    assert len(x) < 15


def test_nearest_point():
    series = Series()
    assert series.at(3) is None
    series.extend((10, 20), (1.0, 2.0))
    assert [series.at(x) for x in (0, 14, 16, 99)] == [(10, 1.0), (10, 1.0), (20, 2.0), (20, 2.0)]


def test_smoothed_loss_starts_unbiased_and_passes_over_what_is_not_finite():
    history = History()
    history.add_steps(steps(1, 3, loss=lambda step: 5.0 if step != 2 else math.nan))
    assert history.series["smoothed_loss"].y.tolist() == pytest.approx([5.0, 5.0, 5.0])
    assert math.isnan(history.series["loss"].y[1])


def test_young_curve_fills_the_axis_and_the_axis_seldom_moves():
    ranges = [x_range(0, step, 10_000) for step in range(1, 10_001, 10)]
    assert all(end >= step for (_, end), step in zip(ranges, range(1, 10_001, 10), strict=True))
    assert all(end <= max(2 * step, 32) for (_, end), step in zip(ranges, range(1, 10_001, 10), strict=True))
    assert len(set(ranges)) < 12
    assert ranges[-1] == (0, 10_000)


def test_each_output_has_its_curves():
    history = History(0.5)
    history.add_steps(
        StepsRecorded(
            1, 1, (3.0, 2.0), (0.1, 0.1), (1.0, 1.0), (0.0, 0.1), {"logits": (1.0, 0.5), "mask": (2.0, 1.5)}
        )
    )
    history.add_epoch(
        EpochEnded(1, 2, 2.5, None, 2.0, {"loss.mask": 1.2}, 1.0, True, parts={"train_loss.mask": 1.7})
    )
    assert history.outputs == ("logits", "mask")
    assert history.series["loss.mask"].y.tolist() == [2.0, 1.5]
    assert history.series["smoothed_loss.logits"].y.tolist() == pytest.approx([1.0, 2 / 3])
    assert history.series["val_loss.mask"].y.tolist() == [1.2]
    assert history.series["train_loss.mask"].x.tolist() == [2]
    history.smooth(0.0)
    assert history.series["smoothed_loss.mask"].y.tolist() == [2.0, 1.5]
