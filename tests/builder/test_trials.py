"""Short trainings from the Run menu, in the real window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel

from builder import trial_commands
from builder.panels.action_button import ActionButton
from builder.speed_dialog import SpeedDialog
from builder.trial_dialog import LrFinderDialog, OverfitDialog
from graph.edits import SetTraining
from runtime.events import DataProgress
from runtime.speed import PLAIN, SpeedStarted, Way, WayTimed

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded


def opened(window, qtbot, action, kind):
    """The dialog that an action opens, once its trial is over."""
    window.actions_[action].trigger()
    dialog = window.workspace.trials.dialog
    assert isinstance(dialog, kind)
    assert not window.actions_["run.train"].isEnabled()
    qtbot.waitUntil(lambda: bool(dialog.verdict.text()), timeout=PATIENCE)
    return dialog


def test_a_rate_is_found_adopted_and_can_be_taken_back(small, qtbot):
    before = small.session.project.training
    dialog = opened(small, qtbot, "run.find_lr", LrFinderDialog)
    assert len(dialog.tried) > 20
    assert dialog.suggestion is not None
    assert f"lr = {dialog.suggestion:g}" in dialog.verdict.text()
    shown = dialog.plot.picture
    assert (dialog.legend.text().split()[0], shown.x_name) == ("Loss", "learning rate")
    assert "smooth" in dialog.legend.text()
    lowest = min(each.loss for each in dialog.tried)
    assert shown.y[0] < lowest, "no curve leaves the picture at its bottom, which tells the best rates"
    rate = dialog.suggestion
    qtbot.mouseClick(dialog.adopt_button, Qt.MouseButton.LeftButton)
    assert small.session.project.training["optimizer"]["lr"] == rate
    assert small.actions_["run.train"].isEnabled()
    small.actions_["edit.undo"].trigger()
    assert small.session.project.training == before


def test_a_batch_is_learnt_by_heart(small, qtbot):
    dialog = opened(small, qtbot, "run.overfit", OverfitDialog)
    assert len(dialog.losses) > 1
    assert (dialog.legend.text(), dialog.plot.picture.x_name) == ("Loss", "step")
    assert "the same batch" in dialog.verdict.text() or "by heart" in dialog.verdict.text()
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.Close), Qt.MouseButton.LeftButton)
    assert small.workspace.trials.dialog is None
    assert small.actions_["run.train"].isEnabled()


def test_closing_the_dialog_ends_the_trial(small, qtbot):
    small.actions_["run.find_lr"].trigger()
    dialog = small.workspace.trials.dialog
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert small.workspace.trials.dialog is None
    assert small.actions_["run.train"].isEnabled()


def test_what_keeps_it_from_training_is_said_in_the_dialog(small, qtbot, tmp_path):
    training = {**small.session.project.training, "data": {"source": "arrays", "path": "gone.npz"}}
    small.session.apply(SetTraining(training, "Set data"))
    dialog = opened(small, qtbot, "run.find_lr", LrFinderDialog)
    assert "gone.npz" in dialog.verdict.text()
    assert not dialog.adopt_button.isEnabled()
    assert dialog.adopt_button.toolTip()
    dialog.reject()


def test_a_broken_plan_opens_no_dialog(small):
    small.session.apply(SetTraining({"epochs": -1}, "Set epochs"))
    small.actions_["run.find_lr"].trigger()
    assert small.workspace.trials.dialog is None


def test_the_plan_has_buttons_for_them(small):
    form = small.training.plan.parentWidget()
    buttons = {button.action: button for button in form.findChildren(ActionButton)}
    assert list(buttons) == [
        small.actions_[name] for name in ("run.suggest", "run.find_lr", "run.overfit", "run.speed")
    ]
    texts = ["Suggest a plan", "Find learning rate", "Overfit one batch", "Measure speed"]
    assert [button.text() for button in buttons.values()] == texts
    small.actions_.set_enabled("run.overfit", False, "Not now.")
    button = buttons[small.actions_["run.overfit"]]
    assert not button.isEnabled()
    assert "Not now." in button.toolTip()


def measuring(monkeypatch, share):
    """Has the measurement give these figures for channels last, and no compiler."""

    def measure(project, control, folder):
        yield DataProgress("Reading digits", 0, None)
        yield SpeedStarted("cpu", 1000, PLAIN, (Way(channels_last=True), Way(compile=True)))
        yield WayTimed(Way(channels_last=True), 100.0, 100 * share, share, share)
        yield WayTimed(Way(compile=True), fault="PyTorch finds no C++ compiler on this computer.")

    monkeypatch.setattr(trial_commands, "_measure_speed", measure)


def labels_of(dialog):
    return [label.text() for label in dialog.table.findChildren(QLabel)]


def test_the_fastest_way_is_found_adopted_and_can_be_taken_back(small, qtbot, monkeypatch):
    measuring(monkeypatch, 0.5)
    before = small.session.project.training
    dialog = opened(small, qtbot, "run.speed", SpeedDialog)
    qtbot.waitUntil(lambda: len(labels_of(dialog)) == 4)
    assert labels_of(dialog) == [
        "Channels last", "50 ms a step, 50% of 100 ms without",
        "torch.compile", "PyTorch finds no C++ compiler on this computer.",
    ]  # fmt: skip
    assert "2 times as fast" in dialog.verdict.text()
    assert dialog.adopt_button.text() == "Use: Channels last"
    qtbot.mouseClick(dialog.adopt_button, Qt.MouseButton.LeftButton)
    training = small.session.project.training
    assert (training["channels_last"], training["compile"]) == (True, False)
    small.actions_["edit.undo"].trigger()
    assert small.session.project.training == before


def test_where_nothing_is_faster_there_is_nothing_to_adopt(small, qtbot, monkeypatch):
    measuring(monkeypatch, 1.0)
    dialog = opened(small, qtbot, "run.speed", SpeedDialog)
    assert "as fast as it gets" in dialog.verdict.text()
    assert not dialog.adopt_button.isEnabled()
    assert dialog.adopt_button.toolTip() == "There is no suggestion yet."
    dialog.reject()
    assert small.actions_["run.train"].isEnabled()


def test_closing_the_dialog_ends_the_measurement(small, qtbot):
    small.actions_["run.speed"].trigger()
    dialog = small.workspace.trials.dialog
    assert isinstance(dialog, SpeedDialog)
    dialog.reject()
    assert small.workspace.trials.dialog is None
    assert small.actions_["run.train"].isEnabled()
