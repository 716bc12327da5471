"""Stop and pause, from any thread."""

from __future__ import annotations

import os
import signal
import threading
from itertools import pairwise

import pytest

import runtime.control
from runtime.control import MOST_SKIPPED, SHORT_STEP, Control
from runtime.signals import stop_on_signals


def test_pause_waits_until_resumed() -> None:
    control = Control()
    control.pause()
    assert control.paused
    waiter = threading.Thread(target=control.wait_while_paused)
    waiter.start()
    control.resume()
    waiter.join(timeout=10)
    assert not waiter.is_alive()
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


def test_a_run_with_short_steps_waits_for_who_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine even the shortest step may not get its turn within a few milliseconds.
    monkeypatch.setattr(runtime.control, "SHORT_STEP", 60.0)
    control, steps = Control(), 0

    def run() -> None:
        nonlocal steps
        while not control.stopped:
            control.make_way()
            steps += 1

    runner = threading.Thread(target=run)
    runner.start()
    try:
        for _ in range(20):
            with control.held():
                assert control._parked.is_set()
                before = steps
                assert sum(range(100_000)) > 0
                assert steps == before
    finally:
        control.request_stop()
    runner.join(timeout=10)
    assert not runner.is_alive()
    assert steps >= 20  # one at least after each time that it was held


def test_a_step_too_long_to_wait_for_is_waited_for_ever_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    control, waits = Control(), 0

    def waited(holds: int, *, is_short: bool) -> list[int]:
        """Which of the next holds wait for the step."""

        def wait(timeout: float) -> bool:
            nonlocal waits
            assert timeout == SHORT_STEP
            waits += 1
            return is_short

        monkeypatch.setattr(control._parked, "wait", wait)
        found = []
        for index in range(holds):
            before = waits
            with control.held():
                found += [index] * (waits - before)
        return found

    apart = [later - earlier for earlier, later in pairwise(waited(400, is_short=False))]
    assert apart[:5] == [2, 4, 8, 16, 32]
    assert set(apart[6:]) == {MOST_SKIPPED + 1}
    assert waited(100, is_short=True)[-30:] == list(range(70, 100))  # short again: each is waited for


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
