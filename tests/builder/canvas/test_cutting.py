"""Cutting edges with a line drawn across them."""

import pytest
from PySide6.QtCore import QPointF, Qt

from tests.builder.canvas.driver import chain

ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
SHORT = (("Input", "image"), ("ReLU", "relu1"), ("Tanh", "tanh1"))


@pytest.fixture
def row(open_canvas):
    """Three layers in a row, with room for a line between them."""
    return open_canvas(chain(*SHORT))


def across(canvas, source, target):
    """Where a line across an edge begins and ends."""
    middle = canvas.edge_item(source, target).label_at
    return middle - QPointF(8, 60), middle + QPointF(8, 60)


def test_an_alt_drag_across_edges_cuts_them_as_one_step(row):
    before = row.bytes
    (above, below), (other_above, other_below) = (
        across(row, "image", "relu1"),
        across(row, "relu1", "tanh1"),
    )
    first, second = row.edge_item("image", "relu1"), row.edge_item("relu1", "tanh1")
    row.press(above, keys=ALT)
    row.move(below)
    assert (first.state, second.state) == ("cut", "normal")
    assert row.view.note.text == "Cuts 1 edge"
    row.move(other_below)
    row.move(other_above)
    assert (first.state, second.state) == ("cut", "cut")
    assert row.view.note.text == "Cuts 2 edges"
    assert row.bytes == before
    row.release(other_above)
    assert row.edges() == set()
    assert row.view.note.text == ""
    assert row.session.document.undo_label == "Cut edges"
    row.session.undo()
    assert row.bytes == before
    assert row.edge_item("image", "relu1").state == "normal"


def test_ctrl_and_alt_cut_where_the_window_manager_keeps_alt_for_itself(row):
    above, below = across(row, "image", "relu1")
    row.drag(above, below, keys=ALT | CTRL)
    assert row.edges() == {"relu1.out -> tanh1.in"}
    assert row.session.document.undo_label == "Cut edge"


def test_a_line_may_begin_on_a_card_and_moves_or_selects_nothing(row):
    place = row.graph.nodes[row.id("relu1")].position
    _, below = across(row, "relu1", "tanh1")
    row.press(row.body("relu1") - QPointF(0, 30), keys=ALT)
    row.move(across(row, "relu1", "tanh1")[0])
    row.move(below)
    row.release(below)
    assert row.edges() == {"image.out -> relu1.in"}
    assert row.graph.nodes[row.id("relu1")].position == place
    assert row.session.selection == ()


def test_escape_calls_it_off(row):
    before, items = row.bytes, len(row.scene.items())
    above, below = across(row, "image", "relu1")
    row.press(above, keys=ALT)
    row.move(below)
    row.key(Qt.Key.Key_Escape)
    assert row.edge_item("image", "relu1").state == "normal"
    row.release(below)
    assert row.bytes == before
    assert row.session.document.undo_label is None
    assert len(row.scene.items()) == items


def test_a_line_across_nothing_says_so_and_a_click_does_nothing(row):
    before = row.bytes
    below = row.body("relu1") + QPointF(0, 120)
    row.drag(below, below + QPointF(200, 10), keys=ALT)
    assert row.messages == ["The line crosses no edge."]
    row.click(row.edge_item("image", "relu1").label_at, keys=ALT)
    assert row.bytes == before
    assert row.scene.selected_edges == set()


def test_from_afar_an_edge_is_crossed_where_its_line_is_seen(open_canvas):
    canvas = open_canvas(chain(*SHORT, spacing=900.0))
    canvas.view.zoom_by(0.1 / canvas.view.zoom)
    above, below = across(canvas, "image", "relu1")
    canvas.drag(above - QPointF(0, 100), below + QPointF(0, 100), keys=ALT)
    assert canvas.edges() == {"relu1.out -> tanh1.in"}
