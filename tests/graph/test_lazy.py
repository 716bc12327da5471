"""Attributes that are worked out when they are first asked for, in whichever thread."""

import threading

import pytest

from graph.lazy import Lazy


class Network:
    """Something about which there is something to find out."""

    def __init__(self, find=lambda: 1):
        self._find, self.times = find, 0

    @Lazy
    def cost(self):
        """What it costs."""
        self.times += 1
        return self._find()


def test_it_is_worked_out_once():
    network = Network()
    assert (network.cost, network.cost, network.times) == (1, 1, 1)
    assert Network.cost.__doc__ == "What it costs."


def test_nobody_waits_for_what_another_thread_finds_out_about_something_else():
    begun, known = threading.Event(), threading.Event()

    def find():
        begun.set()
        assert known.wait(20)
        return 7

    large = Network(find)
    thread = threading.Thread(target=lambda: large.cost)
    thread.start()
    assert begun.wait(20)
    assert Network().cost == 1
    known.set()
    thread.join()
    assert (large.cost, large.times) == (7, 1)


def test_what_cannot_be_worked_out_is_tried_again():
    answers = iter([[], [3]])
    network = Network(lambda: next(answers)[0])
    with pytest.raises(IndexError):
        _ = network.cost
    assert network.cost == 3
