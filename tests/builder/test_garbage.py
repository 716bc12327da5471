"""While a run is on, only the window's thread collects garbage."""

import gc
import threading

import pytest
from PySide6.QtCore import QTimer

from builder.garbage import ALL, GarbageCollector


@pytest.fixture
def collector(qapp):
    collector = GarbageCollector()
    yield collector
    if collector.is_active:
        collector.stop()


@pytest.fixture
def python_collects():
    """As outside the tests, where Python collects by itself."""
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def kept():
    """How many objects are set aside before."""
    yield gc.get_freeze_count()
    gc.unfreeze()


def test_python_stops_collecting_until_everybody_has_stopped(python_collects, collector):
    collector.start()
    assert not gc.isenabled()
    collector.start()
    collector.stop()
    assert not gc.isenabled()
    assert collector.is_active
    collector.stop()
    assert gc.isenabled()
    assert not collector.is_active


def test_python_collects_after_a_start_that_kept_it_from_it(qapp, python_collects):
    gc.disable()
    collector = GarbageCollector(resumes=True)
    collector.start()
    collector.stop()
    assert gc.isenabled()


def test_who_had_it_off_before_gets_it_back_so(collector):
    assert not gc.isenabled()
    collector.start()
    collector.stop()
    assert not gc.isenabled()


def test_cycles_are_collected_meanwhile_and_on_this_thread(collector, qtbot):
    gone = []

    class Owner:
        def __init__(self):
            self.timer = QTimer(interval=1)
            self.timer.owner = self  # a cycle

        def __del__(self):
            gone.append(threading.get_ident())

    Owner()
    collector.collect()
    qtbot.waitUntil(lambda: gone == [threading.get_ident()])


def test_what_is_loaded_is_set_aside_and_stays_so_when_a_run_ends(collector, kept):
    collector.start(is_kept=True)
    collector.collect()
    assert gc.get_freeze_count() > kept
    collector.start()  # a run, before everything is loaded
    made = [[] for _ in range(1000)]
    collector.stop(is_kept=True)
    count = gc.get_freeze_count()
    assert count > kept + len(made)
    collector.collect()
    collector.stop()
    assert gc.get_freeze_count() == count


def test_what_a_run_makes_is_not_set_aside(collector, kept):
    collector.start()
    collector.collect()
    collector.stop()
    assert gc.get_freeze_count() == kept


def test_everything_is_looked_at_now_and_then(collector, monkeypatch):
    generations = []
    monkeypatch.setattr(gc, "collect", generations.append)
    for _ in range(2 * ALL):
        collector.collect()
    assert generations == [1] * (ALL - 1) + [2] + [1] * (ALL - 1) + [2]
