"""The dialogs about runs: with which project one goes on, and what two differ in."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from builder.changes_dialog import ChangesDialog
from builder.compare_dialog import CompareDialog
from builder.panels.figures import number
from runtime.comparing import compare
from runtime.control import Control
from runtime.launch import run
from tests.runtime.training import spiral_project

CHANGES = ("adds drop1 (Dropout)", "epochs: 2 -> 3")


def soon(action):
    """Does something in a dialog that is about to be shown."""
    QTimer.singleShot(0, action)


@pytest.mark.parametrize("version", ["theirs", "mine"])
def test_changes_are_listed_and_either_version_can_be_had(qtbot, version):
    dialog = ChangesDialog("0002", CHANGES)
    qtbot.addWidget(dialog)
    assert [dialog.changes.item(row).text() for row in range(2)] == list(CHANGES)
    button = dialog.theirs_button if version == "theirs" else dialog.mine_button
    soon(lambda: QTest.mouseClick(button, Qt.MouseButton.LeftButton))
    assert dialog.ask() == version


def test_escape_leaves_everything_as_it_is(qtbot):
    dialog = ChangesDialog("0002", CHANGES)
    qtbot.addWidget(dialog)
    soon(lambda: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    assert dialog.ask() == "cancel"


@pytest.fixture
def comparison(tmp_path):
    list(run(spiral_project(), tmp_path / "0001", Control()))
    wider = spiral_project(epochs=3)
    graph = wider.graph
    graph.replace_node(graph.nodes["n2"].with_(params={"out_features": 24}))
    list(run(wider, tmp_path / "0002", Control()))
    return compare(tmp_path / "0001", tmp_path / "0002")


def rows(dialog):
    table = dialog.table
    parts = [table.topLevelItem(index) for index in range(table.topLevelItemCount())]
    return {
        part.text(0): [
            tuple(part.child(row).text(column) for column in range(3)) for row in range(part.childCount())
        ]
        for part in parts
    }


def test_two_runs_stand_side_by_side(qtbot, comparison):
    dialog = CompareDialog(comparison)
    qtbot.addWidget(dialog)
    shown = rows(dialog)
    assert list(shown) == ["Result", "Plan", "Network"]
    assert shown["Plan"] == [("epochs", "2", "3")]
    assert shown["Network"] == [("fc1", "Linear, out_features=16", "Linear, out_features=24")]
    assert ("Epochs", "2 / 2", "3 / 3") in shown["Result"]
    assert ("Parameters", "99", "147") in shown["Result"]
    assert any(row[0] == "Best val loss" for row in shown["Result"])


def test_runs_judged_by_different_figures_have_each_said(qtbot, comparison):
    by_accuracy = replace(comparison.second, metric="val_accuracy", best=0.9)
    dialog = CompareDialog(replace(comparison, second=by_accuracy))
    qtbot.addWidget(dialog)
    assert [row for row in rows(dialog)["Result"] if row[0] in ("Best", "Best val loss")] == [
        ("Best", f"val loss {number(comparison.first.best)}", "val accuracy 90.00%")
    ]


def test_what_is_the_same_is_said_to_be(qtbot, comparison, tmp_path):
    dialog = CompareDialog(compare(tmp_path / "0001", tmp_path / "0001"))
    qtbot.addWidget(dialog)
    assert rows(dialog)["Plan"] == []
    assert dialog.table.topLevelItem(1).text(1) == "The same in both."


@pytest.mark.parametrize("place", [0, 1])
def test_either_run_can_be_wanted_back(qtbot, comparison, place):
    dialog = CompareDialog(comparison)
    qtbot.addWidget(dialog)
    soon(lambda: QTest.mouseClick(dialog.restore_buttons[place], Qt.MouseButton.LeftButton))
    assert dialog.ask() is (comparison.first, comparison.second)[place]


def test_closing_wants_nothing_back(qtbot, comparison):
    dialog = CompareDialog(comparison)
    qtbot.addWidget(dialog)
    soon(lambda: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    assert dialog.ask() is None
