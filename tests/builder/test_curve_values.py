"""What the curves show is saved and copied as a table that spreadsheets read."""

import csv

import pytest
from PySide6.QtGui import QGuiApplication

from builder.curve_values import CurveValues
from builder.panels.dashboard import Dashboard
from builder.session import Session
from builder.theme import light
from graph.document import Document
from graph.templates import template
from runtime.events import NodeFigures, NodesInspected
from tests.builder.conftest import Answers
from tests.builder.run_events import START, epoch_end, steps

LINES = 101  # the names, and a hundred steps


@pytest.fixture
def dashboard(qtbot, settings):
    dashboard = Dashboard(light(), settings)
    qtbot.addWidget(dashboard)
    return dashboard


@pytest.fixture
def told(dashboard, answers, tmp_path):
    """What the status bar is told."""
    session, told = Session(Document(), dashboard), []
    session.message.connect(told.append)
    CurveValues(dashboard, session, answers, lambda: tmp_path, dashboard)
    return told


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def menu(dashboard):
    """The menu's entries, by what stands there."""
    return {action.text(): action for action in dashboard.menu.menu().actions()}


def test_the_table_goes_to_the_clipboard(dashboard, told, menu, qtbot):
    dashboard.feed([START, steps(1, 100)])
    menu["Copy values as CSV"].trigger()
    qtbot.waitUntil(lambda: told == ["The values are on the clipboard."])
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, 101))
    assert [float(row["loss"]) for row in rows] == dashboard.series("loss")[1].tolist()


def test_curves_of_layers_are_columns_with_the_names_of_these(dashboard, told, menu, qtbot):
    dashboard.reset(template("SmallCNN").project())
    look = NodesInspected(2, {("n2",): NodeFigures(1e-3, 0.1, grad_norm=0.5)})
    dashboard.feed([START, steps(1, 3), epoch_end(1, 3), look])
    menu["Copy values as CSV"].trigger()
    qtbot.waitUntil(lambda: bool(told))
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines()))
    names = list(rows[0])
    assert names[:6] == ["step", "loss", "smoothed_loss", "lr", "grad_norm", "train_loss"]
    assert [row["grad_norm:conv1"] for row in rows] == ["", "0.5", ""]
    assert not [name for name in names if "n2" in name]


def test_the_table_is_saved(dashboard, told, menu, answers, tmp_path, qtbot):
    answers.save_answer = tmp_path / "curves.csv"
    dashboard.feed([START, steps(1, 100)])
    menu["Save values as CSV..."].trigger()
    qtbot.waitUntil(lambda: told == [f"Saved {answers.save_answer}"])
    assert len(answers.save_answer.read_text().splitlines()) == LINES


def test_where_it_cannot_be_saved_the_reason_is_told(dashboard, told, menu, answers, tmp_path, qtbot):
    answers.save_answer = tmp_path / "nowhere" / "curves.csv"
    dashboard.feed([START, steps(1, 100)])
    menu["Save values as CSV..."].trigger()
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert "nowhere" in answers.errors[0]
    assert told == []


@pytest.mark.parametrize("entry", ["Copy values as CSV", "Save values as CSV..."])
def test_before_a_run_there_is_nothing_to_take(told, menu, answers, entry):
    menu[entry].trigger()
    assert told == ["Nothing was trained yet."]
    assert answers.asked == []
