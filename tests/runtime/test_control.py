"""Stop and pause, from any thread."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from runtime.control import Control
from runtime.signals import stop_on_signals

HOWEVER_LONG = threading.TIMEOUT_MAX  # seconds: a thread may have to wait for a processor


def test_pause_waits_until_resumed() -> None:
    control = Control()
    control.pause()
    assert control.paused
    waiter = threading.Thread(target=control.wait_while_paused)
    waiter.start()
    control.resume()
    waiter.join()
    assert not control.paused


def test_a_stop_ends_the_pause_and_forbids_a_new_one() -> None:
    control = Control()
    control.pause()
    control.request_stop()
    assert control.stopped
    assert not control.paused
    control.pause()
    assert not control.paused
    control.wait_while_paused()


def run_until_stopped(control: Control, steps: list[int]) -> threading.Thread:
    """A run in a thread of its own that notes its steps."""

    def run() -> None:
        while not control.stopped:
            control.make_way()
            steps.append(len(steps))

    runner = threading.Thread(target=run)
    runner.start()
    return runner


def test_a_run_waits_before_its_next_step_for_who_asked_for_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.control.LONGEST_BREAK", HOWEVER_LONG)
    control, steps = Control(), list[int]()
    runner = run_until_stopped(control, steps)
    for _ in range(20):
        begun = threading.Event()
        control.ask_for_break(begun.set)
        begun.wait()
        before = len(steps)
        assert sum(range(10_000)) > 0
        assert len(steps) == before
        control.end_break()
    control.request_stop()
    runner.join()
    assert len(steps) >= 20


def test_a_break_that_was_taken_back_does_not_begin() -> None:
    control, begun = Control(), list[bool]()
    control.ask_for_break(lambda: begun.append(True))
    control.end_break()
    control.make_way()
    assert not begun


def test_a_break_begins_no_earlier_than_it_is_due() -> None:
    now, begun = [100.0], list[float]()
    control = Control(clock=lambda: now[0])

    def begin() -> None:
        begun.append(now[0])
        control.end_break()

    control.ask_for_break(begin, after=0.05)
    for now[0] in (100.0, 100.04, 100.06, 100.08):
        assert control.has_asker is (now[0] == 100.06)
        control.make_way()
    assert begun == [100.06]
    assert control.break_began == 100.06


def test_who_asks_again_during_a_break_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.control.LONGEST_BREAK", 60.0)
    control, begun = Control(), list[bool]()

    def ask_again() -> None:
        begun.append(True)
        control.ask_for_break(lambda: None, after=60.0)

    control.ask_for_break(ask_again)
    control.make_way()
    assert begun == [True]
    assert not control.has_asker


def test_a_run_does_not_wait_for_ever_for_who_forgets_his_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.control.LONGEST_BREAK", 0.001)
    control, begun = Control(), list[bool]()
    control.ask_for_break(lambda: begun.append(True))
    control.make_way()
    control.make_way()
    assert begun == [True]


def test_a_stop_ends_the_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.control.LONGEST_BREAK", HOWEVER_LONG)
    control, begun = Control(), threading.Event()
    control.ask_for_break(begun.set)
    runner = run_until_stopped(control, [])
    begun.wait()
    control.request_stop()
    runner.join()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_for_a_stop(number: signal.Signals, code: int) -> None:
    control = Control()
    before = signal.getsignal(number)
    with stop_on_signals(control) as received:
        assert received.exit_code == 0
        os.kill(os.getpid(), number)
        assert control.stopped
        assert received.exit_code == code
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
