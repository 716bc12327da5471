"""The window's thread asks for short slices, and threads that it begins have usual ones."""

import ctypes
import os
import platform
import sys
import threading

import pytest

from builder import scheduling
from builder.scheduling import SLICE, answer_soon

GET_CALLS = {"x86_64": 315, "aarch64": 275}
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in GET_CALLS, reason="another system"
)


def attributes():
    found = scheduling._Attributes()
    size = ctypes.sizeof(found)
    assert ctypes.CDLL(None).syscall(GET_CALLS[platform.machine()], 0, ctypes.byref(found), size, 0) == 0
    return found


def in_a_thread(function):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function()))
    thread.start()
    thread.join()
    return answers[0]


def test_a_thread_has_its_usual_share_in_short_slices():
    nice = os.getpriority(os.PRIO_PROCESS, 0)

    def ask():
        is_understood = answer_soon()
        return is_understood, attributes(), in_a_thread(attributes)

    is_understood, own, begun = in_a_thread(ask)
    assert is_understood
    assert (own.policy, own.nice, own.flags & scheduling.RESET_ON_FORK) == (0, nice, 1)
    assert (begun.policy, begun.nice, begun.flags & scheduling.RESET_ON_FORK) == (0, nice, 0)
    knows_slices = begun.runtime > 0  # an older system tells of none
    assert not knows_slices or own.runtime == SLICE < begun.runtime


def test_where_it_cannot_be_asked_for_nothing_happens(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not answer_soon()
