"""The Problems tab."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt

from builder.panels.problem_list import MAX_CARDS
from builder.panels.problems import ProblemsPanel
from builder.session import Session
from builder.theme import dark, light
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import AddNodes, Connect, SetParams
from graph.storage import to_bytes

IMAGE = Node("n1", "Input", "image", {"shape": [1, 28, 28]})
CONV = Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3})
LINEAR = Node("n3", "Linear", "linear1", {"out_features": 10})
LOGITS = Node("n4", "Output", "logits")


def connect(session, *ids):
    for source, target in pairwise(ids):
        session.apply(Connect(PortRef(source, "out"), PortRef(target, "in")))


@pytest.fixture
def session(qapp):
    session = Session(Document(Project("Demo", Graph((IMAGE, CONV, LINEAR, LOGITS)))))
    connect(session, "n1", "n2", "n3", "n4")
    return session


@pytest.fixture
def panel(qtbot, session):
    panel = ProblemsPanel(session, light())
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_a_problem_is_told_in_words_with_its_remedy(panel):
    (card,) = panel.cards.cards
    assert "linear1: conv1 gives a feature map (N, 32, 26, 26)" in card.text
    assert [button.text() for button in card.fix_buttons] == ["Insert Flatten"]
    assert panel.title == "Problems (1)"
    assert panel.summary.text() == "1 error"


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
    qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    assert session.problems == ()
    session.undo()
    assert to_bytes(session.project) == before
    assert session.document.undo_label == label


def test_fix_all_says_why_it_cannot(session, panel):
    session.load(Document(Project("Empty")))
    assert not panel.fix_all_button.isEnabled()
    assert "None of these has a remedy" in panel.fix_all_button.toolTip()


def test_very_many_problems_do_not_fill_the_window_with_widgets(session, panel):
    session.apply(AddNodes(tuple(Node(f"x{n}", "ReLU", f"relu{n}") for n in range(MAX_CARDS + 20))))
    assert len(panel.cards.cards) == MAX_CARDS
    assert panel.title == f"Problems ({len(session.problems)})"
    session.undo()
    assert len(panel.cards.cards) == 1


def test_another_theme_keeps_everything(panel):
    text = panel.cards.cards[0].text
    panel.set_theme(dark())
    assert panel.cards.cards[0].text == text
