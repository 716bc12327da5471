"""While a run is on, only the window's thread collects garbage."""

import gc
import threading

import pytest
from PySide6.QtCore import QTimer

from builder.garbage import ALL, SETTLING, GarbageCollector


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


def settle(collector):
    for _ in range(SETTLING):
        collector.collect()


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

    settle(collector)
    Owner()
    collector.collect()
    qtbot.waitUntil(lambda: gone == [threading.get_ident()])


def test_what_a_starting_run_makes_is_set_aside_until_the_end(collector):
    collector.start()
    before = gc.get_freeze_count()
    collector.collect()
    assert gc.get_freeze_count() > before
    collector.stop()
    assert gc.get_freeze_count() == 0


def test_what_is_loaded_stays_set_aside(collector):
    collector.start()
    collector.stop(is_kept=True)
    assert gc.get_freeze_count() > 0
    gc.unfreeze()


def test_everything_is_looked_at_now_and_then(collector, monkeypatch):
    generations = []
    monkeypatch.setattr(gc, "collect", generations.append)
    settle(collector)
    assert not generations
    for _ in range(2 * ALL - SETTLING):
        collector.collect()
    assert generations == ([1] * (ALL - 1) + [2] + [1] * (ALL - 1) + [2])[SETTLING:]
