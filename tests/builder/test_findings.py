"""The Problems tab: what could be better, in groups of its own, explained, mended and silenced."""

import pytest
from PySide6.QtCore import Qt

from graph.document import Document, Graph, Node, Project
from graph.edits import AddNodes, RemoveNodes, SetParams, SetTraining
from graph.storage import to_bytes
from tests.builder.problem_hands import connect, shown_panel, wrong_session


@pytest.fixture
def session(qapp):
    return wrong_session()


@pytest.fixture
def panel(qtbot, session):
    return shown_panel(qtbot, session)


@pytest.fixture
def doubtful(session, panel):
    """A valid network with a warning and a hint."""
    nodes = (
        Node("n1", "Input", "row", {"shape": [20]}),
        Node("n2", "Linear", "fc1", {"out_features": 16}),
        Node("n3", "BatchNorm1d", "norm1"),
        Node("n4", "ReLU", "relu1"),
        Node("n5", "Linear", "fc2", {"out_features": 10}),
        Node("n6", "Softmax", "softmax1", {"dim": 1}),
        Node("n7", "Output", "scores"),
    )
    session.load(Document(Project("Doubtful", Graph(nodes))))
    connect(session, *(node.id for node in nodes))
    session.settle()
    return session


def test_a_problem_that_went_while_its_menu_was_open_is_left_alone(doubtful, panel):
    card, gone = panel.cards.cards[-1], panel.cards.cards[-1].problem
    doubtful.apply(RemoveNodes([each for each in doubtful.graph.nodes if each != gone.node]))
    doubtful.settle()
    before = to_bytes(doubtful.project)
    panel.cards.silence_asked.emit(gone)
    panel.cards.fix_asked.emit(gone, gone.remedy)
    panel.cards.chosen.emit(gone)
    card.hide()
    card.step_asked.emit(1)
    assert to_bytes(doubtful.project) == before
    assert doubtful.selection == ()


def codes(panel):
    return [card.problem.code for card in panel.cards.cards]


def test_findings_stand_under_errors_in_groups_of_their_own(doubtful, panel):
    assert codes(panel) == ["softmax-before-cross-entropy", "bias-before-batch-norm"]
    assert panel.summary.text() == "1 warning, 1 hint"
    assert panel.title == "Problems (2)"
    assert [panel.cards.headings[s].isVisible() for s in ("error", "warning", "info")] == [False, True, True]
    doubtful.apply(SetParams("n2", {"out_feature": 3}))
    assert codes(panel)[0] == "unknown-param"
    assert panel.summary.text() == "1 error, 1 warning, 1 hint"
    assert panel.cards.headings["error"].text() == "1 error"


def test_a_group_alone_needs_no_heading(panel):
    assert not panel.cards.headings["error"].isVisible()


def test_design_rules_look_a_moment_after_an_edit(qtbot, doubtful, panel):
    with qtbot.waitSignal(doubtful.problems_changed):
        doubtful.apply(SetParams("n2", {"bias": False}))
    assert codes(panel) == ["softmax-before-cross-entropy"]


def test_design_rules_look_at_a_changed_plan(qtbot, doubtful, panel):
    doubtful.apply(SetTraining({"loss": {"type": "MSELoss"}}))
    qtbot.waitUntil(lambda: codes(panel) == ["bias-before-batch-norm"])


def test_one_click_takes_a_loss_for_classes_where_the_data_has_classes(qtbot, doubtful, panel):
    doubtful.apply(SetTraining({"data": {"source": "digits"}, "loss": {"type": "MSELoss"}}))
    doubtful.settle()
    before = to_bytes(doubtful.project)
    card = next(card for card in panel.cards.cards if card.problem.code == "classes-as-numbers")
    assert "MSELoss compares it with numbers, but the data gives one of 10 classes" in card.problem.message
    qtbot.waitUntil(lambda: bool(card.fix_buttons))
    qtbot.mouseClick(card.fix_buttons[0], Qt.MouseButton.LeftButton)
    assert doubtful.project.training["loss"] == {"type": "CrossEntropyLoss"}
    assert "classes-as-numbers" not in codes(panel)
    doubtful.undo()
    assert to_bytes(doubtful.project) == before


def test_one_click_puts_an_output_where_none_is(qtbot, doubtful, panel):
    (output,) = (node for node in doubtful.graph.nodes.values() if node.type == "Output")
    doubtful.apply(RemoveNodes([output.id]))
    doubtful.settle()
    before = to_bytes(doubtful.project)
    card = next(card for card in panel.cards.cards if card.problem.code == "no-output")
    qtbot.waitUntil(lambda: bool(card.fix_buttons))
    qtbot.mouseClick(card.fix_buttons[0], Qt.MouseButton.LeftButton)
    assert "no-output" not in codes(panel)
    assert not doubtful.errors
    doubtful.undo()
    assert to_bytes(doubtful.project) == before


