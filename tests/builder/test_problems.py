"""The Problems tab."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication

from builder.panels.problem_card import ProblemCard
from builder.panels.problem_list import BITE, PAGE
from builder.session import MANY
from builder.theme import dark, light
from graph.block_edits import InBlock
from graph.document import Document, Graph, Node, Project
from graph.edits import AddNodes, RemoveNodes, SetParams
from graph.problems import Problem
from graph.storage import to_bytes
from tests.builder.problem_hands import connect, shown_panel, wrong_session
from tests.graph.block_drawings import deep


@pytest.fixture
def session(qapp):
    return wrong_session()


@pytest.fixture
def panel(qtbot, session):
    return shown_panel(qtbot, session)


def test_a_problem_is_told_in_words_with_its_remedy(panel):
    (card,) = panel.cards.cards
    assert "linear1: conv1 gives a feature map (N, 32, 26, 26)" in card.text
    assert card.place == ""
    assert [button.text() for button in card.fix_buttons] == ["Insert Flatten"]
    assert panel.title == "Problems (1)"
    assert panel.summary.text() == "1 error"


def wide():
    """So many layers that lead nowhere that their problems are shown a moment later."""
    return Document(Project("Wide", Graph([Node(f"m{n}", "ReLU", f"relu{n}") for n in range(MANY + 1)])))


def test_very_many_problems_are_listed_in_a_turn_of_their_own(qtbot, session, panel):
    listed = []
    session.problems_changed.connect(lambda: listed.append(panel.summary.text()))
    session.load(wide())
    assert len(session.open_problems) > MANY
    qtbot.waitUntil(lambda: bool(listed))
    assert listed == ["1 error"], "others were told first"
    counts = [len(panel.cards.cards)]
    while counts[-1] < PAGE:
        QApplication.processEvents()
        counts.append(len(panel.cards.cards))
    assert max(after - before for before, after in pairwise(counts)) <= BITE
    assert panel.summary.text() == f"{len(session.open_problems):,} errors"
    assert [card.problem for card in panel.cards.cards] == list(session.problems[:PAGE])


def test_few_problems_are_listed_at_once_though_many_were_about_to_be(qtbot, session, panel):
    before = session.project
    session.load(wide())
    with qtbot.waitSignal(session.problems_changed):
        pass
    session.load(Document(before))
    assert panel.summary.text() == "1 error"
    assert [card.problem for card in panel.cards.cards] == list(session.problems)


def test_a_problem_inside_a_block_is_shown_and_solved_where_it_is(qtbot, session, panel):
    session.load(Document(deep()))
    session.apply(InBlock("Residual", SetParams("n2", {"in_features": 7})))
    (card,) = panel.cards.cards
    assert card.text.startswith("inner: in_features is 7")
    assert card.place == "res1 (Residual)"
    chosen = []
    panel.node_chosen.connect(chosen.append)
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    assert (session.scope, session.selection, chosen) == (("n2",), ("n2",), ["n2"])
    session.show_scope(("n3",))
    qtbot.mouseClick(card.fix_buttons[0], Qt.MouseButton.LeftButton)
    assert session.all_problems == ()


def test_a_click_on_a_remedy_solves_it_and_undo_restores_exactly(qtbot, session, panel):
    before = to_bytes(session.project)
    titles = []
    panel.title_changed.connect(titles.append)
    qtbot.mouseClick(panel.cards.cards[0].fix_buttons[0], Qt.MouseButton.LeftButton)
    assert session.problems == ()
    assert panel.empty.isVisible()
    assert titles[-1] == "Problems"
    session.undo()
    assert to_bytes(session.project) == before
    assert titles[-1] == "Problems (1)"


def test_a_click_on_a_card_selects_its_node_and_asks_for_it_to_be_shown(qtbot, session, panel):
    with qtbot.waitSignal(panel.node_chosen) as signal:
        qtbot.mouseClick(panel.cards.cards[0], Qt.MouseButton.LeftButton)
    assert signal.args == ["n3"]
    assert session.selection == ("n3",)


def test_enter_on_a_card_does_the_same(qtbot, session, panel):
    with qtbot.waitSignal(panel.node_chosen):
        qtbot.keyClick(panel.cards.cards[0], Qt.Key.Key_Return)
    assert session.selection == ("n3",)


def test_errors_come_before_warnings(session, panel):
    session.apply(AddNodes((Node("n5", "ReLU", "relu1"),)))
    connect(session, "n1", "n5")
    severities = [card.problem.severity for card in panel.cards.cards]
    assert severities == ["error", "warning"]
    assert panel.summary.text() == "1 error, 1 warning"


def test_fix_all_is_one_step_and_follows_what_comes_to_light(qtbot, session, panel):
    session.apply(SetParams("n2", {"kernel_size": "big"}))
    before, label = to_bytes(session.project), session.document.undo_label
    assert [problem.code for problem in session.problems] == ["bad-value"]
    with qtbot.waitSignal(panel.fixed):
        qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    session.settle()
    assert session.problems == ()
    session.undo()
    assert to_bytes(session.project) == before
    assert session.document.undo_label == label


def test_before_anything_is_drawn_nothing_is_wrong(session, panel):
    session.load(Document(Project("Blank")))
    assert panel.title == "Problems"
    assert panel.empty.text.text().startswith("Nothing to check yet")
    assert not panel.fix_all_button.isVisible()
    assert len(session.errors) == 2, "what asks for code is told what is missing"
    session.apply(AddNodes((Node("n1", "Parameter", "weight1", {"shape": [3]}),)))
    assert panel.title == f"Problems ({len(session.all_problems)})"
    assert len(panel.cards.cards) >= 2
    session.undo()
    assert (panel.title, panel.cards.cards) == ("Problems", [])
    session.redo()
    session.apply(RemoveNodes(("n1",)))
    assert panel.title == "Problems"


def test_fix_all_says_why_it_cannot(session, panel):
    session.load(Document(Project("Begun", Graph((Node("n1", "Input", "image"),)))))
    assert not panel.fix_all_button.isEnabled()
    assert "None of these has a remedy" in panel.fix_all_button.toolTip()


def test_very_many_problems_do_not_fill_the_window_with_widgets(qtbot, session, panel):
    session.apply(AddNodes(tuple(Node(f"x{n}", "ReLU", f"relu{n}") for n in range(2 * PAGE + 5))))
    errors = panel.cards.lists["error"]
    assert len(errors.cards) == PAGE
    assert errors.more_button.text() == f"Show {PAGE} of {PAGE + 6} more"
    assert panel.title == f"Problems ({len(session.problems)})"
    for _ in range(2):
        qtbot.mouseClick(errors.more_button, Qt.MouseButton.LeftButton)
    assert [card.problem for card in errors.cards] == list(session.problems)
    assert errors.cards[2 * PAGE].hasFocus()
    assert not errors.more_button.isVisible()
    session.undo()
    assert len(panel.cards.cards) == 1
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(errors.findChildren(ProblemCard)) == PAGE


def test_another_theme_keeps_everything(panel):
    text = panel.cards.cards[0].text
    panel.set_theme(dark())
    assert panel.cards.cards[0].text == text


def test_a_card_has_the_look_of_what_it_says_now(qtbot, themes):
    """A list uses its cards again for other problems."""

    def looks(*severities):
        card = ProblemCard(light(), None)
        qtbot.addWidget(card)
        card.show()
        for severity in severities:
            card.show_problem(Problem("code", severity, "n1", "The same text."), "")
        card.layout().activate()
        return card.grab().toImage()

    assert looks("warning", "error") == looks("error")
    assert looks("error", "warning", "info") == looks("info")
    assert looks("error") != looks("warning") != looks("info")
