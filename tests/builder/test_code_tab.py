"""The Code tab: a small network is written out at once, a large one in a thread, none for nothing."""

from threading import Event

import pytest

from builder.panels import code_tab
from builder.panels.code_tab import CodeTab
from builder.session import Session
from builder.theme import light
from codegen.source import generate
from graph.document import Document
from graph.edits import RemoveNodes, SetParams
from graph.templates import template


@pytest.fixture
def slow(monkeypatch):
    """Treats every network as one that takes long."""
    monkeypatch.setattr(code_tab, "AT_ONCE", 0)


@pytest.fixture
def session(qapp):
    return Session(Document(template("SmallCNN").project()))


@pytest.fixture
def tab(qtbot, session):
    tab = CodeTab(session, light())
    qtbot.addWidget(tab)
    tab.show()
    return tab


def set_channels(session, count):
    session.apply(SetParams(session.graph.by_name("conv1").id, {"out_channels": count}))


def test_a_small_network_is_there_with_the_tab(tab):
    assert "class SmallCNN(nn.Module)" in tab.pane.source()


def test_a_large_one_is_the_same_a_moment_later(slow, session, tab, qtbot):
    assert tab.pane.source() == ""
    qtbot.waitUntil(lambda: bool(tab.pane.source()))
    assert tab.pane.source() == generate(session.project).text


def test_what_an_edit_overtook_is_never_shown(slow, session, tab, qtbot, monkeypatch):
    qtbot.waitUntil(lambda: bool(tab.pane.source()))
    begun, edited, shown = [], Event(), []

    def edited_first(project, inference):
        begun.append(project)
        edited.wait()
        return generate(project, inference)

    monkeypatch.setattr(code_tab, "generate", edited_first)
    tab.pane.view.textChanged.connect(lambda: shown.append(tab.pane.source()))
    set_channels(session, 48)
    qtbot.waitUntil(lambda: bool(begun))
    set_channels(session, 96)
    edited.set()
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 96" in tab.pane.source())
    assert not any("nn.Conv2d(1, 48" in text for text in shown)


def test_a_graph_that_is_emptied_meanwhile_has_no_code(slow, session, tab, qtbot, monkeypatch):
    begun, emptied = [], Event()

    def emptied_first(project, inference):
        begun.append(project)
        emptied.wait()
        return generate(project, inference)

    qtbot.waitUntil(lambda: bool(tab.pane.source()))
    monkeypatch.setattr(code_tab, "generate", emptied_first)
    set_channels(session, 48)
    qtbot.waitUntil(lambda: bool(begun))
    session.apply(RemoveNodes(tuple(session.graph.nodes)))
    emptied.set()
    qtbot.waitUntil(lambda: "The graph is empty" in tab.pane.explanation())
    qtbot.waitUntil(lambda: not tab.findChildren(code_tab.Latest)[0].is_asked)
    assert len(begun) == 1


def test_a_very_large_one_is_not_written_out_but_can_be_saved(session, tab, monkeypatch, qtbot):
    monkeypatch.setattr(code_tab, "MOST", 3)
    set_channels(session, 48)
    qtbot.waitUntil(lambda: "So many layers are not written out" in tab.pane.explanation())
    assert tab.pane.source() == ""
    assert tab.pane.save_button.isEnabled()
    assert not tab.pane.copy_button.isEnabled()
    assert "So many layers" in tab.pane.copy_button.toolTip()


def test_a_fault_in_the_thread_is_not_swallowed(slow, session, tab, qtbot, monkeypatch):
    def broken(project, inference):
        raise RuntimeError("out of ink")

    qtbot.waitUntil(lambda: bool(tab.pane.source()))
    monkeypatch.setattr(code_tab, "generate", broken)
    set_channels(session, 48)
    with qtbot.captureExceptions() as raised:
        qtbot.waitUntil(lambda: bool(raised))
    assert str(raised[0][1]) == "out of ink"
