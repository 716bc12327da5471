"""Blocks are packed, named, changed inside and unpacked with real keys and clicks, and all is taken back."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from builder.panels.param_links import link_menu
from graph.storage import to_bytes
from graph.templates import template
from tests.builder.block_hands import ALT, CTRL, LEFT, Hands


def test_pack_enter_change_leave_and_take_it_all_back(hands):
    session, before = hands.session, hands.bytes
    total = session.main_inference.total_parameters
    hands.select("res1", "pair1")
    hands.press(Qt.Key.Key_G, CTRL)
    assert hands.names() == ["image", "block1", "logits"]
    assert session.main_inference.total_parameters == total
    assert session.selection == (hands.driver.id("block1"),)
    packed = hands.bytes
    hands.press(Qt.Key.Key_D, CTRL)  # a second instance
    second = session.selection[0]
    assert session.graph.nodes[second].type == "Block1"
    hands.double_click("block1")
    assert hands.steps == ["Deep", "block1 (Block1)"]
    hands.select("res1")
    hands.press(Qt.Key.Key_Delete)
    hands.press(Qt.Key.Key_Escape)
    assert session.scope == ()
    types = {node.type for node in session.project.blocks["Block1"].graph.nodes.values()}
    assert types == {"Input", "Pair", "Output"}  # in both instances, as there is one graph
    for _ in range(2):
        hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == packed
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == before
    assert session.scope == ()
    assert hands.names() == ["image", "res1", "pair1", "logits"]


def test_unpack_gives_the_layers_back(hands):
    before = hands.bytes
    hands.select("pair1")
    hands.press(Qt.Key.Key_G, CTRL | ALT)
    assert {hands.session.graph.nodes[each].type for each in hands.session.selection} == {"Residual"}
    assert len(hands.session.selection) == 2
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == before


@pytest.mark.parametrize(
    ("selected", "action_id", "reason"),
    [
        ((), "graph.pack", "Select the layers to pack first."),
        (("image", "res1"), "graph.pack", "image is an end of the graph. Leave it out"),
        (("res1",), "graph.pack", ""),
        ((), "graph.unpack", "Select one block first."),
        (("res1", "pair1"), "graph.enter", "Select one block first."),
        (("image",), "graph.unpack", "image is a layer, not a block."),
        (("res1",), "graph.unpack", ""),
        (("res1",), "graph.enter", ""),
        (("res1",), "graph.leave", "This is the main graph."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_why(hands, selected, action_id, reason):
    hands.select(*selected)
    action = hands.window.actions_[action_id]
    assert action.isEnabled() == (not reason)
    assert reason in action.toolTip()
    menu = next(each for each in hands.window.menuBar().actions() if each.text() == "&Graph").menu()
    assert action in menu.actions()
    assert menu.toolTipsVisible()


def test_nothing_is_packed_on_the_welcome_page(window):
    assert window.actions_.why_disabled("graph.pack") == "No project is open."


def test_the_context_menu_packs_unpacks_and_leaves(hands):
    canvas = hands.window.canvas
    hands.double_click("pair1")
    for at, entries in (
        (hands.driver.body("first"), {"graph.enter", "graph.pack", "graph.unpack"}),
        (canvas.mapToScene(QPoint(5, 5)), {"graph.leave"}),
    ):
        found = hands.driver.menu(at)
        assert entries <= found.keys()
    found["graph.leave"].trigger()
    assert hands.session.scope == ()


def test_a_packed_block_is_named_at_once(hands):
    window, before = hands.window, hands.bytes
    hands.select("res1")
    hands.press(Qt.Key.Key_G, CTRL)
    line = window.inspector.node_page.block.name.line
    hands.qtbot.waitUntil(line.hasFocus)
    assert line.selectedText() == "Block1"
    QTest.keyClicks(line, "Stem")
    assert hands.session.project.blocks.keys() == {"Residual", "Pair", "Stem"}
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)  # the name that was typed
    assert "Block1" in hands.session.project.blocks
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
    assert hands.bytes == before
    QTest.keyClick(window.canvas, Qt.Key.Key_Y, CTRL)
    assert hands.names() == ["image", "block1", "pair1", "logits"]


def test_return_ends_naming_and_return_again_enters(hands):
    hands.select("res1")
    hands.press(Qt.Key.Key_G, CTRL)
    line = hands.window.inspector.node_page.block.name.line
    hands.qtbot.waitUntil(line.hasFocus)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert hands.window.canvas.hasFocus()
    assert hands.session.scope == ()
    QTest.keyClick(hands.window.canvas, Qt.Key.Key_Return)
    assert hands.session.block == "Block1"


def test_blocks_get_names_that_are_free(hands):
    for name in ("res1", "pair1"):
        hands.select(name)
        hands.press(Qt.Key.Key_G, CTRL)
    assert list(hands.session.project.blocks)[2:] == ["Block1", "Block2"]
    assert hands.names() == ["image", "block1", "block2", "logits"]


def test_a_change_inside_shows_in_all_instances_and_is_taken_back_step_by_step(hands):
    session, before = hands.session, hands.bytes
    hands.double_click("res1")
    hands.select("outer")
    field = hands.window.inspector.node_page.form.field("bias")
    QTest.mouseClick(field, LEFT, pos=QPoint(8, field.height() // 2))
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_Escape)
    assert session.result(hands.driver.id("res1")).parameters == 280 - 8
    assert session.result(hands.driver.id("pair1")).parameters == 2 * (280 - 8)
    hands.select("pair1")
    repeat = hands.window.inspector.node_page.form.field("repeat")
    repeat.setFocus()
    QTest.keyClicks(repeat, "3")
    assert session.main_inference.total_parameters == 7 * (280 - 8)
    hands.press(Qt.Key.Key_Z, CTRL)
    hands.press(Qt.Key.Key_Z, CTRL)
    assert session.scope == ("n2",)  # where that was done
    assert hands.bytes == before


# -- the whole way


def test_grow_a_network_from_one_packed_block_and_take_it_all_back(window, qtbot):
    window.files.new_project(template("SmallCNN").project())
    hands, session, before = Hands(window, qtbot), window.session, to_bytes(window.session.project)
    conv = next(node for node in session.graph.nodes.values() if node.type == "Conv2d")
    (norm,) = (session.graph.nodes[each] for each in session.graph.successors(conv.id))
    session.select([conv.id, norm.id])
    hands.press(Qt.Key.Key_G, CTRL)
    line = window.inspector.node_page.block.name.line
    qtbot.waitUntil(line.hasFocus)
    QTest.keyClicks(line, "ConvNorm")
    QTest.keyClick(line, Qt.Key.Key_Return)
    total = session.main_inference.total_parameters

    # inside, a parameter is exposed
    QTest.keyClick(window.canvas, Qt.Key.Key_Return)
    assert hands.steps == [session.project.name, "block1 (ConvNorm)"]
    session.select([conv.id])
    form = window.inspector.node_page.form
    link_menu(session, conv.id, "out_channels", window).actions()[-1].trigger()
    assert session.project.blocks["ConvNorm"].params[0].name == "out_channels"
    assert form.computed_text("out_channels") == f"= {conv.params['out_channels']}"
    assert session.main_inference.total_parameters == total

    # outside, it is set and the block repeated
    hands.press(Qt.Key.Key_Up, ALT)
    assert session.scope == ()
    field = window.inspector.node_page.form.field("repeat")
    field.setFocus()
    QTest.keyClicks(field, "3")
    field = window.inspector.node_page.form.field("out_channels")
    field.setFocus()
    QTest.keyClicks(field, "8, 16, 24")
    hands.focus()
    (instance,) = session.selection
    assert session.graph.nodes[instance].params == {"repeat": 3, "out_channels": {"each": [8, 16, 24]}}
    assert session.result(instance).outputs["out"].shape[1] == 24
    assert not session.errors

    # unpacked, the three stand in a row
    hands.press(Qt.Key.Key_G, CTRL | ALT)
    types = [session.graph.nodes[each].type for each in session.selection]
    assert sorted(types) == sorted([conv.type, norm.type] * 3)
    assert not session.errors
    while session.document.undo_label:
        hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == before
    while session.document.redo_label:
        hands.press(Qt.Key.Key_Y, CTRL)
    assert [node.type for node in session.graph.nodes.values()].count(norm.type) >= 3
