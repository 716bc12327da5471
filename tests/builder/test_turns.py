"""Work done bit by bit: what fits into a moment in each turn, and everybody else in between."""

import pytest
from PySide6.QtCore import QObject, QTimer

from builder.turns import MOMENT, Turns


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def turns(qapp, now):
    parent = QObject()
    yield Turns(parent, lambda: now[0])
    parent.deleteLater()


def bits(now, name, count, told, seconds):
    for number in range(count):
        now[0] += seconds
        told.append(f"{name}{number}")
        yield


def beats(told, parent):
    timer = QTimer(parent, interval=0)
    timer.timeout.connect(lambda: told.append("beat"))
    timer.start()


def test_long_bits_leave_a_turn_to_everybody_else(turns, now, qtbot):
    told = []
    beats(told, turns)
    turns.add(bits(now, "a", 3, told, MOMENT))
    with qtbot.waitSignal(turns.done):
        assert not turns.is_idle
        turns.add(bits(now, "b", 1, told, MOMENT))
    assert turns.is_idle
    assert [each for each in told if each != "beat"] == ["a0", "a1", "a2", "b0"]
    assert all(
        "beat" in told[told.index(one) : told.index(next_)] for one, next_ in (("a0", "a1"), ("a1", "a2"))
    )


def test_short_bits_share_a_turn(turns, now, qtbot):
    told = []
    beats(told, turns)
    with qtbot.waitSignal(turns.done):
        turns.add(bits(now, "a", 9, told, MOMENT / 10))
    first = told.index("a0")
    assert told[first : first + 9] == [f"a{number}" for number in range(9)]


def test_a_work_that_fails_keeps_no_other_from_being_done(turns, now, qtbot):
    def failing():
        raise ValueError("no chart")
        yield

    told = []
    with qtbot.captureExceptions() as caught, qtbot.waitSignal(turns.done):
        turns.add(failing())
        turns.add(bits(now, "a", 1, told, 0))
    assert [str(error) for _, error, _ in caught] == ["no chart"]
    assert told == ["a0"]
