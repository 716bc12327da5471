"""What a remedy would change, said before it is applied; and Fix all, looked through first."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication

from builder import foresight
from builder.fix_preview import left_text, plan_fixes, preview
from builder.latest import Latest
from builder.panels.problems import POINT, ProblemsPanel
from builder.theme import light
from graph.block_edits import InBlock
from graph.document import Document, Node, PortRef
from graph.edits import AddNodes, Connect, MoveNodes, SetParams
from graph.problems import Fix, Problem
from graph.storage import to_bytes
from tests.builder.fixing_hands import fix_all, flawed_project, flawed_session
from tests.graph.block_drawings import deep

Key = Qt.Key


@pytest.fixture
def session(qapp):
    return flawed_session()


@pytest.fixture
def asked():
    """What the panel asked, and the answer it gets."""
    return {"plans": [], "answer": frozenset()}


@pytest.fixture
def panel(qtbot, session, asked):
    def choose(planning):
        asked["plans"].append(planning.plan())
        return asked["answer"]

    panel = ProblemsPanel(session, light(), choose)
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    return panel


def fix_all_by_mouse(qtbot, panel):
    """Clicks the button, and waits for what comes of it."""
    qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.all_fixes.is_busy)


def enter(widget):
    at = QPointF(widget.rect().center())
    QApplication.sendEvent(widget, QEnterEvent(at, at, QPointF(widget.mapToGlobal(QPoint(5, 5)))))


# -- the preview of one remedy


def test_pointing_at_a_remedy_says_what_it_would_change_and_changes_nothing(session, panel):
    before = to_bytes(session.project)
    assert panel.foresight.text() == POINT
    card = next(card for card in panel.cards.cards if "nonsense" in card.text)
    enter(card.fix_buttons[0])
    assert panel.foresight.text() == ("Unsets nonsense of conv1, which was 1. Then 1 error is left.")
    QApplication.sendEvent(card.fix_buttons[0], QEvent(QEvent.Type.Leave))
    assert panel.foresight.text() == POINT
    assert to_bytes(session.project) == before
    assert not session.document.is_dirty


def test_the_focus_on_a_remedy_says_it_too(qtbot, session, panel):
    card = panel.cards.cards[0]
    card.setFocus()
    qtbot.waitUntil(card.hasFocus)
    qtbot.keyClick(card, Key.Key_Tab)
    assert card.fix_buttons[0].hasFocus()
    assert panel.foresight.text() != POINT
    qtbot.keyClick(card.fix_buttons[0], Key.Key_Backtab)
    assert panel.foresight.text() == POINT


ALONE = "Unsets nonsense of conv1, which was 1."  # what a remedy changes, without what is left then


@pytest.fixture
def remedy(panel, monkeypatch):
    """A remedy's button in a project that is too large to find all its problems at once."""
    monkeypatch.setattr(foresight, "AT_ONCE", 2)
    card = next(card for card in panel.cards.cards if "nonsense" in card.text)
    return card.fix_buttons[0]


def is_waited_for(panel):
    return panel.previews.findChild(Latest).is_asked


def test_what_is_left_of_a_large_project_is_said_once_it_is_known(qtbot, session, panel, remedy):
    before = to_bytes(session.project)
    enter(remedy)
    assert panel.foresight.text() == POINT  # the canvas tries the remedy out in this turn
    qtbot.waitUntil(lambda: panel.foresight.text() == ALONE)
    qtbot.waitUntil(lambda: panel.foresight.text() == f"{ALONE} Then 1 error is left.")
    assert to_bytes(session.project) == before


def test_what_nobody_points_at_any_more_is_not_told(qtbot, panel, remedy):
    enter(remedy)
    QApplication.sendEvent(remedy, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: not is_waited_for(panel))
    assert panel.foresight.text() == POINT


def test_what_would_have_been_left_before_an_edit_is_not_told(qtbot, session, panel, remedy):
    enter(remedy)
    qtbot.waitUntil(lambda: panel.foresight.text() == ALONE)
    session.apply(MoveNodes({"n1": (7.0, 7.0)}))
    qtbot.waitUntil(lambda: not is_waited_for(panel))
    assert panel.foresight.text() == ALONE


def test_of_very_many_layers_it_is_not_said_what_would_be_left(qtbot, panel, remedy, monkeypatch):
    monkeypatch.setattr(foresight, "MOST", 3)
    enter(remedy)
    qtbot.waitUntil(lambda: panel.foresight.text() != POINT)
    assert panel.foresight.text() == ALONE
    assert not is_waited_for(panel)


def test_an_insertion_names_its_neighbours(session):
    plan = plan_fixes(session.project)
    insertion = next(fix for fix in plan.fixes if fix.label == "Insert Flatten")
    assert insertion.changes == "Inserts flatten1 (Flatten) between conv1 and fc."
    assert insertion.place == "fc"


def test_a_remedy_inside_a_block_is_told_with_the_block(qtbot, session):
    session.load(Document(deep()))
    session.apply(InBlock("Residual", SetParams("n2", {"in_features": 7})))
    (located,) = session.all_problems
    text = preview(session.project, located.problem.fixes[0], located.block)
    assert " in Residual" in text
    assert text.endswith("Then no problem is left.")
    assert plan_fixes(session.project).fixes[0].place.startswith("inner in ")


def test_a_remedy_that_cannot_be_applied_says_so(session):
    fix = Fix("Set it", (SetParams("gone", {"x": 1}),))
    assert preview(session.project, fix, None).startswith("It cannot be applied: ")


