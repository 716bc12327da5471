"""Who waits for work in another thread keeps a window that answers."""

import sys

import pytest
from PySide6.QtWidgets import QWidget

from builder.handing_over import SWITCH_INTERVAL, handing_over_soon
from builder.waiting import is_waiting, wait_for


def test_what_is_waited_for_hands_python_over_soon_and_only_meanwhile(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    before = sys.getswitchinterval()
    meanwhile = wait_for(sys.getswitchinterval, "Reading", window)
    assert meanwhile == pytest.approx(SWITCH_INTERVAL)
    assert sys.getswitchinterval() == before > SWITCH_INTERVAL


def test_python_is_handed_over_soon_until_the_last_who_wants_that_has_ended():
    before = sys.getswitchinterval()
    with handing_over_soon():
        with handing_over_soon():
            assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
    assert sys.getswitchinterval() == before


def test_what_the_work_raises_is_raised_and_leaves_all_as_it_was(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    before = sys.getswitchinterval()

    def fail():
        raise OSError("no such disk")

    with pytest.raises(OSError, match="no such disk"):
        wait_for(fail, "Reading", window)
    assert sys.getswitchinterval() == before
    assert not is_waiting()
