"""The palette: families, search, double-click and drag."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from builder.layer_list import MIME_TYPE
from builder.panels.palette import Palette
from builder.session import Session
from builder.theme import dark, light
from graph.block_edits import AddBlock
from graph.catalog import CATALOG
from graph.document import Block, Document
from tests.graph.block_drawings import deep, in_a_row


@pytest.fixture
def palette(qtbot):
    palette = Palette(Session(), light())
    qtbot.addWidget(palette)
    palette.resize(240, 600)
    with qtbot.waitExposed(palette):
        palette.show()
    palette.chosen = []
    palette.layer_chosen.connect(palette.chosen.append)
    return palette


def index(palette, text):
    return palette.list.model().index(palette.rows.index(text))


def test_every_layer_stands_under_its_family(palette):
    family, seen = "", {}
    model = palette.list.model()
    for at, row in enumerate(palette.rows):
        if model.flags(model.index(at)) == Qt.ItemFlag.NoItemFlags:
            family = row
        else:
            seen[row] = family
    assert seen == {spec.type: spec.category for spec in CATALOG.values()}


def test_a_heading_cannot_be_selected_or_dragged(palette):
    assert index(palette, "Convolution").flags() == Qt.ItemFlag.NoItemFlags


def test_typing_ranks_without_headings(palette):
    QTest.keyClicks(palette.field, "conv")
    assert palette.rows[:3] == ["Conv2d", "Conv1d", "Conv3d"]
    assert "Convolution" not in palette.rows
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert "Convolution" in palette.rows


def test_nothing_found_is_said(palette):
    QTest.keyClicks(palette.field, "qqqq")
    assert palette.rows == []
    assert not palette.list.isVisible()


def test_double_click_chooses(palette):
    at = palette.list.visualRect(index(palette, "Conv2d")).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert palette.chosen == ["Conv2d"]


def test_keys_alone_choose(palette):
    QTest.keyClicks(palette.field, "pool")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.list, Qt.Key.Key_Down)
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert palette.chosen == palette.rows[:2]


def test_what_is_dragged_names_the_type(palette):
    data = palette.list.model().mimeData([index(palette, "ReLU")])
    assert bytes(data.data(MIME_TYPE).data()) == b"ReLU"
    assert not palette.list.model().mimeData([index(palette, "Activation")]).hasFormat(MIME_TYPE)


def test_colours_follow_the_theme(palette):
    before = palette.list.viewport().grab().toImage()
    palette.set_theme(dark())
    assert palette.list.viewport().grab().toImage() != before


@pytest.fixture
def with_blocks(qtbot):
    """A palette with Residual (used three times), Pair (used once) and Idle, and its session."""
    session = Session(Document(deep()))
    session.apply(AddBlock(Block("Idle", in_a_row(("ReLU", {})))))
    palette = Palette(session, light())
    qtbot.addWidget(palette)
    return palette, session


def entries(palette, block):
    return {action.text(): action for action in palette.block_menu(block).actions()}


def test_a_block_is_opened_from_its_menu_where_it_stands(with_blocks):
    palette, session = with_blocks
    entries(palette, "Residual")["Edit block"].trigger()
    assert session.scope == ("n2",)
    idle = entries(palette, "Idle")["Edit block"]
    assert not idle.isEnabled()
    assert idle.toolTip() == "Add it to the canvas first"


def test_only_a_block_that_is_not_used_is_deleted(with_blocks):
    palette, session = with_blocks
    for block, reason in (("Residual", "them"), ("Pair", "it")):
        delete = entries(palette, block)["Delete block"]
        assert not delete.isEnabled()
        assert delete.toolTip() == f"It is used: delete or unpack {reason} first"
    entries(palette, "Idle")["Delete block"].trigger()
    assert "Idle" not in palette.rows
    session.undo()
    assert "Idle" in palette.rows


def test_a_right_click_opens_the_menu_of_a_block_alone(with_blocks, qtbot):
    palette, _ = with_blocks
    palette.show()
    for row, expected in (("Idle", 1), ("ReLU", 0), ("Blocks", 0)):
        at = palette.list.visualRect(index(palette, row)).center()
        palette.list.customContextMenuRequested.emit(at)
        menus = [menu for menu in palette.findChildren(QMenu) if menu.isVisible()]
        assert len(menus) == expected, row
        for menu in menus:
            menu.close()
