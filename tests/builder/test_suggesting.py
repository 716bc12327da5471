"""A suggested plan in the window: looked through, ticked off, taken as one edit."""

import pytest
from PySide6.QtCore import Qt

from builder.suggest_dialog import shown, titled
from graph.edits import SetTraining
from runtime.suggestion import Advice

PATIENCE = 60_000  # milliseconds; PyTorch may have to be loaded


def opened(window, qtbot):
    """The dialog, once it has looked at everything."""
    window.actions_["run.suggest"].trigger()
    dialog = window.workspace.suggestions.dialog
    qtbot.waitUntil(lambda: dialog.progress.isHidden(), timeout=PATIENCE)
    return dialog


def test_what_is_suggested_is_shown_and_taken_as_one_step(small, qtbot):
    before = small.session.project.training
    dialog = opened(small, qtbot)
    row = dialog.rows["batch_size"]
    assert row.box.text() == "Batch size"
    assert row.change.text() == f"{before['batch_size']} → <b>8</b>"
    assert "steps an epoch" in row.why.text()
    assert dialog.rows["optimizer.decay_norm_and_bias"].box.text() == "Optimizer: decay_norm_and_bias"
    dialog.rows["epochs"].box.setChecked(False)
    count = len(dialog.rows) - 1
    assert dialog.take_button.text() == f"Take {count} settings"
    qtbot.mouseClick(dialog.take_button, Qt.MouseButton.LeftButton)
    after = small.session.project.training
    assert (after["batch_size"], after["epochs"]) == (8, before["epochs"])
    assert after["scheduler"]["type"] == "CosineAnnealingLR"
    assert small.workspace.suggestions.dialog is None
    assert f"{count} settings as suggested" in small.statusBar().currentMessage()
    small.session.undo()
    assert small.session.project.training == before


def test_what_needs_another_choice_says_so(small, qtbot):
    small.session.apply(SetTraining({**small.session.project.training, "optimizer": "SGD"}, "Set optimizer"))
    dialog = opened(small, qtbot)
    lr = dialog.rows["optimizer.lr"]
    assert lr.box.isEnabled()
    dialog.rows["optimizer"].box.setChecked(False)
    assert not lr.box.isEnabled()
    assert lr.why.text() == "Only with AdamW."
    assert lr.advice not in dialog.taken
    dialog.reject()


def test_what_does_not_go_together_cannot_be_taken(small, qtbot):
    small.session.apply(SetTraining({**small.session.project.training, "epochs": 1}, "Set epochs"))
    dialog = opened(small, qtbot)
    assert dialog.take_button.isEnabled()
    dialog.rows["epochs"].box.setChecked(False)
    assert not dialog.take_button.isEnabled()
    assert "warmup_epochs" in dialog.fault.text()
    assert dialog.take_button.toolTip() == dialog.fault.text()
    for row in dialog.rows.values():
        row.box.setChecked(False)
    assert dialog.take_button.toolTip() == "Tick one of them first"
    dialog.reject()


def test_a_plan_that_is_as_suggested_has_nothing_to_take(small, qtbot):
    dialog = opened(small, qtbot)
    qtbot.mouseClick(dialog.take_button, Qt.MouseButton.LeftButton)
    again = opened(small, qtbot)
    assert again.rows == {}
    assert again.heading.text() == "The plan is as it would be suggested"
    assert "Batch size" in again.note.text()
    assert not again.take_button.isEnabled()
    again.reject()


def test_data_that_cannot_be_read_is_told(small, qtbot):
    training = {**small.session.project.training, "data": {"source": "arrays", "path": "gone.npz"}}
    small.session.apply(SetTraining(training, "Set data"))
    dialog = opened(small, qtbot)
    assert dialog.heading.text() == "No plan can be suggested"
    assert "gone.npz" in dialog.fault.text()
    assert dialog.take_button.toolTip() == "Nothing is suggested yet."
    dialog.reject()


def test_a_broken_plan_opens_no_dialog(small):
    small.session.apply(SetTraining({"epochs": -1}, "Set epochs"))
    small.actions_["run.suggest"].trigger()
    assert small.workspace.suggestions.dialog is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "AdamW"}, "AdamW"),
        ({"type": "CosineAnnealingLR", "warmup_epochs": 0.5}, "CosineAnnealingLR, warmup_epochs 0.5"),
        (None, "none"),
        (False, "false"),
        (0.001, "0.001"),
    ],
)
def test_values_read_as_a_form_has_them(value, text):
    assert shown(value) == text


def test_settings_are_called_as_in_the_form(qapp):
    paths = ["data.val_fraction", "loss", "optimizer.lr", "early_stopping.patience", "monitor"]
    assert [titled(path) for path in paths] == [
        "Validation fraction",
        "Loss",
        "Optimizer: lr",
        "Patience",
        "Best by",
    ]
    assert Advice("loss", {"type": "MSELoss"}, "Why.").suits({})


def test_losses_of_several_outputs_are_shown_one_behind_the_other():
    value = {
        "n3": {"loss": {"type": "CrossEntropyLoss", "weight": "balanced"}, "weight": 0.5},
        "n5": {"loss": {"type": "MSELoss"}, "target": "input"},
    }
    expected = "CrossEntropyLoss, weight balanced, weight 0.5; MSELoss, target input"
    assert shown(value) == expected
