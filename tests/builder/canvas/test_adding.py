"""New layers: from the search box, from a port, from the palette."""

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.layer_list import MIME_TYPE
from tests.builder.canvas.driver import chain

KEYS = Qt.KeyboardModifier
HERE = QPointF(60, 40)


def drop(canvas, type_name, scene_at, form=MIME_TYPE):
    """Drags something from elsewhere over the canvas and lets go; gives whether the canvas took it."""
    data = QMimeData()
    data.setData(form, type_name.encode())
    action, button, at = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, canvas.at(scene_at)
    viewport = canvas.view.viewport()
    assert viewport.acceptDrops()
    over = QDragEnterEvent(at, action, data, button, KEYS.NoModifier)
    QApplication.sendEvent(viewport, over)
    if not over.isAccepted():
        return False
    QApplication.sendEvent(viewport, QDragMoveEvent(at, action, data, button, KEYS.NoModifier))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(at), action, data, button, KEYS.NoModifier))
    return True


def test_double_click_types_and_enter_adds_at_the_mouse(empty):
    empty.double_click(HERE)
    assert empty.view.search.isVisible()
    empty.type("conv")
    (node,) = empty.graph.nodes.values()
    assert (node.type, node.name) == ("Conv2d", "conv1")
    assert empty.item("conv1").area.contains(HERE)
    assert node.position[0] % 8 == node.position[1] % 8 == 0
    assert empty.session.selection == (node.id,)
    assert not empty.view.search.isVisible()
    assert empty.view.hasFocus()


@pytest.mark.parametrize(
    ("key", "held"), [(Qt.Key.Key_Space, 0), (Qt.Key.Key_Tab, 0), (Qt.Key.Key_A, KEYS.ShiftModifier)]
)
def test_keys_open_the_search_box(empty, key, held):
    empty.key(key, held or KEYS.NoModifier)
    assert empty.view.search.isVisible()
    assert empty.view.search.field.hasFocus()


def test_escape_closes_the_search_box_and_adds_nothing(empty):
    empty.double_click(HERE)
    QTest.keyClick(empty.view.search.field, Qt.Key.Key_Escape)
    assert not empty.view.search.isVisible()
    assert not empty.graph.nodes
    assert empty.view.hasFocus()


def test_arrows_choose_in_the_search_box(empty):
    empty.double_click(HERE)
    QTest.keyClicks(empty.view.search.field, "pool")
    second = empty.view.search.types[1]
    QTest.keyClick(empty.view.search.field, Qt.Key.Key_Down)
    QTest.keyClick(empty.view.search.field, Qt.Key.Key_Return)
    assert [node.type for node in empty.graph.nodes.values()] == [second]


def test_what_is_typed_is_text_and_not_a_shortcut(canvas):
    before = canvas.bytes
    canvas.double_click(QPointF(0, 300))
    canvas.view.select_all()
    field = canvas.view.search.field
    for key in (Qt.Key.Key_F, Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        QTest.keyClick(field, key)
    QTest.keyClick(field, Qt.Key.Key_D, KEYS.ControlModifier)
    assert field.text() == "f"
    assert canvas.bytes == before


def test_nothing_found_says_so(empty):
    empty.double_click(HERE)
    QTest.keyClicks(empty.view.search.field, "qqqq")
    assert empty.view.search.types == []
    assert not empty.view.search.list.isVisible()
    QTest.keyClick(empty.view.search.field, Qt.Key.Key_Return)
    assert empty.view.search.isVisible()


def test_keys_alone_build_a_network(empty):
    for text in ("input", "conv", "relu", "flatten", "linear", "output"):
        empty.key(Qt.Key.Key_Tab)
        empty.type(text)
    assert empty.edges() == {
        "input1.out -> conv1.in",
        "conv1.out -> relu1.in",
        "relu1.out -> flatten1.in",
        "flatten1.out -> linear1.in",
        "linear1.out -> output1.in",
    }
    assert not empty.session.problems
    xs = [node.position[0] for node in empty.graph.nodes.values()]
    assert xs == sorted(set(xs))


def test_a_layer_that_does_not_fit_is_added_alone(open_canvas):
    canvas = open_canvas(chain(("Input", "image")))
    canvas.click(canvas.body("image"))
    canvas.key(Qt.Key.Key_Tab)
    canvas.type("embedding")
    assert "embedding1" in {node.name for node in canvas.graph.nodes.values()}
    assert not canvas.graph.edges


def test_dropping_an_edge_on_nothing_offers_what_fits_and_connects(canvas):
    start = canvas.port("conv1", "out")
    canvas.drag(start, start + QPointF(40, 200))
    assert canvas.view.search.isVisible()
    types = canvas.view.search.types
    assert types[0] == "BatchNorm2d"
    assert "Conv2d" in types
    assert not {"Linear", "Input", "BatchNorm1d", "Embedding"} & {*types}
    canvas.type("maxpool")
    assert "conv1.out -> pool1.in" in canvas.edges()


def test_a_layer_that_is_named_but_does_not_fit_is_not_taken_for_another(canvas):
    start = canvas.port("conv1", "out")
    canvas.drag(start, start + QPointF(40, 200))
    search = canvas.view.search
    QTest.keyClicks(search.field, "linear")
    assert search.types[:2] == ["Linear", "UpsamplingBilinear2d"], "which has the word in it, and fits"
    row = search.list.model().index(0)
    assert "Does not fit here" in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Does not fit here" not in search.list.model().index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert "conv1.out -> linear1.in" in canvas.edges()
    (problem,) = canvas.session.problems_of(canvas.id("linear1"))
    assert problem.fixes[0].label == "Insert Flatten"


def test_an_input_on_nothing_offers_what_can_feed_it(canvas):
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_Delete)
    end = canvas.port("flatten1", "in")
    canvas.drag(end, end + QPointF(-60, 160))
    types = canvas.view.search.types
    assert {"Conv2d", "Input"} <= {*types}
    assert "Output" not in types
    canvas.type("gelu")
    assert "gelu1.out -> flatten1.in" in canvas.edges()


