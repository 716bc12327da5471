"""The Runs tab: earlier runs are listed, shown, compared, restored, named and thrown away."""

import json
import shutil

import pytest
from PySide6.QtCore import QFile, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from builder.panels.run_columns import COLUMNS
from builder.panels.run_views import CLASSES, CURVES, LAYERS
from graph.edits import SetParams, SetTraining
from graph.storage import load, save, to_bytes
from tests.builder.earlier_runs import (
    CTRL,
    PATIENCE,
    act,
    cell,
    change_about,
    click,
    dashboard,
    double_click,
    named,
    names,
    read,
)
from tests.runtime.training import spiral_project

# -- the table


def test_runs_are_listed_newest_first_with_their_figures(opened):
    assert names(opened) == ["0002", "0001"]
    texts = {title: cell(opened, 0, title) for title in ("State", "Epochs", "Steps", "Device", "Parameters")}
    assert texts == {
        "State": "Stopped", "Epochs": "2 / 4", "Steps": "10", "Device": "cpu", "Parameters": "99",
    }  # fmt: skip
    assert cell(opened, 1, "State") == "Finished"
    assert cell(opened, 1, "Best").startswith("val loss ")
    assert cell(opened, 1, "Best").endswith((" epoch 1", " epoch 2"))


def test_a_project_without_runs_says_what_to_do(window, tmp_path, qtbot):
    save(spiral_project(), tmp_path / "new.netloom")
    window.files.open_project(tmp_path / "new.netloom")
    window.actions_["run.runs"].trigger()
    panel = window.run_table
    assert not panel.table.isVisible()
    assert not window.actions_["run.resume"].isEnabled()
    assert "no run yet" in window.actions_["run.resume"].toolTip()


def test_unknown_figures_are_last_in_both_directions(opened, qtbot):
    change_about(opened.run_table.model.runs[0].folder, parameters=None)
    opened.run_list.look()
    qtbot.waitUntil(lambda: cell(opened, 0, "Parameters") == "–")
    column = [each.title for each in COLUMNS].index("Parameters")
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        opened.run_table.table.sortByColumn(column, order)
        assert names(opened) == ["0001", "0002"]


def test_a_damaged_folder_is_listed_with_what_is_wrong(opened, trained_project, qtbot):
    (trained_project.with_suffix(".runs") / "0003").mkdir()
    (trained_project.with_suffix(".runs") / "0003" / "run.json").write_text("{")
    opened.run_list.look()
    qtbot.waitUntil(lambda: len(opened.run_table.model.runs) == 3)
    row = names(opened).index("0003")
    assert cell(opened, row, "State") == "Damaged"
    click(opened, row)
    assert "no readable run" in opened.run_table.note.text()
    assert not opened.actions_["runs.show"].isEnabled()
    assert not opened.actions_["run.resume"].isEnabled()
    assert opened.actions_["runs.delete"].isEnabled()


def test_a_run_that_comes_into_the_folder_is_seen(opened, trained_project, qtbot):
    shutil.copytree(
        trained_project.with_suffix(".runs") / "0001", trained_project.with_suffix(".runs") / "0009"
    )
    qtbot.waitUntil(lambda: "0009" in names(opened), timeout=PATIENCE)


def test_what_cannot_be_done_says_why(opened):
    for name in ("runs.show", "runs.compare", "runs.restore", "runs.rename", "runs.delete"):
        assert not opened.actions_[name].isEnabled()
    assert "No run is chosen" in opened.actions_["runs.show"].toolTip()
    assert "Choose two runs" in opened.actions_["runs.compare"].toolTip()
    click(opened, 1)
    assert opened.actions_["runs.restore"].isEnabled()
    assert opened.actions_["run.resume"].isEnabled(), "the plan has more epochs by now"
    click(opened, 0, CTRL)
    assert opened.actions_["runs.compare"].isEnabled()
    assert "Several runs" in opened.actions_["runs.restore"].toolTip()


def test_a_run_is_named_with_f2(opened, trained_project, qtbot):
    click(opened, 0)
    table = opened.run_table.table
    table.setCurrentIndex(opened.run_table.model.index(0, 0))
    QTest.keyClick(table, Qt.Key.Key_F2)
    editor = opened.focusWidget()
    QTest.keyClicks(editor, "wider")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: cell(opened, 0, "Run") == "0002 · wider", timeout=PATIENCE)
    assert (
        json.loads((trained_project.with_suffix(".runs") / "0002" / "run.json").read_text())["title"]
        == "wider"
    )
    assert [each.folder.name for each in opened.run_table.chosen_runs] == ["0002"]


