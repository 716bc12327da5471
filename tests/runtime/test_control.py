"""Stop and pause, from any thread."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from runtime.control import Control
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
