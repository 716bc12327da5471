"""What training costs is told at once for a small network, and a moment later for a large one."""

import gc
from threading import Event

import pytest

from builder import forecast
from builder.session import Session
from graph.cost import Cost
from graph.document import Document
from graph.edits import SetParams
from graph.templates import template
from tests.builder.canvas.driver import chain
from tests.graph.block_drawings import deep


@pytest.fixture
def slow(monkeypatch):
    """Treats every network as one that takes long."""
    monkeypatch.setattr(forecast, "AT_ONCE", 0)


@pytest.fixture
def open_session(qtbot):
    sessions = []

    def open_(project):
        sessions.append(Session(Document(project)))
        return sessions[-1]

    yield open_
    for session in sessions:
        session.forecast.wait()


def peak(cost, batch_size=8):
    return cost.memory.peak(batch_size)


def test_a_small_network_is_known_at_once(open_session):
    session = open_session(template("SmallCNN").project())
    assert peak(session.forecast.network) == peak(session.cost)


def test_a_large_one_is_known_a_moment_later(slow, open_session, qtbot):
    session = open_session(template("SmallCNN").project())
    assert session.forecast.network is None
    with qtbot.waitSignal(session.forecast.ready):
        pass
    assert peak(session.forecast.network) == peak(session.cost)
    assert peak(session.forecast.shown) == peak(session.cost)


def test_python_searches_for_no_garbage_meanwhile(slow, open_session, qtbot, monkeypatch):
    searches = []
    work_out = Cost.work_out

    def noted(cost):
        searches.append(gc.isenabled())
        work_out(cost)

    monkeypatch.setattr(Cost, "work_out", noted)
    gc.enable()
    session = open_session(template("SmallCNN").project())
    assert session.forecast.network is None
    with qtbot.waitSignal(session.forecast.ready):
        pass
    assert searches == [False]
    assert gc.isenabled()
    gc.disable()
    gc.unfreeze()


def test_an_edit_meanwhile_is_told_of(slow, open_session, qtbot):
    session = open_session(template("SmallCNN").project())
    assert session.forecast.network is None
    with qtbot.waitSignal(session.forecast.ready):
        pass
    before = peak(session.forecast.network)
    conv = session.graph.by_name("conv1").id
    session.apply(SetParams(conv, {"out_channels": 64}))
    assert session.forecast.network is None
    session.apply(SetParams(conv, {"out_channels": 128}))
    with qtbot.waitSignal(session.forecast.ready):
        pass
    assert peak(session.forecast.network) == peak(session.cost) > before


def test_what_an_edit_overtook_is_never_told(slow, open_session, qtbot, monkeypatch):
    session = open_session(template("SmallCNN").project())
    conv = session.graph.by_name("conv1").id
    work_out, asked, edited = Cost.work_out, [], Event()

    def edited_first(cost):
        asked.append(cost)
        edited.wait()
        work_out(cost)

    monkeypatch.setattr(Cost, "work_out", edited_first)
    assert session.forecast.network is None
    qtbot.waitUntil(lambda: bool(asked))
    session.apply(SetParams(conv, {"out_channels": 96}))
    edited.set()
    assert session.forecast.network is None
    qtbot.waitUntil(lambda: session.forecast.network is not None)
    assert peak(session.forecast.network) == peak(session.cost)


def test_the_graph_inside_a_block_has_costs_of_its_own(slow, open_session, qtbot):
    session = open_session(deep())
    instance = next(i for i in session.graph.nodes if session.is_instance(i))
    session.enter(instance)
    assert session.forecast.shown is None
    with qtbot.waitSignal(session.forecast.ready):
        pass
    assert peak(session.forecast.shown) == peak(session.shown_cost)
    assert peak(session.forecast.network) == peak(session.cost)


def test_nobody_works_out_a_network_that_is_too_large(open_session, monkeypatch):
    monkeypatch.setattr(forecast, "AT_ONCE", 1)
    monkeypatch.setattr(forecast, "MOST", 2)
    session = open_session(chain(("Input", "image"), ("ReLU", "relu1"), ("Output", "out")))
    assert session.forecast.is_too_large
    assert session.forecast.network is None


def test_a_block_that_is_repeated_often_is_known_a_moment_later(open_session, qtbot):
    session = open_session(template("GPT").project())
    assert session.forecast.network is not None
    (blocks,) = [node for node in session.graph.nodes.values() if node.type in session.project.blocks]
    session.apply(SetParams(blocks.id, {"repeat": 64}))
    assert session.forecast.network is None
    with qtbot.waitSignal(session.forecast.ready):
        pass
    assert peak(session.forecast.network) == peak(session.cost)
    session.undo()
    assert session.forecast.network is not None
