"""Workflow 8: growing a network by a block that is repeated, and undoing it all."""

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from graph.templates import template
from tests.builder.person import CTRL, LEFT
from tests.builder.workflows.walking import ALT, NO_KEY, Key, click_card


def test_pack_expose_repeat_enter_edit_leave_unpack_and_undo_it_all(person):
    window, session = person.window, person.window.session
    window.files.new_project(template("MLP").project())
    before, layers = person.hands.bytes, set(session.graph.nodes)

    # two layers become a block, whose name is typed at once
    click_card(person, "fc2")
    click_card(person, "relu2", CTRL)
    person.press(Key.Key_G)
    QTest.keyClicks(window.focusWidget(), "Stage")
    person.press(Key.Key_Return, NO_KEY)
    (instance,) = session.selection
    assert session.graph.nodes[instance].type == "Stage"
    name = session.graph.nodes[instance].name

    # inside, the width becomes a parameter; outside, it is set, and the block repeated
    person.hands.double_click(person.hands.body(name))
    assert session.block == "Stage"
    click_card(person, "fc2")
    choose_last(window, window.inspector.page.form.field("out_features"))
    assert [param.name for param in session.project.blocks["Stage"].params] == ["out_features"]
    window.canvas.setFocus()
    person.press(Key.Key_Up, ALT)
    assert (session.block, session.selection) == (None, (instance,))
    width = session.result(person.hands.id("relu1")).outputs["out"].shape[-1]
    person.set("out_features", str(width))
    person.set("repeat", "8")
    eight = session.main_inference.total_parameters
    assert not session.errors

    # entered and edited once, all eight follow
    person.hands.double_click(person.hands.body(name))
    click_card(person, "fc2")
    bias = window.inspector.page.form.field("bias")
    QTest.mouseClick(bias, LEFT, pos=QPoint(8, bias.height() // 2))
    window.canvas.setFocus()
    person.press(Key.Key_Up, ALT)
    assert session.main_inference.total_parameters == eight - 8 * width

    # unpacked, eight times the two layers stand in a row
    person.press(Key.Key_G, CTRL | ALT)
    kinds = [session.graph.nodes[each].type for each in session.selection]
    assert (kinds.count("Linear"), kinds.count("ReLU"), len(kinds)) == (8, 8, 16)
    assert session.main_inference.total_parameters == eight - 8 * width
    assert not session.errors

    while window.actions_["edit.undo"].isEnabled():
        person.press(Key.Key_Z)
    assert person.hands.bytes == before
    assert set(window.canvas.graph_scene.nodes) == layers


def choose_last(window, field):
    """Opens the menu of a parameter with the menu key, and takes its last entry with the keyboard."""
    field.setFocus()
    at = field.mapToGlobal(field.rect().center())
    QApplication.sendEvent(field, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), at))
    (menu,) = [menu for menu in window.inspector.page.findChildren(QMenu) if menu.isVisible()]
    QTest.keyClick(menu, Key.Key_Up)
    QTest.keyClick(menu, Key.Key_Return)
