"""The plan's form where each Output learns by a loss of its own."""

import pytest
from PySide6.QtCore import Qt

from builder.ends import ends_of
from builder.panels.output_edits import (
    entry_of,
    output_problems,
    with_output_loss,
    with_output_value,
    with_own_losses,
)
from builder.panels.plan_edits import PER_OUTPUT
from builder.session import Session
from graph.document import Document, Node, Project
from graph.edits import AddNodes, RemoveNodes, RenameNode
from graph.inference import Inference
from graph.templates import template
from runtime.plan import TrainingPlan
from tests.builder.plan_forms import shown_form
from tests.runtime.test_preflight import heads, linear


@pytest.fixture
def session(qapp):
    return Session(Document(template("MultiHead").project()))


@pytest.fixture
def form(qtbot, session):
    with shown_form(qtbot, session) as form:
        yield form


def outputs(session):
    return session.project.training.get("outputs")


def retype(form, name):
    form.parts["loss"].retyped.emit(name)


def test_each_output_has_its_loss_and_settings(form):
    assert form.parts["loss"].type_field.currentData() == PER_OUTPUT
    assert "the weighted sum of all" in form.parts["loss"].help.text()
    logits, parity = form.outputs.forms.values()
    assert (logits.heading.text(), parity.heading.text()) == ("logits", "parity")
    assert parity.settings.field("weight").text() == "0.5"
    assert parity.settings.field("groups").text() == "0, 1, 0, 1, 0, 1, 0, 1, 0, 1"
    assert "label_smoothing" in parity.form.names
    assert "TripletMarginLoss" not in [
        parity.type_field.itemText(row) for row in range(parity.type_field.count())
    ]


def test_typing_changes_the_plan_in_one_step(qtbot, session, form):
    field = form.outputs.forms["n9"].settings.field("weight")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "0.25")
    assert outputs(session)["n9"]["weight"] == 0.25
    session.undo()
    assert outputs(session)["n9"]["weight"] == 0.5
    assert session.document.undo_label is None


def test_a_loss_of_an_output_is_chosen_and_set(qtbot, session, form):
    form.outputs.forms["n7"].retyped.emit("FocalLoss")
    assert outputs(session)["n7"]["loss"] == {"type": "FocalLoss"}
    field = form.outputs.forms["n7"].form.field("gamma")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "3")
    assert outputs(session)["n7"]["loss"] == {"type": "FocalLoss", "gamma": 3.0}
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert outputs(session)["n7"]["loss"] == {"type": "FocalLoss"}


def test_one_loss_for_all_and_back_again(session, form):
    retype(form, "MSELoss")
    assert (outputs(session), session.project.training["loss"]) == (None, {"type": "MSELoss"})
    assert not form.outputs.isVisible()
    retype(form, PER_OUTPUT)
    assert outputs(session) == {"n7": {"loss": {"type": "MSELoss"}}, "n9": {"loss": {"type": "MSELoss"}}}
    assert form.outputs.isVisible()
    session.undo()
    session.undo()
    assert outputs(session)["n9"]["weight"] == 0.5


def test_a_network_with_one_output_says_why_it_has_one_loss(session, form):
    session.load(Document(template("MLP").project()))
    field = form.parts["loss"].type_field
    place = field.findData(PER_OUTPUT)
    assert not field.model().item(place).isEnabled()
    assert field.itemData(place, Qt.ItemDataRole.ToolTipRole) == "The network has no second Output."


def test_outputs_that_come_go_or_are_renamed_are_followed(session, form):
    session.apply(RenameNode("n9", "odd"))
    assert form.outputs.forms["n9"].heading.text() == "odd"
    session.apply(RemoveNodes(["n9"]))
    assert list(form.outputs.forms) == ["n7"]
    session.undo()
    assert form.outputs.forms["n9"].settings.field("weight").text() == "0.5"


def test_an_output_that_came_while_a_block_was_shown_counts_afterwards(session, form):
    session.load(Document(template("UNet").project()))
    field = form.parts["loss"].type_field
    item = field.model().item(field.findData(PER_OUTPUT))
    assert not item.isEnabled()
    session.enter(next(node_id for node_id in session.graph.nodes if session.is_instance(node_id)))
    session.apply_to_project(AddNodes((Node("extra", "Output", "extra"),)))
    session.leave()
    assert item.isEnabled()


def test_what_means_nothing_says_why(session, form):
    parity = form.outputs.forms["n9"]
    columns = parity.settings.field("columns")
    assert not columns.isEnabled()
    assert "The data has no target columns" in columns.toolTip()
    assert not form.parts["data"].form.field("target").isEnabled()
    assert "a target of its own" in form.parts["data"].form.field("target").toolTip()
    parity.set_asked.emit(("target",), "input", 0)
    assert "not a label" in parity.settings.field("groups").toolTip()
    parity.settings.reset_button("groups").click()
    assert "groups" not in outputs(session)["n9"]
    assert not form.error.isVisible()


def test_a_wrong_value_is_marked_at_its_output(session, form):
    form.outputs.forms["n9"].set_asked.emit(("weight",), -1, 0)
    assert form.outputs.forms["n9"].settings.problem_text("weight").startswith("Expected")
    assert form.error.isVisible()
    form.outputs.forms["n9"].set_asked.emit(("loss", "label_smoothing"), 2, 0)
    assert form.outputs.forms["n9"].form.problem_text("label_smoothing").startswith("Expected")


@pytest.mark.parametrize(
    "broken",
    [
        {"outputs": {"n7": 3}},
        {"outputs": {"n7": {"loss": []}}},
        {"outputs": {"n7": {"loss": {"type": []}}}},
        {"outputs": {"n7": {"weight": "much"}}},
        {"outputs": [1]},
        {"loss": 3, "outputs": {"n7": {}}},
    ],
)
def test_whatever_a_file_holds_the_form_can_show_it(session, form, broken):
    project = template("MultiHead").project()
    project.training = broken
    session.load(Document(project))
    assert form.error.isVisible()


def test_an_output_like_the_input_is_set_to_learn_it():
    graph = heads((6,), (linear(6),), (linear(3),))
    first = with_own_losses({"loss": "TripletMarginLoss"}, ends_of(graph), Inference(graph))
    assert first["outputs"] == {
        "out_a": {"loss": {"type": "MSELoss"}, "target": "input"},
        "out_b": {"loss": {"type": "CrossEntropyLoss"}},
    }
    assert TrainingPlan.from_mapping(first).outputs["out_a"].target == "input"


def test_a_change_keeps_what_is_beside_it():
    training = {"loss": "L1Loss", "outputs": {"a": {"loss": "MSELoss", "weight": 2}}}
    assert entry_of(training, "b") == {"loss": {"type": "L1Loss"}}
    smoothed = with_output_loss(training, "a", "CrossEntropyLoss")
    smoothed = with_output_value(smoothed, "a", ("loss", "label_smoothing"), 0.1)
    assert smoothed["outputs"]["a"] == {
        "loss": {"type": "CrossEntropyLoss", "label_smoothing": 0.1},
        "weight": 2,
    }
    assert with_output_loss(smoothed, "a", "NLLLoss")["outputs"]["a"]["loss"] == {"type": "NLLLoss"}
    assert training["outputs"] == {"a": {"loss": "MSELoss", "weight": 2}}
    assert output_problems({"outputs": {"a": {"weight": -1}}}) == {
        "outputs.a.weight": "Expected a number of at least 0."
    }
    assert Project(training=smoothed).training == smoothed
