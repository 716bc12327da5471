"""While a run is on, the window tells which edits it does not know of, and hands them over with a click."""

import pytest
from PySide6.QtCore import Qt

from graph.edits import MoveNodes, RemoveNodes, SetParams, SetTraining
from graph.templates import template

PATIENCE = 120_000  # milliseconds; PyTorch may have to be loaded


@pytest.fixture
def training(window, person):
    """Trains MLP on the digits without an end; gives the banner above its curves."""
    window.files.new_project(template("MLP").project())
    change(window, epochs=100_000)
    person.press(Qt.Key.Key_Return)
    person.wait(lambda: window.training.dashboard.figures.step > 0)
    yield window.training.edits_banner
    window.runs.stop_training()
    person.wait(lambda: not window.controller.is_active)


def change(window, **settings):
    window.session.apply(SetTraining({**window.session.project.training, **settings}))


def test_a_changed_plan_is_told_and_taken_up_with_a_click(window, person, training):
    assert not training.isVisible()
    change(window, clip_grad_norm=2.0)
    person.wait(training.isVisible)
    assert training.label.text() == "Not in the run yet: clip_grad_norm: null -> 2.0."
    assert training.height() <= training.button.height() + 2, "which the charts lose"
    person.click(training.button)
    person.wait(lambda: not training.isVisible())
    assert [mark.text for mark in window.training.dashboard.history.marks] == ["plan changed"]


def test_a_changed_network_is_told_and_taken_up_with_a_click(window, person, training):
    node = window.session.graph.by_name("fc2").id
    window.session.apply(SetParams(node, {"out_features": 48}))
    person.wait(training.isVisible)
    assert "out_features" in training.label.text()
    person.click(training.button)
    person.wait(lambda: not training.isVisible())


def test_a_graph_with_errors_cannot_be_taken_up_until_they_are_solved(window, person, training):
    action = window.actions_["run.apply"]
    node = window.session.graph.by_name("fc2").id
    window.session.apply(SetParams(node, {"out_features": -1}))
    person.wait(training.isVisible)
    assert training.button.isVisible()
    assert not training.button.isEnabled()
    assert training.button.toolTip().endswith("The run cannot take up a graph with 1 error.")
    assert training.errors_button.text() == "1 error"
    window.session.apply(SetParams(window.session.graph.by_name("fc1").id, {"out_features": -1}))
    assert training.errors_button.text() == "2 errors"
    assert window.actions_.why_disabled("run.apply") == "The run cannot take up a graph with 2 errors."
    window.show_training()
    person.click(training.errors_button)
    person.wait(window.problems.isVisible)
    window.session.undo()
    window.session.apply(SetParams(node, {"out_features": 48}))
    assert action.isEnabled()
    window.show_training()
    assert not training.errors_button.isVisible()
    person.click(training.button)
    person.wait(lambda: not training.isVisible())


def test_an_emptied_canvas_cannot_be_taken_up(window, person, training):
    window.session.apply(RemoveNodes(tuple(window.session.graph.nodes)))
    person.wait(training.isVisible)
    assert not training.button.isEnabled()
    assert window.actions_.why_disabled("run.apply") == "Nothing is drawn that the run could take up."
    window.session.undo()
    assert window.actions_["run.apply"].isEnabled()


def test_errors_are_not_told_beside_what_no_run_can_take_up_anyway(window, person, training):
    node = window.session.graph.by_name("fc2").id
    change(window, seed=9)
    window.session.apply(SetParams(node, {"out_features": -1}))
    person.wait(training.isVisible)
    assert not training.button.isVisible()
    assert not training.errors_button.isVisible()


def test_what_is_taken_back_is_told_no_more(window, person, training):
    change(window, clip_grad_norm=2.0)
    person.wait(training.isVisible)
    person.press(Qt.Key.Key_Z)
    person.wait(lambda: not training.isVisible())


def test_where_a_layer_stands_makes_no_difference(window, person, training):
    node = window.session.graph.by_name("fc2").id
    window.session.apply(MoveNodes({node: (10.0, 10.0)}))
    person.wait(lambda: not window.workspace.pending_edits.is_waiting)
    assert not training.isVisible()


def test_what_no_run_can_take_up_says_why_and_has_no_button(window, person, training):
    change(window, seed=9)
    person.wait(training.isVisible)
    assert "seed cannot change while a run trains: it only counts at the start" in training.label.text()
    assert not training.button.isVisible()


def test_the_rest_of_many_changes_is_counted(window, person, training):
    change(window, clip_grad_norm=2.0, clip_grad_value=1.0, epochs=7_000, checkpoint_epochs=3)
    person.wait(training.isVisible)
    assert training.label.text().endswith(" and 1 more.")


def test_when_the_run_is_over_there_is_nothing_to_tell(window, person, training):
    change(window, clip_grad_norm=2.0)
    person.wait(training.isVisible)
    window.runs.stop_training()
    person.wait(lambda: not training.isVisible())
