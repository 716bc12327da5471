"""The inspector and blocks, with real keys: instances, what they may set, expressions, and the way in."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from builder.session import Session
from graph.block_edits import InBlock, RenameBlock
from graph.document import BlockParam, Document
from graph.edits import SetParams
from graph.storage import to_bytes
from tests.builder.inspector_hands import block, params, shown_inspector, typing
from tests.graph.block_drawings import deep


@pytest.fixture
def session(qapp):
    """image -> res1 (Residual) -> pair1 (Pair of two Residuals) -> logits."""
    return Session(Document(deep()))


@pytest.fixture
def inspector(qtbot, session):
    return shown_inspector(qtbot, session)


@pytest.fixture
def keys(qtbot):
    return typing(qtbot)


# -- an instance


def test_an_instance_shows_its_block_and_leads_into_it(session, inspector):
    session.select(["n2"])
    page = inspector.page
    assert page.form.names == ("width", "repeat")
    assert page.block.name.line.text() == "Residual"
    assert page.block.uses.text() == "Used 3 times; editing it changes all."
    assert page.block.edit_button.isVisible()
    QTest.mouseClick(page.block.edit_button, Qt.MouseButton.LeftButton)
    assert session.scope == ("n2",)


def test_a_layer_shows_no_block(session, inspector):
    session.select(["n1"])
    assert not inspector.page.block.isVisible()


def test_how_often_a_block_is_used_stays_true(session, inspector):
    session.select(["n3"])
    assert inspector.page.block.uses.text() == "Used once."
    session.apply_to_project(InBlock("Residual", SetParams("n2", {"bias": False})))
    session.select(["n2"])
    session.apply(SetParams("n3", {"repeat": 3}))
    assert inspector.page.block.uses.text() == "Used 3 times; editing it changes all."


def test_a_block_is_renamed_at_its_instance_and_all_follow(session, inspector, keys):
    before = to_bytes(session.project)
    session.select(["n2"])
    line = inspector.page.block.name.line
    keys(line, "Skip")
    assert block(session, "Pair").graph.nodes["n2"].type == "Skip"
    assert inspector.page.title.text() == "Skip"
    keys(line, "Linear", end=False)
    assert "Linear is a layer type already" in inspector.page.block.name.refusal.text()
    QTest.keyClick(line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    session.undo()
    session.undo()
    assert to_bytes(session.project) == before


def test_a_value_for_each_repetition_is_typed_with_commas(session, inspector, keys):
    session.select(["n3"])
    keys(inspector.page.form.field("repeat").lineEdit(), "3")
    field = inspector.page.form.field("width")
    keys(field.lineEdit(), "16, 8, 4")
    assert params(session, "n3") == {"width": {"each": [16, 8, 4]}, "repeat": 3}
    assert field.lineEdit().text() == "16, 8, 4"
    assert field.stepEnabled() == field.StepEnabledFlag.StepNone
    keys(field.lineEdit(), "16, 8")
    assert field.property("invalid")
    assert "3 values" in inspector.page.form.problem_text("width")
    keys(field.lineEdit(), "8")
    assert params(session, "n3")["width"] == 8
    assert not field.property("invalid")


# -- a layer inside


def test_an_expression_is_typed_and_its_value_stands_beside_it(session, inspector, keys):
    session.enter("n3")
    session.enter("n2")
    session.select(["n2"])
    form = inspector.page.form
    field = form.field("out_features")
    assert field.lineEdit().text() == "=width * 2"
    assert form.computed_text("out_features") == "= 16"
    keys(field.lineEdit(), "=width * 4")
    assert params(session, "n2")["out_features"] == "=width * 4"
    assert form.computed_text("out_features") == "= 32"
    assert str(session.result("n2").outputs["out"]) == "(N, 32)"
    keys(field.lineEdit(), "=heigth")
    assert field.property("invalid")
    assert form.computed_text("out_features") == ""
    keys(field.lineEdit(), "16")
    assert params(session, "n2")["out_features"] == 16
    assert form.computed_text("out_features") == ""


def test_half_an_expression_is_not_told(session, inspector, keys):
    session.enter("n2")
    session.select(["n2"])
    seen = []
    session.changed.connect(lambda change, touched: seen.append(params(session, "n2")["out_features"]))
    keys(inspector.page.form.field("out_features").lineEdit(), "=width * (2 + 1)")
    assert seen[-1] == "=width * (2 + 1)"
    assert not {"=", "=width *", "=width * (", "=width * (2 +"} & set(seen)


def test_arrows_leave_an_expression_alone(session, inspector):
    session.enter("n2")
    session.select(["n2"])
    field = inspector.page.form.field("out_features")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert params(session, "n2")["out_features"] == "=width * 2"


def menu_of(inspector, name):
    label = inspector.page.form.label(name)
    label.customContextMenuRequested.emit(QPoint(4, 4))
    menus = [menu for menu in inspector.page.findChildren(QMenu) if menu.isVisible()]
    return {action.text(): action for action in menus[-1].actions() if action.text()} if menus else {}


def test_a_parameter_is_taken_from_the_block_or_given_to_it(session, inspector):
    before = to_bytes(session.project)
    assert session.enter("n2")
    session.select(["n2"])
    found = menu_of(inspector, "bias")
    assert list(found) == ["Take width of the block", "Make it a parameter of the block"]
    found["Make it a parameter of the block"].trigger()
    assert block(session).params[-1] == BlockParam("bias", "bool", True, block(session).params[-1].help)
    assert params(session, "n2")["bias"] == "=bias"
    field = inspector.page.form.field("bias")
    assert field.text() == "=bias"  # a box to tick cannot say that
    assert inspector.page.form.computed_text("bias") == "= true"
    QTest.mouseClick(inspector.page.form.reset_button("bias"), Qt.MouseButton.LeftButton)
    assert inspector.page.form.field("bias").isChecked()
    menu_of(inspector, "in_features")["Take width of the block"].trigger()
    assert params(session, "n2")["in_features"] == "=width"
    for _ in range(3):
        session.undo()
    assert to_bytes(session.project) == before


def test_the_menu_key_in_an_editor_opens_that_menu(session, inspector):
    session.enter("n2")
    session.select(["n2"])
    for name in ("out_features", "bias"):
        field = inspector.page.form.field(name)
        field.setFocus()
        at = field.mapToGlobal(field.rect().center())
        QApplication.sendEvent(field, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), at))
        (menu,) = [menu for menu in inspector.page.findChildren(QMenu) if menu.isVisible()]
        assert "Take width of the block" in [action.text() for action in menu.actions()]
        menu.close()


def test_there_is_no_such_menu_in_the_main_graph(session, inspector):
    session.select(["n1"])
    assert menu_of(inspector, "shape") == {}


def test_a_name_that_is_taken_is_not_taken_twice(session, inspector):
    session.enter("n2")
    for node_id in ("n2", "n4"):
        session.select([node_id])
        menu_of(inspector, "bias")["Make it a parameter of the block"].trigger()
    assert [param.name for param in block(session).params] == ["width", "bias", "bias_2"]
    assert params(session, "n4")["bias"] == "=bias_2"


def test_a_value_that_no_parameter_can_have_is_not_given_away(session, inspector):
    session.enter("n2")
    session.select(["n1"])
    action = menu_of(inspector, "shape")["Make it a parameter of the block"]
    assert not action.isEnabled()
    assert action.toolTip() == "It has no single value yet"


LONG = "InvertedResidualBottleneckWithSqueezeExcitationAndAFewMoreWords"


def test_a_long_name_widens_nothing(session, inspector):
    session.apply(RenameBlock("Residual", LONG))
    session.apply(InBlock(LONG, SetParams("n2", {"in_features": 7})))
    session.select(["n2"])
    QApplication.processEvents()
    page = inspector.page
    assert page.width() <= inspector.width()
    assert page.title.text() == page.title.toolTip() == LONG
    (button,) = page.problems.cards[0].fix_buttons
    assert LONG in button.text()
    assert button.toolTip().startswith(button.text())
    assert button.width() < button.sizeHint().width()
    corner = button.mapTo(page, button.rect().bottomRight())
    assert page.rect().contains(corner)
    assert page.block.name.line.cursorPosition() == 0
    session.apply(RenameBlock(LONG, "Skip"))
    QApplication.processEvents()
    (button,) = page.problems.cards[0].fix_buttons
    assert button.width() == button.sizeHint().width()
    assert page.title.toolTip() == ""