def test_a_finding_goes_at_once_with_its_node(doubtful, panel):
    doubtful.apply(RemoveNodes(["n6"]))
    assert "softmax-before-cross-entropy" not in codes(panel)


def test_a_click_on_a_remedy_of_a_finding_shows_its_end_at_once(qtbot, doubtful, panel):
    before = to_bytes(doubtful.project)
    qtbot.mouseClick(panel.cards.cards[1].fix_buttons[0], Qt.MouseButton.LeftButton)
    assert codes(panel) == ["softmax-before-cross-entropy"]
    doubtful.undo()
    assert to_bytes(doubtful.project) == before


def test_why_explains_and_leads_on(qtbot, doubtful, panel):
    card = panel.cards.cards[0]
    assert not card.explanation.isVisible()
    qtbot.mouseClick(card.why_button, Qt.MouseButton.LeftButton)
    assert card.explanation.isVisible()
    assert "log-softmax" in card.explanation.text()
    assert (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html"
        in card.explanation.text()
    )


def test_an_error_has_no_explanation_and_cannot_be_silenced(panel):
    (card,) = panel.cards.cards
    assert not card.why_button.isVisible()
    assert not card.menu_button.isVisible()


def test_a_warning_is_silenced_at_its_node_and_shown_again(doubtful, panel):
    before = to_bytes(doubtful.project)
    assert not panel.silenced.isVisible()
    panel.cards.cards[0].silence_action.trigger()
    assert codes(panel) == ["bias-before-batch-norm"]
    assert doubtful.graph.nodes["n6"].silenced == ("softmax-before-cross-entropy",)
    assert panel.silenced.isVisible()
    assert panel.silenced.text() == "1 silenced"
    panel.silenced.menu().aboutToShow.emit()
    (action,) = panel.silenced.menu().actions()
    assert action.text() == "softmax1: No softmax before CrossEntropyLoss"
    action.trigger()
    assert len(codes(panel)) == 2
    assert to_bytes(doubtful.project) == before
    assert not panel.silenced.isVisible()


def test_a_dead_branch_can_be_silenced_too(doubtful, panel):
    doubtful.apply(AddNodes((Node("n8", "ReLU", "relu2"),)))
    connect(doubtful, "n2", "n8")
    doubtful.settle()
    card = next(card for card in panel.cards.cards if card.problem.code == "dead-branch")
    card.silence_action.trigger()
    assert "dead-branch" not in codes(panel)
    doubtful.undo()
    assert "dead-branch" in codes(panel)


def test_a_warning_about_the_plan_is_silenced_in_the_project(doubtful, panel):
    doubtful.apply(SetTraining({"loss": "MSELoss", "optimizer": {"type": "Adam", "lr": 9}}))
    doubtful.settle()
    card = panel.cards.cards[0]
    assert card.silence_action.text() == "Silence in this project"
    card.silence_action.trigger()
    assert doubtful.graph.silenced == ("unusual-learning-rate",)
    assert codes(panel) == ["bias-before-batch-norm"]
    panel.silenced.menu().aboutToShow.emit()
    assert [a.text() for a in panel.silenced.menu().actions()] == [
        "Training: A learning rate in the optimizer's range"
    ]


def test_fix_all_mends_errors_first_and_what_could_be_better_when_asked_again(qtbot, doubtful, panel):
    doubtful.apply(SetParams("n2", {"nonsense": 3}))
    before = to_bytes(doubtful.project)
    assert panel.fix_all_button.text() == "Fix all errors"
    with qtbot.waitSignal(panel.fixed):
        qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    doubtful.settle()
    assert codes(panel) == ["softmax-before-cross-entropy", "bias-before-batch-norm"]
    assert panel.fix_all_button.text() == "Fix all"
    with qtbot.waitSignal(panel.fixed):
        qtbot.mouseClick(panel.fix_all_button, Qt.MouseButton.LeftButton)
    doubtful.settle()
    assert doubtful.problems == ()
    doubtful.undo()
    doubtful.undo()
    assert to_bytes(doubtful.project) == before


def test_a_hint_is_no_mark_on_the_canvas(doubtful):
    assert doubtful.marks_of("n2") == ()
    assert len(doubtful.problems_of("n2")) == 1
    assert len(doubtful.marks_of("n6")) == 1


def test_buttons_go_on_below_where_a_card_is_narrow(qtbot, doubtful, panel):
    card = panel.cards.cards[0]
    wide = card.heightForWidth(600)
    assert card.heightForWidth(200) > wide
    assert card.minimumSizeHint().width() < 260
