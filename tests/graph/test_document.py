"""One way to change a document, word of every change, and the way back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.annotation_edits import AddAnnotations, RemoveAnnotations, SetFrame, SetNote
from graph.document import Document, Edge, EditError, Frame, Graph, Node, Note, PortRef, Project
from graph.edits import (
    AddNodes,
    Batch,
    Connect,
    Disconnect,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    RenameProject,
    SetParams,
    SetTraining,
)
from graph.inserting import NODE_SPACING, AppendNode, InsertNode
from graph.node_flags import SetBypassed, SetPinned
from graph.removing import removal
from graph.replacing import ReplaceType
from tests.graph.builders import chain, document, edge, five_nodes, node, state
from tests.graph.random_edits import random_edit
from tests.graph.shadow import Shadow, assert_consistent

BATCH = Batch(
    "Several",
    (
        RemoveNodes(("n2",)),
        AddNodes((node("n2", "Linear"),)),
        Connect(PortRef("n1", "out"), PortRef("n2", "in")),
    ),
)


EDITS = {
    "add a node": AddNodes((node("n9", "ReLU"),)),
    "add nodes with edges": AddNodes((node("n8", "ReLU"), node("n9", "Tanh")), (edge("n8.out", "n9.in"),)),
    "add a node onto another": AddNodes((node("n9", "ReLU"),), (edge("n2.out", "n9.in"),)),
    "remove the first node": RemoveNodes(("n1",)),
    "remove a node in the middle": RemoveNodes(("n3",)),
    "remove several nodes": RemoveNodes(("n4", "n2", "n3")),
    "remove all nodes": RemoveNodes(("n1", "n2", "n3", "n4", "n5")),
    "connect": Connect(PortRef("n2", "out"), PortRef("n5", "in")),
    "disconnect": Disconnect((edge("n2.out", "n3.in"),)),
    "disconnect several": Disconnect((edge("n3.out", "n4.in"), edge("n1.out", "n2.in"))),
    "move": MoveNodes({"n2": (7.5, -3.0), "n4": (1.0, 2.0)}),
    "move nodes, a frame and a note": MoveNodes(
        {"n2": (8.0, 8.0), "f1": (0.0, 8.0), "t1": (8.0, 0.0)}, "item"
    ),
    "pin": SetPinned(("n2", "n3")),
    "pin what is pinned in part": SetPinned(("n1", "n2", "n2")),
    "bypass": SetBypassed(("n2", "n3")),
    "stop bypassing": SetBypassed(("n4",), on=False),
    "unpin": SetPinned(("n1",), on=False),
    "add a frame and a note": AddAnnotations((Frame("f9", "Head"),), (Note("t9", "Why?"),)),
    "remove the first frame": RemoveAnnotations(("f1",)),
    "remove frames and notes": RemoveAnnotations(("t1", "f2", "f1")),
    "remove nodes and a frame": removal(five_nodes().graph, ("n2", "f1", "n3")),
    "rename a frame": SetFrame("f1", title="Head"),
    "colour a frame": SetFrame("f2", color="neutral"),
    "resize a frame at its corner": SetFrame("f1", position=(-8.0, -8.0), size=(328.0, 248.0)),
    "edit a note": SetNote("t1", text="two\nlines"),
    "resize a note": SetNote("t1", size=(300.0, 64.0)),
    "set a parameter": SetParams("n2", {"kernel_size": 5}),
    "set what was not set": SetParams("n2", {"bias": False, "out_channels": 9}),
    "reset a parameter": SetParams("n2", reset=("out_channels",)),
    "replace a parameter": SetParams("n2", {"bias": False}, ("kernel_size",)),
    "rename": RenameNode("n3", "middle"),
    "replace the type": ReplaceType("n2", "Flatten", {}),
    "insert a layer": InsertNode(PortRef("n4", "in"), "Flatten"),
    "insert a variadic layer": InsertNode(PortRef("n4", "in"), "Add"),
    "append a layer": AppendNode(PortRef("n3", "out"), "Output"),
    "change the plan": SetTraining({"epochs": 9}),
    "rename the project": RenameProject("Other"),
    "several at once": BATCH,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_edit_is_undone_and_redone_to_the_byte(edit):
    doc = five_nodes()
    shadow, before = Shadow(doc), state(doc)
    doc.apply(edit)
    after = state(doc)
    assert after != before
    shadow.assert_equal(doc)
    for _ in range(2):
        doc.undo()
        assert state(doc) == before
        assert_consistent(doc.graph)
        shadow.assert_equal(doc)
        doc.redo()
        assert state(doc) == after
        shadow.assert_equal(doc)


@settings(max_examples=3 * settings().max_examples)
@given(st.data())
def test_any_history_is_consistent_to_the_byte(data):
    doc = five_nodes()
    shadow, states, told = Shadow(doc), [state(doc)], []
    doc.subscribe(told.append)
    for _ in range(data.draw(st.integers(1, 8))):
        events = len(told)
        edit = random_edit(data.draw, doc.graph)
        try:
            doc.apply(edit)
        except EditError:
            assert state(doc) == states[-1]
            assert len(told) == events
        else:
            states.append(state(doc))
            assert len(told) == events + 1
        shadow.assert_equal(doc)
        assert_consistent(doc.graph)
    for expected in reversed(states[:-1]):
        doc.undo()
        assert state(doc) == expected
        shadow.assert_equal(doc)
    assert doc.undo_label is None
    assert not doc.is_dirty
    for expected in states[1:]:
        doc.redo()
        assert state(doc) == expected
    assert doc.redo_label is None
    shadow.assert_equal(doc)
    assert_consistent(doc.graph)


def test_a_failing_batch_leaves_everything_as_it_was():
    doc = five_nodes()
    before, told = state(doc), []
    doc.subscribe(told.append)
    with pytest.raises(EditError, match=r"There is no node n7\."):
        doc.apply(Batch("Doomed", (RemoveNodes(("n2",)), RenameNode("n3", "other"), RemoveNodes(("n7",)))))
    assert state(doc) == before
    assert told == []
    assert doc.undo_label is None
    assert not doc.is_dirty
    doc.apply(RenameNode("n3", "other"))
    assert told[0].updated == ("n3",)
    assert told[0].removed == ()


def test_what_depends_on_each_other_is_rolled_back_in_the_opposite_order():
    doc = five_nodes()
    before = state(doc)
    edits = (
        AddNodes((node("n9", "ReLU"),)),
        Connect(PortRef("n4", "out"), PortRef("n9", "in")),
        RemoveNodes(("n7",)),
    )
    with pytest.raises(EditError, match=r"There is no node n7\."):
        doc.apply(Batch("Doomed", edits))
    assert state(doc) == before


def test_a_node_that_is_changed_and_moved_at_once_is_told_as_changed():
    for edits in (
        (SetParams("n2", {"bias": False}), MoveNodes({"n2": (1.0, 1.0)})),
        (MoveNodes({"n2": (1.0, 1.0)}), SetParams("n2", {"bias": False})),
    ):
        doc = five_nodes()
        shadow = Shadow(doc)
        change = doc.apply(Batch("Both", edits))
        assert (change.updated, change.moved) == (("n2",), ())
        shadow.assert_equal(doc)


def test_edges_that_do_not_fit_take_their_new_nodes_along():
    doc = five_nodes()
    before = state(doc)
    with pytest.raises(EditError, match="relu1 has no input called nowhere"):
        doc.apply(AddNodes((node("n9", "ReLU"),), (edge("n1.out", "n9.nowhere"),)))
    assert state(doc) == before


def test_a_removed_node_comes_back_at_its_place_with_its_edges():
    doc = five_nodes()
    doc.apply(RemoveNodes(("n3",)))
    doc.undo()
    assert list(doc.graph.nodes) == ["n1", "n2", "n3", "n4", "n5"]
    assert [str(e.target) for e in doc.graph.edges] == ["n2.in", "n3.in", "n4.in"]


def test_what_others_keep_in_an_edge_survives_undo():
    graph = chain("Input", "ReLU", "Output")
    kept = graph.edges[0].__class__(PortRef("n1", "out"), PortRef("n2", "in"), {"color": "red"})
    graph.delete_edges([kept])
    graph.insert_edges([kept], [0])
    doc = document(graph)
    for edit in (Disconnect((kept,)), RemoveNodes(("n2",))):
        doc.apply(edit)
        doc.undo()
        assert doc.graph.edges[0].extra == {"color": "red"}


def test_a_listener_hears_nothing_after_it_left():
    doc = five_nodes()
    told = []
    leave = doc.subscribe(told.append)
    leave()
    doc.apply(RenameNode("n3", "a"))
    assert told == []


def test_a_change_tells_what_came_went_and_changed():
    doc = five_nodes()
    change = doc.apply(RemoveNodes(("n3", "n2")))
    assert set(change.removed) == {"n2", "n3"}
    assert len(change.disconnected) == 3
    assert change.is_structural
    change = doc.apply(MoveNodes({"n1": (3.0, 4.0)}))
    assert change.moved == ("n1",)
    assert not change.is_structural
    assert doc.apply(SetTraining({})).fields == ("training",)
    change = doc.apply(Batch("Both", (RemoveAnnotations(("f1",)), SetNote("t1", text="x"))))
    assert (change.frames.removed, change.notes.updated) == (("f1",), ("t1",))
    assert change.touches_annotations
    assert not change.is_structural


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (AddNodes((node("n1", "ReLU"),)), "There already is a node with the id n1."),
        (AddNodes((node("n9", "ReLU"), node("n9", "ReLU"))), "There already is a node with the id n9."),
        (RemoveNodes(("n1", "n7")), "There is no node n7."),
        (MoveNodes({"n7": (0.0, 0.0)}), "There is no node n7."),
        (SetParams("n7", {}), "There is no node n7."),
        (ReplaceType("n7", "ReLU", {}), "There is no node n7."),
        (RenameNode("n7", "x"), "There is no node n7."),
        (MoveNodes({"n2": (1.0, 1.0), "f7": (0.0, 0.0)}, "item"), "There is no item f7."),
        (SetBypassed(("n7",)), "There is no node n7."),
        (SetPinned(("n1", "n7")), "There is no node n7."),
        (AddNodes((node("f1", "ReLU"),)), "There already is a frame with the id f1."),
        (AddAnnotations((Frame("n1"),)), "There already is a node with the id n1."),
        (AddAnnotations((), (Note("t1"),)), "There already is a note with the id t1."),
        (AddAnnotations((Frame("f9", "x" * 201),)), "A title has at most 200 characters, not 201."),
        (AddAnnotations((), (Note("t9", size=(8.0, 99.0)),)), "A side has 32 to 1,000,000 canvas units."),
        (RemoveAnnotations(("f1", "n1")), "There is no frame or note n1."),
        (SetFrame("t1", title="x"), "There is no frame t1."),
        (SetFrame("f1", color="beige"), "beige is no colour of frames. Expected one of neutral, blue, teal,"),
        (SetFrame("f1", size=(float("nan"), 99.0)), "A side has 32 to 1,000,000 canvas units."),
        (SetNote("f1", text="x"), "There is no note f1."),
        (SetNote("t1", text="x" * 20_001), "A note has at most 20,000 characters, not 20,001."),
        (RenameNode("n2", "  "), "A name has 1 to 80 characters."),
        (RenameNode("n2", "x" * 81), "A name has 1 to 80 characters."),
        (RenameNode("n2", "relu1"), "There already is a node called relu1."),
        (RenameProject(" "), "A name has 1 to 80 characters."),
        (Disconnect((edge("n4.out", "n5.in"),)), "There is no edge from n4.out to n5.in."),
        (InsertNode(PortRef("n5", "in"), "ReLU"), "Nothing feeds n5.in."),
        (InsertNode(PortRef("n2", "in"), "Input"), "Input is no layer that fits into an edge."),
        (AppendNode(PortRef("n9", "out"), "ReLU"), "There is no node 'n9'."),
        (AppendNode(PortRef("n2", "out"), "Input"), "Input is no layer that fits behind another."),
        (
            InsertNode(PortRef("n2", "in"), "Embedding"),
            "embedding1 takes int64 or int32, but input1 gives float32.",
        ),
    ],
)
def test_an_edit_that_does_not_suit_says_why(edit, text):
    doc = five_nodes()
    before = state(doc)
    with pytest.raises(EditError) as caught:
        doc.apply(edit)
    assert str(caught.value).startswith(text)
    assert state(doc) == before


def test_a_node_keeps_its_own_name_when_renamed_to_it():
    doc = five_nodes()
    doc.apply(RenameNode("n3", "relu1"))
    assert doc.graph.nodes["n3"].name == "relu1"


def test_names_that_no_edit_would_give_come_back_by_undo():
    doc = Document(Project(name="", graph=five_nodes().graph))
    doc.apply(RenameProject("Better"))
    doc.undo()
    assert doc.project.name == ""


def test_an_inserted_layer_stands_between_with_room_to_its_right():
    doc = five_nodes()
    doc.apply(InsertNode(PortRef("n3", "in"), "Flatten"))
    positions = {n.name: n.position for n in doc.graph.nodes.values()}
    assert positions["conv1"] == (440.0, 0.0)
    assert positions["flatten1"] == (660.0, 0.0)
    assert positions["relu1"] == (880.0, 0.0)
    assert positions["pool1"] == (1100.0, 0.0)
    assert positions["output1"] == (1100.0, 0.0)  # it does not follow from the edge


def test_an_appended_layer_stands_where_no_card_lies():
    doc = five_nodes()
    x, y = doc.graph.nodes["n3"].position
    doc.apply(AppendNode(PortRef("n3", "out"), "Output"))
    (new,) = (node for node in doc.graph.nodes.values() if node.id == "n6")
    assert new.position[0] == x + NODE_SPACING
    assert new.position[1] > y, "behind it stands another already"
    assert doc.graph.edge_into(PortRef("n6", "in")).source == PortRef("n3", "out")


def test_ids_are_not_given_twice():
    doc = five_nodes()
    ids = doc.graph.new_ids()
    assert next(ids) == "n6"
    doc.apply(AddNodes((node("n6", "ReLU"),)))
    assert next(doc.graph.new_ids()) == "n7"


def test_a_port_is_read_back_from_its_text():
    assert PortRef.parse("a.b.out") == PortRef("a.b", "out")
    assert str(PortRef("n1", "out")) == "n1.out"
    for text in ("", "n1", "n1.", ".out"):
        with pytest.raises(ValueError, match="is not a node id, a dot and a port name"):
            PortRef.parse(text)


def test_what_is_inserted_at_the_end_of_a_row_moves_nothing():
    nodes = [
        Node("n1", "Input", "image", {"shape": [8]}, (448.0, 0.0)),
        Node("n2", "Linear", "linear1", {"out_features": 4}, (0.0, 160.0)),
        Node("n3", "Output", "out", {}, (224.0, 160.0)),
    ]
    edges = [Edge(PortRef("n1", "out"), PortRef("n2", "in")), Edge(PortRef("n2", "out"), PortRef("n3", "in"))]
    document = Document(Project(graph=Graph(nodes, edges)))
    before = {node.id: node.position for node in document.graph.nodes.values()}
    document.apply(InsertNode(PortRef("n2", "in"), "ReLU"))
    new = document.graph.by_name("relu1")
    assert new.position == (448.0 + NODE_SPACING, 0.0)
    assert {i: document.graph.nodes[i].position for i in before} == before
