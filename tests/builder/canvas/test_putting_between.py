"""A layer put into an edge: a loose one dropped there, or a new one that makes two ports fit."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from graph.document import Node, PortRef
from graph.edits import AddNodes, Connect
from tests.builder.canvas.driver import LEFT, chain

CTRL = Qt.KeyboardModifier.ControlModifier
SHORT = (("Input", "image"), ("ReLU", "relu1"), ("Tanh", "tanh1"))
IMAGE = {"shape": [1, 28, 28]}


def with_loose(canvas, layer, name, at=(300.0, 240.0), **params):
    """A canvas with one more node, that has no edges."""
    canvas.session.apply(AddNodes((Node(name, layer, name, params, at),)))
    canvas.view.fit_all()
    return canvas


def loose(*layers, **params):
    project = chain(*layers, **params)
    project.graph.delete_edges(project.graph.edges)
    project.graph.log.take()
    return project


@pytest.fixture
def row(open_canvas):
    return open_canvas(chain(*SHORT))


# -- a loose node dropped on an edge


def test_a_loose_node_dropped_on_an_edge_is_put_into_it_as_one_step(row):
    with_loose(row, "Dropout", "drop")
    before = row.bytes
    over = row.edge_item("image", "relu1").label_at
    row.press(row.body("drop"))
    row.move(over)
    assert row.edge_item("image", "relu1").state == "hover"
    assert row.view.note.text == "Release to put it into the edge."
    assert row.bytes == before
    row.release(over)
    assert row.edges() == {"image.out -> drop.in", "drop.out -> relu1.in", "relu1.out -> tanh1.in"}
    x = [row.graph.nodes[row.id(name)].position[0] for name in ("image", "drop", "relu1", "tanh1")]
    assert all(after - one >= 200 for one, after in pairwise(x))  # none lies on another
    assert row.view.note.text == ""
    row.session.undo()
    assert row.bytes == before


def test_where_there_is_room_it_stays_where_it_was_dropped(open_canvas):
    canvas = with_loose(open_canvas(chain(*SHORT, spacing=600.0)), "Dropout", "drop", at=(250.0, 300.0))
    others = {i: n.position for i, n in canvas.graph.nodes.items() if i != "drop"}
    edge = canvas.edge_item("image", "relu1")
    canvas.drag(canvas.body("drop"), edge.label_at)
    assert "image.out -> drop.in" in canvas.edges()
    assert {i: n.position for i, n in canvas.graph.nodes.items() if i != "drop"} == others
    assert canvas.graph.nodes["drop"].position[1] < 100


def test_a_node_that_does_not_fit_says_why_and_is_only_moved(row):
    with_loose(row, "Embedding", "words", num_embeddings=10, embedding_dim=4)
    edges, over = row.edges(), row.edge_item("image", "relu1").label_at
    row.press(row.body("words"))
    row.move(over)
    assert row.view.note.text.startswith("words takes int64 or int32, but image gives float32.")
    assert row.edge_item("image", "relu1").state == "normal"
    row.release(over)
    assert row.edges() == edges
    assert row.session.document.undo_label == "Move node"


def test_escape_leaves_node_and_edge_as_they_were(row):
    with_loose(row, "Dropout", "drop")
    before, over = row.bytes, row.edge_item("image", "relu1").label_at
    row.press(row.body("drop"))
    row.move(over)
    row.key(Qt.Key.Key_Escape)
    row.release(over)
    assert row.bytes == before
    assert row.edge_item("image", "relu1").state == "normal"


def test_nodes_with_edges_and_several_nodes_are_only_moved(row):
    with_loose(row, "Dropout", "drop")
    edges, over = row.edges(), row.edge_item("image", "relu1").label_at
    row.drag(row.body("tanh1"), over)
    assert row.edges() == edges
    row.session.undo()
    with_loose(row, "GELU", "gelu", at=(300.0, 480.0))
    row.session.select(("drop", "gelu"))
    row.drag(row.body("drop"), over)
    assert row.edges() == edges, "they are not joined: which would come first?"


def test_loose_nodes_in_a_row_are_put_into_an_edge_together_as_one_step(row):
    with_loose(row, "Dropout", "drop")
    with_loose(row, "GELU", "gelu", at=(520.0, 320.0))
    row.session.apply(Connect(PortRef("drop", "out"), PortRef("gelu", "in")))
    before, over = row.bytes, row.edge_item("image", "relu1").label_at
    row.session.select(("drop", "gelu"))
    row.press(row.body("gelu"))
    row.move(over)
    assert row.view.note.text == "Release to put them into the edge."
    row.release(over)
    assert row.edges() == {
        "image.out -> drop.in", "drop.out -> gelu.in", "gelu.out -> relu1.in", "relu1.out -> tanh1.in",
    }  # fmt: skip
    names = ("image", "drop", "gelu", "relu1", "tanh1")
    x = [row.graph.nodes[row.id(name)].position[0] for name in names]
    assert all(after - one >= 200 for one, after in pairwise(x)), "none lies on another"
    gelu, drop = (row.graph.nodes[name].position for name in ("gelu", "drop"))
    assert (gelu[0] - drop[0], gelu[1] - drop[1]) == (220, 80), "they stand to each other as they did"
    assert row.session.document.undo_label == "Insert into edge"
    row.session.undo()
    assert row.bytes == before


def test_a_row_with_an_edge_to_others_or_a_second_end_is_only_moved(row):
    for name, layer, at in (("drop", "Dropout", 300.0), ("gelu", "GELU", 520.0), ("tail", "Tanh", 740.0)):
        with_loose(row, layer, name, at=(at, 360.0))
    row.session.apply(Connect(PortRef("drop", "out"), PortRef("gelu", "in")))
    row.session.apply(Connect(PortRef("drop", "out"), PortRef("tail", "in")))
    edges, over = row.edges(), row.edge_item("image", "relu1").label_at
    for chosen in (("drop", "gelu", "tail"), ("drop", "gelu")):
        row.session.select(chosen)
        row.drag(row.body("gelu"), over)
        assert row.edges() == edges
        row.session.undo()


# -- a new layer that makes two ports fit


def test_whole_numbers_into_a_layer_of_floats_get_a_cast_in_between(open_canvas):
    image = {**IMAGE, "dtype": "uint8"}
    canvas = open_canvas(loose(("Input", "image"), ("Conv2d", "conv1"), image=image))
    before = canvas.bytes
    canvas.press(canvas.port("image", "out"))
    canvas.move(canvas.port("conv1", "in"))
    assert canvas.view.note.text == "Release to put Cast (float32) in between."
    canvas.release(canvas.port("conv1", "in"))
    assert canvas.edges() == {"image.out -> cast1.in", "cast1.out -> conv1.in"}
    assert canvas.session.document.undo_label == "Insert Cast"
    assert canvas.item("conv1").severity != "error"
    canvas.session.undo()
    assert canvas.bytes == before


def test_a_shape_that_does_not_fit_is_joined_as_drawn_or_with_ctrl_through_the_layer_that_helps(open_canvas):
    project = loose(("Input", "image"), ("Conv2d", "conv1"), ("Linear", "head"), image=IMAGE)
    canvas = open_canvas(project)
    canvas.session.apply(Connect(PortRef("n1", "out"), PortRef("n2", "in")))
    before = canvas.bytes
    canvas.press(canvas.port("conv1", "out"))
    canvas.move(canvas.port("head", "in"))
    assert canvas.view.note.text == "The shapes do not fit. Hold Ctrl to put Flatten in between."
    canvas.release(canvas.port("head", "in"))
    assert "conv1.out -> head.in" in canvas.edges()
    assert canvas.item("head").severity == "error"
    canvas.session.undo()
    canvas.press(canvas.port("conv1", "out"))
    canvas.move(canvas.port("head", "in"))
    QTest.mouseRelease(canvas.view.viewport(), LEFT, CTRL, canvas.at(canvas.port("head", "in")))
    assert canvas.edges() == {"image.out -> conv1.in", "conv1.out -> flatten1.in", "flatten1.out -> head.in"}
    assert canvas.item("head").severity != "error"
    canvas.session.undo()
    assert canvas.bytes == before


def test_what_fits_is_joined_and_nothing_is_said(open_canvas):
    canvas = open_canvas(loose(*SHORT))
    canvas.press(canvas.port("image", "out"))
    canvas.move(canvas.port("relu1", "in"))
    assert canvas.view.note.text == ""
    canvas.release(canvas.port("relu1", "in"))
    assert canvas.edges() == {"image.out -> relu1.in"}


# -- an input that is fed already


def test_an_edge_dropped_on_an_input_that_is_fed_takes_the_place_of_the_other(row):
    before = row.bytes
    row.press(row.port("image", "out"))
    row.move(row.port("tanh1", "in"))
    assert row.view.note.text == "Replaces the edge from relu1.out."
    row.release(row.port("tanh1", "in"))
    assert row.edges() == {"image.out -> relu1.in", "image.out -> tanh1.in"}
    assert row.session.document.undo_label == "Replace edge"
    row.session.undo()
    assert row.bytes == before


def test_the_edge_that_is_there_already_is_drawn_in_vain(row):
    row.drag(row.port("image", "out"), row.port("relu1", "in"))
    assert row.session.document.undo_label is None


def test_an_edge_that_is_moved_onto_a_fed_input_replaces_that_one_too(row):
    before = row.bytes
    row.drag(row.port("relu1", "in"), row.port("tanh1", "in"))
    assert row.edges() == {"image.out -> tanh1.in"}
    row.session.undo()
    assert row.bytes == before


def test_on_a_card_a_free_input_comes_before_one_that_is_fed(row):
    with_loose(row, "Add", "add", at=(600.0, 300.0))
    row.drag(row.port("image", "out"), row.body("add"))
    row.drag(row.port("relu1", "out"), row.body("add") + QPointF(0, 10))
    assert {"image.out -> add.in0", "relu1.out -> add.in1"} <= row.edges()