def test_the_run_that_is_shown_is_called_as_it_is_by_now(opened, trained_project, qtbot):
    folder, label = trained_project.with_suffix(".runs") / "0002", dashboard(opened).bar.run_label
    click(opened, 0)
    act(opened, "runs.show")
    qtbot.waitUntil(lambda: label.text() == "Earlier run 0002", timeout=PATIENCE)
    assert opened.focusWidget().text() == "Curves", "and not some button that happens to be next"
    change_about(folder, title="wider")
    opened.run_list.look()
    qtbot.waitUntil(lambda: label.text() == "Earlier run 0002 · wider", timeout=PATIENCE)
    opened.show_runs()
    act(opened, "runs.show")
    qtbot.waitUntil(lambda: label.text() == "", timeout=PATIENCE)


def test_runs_go_to_the_trash_and_where_there_is_none_only_after_a_question(
    opened, trained_project, qtbot, answers, monkeypatch, tmp_path
):
    monkeypatch.setattr(QFile, "moveToTrash", lambda file: bool(shutil.move(file, tmp_path / "trash")))
    click(opened, 1)
    act(opened, "runs.delete")
    qtbot.waitUntil(lambda: names(opened) == ["0002"], timeout=PATIENCE)
    assert answers.asked == []
    monkeypatch.setattr(QFile, "moveToTrash", lambda file: False)
    click(opened, 0)
    QTest.keyClick(opened.run_table.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: answers.asked == ["confirm Delete for good?"], timeout=PATIENCE)
    answers.asked.clear()
    act(opened, "runs.delete")
    qtbot.waitUntil(lambda: answers.asked == ["confirm Delete for good?"], timeout=PATIENCE)
    assert (trained_project.with_suffix(".runs") / "0002").is_dir()
    answers.confirm_answer = True
    act(opened, "runs.delete")
    qtbot.waitUntil(lambda: names(opened) == [], timeout=PATIENCE)
    assert not (trained_project.with_suffix(".runs") / "0002").exists()


# -- curves


def test_the_first_run_is_shown_in_full_and_the_next_over_it(opened, qtbot):
    click(opened, 1)
    act(opened, "runs.show")
    assert opened.training.isVisible()
    qtbot.waitUntil(lambda: dashboard(opened).figures.state == "finished", timeout=PATIENCE)
    assert list(dashboard(opened).series("loss")[0]) == list(range(1, 11))
    assert len(dashboard(opened).series("val_loss")[0]) == 2
    opened.show_runs()
    click(opened, 0)
    act(opened, "runs.show")
    assert dashboard(opened).legend.isVisible()
    assert named(opened) == ["0002"]
    qtbot.waitUntil(lambda: "0002: val" in read(opened, "loss", 10), timeout=PATIENCE)
    assert "0002: smooth" in read(opened, "loss", 10)
    opened.show_runs()
    assert opened.actions_["runs.show"].text() == "&Hide curves"
    act(opened, "runs.show")
    assert named(opened) == []
    assert "0002" not in read(opened, "loss", 10)
    act(opened, "runs.show")
    opened.show_runs()
    click(opened, 1)
    act(opened, "runs.show")
    assert named(opened) == []
    assert opened.runs.run_dir.name == "0002"
    qtbot.waitUntil(lambda: dashboard(opened).figures.state == "stopped", timeout=PATIENCE)


@pytest.mark.parametrize("view", [CLASSES, LAYERS])
def test_curves_are_seen_whatever_of_the_run_was_shown_before(opened, qtbot, view):
    click(opened, 1)
    act(opened, "runs.show")
    qtbot.waitUntil(lambda: dashboard(opened).figures.state == "finished", timeout=PATIENCE)
    dashboard(opened).switch.choose(view)
    opened.show_runs()
    click(opened, 0)
    act(opened, "runs.show")
    views = dashboard(opened).views
    assert views.currentIndex() == CURVES
    assert views.curves.isVisible()
    assert dashboard(opened).legend.isVisible()
    assert dashboard(opened).switch.focusWidget().text() == "Curves"


def test_a_double_click_goes_to_the_curves_of_a_run_that_are_drawn_already(opened, qtbot):
    for _ in range(2):
        opened.show_runs()
        double_click(opened, 1)
        assert opened.training.isVisible()
        assert opened.runs.run_dir.name == "0001"
        dashboard(opened).switch.choose(LAYERS)
    opened.show_runs()
    QTest.keyClick(opened.run_table.table, Qt.Key.Key_Return)
    assert dashboard(opened).views.currentIndex() == CURVES
    assert opened.runs.run_dir.name == "0001"


def test_the_curves_of_the_run_that_trains_are_shown_not_hidden(opened, qtbot):
    opened.session.apply(SetTraining({**opened.session.project.training, "epochs": 100_000}))
    opened.actions_["run.train"].trigger()
    qtbot.waitUntil(lambda: dashboard(opened).figures.step > 0, timeout=PATIENCE)
    dashboard(opened).switch.choose(CLASSES)
    opened.show_runs()
    qtbot.waitUntil(lambda: "0003" in names(opened), timeout=PATIENCE)
    click(opened, names(opened).index("0003"))
    assert opened.actions_["runs.show"].text() == "&Show curves"
    act(opened, "runs.show")
    assert opened.training.isVisible()
    assert dashboard(opened).views.currentIndex() == CURVES
    opened.runs.stop_training()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    opened.show_runs()
    qtbot.waitUntil(lambda: opened.actions_["runs.show"].text() == "&Hide curves", timeout=PATIENCE)


