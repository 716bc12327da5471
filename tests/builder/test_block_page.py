"""The page of a block in the inspector, with real keys: its name, its parameters, their defaults."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.session import Session
from graph.block_edits import InBlock, SetBlockParams
from graph.document import BlockParam, Document
from graph.edits import SetParams
from graph.storage import to_bytes
from tests.builder.inspector_hands import block, shown_inspector, typing
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
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
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
