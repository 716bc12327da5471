"""Joining ports by dragging: what fits, what is refused and why, and edges that are moved or taken off."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from builder.canvas.node_item import PortState
from graph.document import PortRef
from tests.builder.canvas.driver import chain


def loose(*layers, **params):
    """Layers in a row with no edges."""
    project = chain(*layers, **params)
    project.graph.delete_edges(project.graph.edges)
    project.graph.log.take()
    return project


def state(canvas, name, port):
    return canvas.item(name).port_state(PortRef(canvas.id(name), port))


def test_drag_from_output_to_input_connects(open_canvas):
    canvas = open_canvas(loose(("Input", "image"), ("Conv2d", "conv1")))
    canvas.drag(canvas.port("image", "out"), canvas.port("conv1", "in"))
    assert canvas.edges() == {"image.out -> conv1.in"}
    canvas.session.undo()
    assert not canvas.graph.edges


def test_drag_from_input_to_output_connects_too(open_canvas):
    canvas = open_canvas(loose(("Input", "image"), ("Conv2d", "conv1")))
    canvas.drag(canvas.port("conv1", "in"), canvas.port("image", "out"))
    assert canvas.edges() == {"image.out -> conv1.in"}


def test_a_drop_near_a_port_or_on_a_card_is_good_enough(open_canvas):
    canvas = open_canvas(loose(("Input", "image"), ("Conv2d", "conv1"), ("ReLU", "relu1")))
    canvas.drag(canvas.port("image", "out"), canvas.port("conv1", "in") + QPointF(-14, 5))
    canvas.drag(canvas.port("conv1", "out"), canvas.body("relu1"))
    assert canvas.edges() == {"image.out -> conv1.in", "conv1.out -> relu1.in"}


def test_while_dragging_ports_are_offered_or_grey_and_the_reason_stands_at_the_mouse(open_canvas):
    layers = (("Input", "image"), ("Embedding", "words"), ("ReLU", "relu1"))
    canvas = open_canvas(loose(*layers))
    before = canvas.bytes
    canvas.press(canvas.port("image", "out"))
    canvas.move(canvas.port("image", "out") + QPointF(30, 90))
    assert state(canvas, "words", "in") is PortState.REFUSED
    assert state(canvas, "words", "out") is PortState.REFUSED
    assert state(canvas, "relu1", "in") is PortState.OFFERED
    assert canvas.view.note.text == ""
    canvas.move(canvas.port("words", "in"))
    assert canvas.view.note.text.startswith("words takes int64 or int32, but image gives float32.")
    canvas.release(canvas.port("words", "in"))
    assert canvas.bytes == before
    assert canvas.messages[-1].startswith("words takes int64")
    assert state(canvas, "words", "in") is PortState.NORMAL
    assert canvas.view.note.text == ""


def test_a_cycle_is_refused_before_release(canvas):
    canvas.view.cut()
    canvas.press(canvas.port("head", "out"))
    canvas.move(canvas.port("conv1", "in"))
    assert canvas.view.note.text == "conv1 already leads to head: this edge would close a cycle."
    canvas.release(canvas.port("conv1", "in"))
    assert len(canvas.edges()) == 4


def test_two_outputs_cannot_be_joined(canvas):
    canvas.press(canvas.port("head", "out"))
    canvas.move(canvas.port("relu1", "out"))
    assert canvas.view.note.text == "relu1.out is an output too. Drop on an input."
    canvas.release(canvas.port("relu1", "out"))
    assert len(canvas.edges()) == 4


def test_escape_ends_a_drag_without_a_trace(canvas):
    before, items = canvas.bytes, len(canvas.scene.items())
    canvas.press(canvas.port("head", "out"))
    canvas.move(canvas.port("relu1", "in"))
    canvas.key(Qt.Key.Key_Escape)
    canvas.release(canvas.port("relu1", "in"))
    assert canvas.bytes == before
    assert len(canvas.scene.items()) == items
    assert state(canvas, "relu1", "in") is PortState.NORMAL
    assert not canvas.view.search.isVisible()


def test_an_edge_taken_off_its_input_moves_in_one_step(open_canvas):
    canvas = open_canvas(chain(("Input", "image"), ("ReLU", "relu1")))
    canvas.view.add_layer("Tanh")
    canvas.session.undo()
    canvas.session.select(())
    canvas.view.add_layer("Tanh")
    canvas.view.fit_all()
    before = canvas.bytes
    canvas.drag(canvas.port("relu1", "in"), canvas.port("tanh1", "in"))
    assert canvas.edges() == {"image.out -> tanh1.in"}
    canvas.session.undo()
    assert canvas.bytes == before


def test_an_edge_dropped_on_nothing_is_gone(canvas):
    canvas.drag(canvas.port("head", "in"), canvas.port("head", "in") + QPointF(-30, 200))
    assert "flatten1.out -> head.in" not in canvas.edges()
    assert not canvas.view.search.isVisible()
    canvas.session.undo()
    assert "flatten1.out -> head.in" in canvas.edges()


def test_an_edge_put_back_changes_nothing(canvas):
    before = canvas.bytes
    canvas.press(canvas.port("head", "in"))
    canvas.move(canvas.port("head", "in") + QPointF(-40, 100))
    assert canvas.scene.hidden_edge == canvas.edge_item("flatten1", "head").edge
    canvas.move(canvas.port("head", "in"))
    canvas.release(canvas.port("head", "in"))
    assert canvas.bytes == before
    assert canvas.session.document.undo_label is None
    assert canvas.scene.hidden_edge is None


def test_an_edge_is_taken_by_the_end_that_is_nearer(open_canvas):
    canvas = open_canvas(chain(("Input", "image"), ("ReLU", "relu1"), ("Tanh", "tanh1"), spacing=400.0))
    path = canvas.edge_item("relu1", "tanh1").path
    canvas.drag(path.pointAtPercent(0.25), canvas.port("image", "out"))
    assert canvas.edges() == {"image.out -> relu1.in", "image.out -> tanh1.in"}


def test_a_variadic_input_shows_one_more_port_than_it_has_edges(open_canvas):
    canvas = open_canvas(loose(("Input", "image"), ("ReLU", "relu1"), ("Add", "add1")))
    assert [port.ref.port for port in canvas.item("add1").ports] == ["in0", "out"]
    height = canvas.item("add1").card.height()
    canvas.drag(canvas.port("image", "out"), canvas.port("add1", "in0"))
    canvas.drag(canvas.port("relu1", "out"), canvas.body("add1"))
    assert [port.ref.port for port in canvas.item("add1").ports] == ["in0", "in1", "in2", "out"]
    assert canvas.item("add1").card.height() == height + 48
    assert canvas.edge_item("relu1", "add1").end == canvas.port("add1", "in1")


def test_both_ends_of_a_wrong_edge_are_red_until_it_is_mended(open_canvas):
    canvas = open_canvas(
        chain(("Input", "image"), ("Conv2d", "conv1"), ("Linear", "head"), ("Output", "logits"))
    )
    assert state(canvas, "conv1", "out") is PortState.ERROR
    assert state(canvas, "head", "in") is PortState.ERROR
    assert canvas.edge_item("conv1", "head").state == "error"
    assert canvas.item("head").severity == "error"
    (problem,) = canvas.session.problems
    for edit in problem.fixes[0].edits:
        canvas.session.apply(edit)
    assert state(canvas, "conv1", "out") is PortState.NORMAL
    assert state(canvas, "head", "in") is PortState.NORMAL
    canvas.session.undo()
    assert canvas.edge_item("conv1", "head").state == "error"


def test_hover_tells_what_flows_and_what_is_wrong(canvas, qtbot):
    edge = canvas.edge_item("conv1", "relu1")
    QTest.mouseMove(canvas.view.viewport(), canvas.at(edge.path.pointAtPercent(0.25)))
    qtbot.waitUntil(lambda: canvas.view.note.text != "")
    assert "conv1.out → relu1.in\n(N, 32, 26, 26)   float32   84.5 KiB per sample".endswith(
        canvas.view.note.text
    )
    assert edge.state == "hover"
    QTest.mouseMove(canvas.view.viewport(), canvas.at(canvas.body("head") + QPointF(0, 200)))
    qtbot.waitUntil(lambda: canvas.view.note.text == "")
    assert edge.state == "normal"