def test_another_project_does_not_show_the_run_of_the_last_one(opened, qtbot):
    opened.actions_["run.train"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    assert opened.run_bar.progress.text.text() == "Run finished"
    shown = dashboard(opened)._pages.currentWidget()
    opened.canvas.zoom_by(0.5)
    opened.files.new_project()
    assert opened.runs.run_dir is None
    assert dashboard(opened)._pages.currentWidget() is not shown, "no curves, but what to do"
    assert opened.run_bar.progress.text.text() == ""
    assert opened.canvas.zoom == 1, "nor how near the last one was looked at"


def test_a_new_run_is_drawn_over_an_earlier_one(opened, qtbot):
    opened.actions_["run.train"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    opened.show_runs()
    qtbot.waitUntil(lambda: len(names(opened)) == 3, timeout=PATIENCE)
    click(opened, names(opened).index("0001"))
    act(opened, "runs.show")
    qtbot.waitUntil(lambda: "0001: val" in read(opened, "loss", 10), timeout=PATIENCE)
    assert len(dashboard(opened).series("val_loss")[0]) == 4
    chart = dashboard(opened).charts["loss"]
    qtbot.waitUntil(lambda: chart.plot.viewRange()[0][1] >= 20, timeout=PATIENCE)
    (button,) = dashboard(opened).legend.findChildren(QToolButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert named(opened) == []


def test_a_run_of_another_process_is_followed(window, elsewhere, qtbot):
    path, _, process = elsewhere
    window.files.open_project(path)
    window.actions_["run.runs"].trigger()
    qtbot.waitUntil(lambda: names(window) == ["0001"], timeout=PATIENCE)
    assert cell(window, 0, "State") == "Running"
    click(window, 0)
    assert not window.actions_["runs.delete"].isEnabled()
    assert "is going on" in window.actions_["run.resume"].toolTip()
    act(window, "runs.show")
    qtbot.waitUntil(lambda: len(dashboard(window).series("val_loss")[0]) == 3, timeout=PATIENCE)
    assert dashboard(window).figures.state == "running"
    process.stdin.write("go on\n")
    process.stdin.flush()
    qtbot.waitUntil(lambda: dashboard(window).figures.state == "finished", timeout=PATIENCE)
    assert len(dashboard(window).series("val_loss")[0]) == 6


# -- compared and restored


def test_two_runs_are_compared_and_the_better_one_restored_by_one_step(opened, answers, qtbot):
    session, folder = opened.session, opened.session.document.path.with_suffix(".runs")
    session.apply(SetParams("n2", {"out_features": 24}))
    session.apply(SetTraining({**session.project.training, "epochs": 3}, "Set epochs"))
    opened.actions_["run.train"].trigger()
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    opened.show_runs()
    qtbot.waitUntil(lambda: len(names(opened)) == 3, timeout=PATIENCE)
    click(opened, names(opened).index("0001"))
    click(opened, names(opened).index("0003"), CTRL)
    answers.restore_answer = 0
    edited = to_bytes(session.project)
    act(opened, "runs.compare")
    qtbot.waitUntil(lambda: to_bytes(session.project) != edited, timeout=PATIENCE)
    (comparison,) = answers.compared
    assert [each.name for each in comparison.nodes] == ["fc1"]
    assert [str(each) for each in comparison.plan] == ["epochs: 2 -> 3"]
    assert to_bytes(session.project) == to_bytes(load(folder / "0001" / "project.netloom"))
    assert session.document.undo_label == "Restore run 0001"
    opened.actions_["edit.undo"].trigger()
    assert to_bytes(session.project) == edited


def test_runs_of_one_second_are_compared_the_earlier_one_first(opened, answers, trained_project, qtbot):
    for name in ("0001", "0002"):
        change_about(trained_project.with_suffix(".runs") / name, started="2024-01-01T00:00:00+00:00")
    opened.run_list.look()
    qtbot.waitUntil(lambda: len({run.started for run in opened.run_table.model.runs}) == 1, timeout=PATIENCE)
    assert names(opened) == ["0002", "0001"]
    click(opened, 0)
    click(opened, 1, CTRL)
    act(opened, "runs.compare")
    qtbot.waitUntil(lambda: bool(answers.compared), timeout=PATIENCE)
    (comparison,) = answers.compared
    assert [run.folder.name for run in (comparison.first, comparison.second)] == ["0001", "0002"]


def test_a_run_whose_project_is_damaged_is_told(opened, answers, trained_project, qtbot):
    (trained_project.with_suffix(".runs") / "0002" / "project.netloom").write_text("{")
    click(opened, 0)
    act(opened, "runs.restore")
    qtbot.waitUntil(lambda: bool(answers.errors), timeout=PATIENCE)
    assert answers.errors[0].startswith("Cannot restore the run: ")
