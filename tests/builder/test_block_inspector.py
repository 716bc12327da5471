"""The inspector and blocks, with real keys: instances, what they may set, expressions, and the way in."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from builder.panels.inspector import Inspector
from builder.session import Session
from builder.theme import light
from graph.block_edits import InBlock, RenameBlock, SetBlockParams
from graph.document import BlockParam, Document
from graph.edits import SetParams
from graph.storage import to_bytes
from tests.graph.block_drawings import deep

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def session(qapp):
    """image -> res1 (Residual) -> pair1 (Pair of two Residuals) -> logits."""
    return Session(Document(deep()))


@pytest.fixture
def inspector(qtbot, session):
    panel = Inspector(session, light())
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return panel


@pytest.fixture
def keys(qtbot):
    """Types a text in place of what stands in a line, and ends with Tab."""

    def type_into(line, text, end=True):
        line.setFocus()
        qtbot.waitUntil(line.hasFocus)
        QTest.keyClick(line, Qt.Key.Key_A, CTRL)
        QTest.keyClicks(line, text)
        if end:
            QTest.keyClick(line, Qt.Key.Key_Return)

    return type_into


def block(session, name="Residual"):
    return session.project.blocks[name]


def params(session, node_id):
    return dict(session.graph.nodes[node_id].params)


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
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
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


# -- the block itself


@pytest.fixture
def page(session, inspector):
    session.enter("n2")
    assert inspector.page is inspector.block_page
    return inspector.block_page


def test_inside_with_nothing_selected_the_block_is_shown(session, inspector, page):
    assert page.name.line.text() == "Residual"
    assert page.uses.text() == "Used 3 times; editing it changes all."
    assert [card.name.line.text() for card in page.params.cards] == ["width"]
    assert page.ports.text("Input x") == "(N, 8)"
    assert page.ports.text("Output y") == "(N, 8)"
    assert page.facts.text("Parameters") == "280"
    session.select(["n2"])
    assert inspector.page is inspector.node_page
    session.select([])
    assert inspector.page is page
    session.leave()
    session.select([])
    assert inspector.page is inspector.project_page


def test_the_block_is_renamed_on_its_page(session, page, keys):
    keys(page.name.line, "Skip")
    assert session.block == "Skip"
    keys(page.name.line, "Pair", end=False)
    assert "There already is a block called Pair." in page.name.refusal.text()
    assert session.block == "Pai"
    QTest.keyClicks(page.name.line, "s")
    assert (session.block, page.name.refusal.text()) == ("Pairs", "")


def test_a_parameter_is_added_named_explained_and_removed(session, page, keys):
    before = to_bytes(session.project)
    QTest.mouseClick(page.params.add_button, Qt.MouseButton.LeftButton)
    card = page.params.cards[1]
    assert card.name.line.selectedText() == "value"
    keys(card.name.line, "depth")
    keys(card.default.lineEdit(), "3")
    keys(card.help, "How many.")
    assert block(session).params[1] == BlockParam("depth", "int", 3, "How many.")
    keys(card.name.line, "width", end=False)
    assert "there already is a parameter called width" in card.name.refusal.text()
    keys(card.name.line, "depth")
    assert card.name.refusal.text() == ""
    QTest.mouseClick(card.remove_button, Qt.MouseButton.LeftButton)
    assert [param.name for param in block(session).params] == ["width"]
    assert len(page.params.cards) == 1
    while session.document.undo_label:
        session.undo()
    assert to_bytes(session.project) == before


def test_typing_a_name_is_one_step_and_every_reader_follows(session, page, keys):
    before = to_bytes(session.project)
    keys(page.params.cards[0].name.line, "features")
    assert block(session).graph.nodes["n2"].params["out_features"] == "=features * 2"
    assert block(session, "Pair").graph.nodes["n2"].params == {"features": "=width"}
    assert session.all_problems == ()
    session.undo()
    assert to_bytes(session.project) == before
    assert page.params.cards[0].name.line.text() == "width"


def test_a_removed_parameter_leaves_its_default(session, page):
    parameters = session.main_inference.total_parameters
    QTest.mouseClick(page.params.cards[0].remove_button, Qt.MouseButton.LeftButton)
    assert block(session).params == ()
    assert block(session).graph.nodes["n2"].params["out_features"] == 16
    assert (session.all_problems, session.main_inference.total_parameters) == ((), parameters)


def test_another_kind_takes_another_default(session, page, keys):
    card = page.params.cards[0]
    card.kind.setFocus()
    QTest.keyClick(card.kind, Qt.Key.Key_Down)
    assert block(session).params[0] == BlockParam("width", "float", 8.0, "Features.")
    QTest.keyClick(card.kind, Qt.Key.Key_Down)
    assert block(session).params[0] == BlockParam("width", "bool", False, "Features.")
    QTest.mouseClick(card.default, Qt.MouseButton.LeftButton, pos=QPoint(8, card.default.height() // 2))
    assert block(session).params[0].default is True
    session.undo()
    session.undo()
    session.undo()
    assert block(session).params[0].default == 8
    assert card.default.lineEdit().text() == "8"


def test_a_default_that_does_not_suit_is_refused_with_the_reason(session, page, keys):
    card = page.params.cards[0]
    keys(card.default.lineEdit(), "many", end=False)
    assert block(session).params[0].default == 8
    assert "'many' does not suit. Expected an integer" in card.refusal
    assert card.default.property("invalid")
    keys(card.default.lineEdit(), "6")
    assert card.refusal == ""
    assert not card.default.property("invalid")
    assert block(session).params[0].default == 6


def test_undo_keys_reach_the_document_while_a_name_is_typed(page):
    card = page.params.cards[0]
    for line in (page.name.line, card.name.line, card.help):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, CTRL)
        QApplication.sendEvent(line, event)
        assert not event.isAccepted()


def test_the_page_follows_edits_made_elsewhere(session, page):
    session.apply(SetBlockParams("Residual", (BlockParam("a", "str", "x"), BlockParam("b", "float", 0.5))))
    assert [card.name.line.text() for card in page.params.cards] == ["a", "b"]
    assert page.params.cards[1].default.text() == "0.5"
    session.undo()
    assert [card.name.line.text() for card in page.params.cards] == ["width"]
    session.apply(SetBlockParams("Residual", ()))
    assert page.params.cards == []


def test_of_a_repeated_instance_the_first_repetition_is_shown_and_that_is_said(session, page):
    assert page.facts.text("Repeated") == ""
    session.apply_to_project(SetParams("n2", {"repeat": 3}))
    assert page.facts.text("Repeated") == "3 times; the first is shown"
    assert page.facts.text("Parameters") == "280"
    session.apply_to_project(InBlock("Pair", SetParams("n3", {"repeat": 2})))
    session.show_scope(("n3", "n3"))
    assert page.facts.text("Repeated") == "2 times; the first is shown"


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


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (8, "float", 8.0),
        (8.0, "int", 8),
        (0.5, "int", 1),
        (8, "str", "8"),
        ("x", "int", 1),
        (True, "str", ""),
        ("x", "bool", False),
    ],
)
def test_a_default_is_kept_as_far_as_another_kind_allows(session, page, value, kind, expected):
    was = {int: "int", float: "float", str: "str", bool: "bool"}[type(value)]
    session.apply(SetBlockParams("Pair", (BlockParam("p", was, value),)))
    session.show_scope(("n3",))
    (card,) = page.params.cards
    card.kind.setCurrentIndex(card.kind.findData(kind))
    card.kind.activated.emit(card.kind.currentIndex())
    (param,) = block(session, "Pair").params
    assert (param.kind, param.default, type(param.default)) == (kind, expected, type(expected))


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
