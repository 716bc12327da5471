"""Selecting, moving, deleting, renaming: one gesture, one undo step."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from graph.block_edits import InBlock
from graph.edits import SetParams
from tests.builder.canvas.driver import chain
from tests.graph.block_drawings import deep

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
CORNER = QPointF(-40, -60)


def selected(canvas):
    return {canvas.graph.nodes[node_id].name for node_id in canvas.session.selection}


def test_click_selects_one_and_nothing_deselects(canvas):
    canvas.click(canvas.body("conv1"))
    assert selected(canvas) == {"conv1"}
    assert canvas.item("conv1").is_selected
    canvas.click(canvas.body("relu1"))
    assert selected(canvas) == {"relu1"}
    assert not canvas.item("conv1").is_selected
    canvas.click(canvas.body("relu1") + QPointF(0, 200))
    assert selected(canvas) == set()


def test_ctrl_toggles_and_shift_adds(canvas):
    canvas.click(canvas.body("conv1"))
    canvas.click(canvas.body("relu1"), SHIFT)
    canvas.click(canvas.body("head"), CTRL)
    assert selected(canvas) == {"conv1", "relu1", "head"}
    canvas.click(canvas.body("conv1"), CTRL)
    canvas.click(canvas.body("relu1"), SHIFT)
    assert selected(canvas) == {"relu1", "head"}


@pytest.mark.parametrize(("keys", "expected"), [
    (Qt.KeyboardModifier.NoModifier, {"image", "conv1"}),
    (SHIFT, {"image", "conv1", "head"}),
    (CTRL, {"image", "head"}),
])  # fmt: skip
def test_marquee(canvas, keys, expected):
    canvas.session.select([canvas.id("conv1"), canvas.id("head")] if keys == CTRL else [canvas.id("head")])
    canvas.drag(CORNER, canvas.body("conv1"), keys=keys)
    assert selected(canvas) == expected
    assert canvas.session.document.undo_label is None


def test_escape_gives_the_selection_back(canvas):
    canvas.click(canvas.body("head"))
    canvas.press(CORNER, keys=SHIFT)
    canvas.move(canvas.body("conv1"))
    canvas.key(Qt.Key.Key_Escape)
    canvas.release(canvas.body("conv1"))
    assert selected(canvas) == {"head"}
    assert canvas.scene.items() == []


def test_ctrl_a_selects_all(canvas):
    canvas.key(Qt.Key.Key_A, CTRL)
    assert len(selected(canvas)) == 5


def test_a_drag_moves_the_selection_by_whole_grid_steps_in_one_undo_step(canvas):
    before = canvas.bytes
    canvas.session.select([canvas.id("conv1"), canvas.id("relu1")])
    start = canvas.body("conv1")
    canvas.press(start)
    canvas.move(start + QPointF(50, 61))
    assert canvas.bytes == before
    assert canvas.edge_item("image", "conv1").end == canvas.port("conv1", "in")
    canvas.release(start + QPointF(50, 61))
    x, y = canvas.graph.nodes[canvas.id("conv1")].position
    assert (x % 8, y % 8) == (0, 0)
    assert (x, y) == pytest.approx((224 + 50, 61), abs=8)
    moved = canvas.graph.nodes[canvas.id("relu1")].position
    assert (moved[0] - 448, moved[1]) == (x - 224, y)
    assert canvas.graph.nodes[canvas.id("image")].position == (0, 0)
    canvas.session.undo()
    assert canvas.bytes == before
    assert canvas.item("conv1").pos() == QPointF(224, 0)
    assert canvas.session.document.undo_label is None


def test_a_drag_of_an_unselected_node_moves_it_alone(canvas):
    canvas.click(canvas.body("head"))
    canvas.drag(canvas.body("conv1"), canvas.body("conv1") + QPointF(0, 80))
    assert canvas.graph.nodes[canvas.id("conv1")].position[1] > 0
    assert canvas.graph.nodes[canvas.id("head")].position == (896, 0)


def test_escape_puts_dragged_nodes_back(canvas):
    before = canvas.bytes
    canvas.press(canvas.body("conv1"))
    canvas.move(canvas.body("conv1") + QPointF(0, 80))
    canvas.key(Qt.Key.Key_Escape)
    canvas.release(canvas.body("conv1"))
    assert canvas.bytes == before
    assert canvas.item("conv1").pos() == QPointF(224, 0)
    assert canvas.edge_item("image", "conv1").end == canvas.port("conv1", "in")


def test_arrows_nudge_as_one_step(canvas):
    before = canvas.bytes
    canvas.click(canvas.body("conv1"))
    for _ in range(3):
        canvas.key(Qt.Key.Key_Right)
    canvas.key(Qt.Key.Key_Down, SHIFT)
    assert canvas.graph.nodes[canvas.id("conv1")].position == (248, 40)
    canvas.session.undo()
    assert canvas.bytes == before


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_takes_edges_along_and_undo_restores_all(canvas, key):
    before = canvas.bytes
    canvas.click(canvas.body("relu1"))
    canvas.key(key)
    assert canvas.edges() == {"image.out -> conv1.in", "flatten1.out -> head.in"}
    assert len(canvas.scene.nodes) == 4
    assert len(canvas.scene.edges) == 2
    assert selected(canvas) == set()
    canvas.session.undo()
    assert canvas.bytes == before
    assert len(canvas.scene.edges) == 4


def test_an_edge_is_selected_and_deleted(canvas):
    edge = canvas.edge_item("conv1", "relu1")
    canvas.click(edge.path.pointAtPercent(0.5))
    assert edge.state == "selected"
    canvas.key(Qt.Key.Key_Delete)
    assert "conv1.out -> relu1.in" not in canvas.edges()
    assert len(canvas.graph.nodes) == 5


def test_nothing_to_delete_says_so(canvas):
    canvas.key(Qt.Key.Key_Delete)
    assert canvas.messages == ["Nothing is selected."]


@pytest.mark.parametrize("redo", [(Qt.Key.Key_Y, CTRL), (Qt.Key.Key_Z, CTRL | SHIFT)])
def test_undo_and_redo_by_key(canvas, redo):
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_Delete)
    after = canvas.bytes
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert len(canvas.graph.nodes) == 5
    canvas.key(*redo)
    assert canvas.bytes == after


def test_double_click_on_the_title_renames(canvas):
    canvas.double_click(canvas.title("conv1"))
    field = canvas.view.fields.name
    assert field.hasFocus()
    assert field.selectedText() == "conv1"
    QTest.keyClicks(field, "stem")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert canvas.graph.by_name("stem").type == "Conv2d"
    assert not field.isVisible()
    assert canvas.view.hasFocus()
    canvas.session.undo()
    assert canvas.graph.by_name("conv1") is not None


def test_a_name_that_is_taken_is_refused_and_stays_to_be_mended(canvas):
    canvas.click(canvas.body("conv1"))
    canvas.key(Qt.Key.Key_F2)
    field = canvas.view.fields.name
    QTest.keyClicks(field, "relu1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert canvas.messages == ["There already is a node called relu1."]
    assert field.isVisible()
    note = canvas.view.note
    assert note.text == "There already is a node called relu1."
    assert 0 <= note.y() - field.geometry().bottom() < 40  # where the eyes are
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert not note.isVisible()
    assert canvas.graph.nodes[canvas.id("conv1")].name == "conv1"


def test_keys_typed_into_a_name_are_text(canvas):
    before = len(canvas.graph.nodes)
    canvas.click(canvas.body("conv1"))
    canvas.key(Qt.Key.Key_F2)
    for key in (Qt.Key.Key_F, Qt.Key.Key_Space, Qt.Key.Key_A, Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
        QTest.keyClick(canvas.view.fields.name, key)
    assert canvas.view.fields.name.text() == "f "
    assert len(canvas.graph.nodes) == before


def test_copy_and_paste_across_windows_with_fresh_names(canvas, open_canvas):
    canvas.session.select([canvas.id("conv1"), canvas.id("relu1")])
    canvas.key(Qt.Key.Key_C, CTRL)
    other = open_canvas()
    other.key(Qt.Key.Key_V, CTRL)
    assert other.edges() == {"conv1.out -> relu1.in"}
    other.key(Qt.Key.Key_V, CTRL)
    assert other.edges() == {"conv1.out -> relu1.in", "conv2.out -> relu2.in"}
    assert selected(other) == {"conv2", "relu2"}
    places = [node.position for node in other.graph.nodes.values()]
    assert len(set(places)) == 4
    other.session.undo()
    assert other.edges() == {"conv1.out -> relu1.in"}


def test_cut_leaves_nothing_but_the_clipboard(canvas):
    canvas.click(canvas.body("relu1"))
    canvas.key(Qt.Key.Key_X, CTRL)
    assert canvas.graph.by_name("relu1") is None
    canvas.key(Qt.Key.Key_V, CTRL)
    assert canvas.graph.by_name("relu1").type == "ReLU"


def test_a_clipboard_without_layers_is_refused_in_words(canvas, qapp):
    before = canvas.bytes
    for text in ("", "hello", '{"format": "netloom", "version": 1}', '{"format": "netloom", "version": 99}'):
        qapp.clipboard().setText(text)
        canvas.key(Qt.Key.Key_V, CTRL)
    assert len(canvas.messages) == 4
    assert all(message.startswith("The clipboard holds") for message in canvas.messages)
    assert canvas.bytes == before


def test_duplicate_stands_clear_of_the_original(canvas):
    canvas.session.select([canvas.id("conv1"), canvas.id("relu1")])
    canvas.key(Qt.Key.Key_D, CTRL)
    assert selected(canvas) == {"conv2", "relu2"}
    assert "conv2.out -> relu2.in" in canvas.edges()
    assert not canvas.scene.bounds(canvas.session.selection).intersects(canvas.scene.bounds(["n2", "n3"]))
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert len(canvas.graph.nodes) == 5


def test_copies_are_brought_into_sight(canvas):
    canvas.session.select([canvas.id("conv1")])
    canvas.key(Qt.Key.Key_C, CTRL)
    for key in (Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_V):
        canvas.key(key, CTRL)
        assert canvas.view.visible_area.contains(canvas.scene.bounds(canvas.session.selection))


def test_a_change_during_a_drag_ends_it(canvas):
    canvas.drag(canvas.body("conv1"), canvas.body("conv1") + QPointF(0, 80))
    canvas.press(canvas.body("conv1"))
    canvas.move(canvas.body("conv1") + QPointF(60, 80))
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert canvas.item("conv1").pos() == QPointF(224, 0)
    canvas.release(canvas.body("conv1") + QPointF(60, 80))
    assert canvas.graph.nodes[canvas.id("conv1")].position == (224, 0)
    assert canvas.edge_item("image", "conv1").end == canvas.port("conv1", "in")


def test_a_change_while_an_edge_is_in_the_hand_ends_that_too(canvas):
    canvas.click(canvas.body("head"))
    canvas.key(Qt.Key.Key_Delete)
    canvas.press(canvas.port("flatten1", "in"))
    canvas.move(canvas.body("conv1") + QPointF(0, 200))
    canvas.session.undo()
    canvas.release(canvas.body("conv1") + QPointF(0, 200))
    assert canvas.scene.items() == []
    assert len(canvas.edges()) == 4
    assert canvas.scene.hidden_edge is None


def test_an_instance_takes_its_blocks_along_to_another_window(open_canvas):
    canvas = open_canvas(deep())
    canvas.session.select([canvas.id("pair1")])
    canvas.key(Qt.Key.Key_C, CTRL)
    other = open_canvas(chain(("ReLU", "relu1")))
    before = other.bytes
    other.key(Qt.Key.Key_V, CTRL)
    assert list(other.session.project.blocks) == ["Residual", "Pair"]
    assert other.graph.by_name("pair1").params == {"width": 8}
    assert other.messages == []
    other.key(Qt.Key.Key_V, CTRL)  # the second time they are there
    assert other.graph.by_name("pair2").type == "Pair"
    other.key(Qt.Key.Key_Z, CTRL)
    other.key(Qt.Key.Key_Z, CTRL)
    assert other.bytes == before


def test_a_block_that_is_another_here_stays_and_that_is_said(open_canvas):
    canvas = open_canvas(deep())
    canvas.session.select([canvas.id("res1")])
    canvas.key(Qt.Key.Key_C, CTRL)
    other = open_canvas(deep())
    other.session.apply(InBlock("Residual", SetParams("n2", {"bias": False})))
    other.key(Qt.Key.Key_V, CTRL)
    assert other.session.project.blocks["Residual"].graph.nodes["n2"].params["bias"] is False
    assert other.messages == ["Residual is not the same block here as where it was copied."]


def test_a_block_is_not_pasted_into_itself(open_canvas):
    canvas = open_canvas(deep())
    canvas.session.select([canvas.id("pair1")])
    canvas.key(Qt.Key.Key_C, CTRL)
    before = canvas.bytes
    canvas.session.enter("n2")
    canvas.key(Qt.Key.Key_V, CTRL)
    assert canvas.bytes == before
    assert canvas.messages == ["Pair contains Residual, so Residual cannot contain Pair."]