def test_drop_from_the_palette(empty):
    assert drop(empty, "LSTM", HERE)
    (node,) = empty.graph.nodes.values()
    assert node.type == "LSTM"
    assert empty.item(node.name).area.contains(HERE)


def test_anything_else_is_not_taken(empty):
    assert not drop(empty, "ReLU", HERE, form="text/plain")
    drop(empty, "NoSuchLayer", HERE)
    assert not empty.graph.nodes


def test_drop_on_an_edge_inserts(canvas):
    middle = canvas.edge_item("conv1", "relu1").path.pointAtPercent(0.5)
    drop(canvas, "BatchNorm2d", middle)
    assert {"conv1.out -> norm1.in", "norm1.out -> relu1.in"} <= canvas.edges()
    assert "conv1.out -> relu1.in" not in canvas.edges()
    canvas.session.undo()
    assert "conv1.out -> relu1.in" in canvas.edges()


def test_double_click_on_an_edge_inserts_there(canvas):
    canvas.double_click(canvas.edge_item("conv1", "relu1").path.pointAtPercent(0.5))
    assert "Input" not in canvas.view.search.types
    canvas.type("dropout")
    assert {"conv1.out -> dropout1.in", "dropout1.out -> relu1.in"} <= canvas.edges()


def test_two_layers_at_one_place_do_not_cover_each_other(empty):
    drop(empty, "ReLU", HERE)
    drop(empty, "ReLU", HERE)
    one, other = empty.scene.nodes.values()
    assert not one.card.translated(one.pos()).intersects(other.card.translated(other.pos()))


def test_the_palette_appends_to_the_selected_node(canvas):
    canvas.session.select([canvas.id("head")])
    canvas.view.add_layer("Output")
    assert "head.out -> output1.in" in canvas.edges()


def test_the_hint_is_there_only_while_the_canvas_is_empty(empty):
    hint = empty.view.findChild(object, "canvas.hint")
    assert hint.isVisible()
    drop(empty, "ReLU", HERE)
    assert not hint.isVisible()
    empty.session.undo()
    assert hint.isVisible()


def test_with_an_edge_selected_the_key_inserts_there(canvas):
    canvas.click(canvas.edge_item("conv1", "relu1").path.pointAtPercent(0.5))
    canvas.key(Qt.Key.Key_Tab)
    canvas.type("norm")
    assert {"conv1.out -> norm1.in", "norm1.out -> relu1.in"} <= canvas.edges()


def test_the_menu_adds_a_layer_where_it_was_asked_for(empty):
    empty.menu(HERE)["edit.add_node"].trigger()
    assert empty.view.search.isVisible()
    empty.type("conv")
    assert empty.item("conv1").area.contains(HERE)


def test_on_an_empty_canvas_a_word_that_fits_several_gives_what_a_network_begins_with(empty):
    empty.double_click(HERE)
    empty.type("image")
    (first,) = empty.graph.nodes.values()
    assert first.type == "Input"
    empty.session.select(())
    empty.double_click(HERE + QPointF(0, 300))
    empty.type("image")
    assert [node.type for node in empty.graph.nodes.values()] == ["Input", "Conv2d"]
