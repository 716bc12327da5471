"""Long work in a thread stands still while somebody types, and comes to its end all the same."""

from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from builder import forecast, resting
from builder.picker import Picker
from builder.resting import QUIET, Resting
from builder.session import Session
from builder.theme import light
from graph.document import Document
from graph.templates import template


class Clock:
    """Goes on only by the rests that are taken; keys can be pressed in the midst of these."""

    def __init__(self, monkeypatch):
        self.now, self.rests, self.keys = 1000.0, [], []
        monkeypatch.setattr(resting, "monotonic", lambda: self.now)

    def pause(self, awaited, seconds):
        if awaited.is_set():
            return True
        self.rests.append(pytest.approx(seconds))
        if self.keys:
            self.now += self.keys.pop(0)
            resting.note_key()
        else:
            self.now += seconds
        return False

    def pace(self):
        return Resting(lambda: self.now, self.pause)


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(resting, "_KEYS", resting._Keys())
    return Clock(monkeypatch)


@pytest.fixture
def picker(qtbot):
    made = Picker("Find", "Find", light(), None)
    qtbot.addWidget(made)
    return made


def test_where_nobody_types_nothing_rests(clock):
    assert list(clock.pace()("abc")) == ["a", "b", "c"]
    assert clock.rests == []


def test_after_a_key_it_rests_once_and_goes_on_with_the_same(clock):
    items = iter(clock.pace()("abcd"))
    assert next(items) == "a"
    resting.note_key()
    assert "".join(items) == "bcd"
    assert clock.rests == [QUIET]


def test_it_rests_until_the_last_of_several_keys_is_over(clock):
    resting.note_key()
    clock.keys = [QUIET / 4, QUIET / 2]
    assert list(clock.pace()("a")) == ["a"]
    assert clock.rests == [QUIET, QUIET, QUIET]


def test_who_waits_for_the_end_has_it_hurry(clock):
    pace = clock.pace()
    resting.note_key()
    pace.hurry()
    assert list(pace("ab")) == ["a", "b"]
    assert clock.rests == []


def test_opening_a_search_and_every_key_in_it_is_taken_note_of(clock, picker):
    for act in (picker.open, lambda: QTest.keyClick(picker.field, Qt.Key.Key_C)):
        clock.now += 10 * QUIET
        act()
        assert list(clock.pace()("a")) == ["a"]
        assert clock.rests.pop() == QUIET


def test_costs_stand_still_while_a_key_is_fresh_until_the_window_waits_for_them(qtbot, monkeypatch, picker):
    monkeypatch.setattr(resting, "_KEYS", resting._Keys())
    monkeypatch.setattr(resting, "QUIET", 3600)
    monkeypatch.setattr(forecast, "AT_ONCE", 0)
    rests, ended = Event(), Event()

    def pause(awaited, seconds):
        rests.set()
        return awaited.wait(seconds)

    def noted(*args):
        costs = worked_out(*args)
        ended.set()
        return costs

    worked_out = forecast._worked_out
    monkeypatch.setattr(forecast, "_worked_out", noted)
    monkeypatch.setattr(forecast, "Resting", lambda: Resting(pause=pause))
    QTest.keyClicks(picker.field, "conv")
    session = Session(Document(template("SmallCNN").project()))
    assert session.forecast.network is None
    qtbot.waitUntil(rests.is_set)
    assert not ended.is_set()
    session.forecast.wait()
    assert ended.is_set()
