"""The Runs tab: earlier runs are listed, shown, compared, restored, named and thrown away."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import QFile, Qt
from PySide6.QtTest import QTest

from builder.panels.run_columns import COLUMNS
from graph.edits import SetParams, SetTraining
from graph.storage import load, save, to_bytes
from runtime.control import Control
from runtime.events import EpochEnded
from runtime.launch import run
from tests.literals import ROOT
from tests.runtime.training import spiral_project

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded
CTRL = Qt.KeyboardModifier.ControlModifier


def trained(folder, stop_after=None, **training):
    """Trains in a folder, without a window, to the end or so many epochs."""
    control = Control()
    for event in run(spiral_project(**training), folder, control):
        if isinstance(event, EpochEnded) and event.epoch == stop_after:
            control.request_stop()


@pytest.fixture
def path(tmp_path):
    """A project with a finished run of 2 epochs, and a stopped one of 4."""
    path = tmp_path / "spirals.netloom"
    save(spiral_project(epochs=4), path)
    trained(tmp_path / "spirals.runs" / "0001")
    trained(tmp_path / "spirals.runs" / "0002", stop_after=2, epochs=4)
    for name, day in (("0001", 1), ("0002", 2)):  # both began within a second
        change_about(tmp_path / "spirals.runs" / name, started=f"2024-01-0{day}T00:00:00+00:00")
    return path


def change_about(folder, **facts):
    file = folder / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | facts))


@pytest.fixture
def opened(window, path, qtbot):
    """The window with that project, its Runs tab in front."""
    window.files.open_project(path)
    window.actions_["run.runs"].trigger()
    qtbot.waitUntil(lambda: len(window.run_table.model.runs) == 2, timeout=PATIENCE)
    return window


def names(window):
    return [each.folder.name for each in window.run_table.model.runs]


def cell(window, row, title):
    model = window.run_table.model
    column = [each.title for each in COLUMNS].index(title)
    return model.index(row, column).data()


def click(window, row, modifier=Qt.KeyboardModifier.NoModifier):
    table = window.run_table.table
    place = table.visualRect(window.run_table.model.index(row, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def act(window, name):
    assert window.actions_[name].isEnabled(), window.actions_.why_disabled(name)
    window.actions_[name].trigger()


def dashboard(window):
    return window.training.dashboard


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


def test_a_damaged_folder_is_listed_with_what_is_wrong(opened, path, qtbot):
    (path.with_suffix(".runs") / "0003").mkdir()
    (path.with_suffix(".runs") / "0003" / "run.json").write_text("{")
    opened.run_list.look()
    qtbot.waitUntil(lambda: len(opened.run_table.model.runs) == 3)
    row = names(opened).index("0003")
    assert cell(opened, row, "State") == "Damaged"
    click(opened, row)
    assert "no readable run" in opened.run_table.note.text()
    assert not opened.actions_["runs.show"].isEnabled()
    assert not opened.actions_["run.resume"].isEnabled()
    assert opened.actions_["runs.delete"].isEnabled()


def test_a_run_that_comes_into_the_folder_is_seen(opened, path, qtbot):
    shutil.copytree(path.with_suffix(".runs") / "0001", path.with_suffix(".runs") / "0009")
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


def test_a_run_is_named_with_f2(opened, path, qtbot):
    click(opened, 0)
    table = opened.run_table.table
    table.setCurrentIndex(opened.run_table.model.index(0, 0))
    QTest.keyClick(table, Qt.Key.Key_F2)
    editor = opened.focusWidget()
    QTest.keyClicks(editor, "wider")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: cell(opened, 0, "Run") == "0002 · wider", timeout=PATIENCE)
    assert json.loads((path.with_suffix(".runs") / "0002" / "run.json").read_text())["title"] == "wider"
    assert [each.folder.name for each in opened.run_table.chosen_runs] == ["0002"]


def test_runs_go_to_the_trash_and_where_there_is_none_only_after_a_question(
    opened, path, qtbot, answers, monkeypatch, tmp_path
):
    monkeypatch.setattr(QFile, "moveToTrash", lambda path: bool(shutil.move(path, tmp_path / "trash")))
    click(opened, 1)
    act(opened, "runs.delete")
    qtbot.waitUntil(lambda: names(opened) == ["0002"], timeout=PATIENCE)
    assert answers.asked == []
    monkeypatch.setattr(QFile, "moveToTrash", lambda path: False)
    click(opened, 0)
    QTest.keyClick(opened.run_table.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: answers.asked == ["confirm Delete for good?"], timeout=PATIENCE)
    answers.asked.clear()
    act(opened, "runs.delete")
    qtbot.waitUntil(lambda: answers.asked == ["confirm Delete for good?"], timeout=PATIENCE)
    assert (path.with_suffix(".runs") / "0002").is_dir()
    answers.confirm_answer = True
    act(opened, "runs.delete")
    qtbot.waitUntil(lambda: names(opened) == [], timeout=PATIENCE)
    assert not (path.with_suffix(".runs") / "0002").exists()


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
    (other,) = dashboard(opened)._others
    qtbot.waitUntil(lambda: len(other.history.series["loss"]) == 10, timeout=PATIENCE)
    assert (other.name, dashboard(opened).legend.isVisible()) == ("0002", True)
    chart = dashboard(opened).charts["loss"]
    qtbot.waitUntil(lambda: [each.size for each in chart._owners] == [10, 2], timeout=PATIENCE)
    chart.show_values(10)
    assert "0002: smooth" in chart.readout()
    opened.show_runs()
    assert opened.actions_["runs.show"].text() == "&Hide curves"
    act(opened, "runs.show")
    assert dashboard(opened)._others == ()
    assert not chart._owners
    act(opened, "runs.show")
    opened.show_runs()
    click(opened, 1)
    act(opened, "runs.show")
    assert dashboard(opened)._others == ()
    assert opened.runs.run_dir.name == "0002"
    qtbot.waitUntil(lambda: dashboard(opened).figures.state == "stopped", timeout=PATIENCE)


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
    (other,) = dashboard(opened)._others
    qtbot.waitUntil(lambda: len(other.history.series["val_loss"]) == 2, timeout=PATIENCE)
    assert len(dashboard(opened).series("val_loss")[0]) == 4
    chart = dashboard(opened).charts["loss"]
    qtbot.waitUntil(lambda: chart.plot.viewRange()[0][1] >= 20, timeout=PATIENCE)
    (chip,) = dashboard(opened).legend._chips
    button = chip.children()[1]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert dashboard(opened)._others == ()


CHILD = """
import sys
from pathlib import Path
from runtime.control import Control
from runtime.events import EpochEnded
from runtime.launch import run
from tests.literals import ROOT
from tests.runtime.training import spiral_project
for event in run(spiral_project(epochs=int(sys.argv[2])), Path(sys.argv[1]), Control()):
    if isinstance(event, EpochEnded) and event.epoch == 3:
        print("trained", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A run in another process, which waits after its third epoch; gives the project, its folder, a kill."""
    path, folder = tmp_path / "far.netloom", tmp_path / "far.runs" / "0001"
    save(spiral_project(epochs=6), path)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILD, str(folder), "6"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stdin=pipe, text=True) as process:
        process.stdout.readline()
        yield path, folder, process
        process.kill()


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


def test_a_run_whose_project_is_damaged_is_told(opened, answers, path, qtbot):
    (path.with_suffix(".runs") / "0002" / "project.netloom").write_text("{")
    click(opened, 0)
    act(opened, "runs.restore")
    qtbot.waitUntil(lambda: bool(answers.errors), timeout=PATIENCE)
    assert answers.errors[0].startswith("Cannot restore the run: ")


# -- resumed


def steps_of(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("time", "seconds")} for line in lines]


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_stopped_run_goes_on_and_its_curve_with_it(opened, path, qtbot, tmp_path, is_shown):
    click(opened, 0)
    if is_shown:
        act(opened, "runs.show")
        qtbot.waitUntil(lambda: dashboard(opened).figures.state == "stopped", timeout=PATIENCE)
        opened.show_runs()
    act(opened, "run.resume")
    qtbot.waitUntil(lambda: opened.controller.is_active, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    folder = path.with_suffix(".runs") / "0002"
    qtbot.waitUntil(lambda: len(dashboard(opened).series("val_loss")[0]) == 4, timeout=PATIENCE)
    trained(tmp_path / "whole", epochs=4)
    assert steps_of(folder) == steps_of(tmp_path / "whole")
    steps, losses = dashboard(opened).series("loss")
    assert list(steps) == list(range(1, 21))
    assert list(losses) == [line["loss"] for line in steps_of(folder) if line["event"] == "step"]
    assert [mark.text for mark in dashboard(opened).history.marks] == ["resumed"]
    qtbot.waitUntil(lambda: cell(opened, 0, "State") == "Finished", timeout=PATIENCE)


def test_a_finished_run_trains_on_once_more_epochs_are_planned(opened, path, qtbot, answers, tmp_path):
    session = opened.session
    session.apply(SetTraining({**session.project.training, "epochs": 2}, "Set epochs"))
    click(opened, 1)
    assert "Raise Epochs above 2" in opened.actions_["run.resume"].toolTip()
    session.apply(SetTraining({**session.project.training, "epochs": 4}, "Set epochs"))
    assert opened.actions_["run.resume"].text() == "Train &on"
    act(opened, "run.resume")
    qtbot.waitUntil(lambda: opened.controller.is_active, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    assert answers.asked == [], "that it has more epochs needs no question"
    trained(tmp_path / "whole", epochs=4)
    assert steps_of(path.with_suffix(".runs") / "0001") == steps_of(tmp_path / "whole")


def test_a_killed_run_is_offered_and_goes_on_to_the_bit(window, elsewhere, qtbot, tmp_path):
    path, folder, process = elsewhere
    process.send_signal(signal.SIGKILL)
    process.wait()
    window.files.open_project(path)
    window.show_training()
    banner = window.training.resume_banner
    qtbot.waitUntil(banner.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(lambda: dashboard(window).figures.state == "stopped", timeout=PATIENCE)
    assert len(dashboard(window).series("loss")[0]) == 15
    assert banner.label.text().startswith("Run 0001 was cut off in epoch 4 of 6, after 15 steps.")
    QTest.mouseClick(banner.resume_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.controller.is_active, timeout=PATIENCE)
    assert not banner.isVisible()
    qtbot.waitUntil(lambda: not window.controller.is_active, timeout=PATIENCE)
    trained(tmp_path / "whole", epochs=6)
    assert steps_of(folder) == steps_of(tmp_path / "whole")
    qtbot.waitUntil(lambda: len(dashboard(window).series("val_loss")[0]) == 6, timeout=PATIENCE)
    steps, losses = dashboard(window).series("loss")
    assert list(losses) == [line["loss"] for line in steps_of(folder) if line["event"] == "step"]
    assert list(steps) == list(range(1, 31))


def test_an_offer_that_is_not_wanted_goes_and_does_not_come_back(window, elsewhere, qtbot):
    path, _, process = elsewhere
    process.send_signal(signal.SIGKILL)
    process.wait()
    window.files.open_project(path)
    window.show_training()
    banner = window.training.resume_banner
    qtbot.waitUntil(banner.isVisible, timeout=PATIENCE)
    QTest.mouseClick(banner.close_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.run_list.scan.scanned, timeout=PATIENCE):
        window.run_list.look()
    assert not banner.isVisible()
    assert window.actions_["run.resume"].isEnabled()


@pytest.mark.parametrize("answer", ["theirs", "mine", "cancel"])
def test_a_changed_project_is_told_and_asked_about(opened, path, answers, qtbot, answer):
    session, folder = opened.session, path.with_suffix(".runs") / "0002"
    session.apply(SetParams("n2", {"out_features": 24}))
    edited = to_bytes(session.project)
    answers.version_answer = answer
    click(opened, 0)
    act(opened, "run.resume")
    qtbot.waitUntil(lambda: answers.asked == ["version of 0002"], timeout=PATIENCE)
    assert answers.changes == ("changes out_features of fc1 from 16 to 24",)
    if answer == "cancel":
        assert not opened.controller.is_active
        assert to_bytes(session.project) == edited
        return
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    about = json.loads((folder / "run.json").read_text())
    assert (about["state"], about["parameters"]) == ("finished", 99 if answer == "theirs" else 147)
    if answer == "theirs":
        assert session.document.undo_label == "Restore run 0002"
        opened.actions_["edit.undo"].trigger()
    assert to_bytes(session.project) == edited


def test_a_project_that_cannot_be_trained_is_not_resumed(opened, answers, qtbot):
    opened.session.apply(SetParams("n2", {"out_features": -1}))
    answers.version_answer = "mine"
    click(opened, 0)
    with qtbot.waitSignal(opened.runs.problems_asked, timeout=PATIENCE):
        act(opened, "run.resume")
    assert not opened.controller.is_active
