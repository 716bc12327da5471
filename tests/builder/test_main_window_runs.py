"""A run in the window: started, paused, edited and stopped with real keys; and closing during one."""

import json
import threading

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph.document import Node
from graph.edits import AddNodes, SetParams, SetTraining
from graph.storage import load
from graph.templates import template
from runtime.events import RunEnded
from runtime.thread import TrainingThread
from tests.builder.test_run_controller import STARTED, script  # noqa: F401
from tests.builder.window_hands import node_of, press

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded
EDIT = AddNodes((Node("x1", "ReLU", "extra"),))


def test_train_explains_what_is_in_the_way_in_the_graph(cnn, qtbot):
    cnn.docks.reveal("Code")
    cnn.session.apply(SetParams(node_of(cnn, "Conv2d").id, {"kernel_size": "big"}))
    press(qtbot, cnn, Qt.Key.Key_Return)
    assert not cnn.controller.is_active
    qtbot.waitUntil(cnn.problems.isVisible)
    assert "the graph has 1 error" in cnn.status.currentMessage()


def test_train_explains_what_is_in_the_way_in_the_plan(cnn, qtbot):
    cnn.session.apply(SetTraining({"epochs": 0}))
    press(qtbot, cnn, Qt.Key.Key_Return)
    assert not cnn.controller.is_active
    qtbot.waitUntil(cnn.training.isVisible)
    assert "epochs is 0" in cnn.training.plan.error.label.text()


def test_a_run_from_the_keyboard_to_its_curves(small, qtbot, tmp_path):
    with qtbot.waitSignal(small.controller.ended, timeout=PATIENCE) as ended:
        press(qtbot, small, Qt.Key.Key_Return)
        assert small.actions_.why_disabled("run.train") == "A run is on. Stop it first."
        assert small.training.isVisible()
        small.session.apply(EDIT)  # the canvas stays editable
    assert ended.args[0].state == "finished"
    steps, _ = small.training.dashboard.series("loss")
    assert list(steps) == list(range(1, 16))
    assert small.training.dashboard.figures.state == "finished"
    assert small.run_bar.progress.text.text() == "Run finished"
    assert small.actions_["run.train"].isEnabled()
    assert small.actions_.why_disabled("run.stop") == "Nothing is being trained."
    run = tmp_path / "spirals.runs" / "0001"
    assert json.loads((run / "run.json").read_text())["state"] == "finished"
    assert "x1" not in load(run / "project.netloom").graph.nodes


def test_pause_and_stop_from_the_keyboard(small, qtbot, script):  # noqa: F811
    def shown_icon():
        return small.actions_["run.pause"].icon().pixmap(16).toImage()

    pausing = shown_icon()
    script(STARTED)
    press(qtbot, small, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: small.controller.state == "running")
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    press(qtbot, small, Qt.Key.Key_Return, both)
    assert small.controller.state == "paused"
    assert small.actions_["run.pause"].text() == "&Resume"
    assert shown_icon() != pausing, "and the button does not look as if it were to pause what rests"
    with qtbot.waitSignal(small.controller.ended):
        press(qtbot, small, Qt.Key.Key_Period)
    assert small.actions_["run.pause"].text() == "&Pause"
    assert shown_icon() == pausing


def test_whoever_trains_with_tab_and_space_is_at_pause_then(small, qtbot, script):  # noqa: F811
    script(STARTED)
    train, pause = small.run_bar.train_button, small.run_bar.widgetForAction(small.actions_["run.pause"])
    train.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(train, Qt.Key.Key_Space)
    assert small.focusWidget() is pause
    qtbot.waitUntil(lambda: small.controller.state == "running", timeout=PATIENCE)
    assert small.focusWidget() is pause
    QTest.keyClick(pause, Qt.Key.Key_Space)
    assert small.controller.state == "paused"


def test_a_failure_names_the_node_and_selects_it(cnn, qtbot, monkeypatch):
    conv = node_of(cnn, "Conv2d")

    def fail(thread):
        thread._mailbox.put(RunEnded("failed", f"{conv.name}: something broke", conv.id, 3, "Traceback: ..."))

    monkeypatch.setattr(TrainingThread, "run", fail)
    with qtbot.waitSignal(cnn.controller.ended):
        press(qtbot, cnn, Qt.Key.Key_Return)
    assert cnn.session.selection == (conv.id,)
    assert "something broke" in cnn.status.currentMessage()
    assert cnn.training.dashboard.figures.reason == f"{conv.name}: something broke"
    qtbot.waitUntil(lambda: "Traceback" in cnn.log.view.toPlainText())


