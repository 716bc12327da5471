"""Many requests, few answers."""

import pytest
from PySide6.QtCore import QObject

from builder.pulse import Pulse

LONG = 100_000  # milliseconds


@pytest.fixture
def parent(qapp):
    parent = QObject()
    yield parent
    parent.deleteLater()


def test_the_first_request_is_answered_at_once_and_the_next_later(parent, qtbot):
    fired = []
    pulse = Pulse(20, parent)
    pulse.fired.connect(lambda: fired.append(pulse.is_pending))
    for _ in range(5):
        pulse.request()
    assert fired == [False]
    assert pulse.is_pending
    qtbot.waitUntil(lambda: len(fired) == 2)
    assert not pulse.is_pending


def test_a_request_within_the_slack_is_answered_at_once(parent, qtbot):
    fired = []
    pulse = Pulse(20, parent, slack=LONG)
    pulse.fired.connect(lambda: fired.append(True))
    pulse.request()
    pulse.request()
    qtbot.waitUntil(lambda: pulse._since.hasExpired(20))
    assert len(fired) == 1
    pulse.request()
    assert len(fired) == 2
    assert not pulse.is_pending


def test_what_was_cancelled_is_not_answered(parent):
    pulse = Pulse(LONG, parent)
    pulse.request()
    pulse.request()
    pulse.cancel()
    assert not pulse.is_pending
