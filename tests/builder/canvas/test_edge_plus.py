"""The plus on an edge: one click puts a layer there."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from builder.canvas.edge_plus import plus_at
from graph.edits import MoveNodes
from tests.builder.canvas.driver import chain

SHORT = (("Input", "image"), ("ReLU", "relu1"), ("Tanh", "tanh1"))


@pytest.fixture
def row(open_canvas):
    return open_canvas(chain(*SHORT))


def colors_around(canvas, at):
    """The colours within the plus."""
    picture, middle = canvas.view.viewport().grab().toImage(), canvas.at(at)
    return {
        picture.pixelColor(middle.x() + dx, middle.y() + dy).name()
        for dx in range(-6, 7)
        for dy in range(-6, 7)
    }


def test_a_click_on_the_plus_of_an_edge_puts_a_layer_there(row, qtbot):
    before = row.bytes
    at = plus_at(row.edge_item("image", "relu1"))
    accent = row.view.look.theme.color("accent").name()
    assert accent not in colors_around(row, at)
    QTest.mouseMove(row.view.viewport(), row.at(at))
    qtbot.waitUntil(lambda: row.view.note.text.endswith("\nClick to insert a layer here"))
    assert accent in colors_around(row, at)
    assert row.view.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    row.click(at)
    assert row.view.search.isVisible()
    row.type("dropout")
    assert row.edges() == {"image.out -> dropout1.in", "dropout1.out -> relu1.in", "relu1.out -> tanh1.in"}
    row.session.undo()
    assert row.bytes == before


def test_a_drag_from_the_plus_takes_the_edge_off_as_anywhere_else(row):
    at = plus_at(row.edge_item("relu1", "tanh1"))
    row.drag(at, at + QPointF(-20, 160))
    assert row.edges() == {"image.out -> relu1.in"}
    assert not row.view.search.isVisible()


def test_beside_the_plus_a_click_selects_the_edge(open_canvas):
    canvas = open_canvas(chain(*SHORT, spacing=400.0))
    item = canvas.edge_item("image", "relu1")
    canvas.click(item.path.pointAtPercent(0.25))
    assert canvas.scene.selected_edges == {item.edge}
    assert not canvas.view.search.isVisible()


def test_with_ctrl_a_click_on_the_plus_selects_still(row):
    item = row.edge_item("image", "relu1")
    row.click(plus_at(item), keys=Qt.KeyboardModifier.ControlModifier)
    assert row.scene.selected_edges == {item.edge}
    assert not row.view.search.isVisible()


def test_the_plus_of_a_curved_edge_leaves_its_label_to_be_read(row):
    row.session.apply(MoveNodes({row.id("relu1"): (400.0, 300.0)}))
    row.view.fit_all()
    item = row.edge_item("image", "relu1")
    assert item.label_on_curve is not None
    assert not item.label_on_curve.contains(plus_at(item))
    assert item.is_at(plus_at(item))
    row.click(plus_at(item))
    assert row.view.search.isVisible()


def test_far_out_there_is_no_plus(row):
    row.view.zoom_by(0.4 / row.view.zoom)
    item = row.edge_item("image", "relu1")
    row.click(plus_at(item))
    assert row.scene.selected_edges == {item.edge}
    assert not row.view.search.isVisible()
