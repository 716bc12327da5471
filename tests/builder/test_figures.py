"""A run's figures, as the events tell them and as people read them."""

import math

import pytest

from builder.panels.figures import RunFigures, duration, number, widest_number
from runtime.events import EpochEnded, StateChanged, StepsRecorded
from tests.builder.run_events import START, epoch_end, steps


def taken(*events):
    figures = RunFigures()
    for event in events:
        figures.take(event)
    return figures


def test_speed_is_that_of_training_without_validation():
    figures = taken(START, steps(1, 100, seconds=0.01), epoch_end(1, 100))
    assert figures.steps_per_second == pytest.approx(100)
    assert figures.samples_per_second == pytest.approx(3200)


def test_time_left_counts_whole_epochs_once_one_is_known():
    first = taken(START, steps(1, 50, seconds=0.01))
    assert first.seconds_left == pytest.approx(1.5)
    second = taken(START, steps(1, 100), epoch_end(1, 100))
    assert second.seconds_left == pytest.approx(2.0)


def test_pause_spoils_neither_speed_nor_time_left():
    figures = taken(START, steps(1, 50), StateChanged("paused"))
    assert (figures.steps_per_second, figures.seconds_left) == (None, None)
    figures.take(StateChanged("running"))
    later = steps(51, 50, seconds=0.01)
    times = tuple(time + 3600 for time in later.times)
    figures.take(StepsRecorded(51, 1, later.losses, later.lrs, later.grad_norms, times))
    assert figures.steps_per_second == pytest.approx(100)
    figures.take(EpochEnded(1, 100, 0.4, None, None, {}, 3602.0, True))
    assert figures.seconds_left == pytest.approx(1.0)


def test_train_loss_is_of_the_epoch_as_the_validation_loss_beside_it_is():
    figures = taken(START, steps(1, 100), epoch_end(1, 100))
    assert figures.train_loss == 0.4
    figures.take(steps(101, 2, epoch=2, loss=lambda step: step - 100.0))
    figures.take(steps(103, 1, epoch=2, loss=lambda step: 9.0))
    assert figures.train_loss == 4.0
    figures.take(steps(104, 1, epoch=2, loss=lambda step: math.nan))
    assert math.isnan(figures.train_loss), "what goes wrong is seen at once"
    figures.take(steps(105, 1, epoch=2, loss=lambda step: 4.0))
    assert figures.train_loss == 4.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
        (359_940, "99 h 59 min"),
        (776_160, "216 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0231449, "0.02314"),
        (1.5e-5, "1.5e-05"),
        (12480, "12,480"),
        (0, "0"),
        (math.nan, "nan"),
        (2e9, "2e+09"),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.05, 2.3), (98, 100), (1e-6, 0.2), (-3, 800), (0, 100), (9_000, 2e7), (-2e-6, -1e-8), (3, 3)],
)
def test_no_value_between_two_is_wider_than_the_widest(low, high):
    rooms = [len(number(low + (high - low) * share / 997)) for share in range(1, 998)]
    assert max(rooms) <= len(widest_number(low, high)) <= max(rooms) + 1


@pytest.mark.parametrize(("low", "high"), [(0, 0), (math.inf, -math.inf), (math.nan, math.nan)])
def test_no_values_are_not_wide(low, high):
    assert widest_number(low, high) == ""
