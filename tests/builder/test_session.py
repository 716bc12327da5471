"""The session: one document, its inference, and word of everything that happens to them."""

import pytest

from builder.session import Session
from graph.document import Document, Graph, Node, Project
from graph.edits import AddNodes, MoveNodes, RemoveNodes, RenameNode, SetParams
from graph.templates import template


@pytest.fixture
def session(qtbot):
    nodes = [Node("n1", "Input", "image"), Node("n2", "ReLU", "relu1", position=(224, 0))]
    return Session(Document(Project(graph=Graph(nodes))))


@pytest.fixture
def log(session):
    log = []
    session.changed.connect(lambda change, touched: log.append(("changed", change, touched)))
    session.problems_changed.connect(lambda: log.append(("problems",)))
    session.selection_changed.connect(lambda ids: log.append(("selection", ids)))
    session.document_replaced.connect(lambda: log.append(("replaced",)))
    session.message.connect(lambda text: log.append(("message", text)))
    return log


def kinds(log):
    return [entry[0] for entry in log]


def test_a_change_is_told_after_inference_has_followed(session):
    seen = []
    session.changed.connect(
        lambda change, touched: seen.append((touched, session.result("n1").outputs["out"].shape[1:]))
    )
    assert session.apply(SetParams("n1", {"shape": [3, 8, 8]}))
    assert seen == [({"n1"}, (3, 8, 8))]


def test_a_refused_edit_is_a_message(session, log):
    assert not session.apply(RenameNode("n1", "relu1"))
    assert log == [("message", "There already is a node called relu1.")]
    assert session.document.undo_label is None


def test_problems_are_told_only_when_they_change(session, log):
    session.apply(MoveNodes({"n1": (8, 8)}))
    assert kinds(log) == ["changed"]
    session.apply(AddNodes([Node("n3", "Output", "out")]))
    assert kinds(log) == ["changed", "changed", "problems"]
    assert {problem.node for problem in session.problems_of("n3")} == {"n3"}


def test_undo_and_redo_with_nothing_to_do_say_so(session, log):
    session.undo()
    session.redo()
    assert log == [("message", "Nothing to undo."), ("message", "Nothing to redo.")]


def test_undo_and_redo_say_which_step_in_place_of_what_was_said_of_it(session, log):
    session.apply(RenameNode("n2", "first"))
    step = session.document.undo_label
    session.undo()
    assert log[-1] == ("message", f"Undone: {step}")
    session.redo()
    assert log[-1] == ("message", f"Done again: {step}")


def test_a_selection_holds_only_what_is_there(session, log):
    session.select(["n2", "gone", "n1", "n2"])
    assert session.selection == ("n2", "n1")
    session.select(("n2", "n1"))
    assert log == [("selection", ("n2", "n1"))]
    session.apply(RemoveNodes(["n2"]))
    assert session.selection == ("n1",)
    assert log[-1] == ("selection", ("n1",))
    session.undo()
    assert session.selection == ("n1",)


def test_another_document_ends_the_earlier_one(session, log):
    earlier = session.document
    session.select(["n1"])
    session.load(Document())
    assert kinds(log) == ["selection", "selection", "replaced", "problems"]
    assert session.selection == ()
    log.clear()
    earlier.apply(MoveNodes({"n1": (8, 8)}))
    assert log == []


def test_a_burst_is_one_step(session):
    for size in (1, 2, 3):
        session.apply(SetParams("n1", {"shape": [size]}), merge_key="burst")
    session.undo()
    assert session.graph.nodes["n1"].params == {}


def test_where_all_nodes_lie_is_known_at_first_and_after_every_change(qapp):
    session = Session(Document(template("SmallCNN").project()))

    def found():
        xs, ys = zip(*(node.position for node in session.graph.nodes.values()), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    assert session.corners == found()
    session.apply(MoveNodes({"n2": (-500.0, 9000.0)}))
    assert session.corners == found()
    session.undo()
    assert session.corners == found()
    session.load(Document(Project("Empty")))
    assert session.corners is None
