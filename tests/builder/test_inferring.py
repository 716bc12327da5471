"""Shapes follow an edit bit by bit in a very large graph: late, but never wrong, and in the end all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from builder import forecast
from builder.session import Session
from graph.document import Document, Node, Project
from graph.edits import AddNodes, RemoveNodes, SetParams
from graph.inference import Inference
from tests.builder import test_checking
from tests.builder.test_block_walks import walk
from tests.builder.test_checking import fresh, long
from tests.graph.block_drawings import deep

WIDE = SetParams("n2", {"out_channels": 9})
BROKEN = SetParams("n2", {"kernel_size": 99})


def slowed(session: Session) -> Session:
    """Has it look at one node a turn, and at nothing in the turn of the edit."""
    session.inferring.at_once, session.inferring.first, session.inferring.slice = 0, 0.0, 0.0
    return test_checking.slowed(session)


@pytest.fixture
def session(qapp):
    return slowed(Session(Document(long())))


def let_end(session):
    while session.checking.is_due:
        QCoreApplication.processEvents()


def shape(session, node_id):
    tensor = session.result(node_id).outputs["out"]
    return tensor and tensor.shape[1]


def never_wrong(session):
    """What the session tells by now is pending, or what somebody finds who looks afresh."""
    if session.scope:
        return
    found = Inference(session.graph)
    for node_id in session.graph.nodes:
        result = session.result(node_id)
        assert result.pending or result == found.result(node_id)
        mistakes = [each for each in session.problems_of(node_id) if each.is_error]
        if result.pending:
            assert mistakes == []


def test_shapes_are_pending_until_they_are_there(session):
    told = []
    session.changed.connect(lambda change, touched: told.append((bool(change.updated), sorted(touched))))
    session.apply(WIDE)
    assert shape(session, "n2") == 9, "one node has its turn at once"
    assert session.result("n3").pending
    assert shape(session, "n3") is None
    never_wrong(session)
    let_end(session)
    assert [is_edit for is_edit, _ in told] == [True, False]
    assert {"n2", "n3", "n4"} <= set(told[-1][1])
    assert shape(session, "n3") == 9
    assert (session.problems, session.all_problems) == fresh(session)


def test_a_graph_of_usual_size_has_its_shapes_in_the_turn_of_the_edit(qapp):
    session = Session(Document(long()))
    session.inferring.first = 0.0
    session.apply(WIDE)
    assert not session.inferring.is_due
    assert shape(session, "n4") == 9
    session.apply(BROKEN)
    assert [problem.node for problem in session.problems if problem.is_error] == ["n2"]


def test_whoever_needs_all_of_it_has_it_at_once(session):
    session.apply(BROKEN)
    assert session.inferring.is_due
    assert [problem.node for problem in session.errors] == ["n2"]
    assert not session.inferring.is_due
    session.undo()
    assert session.inferring.is_due
    assert session.main_inference.output(session.graph.edges[2].source).shape[1] == 8
    session.apply(WIDE)
    assert session.shown_cost.inference.result("n4").outputs["out"].shape[1] == 9


def test_what_is_mended_is_not_shown_as_wrong_while_shapes_follow(session):
    session.apply(BROKEN)
    let_end(session)
    assert session.marks_of("n2")
    session.undo()
    assert [each for each in session.marks_of("n2") if each.is_error] == []
    assert session.totals.parameters == "–"
    let_end(session)
    assert session.totals.parameters != "–"
    assert (session.problems, session.all_problems) == fresh(session)


def test_nodes_that_come_and_go_meanwhile_are_known_of(session):
    session.apply(WIDE)
    session.apply(AddNodes((Node("new", "Output", "extra"),)))
    assert session.result("new").pending
    session.apply(RemoveNodes(("n5", "new")))
    never_wrong(session)
    assert "n5" not in session.all_marks
    let_end(session)
    assert (session.problems, session.all_problems) == fresh(session)
    session.undo()
    session.undo()
    let_end(session)
    assert (session.problems, session.all_problems) == fresh(session)


def test_what_asks_anew_meanwhile_tells_of_everything_once(session):
    session.apply(WIDE)
    told = []
    session.changed.connect(lambda change, touched: told.append(set(touched)))
    session.retry(["n8"])
    assert not session.inferring.is_due
    let_end(session)
    assert len(told) == 1
    assert {"n3", "n4", "n8"} <= told[0]
    assert (session.problems, session.all_problems) == fresh(session)


def test_a_graph_that_is_no_longer_large_is_told_of_once(session):
    session.apply(WIDE)
    session.inferring.at_once = 100
    told = []
    session.changed.connect(lambda change, touched: told.append((change.updated, set(touched))))
    session.apply(SetParams("n8", {"out_channels": 5}))
    let_end(session)
    assert [updated for updated, _ in told] == [("n8",)]
    assert {"n3", "n8", "n9"} <= told[0][1]
    assert (session.problems, session.all_problems) == fresh(session)


def test_a_block_that_is_entered_meanwhile_is_shown_as_it_is(qapp):
    session = slowed(Session(Document(deep())))
    instance = next(i for i in session.graph.nodes if session.is_instance(i))
    session.apply(SetParams(instance, {"repeat": 2}))
    assert session.inferring.is_due
    assert session.enter(instance)
    assert not session.inferring.is_due
    assert (session.problems, session.all_problems) == fresh(session)


def test_another_document_is_not_told_of_edits_of_the_last(session):
    session.apply(BROKEN)
    session.load(Document(Project()))
    assert not session.inferring.is_due
    let_end(session)
    assert session.errors == fresh_errors(session)


def fresh_errors(session):
    return tuple(each.problem for each in fresh(session)[1] if each.problem.is_error)


@given(data=st.data())
def test_edits_between_slices_end_in_what_a_fresh_look_finds(qapp, data):
    session = slowed(Session(Document(deep())))
    for _ in range(data.draw(st.integers(1, 10))):
        walk(data.draw, session)
        never_wrong(session)
        for _ in range(data.draw(st.sampled_from([0, 1, 2, 5]))):
            QCoreApplication.processEvents()
        never_wrong(session)
    let_end(session)
    assert (session.problems, session.all_problems) == fresh(session)
    again = Session(Document(session.project.copy()))
    again.show_scope(session.scope)
    assert all(session.result(i) == again.result(i) for i in session.graph.nodes)
    assert session.totals == again.totals


# -- in the window


@pytest.fixture
def large(window, monkeypatch):
    """The window with a graph that counts as very large, and as too large for its memory to be worked out."""
    monkeypatch.setattr(forecast, "AT_ONCE", 0)
    monkeypatch.setattr(forecast, "MOST", 0)
    window.files.show(Document(long()))
    slowed(window.session)
    QCoreApplication.processEvents()
    return window


def test_cards_that_were_seen_say_what_they_know(large):
    scene, session = large.canvas.graph_scene, large.session
    card = scene.nodes["n4"]
    edge = scene.edges[next(iter(session.graph.outgoing("n4")))]
    assert edge.tensor.shape[1] == 8
    session.apply(WIDE)
    assert edge.tensor is None
    assert large.status.validity.text() == "Checking..."
    ports = card.ports
    let_end(session)
    assert edge.tensor.shape[1] == 9
    assert card.ports == ports
    assert large.status.validity.text() == "Valid"


def let_begin(large, is_there):
    """Lets shapes follow until something is there, but not all of them."""
    inferring = large.session.inferring
    inferring.pulse = 0.0
    inferring._timer.stop()  # on a busy machine it may have many turns before anybody else has one
    while not is_there() and large.session.main_inference.is_due:
        inferring._go_on()
        QCoreApplication.processEvents()
    assert is_there()
    assert large.session.main_inference.is_due
    inferring._timer.start()


def test_what_is_seen_does_not_wait_for_all_the_rest(large):
    scene, session = large.canvas.graph_scene, large.session
    assert scene.nodes["n4"]
    edge = scene.edges[next(iter(session.graph.outgoing("n4")))]
    session.select(["n4"])
    session.apply(WIDE)
    thin = edge.width
    let_begin(large, lambda: edge.width > thin and "being computed" not in "".join(facts_of(large)))
    never_wrong(session)
    as_known = edge.width
    let_end(session)
    assert edge.width == as_known


def test_what_is_first_seen_while_it_is_pending_says_in_the_end_what_it_gives(large):
    scene, session = large.canvas.graph_scene, large.session
    as_known = scene.edges[next(iter(session.graph.outgoing("n4")))].width
    scene.nodes.clear()
    scene.edges.clear()
    session.apply(WIDE)
    session.undo()
    assert session.result("n4").pending
    assert scene.nodes["n4"]
    edge = scene.edges[next(iter(session.graph.outgoing("n4")))]
    assert edge.width < as_known
    let_end(session)
    assert edge.width == as_known


def test_a_selected_layer_is_told_of_when_it_is_known(large):
    session = large.session
    session.select(["n4"])
    session.apply(WIDE)
    assert "being computed" in "".join(facts_of(large))
    let_end(session)
    assert "being computed" not in "".join(facts_of(large))


def facts_of(window):
    return [label.text() for label in window.inspector.node_page.findChildren(QLabel)]


def test_the_source_waits_for_the_shapes(large, qtbot):
    large.docks.reveal("Code")
    pane = large.code.pane
    qtbot.waitUntil(lambda: "BatchNorm2d(8)" in pane.source())
    large.session.apply(WIDE)
    large.code._pulse.fired.emit()
    assert large.session.inferring.is_due
    assert "BatchNorm2d(8)" in pane.source()
    qtbot.waitUntil(lambda: "BatchNorm2d(9)" in pane.source())


def test_a_window_is_closed_while_shapes_follow(large):
    large.session.apply(WIDE)
    assert large.session.inferring.is_due
    large.session.document.mark_saved()
    assert large.close()