def test_a_failure_selects_nothing_in_a_project_opened_since(cnn, qtbot, script, monkeypatch):  # noqa: F811
    conv, gate = node_of(cnn, "Conv2d"), threading.Event()

    def fail(thread):
        gate.wait(20)
        thread._mailbox.put(RunEnded("failed", "something broke", conv.id, 3))

    monkeypatch.setattr(TrainingThread, "run", fail)
    press(qtbot, cnn, Qt.Key.Key_Return)
    assert cnn.actions_.why_disabled("file.close_project") == "A run is on. Stop it first."
    cnn.files.new_project(template("SmallCNN").project())
    with qtbot.waitSignal(cnn.controller.ended):
        gate.set()
    assert cnn.session.selection == ()


def test_a_run_without_a_place_for_its_folder_is_explained(cnn, qtbot, answers, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("builder.run_commands.new_run_folder", refuse)
    cnn.actions_["run.train"].trigger()
    assert "No space left on device" in answers.errors[0]
    assert not cnn.controller.is_active


def test_the_settings_in_the_tool_bar_are_the_plans(cnn, qtbot):
    field = cnn.run_bar.settings.fields["epochs"]
    assert field.lineEdit().text() == str(cnn.session.project.training["epochs"])
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "12")
    assert cnn.session.project.training["epochs"] == 12
    assert cnn.training.plan.settings.field("epochs").lineEdit().text() == "12"
    cnn.session.undo()
    assert field.lineEdit().text() == str(template("SmallCNN").project().training["epochs"])


def test_a_run_takes_up_what_is_edited_meanwhile(small, qtbot):
    training = {**small.session.project.training, "epochs": 100_000}
    small.session.apply(SetTraining(training))
    action, messages = small.actions_["run.apply"], []
    small.session.message.connect(messages.append)
    assert small.actions_.why_disabled("run.apply") == "Nothing is being trained."
    press(qtbot, small, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: small.training.dashboard.figures.step > 0, timeout=PATIENCE)
    small.session.apply(SetTraining({**training, "seed": 9}))
    action.trigger()
    text = "The run goes on as before: seed cannot change while a run trains: it only counts at the start."
    qtbot.waitUntil(lambda: any(each.startswith(text) for each in messages), timeout=PATIENCE)
    small.session.apply(SetTraining({**training, "epochs": 1}))
    with qtbot.waitSignal(small.controller.ended, timeout=PATIENCE):
        action.trigger()
    assert "The run goes on with: epochs: 100000 -> 1." in messages
    assert [mark.text for mark in small.training.dashboard.history.marks] == ["plan changed"]
    assert not action.isEnabled()


# -- closing


def test_closing_asks_and_can_be_called_off(cnn, answers):
    cnn.session.apply(EDIT)
    assert not cnn.close()
    assert cnn.isVisible()
    answers.keep_answer = "discard"
    assert cnn.close()


def test_closing_during_a_run_stops_it_saves_it_and_waits(small, qtbot, tmp_path):
    small.session.apply(SetTraining({**small.session.project.training, "epochs": 100_000}))
    small.session.document.mark_saved()
    press(qtbot, small, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: small.training.dashboard.figures.step > 0, timeout=PATIENCE)
    assert small.close()
    assert not small.controller.is_active
    run = tmp_path / "spirals.runs" / "0001"
    assert json.loads((run / "run.json").read_text())["state"] == "stopped"
    assert list((run / "checkpoints" / "last").iterdir())


def test_a_run_that_does_not_end_keeps_the_window_open(small, qtbot, answers, script, monkeypatch):  # noqa: F811
    script(STARTED)
    press(qtbot, small, Qt.Key.Key_Return)
    monkeypatch.setattr(small.controller, "shut_down", lambda: False)
    assert not small.close()
    assert "has not ended yet" in answers.errors[0]
    monkeypatch.undo()
