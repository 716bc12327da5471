"""Bypass, pins, points that edges run through, lines and gaps, and another type in place."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from builder.canvas.node_item import DOT_RADIUS
from builder.canvas.ports import CARD_WIDTH
from builder.theme import dark, light
from graph.cards import DOT
from tests.builder.canvas.driver import CHAIN, chain

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def test_bypassed_layers_are_muted_and_taken_in_again(canvas):
    before = canvas.bytes
    canvas.click(canvas.body("relu1"))
    plain = canvas.view.grab().toImage()
    canvas.key(Qt.Key.Key_B, CTRL)
    assert canvas.graph.nodes[canvas.id("relu1")].bypassed
    assert canvas.item("relu1").passes == {"out": "in"}
    assert canvas.actions["graph.bypass"].text() == "Stop &bypassing"
    assert canvas.view.grab().toImage() != plain
    canvas.key(Qt.Key.Key_B, CTRL)
    assert not canvas.graph.nodes[canvas.id("relu1")].bypassed
    assert canvas.view.grab().toImage() == plain
    canvas.key(Qt.Key.Key_Z, CTRL)
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert canvas.bytes == before


@pytest.mark.parametrize("theme", [light(), dark()], ids=["light", "dark"])
def test_the_name_of_a_bypassed_layer_is_read_from_afar_too(canvas, theme):
    canvas.view.set_theme(theme)
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_B, CTRL)
    canvas.session.select([])
    canvas.view.zoom_by(0.5 / canvas.view.zoom)
    canvas.view.centerOn(canvas.body("relu1"))
    image, card = canvas.view.viewport().grab().toImage(), canvas.item("relu1").area
    seen = canvas.view.mapFromScene(card.adjusted(16, 16, -16, -16)).boundingRect()
    columns, rows = range(seen.left(), seen.right()), range(seen.top(), seen.bottom())
    greys = [image.pixelColor(x, y).lightness() for x in columns for y in rows]
    assert max(greys) - min(greys) > 100


def test_some_bypassed_layers_become_all(canvas):
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_B, CTRL)
    canvas.click(canvas.body("conv1"), CTRL)
    canvas.key(Qt.Key.Key_B, CTRL)
    assert [node.bypassed for node in canvas.graph.nodes.values()] == [False, True, True, False, False]
    assert canvas.session.document.undo_label == "Bypass"


def test_an_input_says_why_it_cannot_be_bypassed(canvas):
    canvas.click(canvas.body("image"))
    assert not canvas.actions["graph.bypass"].isEnabled()
    assert canvas.actions.why_disabled("graph.bypass") == (
        "image has no input, so nothing can go past it. Leave it out of the selection."
    )
    canvas.click(QPointF(0, 400))
    assert canvas.actions.why_disabled("graph.bypass") == "Select layers first."


def test_a_pin_is_set_by_a_key_and_seen(canvas):
    canvas.click(canvas.body("conv1"))
    plain = canvas.view.grab().toImage()
    canvas.key(Qt.Key.Key_P)
    assert canvas.graph.nodes[canvas.id("conv1")].pinned
    assert canvas.actions["graph.pin"].text() == "Un&pin"
    assert canvas.view.grab().toImage() != plain
    canvas.drag(canvas.body("conv1"), canvas.body("conv1") + QPointF(0, 80))
    assert canvas.graph.nodes[canvas.id("conv1")].position[1] == 80  # a hand may move it
    canvas.key(Qt.Key.Key_P)
    assert not canvas.graph.nodes[canvas.id("conv1")].pinned


def test_an_edge_gets_a_point_by_alt_and_a_double_click(canvas):
    before = canvas.bytes
    edge = canvas.edge_item("conv1", "relu1")
    at = (edge.start + edge.end) / 2
    canvas.double_click(at, ALT)
    dot = canvas.graph.by_name("reroute1")
    assert canvas.edges() >= {"conv1.out -> reroute1.in", "reroute1.out -> relu1.in"}
    assert canvas.session.selection == (dot.id,)
    item = canvas.item("reroute1")
    assert item.card.size().toTuple() == (DOT, DOT)
    assert (item.area.center() - at).manhattanLength() <= DOT
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert canvas.bytes == before


def test_a_point_is_moved_and_edges_follow(canvas):
    edge = canvas.edge_item("conv1", "relu1")
    at = (edge.start + edge.end) / 2
    canvas.click(at)
    canvas.menu(at)["graph.reroute"].trigger()
    item = canvas.item("reroute1")
    canvas.drag(item.area.center(), item.area.center() + QPointF(0, 160))
    item = canvas.item("reroute1")
    assert item.area.center().y() == pytest.approx(at.y() + 160, abs=DOT)
    assert canvas.edge_item("conv1", "reroute1").end == item.area.center()
    assert canvas.edge_item("reroute1", "relu1").start == item.area.center()
    assert [problem.code for problem in canvas.session.problems] == ["no-output"]


def test_an_edge_is_drawn_off_a_point(canvas):
    canvas.double_click((canvas.port("conv1", "out") + canvas.port("relu1", "in")) / 2, ALT)
    centre = canvas.item("reroute1").area.center()
    canvas.drag(centre + QPointF(DOT_RADIUS + 5, 0), centre + QPointF(40, 200))
    canvas.type("Sigmoid")
    assert "reroute1.out -> sigmoid1.in" in canvas.edges()


def test_deleting_a_point_leaves_the_edge(canvas):
    before = canvas.edges()
    canvas.double_click((canvas.port("conv1", "out") + canvas.port("relu1", "in")) / 2, ALT)
    canvas.double_click((canvas.port("reroute1", "out") + canvas.port("relu1", "in")) / 2, ALT)
    assert len(canvas.edges()) == len(before) + 2
    canvas.session.select([canvas.id("reroute1"), canvas.id("reroute2")])
    canvas.key(Qt.Key.Key_Delete)
    assert canvas.edges() == before
    canvas.session.undo()
    canvas.session.select([canvas.id("reroute1"), canvas.id("conv1")])
    canvas.key(Qt.Key.Key_Delete)
    assert "reroute2.out -> relu1.in" in canvas.edges()


def test_several_edges_get_points_in_one_step(canvas):
    before = canvas.bytes
    canvas.click((canvas.port("conv1", "out") + canvas.port("relu1", "in")) / 2)
    canvas.click((canvas.port("relu1", "out") + canvas.port("flatten1", "in")) / 2, CTRL)
    canvas.actions["graph.reroute"].trigger()
    assert canvas.session.selection == (canvas.id("reroute1"), canvas.id("reroute2"))
    canvas.session.undo()
    assert canvas.bytes == before


def test_a_point_without_an_edge_to_put_it_in_says_so(canvas):
    canvas.actions["graph.reroute"].trigger()
    assert canvas.messages[-1] == "Select an edge first."


@pytest.fixture
def scattered(open_canvas):
    """Layers that stand in no line."""
    project = chain(*CHAIN)
    for index, node in enumerate(list(project.graph.nodes.values())):
        x, y = node.position
        project.graph.replace_node(node.with_(position=(x + 24 * index * index, y + 80.0 * (index % 3))))
    project.graph.log.take()
    return open_canvas(project)


def test_layers_are_aligned_and_pinned_ones_stay(scattered):
    start = scattered.bytes
    scattered.session.select([scattered.id(name) for name in ("conv1", "relu1", "flatten1")])
    scattered.actions["align.top"].trigger()
    tops = [scattered.graph.nodes[scattered.id(name)].position[1] for name in ("conv1", "relu1", "flatten1")]
    assert tops == [0, 0, 0]
    assert scattered.session.document.undo_label == "Align top"
    scattered.session.undo()
    assert scattered.bytes == start
    scattered.click(scattered.body("relu1"))
    scattered.key(Qt.Key.Key_P)
    scattered.session.select([scattered.id(name) for name in ("conv1", "relu1", "flatten1")])
    scattered.actions["align.top"].trigger()
    tops = {scattered.graph.nodes[scattered.id(name)].position[1] for name in ("conv1", "relu1", "flatten1")}
    assert tops == {160}


def test_gaps_are_made_equal(scattered):
    names = ("image", "conv1", "relu1", "flatten1", "head")
    scattered.key(Qt.Key.Key_A, CTRL)
    scattered.actions["distribute.across"].trigger()
    lefts = [scattered.graph.nodes[scattered.id(name)].position[0] for name in names]
    gaps = {round(b - a - CARD_WIDTH) for a, b in pairwise(lefts)}
    assert len(gaps) == 1
    scattered.actions["distribute.across"].trigger()
    assert scattered.messages[-1] == "They stand like that already."


def test_too_few_layers_say_how_many_are_needed(canvas):
    canvas.click(canvas.body("conv1"))
    assert canvas.actions.why_disabled("align.left") == "Select at least two layers first."
    assert canvas.actions.why_disabled("distribute.down") == "Select at least three layers first."
    menu = canvas.menu(canvas.body("conv1"))
    assert {"align.left", "graph.replace", "graph.pin", "graph.bypass", "graph.frame"} <= menu.keys()


def test_what_leads_to_a_layer_and_what_it_leads_to_is_selected(canvas):
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_Left, CTRL | SHIFT)
    assert canvas.session.selection == tuple(canvas.id(name) for name in ("image", "conv1", "relu1"))
    canvas.click(canvas.body("flatten1"))
    canvas.key(Qt.Key.Key_Right, CTRL | SHIFT)
    assert canvas.session.selection == tuple(canvas.id(name) for name in ("flatten1", "head"))


def test_a_layer_is_replaced_from_the_search_box(canvas):
    before, edges = canvas.bytes, canvas.edges()
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_R, CTRL | SHIFT)
    popup = canvas.view.replacer.popup
    assert popup.field.hasFocus()
    assert popup.field.placeholderText() == "Replace relu1 with"
    QTest.keyClicks(popup.field, "gelu")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert canvas.graph.by_name("gelu1").type == "GELU"
    assert canvas.edges() == {each.replace("relu1", "gelu1") for each in edges}
    assert canvas.view.hasFocus()
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert canvas.bytes == before


def test_types_that_fit_are_listed_first(canvas):
    canvas.click(canvas.body("relu1"))
    canvas.menu(canvas.body("relu1"))["graph.replace"].trigger()
    types = canvas.view.replacer.popup.types
    assert types.index("Sigmoid") < types.index("LSTM")
    QTest.keyClick(canvas.view.replacer.popup.field, Qt.Key.Key_Escape)
    assert not canvas.view.replacer.popup.isVisible()
    assert canvas.graph.by_name("relu1").type == "ReLU"