def test_code_is_shown_and_never_tried_out(session, panel):
    problem = panel.cards.cards[0].problem
    panel.cards.fix_pointed_at.emit(problem, Fix("Review and trust", (), review="code"))
    assert "nothing runs before you have agreed" in panel.foresight.text()


@pytest.mark.parametrize(
    ("severities", "text"),
    [
        ([], "Then no problem is left."),
        (["error"], "Then 1 error is left."),
        (["info", "error", "error"], "Then 2 errors and 1 hint are left."),
        (["warning", "info", "error"], "Then 1 error, 1 warning and 1 hint are left."),
    ],
)
def test_what_is_left_is_counted(severities, text):
    assert left_text(Problem("code", severity, None, "") for severity in severities) == text


# -- fix all


def test_a_plan_is_what_fix_all_then_does(session):
    plan = plan_fixes(session.project)
    assert [fix.label for fix in plan.fixes] == ["Remove 'nonsense'", "Insert Flatten"]
    assert plan.left == "Then no problem is left."
    assert plan.errors_only
    assert fix_all(session) == len(plan.fixes)
    assert session.errors == ()


def test_what_is_left_out_stays_wrong(session):
    nonsense = plan_fixes(session.project).fixes[0]
    plan = plan_fixes(session.project, {nonsense.key})
    assert nonsense.key not in {fix.key for fix in plan.fixes}
    assert "1 error" in plan.left
    fix_all(session, {nonsense.key})
    assert session.graph.nodes["n2"].params["nonsense"] == 1
    assert len(session.errors) == 1


def test_fix_all_shows_the_plan_and_does_what_is_wanted(qtbot, session, panel, asked):
    before = to_bytes(session.project)
    fix_all_by_mouse(qtbot, panel)
    (plan,) = asked["plans"]
    assert len(plan.fixes) == 2
    assert session.errors == ()
    session.undo()
    assert to_bytes(session.project) == before


def test_fix_all_called_off_changes_nothing(qtbot, session, panel, asked):
    before = to_bytes(session.project)
    asked["answer"] = None
    fix_all_by_mouse(qtbot, panel)
    assert to_bytes(session.project) == before
    assert not session.document.is_dirty


def test_a_single_remedy_is_applied_without_a_question(qtbot, session, panel, asked):
    qtbot.mouseClick(panel.cards.cards[0].fix_buttons[0], Qt.MouseButton.LeftButton)
    assert len(session.errors) == 1
    fix_all_by_mouse(qtbot, panel)
    assert asked["plans"] == []
    assert session.errors == ()


def test_what_is_edited_while_remedies_are_looked_for_calls_it_off(qtbot, session, panel, asked):
    told = []
    session.message.connect(told.append)
    qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    assert panel.all_fixes.is_busy
    session.apply(SetParams("n3", {"out_features": 11}))
    edited = to_bytes(session.project)
    qtbot.waitUntil(lambda: not panel.all_fixes.is_busy)
    assert told == ["Nothing was fixed, as the project was changed meanwhile."]
    assert asked["plans"] == []
    assert to_bytes(session.project) == edited
    fix_all_by_mouse(qtbot, panel)
    assert session.errors == ()


def test_another_project_is_not_mended_by_what_was_found_in_the_last(qtbot, session, panel):
    qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    session.load(Document(flawed_project()))
    assert not panel.all_fixes.is_busy
    assert not session.document.is_dirty
    fix_all_by_mouse(qtbot, panel)
    assert session.errors == ()


def test_a_second_click_fixes_nothing_twice(qtbot, session, panel, asked):
    for _ in range(2):
        qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.all_fixes.is_busy)
    assert len(asked["plans"]) == 1
    session.undo()
    assert session.document.undo_label is None


# -- what would happen, worked out in a thread


# -- the keyboard


def test_arrows_go_from_problem_to_problem_across_groups(qtbot, session, panel):
    session.apply(AddNodes((Node("n5", "ReLU", "relu1"),)))
    session.apply(Connect(PortRef("n1", "out"), PortRef("n5", "in")))
    cards = panel.cards.cards
    assert [card.problem.severity for card in cards[:2]] == ["error", "warning"]
    panel.focus_first()
    qtbot.waitUntil(cards[0].hasFocus)
    qtbot.keyClick(cards[0], Key.Key_Down)
    assert cards[1].hasFocus()
    qtbot.keyClick(cards[1], Key.Key_Up)
    qtbot.keyClick(cards[0], Key.Key_Up)
    assert cards[0].hasFocus()


def test_delete_silences_a_warning_and_no_error(qtbot, session, panel):
    fix_all(session)
    session.apply(SetParams("n2", {"stride": 9}))
    session.settle()
    warnings = [card for card in panel.cards.cards if not card.problem.is_error]
    count = len(session.all_problems)
    assert warnings
    warnings[0].setFocus()
    qtbot.keyClick(warnings[0], Key.Key_Delete)
    assert len(session.all_problems) == count - 1


def test_f8_leads_to_the_first_problem(window, qtbot):
    window.files.show(Document(flawed_project()))
    window.docks.reveal("Code")
    window.activateWindow()
    qtbot.keyClick(window.focusWidget() or window, Key.Key_F8)
    qtbot.waitUntil(lambda: window.problems.cards.cards[0].hasFocus())
    qtbot.keyClick(window.focusWidget(), Key.Key_Return)
    assert window.session.selection == ("n2",)


def test_fix_all_of_the_menu_asks_in_the_window(window, answers, qtbot):
    window.files.show(Document(flawed_project()))
    with qtbot.waitSignal(window.problems.fixed):
        window.actions_["graph.fix_all"].trigger()
    assert answers.asked == ["fix Remove 'nonsense', Insert Flatten"]
    assert window.session.errors == ()
