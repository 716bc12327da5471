"""Blocks in the window, with real keys and clicks: pack, enter, edit, leave, unpack, and find them again."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.layer_list import MIME_TYPE
from builder.panels.param_links import link_menu
from graph.block_edits import AddBlock, RenameBlock
from graph.document import Block, Document
from graph.edits import RenameNode, SetParams
from graph.storage import to_bytes
from graph.templates import template
from tests.builder.canvas.driver import Driver
from tests.graph.block_drawings import deep, in_a_row

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT = Qt.MouseButton.LeftButton


class Hands:
    """Somebody at the window."""

    def __init__(self, window, qtbot):
        self.window, self.session, self.qtbot = window, window.session, qtbot
        self.driver = Driver(window.canvas, window.session)
        self.focus()

    @property
    def bytes(self):
        return to_bytes(self.session.project)

    @property
    def steps(self):
        return self.window.breadcrumb.texts

    def focus(self):
        self.window.activateWindow()
        self.window.canvas.setFocus()
        self.qtbot.waitUntil(self.window.canvas.hasFocus)

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        """A key on the canvas."""
        self.focus()
        QTest.keyClick(self.window.canvas, key, modifiers)

    def double_click(self, name):
        at = self.driver.at(self.driver.body(name))
        QTest.mouseClick(self.window.canvas.viewport(), LEFT, pos=at)
        QTest.mouseDClick(self.window.canvas.viewport(), LEFT, pos=at)

    def click(self, button):
        assert button.isVisible()
        QTest.mouseClick(button, LEFT)

    def select(self, *names):
        self.session.select([self.driver.id(name) for name in names])

    def names(self):
        return [node.name for node in self.session.graph.nodes.values()]


@pytest.fixture
def hands(window, qtbot):
    """The window with image -> Residual -> Pair (of two Residuals) -> logits."""
    window.files.new_project(template("SmallCNN").project())
    window.session.load(Document(deep()))
    window.session.apply(SetParams("n2", {"width": 8}))
    for number, node_id in enumerate(("n1", "n2", "n3", "n4")):
        window.session.graph.replace_node(
            window.session.graph.nodes[node_id].with_(position=(224.0 * number, 0.0))
        )
    window.session.load(Document(window.session.project))
    return Hands(window, qtbot)


def test_a_block_is_entered_and_left_with_mouse_and_keys(hands):
    window, session = hands.window, hands.session
    assert not window.breadcrumb.isVisible()
    hands.double_click("pair1")
    assert session.block == "Pair"
    assert hands.steps == ["Deep", "pair1 (Pair)"]
    assert window.breadcrumb.isVisible()
    assert sorted(window.canvas.graph_scene.nodes) == sorted(session.project.blocks["Pair"].graph.nodes)
    assert session.selection == ()
    hands.select("second")
    hands.press(Qt.Key.Key_Return)
    assert hands.steps == ["Deep", "pair1 (Pair)", "second (Residual)"]
    hands.press(Qt.Key.Key_Up, ALT)
    assert (session.block, session.selection) == ("Pair", ("n3",))
    hands.press(Qt.Key.Key_Escape)  # first selects nothing
    assert (session.block, session.selection) == ("Pair", ())
    hands.press(Qt.Key.Key_Escape)
    assert (session.block, session.selection) == (None, ("n3",))
    assert not window.breadcrumb.isVisible()
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_Escape)  # there is nothing left to leave
    assert session.scope == ()


def test_a_layer_is_not_entered_and_a_title_is_renamed(hands):
    hands.double_click("image")
    assert hands.session.scope == ()
    at = hands.driver.at(hands.driver.title("pair1"))
    QTest.mouseDClick(hands.window.canvas.viewport(), LEFT, pos=at)
    assert hands.session.scope == ()


def test_a_step_of_the_breadcrumb_leaves_to_there(hands):
    hands.double_click("pair1")
    hands.double_click("first")
    _, pair, _ = hands.window.breadcrumb.steps
    assert pair.toolTip() == "Go back to pair1 (Pair)"
    hands.click(pair)
    assert (hands.session.block, hands.session.selection) == ("Pair", ("n2",))
    hands.press(Qt.Key.Key_Return)
    hands.click(hands.window.breadcrumb.steps[0])
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))
    hands.double_click("res1")
    hands.click(hands.window.breadcrumb.leave_button)
    assert (hands.session.scope, hands.session.selection) == ((), ("n2",))


def test_steps_without_room_go_into_a_menu(hands):
    breadcrumb = hands.window.breadcrumb
    hands.session.show_scope(("n3", "n2"))
    assert breadcrumb.more.isHidden()
    breadcrumb.setFixedWidth(breadcrumb.sizeHint().width() - 40)
    QApplication.processEvents()
    assert [step.isVisible() for step in breadcrumb.steps] == [True, False, True]
    (entry,) = breadcrumb.more.menu().actions()
    assert entry.text() == "pair1 (Pair)"
    entry.trigger()
    assert hands.session.scope == ("n3",)


def test_the_breadcrumb_follows_names(hands):
    hands.double_click("pair1")
    hands.session.apply(RenameBlock("Pair", "Twins & more"))
    assert hands.steps == ["Deep", "pair1 (Twins & more)"]
    hands.session.apply_to_project(RenameNode("n3", "tail"))
    assert hands.steps == ["Deep", "tail (Twins & more)"]


def test_every_graph_is_seen_again_as_it_was_left(hands):
    canvas = hands.window.canvas
    canvas.zoom_by(1.37, QPoint(200, 90))
    canvas.pan_by(QPoint(-31, 17))
    main = canvas.zoom, canvas.mapToScene(QPoint(0, 0))
    hands.double_click("pair1")
    canvas.zoom_by(0.8)
    inner = canvas.zoom, canvas.mapToScene(QPoint(0, 0))
    assert inner != main
    hands.press(Qt.Key.Key_Up, ALT)
    assert (canvas.zoom, canvas.mapToScene(QPoint(0, 0))) == main
    hands.press(Qt.Key.Key_Return)
    assert (canvas.zoom, canvas.mapToScene(QPoint(0, 0))) == inner


def test_a_graph_that_is_seen_first_is_seen_whole(hands):
    canvas = hands.window.canvas
    hands.double_click("res1")
    assert canvas.visible_area.contains(canvas.graph_scene.bounds())


def test_what_was_done_in_another_graph_is_shown_when_it_is_undone(hands):
    session = hands.session
    hands.double_click("pair1")
    hands.double_click("second")
    session.apply(SetParams("n2", {"bias": False}))
    hands.click(hands.window.breadcrumb.steps[0])
    session.apply(RenameNode("n2", "start"))
    hands.double_click("pair1")
    hands.press(Qt.Key.Key_Z, CTRL)
    assert session.scope == ()
    hands.press(Qt.Key.Key_Z, CTRL)
    assert session.scope == ("n3", "n3")  # through the instance that it was made in
    hands.click(hands.window.breadcrumb.steps[0])
    hands.press(Qt.Key.Key_Y, CTRL)
    assert session.scope == ("n3", "n3")
    hands.press(Qt.Key.Key_Y, CTRL)
    assert session.scope == ()


def test_undo_inside_stays_where_the_block_is_seen_through_another_instance(hands):
    hands.double_click("res1")
    hands.session.apply(SetParams("n2", {"bias": False}))
    hands.press(Qt.Key.Key_Escape)
    hands.press(Qt.Key.Key_Escape)
    hands.double_click("pair1")
    hands.double_click("first")
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.session.scope == ("n3", "n2")


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


def test_palette_and_search_begin_with_the_blocks(hands):
    palette = hands.window.layers
    assert palette.rows[:4] == ["Blocks", "Residual", "Pair", "Input/Output"]
    QTest.keyClicks(palette.field, "resid")
    assert palette.rows[0] == "Residual"
    palette.field.clear()
    hands.session.apply(AddBlock(Block("Stem", in_a_row(("ReLU", {})))))
    assert palette.rows[:5] == ["Blocks", "Residual", "Pair", "Stem", "Input/Output"]
    hands.session.undo()
    assert "Stem" not in palette.rows
    hands.press(Qt.Key.Key_Space)
    assert hands.window.canvas.search.types[:2] == ["Residual", "Pair"]
    hands.driver.type("pair")
    assert hands.names()[-1] == "pair2"


def test_a_project_without_blocks_has_no_such_heading(window):
    window.files.new_project(template("SmallCNN").project())
    assert "Blocks" not in window.layers.rows


def test_a_block_is_dropped_on_an_edge(hands):
    canvas = hands.window.canvas
    start, end = hands.driver.port("image", "out"), hands.driver.port("res1", "x")
    data = QMimeData()
    data.setData(MIME_TYPE, b"Residual")
    at = hands.driver.at((start + end) / 2)
    rest = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    for event in (QDragEnterEvent(at, *rest), QDragMoveEvent(at, *rest), QDropEvent(QPointF(at), *rest)):
        QApplication.sendEvent(canvas.viewport(), event)
    assert "image.out -> residual1.x" in hands.driver.edges()
    assert "residual1.y -> res1.x" in hands.driver.edges()


def test_a_block_does_not_go_into_itself(hands):
    said = []
    hands.session.message.connect(said.append)
    hands.double_click("res1")
    before = hands.bytes
    palette = hands.window.layers
    QTest.keyClicks(palette.field, "pair")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert hands.bytes == before
    assert said == ["Pair contains Residual, so Residual cannot contain Pair."]
    assert hands.window.status.currentMessage() == said[0]


def test_only_blocks_that_fit_are_offered_off_a_port(hands):
    session = hands.session
    hands.double_click("pair1")
    end = hands.driver.port("second", "y")
    hands.driver.drag(end, end + QPointF(40, 120))
    types = hands.window.canvas.search.types
    assert types[0] == "Residual"
    assert "Conv2d" not in types  # (N, 8), as the instance gives it
    hands.driver.type("resid")
    assert "second.y -> residual1.x" in hands.driver.edges()
    assert session.block == "Pair"


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


# -- the code


def open_code(hands):
    hands.window.show_code()
    view = hands.window.code.pane.view
    hands.qtbot.waitUntil(lambda: "class Residual" in view.toPlainText())
    return view


def line_of(view, text):
    return next(i for i, line in enumerate(view.toPlainText().splitlines()) if text in line)


def click_line(view, number):
    block = view.document().findBlockByNumber(number)
    cursor = view.textCursor()
    cursor.setPosition(block.position() + 8)
    view.setTextCursor(cursor)
    view.ensureCursorVisible()
    QTest.mouseClick(view.viewport(), LEFT, pos=view.cursorRect().center())


def test_a_line_of_a_blocks_class_leads_into_the_block(hands):
    view = open_code(hands)
    line = line_of(view, "self.outer = nn.Linear(")
    click_line(view, line)
    assert (hands.session.block, hands.session.selection) == ("Residual", ("n4",))
    click_line(view, line_of(view, "self.pair1 = Pair("))
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))


def test_a_layer_inside_has_its_lines_marked(hands):
    view = open_code(hands)
    hands.double_click("res1")
    hands.select("outer")
    marked = {each.cursor.blockNumber() for each in view.extraSelections()}
    assert line_of(view, "self.outer = nn.Linear(") in marked
    assert line_of(view, "self.pair1 = Pair(") not in marked


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


# -- what must not get mixed up


def test_naming_an_instance_on_its_card_does_not_enter_it(hands):
    hands.select("res1")
    hands.press(Qt.Key.Key_F2)
    field = hands.window.canvas.fields.name
    assert field.isVisible()
    QTest.keyClicks(field, "stem")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert hands.session.scope == ()
    assert "stem" in hands.names()


def test_a_node_that_failed_is_shown_in_its_block(hands):
    hands.window.runs.node_failed.emit("Residual/n4")
    assert (hands.session.block, hands.session.selection) == ("Residual", ("n4",))
    hands.window.runs.node_failed.emit("n3")
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))
    hands.window.runs.node_failed.emit("Residual/gone")
    assert (hands.session.scope, hands.session.selection) == ((), ("n3",))


def test_moves_in_two_graphs_are_two_steps(hands):
    before = hands.bytes
    hands.select("res1")
    hands.press(Qt.Key.Key_Down)
    outside = hands.bytes
    hands.press(Qt.Key.Key_Return)
    hands.select("inner")  # which has the same id
    hands.press(Qt.Key.Key_Down)
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == outside
    hands.press(Qt.Key.Key_Z, CTRL)
    assert hands.bytes == before


def test_a_graph_that_would_be_out_of_sight_is_shown_whole(hands):
    canvas, session = hands.window.canvas, hands.session
    hands.double_click("res1")
    canvas.pan_by(QPoint(-5000, 0))
    hands.press(Qt.Key.Key_Up, ALT)
    hands.press(Qt.Key.Key_Return)
    assert session.block == "Residual"
    assert canvas.visible_area.contains(canvas.graph_scene.bounds())


def test_another_project_begins_in_its_main_graph(hands):
    hands.double_click("pair1")
    hands.session.load(Document(deep()))
    assert hands.steps == ["Deep"]
    assert not hands.window.breadcrumb.isVisible()
    assert sorted(hands.window.canvas.graph_scene.nodes) == ["n1", "n2", "n3", "n4"]


def test_the_breadcrumb_keeps_its_place_in_both_themes(hands):
    window = hands.window
    hands.double_click("pair1")
    for switch in (window.window_commands.use_dark_theme, window.window_commands.use_light_theme):
        switch()
        QApplication.processEvents()
        assert window.breadcrumb.geometry().bottom() < window.canvas.geometry().top()
        assert all(step.isVisible() for step in window.breadcrumb.steps)


def test_the_key_that_leaves_moves_nothing_in_the_main_graph(hands):
    before = hands.bytes
    hands.select("res1")
    hands.press(Qt.Key.Key_Up, ALT)
    assert hands.bytes == before


def test_a_block_is_shown_elsewhere_once_it_is_gone_from_where_it_was_seen(hands):
    hands.double_click("res1")
    hands.press(Qt.Key.Key_Escape)
    hands.select("res1")
    hands.press(Qt.Key.Key_Delete)
    assert hands.session.show_block("Residual")
    assert hands.session.scope == ("n3", "n2")
    hands.session.show_scope(())
    hands.select("pair1")
    hands.press(Qt.Key.Key_Delete)
    assert not hands.session.show_block("Residual")
    assert hands.session.scope == ()
