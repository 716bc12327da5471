"""Ticks are round, few enough to be read, and written as short as tells them apart."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from builder.panels.axes import AxesStyle, draw_axes, log_ticks, step_ticks, value_ticks


def texts(ticks):
    return [text for _, text in ticks]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 5_628, ["0", "2000", "4000"]),
        (0, 40_000, ["0", "10k", "20k", "30k", "40k"]),
        (0, 2.2e6, ["0", "1M", "2M"]),
        (0, 3, ["0", "1", "2", "3"]),  # no half steps
        (998.5, 1_003.5, ["1000", "1002"]),
    ],
)
def test_steps(low, high, expected):
    assert texts(step_ticks(low, high, 240)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 2.7, ["0", "0.5", "1", "1.5", "2", "2.5"]),
        (0, 1.06e-3, ["0", "0.0002", "0.0004", "0.0006", "0.0008", "0.001"]),
        (79.99, 80.011, ["79.99", "79.995", "80", "80.005", "80.01"]),
        (0, 2.1e7, ["0", "5M", "10M", "15M", "20M"]),
        (0, 2.2e5, ["0", "50k", "100k", "150k", "200k"]),
        (0, 2.1e13, ["0", "5e+12", "1e+13", "1.5e+13", "2e+13"]),  # a loss on its way to infinity
        (-1.2, 1.2, ["-1", "-0.5", "0", "0.5", "1"]),
    ],
)
def test_values(low, high, expected):
    assert texts(value_ticks(low, high, 186)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-4, 2, ["0.0001", "0.001", "0.01", "0.1", "1", "10", "100"]),
        (-9, 9, ["1e-09", "1e-06", "0.001", "1", "1e+03", "1e+06", "1e+09"]),  # every third decade
        (-0.5, 1, ["0.5", "1", "2", "5", "10"]),
        (-0.3, 0.3, ["1", "1.5"]),
    ],
)
def test_a_logarithmic_axis(low, high, expected):
    assert texts(log_ticks(low, high, 186)) == expected


def test_a_long_number_is_made_narrow_instead_of_cut(qapp):
    pictures = []
    for text in ("W0.123456789", "0.123456789"):
        picture = QImage(120, 40, QImage.Format.Format_RGB32)
        picture.fill(QColor("white"))
        painter = QPainter(picture)
        style = AxesStyle(QColor("white"), QColor("black"), QFont())
        draw_axes(painter, QRectF(52, 5, 60, 15), style, [], [(12, text)])
        painter.end()
        pictures.append(picture.copy(0, 0, 52, 40))
    assert pictures[0] != pictures[1]


def test_a_tick_stands_at_its_value():
    assert {text: value for value, text in log_ticks(-4, 2, 186)}["0.01"] == pytest.approx(-2)
    assert {text: value for value, text in step_ticks(0, 40_000, 240)}["20k"] == 20_000


@pytest.mark.parametrize("rule", [step_ticks, value_ticks])
@pytest.mark.parametrize(("low", "high", "length"), [(1, 1, 100), (0, float("inf"), 100), (2, 1, 100)])
def test_an_axis_that_shows_nothing_has_none(rule, low, high, length):
    assert not rule(low, high, length)


def test_there_is_room_between_them():
    for length in (10, 60, 100, 300, 1000):
        places = [value / 5_628 * length for value, _ in step_ticks(0, 5_628, length)]
        assert all(later - place >= 50 for place, later in pairwise(places))
