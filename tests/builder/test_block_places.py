"""Where blocks are found: the palette, the search, off a port, on an edge, and the code."""

from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.layer_list import MIME_TYPE
from graph.block_edits import AddBlock
from graph.document import Block
from graph.templates import template
from tests.builder.block_hands import LEFT
from tests.graph.block_drawings import in_a_row


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
