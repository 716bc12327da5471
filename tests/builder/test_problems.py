"""The Problems tab."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication

from builder.panels.problem_card import ProblemCard
from builder.panels.problem_list import BITE, PAGE
from builder.panels.problems import ProblemsPanel
from builder.session import MANY, Session
from builder.theme import dark, light
from graph.block_edits import InBlock
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import AddNodes, Connect, RemoveNodes, SetParams, SetTraining
from graph.problems import Problem
from graph.storage import to_bytes
from tests.graph.block_drawings import deep

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
