"""Workflow 7: one layer changed, trained again, compared with the first run, and the better one put back."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builder.compare_dialog import CompareDialog
from builder.dialogs import Dialogs
from builder.panels.action_button import ActionButton
from graph.storage import load, to_bytes
from tests.builder.person import CTRL, LEFT
from tests.builder.workflows.walking import (
    ALT,
    NO_KEY,
    Key,
    click_card,
    losses_of,
    open_file,
    saved,
    train_to_the_end,
)

EPOCHS = 3


@pytest.fixture
def two_runs(person, answers, tmp_path):
    """A network that was trained, made wider and trained again; gives both runs."""
    open_file(person, answers, saved("TinyRNN", tmp_path / "Rows.netloom", EPOCHS))
    first = train_to_the_end(person)
    click_card(person, "rnn")
    person.set("hidden_size", "8")
    return first, train_to_the_end(person)


def test_each_run_keeps_what_it_was_trained_with(person, two_runs):
    first, second = two_runs
    session = person.window.session
    changed = to_bytes(session.project)
    assert session.result(person.hands.id("fc")).params["in_features"] == 8, "what follows adapts"
    assert [(run.state, run.path.name) for run in two_runs] == [("finished", "0001"), ("finished", "0002")]
    assert to_bytes(load(second.path / "project.netloom")) == changed
    losses = [losses_of(run) for run in two_runs]
    assert len(losses[0]) == len(losses[1])
    assert losses[0] != losses[1]
    assert list(person.window.training.dashboard.series("loss")[1]) == pytest.approx(losses[1], rel=1e-6)

    person.window.canvas.setFocus()
    person.press(Key.Key_Z)
    assert to_bytes(session.project) == to_bytes(load(first.path / "project.netloom"))
    assert not session.document.is_dirty, "training twice left no trace in the history"


def test_the_curves_lie_over_each_other_and_the_better_version_is_put_back(person, answers, two_runs):
    window, session = person.window, person.window.session
    first, second = two_runs
    wider = to_bytes(session.project)
    person.press(Key.Key_R, CTRL | ALT)
    panel, dashboard = window.run_table, window.training.dashboard
    person.wait(lambda: len(panel.model.runs) == 2)

    # the first run's curves over those of the second, which are there
    choose_run(panel, first)
    person.click(button_of(panel, "runs.show", window))
    assert dashboard.isVisible()
    assert dashboard.legend.isVisible()
    (other,) = dashboard.views._others
    person.wait(lambda: len(other.history.series["loss"]) == len(losses_of(first)))
    assert list(dashboard.series("loss")[1]) == pytest.approx(losses_of(second), rel=1e-6)
    assert list(other.history.series["loss"].y) == pytest.approx(losses_of(first), rel=1e-6)

    # what the two differ in, in the dialog itself, and back to the first
    person.press(Key.Key_R, CTRL | ALT)
    choose_run(panel, first)
    choose_run(panel, second, CTRL)
    answers.show_comparison = Dialogs(window).show_comparison
    seen = []
    QTimer.singleShot(0, window, lambda: restore_first(window, seen))
    person.click(button_of(panel, "runs.compare", window))
    person.wait(lambda: to_bytes(session.project) != wider)
    assert any(node == "rnn" and "hidden_size=8" in after for node, _, after in seen)
    assert to_bytes(session.project) == to_bytes(load(first.path / "project.netloom"))

    window.activateWindow()  # as a window manager would after the dialog
    window.canvas.setFocus()
    person.wait(window.isActiveWindow)
    person.press(Key.Key_Z)
    assert to_bytes(session.project) == wider, "put back by one step"


def choose_run(panel, run, keys=NO_KEY):
    """Clicks the row of a run."""
    row = next(index for index, each in enumerate(panel.model.runs) if each.folder == run.path)
    place = panel.table.visualRect(panel.model.index(row, 1)).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, keys, place)


def button_of(panel, name, window):
    return next(each for each in panel.findChildren(ActionButton) if each.action is window.actions_[name])


def restore_first(window, seen):
    """Reads the comparison as soon as it is there, and takes its first run back."""
    dialog = QApplication.activeModalWidget()
    if not isinstance(dialog, CompareDialog):
        QTimer.singleShot(10, window, lambda: restore_first(window, seen))
        return
    for item in dialog.table.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive):
        seen.append(tuple(item.text(column) for column in range(3)))
    QTest.mouseClick(dialog.restore_buttons[0], LEFT)
