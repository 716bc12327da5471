"""Earlier runs that go on: from the Runs tab, from what is offered, with a changed project."""

import json
import signal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph.edits import SetParams, SetTraining
from graph.storage import save, to_bytes
from tests.builder.earlier_runs import PATIENCE, act, cell, click, dashboard, trained
from tests.runtime.training import spiral_project


def steps_of(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("time", "seconds")} for line in lines]


def by_key(button):
    """Comes to a button with Tab, and presses it."""
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert button.hasFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


def focused_text(window):
    return window.focusWidget().text()


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_stopped_run_goes_on_and_its_curve_with_it(opened, trained_project, qtbot, tmp_path, is_shown):
    click(opened, 0)
    if is_shown:
        act(opened, "runs.show")
        qtbot.waitUntil(lambda: dashboard(opened).figures.state == "stopped", timeout=PATIENCE)
        opened.show_runs()
    act(opened, "run.resume")
    qtbot.waitUntil(lambda: opened.controller.is_active, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    folder = trained_project.with_suffix(".runs") / "0002"
    qtbot.waitUntil(lambda: len(dashboard(opened).series("val_loss")[0]) == 4, timeout=PATIENCE)
    trained(tmp_path / "whole", epochs=4)
    assert steps_of(folder) == steps_of(tmp_path / "whole")
    steps, losses = dashboard(opened).series("loss")
    assert list(steps) == list(range(1, 21))
    assert list(losses) == [line["loss"] for line in steps_of(folder) if line["event"] == "step"]
    assert [mark.text for mark in dashboard(opened).history.marks] == ["resumed"]
    qtbot.waitUntil(lambda: cell(opened, 0, "State") == "Finished", timeout=PATIENCE)


def test_a_finished_run_trains_on_once_more_epochs_are_planned(
    opened, trained_project, qtbot, answers, tmp_path
):
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
    assert steps_of(trained_project.with_suffix(".runs") / "0001") == steps_of(tmp_path / "whole")


def test_a_killed_run_is_offered_and_goes_on_to_the_bit(window, elsewhere, qtbot, tmp_path):
    path, folder, process = elsewhere
    process.send_signal(signal.SIGKILL)
    process.wait()
    window.files.open_project(path)
    qtbot.waitUntil(lambda: "was cut off" in window.statusBar().currentMessage(), timeout=PATIENCE)
    window.show_training()
    offer = window.training.dashboard.offer
    qtbot.waitUntil(offer.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(lambda: dashboard(window).figures.state == "stopped", timeout=PATIENCE)
    assert len(dashboard(window).series("loss")[0]) == 15
    assert offer.label.text().startswith("Run 0001 was cut off in epoch 4 of 6, after 15 steps.")
    window.canvas.setFocus()
    QTest.mouseClick(offer.resume_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.controller.is_active, timeout=PATIENCE)
    assert not offer.isVisible()
    assert window.canvas.hasFocus(), "keys do not land in what comes behind the button"
    qtbot.waitUntil(lambda: not window.controller.is_active, timeout=PATIENCE)
    trained(tmp_path / "whole", epochs=6)
    assert steps_of(folder) == steps_of(tmp_path / "whole")
    qtbot.waitUntil(lambda: len(dashboard(window).series("val_loss")[0]) == 6, timeout=PATIENCE)
    steps, losses = dashboard(window).series("loss")
    assert list(losses) == [line["loss"] for line in steps_of(folder) if line["event"] == "step"]
    assert list(steps) == list(range(1, 31))


def test_a_run_that_was_just_stopped_is_offered_beside_its_curves(window, qtbot, tmp_path):
    save(spiral_project(epochs=100_000), tmp_path / "long.netloom")
    window.files.open_project(tmp_path / "long.netloom")
    act(window, "run.train")
    offer, figures = window.training.dashboard.offer, dashboard(window)
    qtbot.waitUntil(
        lambda: figures.history is not None and figures.history.steps is not None, timeout=PATIENCE
    )
    assert not offer.isVisible()
    act(window, "run.stop")
    qtbot.waitUntil(offer.isVisible, timeout=PATIENCE)
    assert offer.label.text().startswith("Run 0001 was stopped after ")
    before = figures.figures.step
    QTest.mouseClick(offer.resume_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: figures.figures.step > before, timeout=PATIENCE)
    assert not offer.isVisible()
    act(window, "run.stop")
    qtbot.waitUntil(offer.isVisible, timeout=PATIENCE)
    before = figures.figures.step
    by_key(offer.resume_button)
    qtbot.waitUntil(lambda: figures.figures.step > before, timeout=PATIENCE)
    assert focused_text(window) == "Curves", "where a user of the keyboard goes on"
    assert "goes on" in window.status.currentMessage(), "and no more that it was stopped"
    act(window, "run.stop")
    qtbot.waitUntil(offer.isVisible, timeout=PATIENCE)
    by_key(offer.close_button)
    assert not offer.isVisible()
    assert focused_text(window) == "Curves"


def test_an_earlier_run_is_offered_while_it_is_shown_and_once_there_are_epochs_left(opened, qtbot):
    offer, session = opened.training.dashboard.offer, opened.session
    click(opened, 1)
    act(opened, "runs.show")
    qtbot.waitUntil(lambda: dashboard(opened).figures.state == "finished", timeout=PATIENCE)
    assert offer.resume_button.text() == "Train on", "4 epochs are planned by now"
    assert offer.label.text().startswith("Run 0001 has trained all its epochs.")
    session.apply(SetTraining({**session.project.training, "epochs": 2}, "Set epochs"))
    assert offer.isHidden()
    session.apply(SetTraining({**session.project.training, "epochs": 3}, "Set epochs"))
    QTest.mouseClick(offer.resume_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.controller.is_active, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not opened.controller.is_active, timeout=PATIENCE)
    assert opened.runs.run_dir.name == "0001"
    qtbot.waitUntil(lambda: dashboard(opened).figures.epoch == 3, timeout=PATIENCE)
    assert offer.isHidden()


def test_an_offer_that_is_not_wanted_goes_and_does_not_come_back(window, elsewhere, qtbot):
    path, _, process = elsewhere
    process.send_signal(signal.SIGKILL)
    process.wait()
    window.files.open_project(path)
    window.show_training()
    offer = window.training.dashboard.offer
    qtbot.waitUntil(offer.isVisible, timeout=PATIENCE)
    QTest.mouseClick(offer.close_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.run_list.scan.scanned, timeout=PATIENCE):
        window.run_list.look()
    assert not offer.isVisible()
    assert window.actions_["run.resume"].isEnabled()


@pytest.mark.parametrize("answer", ["theirs", "mine", "cancel"])
def test_a_changed_project_is_told_and_asked_about(opened, trained_project, answers, qtbot, answer):
    session, folder = opened.session, trained_project.with_suffix(".runs") / "0002"
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
